// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Entries} from "./Entries.sol";
import {Game} from "./RoundGame.sol";
import {Direction, Stride} from "./Stride.sol";

/// @title Selection by proven value: who makes the model worse beyond chance is left out
/// @notice No number of attackers is assumed. It is only as good as the validation rows.
library ProvenValue {
    using Entries for int256[];
    using Entries for uint256[];

    /// @notice Standard errors below zero at which chance is ruled out.
    int256 internal constant Z = 3;

    /// @notice While somebody's value in the game that all who are left would play is below -Z standard
    /// errors, the one furthest below leaves; each departure changes the others' values.
    /// @param u The direction of all who may be in; of those who stay, afterwards.
    /// @param sigma The standard errors of the b_i.
    /// @param fewest That stay whatever their values.
    /// @param step One of Steps.
    /// @return t The step of those who stay.
    function select(
        Direction memory u,
        Game memory game,
        uint256[] memory sigma,
        uint256 fewest,
        uint8 step,
        uint256 lattice
    ) internal pure returns (uint256 t) {
        t = Stride.along(u, step, lattice);
        while (u.players > fewest) {
            (bool found, uint256 worst) = _worst(u, game, sigma, t);
            if (!found) break;
            Stride.drop(u, game, worst);
            t = Stride.along(u, step, lattice);
        }
    }

    /// @dev Trainer i's value is A_i times linear_i - T rows_i >> 32, below 2^190; its standard error
    /// A_i times 2 sigma_i. Ties go to the lower slot.
    function _worst(Direction memory u, Game memory game, uint256[] memory sigma, uint256 t)
        private
        pure
        returns (bool found, uint256 worst)
    {
        int256 least;
        int256[] memory linear = game.linear;
        int256[] memory rows = u.rows;
        uint256 selected = u.selected;
        // casting is safe because T is below 2^64 and sigma below 2^128
        // forge-lint: disable-start(unsafe-typecast)
        unchecked {
            for (uint256 i; i < sigma.length; ++i) {
                if (selected >> i & 1 == 0) continue;
                int256 value = linear.get(i) - (int256(t) * rows.get(i) >> Stride.BITS);
                if (value + 2 * Z * int256(sigma.get(i)) >= 0) continue;
                value *= int256(u.clips.get(i));
                if (found && value >= least) continue;
                (found, worst, least) = (true, i, value);
            }
        }
        // forge-lint: disable-end(unsafe-typecast)
    }
}
