// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Transitions} from "./Transitions.sol";
import {IReferee} from "./interfaces/IReferee.sol";
import {Project, Terms} from "./interfaces/State.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title What becomes of bonds when arbiters have judged
abstract contract Court is Transitions {
    using SafeCast for uint256;

    constructor(IReferee referee) Transitions(referee) {}

    /// @dev The audit costs who asked for it, or the owner where nobody did.
    /// @param upheld Bit i: the i-th arbiter says that what was disputed holds.
    function _payUpheld(Terms calldata terms, bytes32 id, Project storage p, uint8 upheld)
        internal
    {
        uint256 cost = terms.disputeBond < p.bonds ? terms.disputeBond : p.bonds;
        p.bonds -= _reward(terms, id, upheld, cost).toUint128();
    }

    /// @dev The owner's bond: half of it for who asked, which has its own again, and half for who
    /// refuted. All of it for who asked where nobody voted.
    /// @return left Wei that nobody has a claim to.
    function _payRefuted(Terms calldata terms, bytes32 id, Project storage p, uint8 refuting)
        internal
        returns (uint256 left)
    {
        left = p.bonds;
        p.bonds = 0;
        address disputer = p.audit.disputer;
        if (disputer != address(0)) {
            uint256 part = refuting == 0 ? left : terms.disputeBond + (left - terms.disputeBond) / 2;
            left -= part;
            _addCredit(id, disputer, part);
            emit Credited(id, disputer, part);
        }
        left -= _reward(terms, id, refuting, left);
    }

    /// @return paid Wei: all of `amount` but what does not divide, and none if nobody voted.
    function _reward(Terms calldata terms, bytes32 id, uint8 voters, uint256 amount)
        private
        returns (uint256 paid)
    {
        uint256 count = _popCount(voters);
        if (count == 0) return 0;
        for (uint256 i; i < terms.arbiters.length; ++i) {
            if (voters >> i & 1 == 0) continue;
            _addCredit(id, terms.arbiters[i], amount / count);
            emit Credited(id, terms.arbiters[i], amount / count);
            paid += amount / count;
        }
    }

    function _bitOf(address[] calldata accounts, address account) internal pure returns (uint8) {
        for (uint256 i; i < accounts.length; ++i) {
            if (accounts[i] == account) return uint8(1 << i);
        }
        return 0;
    }

    function _popCount(uint256 bits) internal pure returns (uint256 count) {
        for (; bits != 0; bits &= bits - 1) {
            ++count;
        }
    }
}
