// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Fixture, IMarketEvents, IRounds, Phase} from "./Fixture.sol";

/// @dev What `advance` does when the aggregator in office missed its deadline.
contract SuccessionTest is Fixture {
    function test_Succession_TheNextTakesTheSameReveals() public {
        _toTwoAggregators();
        _pass();
        vm.expectEmit(address(market));
        emit IMarketEvents.Slashed(_id(), aggregator, terms.aggregatorStake);
        vm.expectEmit(address(market));
        emit IMarketEvents.TookOffice(_id(), successor);
        vm.expectEmit(address(market));
        emit IMarketEvents.SettlementOpened(_id(), 0, uint64(block.timestamp + terms.settleSeconds));
        vm.prank(outsider);
        market.advance(terms);

        _assertPhase(Phase.Settle);
        assertEq(_project().aggregator, successor);
        assertEq(_project().epoch, 0);
        assertEq(market.reveals(_id(), 0).length, SLOTS);
        assertEq(market.aggregatorStake(_id(), aggregator), 0);
        assertEq(market.aggregatorStake(_id(), successor), terms.aggregatorStake);
        assertEq(_project().bonded, terms.aggregatorStake);
        assertEq(_credit(outsider), terms.bounty);
        assertEq(_project().forfeited, terms.aggregatorStake - terms.bounty);
        assertEq(_project().trainerBudget, BUDGET);
        _assertOwedIsHeld();
    }

    function test_Succession_TheStakeGoesToThoseWhoAreSelected() public {
        _toTwoAggregators();
        _advance();
        uint256 slashed = terms.aggregatorStake - terms.bounty;
        _settle();
        for (uint256 i; i < 5; ++i) {
            assertGe(_credit(accounts[i]), slashed / 5);
        }
        assertEq(_credit(accounts[5]), 0);
        assertEq(_project().forfeited, slashed % 5);
        _assertOwedIsHeld();
    }

    function test_Succession_OnlyTheSuccessorSettlesAndEarns() public {
        _toTwoAggregators();
        _advance();
        bytes memory settle = abi.encodeCall(IRounds.settle, (terms, CID, _folded(), _claims()));
        _assertRefused(
            aggregator,
            settle,
            abi.encodeWithSelector(IMarketEvents.NotAggregator.selector, aggregator, successor)
        );
        _settle();
        assertEq(_credit(successor), terms.aggregatorFee);
        assertEq(_credit(aggregator), 0);
        assertEq(_project().aggregator, successor); // in the next round too
        assertEq(_project().round, 1);
        _assertOwedIsHeld();
    }

    function test_Succession_IsInTheOrderOfTheTerms() public {
        address third = makeAddr("third");
        vm.deal(third, 10 ether);
        terms.aggregators.push(third);
        _create();
        _bondAs(third); // the first to stake holds the office
        _bondAs(successor);
        _bondAs(aggregator);
        _open();
        assertEq(_project().aggregator, third);
        _advance();
        assertEq(_project().aggregator, aggregator);
        _advance();
        assertEq(_project().aggregator, successor);
        _advance();
        _assertPhase(Phase.Claim);
        assertEq(market.aggregatorStake(_id(), successor), 0);
        assertEq(_project().bonded, 0);
    }

    function test_Succession_ToOneThatStakesAtTheLastMoment() public {
        _toSettlement(SLOTS);
        _pass();
        _bondSuccessor();
        assertEq(_project().aggregator, aggregator);
        vm.prank(outsider);
        market.advance(terms);
        assertEq(_project().aggregator, successor);
        _assertPhase(Phase.Settle);
    }

    function test_RevertIf_OneThatMissedItsDeadlineStakesAgain() public {
        _toTwoAggregators();
        _advance();
        vm.deal(aggregator, terms.aggregatorStake);
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.Dismissed.selector, aggregator));
        vm.prank(aggregator);
        market.bond{value: terms.aggregatorStake}(terms);

        _advance();
        _assertPhase(Phase.Claim);
    }

    function test_Succession_ANewOfficeMayChallengeAgain() public {
        _toTwoAggregators();
        _challenge(1);
        _answer(0, 0);
        _advance();
        assertEq(_project().aggregator, successor);
        assertFalse(_project().challenged);

        _challenge(3); // the first is published, and has to be again
        _answer(0, 0);
        _answer(1, 1);
        assertEq(
            market.aggregatorStake(_id(), successor),
            terms.aggregatorStake - 2 * terms.challengeBond
        );
        assertEq(_credit(accounts[0]), 2 * terms.challengeBond);
        assertEq(_project().forfeited, terms.aggregatorStake - terms.challengeBond - terms.bounty);
        _assertPhase(Phase.Settle);
        _assertOwedIsHeld();
    }

    function test_Succession_AfterSetAsideTakesWhatIsLeft() public {
        _toTwoAggregators();
        _challenge(1);
        _advance();
        _advance();
        assertEq(_project().aggregator, successor);
        assertEq(market.reveals(_id(), 0).length, 5);
        _settle();
        assertEq(_project().round, 1);
        _assertOwedIsHeld();
    }

    /// @dev The answers took all it had: there is no bounty for nothing.
    function test_Succession_OfAnEmptyStake() public {
        terms.rounds = 5;
        terms.aggregatorStake = uint128(SLOTS) * terms.challengeBond;
        terms.aggregators.push(outsider);
        _create();
        _bond();
        _bondSuccessor();
        _bondAs(outsider);
        _open();
        _challenge(0x3f);
        for (uint256 i; i < SLOTS; ++i) {
            _answer(i, i);
        }
        _advance();
        assertEq(_project().aggregator, successor);
        assertEq(_credit(outsider), 0);
        assertEq(_credit(accounts[0]), terms.challengeBond);
        assertEq(_project().forfeited, 0);
        _assertOwedIsHeld();
    }

    /// @dev Who revealed in any opening of the round waited for the aggregator.
    function test_Succession_LetsAllClaimWhoRevealedInTheRound() public {
        _toSettlement(SLOTS);
        _challenge(0xf);
        _advance(); // to the second opening
        for (uint256 i; i < QUORUM; ++i) {
            _commit(i);
        }
        _advance();
        _revealFirst(QUORUM);
        _assertPhase(Phase.Settle);
        _advance();
        _assertPhase(Phase.Claim);
        _claim(0, 1, 5); // in the first opening's second slot, since four were set aside
        _claim(1, 0, 0);
        uint256 lost = terms.aggregatorStake + 4 * terms.challengeBond - 2 * terms.bounty;
        _advance();
        _assertPhase(Phase.Aborted);
        assertEq(_due(accounts[5]), lost / 2 + terms.trainerStake);
        assertEq(_due(accounts[1]), terms.trainerStake - terms.challengeBond);
        _assertConserved(0);
    }

    function test_Succession_EndsWithTheLastStake() public {
        _toTwoAggregators();
        _advance();
        _advance();
        _assertPhase(Phase.Claim);
        for (uint256 i; i < SLOTS; ++i) {
            _claim(0, i, i);
        }
        _advance();
        _assertPhase(Phase.Aborted);
        uint256 share = 2 * (terms.aggregatorStake - terms.bounty) / SLOTS;
        for (uint256 i; i < SLOTS; ++i) {
            assertEq(_due(accounts[i]), share + terms.trainerStake);
        }
        assertEq(_credit(outsider), 2 * terms.bounty);
        assertEq(_due(aggregator), 0);
        assertEq(_due(successor), 0);
        assertEq(_credit(owner), DEPOSIT);
        _assertOwedIsHeld();
    }

    function _toTwoAggregators() private {
        _create();
        _bond();
        _bondSuccessor();
        _open();
    }

    function _open() private {
        for (uint256 i; i < SLOTS; ++i) {
            _join(i);
        }
        _commitFirst(SLOTS);
        _revealFirst(SLOTS);
        _assertPhase(Phase.Settle);
    }
}
