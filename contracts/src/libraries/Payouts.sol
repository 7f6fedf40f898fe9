// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title How a round's money is divided among its trainers
library Payouts {
    uint256 internal constant BASIS_POINTS = 10_000;
    /// @notice The most that one trainer has of a pot, in equal shares among those who are certain.
    uint256 internal constant CAP = 2;

    /// @notice A pot in proportion to the scores, nobody above CAP equal shares: what the cap takes from
    /// one goes to the others in the same proportions, as long as they too stay below it. Certain is
    /// whose score is above its error, or all with a score where nobody is: those that are above 0 by
    /// luck must not lower the cap, or what it takes from the others is theirs.
    /// @param pot Wei, below 2^128; what rounding or a lack of positive scores leaves stays with it.
    /// @param scores At least 0, over any common denominator; 32 below 2^248.
    /// @param errors Of the scores, over the same.
    /// @return paid Wei for each trainer.
    function divide(uint256 pot, uint256[] memory scores, uint256[] memory errors)
        internal
        pure
        returns (uint256[] memory paid)
    {
        uint256 n = scores.length;
        paid = new uint256[](n);
        (uint256 count, uint256 sum) = _certain(scores, errors);
        if (count == 0) return paid;
        unchecked {
            uint256 cap = CAP * pot / count;
            uint256 left = pot;
            uint256 capped; // bit i is set if trainer i is
            // No part of what is left can be above the cap once this is not.
            while (left > cap && sum != 0) {
                // From this score on, at most the sum, left * score / sum is above the cap.
                uint256 limit = Math.mulDiv(cap + 1, sum, left, Math.Rounding.Ceil);
                uint256 before = capped;
                for (uint256 i; i < n; ++i) {
                    if (scores[i] < limit || capped >> i & 1 == 1) continue;
                    capped |= 1 << i;
                    paid[i] = cap;
                    left -= cap;
                    sum -= scores[i];
                }
                if (capped == before) break;
            }
            for (uint256 i; i < n; ++i) {
                if (scores[i] == 0 || capped >> i & 1 == 1) continue;
                paid[i] = Math.mulDiv(left, scores[i], sum);
            }
        }
    }

    /// @notice Adds an even part of a pool to what each of `present` is paid.
    /// @param present Bit i is set if trainer i has a part.
    /// @return total Wei that all are paid.
    function attend(uint256 pool, uint256 present, uint256[] memory paid)
        internal
        pure
        returns (uint256 total)
    {
        uint256 count;
        for (uint256 left = present; left != 0; left &= left - 1) {
            ++count;
        }
        uint256 part = count == 0 ? 0 : pool / count;
        for (uint256 i; i < paid.length; ++i) {
            if (present >> i & 1 == 1) paid[i] += part;
            total += paid[i];
        }
    }

    /// @notice max(score, 0)
    function positive(int256[] memory scores) internal pure returns (uint256[] memory parts) {
        parts = new uint256[](scores.length);
        for (uint256 i; i < scores.length; ++i) {
            // casting is safe because it is positive
            // forge-lint: disable-next-line(unsafe-typecast)
            if (scores[i] > 0) parts[i] = uint256(scores[i]);
        }
    }

    /// @notice Whether what is sure is at least half of what is likely.
    /// @param sure Lower bounds.
    /// @param likely At least them, 32 below 2^248.
    function outweighs(uint256[] memory sure, uint256[] memory likely)
        internal
        pure
        returns (bool)
    {
        uint256 certain;
        uint256 all;
        unchecked {
            for (uint256 i; i < likely.length; ++i) {
                all += likely[i];
                certain += sure[i];
            }
            return certain != 0 && 2 * certain >= all;
        }
    }

    /// @return who Bit i is set if trainer i's score is above 0.
    function above(uint256[] memory scores) internal pure returns (uint256 who) {
        for (uint256 i; i < scores.length; ++i) {
            if (scores[i] != 0) who |= 1 << i;
        }
    }

    /// @return count How many scores are above their errors, or else above 0.
    /// @return sum Of all.
    function _certain(uint256[] memory scores, uint256[] memory errors)
        private
        pure
        returns (uint256 count, uint256 sum)
    {
        unchecked {
            uint256 positive_;
            for (uint256 i; i < scores.length; ++i) {
                if (scores[i] == 0) continue;
                ++positive_;
                if (scores[i] > errors[i]) ++count;
                sum += scores[i];
            }
            if (count == 0) count = positive_;
        }
    }
}
