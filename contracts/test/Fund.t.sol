// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Token} from "../src/libraries/Token.sol";
import {Fixture, IMarketEvents, IProjects, Phase} from "./Fixture.sol";

contract FundTest is Fixture {
    uint256 private constant MOST = 2 ** 90;

    function testFuzz_Fund_RaisesTheTrainersBudget(uint256 amount) public {
        amount = bound(amount, 1, 5 ether);
        _gather(0);
        vm.expectEmit(address(market));
        emit IMarketEvents.Funded(_id(), outsider, amount);
        _fund(amount);
        assertEq(_project().trainerBudget, BUDGET + amount);
        assertEq(_project().feeBudget, 0.02 ether);
        _assertConservedWith(amount);
    }

    function test_Fund_IsSpreadOverTheRoundsLeft() public {
        terms.attendanceBps = 10_000;
        _toSettlement(SLOTS);
        _settle();
        uint256 left = _project().trainerBudget;
        assertGt(left, 0);
        uint256 before = _credit(accounts[0]);
        _nextRound(0x1f);
        _commitFirst(SLOTS);
        _revealFirst(SLOTS);
        _fund(1 ether); // in the middle of a round
        _settle();
        _assertPhase(Phase.Done);
        assertEq(_credit(accounts[0]) - before, (left + 1 ether) / 5);
        _assertConservedWith(1 ether);
    }

    function test_Fund_IsTheOwnersIfNotEarned() public {
        _gather(0);
        _fund(1 ether);
        _advance();
        _assertPhase(Phase.Cancelled);
        assertEq(market.withdrawable(terms, owner), DEPOSIT + 1 ether);
        assertEq(market.withdrawable(terms, outsider), 0);
    }

    function test_Fund_UpToTheMost() public {
        (terms.rounds, terms.aggregatorStake) = (100, uint128(MOST));
        terms.aggregatorFee = 0.02 ether / 100;
        vm.deal(aggregator, MOST);
        _gather(0);
        _refused(0, 0, abi.encodeWithSelector(IMarketEvents.AmountOutOfRange.selector, 0, MOST));
        vm.deal(outsider, MOST + 1);
        _refused(
            MOST - BUDGET + 1,
            MOST - BUDGET + 1,
            abi.encodeWithSelector(IMarketEvents.AmountOutOfRange.selector, MOST + 1, MOST)
        );
        _fund(MOST - BUDGET);
        assertEq(_project().trainerBudget, MOST);
    }

    function testFuzz_RevertIf_TheValueIsAnother(uint256 amount, uint256 value) public {
        amount = bound(amount, 1, 5 ether);
        value = bound(value, 0, 5 ether);
        vm.assume(amount != value);
        _gather(0);
        _refused(amount, value, abi.encodeWithSelector(Token.WrongValue.selector, value, amount));
    }

    function test_RevertIf_Closed() public {
        _gather(0);
        _advance();
        _refused(
            1,
            1,
            abi.encodeWithSelector(IMarketEvents.WrongPhase.selector, Phase.Cancelled, Phase.Settle)
        );
    }

    function test_RevertIf_NeverCreated() public {
        _refused(1, 1, abi.encodeWithSelector(IMarketEvents.NoSuchProject.selector, _id()));
    }

    function _fund(uint256 amount) private {
        vm.prank(outsider);
        market.fund{value: amount}(terms, amount);
    }

    function _refused(uint256 amount, uint256 value, bytes memory reason) private {
        bytes memory call = abi.encodeCall(IProjects.fund, (terms, amount));
        uint256 held = address(market).balance;
        vm.prank(outsider);
        (bool done, bytes memory given) = address(market).call{value: value}(call);
        assertFalse(done, "not refused");
        assertEq(given, reason);
        assertEq(address(market).balance, held);
    }

    function _assertConservedWith(uint256 funded) private view {
        _assertOwedIsHeld();
        assertEq(
            address(market).balance,
            DEPOSIT + funded + terms.aggregatorStake + _project().active
                * uint256(terms.trainerStake)
        );
    }
}
