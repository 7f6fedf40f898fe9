// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Fixture, IMarketEvents, IRounds, Phase, Standing} from "./Fixture.sol";

/// @dev What `advance` does with challenges that nobody answered.
contract SetAsideTest is Fixture {
    function test_SetAside_TheDeltaLeavesAndItsTrainerPays() public {
        _toSettlement(SLOTS);
        _challenge(1 << 1);
        _pass();
        vm.expectEmit(address(market));
        emit IMarketEvents.SetAside(_id(), 0, accounts[1], 0);
        vm.expectEmit(address(market));
        emit IMarketEvents.Slashed(_id(), accounts[1], terms.challengeBond);
        vm.expectEmit(address(market));
        emit IMarketEvents.Credited(_id(), aggregator, terms.bounty);
        vm.prank(outsider);
        market.advance(terms);

        _assertPhase(Phase.Settle);
        assertEq(_project().accused, 0);
        assertEq(_project().deadline, block.timestamp + terms.settleSeconds);
        assertEq(_stake(1), terms.trainerStake - terms.challengeBond);
        _assertStanding(1, Standing.Active);
        assertFalse(market.isSilent(_id(), accounts[1]));
        assertEq(_credit(aggregator), terms.bounty); // its gas, not the advancing outsider's
        assertEq(_credit(outsider), 0);
        for (uint256 i; i < SLOTS; ++i) {
            assertEq(_credit(accounts[i]), 0);
        }
        assertEq(_project().forfeited, terms.challengeBond - terms.bounty);
        _assertConserved(0);
    }

    function test_SetAside_TheSettlementGivesTheBondToTheSelected() public {
        terms.attendanceBps = 0;
        _toSettlement(SLOTS);
        _challenge(1 << 1);
        _advance();
        uint256 each = (terms.challengeBond - terms.bounty) / 4; // the flipped one is not selected
        uint256 rest = (terms.challengeBond - terms.bounty) % 4;
        vm.expectEmit(address(market));
        emit IMarketEvents.Credited(_id(), accounts[0], each);
        _settle();
        assertGe(_credit(accounts[4]), each);
        assertEq(_credit(accounts[1]), 0);
        assertEq(_credit(accounts[5]), 0);
        assertEq(_project().forfeited, rest);
        _assertConserved(0);
    }

    function test_SetAside_TheOthersKeepTheirOrderAndAreSettled() public {
        _toSettlement(SLOTS);
        _challenge(0x29); // 0, 3 and 5
        _answer(3, 3);
        _advance();
        uint256[4] memory left = [uint256(1), 2, 3, 4];
        assertEq(market.reveals(_id(), 0).length, 4);
        for (uint256 i; i < 4; ++i) {
            assertEq(market.reveals(_id(), 0)[i].trainer, accounts[left[i]]);
        }
        uint256 budget = _project().trainerBudget;
        _settle();
        assertEq(_project().round, 1);
        assertLt(_project().trainerBudget, budget);
        assertEq(_credit(accounts[0]), 0); // no delta, no pay
        _assertConserved(0);
    }

    function test_SetAside_BelowABondIsExpelled() public {
        terms.trainerStake = 2 * terms.challengeBond - 1;
        _toSettlement(SLOTS);
        _challenge(1);
        _advance();
        _assertStanding(0, Standing.Expelled);
        assertEq(_project().active, 5);
        assertEq(_stake(0), terms.challengeBond - 1);
        assertEq(_due(accounts[0]), 0);

        _advance(); // nobody settles
        _advance(); // nobody claims
        _assertPhase(Phase.Aborted);
        assertEq(_due(accounts[0]), terms.challengeBond - 1);
        _assertConserved(0);
    }

    function test_SetAside_WithABondLeftStays() public {
        terms.trainerStake = 2 * terms.challengeBond;
        _toSettlement(SLOTS);
        _challenge(1);
        _advance();
        _assertStanding(0, Standing.Active);
        assertEq(_project().active, SLOTS);
    }

    function test_SetAside_TooFewLeftReopensTheRound() public {
        _toSettlement(SLOTS);
        _challenge(0xf); // two are left, and the scoring needs three
        _advance();
        _assertPhase(Phase.Commit);
        assertEq(_project().round, 0);
        assertEq(_project().epoch, 1);
        assertEq(_project().retries, 1);
        assertEq(_project().pending, SLOTS); // who was set aside may try again
        _commitFirst(SLOTS);
        _revealFirst(SLOTS); // with the same points and contents as before
        _settle();
        assertEq(_project().round, 1);
        _assertConserved(0);
    }

    function test_SetAside_TooFewLeftAndNoRetryLetsThemClaim() public {
        terms.maxRetries = 0;
        _toSettlement(SLOTS);
        _challenge(0xf);
        _advance();
        _assertPhase(Phase.Claim);
        for (uint256 slot; slot < 2; ++slot) {
            _claim(0, slot, slot + 4);
        }
        _advance();
        _assertPhase(Phase.Aborted);
        uint256 lost = 4 * terms.challengeBond - terms.bounty;
        for (uint256 i; i < SLOTS; ++i) {
            assertEq(_due(accounts[i]) - _stake(i), i < 4 ? 0 : lost / 2);
        }
        assertEq(_credit(owner), DEPOSIT);
        _assertConserved(0);
    }

    function test_SetAside_OfAllWaitsForTheNextSettlement() public {
        _toSettlement(SLOTS);
        _challenge(0x3f);
        _advance();
        _assertPhase(Phase.Commit);
        assertEq(_credit(aggregator), terms.bounty);
        uint256 lost = SLOTS * terms.challengeBond - terms.bounty;
        assertEq(_project().forfeited, lost);
        assertEq(_project().trainerBudget, BUDGET);
        assertEq(market.reveals(_id(), 0).length, 0);
        _commitFirst(SLOTS);
        _revealFirst(SLOTS);
        _settle();
        assertEq(_project().forfeited, lost % 5);
        _assertConserved(0);
    }

    function test_SetAside_LeavingDoesNotProtect() public {
        _toSettlement(SLOTS);
        _exit(0);
        _challenge(1);
        vm.warp(block.timestamp + terms.exitSeconds + 1);
        assertEq(_due(accounts[0]), 0);
        vm.prank(outsider);
        market.advance(terms);
        assertEq(_stake(0), terms.trainerStake - terms.challengeBond);
        _assertStanding(0, Standing.Leaving);
        assertEq(_project().active, 5);
        _assertConserved(0);
    }

    function test_SetAside_ALeaverBelowABondIsCountedOutOnce() public {
        terms.trainerStake = terms.challengeBond;
        _toSettlement(SLOTS);
        _exit(0);
        _challenge(1);
        _advance();
        _assertStanding(0, Standing.Expelled);
        assertEq(_project().active, 5);
    }

    function test_RevertIf_TheDeadlineIsNotReached() public {
        _toSettlement(SLOTS);
        _challenge(1);
        uint64 deadline = _project().deadline;
        vm.warp(deadline);
        _assertRefused(
            outsider,
            abi.encodeCall(IRounds.advance, (terms)),
            abi.encodeWithSelector(IMarketEvents.DeadlineNotReached.selector, deadline)
        );
    }
}
