// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarketEvents} from "../interfaces/IMarketEvents.sol";
import {Payments, Scorings, Selections, Steps} from "../interfaces/IReferee.sol";
import {Terms} from "../interfaces/State.sol";
import {Bn254, Point, TwistPoint} from "./Bn254.sol";
import {Payouts} from "./Payouts.sol";

/// @title What terms must satisfy for a project to be created
library Conditions {
    using Bn254 for Point;
    using Bn254 for TwistPoint;

    /// @dev Utilities are in units that shrink with the square of lcm(1..slots): up to this many slots
    /// they and the Shapley values over their denominator fit into a word.
    uint256 internal constant MAX_SLOTS = 32;
    uint256 internal constant MAX_PARTICIPANTS = 1000;
    /// @dev Of multi-Krum with f = 0.
    uint256 internal constant FEWEST = 3;
    /// @dev So that the stakes of all participants together stay below an aggregator's most.
    uint256 internal constant MAX_TRAINER_STAKE = 2 ** 80;
    /// @dev Of a utility; no honest one comes near it (RoundGame).
    uint256 internal constant MAX_UTILITY = 2 ** 240;
    uint256 internal constant MAX_AGGREGATORS = 4;
    uint256 internal constant MAX_EVALUATORS = 8;
    uint256 internal constant MAX_ARBITERS = 8;
    /// @dev No money waits longer than this for anybody.
    uint256 internal constant MAX_WINDOW = 90 days;
    uint256 internal constant MAX_LOGROWS = 28;
    /// @dev A demanded delta is published in one transaction, at 390 gas an entry; EIP-7825 lets it use
    /// 16.8M.
    uint256 internal constant MAX_ENTRIES = 40_000;

    /// @notice Reverts with BadTerms unless the terms are sound.
    function requireSound(Terms calldata terms, uint256 maxAmount) internal view {
        _requireRoles(terms);
        _requireRules(terms);
        _requireEvaluators(terms);
        _requireArbiters(terms);
        _requireMoney(terms, maxAmount);
        _requireWindows(terms);
        _requireCommitments(terms);
    }

    function _requireRoles(Terms calldata terms) private pure {
        require(
            terms.aggregators.length != 0 && terms.aggregators.length <= MAX_AGGREGATORS,
            IMarketEvents.BadTerms("not 1 to 4 aggregators")
        );
        require(
            terms.slots != 0 && terms.slots <= MAX_SLOTS,
            IMarketEvents.BadTerms("no slots, or more than 32")
        );
        require(
            terms.participants >= terms.slots && terms.participants <= MAX_PARTICIPANTS,
            IMarketEvents.BadTerms("fewer participants than slots, or more than 1000")
        );
        require(
            terms.quorum >= _fewest(terms) && terms.quorum <= terms.slots,
            IMarketEvents.BadTerms("a quorum below what the rules need, or above the slots")
        );
        require(terms.rounds != 0, IMarketEvents.BadTerms("no rounds"));
    }

    function _requireRules(Terms calldata terms) private pure {
        require(
            terms.selection <= Selections.PROVEN_VALUE && terms.scoring <= Scorings.IN_RUN
                && terms.step <= Steps.EXACT && terms.payment <= Payments.PER_GAIN,
            IMarketEvents.BadTerms("an unknown selection, scoring, step or payment")
        );
        require(
            terms.scoring != Scorings.SHAPLEY || terms.step == Steps.MEAN,
            IMarketEvents.BadTerms("the mean game with another step than the mean")
        );
        require(
            terms.selection != Selections.MULTI_KRUM
                || terms.slots >= 2 * uint256(terms.byzantine) + FEWEST,
            IMarketEvents.BadTerms("fewer slots than 2f + 3")
        );
        require(
            terms.rows != 0 && terms.outputs != 0 && terms.energy <= MAX_UTILITY,
            IMarketEvents.BadTerms("a yardstick of nothing")
        );
        if (terms.payment == Payments.PER_ROUND) return;
        require(
            terms.expectedGain > 0 && uint256(terms.expectedGain) <= MAX_UTILITY,
            IMarketEvents.BadTerms("no gain is expected")
        );
        require(
            terms.potCapBps != 0 && terms.potCapBps <= Payouts.BASIS_POINTS,
            IMarketEvents.BadTerms("a pot of nothing, or above 100 %")
        );
    }

    function _requireEvaluators(Terms calldata terms) private pure {
        uint256 count = terms.evaluators.length;
        if (count == 0) {
            bool idle = terms.evaluatorQuorum == 0 && terms.measureSeconds == 0
                && terms.contestSeconds == 0;
            require(idle, IMarketEvents.BadTerms("measurements without evaluators"));
            return;
        }
        require(
            count <= MAX_EVALUATORS && terms.evaluatorQuorum != 0 && terms.evaluatorQuorum <= count,
            IMarketEvents.BadTerms("more than 8 evaluators, or a quorum of none or above them")
        );
        require(
            terms.payment == Payments.PER_GAIN && terms.step == Steps.EXACT,
            IMarketEvents.BadTerms("a measured model with another payment or step than its gain's")
        );
    }

    function _requireArbiters(Terms calldata terms) private pure {
        uint256 count = terms.arbiters.length;
        if (count == 0) {
            bool idle = terms.arbiterQuorum == 0 && terms.auditBps == 0 && terms.ownerBond == 0
                && terms.disputeBond == 0;
            require(idle, IMarketEvents.BadTerms("audits without arbiters"));
            return;
        }
        require(
            count <= MAX_ARBITERS && terms.arbiterQuorum <= count
                && 2 * uint256(terms.arbiterQuorum) > count,
            IMarketEvents.BadTerms("more than 8 arbiters, or a quorum of not more than half")
        );
        require(
            terms.auditBps <= Payouts.BASIS_POINTS && terms.disputeBond != 0
                && terms.disputeBond <= terms.ownerBond && terms.ownerBond <= MAX_TRAINER_STAKE,
            IMarketEvents.BadTerms(
                "a dispute bond of nothing or above the owner's, or that above 2^80"
            )
        );
    }

    /// @return Trainers below which a rule has no meaning.
    function _fewest(Terms calldata terms) private pure returns (uint256) {
        if (terms.selection == Selections.MULTI_KRUM) return FEWEST;
        return Scorings.fewest(terms.scoring, terms.step);
    }

    function _requireMoney(Terms calldata terms, uint256 maxAmount) private pure {
        require(
            terms.attendanceBps <= Payouts.BASIS_POINTS && terms.decayBps <= Payouts.BASIS_POINTS,
            IMarketEvents.BadTerms("a share above 100 %")
        );
        require(
            terms.trainerStake <= MAX_TRAINER_STAKE && terms.aggregatorStake <= maxAmount,
            IMarketEvents.BadTerms("a trainer's stake above 2^80, or an aggregator's above 2^90")
        );
        require(
            terms.challengeBond != 0 && terms.challengeBond <= terms.trainerStake
                && terms.challengeBond * uint256(terms.slots) <= terms.aggregatorStake,
            IMarketEvents.BadTerms("stakes do not cover the challenge bonds")
        );
        // Who has an accomplice collect it must lose the better part of a stake all the same.
        require(
            2 * uint256(terms.bounty) <= terms.challengeBond,
            IMarketEvents.BadTerms("a bounty above half the challenge bond")
        );
    }

    function _requireWindows(Terms calldata terms) private pure {
        uint32[8] memory windows = [
            terms.joinSeconds,
            terms.commitSeconds,
            terms.revealSeconds,
            terms.settleSeconds,
            terms.answerSeconds,
            terms.auditSeconds,
            terms.measureSeconds,
            terms.contestSeconds
        ];
        uint256 opening;
        for (uint256 i; i < windows.length; ++i) {
            bool needed = i < 6 || terms.evaluators.length != 0;
            require(!needed || windows[i] != 0, IMarketEvents.BadTerms("a window of zero seconds"));
            require(windows[i] <= MAX_WINDOW, IMarketEvents.BadTerms("a window above 90 days"));
            if (i != 0) opening += windows[i];
        }
        require(
            terms.exitSeconds >= opening && terms.exitSeconds <= 4 * MAX_WINDOW,
            IMarketEvents.BadTerms("an exit delay shorter than a round, or above 360 days")
        );
    }

    function _requireCommitments(Terms calldata terms) private view {
        require(
            terms.zero.isOnCurve() && terms.statistics.isOnCurve() && terms.model.isOnCurve(),
            IMarketEvents.BadTerms("a point is not on the curve")
        );
        require(terms.tau.isInGroup(), IMarketEvents.BadTerms("tau is not in the twist's group"));
        require(
            terms.logrows <= MAX_LOGROWS && terms.entries != 0
                && terms.entries <= 1 << terms.logrows,
            IMarketEvents.BadTerms("a vector longer than its domain")
        );
        require(
            terms.entries <= MAX_ENTRIES,
            IMarketEvents.BadTerms("vectors too long to be published in one transaction")
        );
    }
}
