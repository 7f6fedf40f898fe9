// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {InRun} from "../../src/libraries/InRun.sol";
import {Game} from "../../src/libraries/RoundGame.sol";
import {Triangle} from "../../src/libraries/Triangle.sol";
import {Coalitions} from "./Coalitions.sol";

/// @notice Against the definitions: values of all 64 coalitions.
contract InRunTest is Coalitions {
    function testFuzz_Shapley_IsTheMeanOverAllOrders(
        int64[21] memory triangle,
        int64[6] memory linear,
        uint48[6] memory weights
    ) public pure {
        (Game memory game, uint256[] memory q) = _round(triangle, linear, weights);
        int256[64] memory values = _values(game, q);
        int256[] memory phi = InRun.shapley(game, q, Triangle.times(game.curvature, q));
        for (uint256 i; i < PLAYERS; ++i) {
            (int256 numerator, int256 factorial) = _enumerated(values, i, 63);
            assertEq(phi[i] * factorial, numerator);
            if (q[i] == 0) assertEq(phi[i], 0);
        }
        assertEq(InRun.sum(phi), values[63]);
    }

    function testFuzz_LeaveOneOut_IsWhatIsMissingWithout(
        int64[21] memory triangle,
        int64[6] memory linear,
        uint48[6] memory weights
    ) public pure {
        (Game memory game, uint256[] memory q) = _round(triangle, linear, weights);
        int256[64] memory values = _values(game, q);
        int256[] memory scores = InRun.leaveOneOut(game, q, Triangle.times(game.curvature, q));
        for (uint256 i; i < PLAYERS; ++i) {
            assertEq(scores[i], values[63] - values[63 & ~(1 << i)]);
        }
    }

    /// @dev A delta of zero changes nothing and has nothing.
    function testFuzz_AZeroDeltaScoresZero(
        int64[21] memory triangle,
        int64[6] memory linear,
        uint48[6] memory weights
    ) public pure {
        for (uint256 j = 2; j < 6; ++j) {
            triangle[6 + j - 1] = 0;
        }
        (triangle[1], triangle[6], linear[1]) = (0, 0, 0); // G_01, G_11, 2 b_1
        (Game memory game, uint256[] memory q) = _round(triangle, linear, weights);
        int256[] memory g = Triangle.times(game.curvature, q);
        assertEq(InRun.shapley(game, q, g)[1], 0);
        assertEq(InRun.leaveOneOut(game, q, g)[1], 0);
    }

    function _round(int64[21] memory triangle, int64[6] memory linear, uint48[6] memory weights)
        private
        pure
        returns (Game memory game, uint256[] memory q)
    {
        (game,) = _load(triangle, linear, 63);
        q = new uint256[](6);
        for (uint256 i; i < 6; ++i) {
            q[i] = weights[i] % 4 == 0 ? 0 : weights[i];
        }
    }

    function _values(Game memory game, uint256[] memory q)
        private
        pure
        returns (int256[64] memory values)
    {
        for (uint256 coalition; coalition < 64; ++coalition) {
            values[coalition] = _weighted(game, q, coalition);
        }
    }
}
