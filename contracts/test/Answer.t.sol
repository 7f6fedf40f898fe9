// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bn254} from "../src/libraries/Bn254.sol";
import {Fixture, IMarketEvents, IRounds, Phase, Point, Vectors} from "./Fixture.sol";

contract AnswerTest is Fixture {
    // --- what an answer does -------------------------------------------------------------------

    function test_Answer_CostsTheAggregatorTheBond() public {
        _toSettlement(SLOTS);
        _challenge(1 << 2);
        (bytes memory values, Point memory quotient) = _opening(2);
        vm.expectEmit(address(market));
        emit IMarketEvents.Slashed(_id(), aggregator, terms.challengeBond);
        vm.expectEmit(address(market));
        emit IMarketEvents.Credited(_id(), accounts[2], terms.challengeBond);
        vm.expectEmit(address(market));
        emit IMarketEvents.Answered(_id(), 0, accounts[2], 0, values);
        vm.expectEmit(address(market));
        emit IMarketEvents.SettlementOpened(_id(), 0, uint64(block.timestamp + terms.settleSeconds));
        vm.prank(outsider); // whoever publishes it, the bond is the trainer's
        market.answer(terms, 0, 2, values, quotient);

        assertEq(_credit(accounts[2]), terms.challengeBond);
        assertEq(_credit(outsider), 0);
        assertEq(
            market.aggregatorStake(_id(), aggregator), terms.aggregatorStake - terms.challengeBond
        );
        assertEq(market.trainer(_id(), accounts[2]).stake, terms.trainerStake);
        _assertPhase(Phase.Settle);
        _assertConserved(0);
    }

    function test_Answer_TheLastOpensTheSettlement() public {
        _toSettlement(SLOTS);
        _challenge(0x21);
        uint64 deadline = _project().deadline;
        _answer(5, 5);
        _assertPhase(Phase.Answer);
        assertEq(_project().accused, 1);
        assertEq(_project().deadline, deadline);

        vm.warp(deadline); // the last second is within
        _answer(0, 0);
        _assertPhase(Phase.Settle);
        assertEq(_project().accused, 0);
        assertEq(_project().deadline, deadline + terms.settleSeconds);
        _assertConserved(0);
    }

    function test_Answer_LeavesTheRoundAsItWas() public {
        _toSettlement(SLOTS);
        int256[4] memory next = _modelAfter(0x1f);
        _challenge(0x3f);
        for (uint256 i; i < SLOTS; ++i) {
            _answer(i, i);
        }
        _settle();
        assertEq(abi.encode(_project().model), abi.encode(Vectors.commitment(next)));
        assertEq(_project().round, 1);
        _assertConserved(0);
    }

    /// forge-config: default.fuzz.runs = 24
    function testFuzz_Answer_OpensAnyDeltaInRange(int16[4] memory entries) public {
        for (uint256 k; k < 4; ++k) {
            deltas[0][k] = bound(entries[k], -15_999, 15_999);
        }
        _toSettlement(SLOTS);
        _challenge(1);
        _answer(0, 0);
        assertEq(_credit(accounts[0]), terms.challengeBond);
    }

    // --- what is no answer ---------------------------------------------------------------------

    /// forge-config: default.fuzz.runs = 24
    function testFuzz_RevertIf_AnEntryIsChanged(uint256 entry, int16 change) public {
        vm.assume(change != 0);
        _toSettlement(SLOTS);
        _challenge(1);
        int256[4] memory other = deltas[0];
        entry = bound(entry, 0, 3);
        other[entry] = int16(int256(bound(other[entry] + change, -16_383, 16_383)));
        vm.assume(other[entry] != deltas[0][entry]);
        bytes memory values = Vectors.encode(other);
        uint256 z = _drawn(_point(0), values);
        _doesNotOpen(0, values, Vectors.quotient(other, z));
        _doesNotOpen(0, values, Vectors.quotient(deltas[0], z));
    }

    /// forge-config: default.fuzz.runs = 24
    function testFuzz_RevertIf_TheQuotientIsWrong(uint256 scalar) public {
        _toSettlement(SLOTS);
        _challenge(1);
        (bytes memory values, Point memory quotient) = _opening(0);
        _doesNotOpen(0, values, quotient.y == 0 ? quotient : Bn254.negate(quotient));
        Point memory wrong = Bn254.mul(Point(1, 2), scalar);
        vm.assume(!Bn254.equals(wrong, quotient));
        _doesNotOpen(0, values, wrong);
    }

    function test_RevertIf_ItIsAnothersDelta() public {
        _toSettlement(SLOTS);
        _challenge(1);
        (bytes memory values, Point memory quotient) = _opening(1);
        _doesNotOpen(0, values, quotient);
    }

    function test_RevertIf_TheQuotientIsNoPoint() public {
        _toSettlement(SLOTS);
        _challenge(1);
        (bytes memory values,) = _opening(0);
        _doesNotOpen(0, values, Point(1, 1));
    }

    /// @dev The opening is honest, and the delta is not one that the circuit takes.
    function test_RevertIf_AnEntryIsOutOfRange() public {
        deltas[0][1] = 16_000;
        deltas[1][3] = -16_000;
        _toSettlement(SLOTS);
        _challenge(3);
        for (uint256 i; i < 2; ++i) {
            (bytes memory values, Point memory quotient) = _opening(i);
            _doesNotOpen(i, values, quotient);
        }
    }

    function test_RevertIf_TheLengthIsWrong() public {
        deltas[0][3] = 0; // a zero less or more is the same polynomial
        _toSettlement(SLOTS);
        _challenge(1);
        bytes memory values = Vectors.encode(deltas[0]);
        bytes[4] memory wrong = [
            abi.encodePacked(int16(deltas[0][0]), int16(deltas[0][1]), int16(deltas[0][2])),
            bytes.concat(values, hex"0000"),
            bytes.concat(values, hex"00"),
            bytes("")
        ];
        for (uint256 i; i < wrong.length; ++i) {
            uint256 z = _drawn(_point(0), wrong[i]);
            _doesNotOpen(0, wrong[i], Vectors.quotient(deltas[0], z));
        }
        _answer(0, 0);
    }

    // --- refusals ------------------------------------------------------------------------------

    function test_RevertIf_NotAccused() public {
        _toSettlement(SLOTS);
        _challenge(3);
        _answer(0, 0);
        uint256[6] memory slots = [uint256(0), 2, 6, 31, 32, 256]; // 0 has been answered
        for (uint256 i; i < slots.length; ++i) {
            (bytes memory values, Point memory quotient) = _opening(0);
            _refused(
                0,
                slots[i],
                values,
                quotient,
                abi.encodeWithSelector(IMarketEvents.NotAccused.selector, slots[i])
            );
        }
    }

    function test_RevertIf_PastTheDeadline() public {
        _toSettlement(SLOTS);
        _challenge(1);
        uint64 deadline = _project().deadline;
        _pass();
        (bytes memory values, Point memory quotient) = _opening(0);
        bytes memory reason =
            abi.encodeWithSelector(IMarketEvents.DeadlinePassed.selector, deadline);
        _refused(0, 0, values, quotient, reason);
    }

    function test_RevertIf_OfAnotherRound() public {
        _toSettlement(SLOTS);
        _challenge(1);
        (bytes memory values, Point memory quotient) = _opening(0);
        _refused(
            1, 0, values, quotient, abi.encodeWithSelector(IMarketEvents.WrongRound.selector, 1, 0)
        );
    }

    function test_RevertIf_NotChallenged() public {
        _toSettlement(SLOTS);
        (bytes memory values, Point memory quotient) = _opening(0);
        _refused(
            0,
            0,
            values,
            quotient,
            abi.encodeWithSelector(IMarketEvents.WrongPhase.selector, Phase.Settle, Phase.Answer)
        );
    }

    function _doesNotOpen(uint256 slot, bytes memory values, Point memory quotient) private {
        _refused(
            0,
            slot,
            values,
            quotient,
            abi.encodeWithSelector(IMarketEvents.DoesNotOpen.selector, slot)
        );
    }

    function _refused(
        uint256 round,
        uint256 slot,
        bytes memory values,
        Point memory quotient,
        bytes memory reason
    ) private {
        bytes memory call = abi.encodeCall(IRounds.answer, (terms, round, slot, values, quotient));
        _assertRefused(outsider, call, reason);
    }
}
