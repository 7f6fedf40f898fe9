// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Payouts} from "../../src/libraries/Payouts.sol";
import {Test} from "forge-std/Test.sol";

contract PayoutsTest is Test {
    function testFuzz_Divide_ConservesTheBudget(
        uint128 budget,
        uint256 floorBps,
        uint256 selected,
        int248[8] memory given
    ) public pure {
        floorBps = bound(floorBps, 0, 10_000);
        selected = bound(selected, 1, 255);
        int256[] memory scores = new int256[](8);
        bool anyPositive;
        for (uint256 i; i < 8; ++i) {
            scores[i] = given[i];
            if (selected >> i & 1 == 1 && given[i] > 0) anyPositive = true;
        }
        (uint256[] memory paid, uint256 total) = Payouts.divide(budget, floorBps, selected, scores);

        uint256 sum;
        uint256 floorEach = _floorEach(budget, floorBps, selected);
        for (uint256 i; i < 8; ++i) {
            sum += paid[i];
            if (selected >> i & 1 == 0) assertEq(paid[i], 0, "unselected");
            else if (scores[i] <= 0) assertEq(paid[i], floorEach, "floor only");
            else assertGe(paid[i], floorEach, "floor at least");
            for (uint256 j; j < 8; ++j) {
                bool both = selected >> i & 1 == 1 && selected >> j & 1 == 1;
                if (both && scores[i] >= scores[j]) assertGe(paid[i], paid[j], "order");
            }
        }
        assertEq(sum, total);
        assertLe(total, budget);
        // Rounding keeps less than one wei a payment.
        if (anyPositive) assertLt(budget - total, 16);
    }

    function test_Divide_ByHand() public pure {
        int256[] memory scores = new int256[](4);
        (scores[0], scores[1], scores[2], scores[3]) = (3, 1, -5, 100);
        (uint256[] memory paid, uint256 total) = Payouts.divide(1000, 3000, 0x7, scores);
        assertEq(paid[0], 100 + 525);
        assertEq(paid[1], 100 + 175);
        assertEq(paid[2], 100);
        assertEq(paid[3], 0);
        assertEq(total, 1000);
    }

    function _floorEach(uint256 budget, uint256 floorBps, uint256 selected)
        private
        pure
        returns (uint256)
    {
        uint256 players;
        for (uint256 i; i < 8; ++i) {
            players += selected >> i & 1;
        }
        return budget * floorBps / 10_000 / players;
    }
}
