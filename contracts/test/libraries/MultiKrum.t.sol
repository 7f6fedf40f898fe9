// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MultiKrum} from "../../src/libraries/MultiKrum.sol";
import {Test} from "forge-std/Test.sol";

contract MultiKrumTest is Test {
    /// @dev On a line, a distance is the square of a difference: the definition is easy to follow.
    function testFuzz_Select_FollowsTheDefinition(
        int32[7] memory x,
        uint256 n,
        uint256 f,
        bool ascending
    ) public pure {
        n = bound(n, 1, 7);
        f = bound(f, 0, 4);
        address[] memory addresses = _addresses(n, ascending);
        uint256 selected = MultiKrum.select(_gram(x, n), addresses, f);

        uint256 tolerated = n < 3 ? 0 : (n - 3) / 2;
        if (f < tolerated) tolerated = f;
        int256[] memory scores = new int256[](n);
        for (uint256 i; i < n; ++i) {
            if (n > 2) scores[i] = _score(x, n, i, n - tolerated - 2);
        }
        int256 median = _median(scores);
        for (uint256 i; i < n; ++i) {
            uint256 worse;
            for (uint256 j; j < n; ++j) {
                bool higher = scores[j] == scores[i] && addresses[j] > addresses[i];
                if (scores[j] > scores[i] || higher) ++worse;
            }
            bool stays = worse >= tolerated || 2 * scores[i] <= 3 * median;
            assertEq(selected >> i & 1 == 1, stays);
        }
        assertEq(selected >> n, 0);
    }

    function test_Select_ExcludesTheOutlier() public pure {
        int32[7] memory x = [int32(10), 11, 12, -500, 9, 0, 0];
        assertEq(MultiKrum.select(_gram(x, 5), _addresses(5, true), 1), 0x17);
    }

    /// @dev Scores are 100, 100, 100, 101, 101, 123: the highest is less than half above the median.
    function test_Select_KeepsAllWhereNobodyStandsOut() public pure {
        int32[7] memory x = [int32(0), 0, 0, 10, 10, 11, 0];
        assertEq(MultiKrum.select(_gram(x, 6), _addresses(6, true), 1), 0x3f);
    }

    /// @dev With the two nearest the first goes; with one more or one fewer it would be the last.
    function test_Select_CountsAsManyNeighboursAsTheDefinition() public pure {
        int32[7] memory x = [int32(0), 1, 3, 3, 5, 0, 0];
        assertEq(MultiKrum.select(_gram(x, 5), _addresses(5, true), 1), 0x1e);
    }

    /// @dev Two are equally far from the rest, and one may go: that of the higher address.
    function test_Select_BreaksTiesByAddress() public pure {
        int32[7] memory x = [int32(-100), 0, 0, 0, 100, 0, 0];
        assertEq(MultiKrum.select(_gram(x, 5), _addresses(5, true), 1), 0x0f);
        assertEq(MultiKrum.select(_gram(x, 5), _addresses(5, false), 1), 0x1e);
    }

    /// @dev Of two, distances say nothing; of three and four, nobody is tolerated.
    function test_Select_DropsNobodyOfFew() public pure {
        int32[7] memory x = [int32(0), 1, -1, 1_000_000, 0, 0, 0];
        for (uint256 n = 1; n < 5; ++n) {
            assertEq(MultiKrum.select(_gram(x, n), _addresses(n, true), 2), 2 ** n - 1);
        }
    }

    /// @dev The lower one of an even number.
    function _median(int256[] memory scores) private pure returns (int256) {
        uint256 n = scores.length;
        for (uint256 i; i < n; ++i) {
            uint256 below;
            uint256 notAbove;
            for (uint256 j; j < n; ++j) {
                if (scores[j] < scores[i]) ++below;
                if (scores[j] <= scores[i]) ++notAbove;
            }
            if (below <= (n - 1) / 2 && notAbove > (n - 1) / 2) return scores[i];
        }
        revert("no median");
    }

    /// @dev The sum of the `count` smallest distances, by repeated search for the smallest.
    function _score(int32[7] memory x, uint256 n, uint256 i, uint256 count)
        private
        pure
        returns (int256 sum)
    {
        bool[] memory used = new bool[](n);
        used[i] = true;
        for (uint256 k; k < count; ++k) {
            uint256 nearest = n;
            for (uint256 j; j < n; ++j) {
                if (used[j]) continue;
                if (nearest == n || _square(x[i], x[j]) < _square(x[i], x[nearest])) nearest = j;
            }
            used[nearest] = true;
            sum += _square(x[i], x[nearest]);
        }
    }

    function _square(int256 a, int256 b) private pure returns (int256) {
        return (a - b) * (a - b);
    }

    function _gram(int32[7] memory x, uint256 n) private pure returns (int256[] memory gram) {
        gram = new int256[](n * (n + 1) / 2);
        uint256 next;
        for (uint256 i; i < n; ++i) {
            for (uint256 j = i; j < n; ++j) {
                gram[next++] = int256(x[i]) * x[j];
            }
        }
    }

    function _addresses(uint256 n, bool ascending)
        private
        pure
        returns (address[] memory addresses)
    {
        addresses = new address[](n);
        for (uint256 i; i < n; ++i) {
            addresses[i] = address(uint160(ascending ? i + 1 : n - i));
        }
    }
}
