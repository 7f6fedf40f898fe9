// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bn254} from "./Bn254.sol";

/// @notice What a proof says about a round of n revealed deltas D_i from the model w.
struct Game {
    int256[] gram; // <D_i, D_j>, n x n
    int256[] curvature; // <D_i, H D_j>, n x n
    int256[] linear; // 2 b_i = 2 <c, D_i> - 2 <w, H D_i>
    int256 utility; // U(w) = 2 <c, w> - <w, H w>
}

/// @title The claims of a round, read as a game
/// @notice In the order of Folding, which proves them: with Z_0 = w and Z_i = D_i, the upper triangle of
/// <Z_i, H Z_j>, then <Z_i, c>, then the upper triangle of <D_i, D_j>.
library RoundGame {
    /// @notice No honest claim comes near its bound, and under them nothing computed from a round of at
    /// most 32 slots overflows: the widest result, a sum of Shapley values, is below 2^248. The model
    /// is on a grid that is finer by the lattice, so what it is a factor of may be larger.
    int256 internal constant BOUND = 2 ** 120; // of products of deltas
    int256 internal constant MODEL_BOUND = 2 ** 170; // of a delta's products with the model or c
    int256 internal constant UTILITY_BOUND = 2 ** 240; // of the model's own

    error ClaimTooLarge(uint256 index, int256 value);

    /// @param claims (n + 1)(n + 2) words below the field's order.
    function decode(uint256[] calldata claims, uint256 n) internal pure returns (Game memory game) {
        game.gram = new int256[](n * n);
        game.curvature = new int256[](n * n);
        game.linear = new int256[](n);
        unchecked {
            uint256 linear = (n + 1) * (n + 2) / 2;
            game.utility =
                2 * _signed(claims, linear, UTILITY_BOUND) - _signed(claims, 0, UTILITY_BOUND);
            for (uint256 i; i < n; ++i) {
                game.linear[i] = 2
                    * (_signed(claims, linear + i + 1, MODEL_BOUND)
                        - _signed(claims, i + 1, MODEL_BOUND));
            }
            _mirror(claims, n + 1, game.curvature, n);
            _mirror(claims, linear + n + 1, game.gram, n);
        }
    }

    /// @dev Reads a triangle from `next` on into both halves of a matrix.
    function _mirror(uint256[] calldata claims, uint256 next, int256[] memory matrix, uint256 n)
        private
        pure
    {
        unchecked {
            for (uint256 i; i < n; ++i) {
                for (uint256 j = i; j < n; ++j) {
                    int256 value = _signed(claims, next++, BOUND);
                    matrix[i * n + j] = value;
                    matrix[j * n + i] = value;
                }
            }
        }
    }

    /// @dev A negative number is the field's order minus its magnitude.
    function _signed(uint256[] calldata claims, uint256 index, int256 bound)
        private
        pure
        returns (int256 value)
    {
        uint256 word = claims[index];
        // casting to 'int256' is safe because the magnitude is at most half the order, below 2^253
        // forge-lint: disable-next-line(unsafe-typecast)
        unchecked {
            value = word > Bn254.R / 2 ? -int256(Bn254.R - word) : int256(word);
        }
        require(value < bound && value > -bound, ClaimTooLarge(index, value));
    }
}
