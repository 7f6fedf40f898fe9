// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarket, Project, Terms} from "../src/interfaces/IMarket.sol";
import {Payments} from "../src/libraries/Choices.sol";
import {Pages} from "./Pages.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title What a round may pay, by the actors' own arithmetic
abstract contract Pots is Pages {
    uint256 private constant WHOLE = 2 ** 23; // the expected gain, as parts of it are counted

    /// @notice What a measured gain is worth.
    struct Worth {
        uint256 attendance; // wei
        uint256 fresh; // wei
        uint256 pot; // wei of it that one round may pay
        uint256 units; // of the expected gain, in 2^-23
        bool exhausted;
    }

    constructor(IMarket market) Pages(market) {}

    /// @notice Wei that aggregators have to have at stake for a round to open.
    function _atRisk(Terms memory terms, Project memory p) internal pure returns (uint256) {
        return _largestPot(terms, p) + terms.slots * uint256(terms.challengeBond);
    }

    function _largestPot(Terms memory terms, Project memory p) internal pure returns (uint256) {
        if (terms.payment == Payments.PER_ROUND) return p.trainerBudget / (terms.rounds - p.round);
        uint256 cap = uint256(p.budget) * terms.potCapBps / 10_000;
        uint256 left = _forGain(terms, p) - _gained(terms, p, _risen(terms, p, p.bestUtility));
        return _evenly(terms, p) / terms.rounds + Math.min(cap, left);
    }

    /// @param afterwards Utility of the model that the round has left.
    function _worthOf(Terms memory terms, Project memory p, int256 afterwards)
        internal
        pure
        returns (Worth memory w)
    {
        uint256 had = _risen(terms, p, p.bestUtility);
        uint256 has = Math.max(had, _risen(terms, p, afterwards));
        w.attendance = _evenly(terms, p) / terms.rounds;
        w.fresh = _gained(terms, p, has) - _gained(terms, p, had);
        w.pot = Math.min(w.fresh, uint256(p.budget) * terms.potCapBps / 10_000);
        uint256 whole = uint256(terms.expectedGain);
        w.units = Math.mulDiv(WHOLE, has, whole) - Math.mulDiv(WHOLE, had, whole);
        w.exhausted = has == whole;
    }

    /// @notice Wei that were gained and not paid: of what was held back, and of what rounding took, as
    /// far as there are any.
    function _owed(Terms memory terms, Project memory p) internal pure returns (uint256) {
        if (p.earned == 0) return 0;
        uint256 gained = _gained(terms, p, _risen(terms, p, p.bestUtility));
        uint256 units = p.earned + 32 * uint256(p.round);
        return
            Math.min(
                gained > p.gainPaid ? gained - p.gainPaid : 0, _forGain(terms, p) * units / WHOLE
            );
    }

    /// @notice What of the budget rounds pay evenly.
    function _evenly(Terms memory terms, Project memory p) private pure returns (uint256) {
        return uint256(p.budget) * terms.attendanceBps / 10_000;
    }

    function _forGain(Terms memory terms, Project memory p) private pure returns (uint256) {
        return p.budget - _evenly(terms, p);
    }

    function _gained(Terms memory terms, Project memory p, uint256 risen)
        private
        pure
        returns (uint256)
    {
        return Math.mulDiv(_forGain(terms, p), risen, uint256(terms.expectedGain));
    }

    /// @return Utility above the first model's, and no more of it than expected.
    function _risen(Terms memory terms, Project memory p, int256 utility)
        private
        pure
        returns (uint256)
    {
        int256 risen = utility - p.initialUtility;
        if (risen <= 0) return 0;
        return uint256(risen < terms.expectedGain ? risen : terms.expectedGain);
    }
}
