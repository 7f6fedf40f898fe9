// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bn254, Point} from "./Bn254.sol";
import {Steps} from "./Choices.sol";

/// @title The grid that models live on, and steps on it
/// @notice Models are integers on the grid of the deltas, refined by the lattice, so that a model moves
/// by whole numbers of deltas.
library Lattice {
    using Bn254 for Point;

    /// @notice Of the exact step, whose weights are rounded to it.
    uint256 internal constant FINE = 2 ** 20;

    /// @param step One of Steps.
    function size(uint8 step, uint256 slots) internal pure returns (uint256) {
        return step == Steps.MEAN ? refinement(slots) : FINE;
    }

    /// @notice lcm(1..slots): the mean of any number of deltas is then a whole step.
    function refinement(uint256 slots) internal pure returns (uint256 multiple) {
        multiple = 1;
        for (uint256 k = 2; k <= slots; ++k) {
            (uint256 a, uint256 b) = (multiple, k);
            while (b != 0) (a, b) = (b, a % b);
            // slither-disable-next-line divide-before-multiply: a divides it.
            multiple = multiple / a * k;
        }
    }

    /// @notice The commitment of w + sum_i q_i D_i.
    /// @dev Commitments are affine in the vector, C(v) = linear(v) + zero, so it is a sum of known
    /// points, and nobody has to claim it. Those who count most, all who are not clipped, are added up
    /// before they are multiplied.
    /// @param weights q_i, below 2^48.
    function move(
        Point calldata zero,
        Point calldata model,
        Point[] calldata deltas,
        uint256[] calldata weights
    ) internal view returns (Point memory moved) {
        uint256 most;
        uint256 total;
        for (uint256 i; i < weights.length; ++i) {
            total += weights[i];
            if (weights[i] > most) most = weights[i];
        }
        moved = model;
        if (total == 0) return moved;
        Point memory whole;
        for (uint256 i; i < weights.length; ++i) {
            if (weights[i] == most) whole = whole.add(deltas[i]);
            else if (weights[i] != 0) moved = moved.add(Bn254.mul(deltas[i], weights[i]));
        }
        return moved.add(whole.mul(most)).add(Bn254.mul(zero, total).negate());
    }
}
