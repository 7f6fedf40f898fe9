// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarketEvents, IMeasurements, Measured, Measurement, Phase} from "./Measured.sol";

/// @dev An aggregator that is not given the yardstick of its round, or cannot prove by it.
contract DemandTest is Measured {
    int256 private constant GAIN = 400_000_000;

    // --- answered ------------------------------------------------------------------------------

    /// @dev Who has it already pays for the answer.
    function test_Demand_ForNothingCostsTheAggregator() public {
        _toDemand();
        uint64 number = uint64(_project().measure.number) - 1;
        assertEq(number, 0);
        _sayOf(arbiters[0], 0, LOSS);
        _sayOf(arbiters[2], 0, LOSS);
        _assertPhase(Phase.Settle);
        assertEq(_project().deadline, block.timestamp + terms.settleSeconds);
        assertEq(_credit(arbiters[0]) + _credit(arbiters[2]), DISPUTE_BOND);
        assertEq(_project().bonded, terms.aggregatorStake - DISPUTE_BOND);
        assertFalse(_project().measure.deposed);
        _settle();
        _assertPhase(Phase.Measure);
        _assertAllIsHeld();
    }

    /// @dev The next aggregator finds it handed over.
    function test_Demand_IsOnceAnOpening() public {
        _toDemand();
        _sayOf(arbiters[0], 0, LOSS);
        _sayOf(arbiters[2], 0, LOSS);
        _assertRefused(
            aggregator,
            abi.encodeCall(IMeasurements.demand, (terms)),
            abi.encodeWithSelector(IMarketEvents.AlreadyDemanded.selector, _project().epoch)
        );
    }

    /// @dev Evaluators committed to what nobody can prove by: arbiters say another one.
    function test_Demand_ReplacesWhatNobodyCanProveBy() public {
        _toDemand();
        _sayOf(arbiters[0], 0, LOSS + 7);
        vm.expectEmit(address(market));
        emit IMarketEvents.Audited(_id(), false);
        _sayOf(arbiters[1], 0, LOSS + 7);
        _assertPhase(Phase.Settle);
        assertEq(_project().measure.yardstick.x, _yardstick(LOSS + 7).x);
        assertEq(_project().utility, -LOSS); // what was attested of the model stands
        assertTrue(_project().measure.deposed);
        assertEq(_project().bonded, terms.aggregatorStake);
        // Of two models to come each measurement is still paid.
        assertEq(_project().bonds, 2 * DISPUTE_BOND);
        assertEq(_credit(arbiters[0]) + _credit(arbiters[1]), OWNER_BOND - 2 * DISPUTE_BOND);
        _settle();
        _newDeltas();
        _draw();
        _judge(LOSS - GAIN);
        _assertPhase(Phase.Commit);
        assertApproxEqAbs(
            _trainersHave(), _worth(uint256(GAIN)) + _attendance(), _worth(uint256(GAIN)) >> 20
        );
        _assertAllIsHeld();
    }

    function test_Demand_WithoutArbitersIsTheEvaluatorsToAnswer() public {
        _withoutArbiters();
        _toDemand();
        _sayOf(evaluators[0], 0, LOSS);
        _sayOf(evaluators[2], 0, LOSS);
        _assertPhase(Phase.Settle);
        assertEq(_project().bonded, terms.aggregatorStake);
        _settle();
        _assertAllIsHeld();
    }

    /// @dev The same round opens again: who has said it may be asked for it, and say it, once more.
    function test_Demand_IsAnsweredInEveryOpening() public {
        _toDemand();
        _sayOf(arbiters[0], 0, LOSS);
        _sayOf(arbiters[1], 0, LOSS);
        _openAgain();
        _sayOf(arbiters[0], 0, LOSS);
        _assertPhase(Phase.Audit); // what was said before does not count
        _sayOf(arbiters[1], 0, LOSS);
        _assertPhase(Phase.Settle);
        _settle();
        _assertAllIsHeld();
    }

    /// @dev Only the same can be said: an aggregator that asks twice must not take the budget.
    function test_Demand_IsAnsweredInEveryOpeningWithoutArbiters() public {
        _withoutArbiters();
        _toDemand();
        _sayOf(evaluators[0], 0, LOSS);
        _sayOf(evaluators[1], 0, LOSS);
        _openAgain();
        _sayOf(evaluators[0], 0, LOSS);
        _sayOf(evaluators[1], 0, LOSS);
        _assertPhase(Phase.Settle);
        _settle();
        _assertAllIsHeld();
    }

    /// @dev Deltas are known: another yardstick would choose among them.
    function test_RevertIf_EvaluatorsSayAnother() public {
        _withoutArbiters();
        _toDemand();
        Measurement memory other = _measurement(LOSS + 1);
        bytes32 attested = keccak256(abi.encode(_measurement(LOSS)));
        _assertRefused(
            evaluators[0],
            abi.encodeCall(IMeasurements.measure, (terms, 0, other)),
            abi.encodeWithSelector(
                IMarketEvents.AnotherMeasurement.selector, attested, keccak256(abi.encode(other))
            )
        );
    }

    // --- not answered --------------------------------------------------------------------------

    /// @dev All that is left is theirs who show their deltas, and no aggregator pays for it.
    function test_Demand_UnansweredPaysWhoShowsADelta() public {
        _toDemand();
        _advance();
        _assertPhase(Phase.Claim);
        for (uint256 i; i < 5; ++i) {
            _claim(0, i, i);
        }
        _advance();
        _assertPhase(Phase.Aborted);
        for (uint256 i; i < 5; ++i) {
            assertApproxEqAbs(
                _due(accounts[i]), terms.trainerStake + (_budget() + OWNER_BOND) / 5, 1
            );
        }
        assertEq(_due(accounts[5]), terms.trainerStake);
        assertEq(_due(aggregator), terms.aggregatorStake);
        assertEq(_due(owner), uint256(terms.aggregatorFee) * terms.rounds);
        _assertAllIsHeld();
    }

    /// @dev What earlier rounds are owed stays theirs.
    function test_Demand_UnansweredLeavesWhatIsOwed() public {
        terms.energy <<= 12; // nothing is sure: the first round's pot is owed
        _toWaiting();
        _pass(LOSS - GAIN);
        _commitFirst(SLOTS);
        _revealFirst(SLOTS);
        vm.prank(aggregator);
        market.demand(terms);
        _advance();
        _claim(1, 0, 0);
        _advance();
        uint256 pot = _worth(uint256(GAIN));
        assertApproxEqAbs(_project().owed, pot, 1);
        assertEq(_due(owner), uint256(terms.aggregatorFee) * (terms.rounds - 1));
        uint256 had;
        for (uint256 i; i < SLOTS; ++i) {
            had += _due(accounts[i]) - terms.trainerStake;
        }
        assertApproxEqAbs(had, _budget() + OWNER_BOND, 20);
        assertGt(
            _due(accounts[0]), terms.trainerStake + _budget() + OWNER_BOND - pot - _attendance()
        );
        _assertAllIsHeld();
    }

    // --- who, and when -------------------------------------------------------------------------

    function test_RevertIf_ItIsNotInOffice() public {
        _toSettling();
        _assertRefused(
            successor,
            abi.encodeCall(IMeasurements.demand, (terms)),
            abi.encodeWithSelector(IMarketEvents.NotAggregator.selector, successor, aggregator)
        );
    }

    function test_RevertIf_TheDeadlineHasPassed() public {
        _toSettling();
        uint64 deadline = _project().deadline;
        vm.warp(uint256(deadline) + 1);
        _assertRefused(
            aggregator,
            abi.encodeCall(IMeasurements.demand, (terms)),
            abi.encodeWithSelector(IMarketEvents.DeadlinePassed.selector, deadline)
        );
    }

    /// @dev Evaluators have had their say where others judge.
    function test_RevertIf_AnEvaluatorAnswersForArbiters() public {
        _toDemand();
        _assertRefused(
            evaluators[0],
            abi.encodeCall(IMeasurements.measure, (terms, 0, _measurement(LOSS))),
            abi.encodeWithSelector(IMarketEvents.NotAnEvaluator.selector, evaluators[0])
        );
    }

    function test_RevertIf_AnotherMeasurementIsMeant() public {
        _toDemand();
        _assertRefused(
            arbiters[0],
            abi.encodeCall(IMeasurements.measure, (terms, 1, _measurement(LOSS))),
            abi.encodeWithSelector(IMarketEvents.WrongMeasurement.selector, 1, 0)
        );
    }

    // --- how -----------------------------------------------------------------------------------

    function _toSettling() private {
        _toMeasure();
        _attest(LOSS);
        if (terms.arbiters.length != 0) _advance(); // nobody contests it
        _commitFirst(SLOTS);
        _revealFirst(SLOTS);
        _assertPhase(Phase.Settle);
    }

    /// @dev Nobody answers a challenge; the next opening's settlement is demanded too.
    function _openAgain() private {
        _challenge(2 ** SLOTS - 1);
        _advance();
        _assertPhase(Phase.Commit);
        _commitFirst(SLOTS);
        _revealFirst(SLOTS);
        vm.prank(aggregator);
        market.demand(terms);
    }

    function _toDemand() private {
        _toSettling();
        vm.expectEmit(address(market));
        emit IMarketEvents.Demanded(
            _id(), 0, 0, aggregator, uint64(block.timestamp + terms.auditSeconds)
        );
        vm.prank(aggregator);
        market.demand(terms);
        _assertPhase(Phase.Audit);
    }

    function _sayOf(address account, uint256 number, int256 loss) private {
        Measurement memory given = _measurement(loss);
        vm.prank(account);
        market.measure(terms, number, given);
    }

    function _withoutArbiters() private {
        delete terms.arbiters;
        (terms.arbiterQuorum, terms.ownerBond, terms.disputeBond) = (0, 0, 0);
    }
}
