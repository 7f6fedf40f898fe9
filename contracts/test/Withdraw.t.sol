// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Fixture, IMarket, IMarketEvents, Phase, Terms} from "./Fixture.sol";
import {Errors} from "@openzeppelin/contracts/utils/Errors.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// @dev An owner that is a contract: it refuses money, takes it, or asks again when it is paid.
contract ContractOwner {
    enum Mood {
        Refuse,
        Take,
        Reenter
    }

    IMarket private immutable MARKET;
    Mood public mood;
    bytes public refusal; // why the second call, in the middle of the first, failed
    Terms private _terms;

    constructor(IMarket market) payable {
        MARKET = market;
    }

    function create(Terms calldata terms, string calldata cid) external {
        _terms = terms;
        MARKET.create{value: address(this).balance}(terms, address(this).balance, cid, cid);
    }

    function withdraw(Mood next) external {
        mood = next;
        MARKET.withdraw(_terms);
    }

    receive() external payable {
        require(mood != Mood.Refuse);
        if (mood != Mood.Reenter) return;
        try MARKET.withdraw(_terms) {}
        catch (bytes memory reason) {
            refusal = reason;
        }
    }
}

contract WithdrawTest is Fixture {
    function test_Withdraw_PaysCreditButNoStakeWhileRunning() public {
        _toSettlement(SLOTS);
        _settle();
        uint256 credit = _credit(accounts[0]);
        uint256 balance = accounts[0].balance;
        assertGt(credit, 0);
        vm.expectEmit(address(market));
        emit IMarketEvents.Withdrawn(_id(), accounts[0], credit);
        assertEq(_withdraw(accounts[0]), credit);

        assertEq(accounts[0].balance, balance + credit);
        assertEq(market.trainer(_id(), accounts[0]).stake, terms.trainerStake);
        _assertConserved(credit);
    }

    function test_Withdraw_EmptiesAClosedProject() public {
        terms.rounds = 1;
        _toSettlement(SLOTS);
        _settle();
        uint256 sum = _withdraw(owner) + _withdraw(aggregator);
        for (uint256 i; i < SLOTS; ++i) {
            sum += _withdraw(accounts[i]);
        }
        assertEq(sum, DEPOSIT + terms.aggregatorStake + 6 * terms.trainerStake);
        assertEq(address(market).balance, 0);
        assertEq(market.locked(_id()), 0);
    }

    function test_Withdraw_PaysEveryRoleOfAnAccount() public {
        (terms.aggregators[0], accounts[0]) = (owner, owner);
        aggregator = owner;
        _gather(3);
        _advance();
        assertEq(uint8(_project().phase), uint8(Phase.Cancelled));
        assertEq(_withdraw(owner), DEPOSIT + terms.aggregatorStake + terms.trainerStake);
        _expectNothing(owner);
        _withdraw(accounts[1]);
        assertEq(address(market).balance, terms.trainerStake);
    }

    function test_Withdraw_AStakeIsPaidOnce() public {
        _gather(1);
        _advance();
        assertEq(_withdraw(accounts[0]), terms.trainerStake);
        assertEq(_withdraw(aggregator), terms.aggregatorStake);
        _expectNothing(accounts[0]);
        _expectNothing(aggregator);
        assertEq(address(market).balance, DEPOSIT);
    }

    function test_Withdraw_TouchesNoOtherProject() public {
        _create();
        terms.nonce = 1;
        _create();
        vm.prank(owner);
        market.cancel(terms);
        assertEq(_withdraw(owner), DEPOSIT);
        assertEq(address(market).balance, DEPOSIT);
        terms.nonce = 0;
        _expectNothing(owner);
    }

    function test_Withdraw_KeepsTheCreditOfWhoRefusesMoney() public {
        ContractOwner account = _cancelledByContract();
        vm.expectRevert(Errors.FailedCall.selector);
        account.withdraw(ContractOwner.Mood.Refuse);
        assertEq(market.withdrawable(terms, address(account)), DEPOSIT);
        account.withdraw(ContractOwner.Mood.Take);
        assertEq(address(account).balance, DEPOSIT);
    }

    function test_Withdraw_PaysAReentrantCallerOnce() public {
        _create(); // somebody else's money
        ContractOwner account = _cancelledByContract();
        account.withdraw(ContractOwner.Mood.Reenter);
        assertEq(address(account).balance, DEPOSIT);
        assertEq(address(market).balance, DEPOSIT);
        assertEq(
            account.refusal(),
            abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
        );
    }

    function test_RevertIf_NothingIsDue() public {
        _create();
        _expectNothing(owner);
        _expectNothing(outsider);
    }

    function test_RevertIf_NeverCreated() public {
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.NoSuchProject.selector, _id()));
        market.withdraw(terms);
    }

    function _withdraw(address account) private returns (uint256) {
        vm.prank(account);
        return market.withdraw(terms);
    }

    function _expectNothing(address account) private {
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.NothingToWithdraw.selector, account));
        _withdraw(account);
    }

    function _cancelledByContract() private returns (ContractOwner account) {
        account = new ContractOwner{value: DEPOSIT}(market);
        terms.owner = address(account);
        account.create(terms, CID);
        _advance();
    }
}
