// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Fixture, IMarketEvents, IProjects, IRounds, Phase, Standing} from "./Fixture.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";

/// @dev What silence costs, and whom.
contract ExpelTest is Fixture {
    function test_Expel_TakesTheStakeForTheRound() public {
        _toSilence();
        vm.expectEmit(address(market));
        emit IMarketEvents.Silenced(_id(), accounts[5], 0);
        vm.expectEmit(address(market));
        emit IMarketEvents.Slashed(_id(), accounts[5], terms.trainerStake);
        vm.expectEmit(address(market));
        emit IMarketEvents.Credited(_id(), outsider, terms.bounty);
        _expel(5);

        _assertStanding(5, Standing.Expelled);
        assertEq(_stake(5), 0);
        assertEq(_due(accounts[5]), 0);
        assertFalse(market.isSilent(_id(), accounts[5]));
        assertEq(_project().active, QUORUM);
        assertEq(_project().forfeited, terms.trainerStake - terms.bounty);
        assertEq(_credit(outsider), terms.bounty);
        _assertConserved(0);
    }

    function test_Expel_GoesToThoseWhomTheRoundSelects() public {
        _toSilence();
        _expel(5);
        uint256 lost = terms.trainerStake - terms.bounty;
        vm.expectEmit(address(market));
        emit IMarketEvents.Credited(_id(), accounts[1], lost / 4);
        _settle(); // of five, multi-Krum drops one at the border
        uint256 compensated;
        for (uint256 i; i < SLOTS; ++i) {
            if (_credit(accounts[i]) >= lost / 4) ++compensated;
        }
        assertEq(compensated, 4);
        assertEq(_project().forfeited, lost % 4);
        _assertConserved(0);
    }

    /// @dev After the settlement it waits for the next.
    function test_Expel_LateGoesToTheNextRound() public {
        _toSilence();
        _settle();
        uint256 before = _credit(accounts[0]);
        _expel(5);
        assertEq(_credit(accounts[0]), before);
        assertEq(_project().forfeited, terms.trainerStake - terms.bounty);
        _nextRound(0x1f);
        _commitFirst(QUORUM);
        _revealFirst(QUORUM);
        _settle();
        assertLt(_project().forfeited, 5);
        _assertConserved(0);
    }

    function test_Expel_OfSeveralPaysABountyForEach() public {
        _gather(SLOTS);
        _commitFirst(SLOTS);
        _revealFirst(3);
        _advance();
        address[] memory silent = new address[](3);
        (silent[0], silent[1], silent[2]) = (accounts[3], accounts[5], accounts[4]);
        vm.prank(outsider);
        market.expel(terms, silent);
        assertEq(_credit(outsider), 3 * terms.bounty);
        assertEq(_project().active, 3);
        assertEq(_project().forfeited, 3 * (terms.trainerStake - terms.bounty));
        _assertConserved(0);
    }

    /// @dev Whoever is expelled is not waited for.
    function test_Expel_OpensRevealsIfTheOthersHaveCommitted() public {
        _toSilence();
        _settle();
        _nextRound(0x1f);
        for (uint256 i; i < QUORUM; ++i) {
            _commit(i);
        }
        _assertPhase(Phase.Commit);
        assertEq(_project().pending, 1);
        vm.expectEmit(address(market));
        emit IMarketEvents.RevealOpened(_id(), 1, uint64(block.timestamp + terms.revealSeconds));
        _expel(5);
        _assertPhase(Phase.Reveal);
        _revealFirst(QUORUM);
        _settle();
        _assertPhase(Phase.Done);
    }

    function test_Expel_OfWhoLeavesWaitsForNobodyTwice() public {
        _toSilence();
        _settle();
        _exit(5);
        assertEq(_project().pending, QUORUM);
        assertEq(_project().active, QUORUM);
        _expel(5);
        assertEq(_project().pending, QUORUM);
        assertEq(_project().active, QUORUM);
    }

    function test_Expel_OfAClosedProjectIsTheOwners() public {
        terms.rounds = 1;
        _toSilence();
        _settle();
        _assertPhase(Phase.Done);
        uint256 due = _credit(owner);
        assertEq(_due(accounts[5]), 0); // its stake does not come free by waiting
        _expel(5);
        assertEq(_credit(owner), due + terms.trainerStake - terms.bounty);
        assertEq(_credit(outsider), terms.bounty);
        _assertConserved(0);
    }

    function test_Expel_BeforeTheClaimsAreOverIsForThoseWhoClaim() public {
        terms.maxRetries = 0;
        _gather(SLOTS);
        _commitFirst(SLOTS);
        _revealFirst(2);
        _advance();
        _assertPhase(Phase.Claim);
        _claim(0, 0, 0);
        _expel(3);
        _claim(0, 1, 1);
        _expel(4);
        _advance();
        _expel(5); // too late for them
        uint256 each = terms.trainerStake - terms.bounty;
        assertEq(_due(accounts[0]), each + terms.trainerStake);
        assertEq(_due(accounts[1]), each + terms.trainerStake);
        assertEq(_due(accounts[2]), 0); // nobody has expelled it yet
        assertEq(_credit(owner), DEPOSIT + each);
        _assertConserved(0);
    }

    /// @dev In one transaction, through the market's own code and that of its rounds.
    function test_Expel_AndCommitAreOneTransaction() public {
        _toSilence();
        _settle();
        _nextRound(0x1f);
        address[] memory one = new address[](1);
        one[0] = accounts[5];
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(IRounds.expel, (terms, one));
        calls[1] = abi.encodeCall(IRounds.commit, (terms, 1, _commitment(0)));
        vm.prank(accounts[0]);
        Multicall(address(market)).multicall(calls);
        _assertStanding(5, Standing.Expelled);
        assertEq(_project().committed, 1);
        assertEq(_project().pending, QUORUM - 1);
    }

    // --- a silent trainer ----------------------------------------------------------------------

    function test_Silence_EarnsNothingMore() public {
        _toSilence();
        bytes memory commit = abi.encodeCall(IRounds.commit, (terms, 1, "any"));
        _settle();
        _assertRefused(
            accounts[5],
            commit,
            abi.encodeWithSelector(IMarketEvents.NotATrainer.selector, accounts[5])
        );
        _exit(5);
        vm.warp(block.timestamp + terms.exitSeconds + 1);
        _assertRefused(
            accounts[5],
            abi.encodeCall(IProjects.withdraw, (terms)),
            abi.encodeWithSelector(IMarketEvents.NothingToWithdraw.selector, accounts[5])
        );
    }

    /// @dev What it has earned before stays its own.
    function test_Silence_KeepsAnEarlierCredit() public {
        _toSettlement(SLOTS);
        _settle();
        uint256 earned = _credit(accounts[0]);
        assertGt(earned, 0);
        _nextRound(0x1f);
        _commitFirst(SLOTS);
        for (uint256 i = 1; i < SLOTS; ++i) {
            _reveal(i);
        }
        _advance();
        _expel(0);
        assertEq(_due(accounts[0]), earned);
        _assertConserved(0);
    }

    // --- refusals ------------------------------------------------------------------------------

    function test_RevertIf_NotSilent() public {
        _toSilence();
        address[4] memory others = [accounts[0], owner, outsider, aggregator];
        for (uint256 i; i < 4; ++i) {
            _refused(others[i]);
        }
        _expel(5);
        _refused(accounts[5]); // twice
    }

    function test_RevertIf_ThereIsStillTime() public {
        _gather(SLOTS);
        _commitFirst(SLOTS);
        _revealFirst(QUORUM);
        _refused(accounts[5]);
        _pass();
        _refused(accounts[5]); // first the project moves on
    }

    function test_RevertIf_TheRoundNeverOpenedItsReveals() public {
        _gather(SLOTS);
        _commit(0);
        _advance(); // too few commitments
        _refused(accounts[0]);
    }

    function test_RevertIf_OneOfSeveralIsNotSilent() public {
        _toSilence();
        address[] memory two = new address[](2);
        (two[0], two[1]) = (accounts[5], accounts[5]);
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.NotSilent.selector, accounts[5]));
        market.expel(terms, two);
        _assertStanding(5, Standing.Active);
    }

    function test_RevertIf_NeverCreated() public {
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.NoSuchProject.selector, _id()));
        market.expel(terms, new address[](0));
    }

    /// @dev To Settle, with trainer 5 silent.
    function _toSilence() private {
        _gather(SLOTS);
        _commitFirst(SLOTS);
        _revealFirst(QUORUM);
        _advance();
        _assertPhase(Phase.Settle);
    }

    function _refused(address account) private {
        address[] memory one = new address[](1);
        one[0] = account;
        _assertRefused(
            outsider,
            abi.encodeCall(IRounds.expel, (terms, one)),
            abi.encodeWithSelector(IMarketEvents.NotSilent.selector, account)
        );
    }
}
