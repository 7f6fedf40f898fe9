// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Deviation, Yardstick} from "../../src/libraries/Deviation.sol";
import {Game, RoundGame} from "../../src/libraries/RoundGame.sol";
import {Test} from "forge-std/Test.sol";

contract DeviationTest is Test {
    /// @dev sigma is the largest integer with sigma^2 <= (E - U) G / (C s).
    function testFuzz_Errors_AreTheRootsOfTheVariances(
        uint128 energy,
        int128 utility,
        int96[4] memory own,
        uint32 rows,
        uint16 outputs
    ) public pure {
        uint256 samples =
            bound(rows, 1, type(uint32).max) * bound(outputs, 1, type(uint16).max);
        Yardstick memory yardstick = Yardstick(
            uint32(bound(rows, 1, type(uint32).max)),
            uint16(bound(outputs, 1, type(uint16).max)),
            1,
            energy
        );
        uint256[] memory sigma = Deviation.errors(_game(own, utility), yardstick);
        int256 unexplained = int256(uint256(energy)) - utility;
        for (uint256 i; i < 4; ++i) {
            if (unexplained <= 0 || own[i] <= 0) {
                assertEq(sigma[i], 0);
                continue;
            }
            uint256 product = uint256(unexplained) * uint256(int256(own[i]));
            assertLe(sigma[i] ** 2 * samples, product);
            assertGt((sigma[i] + 1) ** 2 * samples, product);
        }
    }

    /// @dev Of products that are wider than a word: 2^119 * 2^175 / 2^46 is the square of 2^124.
    function test_Errors_OfWideProducts() public pure {
        int96[4] memory none;
        Game memory game = _game(none, 0);
        game.own[0] = 2 ** 119;
        uint256[] memory sigma = Deviation.errors(game, Yardstick(2 ** 31, 2 ** 15, 1, 2 ** 175));
        assertEq(sigma[0], 2 ** 124);
        game.own[0] -= 1;
        sigma = Deviation.errors(game, Yardstick(2 ** 31, 2 ** 15, 1, 2 ** 175));
        assertEq(sigma[0], 2 ** 124 - 17); // 2^124 sqrt(1 - 2^-119)
    }

    /// @dev With the largest numbers of a round the root would be 2^181; 2^242 times 2^14 is the first
    /// product that is too wide. E - U is 2^242 - 2.
    function test_Errors_Saturate() public pure {
        int96[4] memory none;
        Game memory game = _game(none, 1 - 3 * RoundGame.UTILITY_BOUND);
        (game.own[0], game.own[1]) = (RoundGame.BOUND - 1, 2 ** 14 + 1);
        (game.own[2], game.own[3]) = (2 ** 14, 2 ** 14 - 1);
        uint256[] memory sigma = Deviation.errors(game, Yardstick(1, 1, 1, 2 ** 240 - 1));
        assertEq(sigma[0], 2 ** 128 - 1);
        assertEq(sigma[1], 2 ** 128 - 1);
        assertEq(sigma[2], 2 ** 128 - 1);
        assertEq(sigma[3], 340_271_982_168_760_232_891_835_090_338_085_076_133);
    }

    function testFuzz_LowerBounds_AreTwiceTheWeightedErrorBelow(
        int240[4] memory given,
        uint48[4] memory weights,
        uint128[4] memory errors
    ) public pure {
        int256[] memory scores = new int256[](4);
        uint256[] memory q = new uint256[](4);
        uint256[] memory sigma = new uint256[](4);
        for (uint256 i; i < 4; ++i) {
            (scores[i], q[i], sigma[i]) = (given[i], weights[i], errors[i]);
        }
        uint256[] memory sure = Deviation.lowerBounds(scores, Deviation.ofScores(q, sigma));
        for (uint256 i; i < 4; ++i) {
            int256 least = int256(given[i]) - 2 * int256(uint256(weights[i]) * errors[i]);
            assertEq(sure[i], least > 0 ? uint256(least) : 0);
        }
    }

    function _game(int96[4] memory own, int256 utility) private pure returns (Game memory game) {
        game.utility = utility;
        game.own = new int256[](4);
        for (uint256 i; i < 4; ++i) {
            game.own[i] = own[i];
        }
    }
}
