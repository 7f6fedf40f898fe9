// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    IMarket,
    IProjects,
    IRounds,
    Phase,
    Project,
    Standing,
    Terms,
    Trainer
} from "../src/interfaces/IMarket.sol";
import {Deployment} from "./Deployment.sol";
import {Handler} from "./Handler.sol";
import {MeasuredLedger} from "./MeasuredLedger.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

contract InvariantTest is Deployment {
    uint256 private constant ACTORS = 7;

    IMarket private _market;
    Handler private _handler;

    function setUp() public {
        vm.warp(1_800_000_000);
        vm.roll(1000);
        _market = _deploy();
        _handler = new Handler(_market);
        targetContract(address(_handler));
    }

    /// @dev One campaign for all: a second would only take the same calls again.
    function invariant_TheBooksBalance() public view {
        Terms[] memory projects = _handler.projects();
        uint256[2] memory owed; // in the native coin and in the token
        for (uint256 i; i < projects.length; ++i) {
            bytes32 id = _market.idOf(projects[i]);
            uint256 here = _market.locked(id) + _handler.credits(id);
            owed[address(projects[i].token) == address(0) ? 0 : 1] += here;
            assertEq(
                _handler.deposited(id), _handler.withdrawn(id) + here, "a project conserves money"
            );
            _assertAddsUp(id);
        }
        assertEq(address(_market).balance, owed[0], "what is owed is held");
        assertEq(_handler.COIN().balanceOf(address(_market)), owed[1], "what is owed is held");
    }

    /// @dev An invariant says nothing about what the actors never get to.
    function test_TheActorsGetEverywhere() public {
        vm.pauseGasMetering(); // a test may not use as much as this one
        uint256[12] memory times;
        uint256[] memory turns = new uint256[](uint256(type(MeasuredLedger.Turn).max) + 1);
        for (uint256 run; run < 40; ++run) {
            uint256 snapshot = vm.snapshotState();
            for (uint256 step; step < 40; ++step) {
                uint256 seed = uint256(keccak256(abi.encode(run, step)));
                if (step < 2) _handler.create(seed, seed);
                _handler.cooperate(step + run, seed, seed >> 128);
                if (step % 8 == 7) _handler.expel(step / 8, 1, type(uint256).max);
            }
            times[0] += _handler.accepted(IRounds.settle.selector, Phase.Settle);
            times[1] += _handler.accepted(IRounds.advance.selector, Phase.Settle);
            times[2] += _handler.accepted(IRounds.challenge.selector, Phase.Settle);
            times[3] += _handler.accepted(IRounds.answer.selector, Phase.Answer);
            times[4] += _handler.accepted(IRounds.advance.selector, Phase.Answer);
            times[5] += _handler.accepted(IRounds.advance.selector, Phase.Reveal);
            times[6] += _handler.accepted(IRounds.claim.selector, Phase.Claim);
            times[7] += _handler.accepted(IProjects.dispute.selector, Phase.Settle);
            times[8] += _handler.accepted(IRounds.vote.selector, Phase.Audit);
            times[9] += _handler.accepted(IRounds.advance.selector, Phase.Audit);
            times[10] += _expelled();
            times[11] += _owing();
            for (uint256 i; i < turns.length; ++i) {
                turns[i] += _handler.turns(MeasuredLedger.Turn(i));
            }
            vm.revertToState(snapshot);
        }
        for (uint256 i; i < times.length; ++i) {
            assertGt(times[i], 0, vm.toString(i));
        }
        for (uint256 i; i < turns.length; ++i) {
            assertGt(turns[i], 0, string.concat("turn ", vm.toString(i)));
        }
    }

    /// @dev From wherever a run ended: without anyone's help but `advance`, every project closes
    /// within a few deadlines, and then all the money gets out.
    function afterInvariant() public {
        Terms[] memory projects = _handler.projects();
        for (uint256 i; i < projects.length; ++i) {
            _close(i, projects[i]);
            _handler.expel(i, 1, type(uint256).max);
            vm.warp(block.timestamp + projects[i].exitSeconds + 1);
            for (uint256 k; k < ACTORS; ++k) {
                if (_market.withdrawable(projects[i], _handler.actor(k)) != 0) {
                    _handler.withdraw(i, k);
                }
            }
            assertEq(_market.locked(_market.idOf(projects[i])), 0);
        }
        assertEq(address(_market).balance, 0);
        assertEq(_handler.COIN().balanceOf(address(_market)), 0);
    }

    /// @dev Where nobody acts, an opening ends in one call, in two if it had commitments, in three
    /// with an audit; each retry adds one, each staked aggregator that fails, and what may be claimed.
    function _close(uint256 which, Terms memory terms) private {
        bytes32 id = _market.idOf(terms);
        Project memory p = _market.project(id);
        uint256 offices;
        for (uint256 i; i < terms.aggregators.length; ++i) {
            if (_market.aggregatorStake(id, terms.aggregators[i]) != 0) ++offices;
        }
        uint256 left = 4 + Math.max(terms.maxRetries - p.retries, offices + 1);
        if (terms.evaluators.length != 0) ++left; // of a contest
        for (; p.phase < Phase.Done; p = _market.project(id)) {
            assertGt(left--, 0, "a project without exit");
            if (block.timestamp <= p.deadline) vm.warp(p.deadline + 1);
            vm.roll(block.number + 2);
            _handler.advance(which, 0);
        }
    }

    /// @dev What the market counts together is what it has of each.
    function _assertAddsUp(bytes32 id) private view {
        Project memory p = _market.project(id);
        uint256 stakes;
        uint256 bonded;
        uint256 active;
        uint256 earned;
        for (uint256 k; k < ACTORS; ++k) {
            address account = _handler.actor(k);
            Trainer memory t = _market.trainer(id, account);
            stakes += t.stake;
            bonded += _market.aggregatorStake(id, account);
            earned += t.earned;
            if (t.standing == Standing.Active) ++active;
            assertEq(_market.isSilent(id, account), _handler.silent(id, account), "silence");
        }
        assertEq(p.stakes, stakes + bonded, "every stake is somebody's");
        assertEq(p.bonded, bonded, "every office's stake is somebody's");
        assertEq(p.active, active, "every active trainer is somebody");
        if (p.phase < Phase.Done) assertEq(p.earned, earned, "all of the gain is somebody's");
        if (p.earned == 0) assertEq(p.owed, 0, "what is owed is somebody's");
        if (p.phase >= Phase.Done && p.claims == 0) {
            assertEq(p.forfeited, 0, "what is shared is somebody's");
        }
    }

    /// @return count Of trainers that were expelled, by the market's books.
    function _expelled() private view returns (uint256 count) {
        Terms[] memory projects = _handler.projects();
        for (uint256 i; i < projects.length; ++i) {
            for (uint256 k; k < ACTORS; ++k) {
                Trainer memory t = _market.trainer(_market.idOf(projects[i]), _handler.actor(k));
                if (t.standing == Standing.Expelled && t.stake == 0) ++count;
            }
        }
    }

    /// @return count Of projects that owe, or will at the end, what was gained and not paid.
    function _owing() private view returns (uint256 count) {
        Terms[] memory projects = _handler.projects();
        for (uint256 i; i < projects.length; ++i) {
            if (_market.project(_market.idOf(projects[i])).earned != 0) ++count;
        }
    }
}
