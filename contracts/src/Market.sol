// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarket, Phase, Project, Reveal, Terms, Trainer} from "./interfaces/IMarket.sol";
import {Bn254, Point} from "./libraries/Bn254.sol";
import {MultiKrum} from "./libraries/MultiKrum.sol";
import {Payouts} from "./libraries/Payouts.sol";
import {Game, RoundGame} from "./libraries/RoundGame.sol";
import {Shapley} from "./libraries/Shapley.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title The escrow of the market; IMarket documents every method
contract Market is IMarket {
    using Bn254 for Point;
    using SafeCast for uint256;

    /// @dev What a settled round decides.
    struct Verdict {
        address[] trainers; // in the order of their reveals, which is that of the slots
        uint256 selected; // bit i for trainer i
        int256[] scores;
        uint256 denominator; // of the scores
        uint256[] payouts; // wei
        int256 utilityAfter;
    }

    /// @dev The utility of a model is in units that shrink with the square of lcm(1..slots): with
    /// more slots neither it nor the Shapley values over their denominator fit into a word.
    uint256 internal constant MAX_SLOTS = 22;
    /// @dev Multi-Krum needs 2f + 3 and the Shapley closed form 3.
    uint256 internal constant MIN_QUORUM = 3;
    uint256 internal constant MAX_CID_BYTES = 64;

    mapping(bytes32 id => Project) internal _projects;
    mapping(bytes32 id => address[]) internal _trainers;
    mapping(bytes32 id => mapping(address => Trainer)) internal _trainer;
    mapping(bytes32 id => mapping(uint256 epoch => mapping(address => bytes32))) internal
        _commitments;
    mapping(bytes32 id => mapping(uint256 epoch => Reveal[])) internal _reveals;
    mapping(bytes32 id => mapping(bytes32 pointHash => bytes32)) internal _pointTaken;
    mapping(bytes32 id => mapping(bytes32 cidHash => bytes32)) internal _contentTaken;
    mapping(bytes32 id => mapping(address => uint256)) internal _credit;

    /// @inheritdoc IMarket
    function announce(bytes32 encryptionKey, string calldata endpoint, string calldata peer)
        external
    {
        emit Announced(msg.sender, encryptionKey, endpoint, peer);
    }

    // --- joining -------------------------------------------------------------------------------

    /// @inheritdoc IMarket
    function create(Terms calldata terms, string calldata specCid, string calldata modelCid)
        external
        payable
        returns (bytes32 id)
    {
        id = idOf(terms);
        _requireSound(terms);
        require(msg.sender == terms.owner, NotOwner(msg.sender, terms.owner));
        require(_projects[id].phase == Phase.None, ProjectExists(id));
        _requireCid(specCid);
        _requireCid(modelCid);

        uint256 fees = uint256(terms.aggregatorFee) * terms.rounds;
        require(
            msg.value > fees && msg.value <= type(uint128).max,
            BadTerms("deposit does not exceed the fees")
        );

        Project storage p = _projects[id];
        p.phase = Phase.Joining;
        p.deadline = _after(terms.joinSeconds);
        p.learningRate = terms.learningRate;
        p.trainerBudget = (msg.value - fees).toUint128();
        p.feeBudget = fees.toUint128();
        p.model = terms.model;

        emit Created(id, terms, msg.value, specCid, modelCid);
    }

    /// @inheritdoc IMarket
    function cancel(Terms calldata terms) external {
        (bytes32 id, Project storage p) = _in(terms, Phase.Joining);
        require(msg.sender == terms.owner, NotOwner(msg.sender, terms.owner));
        require(_trainers[id].length == 0, BadTerms("trainers have joined"));

        _close(terms, id, p, Phase.Cancelled);
    }

    /// @inheritdoc IMarket
    function bond(Terms calldata terms) external payable {
        (bytes32 id, Project storage p) = _in(terms, Phase.Joining);
        _requireBefore(p.deadline);
        require(msg.sender == terms.aggregator, NotAggregator(msg.sender, terms.aggregator));
        require(p.aggregatorStake == 0, AlreadyBonded());
        require(msg.value == terms.aggregatorStake, WrongStake(msg.value, terms.aggregatorStake));

        p.aggregatorStake = terms.aggregatorStake;
        emit AggregatorBonded(id, msg.sender, msg.value);

        if (_trainers[id].length == terms.slots) _openRound(terms, id, p);
    }

    /// @inheritdoc IMarket
    function join(Terms calldata terms) external payable {
        (bytes32 id, Project storage p) = _in(terms, Phase.Joining);
        _requireBefore(p.deadline);
        require(_trainers[id].length < terms.slots, NoFreeSlot(terms.slots));
        require(!_trainer[id][msg.sender].joined, AlreadyJoined(msg.sender));
        require(msg.value == terms.trainerStake, WrongStake(msg.value, terms.trainerStake));

        _trainers[id].push(msg.sender);
        _trainer[id][msg.sender] = Trainer(true, false, 0, terms.trainerStake);
        ++p.active;
        emit Joined(id, msg.sender, msg.value);

        if (_trainers[id].length == terms.slots && p.aggregatorStake != 0) {
            _openRound(terms, id, p);
        }
    }

    // --- a round -------------------------------------------------------------------------------

    /// @inheritdoc IMarket
    function commit(Terms calldata terms, uint256 round, bytes32 commitment) external {
        (bytes32 id, Project storage p) = _in(terms, Phase.Commit);
        _requireBefore(p.deadline);
        require(round == p.round, WrongRound(round, p.round));
        Trainer storage t = _trainer[id][msg.sender];
        require(t.joined && !t.expelled, NotATrainer(msg.sender));
        require(_commitments[id][p.epoch][msg.sender] == 0, AlreadyCommitted(msg.sender));
        require(commitment != 0, EmptyCommitment());

        _commitments[id][p.epoch][msg.sender] = commitment;
        ++p.committed;
        emit Committed(id, round, msg.sender, commitment);

        if (p.committed == p.active) _openReveal(terms, id, p);
    }

    /// @inheritdoc IMarket
    function reveal(
        Terms calldata terms,
        uint256 round,
        Point calldata point,
        string calldata cid,
        bytes32 salt
    ) external {
        (bytes32 id, Project storage p) = _in(terms, Phase.Reveal);
        _requireBefore(p.deadline);
        require(round == p.round, WrongRound(round, p.round));
        bytes32 committed = _commitments[id][p.epoch][msg.sender];
        require(committed != 0, NotCommitted(msg.sender));
        Trainer storage t = _trainer[id][msg.sender];
        require(t.revealedIn != p.epoch + 1, AlreadyRevealed(msg.sender));
        bytes32 revealed = commitmentOf(msg.sender, id, round, point, cid, salt);
        require(revealed == committed, CommitmentMismatch(committed, revealed));
        _requireCid(cid);
        // The zero vector's point is everybody's: a delta that is not salted can be guessed.
        require(point.isOnCurve() && !point.equals(terms.zero), BadPoint(point.x, point.y));
        _take(id, round, point, cid);

        t.revealedIn = p.epoch + 1;
        _reveals[id][p.epoch].push(Reveal(msg.sender, point));
        emit Revealed(id, round, msg.sender, p.epoch, point, cid);

        if (_reveals[id][p.epoch].length == p.committed) _openSettlement(terms, id, p);
    }

    /// @inheritdoc IMarket
    function settle(
        Terms calldata terms,
        string calldata modelCid,
        bytes calldata proof,
        uint256[] calldata instances
    ) external {
        (bytes32 id, Project storage p) = _in(terms, Phase.Settle);
        _requireBefore(p.deadline);
        require(msg.sender == terms.aggregator, NotAggregator(msg.sender, terms.aggregator));
        _requireCid(modelCid);
        Reveal[] memory revealed = _reveals[id][p.epoch];
        Game memory game = RoundGame.decode(instances, terms.slots, revealed.length);
        _verify(terms, p.model, revealed, proof, instances);

        _apply(terms, id, p, revealed, game, modelCid);
    }

    /// @inheritdoc IMarket
    function advance(Terms calldata terms) external {
        bytes32 id = idOf(terms);
        Project storage p = _projects[id];
        Phase phase = p.phase;
        require(phase != Phase.None, NoSuchProject(id));
        require(phase < Phase.Done, WrongPhase(phase, Phase.Settle));
        // The seconds by which a block's producer can shift its time do not matter to a window.
        // forge-lint: disable-next-line(block-timestamp)
        require(block.timestamp > p.deadline, DeadlineNotReached(p.deadline));

        if (phase == Phase.Joining) {
            if (p.active >= terms.quorum && p.aggregatorStake != 0) _openRound(terms, id, p);
            else _close(terms, id, p, Phase.Cancelled);
        } else if (phase == Phase.Commit) {
            if (p.committed >= terms.quorum) _openReveal(terms, id, p);
            else _retry(terms, id, p);
        } else if (phase == Phase.Reveal) {
            _slashSilent(id, p);
            if (_reveals[id][p.epoch].length >= terms.quorum) _openSettlement(terms, id, p);
            else _retry(terms, id, p);
        } else {
            uint256 stake = p.aggregatorStake;
            p.aggregatorStake = 0;
            emit Slashed(id, terms.aggregator, stake);
            _payEqually(terms, id, p, stake);
            _close(terms, id, p, Phase.Aborted);
        }
    }

    // --- money out -----------------------------------------------------------------------------

    /// @inheritdoc IMarket
    function withdraw(Terms calldata terms) external returns (uint256 amount) {
        bytes32 id = idOf(terms);
        amount = withdrawable(terms, msg.sender);
        require(amount != 0, NothingToWithdraw(msg.sender));

        _credit[id][msg.sender] = 0;
        if (_projects[id].phase >= Phase.Done) {
            _trainer[id][msg.sender].stake = 0;
            if (msg.sender == terms.aggregator) _projects[id].aggregatorStake = 0;
        }
        emit Withdrawn(id, msg.sender, amount);

        Address.sendValue(payable(msg.sender), amount);
    }

    // --- views ---------------------------------------------------------------------------------

    /// @inheritdoc IMarket
    function idOf(Terms calldata terms) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), terms));
    }

    /// @inheritdoc IMarket
    function commitmentOf(
        address account,
        bytes32 id,
        uint256 round,
        Point calldata point,
        string calldata cid,
        bytes32 salt
    ) public pure returns (bytes32) {
        return keccak256(abi.encode(account, id, round, point, keccak256(bytes(cid)), salt));
    }

    /// @inheritdoc IMarket
    function withdrawable(Terms calldata terms, address account)
        public
        view
        returns (uint256 amount)
    {
        bytes32 id = idOf(terms);
        Project storage p = _projects[id];
        require(p.phase != Phase.None, NoSuchProject(id));
        amount = _credit[id][account];
        if (p.phase >= Phase.Done) {
            amount += _trainer[id][account].stake;
            if (account == terms.aggregator) amount += p.aggregatorStake;
        }
    }

    /// @inheritdoc IMarket
    function locked(bytes32 id) external view returns (uint256 amount) {
        Project storage p = _projects[id];
        amount = uint256(p.trainerBudget) + p.feeBudget + p.aggregatorStake;
        for (uint256 i; i < _trainers[id].length; ++i) {
            amount += _trainer[id][_trainers[id][i]].stake;
        }
    }

    /// @inheritdoc IMarket
    function project(bytes32 id) external view returns (Project memory) {
        return _projects[id];
    }

    /// @inheritdoc IMarket
    function trainer(bytes32 id, address account) external view returns (Trainer memory) {
        return _trainer[id][account];
    }

    /// @inheritdoc IMarket
    function trainers(bytes32 id) external view returns (address[] memory) {
        return _trainers[id];
    }

    /// @inheritdoc IMarket
    function commitmentIn(bytes32 id, uint256 epoch, address account)
        external
        view
        returns (bytes32)
    {
        return _commitments[id][epoch][account];
    }

    /// @inheritdoc IMarket
    function reveals(bytes32 id, uint256 epoch) external view returns (Reveal[] memory) {
        return _reveals[id][epoch];
    }

    /// @inheritdoc IMarket
    function credit(bytes32 id, address account) external view returns (uint256) {
        return _credit[id][account];
    }

    // --- transitions ---------------------------------------------------------------------------

    function _openRound(Terms calldata terms, bytes32 id, Project storage p) private {
        p.phase = Phase.Commit;
        p.committed = 0;
        p.deadline = _after(terms.commitSeconds);
        emit RoundOpened(id, p.round, p.epoch, p.learningRate, p.deadline);
    }

    function _openReveal(Terms calldata terms, bytes32 id, Project storage p) private {
        p.phase = Phase.Reveal;
        p.deadline = _after(terms.revealSeconds);
        emit RevealOpened(id, p.round, p.deadline);
    }

    function _openSettlement(Terms calldata terms, bytes32 id, Project storage p) private {
        p.phase = Phase.Settle;
        p.deadline = _after(terms.settleSeconds);
        emit SettlementOpened(id, p.round, p.deadline);
    }

    /// @dev Opens the same round again, or gives up: whoever revealed in it then shares its budget.
    function _retry(Terms calldata terms, bytes32 id, Project storage p) private {
        if (p.retries < terms.maxRetries && p.active >= terms.quorum) {
            ++p.retries;
            ++p.epoch;
            _openRound(terms, id, p);
        } else {
            _payEqually(terms, id, p, 0);
            _close(terms, id, p, Phase.Aborted);
        }
    }

    function _close(Terms calldata terms, bytes32 id, Project storage p, Phase phase) private {
        uint256 refund = uint256(p.trainerBudget) + p.feeBudget;
        p.phase = phase;
        p.trainerBudget = 0;
        p.feeBudget = 0;
        p.deadline = 0;
        _addCredit(id, terms.owner, refund);
        emit Closed(id, phase, refund);
    }

    /// @dev Committed and never revealed costs the stake, to the benefit of those who did reveal.
    function _slashSilent(bytes32 id, Project storage p) private {
        uint256 slashed;
        for (uint256 i; i < _trainers[id].length; ++i) {
            address account = _trainers[id][i];
            Trainer storage t = _trainer[id][account];
            if (_commitments[id][p.epoch][account] == 0 || t.revealedIn == p.epoch + 1) continue;
            slashed += t.stake;
            emit Slashed(id, account, t.stake);
            t.stake = 0;
            t.expelled = true;
            --p.active;
        }
        // With nobody to compensate, the stake joins the budget of the trainers that remain.
        p.trainerBudget += (slashed - _creditEqually(id, _revealers(id, p.epoch), slashed))
        .toUint128();
    }

    /// @dev The round's budget and `extra` wei go equally to those who revealed in any opening of
    /// it: that a retry drew nobody does not give a revealed delta back.
    function _payEqually(Terms calldata terms, bytes32 id, Project storage p, uint256 extra)
        private
    {
        uint256 budget = p.trainerBudget / (terms.rounds - p.round) + extra;
        uint256 paid = _creditEqually(id, _revealers(id, p.epoch - p.retries), budget);
        p.trainerBudget = (p.trainerBudget + extra - paid).toUint128();
    }

    /// @dev The trainers in good standing whose newest reveal is not older than `firstEpoch`.
    function _revealers(bytes32 id, uint256 firstEpoch)
        private
        view
        returns (address[] memory revealers)
    {
        address[] memory all = _trainers[id];
        revealers = new address[](all.length);
        uint256 count;
        for (uint256 i; i < all.length; ++i) {
            Trainer storage t = _trainer[id][all[i]];
            if (!t.expelled && t.revealedIn > firstEpoch) revealers[count++] = all[i];
        }
        assembly ("memory-safe") {
            mstore(revealers, count)
        }
    }

    /// @return paid Wei: all of `amount` but what does not divide, and none if there is nobody.
    function _creditEqually(bytes32 id, address[] memory accounts, uint256 amount)
        private
        returns (uint256 paid)
    {
        if (accounts.length == 0) return 0;
        uint256 each = amount / accounts.length;
        for (uint256 i; i < accounts.length; ++i) {
            _addCredit(id, accounts[i], each);
        }
        paid = each * accounts.length;
    }

    function _addCredit(bytes32 id, address account, uint256 amount) private {
        if (amount == 0) return;
        _credit[id][account] += amount;
        emit Credited(id, account, amount);
    }

    // --- settlement ----------------------------------------------------------------------------

    function _verify(
        Terms calldata terms,
        Point memory model,
        Reveal[] memory revealed,
        bytes calldata proof,
        uint256[] calldata instances
    ) private view {
        // A call to an address without code succeeds: hence the code hash, at every settlement.
        bytes32 codeHash = address(terms.verifier).codehash;
        require(
            codeHash == terms.verifierCodeHash, VerifierChanged(codeHash, terms.verifierCodeHash)
        );

        Point[] memory points = new Point[](3 + terms.slots);
        (points[0], points[1], points[2]) = (terms.curvature, terms.target, model);
        for (uint256 i; i < terms.slots; ++i) {
            points[3 + i] = i < revealed.length ? revealed[i].point : terms.zero;
        }
        bytes memory committed;
        for (uint256 i; i < points.length; ++i) {
            committed = bytes.concat(committed, bytes32(points[i].x), bytes32(points[i].y));
        }
        // A rejecting verifier reverts with empty data.
        try terms.verifier.verifyProof(bytes.concat(committed, proof), instances) returns (
            bool valid
        ) {
            require(valid, ProofRejected());
        } catch {
            revert ProofRejected();
        }
    }

    function _apply(
        Terms calldata terms,
        bytes32 id,
        Project storage p,
        Reveal[] memory revealed,
        Game memory game,
        string calldata modelCid
    ) private {
        uint256 lattice = Shapley.lcmUpTo(terms.slots);
        Verdict memory verdict = _judge(terms, revealed, game, lattice.toInt256());
        uint256 total;
        (verdict.payouts, total) = Payouts.divide(
            p.trainerBudget / (terms.rounds - p.round),
            terms.floorBps,
            verdict.selected,
            verdict.scores
        );
        p.trainerBudget -= total.toUint128();
        p.feeBudget -= terms.aggregatorFee;
        p.model = _nextModel(terms, p.model, revealed, verdict.selected, lattice);
        p.utility = verdict.utilityAfter;
        if (verdict.utilityAfter - game.utility < terms.minimumGain) {
            p.learningRate =
                (uint256(p.learningRate) * terms.decayBps / Payouts.BASIS_POINTS).toUint64();
        }
        _emitSettled(id, p, verdict, game.utility, modelCid);
        for (uint256 i; i < revealed.length; ++i) {
            _addCredit(id, verdict.trainers[i], verdict.payouts[i]);
        }
        _addCredit(id, terms.aggregator, terms.aggregatorFee);

        ++p.round;
        ++p.epoch;
        p.retries = 0;
        if (p.round == terms.rounds || verdict.utilityAfter >= terms.targetUtility) {
            _close(terms, id, p, Phase.Done);
        } else {
            _openRound(terms, id, p);
        }
    }

    /// @dev Everything about a round that its proven numbers decide, but for the money.
    function _judge(
        Terms calldata terms,
        Reveal[] memory revealed,
        Game memory game,
        int256 lattice
    ) private pure returns (Verdict memory verdict) {
        uint256 n = revealed.length;
        verdict.trainers = new address[](n);
        for (uint256 i; i < n; ++i) {
            verdict.trainers[i] = revealed[i].trainer;
        }
        uint256 tolerated = Math.min(terms.byzantine, (n - MIN_QUORUM) / 2);
        uint256 selected = MultiKrum.select(game.gram, n, verdict.trainers, tolerated);
        verdict.selected = selected;
        (verdict.scores, verdict.denominator) =
            Shapley.scores(game.curvature, n, game.linear, selected, lattice);
        for (uint256 i; i < n; ++i) {
            // In a mean, doing nothing can help by damping the others; it is not a contribution.
            if (game.gram[i * n + i] == 0) verdict.scores[i] = 0;
        }
        verdict.utilityAfter =
            game.utility + Shapley.gain(game.curvature, n, game.linear, selected, lattice);
    }

    function _emitSettled(
        bytes32 id,
        Project storage p,
        Verdict memory verdict,
        int256 utilityBefore,
        string calldata modelCid
    ) private {
        emit Settled(
            id,
            p.round,
            verdict.trainers,
            verdict.selected,
            verdict.scores,
            verdict.denominator,
            verdict.payouts,
            utilityBefore,
            verdict.utilityAfter,
            p.model,
            modelCid
        );
    }

    /// @dev Commitments are affine in the vector, C(v) = linear(v) + zero, so the commitment of
    /// w + (lattice / m) * sum of the selected is a sum of known points: nobody has to claim it.
    function _nextModel(
        Terms calldata terms,
        Point memory model,
        Reveal[] memory revealed,
        uint256 selected,
        uint256 lattice
    ) private view returns (Point memory) {
        Point memory zero = terms.zero;
        Point memory sum;
        uint256 m;
        for (uint256 i; i < revealed.length; ++i) {
            if (selected >> i & 1 == 0) continue;
            ++m;
            sum = m == 1 ? revealed[i].point : sum.add(revealed[i].point);
        }
        Point memory step = sum.mul(lattice / m);
        return model.add(step).add(zero.mul(lattice).negate());
    }

    // --- checks --------------------------------------------------------------------------------

    function _in(Terms calldata terms, Phase expected)
        private
        view
        returns (bytes32 id, Project storage p)
    {
        id = idOf(terms);
        p = _projects[id];
        require(p.phase != Phase.None, NoSuchProject(id));
        require(p.phase == expected, WrongPhase(p.phase, expected));
    }

    function _requireBefore(uint64 deadline) private view {
        // forge-lint: disable-next-line(block-timestamp)
        require(block.timestamp <= deadline, DeadlinePassed(deadline));
    }

    function _after(uint256 window) private view returns (uint64) {
        return (block.timestamp + window).toUint64();
    }

    function _requireCid(string calldata cid) private pure {
        require(bytes(cid).length != 0 && bytes(cid).length <= MAX_CID_BYTES, BadCid(cid));
    }

    /// @dev A trainer may use its own point and content again only when its round is re-opened.
    function _take(bytes32 id, uint256 round, Point calldata point, string calldata cid) private {
        bytes32 taker = bytes32(uint256(uint160(msg.sender)) | (round + 1) << 160);
        bytes32 pointHash = keccak256(abi.encode(point));
        bytes32 cidHash = keccak256(bytes(cid));
        bytes32 pointTaker = _pointTaken[id][pointHash];
        bytes32 contentTaker = _contentTaken[id][cidHash];
        require(
            pointTaker == 0 || pointTaker == taker,
            PointTaken(address(uint160(uint256(pointTaker))))
        );
        require(
            contentTaker == 0 || contentTaker == taker,
            ContentTaken(address(uint160(uint256(contentTaker))))
        );

        _pointTaken[id][pointHash] = taker;
        _contentTaken[id][cidHash] = taker;
    }

    function _requireSound(Terms calldata terms) private view {
        require(address(terms.verifier).code.length != 0, BadTerms("the verifier has no code"));
        bytes32 codeHash = address(terms.verifier).codehash;
        require(
            codeHash == terms.verifierCodeHash, VerifierChanged(codeHash, terms.verifierCodeHash)
        );
        require(terms.aggregator != address(0), BadTerms("no aggregator"));
        require(terms.slots <= MAX_SLOTS, BadTerms("too many slots"));
        require(
            terms.slots >= 2 * uint256(terms.byzantine) + 3, BadTerms("fewer slots than 2f + 3")
        );
        require(
            terms.quorum >= MIN_QUORUM && terms.quorum <= terms.slots,
            BadTerms("a quorum below 3 or above the slots")
        );
        require(terms.rounds != 0, BadTerms("no rounds"));
        require(terms.floorBps <= Payouts.BASIS_POINTS, BadTerms("floor above 100 %"));
        require(terms.decayBps <= Payouts.BASIS_POINTS, BadTerms("decay above 100 %"));
        require(terms.aggregatorStake != 0, BadTerms("no aggregator stake"));
        require(
            terms.joinSeconds != 0 && terms.commitSeconds != 0 && terms.revealSeconds != 0
                && terms.settleSeconds != 0,
            BadTerms("a window of zero seconds")
        );
        require(
            terms.zero.isOnCurve() && terms.curvature.isOnCurve() && terms.target.isOnCurve()
                && terms.model.isOnCurve(),
            BadTerms("a point is not on the curve")
        );
    }
}
