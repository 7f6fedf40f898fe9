// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Entries} from "./Entries.sol";
import {Game} from "./RoundGame.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice What is known of the validation rows beside H and c.
struct Yardstick {
    uint32 rows;
    uint16 outputs;
    uint32 entries; // of a delta
    uint256 energy; // mean |y|^2 of a row, in units of the utility
}

/// @title How far chance moves what the validation rows say of a delta
/// @notice With s rows, C outputs and a mean squared residual kappa an output, the standard error of
/// b_i is sqrt(kappa G_ii / s), where kappa = (mean |y|^2 - U(w)) / C: docs/contribution.md derives it.
/// The lattice and the grid's scales cancel.
library Deviation {
    using Entries for int256[];
    using Entries for uint256[];

    /// @notice The largest one, so that nothing that is multiplied with it overflows.
    uint256 internal constant SATURATED = 2 ** 128 - 1;

    /// @return sigma The standard error of every b_i, rounded down.
    function errors(Game memory game, Yardstick memory yardstick)
        internal
        pure
        returns (uint256[] memory sigma)
    {
        uint256 n = game.own.length;
        sigma = new uint256[](n);
        uint256 unexplained = _unexplained(yardstick.energy, game.utility);
        if (unexplained == 0) return sigma;
        uint256 samples = uint256(yardstick.rows) * yardstick.outputs;
        for (uint256 i; i < n; ++i) {
            if (game.own[i] <= 0) continue;
            // casting to 'uint256' is safe because it is positive
            // forge-lint: disable-next-line(unsafe-typecast)
            sigma[i] = _root(unexplained, uint256(game.own[i]), samples);
        }
    }

    /// @notice The standard errors of scores, which a delta's weight multiplies.
    /// @param q Weights.
    /// @dev 2 q sigma < 2^177
    function ofScores(uint256[] memory q, uint256[] memory sigma)
        internal
        pure
        returns (uint256[] memory errors_)
    {
        uint256 n = q.length;
        errors_ = new uint256[](n);
        unchecked {
            for (uint256 i; i < n; ++i) {
                errors_.put(i, 2 * q.get(i) * sigma.get(i));
            }
        }
    }

    /// @notice What is sure of the scores: of each what is above its standard error, at least 0.
    function lowerBounds(int256[] memory scores, uint256[] memory errors_)
        internal
        pure
        returns (uint256[] memory bounds)
    {
        uint256 n = scores.length;
        bounds = new uint256[](n);
        unchecked {
            for (uint256 i; i < n; ++i) {
                // casting is safe because of the bounds above
                // forge-lint: disable-start(unsafe-typecast)
                int256 least = scores.get(i) - int256(errors_.get(i));
                if (least > 0) bounds.put(i, uint256(least));
                // forge-lint: disable-end(unsafe-typecast)
            }
        }
    }

    /// @dev max(energy - utility, 0)
    function _unexplained(uint256 energy, int256 utility) private pure returns (uint256) {
        // casting to 'uint256' is safe because the sign is known
        // forge-lint: disable-start(unsafe-typecast)
        if (utility < 0) return energy + uint256(-utility);
        return Math.saturatingSub(energy, uint256(utility));
        // forge-lint: disable-end(unsafe-typecast)
    }

    /// @dev isqrt(a * b / divisor), at most SATURATED.
    function _root(uint256 a, uint256 b, uint256 divisor) private pure returns (uint256) {
        // slither-disable-next-line unused-return: only whether it is too large.
        (uint256 high,) = Math.mul512(a, b);
        return high >= divisor ? SATURATED : Math.sqrt(Math.mulDiv(a, b, divisor));
    }
}
