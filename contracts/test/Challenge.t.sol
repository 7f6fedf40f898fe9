// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Fixture, IMarketEvents, IRounds, Phase, Project} from "./Fixture.sol";

contract ChallengeTest is Fixture {
    function test_Challenge_DemandsAnswersAndMovesNoMoney() public {
        _toSettlement(SLOTS);
        uint256 locked = market.locked(_id());
        uint64 deadline = uint64(block.timestamp + terms.answerSeconds);
        vm.expectEmit(address(market));
        emit IMarketEvents.Challenged(_id(), 0, aggregator, 0, 5, deadline);
        vm.prank(aggregator);
        market.challenge(terms, 0, 5);

        Project memory p = _project();
        _assertPhase(Phase.Answer);
        assertEq(p.deadline, deadline);
        assertEq(p.accused, 5);
        assertTrue(p.challenged);
        assertEq(market.locked(_id()), locked);
        assertEq(market.aggregatorStake(_id(), aggregator), terms.aggregatorStake);
        _assertConserved(0);
    }

    function test_Challenge_AtTheDeadline() public {
        _toSettlement(SLOTS);
        vm.warp(_project().deadline);
        _challenge(1);
        _assertPhase(Phase.Answer);
    }

    function test_Challenge_OfAll() public {
        _toSettlement(SLOTS);
        _challenge(0x3f);
        assertEq(_project().accused, 0x3f);
    }

    function test_Challenge_AgainInTheNextRound() public {
        _toSettlement(SLOTS);
        _challenge(1);
        _answer(0, 0);
        _settle();
        _nextRound(0x1f);
        _commitFirst(SLOTS);
        _revealFirst(SLOTS);
        assertFalse(_project().challenged);
        _challenge(2);
        _assertPhase(Phase.Answer);
    }

    function test_Challenge_AgainWhenTheRoundIsReopened() public {
        _toSettlement(SLOTS);
        _challenge(0xf);
        _advance(); // two are left, and the scoring needs three
        _assertPhase(Phase.Commit);
        _commitFirst(SLOTS);
        _revealFirst(SLOTS);
        _challenge(3);
        _assertPhase(Phase.Answer);
        _assertConserved(0);
    }

    // --- refusals ------------------------------------------------------------------------------

    function test_RevertIf_NotInOffice() public {
        _bondedToSettlement();
        address[3] memory callers = [successor, accounts[0], outsider];
        for (uint256 i; i < 3; ++i) {
            _refused(
                callers[i],
                0,
                1,
                abi.encodeWithSelector(IMarketEvents.NotAggregator.selector, callers[i], aggregator)
            );
        }
    }

    function test_RevertIf_PastTheDeadline() public {
        _toSettlement(SLOTS);
        uint64 deadline = _project().deadline;
        _pass();
        _refused(
            aggregator,
            0,
            1,
            abi.encodeWithSelector(IMarketEvents.DeadlinePassed.selector, deadline)
        );
    }

    function test_RevertIf_OfAnotherRound() public {
        _toSettlement(SLOTS);
        _refused(aggregator, 1, 1, abi.encodeWithSelector(IMarketEvents.WrongRound.selector, 1, 0));
    }

    function test_RevertIf_ChallengedBefore() public {
        _toSettlement(SLOTS);
        _challenge(1);
        _answer(0, 0);
        _assertPhase(Phase.Settle);
        _refused(
            aggregator, 0, 2, abi.encodeWithSelector(IMarketEvents.AlreadyChallenged.selector, 0)
        );
    }

    /// forge-config: default.fuzz.runs = 24
    function testFuzz_RevertIf_NobodyIsAccused(uint256 accused) public {
        accused = bound(accused, 1 << QUORUM, type(uint256).max);
        _toSettlement(QUORUM);
        _nobody(0);
        _nobody(1 << QUORUM | 1);
        _nobody(accused);
    }

    /// @dev Its colleague's stake covers the round, and its own no second demand of all.
    function test_RevertIf_TheStakeDoesNotCoverTheBonds() public {
        terms.rounds = 5;
        terms.aggregatorStake = 6 * terms.challengeBond;
        terms.aggregators.push(outsider);
        terms.aggregators.push(makeAddr("fourth"));
        vm.deal(terms.aggregators[3], 1 ether);
        _create();
        for (uint256 i; i < 4; ++i) {
            _bondAs(terms.aggregators[i]);
        }
        for (uint256 i; i < SLOTS; ++i) {
            _join(i);
        }
        _commitFirst(SLOTS);
        _revealFirst(SLOTS);
        _challenge(0x3f);
        for (uint256 i; i < SLOTS; ++i) {
            _answer(i, i);
        }
        assertEq(market.aggregatorStake(_id(), aggregator), 0);
        _settle(); // it is in office all the same
        _nextRound(0x1f);
        _commitFirst(SLOTS);
        _revealFirst(SLOTS);
        _refused(
            aggregator,
            1,
            3,
            abi.encodeWithSelector(
                IMarketEvents.StakeBelowBonds.selector, 0, 2 * terms.challengeBond
            )
        );
    }

    function _bondedToSettlement() private {
        _gather(SLOTS);
        _bondSuccessor();
        _commitFirst(SLOTS);
        _revealFirst(SLOTS);
    }

    function _nobody(uint256 accused) private {
        _refused(
            aggregator,
            0,
            accused,
            abi.encodeWithSelector(IMarketEvents.NobodyAccused.selector, accused, QUORUM)
        );
    }

    function _refused(address caller, uint256 round, uint256 accused, bytes memory reason) private {
        _assertRefused(caller, abi.encodeCall(IRounds.challenge, (terms, round, accused)), reason);
    }
}
