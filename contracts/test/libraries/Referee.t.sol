// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IReferee, Rule, Verdict} from "../../src/interfaces/IReferee.sol";
import {Payments, Scorings, Selections, Steps} from "../../src/libraries/Choices.sol";
import {Lattice} from "../../src/libraries/Lattice.sol";
import {RoundGame} from "../../src/libraries/RoundGame.sol";
import {Vectors} from "../Vectors.sol";
import {Simulated} from "./Simulated.sol";
import {Test} from "forge-std/Test.sol";

/// @notice What holds of a verdict as a whole; its parts have tests of their own.
/// forge-config: default.fuzz.runs = 64
contract RefereeTest is Test {
    uint256 private constant N = 8;

    IReferee private _referee = IReferee(deployCode("Referee.sol:Referee"));

    /// @dev Scores are shares of the very gain of the model that is applied.
    function testFuzz_Judge_SharesTheGain(uint256 seed, bool proven, bool exact) public view {
        Rule memory rule = _rule(proven, exact, Scorings.IN_RUN);
        int256[8][] memory deltas = _round(seed, 2);
        Verdict memory v = _judge(rule, deltas);
        assertEq(_sum(v.scores), v.utilityAfter - v.utilityBefore);
        assertEq(v.denominator, 1);
        int256[8] memory model;
        for (uint256 i; i < N; ++i) {
            for (uint256 k; k < 8; ++k) {
                model[k] += int256(v.weights[i]) * deltas[i][k];
            }
        }
        assertEq(v.utilityBefore, 0);
        assertEq(v.utilityAfter, Simulated.utility(rule, model));
    }

    /// @dev The two that go the other way are out, and have nothing.
    function testFuzz_Judge_LeavesOutWhoMakesItWorse(uint256 seed, bool proven, bool exact)
        public
        view
    {
        Rule memory rule = _rule(proven, exact, Scorings.IN_RUN);
        Verdict memory v = _judge(rule, _round(seed, 2));
        assertEq(v.selected, 2 ** N - 1 - 3);
        for (uint256 i; i < N; ++i) {
            assertEq(v.payouts[i] != 0, i > 1);
            assertEq(v.weights[i] != 0, i > 1);
            assertEq(v.scores[i] != 0, i > 1);
            if (i < 2) assertEq(v.earned[i], 0);
        }
    }

    function testFuzz_Judge_PaysWithinThePotAndTheCap(
        uint256 seed,
        uint256 bad,
        uint256 errors,
        uint8 scoring,
        bool proven,
        bool exact,
        bool perGain
    ) public view {
        scoring = uint8(bound(scoring, exact ? 1 : 0, 2));
        Rule memory rule = _rule(proven, exact, scoring);
        rule.purse.payment = perGain ? Payments.PER_GAIN : Payments.PER_ROUND;
        rule.yardstick.energy <<= bound(errors, 0, 12);
        Verdict memory v = _judge(rule, _round(seed, bound(bad, 0, N)));

        (uint256 paid, uint256 earned, uint256 attendance) = (0, 0, type(uint256).max);
        uint256 count;
        for (uint256 i; i < N; ++i) {
            paid += v.payouts[i];
            earned += v.earned[i];
            if (v.payouts[i] == 0) continue;
            ++count;
            if (v.payouts[i] < attendance) attendance = v.payouts[i];
        }
        assertEq(paid, v.total);
        assertEq(earned, v.earnedTotal);
        assertLe(paid, _referee.largestPot(rule.purse));
        assertLe(v.earnedTotal, 2 ** 23);
        if (!perGain) assertEq(v.gainPaid + v.earnedTotal, 0);
        for (uint256 i; i < N && count != 0; ++i) {
            uint256 pool = perGain ? 10 ether * 2 / 10 / 10 : 1 ether * 2 / 10;
            uint256 pot = perGain ? 2 ether : 0.8 ether;
            // At least one of those paid is certain, or the cap is among all.
            assertLe(v.payouts[i], pool / count + pot, "the pot");
            if (v.selected >> i & 1 == 0) assertEq(v.payouts[i], 0);
        }
    }

    /// @dev A delta that is sent three times as long is clipped to what the others send. Theirs are
    /// within a few per cent as long: who sends less can have more by sending as much, and no more.
    function testFuzz_Judge_LengthEarnsNothing(uint256 seed, uint256 who) public view {
        who = bound(who, 0, N - 1);
        Rule memory rule = _rule(true, true, Scorings.IN_RUN);
        int256[8][] memory deltas = _round(seed, 0);
        for (uint256 i; i < N; ++i) {
            for (uint256 k; k < 8; ++k) {
                int256 goal = Simulated.goal()[k];
                deltas[i][k] = goal + (deltas[i][k] - goal) / 5;
            }
        }
        uint256 honest = _judge(rule, deltas).payouts[who];
        for (uint256 k; k < 8; ++k) {
            deltas[who][k] *= 3;
        }
        uint256 stretched = _judge(rule, deltas).payouts[who];
        assertLe(stretched * 10, honest * 11);
    }

    /// @dev Trading places trades everything that a verdict says of the two.
    function testFuzz_Judge_IsBlindToTheOrder(
        uint256 seed,
        uint256 a,
        uint256 b,
        bool proven,
        bool exact
    ) public view {
        (a, b) = (a % N, b % N);
        Rule memory rule = _rule(proven, exact, Scorings.IN_RUN);
        int256[8][] memory deltas = _round(seed, 2);
        Verdict memory v = _judge(rule, deltas);
        (deltas[a], deltas[b]) = (deltas[b], deltas[a]);
        Verdict memory w = _judge(rule, deltas);
        (w.payouts[a], w.payouts[b]) = (w.payouts[b], w.payouts[a]);
        (w.scores[a], w.scores[b]) = (w.scores[b], w.scores[a]);
        (w.weights[a], w.weights[b]) = (w.weights[b], w.weights[a]);
        (w.earned[a], w.earned[b]) = (w.earned[b], w.earned[a]);
        w.selected = v.selected; // told by the weights
        assertEq(abi.encode(v), abi.encode(w));
    }

    /// @dev Doing nothing has no share, though in a mean it could help.
    function testFuzz_Judge_AZeroDeltaHasNothing(uint256 seed, uint8 scoring, bool exact)
        public
        view
    {
        scoring = uint8(bound(scoring, exact ? 1 : 0, 2));
        Rule memory rule = _rule(true, exact, scoring);
        int256[8][] memory deltas = _round(seed, 0);
        delete deltas[3];
        Verdict memory v = _judge(rule, deltas);
        assertEq(v.scores[3], 0);
        assertEq(v.payouts[3], 0);
    }

    /// @dev Where all together lead nowhere the model stays, and who could be in attends.
    function test_Judge_WhereTheStepIsZeroAllAttend() public view {
        Rule memory rule = _rule(true, true, Scorings.IN_RUN);
        // Nobody is beyond chance.
        rule.yardstick.energy <<= 20;
        int256[8][] memory deltas = _round(7, 5);
        Verdict memory v = _judge(rule, deltas);
        assertEq(v.selected, 2 ** N - 1);
        for (uint256 i; i < N; ++i) {
            assertEq(v.weights[i], 0);
            assertEq(v.scores[i], 0);
            assertEq(v.payouts[i], 0.2 ether / N);
        }
        assertEq(v.utilityAfter, v.utilityBefore);
        assertEq(v.gainPaid, 0);
    }

    /// @dev Where the model moves but nobody's part is sure the pot waits, owed by what is likely: rows
    /// that tell little, or are said to, buy no model for nothing.
    function test_Judge_WhatIsNotSureIsOwed() public view {
        Rule memory rule = _rule(true, true, Scorings.IN_RUN);
        rule.yardstick.energy <<= 20;
        Verdict memory v = _judge(rule, _round(7, 0));
        assertGt(v.utilityAfter, 0);
        assertEq(v.gainPaid, 0);
        assertApproxEqAbs(v.total, 0.2 ether, N);
        assertGt(v.earnedTotal, 0);
        for (uint256 i; i < N; ++i) {
            assertEq(v.earned[i] != 0, v.scores[i] > 0);
        }
        rule.purse.payment = Payments.PER_ROUND;
        assertApproxEqAbs(_judge(rule, _round(7, 0)).total, 1 ether, N);
    }

    /// @dev All that is expected is gained at once, paid as far as the cap of a pot allows, and the rest
    /// owed by the same shares.
    function test_Judge_ExhaustsTheBudget() public view {
        Rule memory rule = _rule(true, true, Scorings.IN_RUN);
        rule.purse.expectedGain = 1;
        Verdict memory v = _judge(rule, _round(7, 0));
        assertTrue(v.exhausted);
        assertApproxEqAbs(v.gainPaid, 2 ether, N);
        assertApproxEqAbs(v.total, 2.2 ether, 2 * N);
        assertApproxEqAbs(v.earnedTotal, 3 * 2 ** 21, N);
        rule.purse.potCapBps = 10_000;
        v = _judge(rule, _round(7, 0));
        assertTrue(v.exhausted);
        assertApproxEqAbs(v.gainPaid, 8 ether, N);
        assertEq(v.earnedTotal, 0);
    }

    /// @dev The mean's game, by both its scores, is that of all the weights alike.
    function testFuzz_Judge_OfMeansHasTheirGain(uint256 seed, bool proven) public view {
        Rule memory rule = _rule(proven, false, Scorings.SHAPLEY);
        Verdict memory v = _judge(rule, _round(seed, 2));
        int256 gain = v.utilityAfter - v.utilityBefore;
        assertEq(_sum(v.scores), gain * int256(v.denominator));
        for (uint256 i; i < N; ++i) {
            uint256 expected = i > 1 ? Lattice.refinement(N) / (N - 2) : 0;
            assertEq(v.weights[i], expected);
        }
        rule.scoring = Scorings.LEAVE_ONE_OUT;
        v = _judge(rule, _round(seed, 2));
        assertEq(v.utilityAfter - v.utilityBefore, gain);
        assertEq(v.denominator, 1);
    }

    /// @dev As many stay as the scoring has a meaning for.
    function test_Judge_KeepsTheFewest() public view {
        uint256[4] memory fewest = [uint256(3), 2, 1, 1];
        for (uint256 k; k < 4; ++k) {
            Rule memory rule = _rule(true, k == 3, uint8(k == 3 ? 2 : k));
            rule.yardstick.energy = 0;
            Verdict memory v = _judge(rule, _round(7, N));
            uint256 count;
            for (uint256 i; i < N; ++i) {
                count += v.selected >> i & 1;
            }
            assertEq(count, fewest[k]);
        }
    }

    function test_RevertIf_TheCurvatureIsNegative() public {
        Rule memory rule = _rule(true, true, Scorings.IN_RUN);
        uint256[] memory claims = Simulated.claims(rule, _round(7, 0));
        claims[N + 1] = Vectors.word(-(2 ** 40));
        vm.expectRevert(abi.encodeWithSelector(RoundGame.NegativeCurvature.selector, 0));
        _referee.judge(rule, _trainers(), claims);
    }

    function _judge(Rule memory rule, int256[8][] memory deltas)
        private
        view
        returns (Verdict memory)
    {
        return _referee.judge(rule, _trainers(), Simulated.claims(rule, deltas));
    }

    function _rule(bool proven, bool exact, uint8 scoring) private pure returns (Rule memory rule) {
        rule = Simulated.rule(N, exact ? Steps.EXACT : Steps.MEAN);
        rule.selection = proven ? Selections.PROVEN_VALUE : Selections.MULTI_KRUM;
        rule.scoring = scoring;
    }

    /// @dev The first `bad` go the other way, twice as far.
    function _round(uint256 seed, uint256 bad) private pure returns (int256[8][] memory deltas) {
        deltas = new int256[8][](N);
        for (uint256 i; i < N; ++i) {
            deltas[i] = Simulated.honest(uint256(keccak256(abi.encode(seed, i))));
            for (uint256 k; k < 8 && i < bad; ++k) {
                deltas[i][k] *= -2;
            }
        }
    }

    function _trainers() private pure returns (address[] memory trainers) {
        trainers = new address[](N);
        for (uint256 i; i < N; ++i) {
            trainers[i] = address(uint160(100 + i));
        }
    }

    function _sum(int256[] memory scores) private pure returns (int256 sum) {
        for (uint256 i; i < scores.length; ++i) {
            sum += scores[i];
        }
    }
}
