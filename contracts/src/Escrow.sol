// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarketEvents} from "./interfaces/IMarketEvents.sol";
import {
    Announcement,
    Part,
    Phase,
    Project,
    Reveal,
    Standing,
    Terms,
    Trainer
} from "./interfaces/State.sol";
import {Token} from "./libraries/Token.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title All state, and the money of all projects
/// @notice Of each project, to the wei: what came in = locked + credited + paid out. It comes in by
/// `_deposit`, moves by the functions below it, and goes out by what takes `_takeDue`.
abstract contract Escrow is IMarketEvents, ReentrancyGuardTransient {
    using SafeCast for uint256;
    using Token for IERC20;

    /// @dev A budget, and an aggregator's stake: with those of 1,000 trainers, at most 2^80 each,
    /// nothing added up from them reaches 2^96.
    uint256 internal constant MAX_AMOUNT = 2 ** 90;

    // Slither does not see that the market's code and that of Rounds have one storage.
    // slither-disable-start uninitialized-state
    mapping(bytes32 id => Project) internal _projects;
    mapping(bytes32 id => mapping(address => Trainer)) internal _trainer;
    mapping(bytes32 id => mapping(address => uint256)) internal _aggregatorStake;
    mapping(bytes32 id => mapping(address => bool)) internal _dismissed;
    mapping(bytes32 id => mapping(address => uint64)) internal _freeAt;
    mapping(bytes32 id => mapping(uint256 epoch => mapping(address => bytes32))) internal
        _commitments;
    mapping(bytes32 id => mapping(uint256 epoch => Reveal[])) internal _reveals;
    mapping(bytes32 id => mapping(bytes32 pointHash => bytes32)) internal _pointTaken;
    /// @dev Openings that ended with a commitment that nobody revealed.
    mapping(bytes32 id => mapping(uint256 epoch => bool)) internal _hadSilence;
    mapping(bytes32 id => mapping(address => bool)) internal _claimed;
    mapping(address => Announcement) internal _announced;
    /// @dev What an evaluator or arbiter says of a model, and who says the same. A sitting is a
    /// measurement by the evaluators or by the arbiters, or an opening in which it was demanded.
    mapping(bytes32 id => mapping(uint256 sitting => mapping(address => bytes32))) internal _said;
    mapping(bytes32 id => mapping(uint256 sitting => mapping(bytes32 => uint8))) internal _agreed;
    mapping(bytes32 id => Part[]) internal _waiting;
    /// @dev Of accounts in other roles than a trainer's, whose credit is beside its stake.
    mapping(bytes32 id => mapping(address => uint256)) internal _credit;
    // slither-disable-end uninitialized-state

    // --- identity ------------------------------------------------------------------------------

    function _idOf(Terms calldata terms) internal view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), terms));
    }

    // --- money in ------------------------------------------------------------------------------

    /// @dev Last in its caller: the token is a stranger's contract.
    function _deposit(Terms calldata terms, uint256 amount) internal {
        terms.token.pull(amount);
    }

    // --- money inside --------------------------------------------------------------------------

    function _addCredit(bytes32 id, address account, uint256 amount) internal {
        _credit[id][account] += amount;
    }

    function _addTrainerCredit(bytes32 id, address account, uint256 amount) internal {
        _trainer[id][account].credit += amount.toUint96();
    }

    /// @dev What slashing took is kept for those whom the round owes, but for a bounty that covers
    /// the gas of the call that enforced the rule. Of a closed project it is the owner's.
    function _forfeit(Terms calldata terms, bytes32 id, uint256 slashed, address enforcer)
        internal
    {
        if (slashed == 0) return;
        Project storage p = _projects[id];
        uint256 bounty = Math.min(terms.bounty, slashed);
        p.stakes -= slashed.toUint128();
        _addCredit(id, enforcer, bounty);
        emit Credited(id, enforcer, bounty);
        if (p.phase < Phase.Done) {
            p.forfeited += (slashed - bounty).toUint128();
        } else {
            _addCredit(id, terms.owner, slashed - bounty);
            emit Credited(id, terms.owner, slashed - bounty);
        }
    }

    // --- money out -----------------------------------------------------------------------------

    /// @dev Books everything that is due to an account as paid.
    function _takeDue(bytes32 id, address account) internal returns (uint256 amount) {
        Project storage p = _projects[id];
        require(p.phase != Phase.None, NoSuchProject(id));
        Trainer storage t = _trainer[id][account];
        uint256 share = _takeShare(id, p, t, account);
        uint256 trainerStake = _freeTrainerStake(id, account);
        uint256 officeStake = _freeAggregatorStake(id, account);
        amount = _credit[id][account] + t.credit + share + trainerStake + officeStake;
        if (amount == 0) return 0;

        _credit[id][account] = 0;
        t.credit = 0;
        if (trainerStake != 0) t.stake = 0;
        if (officeStake != 0) {
            _aggregatorStake[id][account] = 0;
            p.bonded -= officeStake.toUint128();
        }
        p.stakes -= (trainerStake + officeStake).toUint128();
    }

    /// @dev A trainer's part of what a closed project owes. Parts of what is left: who comes last
    /// takes the rest, and nothing stays behind.
    function _takeShare(bytes32 id, Project storage p, Trainer storage t, address account)
        private
        returns (uint256 share)
    {
        (uint256 gain, uint256 claim) = _shares(id, account);
        if (p.phase >= Phase.Done && t.earned != 0 && p.owed != 0) {
            p.owed -= gain.toUint128();
            p.earned -= t.earned;
            t.earned = 0;
        }
        if (p.phase >= Phase.Done && _claimed[id][account]) {
            p.forfeited -= claim.toUint128();
            --p.claims;
            _claimed[id][account] = false;
        }
        share = gain + claim;
        if (share != 0) emit Shared(id, account, share);
    }

    /// @return gain Wei owed for what the account has earned.
    /// @return claim Wei of what was forfeited, for a reveal that was opened.
    function _shares(bytes32 id, address account)
        internal
        view
        returns (uint256 gain, uint256 claim)
    {
        Project storage p = _projects[id];
        if (p.phase < Phase.Done) return (0, 0);
        uint256 earned = _trainer[id][account].earned;
        if (earned != 0 && p.owed != 0) gain = uint256(p.owed) * earned / p.earned;
        if (_claimed[id][account]) claim = p.forfeited / p.claims;
    }

    /// @dev A trainer that leaves waits for its stake whatever becomes of the project, and as long
    /// as its commitment of this opening can be called upon.
    function _freeTrainerStake(bytes32 id, address account) internal view returns (uint256) {
        Trainer storage t = _trainer[id][account];
        if (_isSilent(id, account)) return 0;
        bool closed = _isClosed(id);
        if (t.standing != Standing.Leaving) return closed ? t.stake : 0;
        bool liable = !closed && _commitments[id][_projects[id].epoch][account] != 0;
        return block.timestamp > _freeAt[id][account] && !liable ? t.stake : 0;
    }

    function _freeAggregatorStake(bytes32 id, address account) internal view returns (uint256) {
        return _isClosed(id) ? _aggregatorStake[id][account] : 0;
    }

    function _isClosed(bytes32 id) internal view returns (bool) {
        return _projects[id].phase >= Phase.Done;
    }

    /// @dev Looked at when it matters, since a loop over who committed has no bound.
    function _isSilent(bytes32 id, address account) internal view returns (bool) {
        Trainer storage t = _trainer[id][account];
        return t.committedIn != 0 && t.revealedIn != t.committedIn
            && t.standing != Standing.Expelled && _hadSilence[id][t.committedIn - 1];
    }
}
