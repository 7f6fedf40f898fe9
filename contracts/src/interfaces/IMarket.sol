// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Point} from "../libraries/Bn254.sol";
import {IVerifier} from "./IVerifier.sol";

/// @notice Where a project stands. `None` is a project that was never created.
enum Phase {
    None,
    Joining,
    Commit,
    Reveal,
    Settle,
    Done,
    Aborted,
    Cancelled
}

/// @notice The immutable terms of a project. Their hash is its id, and every call names them whole.
struct Terms {
    address owner;
    address aggregator;
    IVerifier verifier;
    bytes32 verifierCodeHash;
    bytes32 circuit; // hash of verification key, settings and SRS: what the code hash was derived from
    Point zero; // commitment of the zero vector: stands in unused slots, and makes the points linear
    Point curvature; // commitment of the validation matrix H
    Point target; // commitment of the validation vector c
    Point model; // commitment of the initial model
    uint8 slots;
    uint8 quorum; // fewest trainers that a round settles with
    uint8 byzantine; // f of multi-Krum; a round of n trainers tolerates min(f, (n - 3) / 2)
    uint8 rounds;
    uint8 maxRetries; // re-openings of one round
    uint16 floorBps; // share of a round's trainer budget paid equally to the selected
    uint16 decayBps; // what remains of the learning rate after a round that gained too little
    uint32 joinSeconds;
    uint32 commitSeconds;
    uint32 revealSeconds;
    uint32 settleSeconds;
    uint64 learningRate; // of the first round, in 1e-9
    uint128 aggregatorFee; // wei a settled round
    uint128 trainerStake; // wei
    uint128 aggregatorStake; // wei
    int256 minimumGain; // utility a round must add to keep the learning rate
    int256 targetUtility; // reaching it ends the project early; type(int256).max never does
    bytes32 specification; // keccak256 of the specification document, which is at `specCid` on IPFS
    uint256 nonce;
}

/// @notice The mutable side of a project.
struct Project {
    Phase phase;
    uint8 round; // counts from 0
    uint8 retries;
    uint8 active; // trainers that joined and were not expelled
    uint8 committed;
    uint16 epoch; // counts openings of rounds, retries included
    uint64 deadline; // unix seconds; past it anyone may call `advance`
    uint64 learningRate;
    uint128 trainerBudget; // wei still locked for trainers
    uint128 feeBudget; // wei still locked for the aggregator
    uint128 aggregatorStake; // wei at stake
    Point model;
    int256 utility; // of the newest settled model
}

struct Trainer {
    bool joined;
    bool expelled;
    uint16 revealedIn; // epoch + 1 of the newest reveal
    uint128 stake; // wei
}

struct Reveal {
    address trainer;
    Point point;
}

/// @title The market for federated learning
/// @notice Escrow of a project's budget. Money leaves on a valid proof or a passed deadline, and
/// nobody has power over it beyond that.
interface IMarket {
    event Announced(address indexed account, bytes32 encryptionKey, string endpoint, string peer);
    event Created(
        bytes32 indexed id, Terms terms, uint256 deposit, string specCid, string modelCid
    );
    event AggregatorBonded(bytes32 indexed id, address indexed aggregator, uint256 stake);
    event Joined(bytes32 indexed id, address indexed trainer, uint256 stake);
    event RoundOpened(
        bytes32 indexed id,
        uint256 indexed round,
        uint256 epoch,
        uint64 learningRate,
        uint64 deadline
    );
    event Committed(
        bytes32 indexed id, uint256 indexed round, address indexed trainer, bytes32 commitment
    );
    event RevealOpened(bytes32 indexed id, uint256 indexed round, uint64 deadline);
    event Revealed(
        bytes32 indexed id,
        uint256 indexed round,
        address indexed trainer,
        uint256 epoch,
        Point point,
        string cid
    );
    event SettlementOpened(bytes32 indexed id, uint256 indexed round, uint64 deadline);
    event Settled(
        bytes32 indexed id,
        uint256 indexed round,
        address[] trainers,
        uint256 selected,
        int256[] scores,
        uint256 scoreDenominator,
        uint256[] payouts,
        int256 utilityBefore,
        int256 utilityAfter,
        Point model,
        string modelCid
    );
    event Credited(bytes32 indexed id, address indexed account, uint256 amount);
    event Slashed(bytes32 indexed id, address indexed account, uint256 amount);
    event Closed(bytes32 indexed id, Phase phase, uint256 refund);
    event Withdrawn(bytes32 indexed id, address indexed account, uint256 amount);

