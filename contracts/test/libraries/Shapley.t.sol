// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Lattice} from "../../src/libraries/Lattice.sol";
import {Sums} from "../../src/libraries/QuadraticGame.sol";
import {Game, RoundGame} from "../../src/libraries/RoundGame.sol";
import {Shapley} from "../../src/libraries/Shapley.sol";
import {Triangle} from "../../src/libraries/Triangle.sol";
import {Coalitions} from "./Coalitions.sol";

/// @notice The closed form against the definition: rational numbers are compared by products.
contract ShapleyTest is Coalitions {
    function testFuzz_Scores_AreTheShapleyValues(
        int64[21] memory triangle,
        int64[6] memory linear,
        uint256 selected
    ) public pure {
        (Game memory game, uint256 players) = _load(triangle, linear, selected);
        Sums memory sums = _sums(game, players);
        (int256[] memory phi, uint256 denominator) =
            Shapley.scores(game, sums, players, uint256(LATTICE));
        int256[64] memory values;
        for (uint256 coalition; coalition < 64; ++coalition) {
            values[coalition] = _value(game, coalition);
        }
        int256 sum;
        for (uint256 i; i < PLAYERS; ++i) {
            sum += phi[i];
            if (players >> i & 1 == 0) {
                assertEq(phi[i], 0);
                continue;
            }
            (int256 numerator, int256 factorial) = _enumerated(values, i, players);
            assertEq(phi[i] * factorial, numerator * int256(denominator));
        }
        assertEq(sum, int256(denominator) * _value(game, players));
    }

    function test_LcmUpTo_TheSlotsOfAProject() public pure {
        assertEq(Lattice.refinement(1), 1);
        assertEq(Lattice.refinement(6), 60);
        assertEq(Lattice.refinement(10), 2520);
        assertEq(Lattice.refinement(22), 232_792_560);
        assertEq(Lattice.refinement(32), 144_403_552_893_600);
    }

    /// @notice Scores are linear in the game: those of the largest entries are those of ones, scaled.
    function testFuzz_Scores_OfTheLargestRoundDoNotOverflow(
        uint256[16] memory signs,
        uint32 selected
    ) public pure {
        uint256 lattice = Lattice.refinement(32);
        (Game memory quadratic, Game memory linear) = (_empty(32), _empty(32));
        for (uint256 k; k < 528; ++k) {
            quadratic.curvature[k] = signs[k % 8] >> (k / 8) & 1 == 0 ? int256(1) : -1;
            if (k < 32) linear.linear[k] = signs[8] >> k & 1 == 0 ? int256(1) : -1;
        }
        quadratic.own = Triangle.diagonal(quadratic.curvature, 32);
        uint256 players = uint256(selected) | 7;
        (int256[] memory second, uint256 denominator) =
            Shapley.scores(quadratic, _sums(quadratic, players), players, lattice);
        (int256[] memory first,) = Shapley.scores(linear, _sums(linear, players), players, lattice);
        int256 largest = 4 * RoundGame.MODEL_BOUND;
        for (uint256 k; k < 528; ++k) {
            quadratic.curvature[k] *= RoundGame.BOUND;
            if (k < 32) quadratic.linear[k] = linear.linear[k] * largest;
        }
        quadratic.own = Triangle.diagonal(quadratic.curvature, 32);
        (int256[] memory found,) =
            Shapley.scores(quadratic, _sums(quadratic, players), players, lattice);
        for (uint256 i; i < 32; ++i) {
            int256 expected = second[i] * RoundGame.BOUND + first[i] * largest; // checked
            assertEq(found[i], expected);
            assertLt(expected, 2 ** 248);
            assertGt(expected, -(2 ** 248));
        }
        assertLt(denominator, 2 ** 15);
    }

    function test_RevertIf_TooFewPlayers() public {
        vm.expectRevert(abi.encodeWithSelector(Shapley.TooFewForShapley.selector, 2));
        this.weights(2, 2);
    }

    function weights(uint256 m, uint256 lattice) external pure returns (Shapley.Weights memory) {
        return Shapley.weights(m, lattice);
    }

    function _empty(uint256 n) private pure returns (Game memory game) {
        game.curvature = new int256[](n * (n + 1) / 2);
        game.own = new int256[](n);
        game.linear = new int256[](n);
    }
}
