// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Draw} from "../src/interfaces/IMarket.sol";
import {Crowd} from "./Crowd.sol";
import {IMarketEvents, Phase, Point, Project, Reveal, Standing} from "./Fixture.sol";

/// @dev Who may commit where more have joined than a round has slots.
contract DrawTest is Crowd {
    uint256 private constant FULL = 2 ** 32;

    mapping(address => uint256) private _times; // that an account has been drawn in a cycle

    // --- rotation ------------------------------------------------------------------------------

    function test_Draw_AnArcIsAsWideAsItTakesToFillTheSlots() public {
        _open(60, 6, 1);
        Draw memory draw = _project().draw;
        assertEq(draw.start, 0);
        assertEq(draw.width, FULL / 10 + 1);
        assertEq(draw.seedBlock, block.number + 1);
        assertEq(draw.seed, 0);
        assertEq(_project().pending, 0);
    }

    function test_Draw_IsByPlacesThatASeedDecides() public {
        _open(60, 6, 1);
        _rollToDraw();
        Draw memory draw = _project().draw;
        vm.setBlockhash(draw.seedBlock, keccak256("a block"));
        _assertPlaces(keccak256("a block"));
    }

    function test_Draw_TakesEverybodyOnceACycle() public {
        _open(60, 6, 1);
        uint256 cycle = _project().draw.seedBlock;
        uint256 openings;
        for (; _project().draw.seedBlock == cycle; ++openings) {
            _rollToDraw();
            address[] memory drawn = _drawnOf();
            for (uint256 i; i < drawn.length; ++i) {
                ++_times[drawn[i]];
            }
            _take(drawn);
            _settleWithZeros();
        }
        for (uint256 i; i < crowd.length; ++i) {
            assertEq(_times[crowd[i]], 1, "passed over, or drawn again");
        }
        assertGt(openings, 5);
        assertEq(_project().draw.start, 0);
        assertEq(_project().draw.seed, 0); // another cycle has other places
    }

    /// @dev A retry takes some of the ring's beginning again, and still passes over nobody.
    function test_Draw_AWidenedArcGoesOnBeyondTheEnd() public {
        terms.maxRetries = 1;
        _open(20, 6, 1);
        uint256 cycle = _project().draw.seedBlock;
        bool widened;
        while (_project().draw.seedBlock == cycle) {
            Draw memory draw = _project().draw;
            widened = draw.start + draw.width == FULL;
            if (widened) _advance(); // nobody commits in the last arc
            _rollToDraw();
            address[] memory drawn = _drawnOf();
            for (uint256 i; i < drawn.length; ++i) {
                ++_times[drawn[i]];
            }
            _take(drawn);
            _settleWithZeros();
        }
        assertTrue(widened);
        uint256 again;
        for (uint256 i; i < crowd.length; ++i) {
            assertGe(_times[crowd[i]], 1, "passed over");
            if (_times[crowd[i]] > 1) ++again;
        }
        assertGt(again, 0);
    }

    /// @dev Half of them never commit: arcs of twice the width have as many commitments as slots.
    function test_Draw_IdleAccountsMakeArcsWider() public {
        _open(120, 6, 1);
        uint256 committed;
        uint256 rounds;
        for (; rounds < 12; ++rounds) {
            _rollToDraw();
            address[] memory drawn = _drawnOf();
            uint256 kept;
            for (uint256 i; i < drawn.length; ++i) {
                if (uint160(drawn[i]) % 2 == 0) drawn[kept++] = drawn[i];
            }
            assembly ("memory-safe") {
                mstore(drawn, kept)
            }
            if (kept == 0) _advance();
            if (kept == 0) continue;
            _take(drawn);
            committed += kept;
            _settleWithZeros();
        }
        assertGt(committed, 5 * rounds);
    }

    function test_Draw_ARetryWidensTheArcWhereItIs() public {
        terms.maxRetries = 5;
        _open(60, 6, 6);
        _settleFirst(); // on to an arc that does not begin the ring
        Draw memory before = _project().draw;
        assertGt(before.start, 0);
        for (uint256 width = before.width; width < FULL; width = _project().draw.width) {
            _rollToDraw();
            address[] memory drawn = _drawnOf();
            for (uint256 i; i < 3; ++i) {
                _commitOf(drawn[i]);
            }
            _advance();
            _assertPhase(Phase.Commit);
            Draw memory draw = _project().draw;
            assertEq(draw.start, before.start);
            assertEq(draw.seed, before.seed == 0 ? draw.seed : before.seed);
            assertEq(draw.width, 2 * width < FULL ? 2 * width : FULL);
            for (uint256 i; i < drawn.length; ++i) {
                assertTrue(market.isDrawn(_id(), drawn[i])); // again
            }
        }
        assertEq(_drawnOf().length, 60);
        assertEq(_project().pending, 60);
    }

    function test_Draw_ARetryAfterSilenceOfAllDrawsMany() public {
        _open(60, 6, 1);
        uint256 width = _project().draw.width;
        _advance();
        assertEq(_project().draw.width, 6 * width);
        _assertPhase(Phase.Commit);
    }

    /// @dev Where an arc would leave too little for another one it takes the rest.
    function test_Draw_OfAFewMoreThanSlotsIsEverybody() public {
        _open(8, 6, 1);
        assertEq(_project().draw.width, FULL);
        assertEq(_project().pending, 8);
        _rollToDraw();
        assertEq(_drawnOf().length, 8);
    }

    function test_Draw_OfAsManyAsSlotsIsEverybodyAtOnce() public {
        _open(6, 6, 1);
        assertEq(_project().draw.width, FULL);
        assertEq(_project().draw.seedBlock, 0);
        assertEq(_drawnOf().length, 6);
    }

    function test_Draw_IsEverybodyWhenOnlyAsManyAreLeft() public {
        _open(12, 6, 1);
        for (uint256 i; i < 6; ++i) {
            vm.prank(crowd[i]);
            market.exit(terms);
        }
        _settleFirst();
        assertEq(_project().draw.width, FULL);
        assertEq(_project().pending, 6);
        address[] memory left = new address[](6);
        for (uint256 i; i < 6; ++i) {
            left[i] = crowd[6 + i];
        }
        _rollToDraw();
        _take(left);
    }

    function test_Draw_DoesNotEndEarlyWhereSomeAreLeftOut() public {
        _open(60, 6, 1);
        _rollToDraw();
        address[] memory drawn = _drawnOf();
        for (uint256 i; i < drawn.length; ++i) {
            _commitOf(drawn[i]);
        }
        _assertPhase(Phase.Commit); // nobody knows how many are drawn
        assertEq(_project().committed, drawn.length);
        vm.prank(crowd[0]);
        market.exit(terms);
        _assertPhase(Phase.Commit);
        _advance();
        _assertPhase(Phase.Reveal);
    }

    // --- the seed ------------------------------------------------------------------------------

    function test_RevertIf_TheBlockThatDecidesIsNotThere() public {
        _open(60, 6, 1);
        for (uint256 i; i < 2; ++i) {
            assertEq(_drawnOf().length, 0);
            vm.expectRevert(abi.encodeWithSelector(IMarketEvents.NotDrawn.selector, crowd[0]));
            vm.prank(crowd[0]);
            market.commit(terms, 0, "any");
            vm.roll(block.number + 1);
        }
        assertGt(_drawnOf().length, 0);
    }

    function test_RevertIf_NotDrawn() public {
        _open(60, 6, 1);
        _rollToDraw();
        for (uint256 i; i < crowd.length; ++i) {
            if (market.isDrawn(_id(), crowd[i])) {
                _commitOf(crowd[i]);
                continue;
            }
            vm.expectRevert(abi.encodeWithSelector(IMarketEvents.NotDrawn.selector, crowd[i]));
            vm.prank(crowd[i]);
            market.commit(terms, 0, "any");
        }
    }

    /// @dev The chain forgets hashes after 256 blocks.
    function test_Draw_OfAnExpiredHashTakesOneThatIsKnown() public {
        _open(60, 6, 1);
        uint256 decisive = _project().draw.seedBlock;
        uint256[4] memory later = [uint256(256), 257, 512, 1000];
        for (uint256 i; i < later.length; ++i) {
            vm.roll(decisive + later[i]);
            uint256 known = decisive + (later[i] - 1) / 256 * 256;
            vm.setBlockhash(known, bytes32(i + 1));
            _assertPlaces(bytes32(i + 1));
        }
    }

    function test_Draw_TheFirstCommitmentFixesTheSeed() public {
        _open(60, 6, 1);
        _rollToDraw();
        address[] memory drawn = _drawnOf();
        _commitOf(drawn[0]);
        bytes32 seed = _project().draw.seed;
        assertNotEq(seed, 0);
        vm.roll(block.number + 1000);
        address[] memory later = _drawnOf();
        assertEq(later, drawn);
        _commitOf(drawn[1]);
        assertEq(_project().draw.seed, seed);
    }

    // --- surplus -------------------------------------------------------------------------------

    function test_Draw_OfMoreRevealsThanSlotsTheLowestRanksStand() public {
        _open(8, 6, 1);
        _rollToDraw();
        for (uint256 i; i < 8; ++i) {
            _commitOf(crowd[i]);
        }
        _assertPhase(Phase.Reveal); // everybody is drawn, and all have committed
        for (uint256 i; i < 8; ++i) {
            address displaced = i < 6 ? address(0) : _highestOf(i + 1);
            vm.expectEmit(address(market));
            emit IMarketEvents.Revealed(
                _id(), 0, crowd[i], 0, _pointOf(crowd[i]), "content", displaced
            );
            _revealOf(crowd[i]);
        }
        _assertPhase(Phase.Settle);
        Reveal[] memory standing = market.reveals(_id(), 0);
        assertEq(standing.length, 6);
        assertEq(_project().revealed, 8);
        uint256 higher;
        for (uint256 k; k < 6; ++k) {
            assertEq(standing[k].rank, _rank(standing[k].trainer));
            for (uint256 i; i < 8; ++i) {
                if (_rank(crowd[i]) > standing[k].rank) ++higher;
            }
        }
        assertEq(higher, 7 + 6 + 5 + 4 + 3 + 2);
    }

    function test_Draw_WhoGivesWayIsNotPunished() public {
        _open(8, 6, 1);
        _rollToDraw();
        _take(crowd);
        uint256 out;
        _settleWithZeros();
        for (uint256 i; i < 8; ++i) {
            assertFalse(market.isSilent(_id(), crowd[i]));
            assertEq(
                uint8(market.trainer(_id(), crowd[i]).standing), uint8(Standing.Active), "active"
            );
            assertEq(market.trainer(_id(), crowd[i]).stake, terms.trainerStake);
            if (_credit(crowd[i]) == 0) ++out;
        }
        assertEq(out, 2); // no delta in the round, no attendance
    }

    function test_Draw_WhoGaveWayHasNothingToClaim() public {
        _open(8, 6, 1);
        _rollToDraw();
        _take(crowd);
        _advance(); // nobody settles
        _assertPhase(Phase.Claim);
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.NoSuchReveal.selector, 0, 6));
        market.claim(terms, 0, 6, "", Point(0, 0));
    }

    /// @dev Whoever is silent is, also where enough others reveal.
    function test_Draw_SilenceAmongASurplusIsPunished() public {
        _open(8, 6, 1);
        _rollToDraw();
        for (uint256 i; i < 8; ++i) {
            _commitOf(crowd[i]);
        }
        for (uint256 i; i < 7; ++i) {
            _revealOf(crowd[i]);
        }
        _advance();
        _assertPhase(Phase.Settle);
        assertTrue(market.isSilent(_id(), crowd[7]));
        address[] memory one = new address[](1);
        one[0] = crowd[7];
        market.expel(terms, one);
        assertEq(_project().forfeited, terms.trainerStake - terms.bounty);
    }

    function _open(uint256 participants, uint256 slots, uint256 quorum) private {
        _setCrowd(participants, slots, quorum);
        _gatherCrowd();
    }

    /// @dev A round of those who are drawn, and who still are active.
    function _settleFirst() private {
        _rollToDraw();
        address[] memory drawn = _drawnOf();
        uint256 kept;
        for (uint256 i; i < drawn.length; ++i) {
            if (market.trainer(_id(), drawn[i]).standing == Standing.Active) {
                drawn[kept++] = drawn[i];
            }
        }
        assembly ("memory-safe") {
            mstore(drawn, kept)
        }
        _take(drawn);
        _settleWithZeros();
    }

    /// @dev That those are drawn whose places under this hash are on the arc.
    function _assertPlaces(bytes32 hash) private view {
        Project memory p = _project();
        bytes32 seed = keccak256(abi.encode(hash, _id(), p.draw.seedBlock));
        uint256 count;
        for (uint256 i; i < crowd.length; ++i) {
            uint256 place = uint256(keccak256(abi.encode(seed, crowd[i]))) % FULL;
            bool drawn = place < p.draw.width;
            assertEq(market.isDrawn(_id(), crowd[i]), drawn);
            if (drawn) ++count;
        }
        assertGt(count, 0);
    }

    function _rank(address account) private view returns (uint64) {
        return uint64(uint256(keccak256(abi.encode(_project().draw.seed, uint256(0), account))));
    }

    /// @return highest Of those that stand when the first `count` have revealed, before one gives way.
    function _highestOf(uint256 count) private view returns (address highest) {
        highest = crowd[count - 1];
        Reveal[] memory standing = market.reveals(_id(), 0);
        for (uint256 i; i < standing.length; ++i) {
            if (_rank(standing[i].trainer) > _rank(highest)) highest = standing[i].trainer;
        }
    }
}
