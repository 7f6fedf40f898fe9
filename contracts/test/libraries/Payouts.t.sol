// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Payouts} from "../../src/libraries/Payouts.sol";
import {Test} from "forge-std/Test.sol";

contract PayoutsTest is Test {
    uint256 private constant N = 8;

    /// @dev The rule in words: who would have more than the cap gets the cap, and what is left goes
    /// to the others; until nobody would.
    function testFuzz_Divide_FollowsTheDefinition(
        uint96 pot,
        uint120[N] memory given,
        uint120[N] memory doubts,
        uint256 kind
    ) public pure {
        uint256[] memory scores = _scores(given, kind);
        uint256[] memory errors = _scores(doubts, kind >> 128);
        uint256[] memory paid = Payouts.divide(pot, scores, errors);
        (uint256 left, uint256 sum) = (pot, 0);
        for (uint256 i; i < N; ++i) {
            sum += scores[i];
        }
        uint256 cap = _cap(pot, scores, errors);
        bool[] memory capped = new bool[](N);
        for (bool more = true; more;) {
            more = false;
            (uint256 leftNow, uint256 sumNow) = (left, sum);
            for (uint256 i; i < N; ++i) {
                if (scores[i] == 0 || capped[i] || leftNow * scores[i] / sumNow <= cap) continue;
                (capped[i], more) = (true, true);
                (left, sum) = (left - cap, sum - scores[i]);
            }
        }
        for (uint256 i; i < N; ++i) {
            uint256 expected = capped[i] ? cap : scores[i] == 0 ? 0 : left * scores[i] / sum;
            assertEq(paid[i], expected);
        }
    }

    function testFuzz_Divide_KeepsWithinPotAndCap(
        uint128 pot,
        uint248[N] memory given,
        uint256 kind
    ) public pure {
        uint256[] memory scores = new uint256[](N);
        uint256 count;
        for (uint256 i; i < N; ++i) {
            scores[i] = kind >> i & 1 == 0 ? given[i] >> (kind >> (8 * (i + 1))) % 248 : 0;
            if (scores[i] != 0) ++count;
        }
        uint256[] memory paid = _divide(pot, scores);
        uint256 total;
        for (uint256 i; i < N; ++i) {
            total += paid[i];
            if (scores[i] == 0) assertEq(paid[i], 0, "no score");
            else assertLe(paid[i], 2 * uint256(pot) / count, "twice an equal share");
            for (uint256 j; j < N; ++j) {
                if (scores[i] >= scores[j]) assertGe(paid[i], paid[j], "order");
            }
        }
        assertLe(total, pot);
        // A cap that is rounded down to nothing takes a pot of a few wei whole.
        if (count != 0 && pot >= count) assertLt(pot - total, 2 * N, "rounding");
    }

    /// @dev Trading places trades payouts.
    function testFuzz_Divide_IsBlindToTheOrder(
        uint96 pot,
        uint120[N] memory given,
        uint256 kind,
        uint256 a,
        uint256 b
    ) public pure {
        (a, b) = (a % N, b % N);
        uint256[] memory scores = _scores(given, kind);
        uint256[] memory paid = _divide(pot, scores);
        (scores[a], scores[b]) = (scores[b], scores[a]);
        (paid[a], paid[b]) = (paid[b], paid[a]);
        assertEq(paid, _divide(pot, scores));
    }

    /// @dev 1,000 among 4: at most 500. The first would have 700; of the 500 that are left the second
    /// has 2/3, and that is within the cap.
    function test_Divide_ByHand() public pure {
        uint256[] memory scores = new uint256[](5);
        (scores[0], scores[1], scores[2], scores[4]) = (70, 20, 5, 5);
        uint256[] memory paid = _divide(1000, scores);
        assertEq(paid[0], 500);
        assertEq(paid[1], 333);
        assertEq(paid[2], 83);
        assertEq(paid[3], 0);
        assertEq(paid[4], 83);
    }

    /// @dev The first cap raises what the second would have above it.
    function test_Divide_CapsOneAfterTheOther() public pure {
        uint256[] memory scores = new uint256[](8);
        (scores[0], scores[1]) = (1000, 30);
        for (uint256 i = 2; i < 8; ++i) {
            scores[i] = 10;
        }
        uint256[] memory paid = _divide(8000, scores);
        assertEq(paid[0], 2000);
        assertEq(paid[1], 2000);
        for (uint256 i = 2; i < 8; ++i) {
            assertEq(paid[i], 666);
        }
    }

    /// @dev Where scores differ by more than a pot has wei, the last have nothing, and nothing fails.
    function test_Divide_OfScoresFarApart() public pure {
        uint256[] memory scores = new uint256[](6);
        for (uint256 i; i < 6; ++i) {
            scores[i] = 2 ** (240 - 40 * i);
        }
        uint256 pot = 3 * 2 ** 100 + 2;
        uint256[] memory paid = _divide(pot, scores);
        (uint256 first, uint256 last) = (paid[0] + paid[1] + paid[2], paid[3] + paid[4] + paid[5]);
        assertEq(paid[0], 2 ** 100);
        assertLe(first + last, pot);
    }

    /// @dev Ten that are above 0 by luck do not lower the cap of five who are certain.
    function test_Divide_LuckLowersNoCap() public pure {
        uint256[] memory scores = new uint256[](15);
        uint256[] memory errors = new uint256[](15);
        for (uint256 i; i < 15; ++i) {
            (scores[i], errors[i]) = (i < 5 ? 100 : 1, 5);
        }
        uint256[] memory paid = Payouts.divide(5100, scores, errors);
        assertEq(paid[0], 1000);
        assertEq(paid[14], 10);
        // Where nobody is certain the cap is among all of them.
        for (uint256 i; i < 15; ++i) {
            errors[i] = 500;
        }
        paid = Payouts.divide(5100, scores, errors);
        assertEq(paid[0], 680);
        assertEq(paid[14], 170);
    }

    function test_Divide_OfOneIsAll() public pure {
        uint256[] memory scores = new uint256[](3);
        scores[1] = 1;
        assertEq(_divide(1000, scores)[1], 1000);
    }

    function testFuzz_Attend_IsEven(uint128 pool, uint8 present, uint64[N] memory before)
        public
        pure
    {
        uint256[] memory paid = new uint256[](N);
        uint256 count;
        uint256 sum;
        for (uint256 i; i < N; ++i) {
            paid[i] = before[i];
            count += present >> i & 1;
            sum += before[i];
        }
        uint256 total = Payouts.attend(pool, present, paid);
        uint256 part = count == 0 ? 0 : pool / count;
        for (uint256 i; i < N; ++i) {
            assertEq(paid[i], before[i] + (present >> i & 1) * part);
        }
        assertEq(total, sum + count * part);
    }

    // --- what is sure ----------------------------------------------------------------------------

    function test_Outweighs_ByHand() public pure {
        assertTrue(_outweighs([uint256(5), 1, 0], [uint256(6), 3, 3])); // just half
        assertFalse(_outweighs([uint256(5), 1, 0], [uint256(6), 4, 3]));
        assertTrue(_outweighs([uint256(0), 4, 3], [uint256(6), 4, 3]));
        assertFalse(_outweighs([uint256(0), 0, 0], [uint256(6), 4, 3]));
        assertFalse(_outweighs([uint256(0), 0, 0], [uint256(0), 0, 0]));
        assertTrue(_outweighs([uint256(1), 0, 0], [uint256(1), 0, 0]));
    }

    function test_Outweighs_OfTheLargest() public pure {
        uint256[] memory likely = new uint256[](32);
        for (uint256 i; i < 32; ++i) {
            likely[i] = 2 ** 248 - 1;
        }
        uint256[] memory sure = new uint256[](32);
        for (uint256 i; i < 16; ++i) {
            assertFalse(Payouts.outweighs(sure, likely));
            sure[i] = likely[i];
        }
        assertTrue(Payouts.outweighs(sure, likely));
    }

    /// @dev A score more that is only likely never makes a round sure.
    function testFuzz_Outweighs_DoubtOnlyDoubts(uint120[N] memory given, uint256 kind, uint64 more)
        public
        pure
    {
        uint256[] memory likely = _scores(given, kind);
        uint256[] memory sure = new uint256[](N);
        for (uint256 i; i < N; ++i) {
            if (kind >> (64 + i) & 1 == 1) sure[i] = likely[i] / 2;
        }
        bool before = Payouts.outweighs(sure, likely);
        uint256 doubted = kind % N;
        sure[doubted] = 0;
        likely[doubted] += more;
        if (Payouts.outweighs(sure, likely)) assertTrue(before);
    }

    function _outweighs(uint256[3] memory given, uint256[3] memory scores)
        private
        pure
        returns (bool)
    {
        (uint256[] memory sure, uint256[] memory likely) = (new uint256[](3), new uint256[](3));
        for (uint256 i; i < 3; ++i) {
            (sure[i], likely[i]) = (given[i], scores[i]);
        }
        return Payouts.outweighs(sure, likely);
    }

    function testFuzz_Positive_LeavesOutTheRest(int256[N] memory given) public pure {
        int256[] memory scores = new int256[](N);
        for (uint256 i; i < N; ++i) {
            scores[i] = given[i];
        }
        uint256[] memory parts = Payouts.positive(scores);
        uint256 above = Payouts.above(parts);
        for (uint256 i; i < N; ++i) {
            assertEq(parts[i], given[i] > 0 ? uint256(given[i]) : 0);
            assertEq(above >> i & 1 == 1, given[i] > 0);
        }
        assertEq(above >> N, 0);
    }

    /// @dev Where everybody is certain.
    function _divide(uint256 pot, uint256[] memory scores) private pure returns (uint256[] memory) {
        return Payouts.divide(pot, scores, new uint256[](scores.length));
    }

    function _cap(uint256 pot, uint256[] memory scores, uint256[] memory errors)
        private
        pure
        returns (uint256)
    {
        (uint256 certain, uint256 count) = (0, 0);
        for (uint256 i; i < N; ++i) {
            if (scores[i] != 0) ++count;
            if (scores[i] > errors[i]) ++certain;
        }
        if (certain != 0) count = certain;
        return count == 0 ? 0 : 2 * pot / count;
    }

    /// @dev Scores of all sizes, and some that are 0.
    function _scores(uint120[N] memory given, uint256 kind)
        private
        pure
        returns (uint256[] memory scores)
    {
        scores = new uint256[](N);
        for (uint256 i; i < N; ++i) {
            scores[i] = kind >> i & 1 == 0 ? given[i] >> (kind >> (8 * (i + 1))) % 120 : 0;
        }
    }
}
