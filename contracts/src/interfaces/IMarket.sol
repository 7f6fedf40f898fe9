// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Point, TwistPoint} from "../libraries/Bn254.sol";
import {Folded} from "../libraries/Folding.sol";
import {IReferee} from "./IReferee.sol";
import {IVerifierRegistry} from "./IVerifierRegistry.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

/// @notice Where a project stands. `None` is a project that was never created.
enum Phase {
    None,
    Joining,
    Commit,
    Reveal,
    Settle,
    Answer,
    Audit,
    Claim,
    Done,
    Aborted,
    Cancelled
}

/// @notice The immutable terms of a project. Their hash is its id, and every call names them whole.
struct Terms {
    address owner;
    IERC20 token; // that all its money is in; the zero address is the native coin
    address[] aggregators; // who may hold the office, in the order of succession
    bytes32 circuit; // hash of verification key, settings and SRS
    bytes32 verifierCodeHash; // what the circuit's identity implies
    Point zero; // commitment of the zero vector, a constant in every commitment
    Point statistics; // commitment of the validation matrix H and vector c
    Point model; // commitment of the initial model
    TwistPoint tau; // of the SRS: opens the commitment of a delta that is published
    uint8 logrows; // committed vectors stand on a domain of 2 ** logrows
    uint32 entries; // of a delta, salts included
    uint32 rows; // validation rows behind H and c
    uint16 outputs; // of the model
    uint256 energy; // mean |y|^2 of the validation rows, in units of utility
    bytes32 rowsRoot; // Merkle root of the salted validation rows
    address[] arbiters; // who judge the yardstick; none where it is the owner's word
    uint8 arbiterQuorum; // votes that decide; more than half of the arbiters
    uint16 auditBps; // chance that they are asked although nobody disputes
    bytes32 invited; // Merkle root of the accounts that may join; zero: anybody
    uint16 participants; // most trainers that may join
    uint8 slots; // most trainers of a round
    uint8 quorum; // fewest trainers that must commit for a round to go on
    uint8 byzantine; // f of multi-Krum; a round of n trainers tolerates min(f, (n - 3) / 2)
    uint8 rounds;
    uint8 maxRetries; // re-openings of one round
    uint8 selection; // one of Selections
    uint8 scoring; // one of Scorings
    uint8 step; // one of Steps
    uint8 payment; // one of Payments
    uint16 attendanceBps; // share of the trainers' budget that rounds pay evenly
    uint16 potCapBps; // share of the trainers' budget that one round's gain pays at most
    uint16 decayBps; // what remains of the learning rate after a round that gained too little
    uint32 joinSeconds;
    uint32 commitSeconds;
    uint32 revealSeconds;
    uint32 settleSeconds;
    uint32 answerSeconds; // also to open reveals when a round is given up
    uint32 auditSeconds; // for arbiters to judge
    uint32 exitSeconds; // between leaving and the stake's return
    uint64 learningRate; // of the first round, in 1e-9
    uint128 aggregatorFee; // wei a settled round
    uint128 trainerStake; // wei
    uint128 aggregatorStake; // wei
    uint128 challengeBond; // wei that a challenge of one delta costs the side that was wrong
    uint128 ownerBond; // wei that the owner loses with a yardstick that is refuted
    uint128 disputeBond; // wei that who disputes it loses where it is confirmed; what an audit costs
    uint128 bounty; // wei, at most, of a slashed amount to whoever's call enforced the rule
    int256 minimumGain; // utility a round must add to keep the learning rate
    int256 targetUtility; // reaching it ends the project early; type(int256).max never does
    int256 expectedGain; // utility above the initial model's that the whole budget is meant for
    bytes32 specification; // keccak256 of the specification document, which is at `specCid` on IPFS
    uint256 nonce;
}

/// @notice Who may commit in an opening: whose place on a ring of 2 ** 32 lies on an arc.
struct Draw {
    bytes32 seed; // of the cycle's places; zero until somebody has committed in it
    uint64 seedBlock; // whose hash decides the seed
    uint64 start; // of the arc
    uint64 width; // of the arc; 2 ** 32 is everybody
}

/// @notice Whether the yardstick is to be judged, which happens before the first settlement.
struct Audit {
    address disputer; // who asked for it
    uint64 seedBlock; // whose hash decides whether it is held although nobody did; then 1, or 0
    bool held;
    uint8 confirming; // bit i: the i-th arbiter says that the yardstick holds
    uint8 refuting; // bit i: that it does not
}

/// @notice The mutable side of a project.
struct Project {
    Phase phase;
    uint8 round; // counts from 0
    uint8 retries;
    uint16 epoch; // counts openings of rounds, retries included
    uint16 active; // trainers that may commit in an opening that draws them
    uint16 pending; // where everybody is drawn, those of them that have not committed
    uint16 committed; // in this opening
    uint16 revealed; // in this opening, surplus included
    uint16 claims; // reveals opened since the round was given up
    bool challenged; // the office has used its challenge of this opening
    uint32 accused; // bit i: the i-th reveal was challenged and not answered
    uint64 deadline; // unix seconds; past it anyone may call `advance`
    uint24 earned; // what trainers have earned of the gain, in 2 ** -23 of the expected one
    address aggregator; // holds the office: it alone challenges and settles
    uint64 learningRate;
    uint128 trainerBudget; // wei still locked for trainers
    uint128 feeBudget; // wei still locked for aggregators
    uint128 stakes; // wei at stake, of trainers and aggregators
    uint128 bonded; // wei of them that aggregators have at stake
    uint128 budget; // wei that was ever meant for trainers
    uint128 gainPaid; // wei paid by gain
    uint128 bonds; // wei of the owner's bond and a disputer's
    uint128 forfeited; // wei slashed, and not yet given to those whom the round owes
    uint128 owed; // wei that a closed project still owes to who earned it
    Point model;
    int256 utility; // of the newest settled model
    int256 initialUtility; // of the initial model, once a round is settled
    int256 bestUtility; // of the best model so far
    Draw draw;
    Audit audit;
}

