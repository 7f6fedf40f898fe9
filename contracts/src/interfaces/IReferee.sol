// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Point} from "../libraries/Bn254.sol";
import {Payments, Scorings, Selections, Steps} from "../libraries/Choices.sol";
import {Yardstick} from "../libraries/Deviation.sol";
import {Binding, Folded} from "../libraries/Folding.sol";
import {Scheme} from "../libraries/Opening.sol";
import {Prize, Purse} from "../libraries/Pot.sol";
import {Terms} from "./State.sol";

/// @notice How a round is judged.
struct Rule {
    uint8 slots;
    uint8 scoring; // one of Scorings
    uint8 selection; // one of Selections
    uint8 step; // one of Steps
    uint8 byzantine; // f of multi-Krum; n trainers tolerate min(f, (n - 3) / 2)
    Yardstick yardstick;
    Purse purse;
}

/// @notice What a settled round decides.
struct Verdict {
    uint256 selected; // bit i for trainer i
    uint256[] weights; // in steps of the lattice, 0 for the others
    int256[] scores;
    uint256 denominator; // of the scores
    uint256[] payouts; // wei, attendance included
    uint256 total; // wei, sum of the payouts
    uint256 gainPaid; // wei of `total` that was paid as pot, where pots follow the gain
    uint256[] earned; // what of a part is owed still, in 2^-23 of the expected gain
    uint256 earnedTotal; // their sum
    int256 utilityBefore;
    int256 utilityAfter;
    bool exhausted; // whether all that was expected is gained
}

/// @title The arithmetic of the market, without state and without money
/// @notice Everything that proven numbers or published bytes decide.
interface IReferee {
    /// @notice Reverts with BadTerms unless a project of these terms can be run to its end.
    /// @param maxAmount Wei that no stake may exceed.
    function requireSound(Terms calldata terms, uint256 maxAmount) external view;

    /// @notice What a verifier must accept for the claims to be proven.
    /// @return proof With the points that it must be about in front.
    /// @return instances The public outputs.
    function statement(Binding calldata binding, Folded calldata folded, uint256[] calldata claims)
        external
        view
        returns (bytes memory proof, uint256[] memory instances);

    /// @notice Selects, clips, scores and pays, from a round's proven numbers.
    /// @param trainers Who revealed, in the order of the slots.
    /// @param claims The products that were proven, as described in Folding.
    function judge(Rule calldata rule, address[] calldata trainers, uint256[] calldata claims)
        external
        pure
        returns (Verdict memory);

    /// @notice The commitment of w + sum of weight times delta.
    /// @param zero Commitment of the zero vector.
    /// @param model Commitment of w.
    /// @param deltas Commitments of the deltas, in the order of the slots.
    function nextModel(
        Point calldata zero,
        Point calldata model,
        Point[] calldata deltas,
        uint256[] calldata weights
    ) external view returns (Point memory);

    /// @notice What a round pays that moved the model's utility from `before` to `afterwards`.
    function prizeOf(Purse calldata purse, int256 before, int256 afterwards)
        external
        pure
        returns (Prize memory);

    /// @notice Wei that a round can pay at most, attendance included.
    function largestPot(Purse calldata purse) external pure returns (uint256);

    /// @notice Wei owed for the best utility so far and not paid; 0 where pay does not follow the gain.
    /// @param units Of the expected gain that trainers' parts wait for, in 2^-23.
    function owed(Purse calldata purse, uint256 units) external pure returns (uint256);

    /// @notice Whether `values` are a delta in range, and the one that the commitment binds.
    /// @param values Each entry two bytes, signed, big-endian; salts included.
    /// @param quotient The opening's proof, as described in Opening.
    function opens(
        Scheme calldata scheme,
        Point calldata commitment,
        bytes calldata values,
        Point calldata quotient
    ) external view returns (bool);
}
