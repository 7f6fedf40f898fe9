// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Payments} from "../src/libraries/Choices.sol";
import {Fixture, Phase, Point, Project, Vectors} from "./Fixture.sol";

/// @title What each call costs, in rounds of five and of 32 trainers
/// @notice The figures are in contracts/snapshots, where a change shows. Each call is a transaction
/// of its own here, so none finds warm what an earlier one read. The verifier is a stand-in:
/// a proof's verification comes on top of `settle`.
/// forge-config: default.isolate = true
/// forge-config: long.isolate = true
contract GasTest is Fixture {
    uint256 private _count;
    uint256 private _flipped; // trainers, the last ones, whose deltas point the other way
    string private _group;
    address[] private _trainers;

    function test_Five() public {
        _useDefaults();
        _walk(5);
    }

    function test_ThirtyTwo() public {
        _useDefaults();
        _walk(32);
    }

    function test_FiveByTheMean() public {
        _settleOnce(5, "settle by the mean game");
    }

    function test_ThirtyTwoByTheMean() public {
        _settleOnce(32, "settle by the mean game");
    }

    /// @dev Each that leaves makes the others' values anew.
    function test_FiveOfWhomTwoAreDropped() public {
        _useDefaults();
        _flipped = 2;
        _settleOnce(5, "settle where two of five are dropped");
    }

    function test_ThirtyTwoOfWhomHalfAreDropped() public {
        _useDefaults();
        _flipped = 16;
        _settleOnce(32, "settle where half are dropped");
    }

    function _settleOnce(uint256 count, string memory name) private {
        _set(count);
        _gatherAll();
        _commitAll(0);
        _revealAll(0);
        _settleNow(aggregator, name);
        _assertSettled();
    }

    function _walk(uint256 count) private {
        _set(count);
        _create();
        _note("create");
        vm.prank(outsider);
        market.fund{value: 1 ether}(terms, 1 ether);
        _note("fund");
        _bond();
        _note("bond");
        _bondSuccessor();
        _joinAll();
        _commitAll(0);
        _revealAll(0);

        _challenge(3);
        _note("challenge");
        _answerFirst(0);
        _note("answer");
        _answerFirst(1);
        _advance(); // the aggregator in office fails
        _note("advance to the successor");
        _settleNow(successor, "settle");
        _withdrawals();

        _commitAll(100);
        _revealButOne();
        _advance();
        _note("advance past a silent trainer");
        _expelLast();
        _note("expel");
        _challenge(1);
        _advance();
        _note("advance past an unanswered challenge");
        _closing();
    }

    function _set(uint256 count) private {
        _count = count;
        _group = string.concat("trainers", vm.toString(count));
        (terms.slots, terms.quorum) = (uint8(count), uint8(count - 2));
        terms.participants = uint16(count);
        terms.byzantine = uint8((count - 3) / 2);
        terms.expectedGain = 1_000_000_000;
    }

    function _gatherAll() private {
        _create();
        _bond();
        _joinAll();
    }

    function _joinAll() private {
        for (uint256 i; i < _count; ++i) {
            _trainers.push(makeAddr(string.concat("trainer ", vm.toString(i))));
            vm.deal(_trainers[i], 1 ether);
            vm.prank(_trainers[i]);
            market.join{value: terms.trainerStake}(terms, _uninvited());
            if (i == 1) _note("join");
        }
        _assertPhase(Phase.Commit);
    }

    function _commitAll(int256 salt) private {
        Project memory p = _project();
        for (uint256 i; i < _count; ++i) {
            bytes32 commitment = market.commitmentOf(
                _trainers[i], _id(), p.round, _pointOf(i, salt), _cidOf(i, salt), _salt(i)
            );
            vm.prank(_trainers[i]);
            market.commit(terms, p.round, commitment);
            if (i == 1 && p.round == 0) _note("commit");
        }
    }

    function _revealAll(int256 salt) private {
        for (uint256 i; i < _count; ++i) {
            _revealOne(i, salt);
            if (i == 1) _note("reveal");
        }
        _assertPhase(Phase.Settle);
    }

    function _revealButOne() private {
        for (uint256 i; i < _count - 1; ++i) {
            _revealOne(i, 100);
        }
    }

    function _revealOne(uint256 i, int256 salt) private {
        uint256 round = _project().round;
        Point memory point = _pointOf(i, salt);
        string memory cid = _cidOf(i, salt);
        vm.prank(_trainers[i]);
        market.reveal(terms, round, point, cid, _salt(i));
    }

    function _answerFirst(uint256 i) private {
        (bytes memory values, Point memory quotient) = _openingOf(_delta(i, 0));
        vm.prank(outsider);
        market.answer(terms, 0, i, values, quotient);
    }

    function _settleNow(address account, string memory name) private {
        int256[4][] memory all = new int256[4][](_count);
        for (uint256 i; i < _count; ++i) {
            all[i] = _delta(i, 0);
        }
        uint256[] memory claims = Vectors.claims(model, all);
        vm.prank(account);
        market.settle(terms, CID, _folded(), claims);
        _note(name);
        assertEq(_project().round, 1);
    }

    /// @dev That of the default those are paid who helped, and nobody else.
    function _assertSettled() private view {
        for (uint256 i; i < _count; ++i) {
            uint256 credit = _credit(_trainers[i]);
            if (i >= _count - _flipped) assertEq(credit, 0);
            else if (terms.payment == Payments.PER_GAIN) assertGt(credit, 0);
        }
    }

    function _withdrawals() private {
        vm.prank(_trainers[0]);
        market.withdraw(terms);
        _note("withdraw");
        address[] memory rest = new address[](_count - 1);
        for (uint256 i = 1; i < _count; ++i) {
            rest[i - 1] = _trainers[i];
        }
        vm.prank(outsider);
        market.withdrawFor(terms, rest);
        _note("withdrawFor all but one");
    }

    function _expelLast() private {
        address[] memory one = new address[](1);
        one[0] = _trainers[_count - 1];
        vm.prank(outsider);
        market.expel(terms, one);
    }

    function _closing() private {
        _assertPhase(Phase.Settle);
        vm.prank(_trainers[1]);
        market.exit(terms);
        _note("exit");
        _advance();
        _note("advance to the claims");
        (bytes memory values, Point memory quotient) = _openingOf(_delta(1, 100));
        vm.prank(outsider);
        market.claim(terms, 1, 0, values, quotient);
        _note("claim");
        _advance();
        _note("advance to the end");
        _assertPhase(Phase.Aborted);
        vm.prank(_trainers[1]);
        market.withdraw(terms);
        _note("withdraw a share");
    }

    function _note(string memory name) private {
        if (bytes(name).length != 0) vm.snapshotGasLastCall(_group, name);
    }

    function _delta(uint256 i, int256 salt) private view returns (int256[4] memory) {
        int256 k = int256(i);
        if (i >= _count - _flipped) return [-40 - k, k - 25, 10 - k % 2, 1000 + k + salt];
        return [40 + k, 25 - k, -10 + k % 2, 1000 + k + salt];
    }

    function _pointOf(uint256 i, int256 salt) private view returns (Point memory) {
        return Vectors.commitment(_delta(i, salt));
    }

    function _cidOf(uint256 i, int256 salt) private pure returns (string memory) {
        return string(abi.encodePacked(keccak256(abi.encode(i, salt)), bytes27("bafybeig")));
    }
}
