// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarket, Terms} from "../interfaces/IMarket.sol";
import {Scorings} from "../interfaces/IReferee.sol";
import {Bn254, Point, TwistPoint} from "./Bn254.sol";
import {Payouts} from "./Payouts.sol";

/// @title What terms must satisfy for a project to be created
library Conditions {
    using Bn254 for Point;
    using Bn254 for TwistPoint;

    /// @dev Utilities are in units that shrink with the square of lcm(1..slots): up to this many slots
    /// they and the Shapley values over their denominator fit into a word.
    uint256 internal constant MAX_SLOTS = 32;
    /// @dev Multi-Krum needs 2f + 3 and the Shapley closed form 3.
    uint256 internal constant MIN_QUORUM = 3;
    uint256 internal constant MAX_AGGREGATORS = 4;
    /// @dev No money waits longer than this for anybody.
    uint256 internal constant MAX_WINDOW = 90 days;
    uint256 internal constant MAX_LOGROWS = 28;
    /// @dev A demanded delta is published in one transaction, at 390 gas an entry; EIP-7825 lets it use
    /// 16.8M.
    uint256 internal constant MAX_ENTRIES = 40_000;

    /// @notice Reverts with BadTerms unless the terms are sound.
    function requireSound(Terms calldata terms, uint256 maxAmount) internal view {
        _requireRoles(terms);
        _requireMoney(terms, maxAmount);
        _requireWindows(terms);
        _requireCommitments(terms);
    }

    function _requireRoles(Terms calldata terms) private pure {
        require(
            terms.aggregators.length != 0 && terms.aggregators.length <= MAX_AGGREGATORS,
            IMarket.BadTerms("not 1 to 4 aggregators")
        );
        require(terms.slots <= MAX_SLOTS, IMarket.BadTerms("too many slots"));
        require(
            terms.slots >= 2 * uint256(terms.byzantine) + 3,
            IMarket.BadTerms("fewer slots than 2f + 3")
        );
        require(
            terms.quorum >= MIN_QUORUM && terms.quorum <= terms.slots,
            IMarket.BadTerms("a quorum below 3 or above the slots")
        );
        require(terms.rounds != 0, IMarket.BadTerms("no rounds"));
        require(terms.scoring <= Scorings.LEAVE_ONE_OUT, IMarket.BadTerms("an unknown scoring"));
    }

    function _requireMoney(Terms calldata terms, uint256 maxAmount) private pure {
        require(
            terms.floorBps <= Payouts.BASIS_POINTS && terms.decayBps <= Payouts.BASIS_POINTS,
            IMarket.BadTerms("a share above 100 %")
        );
        require(
            terms.trainerStake <= maxAmount && terms.aggregatorStake <= maxAmount,
            IMarket.BadTerms("a stake above 2^100")
        );
        require(
            terms.challengeBond != 0 && terms.challengeBond <= terms.trainerStake
                && terms.challengeBond * uint256(terms.slots) <= terms.aggregatorStake,
            IMarket.BadTerms("stakes do not cover the challenge bonds")
        );
        require(
            terms.bounty <= terms.challengeBond,
            IMarket.BadTerms("a bounty above the challenge bond")
        );
    }

    function _requireWindows(Terms calldata terms) private pure {
        uint32[5] memory windows = [
            terms.joinSeconds,
            terms.commitSeconds,
            terms.revealSeconds,
            terms.settleSeconds,
            terms.answerSeconds
        ];
        uint256 opening;
        for (uint256 i; i < windows.length; ++i) {
            require(windows[i] != 0, IMarket.BadTerms("a window of zero seconds"));
            require(windows[i] <= MAX_WINDOW, IMarket.BadTerms("a window above 90 days"));
            if (i != 0) opening += windows[i];
        }
        require(
            terms.exitSeconds >= opening && terms.exitSeconds <= 4 * MAX_WINDOW,
            IMarket.BadTerms("an exit delay shorter than a round, or above 360 days")
        );
    }

    function _requireCommitments(Terms calldata terms) private view {
        require(
            terms.zero.isOnCurve() && terms.statistics.isOnCurve() && terms.model.isOnCurve(),
            IMarket.BadTerms("a point is not on the curve")
        );
        require(terms.tau.isInGroup(), IMarket.BadTerms("tau is not in the twist's group"));
        require(
            terms.logrows <= MAX_LOGROWS && terms.entries != 0
                && terms.entries <= 1 << terms.logrows,
            IMarket.BadTerms("a vector longer than its domain")
        );
        require(
            terms.entries <= MAX_ENTRIES,
            IMarket.BadTerms("vectors too long to be published in one transaction")
        );
    }
}
