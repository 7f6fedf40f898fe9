// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Rule} from "../../src/interfaces/IReferee.sol";
import {Payments, Scorings, Selections} from "../../src/libraries/Choices.sol";
import {Yardstick} from "../../src/libraries/Deviation.sol";
import {Lattice} from "../../src/libraries/Lattice.sol";
import {Vectors} from "../Vectors.sol";

/// @title Rounds of a small linear model
/// @notice The model is at zero, H is diagonal, and the best model is `goal`. Honest trainers aim at it,
/// and each errs a little.
library Simulated {
    uint256 internal constant PARAMETERS = 8;

    /// @notice The defaults, but for the step.
    function rule(uint256 n, uint8 step) internal pure returns (Rule memory r) {
        r.slots = uint8(n);
        r.scoring = Scorings.IN_RUN;
        r.selection = Selections.PROVEN_VALUE;
        r.step = step;
        r.byzantine = uint8((n - 3) / 2);
        int256 most = lattice(r) ** 2 * curved(goal(), goal()); // that can be gained
        // b of an honest delta is about 20 standard errors.
        r.yardstick = Yardstick(1000, 10, 8, uint256(most) * 25);
        r.purse.payment = Payments.PER_GAIN;
        r.purse.rounds = 10;
        r.purse.attendanceBps = 2000;
        r.purse.potCapBps = 2000;
        r.purse.budget = r.purse.left = 10 ether;
        r.purse.expectedGain = 5 * most;
    }

    function lattice(Rule memory r) internal pure returns (int256) {
        return int256(Lattice.size(r.step, r.slots));
    }

    /// @notice The best model, on the grid of the deltas.
    function goal() internal pure returns (int256[PARAMETERS] memory) {
        return [int256(500), -400, 300, 200, -250, 600, 350, -450];
    }

    /// @notice An honest delta.
    function honest(uint256 seed) internal pure returns (int256[PARAMETERS] memory delta) {
        delta = goal();
        for (uint256 k; k < PARAMETERS; ++k) {
            delta[k] += int256(uint256(keccak256(abi.encode(seed, k))) % 401) - 200;
        }
    }

    /// @notice <a, H b>
    function curved(int256[PARAMETERS] memory a, int256[PARAMETERS] memory b)
        internal
        pure
        returns (int256 sum)
    {
        for (uint256 k; k < PARAMETERS; ++k) {
            sum += int256(4096 + 1024 * k) * a[k] * b[k];
        }
    }

    function inner(int256[PARAMETERS] memory a, int256[PARAMETERS] memory b)
        internal
        pure
        returns (int256 sum)
    {
        for (uint256 k; k < PARAMETERS; ++k) {
            sum += a[k] * b[k];
        }
    }

    /// @notice U of a model, with c = lattice H goal.
    function utility(Rule memory r, int256[PARAMETERS] memory model)
        internal
        pure
        returns (int256)
    {
        return 2 * lattice(r) * curved(goal(), model) - curved(model, model);
    }

    /// @notice The true claims, in the order of Folding.
    function claims(Rule memory r, int256[PARAMETERS][] memory deltas)
        internal
        pure
        returns (uint256[] memory words)
    {
        uint256 n = deltas.length;
        words = new uint256[]((n + 1) * (n + 2));
        uint256 half = words.length / 2;
        uint256 next = n + 1;
        for (uint256 i; i < n; ++i) {
            words[half + 1 + i] = Vectors.word(lattice(r) * curved(goal(), deltas[i]));
            for (uint256 j = i; j < n; ++j) {
                words[next] = Vectors.word(curved(deltas[i], deltas[j]));
                words[half + next] = Vectors.word(inner(deltas[i], deltas[j]));
                ++next;
            }
        }
    }
}
