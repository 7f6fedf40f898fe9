// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Token} from "../src/libraries/Token.sol";
import {IMarketEvents, Phase} from "./Fixture.sol";
import {TokenFixture} from "./TokenFixture.sol";
import {PlainToken} from "./Tokens.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

contract TokenTest is TokenFixture {
    PlainToken private _token;

    function setUp() public override {
        super.setUp();
        _token = new PlainToken();
        _use(address(_token));
    }

    function test_Token_CarriesAWholeProject() public {
        _gatherInToken(SLOTS);
        uint256 stakes = terms.aggregatorStake + SLOTS * uint256(terms.trainerStake);
        assertEq(_token.balanceOf(address(market)), DEPOSIT + stakes);
        assertEq(_token.balanceOf(owner), PURSE - DEPOSIT);
        assertEq(_token.balanceOf(accounts[0]), PURSE - terms.trainerStake);

        _round(SLOTS);
        uint256 earned = _withdraw(accounts[0]);
        assertGt(earned, 0);
        assertEq(_token.balanceOf(accounts[0]), PURSE - terms.trainerStake + earned);
        vm.prank(successor);
        market.fund(terms, 1 ether);
        _nextRound(0x1f);
        _round(SLOTS);

        _assertPhase(Phase.Done);
        assertEq(_withdrawAll() + earned, DEPOSIT + 1 ether + stakes);
        assertEq(_token.balanceOf(address(market)), 0);
        assertEq(market.locked(_id()), 0);
        assertEq(address(market).balance, 0);
        assertEq(_token.balanceOf(aggregator), PURSE + 0.02 ether);
    }

    function test_Token_OfOneProjectPaysNoOther() public {
        _gatherInToken(1);
        terms.nonce = 1;
        terms.token = IERC20(address(0));
        _gather(1);
        terms.nonce = 2;
        PlainToken other = new PlainToken();
        _use(address(other));
        _gatherInToken(1);
        uint256 each = DEPOSIT + terms.aggregatorStake + terms.trainerStake;

        _advance(); // the third is cancelled
        assertEq(_withdrawAll(), each);
        assertEq(other.balanceOf(address(market)), 0);
        assertEq(_token.balanceOf(address(market)), each);
        assertEq(address(market).balance, each);
    }

    function test_RevertIf_CoinsComeWithTokens() public {
        bytes memory refusal = abi.encodeWithSelector(Token.WrongValue.selector, 1, 0);
        vm.expectRevert(refusal);
        vm.prank(owner);
        market.create{value: 1}(terms, DEPOSIT, CID, CID);
        _createInToken();
        vm.expectRevert(refusal);
        vm.prank(owner);
        market.fund{value: 1}(terms, 1);
        vm.expectRevert(refusal);
        vm.prank(aggregator);
        market.bond{value: 1}(terms);
        vm.expectRevert(refusal);
        vm.prank(accounts[0]);
        market.join{value: 1}(terms, _uninvited());
    }

    function test_RevertIf_CoinsAreNotTheAmount() public {
        terms.token = IERC20(address(0));
        vm.startPrank(owner);
        vm.expectRevert(abi.encodeWithSelector(Token.WrongValue.selector, DEPOSIT - 1, DEPOSIT));
        market.create{value: DEPOSIT - 1}(terms, DEPOSIT, CID, CID);
        market.create{value: DEPOSIT}(terms, DEPOSIT, CID, CID);
        vm.expectRevert(abi.encodeWithSelector(Token.WrongValue.selector, 0, 1));
        market.fund(terms, 1);
        vm.stopPrank();
    }

    function test_RevertIf_AllowanceIsShort() public {
        vm.prank(owner);
        _token.approve(address(market), DEPOSIT - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector,
                address(market),
                DEPOSIT - 1,
                DEPOSIT
            )
        );
        _createInToken();
        _assertPhase(Phase.None);
    }

    function test_RevertIf_TokenIsNoContract() public {
        terms.token = IERC20(makeAddr("nothing"));
        vm.expectRevert();
        _createInToken();
        _assertPhase(Phase.None);
    }

    function test_Token_FundReportsWhoGave() public {
        _createInToken();
        vm.expectEmit(address(market));
        emit IMarketEvents.Funded(_id(), successor, 5);
        vm.prank(successor);
        market.fund(terms, 5);
        assertEq(_token.balanceOf(address(market)), DEPOSIT + 5);
        assertEq(market.locked(_id()), DEPOSIT + 5);
    }
}
