// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Point} from "../libraries/Bn254.sol";
import {Folded} from "../libraries/Folding.sol";
import {IMarketEvents} from "./IMarketEvents.sol";
import {Terms} from "./State.sol";

/// @notice What happens in a round.
interface IRounds is IMarketEvents {
    /// @notice Commits to a delta: keccak256(abi.encode(trainer, id, round, point, keccak256(cid), salt)).
    /// For active trainers that are drawn.
    function commit(Terms calldata terms, uint256 round, bytes32 commitment) external;

    /// @notice Opens the commitment. A point that is taken is refused. Of more reveals than slots
    /// those of the lowest rank stand: a hash of cycle, epoch and account.
    function reveal(
        Terms calldata terms,
        uint256 round,
        Point calldata point,
        string calldata cid,
        bytes32 salt
    ) external;

    /// @notice The aggregator in office cannot fetch, decrypt or prove about revealed deltas, and
    /// demands that they be published. Once in an opening and office.
    /// @param accused Bit i for the i-th reveal.
    function challenge(Terms calldata terms, uint256 round, uint256 accused) external;

    /// @notice Publishes a challenged delta. If it is the committed one and in range, the aggregator's
    /// bond is the trainer's. Open to anyone.
    /// @param slot The reveal's place in `reveals`.
    /// @param values The delta, each entry two bytes, signed, big-endian; salts included.
    /// @param quotient Shows that the commitment opens to it, as described in Opening.
    function answer(
        Terms calldata terms,
        uint256 round,
        uint256 slot,
        bytes calldata values,
        Point calldata quotient
    ) external;

    /// @notice Settles the round: verifies, selects, scores, pays, and moves the model on.
    /// @param folded What the prover adds to the commitments that the contract stores, which it puts
    /// in front itself, so that no other ones can be proven about.
    /// @param claims The products of the round, as described in Folding.
    function settle(
        Terms calldata terms,
        string calldata modelCid,
        Folded calldata folded,
        uint256[] calldata claims
    ) external;

    /// @notice An arbiter's judgement of the yardstick. Confirmed, the disputer's bond is the
    /// arbiters', or the same of the owner's. Refuted, or without a quorum at the deadline, the
    /// owner's bond is the disputer's and the arbiters', and the trainers' budget goes to those who
    /// claim.
    function vote(Terms calldata terms, bool holds) external;

    /// @notice Opens a reveal of a round that was given up, in any of its openings: who is shown to
    /// have sent a delta has a part of what was forfeited. Open to anyone.
    function claim(
        Terms calldata terms,
        uint256 epoch,
        uint256 slot,
        bytes calldata values,
        Point calldata quotient
    ) external;

    /// @notice Slashes trainers that committed and did not reveal. Open to anyone, for the bounty.
    function expel(Terms calldata terms, address[] calldata accounts) external;

    /// @notice Moves a project on whose deadline has passed. Open to anyone.
    function advance(Terms calldata terms) external;
}
