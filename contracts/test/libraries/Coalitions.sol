// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Clipping} from "../../src/libraries/Clipping.sol";
import {QuadraticGame, Sums} from "../../src/libraries/QuadraticGame.sol";
import {Game} from "../../src/libraries/RoundGame.sol";
import {Stride} from "../../src/libraries/Stride.sol";
import {Test} from "forge-std/Test.sol";

/// @title Games of six players, and their values by the definition
abstract contract Coalitions is Test {
    uint256 internal constant PLAYERS = 6;
    int256 internal constant LATTICE = 60; // lcm(1..6)

    /// @return game Of any coefficients.
    /// @return mask Three to six selected players.
    function _load(int64[21] memory triangle, int64[6] memory linear, uint256 selected)
        internal
        pure
        returns (Game memory game, uint256 mask)
    {
        game.curvature = new int256[](21);
        game.own = new int256[](6);
        game.squares = new int256[](6);
        game.linear = new int256[](6);
        for (uint256 k; k < 21; ++k) {
            game.curvature[k] = triangle[k];
        }
        for (uint256 i; i < 6; ++i) {
            game.own[i] = _entry(game, i, i);
            game.linear[i] = linear[i];
        }
        mask = selected % 64;
        for (uint256 i; _size(mask) < 3; ++i) {
            mask |= 1 << i;
        }
    }

    /// @dev G_ij: in the triangle, row i begins behind i rows that are each shorter by one.
    function _entry(Game memory game, uint256 i, uint256 j) internal pure returns (int256) {
        if (j < i) (i, j) = (j, i);
        uint256 n = game.linear.length;
        return game.curvature[i * n - i * (i + 1) / 2 + j];
    }

    function _sums(Game memory game, uint256 selected) internal pure returns (Sums memory) {
        uint256[] memory whole = Clipping.whole(game.linear.length);
        return QuadraticGame.sums(game, Stride.direction(game, selected, whole));
    }

    /// @dev v(S) = U(w + lattice * mean of S) - U(w); the lattice makes it an integer.
    function _value(Game memory game, uint256 coalition) internal pure returns (int256) {
        if (coalition == 0) return 0;
        uint256[] memory q = new uint256[](PLAYERS);
        for (uint256 i; i < PLAYERS; ++i) {
            q[i] = uint256(LATTICE) / _size(coalition);
        }
        return _weighted(game, q, coalition);
    }

    /// @dev v(S) = U(w + sum_{i in S} q_i D_i) - U(w)
    function _weighted(Game memory game, uint256[] memory q, uint256 coalition)
        internal
        pure
        returns (int256 value)
    {
        for (uint256 i; i < PLAYERS; ++i) {
            if (coalition >> i & 1 == 0) continue;
            value += int256(q[i]) * game.linear[i];
            for (uint256 j; j < PLAYERS; ++j) {
                if (coalition >> j & 1 == 0) continue;
                value -= int256(q[i] * q[j]) * _entry(game, i, j);
            }
        }
    }

    /// @param values v of every coalition.
    /// @return numerator sum over S without i of |S|! (m - |S| - 1)! (v(S + i) - v(S))
    /// @return factorial m!
    function _enumerated(int256[64] memory values, uint256 i, uint256 selected)
        internal
        pure
        returns (int256 numerator, int256 factorial)
    {
        uint256 m = _size(selected);
        factorial = _factorial(m);
        for (uint256 coalition; coalition < 64; ++coalition) {
            if (coalition & ~selected != 0 || coalition >> i & 1 == 1) continue;
            uint256 size = _size(coalition);
            numerator += _factorial(size) * _factorial(m - size - 1)
            * (values[coalition | 1 << i] - values[coalition]);
        }
    }

    function _size(uint256 coalition) internal pure returns (uint256 size) {
        for (; coalition != 0; coalition >>= 1) {
            size += coalition & 1;
        }
    }

    function _factorial(uint256 k) private pure returns (int256 product) {
        product = 1;
        for (uint256 i = 2; i <= k; ++i) {
            product *= int256(i);
        }
    }
}
