// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarket, Phase, Project, Terms} from "../src/interfaces/IMarket.sol";
import {Owners} from "./Owners.sol";

/// @title Actors who do anything at any time
/// @notice Every call is made whether it is allowed or not: a market that thinks otherwise than the
/// actors fails the run, and so does one that moves money by no rule.
contract Handler is Owners {
    constructor(IMarket market) Owners(market) {
        create(0, 0);
        create(1, 1250); // measured, by three evaluators and three arbiters
    }

    function cancel(uint256 which, uint256 who) external {
        _cancel(which, actor(who));
    }

    function bond(uint256 which, uint256 who, bool exact) external {
        _bond(which, actor(who), exact);
    }

    function join(uint256 which, uint256 who, bool invited, bool exact) external {
        _join(which, actor(who), invited, exact);
    }

    function fund(uint256 which, uint256 who, uint256 amount, bool exact) external {
        _fund(which, actor(who), bound(amount, 1, 1_000_000), exact);
    }

    function exit(uint256 which, uint256 who) external {
        _exit(which, actor(who));
    }

    function dispute(uint256 which, uint256 who, bool exact) external {
        _dispute(which, actor(who), exact);
    }

    /// @dev Of an arbiter mostly.
    function vote(uint256 which, uint256 who, bool holds) external {
        (Terms memory terms,,) = _load(which);
        uint256 count = terms.arbiters.length;
        bool any = who % 4 == 0 || count == 0;
        _vote(which, any ? actor(who >> 2) : terms.arbiters[(who >> 2) % count], holds);
    }

    function drawCoordinates(uint256 which, uint256 who) external {
        _drawCoordinates(which, actor(who));
    }

    /// @dev Of who is asked mostly, and mostly the truth.
    function measure(uint256 which, uint256 who, uint256 kind) external {
        (Terms memory terms, bytes32 id, Project memory p) = _load(which);
        address[] memory judges = _sittingOf(terms, id, p).judges;
        bool any = who % 4 == 0 || judges.length == 0;
        address account = any ? actor(who >> 2) : judges[(who >> 2) % judges.length];
        _measure(which, account, kind & 1 == 0 ? 0 : (kind >> 1) % KINDS, kind >> 10 & 7 == 1);
    }

    /// @dev Of the office mostly.
    function demand(uint256 which, uint256 who) external {
        (,, Project memory p) = _load(which);
        _demand(which, who % 4 == 0 ? actor(who >> 2) : p.aggregator);
    }

    function expire(uint256 which, uint256 who) external {
        _expireMeasured(which, actor(who));
    }

    function commit(uint256 which, uint256 who, uint256 seed) external {
        _commit(which, actor(who), seed);
    }

    function reveal(uint256 which, uint256 who) external {
        _reveal(which, actor(who));
    }

    /// @dev Of the office mostly: chance alone accuses nobody.
    function challenge(uint256 which, uint256 who, uint256 accused) external {
        (,, Project memory p) = _load(which);
        _challenge(which, who % 4 == 0 ? actor(who >> 2) : p.aggregator, accused % 64);
    }

    function answer(uint256 which, uint256 who, uint256 slot, bool right) external {
        _answer(which, actor(who), slot % 7, right);
    }

    function claim(uint256 which, uint256 who, uint256 back, uint256 slot, bool right) external {
        _claim(which, actor(who), back % 4, slot % 7, right);
    }

    function settle(uint256 which, uint256 who, uint256 seed) external {
        _settle(which, actor(who), seed);
    }

    function advance(uint256 which, uint256 who) external {
        _advance(which, actor(who));
    }

    /// @dev Of those who are silent mostly.
    function expel(uint256 which, uint256 who, uint256 mask) external {
        (, bytes32 id,) = _load(which);
        if (who % 4 == 0) return _expel(which, actor(who >> 2), mask % 256);
        uint256 mute;
        for (uint256 i; i < ACTORS; ++i) {
            if (silent[id][actor(i)]) mute |= 1 << i;
        }
        _expel(which, actor(who >> 2), mute & mask);
    }

    function withdraw(uint256 which, uint256 who) external {
        _withdraw(which, actor(who));
    }

    function withdrawFor(uint256 which, uint256 who) external {
        _withdrawForAll(which, actor(who));
    }

    function pass(uint256 time) external {
        time = bound(time, 1, 150);
        vm.warp(block.timestamp + time);
        // Blocks are short, and sometimes so many pass that hashes are forgotten.
        vm.roll(block.number + (time % 10 == 0 ? 40 * time : time));
    }

    /// @dev What most want, up to five phases of it: chance alone gets no project through a round.
    function cooperate(uint256 which, uint256 mask, uint256 seed) external {
        for (uint256 steps = 1 + seed % 5; steps != 0; --steps) {
            mask = uint256(keccak256(abi.encode(mask)));
            (Terms memory terms, bytes32 id, Project memory p) = _load(which);
            if (p.phase >= Phase.Done) return;
            vm.roll(block.number + 2);
            if (block.timestamp <= p.deadline) _act(which, terms, p, mask);
            if (MARKET.project(id).phase != p.phase) continue;
            // Others wait for trainers too: three of four times somebody may still come.
            if (p.phase == Phase.Joining && mask >> 60 & 3 != 0) return;
            if (block.timestamp <= p.deadline) vm.warp(p.deadline + 1);
            _advance(which, actor(mask));
        }
    }

    // --- what anyone can see -------------------------------------------------------------------

    function projects() external view returns (Terms[] memory) {
        return _terms;
    }

    /// @notice Wei that the market owes to the actors of a project at once.
    function credits(bytes32 id) external view returns (uint256 sum) {
        for (uint256 i; i < ACTORS; ++i) {
            sum += MARKET.credit(id, actor(i));
        }
    }

    // --- how ---------------------------------------------------------------------------------

    /// @dev What a phase asks for, by seven of eight actors; one of four offices accuses first, and
    /// somebody disputes one of eight yardsticks, or demands it, of which arbiters judge three of four.
    function _act(uint256 which, Terms memory terms, Project memory p, uint256 mask) private {
        if (p.phase == Phase.Joining) {
            for (uint256 i; i < terms.aggregators.length; ++i) {
                if (i == 0 || mask >> i & 1 == 1) _bond(which, terms.aggregators[i], true);
            }
        }
        if (p.phase == Phase.Settle) {
            if (_isMeasured(terms) && mask >> 61 & 3 == 0) _demand(which, p.aggregator);
            else if (mask & 3 == 0) _challenge(which, p.aggregator, _accused(terms, p, mask));
            else if (mask & 7 == 5) _dispute(which, actor(mask >> 9), true);
            else if (mask & 7 != 1) _settle(which, p.aggregator, mask << 3);
            if (mask & 7 == 5) (,, p) = _load(which); // arbiters may judge at once
        }
        if (_isMeasured(terms)) _say(which, mask);
        for (uint256 i; i < ACTORS; ++i) {
            if (mask >> 3 * (i + 1) & 7 == 0) continue;
            if (p.phase == Phase.Joining) _join(which, actor(i), true, true);
            if (p.phase == Phase.Commit) _commit(which, actor(i), mask << 3);
            if (p.phase == Phase.Reveal) _reveal(which, actor(i));
            bool answers = p.phase == Phase.Answer && mask >> 63 & 1 == 0;
            if (answers) _answer(which, actor(i), i, true);
            if (p.phase == Phase.Claim) _claim(which, actor(i), mask >> i & 1, i, true);
            bool judged = p.phase == Phase.Audit && mask >> 41 & 3 != 0 && !_isMeasured(terms);
            if (judged) _vote(which, actor(i), mask >> 40 & 1 == 0);
        }
    }

    /// @return Some of the reveals, or all.
    function _accused(Terms memory terms, Project memory p, uint256 mask)
        private
        view
        returns (uint256)
    {
        if (mask >> 63 & 1 == 0) return 1 + (mask >> 3) % 7;
        return 2 ** MARKET.reveals(MARKET.idOf(terms), p.epoch).length - 1;
    }

    /// @dev Three of four times, what most who are asked say of a model: the truth by one of two. One of
    /// eight says something else, and what is said is disputed by one of four.
    function _say(uint256 which, uint256 mask) private {
        (,, Project memory p) = _load(which);
        if (p.phase == Phase.Contest && mask & 3 == 0) _dispute(which, actor(mask >> 9), true);
        if (p.phase == Phase.Measure) _drawCoordinates(which, actor(mask));
        else if (p.phase != Phase.Contest && p.phase != Phase.Audit) return;
        if (mask >> 41 & 3 == 0) return;
        uint256 usual = mask >> 50 & 1 == 0 ? 0 : (mask >> 51) % SANE;
        for (uint256 i; i < ACTORS; ++i) {
            _measure(which, actor(i), mask >> 3 * (i + 1) & 7 == 1 ? mask % KINDS : usual, false);
        }
    }
}