/// @notice Where a trainer stands.
enum Standing {
    None,
    Active,
    Leaving, // commits no more, and stays liable for what it committed to
    Expelled
}

struct Trainer {
    Standing standing;
    uint16 committedIn; // epoch + 1 of the newest commitment
    uint16 revealedIn; // epoch + 1 of the newest reveal
    uint24 earned; // of the gain, in 2 ** -23 of the expected one
    uint96 stake; // wei
    uint96 credit; // wei
}

struct Reveal {
    address trainer;
    uint64 rank; // of those that reveal beyond the slots, the highest give way
    Point point;
}

/// @notice How an account says that it can be reached.
struct Announcement {
    bytes32 encryptionKey; // X25519
    string endpoint; // of an aggregator's Flower
    string peer; // of its IPFS node
}

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
    error AlreadyVoted(address arbiter);
    error NoVerifier(bytes32 circuit, bytes32 codeHash);
    error ProofRejected();
    error NothingToWithdraw(address account);
}

/// @notice Projects and their money.
interface IProjects is IMarketEvents {
    /// @notice Publishes how others reach the caller: the key to encrypt to (X25519), a Flower
    /// address (aggregators) and an IPFS peer, of at most 256 bytes each.
    function announce(bytes32 encryptionKey, string calldata endpoint, string calldata peer)
        external;

    /// @notice Uses a signed allowance (ERC-2612) of the caller's. Together with the call that needs
    /// it: `multicall`. One that somebody else has used already, or that fails, is passed over.
    function permit(
        IERC20Permit token,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice Creates a project and locks its deposit, `aggregatorFee` a round, the rest for
    /// trainers; and the owner's bond.
    function create(
        Terms calldata terms,
        uint256 deposit,
        string calldata specCid,
        string calldata modelCid
    ) external payable returns (bytes32 id);

    /// @notice Adds to the trainers' budget of a project that is not closed. Open to anyone; what is
    /// not earned goes to the owner in the end. Refused where the aggregators' stakes would no
    /// longer cover a round's largest pot.
    function fund(Terms calldata terms, uint256 amount) external payable;

    /// @notice Closes a project that nobody has joined, and refunds the owner.
    function cancel(Terms calldata terms) external;

    /// @notice A named aggregator stakes, or fills its stake up again. The first holds the office,
    /// the others succeed it in the order of the terms. Possible until the project is closed; not
    /// for one that missed a deadline.
    function bond(Terms calldata terms) external payable;

    /// @notice Takes a place for a stake.
    /// @param proof That the caller is invited: the siblings on its way to the root, leaves hashed
    /// as in OpenZeppelin's standard tree of addresses. Empty where nobody is named.
    function join(Terms calldata terms, bytes32[] calldata proof) external payable;

    /// @notice Asks the arbiters, for a bond, to judge the yardstick: once, and until the first
    /// settlement. Open to anyone.
    function dispute(Terms calldata terms) external payable;

    /// @notice Commits no more. The stake is due `exitSeconds` later, whatever becomes of the
    /// project, and liable until then for what the caller has committed to.
    function exit(Terms calldata terms) external;

    /// @notice Pays out what is due to the caller: its credit, its part of what a closed project
    /// owes, and a stake that is free.
    function withdraw(Terms calldata terms) external returns (uint256 amount);

    /// @notice Pays out what is due to each of the accounts, to that account. Open to anyone: many
    /// small payments in one transaction. An account that refuses money, or that spends more than
    /// 100,000 gas on receiving coins, keeps its credit.
    function withdrawFor(Terms calldata terms, address[] calldata accounts) external;

    /// @notice Where the verifiers are.
    function registry() external view returns (IVerifierRegistry);

    /// @notice Who does the arithmetic.
    function referee() external view returns (IReferee);

    /// @notice Whose code the methods of IRounds run, on this contract's state.
    function rounds() external view returns (address);

    /// @notice The id of a project with these terms on this contract and chain.
    function idOf(Terms calldata terms) external view returns (bytes32);

    /// @notice What a trainer commits to.
    function commitmentOf(
        address account,
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
    function announcement(address account) external view returns (Announcement memory);
    function aggregatorStake(bytes32 id, address account) external view returns (uint256);
    function commitmentIn(bytes32 id, uint256 epoch, address account)
        external
        view
        returns (bytes32);
    /// @notice The reveals that stand, in the order of the slots.
    function reveals(bytes32 id, uint256 epoch) external view returns (Reveal[] memory);

    /// @notice Whether the account may commit in this opening, if it is an active trainer; false
    /// while the block that decides is not there.
    function isDrawn(bytes32 id, address account) external view returns (bool);

    /// @notice Whether a trainer committed, and kept silent when it had to reveal.
    function isSilent(bytes32 id, address account) external view returns (bool);

    /// @notice Wei credited and not withdrawn; stakes not included.
    function credit(bytes32 id, address account) external view returns (uint256);
}

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

/// @title The market for federated learning
/// @notice Escrow of a project's budget. Money leaves on a valid proof or a passed deadline, and
/// nobody has power over it beyond that.
interface IMarket is IProjects, IRounds {}
