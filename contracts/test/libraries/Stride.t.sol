// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Steps} from "../../src/libraries/Choices.sol";
import {Game} from "../../src/libraries/RoundGame.sol";
import {Direction, Stride} from "../../src/libraries/Stride.sol";
import {Coalitions} from "./Coalitions.sol";

contract StrideTest is Coalitions {
    function testFuzz_Direction_AddsUpTheClippedDeltas(
        int64[21] memory triangle,
        int64[6] memory linear,
        uint16[6] memory clips,
        uint256 selected
    ) public pure {
        (Game memory game, uint256 players) = _load(triangle, linear, selected);
        _assertSums(Stride.direction(game, players, _clips(clips)), game, players, clips);
    }

    /// @dev Leaving is as never having been in; what it says of who is not in does not matter.
    function testFuzz_Drop_TakesOneOut(
        int64[21] memory triangle,
        int64[6] memory linear,
        uint16[6] memory clips,
        uint256 selected,
        uint256[3] memory leaving
    ) public pure {
        (Game memory game, uint256 players) = _load(triangle, linear, selected);
        Direction memory u = Stride.direction(game, players, _clips(clips));
        for (uint256 k; k < 3 && _size(players) > 1; ++k) {
            uint256 i = leaving[k] % 6;
            while (players >> i & 1 == 0) i = (i + 1) % 6;
            Stride.drop(u, game, i);
            players &= ~(1 << i);
            _assertSums(u, game, players, clips);
        }
    }

    /// @dev Along t = T / 2^32 the utility rises by t slope - t^2 curvature, of which T is the best
    /// whole number, rounded down: one less is no better, and of those above the next is best.
    function testFuzz_Along_TheExactStepGainsMost(int96 slope, int64 curvature) public pure {
        Direction memory u;
        (u.slope, u.curvature) = (slope, curvature);
        uint256 t = Stride.along(u, Steps.EXACT, 1);
        if (slope <= 0 || curvature <= 0) {
            assertEq(t, 0);
            return;
        }
        assertLe(t, 2 ** 48);
        if (t != 0) assertGe(_gain(u, t), _gain(u, t - 1));
        if (t != 2 ** 48) assertGe(_gain(u, t + 1), _gain(u, t + 2));
        else assertGe(_gain(u, t), _gain(u, t - 1));
    }

    /// @dev One parameter: from 0, with c = 10, H = 1 and deltas 1, 2 and 3 whose lattice is 2^20, the
    /// best model is 10, which is 5/3 of their sum.
    function test_Along_ByHand() public pure {
        Direction memory u;
        u.slope = 2 ** 16 * 2 ** 20 * 2 * 10 * 6;
        u.curvature = 2 ** 32 * 6 * 6;
        uint256 t = Stride.along(u, Steps.EXACT, 1);
        u.clips = new uint256[](1);
        u.clips[0] = 2 ** 16;
        assertEq(Stride.weights(u, t)[0], (uint256(2 ** 20) * 5) / 3);
    }

    /// @dev Senders of nothing shorten a mean, and this makes up for them and goes no further.
    function testFuzz_Along_TheBoundedStepIsNoLongerThanTheMeanOfTheSure(
        int96 slope,
        int64 curvature,
        uint256 players,
        uint256 sure
    ) public pure {
        Direction memory u;
        (u.slope, u.curvature) = (slope, curvature);
        (u.players, u.sure) = (bound(players, 1, 32), bound(sure, 0, 32));
        uint256 fewer = u.sure == 0 || u.sure > u.players ? u.players : u.sure;
        uint256 exact = Stride.along(u, Steps.EXACT, 1 << 20);
        uint256 most = (uint256(2 ** 20) << 16) / fewer;
        assertEq(Stride.along(u, Steps.BOUNDED, 1 << 20), exact < most ? exact : most);
        if (u.sure == 0) assertEq(most, Stride.along(u, Steps.MEAN, 1 << 20));
    }

    function test_Along_TheMeanIsWholeSteps() public pure {
        Direction memory u;
        u.clips = new uint256[](6);
        for (uint256 m = 1; m <= 6; ++m) {
            u.clips[m - 1] = 2 ** 16;
            u.players = m;
            uint256[] memory q = Stride.weights(u, Stride.along(u, Steps.MEAN, 60));
            for (uint256 i; i < 6; ++i) {
                assertEq(q[i], i < m ? 60 / m : 0);
            }
        }
    }

    function testFuzz_Weights_AreClippedSteps(uint16[6] memory clips, uint48 t) public pure {
        Direction memory u;
        u.clips = _clips(clips);
        uint256[] memory q = Stride.weights(u, t);
        for (uint256 i; i < 6; ++i) {
            assertEq(q[i], uint256(clips[i]) * t / 2 ** 32);
        }
    }

    function _assertSums(
        Direction memory u,
        Game memory game,
        uint256 players,
        uint16[6] memory clips
    ) private pure {
        int256 slope;
        int256 curvature;
        for (uint256 i; i < 6; ++i) {
            bool plays = players >> i & 1 == 1;
            assertEq(u.clips[i], plays ? clips[i] : 0);
            if (!plays) continue;
            int256 row;
            for (uint256 j; j < 6; ++j) {
                if (players >> j & 1 == 1) {
                    row += int256(uint256(clips[j])) * _entry(game, i, j);
                }
            }
            assertEq(u.rows[i], row);
            slope += int256(uint256(clips[i])) * game.linear[i];
            curvature += int256(uint256(clips[i])) * row;
        }
        assertEq(u.selected, players);
        assertEq(u.players, _size(players));
        assertEq(u.slope, slope);
        assertEq(u.curvature, curvature);
    }

    /// @dev 2^64 times it.
    function _gain(Direction memory u, uint256 t) private pure returns (int256) {
        return int256(t << 32) * u.slope - int256(t * t) * u.curvature;
    }

    function _clips(uint16[6] memory given) private pure returns (uint256[] memory clips) {
        clips = new uint256[](6);
        for (uint256 i; i < 6; ++i) {
            clips[i] = given[i];
        }
    }
}
