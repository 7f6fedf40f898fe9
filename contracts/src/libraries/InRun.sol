// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Entries} from "./Entries.sol";
import {Game} from "./RoundGame.sol";

/// @title Scores of the game with fixed weights: who is absent adds nothing
/// @notice v(S) = U(w + sum_{i in S} q_i D_i) - U(w). Its Shapley values are second-order In-Run Data
/// Shapley (Wang et al., arXiv 2406.11011, theorem 4), exact here because the utility is quadratic.
/// @dev With q_i < 2^48 the products g_i = sum_j q_j G_ij are below 2^173 and scores below 2^223.
library InRun {
    using Entries for int256[];
    using Entries for uint256[];

    /// @notice phi_i = q_i (2 b_i - g_i): they sum to the gain of the very update that is applied.
    function shapley(Game memory game, uint256[] memory q, int256[] memory g)
        internal
        pure
        returns (int256[] memory phi)
    {
        uint256 n = q.length;
        phi = new int256[](n);
        int256[] memory linear = game.linear;
        unchecked {
            for (uint256 i; i < n; ++i) {
                // forge-lint: disable-next-line(unsafe-typecast)
                phi.put(i, int256(q.get(i)) * (linear.get(i) - g.get(i)));
            }
        }
    }

    /// @notice v(all) - v(all without i) = q_i (2 b_i - 2 g_i + q_i G_ii).
    function leaveOneOut(Game memory game, uint256[] memory q, int256[] memory g)
        internal
        pure
        returns (int256[] memory values)
    {
        uint256 n = q.length;
        values = new int256[](n);
        unchecked {
            for (uint256 i; i < n; ++i) {
                // forge-lint: disable-next-line(unsafe-typecast)
                int256 weight = int256(q[i]);
                values[i] = weight * (game.linear[i] - 2 * g[i] + weight * game.own[i]);
            }
        }
    }

    /// @notice The gain, of the scores that `shapley` gives.
    function sum(int256[] memory phi) internal pure returns (int256 gain) {
        unchecked {
            for (uint256 i; i < phi.length; ++i) {
                gain += phi.get(i);
            }
        }
    }
}
