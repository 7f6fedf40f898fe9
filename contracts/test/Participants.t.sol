// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Crowd} from "./Crowd.sol";
import {Phase} from "./Fixture.sol";

/// @title What calls cost in a project of many
/// @notice The figures are in contracts/snapshots: they do not grow with the participants.
/// forge-config: default.isolate = true
/// forge-config: long.isolate = true
contract ParticipantsTest is Crowd {
    uint256 private constant WORDS = 200; // gas by which hashes of another length of zeros differ

    struct Costs {
        uint256 join;
        uint256 commit;
        uint256 reveal;
        uint256 settle;
    }

    function test_CostsDoNotGrowWithTheParticipants() public {
        uint256 snapshot = vm.snapshotState();
        Costs memory few = _costsOf(33);
        vm.revertToState(snapshot);
        Costs memory more = _costsOf(200);
        vm.revertToState(snapshot);
        Costs memory most = _costsOf(1000);
        _assertAlike(few, more);
        _assertAlike(few, most);
    }

    /// @dev In a round of 32 of them.
    function _costsOf(uint256 participants) private returns (Costs memory costs) {
        delete crowd;
        _setCrowd(participants, 32, 1);
        _create();
        _bond();
        for (uint256 i; i < participants; ++i) {
            _joinAs(i);
            if (i == 1) costs.join = _note("join", participants);
        }
        _assertPhase(Phase.Commit);
        address[] memory drawn = _drawEnough();
        for (uint256 i; i < 32; ++i) {
            _commitOf(drawn[i]);
            if (i == 1) costs.commit = _note("commit", participants);
        }
        if (_project().phase == Phase.Commit) _advance();
        for (uint256 i; i < 32; ++i) {
            _revealOf(drawn[i]);
            if (i == 1) costs.reveal = _note("reveal", participants);
        }
        _settleWithZeros();
        costs.settle = _note("settle", participants);
        assertEq(_project().round, 1);
    }

    /// @dev The first block's hash that draws 32 or more.
    function _drawEnough() private returns (address[] memory drawn) {
        _rollToDraw();
        uint256 seedBlock = _project().draw.seedBlock;
        for (uint256 k; drawn.length < 32; ++k) {
            vm.setBlockhash(seedBlock, bytes32(k + 1));
            drawn = _drawnOf();
        }
    }

    function _note(string memory name, uint256 participants) private returns (uint256) {
        string memory key = string.concat(name, " of ", vm.toString(participants));
        return vm.snapshotGasLastCall("participants", key);
    }

    function _assertAlike(Costs memory a, Costs memory b) private pure {
        assertApproxEqAbs(a.join, b.join, WORDS, "join");
        assertApproxEqAbs(a.commit, b.commit, 3 * WORDS, "commit");
        assertApproxEqAbs(a.reveal, b.reveal, WORDS, "reveal");
        assertApproxEqRel(a.settle, b.settle, 0.01e18, "settle");
    }
}
