// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Part} from "../src/interfaces/State.sol";
import {Bn254} from "../src/libraries/Bn254.sol";
import {RoundGame} from "../src/libraries/RoundGame.sol";
import {IMarketEvents, Measured, Measurement, Phase} from "./Measured.sol";

/// @dev What a measured round pays, and who loses what by lying or keeping silent.
contract MeasuredPayTest is Measured {
    int256 private constant GAIN = 400_000_000; // of the first round
    uint256 private constant ROUNDING = 20; // wei, of parts

    // --- what was gained -----------------------------------------------------------------------

    function test_Pay_IsWhatWasMeasured() public {
        _toWaiting();
        Part[] memory parts = market.waiting(_id());
        _pass(LOSS - GAIN);
        uint256 pot = _worth(uint256(GAIN));
        uint256 attendance = _attendance() / parts.length;
        for (uint256 i; i < parts.length; ++i) {
            assertEq(_credit(parts[i].trainer), pot * parts[i].share / 2 ** 22 + attendance, "part");
        }
        assertApproxEqAbs(_trainersHave(), pot + _attendance(), pot >> 20);
        assertEq(_project().utility, -LOSS + GAIN);
        assertEq(_project().bestUtility, -LOSS + GAIN);
        assertEq(market.waiting(_id()).length, 0);
        _assertPhase(Phase.Commit);
        _assertAllIsHeld();
    }

    function test_Pay_SharesAreAllOfThePot() public {
        _toWaiting();
        Part[] memory parts = market.waiting(_id());
        uint256 sum;
        for (uint256 i; i < parts.length; ++i) {
            sum += parts[i].share;
            assertNotEq(parts[i].trainer, accounts[5]); // the flipped one
        }
        assertLe(sum, 2 ** 22);
        assertGt(sum, 2 ** 22 - 2 * parts.length);
    }

    /// @dev The last model is measured too.
    function test_Pay_OfTheLastRound() public {
        terms.rounds = 1;
        _toWaiting();
        _pass(LOSS - GAIN);
        _assertPhase(Phase.Done);
        assertApproxEqAbs(
            _trainersHave(), _worth(uint256(GAIN)) + _attendance(), _worth(uint256(GAIN)) >> 20
        );
        assertEq(_due(owner), DEPOSIT + OWNER_BOND - terms.aggregatorFee - _trainersHave());
        _assertAllIsHeld();
    }

    function test_Pay_AllThatWasExpectedEndsIt() public {
        _toWaiting();
        _pass(LOSS - int256(EXPECTED) - 1);
        _assertPhase(Phase.Done);
        _assertAllIsHeld();
    }

    function test_Pay_NoGainIsAttendance() public {
        _toWaiting();
        _attest(LOSS);
        _assertPhase(Phase.Audit); // a proven gain of which nothing is measured
        _judge(LOSS);
        assertApproxEqAbs(_trainersHave(), _attendance(), ROUNDING);
        _assertAllIsHeld();
    }

    /// @dev A model that is worse beyond chance is undone.
    function test_Pay_ARoundThatLostIsUndone() public {
        _toWaiting();
        _attest(LOSS + 10);
        _say(arbiters[0], LOSS + 10);
        vm.expectEmit(address(market));
        emit IMarketEvents.Undone(_id(), 0);
        _say(arbiters[1], LOSS + 10);
        assertEq(_project().utility, -LOSS);
        assertApproxEqAbs(_trainersHave(), _attendance(), ROUNDING);
        _assertPhase(Phase.Commit);
        _assertAllIsHeld();
    }

    function test_Pay_ALossWithinChanceStands() public {
        _toWaiting();
        Measurement memory given = _measurement(LOSS + 10);
        given.spread = 10;
        for (uint256 i; i < 2; ++i) {
            vm.prank(evaluators[i]);
            market.measure(terms, 1, given);
        }
        for (uint256 i; i < 2; ++i) {
            vm.prank(arbiters[i]);
            market.measure(terms, 1, given);
        }
        assertEq(_project().utility, -LOSS - 10);
        assertEq(_project().bestUtility, -LOSS);
        _assertAllIsHeld();
    }

    /// @dev What was lost and regained is paid once.
    function test_Pay_TwoRoundsAreOnePath() public {
        _toWaiting();
        _pass(LOSS - GAIN);
        _playMeasured();
        _attest(LOSS - GAIN - 20_000_000);
        if (_project().phase == Phase.Audit) _judge(LOSS - GAIN - 20_000_000);
        else _advance();
        uint256 pots = _worth(uint256(GAIN) + 20_000_000);
        assertApproxEqAbs(_trainersHave(), pots + 2 * _attendance(), pots >> 19);
        assertApproxEqAbs(_project().gainPaid, pots, pots >> 19);
        _assertAllIsHeld();
    }

    /// @dev A yardstick by which nobody scores: the model stands still, and all attend.
    function test_Pay_WhereTheModelDoesNotMoveAllAttend() public {
        for (uint256 i; i < SLOTS; ++i) {
            deltas[i] = [int256(-40), -25, 10, 1000 + int256(i)]; // all against it
        }
        terms.energy <<= 20; // and nobody beyond chance
        _toWaiting();
        assertEq(market.waiting(_id()).length, SLOTS);
        assertEq(_project().measure.predicted, 0);
        _pass(LOSS);
        for (uint256 i; i < SLOTS; ++i) {
            assertEq(_credit(accounts[i]), _attendance() / SLOTS);
        }
        _assertAllIsHeld();
    }

    /// @dev Where too little is sure, the pot waits for the end, by what is likely.
    function test_Pay_WhatIsNotSureIsOwed() public {
        terms.rounds = 1;
        terms.energy <<= 12;
        _toWaiting();
        assertFalse(_project().measure.sure);
        _pass(LOSS - GAIN);
        _assertPhase(Phase.Done);
        assertApproxEqAbs(_trainersHave(), _attendance(), ROUNDING);
        uint256 pot = _worth(uint256(GAIN));
        assertApproxEqAbs(_project().owed, pot, 1);
        assertApproxEqAbs(_trainersAreDue(), pot + _attendance(), ROUNDING);
        _assertAllIsHeld();
    }

    // --- lies ----------------------------------------------------------------------------------

    /// @dev A colluding majority says that nothing was gained. Disputed, it pays what was.
    function test_Lie_OfNoGainPaysTheGain() public {
        _toWaiting();
        _attest(LOSS);
        _assertPhase(Phase.Audit); // even unasked
        _judge(LOSS - GAIN);
        _assertPhase(Phase.Commit);
        assertApproxEqAbs(
            _trainersHave(), _worth(uint256(GAIN)) + _attendance(), _worth(uint256(GAIN)) >> 20
        );
        assertEq(_credit(arbiters[0]) + _credit(arbiters[1]), OWNER_BOND - DISPUTE_BOND);
        assertEq(_project().bonds, DISPUTE_BOND); // for the model to come
        _assertAllIsHeld();
    }

    /// @dev Half of the gain is no contradiction to what was proven: who disputes it is right.
    function test_Lie_OfHalfTheGainIsDisputed() public {
        _toWaiting();
        int256 half = _project().measure.predicted / 2 + 1;
        _attest(LOSS - half);
        _assertPhase(Phase.Contest);
        _dispute();
        _judge(LOSS - 2 * half);
        uint256 honest = _worth(uint256(2 * half)) + _attendance();
        assertApproxEqAbs(_trainersHave(), honest, honest >> 20);
        assertEq(_due(outsider), DISPUTE_BOND + (OWNER_BOND - DISPUTE_BOND) / 2);
        _assertAllIsHeld();
    }

    /// @dev A lie that the arbiters find out pays no less than an even share of the rounds.
    function test_Lie_PaysAnEvenShareAtLeast() public {
        _toWaiting();
        _attest(LOSS + 100);
        _judge(LOSS - 1);
        uint256 even = _budget() / terms.rounds;
        assertApproxEqAbs(_trainersHave(), even + _attendance(), even >> 20);
        _assertAllIsHeld();

        // What was paid beyond the gain is not owed again, and no later pot outgrows what is left.
        _playMeasured();
        _judge(LOSS - int256(EXPECTED));
        _assertPhase(Phase.Done);
        assertLe(_trainersHave(), _budget());
        _assertAllIsHeld();
    }

    /// @dev It is the owner's to pay, not theirs whose pots of earlier rounds wait for the end.
    function test_Lie_LeavesWhatIsOwed() public {
        int256 gain = GAIN * 5 / 8;
        terms.energy <<= 12; // nothing is sure: the first round's pot is owed
        _toWaiting();
        _pass(LOSS - gain);
        uint256 owed = _worth(uint256(gain));
        uint256 had = _trainersHave();
        _playMeasured();
        _attest(LOSS);
        if (_project().phase != Phase.Audit) _dispute();
        _judge(LOSS - gain);
        _assertPhase(Phase.Done);
        uint256 left = _budget() - 2 * _attendance() - owed; // less than an even share
        assertApproxEqAbs(_trainersHave() - had, left + _attendance(), left >> 20);
        assertApproxEqAbs(_project().owed, owed, owed >> 20);
        assertApproxEqAbs(_trainersAreDue() - _trainersHave(), owed, owed >> 20);
        _assertAllIsHeld();
    }

    /// @dev Whoever is deposed measures no more, and the arbiters' word is not contested.
    function test_Lie_DeposesTheEvaluators() public {
        terms.rounds = 3;
        _toWaiting();
        _attest(LOSS);
        _judge(LOSS - GAIN);
        _playMeasured();
        Measurement memory given = _measurement(LOSS);
        vm.expectRevert(
            abi.encodeWithSelector(IMarketEvents.NotAnEvaluator.selector, evaluators[0])
        );
        vm.prank(evaluators[0]);
        market.measure(terms, 2, given);
        uint256 had = _credit(arbiters[0]);
        _judge(LOSS - GAIN - 5);
        _assertPhase(Phase.Commit);
        assertEq(_credit(arbiters[0]), had + DISPUTE_BOND / 2); // nobody measures for nothing
    }

    function test_Lie_OfADisputerCostsItsBondAlone() public {
        _toWaiting();
        _attest(LOSS - GAIN);
        _dispute();
        _judge(LOSS - GAIN);
        assertApproxEqAbs(
            _trainersHave(), _worth(uint256(GAIN)) + _attendance(), _worth(uint256(GAIN)) >> 20
        );
        assertEq(_due(outsider), 0);
        assertEq(_project().bonds, OWNER_BOND);
        _assertAllIsHeld();
    }

    // --- silence -------------------------------------------------------------------------------

    function test_Silence_OfEvaluatorsPaysTheSame() public {
        _toWaiting();
        _advance();
        _judge(LOSS - GAIN);
        assertApproxEqAbs(
            _trainersHave(), _worth(uint256(GAIN)) + _attendance(), _worth(uint256(GAIN)) >> 20
        );
        assertEq(_project().bonds, OWNER_BOND - DISPUTE_BOND);
        _assertAllIsHeld();
    }

    /// @dev Nobody measures: all that is left is the trainers', the owner's bond with it.
    function test_Silence_OfAllIsTheDearest() public {
        _toWaiting();
        _advance();
        _advance();
        _assertPhase(Phase.Aborted);
        assertEq(_project().owed, _budget() + OWNER_BOND);
        assertApproxEqAbs(_trainersAreDue(), _budget() + OWNER_BOND, ROUNDING);
        assertEq(_due(owner), uint256(terms.aggregatorFee) * (terms.rounds - 1));
        _assertAllIsHeld();
    }

    /// @dev A model that did not move has no shares: who was selected has worked all the same.
    function test_Silence_AfterARoundThatMovedNothing() public {
        for (uint256 i; i < SLOTS; ++i) {
            deltas[i] = [int256(-40), -25, 10, 1000 + int256(i)];
        }
        terms.energy <<= 20;
        _toWaiting();
        _advance();
        _advance();
        _assertPhase(Phase.Aborted);
        for (uint256 i; i < SLOTS; ++i) {
            assertEq(_due(accounts[i]), terms.trainerStake + (_budget() + OWNER_BOND) / SLOTS);
        }
        assertEq(_due(owner), uint256(terms.aggregatorFee) * (terms.rounds - 1));
        _assertAllIsHeld();
    }

    /// @dev Everybody takes what is due, in whatever order, and nothing stays behind.
    function test_Silence_LeavesNothingBehind() public {
        _toWaiting();
        _advance();
        _advance();
        address[] memory all = new address[](SLOTS + 2);
        for (uint256 i; i < SLOTS; ++i) {
            all[SLOTS - 1 - i] = accounts[i];
        }
        (all[SLOTS], all[SLOTS + 1]) = (owner, aggregator);
        market.withdrawFor(terms, all);
        assertEq(address(market).balance, 0);
        assertEq(market.locked(_id()), 0);
    }

    function test_Silence_WithoutArbiters() public {
        delete terms.arbiters;
        (terms.arbiterQuorum, terms.ownerBond, terms.disputeBond) = (0, 0, 0);
        _toMeasure();
        _attest(LOSS);
        _playMeasured();
        _advance();
        _assertPhase(Phase.Aborted);
        assertApproxEqAbs(_trainersAreDue(), _budget(), ROUNDING);
        _assertAllIsHeld();
    }

    /// @dev Arbiters who are asked and do not answer.
    function test_Silence_OfArbitersInAnAudit() public {
        _toWaiting();
        _attest(LOSS - GAIN);
        _dispute();
        _advance();
        _assertPhase(Phase.Aborted);
        assertEq(_due(outsider), DISPUTE_BOND + OWNER_BOND);
        assertApproxEqAbs(_trainersAreDue(), _budget(), ROUNDING);
        _assertAllIsHeld();
    }

    /// @dev Nobody has worked yet: everybody has back what it brought.
    function test_Silence_BeforeTheFirstRound() public {
        _toMeasure();
        _advance();
        _advance();
        _assertPhase(Phase.Cancelled);
        assertEq(_due(owner), DEPOSIT + OWNER_BOND);
        for (uint256 i; i < SLOTS; ++i) {
            assertEq(_due(accounts[i]), terms.trainerStake);
        }
        _assertAllIsHeld();
    }

    function test_Silence_IsDividedByWhatWasProven() public {
        _toWaiting();
        Part[] memory parts = market.waiting(_id());
        _advance();
        _advance();
        uint256 all = _project().owed;
        uint256 sum;
        for (uint256 i; i < parts.length; ++i) {
            sum += parts[i].share;
        }
        for (uint256 i; i < parts.length; ++i) {
            assertEq(_due(parts[i].trainer) - terms.trainerStake, all * parts[i].share / sum);
        }
    }

    // --- what is proven ------------------------------------------------------------------------

    /// @dev What rounding explains where the curvature stands in the terms is a forgery here: a root
    /// times itself has no negative squares, but for roots of negative numbers, which the field has.
    function test_RevertIf_ASquareIsNegative() public {
        _toMeasure();
        _pass(LOSS);
        _commitFirst(SLOTS);
        _revealFirst(SLOTS);
        uint256[] memory claims = _claims();
        claims[SLOTS + 1] = Bn254.R - 1; // <D_0, H D_0>
        vm.expectRevert(abi.encodeWithSelector(RoundGame.NegativeCurvature.selector, 0));
        vm.prank(aggregator);
        market.settle(terms, CID, _folded(), claims);
    }

    // --- rounds that break ---------------------------------------------------------------------

    /// @dev A round that is given up leaves what was paid and owed as it was.
    function test_Abort_AfterAPaidRound() public {
        terms.maxRetries = 0;
        _toWaiting();
        _pass(LOSS - GAIN);
        uint256 had = _trainersHave();
        _advance(); // nobody commits
        _assertPhase(Phase.Aborted);
        assertEq(_trainersHave(), had);
        _assertAllIsHeld();
    }

    function test_Retry_KeepsTheYardstick() public {
        _toMeasure();
        _pass(LOSS);
        _commitFirst(SLOTS);
        _advance(); // nobody reveals
        _assertPhase(Phase.Commit);
        assertEq(_project().measure.number, 1);
        assertEq(_project().measure.yardstick.x, _yardstick(LOSS).x);
    }
}
