// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MultiKrum} from "../../src/libraries/MultiKrum.sol";
import {Test} from "forge-std/Test.sol";

contract MultiKrumTest is Test {
    /// @dev On a line, a distance is the square of a difference: the definition is easy to follow.
    function testFuzz_Select_FollowsTheDefinition(int32[7] memory x, uint256 f, bool ascending)
        public
        pure
    {
        uint256 n = 7;
        f = bound(f, 0, 2);
        address[] memory addresses = _addresses(n, ascending);
        uint256 selected = MultiKrum.select(_gram(x, n), n, addresses, f);

        uint256 count;
        int256[] memory scores = new int256[](n);
        for (uint256 i; i < n; ++i) {
            count += selected >> i & 1;
            scores[i] = _score(x, n, i, n - f - 2);
        }
        assertEq(count, n - f);
        for (uint256 i; i < n; ++i) {
            for (uint256 j; j < n; ++j) {
                if (selected >> i & 1 == 0 || selected >> j & 1 == 1) continue;
                bool lower = scores[i] == scores[j] && addresses[i] < addresses[j];
                assertTrue(scores[i] < scores[j] || lower, "an unselected one is better");
            }
        }
    }

    function test_Select_ExcludesTheOutlier() public pure {
        int32[7] memory x = [int32(10), 11, 12, -500, 9, 0, 0];
        assertEq(MultiKrum.select(_gram(x, 5), 5, _addresses(5, true), 1), 0x17);
    }

    /// @dev With the two nearest the first goes; with one more or one fewer it would be the last.
    function test_Select_CountsAsManyNeighboursAsTheDefinition() public pure {
        int32[7] memory x = [int32(0), 1, 3, 3, 5, 0, 0];
        assertEq(MultiKrum.select(_gram(x, 5), 5, _addresses(5, true), 1), 0x1e);
    }

    /// @dev All equal: the highest address goes.
    function test_Select_BreaksTiesByAddress() public pure {
        int32[7] memory x;
        assertEq(MultiKrum.select(_gram(x, 5), 5, _addresses(5, true), 1), 0x0f);
        assertEq(MultiKrum.select(_gram(x, 5), 5, _addresses(5, false), 1), 0x1e);
    }

    function test_RevertIf_TooFew() public {
        int32[7] memory x;
        int256[] memory gram = _gram(x, 4);
        vm.expectRevert(abi.encodeWithSelector(MultiKrum.TooFewForKrum.selector, 4, 1));
        this.select(gram, 4, _addresses(4, true), 1);
    }

    function select(int256[] memory gram, uint256 stride, address[] memory addresses, uint256 f)
        external
        pure
        returns (uint256)
    {
        return MultiKrum.select(gram, stride, addresses, f);
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
        gram = new int256[](n * n);
        for (uint256 i; i < n; ++i) {
            for (uint256 j; j < n; ++j) {
                gram[i * n + j] = int256(x[i]) * x[j];
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
