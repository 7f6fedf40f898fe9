// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Fixture, IMarketEvents, IProjects, IRounds, Phase, Standing} from "./Fixture.sol";

contract ExitTest is Fixture {
    // --- before the first round ----------------------------------------------------------------

    function test_Joining_FreesThePlace() public {
        _gather(3);
        uint64 freeAt = uint64(block.timestamp + terms.exitSeconds);
        vm.expectEmit(address(market));
        emit IMarketEvents.Leaving(_id(), accounts[0], freeAt);
        _exit(0);

        assertEq(_project().active, 2);
        _assertStanding(0, Standing.Leaving);
        assertEq(market.locked(_id()), address(market).balance); // its stake with it
    }

    function test_Joining_OthersTakeThePlacesAndOpen() public {
        _gather(SLOTS - 1);
        _exit(2);
        _exit(4);
        address late = makeAddr("late");
        vm.deal(late, 1 ether);
        vm.prank(late);
        market.join{value: terms.trainerStake}(terms, _uninvited());
        _join(5);
        assertEq(_project().active, SLOTS - 1);
        _advance();
        _assertPhase(Phase.Commit);
        assertEq(_project().pending, SLOTS - 1);
    }

    function test_Joining_WhoLeftDoesNotComeBack() public {
        _gather(1);
        _exit(0);
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.AlreadyJoined.selector, accounts[0]));
        _join(0);
    }

    /// @dev Places that are taken and given back at no cost would be an attack on the project.
    function test_Joining_TheStakeWaitsAlthoughTheProjectIsCancelled() public {
        _gather(1);
        _exit(0);
        uint256 freeAt = block.timestamp + terms.exitSeconds;
        vm.prank(owner);
        market.cancel(terms);
        assertEq(_due(accounts[0]), 0);
        vm.warp(freeAt);
        assertEq(_due(accounts[0]), 0);
        vm.warp(freeAt + 1);
        assertEq(_due(accounts[0]), terms.trainerStake);
        _assertOwedIsHeld();
    }

    // --- the stake -----------------------------------------------------------------------------

    function test_Stake_IsFreeAfterTheDelay() public {
        _gather(SLOTS);
        _exit(0);
        uint256 freeAt = block.timestamp + terms.exitSeconds;
        vm.warp(freeAt);
        assertEq(market.withdrawable(terms, accounts[0]), 0);
        _assertRefused(
            accounts[0],
            abi.encodeCall(IProjects.withdraw, (terms)),
            abi.encodeWithSelector(IMarketEvents.NothingToWithdraw.selector, accounts[0])
        );
        vm.warp(freeAt + 1);
        assertEq(market.withdrawable(terms, accounts[0]), terms.trainerStake);
        vm.prank(accounts[0]);
        assertEq(market.withdraw(terms), terms.trainerStake);
        assertEq(market.trainer(_id(), accounts[0]).stake, 0);
        assertEq(market.withdrawable(terms, accounts[0]), 0);
        _assertConserved(terms.trainerStake);

        vm.prank(outsider);
        market.advance(terms); // nobody committed; the project goes on without it
        _assertPhase(Phase.Commit);
        assertEq(_project().active, SLOTS - 1);
    }

    function test_Stake_IsLiableAsLongAsItsCommitmentIs() public {
        _toSettlement(SLOTS);
        _exit(0);
        vm.warp(block.timestamp + 10 * uint256(terms.exitSeconds)); // nobody advances
        assertEq(market.withdrawable(terms, accounts[0]), 0);
        _bondSuccessor();
        vm.prank(outsider);
        market.advance(terms);
        assertEq(_due(accounts[0]), 0);
        _settle();
        uint256 due = market.withdrawable(terms, accounts[0]);
        assertEq(due, _credit(accounts[0]) + terms.trainerStake);
        vm.prank(accounts[0]);
        assertEq(market.withdraw(terms), due);
        _assertOwedIsHeld();
    }

    function test_Stake_OfWhoLeavesWaitsWhenTheProjectCloses() public {
        terms.rounds = 1;
        _toSettlement(SLOTS);
        _exit(0);
        uint256 freeAt = block.timestamp + terms.exitSeconds;
        _settle();
        _assertPhase(Phase.Done);
        assertEq(_due(accounts[0]), _credit(accounts[0]));
        assertEq(_due(accounts[1]), _credit(accounts[1]) + terms.trainerStake);
        vm.warp(freeAt + 1);
        assertEq(_due(accounts[0]), _credit(accounts[0]) + terms.trainerStake);
        _assertConserved(0);
    }

    // --- within a round ------------------------------------------------------------------------

    function test_Commit_IsNotWaitedFor() public {
        _gather(SLOTS);
        for (uint256 i; i < QUORUM; ++i) {
            _commit(i);
        }
        assertEq(_project().pending, 1);
        vm.expectEmit(address(market));
        emit IMarketEvents.RevealOpened(_id(), 0, uint64(block.timestamp + terms.revealSeconds));
        _exit(5);
        _assertPhase(Phase.Reveal);
        assertEq(_project().active, QUORUM);
    }

    function test_Commit_BelowTheQuorumTheDeadlineDecides() public {
        _gather(SLOTS);
        for (uint256 i; i < QUORUM - 1; ++i) {
            _commit(i);
        }
        _exit(4);
        _exit(5);
        assertEq(_project().pending, 0);
        _assertPhase(Phase.Commit);
        _advance();
        _assertPhase(Phase.Aborted); // four are left, and five are a quorum
        _assertConserved(0);
    }

    function test_Commit_WhoHasCommittedStillReveals() public {
        _gather(SLOTS);
        _commit(0);
        _exit(0);
        assertEq(_project().pending, QUORUM);
        for (uint256 i = 1; i < SLOTS; ++i) {
            _commit(i);
        }
        _revealFirst(SLOTS);
        _settle();
        assertGt(_credit(accounts[0]), 0);
        assertEq(_project().round, 1);
        assertEq(_project().pending, QUORUM);
        _assertConserved(0);
    }

    function test_Commit_WhoHasCommittedAndIsSilentIsSlashed() public {
        _gather(SLOTS);
        _commitFirst(SLOTS);
        _exit(5);
        _revealFirst(QUORUM);
        _advance();
        vm.warp(block.timestamp + terms.exitSeconds + 1);
        assertEq(_due(accounts[5]), 0);
        _expel(5);
        assertEq(_stake(5), 0);
        _assertStanding(5, Standing.Expelled);
        assertEq(_project().active, QUORUM); // counted out once
        assertEq(_project().forfeited, terms.trainerStake - terms.bounty);
        _assertConserved(0);
    }

    function test_Commit_NoMore() public {
        _gather(SLOTS);
        _exit(0);
        bytes memory commit = abi.encodeCall(IRounds.commit, (terms, 0, keccak256("any")));
        _assertRefused(
            accounts[0],
            commit,
            abi.encodeWithSelector(IMarketEvents.NotATrainer.selector, accounts[0])
        );
    }

    function test_Settle_WithTooFewLeftIsTheLast() public {
        _toSettlement(SLOTS);
        _exit(0);
        _exit(1);
        _settle();
        _assertPhase(Phase.Aborted);
        assertGt(_credit(owner), 0);
        assertEq(market.locked(_id()), _project().stakes);
        _assertConserved(0);
    }

    // --- refusals ------------------------------------------------------------------------------

    function test_RevertIf_NotATrainer() public {
        _gather(SLOTS);
        _refused(outsider, abi.encodeWithSelector(IMarketEvents.NotATrainer.selector, outsider));
        _exit(0);
        _refused(
            accounts[0], abi.encodeWithSelector(IMarketEvents.NotATrainer.selector, accounts[0])
        );
    }

    function test_RevertIf_Expelled() public {
        _toRetry();
        _refused(
            accounts[4], abi.encodeWithSelector(IMarketEvents.NotATrainer.selector, accounts[4])
        );
    }

    function test_RevertIf_Closed() public {
        _gather(1);
        _advance();
        _refused(
            accounts[0],
            abi.encodeWithSelector(IMarketEvents.WrongPhase.selector, Phase.Cancelled, Phase.Settle)
        );
    }

    function _refused(address caller, bytes memory reason) private {
        _assertRefused(caller, abi.encodeCall(IProjects.exit, (terms)), reason);
    }
}
