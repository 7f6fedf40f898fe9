// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Clipping} from "./Clipping.sol";
import {Game} from "./RoundGame.sol";
import {Direction} from "./Stride.sol";

/// @notice A round's game added up over those who play.
struct Sums {
    uint256 players;
    int256 trace; // sum_i G_ii
    int256 total; // sum_{i != j} G_ij
    int256 linear; // sum_i 2 b_i
    int256[] cross; // of each player, sum_{l != i} (G_il + G_li)
}

/// @title The game v(S) = U(w + mean_S D) - U(w) = (2/k) sum_S b_i - (1/k^2) sum_SS G_ij, k = |S|
/// @dev Of entries below the bounds of RoundGame and at most 32 players nothing here reaches 2^248.
library QuadraticGame {
    /// @param u The direction of those who play, none of them clipped.
    function sums(Game memory game, Direction memory u) internal pure returns (Sums memory added) {
        unchecked {
            uint256 n = game.own.length;
            int256[] memory cross = new int256[](n);
            for (uint256 i; i < n; ++i) {
                if (u.selected >> i & 1 == 0) continue;
                int256 own = game.own[i];
                int256 others = (u.rows[i] >> Clipping.BITS) - own;
                cross[i] = 2 * others;
                added.trace += own;
                added.total += others;
                added.linear += game.linear[i];
            }
            added.players = u.players;
            added.cross = cross;
        }
    }

    /// @notice v of `players` whose coefficients add up to `linear` and `quadratic`.
    /// @param lattice A multiple of every number of players, so that nothing is rounded; the value is
    /// in units of an integer model, where b counts `lattice` times and G `lattice`^2 times.
    function value(uint256 players, int256 linear, int256 quadratic, int256 lattice)
        internal
        pure
        returns (int256)
    {
        unchecked {
            // casting to 'int256' is safe because there are at most 32 players
            // forge-lint: disable-next-line(unsafe-typecast)
            int256 step = lattice / int256(players);
            // slither-disable-next-line divide-before-multiply: the number of players divides it.
            return step * (linear - step * quadratic);
        }
    }
}
