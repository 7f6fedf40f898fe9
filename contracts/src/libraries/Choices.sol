// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

// What a project chooses among. Terms hold the number, so that an unknown one is refused in words.

/// @notice What a trainer's score is.
library Scorings {
    uint8 internal constant SHAPLEY = 0; // of the mean's game
    uint8 internal constant LEAVE_ONE_OUT = 1;
    uint8 internal constant IN_RUN = 2; // Shapley values of the game with fixed weights

    /// @return Whether coalitions are valued by their mean, which shares weights out anew.
    function valuesMeans(uint8 scoring, uint8 step) internal pure returns (bool) {
        return step == Steps.MEAN && scoring != IN_RUN;
    }

    /// @return Trainers that the scoring has a meaning for.
    function fewest(uint8 scoring, uint8 step) internal pure returns (uint256) {
        if (!valuesMeans(scoring, step)) return 1;
        return scoring == SHAPLEY ? 3 : 2;
    }
}

/// @notice Whose deltas are left out.
library Selections {
    uint8 internal constant MULTI_KRUM = 0;
    uint8 internal constant PROVEN_VALUE = 1;
}

/// @notice How far the model moves.
library Steps {
    uint8 internal constant MEAN = 0;
    uint8 internal constant EXACT = 1;
    uint8 internal constant BOUNDED = 2; // exact, and no further than senders of nothing explain
}

/// @notice What a round's money depends on.
library Payments {
    uint8 internal constant PER_ROUND = 0;
    uint8 internal constant PER_GAIN = 1;
}
