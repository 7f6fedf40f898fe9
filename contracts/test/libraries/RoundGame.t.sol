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
            for (uint256 j; j < 5; ++j) {
                assertEq(game.gram[i * 5 + j], Vectors.inner(deltas[i], deltas[j]));
                assertEq(game.curvature[i * 5 + j], Vectors.onCurvature(deltas[i], deltas[j]));
            }
        }
    }

    function test_Decode_TakesNumbersUpToTheBound() public view {
        uint256[] memory words = new uint256[](Folding.claimCount(3));
        words[words.length - 1] = Bn254.R - uint256(RoundGame.BOUND) + 1; // <D_3, D_3>
        assertEq(this.decode(words, 3).gram[8], 1 - RoundGame.BOUND);
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
                this.decode(words, 3);
            }
            words[i] = 0;
        }
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
