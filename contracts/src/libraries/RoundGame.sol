// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bn254} from "./Bn254.sol";
import {Folding} from "./Folding.sol";
import {Triangle} from "./Triangle.sol";

/// @notice What a proof says about a round of n revealed deltas D_i from the model w.
struct Game {
    int256[] curvature; // G_ij = <D_i, H D_j>, a triangle
    int256[] own; // G_ii
    int256[] squares; // K_ii = <D_i, D_i>
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
    /// So |G_ij|, |K_ij| < 2^120, |2 b_i| < 2^172 and |U| < 2^242.
    int256 internal constant BOUND = int256(2 ** BITS); // of products of deltas
    int256 internal constant MODEL_BOUND = int256(2 ** MODEL_BITS); // of theirs with the model or c
    int256 internal constant UTILITY_BOUND = int256(2 ** UTILITY_BITS); // of the model's own
    uint256 private constant BITS = 120;
    uint256 private constant MODEL_BITS = 170;
    uint256 private constant UTILITY_BITS = 240;

    error ClaimTooLarge(uint256 index, int256 value);
    error NegativeCurvature(uint256 trainer);

    /// @param claims (n + 1)(n + 2) words below the field's order.
    function decode(uint256[] calldata claims, uint256 n) internal pure returns (Game memory game) {
        uint256 count = Folding.claimCount(n);
        require(claims.length == count, Folding.ClaimCount(claims.length, count));
        unchecked {
            uint256 half = count / 2; // where <w, c> is
            int256[] memory onModel = _read(claims, 1, n, MODEL_BITS);
            int256[] memory linear = _read(claims, half + 1, n, MODEL_BITS);
            for (uint256 i; i < n; ++i) {
                linear[i] = 2 * (linear[i] - onModel[i]);
            }
            game.linear = linear;
            game.utility =
                2 * _read(claims, half, 1, UTILITY_BITS)[0] - _read(claims, 0, 1, UTILITY_BITS)[0];
            game.curvature = _read(claims, n + 1, half - n - 1, BITS);
            game.own = Triangle.diagonal(game.curvature, n);
            game.squares = _squares(claims, half + n + 1, n);
        }
    }

    /// @notice Reverts if the proven curvature charges for a delta less than rounding explains.
    /// @param entries Of a delta.
    /// @dev The committed root of H could hold roots of negative numbers, which the field has. To
    /// round H, an entry by at most a half, takes at most |D|^2 entries / 2 from <D, H D>.
    function requireCurved(Game memory game, uint256 entries) internal pure {
        int256[] memory own = game.own;
        int256[] memory squares = game.squares;
        unchecked {
            for (uint256 i; i < own.length; ++i) {
                // casting to 'int256' is safe because there are fewer than 2^32 entries
                // forge-lint: disable-next-line(unsafe-typecast)
                require(own[i] >= -squares[i] * int256(entries), NegativeCurvature(i));
            }
        }
    }

    /// @notice <D_i, D_j> of all pairs, a triangle.
    function gram(uint256[] calldata claims, uint256 n) internal pure returns (int256[] memory) {
        unchecked {
            uint256 triangle = n * (n + 1) / 2;
            return _read(claims, claims.length - triangle, triangle, BITS);
        }
    }

    /// @dev The diagonal of a triangle.
    function _squares(uint256[] calldata claims, uint256 from, uint256 n)
        private
        pure
        returns (int256[] memory squares)
    {
        squares = new int256[](n);
        unchecked {
            for (uint256 i; i < n; ++i) {
                squares[i] = _signed(claims, from, BITS);
                from += n - i;
            }
        }
    }

    /// @dev The order is above 2^253: of the words from 2^252 on, those that are no small negative number
    /// are no small one at all.
    function _read(uint256[] calldata claims, uint256 from, uint256 count, uint256 bits)
        private
        pure
        returns (int256[] memory values)
    {
        values = new int256[](count);
        uint256 order = Bn254.R;
        uint256 outside;
        assembly ("memory-safe") {
            // That all are in the array is known from its length.
            let source := add(claims.offset, shl(5, from))
            let shift := sub(add(values, 0x20), source)
            for { let end := add(source, shl(5, count)) } lt(source, end) {
                source := add(source, 0x20)
            } {
                let value := calldataload(source)
                switch shr(252, value)
                case 0 { outside := or(outside, shr(bits, value)) }
                default {
                    value := sub(value, order)
                    outside := or(outside, shr(bits, sub(0, value)))
                }
                mstore(add(source, shift), value)
            }
        }
        for (uint256 index = from; outside != 0; ++index) {
            _signed(claims, index, bits);
        }
    }

    /// @dev A negative number is the field's order minus its magnitude.
    function _signed(uint256[] calldata claims, uint256 index, uint256 bits)
        private
        pure
        returns (int256)
    {
        uint256 word = claims[index];
        bool negative = word > Bn254.R / 2;
        uint256 magnitude = negative ? Bn254.R - word : word;
        // casting is safe because the magnitude is at most half the order, below 2^253
        // forge-lint: disable-next-line(unsafe-typecast)
        int256 value = negative ? -int256(magnitude) : int256(magnitude);
        require(magnitude >> bits == 0, ClaimTooLarge(index, value));
        return value;
    }
}
