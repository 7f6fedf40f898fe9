// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {QuadraticGame, Sums} from "./QuadraticGame.sol";
import {Game} from "./RoundGame.sol";

/// @title Leave-one-out scores: what the round would have gained less without a trainer
/// @notice v(N) - v(N without i). A copy of another's work takes nothing away when it goes, so that
/// splitting a trainer into many pays less, where exact Shapley values pay more.
library LeaveOneOut {
    error TooFewToLeaveOneOut(uint256 players);

    /// @param game All players' coefficients, of which `sums` adds up the selected ones'.
    /// @param selected Bit i is set if player i plays; the others score 0.
    /// @param lattice As in QuadraticGame: scores are integers, their denominator is 1.
    function scores(Game memory game, Sums memory sums, uint256 selected, int256 lattice)
        internal
        pure
        returns (int256[] memory values)
    {
        require(sums.players >= 2, TooFewToLeaveOneOut(sums.players));
        uint256 n = game.linear.length;
        int256 quadratic = sums.trace + sums.total;
        int256 gain = QuadraticGame.value(sums.players, sums.linear, quadratic, lattice);
        values = new int256[](n);
        for (uint256 i; i < n; ++i) {
            if (selected >> i & 1 == 0) continue;
            values[i] = gain
                - QuadraticGame.value(
                    sums.players - 1,
                    sums.linear - game.linear[i],
                    quadratic - game.own[i] - sums.cross[i],
                    lattice
                );
        }
    }
}
