// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarketEvents} from "./IMarketEvents.sol";
import {Measurement, Part, Terms} from "./State.sol";

/// @notice How models are measured whose yardstick no terms could hold: round by round, by evaluators
/// that the terms name, before deltas are committed and after the model is known.
interface IMeasurements is IMarketEvents {
    /// @notice Fixes the seed of the round's coordinates: the hash of the block after the one that fixed
    /// the model, or where nobody asks for that in time the newest a multiple of 256 later. Open to
    /// anyone.
    function drawCoordinates(Terms calldata terms) external;

    /// @notice Says what the newest model and the round's yardstick are. A quorum of evaluators that
    /// says the same opens the contest; one of arbiters, in an audit or where evaluators were silent,
    /// decides. Who said something else before says this instead.
    /// @param number Measurements before this one.
    function measure(Terms calldata terms, uint256 number, Measurement calldata given) external;

    /// @notice What `advance` does with a measurement whose deadline has passed. Open to anyone.
    function expire(Terms calldata terms) external;

    /// @notice The parts of the round that waits for its model to be measured.
    function waiting(bytes32 id) external view returns (Part[] memory);

    /// @notice What an evaluator or arbiter has said of a model: the hash of its measurement.
    /// @param byArbiters Whether it was asked as one.
    function saidOf(bytes32 id, uint256 number, bool byArbiters, address account)
        external
        view
        returns (bytes32);
}
