// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Scorings} from "../src/libraries/Choices.sol";
import {Fixture, IMarketEvents, Phase, Standing} from "./Fixture.sol";

contract AdvanceTest is Fixture {
    // --- from Joining --------------------------------------------------------------------------

    function test_Joining_OpensWithAQuorum() public {
        _gather(QUORUM);
        _advance();
        _assertPhase(Phase.Commit);
        assertEq(_project().deadline, block.timestamp + terms.commitSeconds);
    }

    function test_Joining_CancelsBelowTheQuorum() public {
        _gather(QUORUM - 1);
        _advance();
        _assertPhase(Phase.Cancelled);
        assertEq(_due(owner), DEPOSIT);
        assertEq(_due(aggregator), terms.aggregatorStake);
        assertEq(_due(accounts[0]), terms.trainerStake);
        _assertConserved(0);
    }

    function test_Joining_CancelsWithoutAnAggregator() public {
        _create();
        for (uint256 i; i < SLOTS; ++i) {
            _join(i);
        }
        _advance();
        _assertPhase(Phase.Cancelled);
    }

    // --- from Commit ---------------------------------------------------------------------------

    function test_Commit_OpensRevealsWithAQuorum() public {
        _gather(SLOTS);
        for (uint256 i; i < QUORUM; ++i) {
            _commit(i);
        }
        _advance();
        _assertPhase(Phase.Reveal);
        assertEq(_project().deadline, block.timestamp + terms.revealSeconds);
    }

    function test_Commit_RetriesBelowTheQuorumAndThenGivesUp() public {
        _gather(SLOTS);
        for (uint256 i; i < QUORUM - 1; ++i) {
            _commit(i);
        }
        _pass();
        _expectOpened(0, 1);
        vm.prank(outsider);
        market.advance(terms);
        assertEq(_project().retries, 1);
        assertEq(_project().committed, 0);

        _advance();
        _assertPhase(Phase.Claim); // a reveal of an earlier opening could be shown
        assertEq(_project().deadline, block.timestamp + terms.answerSeconds);
        _advance();
        _assertPhase(Phase.Aborted);
        assertEq(_credit(owner), DEPOSIT); // nobody broke a rule, and nobody earned anything
        assertEq(_due(accounts[0]), terms.trainerStake);
        _assertConserved(0);
    }

    /// @dev Where nobody can have revealed there is nothing to claim.
    function test_Commit_AbortsAtOnceWithoutRetries() public {
        terms.maxRetries = 0;
        _gather(SLOTS);
        _advance();
        _assertPhase(Phase.Aborted);
        assertEq(_credit(owner), DEPOSIT);
        _assertConserved(0);
    }

    function test_Commit_ASettledRoundRenewsTheRetries() public {
        _gather(SLOTS);
        _advance(); // the only retry of round 0
        _commitFirst(SLOTS);
        _revealFirst(SLOTS);
        _settle();
        assertEq(_project().retries, 0);
        _advance();
        _assertPhase(Phase.Commit);
        assertEq(_project().epoch, 3);
    }

    // --- from Reveal ---------------------------------------------------------------------------

    function test_Reveal_MarksTheSilentForWhoeverExpelsThem() public {
        _gather(SLOTS);
        _commitFirst(SLOTS);
        _revealFirst(QUORUM);
        assertFalse(market.isSilent(_id(), accounts[5])); // it has time
        _advance();

        _assertPhase(Phase.Settle);
        assertEq(_project().deadline, block.timestamp + terms.settleSeconds);
        assertTrue(market.isSilent(_id(), accounts[5]));
        assertFalse(market.isSilent(_id(), accounts[0]));
        _assertStanding(5, Standing.Active);
        assertEq(_stake(5), terms.trainerStake);
        assertEq(_project().forfeited, 0);
        _assertConserved(0);
    }

    function test_Reveal_SparesWhoDidNotCommit() public {
        _gather(SLOTS);
        _commitFirst(QUORUM);
        _revealFirst(QUORUM);
        _assertStanding(5, Standing.Active);
        assertFalse(market.isSilent(_id(), accounts[5]));
    }

    /// @dev A quorum has committed: what some of it do not reveal is not the others' loss.
    function test_Reveal_GoesOnWithoutAQuorumThatRevealed() public {
        _gather(SLOTS);
        _commitFirst(SLOTS);
        _revealFirst(3);
        _advance();
        _assertPhase(Phase.Settle);
        _settle();
        assertEq(_project().round, 1);
        _assertConserved(0);
    }

    /// @dev A value with fixed weights has a meaning for one.
    function test_Reveal_GoesOnWithOne() public {
        _useDefaults();
        _gather(SLOTS);
        _commitFirst(SLOTS);
        _revealFirst(1);
        _advance();
        _settle();
        assertGt(_credit(accounts[0]), 0);
        _assertConserved(0);
    }

    function test_Reveal_OfNobodyIsRetried() public {
        _useDefaults();
        _gather(SLOTS);
        _commitFirst(SLOTS);
        _advance();
        _assertPhase(Phase.Commit);
        assertEq(_project().retries, 1);
    }

    /// @dev Means of coalitions are scored from three on, and leave-one-out from two.
    function test_Reveal_RetriesBelowWhatTheScoringNeeds() public {
        _toRetry();
        _assertPhase(Phase.Commit);
        assertEq(_project().round, 0);
        assertEq(_project().epoch, 1);
        assertEq(_project().active, 3);
        _assertConserved(0);
    }

    function test_Reveal_LeaveOneOutOfMeansNeedsTwo() public {
        (terms.scoring, terms.maxRetries) = (Scorings.LEAVE_ONE_OUT, 2);
        for (uint256 count = 1; count < 3; ++count) {
            uint256 snapshot = vm.snapshotState();
            _gather(SLOTS);
            _commitFirst(SLOTS);
            _revealFirst(count);
            _advance();
            _assertPhase(count < 2 ? Phase.Commit : Phase.Settle);
            vm.revertToState(snapshot);
        }
    }

    function test_Reveal_GivesUpWithoutAQuorumLeft() public {
        terms.quorum = uint8(SLOTS);
        _gather(SLOTS);
        _commitFirst(SLOTS);
        _revealFirst(2);
        _advance();
        for (uint256 i = 2; i < SLOTS; ++i) {
            _expel(i);
        }
        _assertPhase(Phase.Commit); // whoever is silent is noticed when it is expelled
        _advance();
        _assertPhase(Phase.Claim);
        _claim(0, 0, 0);
        _claim(0, 1, 1);
        _advance();
        uint256 share = 4 * (terms.trainerStake - terms.bounty) / 2;
        for (uint256 i; i < 2; ++i) {
            assertEq(_due(accounts[i]), share + terms.trainerStake);
        }
        assertEq(_credit(owner), DEPOSIT);
        assertEq(_due(accounts[5]), 0);
        _assertConserved(0);
    }

    function test_Reveal_StakesOfAllSilentAreTheOwnersIfNobodyClaims() public {
        terms.maxRetries = 0;
        _gather(SLOTS);
        _commitFirst(SLOTS);
        _advance();
        _assertPhase(Phase.Aborted); // nobody can claim
        for (uint256 i; i < SLOTS; ++i) {
            _expel(i);
        }
        assertEq(_credit(owner), DEPOSIT + SLOTS * (terms.trainerStake - terms.bounty));
        assertEq(_credit(outsider), SLOTS * terms.bounty);
        _assertConserved(0);
    }

    // --- from Settle ---------------------------------------------------------------------------

    function test_Settle_ASilentAggregatorPaysThoseWhoClaim() public {
        _toSettlement(SLOTS);
        _pass();
        vm.expectEmit(address(market));
        emit IMarketEvents.Slashed(_id(), aggregator, terms.aggregatorStake);
        vm.prank(outsider);
        market.advance(terms);

        _assertPhase(Phase.Claim);
        assertEq(_project().bonded, 0);
        uint256 slashed = terms.aggregatorStake - terms.bounty;
        assertEq(_project().forfeited, slashed);
        for (uint256 i; i < SLOTS; ++i) {
            _claim(0, i, i);
        }
        _advance();
        _assertPhase(Phase.Aborted);
        for (uint256 i; i < SLOTS; ++i) {
            assertEq(_due(accounts[i]), slashed / 6 + terms.trainerStake);
        }
        assertEq(_due(aggregator), 0);
        assertEq(_credit(outsider), terms.bounty);
        assertEq(_credit(owner), DEPOSIT);
        _assertConserved(0);
    }

    // --- refusals ------------------------------------------------------------------------------

    function test_RevertIf_DeadlineIsNotReached() public {
        _gather(0);
        uint64 deadline = _project().deadline;
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.DeadlineNotReached.selector, deadline));
        market.advance(terms);
    }

    function test_RevertIf_Closed() public {
        _gather(0);
        _advance();
        vm.expectRevert(
            abi.encodeWithSelector(IMarketEvents.WrongPhase.selector, Phase.Cancelled, Phase.Settle)
        );
        market.advance(terms);
    }

    function test_RevertIf_NeverCreated() public {
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.NoSuchProject.selector, _id()));
        market.advance(terms);
    }
}
