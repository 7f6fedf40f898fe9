// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Phase} from "./Fixture.sol";
import {SmallStakes} from "./SmallStakes.sol";

/// @title Ways for an owner to have a round and not to pay for it
/// @notice Each costs it at least what paying would have.
contract OwnerLosesTest is SmallStakes {
    /// @dev It has the deltas, and does not want to pay: it pays more.
    function test_AnOwnerThatIsItsOwnOnlyAggregatorAndNeverSettles() public {
        delete terms.aggregators;
        terms.aggregators.push(owner);
        aggregator = owner;
        terms.rounds = 2;
        vm.deal(owner, 10 ether);
        _toSettlement(SLOTS);
        uint256 before = DEPOSIT + terms.aggregatorStake;
        uint256 pot = BUDGET / 2;
        _pass();
        vm.prank(owner);
        market.advance(terms);
        for (uint256 i; i < 5; ++i) {
            _claim(0, i, i); // the flipped one does not dare
        }
        _advance();
        uint256 lost = before - _due(owner);
        assertEq(lost, terms.aggregatorStake - terms.bounty); // less the bounty that it took itself
        assertGt(lost, pot);
        for (uint256 i; i < 5; ++i) {
            assertEq(_due(accounts[i]), STAKE + lost / 5);
        }
        assertEq(address(market).balance, market.locked(_id()) + _credit(owner));
    }

    /// @dev All but one of the trainers are its own, reveal, and let its own aggregator set them aside. One
    /// delta is a round: it is paid for what it gained, and has what the others lost.
    function test_AnOwnerThatSetsItsOwnAccountsAside() public {
        _useDefaults();
        _randomFrom(1);
        _toSettlement(SLOTS);
        _challenge(0x3e);
        _advance();
        _settle();
        uint256 gained = uint256(_project().bestUtility - _project().initialUtility);
        uint256 budget = DEPOSIT - terms.aggregatorFee;
        uint256 attendance = budget * 500 / 10_000;
        uint256 pot = (budget - attendance) * gained / uint256(terms.expectedGain);
        assertGt(pot, budget / 2);
        assertEq(_credit(accounts[0]), pot + attendance + 5 * STAKE - terms.bounty);
        for (uint256 i = 1; i < SLOTS; ++i) {
            assertEq(_due(accounts[i]), 0);
        }
        _assertConserved(0);
    }

    /// @dev The same by silence.
    function test_AnOwnerWhoseOwnAccountsFallSilent() public {
        _useDefaults();
        _gather(SLOTS);
        _commitFirst(SLOTS);
        _reveal(0);
        _advance();
        for (uint256 i = 1; i < SLOTS; ++i) {
            _expelAs(5, i);
        }
        _settle();
        assertGt(_credit(accounts[0]), BUDGET / 2 + 5 * (STAKE - terms.bounty));
        _assertConserved(0);
    }

    /// @dev It gives up after a first round that it has paid, and keeps what the cap held back: not
    /// so, what is owed stays for the trainers.
    function test_AnOwnerThatStopsWhileItStillOwes() public {
        _useDefaults();
        (terms.rounds, terms.potCapBps) = (2, 1000);
        _toSettlement(SLOTS);
        _settle();
        uint256 owed = BUDGET * 9500 / 10_000
            * uint256(_project().bestUtility - _project().initialUtility)
            / uint256(terms.expectedGain) - _project().gainPaid;
        for (uint256 k; k < 3; ++k) {
            _advance(); // nobody commits, in three openings
        }
        _advance();
        _assertPhase(Phase.Aborted);
        assertApproxEqAbs(_project().owed, owed, 1);
        assertGt(owed, BUDGET / 2);
        uint256 paid;
        for (uint256 i; i < SLOTS; ++i) {
            paid += _due(accounts[i]) - STAKE;
        }
        assertApproxEqAbs(paid, owed + _creditsOfTrainers(), SLOTS);
        _assertConserved(0);
    }

    /// @dev An accomplice asks, and the arbiters are the owner's: its bond is its own again, and
    /// nobody was kept from anything but asking them.
    function test_AnOwnerWhoseArbitersConfirmPaysAllTheSame() public {
        _useArbiters();
        _toSettlement(SLOTS);
        vm.prank(outsider);
        market.dispute{value: terms.disputeBond}(terms);
        vm.prank(terms.arbiters[0]);
        market.vote(terms, true);
        _settle();
        _assertPhase(Phase.Done);
        uint256 budget = DEPOSIT - 0.01 ether;
        assertGt(_creditsOfTrainers(), budget - 24);
        assertEq(_credit(owner), terms.ownerBond + budget - _creditsOfTrainers());
        _assertOwedIsHeld();
    }

    /// @dev Asking without reason costs the bond, and takes nothing from anybody else.
    function test_ADisputeWithoutReason() public {
        _useArbiters();
        _toSettlement(SLOTS);
        uint256 before = outsider.balance;
        vm.prank(outsider);
        market.dispute{value: terms.disputeBond}(terms);
        vm.prank(terms.arbiters[0]);
        market.vote(terms, true);
        assertEq(_due(outsider), 0);
        assertEq(outsider.balance, before - terms.disputeBond);
        assertEq(_due(terms.arbiters[0]), terms.disputeBond);
        _settle();
        _assertOwedIsHeld();
    }

    /// @dev An owner whose rows measure nothing, and whose arbiters look away.
    function test_AnOwnerWhoseArbitersKeepSilent() public {
        _useArbiters();
        _toSettlement(SLOTS);
        vm.prank(outsider);
        market.dispute{value: terms.disputeBond}(terms);
        _advance();
        for (uint256 i; i < SLOTS; ++i) {
            _claim(0, i, i);
        }
        _advance();
        assertEq(_due(owner), 0.01 ether); // of all that it brought the fee of a round
        assertEq(_due(outsider), terms.disputeBond + terms.ownerBond);
        for (uint256 i; i < SLOTS; ++i) {
            assertApproxEqAbs(_due(accounts[i]), STAKE + (DEPOSIT - 0.01 ether) / SLOTS, 1);
        }
        _assertOwedIsHeld();
    }

    // --- how -----------------------------------------------------------------------------------

    function _useArbiters() private {
        terms.arbiters.push(makeAddr("arbiter"));
        terms.arbiterQuorum = 1;
        (terms.ownerBond, terms.disputeBond) = (0.5 ether, 0.05 ether);
        terms.attendanceBps = 10_000;
        terms.aggregatorFee = 0.01 ether;
    }
}
