// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Steps} from "../../src/libraries/Choices.sol";
import {ProvenValue} from "../../src/libraries/ProvenValue.sol";
import {Game} from "../../src/libraries/RoundGame.sol";
import {Direction, Stride} from "../../src/libraries/Stride.sol";
import {Coalitions} from "./Coalitions.sol";

contract ProvenValueTest is Coalitions {
    /// @dev All sums are computed anew after each departure.
    function testFuzz_Select_FollowsTheDefinition(
        int48[21] memory triangle,
        int64[6] memory linear,
        uint64[6] memory errors,
        uint16[6] memory clips,
        uint256 fewest,
        bool exact
    ) public pure {
        (Game memory game, uint256[] memory sigma) = _round(triangle, linear, errors);
        fewest = bound(fewest, 1, 3);
        uint8 step = exact ? Steps.EXACT : Steps.MEAN;
        uint256[] memory a = new uint256[](6);
        for (uint256 i; i < 6; ++i) {
            a[i] = exact ? clips[i] : 2 ** 16;
        }
        uint256 left = _definition(game, sigma, a, fewest, exact);
        Direction memory u = Stride.direction(game, 63, a);
        uint256 t = ProvenValue.select(u, game, sigma, fewest, step, 60);
        assertEq(u.selected, left);
        assertEq(u.players, _size(left));
        assertEq(t, Stride.along(u, step, 60));
    }

    /// @dev One parameter, from 0 with c = 10 and H = 1. Deltas 1, 1, -4: the last one's b is -40, and it
    /// leaves when that is beyond three errors.
    function test_Select_ByHand() public pure {
        int48[21] memory triangle;
        (triangle[0], triangle[1], triangle[2]) = (1, 1, -4);
        (triangle[6], triangle[7], triangle[11]) = (1, -4, 16);
        int64[6] memory linear = [int64(20), 20, -80, 0, 0, 0];
        uint64[6] memory errors;
        (Game memory game, uint256[] memory sigma) = _round(triangle, linear, errors);
        // u = -2: the step is 0, and values are b alone.
        sigma[2] = 14;
        assertEq(_selected(game, sigma), 63);
        sigma[2] = 13;
        assertEq(_selected(game, sigma), 63 - 4);
    }

    /// @dev Of equals, the first leaves.
    function test_Select_BreaksTiesBySlot() public pure {
        int48[21] memory triangle;
        int64[6] memory linear = [int64(1), -5, 1, -5, -5, 1];
        uint64[6] memory errors;
        (Game memory game, uint256[] memory sigma) = _round(triangle, linear, errors);
        uint256[] memory a = new uint256[](6);
        for (uint256 i; i < 6; ++i) {
            a[i] = 2 ** 16;
        }
        Direction memory u = Stride.direction(game, 63, a);
        ProvenValue.select(u, game, sigma, 4, Steps.EXACT, 60);
        assertEq(u.selected, 63 - 2 - 8);
    }

    function _selected(Game memory game, uint256[] memory sigma) private pure returns (uint256) {
        uint256[] memory a = new uint256[](6);
        for (uint256 i; i < 6; ++i) {
            a[i] = 2 ** 16;
        }
        Direction memory u = Stride.direction(game, 63, a);
        ProvenValue.select(u, game, sigma, 1, Steps.EXACT, 60);
        return u.selected;
    }

    function _definition(
        Game memory game,
        uint256[] memory sigma,
        uint256[] memory a,
        uint256 fewest,
        bool exact
    ) private pure returns (uint256 left) {
        left = 63;
        while (_size(left) > fewest) {
            int256[6] memory rows = _rows(game, a, left);
            int256 t = exact ? _exact(game, a, rows, left) : int256(60 * 2 ** 16 / _size(left));
            uint256 worst = 6;
            int256 least;
            for (uint256 i; i < 6; ++i) {
                if (left >> i & 1 == 0) continue;
                int256 value = game.linear[i] - ((t * rows[i]) >> 32);
                if (value >= -6 * int256(sigma[i])) continue;
                if (worst == 6 || int256(a[i]) * value < least) {
                    (worst, least) = (i, int256(a[i]) * value);
                }
            }
            if (worst == 6) break;
            left &= ~(1 << worst);
        }
    }

    function _rows(Game memory game, uint256[] memory a, uint256 left)
        private
        pure
        returns (int256[6] memory rows)
    {
        for (uint256 i; i < 6; ++i) {
            for (uint256 j; j < 6; ++j) {
                if (left >> j & 1 == 1) rows[i] += int256(a[j]) * _entry(game, i, j);
            }
        }
    }

    function _exact(Game memory game, uint256[] memory a, int256[6] memory rows, uint256 left)
        private
        pure
        returns (int256 t)
    {
        int256 slope;
        int256 curvature;
        for (uint256 i; i < 6; ++i) {
            if (left >> i & 1 == 0) continue;
            slope += int256(a[i]) * game.linear[i];
            curvature += int256(a[i]) * rows[i];
        }
        if (slope <= 0 || curvature <= 0) return 0;
        t = slope * 2 ** 31 / curvature;
        if (t > 2 ** 48) t = 2 ** 48;
    }

    function _round(int48[21] memory triangle, int64[6] memory linear, uint64[6] memory errors)
        private
        pure
        returns (Game memory game, uint256[] memory sigma)
    {
        int64[21] memory wide;
        for (uint256 k; k < 21; ++k) {
            wide[k] = triangle[k];
        }
        (game,) = _load(wide, linear, 63);
        sigma = new uint256[](6);
        for (uint256 i; i < 6; ++i) {
            // Errors of all sizes: values are beyond some and within others.
            sigma[i] = errors[i] >> errors[i] % 64;
        }
    }
}
