// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Court} from "./Court.sol";
import {IMeasurements} from "./interfaces/IMeasurements.sol";
import {IReferee, Prize, Purse} from "./interfaces/IReferee.sol";
import {Measure, Measurement, Part, Phase, Project, Terms, Trainer} from "./interfaces/State.sol";
import {Bn254, Point} from "./libraries/Bn254.sol";
import {Conditions} from "./libraries/Conditions.sol";
import {Payouts} from "./libraries/Payouts.sol";
import {Pot} from "./libraries/Pot.sol";
import {Ring} from "./libraries/Ring.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title What happens before a round whose model is measured; IMeasurements documents every method
/// @notice The market calls this code on its own state, as it does that of Rounds.
contract Measurements is Court, IMeasurements {
    using Bn254 for Point;
    using SafeCast for uint256;

    uint256 private constant EVALUATORS = 0;
    uint256 private constant ARBITERS = 1;
    uint256 private constant ON_DEMAND = 2;
    uint256 private constant SITTINGS = 3;

    constructor(IReferee referee_) Court(referee_) {}

    function referee() external view returns (IReferee) {
        return REFEREE;
    }

    /// @inheritdoc IMeasurements
    function drawCoordinates(Terms calldata terms) external {
        (bytes32 id, Project storage p) = _in(terms, Phase.Measure);
        require(p.measure.seed == 0, CoordinatesDrawn(p.measure.seed));
        bytes32 hash = _hashAfter(p.measure.seedBlock);
        p.measure.seed = keccak256(abi.encode(hash, id, p.measure.number));
        emit CoordinatesDrawnFor(id, p.measure.number, p.measure.seed);
    }

    /// @inheritdoc IMeasurements
    function measure(Terms calldata terms, uint256 number, Measurement calldata given) external {
        (bytes32 id, Project storage p) = _live(terms);
        bool audited = p.phase == Phase.Audit && _isMeasured(terms);
        require(audited || p.phase == Phase.Measure, WrongPhase(p.phase, Phase.Measure));
        _requireBefore(p.deadline);
        bool demanded = audited && _isDemanded(p);
        uint256 current = demanded ? p.measure.number - 1 : p.measure.number;
        require(number == current, WrongMeasurement(number, current));
        require(p.measure.seed != 0, NoCoordinates(number));
        _requireSane(terms, given);

        bool byArbiters = p.measure.deposed || audited && terms.arbiters.length != 0;
        address[] calldata judges = byArbiters ? terms.arbiters : terms.evaluators;
        uint8 own = _bitOf(judges, msg.sender);
        require(own != 0, NotAnEvaluator(msg.sender));
        bytes32 hash = keccak256(abi.encode(given));
        // Whom nobody judges must not choose another yardstick when the deltas are known.
        if (demanded && !byArbiters) {
            require(hash == p.measure.attested, AnotherMeasurement(p.measure.attested, hash));
        }
        uint256 seat = demanded
            ? _seat(p.epoch, ON_DEMAND)
            : _seat(number, byArbiters ? ARBITERS : EVALUATORS);
        uint8 agreed = _say(id, seat, own, hash);
        emit Attested(id, number, msg.sender, given);

        uint256 quorum = byArbiters ? terms.arbiterQuorum : terms.evaluatorQuorum;
        if (_popCount(agreed) < quorum) return;
        if (demanded) _handOver(terms, id, p, given, hash, agreed);
        else if (audited) _decide(terms, id, p, given, hash, agreed);
        else _accept(terms, id, p, given, hash, agreed);
    }

    /// @inheritdoc IMeasurements
    function demand(Terms calldata terms) external {
        (bytes32 id, Project storage p) = _in(terms, Phase.Settle);
        require(_isMeasured(terms), NotMeasured(id));
        _requireBefore(p.deadline);
        require(msg.sender == p.aggregator, NotAggregator(msg.sender, p.aggregator));
        require(!_isDemanded(p), AlreadyDemanded(p.epoch));
        p.measure.demandedIn = p.epoch + 1;
        p.phase = Phase.Audit;
        p.deadline = _after(terms.auditSeconds);
        emit Demanded(id, p.measure.number - 1, p.epoch, msg.sender, p.deadline);
    }

    /// @inheritdoc IMeasurements
    function expire(Terms calldata terms) external {
        (bytes32 id, Project storage p) = _live(terms);
        // The seconds by which a block's producer can shift its time do not matter to a window.
        // forge-lint: disable-next-line(block-timestamp)
        require(block.timestamp > p.deadline, DeadlineNotReached(p.deadline));
        require(_isMeasured(terms), WrongPhase(p.phase, Phase.Measure));

        if (p.phase == Phase.Contest) {
            if (_isPicked(terms, id, p)) _openAudit(terms, id, p);
            else _conclude(terms, id, p, false);
        } else if (p.phase == Phase.Measure && !p.measure.deposed && terms.arbiters.length != 0) {
            p.measure.deposed = true;
            p.deadline = _after(terms.auditSeconds);
            emit Deposed(id, p.measure.number, p.deadline);
        } else {
            require(
                p.phase == Phase.Measure || p.phase == Phase.Audit,
                WrongPhase(p.phase, Phase.Measure)
            );
            if (p.phase == Phase.Audit && _isDemanded(p)) _withhold(terms, id, p);
            else _keepSilence(terms, id, p);
        }
    }

    /// @inheritdoc IMeasurements
    function waiting(bytes32 id) external view returns (Part[] memory) {
        return _waiting[id];
    }

    /// @inheritdoc IMeasurements
    function saidOf(bytes32 id, uint256 number, uint256 sitting, address account)
        external
        view
        returns (bytes32)
    {
        return _said[id][_seat(number, sitting)][account];
    }

    // --- what is said --------------------------------------------------------------------------

    /// @return agreed Who says the same now, the caller included.
    function _say(bytes32 id, uint256 sitting, uint8 own, bytes32 hash)
        private
        returns (uint8 agreed)
    {
        bytes32 before = _said[id][sitting][msg.sender];
        require(before != hash, AlreadyVoted(msg.sender));
        if (before != 0) _agreed[id][sitting][before] &= ~own;
        _said[id][sitting][msg.sender] = hash;
        agreed = _agreed[id][sitting][hash] | own;
        _agreed[id][sitting][hash] = agreed;
    }

    /// @dev Evaluators wait to be contested, unless nobody could judge it. Arbiters who measure because
    /// evaluators were silent are paid for it, and are the last instance.
    function _accept(
        Terms calldata terms,
        bytes32 id,
        Project storage p,
        Measurement calldata given,
        bytes32 hash,
        uint8 agreed
    ) private {
        _note(id, p, given, hash);
        if (p.measure.deposed) {
            _payUpheld(terms, id, p, agreed);
            _conclude(terms, id, p, false);
        } else if (terms.arbiters.length == 0) {
            _conclude(terms, id, p, false);
        } else {
            p.audit.seedBlock = uint64(block.number + 1);
            p.phase = Phase.Contest;
            p.deadline = _after(terms.contestSeconds);
            emit ContestOpened(id, p.measure.number, p.deadline);
            if (_isSuspicious(p)) _openAudit(terms, id, p);
        }
    }

    /// @dev What the arbiters say holds, whatever evaluators said.
    function _decide(
        Terms calldata terms,
        bytes32 id,
        Project storage p,
        Measurement calldata given,
        bytes32 hash,
        uint8 agreed
    ) private {
        bool holds = hash == p.measure.attested;
        if (holds) {
            _payUpheld(terms, id, p, agreed);
        } else {
            p.measure.deposed = true;
            // What does not divide is the trainers'.
            uint256 kept = _kept(terms, p.measure.number + 1);
            p.forfeited += _payRefuted(terms, id, p, agreed, kept).toUint128();
            _note(id, p, given, hash);
        }
        emit Audited(id, holds);
        _conclude(terms, id, p, !holds);
    }

    /// @dev What was demanded is said once more: the aggregator has it, and pays for having asked; or is
    /// said anew by who judges, and evaluators measure no more. The gain that they said stands: it could
    /// be contested.
    function _handOver(
        Terms calldata terms,
        bytes32 id,
        Project storage p,
        Measurement calldata given,
        bytes32 hash,
        uint8 agreed
    ) private {
        bool holds = hash == p.measure.attested;
        if (holds) {
            uint256 cost = Math.min(terms.disputeBond, _aggregatorStake[id][p.aggregator]);
            _aggregatorStake[id][p.aggregator] -= cost;
            p.stakes -= cost.toUint128();
            p.bonded -= cost.toUint128();
            emit Slashed(id, p.aggregator, cost);
            p.forfeited += (cost - _reward(terms, id, agreed, cost)).toUint128();
        } else {
            p.measure.deposed = true;
            uint256 kept = _kept(terms, p.measure.number);
            p.forfeited += _payRefuted(terms, id, p, agreed, kept).toUint128();
            p.measure.attested = hash;
            p.measure.yardstick = given.yardstick;
            emit Measured(
                id, p.measure.number - 1, given.utility, given.spread, given.yardstick, given.cid
            );
        }
        emit Audited(id, holds);
        _openSettlement(terms, id, p);
    }

    /// @dev Nobody hands out what the round is to be settled by, which is no aggregator's doing: who
    /// shows a delta has an equal part of all that is left and is not owed for earlier rounds.
    function _withhold(Terms calldata terms, bytes32 id, Project storage p) private {
        uint256 owed = _owed(terms, p);
        p.forfeited += (p.trainerBudget - owed + p.bonds).toUint128();
        p.trainerBudget = owed.toUint128();
        p.bonds = 0;
        emit Audited(id, false);
        _openClaim(terms, id, p);
    }

    function _note(bytes32 id, Project storage p, Measurement calldata given, bytes32 hash)
        private
    {
        Measure storage m = p.measure;
        m.attested = hash;
        m.utility = given.utility;
        m.spread = given.spread;
        m.yardstick = given.yardstick;
        emit Measured(id, m.number, given.utility, given.spread, given.yardstick, given.cid);
    }

    /// @dev A gain that is proven, and of which less than half is measured: the yardstick or the
    /// measurement is wrong, and the arbiters look before it pays.
    function _isSuspicious(Project storage p) private view returns (bool) {
        if (p.measure.number == 0) return false;
        return p.measure.predicted > 2 * (p.measure.utility - p.utility);
    }

    /// @dev By chance, of a block after the one in which the evaluators agreed.
    function _isPicked(Terms calldata terms, bytes32 id, Project storage p)
        private
        view
        returns (bool)
    {
        if (terms.auditBps == 0) return false;
        // Of a block that is not there the hash would be known beforehand.
        uint256 drawn = uint256(keccak256(abi.encode(_hashAfter(p.audit.seedBlock), id)));
        return drawn % Payouts.BASIS_POINTS < terms.auditBps;
    }

    // --- what follows --------------------------------------------------------------------------

    /// @dev Pays the round that waited, and opens the next. A round whose model is worse beyond chance
    /// is undone: the model before it goes on.
    function _conclude(Terms calldata terms, bytes32 id, Project storage p, bool refuted) private {
        Measure storage m = p.measure;
        bool exhausted;
        if (m.number == 0) {
            (p.initialUtility, p.bestUtility, p.utility) = (m.utility, m.utility, m.utility);
        } else {
            int256 before = p.utility;
            // casting is safe because errors are below 2^240
            // forge-lint: disable-next-line(unsafe-typecast)
            bool undone = m.utility + int256(m.spread) < before;
            int256 afterwards = undone ? before : m.utility;
            exhausted = _pay(terms, id, p, afterwards, refuted);
            _recordUtility(terms, p, before, afterwards);
            if (undone) emit Undone(id, p.round - 1);
        }
        ++m.number;
        delete p.audit;

        if (exhausted || p.round == terms.rounds || p.utility >= terms.targetUtility) {
            _close(terms, id, p, Phase.Done);
        } else if (!_mayOpen(terms, p)) {
            _close(terms, id, p, p.round == 0 ? Phase.Cancelled : Phase.Aborted);
        } else {
            _openRound(terms, id, p, false);
        }
    }

    /// @dev By what was measured; where that was refuted no less than an even share of the rounds, out of
    /// what is left and not owed for earlier ones. What is not sure waits for the end.
    function _pay(
        Terms calldata terms,
        bytes32 id,
        Project storage p,
        int256 afterwards,
        bool refuted
    ) private returns (bool exhausted) {
        Purse memory purse = _purse(terms, p);
        --purse.round;
        Prize memory prize = REFEREE.prizeOf(purse, p.utility, afterwards);
        uint256 pot = refuted ? Math.max(prize.pot, purse.budget / purse.rounds) : prize.pot;
        if (!p.measure.sure && !refuted) pot = 0;
        uint256 free = purse.left - _owed(terms, p);
        uint256 attendance = Math.min(prize.attendance, free);
        pot = Math.min(pot, free - attendance);
        uint256 held = Pot.heldBack(prize, Math.min(pot, prize.fresh));

        Part[] memory parts = _waiting[id];
        delete _waiting[id];
        uint256 paid;
        uint256 earned;
        attendance /= Math.max(parts.length, 1);
        for (uint256 i; i < parts.length; ++i) {
            Trainer storage t = _trainer[id][parts[i].trainer];
            uint256 byScore = pot * parts[i].share / PARTS;
            uint256 later = held * parts[i].share / PARTS;
            t.credit += (byScore + attendance).toUint96();
            t.earned += later.toUint24();
            paid += byScore;
            earned += later;
            emit Credited(id, parts[i].trainer, byScore + attendance);
        }
        // What a lie costs beyond the gain is nobody's pay for another round.
        p.gainPaid += Math.min(paid, prize.fresh).toUint128();
        p.earned += earned.toUint24();
        // slither-disable-next-line divide-before-multiply: what does not divide stays.
        p.trainerBudget -= (paid + attendance * parts.length).toUint128();
        return prize.exhausted;
    }

    /// @dev Nobody says what a model is worth: all that is left is the trainers', by what was proven of
    /// the round that waits and of those that still wait. Before the first round nobody has worked.
    function _keepSilence(Terms calldata terms, bytes32 id, Project storage p) private {
        Part[] memory parts = _waiting[id];
        delete _waiting[id];
        for (uint256 i; i < parts.length; ++i) {
            // A round that moved nothing has no shares, and has been worked for all the same.
            uint24 share = Math.max(parts[i].share, 1).toUint24();
            _trainer[id][parts[i].trainer].earned += share;
            p.earned += share;
        }
        if (p.audit.disputer != address(0)) {
            uint256 left = _payRefuted(terms, id, p, 0, 0);
            assert(left == 0);
            p.audit.held = true;
        }
        if (p.earned == 0) {
            _close(terms, id, p, p.round == 0 ? Phase.Cancelled : Phase.Aborted);
            return;
        }
        p.trainerBudget += p.bonds;
        p.bonds = 0;
        _closeOwing(terms, id, p, Phase.Aborted, p.trainerBudget);
    }

    // --- checks --------------------------------------------------------------------------------

    function _hashAfter(uint64 decisive) private view returns (bytes32 hash) {
        hash = Ring.hashAfter(decisive);
        require(hash != 0, NoHashYet(decisive));
    }

    function _requireSane(Terms calldata terms, Measurement calldata given) private pure {
        int256 most = int256(Conditions.MAX_UTILITY);
        require(
            given.utility <= most && given.utility >= -most
                && given.spread <= Conditions.MAX_UTILITY,
            BadMeasurement()
        );
        Point calldata point = given.yardstick;
        require(point.isOnCurve() && !point.equals(terms.zero), BadPoint(point.x, point.y));
        _requireCid(given.cid);
    }

    function _isDemanded(Project storage p) private view returns (bool) {
        return p.measure.demandedIn == p.epoch + 1;
    }

    /// @param number Of the measurement; of the opening, where it was demanded: each demand is answered
    /// for itself, by whoever has answered another.
    function _seat(uint256 number, uint256 sitting) private pure returns (uint256) {
        return SITTINGS * number + sitting;
    }
}
