// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Phase, Project} from "../src/interfaces/IMarket.sol";
import {Bn254, Point} from "../src/libraries/Bn254.sol";
import {Folding} from "../src/libraries/Folding.sol";
import {Fixture} from "./Fixture.sol";

/// @title More trainers than a round has slots
/// @notice Their points are numbers times the generator, and claims about them are all zero: such a
/// round moves nothing and pays attendance.
abstract contract Crowd is Fixture {
    address[] internal crowd;

    /// @dev As the market's own choice has it, and with stakes that cover whatever is left over.
    function _setCrowd(uint256 participants, uint256 slots, uint256 quorum) internal {
        _useDefaults();
        (terms.participants, terms.slots) = (uint16(participants), uint8(slots));
        terms.quorum = uint8(quorum);
        terms.rounds = 100;
        terms.aggregatorFee = 0.02 ether / 100;
        terms.energy = 0;
    }

    /// @dev From nothing to the first opening.
    function _gatherCrowd() internal {
        _create();
        _bond();
        for (uint256 i; i < terms.participants; ++i) {
            _joinAs(i);
        }
        _assertPhase(Phase.Commit);
    }

    function _joinAs(uint256 i) internal {
        address account = address(uint160(0xc0ffee0000 + i));
        vm.deal(account, terms.trainerStake);
        crowd.push(account);
        vm.prank(account);
        market.join{value: terms.trainerStake}(terms, _uninvited());
    }

    /// @dev As many blocks later as it takes to know who is drawn.
    function _rollToDraw() internal {
        uint256 seedBlock = _project().draw.seedBlock;
        if (block.number <= seedBlock) vm.roll(seedBlock + 1);
    }

    /// @return drawn Of the crowd, in its order.
    function _drawnOf() internal view returns (address[] memory drawn) {
        bytes32 id = _id();
        drawn = new address[](crowd.length);
        uint256 count;
        for (uint256 i; i < crowd.length; ++i) {
            if (market.isDrawn(id, crowd[i])) drawn[count++] = crowd[i];
        }
        assembly ("memory-safe") {
            mstore(drawn, count)
        }
    }

    function _commitOf(address account) internal {
        uint256 round = _project().round;
        bytes32 commitment =
            market.commitmentOf(account, _id(), round, _pointOf(account), "content", 0);
        vm.prank(account);
        market.commit(terms, round, commitment);
    }

    function _revealOf(address account) internal {
        Project memory p = _project();
        Point memory point = _pointOf(account);
        vm.prank(account);
        market.reveal(terms, p.round, point, "content", 0);
    }

    function _pointOf(address account) internal view returns (Point memory) {
        return Bn254.mul(
            Bn254.generator(), uint256(keccak256(abi.encode(account, _project().round))) >> 8
        );
    }

    /// @dev Commitments and reveals of all of them, from Commit to Settle.
    function _take(address[] memory some) internal {
        for (uint256 i; i < some.length; ++i) {
            _commitOf(some[i]);
        }
        if (_project().phase == Phase.Commit) _advance();
        for (uint256 i; i < some.length; ++i) {
            _revealOf(some[i]);
        }
        _assertPhase(Phase.Settle);
    }

    function _settleWithZeros() internal {
        uint256 count = market.reveals(_id(), _project().epoch).length;
        uint256[] memory claims = new uint256[](Folding.claimCount(count));
        vm.prank(aggregator);
        market.settle(terms, CID, _folded(), claims);
    }
}
