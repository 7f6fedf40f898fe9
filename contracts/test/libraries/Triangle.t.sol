// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Triangle} from "../../src/libraries/Triangle.sol";
import {Test} from "forge-std/Test.sol";

/// @notice Against the whole matrix.
contract TriangleTest is Test {
    uint256 private constant MOST = 7;

    function testFuzz_Times_IsThatOfTheWholeMatrix(
        int128[28] memory entries,
        uint48[MOST] memory factors,
        uint256 n
    ) public pure {
        n = bound(n, 1, MOST);
        (int256[] memory triangle, int256[MOST][MOST] memory whole) = _matrix(entries, n);
        uint256[] memory x = new uint256[](n);
        for (uint256 i; i < n; ++i) {
            x[i] = factors[i];
        }
        int256[] memory y = Triangle.times(triangle, x);
        assertEq(y.length, n);
        for (uint256 i; i < n; ++i) {
            int256 sum;
            for (uint256 j; j < n; ++j) {
                sum += whole[i][j] * int256(x[j]);
            }
            assertEq(y[i], sum);
            assertEq(x[i], factors[i], "the factors stay");
        }
    }

    function testFuzz_Subtract_TakesARow(
        int128[28] memory entries,
        int192[MOST] memory start,
        uint48 factor,
        uint256 row,
        uint256 n
    ) public pure {
        n = bound(n, 1, MOST);
        row = bound(row, 0, n - 1);
        (int256[] memory triangle, int256[MOST][MOST] memory whole) = _matrix(entries, n);
        int256[] memory y = new int256[](n);
        for (uint256 i; i < n; ++i) {
            y[i] = start[i];
        }
        Triangle.subtract(triangle, row, factor, y);
        for (uint256 i; i < n; ++i) {
            assertEq(y[i], start[i] - int256(uint256(factor)) * whole[row][i]);
        }
    }

    function testFuzz_Diagonal_IsThatOfTheWholeMatrix(int128[28] memory entries, uint256 n)
        public
        pure
    {
        n = bound(n, 1, MOST);
        (int256[] memory triangle, int256[MOST][MOST] memory whole) = _matrix(entries, n);
        int256[] memory diagonal = Triangle.diagonal(triangle, n);
        for (uint256 i; i < n; ++i) {
            assertEq(diagonal[i], whole[i][i]);
        }
    }

    function _matrix(int128[28] memory entries, uint256 n)
        private
        pure
        returns (int256[] memory triangle, int256[MOST][MOST] memory whole)
    {
        triangle = new int256[](n * (n + 1) / 2);
        uint256 next;
        for (uint256 i; i < n; ++i) {
            for (uint256 j = i; j < n; ++j) {
                triangle[next] = entries[next];
                whole[i][j] = whole[j][i] = entries[next];
                ++next;
            }
        }
    }
}
