// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Point, TwistPoint} from "../libraries/Bn254.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice Where a project stands. `None` is a project that was never created.
enum Phase {
    None,
    Joining,
    Measure,
    Contest,
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
    address[] evaluators; // who measure models; none where the yardstick stands in the terms
    uint8 evaluatorQuorum; // of them that must say the same
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
    uint32 measureSeconds; // for evaluators; zero without them
    uint32 contestSeconds; // to dispute what they have measured; zero without them
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

/// @notice What evaluators say of a model: of the one that the newest round made, or where that is
/// undone of the one before it.
struct Measurement {
    Point yardstick; // commitment of c and R, about the model
    int256 utility; // of the newest round's model: its loss, negative, in units of utility
    uint256 spread; // one standard error of its difference to that of the model before
    string cid; // of the sealed yardstick
}

/// @notice Where a project with evaluators stands.
struct Measure {
    uint16 number; // measurements that are concluded
    bool deposed; // the arbiters measure
    bool sure; // whether the shares of the round that waits for its pay are lower bounds
    uint64 seedBlock; // whose hash decides the coordinates
    bytes32 seed; // of the coordinates; zero until somebody has asked for it in time
    bytes32 attested; // hash of the measurement that waits to be contested
    int256 utility; // it says
    uint256 spread; // it says
    int256 predicted; // gain of the round that waits for its pay, as proven
    Point yardstick; // of the open round
}

/// @notice A trainer's part of a round that waits for its pay.
struct Part {
    address trainer;
    uint32 share; // in 2 ** -22 of the pot
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
    Measure measure;
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
