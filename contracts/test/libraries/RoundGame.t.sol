// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bn254} from "../../src/libraries/Bn254.sol";
import {Folding} from "../../src/libraries/Folding.sol";
import {Game, RoundGame} from "../../src/libraries/RoundGame.sol";
import {Vectors} from "../Vectors.sol";
import {Test} from "forge-std/Test.sol";

contract RoundGameTest is Test {
    function testFuzz_Decode_GivesTheProductsOfTheVectors(int16[4] memory w, int16[4][5] memory d)
        public
        view
    {
        int256[4] memory model = _wide(w);
        int256[4][] memory deltas = new int256[4][](5);
        for (uint256 i; i < 5; ++i) {
            deltas[i] = _wide(d[i]);
        }
        Game memory game = this.decode(Vectors.claims(model, deltas), 5);

        assertEq(game.utility, Vectors.utility(model));
        for (uint256 i; i < 5; ++i) {
            assertEq(
                game.linear[i],
                2 * (Vectors.onTarget(deltas[i]) - Vectors.onCurvature(model, deltas[i]))
            );
            assertEq(game.own[i], Vectors.onCurvature(deltas[i], deltas[i]));
            assertEq(game.squares[i], Vectors.inner(deltas[i], deltas[i]));
        }
        int256[] memory squares = this.gram(Vectors.claims(model, deltas), 5);
        uint256 next;
        for (uint256 i; i < 5; ++i) {
            for (uint256 j = i; j < 5; ++j) {
                assertEq(squares[next], Vectors.inner(deltas[i], deltas[j]));
                assertEq(game.curvature[next++], Vectors.onCurvature(deltas[i], deltas[j]));
            }
        }
        assertEq(next, squares.length);
        assertEq(next, game.curvature.length);
    }

    function test_Decode_TakesNumbersUpToTheBound() public view {
        uint256[] memory words = new uint256[](Folding.claimCount(3));
        words[words.length - 1] = Bn254.R - uint256(RoundGame.BOUND) + 1; // <D_3, D_3>
        assertEq(this.decode(words, 3).squares[2], 1 - RoundGame.BOUND);
        assertEq(this.gram(words, 3)[5], 1 - RoundGame.BOUND);
        Game memory game = this.decode(Vectors.largestClaims(3), 3);
        assertEq(game.utility, RoundGame.UTILITY_BOUND - 1);
        assertEq(game.curvature[0], RoundGame.BOUND - 1);
    }

    function test_RevertIf_ANumberReachesTheBound() public {
        uint256[] memory words = new uint256[](Folding.claimCount(3));
        uint256[] memory largest = Vectors.largestClaims(3);
        for (uint256 i; i < words.length; ++i) {
            for (int256 sign = -1; sign < 2; sign += 2) {
                int256 bound = sign * (int256(largest[i]) + 1);
                words[i] = Vectors.word(bound);
                vm.expectRevert(abi.encodeWithSelector(RoundGame.ClaimTooLarge.selector, i, bound));
                this.read(words, 3);
            }
            words[i] = 0;
        }
    }

    /// @dev Whatever the word, it is read as the number that it stands for, or refused.
    function testFuzz_Decode_ReadsAWordOrRefusesIt(uint256 word, uint256 shift) public {
        word = (word >> bound(shift, 0, 255)) % Bn254.R;
        if (shift & 1 == 1) word = Bn254.R - 1 - word;
        int256 value = word > Bn254.R / 2 ? -int256(Bn254.R - word) : int256(word);
        uint256[] memory words = new uint256[](Folding.claimCount(1));
        words[2] = word; // <D_1, H D_1>
        if (value >= RoundGame.BOUND || value <= -RoundGame.BOUND) {
            vm.expectRevert(abi.encodeWithSelector(RoundGame.ClaimTooLarge.selector, 2, value));
            this.decode(words, 1);
        } else {
            assertEq(this.decode(words, 1).own[0], value);
        }
    }

    function test_RevertIf_AnotherNumberOfClaims() public {
        uint256[] memory words = new uint256[](Folding.claimCount(3) + 1);
        vm.expectRevert(abi.encodeWithSelector(Folding.ClaimCount.selector, 21, 20));
        this.decode(words, 3);
    }

    /// @dev To round H can take entries / 2 times the squared norm from a product, and no more.
    function testFuzz_RevertIf_TheCurvatureIsNegativeBeyondRounding(
        uint64 square,
        uint32 entries,
        uint256 trainer
    ) public {
        trainer = bound(trainer, 0, 2);
        Game memory game;
        game.own = new int256[](3);
        game.squares = new int256[](3);
        game.squares[trainer] = int256(uint256(square));
        game.own[trainer] = -int256(uint256(square) * entries);
        RoundGame.requireCurved(game, entries);
        --game.own[trainer];
        vm.expectRevert(abi.encodeWithSelector(RoundGame.NegativeCurvature.selector, trainer));
        this.requireCurved(game, entries);
    }

    function requireCurved(Game memory game, uint256 entries) external pure {
        RoundGame.requireCurved(game, entries);
    }

    function gram(uint256[] calldata claims, uint256 n) external pure returns (int256[] memory) {
        return RoundGame.gram(claims, n);
    }

    function read(uint256[] calldata claims, uint256 n) external pure {
        RoundGame.decode(claims, n);
        RoundGame.gram(claims, n);
    }

    function decode(uint256[] calldata claims, uint256 n) external pure returns (Game memory) {
        return RoundGame.decode(claims, n);
    }

    function _wide(int16[4] memory v) private pure returns (int256[4] memory wide) {
        for (uint256 i; i < 4; ++i) {
            wide[i] = v[i];
        }
    }
}
