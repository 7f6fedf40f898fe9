// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Draw} from "../interfaces/State.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Who takes part in which opening, in rotation and without a list
/// @notice A cycle's seed puts every account on a ring, and each opening takes the next arc of it, so
/// that everybody is drawn once in a cycle. Arcs are as wide as it takes to have as many commitments
/// as there are slots, judged by how many the one before had: accounts that never commit make arcs
/// wider, and nobody else worse off.
/// @dev The seed is the hash of a block after the one that begins the cycle. Where nobody commits
/// while that hash can still be had, it is the newest block a multiple of 256 later that counts.
library Ring {
    uint256 internal constant FULL = 2 ** 32;
    uint256 private constant KEPT = 256; // blocks whose hashes the chain still knows

    function isEverybody(Draw storage draw) internal view returns (bool) {
        return draw.width == FULL;
    }

    /// @notice Moves on to the arc of the next opening.
    /// @param active Trainers that are on the ring.
    /// @param slots How many of them a round takes.
    /// @param committed How many did in the opening before, if there was one.
    /// @param again Whether the same round opens again: the arc then widens where it is.
    function next(Draw storage draw, uint256 active, uint256 slots, uint256 committed, bool again)
        internal
    {
        if (active <= slots) {
            (draw.start, draw.width) = (0, uint64(FULL));
            return;
        }
        uint256 fair = Math.ceilDiv(FULL * slots, active);
        uint256 width = draw.width;
        bool drawn = draw.seedBlock != 0;
        uint256 start = again ? draw.start : uint256(draw.start) + width;
        uint256 wanted = drawn ? width * slots / Math.max(committed, 1) : fair;
        if (again) wanted = Math.max(wanted, 2 * width);
        wanted = Math.min(Math.max(wanted, fair), FULL);
        if (!drawn || start >= FULL) {
            start = 0;
            draw.seed = 0;
            draw.seedBlock = uint64(block.number + 1);
        }
        // Up to the ring's end and not beyond, and nothing left there that is too short for a round.
        if (!again && FULL - start < wanted + wanted / 2) wanted = FULL - start;
        (draw.start, draw.width) = (uint64(start), uint64(wanted));
    }

    /// @notice The seed of the cycle; zero while the block that decides is not there.
    function seedOf(Draw storage draw, bytes32 id) internal view returns (bytes32 seed) {
        seed = draw.seed;
        if (seed != 0 || draw.seedBlock == 0 || block.number <= draw.seedBlock) return seed;
        return keccak256(abi.encode(hashAfter(draw.seedBlock), id, draw.seedBlock));
    }

    /// @notice The hash of a block, or of the newest a multiple of 256 later that is known; zero for
    /// one that is not there yet.
    function hashAfter(uint256 decisive) internal view returns (bytes32) {
        if (block.number <= decisive) return 0;
        // slither-disable-next-line divide-before-multiply: as often as KEPT goes into it.
        return blockhash(decisive + (block.number - 1 - decisive) / KEPT * KEPT);
    }

    /// @notice Whether an account's place is on the arc.
    function covers(Draw storage draw, bytes32 seed, address account) internal view returns (bool) {
        if (draw.seedBlock == 0) return true;
        if (seed == 0) return false;
        uint256 place = uint256(keccak256(abi.encode(seed, account))) % FULL;
        return (place + FULL - draw.start) % FULL < draw.width;
    }

    /// @notice Who gives way where more reveal than there are slots: the highest.
    function rank(Draw storage draw, uint256 epoch, address account)
        internal
        view
        returns (uint64)
    {
        // casting to 'uint64' keeps as many bits of a hash as it takes
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint64(uint256(keccak256(abi.encode(draw.seed, epoch, account))));
    }
}
