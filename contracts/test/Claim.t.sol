// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Fixture, IMarketEvents, IRounds, Phase, Point, Vectors} from "./Fixture.sol";

/// @dev What becomes of a round that is given up: who broke it has paid, who shows its delta is paid.
contract ClaimTest is Fixture {
    uint256 private _lost; // wei that a silent trainer forfeits

    function setUp() public override {
        super.setUp();
        terms.maxRetries = 0;
        _lost = terms.trainerStake - terms.bounty;
    }

    function test_Claim_SharesWhatWasForfeited() public {
        _toClaims();
        bytes memory values = Vectors.encode(deltas[1]);
        vm.expectEmit(address(market));
        emit IMarketEvents.Claimed(_id(), 0, accounts[1], 0, values);
        _claim(0, 1, 1);
        _claim(0, 0, 0);
        assertEq(_project().claims, 2);
        assertEq(_due(accounts[0]), 0); // not before it is known how many share
        vm.expectEmit(address(market));
        emit IMarketEvents.Closed(_id(), Phase.Aborted, DEPOSIT, 0, 3 * _lost);
        _advance();
        assertEq(_due(accounts[0]), 3 * _lost / 2 + terms.trainerStake);
        assertEq(_due(accounts[1]), 3 * _lost / 2 + terms.trainerStake);
        assertEq(_due(accounts[5]), terms.trainerStake);
        assertEq(_due(owner), DEPOSIT);
        _assertConserved(0);
    }

    /// @dev A wei that does not divide goes to who comes last.
    function test_Claim_LeavesNothingBehind() public {
        terms.bounty = 0.001 ether + 1;
        _toClaims();
        for (uint256 i; i < 2; ++i) {
            _claim(0, i, i);
        }
        _advance();
        uint256 sum;
        for (uint256 i; i < 2; ++i) {
            uint256 due = _due(accounts[i]);
            vm.expectEmit(address(market));
            emit IMarketEvents.Shared(_id(), accounts[i], due - terms.trainerStake);
            vm.prank(accounts[i]);
            sum += market.withdraw(terms);
            assertEq(_due(accounts[i]), 0);
        }
        assertEq(sum, 3 * (terms.trainerStake - terms.bounty) + 2 * terms.trainerStake);
        assertEq(_project().forfeited, 0);
        assertEq(_project().claims, 0);
        _assertConserved(sum);
    }

    function test_Claim_OfNobodyLeavesItToTheOwner() public {
        _toClaims();
        _advance();
        assertEq(_due(owner), DEPOSIT + 3 * _lost);
        _assertConserved(0);
    }

    function test_Claim_UpToTheLastSecond() public {
        _toClaims();
        vm.warp(_project().deadline);
        _claim(0, 0, 0);
        assertEq(_project().claims, 1);
    }

    function test_Claim_AnybodyMayShowIt() public {
        _toClaims();
        (bytes memory values, Point memory quotient) = _opening(0);
        vm.prank(makeAddr("a friend"));
        market.claim(terms, 0, 0, values, quotient);
        _advance();
        assertEq(_due(accounts[0]), 3 * _lost + terms.trainerStake);
        assertEq(_due(accounts[1]), terms.trainerStake); // nobody has shown its delta
    }

    /// @dev In whichever opening of the round it revealed, and once.
    function test_Claim_OfAnEarlierOpening() public {
        (terms.quorum, terms.maxRetries) = (3, 2);
        _gather(SLOTS);
        _commitFirst(5);
        _revealFirst(2); // 2 to 4 are silent
        _advance();
        _commit(0);
        _commit(1);
        _commit(5);
        _advance();
        _reveal(5); // and now 0 and 1 are
        _advance();
        _assertPhase(Phase.Commit);
        _advance();
        _assertPhase(Phase.Claim);
        for (uint256 i; i < 5; ++i) {
            _expel(i);
        }
        _claim(0, 1, 1);
        _claim(1, 0, 5);
        _advance();
        // It was silent later, and is paid for what it did before.
        assertEq(_due(accounts[1]), 5 * _lost / 2);
        assertEq(_due(accounts[5]), 5 * _lost / 2 + terms.trainerStake);
        _assertConserved(0);
    }

    function test_Claim_OfWhoLeft() public {
        _toClaims();
        _exit(0);
        _claim(0, 0, 0);
        uint256 freeAt = block.timestamp + terms.exitSeconds;
        _advance();
        assertEq(_due(accounts[0]), 3 * _lost);
        vm.warp(freeAt + 1);
        assertEq(_due(accounts[0]), 3 * _lost + terms.trainerStake);
    }

    /// @dev The second round is given up; the first has been settled, and its reveals claim nothing.
    function test_RevertIf_TheRevealIsOfASettledRound() public {
        _toSettlement(SLOTS);
        _settle();
        _nextRound(0x1f);
        _commitFirst(SLOTS);
        _revealFirst(2);
        _advance();
        _assertPhase(Phase.Claim);
        (bytes memory values, Point memory quotient) = _opening(0);
        _refused(0, 0, values, quotient, _noSuchReveal(0, 0));
        _claim(1, 0, 0);
    }

    function test_RevertIf_ThereIsNoSuchReveal() public {
        _toClaims();
        (bytes memory values, Point memory quotient) = _opening(0);
        _refused(0, 2, values, quotient, _noSuchReveal(0, 2));
        _refused(1, 0, values, quotient, _noSuchReveal(1, 0));
        _refused(0, 256, values, quotient, _noSuchReveal(0, 256));
    }

    function test_RevertIf_ClaimedAlready() public {
        _toClaims();
        _claim(0, 0, 0);
        (bytes memory values, Point memory quotient) = _opening(0);
        bytes memory reason =
            abi.encodeWithSelector(IMarketEvents.AlreadyClaimed.selector, accounts[0]);
        _refused(0, 0, values, quotient, reason);
    }

    function test_RevertIf_ItDoesNotOpen() public {
        _toClaims();
        (bytes memory values, Point memory quotient) = _opening(1);
        bytes memory reason = abi.encodeWithSelector(IMarketEvents.DoesNotOpen.selector, 0);
        _refused(0, 0, values, quotient, reason);
        (values, quotient) = _opening(0);
        values[1] ^= 0x01;
        _refused(0, 0, values, quotient, reason);
    }

    function test_RevertIf_PastTheDeadline() public {
        _toClaims();
        uint64 deadline = _project().deadline;
        _pass();
        (bytes memory values, Point memory quotient) = _opening(0);
        bytes memory reason =
            abi.encodeWithSelector(IMarketEvents.DeadlinePassed.selector, deadline);
        _refused(0, 0, values, quotient, reason);
    }

    function test_RevertIf_TheRoundIsNotGivenUp() public {
        _toSettlement(SLOTS);
        (bytes memory values, Point memory quotient) = _opening(0);
        bytes memory reason =
            abi.encodeWithSelector(IMarketEvents.WrongPhase.selector, Phase.Settle, Phase.Claim);
        _refused(0, 0, values, quotient, reason);
    }

    /// @dev With the reveals of trainers 0 and 1; 2 to 4 were silent, and are expelled; 5 did not commit.
    function _toClaims() private {
        _gather(SLOTS);
        _commitFirst(5);
        _revealFirst(2);
        _advance();
        _assertPhase(Phase.Claim);
        for (uint256 i = 2; i < 5; ++i) {
            _expel(i);
        }
    }

    function _noSuchReveal(uint256 epoch, uint256 slot) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IMarketEvents.NoSuchReveal.selector, epoch, slot);
    }

    function _refused(
        uint256 epoch,
        uint256 slot,
        bytes memory values,
        Point memory quotient,
        bytes memory reason
    ) private {
        _assertRefused(
            outsider, abi.encodeCall(IRounds.claim, (terms, epoch, slot, values, quotient)), reason
        );
    }
}
