// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Fixture, IMarketEvents, Phase} from "./Fixture.sol";
import {BurningRecipient, RefusingRecipient, VerboseRecipient} from "./Recipients.sol";

contract WithdrawForTest is Fixture {
    function test_WithdrawFor_PaysEachItsOwn() public {
        _close();
        uint256[] memory due = new uint256[](SLOTS);
        uint256[] memory before = new uint256[](SLOTS);
        for (uint256 i; i < SLOTS; ++i) {
            due[i] = market.withdrawable(terms, accounts[i]);
            before[i] = accounts[i].balance;
            assertGe(due[i], terms.trainerStake);
            vm.expectEmit(address(market));
            emit IMarketEvents.Withdrawn(_id(), accounts[i], due[i]);
        }
        uint256 callers = outsider.balance;
        _withdrawFor(_everybody());

        for (uint256 i; i < SLOTS; ++i) {
            assertEq(accounts[i].balance, before[i] + due[i]);
            assertEq(market.withdrawable(terms, accounts[i]), 0);
        }
        assertEq(outsider.balance, callers);
        assertEq(address(market).balance, 0);
        assertEq(market.locked(_id()), 0);
    }

    function test_WithdrawFor_PaysNoStakeOfARunningProject() public {
        _toSettlement(SLOTS);
        _settle();
        uint256 paid;
        for (uint256 i; i < SLOTS; ++i) {
            paid += _credit(accounts[i]);
        }
        paid += _credit(aggregator);
        assertGt(paid, 0);
        _withdrawFor(_everybody());
        _assertConserved(paid);
        assertEq(market.trainer(_id(), accounts[0]).stake, terms.trainerStake);
    }

    function test_WithdrawFor_PassesOverWhomNothingIsDue() public {
        _create();
        address[] memory none = new address[](3);
        (none[0], none[1]) = (owner, outsider);
        vm.recordLogs();
        _withdrawFor(none);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(address(market).balance, DEPOSIT);
    }

    function test_WithdrawFor_PaysWhoIsNamedTwiceOnce() public {
        _close();
        uint256 due = market.withdrawable(terms, owner);
        uint256 before = owner.balance;
        address[] memory twice = new address[](2);
        (twice[0], twice[1]) = (owner, owner);
        _withdrawFor(twice);
        assertEq(owner.balance, before + due);
    }

    function test_WithdrawFor_KeepsTheMoneyOfWhoRefusesIt() public {
        RefusingRecipient refusing = new RefusingRecipient();
        _replace(2, address(refusing));
        _close();
        uint256 due = market.withdrawable(terms, accounts[2]);
        uint256 before = accounts[2].balance;
        _withdrawFor(_everybody());

        assertEq(accounts[2].balance, before);
        assertEq(market.withdrawable(terms, accounts[2]), due);
        assertEq(_credit(accounts[2]), due); // its stake is a credit now
        assertEq(market.locked(_id()), 0);
        assertEq(address(market).balance, due);
        refusing.relent();
        _withdrawFor(_everybody());
        assertEq(accounts[2].balance, before + due);
        assertEq(address(market).balance, 0);
    }

    /// @dev Whatever an account does with being paid, the others' payment costs little more.
    function test_WithdrawFor_PaysOthersInSpiteOfWhoWastesGas() public {
        _replace(0, address(new BurningRecipient()));
        _replace(1, address(new VerboseRecipient()));
        _replace(2, address(new BurningRecipient()));
        _close();
        vm.prank(outsider);
        market.withdrawFor{gas: 1_500_000}(terms, _everybody());
        uint256 kept;
        for (uint256 i; i < SLOTS; ++i) {
            uint256 due = market.withdrawable(terms, accounts[i]);
            assertEq(due == 0, i > 2);
            kept += due;
        }
        assertEq(market.withdrawable(terms, owner), 0);
        assertEq(address(market).balance, kept);
    }

    function test_RevertIf_NeverCreated() public {
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.NoSuchProject.selector, _id()));
        _withdrawFor(_everybody());
    }

    function _close() private {
        terms.rounds = 1;
        _toSettlement(SLOTS);
        _settle();
        _assertPhase(Phase.Done);
    }

    /// @dev A trainer that is a contract.
    function _replace(uint256 i, address account) private {
        accounts[i] = account;
        vm.deal(account, 10 ether);
    }

    function _everybody() private view returns (address[] memory all) {
        all = new address[](SLOTS + 2);
        for (uint256 i; i < SLOTS; ++i) {
            all[i] = accounts[i];
        }
        (all[SLOTS], all[SLOTS + 1]) = (owner, aggregator);
    }

    function _withdrawFor(address[] memory all) private {
        vm.prank(outsider);
        market.withdrawFor(terms, all);
    }
}
