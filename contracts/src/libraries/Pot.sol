// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Payments} from "./Choices.sol";
import {Payouts} from "./Payouts.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice A project's money for trainers before a round, and what it depends on.
struct Purse {
    uint8 payment; // one of Payments
    uint8 round; // counts from 0
    uint8 rounds;
    uint16 attendanceBps; // share that is paid evenly, whatever is gained
    uint16 potCapBps; // most of the budget that one round's pot is, where it follows the gain
    uint256 budget; // wei ever meant for trainers
    uint256 left; // wei of it still locked
    uint256 gainPaid; // wei paid as pots so far, where they follow the gain
    int256 initialUtility; // of the first model; not looked at in round 0
    int256 bestUtility; // of the models so far; not looked at in round 0
    int256 expectedGain; // of utility, that the whole budget is meant for
}

/// @notice What one round may pay.
struct Prize {
    uint256 attendance; // wei, evenly
    uint256 pot; // wei, by score
    uint256 fresh; // wei that the round's gain is worth, of which the pot is at most a part
    uint256 worth; // the same, in 2^-23 of the expected gain
    bool exhausted; // whether all that was expected is gained
}

/// @title What of a project's money a round may pay: an even share of the rounds, or what it has gained
library Pot {
    /// @notice The expected gain, as trainers' parts of it are counted.
    uint256 internal constant WHOLE = 2 ** 23;
    /// @dev The most trainers of a round, each of whose parts rounding may cost a unit.
    uint256 private constant SLOTS = 32;

    /// @notice What a round pays that moved the model's utility from `before` to `afterwards`.
    function prize(Purse memory purse, int256 before, int256 afterwards)
        internal
        pure
        returns (Prize memory p)
    {
        p.attendance = _attendance(purse);
        if (purse.payment == Payments.PER_ROUND) {
            p.pot = _even(purse) - p.attendance;
            return p;
        }
        int256 initial = purse.round == 0 ? before : purse.initialUtility;
        int256 best = purse.round == 0 ? before : purse.bestUtility;
        uint256 risen = _rise(purse, initial, best);
        uint256 reached = _rise(purse, initial, afterwards > best ? afterwards : best);
        (p.fresh, p.pot) = draw(_earned(purse, risen), _earned(purse, reached), _cap(purse));
        p.worth = _units(purse, reached) - _units(purse, risen);
        p.exhausted = reached == uint256(purse.expectedGain);
    }

    /// @notice What a rise adds to what was earned, and what of it one pot has.
    /// @param before Wei earned in all before the round.
    /// @param afterwards Wei earned in all after it, not less.
    function draw(uint256 before, uint256 afterwards, uint256 cap)
        internal
        pure
        returns (uint256 fresh, uint256 pot)
    {
        fresh = afterwards - before;
        pot = fresh < cap ? fresh : cap;
    }

    /// @notice What of a round's worth is owed still where `paid` wei of what is fresh are paid.
    function heldBack(Prize memory p, uint256 paid) internal pure returns (uint256) {
        return p.fresh == 0 ? 0 : p.worth - p.worth * paid / p.fresh;
    }

    /// @notice Wei that a round pays at most, attendance included.
    function largest(Purse memory purse) internal pure returns (uint256) {
        if (purse.payment == Payments.PER_ROUND) return _even(purse);
        uint256 earned = purse.round == 0 ? 0 : _earned(purse, _rise(purse));
        (, uint256 pot) = draw(earned, _forGain(purse), _cap(purse));
        return _attendance(purse) + pot;
    }

    /// @notice Wei owed for the best utility so far and not paid: no more than what was held back is
    /// worth, whatever funds have made of earlier gains that were paid.
    /// @param units Held back of trainers' parts, each rounded down.
    function owed(Purse memory purse, uint256 units) internal pure returns (uint256) {
        if (purse.payment == Payments.PER_ROUND || units == 0) return 0;
        uint256 unpaid = Math.saturatingSub(_earned(purse, _rise(purse)), purse.gainPaid);
        uint256 rounding = uint256(purse.round) * SLOTS;
        return Math.min(unpaid, _forGain(purse) * (units + rounding) / WHOLE);
    }

    /// @dev An even share of what is left.
    function _even(Purse memory purse) private pure returns (uint256) {
        return purse.left / (purse.rounds - purse.round);
    }

    function _attendance(Purse memory purse) private pure returns (uint256) {
        if (purse.payment == Payments.PER_ROUND) return _part(_even(purse), purse.attendanceBps);
        return _part(purse.budget, purse.attendanceBps) / purse.rounds;
    }

    /// @dev What of the budget is paid by gain.
    function _forGain(Purse memory purse) private pure returns (uint256) {
        return purse.budget - _part(purse.budget, purse.attendanceBps);
    }

    function _cap(Purse memory purse) private pure returns (uint256) {
        return _part(purse.budget, purse.potCapBps);
    }

    /// @dev Of the expected gain, what is reached so far.
    function _rise(Purse memory purse) private pure returns (uint256) {
        return _rise(purse, purse.initialUtility, purse.bestUtility);
    }

    /// @dev Of the expected gain, what is reached with utility `best`.
    function _rise(Purse memory purse, int256 initial, int256 best) private pure returns (uint256) {
        int256 risen = best - initial;
        if (risen <= 0) return 0;
        // casting is safe because both are above 0
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint256(risen < purse.expectedGain ? risen : purse.expectedGain);
    }

    /// @dev Wei earned by a rise, paid or not.
    function _earned(Purse memory purse, uint256 risen) private pure returns (uint256) {
        return Math.mulDiv(_forGain(purse), risen, uint256(purse.expectedGain));
    }

    function _units(Purse memory purse, uint256 risen) private pure returns (uint256) {
        return Math.mulDiv(WHOLE, risen, uint256(purse.expectedGain));
    }

    function _part(uint256 amount, uint256 basisPoints) private pure returns (uint256) {
        return amount * basisPoints / Payouts.BASIS_POINTS;
    }
}
