// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Token} from "../src/libraries/Token.sol";
import {IMarketEvents, IProjects, Phase} from "./Fixture.sol";
import {Forcer, ReenteringRecipient} from "./Recipients.sol";
import {TokenFixture} from "./TokenFixture.sol";
import {FeeToken, PickyToken, PlainToken, ReenteringToken, SilentToken} from "./Tokens.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

contract HostileTest is TokenFixture {
    bytes private constant GUARDED =
        abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);

    // --- tokens --------------------------------------------------------------------------------

    function test_RevertIf_TokenTakesAFee() public {
        FeeToken token = new FeeToken();
        _use(address(token));
        vm.expectRevert(
            abi.encodeWithSelector(
                Token.TokenTookFee.selector, token, DEPOSIT - DEPOSIT / 100, DEPOSIT
            )
        );
        _createInToken();
        _assertPhase(Phase.None);
    }

    function test_Token_WithoutAReturnValueCarriesAProject() public {
        SilentToken token = new SilentToken();
        _use(address(token));
        terms.rounds = 1;
        _gatherInToken(SLOTS);
        _round(SLOTS);
        market.withdrawFor(terms, _trainers());
        assertGt(token.balanceOf(accounts[0]), PURSE);
        _withdrawAll();
        assertEq(token.balanceOf(address(market)), 0);
    }

    function test_Token_ThatRefusesOnePaysTheOthers() public {
        PickyToken token = new PickyToken();
        _use(address(token));
        _closeInToken();
        token.script(accounts[1], true, false);
        token.script(accounts[2], false, true);
        uint256 due = market.withdrawable(terms, accounts[1]);
        assertGt(due, 0);
        market.withdrawFor(terms, _trainers());
        for (uint256 i; i < SLOTS; ++i) {
            assertEq(market.withdrawable(terms, accounts[i]) == 0, i != 1 && i != 2);
        }
        assertEq(market.withdrawable(terms, accounts[1]), due);

        vm.expectRevert("blocked");
        _withdraw(accounts[1]);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, token));
        _withdraw(accounts[2]);
        token.script(accounts[1], false, false);
        token.script(accounts[2], false, false);
        _withdrawAll();
        assertEq(token.balanceOf(address(market)), 0);
        assertEq(token.balanceOf(accounts[1]), PURSE - terms.trainerStake + due);
    }

    function test_Token_ThatReentersAPaymentIsRefused() public {
        ReenteringToken token = new ReenteringToken();
        _use(address(token));
        _closeInToken();
        bytes[2] memory again = [
            abi.encodeCall(IProjects.withdrawFor, (terms, _trainers())),
            abi.encodeCall(IProjects.withdraw, (terms))
        ];
        for (uint256 i; i < again.length; ++i) {
            uint256 due = market.withdrawable(terms, accounts[i]);
            token.arm(address(market), again[i]);
            assertEq(_withdraw(accounts[i]), due);
            assertFalse(token.succeeded());
            assertEq(token.answer(), GUARDED);
            assertEq(token.balanceOf(accounts[i]), PURSE - terms.trainerStake + due);
        }
        _withdrawAll();
        assertEq(token.balanceOf(address(market)), 0);
    }

    function test_Token_ThatReentersADepositIsRefused() public {
        ReenteringToken token = new ReenteringToken();
        _use(address(token));
        _createInToken();
        bytes[3] memory again = [
            abi.encodeCall(IProjects.join, (terms, _uninvited())),
            abi.encodeCall(IProjects.fund, (terms, 1)),
            abi.encodeCall(IProjects.withdraw, (terms))
        ];
        for (uint256 i; i < again.length; ++i) {
            token.arm(address(market), again[i]);
            _joinInToken(i);
            assertFalse(token.succeeded());
            assertEq(token.answer(), GUARDED);
        }
        assertEq(token.balanceOf(address(market)), market.locked(_id()));
    }

    /// @dev What is not guarded may run in the middle of a deposit, and finds it booked already.
    function test_Token_ThatCancelsDuringItsDepositGetsItBackOnce() public {
        ReenteringToken token = new ReenteringToken();
        owner = address(token);
        terms.owner = owner;
        _use(address(token));
        token.arm(address(market), abi.encodeCall(IProjects.cancel, (terms)));
        _createInToken();
        assertTrue(token.succeeded());
        _assertPhase(Phase.Cancelled);
        assertEq(_withdraw(owner), DEPOSIT);
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.NothingToWithdraw.selector, owner));
        _withdraw(owner);
        assertEq(token.balanceOf(address(market)), 0);
    }

    // --- recipients ----------------------------------------------------------------------------

    function test_Recipient_ThatReentersIsPaidOnce() public {
        ReenteringRecipient recipient = new ReenteringRecipient(address(market));
        accounts[0] = address(recipient);
        vm.deal(accounts[0], 10 ether);
        terms.rounds = 1;
        _toSettlement(SLOTS);
        _settle();
        address[] memory one = new address[](1);
        one[0] = accounts[0];
        recipient.arm(
            abi.encodeCall(IProjects.withdraw, (terms)),
            abi.encodeCall(IProjects.withdrawFor, (terms, one))
        );
        uint256 due = market.withdrawable(terms, accounts[0]);
        uint256 before = accounts[0].balance;
        uint256 held = address(market).balance;
        market.withdrawFor(terms, one);
        assertEq(recipient.refused(), 2);
        assertEq(accounts[0].balance, before + due);
        assertEq(address(market).balance, held - due);
        assertEq(market.withdrawable(terms, accounts[0]), 0);
    }

    // --- gifts ---------------------------------------------------------------------------------

    function test_Gift_OfForcedCoinsIsNobodys() public {
        terms.rounds = 1;
        _gather(SLOTS);
        new Forcer{value: 3 ether}(payable(address(market)));
        (bool taken,) = address(market).call{value: 1}("");
        assertFalse(taken);
        _round(SLOTS);
        uint256 stakes = terms.aggregatorStake + SLOTS * uint256(terms.trainerStake);
        assertEq(_withdrawAll(), DEPOSIT + stakes);
        assertEq(address(market).balance, 3 ether);
    }

    function test_Gift_OfTokensPaysNoDeposit() public {
        PlainToken token = new PlainToken();
        _use(address(token));
        _createInToken();
        vm.startPrank(accounts[0]);
        token.transfer(address(market), 1 ether);
        token.approve(address(market), 0);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector,
                address(market),
                0,
                terms.trainerStake
            )
        );
        market.join(terms, _uninvited());
        vm.stopPrank();
        _advance();
        assertEq(_withdraw(owner), DEPOSIT);
        assertEq(token.balanceOf(address(market)), 1 ether);
    }

    // --- crowds --------------------------------------------------------------------------------

    function test_Crowd_ThatJoinsAndLeavesTakesNoPlaceAndGetsItsStakesBack() public {
        terms.joinSeconds = 10_000;
        _create();
        _bond();
        address[] memory crowd = new address[](60);
        for (uint256 i; i < crowd.length; ++i) {
            crowd[i] = makeAddr(string.concat("passer-by ", vm.toString(i)));
            vm.deal(crowd[i], terms.trainerStake);
            vm.prank(crowd[i]);
            market.join{value: terms.trainerStake}(terms, _uninvited());
            if (i % 2 == 0) continue; // two at a time, and the first leaves first
            vm.prank(crowd[i - 1]);
            market.exit(terms);
            vm.prank(crowd[i]);
            market.exit(terms);
        }
        assertEq(_project().active, 0);
        uint256 freeAt = block.timestamp + terms.exitSeconds;
        for (uint256 i; i < SLOTS; ++i) {
            _join(i);
        }
        _assertPhase(Phase.Commit);
        assertEq(_project().active, SLOTS);

        vm.warp(freeAt);
        market.withdrawFor(terms, crowd);
        assertEq(crowd[0].balance, 0);
        vm.warp(freeAt + 1);
        uint256 held = address(market).balance;
        market.withdrawFor(terms, crowd);
        for (uint256 i; i < crowd.length; ++i) {
            assertEq(crowd[i].balance, terms.trainerStake);
        }
        assertEq(address(market).balance, held - crowd.length * terms.trainerStake);
        assertEq(address(market).balance, market.locked(_id()));
    }

    function _closeInToken() private {
        terms.rounds = 1;
        _gatherInToken(SLOTS);
        _round(SLOTS);
    }

    function _trainers() private view returns (address[] memory all) {
        all = new address[](SLOTS);
        for (uint256 i; i < SLOTS; ++i) {
            all[i] = accounts[i];
        }
    }
}
