// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title How a round's trainer budget is divided
library Payouts {
    uint256 internal constant BASIS_POINTS = 10_000;

    /// @notice The floor share goes equally to the selected, the rest by positive score.
    /// @param budget Wei of the round; what rounding or a lack of positive scores leaves stays with it.
    /// @param floorBps The floor share in basis points.
    /// @param selected Bit i is set if trainer i is selected; at least one is.
    /// @param scores Shapley values over any common denominator.
    /// @return paid Wei for each trainer.
    /// @return total Their sum, at most `budget`.
    function divide(uint256 budget, uint256 floorBps, uint256 selected, int256[] memory scores)
        internal
        pure
        returns (uint256[] memory paid, uint256 total)
    {
        uint256 n = scores.length;
        paid = new uint256[](n);
        uint256 players;
        uint256 positive;
        for (uint256 i; i < n; ++i) {
            if (selected >> i & 1 == 0) continue;
            ++players;
            if (scores[i] > 0) positive += uint256(scores[i]);
        }
        uint256 floorPool = budget * floorBps / BASIS_POINTS;
        uint256 scorePool = budget - floorPool;
        for (uint256 i; i < n; ++i) {
            if (selected >> i & 1 == 0) continue;
            paid[i] = floorPool / players;
            if (scores[i] > 0) paid[i] += Math.mulDiv(scorePool, uint256(scores[i]), positive);
            total += paid[i];
        }
    }
}
