// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Payments} from "../../src/libraries/Choices.sol";
import {Pot, Prize, Purse} from "../../src/libraries/Pot.sol";
import {Test} from "forge-std/Test.sol";

contract PotTest is Test {
    uint256 private constant ROUNDS = 6;

    /// @dev An even share of what is left, of which attendance is a part.
    function testFuzz_PerRound_SpendsTheBudgetEvenly(
        uint96 left,
        uint256 round,
        uint256 bps,
        int256 before,
        int256 afterwards
    ) public pure {
        Purse memory purse = _purse(left, bps, 0, 1);
        purse.payment = Payments.PER_ROUND;
        purse.round = uint8(bound(round, 0, ROUNDS - 1));
        Prize memory prize = Pot.prize(purse, before, afterwards);
        uint256 even = left / (ROUNDS - purse.round);
        assertEq(prize.attendance + prize.pot, even);
        assertEq(prize.attendance, even * purse.attendanceBps / 10_000);
        assertEq(prize.worth, 0);
        assertFalse(prize.exhausted);
        assertEq(Pot.largest(purse), even);
        assertEq(Pot.owed(purse, Pot.WHOLE), 0);
    }

    /// @dev 1,000 wei of which 20 % is attendance: 800 for a gain of 400, at most 300 a round.
    function test_PerGain_ByHand() public pure {
        Purse memory purse = _purse(1000, 2000, 3000, 400);
        (purse.rounds, purse.initialUtility, purse.bestUtility) = (10, 77, 99);
        assertEq(Pot.largest(purse), 20 + 300);

        // A gain of 100 is worth a fourth.
        Prize memory prize = Pot.prize(purse, -50, 50);
        _assertPrize(prize, 20, 200, 2 ** 21, false);
        _settle(purse, prize, -50, 50, 200);
        assertEq(Pot.owed(purse, Pot.WHOLE), 0);
        assertEq(Pot.largest(purse), 20 + 300);

        // What is lost earns nothing, and what is regained no more.
        prize = Pot.prize(purse, 50, -80);
        _assertPrize(prize, 20, 0, 0, false);
        _settle(purse, prize, 50, -80, 0);
        prize = Pot.prize(purse, -80, 50);
        _assertPrize(prize, 20, 0, 0, false);
        _settle(purse, prize, -80, 50, 0);

        // Above the cap, which holds back 100: a fourth of what it is worth.
        prize = Pot.prize(purse, 50, 250);
        _assertPrize(prize, 20, 300, 2 ** 22, false);
        assertEq(prize.fresh, 400);
        assertEq(Pot.heldBack(prize, 300), 2 ** 20);
        _settle(purse, prize, 50, 250, 300);
        assertEq(Pot.owed(purse, Pot.WHOLE), 100);

        // What was held back waits for the end. Half of this pot is not divided, and is owed as well.
        prize = Pot.prize(purse, 250, 300);
        _assertPrize(prize, 20, 100, 2 ** 20, false);
        _settle(purse, prize, 250, 300, 50);
        assertEq(Pot.owed(purse, Pot.WHOLE), 150);
        assertEq(Pot.largest(purse), 20 + 100);

        // More gain than expected counts no more.
        prize = Pot.prize(purse, 300, 1000);
        _assertPrize(prize, 20, 100, 2 ** 20, true);
        _settle(purse, prize, 300, 1000, 100);
        assertEq(Pot.owed(purse, Pot.WHOLE), 150);
        assertEq(Pot.largest(purse), 20);
    }

    /// @dev Funds make what was gained worth more. Who has little held back has little of that.
    function test_Owed_IsNoMoreThanWhatWasHeldBack() public pure {
        Purse memory purse = _purse(1000, 1000, 0, 100);
        (purse.round, purse.bestUtility, purse.gainPaid) = (1, 50, 450);
        assertEq(Pot.owed(purse, 2 ** 20), 0);
        purse.budget = 3000; // funded: the rise is worth 1350 now
        assertEq(Pot.owed(purse, Pot.WHOLE), 900);
        assertEq(Pot.owed(purse, 0), 0);
        assertEq(Pot.owed(purse, 2 ** 20), 337); // an eighth was held back
        purse.round = 0;
        assertEq(Pot.owed(purse, 1), 0);
    }

    /// @dev What rounding takes of trainers' parts stays with them.
    function test_Owed_ForgivesAUnitOfEachPart() public pure {
        Purse memory purse = _purse(2 ** 60, 0, 0, 2 ** 23);
        (purse.round, purse.bestUtility) = (2, 2 ** 20);
        assertEq(Pot.owed(purse, 2 ** 20), 2 ** 57);
        assertEq(Pot.owed(purse, 2 ** 20 - 64), 2 ** 57);
        assertEq(Pot.owed(purse, 2 ** 20 - 65), 2 ** 57 - 2 ** 37);
    }

    /// @dev A project of several rounds, funded in between: what is paid stays within what was put in,
    /// whatever is gained and however little of a pot is divided.
    function testFuzz_PerGain_StaysWithinTheBudget(
        uint96[ROUNDS] memory funds,
        int200[ROUNDS + 1] memory utilities,
        uint256[ROUNDS] memory divided,
        uint256 attendanceBps,
        uint256 potCapBps,
        uint224 expected
    ) public pure {
        Purse memory purse = _purse(0, attendanceBps, potCapBps, bound(expected, 1, 2 ** 202));
        uint256 units;
        for (uint256 r; r < ROUNDS; ++r) {
            purse.round = uint8(r);
            purse.budget += funds[r];
            purse.left += funds[r];
            uint256 most = Pot.largest(purse);
            Prize memory prize = Pot.prize(purse, utilities[r], utilities[r + 1]);
            assertLe(prize.attendance + prize.pot, most, "largest");
            assertLe(most, purse.left, "left");
            units += prize.worth;
            assertLe(units, 2 ** 23, "units");
            if (prize.exhausted) assertEq(units, 2 ** 23, "all earned");
            uint256 paid = bound(divided[r], 0, prize.pot);
            assertLe(Pot.heldBack(prize, paid), prize.worth, "held back");
            _settle(purse, prize, utilities[r], utilities[r + 1], paid);
            uint256 attended = purse.budget * purse.attendanceBps / 10_000;
            assertLe(
                purse.gainPaid + Pot.owed(purse, Pot.WHOLE), purse.budget - attended, "for gain"
            );
        }
        assertEq(units, _units(purse, purse.bestUtility), "units add up to the rise");
    }

    /// @dev The pot is what the definition says, from numbers that need no wide products.
    function testFuzz_PerGain_FollowsTheDefinition(
        uint96 budget,
        uint256 paid,
        int112[4] memory utilities,
        uint256 attendanceBps,
        uint256 potCapBps,
        uint112 expected
    ) public pure {
        Purse memory purse = _purse(budget, attendanceBps, potCapBps, bound(expected, 1, 2 ** 112));
        (int256 initial, int256 best) = (utilities[0], utilities[1]);
        if (best < initial) (initial, best) = (best, initial);
        (purse.round, purse.initialUtility, purse.bestUtility) = (3, initial, best);
        int256 later = utilities[3];
        purse.gainPaid = bound(paid, 0, _earned(purse, best));
        assertEq(Pot.owed(purse, Pot.WHOLE), _earned(purse, best) - purse.gainPaid);

        Prize memory prize = Pot.prize(purse, utilities[2], later);
        int256 reached = later > best ? later : best;
        uint256 fresh = _earned(purse, reached) - _earned(purse, best);
        uint256 cap = purse.budget * purse.potCapBps / 10_000;
        uint256 pot = fresh < cap ? fresh : cap;
        bool all = reached - initial >= purse.expectedGain;
        uint256 attendance = purse.budget * purse.attendanceBps / 10_000 / ROUNDS;
        uint256 worth = _units(purse, reached) - _units(purse, best);
        _assertPrize(prize, attendance, pot, worth, all);
        assertEq(prize.fresh, fresh);
    }

    /// @dev Before the first round nothing is owed, whatever the first model is worth.
    function testFuzz_Owed_IsNothingBeforeTheFirstRound(uint96 budget, int200 utility) public pure {
        Purse memory purse = _purse(budget, 2000, 2000, 1);
        (purse.initialUtility, purse.bestUtility) = (utility, utility);
        assertEq(Pot.owed(purse, Pot.WHOLE), 0);
    }

    /// @dev More gain is never worth less, nor with more money; and all is worth what is for gain.
    function testFuzz_Owed_RisesWithGainAndMoney(
        uint96 budget,
        uint96 funded,
        int200[3] memory utilities,
        uint256 attendanceBps,
        uint200 expected
    ) public pure {
        Purse memory purse = _purse(budget, attendanceBps, 0, bound(expected, 1, 2 ** 202));
        purse.initialUtility = utilities[0];
        (int256 low, int256 high) = (utilities[1], utilities[2]);
        if (high < low) (low, high) = (high, low);
        purse.bestUtility = low;
        uint256 less = Pot.owed(purse, Pot.WHOLE);
        purse.bestUtility = high;
        uint256 more = Pot.owed(purse, Pot.WHOLE);
        assertLe(less, more);
        assertLe(more, budget - uint256(budget) * purse.attendanceBps / 10_000);
        purse.budget += funded;
        assertLe(more, Pot.owed(purse, Pot.WHOLE));
    }

    function _purse(uint256 budget, uint256 attendanceBps, uint256 potCapBps, uint256 expected)
        private
        pure
        returns (Purse memory purse)
    {
        purse.payment = Payments.PER_GAIN;
        purse.rounds = uint8(ROUNDS);
        purse.attendanceBps = uint16(bound(attendanceBps, 0, 10_000));
        purse.potCapBps = uint16(bound(potCapBps, 0, 10_000));
        (purse.budget, purse.left) = (budget, budget);
        purse.expectedGain = int256(expected);
    }

    /// @dev What the market does of a round's verdict.
    function _settle(
        Purse memory purse,
        Prize memory prize,
        int256 before,
        int256 afterwards,
        uint256 paid
    ) private pure {
        purse.gainPaid += paid;
        purse.left -= paid + prize.attendance;
        if (purse.round == 0) (purse.initialUtility, purse.bestUtility) = (before, before);
        if (afterwards > purse.bestUtility) purse.bestUtility = afterwards;
        ++purse.round;
    }

    function _assertPrize(
        Prize memory prize,
        uint256 attendance,
        uint256 pot,
        uint256 worth,
        bool exhausted
    ) private pure {
        assertEq(prize.attendance, attendance);
        assertEq(prize.pot, pot);
        assertEq(prize.worth, worth);
        assertEq(prize.exhausted, exhausted);
    }

    function _units(Purse memory purse, int256 best) private pure returns (uint256) {
        return _rise(purse, best) * 2 ** 23 / uint256(purse.expectedGain);
    }

    function _earned(Purse memory purse, int256 best) private pure returns (uint256) {
        uint256 forGain = purse.budget - purse.budget * purse.attendanceBps / 10_000;
        return forGain * _rise(purse, best) / uint256(purse.expectedGain);
    }

    function _rise(Purse memory purse, int256 best) private pure returns (uint256) {
        int256 rise = best - purse.initialUtility;
        if (rise <= 0) return 0;
        return uint256(rise < purse.expectedGain ? rise : purse.expectedGain);
    }
}
