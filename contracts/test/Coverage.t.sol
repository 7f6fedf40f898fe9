// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Fixture, IMarketEvents, IProjects, Phase} from "./Fixture.sol";

/// @dev Aggregators have more to lose than a round could pay.
contract CoverageTest is Fixture {
    uint256 private constant AT_RISK = BUDGET / 2 + SLOTS * 0.02 ether; // of one round

    // --- create --------------------------------------------------------------------------------

    function test_Create_WithStakesThatJustCover() public {
        terms.aggregatorStake = uint128(AT_RISK + 1) / 2; // of two
        _create();
        terms.nonce = 1;
        --terms.aggregatorStake;
        _refusesToCreate(AT_RISK, 2 * uint256(terms.aggregatorStake));
    }

    function test_Create_CoversWhatAGainCouldPay() public {
        _useDefaults();
        terms.potCapBps = 1000;
        uint256 pot = BUDGET * 3000 / 10_000 / 2 + BUDGET * 1000 / 10_000;
        terms.aggregatorStake = uint128(pot + SLOTS * 0.02 ether + 1) / 2;
        _create();
        terms.nonce = 1;
        --terms.aggregatorStake;
        _refusesToCreate(pot + SLOTS * 0.02 ether, 2 * uint256(terms.aggregatorStake));
    }

    // --- opening -------------------------------------------------------------------------------

    function test_Joining_WaitsForTheStakesThatCover() public {
        terms.aggregatorStake = uint128(AT_RISK) - 1;
        _gather(SLOTS);
        _assertPhase(Phase.Joining); // one of two is not enough
        _bondSuccessor();
        _assertPhase(Phase.Commit);
    }

    function test_Joining_CancelsWithoutTheStakesThatCover() public {
        terms.aggregatorStake = uint128(AT_RISK) - 1;
        _gather(SLOTS);
        _advance();
        _assertPhase(Phase.Cancelled);
        assertEq(_due(owner), DEPOSIT);
        assertEq(_due(aggregator), terms.aggregatorStake);
        _assertConserved(0);
    }

    function test_Joining_OneThatCoversAloneIsEnough() public {
        terms.aggregatorStake = uint128(AT_RISK);
        _gather(SLOTS);
        _assertPhase(Phase.Commit);
    }

    /// @dev Bonds that challenges took are missing at the next opening.
    function test_Settle_IsTheLastWithoutTheStakesThatCover() public {
        terms.aggregatorStake = uint128(AT_RISK);
        _toSettlement(SLOTS);
        _challenge(1);
        _answer(0, 0);
        _settle();
        _assertPhase(Phase.Aborted);
        assertEq(_due(aggregator), 0.01 ether + AT_RISK - 0.02 ether);
        assertEq(market.locked(_id()), _project().stakes);
        _assertConserved(0);
    }

    function test_Settle_GoesOnWhenTheStakeIsFilledUpAgain() public {
        terms.aggregatorStake = uint128(AT_RISK) + 12; // with what rounding leaves to the next round
        _toSettlement(SLOTS);
        _challenge(1);
        _answer(0, 0);
        _bond();
        _settle();
        _assertPhase(Phase.Commit);
    }

    function test_Retry_IsRefusedWithoutTheStakesThatCover() public {
        terms.aggregatorStake = uint128(AT_RISK);
        _toSettlement(SLOTS);
        _challenge(0x1f);
        _answer(0, 0);
        _advance(); // four are set aside, and two are too few for the scoring
        _assertPhase(Phase.Claim);
        assertEq(_project().retries, 0);
    }

    /// @dev A round that pays nothing leaves more for each that follows.
    function test_Settle_APotThatGrewMustBeCoveredToo() public {
        terms.aggregatorStake = uint128(AT_RISK);
        for (uint256 i; i < SLOTS; ++i) {
            deltas[i] = [int256(0), 0, 0, 1000 + int256(i)];
        }
        _toSettlement(SLOTS);
        _settle();
        assertEq(_project().trainerBudget, 0); // all of it would have been the next round's
        _assertPhase(Phase.Aborted);
        assertEq(_due(owner), DEPOSIT - 0.01 ether);
        _assertConserved(0);
    }

    // --- fund ----------------------------------------------------------------------------------

    function test_Fund_InJoiningUpToWhatAggregatorsCouldStake() public {
        _create();
        uint256 most = 2 * uint256(terms.aggregatorStake) - SLOTS * 0.02 ether;
        uint256 free = 2 * most - BUDGET + 1; // two rounds, and a wei that does not divide
        vm.deal(outsider, 10 ether);
        _refusesFunds(free + 1, most + SLOTS * 0.02 ether + 1, 2 * uint256(terms.aggregatorStake));
        vm.prank(outsider);
        market.fund{value: free}(terms, free);
        assertEq(_project().trainerBudget, BUDGET + free);
    }

    function test_Fund_OfAnOpenRoundUpToWhatIsStaked() public {
        _gather(SLOTS);
        uint256 most = terms.aggregatorStake - SLOTS * 0.02 ether;
        uint256 free = 2 * most - BUDGET + 1;
        _refusesFunds(free + 1, most + SLOTS * 0.02 ether + 1, terms.aggregatorStake);
        _bondSuccessor(); // more is covered
        vm.prank(outsider);
        market.fund{value: free + 1}(terms, free + 1);
        assertEq(_project().trainerBudget, BUDGET + free + 1);
    }

    function test_Fund_IsRefusedWhereNothingIsStaked() public {
        _toSettlement(SLOTS);
        _advance(); // the only aggregator fails
        _assertPhase(Phase.Claim);
        _refusesFunds(1, (BUDGET + 1) / 2 + SLOTS * 0.02 ether, 0);
    }

    function _refusesToCreate(uint256 pot, uint256 covered) private {
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.PotNotCovered.selector, pot, covered));
        _create();
    }

    function _refusesFunds(uint256 amount, uint256 pot, uint256 covered) private {
        bytes memory call = abi.encodeCall(IProjects.fund, (terms, amount));
        vm.prank(outsider);
        (bool done, bytes memory given) = address(market).call{value: amount}(call);
        assertFalse(done);
        assertEq(given, abi.encodeWithSelector(IMarketEvents.PotNotCovered.selector, pot, covered));
    }
}
