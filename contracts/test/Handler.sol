// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarket, Phase, Project, Terms, Trainer} from "../src/interfaces/IMarket.sol";
import {Bn254, Point} from "../src/libraries/Bn254.sol";
import {RoundGame} from "../src/libraries/RoundGame.sol";
import {Answer, ScriptedVerifier} from "./ScriptedVerifier.sol";
import {Test} from "forge-std/Test.sol";

/// @title Actors who do anything at any time
/// @notice Every call is made whether it is allowed or not, and the handler says beforehand which:
/// a market that then thinks otherwise fails the run.
contract Handler is Test {
    uint256 internal constant ACTORS = 7;
    uint256 internal constant MOST_PROJECTS = 4;
    string private constant CID = "content";

    IMarket public immutable MARKET;
    ScriptedVerifier public immutable VERIFIER = new ScriptedVerifier();

    Terms[] private _terms;
    mapping(bytes32 id => uint256) public deposited; // wei, stakes included
    mapping(bytes32 id => uint256) public withdrawn; // wei
    mapping(bytes32 id => mapping(uint256 epoch => mapping(address => uint256))) private _scalar;
    mapping(bytes32 id => mapping(uint256 round => mapping(address => uint256))) private
        _scalarOfRound;
    uint256 private _scalars = 1;
    uint256 private _nonce;
    Point private _zero = Bn254.mul(Point(1, 2), 1 << 200);

    constructor(IMarket market) {
        MARKET = market;
        for (uint256 i; i < ACTORS; ++i) {
            vm.deal(actor(i), type(uint128).max);
        }
        create(0, 0);
        create(1, 7);
    }

    // --- what an actor does --------------------------------------------------------------------

    function create(uint256 who, uint256 seed) public {
        if (_terms.length == MOST_PROJECTS) return;
        seed = uint256(keccak256(abi.encode(seed))); // a fuzzer likes zeros too much
        Terms memory terms;
        terms.owner = actor(who);
        terms.aggregator = actor(who % ACTORS + seed % ACTORS); // it may be the owner
        terms.verifier = VERIFIER;
        terms.verifierCodeHash = address(VERIFIER).codehash;
        (terms.zero, terms.curvature, terms.target, terms.model) = (_zero, _zero, _zero, _zero);
        terms.byzantine = uint8(seed % 2);
        terms.slots = uint8(2 * terms.byzantine + 3 + (seed >> 8) % 2);
        terms.quorum = uint8(3 + (seed >> 12) % (terms.slots - 2));
        terms.rounds = uint8(1 + (seed >> 16) % 3);
        terms.maxRetries = uint8((seed >> 24) % 3);
        terms.floorBps = uint16((seed >> 32) % 10_001);
        terms.decayBps = 9000;
        terms.joinSeconds = 1000;
        terms.commitSeconds = 100;
        terms.revealSeconds = 100;
        terms.settleSeconds = 100;
        terms.learningRate = 1e8;
        terms.aggregatorFee = uint128((seed >> 48) % 1000);
        terms.trainerStake = uint128((seed >> 64) % 1000); // it may be nothing
        terms.aggregatorStake = uint128(1 + (seed >> 80) % 1000);
        terms.targetUtility = seed % 5 == 0 ? int256(0) : type(int256).max;
        terms.nonce = ++_nonce;

        uint256 deposit = uint256(terms.aggregatorFee) * terms.rounds + 1 + (seed >> 96) % 1_000_000;
        bool ok = _call(terms.owner, deposit, abi.encodeCall(IMarket.create, (terms, CID, CID)));
        require(ok, "create");
        _terms.push(terms);
        deposited[MARKET.idOf(terms)] = deposit;
    }

    function cancel(uint256 which, uint256 who) external {
        (Terms memory terms, bytes32 id, Project memory p) = _load(which);
        bool allowed = p.phase == Phase.Joining && actor(who) == terms.owner
            && MARKET.trainers(id).length == 0;
        _expect(allowed, _call(actor(who), 0, abi.encodeCall(IMarket.cancel, (terms))));
    }

    function bond(uint256 which, uint256 who, bool exact) external {
        _bond(which, actor(who), exact);
    }

    function join(uint256 which, uint256 who, bool exact) external {
        _join(which, actor(who), exact);
    }

    function commit(uint256 which, uint256 who, uint256 seed) external {
        _commit(which, actor(who), seed);
    }

    function reveal(uint256 which, uint256 who) external {
        _reveal(which, actor(who));
    }

    /// @dev Instances are any numbers: the books must balance whatever a proof says.
    function settle(uint256 which, uint256 who, uint256 seed) external {
        _settle(which, actor(who), seed);
    }

    function advance(uint256 which, uint256 who) external {
        (Terms memory terms,, Project memory p) = _load(which);
        bool allowed = p.phase < Phase.Done && block.timestamp > p.deadline;
        _expect(allowed, _call(actor(who), 0, abi.encodeCall(IMarket.advance, (terms))));
    }

    function withdraw(uint256 which, uint256 who) external {
        (Terms memory terms, bytes32 id,) = _load(which);
        address account = actor(who);
        uint256 due = MARKET.withdrawable(terms, account);
        uint256 balance = account.balance;
        bytes memory data = abi.encodeCall(IMarket.withdraw, (terms));
        _expect(due != 0, _call(account, 0, data));
        require(account.balance == balance + due, "paid what was due");
        withdrawn[id] += due;
        _expect(false, _call(account, 0, data)); // and not again
    }

    function pass(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 1, 150));
    }

    /// @dev What most want, up to four phases of it: chance alone gets no project through a round.
    function cooperate(uint256 which, uint256 mask, uint256 seed) external {
        for (uint256 steps = 1 + seed % 4; steps != 0; --steps) {
            mask = uint256(keccak256(abi.encode(mask)));
            (Terms memory terms, bytes32 id, Project memory p) = _load(which);
            if (p.phase >= Phase.Done) return;
            if (block.timestamp <= p.deadline) _act(which, terms, p, mask);
            if (MARKET.project(id).phase != p.phase) continue;
            if (block.timestamp <= p.deadline) vm.warp(p.deadline + 1);
            _expect(true, _call(actor(mask), 0, abi.encodeCall(IMarket.advance, (terms))));
        }
    }

    // --- what anyone can see -------------------------------------------------------------------

    function actor(uint256 index) public pure returns (address) {
        return address(uint160(0xac7000 + index % ACTORS));
    }

    function projects() external view returns (Terms[] memory) {
        return _terms;
    }

    /// @notice Wei that the market owes to the actors of a project at once.
    function credits(bytes32 id) external view returns (uint256 sum) {
        for (uint256 i; i < ACTORS; ++i) {
            sum += MARKET.credit(id, actor(i));
        }
    }

    // --- calls ---------------------------------------------------------------------------------

    function _bond(uint256 which, address account, bool exact) private {
        (Terms memory terms, bytes32 id, Project memory p) = _load(which);
        uint256 stake = exact ? terms.aggregatorStake : terms.aggregatorStake + 1;
        bool allowed = p.phase == Phase.Joining && block.timestamp <= p.deadline
            && account == terms.aggregator && p.aggregatorStake == 0 && exact;
        _expect(allowed, _call(account, stake, abi.encodeCall(IMarket.bond, (terms))));
        if (allowed) deposited[id] += stake;
    }

    function _join(uint256 which, address account, bool exact) private {
        (Terms memory terms, bytes32 id, Project memory p) = _load(which);
        uint256 stake = exact ? terms.trainerStake : terms.trainerStake + 1;
        bool allowed = p.phase == Phase.Joining && block.timestamp <= p.deadline
            && MARKET.trainers(id).length < terms.slots && !MARKET.trainer(id, account).joined
            && exact;
        _expect(allowed, _call(account, stake, abi.encodeCall(IMarket.join, (terms))));
        if (allowed) deposited[id] += stake;
    }

    function _commit(uint256 which, address account, uint256 seed) private {
        (Terms memory terms, bytes32 id, Project memory p) = _load(which);
        uint256 round = seed % 8 == 1 ? p.round + 1 : p.round;
        // An actor may take up again the delta of an earlier opening of the round.
        uint256 scalar = _scalarOfRound[id][round][account];
        if (scalar == 0 || seed >> 3 & 1 == 1) scalar = ++_scalars;
        bool allowed = round == p.round && _mayCommit(id, p, account);
        bytes memory data =
            abi.encodeCall(IMarket.commit, (terms, round, _commitment(id, round, account, scalar)));
        _expect(allowed, _call(account, 0, data));
        if (allowed) {
            _scalar[id][p.epoch][account] = scalar;
            _scalarOfRound[id][round][account] = scalar;
        }
    }

    function _mayCommit(bytes32 id, Project memory p, address account) private view returns (bool) {
        Trainer memory t = MARKET.trainer(id, account);
        return p.phase == Phase.Commit && block.timestamp <= p.deadline && t.joined && !t.expelled
            && MARKET.commitmentIn(id, p.epoch, account) == 0;
    }

    function _commitment(bytes32 id, uint256 round, address account, uint256 scalar)
        private
        view
        returns (bytes32)
    {
        return MARKET.commitmentOf(
            account, id, round, _point(scalar), vm.toString(scalar), bytes32(scalar)
        );
    }

    function _reveal(uint256 which, address account) private {
        (Terms memory terms, bytes32 id, Project memory p) = _load(which);
        uint256 scalar = _scalar[id][p.epoch][account];
        bool allowed = p.phase == Phase.Reveal && block.timestamp <= p.deadline && scalar != 0
            && MARKET.trainer(id, account).revealedIn != p.epoch + 1;
        bytes memory data = abi.encodeCall(
            IMarket.reveal, (terms, p.round, _point(scalar), vm.toString(scalar), bytes32(scalar))
        );
        _expect(allowed, _call(account, 0, data));
    }

    function _settle(uint256 which, address account, uint256 seed) private {
        (Terms memory terms,, Project memory p) = _load(which);
        Answer answer = Answer(seed % 8 < 3 ? seed % 8 : 0);
        VERIFIER.script(answer);
        uint256[] memory instances = new uint256[](RoundGame.instanceCount(terms.slots));
        for (uint256 i; i < instances.length; ++i) {
            uint256 word = uint256(keccak256(abi.encode(seed, i)));
            uint256 magnitude = word >> 136 + seed % 120;
            if (magnitude != 0) instances[i] = word & 1 == 1 ? magnitude : Bn254.R - magnitude;
        }
        bool allowed = p.phase == Phase.Settle && block.timestamp <= p.deadline
            && account == terms.aggregator && answer == Answer.Accept;
        bytes memory data = abi.encodeCall(IMarket.settle, (terms, CID, "", instances));
        _expect(allowed, _call(account, 0, data));
    }

    /// @dev What a phase asks for, by seven of eight actors.
    function _act(uint256 which, Terms memory terms, Project memory p, uint256 mask) private {
        if (p.phase == Phase.Joining) _bond(which, terms.aggregator, true);
        if (p.phase == Phase.Settle && mask & 7 != 0) _settle(which, terms.aggregator, mask << 3);
        for (uint256 i; i < ACTORS; ++i) {
            if (mask >> 3 * (i + 1) & 7 == 0) continue;
            if (p.phase == Phase.Joining) _join(which, actor(i), true);
            if (p.phase == Phase.Commit) _commit(which, actor(i), mask << 3);
            if (p.phase == Phase.Reveal) _reveal(which, actor(i));
        }
    }

    function _point(uint256 scalar) private view returns (Point memory) {
        return Bn254.mul(Point(1, 2), scalar);
    }

    function _load(uint256 which)
        private
        view
        returns (Terms memory terms, bytes32 id, Project memory p)
    {
        terms = _terms[which % _terms.length];
        id = MARKET.idOf(terms);
        p = MARKET.project(id);
    }

    function _call(address account, uint256 value, bytes memory data) private returns (bool ok) {
        vm.prank(account);
        (ok,) = address(MARKET).call{value: value}(data);
    }

    function _expect(bool allowed, bool happened) private pure {
        require(allowed == happened, allowed ? "refused what is allowed" : "allowed what is not");
    }
}
