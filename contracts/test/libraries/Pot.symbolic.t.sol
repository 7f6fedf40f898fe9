// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Payments} from "../../src/libraries/Choices.sol";
import {Pot, Prize, Purse} from "../../src/libraries/Pot.sol";
import {Test} from "forge-std/Test.sol";

/// @title What holds of every round's money, checked for all values at once
/// @notice `forge test` passes these over. In contracts/: `halmos --contract PotSymbolicTest`. What a gain
/// is worth is any number here that does not fall, and is within what there is for gain: products and
/// quotients, of which the fuzz tests hold that, are too hard for a solver.
contract PotSymbolicTest is Test {
    /// @dev A step of an induction: nothing is paid before the first round, and if what was paid is
    /// within what the gain is worth, it is so after a round that pays any part of its pot. With the
    /// attendance of all rounds it is within the budget.
    function check_Draw_KeepsWithinWhatIsGained(
        uint128[2] memory worth,
        uint128 paid,
        uint128 cap,
        uint128 divided,
        uint128 attendance,
        uint128 budget
    ) public pure {
        vm.assume(paid <= worth[0] && worth[0] <= worth[1]);
        vm.assume(attendance <= budget && worth[1] <= budget - attendance);
        (uint256 fresh, uint256 pot) = Pot.draw(worth[0], worth[1], cap);
        assert(pot <= cap && pot <= fresh);
        vm.assume(divided <= pot);
        assert(uint256(paid) + divided <= worth[1]);
        assert(uint256(paid) + divided + attendance <= budget);
    }

    /// @dev A pot rises with what is gained.
    function check_Draw_RisesWithTheGain(uint128[2] memory worth, uint128 gained, uint128 cap)
        public
        pure
    {
        vm.assume(gained <= worth[0] && worth[0] <= worth[1]);
        (, uint256 lower) = Pot.draw(gained, worth[0], cap);
        (, uint256 higher) = Pot.draw(gained, worth[1], cap);
        assert(lower <= higher);
    }

    /// @dev An even share is all paid, and within what is left.
    function check_Prize_OfARoundIsAnEvenShare(
        uint128 left,
        uint16 attendanceBps,
        uint8 round,
        uint8 rounds
    ) public pure {
        vm.assume(attendanceBps <= 10_000 && round < rounds);
        Purse memory purse;
        purse.payment = Payments.PER_ROUND;
        (purse.round, purse.rounds) = (round, rounds);
        (purse.attendanceBps, purse.left) = (attendanceBps, left);
        Prize memory prize = Pot.prize(purse, 0, 0);
        assert(prize.attendance + prize.pot == Pot.largest(purse));
        assert(Pot.largest(purse) <= left);
        assert(Pot.owed(purse, Pot.WHOLE) == 0);
    }
}
