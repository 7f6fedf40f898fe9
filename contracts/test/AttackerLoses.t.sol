// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bn254} from "../src/libraries/Bn254.sol";
import {IMarketEvents, IRounds, Phase, Point, Standing, Vectors} from "./Fixture.sol";
import {SmallStakes} from "./SmallStakes.sol";

/// @title Ways to take money out of a round that nobody settles
/// @notice Each ends with less than it began with, and what it lost is with those whom it harmed.
contract AttackerLosesTest is SmallStakes {
    // --- reveals that nobody can open ----------------------------------------------------------

    /// @dev Five slots and a quorum of five: one sybil reveals what is no delta, the other nothing. The
    /// round goes on without them, and shares what they lost.
    function test_TwoSybilsOfFive() public {
        (terms.slots, terms.participants, terms.maxRetries) = (5, 5, 0);
        _gather(5);
        _commitGarbageFrom(3, 5);
        for (uint256 i; i < 3; ++i) {
            _reveal(i);
        }
        _revealGarbage(3);
        _pass();
        _advanceAs(3);
        _expelAs(3, 4); // for the bounty
        _challenge(1 << 3);
        _advance();
        _settle();
        _assertPhase(Phase.Done);

        assertEq(_due(accounts[3]) + _due(accounts[4]), terms.bounty);
        uint256 lost = 2 * (STAKE - terms.bounty);
        uint256 paid;
        for (uint256 i; i < 3; ++i) {
            assertGt(_due(accounts[i]), STAKE + lost / 3);
            paid += _due(accounts[i]) - STAKE;
        }
        assertApproxEqAbs(paid, BUDGET + terms.aggregatorFee + lost, 6);
        _assertConserved(0);
    }

    /// @dev Where the scoring needs three, all but two can break a round. They use up the retries as
    /// well, and pay for each that they break.
    function test_FiveSybilsOfSix() public {
        terms.maxRetries = 1;
        _gather(6);
        _commitGarbageFrom(1, 5);
        _advance();
        _reveal(0);
        _revealGarbage(1);
        _pass();
        _advanceAs(1);
        for (uint256 i = 2; i < 5; ++i) {
            _expelAs(1, i);
        }
        _assertPhase(Phase.Commit);
        _advance(); // they do not commit again
        _assertPhase(Phase.Claim);
        _claim(0, 0, 0);
        _garbageOpensNothing(0, 1);
        _advance();
        _assertPhase(Phase.Aborted);
        uint256 got;
        for (uint256 i = 1; i < SLOTS; ++i) {
            got += _due(accounts[i]);
        }
        assertEq(got, 5 * STAKE - 3 * (STAKE - terms.bounty));
        assertEq(_due(owner), DEPOSIT);
        _assertConserved(0);
    }

    function test_GarbageWhereTheAggregatorIsDown() public {
        (terms.slots, terms.participants, terms.quorum) = (5, 5, 3);
        _gather(5);
        _commitGarbageFrom(2, 5);
        _reveal(0);
        _reveal(1);
        for (uint256 i = 2; i < 5; ++i) {
            _revealGarbage(i);
        }
        _advance();
        _assertPhase(Phase.Claim);
        _claim(0, 0, 0);
        _claim(0, 1, 1);
        for (uint256 i = 2; i < 5; ++i) {
            _garbageOpensNothing(0, i);
        }
        _advance();
        uint256 share = (terms.aggregatorStake - terms.bounty) / 2;
        assertGt(share, DEPOSIT / 2); // more than if the two had earned it all
        assertEq(_due(accounts[0]), STAKE + share);
        assertEq(_due(accounts[2]), STAKE);
        assertEq(_due(aggregator), 0);
        _assertConserved(0);
    }

    /// @dev Where it is asked for garbage is dearer still.
    function test_GarbageThatIsChallenged() public {
        _gather(6);
        _commitGarbageFrom(4, 6);
        for (uint256 i; i < 4; ++i) {
            _reveal(i);
        }
        _revealGarbage(4);
        _revealGarbage(5);
        _challenge(0x30);
        _advance();
        _assertStanding(4, Standing.Expelled);
        assertEq(_due(accounts[4]) + _due(accounts[5]), 0);
        _assertConserved(0);
    }

    // --- reveals that open, and are worth nothing ----------------------------------------------

    /// @dev Salted random vectors can be opened. Whatever its size, a coalition that breaks the round
    /// loses what it does not get back: somebody honest has a part of it.
    function test_ACoalitionOfAnySizeThatOpensItsReveals() public {
        for (uint256 size = 4; size < SLOTS; ++size) {
            for (uint256 silent = 4; silent <= size; ++silent) {
                uint256 snapshot = vm.snapshotState();
                _assertCoalitionLoses(size, silent);
                vm.revertToState(snapshot);
            }
        }
    }

    /// @dev It opens the reveals of one opening, and breaks the next one too.
    function test_ACoalitionThatOpensOnceAndBreaksTwice() public {
        terms.maxRetries = 1;
        _randomFrom(1);
        _gather(SLOTS);
        _commitFirst(SLOTS);
        _revealFirst(2); // the others are silent
        _advance();
        for (uint256 i = 2; i < SLOTS; ++i) {
            _expelAs(1, i);
        }
        _assertPhase(Phase.Commit); // two of a quorum of five are left
        _advance();
        _assertPhase(Phase.Claim);
        _claim(0, 0, 0);
        _claim(0, 1, 1);
        _advance();
        uint256 got;
        for (uint256 i = 1; i < SLOTS; ++i) {
            got += _due(accounts[i]);
        }
        assertEq(got, 5 * STAKE - 4 * (STAKE - terms.bounty) / 2);
        _assertConserved(0);
    }

    /// @dev The accomplice's aggregator does not settle: its stake is worth more than the round.
    function test_ACoalitionWithTheAggregator() public {
        _randomFrom(1); // all but one
        _toSettlement(SLOTS);
        uint256 put = terms.aggregatorStake + 5 * STAKE;
        _pass();
        vm.prank(aggregator);
        market.advance(terms);
        for (uint256 i; i < SLOTS; ++i) {
            _claim(0, i, i);
        }
        _advance();
        uint256 got = _due(aggregator);
        for (uint256 i = 1; i < SLOTS; ++i) {
            got += _due(accounts[i]);
        }
        // The honest one has its part, larger than an equal part of the round's pot.
        uint256 share = _due(accounts[0]) - STAKE;
        assertEq(got, put - share);
        assertGt(share, DEPOSIT / SLOTS);
        _assertConserved(0);
    }

    // --- places --------------------------------------------------------------------------------

    /// @dev Places that are taken to be given back: the stakes wait, although the project is gone.
    function test_LeavingInTheLastSecondOfJoining() public {
        terms.quorum = 5;
        _gather(1);
        for (uint256 i = 1; i < 5; ++i) {
            _join(i);
        }
        vm.warp(_project().deadline);
        uint256 freeAt = block.timestamp + terms.exitSeconds;
        for (uint256 i = 1; i < 5; ++i) {
            _exit(i);
        }
        _advance();
        _assertPhase(Phase.Cancelled);
        assertEq(_due(accounts[0]), STAKE);
        for (uint256 i = 1; i < 5; ++i) {
            assertEq(_due(accounts[i]), 0);
        }
        vm.warp(freeAt + 1);
        for (uint256 i = 1; i < 5; ++i) {
            assertEq(_due(accounts[i]), STAKE);
        }
        _assertConserved(0);
    }

    // --- what an honest trainer keeps ----------------------------------------------------------

    /// @dev Its second reveal is set aside, say because it was not reached in time; the first stands.
    function test_TheShareOfAFirstOpeningSurvivesARetry() public {
        terms.maxRetries = 1;
        (terms.trainerStake, terms.bounty) = (0.1 ether, 0.001 ether);
        _toRetry(); // 0 and 1 have revealed, 2 to 4 were silent
        uint256[3] memory rest = [uint256(0), 1, 5];
        for (uint256 i; i < 3; ++i) {
            _commit(rest[i]);
        }
        for (uint256 i; i < 3; ++i) {
            _reveal(rest[i]);
        }
        _assertPhase(Phase.Settle);
        _challenge(1); // of trainer 0, which does not answer
        _advance();
        _assertPhase(Phase.Claim);
        _claim(0, 0, 0);
        _claim(0, 1, 1);
        _claim(1, 1, 5);
        uint256 lost = 3 * uint256(terms.trainerStake) + terms.challengeBond - 4 * terms.bounty;
        _advance();
        assertEq(_due(accounts[0]), terms.trainerStake - terms.challengeBond + lost / 3);
        assertEq(_due(accounts[1]), terms.trainerStake + lost / 3);
        assertEq(_due(accounts[5]), terms.trainerStake + lost / 3);
        _assertConserved(0);
    }

    // --- how -----------------------------------------------------------------------------------

    function _assertCoalitionLoses(uint256 size, uint256 silent) private {
        uint256 honest = SLOTS - size;
        terms.maxRetries = 0;
        _randomFrom(honest);
        _gather(SLOTS);
        _commitFirst(SLOTS);
        uint256 revealed = SLOTS - silent;
        for (uint256 i; i < revealed; ++i) {
            _reveal(i);
        }
        _pass();
        _advanceAs(5);
        for (uint256 i = revealed; i < SLOTS; ++i) {
            _expelAs(5, i);
        }
        for (uint256 i; i < revealed; ++i) {
            _claim(0, i, i);
        }
        _advance();
        uint256 got;
        for (uint256 i = honest; i < SLOTS; ++i) {
            got += _due(accounts[i]);
        }
        uint256 forfeited = silent * (STAKE - terms.bounty);
        assertApproxEqAbs(got, size * STAKE - forfeited * honest / revealed, 2);
        assertLt(got, size * STAKE);
        for (uint256 i; i < honest; ++i) {
            assertApproxEqAbs(_due(accounts[i]), STAKE + forfeited / revealed, 1);
        }
        _assertConserved(0);
    }

    /// @dev Everybody before `first` commits to its delta, the others until `last` to garbage.
    function _commitGarbageFrom(uint256 first, uint256 last) private {
        for (uint256 i; i < first; ++i) {
            _commit(i);
        }
        for (uint256 i = first; i < last; ++i) {
            bytes32 commitment = market.commitmentOf(accounts[i], _id(), 0, _garbage(i), "x", 0);
            vm.prank(accounts[i]);
            market.commit(terms, 0, commitment);
        }
    }

    function _revealGarbage(uint256 i) private {
        Point memory point = _garbage(i);
        vm.prank(accounts[i]);
        market.reveal(terms, 0, point, "x", 0);
    }

    /// @dev A point of which nobody knows a vector.
    function _garbage(uint256 i) private view returns (Point memory) {
        return Bn254.mul(Point(1, 2), uint256(keccak256(abi.encode("garbage", i))));
    }

    /// @dev With whatever vector.
    function _garbageOpensNothing(uint256 epoch, uint256 slot) private {
        bytes memory values = Vectors.encode(deltas[slot]);
        Point memory quotient = Vectors.quotient(deltas[slot], _drawn(_garbage(slot), values));
        _assertRefused(
            accounts[slot],
            abi.encodeCall(IRounds.claim, (terms, epoch, slot, values, quotient)),
            abi.encodeWithSelector(IMarketEvents.DoesNotOpen.selector, slot)
        );
    }

    function _advanceAs(uint256 i) private {
        vm.prank(accounts[i]);
        market.advance(terms);
    }
}
