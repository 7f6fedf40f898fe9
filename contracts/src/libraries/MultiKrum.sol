// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Entries} from "./Entries.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Multi-Krum selection from a proven Gram matrix
/// @notice Blanchard et al., "Machine Learning with Adversaries", NeurIPS 2017, section 4.
library MultiKrum {
    using Entries for int256[];

    /// @notice Below it the rule has no meaning.
    uint256 internal constant FEWEST = 3;

    /// @notice Selects the deltas whose n - f' - 2 nearest neighbours are closest, f' being the f or
    /// what n tolerates: of the f' others those stay that do not stand out.
    /// @param gram Inner products of deltas, a triangle.
    /// @param addresses The n trainers in the order of the rows; they break ties, lower first.
    /// @param byzantine f, the number of poisoned deltas tolerated.
    /// @return selected Bit i is set if trainer i is selected.
    function select(int256[] memory gram, address[] memory addresses, uint256 byzantine)
        internal
        pure
        returns (uint256 selected)
    {
        uint256 n = addresses.length;
        selected = 2 ** n - 1;
        if (n < FEWEST) return selected;
        byzantine = Math.min(byzantine, (n - FEWEST) / 2);
        if (byzantine == 0) return selected;
        unchecked {
            int256[] memory scores = _scores(gram, n, byzantine + 1);
            uint256[] memory order = _order(scores, addresses);
            int256 limit = 3 * scores[order[(n - 1) / 2]];
            for (uint256 rank = n - byzantine; rank < n; ++rank) {
                uint256 last = order[rank];
                if (2 * scores[last] > limit) selected ^= 1 << last;
            }
        }
    }

    /// @return order The trainers from the lowest score to the highest.
    function _order(int256[] memory scores, address[] memory addresses)
        private
        pure
        returns (uint256[] memory order)
    {
        unchecked {
            uint256 n = scores.length;
            order = new uint256[](n);
            for (uint256 i; i < n; ++i) {
                int256 score = scores[i];
                uint256 place = i;
                for (; place > 0; --place) {
                    uint256 before = order[place - 1];
                    int256 other = scores[before];
                    if (other < score || other == score && addresses[before] < addresses[i]) break;
                    order[place] = before;
                }
                order[place] = i;
            }
        }
    }

    /// @dev The sum of the n - f - 2 smallest distances is that of all less the f + 1 largest, which
    /// are fewer to keep in order.
    function _scores(int256[] memory gram, uint256 n, uint256 farthest)
        private
        pure
        returns (int256[] memory scores)
    {
        scores = new int256[](n);
        int256[] memory distances = _distances(gram, n);
        int256[] memory largest = new int256[](farthest);
        unchecked {
            for (uint256 i; i < n; ++i) {
                uint256 held;
                int256 score;
                for (uint256 k = i * n; k < (i + 1) * n; ++k) {
                    int256 distance = distances.get(k);
                    score += distance;
                    held = _insert(largest, held, distance);
                }
                for (uint256 k; k < farthest; ++k) {
                    score -= largest.get(k);
                }
                scores[i] = score;
            }
        }
    }

    /// @return distances Squared, n x n.
    function _distances(int256[] memory gram, uint256 n)
        private
        pure
        returns (int256[] memory distances)
    {
        distances = new int256[](n * n);
        unchecked {
            uint256 row; // of the triangle, where row i begins
            for (uint256 i; i < n; ++i) {
                int256 square = gram[row];
                uint256 other = row;
                for (uint256 j = i + 1; j < n; ++j) {
                    other += n + 1 - j;
                    int256 distance = square + gram.get(other) - 2 * gram.get(row + j - i);
                    distances.put(i * n + j, distance);
                    distances.put(j * n + i, distance);
                }
                row += n - i;
            }
        }
    }

    /// @dev Keeps the largest values in falling order.
    /// @return How many there are after `value` has been seen.
    function _insert(int256[] memory largest, uint256 held, int256 value)
        private
        pure
        returns (uint256)
    {
        unchecked {
            uint256 k = held;
            if (held == largest.length) {
                if (value <= largest.get(--k)) return held;
            } else {
                ++held;
            }
            for (; k > 0; --k) {
                int256 next = largest.get(k - 1);
                if (next >= value) break;
                largest.put(k, next);
            }
            largest.put(k, value);
            return held;
        }
    }
}
