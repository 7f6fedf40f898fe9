// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Scorings, Selections, Steps} from "../src/libraries/Choices.sol";
import {IMarketEvents, Phase, Project, Vectors} from "./Fixture.sol";
import {Outcomes} from "./Outcomes.sol";

/// @dev Pay that follows what the model has gained.
contract PerGainTest is Outcomes {
    uint256 private constant ATTENDANCE = 1000; // basis points
    int256 private constant EXPECTED = 1_000_000_000; // more than there is to gain
    uint256 private _forGain; // wei of the budget that are paid by gain

    function setUp() public override {
        super.setUp();
        _useDefaults();
        terms.rounds = 4;
        terms.aggregatorFee = 0.005 ether;
        terms.attendanceBps = uint16(ATTENDANCE);
        terms.expectedGain = EXPECTED;
        _forGain = BUDGET - BUDGET * ATTENDANCE / 10_000;
    }

    // --- pots ----------------------------------------------------------------------------------

    function test_PerGain_ThePotIsWhatTheGainIsWorth() public {
        _toSettlement(SLOTS);
        Outcome memory o = _settled();
        uint256 pot = _forGain * uint256(o.afterwards - o.before) / uint256(EXPECTED);
        uint256 attendance = BUDGET * ATTENDANCE / 10_000 / 4;
        _assertPaid(o, pot + attendance);
        Project memory p = _project();
        assertApproxEqAbs(p.gainPaid, pot, 6);
        assertLe(p.gainPaid, pot);
        assertEq(p.initialUtility, o.before);
        assertEq(p.bestUtility, o.afterwards);
        assertEq(p.trainerBudget, BUDGET - _sum(o.payouts));
        assertEq(p.earned, 0); // nothing was held back
        _assertConserved(0);
    }

    function test_PerGain_AnotherRoundIsPaidForWhatItAdds() public {
        _toSettlement(SLOTS);
        Outcome memory first = _settled();
        _goOn(first);
        uint256 paid = _project().gainPaid;
        _play();
        Outcome memory second = _settled();
        assertGt(second.afterwards, first.afterwards);
        uint256 due =
            _forGain * uint256(second.afterwards - first.before) / uint256(EXPECTED) - paid;
        _assertPaid(second, due + BUDGET * ATTENDANCE / 10_000 / 4);
        assertLt(_sum(second.payouts), _sum(first.payouts));
        _assertConserved(0);
    }

    function test_PerGain_ThePotIsCappedAndTheRestWaitsForTheEnd() public {
        terms.potCapBps = 2500;
        _toSettlement(SLOTS);
        Outcome memory o = _settled();
        uint256 attendance = BUDGET * ATTENDANCE / 10_000 / 4;
        uint256 cap = BUDGET * 2500 / 10_000;
        _assertPaid(o, cap + attendance);
        uint256 due = _forGain * uint256(o.afterwards - o.before) / uint256(EXPECTED);
        assertGt(due, cap);

        assertGt(_project().earned, 0); // by the shares of this round
        uint256 earned = _project().earned;

        _goOn(o);
        _play();
        o = _settled();
        uint256 next =
            _forGain * uint256(o.afterwards - _project().initialUtility) / uint256(EXPECTED) - due;
        assertLt(next, cap);
        _assertPaid(o, next + attendance);
        assertEq(_project().earned, earned);
        _assertConserved(0);
    }

    function test_PerGain_ARoundThatGainsNothingPaysAttendance() public {
        _toSettlement(SLOTS);
        Outcome memory o = _settled();
        _goOn(o);
        for (uint256 i; i < SLOTS; ++i) {
            for (uint256 k; k < 3; ++k) {
                deltas[i][k] = -deltas[i][k];
            }
        }
        uint256 paid = _project().gainPaid;
        _play();
        o = _settled();
        assertEq(o.afterwards, o.before);
        assertEq(_project().gainPaid, paid);
        _assertPaid(o, BUDGET * ATTENDANCE / 10_000 / 4);
        for (uint256 i; i < SLOTS; ++i) {
            assertEq(o.payouts[i] != 0, o.selected >> i & 1 == 1);
        }
    }

    /// @dev The model gets worse, and then better again: the gain up to the old best is paid already.
    function test_PerGain_WhatWasLostAndRegainedIsNotPaidTwice() public {
        (terms.selection, terms.step) = (Selections.MULTI_KRUM, Steps.MEAN);
        deltas[5] = deltas[4];
        deltas[5][3] = 1005;
        _toSettlement(SLOTS);
        Outcome memory first = _settled();
        int256[4][SLOTS] memory good = deltas;
        model = _modelMoved(first.weights);
        _turn();
        _play();
        Outcome memory down = _settled();
        assertLt(down.afterwards, first.afterwards);
        assertEq(_project().bestUtility, first.afterwards);
        assertEq(_sum(down.payouts), 0); // a mean step is taken, and nobody has a score
        uint256 paid = _project().gainPaid;
        uint256 earned = _project().earned;

        model = _modelMoved(down.weights);
        deltas = good;
        for (uint256 i; i < SLOTS; ++i) {
            deltas[i][3] += 200;
        }
        _play();
        Outcome memory up = _settled();
        assertEq(up.afterwards, first.afterwards); // just where it was
        assertEq(_project().gainPaid, paid);
        assertEq(_project().earned, earned);
        _assertPaid(up, BUDGET * ATTENDANCE / 10_000 / 4);

        model = _modelMoved(up.weights);
        _newDeltas();
        _play();
        Outcome memory beyond = _settled();
        assertGt(beyond.afterwards, first.afterwards);
        assertGt(_project().gainPaid, paid);
        _assertPhase(Phase.Done);
        _assertConserved(0);
    }

    // --- the end -------------------------------------------------------------------------------

    function test_PerGain_AUsedUpBudgetEndsTheProject() public {
        terms.expectedGain = 400_000_000;
        _toSettlement(SLOTS);
        Outcome memory o = _settled();
        assertGt(o.afterwards - o.before, terms.expectedGain);
        _assertPhase(Phase.Done);
        _assertPaid(o, _forGain + BUDGET * ATTENDANCE / 10_000 / 4);
        // What is left is attendance of three rounds, their fees, and what rounding left.
        assertApproxEqAbs(_due(owner), BUDGET * ATTENDANCE / 10_000 * 3 / 4 + 3 * 0.005 ether, 24);
        _assertConserved(0);
    }

    /// @dev What the cap holds back is owed then, by the shares of the round that earned it.
    function test_PerGain_ABudgetThatIsGainedEndsTheProjectThoughItIsNotPaid() public {
        (terms.expectedGain, terms.potCapBps) = (400_000_000, 5000);
        _toSettlement(SLOTS);
        Outcome memory o = _settled();
        _assertPhase(Phase.Done);
        _assertPaid(o, BUDGET / 2 + BUDGET * ATTENDANCE / 10_000 / 4);
        assertEq(_project().owed, _forGain - _project().gainPaid);
        uint256 pot = _sum(o.payouts) - BUDGET * ATTENDANCE / 10_000 / 4;
        for (uint256 i; i < SLOTS; ++i) {
            if (o.payouts[i] == 0) continue;
            uint256 byScore = o.payouts[i] - BUDGET * ATTENDANCE / 10_000 / 4 / _paidCount(o);
            uint256 due = _due(accounts[i]) - _stake(i) - o.payouts[i];
            assertApproxEqRel(due, byScore * _project().owed / pot, 1e-5 ether);
        }
        _assertConserved(0);
    }

    function test_PerGain_WhatIsNotGainedReturns() public {
        terms.rounds = 1;
        terms.aggregatorFee = 0.02 ether;
        _toSettlement(SLOTS);
        Outcome memory o = _settled();
        _assertPhase(Phase.Done);
        assertEq(_project().owed, 0);
        assertEq(_due(owner), BUDGET - _sum(o.payouts));
        assertGt(_due(owner), BUDGET / 10);
        _assertConserved(0);
    }

    function test_PerGain_WhatIsOwedAtTheEndGoesToWhoEarnedIt() public {
        uint256 owed = _toOwed();
        uint256 total = _project().earned;
        uint256 sum;
        for (uint256 i; i < SLOTS; ++i) {
            uint256 earned = market.trainer(_id(), accounts[i]).earned;
            assertEq(_due(accounts[i]), _credit(accounts[i]) + _stake(i) + owed * earned / total);
            sum += earned;
        }
        assertEq(sum, total);
        assertEq(market.locked(_id()), owed + _project().stakes);
        _assertConserved(0);
    }

    /// forge-config: default.fuzz.runs = 32
    /// forge-config: long.fuzz.runs = 256
    function testFuzz_PerGain_TheOrderOfWithdrawalsDoesNotMatter(uint256 seed) public {
        uint256 owed = _toOwed();
        uint256[] memory expected = new uint256[](SLOTS);
        for (uint256 i; i < SLOTS; ++i) {
            expected[i] = _due(accounts[i]);
        }
        uint256 paid;
        bool[SLOTS] memory done;
        for (uint256 left = SLOTS; left != 0; --left) {
            uint256 skip = seed % left;
            seed /= left;
            uint256 i;
            for (; done[i] || skip != 0; ++i) {
                if (!done[i]) --skip;
            }
            done[i] = true;
            if (market.trainer(_id(), accounts[i]).earned != 0) {
                vm.expectEmit(true, true, false, false, address(market));
                emit IMarketEvents.Shared(_id(), accounts[i], 0);
            }
            vm.prank(accounts[i]);
            uint256 got = market.withdraw(terms);
            assertApproxEqAbs(got, expected[i], SLOTS);
            paid += got;
        }
        assertEq(_project().owed, 0);
        assertEq(_project().earned, 0);
        assertGt(owed, 0);
        _assertConserved(paid);
    }

    /// @dev And together with what a round that was given up has to share.
    function test_PerGain_AnAbortedProjectOwesWhatItGained() public {
        terms.potCapBps = 1000;
        terms.maxRetries = 0;
        _toSettlement(SLOTS);
        Outcome memory o = _settled();
        uint256 gained = _forGain * uint256(o.afterwards - o.before) / uint256(EXPECTED);
        uint256 owed = gained - _project().gainPaid;
        _goOn(o);
        _commitFirst(SLOTS);
        _revealFirst(3);
        _advance();
        for (uint256 i = 3; i < SLOTS; ++i) {
            _expel(i);
        }
        _advance(); // and nobody settles
        _claim(1, 0, 0);
        uint256 lost = 3 * terms.trainerStake + terms.aggregatorStake - 4 * terms.bounty;
        uint256 left = _project().trainerBudget;
        _pass();
        vm.expectEmit(address(market));
        emit IMarketEvents.Closed(_id(), Phase.Aborted, left + 3 * 0.005 ether - owed, owed, lost);
        market.advance(terms);
        assertEq(
            _due(accounts[0]),
            _credit(accounts[0]) + terms.trainerStake + lost + owed
                * market.trainer(_id(), accounts[0]).earned / _project().earned
        );
        // Who was silent loses its stake, and not what it has earned.
        assertGt(_due(accounts[3]), _credit(accounts[3]));
        uint256 paid;
        for (uint256 i; i < SLOTS; ++i) {
            if (_due(accounts[i]) == 0) continue;
            vm.prank(accounts[i]);
            paid += market.withdraw(terms);
        }
        assertEq(_project().owed + _project().forfeited, 0);
        _assertConserved(paid);
    }

    function test_PerGain_AnAbortBeforeAnySettlementOwesNothing() public {
        _toSettlement(SLOTS);
        _advance();
        _advance();
        _assertPhase(Phase.Aborted);
        assertEq(_project().owed, 0);
        assertEq(_due(owner), DEPOSIT + terms.aggregatorStake - terms.bounty);
        _assertConserved(0);
    }

    // --- what is added -------------------------------------------------------------------------

    /// @dev More money makes what is gained from then on worth more.
    function test_PerGain_FundsRaiseWhatGainIsWorth() public {
        _toSettlement(SLOTS);
        Outcome memory o = _settled();
        vm.prank(outsider);
        market.fund{value: 0.5 ether}(terms, 0.5 ether);
        _goOn(o);
        _play();
        int256 before = _project().initialUtility;
        int256 best = _project().bestUtility;
        o = _settled();
        uint256 budget = BUDGET + 0.5 ether;
        uint256 forGain = budget - budget * ATTENDANCE / 10_000;
        uint256 fresh = forGain * uint256(o.afterwards - before) / uint256(EXPECTED) - forGain
            * uint256(best - before) / uint256(EXPECTED);
        _assertPaid(o, fresh + budget * ATTENDANCE / 10_000 / 4);
        _assertOwedIsHeld();
    }

    function test_PerGain_LeaveOneOutIsPaidTheSameWay() public {
        terms.scoring = Scorings.LEAVE_ONE_OUT;
        for (uint256 i; i < SLOTS; ++i) {
            deltas[i] = [int256(0), 0, 0, 1000 + int256(i)];
        }
        (deltas[0][0], deltas[1][1], deltas[2][2]) = (50, 50, -50); // each alone in its direction
        _toSettlement(SLOTS);
        Outcome memory o = _settled();
        uint256 pot = _forGain * uint256(o.afterwards - o.before) / uint256(EXPECTED);
        uint256 attendance = BUDGET * ATTENDANCE / 10_000 / 4;
        _assertPaid(o, pot + attendance);
        for (uint256 i; i < SLOTS; ++i) {
            assertEq(o.payouts[i] != 0, i < 3);
            assertLe(o.payouts[i], 2 * pot / 3 + attendance / 3); // nobody above twice an equal share
        }
    }

    function _paidCount(Outcome memory o) private pure returns (uint256 count) {
        for (uint256 i; i < SLOTS; ++i) {
            if (o.payouts[i] != 0) ++count;
        }
    }

    /// @dev To the end of a project of two rounds whose pots are capped; the others' deltas differ.
    function _toOwed() private returns (uint256 owed) {
        terms.potCapBps = 500;
        terms.rounds = 2;
        terms.aggregatorFee = 0.01 ether;
        _toSettlement(SLOTS);
        Outcome memory o = _settled();
        _goOn(o);
        _play();
        o = _settled();
        _assertPhase(Phase.Done);
        uint256 gained =
            _forGain * uint256(o.afterwards - _project().initialUtility) / uint256(EXPECTED);
        owed = _project().owed;
        assertEq(owed, gained - _project().gainPaid);
        assertGt(owed, BUDGET / 10);
    }

    /// @dev The roles take over the model, and five trainers aim at the best one from there.
    function _goOn(Outcome memory o) private {
        model = _modelMoved(o.weights);
        int256[3] memory best = [int256(7115), 4423, -5192];
        for (uint256 i; i < SLOTS; ++i) {
            for (uint256 k; k < 3; ++k) {
                deltas[i][k] = (best[k] - model[k]) * (10 + int256(i)) / 100;
            }
            deltas[i][3] += 100;
        }
    }

    function _turn() private {
        for (uint256 i; i < SLOTS; ++i) {
            for (uint256 k; k < 3; ++k) {
                deltas[i][k] = -deltas[i][k];
            }
            deltas[i][3] += 100;
        }
    }

    /// @dev From Commit to Settle.
    function _play() private {
        _commitFirst(SLOTS);
        _revealFirst(SLOTS);
    }

    /// @dev All of it, but for what rounding leaves.
    function _assertPaid(Outcome memory o, uint256 amount) private pure {
        uint256 paid = _sum(o.payouts);
        assertLe(paid, amount);
        assertGe(paid + 2 * SLOTS, amount);
    }
}
