// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    IMarket,
    IMarketEvents,
    IProjects,
    IRounds,
    Phase,
    Project,
    Reveal,
    Standing,
    Terms,
    Trainer
} from "../src/interfaces/IMarket.sol";
import {Point} from "../src/libraries/Bn254.sol";
import {Payments, Scorings, Selections, Steps} from "../src/libraries/Choices.sol";
import {Roles} from "./Roles.sol";
import {ScriptedVerifier} from "./ScriptedVerifier.sol";
import {Vectors} from "./Vectors.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title One project with six slots, and the steps that take it from phase to phase
/// @notice A test changes `terms` before it creates the project, and `deltas` before it commits. The
/// terms are those of the mean game, paid per round, so that what a round decides can be computed by
/// hand; `_useDefaults` has those of the market's own choice.
abstract contract Fixture is Roles {
    uint256 internal constant QUORUM = 5; // 2f + 3 with f = 1
    uint256 internal constant DEPOSIT = 1 ether + 7;
    uint256 internal constant BUDGET = DEPOSIT - 0.02 ether; // what trainers have of it
    string internal constant CID = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";

    ScriptedVerifier internal verifier;
    uint256 private _joined; // trainers that have staked, by `_join`

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        vm.roll(1000);
        market = _deploy();
        bytes32 circuit = keccak256("circuit");
        verifier = ScriptedVerifier(
            address(market.registry().deploy(circuit, type(ScriptedVerifier).creationCode))
        );
        _setTerms(circuit);
        vm.deal(owner, 10 ether);
        vm.deal(aggregator, 10 ether);
        vm.deal(successor, 10 ether);
        vm.deal(outsider, 10 ether);
        for (uint256 i; i < SLOTS; ++i) {
            accounts[i] = makeAddr(string.concat("trainer ", vm.toString(i)));
            vm.deal(accounts[i], 10 ether);
            int256 k = int256(i);
            deltas[i] = [40 + k, 25 - k, -10 + k % 2, 1000 + k];
        }
        deltas[5] = [int256(-40), -25, 10, 1005]; // flipped
    }

    function _setTerms(bytes32 circuit) private {
        int256[4] memory zero;
        terms.owner = owner;
        terms.aggregators = [aggregator, successor];
        terms.circuit = circuit;
        terms.verifierCodeHash = address(verifier).codehash;
        terms.zero = Vectors.commitment(zero);
        terms.statistics = Vectors.commitment([int256(1), 2, 3, 4]);
        terms.model = Vectors.commitment(model);
        terms.tau = Vectors.tau();
        terms.logrows = Vectors.LOGROWS;
        terms.entries = 4;
        terms.rows = 1000;
        terms.outputs = 1;
        terms.energy = 600_000_000;
        terms.participants = uint16(SLOTS);
        terms.slots = uint8(SLOTS);
        terms.quorum = uint8(QUORUM);
        terms.byzantine = 1;
        terms.rounds = 2;
        terms.maxRetries = 1;
        terms.attendanceBps = 3000;
        terms.decayBps = 5000;
        terms.joinSeconds = 100;
        terms.commitSeconds = 200;
        terms.revealSeconds = 300;
        terms.settleSeconds = 400;
        terms.answerSeconds = 500;
        terms.auditSeconds = 600;
        terms.exitSeconds = 2000;
        terms.learningRate = 1e8;
        terms.aggregatorFee = 0.01 ether;
        terms.trainerStake = 0.1 ether;
        terms.aggregatorStake = 2 ether;
        terms.challengeBond = 0.02 ether;
        terms.bounty = 0.001 ether;
        terms.targetUtility = type(int256).max;
        terms.specification = keccak256("specification");
    }

    /// @dev What a project has whose owner chooses nothing.
    function _useDefaults() internal {
        terms.selection = Selections.PROVEN_VALUE;
        terms.scoring = Scorings.IN_RUN;
        terms.step = Steps.EXACT;
        terms.payment = Payments.PER_GAIN;
        terms.potCapBps = 10_000;
        terms.expectedGain = 500_000_000;
    }

    // --- steps ---------------------------------------------------------------------------------

    function _create() internal {
        uint256 value = DEPOSIT + terms.ownerBond;
        vm.prank(owner);
        market.create{value: value}(terms, DEPOSIT, CID, CID);
    }

    function _bond() internal {
        _bondAs(aggregator);
    }

    function _bondSuccessor() internal {
        _bondAs(successor);
    }

    function _bondAs(address account) internal {
        uint256 missing = terms.aggregatorStake - market.aggregatorStake(_id(), account);
        vm.prank(account);
        market.bond{value: missing}(terms);
    }

    function _join(uint256 i) internal {
        vm.prank(accounts[i]);
        market.join{value: terms.trainerStake}(terms, _uninvited());
        ++_joined;
    }

    /// @dev No proof, where anybody may join.
    function _uninvited() internal pure returns (bytes32[] memory) {
        return new bytes32[](0);
    }

    /// @dev Created, bonded, and joined by the first `count`: open, if that fills the places.
    function _gather(uint256 count) internal {
        _create();
        _bond();
        for (uint256 i; i < count; ++i) {
            _join(i);
        }
    }

    function _commit(uint256 i) internal {
        bytes32 commitment = _commitment(i);
        uint256 round = _project().round;
        vm.prank(accounts[i]);
        market.commit(terms, round, commitment);
    }

    function _reveal(uint256 i) internal {
        Point memory point = _point(i);
        string memory cid = _cid(i);
        uint256 round = _project().round;
        vm.prank(accounts[i]);
        market.reveal(terms, round, point, cid, _salt(i));
    }

    /// @dev From Commit to Reveal, with commitments of the first `count`.
    function _commitFirst(uint256 count) internal {
        for (uint256 i; i < count; ++i) {
            _commit(i);
        }
        if (_project().phase == Phase.Commit) _advance();
    }

    /// @dev Reveals of the first `count`; it moves on by itself if nobody else committed.
    function _revealFirst(uint256 count) internal {
        for (uint256 i; i < count; ++i) {
            _reveal(i);
        }
    }

    /// @dev From the start to Settle, with the first `count` trainers.
    function _toSettlement(uint256 count) internal {
        _gather(SLOTS);
        _commitFirst(count);
        _revealFirst(count);
    }

    function _settle() internal {
        address account = _project().aggregator;
        uint256[] memory claims = _claims();
        vm.prank(account);
        market.settle(terms, CID, _folded(), claims);
    }

    /// @dev By the aggregator in office.
    function _challenge(uint256 accused) internal {
        Project memory p = _project();
        vm.prank(p.aggregator);
        market.challenge(terms, p.round, accused);
    }

    /// @dev Publishes the delta of trainer `i`, whose reveal is in slot `slot`.
    function _answer(uint256 slot, uint256 i) internal {
        (bytes memory values, Point memory quotient) = _opening(i);
        uint256 round = _project().round;
        vm.prank(outsider);
        market.answer(terms, round, slot, values, quotient);
    }

    /// @dev Shows the delta of trainer `i`, whose reveal was in slot `slot` of an opening.
    function _claim(uint256 epoch, uint256 slot, uint256 i) internal {
        (bytes memory values, Point memory quotient) = _opening(i);
        vm.prank(outsider);
        market.claim(terms, epoch, slot, values, quotient);
    }

    function _exit(uint256 i) internal {
        vm.prank(accounts[i]);
        market.exit(terms);
    }

    function _expel(uint256 i) internal {
        address[] memory one = new address[](1);
        one[0] = accounts[i];
        vm.prank(outsider);
        market.expel(terms, one);
    }

    function _pass() internal {
        vm.warp(_project().deadline + 1);
    }

    function _advance() internal {
        _pass();
        vm.prank(outsider);
        market.advance(terms);
    }

    /// @dev To the second opening of the first round: trainers 0 and 1 have revealed, 2 to 4 are expelled
    /// for silence, and 5 did not commit.
    function _toRetry() internal {
        terms.quorum = 3;
        _gather(SLOTS);
        _commitFirst(5);
        _revealFirst(2);
        _advance();
        for (uint256 i = 2; i < 5; ++i) {
            _expel(i);
        }
    }

    /// @dev The roles take over the settled model; the trainers go on from it with new deltas.
    function _nextRound(uint256 selected) internal {
        model = _modelAfter(selected);
        _newDeltas();
    }

    function _newDeltas() internal {
        for (uint256 i; i < SLOTS; ++i) {
            deltas[i][3] += 100;
        }
    }

    /// @dev The next event of an opening in which everybody may commit.
    function _expectOpened(uint256 round, uint256 epoch) internal {
        uint64 deadline = uint64(block.timestamp + terms.commitSeconds);
        vm.expectEmit(address(market));
        emit IMarketEvents.RoundOpened(
            _id(), round, epoch, terms.learningRate, deadline, 0, 2 ** 32, 0
        );
    }

    // --- what must hold ------------------------------------------------------------------------

    function _assertRefused(address caller, bytes memory call, bytes memory reason) internal {
        vm.prank(caller);
        (bool done, bytes memory given) = address(market).call(call);
        assertFalse(done, "not refused");
        assertEq(given, reason);
    }

    function _assertPhase(Phase expected) internal view {
        assertEq(uint8(_project().phase), uint8(expected), "phase");
    }

    function _assertStanding(uint256 i, Standing expected) internal view {
        assertEq(uint8(_standing(i)), uint8(expected), "standing");
    }

    /// @dev All that ever went in is locked, credited, or has been paid out.
    function _assertConserved(uint256 paidOut) internal view {
        _assertOwedIsHeld();
        assertEq(
            address(market).balance + paidOut,
            DEPOSIT + terms.ownerBond + terms.aggregatorStake + _joined
                * uint256(terms.trainerStake),
            "deposited is owed or paid"
        );
    }

    /// @dev Who else deposits or exits is the test's to know.
    function _assertOwedIsHeld() internal view {
        uint256 owed = market.locked(_id()) + _credit(owner) + _credit(aggregator)
            + _credit(successor) + _credit(outsider);
        for (uint256 i; i < SLOTS; ++i) {
            owed += _credit(accounts[i]);
        }
        for (uint256 i; i < terms.arbiters.length; ++i) {
            owed += _credit(terms.arbiters[i]);
        }
        assertEq(owed, address(market).balance, "owed is held");
    }
}
