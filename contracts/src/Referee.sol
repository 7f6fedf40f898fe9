// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Terms} from "./interfaces/IMarket.sol";
import {IReferee, Rule, Scorings, Verdict} from "./interfaces/IReferee.sol";
import {Point} from "./libraries/Bn254.sol";
import {Conditions} from "./libraries/Conditions.sol";
import {Binding, Folded, Folding} from "./libraries/Folding.sol";
import {Lattice} from "./libraries/Lattice.sol";
import {LeaveOneOut} from "./libraries/LeaveOneOut.sol";
import {MultiKrum} from "./libraries/MultiKrum.sol";
import {Opening, Scheme} from "./libraries/Opening.sol";
import {Payouts} from "./libraries/Payouts.sol";
import {QuadraticGame, Sums} from "./libraries/QuadraticGame.sol";
import {Game, RoundGame} from "./libraries/RoundGame.sol";
import {Shapley} from "./libraries/Shapley.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title The arithmetic of the market; IReferee documents every method
contract Referee is IReferee {
    using SafeCast for uint256;

    /// @inheritdoc IReferee
    function requireSound(Terms calldata terms, uint256 maxAmount) external view {
        Conditions.requireSound(terms, maxAmount);
    }

    /// @inheritdoc IReferee
    function statement(Binding calldata binding, Folded calldata folded, uint256[] calldata claims)
        external
        view
        returns (bytes memory proof, uint256[] memory instances)
    {
        return Folding.statement(binding, folded, claims);
    }

    /// @inheritdoc IReferee
    function judge(Rule calldata rule, address[] calldata trainers, uint256[] calldata claims)
        external
        pure
        returns (Verdict memory verdict)
    {
        uint256 n = trainers.length;
        Game memory game = RoundGame.decode(claims, n);
        uint256 refinement = Lattice.refinement(rule.slots);
        int256 lattice = refinement.toInt256();
        uint256 tolerated = Math.min(rule.byzantine, (n - MultiKrum.FEWEST) / 2);
        verdict.selected = MultiKrum.select(game.gram, n, trainers, tolerated);
        Sums memory sums = QuadraticGame.sums(game, verdict.selected);
        if (rule.scoring == Scorings.LEAVE_ONE_OUT) {
            verdict.scores = LeaveOneOut.scores(game, sums, verdict.selected, lattice);
            verdict.denominator = 1;
        } else {
            (verdict.scores, verdict.denominator) =
                Shapley.scores(game, sums, verdict.selected, refinement);
        }
        for (uint256 i; i < n; ++i) {
            // In a mean, doing nothing can help by damping the others; it is not a contribution.
            if (game.gram[i * n + i] == 0) verdict.scores[i] = 0;
        }
        (verdict.payouts, verdict.total) =
            Payouts.divide(rule.budget, rule.floorBps, verdict.selected, verdict.scores);
        verdict.utilityBefore = game.utility;
        verdict.utilityAfter = game.utility
            + QuadraticGame.value(sums.players, sums.linear, sums.trace + sums.total, lattice);
    }

    /// @inheritdoc IReferee
    function nextModel(
        Point calldata zero,
        Point calldata model,
        Point[] calldata deltas,
        uint256 selected,
        uint256 slots
    ) external view returns (Point memory) {
        return Lattice.step(zero, model, deltas, selected, Lattice.refinement(slots));
    }

    /// @inheritdoc IReferee
    function opens(
        Scheme calldata scheme,
        Point calldata commitment,
        bytes calldata values,
        Point calldata quotient
    ) external view returns (bool) {
        return Opening.holds(scheme, commitment, values, quotient);
    }
}
