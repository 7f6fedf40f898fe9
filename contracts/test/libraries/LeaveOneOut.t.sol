// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {LeaveOneOut} from "../../src/libraries/LeaveOneOut.sol";
import {QuadraticGame, Sums} from "../../src/libraries/QuadraticGame.sol";
import {Game} from "../../src/libraries/RoundGame.sol";
import {Coalitions} from "./Coalitions.sol";

contract LeaveOneOutTest is Coalitions {
    function testFuzz_Scores_AreWhatIsMissingWithout(
        int64[21] memory triangle,
        int64[6] memory linear,
        uint256 selected
    ) public pure {
        (Game memory game, uint256 players) = _load(triangle, linear, selected);
        Sums memory sums = _sums(game, players);
        int256[] memory scores = LeaveOneOut.scores(game, sums, players, LATTICE);
        for (uint256 i; i < PLAYERS; ++i) {
            int256 expected;
            if (players >> i & 1 == 1) {
                expected = _value(game, players) - _value(game, players & ~(1 << i));
            }
            assertEq(scores[i], expected);
        }
    }

    function testFuzz_Value_IsTheDefinition(
        int64[21] memory triangle,
        int64[6] memory linear,
        uint256 selected
    ) public pure {
        (Game memory game, uint256 players) = _load(triangle, linear, selected);
        Sums memory sums = _sums(game, players);
        int256 value =
            QuadraticGame.value(sums.players, sums.linear, sums.trace + sums.total, LATTICE);
        assertEq(value, _value(game, players));
    }

    function test_RevertIf_NobodyWouldBeLeft() public {
        int64[21] memory triangle;
        int64[6] memory linear;
        (Game memory game,) = _load(triangle, linear, 7);
        Sums memory sums = _sums(game, 1);
        vm.expectRevert(abi.encodeWithSelector(LeaveOneOut.TooFewToLeaveOneOut.selector, 1));
        this.scores(game, sums);
    }

    function scores(Game memory game, Sums memory sums) external pure returns (int256[] memory) {
        return LeaveOneOut.scores(game, sums, 1, LATTICE);
    }
}
