// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Clipping} from "../../src/libraries/Clipping.sol";
import {Game} from "../../src/libraries/RoundGame.sol";
import {Test} from "forge-std/Test.sol";

contract ClippingTest is Test {
    uint256 private constant N = 7;

    /// @dev A_i is the largest integer with A^2 K <= 2^32 times the reference, and nobody is lengthened.
    function testFuzz_Factors_FollowTheDefinition(
        uint112[N] memory squares,
        int160[N] memory linear,
        uint128[N] memory errors,
        uint256 still
    ) public pure {
        Game memory game;
        game.squares = new int256[](N);
        game.linear = new int256[](N);
        uint256[] memory sigma = new uint256[](N);
        for (uint256 i; i < N; ++i) {
            // Some do not move, and some are not above their errors.
            if (still >> i & 1 == 0) game.squares[i] = int256(uint256(squares[i]));
            (game.linear[i], sigma[i]) = (linear[i], errors[i]);
        }
        (uint256[] memory a, uint256 sure) = Clipping.factors(game, sigma);
        assertEq(sure, _sure(game, sigma));
        uint256 limit = _reference(game, sigma);
        for (uint256 i; i < N; ++i) {
            uint256 square = uint256(game.squares[i]);
            if (limit == 0 || square <= limit) {
                assertEq(a[i], 2 ** 16);
            } else {
                assertLe(a[i] ** 2 * square, limit << 32);
                assertGt((a[i] + 1) ** 2 * square, limit << 32);
            }
        }
    }

    /// @dev Three are above their errors, with norms of 1, 2 and 4; the reference is 2.
    function test_Factors_ByHand() public pure {
        Game memory game;
        game.squares = new int256[](5);
        game.linear = new int256[](5);
        uint256[] memory sigma = new uint256[](5);
        (game.squares[0], game.linear[0], sigma[0]) = (16, 11, 5);
        (game.squares[1], game.linear[1], sigma[1]) = (1, 11, 5);
        (game.squares[2], game.linear[2], sigma[2]) = (4, 1, 0);
        (game.squares[3], game.linear[3], sigma[3]) = (64, 10, 5);
        (game.squares[4], game.linear[4], sigma[4]) = (0, 11, 5);
        (uint256[] memory a, uint256 sure) = Clipping.factors(game, sigma);
        assertEq(sure, 3);
        assertEq(a[0], 2 ** 15);
        assertEq(a[1], 2 ** 16);
        assertEq(a[2], 2 ** 16);
        assertEq(a[3], 2 ** 14);
        assertEq(a[4], 2 ** 16);
    }

    function _sure(Game memory game, uint256[] memory sigma) private pure returns (uint256 sure) {
        for (uint256 i; i < N; ++i) {
            if (game.squares[i] > 0 && game.linear[i] > 2 * int256(sigma[i])) ++sure;
        }
    }

    /// @dev The lower one, of those above their errors that move; or of all that do; or none.
    function _reference(Game memory game, uint256[] memory sigma) private pure returns (uint256) {
        bool[] memory counts = new bool[](N);
        uint256 count;
        for (uint256 i; i < N; ++i) {
            counts[i] = game.squares[i] > 0 && game.linear[i] > 2 * int256(sigma[i]);
            if (counts[i]) ++count;
        }
        bool all = count == 0;
        for (uint256 i; i < N; ++i) {
            if (all) counts[i] = game.squares[i] > 0;
        }
        count = 0;
        for (uint256 i; i < N; ++i) {
            if (counts[i]) ++count;
        }
        for (uint256 i; i < N; ++i) {
            if (!counts[i]) continue;
            uint256 below;
            uint256 notAbove;
            for (uint256 j; j < N; ++j) {
                if (!counts[j]) continue;
                if (game.squares[j] < game.squares[i]) ++below;
                if (game.squares[j] <= game.squares[i]) ++notAbove;
            }
            if (below <= (count - 1) / 2 && notAbove > (count - 1) / 2) {
                return uint256(game.squares[i]);
            }
        }
        return 0;
    }
}
