// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Token} from "../src/libraries/Token.sol";
import {Fixture, IMarketEvents, IProjects, Phase} from "./Fixture.sol";

contract BondTest is Fixture {
    function test_Bond_LocksTheStake() public {
        _create();
        vm.expectEmit(address(market));
        emit IMarketEvents.AggregatorBonded(_id(), aggregator, terms.aggregatorStake);
        _bond();

        assertEq(market.aggregatorStake(_id(), aggregator), terms.aggregatorStake);
        assertEq(_project().aggregator, aggregator);
        assertEq(_project().stakes, terms.aggregatorStake);
        assertEq(_project().bonded, terms.aggregatorStake);
        _assertPhase(Phase.Joining);
        assertEq(market.withdrawable(terms, aggregator), 0);
        _assertConserved(0);
    }

    function test_Bond_OpensAFullProject() public {
        _create();
        for (uint256 i; i < SLOTS; ++i) {
            _join(i);
        }
        _expectOpened(0, 0);
        _bond();

        _assertPhase(Phase.Commit);
        assertEq(_project().deadline, block.timestamp + terms.commitSeconds);
    }

    function test_RevertIf_NotNamed() public {
        _create();
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.NotNamed.selector, outsider));
        vm.prank(outsider);
        market.bond{value: 2 ether}(terms);
    }

    function test_RevertIf_BondedAlready() public {
        _gather(0);
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.AlreadyBonded.selector, aggregator));
        vm.prank(aggregator);
        market.bond(terms);
    }

    function test_RevertIf_StakeIsWrong() public {
        _create();
        vm.expectRevert(abi.encodeWithSelector(Token.WrongValue.selector, 2 ether - 1, 2 ether));
        vm.prank(aggregator);
        market.bond{value: 2 ether - 1}(terms);
    }

    function test_Bond_ALaterOneSucceedsAndDoesNotTakeTheOffice() public {
        _toSettlement(SLOTS);
        _pass(); // a passed deadline does not close the office
        _bondSuccessor();
        assertEq(_project().aggregator, aggregator);
        assertEq(market.aggregatorStake(_id(), successor), terms.aggregatorStake);
    }

    function test_Bond_TheFirstTakesTheOfficeWhateverItsPlace() public {
        _create();
        vm.expectEmit(address(market));
        emit IMarketEvents.TookOffice(_id(), successor);
        _bondSuccessor();
        _bond();
        assertEq(_project().aggregator, successor);
    }

    function test_RevertIf_Closed() public {
        _create();
        vm.prank(owner);
        market.cancel(terms);
        bytes memory reason = abi.encodeWithSelector(
            IMarketEvents.WrongPhase.selector, Phase.Cancelled, Phase.Settle
        );
        _assertRefused(aggregator, abi.encodeCall(IProjects.bond, (terms)), reason);
    }

    // --- again ---------------------------------------------------------------------------------

    function test_Bond_FillsAStakeUpThatChallengesTookFrom() public {
        _toSettlement(SLOTS);
        _challenge(0x3);
        _answer(0, 0);
        _answer(1, 1);
        uint256 lost = 2 * uint256(terms.challengeBond);
        assertEq(_project().bonded, terms.aggregatorStake - lost);
        vm.expectEmit(address(market));
        emit IMarketEvents.AggregatorBonded(_id(), aggregator, lost);
        vm.prank(aggregator);
        market.bond{value: lost}(terms);

        assertEq(market.aggregatorStake(_id(), aggregator), terms.aggregatorStake);
        assertEq(_project().bonded, terms.aggregatorStake);
        assertEq(_project().aggregator, aggregator);
        _assertPhase(Phase.Settle);
        _assertOwedIsHeld();
    }

    function test_RevertIf_MoreThanIsMissingComes() public {
        _toSettlement(SLOTS);
        _challenge(0x1);
        _answer(0, 0);
        bytes memory reason = abi.encodeWithSelector(
            Token.WrongValue.selector, terms.aggregatorStake, terms.challengeBond
        );
        vm.expectRevert(reason);
        vm.prank(aggregator);
        market.bond{value: terms.aggregatorStake}(terms);
    }
}
