// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Game} from "./RoundGame.sol";
import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Long deltas enter shortened, so that length alone earns nothing
/// @notice The reference is the median norm of those whose value alone is above one standard error:
/// senders of nothing cannot drag it down, and no bound of an earlier round can drag it up.
library Clipping {
    uint256 internal constant BITS = 16;
    /// @notice The factor of a delta that enters as it is.
    uint256 internal constant ONE = 2 ** BITS;

    /// @param sigma The standard error of every b_i.
    /// @return a A_i, rounded down: D_i enters as A_i / ONE D_i, at most as long as the reference.
    /// @return sure How many values alone are above one standard error.
    function factors(Game memory game, uint256[] memory sigma)
        internal
        pure
        returns (uint256[] memory a, uint256 sure)
    {
        uint256 n = sigma.length;
        a = whole(n);
        uint256 limit;
        (limit, sure) = _reference(game, sigma);
        if (limit == 0) return (a, sure);
        unchecked {
            for (uint256 i; i < n; ++i) {
                // casting is safe because of a comparison, and of the bound on claims
                // forge-lint: disable-next-line(unsafe-typecast)
                if (game.squares[i] <= int256(limit)) continue;
                // forge-lint: disable-next-line(unsafe-typecast)
                a[i] = Math.sqrt(limit * ONE ** 2 / uint256(game.squares[i]));
            }
        }
    }

    /// @notice Nobody is clipped.
    function whole(uint256 n) internal pure returns (uint256[] memory a) {
        a = new uint256[](n);
        for (uint256 i; i < n; ++i) {
            a[i] = ONE;
        }
    }

    /// @return limit The lower median of the squared norms; 0 where nobody moves.
    /// @return sure How many values are above their errors.
    function _reference(Game memory game, uint256[] memory sigma)
        private
        pure
        returns (uint256 limit, uint256 sure)
    {
        uint256[] memory norms;
        uint256 moved;
        (norms, sure, moved) = _norms(game, sigma);
        if (moved == 0) return (0, 0);
        uint256 count = sure == 0 ? moved : sure;
        assembly ("memory-safe") {
            mstore(norms, count)
        }
        // slither-disable-next-line unused-return: it sorts in place.
        Arrays.sort(norms);
        limit = norms[(count - 1) / 2];
    }

    /// @return norms Squared, those above 0: of those whose value is above its error, or of all where
    /// there is none.
    /// @return sure How many values are above their errors.
    /// @return moved How many norms are above 0.
    function _norms(Game memory game, uint256[] memory sigma)
        private
        pure
        returns (uint256[] memory norms, uint256 sure, uint256 moved)
    {
        uint256 n = sigma.length;
        norms = new uint256[](n);
        // casting is safe because of a comparison, and because sigma is below 2^128
        // forge-lint: disable-start(unsafe-typecast)
        unchecked {
            for (uint256 i; i < n; ++i) {
                if (game.squares[i] <= 0) continue;
                ++moved;
                bool above = game.linear[i] > int256(2 * sigma[i]);
                if (above) norms[sure++] = uint256(game.squares[i]);
                else if (sure == 0) norms[moved - 1] = uint256(game.squares[i]);
            }
        }
        // forge-lint: disable-end(unsafe-typecast)
    }
}
