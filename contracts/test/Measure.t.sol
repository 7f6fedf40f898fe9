// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarketEvents, IMeasurements, Measured, Measurement, Phase} from "./Measured.sol";

/// @dev Who may say what a model is, and what follows. What it pays: MeasuredPay.t.sol.
contract MeasureTest is Measured {
    // --- opening -------------------------------------------------------------------------------

    function test_Joining_OpensWithAMeasurement() public {
        _gather(SLOTS);
        _assertPhase(Phase.Measure);
        assertEq(_project().measure.number, 0);
        assertEq(_project().measure.seedBlock, block.number + 1);
        assertEq(_project().deadline, block.timestamp + terms.measureSeconds);
    }

    function test_Joining_OpensWithAMeasurementAtTheDeadline() public {
        _gather(QUORUM);
        _advance();
        _assertPhase(Phase.Measure);
    }

    function test_Settle_OpensTheNextMeasurement() public {
        _toWaiting();
        _assertPhase(Phase.Measure);
        assertEq(_project().measure.number, 1);
        assertEq(_project().round, 1);
        assertEq(_trainersHave(), 0); // nothing is paid before its model is measured
        assertEq(market.waiting(_id()).length, 5);
        _assertAllIsHeld();
    }

    // --- coordinates ---------------------------------------------------------------------------

    function test_Coordinates_OfABlockAfterTheModelsOwn() public {
        _gather(SLOTS);
        uint256 decisive = _project().measure.seedBlock;
        vm.roll(decisive + 1);
        bytes32 seed = keccak256(abi.encode(blockhash(decisive), _id(), uint16(0)));
        vm.expectEmit(address(market));
        emit IMarketEvents.CoordinatesDrawnFor(_id(), 0, seed);
        market.drawCoordinates(terms);
        assertEq(_project().measure.seed, seed);
    }

    /// @dev Where nobody asked in time, a later block decides: there is no choice to wait for.
    function test_Coordinates_OfALaterBlockWhereNobodyAsked() public {
        _gather(SLOTS);
        uint256 decisive = _project().measure.seedBlock;
        vm.roll(decisive + 600);
        market.drawCoordinates(terms);
        bytes32 hash = blockhash(decisive + 512);
        assertNotEq(hash, 0);
        assertEq(_project().measure.seed, keccak256(abi.encode(hash, _id(), uint16(0))));
    }

    function test_RevertIf_TheBlockIsNotThere() public {
        _gather(SLOTS);
        uint64 decisive = _project().measure.seedBlock;
        bytes memory draw = abi.encodeCall(IMeasurements.drawCoordinates, (terms));
        for (uint256 i; i < 2; ++i) {
            _assertRefused(
                outsider, draw, abi.encodeWithSelector(IMarketEvents.NoHashYet.selector, decisive)
            );
            vm.roll(decisive);
        }
    }

    function test_RevertIf_MeasuredWithoutCoordinates() public {
        _gather(SLOTS);
        _refused(
            evaluators[0],
            0,
            _measurement(LOSS),
            abi.encodeWithSelector(IMarketEvents.NoCoordinates.selector, 0)
        );
    }

    function test_RevertIf_DrawnAlready() public {
        _toMeasure();
        bytes32 seed = _project().measure.seed;
        _assertRefused(
            outsider,
            abi.encodeCall(IMeasurements.drawCoordinates, (terms)),
            abi.encodeWithSelector(IMarketEvents.CoordinatesDrawn.selector, seed)
        );
    }

    function test_Coordinates_AreFreshInEveryRound() public {
        _toMeasure();
        bytes32 first = _project().measure.seed;
        _pass(LOSS);
        _playMeasured();
        assertNotEq(_project().measure.seed, first);
    }

    // --- a quorum ------------------------------------------------------------------------------

    function test_Measure_WaitsForAQuorumThatSaysTheSame() public {
        _toMeasure();
        _say(evaluators[0], LOSS);
        _say(evaluators[1], LOSS + 1);
        _assertPhase(Phase.Measure);
        vm.expectEmit(address(market));
        emit IMarketEvents.Measured(_id(), 0, -LOSS, 0, _yardstick(LOSS), "yardstick");
        _say(evaluators[2], LOSS);
        _assertPhase(Phase.Contest);
        assertEq(_project().deadline, block.timestamp + terms.contestSeconds);
    }

    function test_Measure_SomebodyMayComeRound() public {
        _toMeasure();
        _say(evaluators[0], LOSS);
        _say(evaluators[1], LOSS + 1);
        _say(evaluators[1], LOSS);
        _assertPhase(Phase.Contest);
        assertEq(_project().measure.utility, -LOSS);
    }

    /// @dev Who has come round counts where it has come to, and no more where it was.
    function test_Measure_NobodyCountsTwice() public {
        terms.evaluatorQuorum = 3;
        _toMeasure();
        _say(evaluators[0], LOSS);
        _say(evaluators[1], LOSS);
        _say(evaluators[1], LOSS + 1);
        _say(evaluators[2], LOSS);
        _assertPhase(Phase.Measure);
        _say(evaluators[1], LOSS);
        _assertPhase(Phase.Contest);
    }

    /// @dev A lying minority decides nothing.
    function test_Measure_AMinorityCannotLie() public {
        _toMeasure();
        _say(evaluators[2], 1);
        _pass(LOSS);
        assertEq(_project().utility, -LOSS);
        _assertPhase(Phase.Commit);
    }

    function test_Contest_PassesIntoCommit() public {
        _toMeasure();
        _attest(LOSS);
        _advance();
        _assertPhase(Phase.Commit);
        assertEq(_project().measure.number, 1);
        assertEq(_project().initialUtility, -LOSS);
        assertEq(_project().bestUtility, -LOSS);
        assertEq(_project().measure.yardstick.x, _yardstick(LOSS).x);
        _assertAllIsHeld();
    }

    function test_Measure_WithoutArbitersIsNotContested() public {
        _dropArbiters();
        _toMeasure();
        _attest(LOSS);
        _assertPhase(Phase.Commit);
    }

    // --- arbiters ------------------------------------------------------------------------------

    function test_Silence_LetsArbitersMeasure() public {
        _toMeasure();
        _say(evaluators[0], LOSS);
        _advance();
        _assertPhase(Phase.Measure);
        assertTrue(_project().measure.deposed);
        _refused(
            evaluators[1],
            0,
            _measurement(LOSS),
            abi.encodeWithSelector(IMarketEvents.NotAnEvaluator.selector, evaluators[1])
        );
        _judge(LOSS);
        _assertPhase(Phase.Commit); // the last instance is not contested
        assertEq(_credit(arbiters[0]), DISPUTE_BOND / 2);
        assertEq(_project().bonds, OWNER_BOND - DISPUTE_BOND);
        _assertAllIsHeld();
    }

    function test_Audit_ConfirmsWhatArbitersSayToo() public {
        _toMeasure();
        _attest(LOSS);
        _dispute();
        _assertPhase(Phase.Audit);
        _say(arbiters[0], LOSS);
        vm.expectEmit(address(market));
        emit IMarketEvents.Audited(_id(), true);
        _say(arbiters[1], LOSS);
        _assertPhase(Phase.Commit);
        assertEq(_credit(arbiters[0]) + _credit(arbiters[1]), DISPUTE_BOND);
        assertEq(_due(outsider), 0);
        assertFalse(_project().measure.deposed);
        _assertAllIsHeld();
    }

    function test_Audit_TakesWhatArbitersSayInstead() public {
        _toMeasure();
        _attest(LOSS);
        _dispute();
        _judge(LOSS + 5);
        _assertPhase(Phase.Commit);
        assertTrue(_project().measure.deposed);
        assertEq(_project().utility, -LOSS - 5);
        assertEq(_project().measure.yardstick.x, _yardstick(LOSS + 5).x);
        assertEq(_credit(outsider), DISPUTE_BOND + OWNER_BOND / 2);
        assertEq(_credit(arbiters[0]) + _credit(arbiters[1]), OWNER_BOND / 2);
        assertEq(_project().bonds, 0);
        _assertAllIsHeld();
    }

    function test_Audit_IsHeldByChanceToo() public {
        terms.auditBps = 10_000;
        _toMeasure();
        _attest(LOSS);
        vm.roll(block.number + 2);
        _advance();
        _assertPhase(Phase.Audit);
        _judge(LOSS);
        _assertPhase(Phase.Commit);
        assertEq(_project().bonds, OWNER_BOND - DISPUTE_BOND);
        _assertAllIsHeld();
    }

    /// @dev Before the block that decides, chance would be known to whoever moves on.
    function test_RevertIf_ChanceHasNotDecided() public {
        terms.auditBps = 5000;
        _toMeasure();
        _attest(LOSS);
        uint64 decisive = uint64(block.number + 1);
        assertEq(_project().audit.seedBlock, decisive);
        _pass();
        for (uint256 i; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IMarketEvents.NoHashYet.selector, decisive));
            market.advance(terms);
            vm.roll(decisive);
        }
        vm.roll(decisive + 1);
        market.advance(terms);
        uint256 drawn = uint256(keccak256(abi.encode(blockhash(decisive), _id()))) % 10_000;
        _assertPhase(drawn < 5000 ? Phase.Audit : Phase.Commit);
    }

    /// @dev A proven gain of which less than half is measured.
    function test_Audit_WhereProvenAndMeasuredDiffer() public {
        _toWaiting();
        assertGt(_project().measure.predicted, 2);
        _attest(LOSS - 1);
        _assertPhase(Phase.Audit);
        _judge(LOSS - 1);
        _assertPhase(Phase.Commit);
        _assertAllIsHeld();
    }

    function test_RevertIf_VotedOnAMeasurement() public {
        _toMeasure();
        _attest(LOSS);
        _dispute();
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.NotDisputable.selector, _id()));
        vm.prank(arbiters[0]);
        market.vote(terms, true);
    }

    // --- refusals ------------------------------------------------------------------------------

    function test_RevertIf_NotAnEvaluator() public {
        _toMeasure();
        _refused(
            outsider,
            0,
            _measurement(LOSS),
            abi.encodeWithSelector(IMarketEvents.NotAnEvaluator.selector, outsider)
        );
        _refused(
            arbiters[0],
            0,
            _measurement(LOSS),
            abi.encodeWithSelector(IMarketEvents.NotAnEvaluator.selector, arbiters[0])
        );
    }

    function test_RevertIf_SaidAlready() public {
        _toMeasure();
        _say(evaluators[0], LOSS);
        _refused(
            evaluators[0],
            0,
            _measurement(LOSS),
            abi.encodeWithSelector(IMarketEvents.AlreadyVoted.selector, evaluators[0])
        );
    }

    function test_RevertIf_OfAnotherMeasurement() public {
        _toMeasure();
        _refused(
            evaluators[0],
            1,
            _measurement(LOSS),
            abi.encodeWithSelector(IMarketEvents.WrongMeasurement.selector, 1, 0)
        );
    }

    function test_RevertIf_ItIsNoMeasurement() public {
        _toMeasure();
        bytes memory bad = abi.encodeWithSelector(IMarketEvents.BadMeasurement.selector);
        Measurement memory given = _measurement(2 ** 240 + 1);
        _refused(evaluators[0], 0, given, bad);
        given = _measurement(LOSS);
        given.spread = 2 ** 240 + 1;
        _refused(evaluators[0], 0, given, bad);
        given = _measurement(LOSS);
        given.cid = "";
        _refused(evaluators[0], 0, given, abi.encodeWithSelector(IMarketEvents.BadCid.selector, ""));
        given.cid = "yardstick";
        given.yardstick.x ^= 1;
        bytes memory point = abi.encodeWithSelector(
            IMarketEvents.BadPoint.selector, given.yardstick.x, given.yardstick.y
        );
        _refused(evaluators[0], 0, given, point);
        given.yardstick = terms.zero;
        point = abi.encodeWithSelector(IMarketEvents.BadPoint.selector, terms.zero.x, terms.zero.y);
        _refused(evaluators[0], 0, given, point);
    }

    function test_RevertIf_PastTheDeadline() public {
        _toMeasure();
        uint64 deadline = _project().deadline;
        vm.warp(deadline + 1);
        _refused(
            evaluators[0],
            0,
            _measurement(LOSS),
            abi.encodeWithSelector(IMarketEvents.DeadlinePassed.selector, deadline)
        );
    }

    function test_RevertIf_DisputedTooEarlyOrTooLate() public {
        _toMeasure();
        bytes memory reason = abi.encodeWithSelector(IMarketEvents.NotDisputable.selector, _id());
        vm.expectRevert(reason);
        market.dispute{value: terms.disputeBond}(terms);
        _attest(LOSS);
        _advance();
        vm.expectRevert(reason);
        market.dispute{value: terms.disputeBond}(terms);
    }

    function test_RevertIf_ExpiredBeforeTheDeadline() public {
        _toMeasure();
        uint64 deadline = _project().deadline;
        bytes memory reason =
            abi.encodeWithSelector(IMarketEvents.DeadlineNotReached.selector, deadline);
        _assertRefused(outsider, abi.encodeCall(IMeasurements.expire, (terms)), reason);
    }

    /// @dev Its own phases alone: it must not move another on.
    function test_RevertIf_ExpiredInAnotherPhase() public {
        _toMeasure();
        _pass(LOSS);
        _pass();
        bytes memory reason =
            abi.encodeWithSelector(IMarketEvents.WrongPhase.selector, Phase.Commit, Phase.Measure);
        _assertRefused(outsider, abi.encodeCall(IMeasurements.expire, (terms)), reason);
    }

    function _dropArbiters() private {
        delete terms.arbiters;
        (terms.arbiterQuorum, terms.ownerBond, terms.disputeBond) = (0, 0, 0);
    }

    function _refused(
        address account,
        uint256 number,
        Measurement memory given,
        bytes memory reason
    ) private {
        bytes memory call = abi.encodeCall(IMeasurements.measure, (terms, number, given));
        _assertRefused(account, call, reason);
    }
}
