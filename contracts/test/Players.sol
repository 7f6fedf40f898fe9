// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    IMarket,
    IRounds,
    Phase,
    Project,
    Reveal,
    Standing,
    Terms
} from "../src/interfaces/IMarket.sol";
import {Bn254, Point} from "../src/libraries/Bn254.sol";
import {Folded, Folding} from "../src/libraries/Folding.sol";
import {Actors} from "./Actors.sol";
import {Answer} from "./ScriptedVerifier.sol";

/// @title Each call within a round, and beforehand whether it is allowed
/// @notice A delta is one number, alone on its domain: it is its own polynomial, so its commitment
/// opens by the point at infinity.
abstract contract Players is Actors {
    mapping(bytes32 id => mapping(uint256 round => mapping(address => uint256))) private
        _scalarOfRound;
    uint256 private _scalars;

    constructor(IMarket market) Actors(market) {}

    function _commit(uint256 which, address account, uint256 seed) internal {
        (Terms memory terms, bytes32 id, Project memory p) = _load(which);
        uint256 round = seed % 8 == 1 ? p.round + 1 : p.round;
        // An actor may take up again the delta of an earlier opening of the round.
        uint256 scalar = _scalarOfRound[id][round][account];
        if (scalar == 0 || seed >> 3 & 1 == 1) scalar = ++_scalars;
        require(scalar < 16_000, "deltas are in range");
        bool drawn = _isDrawn(id, p, account);
        require(drawn == MARKET.isDrawn(id, account), "drawn by another rule");
        bool allowed = p.phase == Phase.Commit && block.timestamp <= p.deadline && round == p.round
            && drawn && MARKET.trainer(id, account).standing == Standing.Active
            && !silent[id][account] && _scalar[id][p.epoch][account] == 0;
        bytes32 commitment = MARKET.commitmentOf(
            account, id, round, _point(scalar), vm.toString(scalar), bytes32(scalar)
        );
        _do(allowed, account, terms, abi.encodeCall(IRounds.commit, (terms, round, commitment)));
        if (allowed) {
            _scalar[id][p.epoch][account] = scalar;
            _scalarOfRound[id][round][account] = scalar;
        }
    }

    function _reveal(uint256 which, address account) internal {
        (Terms memory terms, bytes32 id, Project memory p) = _load(which);
        uint256 scalar = _scalar[id][p.epoch][account];
        bool allowed = p.phase == Phase.Reveal && block.timestamp <= p.deadline && scalar != 0
            && MARKET.trainer(id, account).revealedIn != p.epoch + 1;
        bytes memory data = abi.encodeCall(
            IRounds.reveal, (terms, p.round, _point(scalar), vm.toString(scalar), bytes32(scalar))
        );
        _do(allowed, account, terms, data);
    }

    function _challenge(uint256 which, address account, uint256 accused) internal {
        (Terms memory terms, bytes32 id, Project memory p) = _load(which);
        uint256 bonds;
        for (uint256 bits = accused; bits != 0; bits &= bits - 1) {
            bonds += terms.challengeBond;
        }
        bool allowed = p.phase == Phase.Settle && block.timestamp <= p.deadline
            && account == p.aggregator && !p.challenged && accused != 0
            && accused < 1 << MARKET.reveals(id, p.epoch).length
            && MARKET.aggregatorStake(id, account) >= bonds;
        _do(allowed, account, terms, abi.encodeCall(IRounds.challenge, (terms, p.round, accused)));
    }

    function _answer(uint256 which, address account, uint256 slot, bool right) internal {
        (Terms memory terms, bytes32 id, Project memory p) = _load(which);
        bool accused = p.phase == Phase.Answer && slot < 32 && p.accused >> slot & 1 == 1;
        bool allowed = accused && block.timestamp <= p.deadline && right;
        bytes memory values = _values(accused ? _scalarIn(id, p.epoch, slot) : 0, right);
        bytes memory data =
            abi.encodeCall(IRounds.answer, (terms, p.round, slot, values, Point(0, 0)));
        _do(allowed, account, terms, data);
    }

    /// @param back Openings before the last one.
    function _claim(uint256 which, address account, uint256 back, uint256 slot, bool right)
        internal
    {
        (Terms memory terms, bytes32 id, Project memory p) = _load(which);
        uint256 epoch = p.epoch >= back ? p.epoch - back : p.epoch + back;
        Reveal[] memory standing = MARKET.reveals(id, epoch);
        bool known = epoch <= p.epoch && back <= p.retries && slot < standing.length;
        bool allowed = p.phase == Phase.Claim && block.timestamp <= p.deadline && known && right
            && !_claimed[id][standing[slot].trainer];
        bytes memory values = _values(known ? _scalarIn(id, epoch, slot) : 0, right);
        bytes memory data = abi.encodeCall(IRounds.claim, (terms, epoch, slot, values, Point(0, 0)));
        _do(allowed, account, terms, data);
        if (allowed) _claimed[id][standing[slot].trainer] = true;
    }

    function _vote(uint256 which, address account, bool holds) internal {
        (Terms memory terms,, Project memory p) = _load(which);
        uint256 own;
        for (uint256 i; i < terms.arbiters.length; ++i) {
            if (own == 0 && terms.arbiters[i] == account) own = 1 << i;
        }
        uint256 voted = p.audit.confirming | p.audit.refuting;
        bool allowed = p.phase == Phase.Audit && block.timestamp <= p.deadline && own != 0
            && voted & own == 0 && !_isMeasured(terms);
        _do(allowed, account, terms, abi.encodeCall(IRounds.vote, (terms, holds)));
    }

    /// @dev Claims are any numbers that a proof can be about: the books must balance whatever it says.
    function _settle(uint256 which, address account, uint256 seed) internal {
        (Terms memory terms, bytes32 id, Project memory p) = _load(which);
        Answer scripted = Answer(seed % 8 < 3 ? seed % 8 : 0);
        VERIFIER.script(scripted);
        uint256[] memory claims = _claims(MARKET.reveals(id, p.epoch).length, seed);
        bool allowed = p.phase == Phase.Settle && block.timestamp <= p.deadline
            && account == p.aggregator && scripted == Answer.Accept;
        Folded memory folded = Folded(Point(1, 2), Point(1, 2), "");
        _do(allowed, account, terms, abi.encodeCall(IRounds.settle, (terms, CID, folded, claims)));
    }

    function _advance(uint256 which, address account) internal {
        (Terms memory terms, bytes32 id, Project memory p) = _load(which);
        bool allowed = p.phase < Phase.Done && _mayExpire(terms, p);
        _do(allowed, account, terms, abi.encodeCall(IRounds.advance, (terms)));
        if (!allowed) return;
        if (p.phase == Phase.Settle) _dismissed[id][p.aggregator] = true;
        if (p.phase != Phase.Reveal) return;
        for (uint256 i; i < ACTORS; ++i) {
            bool revealed = MARKET.trainer(id, actor(i)).revealedIn == p.epoch + 1;
            if (_scalar[id][p.epoch][actor(i)] != 0 && !revealed) silent[id][actor(i)] = true;
        }
    }

    /// @dev A contest waits for the block whose hash says whether chance has it judged.
    function _mayExpire(Terms memory terms, Project memory p) internal view returns (bool) {
        bool decided =
            p.phase != Phase.Contest || terms.auditBps == 0 || block.number > p.audit.seedBlock;
        return block.timestamp > p.deadline && decided;
    }

    /// @param mask Of the actors that are named; bit 7 names the first of them twice.
    function _expel(uint256 which, address account, uint256 mask) internal {
        (Terms memory terms, bytes32 id,) = _load(which);
        address[] memory named = new address[](ACTORS + 1);
        uint256 count;
        bool allowed = true;
        for (uint256 i; i < ACTORS; ++i) {
            if (mask >> i & 1 == 0) continue;
            named[count++] = actor(i);
            if (!silent[id][actor(i)]) allowed = false;
        }
        if (mask >> ACTORS & 1 == 1 && count != 0) {
            named[count++] = named[0];
            allowed = false;
        }
        assembly ("memory-safe") {
            mstore(named, count)
        }
        _do(allowed, account, terms, abi.encodeCall(IRounds.expel, (terms, named)));
        if (!allowed) return;
        for (uint256 i; i < count; ++i) {
            silent[id][named[i]] = false;
        }
    }

    /// @dev Of n deltas, whose products with themselves are not negative. One of two times they help: all
    /// of them go where the utility rises, and bend it little.
    function _claims(uint256 n, uint256 seed) private pure returns (uint256[] memory claims) {
        claims = new uint256[](Folding.claimCount(n));
        uint256 half = claims.length / 2; // where products with c begin
        bool help = seed >> 8 & 1 == 1;
        for (uint256 i; i < claims.length; ++i) {
            uint256 word = uint256(keccak256(abi.encode(seed, i)));
            uint256 magnitude = word >> 136 + seed % 120;
            if (help && i < half) magnitude = i <= n ? 0 : magnitude >> 30;
            bool positive = word & 1 == 1 || help && i >= half && i <= half + n;
            if (magnitude != 0) claims[i] = positive ? magnitude : Bn254.R - magnitude;
        }
        uint256 curvature = n + 1;
        uint256 squares = claims.length - n * (n + 1) / 2;
        for (uint256 i; i < n; ++i) {
            (claims[curvature], claims[squares]) =
            (_magnitude(claims[curvature]), _magnitude(claims[squares]));
            curvature += n - i;
            squares += n - i;
        }
    }

    function _magnitude(uint256 word) private pure returns (uint256) {
        return word > Bn254.R / 2 ? Bn254.R - word : word;
    }

    function _values(uint256 scalar, bool right) private pure returns (bytes memory) {
        return abi.encodePacked(uint16(right ? scalar : scalar ^ 1));
    }

    function _scalarIn(bytes32 id, uint256 epoch, uint256 slot) private view returns (uint256) {
        return _scalar[id][epoch][MARKET.reveals(id, epoch)[slot].trainer];
    }
}
