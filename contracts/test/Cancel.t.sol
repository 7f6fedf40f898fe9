// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Fixture, IMarketEvents, Phase} from "./Fixture.sol";

contract CancelTest is Fixture {
    function test_Cancel_RefundsOwnerAndFreesTheAggregator() public {
        _gather(0);
        vm.expectEmit(address(market));
        emit IMarketEvents.Closed(_id(), Phase.Cancelled, DEPOSIT, 0, 0);
        vm.prank(owner);
        market.cancel(terms);

        _assertPhase(Phase.Cancelled);
        assertEq(market.withdrawable(terms, owner), DEPOSIT);
        assertEq(market.withdrawable(terms, aggregator), terms.aggregatorStake);
        _assertConserved(0);
    }

    function test_RevertIf_AnotherThanTheOwnerCancels() public {
        _create();
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.NotOwner.selector, outsider, owner));
        vm.prank(outsider);
        market.cancel(terms);
    }

    function test_RevertIf_ATrainerHasJoined() public {
        _gather(1);
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.HasTrainers.selector, 1));
        vm.prank(owner);
        market.cancel(terms);
    }

    function test_RevertIf_RoundsHaveBegun() public {
        _gather(SLOTS);
        vm.expectRevert(
            abi.encodeWithSelector(IMarketEvents.WrongPhase.selector, Phase.Commit, Phase.Joining)
        );
        vm.prank(owner);
        market.cancel(terms);
    }

    function test_RevertIf_NeverCreated() public {
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.NoSuchProject.selector, _id()));
        vm.prank(owner);
        market.cancel(terms);
    }
}
