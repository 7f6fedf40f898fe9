// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Escrow} from "./Escrow.sol";
import {IReferee, Purse} from "./interfaces/IReferee.sol";
import {Draw, Phase, Project, Standing, Terms, Trainer} from "./interfaces/State.sol";
import {Payouts} from "./libraries/Payouts.sol";
import {Ring} from "./libraries/Ring.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title How projects move from phase to phase
/// @notice docs/contracts.md has the state machine as a table.
abstract contract Transitions is Escrow {
    using Ring for Draw;
    using SafeCast for uint256;

    /// @dev Units of a pot in which parts wait.
    uint256 internal constant PARTS = 2 ** 22;
    /// @dev An audit's `seedBlock` when chance has decided for it.
    uint64 internal constant DUE = 1;

    IReferee internal immutable REFEREE;

    constructor(IReferee referee) {
        REFEREE = referee;
    }

    // --- opening -------------------------------------------------------------------------------

    function _openIfFull(Terms calldata terms, bytes32 id, Project storage p) internal {
        if (p.phase == Phase.Joining && p.active == terms.participants && _mayOpen(terms, p)) {
            _begin(terms, id, p);
        }
    }

    /// @dev With a measurement, where evaluators are named.
    function _begin(Terms calldata terms, bytes32 id, Project storage p) internal {
        if (_isMeasured(terms)) _openMeasure(terms, id, p);
        else _openRound(terms, id, p, false);
    }

    /// @dev Coordinates are drawn by a block after the one that fixed the model: who settles must not
    /// choose among them.
    function _openMeasure(Terms calldata terms, bytes32 id, Project storage p) internal {
        p.phase = Phase.Measure;
        p.measure.seed = 0;
        p.measure.seedBlock = uint64(block.number + 1);
        p.deadline = _after(terms.measureSeconds);
        emit MeasureOpened(id, p.measure.number, p.deadline, p.measure.seedBlock);
    }

    /// @dev Enough trainers, and aggregators that have more to lose than a round could pay: an abort
    /// in Settle is their doing, and their stakes are what it pays.
    function _mayOpen(Terms calldata terms, Project storage p) internal view returns (bool) {
        return
            p.active >= terms.quorum && p.aggregator != address(0)
                && p.bonded >= _mostAtRisk(terms, p);
    }

    /// @return Wei that aggregators must have at stake: the round's largest pot, and what challenges
    /// of it could take.
    function _mostAtRisk(Terms calldata terms, Project storage p) internal view returns (uint256) {
        return REFEREE.largestPot(_purse(terms, p)) + terms.slots * uint256(terms.challengeBond);
    }

    function _openRound(Terms calldata terms, bytes32 id, Project storage p, bool again) internal {
        if (p.epoch == 0 && !_isMeasured(terms)) p.audit.seedBlock = uint64(block.number + 1);
        p.draw.next(p.active, terms.slots, p.committed, again);
        p.phase = Phase.Commit;
        p.pending = p.draw.isEverybody() ? p.active : 0;
        p.committed = 0;
        p.revealed = 0;
        p.challenged = false;
        p.deadline = _after(terms.commitSeconds);
        _emitOpened(id, p, p.draw);
    }

    /// @dev A trainer is active no more, and waited for neither.
    function _countOut(
        Terms calldata terms,
        bytes32 id,
        Project storage p,
        Trainer storage t,
        Standing standing
    ) internal {
        bool counted = t.standing == Standing.Active;
        t.standing = standing;
        if (!counted) return;
        --p.active;
        bool awaited = p.phase == Phase.Commit && p.draw.isEverybody();
        if (awaited && t.committedIn != p.epoch + 1) {
            --p.pending;
            _openRevealIfComplete(terms, id, p);
        }
    }

    function _openRevealIfComplete(Terms calldata terms, bytes32 id, Project storage p) internal {
        bool complete = p.pending == 0 && p.draw.isEverybody();
        if (complete && p.committed >= terms.quorum) _openReveal(terms, id, p);
    }

    function _openReveal(Terms calldata terms, bytes32 id, Project storage p) internal {
        p.phase = Phase.Reveal;
        p.deadline = _after(terms.revealSeconds);
        emit RevealOpened(id, p.round, p.deadline);
    }

    /// @dev Before the first settlement the yardstick is judged, if somebody asked for it or chance does.
    function _openSettlement(Terms calldata terms, bytes32 id, Project storage p) internal {
        _drawAudit(terms, id, p);
        bool due = p.audit.disputer != address(0) || p.audit.seedBlock == DUE;
        if (p.round == 0 && due && !p.audit.held && !_isMeasured(terms)) {
            _openAudit(terms, id, p);
            return;
        }
        p.phase = Phase.Settle;
        p.deadline = _after(terms.settleSeconds);
        emit SettlementOpened(id, p.round, p.deadline);
    }

    function _openAudit(Terms calldata terms, bytes32 id, Project storage p) internal {
        p.phase = Phase.Audit;
        p.deadline = _after(terms.auditSeconds);
        emit AuditOpened(id, p.deadline);
    }

    function _openClaim(Terms calldata terms, bytes32 id, Project storage p) internal {
        p.phase = Phase.Claim;
        p.deadline = _after(terms.answerSeconds);
        emit ClaimOpened(id, p.round, p.deadline);
    }

    /// @dev Once, and as soon as somebody can: who waits for a settlement to open must not choose
    /// among hashes.
    function _drawAudit(Terms calldata terms, bytes32 id, Project storage p) internal {
        if (terms.auditBps == 0 || p.round != 0) return;
        uint64 decisive = p.audit.seedBlock;
        if (decisive <= DUE || block.number <= decisive) return;
        uint256 drawn = uint256(keccak256(abi.encode(Ring.hashAfter(decisive), id)));
        p.audit.seedBlock = drawn % Payouts.BASIS_POINTS < terms.auditBps ? DUE : 0;
    }

    function _takeOffice(bytes32 id, Project storage p, address account) internal {
        p.aggregator = account;
        emit TookOffice(id, account);
    }

    // --- closing -------------------------------------------------------------------------------

    /// @dev What trainers have earned and not been paid stays for them, what was forfeited for those
    /// who claimed; the rest is the owner's.
    function _close(Terms calldata terms, bytes32 id, Project storage p, Phase phase) internal {
        _closeOwing(terms, id, p, phase, _owed(terms, p));
    }

    /// @param owed Wei of the trainers' budget that stay for them.
    function _closeOwing(
        Terms calldata terms,
        bytes32 id,
        Project storage p,
        Phase phase,
        uint256 owed
    ) internal {
        uint256 shared = p.claims == 0 ? 0 : p.forfeited;
        uint256 refund = uint256(p.trainerBudget) + p.feeBudget + p.forfeited - owed - shared;
        if (p.audit.disputer != address(0) && !p.audit.held) {
            _addCredit(id, p.audit.disputer, terms.disputeBond);
            emit Credited(id, p.audit.disputer, terms.disputeBond);
            p.bonds -= terms.disputeBond;
        }
        refund += p.bonds;
        p.phase = phase;
        p.trainerBudget = 0;
        p.feeBudget = 0;
        p.bonds = 0;
        p.owed = owed.toUint128();
        p.forfeited = shared.toUint128();
        p.deadline = 0;
        _addCredit(id, terms.owner, refund);
        emit Closed(id, phase, refund, owed, shared);
    }

    // --- what they need ------------------------------------------------------------------------

    /// @return Wei that trainers have earned and not been paid, as far as there are any: a round that was
    /// refuted may have paid more than its gain.
    function _owed(Terms calldata terms, Project storage p) internal view returns (uint256) {
        if (p.earned == 0) return 0;
        return Math.min(REFEREE.owed(_purse(terms, p), p.earned), p.trainerBudget);
    }

    function _purse(Terms calldata terms, Project storage p) internal view returns (Purse memory) {
        return Purse({
            payment: terms.payment,
            round: p.round,
            rounds: terms.rounds,
            attendanceBps: terms.attendanceBps,
            potCapBps: terms.potCapBps,
            budget: p.budget,
            left: p.trainerBudget,
            gainPaid: p.gainPaid,
            initialUtility: p.initialUtility,
            bestUtility: p.bestUtility,
            expectedGain: terms.expectedGain
        });
    }

    function _emitOpened(bytes32 id, Project storage p, Draw storage draw) private {
        emit RoundOpened(
            id, p.round, p.epoch, p.learningRate, p.deadline, draw.start, draw.width, draw.seedBlock
        );
    }

    function _after(uint256 window) internal view returns (uint64) {
        return (block.timestamp + window).toUint64();
    }

    /// @dev After a round that gained too little, trainers take smaller steps.
    function _recordUtility(
        Terms calldata terms,
        Project storage p,
        int256 before,
        int256 afterwards
    ) internal {
        p.utility = afterwards;
        if (afterwards > p.bestUtility) p.bestUtility = afterwards;
        if (afterwards - before < terms.minimumGain) {
            p.learningRate =
                (uint256(p.learningRate) * terms.decayBps / Payouts.BASIS_POINTS).toUint64();
        }
    }

    /// @dev Whether the model is measured round by round.
    function _isMeasured(Terms calldata terms) internal pure returns (bool) {
        return terms.evaluators.length != 0;
    }

    // --- checks --------------------------------------------------------------------------------

    function _in(Terms calldata terms, Phase expected)
        internal
        view
        returns (bytes32 id, Project storage p)
    {
        id = _idOf(terms);
        p = _projects[id];
        require(p.phase != Phase.None, NoSuchProject(id));
        require(p.phase == expected, WrongPhase(p.phase, expected));
    }

    /// @dev In any phase before the project is closed.
    function _live(Terms calldata terms) internal view returns (bytes32 id, Project storage p) {
        id = _idOf(terms);
        p = _projects[id];
        require(p.phase != Phase.None, NoSuchProject(id));
        require(p.phase < Phase.Done, WrongPhase(p.phase, Phase.Settle));
    }

    function _requireBefore(uint64 deadline) internal view {
        // forge-lint: disable-next-line(block-timestamp)
        require(block.timestamp <= deadline, DeadlinePassed(deadline));
    }

    function _requireCid(string calldata cid) internal pure {
        require(bytes(cid).length != 0 && bytes(cid).length <= 64, BadCid(cid));
    }
}
