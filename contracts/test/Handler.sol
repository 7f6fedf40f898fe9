// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarket, IProjects, Phase, Project, Terms} from "../src/interfaces/IMarket.sol";
import {Payments, Scorings, Selections, Steps} from "../src/libraries/Choices.sol";
import {Players} from "./Players.sol";
import {Vectors} from "./Vectors.sol";

/// @title Actors who do anything at any time
/// @notice Every call is made whether it is allowed or not: a market that thinks otherwise than the
/// actors fails the run, and so does one that moves money by no rule.
contract Handler is Players {
    uint256 internal constant MOST_PROJECTS = 4;

    uint256 private _nonce;

    constructor(IMarket market) Players(market) {
        create(0, 0);
        create(1, 7);
    }

    /// @dev Every other project is in the coin of a contract.
    function create(uint256 who, uint256 seed) public {
        if (_terms.length == MOST_PROJECTS) return;
        seed = uint256(keccak256(abi.encode(seed))); // a fuzzer likes zeros too much
        Terms memory terms;
        terms.owner = actor(who);
        if (_nonce % 2 == 1) terms.token = COIN;
        terms.aggregators = new address[](1 + (seed >> 4) % 3);
        for (uint256 i; i < terms.aggregators.length; ++i) {
            terms.aggregators[i] = actor(who % ACTORS + seed % ACTORS + i); // it may be the owner
        }
        terms.circuit = CIRCUIT;
        terms.verifierCodeHash = address(VERIFIER).codehash;
        terms.zero = _point(0);
        (terms.statistics, terms.model) = (terms.zero, terms.zero);
        (terms.tau, terms.logrows, terms.entries) = (Vectors.tau(), 0, 1);
        (terms.rows, terms.outputs, terms.energy) = (100, 2, (seed >> 200) % 2 ** 40);
        terms.byzantine = uint8(seed % 2);
        terms.slots = uint8(2 * terms.byzantine + 3 + (seed >> 8) % 2);
        terms.participants = uint16(terms.slots + (seed >> 10) % 4);
        terms.rounds = uint8(1 + (seed >> 16) % 3);
        terms.maxRetries = uint8((seed >> 24) % 3);
        _choose(terms, seed >> 12);
        if (seed >> 40 & 3 == 0) terms.invited = _invitedRoot();
        terms.attendanceBps = uint16((seed >> 32) % 10_001);
        terms.decayBps = 9000;
        terms.joinSeconds = 1000;
        terms.commitSeconds = 100;
        terms.revealSeconds = 100;
        terms.settleSeconds = 100;
        terms.answerSeconds = 100;
        terms.auditSeconds = 100;
        terms.exitSeconds = 500;
        terms.learningRate = 1e8;
        terms.targetUtility = seed % 5 == 0 ? int256(0) : type(int256).max;
        terms.nonce = ++_nonce;
        _open(terms, _stake(terms, seed));
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

    /// @dev The rules of the game, and the quorum that they need.
    function _choose(Terms memory terms, uint256 seed) private pure {
        terms.selection = uint8(seed % 2);
        terms.scoring = uint8((seed >> 1) % 3);
        terms.step = terms.scoring == Scorings.SHAPLEY ? Steps.MEAN : uint8((seed >> 3) % 3);
        terms.payment = uint8((seed >> 4) % 2);
        bool three = terms.selection == Selections.MULTI_KRUM || terms.scoring == Scorings.SHAPLEY;
        uint256 fewest = three ? 3 : 2;
        terms.quorum = uint8(fewest + (seed >> 5) % (terms.slots - fewest + 1));
        if (terms.payment == Payments.PER_ROUND) return;
        // Pots that are capped, and gains that use the budget up, are not rare.
        terms.potCapBps = uint16(1 + (seed >> 8) % (seed >> 7 & 1 == 1 ? 10_000 : 1000));
        terms.expectedGain = int256(1 + (seed >> 20) % 2 ** (1 + (seed >> 16) % 130));
    }

    /// @return deposit Such that one aggregator, or only all of them, can cover a round.
    function _stake(Terms memory terms, uint256 seed) private pure returns (uint256 deposit) {
        terms.aggregatorFee = uint128((seed >> 48) % 1000);
        terms.challengeBond = uint128(2 + (seed >> 112) % 100);
        terms.bounty = uint128((seed >> 120) % (terms.challengeBond / 2 + 1));
        terms.trainerStake = terms.challengeBond + uint128((seed >> 64) % 300);
        uint256 budget = 1 + (seed >> 96) % 1_000_000;
        deposit = uint256(terms.aggregatorFee) * terms.rounds + budget;
        uint256 pot = terms.payment == Payments.PER_ROUND ? budget / terms.rounds : budget;
        uint256 bonds = terms.challengeBond * uint256(terms.slots);
        uint256 parts = seed >> 56 & 3 == 0 ? terms.aggregators.length : 1;
        terms.aggregatorStake = uint128((bonds + pot) / parts + bonds + (seed >> 80) % 1000);
        if (seed >> 44 & 1 == 0) return deposit;
        terms.arbiters = new address[](1 + (seed >> 130) % 3);
        for (uint256 i; i < terms.arbiters.length; ++i) {
            terms.arbiters[i] = actor((seed >> 132) + i);
        }
        terms.arbiterQuorum = uint8(terms.arbiters.length / 2 + 1);
        terms.auditBps = uint16((seed >> 140) % 5000);
        terms.ownerBond = uint128(1 + (seed >> 150) % 1000);
        terms.disputeBond = uint128(1 + (seed >> 160) % terms.ownerBond);
    }

    function _open(Terms memory terms, uint256 deposit) private {
        uint256 paid = deposit + terms.ownerBond;
        uint256 value = address(terms.token) == address(0) ? paid : 0;
        bytes memory data = abi.encodeCall(IProjects.create, (terms, deposit, CID, CID));
        require(_call(terms.owner, value, data), "create");
        _terms.push(terms);
        deposited[MARKET.idOf(terms)] = paid;
    }

    /// @dev What a phase asks for, by seven of eight actors; one of four offices accuses first, and
    /// somebody disputes one of eight yardsticks, of which arbiters judge three of four.
    function _act(uint256 which, Terms memory terms, Project memory p, uint256 mask) private {
        if (p.phase == Phase.Joining) {
            for (uint256 i; i < terms.aggregators.length; ++i) {
                if (i == 0 || mask >> i & 1 == 1) _bond(which, terms.aggregators[i], true);
            }
        }
        if (p.phase == Phase.Settle) {
            if (mask & 3 == 0) _challenge(which, p.aggregator, 1 + (mask >> 3) % 7);
            else if (mask & 7 == 5) p = _disputed(which, actor(mask >> 9));
            else if (mask & 7 != 1) _settle(which, p.aggregator, mask << 3);
        }
        for (uint256 i; i < ACTORS; ++i) {
            if (mask >> 3 * (i + 1) & 7 == 0) continue;
            if (p.phase == Phase.Joining) _join(which, actor(i), true, true);
            if (p.phase == Phase.Commit) _commit(which, actor(i), mask << 3);
            if (p.phase == Phase.Reveal) _reveal(which, actor(i));
            if (p.phase == Phase.Answer) _answer(which, actor(i), i, true);
            if (p.phase == Phase.Claim) _claim(which, actor(i), mask >> i & 1, i, true);
            bool judged = p.phase == Phase.Audit && mask >> 41 & 3 != 0;
            if (judged) _vote(which, actor(i), mask >> 40 & 1 == 0);
        }
    }

    /// @return p The project, whose arbiters may judge at once.
    function _disputed(uint256 which, address account) private returns (Project memory p) {
        _dispute(which, account, true);
        (,, p) = _load(which);
    }
}
