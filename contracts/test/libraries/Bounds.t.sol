// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Steps} from "../../src/libraries/Choices.sol";
import {Clipping} from "../../src/libraries/Clipping.sol";
import {Deviation} from "../../src/libraries/Deviation.sol";
import {InRun} from "../../src/libraries/InRun.sol";
import {Lattice} from "../../src/libraries/Lattice.sol";
import {ProvenValue} from "../../src/libraries/ProvenValue.sol";
import {Game, RoundGame} from "../../src/libraries/RoundGame.sol";
import {Direction, Stride} from "../../src/libraries/Stride.sol";
import {Triangle} from "../../src/libraries/Triangle.sol";
import {Test} from "forge-std/Test.sol";

/// @title The largest numbers that a round of 32 can have do not overflow where nothing is checked
/// @notice Every number is at its bound, of either sign, and the same is computed with checks.
contract BoundsTest is Test {
    uint256 private constant N = 32;
    uint256 private constant HEAVIEST = 2 ** 48 - 1;
    int256 private constant LONGEST = 2 ** 64 - 1;

    /// forge-config: default.fuzz.runs = 32
    function testFuzz_InRun_DoesNotOverflow(uint256[4] memory signs, bool alike) public pure {
        Game memory game = _largest(signs, alike);
        uint256[] memory q = _fill(HEAVIEST);
        int256[] memory g = Triangle.times(game.curvature, q);
        int256[] memory phi = InRun.shapley(game, q, g);
        int256[] memory without = InRun.leaveOneOut(game, q, g);
        uint256[] memory sure =
            Deviation.lowerBounds(phi, Deviation.ofScores(q, _fill(Deviation.SATURATED)));
        int256 gain;
        for (uint256 i; i < N; ++i) {
            assertEq(g[i], _row(game, q, i));
            int256 weight = int256(HEAVIEST);
            int256 score = weight * (game.linear[i] - g[i]);
            assertEq(phi[i], score);
            assertEq(without[i], weight * (game.linear[i] - 2 * g[i] + weight * game.own[i]));
            gain += score;
            int256 least = score - int256(2 * HEAVIEST * Deviation.SATURATED);
            assertEq(sure[i], least > 0 ? uint256(least) : 0);
            assertLt(_abs(score), 2 ** 223);
            assertLt(_abs(without[i]), 2 ** 223);
        }
        assertEq(InRun.sum(phi), gain);
        assertLt(_abs(gain + 3 * RoundGame.UTILITY_BOUND), 2 ** 242);
    }

    /// forge-config: default.fuzz.runs = 32
    function testFuzz_Direction_DoesNotOverflow(uint256[4] memory signs, bool alike) public pure {
        Game memory game = _largest(signs, alike);
        uint256[] memory clips = _fill(Clipping.ONE);
        Direction memory u = Stride.direction(game, 2 ** N - 1, _fill(Clipping.ONE));
        int256 one = int256(Clipping.ONE);
        int256 slope;
        int256 curvature;
        for (uint256 i; i < N; ++i) {
            int256 row = _row(game, clips, i);
            assertEq(u.rows[i], row);
            slope += one * game.linear[i];
            curvature += one * row;
            // What selection by proven value computes of each.
            int256 value = game.linear[i] - (LONGEST * row >> 32);
            assertLt(_abs(one * value), 2 ** 192);
            assertLt(_abs(value + 6 * int256(Deviation.SATURATED)), 2 ** 175);
        }
        assertEq(u.slope, slope);
        assertEq(u.curvature, curvature);
        if (slope > 0) assertLt(uint256(slope) * 2 ** 31, 2 ** 225);

        uint256[] memory none = new uint256[](N);
        ProvenValue.select(u, game, none, 1, Steps.EXACT, Lattice.FINE);
        assertGe(u.players, 1);
        assertEq(u.rows[0], _row(game, u.clips, 0));
        assertEq(u.rows[31], _row(game, u.clips, 31));
    }

    /// @dev The longest step of either kind, and the weights that it gives.
    function test_Weights_AreBelowTheirBound() public pure {
        Direction memory u;
        (u.slope, u.curvature, u.players) = (2 ** 193, 1, 1);
        u.clips = _fill(Clipping.ONE);
        assertEq(Stride.along(u, Steps.EXACT, Lattice.FINE), 2 ** 48);
        for (uint256 slots = 1; slots <= 32; ++slots) {
            uint256 t = Stride.along(u, Steps.MEAN, Lattice.refinement(slots));
            assertLe(t, uint256(LONGEST));
            assertLe(Stride.weights(u, t)[0], HEAVIEST);
        }
    }

    function _largest(uint256[4] memory signs, bool alike) private pure returns (Game memory game) {
        game.curvature = new int256[](N * (N + 1) / 2);
        game.linear = new int256[](N);
        for (uint256 k; k < game.curvature.length; ++k) {
            int256 entry = RoundGame.BOUND - 1;
            bool up = alike || signs[k % 3] >> (k / 3) & 1 == 1;
            game.curvature[k] = up ? entry : -entry;
        }
        for (uint256 i; i < N; ++i) {
            int256 entry = 4 * (RoundGame.MODEL_BOUND - 1);
            game.linear[i] = signs[3] >> i & 1 == 1 ? entry : -entry;
        }
        game.own = Triangle.diagonal(game.curvature, N);
    }

    function _row(Game memory game, uint256[] memory x, uint256 i)
        private
        pure
        returns (int256 sum)
    {
        for (uint256 j; j < N; ++j) {
            (uint256 a, uint256 b) = i < j ? (i, j) : (j, i);
            sum += game.curvature[a * N - a * (a + 1) / 2 + b] * int256(x[j]);
        }
    }

    function _fill(uint256 value) private pure returns (uint256[] memory all) {
        all = new uint256[](N);
        for (uint256 i; i < N; ++i) {
            all[i] = value;
        }
    }

    function _abs(int256 value) private pure returns (uint256) {
        return uint256(value < 0 ? -value : value);
    }
}
