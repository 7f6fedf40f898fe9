// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Point} from "../libraries/Bn254.sol";
import {Measurement, Phase, Terms} from "./State.sol";

/// @notice What a market reports and refuses.
interface IMarketEvents {
    event Announced(address indexed account, bytes32 encryptionKey, string endpoint, string peer);
    event Created(
        bytes32 indexed id, Terms terms, uint256 deposit, string specCid, string modelCid
    );
    event Funded(bytes32 indexed id, address indexed from, uint256 amount);
    event AggregatorBonded(bytes32 indexed id, address indexed aggregator, uint256 stake);
    event TookOffice(bytes32 indexed id, address indexed aggregator);
    event Joined(bytes32 indexed id, address indexed trainer, uint256 stake);
    event Leaving(bytes32 indexed id, address indexed trainer, uint64 freeAt);
    /// @param start Of the arc of places that are drawn; `width` of it is 2 ** 32 for everybody.
    /// @param seedBlock Whose hash decides the places.
    event RoundOpened(
        bytes32 indexed id,
        uint256 indexed round,
        uint256 epoch,
        uint64 learningRate,
        uint64 deadline,
        uint64 start,
        uint64 width,
        uint64 seedBlock
    );
    event Committed(
        bytes32 indexed id, uint256 indexed round, address indexed trainer, bytes32 commitment
    );
    event RevealOpened(bytes32 indexed id, uint256 indexed round, uint64 deadline);
    /// @param displaced Whose reveal gave way to this one; the zero address if nobody's did, the
    /// trainer itself if its own did.
    event Revealed(
        bytes32 indexed id,
        uint256 indexed round,
        address indexed trainer,
        uint256 epoch,
        Point point,
        string cid,
        address displaced
    );
    event SettlementOpened(bytes32 indexed id, uint256 indexed round, uint64 deadline);
    event Challenged(
        bytes32 indexed id,
        uint256 indexed round,
        address indexed aggregator,
        uint256 epoch,
        uint256 accused,
        uint64 deadline
    );
    event Answered(
        bytes32 indexed id,
        uint256 indexed round,
        address indexed trainer,
        uint256 epoch,
        bytes values
    );
    event SetAside(
        bytes32 indexed id, uint256 indexed round, address indexed trainer, uint256 epoch
    );
    /// @notice A trainer that committed in this epoch and did not reveal is out.
    event Silenced(bytes32 indexed id, address indexed trainer, uint256 epoch);
    /// @notice The payouts are credited to the trainers, and the fee to the aggregator.
    event Settled(
        bytes32 indexed id,
        uint256 indexed round,
        address indexed aggregator,
        address[] trainers,
        uint256 selected,
        uint256[] weights,
        int256[] scores,
        uint256 scoreDenominator,
        uint256[] payouts,
        int256 utilityBefore,
        int256 utilityAfter,
        Point model,
        string modelCid
    );
    /// @param seedBlock Whose hash decides the coordinates.
    event MeasureOpened(bytes32 indexed id, uint256 number, uint64 deadline, uint64 seedBlock);
    event CoordinatesDrawnFor(bytes32 indexed id, uint256 number, bytes32 seed);
    event Attested(
        bytes32 indexed id, uint256 number, address indexed account, Measurement measurement
    );
    /// @notice A quorum says so. What arbiters say after evaluators counts.
    event Measured(
        bytes32 indexed id,
        uint256 number,
        int256 utility,
        uint256 spread,
        Point yardstick,
        string cid
    );
    event ContestOpened(bytes32 indexed id, uint256 number, uint64 deadline);
    /// @notice The evaluators were silent, and the arbiters measure from now on.
    event Deposed(bytes32 indexed id, uint256 number, uint64 deadline);
    /// @notice The round's model is worse than the one before it, which goes on.
    event Undone(bytes32 indexed id, uint256 indexed round);
    event Disputed(bytes32 indexed id, address indexed disputer, uint256 bond);
    event AuditOpened(bytes32 indexed id, uint64 deadline);
    event Voted(bytes32 indexed id, address indexed arbiter, bool holds);
    /// @notice The yardstick is confirmed, or refuted by votes or by silence.
    event Audited(bytes32 indexed id, bool holds);
    /// @notice The round is given up; reveals that are opened until then share what was forfeited.
    event ClaimOpened(bytes32 indexed id, uint256 indexed round, uint64 deadline);
    event Claimed(
        bytes32 indexed id,
        uint256 indexed round,
        address indexed trainer,
        uint256 epoch,
        bytes values
    );
    /// @notice Every credit but those of a settlement.
    event Credited(bytes32 indexed id, address indexed account, uint256 amount);
    event Slashed(bytes32 indexed id, address indexed account, uint256 amount);
    /// @param owed Wei that stay for who has earned them; `shared` wei for who has claimed.
    event Closed(bytes32 indexed id, Phase phase, uint256 refund, uint256 owed, uint256 shared);
    /// @notice A trainer's part of what a closed project owed, credited as it withdraws.
    event Shared(bytes32 indexed id, address indexed trainer, uint256 amount);
    event Withdrawn(bytes32 indexed id, address indexed account, uint256 amount);

    error BadTerms(string reason);
    error ProjectExists(bytes32 id);
    error NoSuchProject(bytes32 id);
    error WrongPhase(Phase current, Phase expected);
    error DeadlinePassed(uint64 deadline);
    error DeadlineNotReached(uint64 deadline);
    error NotAggregator(address caller, address aggregator);
    error NotNamed(address caller);
    error NotOwner(address caller, address owner);
    error NotInvited(address caller);
    error AmountOutOfRange(uint256 amount, uint256 most);
    error AlreadyBonded(address aggregator);
    error Dismissed(address aggregator);
    error PotNotCovered(uint256 pot, uint256 covered);
    error AlreadyJoined(address trainer);
    error NotATrainer(address caller);
    error NoFreePlace(uint256 participants);
    error HasTrainers(uint256 count);
    error WrongRound(uint256 given, uint256 current);
    error NotDrawn(address trainer);
    error AlreadyCommitted(address trainer);
    error EmptyCommitment();
    error CommitmentMismatch(bytes32 committed, bytes32 revealed);
    error NotCommitted(address trainer);
    error AlreadyRevealed(address trainer);
    error NotSilent(address trainer);
    error BadPoint(uint256 x, uint256 y);
    error PointTaken(address by);
    error BadCid(string cid);
    error TextTooLong(uint256 bytes_, uint256 most);
    error AlreadyChallenged(uint256 epoch);
    error NobodyAccused(uint256 accused, uint256 reveals);
    error StakeBelowBonds(uint256 stake, uint256 bonds);
    error NotAccused(uint256 slot);
    error DoesNotOpen(uint256 slot);
    error NoSuchReveal(uint256 epoch, uint256 slot);
    error AlreadyClaimed(address trainer);
    error NotDisputable(bytes32 id);
    error NotAnArbiter(address caller);
    error NotAnEvaluator(address caller);
    error CoordinatesDrawn(bytes32 seed);
    error NoCoordinates(uint256 number);
    error NoHashYet(uint64 decisive);
    error WrongMeasurement(uint256 given, uint256 current);
    error BadMeasurement();
    error AlreadyVoted(address arbiter);
    error NoVerifier(bytes32 circuit, bytes32 codeHash);
    error ProofRejected();
    error NothingToWithdraw(address account);
}
