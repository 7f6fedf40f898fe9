// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Steps} from "./Choices.sol";
import {Clipping} from "./Clipping.sol";
import {Entries} from "./Entries.sol";
import {Game} from "./RoundGame.sol";
import {Triangle} from "./Triangle.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice Where the model may go: u = sum of A_i D_i over those who are in.
struct Direction {
    uint256 selected; // bit i is set if trainer i is in
    uint256 players; // how many are
    uint256 sure; // how many have a value that alone is above one standard error, in or not
    uint256[] clips; // A_i, 0 for who is not in
    int256[] rows; // sum_{j in} A_j G_ij, of everybody
    int256 slope; // sum_{i in} A_i 2 b_i
    int256 curvature; // sum_{i, j in} A_i A_j G_ij
}

/// @title How far a round moves the model along a direction
/// @notice T: delta i moves the model by (A_i T) >> 32 of its integers.
/// @dev A_i <= 2^16, so |rows| < 2^141, |slope| < 2^193 and |curvature| < 2^162; T < 2^64.
library Stride {
    using Entries for int256[];
    using Entries for uint256[];

    uint256 internal constant BITS = 32;
    /// @notice The longest exact step.
    uint256 internal constant MOST = 2 ** 48;

    /// @param selected Bit i is set if trainer i is in.
    /// @param clips A_i of everybody; those of who is not in are set to 0.
    function direction(Game memory game, uint256 selected, uint256[] memory clips)
        internal
        pure
        returns (Direction memory u)
    {
        unchecked {
            u.selected = selected;
            u.clips = clips;
            for (uint256 i; i < clips.length; ++i) {
                if (selected >> i & 1 == 0) clips.put(i, 0);
                else ++u.players;
            }
            int256[] memory rows = Triangle.times(game.curvature, clips);
            int256[] memory linear = game.linear;
            for (uint256 i; i < clips.length; ++i) {
                // casting is safe because factors are at most 2^16
                // forge-lint: disable-next-line(unsafe-typecast)
                int256 clip = int256(clips.get(i));
                u.slope += clip * linear.get(i);
                u.curvature += clip * rows.get(i);
            }
            u.rows = rows;
        }
    }

    /// @notice Trainer i, who is in, leaves.
    function drop(Direction memory u, Game memory game, uint256 i) internal pure {
        unchecked {
            uint256 clip = u.clips[i];
            // casting is safe because factors are at most 2^16
            // forge-lint: disable-next-line(unsafe-typecast)
            int256 a = int256(clip);
            u.selected ^= 1 << i;
            --u.players;
            u.clips[i] = 0;
            u.slope -= a * game.linear[i];
            u.curvature -= a * (2 * u.rows[i] - a * game.own[i]);
            Triangle.subtract(game.curvature, i, clip, u.rows);
        }
    }

    /// @notice T of a step along u.
    /// @param step One of Steps.
    /// @param lattice Of the grid.
    /// @dev The exact step is a line search: along t u the utility rises by t slope - t^2 curvature,
    /// most at t = slope / (2 curvature). Nothing where it does not rise. Bounded it is no longer than
    /// the mean of those whose value is sure: it makes up for senders of nothing, and does not believe a
    /// yardstick beyond where deltas lead.
    function along(Direction memory u, uint8 step, uint256 lattice)
        internal
        pure
        returns (uint256)
    {
        unchecked {
            uint256 all = lattice << (BITS - Clipping.BITS);
            // slither-disable-next-line divide-before-multiply: the number of players divides it.
            if (step == Steps.MEAN) return all / u.players;
            if (u.slope <= 0 || u.curvature <= 0) return 0;
            // casting is safe because both are positive
            // forge-lint: disable-next-line(unsafe-typecast)
            uint256 t = (uint256(u.slope) << (BITS - 1)) / uint256(u.curvature);
            if (step == Steps.EXACT) return Math.min(t, MOST);
            bool fewer = u.sure != 0 && u.sure < u.players;
            return Math.min(t, all / (fewer ? u.sure : u.players));
        }
    }

    /// @notice q_i: the integers that the deltas count with, below 2^48; 0 for who is not in.
    function weights(Direction memory u, uint256 t) internal pure returns (uint256[] memory q) {
        uint256[] memory clips = u.clips;
        uint256 n = clips.length;
        q = new uint256[](n);
        unchecked {
            for (uint256 i; i < n; ++i) {
                q.put(i, clips.get(i) * t >> BITS);
            }
        }
    }
}