    error BadTerms(string reason);
    error ProjectExists(bytes32 id);
    error NoSuchProject(bytes32 id);
    error WrongPhase(Phase current, Phase expected);
    error DeadlinePassed(uint64 deadline);
    error DeadlineNotReached(uint64 deadline);
    error NotAggregator(address caller, address aggregator);
    error NotOwner(address caller, address owner);
    error WrongStake(uint256 given, uint256 expected);
    error AlreadyBonded();
    error AlreadyJoined(address trainer);
    error NotATrainer(address caller);
    error NoFreeSlot(uint256 slots);
    error WrongRound(uint256 given, uint256 current);
    error AlreadyCommitted(address trainer);
    error EmptyCommitment();
    error CommitmentMismatch(bytes32 committed, bytes32 revealed);
    error NotCommitted(address trainer);
    error AlreadyRevealed(address trainer);
    error BadPoint(uint256 x, uint256 y);
    error PointTaken(address by);
    error ContentTaken(address by);
    error BadCid(string cid);
    error VerifierChanged(bytes32 codeHash, bytes32 expected);
    error ProofRejected();
    error NothingToWithdraw(address account);

    /// @notice Publishes how others reach the caller: the key to encrypt to (X25519), a Flower
    /// address (aggregators) and an IPFS peer. The newest announcement counts.
    function announce(bytes32 encryptionKey, string calldata endpoint, string calldata peer)
        external;

    /// @notice Creates a project and locks `msg.value`: `aggregatorFee` a round, the rest for trainers.
    function create(Terms calldata terms, string calldata specCid, string calldata modelCid)
        external
        payable
        returns (bytes32 id);

    /// @notice Closes a project that nobody joined, and refunds the owner.
    function cancel(Terms calldata terms) external;

    /// @notice The named aggregator stakes; without it the project does not open.
    function bond(Terms calldata terms) external payable;

    /// @notice Takes a slot for a stake.
    function join(Terms calldata terms) external payable;

    /// @notice Commits to a delta: keccak256(abi.encode(trainer, id, round, point, keccak256(cid), salt)).
    function commit(Terms calldata terms, uint256 round, bytes32 commitment) external;

    /// @notice Opens the commitment. A point or content that is taken is refused.
    function reveal(
        Terms calldata terms,
        uint256 round,
        Point calldata point,
        string calldata cid,
        bytes32 salt
    ) external;

    /// @notice Settles the round: verifies, selects, scores, pays, and moves the model on.
    /// @param proof What follows the commitments in an EZKL proof; the contract itself puts the
    /// commitments it stores in front, so no other ones can be proven about.
    /// @param instances The public outputs, as described in RoundGame.
    function settle(
        Terms calldata terms,
        string calldata modelCid,
        bytes calldata proof,
        uint256[] calldata instances
    ) external;

    /// @notice Moves a project on whose deadline has passed. Open to anyone.
    function advance(Terms calldata terms) external;

    /// @notice Pays out the caller's credit, and its stake once the project is closed.
    function withdraw(Terms calldata terms) external returns (uint256 amount);

    /// @notice The id of a project with these terms on this contract and chain.
    function idOf(Terms calldata terms) external view returns (bytes32);

    /// @notice What a trainer commits to.
    function commitmentOf(
        address trainer,
        bytes32 id,
        uint256 round,
        Point calldata point,
        string calldata cid,
        bytes32 salt
    ) external pure returns (bytes32);

    /// @notice Wei an account could withdraw now.
    function withdrawable(Terms calldata terms, address account) external view returns (uint256);

    /// @notice Wei of a project that are neither credited nor paid out, stakes included.
    function locked(bytes32 id) external view returns (uint256);

    function project(bytes32 id) external view returns (Project memory);
    function trainer(bytes32 id, address account) external view returns (Trainer memory);
    function trainers(bytes32 id) external view returns (address[] memory);
    function commitmentIn(bytes32 id, uint256 epoch, address account)
        external
        view
        returns (bytes32);
    function reveals(bytes32 id, uint256 epoch) external view returns (Reveal[] memory);
    function credit(bytes32 id, address account) external view returns (uint256);
}
