// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarket, Phase, Project, Standing, Terms, Trainer} from "../src/interfaces/IMarket.sol";
import {Bn254, Point} from "../src/libraries/Bn254.sol";
import {Ledger} from "./Ledger.sol";
import {ScriptedVerifier} from "./ScriptedVerifier.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @dev Everybody's, in any amount.
contract Coin is ERC20("coin", "C") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @title What the actors remember of their calls, and what follows from it
/// @notice Kept beside the market's own state, which has to agree with it.
abstract contract Books is Ledger {
    string internal constant CID = "content";
    bytes32 internal constant CIRCUIT = keccak256("circuit");
    uint256 internal constant ZERO = 1 << 200; // the zero vector's commitment is ZERO * G
    uint256 internal constant MOST_PROJECTS = 4; // that are not closed
    uint256 internal constant INVITED = 6; // the first actors, where only some may join

    ScriptedVerifier public immutable VERIFIER;
    Coin public immutable COIN;

    Terms[] internal _terms;
    mapping(bytes32 id => uint256) public deposited; // wei, stakes included
    mapping(bytes32 id => uint256) public withdrawn; // wei
    mapping(bytes32 id => mapping(address => bool)) public silent; // and not expelled
    mapping(bytes32 id => mapping(address => bool)) internal _claimed; // and not paid
    mapping(bytes32 id => mapping(address => bool)) internal _dismissed;
    mapping(bytes32 id => mapping(address => uint256)) internal _freeAt;
    /// @dev An actor's delta in an opening; 0 where it has not committed.
    mapping(bytes32 id => mapping(uint256 epoch => mapping(address => uint256))) internal _scalar;

    constructor(IMarket market) Ledger(market) {
        VERIFIER = ScriptedVerifier(
            address(market.registry().deploy(CIRCUIT, type(ScriptedVerifier).creationCode))
        );
        COIN = new Coin();
        for (uint256 i; i < ACTORS; ++i) {
            vm.deal(actor(i), type(uint128).max);
            COIN.mint(actor(i), type(uint128).max);
            vm.prank(actor(i));
            COIN.approve(address(market), type(uint256).max);
        }
    }

    // --- what is due ---------------------------------------------------------------------------

    /// @param p The project; what a closed one owes together is less by the account's part afterwards.
    /// @return due Wei that the account could withdraw.
    function _takeDue(bytes32 id, Project memory p, address account)
        internal
        view
        returns (uint256 due)
    {
        bool closed = p.phase >= Phase.Done;
        Trainer memory t = MARKET.trainer(id, account);
        due = MARKET.credit(id, account) + _freeStake(id, p, t, account);
        if (!closed) return due;
        due += MARKET.aggregatorStake(id, account);
        if (t.earned != 0 && p.owed != 0) {
            uint256 part = uint256(p.owed) * t.earned / p.earned;
            (p.owed, p.earned) = (p.owed - uint128(part), p.earned - t.earned);
            due += part;
        }
        if (_claimed[id][account]) {
            uint256 part = p.forfeited / p.claims;
            (p.forfeited, p.claims) = (p.forfeited - uint128(part), p.claims - 1);
            due += part;
        }
    }

    function _freeStake(bytes32 id, Project memory p, Trainer memory t, address account)
        private
        view
        returns (uint256)
    {
        if (silent[id][account]) return 0;
        if (t.standing != Standing.Leaving) return p.phase >= Phase.Done ? t.stake : 0;
        bool liable = p.phase < Phase.Done && _scalar[id][p.epoch][account] != 0;
        return block.timestamp > _freeAt[id][account] && !liable ? t.stake : 0;
    }

    // --- who may -------------------------------------------------------------------------------

    /// @dev Whose place is on the arc, by the hash that decides.
    function _isDrawn(bytes32 id, Project memory p, address account) internal view returns (bool) {
        bytes32 seed = p.draw.seed;
        uint256 decisive = p.draw.seedBlock;
        if (decisive == 0) return true;
        if (seed == 0) {
            if (block.number <= decisive) return false;
            seed = keccak256(abi.encode(_hashOf(decisive), id, p.draw.seedBlock));
        }
        uint32 place = uint32(uint256(keccak256(abi.encode(seed, account))));
        uint32 distance;
        unchecked {
            distance = place - uint32(p.draw.start);
        }
        return distance < p.draw.width;
    }

    function _isNamed(Terms memory terms, address account) internal pure returns (bool) {
        for (uint256 i; i < terms.aggregators.length; ++i) {
            if (terms.aggregators[i] == account) return true;
        }
        return false;
    }

    function _isInvited(Terms memory terms, address account) internal pure returns (bool) {
        return terms.invited == 0 || uint160(account) < uint160(actor(0)) + INVITED;
    }

    /// @return proof That an actor is invited; of no use to one that is not.
    function _invitation(address account) internal pure returns (bytes32[] memory proof) {
        uint256 place = _indexOf(account);
        bytes32[8] memory level = _leaves();
        proof = new bytes32[](3);
        for (uint256 depth; depth < 3; ++depth) {
            proof[depth] = level[place ^ 1];
            place /= 2;
            _climb(level);
        }
    }

    function _invitedRoot() internal pure returns (bytes32) {
        bytes32[8] memory level = _leaves();
        for (uint256 depth; depth < 3; ++depth) {
            _climb(level);
        }
        return level[0];
    }

    /// @dev Of the invited, and of nobody.
    function _leaves() private pure returns (bytes32[8] memory leaves) {
        for (uint256 i; i < 8; ++i) {
            address account = i < INVITED ? actor(i) : address(uint160(i));
            leaves[i] = keccak256(bytes.concat(keccak256(abi.encode(account))));
        }
    }

    function _climb(bytes32[8] memory level) private pure {
        for (uint256 i; i < 4; ++i) {
            (bytes32 a, bytes32 b) = (level[2 * i], level[2 * i + 1]);
            level[i] = keccak256(a < b ? bytes.concat(a, b) : bytes.concat(b, a));
        }
    }

    // --- things --------------------------------------------------------------------------------

    function _balance(Terms memory terms, address account) internal view returns (uint256) {
        return address(terms.token) == address(0) ? account.balance : COIN.balanceOf(account);
    }

    function _point(uint256 scalar) internal view returns (Point memory) {
        return Bn254.mul(Point(1, 2), ZERO + scalar);
    }

    /// @dev Of any project by its number, and by a number too large of one of the newest.
    function _indexAmong(uint256 which) private view returns (uint256) {
        uint256 count = _terms.length;
        if (which < count) return which;
        return count - 1 - which % (count < MOST_PROJECTS ? count : MOST_PROJECTS);
    }

    function _load(uint256 which)
        internal
        view
        returns (Terms memory terms, bytes32 id, Project memory p)
    {
        terms = _terms[_indexAmong(which)];
        id = MARKET.idOf(terms);
        p = MARKET.project(id);
    }

    // --- calls ---------------------------------------------------------------------------------

    /// @dev A call with money. One without the right amount is refused.
    function _pay(
        bool allowed,
        address account,
        Terms memory terms,
        uint256 amount,
        bool exact,
        bytes memory data
    ) internal {
        uint256 value = address(terms.token) == address(0) ? amount : 0;
        _do(allowed && exact, account, terms, exact ? value : value + 1, amount, data);
        if (allowed && exact) deposited[MARKET.idOf(terms)] += amount;
    }

    function _do(bool allowed, address account, Terms memory terms, bytes memory data) internal {
        _do(allowed, account, terms, 0, 0, data);
    }

    function _do(
        bool allowed,
        address account,
        Terms memory terms,
        uint256 value,
        uint256 paid,
        bytes memory data
    ) private {
        bytes32 id = MARKET.idOf(terms);
        Page memory old;
        if (allowed) old = _page(id);
        bool done = _call(account, value, data);
        require(allowed == done, allowed ? "refused what is allowed" : "allowed what is not");
        if (done) _check(terms, account, bytes4(data), paid, old, _page(id));
    }

    function _call(address account, uint256 value, bytes memory data) internal returns (bool done) {
        vm.prank(account);
        (done,) = address(MARKET).call{value: value}(data);
    }
}
