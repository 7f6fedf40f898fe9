// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IReferee, Rule, Verdict} from "./interfaces/IReferee.sol";
import {Terms} from "./interfaces/State.sol";
import {Point} from "./libraries/Bn254.sol";
import {Payments, Scorings, Selections, Steps} from "./libraries/Choices.sol";
import {Clipping} from "./libraries/Clipping.sol";
import {Conditions} from "./libraries/Conditions.sol";
import {Deviation} from "./libraries/Deviation.sol";
import {Binding, Folded, Folding} from "./libraries/Folding.sol";
import {InRun} from "./libraries/InRun.sol";
import {Lattice} from "./libraries/Lattice.sol";
import {LeaveOneOut} from "./libraries/LeaveOneOut.sol";
import {MultiKrum} from "./libraries/MultiKrum.sol";
import {Opening, Scheme} from "./libraries/Opening.sol";
import {Payouts} from "./libraries/Payouts.sol";
import {Pot, Prize, Purse} from "./libraries/Pot.sol";
import {ProvenValue} from "./libraries/ProvenValue.sol";
import {QuadraticGame, Sums} from "./libraries/QuadraticGame.sol";
import {Game, RoundGame} from "./libraries/RoundGame.sol";
import {Shapley} from "./libraries/Shapley.sol";
import {Direction, Stride} from "./libraries/Stride.sol";
import {Triangle} from "./libraries/Triangle.sol";
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
        Game memory game = RoundGame.decode(claims, trainers.length);
        RoundGame.requireCurved(game, rule.yardstick.entries);
        uint256[] memory sigma = Deviation.errors(game, rule.yardstick);
        (Direction memory u, uint256 t) = _move(rule, game, sigma, trainers, claims);
        verdict.selected = u.selected;
        verdict.weights = Stride.weights(u, t);
        uint256[] memory errors = _score(rule, game, sigma, u, verdict);
        // Where the model does not move nobody can have a score, and whoever is in attends.
        _pay(rule.purse, verdict, errors, t == 0 ? u.selected : 0);
    }

    /// @inheritdoc IReferee
    function nextModel(
        Point calldata zero,
        Point calldata model,
        Point[] calldata deltas,
        uint256[] calldata weights
    ) external view returns (Point memory) {
        return Lattice.move(zero, model, deltas, weights);
    }

    /// @inheritdoc IReferee
    function prizeOf(Purse calldata purse, int256 before, int256 afterwards)
        external
        pure
        returns (Prize memory)
    {
        return Pot.prize(purse, before, afterwards);
    }

    /// @inheritdoc IReferee
    function largestPot(Purse calldata purse) external pure returns (uint256) {
        return Pot.largest(purse);
    }

    /// @inheritdoc IReferee
    function owed(Purse calldata purse, uint256 units) external pure returns (uint256) {
        return Pot.owed(purse, units);
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

    /// @dev Who is in, clipped to what, and how far they move the model.
    function _move(
        Rule calldata rule,
        Game memory game,
        uint256[] memory sigma,
        address[] calldata trainers,
        uint256[] calldata claims
    ) private pure returns (Direction memory u, uint256 t) {
        uint256 n = trainers.length;
        uint256 lattice = Lattice.size(rule.step, rule.slots);
        uint256[] memory clips =
            rule.step == Steps.EXACT ? Clipping.factors(game, sigma) : Clipping.whole(n);
        if (rule.selection == Selections.MULTI_KRUM) {
            int256[] memory gram = RoundGame.gram(claims, n);
            uint256 selected = MultiKrum.select(gram, trainers, rule.byzantine);
            u = Stride.direction(game, selected, clips);
            t = Stride.along(u, rule.step, lattice);
        } else {
            u = Stride.direction(game, 2 ** n - 1, clips);
            uint256 fewest = Scorings.fewest(rule.scoring, rule.step);
            t = ProvenValue.select(u, game, sigma, fewest, rule.step, lattice);
        }
    }

    /// @dev Scores and the gain.
    /// @return errors Of the scores; none of a mean's game, whose scores are paid as they are.
    function _score(
        Rule calldata rule,
        Game memory game,
        uint256[] memory sigma,
        Direction memory u,
        Verdict memory verdict
    ) private pure returns (uint256[] memory errors) {
        uint256[] memory q = verdict.weights;
        int256[] memory g = Triangle.times(game.curvature, q);
        int256[] memory phi = InRun.shapley(game, q, g);
        verdict.utilityBefore = game.utility;
        verdict.utilityAfter = game.utility + InRun.sum(phi);
        verdict.denominator = 1;
        if (Scorings.valuesMeans(rule.scoring, rule.step)) {
            _scoreMeans(rule, game, u, verdict);
            return new uint256[](q.length);
        }
        verdict.scores =
            rule.scoring == Scorings.LEAVE_ONE_OUT ? InRun.leaveOneOut(game, q, g) : phi;
        return Deviation.ofScores(q, sigma);
    }

    function _scoreMeans(
        Rule calldata rule,
        Game memory game,
        Direction memory u,
        Verdict memory verdict
    ) private pure {
        Sums memory sums = QuadraticGame.sums(game, u);
        uint256 lattice = Lattice.refinement(rule.slots);
        if (rule.scoring == Scorings.LEAVE_ONE_OUT) {
            verdict.scores = LeaveOneOut.scores(game, sums, u.selected, lattice.toInt256());
        } else {
            (verdict.scores, verdict.denominator) = Shapley.scores(game, sums, u.selected, lattice);
        }
        for (uint256 i; i < verdict.scores.length; ++i) {
            // In a mean, doing nothing can help by damping the others; it is not a contribution.
            if (game.squares[i] == 0) verdict.scores[i] = 0;
        }
    }

    /// @dev Where too little is sure, what was gained is owed all the same, by what is likely: an owner
    /// whose rows tell little, or who says so, has no model for nothing, nor has an accomplice that the
    /// rows are surer of what others gained. By gain it waits for the end, since luck is no wage.
    /// @param present Who attends where nobody can have a score.
    function _pay(
        Purse calldata purse,
        Verdict memory verdict,
        uint256[] memory errors,
        uint256 present
    ) private pure {
        Prize memory prize = Pot.prize(purse, verdict.utilityBefore, verdict.utilityAfter);
        uint256[] memory parts = Deviation.lowerBounds(verdict.scores, errors);
        bool perGain = purse.payment == Payments.PER_GAIN;
        uint256 pot = prize.pot;
        uint256[] memory likely = Payouts.positive(verdict.scores);
        if (!Payouts.outweighs(parts, likely)) {
            parts = likely;
            if (perGain) pot = 0;
        }
        if (present == 0) present = Payouts.above(parts);
        uint256[] memory paid = Payouts.divide(pot, parts, errors);
        verdict.exhausted = prize.exhausted;
        verdict.earned = Payouts.divide(Pot.heldBack(prize, pot), parts, errors);
        for (uint256 i; i < paid.length; ++i) {
            if (perGain) verdict.gainPaid += paid[i];
            verdict.earnedTotal += verdict.earned[i];
        }
        verdict.total = Payouts.attend(prize.attendance, present, paid);
        verdict.payouts = paid;
    }
}
