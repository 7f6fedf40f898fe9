// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Payouts} from "../../src/libraries/Payouts.sol";
import {Test} from "forge-std/Test.sol";

/// @title What holds of every division of a pot among two, checked for all values at once
/// @notice `forge test` passes these over. In contracts/: `halmos --contract PayoutsSymbolicTest`.
contract PayoutsSymbolicTest is Test {
    uint256 private constant TRAINERS = 2;

    /// @dev Nobody without a score is paid, whatever the pot and the scores.
    function check_Divide_PaysForScoresOnly(
        uint16 pot,
        uint8[TRAINERS] memory given,
        uint8[TRAINERS] memory doubts
    ) public pure {
        uint256[] memory paid = Payouts.divide(pot, _wide(given), _wide(doubts));
        for (uint256 i; i < TRAINERS; ++i) {
            if (given[i] == 0) assert(paid[i] == 0);
        }
    }

    /// @dev Trading places trades payouts.
    function check_Divide_IsBlindToTheOrder(
        uint16 pot,
        uint8[TRAINERS] memory given,
        uint8[TRAINERS] memory doubts
    ) public pure {
        uint256[] memory paid = Payouts.divide(pot, _wide(given), _wide(doubts));
        (given[0], given[1]) = (given[1], given[0]);
        (doubts[0], doubts[1]) = (doubts[1], doubts[0]);
        uint256[] memory other = Payouts.divide(pot, _wide(given), _wide(doubts));
        assert(paid[0] == other[1] && paid[1] == other[0]);
    }

    /// @dev Attendance is even among those present, and within the pool.
    function check_Attend_IsWithinThePool(uint128 pool, uint8 present) public pure {
        uint256[] memory paid = new uint256[](TRAINERS);
        uint256 total = Payouts.attend(pool, present & 3, paid);
        assert(total == paid[0] + paid[1] && total <= pool);
        if (present & 3 == 3) assert(paid[0] == paid[1]);
    }

    function _wide(uint8[TRAINERS] memory given) private pure returns (uint256[] memory wide) {
        wide = new uint256[](TRAINERS);
        for (uint256 i; i < TRAINERS; ++i) {
            wide[i] = given[i];
        }
    }
}
