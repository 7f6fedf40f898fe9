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
    /// @dev What is demanded is the yardstick of the open round: arbiters say it, or where there are
    /// none the evaluators again.
    /// @param number Measurements before the one that is meant.
    function measure(Terms calldata terms, uint256 number, Measurement calldata given) external;

    /// @notice The aggregator in office says that it has not been given the round's yardstick, or
    /// cannot prove by it. Who is asked for it says it once more, and another one where it was not to
    /// be proven by; if nobody does, all that is left of the trainers' budget is theirs who show their
    /// deltas. An aggregator that asked for nothing pays those who answered.
    function demand(Terms calldata terms) external;

    /// @notice What `advance` does with a measurement whose deadline has passed. Open to anyone.
    function expire(Terms calldata terms) external;

    /// @notice The parts of the round that waits for its model to be measured.
    function waiting(bytes32 id) external view returns (Part[] memory);

    /// @notice What an evaluator or arbiter has said of a model: the hash of its measurement.
    /// @param number Measurements before it; where it was demanded, the opening's epoch.
    /// @param sitting As whom: 0 for an evaluator, 1 for an arbiter, 2 for who was asked on demand.
    function saidOf(bytes32 id, uint256 number, uint256 sitting, address account)
        external
        view
        returns (bytes32);
}
