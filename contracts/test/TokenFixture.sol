// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Fixture} from "./Fixture.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

interface IMintable {
    function mint(address account, uint256 amount) external;
    function approve(address spender, uint256 amount) external;
}

/// @title The fixture's project with its money in an ERC-20 token
abstract contract TokenFixture is Fixture {
    uint256 internal constant PURSE = 10 ether;

    /// @dev The project's money is in `token`, and everybody has some and lets the market take it.
    function _use(address token) internal {
        terms.token = IERC20(token);
        _equip(token, owner);
        _equip(token, aggregator);
        _equip(token, successor);
        for (uint256 i; i < SLOTS; ++i) {
            _equip(token, accounts[i]);
        }
    }

    /// @dev Typed without a return value, so that it suits tokens that have none as well.
    function _equip(address token, address account) internal {
        IMintable(token).mint(account, PURSE);
        vm.prank(account);
        IMintable(token).approve(address(market), PURSE);
    }

    function _createInToken() internal {
        vm.prank(owner);
        market.create(terms, DEPOSIT, CID, CID);
    }

    function _bondInToken(address account) internal {
        vm.prank(account);
        market.bond(terms);
    }

    function _joinInToken(uint256 i) internal {
        vm.prank(accounts[i]);
        market.join(terms, _uninvited());
    }

    function _gatherInToken(uint256 count) internal {
        _createInToken();
        _bondInToken(aggregator);
        for (uint256 i; i < count; ++i) {
            _joinInToken(i);
        }
    }

    /// @dev One round, in which the first `count` reveal, from Commit to what follows Settle.
    function _round(uint256 count) internal {
        _commitFirst(count);
        _revealFirst(count);
        _settle();
    }

    function _withdraw(address account) internal returns (uint256) {
        vm.prank(account);
        return market.withdraw(terms);
    }

    /// @dev Everybody's, to the last wei.
    function _withdrawAll() internal returns (uint256 sum) {
        sum = _withdrawIfDue(owner) + _withdrawIfDue(aggregator) + _withdrawIfDue(successor);
        for (uint256 i; i < SLOTS; ++i) {
            sum += _withdrawIfDue(accounts[i]);
        }
    }

    function _withdrawIfDue(address account) internal returns (uint256) {
        return market.withdrawable(terms, account) == 0 ? 0 : _withdraw(account);
    }
}
