// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Point} from "../../src/libraries/Bn254.sol";
import {Steps} from "../../src/libraries/Choices.sol";
import {Lattice} from "../../src/libraries/Lattice.sol";
import {Vectors} from "../Vectors.sol";
import {Test} from "forge-std/Test.sol";

contract LatticeTest is Test {
    uint256 private constant SLOTS = 6;

    function test_Refinement_IsTheLeastCommonMultiple() public pure {
        // OEIS A003418
        uint32[23] memory expected = [
            1,
            1,
            2,
            6,
            12,
            60,
            60,
            420,
            840,
            2520,
            2520,
            27_720,
            27_720,
            360_360,
            360_360,
            360_360,
            720_720,
            12_252_240,
            12_252_240,
            232_792_560,
            232_792_560,
            232_792_560,
            232_792_560
        ];
        for (uint256 slots; slots < expected.length; ++slots) {
            assertEq(Lattice.refinement(slots), expected[slots]);
        }
    }

    function test_Size_OfTheExactStepDoesNotDependOnTheSlots() public pure {
        for (uint256 slots = 3; slots <= 32; ++slots) {
            assertEq(Lattice.size(Steps.EXACT, slots), 2 ** 20);
            assertEq(Lattice.size(Steps.BOUNDED, slots), 2 ** 20);
            assertEq(Lattice.size(Steps.MEAN, slots), Lattice.refinement(slots));
        }
    }

    /// @dev On points as on vectors: the model moves by the weighted sum of the deltas.
    function testFuzz_Move_MovesTheCommittedModel(
        int32[4] memory start,
        int16[4][SLOTS] memory deltas,
        uint48[SLOTS] memory given,
        uint256 alike
    ) public view {
        int256[4] memory model;
        int256[4] memory next;
        int256[4] memory zero;
        Point[] memory points = new Point[](SLOTS);
        uint256[] memory weights = new uint256[](SLOTS);
        for (uint256 k; k < 4; ++k) {
            (model[k], next[k]) = (start[k], start[k]);
        }
        for (uint256 i; i < SLOTS; ++i) {
            int256[4] memory delta;
            // Some count alike, and some not at all.
            weights[i] = alike >> i & 1 == 0 ? given[i] : alike >> i & 2 == 0 ? given[0] : 0;
            for (uint256 k; k < 4; ++k) {
                delta[k] = deltas[i][k];
                next[k] += int256(weights[i]) * delta[k];
            }
            points[i] = Vectors.commitment(delta);
        }
        Point memory moved =
            this.move(Vectors.commitment(zero), Vectors.commitment(model), points, weights);
        assertEq(abi.encode(moved), abi.encode(Vectors.commitment(next)));
    }

    function test_Move_LeavesTheModelWhereNobodyCounts() public view {
        Point[] memory points = new Point[](2);
        (points[0], points[1]) = (Point(1, 2), Point(1, 2));
        Point memory moved = this.move(Point(1, 2), Point(3, 4), points, new uint256[](2));
        assertEq(abi.encode(moved), abi.encode(Point(3, 4)));
    }

    function move(
        Point calldata zero,
        Point calldata model,
        Point[] calldata deltas,
        uint256[] calldata weights
    ) external view returns (Point memory) {
        return Lattice.move(zero, model, deltas, weights);
    }
}
