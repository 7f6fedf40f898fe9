// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Token} from "../src/libraries/Token.sol";
import {Fixture, IMarketEvents, Phase, Standing} from "./Fixture.sol";

contract JoinTest is Fixture {
    function test_Join_TakesAPlaceForAStake() public {
        _create();
        vm.warp(_project().deadline); // the last second counts
        vm.expectEmit(address(market));
        emit IMarketEvents.Joined(_id(), accounts[0], terms.trainerStake);
        _join(0);

        _assertStanding(0, Standing.Active);
        assertEq(market.trainer(_id(), accounts[0]).stake, terms.trainerStake);
        assertEq(_project().active, 1);
        assertEq(market.locked(_id()), DEPOSIT + terms.trainerStake);
        assertEq(market.withdrawable(terms, accounts[0]), 0);
    }

    function test_Join_LastPlaceOpensTheFirstRound() public {
        _gather(SLOTS - 1);
        assertEq(uint8(_project().phase), uint8(Phase.Joining));
        _expectOpened(0, 0);
        _join(SLOTS - 1);
        assertEq(uint8(_project().phase), uint8(Phase.Commit));
        _assertConserved(0);
    }

    function test_RevertIf_NoPlaceIsFree() public {
        _create();
        for (uint256 i; i < SLOTS; ++i) {
            _join(i);
        }
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.NoFreePlace.selector, SLOTS));
        vm.prank(outsider);
        market.join{value: 0.1 ether}(terms, _uninvited());
    }

    function test_RevertIf_JoinedAlready() public {
        _gather(1);
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.AlreadyJoined.selector, accounts[0]));
        _join(0);
    }

    function test_RevertIf_StakeIsWrong() public {
        _create();
        vm.expectRevert(abi.encodeWithSelector(Token.WrongValue.selector, 0.1 ether + 1, 0.1 ether));
        vm.prank(accounts[0]);
        market.join{value: 0.1 ether + 1}(terms, _uninvited());
    }

    function test_RevertIf_JoiningIsOver() public {
        _create();
        uint64 deadline = _project().deadline;
        _pass();
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.DeadlinePassed.selector, deadline));
        _join(0);
    }

    function test_RevertIf_RoundsHaveBegun() public {
        _gather(SLOTS);
        vm.expectRevert(
            abi.encodeWithSelector(IMarketEvents.WrongPhase.selector, Phase.Commit, Phase.Joining)
        );
        vm.prank(outsider);
        market.join{value: 0.1 ether}(terms, _uninvited());
    }
}
