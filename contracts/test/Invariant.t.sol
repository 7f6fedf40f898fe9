// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarket, Phase, Terms} from "../src/interfaces/IMarket.sol";
import {Handler} from "./Handler.sol";
import {Test} from "forge-std/Test.sol";

contract InvariantTest is Test {
    IMarket private _market;
    Handler private _handler;

    function setUp() public {
        vm.warp(1_800_000_000);
        _market = IMarket(deployCode("Market.sol:Market"));
        _handler = new Handler(_market);
        targetContract(address(_handler));
    }

    function invariant_TheMarketHoldsWhatItOwes() public view {
        Terms[] memory projects = _handler.projects();
        uint256 owed;
        for (uint256 i; i < projects.length; ++i) {
            bytes32 id = _market.idOf(projects[i]);
            owed += _market.locked(id) + _handler.credits(id);
        }
        assertEq(address(_market).balance, owed);
    }

    function invariant_EveryProjectConservesItsDeposits() public view {
        Terms[] memory projects = _handler.projects();
        for (uint256 i; i < projects.length; ++i) {
            bytes32 id = _market.idOf(projects[i]);
            assertEq(
                _handler.deposited(id),
                _handler.withdrawn(id) + _market.locked(id) + _handler.credits(id)
            );
        }
    }

    /// @dev From wherever a run ended: without anyone's help but `advance`, every project closes
    /// within a few deadlines, and then all the money gets out.
    function afterInvariant() public {
        Terms[] memory projects = _handler.projects();
        for (uint256 i; i < projects.length; ++i) {
            _close(projects[i]);
            for (uint256 k; k < 7; ++k) {
                address account = _handler.actor(k);
                if (_market.withdrawable(projects[i], account) == 0) continue;
                vm.prank(account);
                _market.withdraw(projects[i]);
            }
            assertEq(_market.locked(_market.idOf(projects[i])), 0);
        }
        assertEq(address(_market).balance, 0);
    }

    function _close(Terms memory terms) private {
        bytes32 id = _market.idOf(terms);
        uint256 steps;
        while (_market.project(id).phase < Phase.Done) {
            if (block.timestamp <= _market.project(id).deadline) {
                vm.warp(_market.project(id).deadline + 1);
            }
            _market.advance(terms);
            ++steps;
        }
        assertLe(steps, uint256(terms.maxRetries) + 3);
    }
}
