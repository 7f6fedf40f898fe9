// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Fixture, IMarketEvents, Phase, Standing} from "./Fixture.sol";

contract CommitTest is Fixture {
    bytes32 private constant COMMITMENT = keccak256("commitment");

    function test_Commit_IsRecorded() public {
        _gather(SLOTS);
        vm.warp(_project().deadline); // the last second counts
        vm.expectEmit(address(market));
        emit IMarketEvents.Committed(_id(), 0, accounts[0], COMMITMENT);
        _send(accounts[0], 0, COMMITMENT);

        assertEq(market.commitmentIn(_id(), 0, accounts[0]), COMMITMENT);
        assertEq(_project().committed, 1);
        assertEq(uint8(_project().phase), uint8(Phase.Commit));
    }

    function test_Commit_LastOneOpensReveals() public {
        _gather(SLOTS);
        for (uint256 i; i < SLOTS - 1; ++i) {
            _commit(i);
        }
        uint64 deadline = uint64(block.timestamp + terms.revealSeconds);
        vm.expectEmit(address(market));
        emit IMarketEvents.RevealOpened(_id(), 0, deadline);
        _commit(SLOTS - 1);
        assertEq(uint8(_project().phase), uint8(Phase.Reveal));
        assertEq(_project().deadline, deadline);
    }

    function test_Commit_DoesNotWaitForTheExpelled() public {
        _gather(SLOTS);
        _commitFirst(SLOTS);
        _revealFirst(QUORUM);
        _advance();
        _expel(5);
        _settle();
        _nextRound(0x1e);
        for (uint256 i; i < QUORUM; ++i) {
            _commit(i);
        }
        assertEq(uint8(_project().phase), uint8(Phase.Reveal));
    }

    function test_RevertIf_CallerIsNoTrainer() public {
        _gather(SLOTS);
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.NotATrainer.selector, outsider));
        _send(outsider, 0, COMMITMENT);
    }

    function test_RevertIf_CallerIsExpelled() public {
        _gather(SLOTS);
        _commitFirst(SLOTS);
        _revealFirst(QUORUM);
        _advance();
        _expel(5);
        _settle();
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.NotATrainer.selector, accounts[5]));
        _send(accounts[5], 1, COMMITMENT);
    }

    /// @dev Before anybody has expelled it.
    function test_RevertIf_CallerWasSilent() public {
        _gather(SLOTS);
        _commitFirst(SLOTS);
        _revealFirst(QUORUM);
        _advance();
        _settle();
        assertTrue(market.isSilent(_id(), accounts[5]));
        _assertStanding(5, Standing.Active);
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.NotATrainer.selector, accounts[5]));
        _send(accounts[5], 1, COMMITMENT);
    }

    function test_RevertIf_CommittedAlready() public {
        _gather(SLOTS);
        _commit(0);
        vm.expectRevert(
            abi.encodeWithSelector(IMarketEvents.AlreadyCommitted.selector, accounts[0])
        );
        _send(accounts[0], 0, COMMITMENT);
    }

    function test_RevertIf_CommitmentIsEmpty() public {
        _gather(SLOTS);
        vm.expectRevert(IMarketEvents.EmptyCommitment.selector);
        _send(accounts[0], 0, 0);
    }

    function test_RevertIf_RoundIsNotTheCurrentOne() public {
        _gather(SLOTS);
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.WrongRound.selector, 1, 0));
        _send(accounts[0], 1, COMMITMENT);
    }

    function test_RevertIf_TooLate() public {
        _gather(SLOTS);
        uint64 deadline = _project().deadline;
        _pass();
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.DeadlinePassed.selector, deadline));
        _send(accounts[0], 0, COMMITMENT);
    }

    function test_RevertIf_RoundIsNotOpen() public {
        _gather(1);
        vm.expectRevert(
            abi.encodeWithSelector(IMarketEvents.WrongPhase.selector, Phase.Joining, Phase.Commit)
        );
        _send(accounts[0], 0, COMMITMENT);
    }

    function _send(address account, uint256 round, bytes32 commitment) private {
        vm.prank(account);
        market.commit(terms, round, commitment);
    }
}
