// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Court} from "./Court.sol";
import {Measurements} from "./Measurements.sol";
import {IMeasurements} from "./interfaces/IMeasurements.sol";
import {IReferee, Purse, Rule, Verdict, Yardstick} from "./interfaces/IReferee.sol";
import {IRounds} from "./interfaces/IRounds.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {IVerifierRegistry} from "./interfaces/IVerifierRegistry.sol";
import {Draw, Part, Phase, Project, Reveal, Standing, Terms, Trainer} from "./interfaces/State.sol";
import {Bn254, Point} from "./libraries/Bn254.sol";
import {Payments, Scorings} from "./libraries/Choices.sol";
import {Commitment} from "./libraries/Commitment.sol";
import {Binding, Folded} from "./libraries/Folding.sol";
import {Scheme} from "./libraries/Opening.sol";
import {Payouts} from "./libraries/Payouts.sol";
import {Pot} from "./libraries/Pot.sol";
import {Ring} from "./libraries/Ring.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title What happens in a round; IRounds documents every method
/// @notice The market calls this code on its own state. Called itself, it knows no project.
contract Rounds is Court, IRounds {
    using Bn254 for Point;
    using Ring for Draw;
    using SafeCast for uint256;

    IVerifierRegistry public immutable registry;

    /// @notice Whose code the methods of IMeasurements run, on the market's state.
    address public immutable measurements;

    constructor(IVerifierRegistry registry_, IReferee referee_, Measurements measurements_)
        Court(referee_)
    {
        registry = registry_;
        measurements = address(measurements_);
    }

    /// @dev For the market, whose fallback this code answers.
    fallback() external {
        bytes memory returned = _delegate(msg.data);
        assembly ("memory-safe") {
            return(add(returned, 0x20), mload(returned))
        }
    }

    function referee() external view returns (IReferee) {
        return REFEREE;
    }

    // --- commit and reveal ---------------------------------------------------------------------

    /// @inheritdoc IRounds
    function commit(Terms calldata terms, uint256 round, bytes32 commitment) external {
        (bytes32 id, Project storage p) = _inRound(terms, Phase.Commit, round);
        Trainer storage t = _trainer[id][msg.sender];
        require(
            t.standing == Standing.Active && !_isSilent(id, msg.sender), NotATrainer(msg.sender)
        );
        require(t.committedIn != p.epoch + 1, AlreadyCommitted(msg.sender));
        require(commitment != 0, EmptyCommitment());
        bytes32 seed = p.draw.seedOf(id);
        require(p.draw.covers(seed, msg.sender), NotDrawn(msg.sender));
        if (p.draw.seed != seed) p.draw.seed = seed;
        _drawAudit(terms, id, p);

        _commitments[id][p.epoch][msg.sender] = commitment;
        t.committedIn = p.epoch + 1;
        ++p.committed;
        if (p.draw.isEverybody()) --p.pending;
        emit Committed(id, round, msg.sender, commitment);

        _openRevealIfComplete(terms, id, p);
    }

    /// @inheritdoc IRounds
    function reveal(
        Terms calldata terms,
        uint256 round,
        Point calldata point,
        string calldata cid,
        bytes32 salt
    ) external {
        (bytes32 id, Project storage p) = _inRound(terms, Phase.Reveal, round);
        uint256 epoch = p.epoch;
        bytes32 committed = _commitments[id][epoch][msg.sender];
        require(committed != 0, NotCommitted(msg.sender));
        Trainer storage t = _trainer[id][msg.sender];
        require(t.revealedIn != epoch + 1, AlreadyRevealed(msg.sender));
        bytes32 revealed = Commitment.hashOf(msg.sender, id, round, point, cid, salt);
        require(revealed == committed, CommitmentMismatch(committed, revealed));
        _requireCid(cid);
        // The zero vector's point is everybody's: a delta that is not salted can be guessed.
        require(point.isOnCurve() && !point.equals(terms.zero), BadPoint(point.x, point.y));
        _take(id, round, point);

        t.revealedIn = t.committedIn;
        ++p.revealed;
        uint64 rank = p.draw.rank(epoch, msg.sender);
        address displaced =
            _place(_reveals[id][epoch], Reveal(msg.sender, rank, point), terms.slots);
        emit Revealed(id, round, msg.sender, epoch, point, cid, displaced);

        if (p.revealed == p.committed) _openSettlement(terms, id, p);
    }

    // --- challenge and answer ------------------------------------------------------------------

    /// @inheritdoc IRounds
    function challenge(Terms calldata terms, uint256 round, uint256 accused) external {
        (bytes32 id, Project storage p) = _inRound(terms, Phase.Settle, round);
        require(msg.sender == p.aggregator, NotAggregator(msg.sender, p.aggregator));
        require(!p.challenged, AlreadyChallenged(p.epoch));
        uint256 count = _reveals[id][p.epoch].length;
        require(accused != 0 && accused >> count == 0, NobodyAccused(accused, count));
        uint256 bonds = _popCount(accused) * uint256(terms.challengeBond);
        uint256 stake = _aggregatorStake[id][msg.sender];
        require(stake >= bonds, StakeBelowBonds(stake, bonds));

        p.challenged = true;
        p.accused = accused.toUint32();
        p.phase = Phase.Answer;
        p.deadline = _after(terms.answerSeconds);
        emit Challenged(id, round, msg.sender, p.epoch, accused, p.deadline);
    }

    /// @inheritdoc IRounds
    function answer(
        Terms calldata terms,
        uint256 round,
        uint256 slot,
        bytes calldata values,
        Point calldata quotient
    ) external {
        (bytes32 id, Project storage p) = _inRound(terms, Phase.Answer, round);
        require(slot < 32 && p.accused >> slot & 1 == 1, NotAccused(slot));
        address trainer = _opened(terms, id, p.epoch, slot, values, quotient);

        p.accused &= ~uint32(1 << slot);
        _aggregatorStake[id][p.aggregator] -= terms.challengeBond;
        p.stakes -= terms.challengeBond;
        p.bonded -= terms.challengeBond;
        emit Slashed(id, p.aggregator, terms.challengeBond);
        _addTrainerCredit(id, trainer, terms.challengeBond);
        emit Credited(id, trainer, terms.challengeBond);
        emit Answered(id, round, trainer, p.epoch, values);

        if (p.accused == 0) _openSettlement(terms, id, p);
    }

    /// @inheritdoc IRounds
    function claim(
        Terms calldata terms,
        uint256 epoch,
        uint256 slot,
        bytes calldata values,
        Point calldata quotient
    ) external {
        (bytes32 id, Project storage p) = _in(terms, Phase.Claim);
        _requireBefore(p.deadline);
        require(
            epoch + p.retries >= p.epoch && slot < _reveals[id][epoch].length,
            NoSuchReveal(epoch, slot)
        );
        address trainer = _opened(terms, id, epoch, slot, values, quotient);
        require(!_claimed[id][trainer], AlreadyClaimed(trainer));

        _claimed[id][trainer] = true;
        ++p.claims;
        emit Claimed(id, p.round, trainer, epoch, values);
    }

    /// @inheritdoc IRounds
    function vote(Terms calldata terms, bool holds) external {
        (bytes32 id, Project storage p) = _in(terms, Phase.Audit);
        _requireBefore(p.deadline);
        uint8 own = _bitOf(terms.arbiters, msg.sender);
        require(own != 0, NotAnArbiter(msg.sender));
        require(!_isMeasured(terms), NotDisputable(id));
        require((p.audit.confirming | p.audit.refuting) & own == 0, AlreadyVoted(msg.sender));

        if (holds) p.audit.confirming |= own;
        else p.audit.refuting |= own;
        emit Voted(id, msg.sender, holds);

        if (_popCount(p.audit.confirming) >= terms.arbiterQuorum) _confirm(terms, id, p);
        else if (_popCount(p.audit.refuting) >= terms.arbiterQuorum) _refute(terms, id, p);
    }

    // --- settlement ----------------------------------------------------------------------------

    /// @inheritdoc IRounds
    function settle(
        Terms calldata terms,
        string calldata modelCid,
        Folded calldata folded,
        uint256[] calldata claims
    ) external {
        (bytes32 id, Project storage p) = _in(terms, Phase.Settle);
        _requireBefore(p.deadline);
        require(msg.sender == p.aggregator, NotAggregator(msg.sender, p.aggregator));
        _requireCid(modelCid);
        (address[] memory accounts, Point[] memory points) = _revealed(id, p.epoch);
        bool measured = _isMeasured(terms);
        // A measured round stands about its own model, which is the origin of its coordinates.
        (Point memory origin, Point memory statistics) = (p.model, terms.statistics);
        if (measured) (origin, statistics) = (terms.zero, p.measure.yardstick);
        _verify(terms, Binding(terms.zero, statistics, origin, points), folded, claims);

        Verdict memory verdict = REFEREE.judge(_rule(terms, p), accounts, claims);
        p.model = REFEREE.nextModel(terms.zero, origin, points, verdict.weights);
        p.feeBudget -= terms.aggregatorFee;
        if (measured) _keepWaiting(id, p, accounts, verdict);
        else _pay(terms, id, p, accounts, verdict);
        _addCredit(id, msg.sender, terms.aggregatorFee);
        _emitSettled(id, p, accounts, verdict, modelCid);
        _compensate(id, p, accounts, verdict.selected);

        _openNext(terms, id, p, verdict.exhausted);
    }

    // --- deadlines -----------------------------------------------------------------------------

    /// @inheritdoc IRounds
    function advance(Terms calldata terms) external {
        (bytes32 id, Project storage p) = _live(terms);
        // The seconds by which a block's producer can shift its time do not matter to a window.
        // forge-lint: disable-next-line(block-timestamp)
        require(block.timestamp > p.deadline, DeadlineNotReached(p.deadline));

        Phase phase = p.phase;
        if (phase == Phase.Joining) {
            if (_mayOpen(terms, p)) _begin(terms, id, p);
            else _close(terms, id, p, Phase.Cancelled);
        } else if (
            phase == Phase.Measure || phase == Phase.Contest || phase == Phase.Audit
                && _isMeasured(terms)
        ) {
            _delegate(abi.encodeCall(IMeasurements.expire, (terms)));
        } else if (phase == Phase.Commit) {
            if (p.committed >= terms.quorum) _openReveal(terms, id, p);
            else _retry(terms, id, p);
        } else if (phase == Phase.Reveal) {
            _hadSilence[id][p.epoch] = true;
            _settleOrRetry(terms, id, p);
        } else if (phase == Phase.Answer) {
            _setAside(terms, id, p);
            _settleOrRetry(terms, id, p);
        } else if (phase == Phase.Settle) {
            _succeed(terms, id, p);
        } else if (phase == Phase.Audit) {
            _refute(terms, id, p);
        } else {
            _close(terms, id, p, Phase.Aborted);
        }
    }

    /// @inheritdoc IRounds
    function expel(Terms calldata terms, address[] calldata accounts) external {
        bytes32 id = _idOf(terms);
        Project storage p = _projects[id];
        require(p.phase != Phase.None, NoSuchProject(id));
        for (uint256 i; i < accounts.length; ++i) {
            require(_isSilent(id, accounts[i]), NotSilent(accounts[i]));
            Trainer storage t = _trainer[id][accounts[i]];
            uint256 slashed = t.stake;
            t.stake = 0;
            emit Silenced(id, accounts[i], t.committedIn - 1);
            emit Slashed(id, accounts[i], slashed);
            _forfeit(terms, id, slashed, msg.sender);
            _countOut(terms, id, p, t, Standing.Expelled);
        }
    }

    function _delegate(bytes memory call) private returns (bytes memory) {
        return Address.functionDelegateCall(measurements, call);
    }

    /// @dev The round is settled: the next, or the end.
    function _openNext(Terms calldata terms, bytes32 id, Project storage p, bool exhausted)
        private
    {
        ++p.round;
        ++p.epoch;
        p.retries = 0;
        if (_isMeasured(terms)) {
            _openMeasure(terms, id, p);
        } else if (exhausted || p.round == terms.rounds || p.utility >= terms.targetUtility) {
            _close(terms, id, p, Phase.Done);
        } else if (!_mayOpen(terms, p)) {
            _close(terms, id, p, Phase.Aborted);
        } else {
            _openRound(terms, id, p, false);
        }
    }

    /// @dev A quorum has committed. Whoever of it falls silent must not take the others' round away, so
    /// it goes on as long as the scoring has a meaning.
    function _settleOrRetry(Terms calldata terms, bytes32 id, Project storage p) private {
        uint256 fewest = Scorings.fewest(terms.scoring, terms.step);
        if (_reveals[id][p.epoch].length >= fewest) _openSettlement(terms, id, p);
        else _retry(terms, id, p);
    }

    /// @dev Opens the same round again, or gives up.
    function _retry(Terms calldata terms, bytes32 id, Project storage p) private {
        if (p.retries < terms.maxRetries && _mayOpen(terms, p)) {
            ++p.retries;
            ++p.epoch;
            _openRound(terms, id, p, true);
        } else {
            _giveUp(terms, id, p);
        }
    }

    /// @dev Who broke the round has paid for it; who shows the delta that it revealed has a part of
    /// that, whatever a later opening drew. The owner pays nothing for a round that nobody proved.
    function _giveUp(Terms calldata terms, bytes32 id, Project storage p) private {
        if (p.retries == 0 && _reveals[id][p.epoch].length == 0) {
            _close(terms, id, p, Phase.Aborted);
            return;
        }
        p.phase = Phase.Claim;
        p.deadline = _after(terms.answerSeconds);
        emit ClaimOpened(id, p.round, p.deadline);
    }

    // --- rules ---------------------------------------------------------------------------------

    /// @dev A challenge that nobody answered: the delta leaves the round, and its trainer pays what a
    /// wrong challenge would have cost the aggregator.
    function _setAside(Terms calldata terms, bytes32 id, Project storage p) private {
        Reveal[] storage revealed = _reveals[id][p.epoch];
        uint256 count = revealed.length;
        uint256 kept;
        uint256 lost;
        for (uint256 i; i < count; ++i) {
            if (p.accused >> i & 1 == 0) {
                revealed[kept++] = revealed[i];
                continue;
            }
            address account = revealed[i].trainer;
            Trainer storage t = _trainer[id][account];
            uint256 cost = Math.min(terms.challengeBond, t.stake);
            lost += cost;
            t.stake -= cost.toUint96();
            if (t.stake < terms.challengeBond) _countOut(terms, id, p, t, Standing.Expelled);
            emit SetAside(id, p.round, account, p.epoch);
            emit Slashed(id, account, cost);
        }
        for (uint256 i = kept; i < count; ++i) {
            revealed.pop();
        }
        p.accused = 0;
        _forfeit(terms, id, lost, p.aggregator);
    }

    /// @dev The aggregator missed its deadline: the next that has staked succeeds it with the same
    /// reveals. Without one the round is given up.
    function _succeed(Terms calldata terms, bytes32 id, Project storage p) private {
        address failed = p.aggregator;
        uint256 slashed = _aggregatorStake[id][failed];
        _aggregatorStake[id][failed] = 0;
        _dismissed[id][failed] = true;
        p.bonded -= slashed.toUint128();
        emit Slashed(id, failed, slashed);
        _forfeit(terms, id, slashed, msg.sender);

        for (uint256 i; i < terms.aggregators.length; ++i) {
            if (_aggregatorStake[id][terms.aggregators[i]] == 0) continue;
            p.challenged = false;
            _takeOffice(id, p, terms.aggregators[i]);
            _openSettlement(terms, id, p);
            return;
        }
        _giveUp(terms, id, p);
    }

    function _pay(
        Terms calldata terms,
        bytes32 id,
        Project storage p,
        address[] memory accounts,
        Verdict memory verdict
    ) private {
        _record(terms, p, verdict);
        p.trainerBudget -= verdict.total.toUint128();
        p.gainPaid += verdict.gainPaid.toUint128();
        p.earned += verdict.earnedTotal.toUint24();
        for (uint256 i; i < accounts.length; ++i) {
            if (verdict.payouts[i] == 0 && verdict.earned[i] == 0) continue;
            Trainer storage t = _trainer[id][accounts[i]];
            t.credit += verdict.payouts[i].toUint96();
            t.earned += verdict.earned[i].toUint24();
        }
    }

    /// @dev Keeps the shares of a round that is paid when its model has been measured. Where nobody
    /// has one, all who are selected attend.
    function _keepWaiting(
        bytes32 id,
        Project storage p,
        address[] memory accounts,
        Verdict memory verdict
    ) private {
        bool sure = verdict.total != 0;
        p.measure.sure = sure;
        p.measure.predicted = verdict.utilityAfter - verdict.utilityBefore;
        bool nobody = !sure && verdict.earnedTotal == 0;
        for (uint256 i; i < accounts.length; ++i) {
            uint256 share = sure ? verdict.payouts[i] : verdict.earned[i] * PARTS / Pot.WHOLE;
            bool attends = nobody ? verdict.selected >> i & 1 == 1 : share != 0;
            if (attends) _waiting[id].push(Part(accounts[i], share.toUint32()));
        }
    }

    /// @dev What was forfeited on the way to a settlement goes to those whom it selected.
    function _compensate(bytes32 id, Project storage p, address[] memory accounts, uint256 selected)
        private
    {
        uint256 players = _popCount(selected);
        if (p.forfeited == 0 || players == 0) return;
        uint256 each = p.forfeited / players;
        if (each == 0) return;
        // slither-disable-next-line divide-before-multiply: what does not divide stays.
        p.forfeited -= (each * players).toUint128();
        for (uint256 i; i < accounts.length; ++i) {
            if (selected >> i & 1 == 0) continue;
            _addTrainerCredit(id, accounts[i], each);
            emit Credited(id, accounts[i], each);
        }
    }

    /// @dev The audit costs who asked for it, or the owner where chance did.
    function _confirm(Terms calldata terms, bytes32 id, Project storage p) private {
        p.audit.held = true;
        _payUpheld(terms, id, p, p.audit.confirming);
        emit Audited(id, true);
        _openSettlement(terms, id, p);
    }

    /// @dev Nobody can be paid by such a yardstick: who shows a delta has an equal part of the whole
    /// budget. An owner whose arbiters keep silent fares no better.
    function _refute(Terms calldata terms, bytes32 id, Project storage p) private {
        p.audit.held = true;
        uint256 left = _payRefuted(terms, id, p, p.audit.refuting);
        p.forfeited += (left + p.trainerBudget).toUint128();
        p.trainerBudget = 0;
        emit Audited(id, false);
        _giveUp(terms, id, p);
    }

    function _record(Terms calldata terms, Project storage p, Verdict memory verdict) private {
        if (p.round == 0) {
            p.initialUtility = verdict.utilityBefore;
            p.bestUtility = verdict.utilityBefore;
        }
        _recordUtility(terms, p, verdict.utilityBefore, verdict.utilityAfter);
    }

    /// @dev Beyond the slots the highest rank gives way.
    /// @return displaced Whose reveal does not stand for it.
    function _place(Reveal[] storage standing, Reveal memory given, uint256 slots)
        private
        returns (address displaced)
    {
        uint256 count = standing.length;
        if (count < slots) {
            standing.push(given);
            return address(0);
        }
        uint256 highest;
        for (uint256 i = 1; i < count; ++i) {
            if (standing[i].rank > standing[highest].rank) highest = i;
        }
        if (standing[highest].rank < given.rank) return given.trainer;
        displaced = standing[highest].trainer;
        standing[highest] = given;
    }

    /// @dev A trainer may use its own point again only when its round is re-opened.
    function _take(bytes32 id, uint256 round, Point calldata point) private {
        bytes32 taker = bytes32(uint256(uint160(msg.sender)) | (round + 1) << 160);
        bytes32 pointHash = keccak256(abi.encode(point));
        bytes32 known = _pointTaken[id][pointHash];
        require(known == 0 || known == taker, PointTaken(address(uint160(uint256(known)))));
        _pointTaken[id][pointHash] = taker;
    }

    /// @return trainer Whose delta `values` are.
    function _opened(
        Terms calldata terms,
        bytes32 id,
        uint256 epoch,
        uint256 slot,
        bytes calldata values,
        Point calldata quotient
    ) private view returns (address trainer) {
        Reveal memory revealed = _reveals[id][epoch][slot];
        Scheme memory scheme = Scheme(terms.zero, terms.tau, terms.logrows, terms.entries);
        require(REFEREE.opens(scheme, revealed.point, values, quotient), DoesNotOpen(slot));
        return revealed.trainer;
    }

    // --- what a settlement needs ---------------------------------------------------------------

    function _rule(Terms calldata terms, Project storage p) private view returns (Rule memory) {
        return Rule({
            slots: terms.slots,
            scoring: terms.scoring,
            selection: terms.selection,
            step: terms.step,
            byzantine: terms.byzantine,
            yardstick: Yardstick(terms.rows, terms.outputs, _rounded(terms), terms.energy),
            purse: _isMeasured(terms) ? _sharing() : _purse(terms, p)
        });
    }

    /// @return Entries of a delta to which a rounded curvature can owe a negative square. One that is
    /// measured is a root times itself, and owes none.
    function _rounded(Terms calldata terms) private pure returns (uint32) {
        return _isMeasured(terms) ? 0 : terms.entries;
    }

    /// @dev A purse of which any gain is worth all, in parts that wait.
    function _sharing() private pure returns (Purse memory purse) {
        purse.payment = Payments.PER_GAIN;
        purse.rounds = 1;
        purse.potCapBps = uint16(Payouts.BASIS_POINTS);
        purse.budget = PARTS;
        purse.left = PARTS;
        purse.expectedGain = 1;
    }

    function _revealed(bytes32 id, uint256 epoch)
        private
        view
        returns (address[] memory accounts, Point[] memory points)
    {
        Reveal[] memory revealed = _reveals[id][epoch];
        accounts = new address[](revealed.length);
        points = new Point[](revealed.length);
        for (uint256 i; i < revealed.length; ++i) {
            (accounts[i], points[i]) = (revealed[i].trainer, revealed[i].point);
        }
    }

    function _verify(
        Terms calldata terms,
        Binding memory binding,
        Folded calldata folded,
        uint256[] calldata claims
    ) private view {
        (bytes memory proof, uint256[] memory instances) =
            REFEREE.statement(binding, folded, claims);
        IVerifier verifier = registry.verifierOf(terms.circuit, terms.verifierCodeHash);
        require(
            address(verifier).codehash == terms.verifierCodeHash,
            NoVerifier(terms.circuit, terms.verifierCodeHash)
        );
        // A rejecting verifier reverts with empty data.
        try verifier.verifyProof(proof, instances) returns (bool valid) {
            require(valid, ProofRejected());
        } catch {
            revert ProofRejected();
        }
    }

    function _emitSettled(
        bytes32 id,
        Project storage p,
        address[] memory accounts,
        Verdict memory verdict,
        string calldata modelCid
    ) private {
        emit Settled(
            id,
            p.round,
            msg.sender,
            accounts,
            verdict.selected,
            verdict.weights,
            verdict.scores,
            verdict.denominator,
            verdict.payouts,
            verdict.utilityBefore,
            verdict.utilityAfter,
            p.model,
            modelCid
        );
    }

    // --- checks --------------------------------------------------------------------------------

    function _inRound(Terms calldata terms, Phase expected, uint256 round)
        private
        view
        returns (bytes32 id, Project storage p)
    {
        (id, p) = _in(terms, expected);
        _requireBefore(p.deadline);
        require(round == p.round, WrongRound(round, p.round));
    }
}
