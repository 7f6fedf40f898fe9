// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarket, IProjects, Phase, Project, Standing, Terms} from "../src/interfaces/IMarket.sol";
import {Books} from "./Books.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Each call to a project and its money, and beforehand whether it is allowed
abstract contract Actors is Books {
    constructor(IMarket market) Books(market) {}

    function _cancel(uint256 which, address account) internal {
        (Terms memory terms,, Project memory p) = _load(which);
        bool allowed = p.phase == Phase.Joining && account == terms.owner && p.active == 0;
        _do(allowed, account, terms, abi.encodeCall(IProjects.cancel, (terms)));
    }

    /// @dev Of what is missing to a whole stake.
    function _bond(uint256 which, address account, bool exact) internal {
        (Terms memory terms, bytes32 id, Project memory p) = _load(which);
        uint256 missing = terms.aggregatorStake - MARKET.aggregatorStake(id, account);
        bool allowed = p.phase < Phase.Done && _isNamed(terms, account) && missing != 0
            && !_dismissed[id][account];
        bytes memory data = abi.encodeCall(IProjects.bond, (terms));
        _pay(allowed, account, terms, missing, exact, data);
    }

    /// @param invited Whether it shows the proof that the actors have of its invitation.
    function _join(uint256 which, address account, bool invited, bool exact) internal {
        (Terms memory terms, bytes32 id, Project memory p) = _load(which);
        bytes32[] memory proof = invited ? _invitation(account) : new bytes32[](0);
        bool mayJoin = terms.invited == 0 || invited && _isInvited(terms, account);
        bool allowed = p.phase == Phase.Joining && block.timestamp <= p.deadline && mayJoin
            && p.active < terms.participants
            && MARKET.trainer(id, account).standing == Standing.None;
        bytes memory data = abi.encodeCall(IProjects.join, (terms, proof));
        _pay(allowed, account, terms, terms.trainerStake, exact, data);
    }

    /// @dev As long as what is staked, or in Joining could be, covers what a round could then pay.
    function _fund(uint256 which, address account, uint256 amount, bool exact) internal {
        (Terms memory terms, bytes32 id, Project memory p) = _load(which);
        uint256 covered = terms.aggregators.length * uint256(terms.aggregatorStake);
        if (p.phase != Phase.Joining) covered = _bondedOf(terms, id);
        bool allowed = p.phase < Phase.Done;
        if (allowed) {
            p.budget += uint128(amount);
            p.trainerBudget += uint128(amount);
            allowed = _atRisk(terms, p) <= covered;
        }
        bytes memory data = abi.encodeCall(IProjects.fund, (terms, amount));
        _pay(allowed, account, terms, amount, exact, data);
    }

    function _exit(uint256 which, address account) internal {
        (Terms memory terms, bytes32 id, Project memory p) = _load(which);
        bool allowed =
            p.phase < Phase.Done && MARKET.trainer(id, account).standing == Standing.Active;
        _do(allowed, account, terms, abi.encodeCall(IProjects.exit, (terms)));
        if (allowed) _freeAt[id][account] = block.timestamp + terms.exitSeconds;
    }

    /// @dev Of a measurement in its contest, and of a yardstick of the terms before it has paid.
    function _dispute(uint256 which, address account, bool exact) internal {
        (Terms memory terms,, Project memory p) = _load(which);
        bool ends = p.phase == Phase.Settle || p.phase == Phase.Contest;
        bool open = _isMeasured(terms)
            ? p.phase == Phase.Contest
            : p.phase != Phase.None && p.phase < Phase.Audit && p.round == 0 && !p.audit.held;
        bool allowed = open && terms.arbiters.length != 0 && p.audit.disputer == address(0)
            && !(ends && block.timestamp > p.deadline);
        bytes memory data = abi.encodeCall(IProjects.dispute, (terms));
        _pay(allowed, account, terms, terms.disputeBond, exact, data);
    }

    function _withdraw(uint256 which, address account) internal {
        (Terms memory terms, bytes32 id, Project memory p) = _load(which);
        uint256 due = _checkedDue(terms, id, p, account);
        uint256 balance = _balance(terms, account);
        bytes memory data = abi.encodeCall(IProjects.withdraw, (terms));
        require((due != 0) == _call(account, 0, data), "withdraw");
        require(_balance(terms, account) == balance + due, "paid what was due");
        _paid(id, p, account, due);
        require(!_call(account, 0, data), "paid twice");
    }

    function _withdrawForAll(uint256 which, address account) internal {
        (Terms memory terms, bytes32 id, Project memory p) = _load(which);
        address[] memory all = new address[](2 * ACTORS); // each twice
        uint256[] memory expected = new uint256[](ACTORS);
        for (uint256 i; i < 2 * ACTORS; ++i) {
            all[i] = actor(i);
        }
        for (uint256 i; i < ACTORS; ++i) {
            uint256 due = _takeDue(id, p, actor(i));
            expected[i] = _balance(terms, actor(i)) + due;
            _paid(id, p, actor(i), due);
        }
        require(
            _call(account, 0, abi.encodeCall(IProjects.withdrawFor, (terms, all))), "withdrawFor"
        );
        for (uint256 i; i < ACTORS; ++i) {
            require(_balance(terms, actor(i)) == expected[i], "paid each what was due");
        }
    }

    /// @dev By the actors' own books, which the market's have to agree with.
    function _checkedDue(Terms memory terms, bytes32 id, Project memory p, address account)
        private
        view
        returns (uint256 due)
    {
        due = _takeDue(id, p, account);
        require(MARKET.withdrawable(terms, account) == due, "another amount is due");
    }

    function _paid(bytes32 id, Project memory p, address account, uint256 due) private {
        withdrawn[id] += due;
        if (p.phase >= Phase.Done) _claimed[id][account] = false;
    }

    function _bondedOf(Terms memory terms, bytes32 id) private view returns (uint256 sum) {
        for (uint256 i; i < Math.min(terms.aggregators.length, ACTORS); ++i) {
            sum += MARKET.aggregatorStake(id, terms.aggregators[i]);
        }
    }
}
