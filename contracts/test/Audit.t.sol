// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Token} from "../src/libraries/Token.sol";
import {Fixture, IMarketEvents, IRounds, Phase} from "./Fixture.sol";

/// @dev Whether the yardstick is what the owner says: who may ask, who judges, and who pays for it.
contract AuditTest is Fixture {
    uint256 private constant OWNER_BOND = 0.5 ether + 3;
    uint256 private constant DISPUTE_BOND = 0.05 ether + 2;

    function setUp() public override {
        super.setUp();
        for (uint256 i; i < 3; ++i) {
            terms.arbiters.push(makeAddr(string.concat("arbiter ", vm.toString(i))));
        }
        terms.arbiterQuorum = 2;
        (terms.ownerBond, terms.disputeBond) = (uint128(OWNER_BOND), uint128(DISPUTE_BOND));
    }

    // --- dispute -------------------------------------------------------------------------------

    function test_Create_LocksTheOwnersBond() public {
        _create();
        assertEq(_project().bonds, OWNER_BOND);
        assertEq(market.locked(_id()), DEPOSIT + OWNER_BOND);
        assertEq(address(market).balance, DEPOSIT + OWNER_BOND);
    }

    function test_Dispute_IsJudgedBeforeTheFirstSettlement() public {
        _gather(SLOTS);
        vm.expectEmit(address(market));
        emit IMarketEvents.Disputed(_id(), outsider, DISPUTE_BOND);
        _dispute();
        _assertPhase(Phase.Commit); // the round goes on until it has to be paid
        assertEq(_project().bonds, OWNER_BOND + DISPUTE_BOND);
        _commitFirst(SLOTS);
        for (uint256 i; i < SLOTS - 1; ++i) {
            _reveal(i);
        }
        vm.expectEmit(address(market));
        emit IMarketEvents.AuditOpened(_id(), uint64(block.timestamp + terms.auditSeconds));
        _reveal(SLOTS - 1);
        _assertPhase(Phase.Audit);
        _assertOwedIsHeld();
    }

    function test_Dispute_InSettleOpensTheAuditAtOnce() public {
        _toSettlement(SLOTS);
        vm.warp(_project().deadline);
        _dispute();
        _assertPhase(Phase.Audit);
        assertEq(_project().deadline, block.timestamp + terms.auditSeconds);
    }

    function test_Dispute_InJoining() public {
        _gather(1);
        _dispute();
        _assertPhase(Phase.Joining);
        assertEq(_project().audit.disputer, outsider);
    }

    /// @dev Of a challenged round: the answers come first.
    function test_Dispute_InAnswerIsJudgedAfterTheAnswers() public {
        _toSettlement(SLOTS);
        _challenge(1);
        _dispute();
        _assertPhase(Phase.Answer);
        _answer(0, 0);
        _assertPhase(Phase.Audit);
        _vote(0, true);
        _vote(1, true);
        _assertPhase(Phase.Settle);
        assertTrue(_project().challenged); // once in an opening, all the same
        _settle();
        _assertOwedIsHeld();
    }

    function test_Dispute_OfAProjectThatClosesBeforeComesBack() public {
        _gather(1);
        _dispute();
        _advance();
        _assertPhase(Phase.Cancelled);
        assertEq(_due(outsider), DISPUTE_BOND);
        assertEq(_due(owner), DEPOSIT + OWNER_BOND);
        _assertOwedIsHeld();
    }

    function test_Dispute_OfARoundThatIsGivenUpComesBack() public {
        terms.maxRetries = 0;
        _gather(SLOTS);
        _dispute();
        _advance(); // nobody commits
        _assertPhase(Phase.Aborted);
        assertEq(_due(outsider), DISPUTE_BOND);
        assertEq(_due(owner), DEPOSIT + OWNER_BOND);
        _assertOwedIsHeld();
    }

    function test_RevertIf_DisputedAlready() public {
        _gather(SLOTS);
        _dispute();
        _notDisputable();
    }

    function test_RevertIf_TheFirstRoundIsSettled() public {
        _toSettlement(SLOTS);
        _settle();
        _notDisputable();
    }

    function test_RevertIf_ThereAreNoArbiters() public {
        delete terms.arbiters;
        (terms.arbiterQuorum, terms.ownerBond, terms.disputeBond) = (0, 0, 0);
        _gather(SLOTS);
        _notDisputable();
    }

    function test_RevertIf_JudgedAlready() public {
        _toAudit();
        _vote(0, true);
        _vote(1, true);
        _assertPhase(Phase.Settle);
        _notDisputable();
    }

    function test_RevertIf_JudgedByChanceAlready() public {
        terms.auditBps = 10_000;
        _toChance();
        _notDisputable();
        _vote(0, true);
        _vote(1, true);
        _notDisputable();
    }

    function test_RevertIf_TheRoundIsGivenUp() public {
        _toSettlement(SLOTS);
        _advance();
        _assertPhase(Phase.Claim);
        _notDisputable();
    }

    /// @dev An aggregator that has missed its deadline loses its stake, and gets no time for a bond.
    function test_RevertIf_TheSettlementIsLate() public {
        _toSettlement(SLOTS);
        uint64 deadline = _project().deadline;
        _pass();
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.DeadlinePassed.selector, deadline));
        vm.prank(aggregator);
        market.dispute{value: DISPUTE_BOND}(terms);
    }

    function test_RevertIf_TheBondIsAnother() public {
        _create();
        vm.expectRevert(
            abi.encodeWithSelector(Token.WrongValue.selector, DISPUTE_BOND - 1, DISPUTE_BOND)
        );
        vm.prank(outsider);
        market.dispute{value: DISPUTE_BOND - 1}(terms);
    }

    // --- chance --------------------------------------------------------------------------------

    function test_Chance_OfAllIsAlwaysJudged() public {
        terms.auditBps = 10_000;
        _toChance();
        _assertPhase(Phase.Audit);
    }

    function test_Chance_OfNothingIsNever() public {
        _toChance();
        _assertPhase(Phase.Settle);
    }

    function test_Chance_IsByTheHashOfABlockAfterTheOpening() public {
        terms.auditBps = 3000;
        uint256 held;
        for (uint256 k; k < 20; ++k) {
            uint256 snapshot = vm.snapshotState();
            _gather(SLOTS);
            uint256 decisive = block.number + 1;
            assertEq(_project().audit.seedBlock, decisive);
            vm.roll(decisive + 1);
            vm.setBlockhash(decisive, bytes32(k));
            _commitFirst(SLOTS);
            _revealFirst(SLOTS);
            bool due = uint256(keccak256(abi.encode(bytes32(k), _id()))) % 10_000 < 3000;
            _assertPhase(due ? Phase.Audit : Phase.Settle);
            if (due) ++held;
            vm.revertToState(snapshot);
        }
        assertGt(held, 0);
        assertLt(held, 20);
    }

    /// @dev Who reveals last has one hash, and not one for every 256 blocks that it waits.
    function test_Chance_IsDecidedOnce() public {
        terms.auditBps = 5000;
        for (uint256 k; k < 6; ++k) {
            uint256 snapshot = vm.snapshotState();
            _gather(SLOTS);
            uint256 decisive = block.number + 1;
            vm.roll(decisive + 1);
            vm.setBlockhash(decisive, bytes32(k));
            bool due = uint256(keccak256(abi.encode(bytes32(k), _id()))) % 10_000 < 5000;
            _commitFirst(SLOTS);
            vm.roll(decisive + 257 + k);
            vm.setBlockhash(decisive + 256, bytes32(uint256(100)));
            _revealFirst(SLOTS);
            _assertPhase(due ? Phase.Audit : Phase.Settle);
            vm.revertToState(snapshot);
        }
    }

    /// @dev Where nobody has looked at the hash in time, a later one that is known decides.
    function test_Chance_OfAnExpiredHash() public {
        terms.auditBps = 5000;
        for (uint256 k; k < 6; ++k) {
            uint256 snapshot = vm.snapshotState();
            _gather(SLOTS);
            uint256 decisive = block.number + 1;
            vm.roll(decisive + 300);
            vm.setBlockhash(decisive + 256, bytes32(k));
            _commitFirst(SLOTS);
            _revealFirst(SLOTS);
            bool due = uint256(keccak256(abi.encode(bytes32(k), _id()))) % 10_000 < 5000;
            _assertPhase(due ? Phase.Audit : Phase.Settle);
            vm.revertToState(snapshot);
        }
    }

    function test_Chance_IsNotAskedAgainInTheNextRound() public {
        terms.auditBps = 10_000;
        _toChance();
        _vote(0, true);
        _vote(2, true);
        _settle();
        _nextRound(0x1f);
        _commitFirst(SLOTS);
        _revealFirst(SLOTS);
        _assertPhase(Phase.Settle);
    }

    // --- confirmed -----------------------------------------------------------------------------

    function test_Confirmed_TheDisputerPaysTheArbiters() public {
        _toAudit();
        vm.expectEmit(address(market));
        emit IMarketEvents.Voted(_id(), terms.arbiters[2], true);
        _vote(2, true);
        _assertPhase(Phase.Audit);
        vm.expectEmit(address(market));
        emit IMarketEvents.Audited(_id(), true);
        _vote(0, true);

        _assertPhase(Phase.Settle);
        assertEq(_project().deadline, block.timestamp + terms.settleSeconds);
        assertEq(_credit(terms.arbiters[0]), DISPUTE_BOND / 2);
        assertEq(_credit(terms.arbiters[1]), 0);
        assertEq(_credit(terms.arbiters[2]), DISPUTE_BOND / 2);
        assertEq(_credit(outsider), 0);
        assertEq(_project().bonds, OWNER_BOND);
        _assertOwedIsHeld();
        _settle();
        assertEq(_project().round, 1);
    }

    function test_Confirmed_OnlyThoseWhoSaidSoArePaid() public {
        _toAudit();
        _vote(1, false);
        _vote(0, true);
        _vote(2, true);
        assertEq(_credit(terms.arbiters[0]), DISPUTE_BOND / 2);
        assertEq(_credit(terms.arbiters[1]), 0);
        _assertOwedIsHeld();
    }

    function test_Confirmed_TheOwnerPaysWhatChanceAskedFor() public {
        (terms.auditBps, terms.rounds) = (10_000, 1);
        _toChance();
        _vote(0, true);
        _vote(1, true);
        assertEq(_credit(terms.arbiters[0]), DISPUTE_BOND / 2);
        assertEq(_project().bonds, OWNER_BOND - DISPUTE_BOND / 2 * 2);
        uint256 left = _project().trainerBudget;
        _settle();
        _assertPhase(Phase.Done);
        assertGe(_credit(owner), OWNER_BOND - DISPUTE_BOND);
        assertLe(_credit(owner), OWNER_BOND - DISPUTE_BOND + left);
        assertEq(market.locked(_id()), _project().stakes);
        _assertOwedIsHeld();
    }

    function test_Confirmed_TheBondComesBackAtTheEnd() public {
        terms.rounds = 1;
        _toAudit();
        _vote(0, true);
        _vote(1, true);
        _settle();
        _assertPhase(Phase.Done);
        uint256 paid;
        for (uint256 i; i < SLOTS; ++i) {
            paid += _credit(accounts[i]);
        }
        assertEq(_credit(owner), DEPOSIT + OWNER_BOND - 0.01 ether - paid);
        _assertOwedIsHeld();
    }

    // --- refuted -------------------------------------------------------------------------------

    function test_Refuted_TheOwnerPaysAndTheBudgetGoesToWhoClaims() public {
        _toAudit();
        _vote(2, false);
        vm.expectEmit(address(market));
        emit IMarketEvents.Audited(_id(), false);
        vm.expectEmit(address(market));
        emit IMarketEvents.ClaimOpened(_id(), 0, uint64(block.timestamp + terms.answerSeconds));
        _vote(1, false);

        _assertPhase(Phase.Claim);
        uint256 half = OWNER_BOND / 2;
        assertEq(_credit(outsider), DISPUTE_BOND + half);
        uint256 each = (OWNER_BOND - half) / 2;
        assertEq(_credit(terms.arbiters[1]), each);
        assertEq(_credit(terms.arbiters[2]), each);
        assertEq(_credit(terms.arbiters[0]), 0);
        uint256 odd = OWNER_BOND - half - 2 * each;
        assertEq(_project().forfeited, BUDGET + odd);
        assertEq(_project().trainerBudget, 0);
        assertEq(_project().bonds, 0);
        _assertOwedIsHeld();

        _claim(0, 0, 0);
        _claim(0, 4, 4);
        _advance();
        _assertPhase(Phase.Aborted);
        assertEq(_due(accounts[0]), (BUDGET + odd) / 2 + terms.trainerStake);
        assertEq(_due(owner), 0.02 ether); // the fees
        _assertOwedIsHeld();
    }

    function test_Refuted_ByChanceTheArbitersHaveTheBond() public {
        terms.auditBps = 10_000;
        _toChance();
        _vote(0, false);
        _vote(1, false);
        assertEq(_credit(terms.arbiters[0]), OWNER_BOND / 2);
        assertEq(_project().forfeited, BUDGET + OWNER_BOND % 2);
        _assertOwedIsHeld();
    }

    function test_Refuted_WithoutClaimsTheBudgetIsTheOwners() public {
        _toAudit();
        _vote(0, false);
        _vote(1, false);
        _advance();
        assertEq(_due(owner), DEPOSIT + _oddOf(2));
        _assertOwedIsHeld();
    }

    // --- silence -------------------------------------------------------------------------------

    /// @dev Arbiters that say nothing are the owner's choice.
    function test_Silence_OfAllRefutesForTheDisputer() public {
        _toAudit();
        _advance();
        _assertPhase(Phase.Claim);
        assertEq(_credit(outsider), DISPUTE_BOND + OWNER_BOND);
        assertEq(_project().forfeited, BUDGET);
        _assertOwedIsHeld();
    }

    function test_Silence_OfAllAfterChanceIsForThoseWhoClaim() public {
        terms.auditBps = 10_000;
        _toChance();
        _advance();
        assertEq(_project().forfeited, BUDGET + OWNER_BOND);
        _claim(0, 0, 0);
        _advance();
        assertEq(_due(accounts[0]), BUDGET + OWNER_BOND + terms.trainerStake);
        _assertOwedIsHeld();
    }

    function test_Silence_OfSomePaysThoseWhoRefuted() public {
        _toAudit();
        _vote(0, true);
        _vote(1, false);
        _advance();
        uint256 half = OWNER_BOND / 2;
        assertEq(_credit(outsider), DISPUTE_BOND + half);
        assertEq(_credit(terms.arbiters[0]), 0);
        assertEq(_credit(terms.arbiters[1]), OWNER_BOND - half);
        assertEq(_project().forfeited, BUDGET);
        _assertOwedIsHeld();
    }

    function test_Silence_OfAllButOneThatConfirmedIsForTheDisputer() public {
        _toAudit();
        _vote(0, true);
        _advance();
        assertEq(_credit(outsider), DISPUTE_BOND + OWNER_BOND);
        assertEq(_credit(terms.arbiters[0]), 0);
        _assertOwedIsHeld();
    }

    // --- votes that are refused ----------------------------------------------------------------

    function test_Vote_InTheLastSecond() public {
        _toAudit();
        vm.warp(_project().deadline);
        _vote(0, true);
        assertEq(_project().audit.confirming, 1);
    }

    function test_RevertIf_NotAnArbiter() public {
        _toAudit();
        _refused(owner, abi.encodeWithSelector(IMarketEvents.NotAnArbiter.selector, owner));
    }

    function test_RevertIf_VotedAlready() public {
        _toAudit();
        _vote(0, true);
        address arbiter = terms.arbiters[0];
        _refused(arbiter, abi.encodeWithSelector(IMarketEvents.AlreadyVoted.selector, arbiter));
    }

    function test_RevertIf_PastTheDeadline() public {
        _toAudit();
        uint64 deadline = _project().deadline;
        _pass();
        _refused(
            terms.arbiters[0],
            abi.encodeWithSelector(IMarketEvents.DeadlinePassed.selector, deadline)
        );
    }

    function test_RevertIf_ThereIsNoAudit() public {
        _toSettlement(SLOTS);
        _refused(
            terms.arbiters[0],
            abi.encodeWithSelector(IMarketEvents.WrongPhase.selector, Phase.Settle, Phase.Audit)
        );
    }

    function _dispute() private {
        vm.prank(outsider);
        market.dispute{value: DISPUTE_BOND}(terms);
    }

    function _vote(uint256 i, bool holds) private {
        vm.prank(terms.arbiters[i]);
        market.vote(terms, holds);
    }

    /// @dev To the audit that a dispute asked for.
    function _toAudit() private {
        _toSettlement(SLOTS);
        _dispute();
        _assertPhase(Phase.Audit);
    }

    /// @dev To what follows the reveals, when the block that decides has come.
    function _toChance() private {
        _gather(SLOTS);
        vm.roll(block.number + 2);
        _commitFirst(SLOTS);
        _revealFirst(SLOTS);
    }

    /// @return What of the half of the owner's bond does not divide among so many arbiters.
    function _oddOf(uint256 count) private pure returns (uint256) {
        return (OWNER_BOND - OWNER_BOND / 2) % count;
    }

    function _notDisputable() private {
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.NotDisputable.selector, _id()));
        this.dispute();
    }

    /// @dev One call, so that an expected revert is not spent on the reads before it.
    function dispute() external {
        uint256 bond = terms.disputeBond;
        vm.prank(outsider);
        market.dispute{value: bond}(terms);
    }

    function _refused(address account, bytes memory reason) private {
        _assertRefused(account, abi.encodeCall(IRounds.vote, (terms, true)), reason);
    }
}
