// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Fixture, IMarket, Phase} from "./Fixture.sol";

contract BondTest is Fixture {
    function test_Bond_LocksTheStake() public {
        _create();
        vm.warp(_project().deadline); // the last second counts
        vm.expectEmit(address(market));
        emit IMarket.AggregatorBonded(_id(), aggregator, terms.aggregatorStake);
        _bond();

        assertEq(_project().aggregatorStake, terms.aggregatorStake);
        assertEq(uint8(_project().phase), uint8(Phase.Joining));
        assertEq(market.withdrawable(terms, aggregator), 0);
        _assertConserved(0);
    }

    function test_Bond_OpensAFullProject() public {
        _create();
        for (uint256 i; i < SLOTS; ++i) {
            _join(i);
        }
        uint64 deadline = uint64(block.timestamp + terms.commitSeconds);
        vm.expectEmit(address(market));
        emit IMarket.RoundOpened(_id(), 0, 0, terms.learningRate, deadline);
        _bond();

        assertEq(uint8(_project().phase), uint8(Phase.Commit));
        assertEq(_project().deadline, deadline);
    }

    function test_RevertIf_AnotherThanTheAggregatorBonds() public {
        _create();
        vm.expectRevert(
            abi.encodeWithSelector(IMarket.NotAggregator.selector, outsider, aggregator)
        );
        vm.prank(outsider);
        market.bond{value: 0.5 ether}(terms);
    }

    function test_RevertIf_BondedAlready() public {
        _gather(0);
        vm.expectRevert(IMarket.AlreadyBonded.selector);
        _bond();
    }

    function test_RevertIf_StakeIsWrong() public {
        _create();
        vm.expectRevert(
            abi.encodeWithSelector(IMarket.WrongStake.selector, 0.5 ether - 1, 0.5 ether)
        );
        vm.prank(aggregator);
        market.bond{value: 0.5 ether - 1}(terms);
    }

    function test_RevertIf_JoiningIsOver() public {
        _create();
        uint64 deadline = _project().deadline;
        _pass();
        vm.expectRevert(abi.encodeWithSelector(IMarket.DeadlinePassed.selector, deadline));
        _bond();
    }

    function test_RevertIf_Closed() public {
        _create();
        vm.prank(owner);
        market.cancel(terms);
        vm.expectRevert(
            abi.encodeWithSelector(IMarket.WrongPhase.selector, Phase.Cancelled, Phase.Joining)
        );
        _bond();
    }
}
