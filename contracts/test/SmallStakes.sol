// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Fixture} from "./Fixture.sol";

/// @title A small project: stakes of 0.01 ether, all of it at risk
/// @notice Half of a stake is the bounty that who attacks collects itself.
abstract contract SmallStakes is Fixture {
    uint256 internal constant STAKE = 0.01 ether;

    function setUp() public override {
        super.setUp();
        terms.rounds = 1;
        terms.maxRetries = 2;
        terms.attendanceBps = 500;
        terms.trainerStake = uint128(STAKE);
        terms.challengeBond = uint128(STAKE);
        terms.bounty = uint128(STAKE / 2);
    }

    /// @dev The deltas from this trainer on are salted noise.
    function _randomFrom(uint256 first) internal {
        for (uint256 i = first; i < SLOTS; ++i) {
            for (uint256 k; k < 4; ++k) {
                deltas[i][k] = int256(uint256(keccak256(abi.encode(i, k))) % 32_000) - 15_999;
            }
        }
    }

    function _expelAs(uint256 by, uint256 i) internal {
        address[] memory one = new address[](1);
        one[0] = accounts[i];
        vm.prank(accounts[by]);
        market.expel(terms, one);
    }

    function _creditsOfTrainers() internal view returns (uint256 sum) {
        for (uint256 i; i < SLOTS; ++i) {
            sum += _credit(accounts[i]);
        }
    }
}
