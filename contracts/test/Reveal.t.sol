// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bn254} from "../src/libraries/Bn254.sol";
import {Fixture, IMarketEvents, Phase, Point} from "./Fixture.sol";

contract RevealTest is Fixture {
    function test_Reveal_TakesTheNextSlot() public {
        _gather(SLOTS);
        _commitFirst(SLOTS);
        vm.warp(_project().deadline); // the last second counts
        vm.expectEmit(address(market));
        emit IMarketEvents.Revealed(_id(), 0, accounts[3], 0, _point(3), _cid(3), address(0));
        _reveal(3);
        _reveal(1);

        assertEq(market.reveals(_id(), 0)[0].trainer, accounts[3]);
        assertEq(market.reveals(_id(), 0)[1].trainer, accounts[1]);
        assertEq(abi.encode(market.reveals(_id(), 0)[1].point), abi.encode(_point(1)));
        assertEq(market.trainer(_id(), accounts[3]).revealedIn, 1);
    }

    function test_Reveal_LastOneOpensSettlement() public {
        _gather(SLOTS);
        _commitFirst(QUORUM);
        _revealFirst(QUORUM - 1);
        assertEq(uint8(_project().phase), uint8(Phase.Reveal));
        uint64 deadline = uint64(block.timestamp + terms.settleSeconds);
        vm.expectEmit(address(market));
        emit IMarketEvents.SettlementOpened(_id(), 0, deadline);
        _reveal(QUORUM - 1);
        assertEq(uint8(_project().phase), uint8(Phase.Settle));
        assertEq(_project().deadline, deadline);
    }

    function test_Reveal_TakesTheSameDeltaAgainInARetry() public {
        _toRetry();
        uint256[3] memory rest = [uint256(0), 1, 5];
        for (uint256 i; i < 3; ++i) {
            _commit(rest[i]);
        }
        for (uint256 i; i < 3; ++i) {
            _reveal(rest[i]);
        }
        assertEq(uint8(_project().phase), uint8(Phase.Settle));
        assertEq(market.reveals(_id(), 1).length, 3);
    }

    // --- copies --------------------------------------------------------------------------------

    function test_RevertIf_PointIsAnothers() public {
        _gather(SLOTS);
        _commitAs(0, _point(1), "copy");
        for (uint256 i = 1; i < SLOTS; ++i) {
            _commit(i);
        }
        _reveal(1);
        Point memory point = _point(1);
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.PointTaken.selector, accounts[1]));
        vm.prank(accounts[0]);
        market.reveal(terms, 0, point, "copy", _salt(0));
    }

    /// @dev Content is not the market's to compare: whoever has no delta behind its point is asked.
    function test_Reveal_OfTheSameContentWithAnotherPoint() public {
        _gather(SLOTS);
        string memory cid = _cid(1);
        _commitAs(0, _point(0), cid);
        for (uint256 i = 1; i < SLOTS; ++i) {
            _commit(i);
        }
        _reveal(1);
        Point memory point = _point(0);
        vm.prank(accounts[0]);
        market.reveal(terms, 0, point, cid, _salt(0));
        assertEq(market.reveals(_id(), 0).length, 2);
    }

    function test_RevertIf_PointIsOnesOwnOfAnEarlierRound() public {
        _toSettlement(SLOTS);
        _settle();
        Point memory point = _point(0);
        _commitAs(0, point, "new content");
        for (uint256 i = 1; i < SLOTS; ++i) {
            _commit(i);
        }
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.PointTaken.selector, accounts[0]));
        vm.prank(accounts[0]);
        market.reveal(terms, 1, point, "new content", _salt(0));
    }

    // --- mismatches ----------------------------------------------------------------------------

    function test_RevertIf_CommitmentIsACopyOfAnothers() public {
        _gather(SLOTS);
        bytes32 copied = _commitment(1);
        vm.prank(accounts[0]);
        market.commit(terms, 0, copied);
        for (uint256 i = 1; i < SLOTS; ++i) {
            _commit(i);
        }
        _expectMismatch(_point(1), _cid(1), _salt(1));
    }

    function test_RevertIf_PointContentOrSaltDiffers() public {
        _gather(SLOTS);
        _commitFirst(SLOTS);
        _expectMismatch(_point(1), _cid(0), _salt(0));
        _expectMismatch(_point(0), _cid(1), _salt(0));
        _expectMismatch(_point(0), _cid(0), _salt(1));
    }

    function test_RevertIf_CommitmentIsForAnotherRoundOrProject() public {
        _gather(SLOTS);
        bytes32 id = _id();
        bytes32 round = market.commitmentOf(accounts[0], id, 1, _point(0), _cid(0), _salt(0));
        bytes32 project = market.commitmentOf(accounts[1], ~id, 0, _point(1), _cid(1), _salt(1));
        vm.prank(accounts[0]);
        market.commit(terms, 0, round);
        vm.prank(accounts[1]);
        market.commit(terms, 0, project);
        for (uint256 i = 2; i < SLOTS; ++i) {
            _commit(i);
        }
        for (uint256 i; i < 2; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IMarketEvents.CommitmentMismatch.selector,
                    i == 0 ? round : project,
                    _commitment(i)
                )
            );
            this.reveal(i);
        }
    }

    // --- the rest ------------------------------------------------------------------------------

    function test_RevertIf_NeverCommitted() public {
        _gather(SLOTS);
        _commitFirst(QUORUM);
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.NotCommitted.selector, accounts[5]));
        this.reveal(5);
    }

    function test_RevertIf_RevealedAlready() public {
        _gather(SLOTS);
        _commitFirst(SLOTS);
        _reveal(0);
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.AlreadyRevealed.selector, accounts[0]));
        this.reveal(0);
    }

    function test_RevertIf_PointIsNoHonestCommitment() public {
        Point[4] memory bad = [Point(1, 3), Point(0, 0), Point(1 + Bn254.P, 2), terms.zero];
        _gather(SLOTS);
        for (uint256 i; i < 4; ++i) {
            _commitAs(i, bad[i], _cid(i));
        }
        _commit(4);
        _commit(5);
        for (uint256 i; i < 4; ++i) {
            string memory cid = _cid(i);
            vm.expectRevert(
                abi.encodeWithSelector(IMarketEvents.BadPoint.selector, bad[i].x, bad[i].y)
            );
            vm.prank(accounts[i]);
            market.reveal(terms, 0, bad[i], cid, _salt(i));
        }
    }

    function test_RevertIf_CidIsMalformed() public {
        string[2] memory bad = ["", string(new bytes(65))];
        _gather(SLOTS);
        for (uint256 i; i < 2; ++i) {
            _commitAs(i, _point(i), bad[i]);
        }
        for (uint256 i = 2; i < SLOTS; ++i) {
            _commit(i);
        }
        for (uint256 i; i < 2; ++i) {
            Point memory point = _point(i);
            vm.expectRevert(abi.encodeWithSelector(IMarketEvents.BadCid.selector, bad[i]));
            vm.prank(accounts[i]);
            market.reveal(terms, 0, point, bad[i], _salt(i));
        }
    }

    function test_RevertIf_RoundIsNotTheCurrentOne() public {
        _gather(SLOTS);
        _commitFirst(SLOTS);
        Point memory point = _point(0);
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.WrongRound.selector, 1, 0));
        vm.prank(accounts[0]);
        market.reveal(terms, 1, point, CID, 0);
    }

    function test_RevertIf_TooLate() public {
        _gather(SLOTS);
        _commitFirst(SLOTS);
        uint64 deadline = _project().deadline;
        _pass();
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.DeadlinePassed.selector, deadline));
        this.reveal(0);
    }

    function test_RevertIf_CommitsAreStillOpen() public {
        _gather(SLOTS);
        _commit(0);
        vm.expectRevert(
            abi.encodeWithSelector(IMarketEvents.WrongPhase.selector, Phase.Commit, Phase.Reveal)
        );
        this.reveal(0);
    }

    /// @dev One call, so that an expected revert is not spent on the reads before it.
    function reveal(uint256 i) external {
        _reveal(i);
    }

    function _commitAs(uint256 i, Point memory point, string memory cid) private {
        uint256 round = _project().round;
        bytes32 commitment = market.commitmentOf(accounts[i], _id(), round, point, cid, _salt(i));
        vm.prank(accounts[i]);
        market.commit(terms, round, commitment);
    }

    function _expectMismatch(Point memory point, string memory cid, bytes32 salt) private {
        bytes32 id = _id();
        bytes32 opened = market.commitmentOf(accounts[0], id, 0, point, cid, salt);
        bytes32 committed = market.commitmentIn(id, 0, accounts[0]);
        vm.expectRevert(
            abi.encodeWithSelector(IMarketEvents.CommitmentMismatch.selector, committed, opened)
        );
        vm.prank(accounts[0]);
        market.reveal(terms, 0, point, cid, salt);
    }
}
