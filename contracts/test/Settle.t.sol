// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IVerifier} from "../src/interfaces/IVerifier.sol";
import {Bn254} from "../src/libraries/Bn254.sol";
import {Binding, Folding} from "../src/libraries/Folding.sol";
import {RoundGame} from "../src/libraries/RoundGame.sol";
import {Fixture, IMarket, Phase, Point, Project, Vectors} from "./Fixture.sol";
import {Answer} from "./ScriptedVerifier.sol";
import {Vm} from "forge-std/Vm.sol";

/// @dev Accepts, but not without writing something.
contract WritingVerifier {
    uint256 public calls;

    function verifyProof(bytes calldata, uint256[] calldata) external returns (bool) {
        ++calls;
        return true;
    }
}

contract SettleTest is Fixture {
    struct Outcome {
        address[] trainers;
        uint256 selected;
        int256[] scores;
        uint256 denominator;
        uint256[] payouts;
        int256 before;
        int256 afterwards;
        Point model;
        string modelCid;
    }

    uint256 private constant HONEST = 0x1f; // trainers 0 to 4

    // --- selection, contribution, model --------------------------------------------------------

    function test_Settle_SelectsTheHonestAndMovesTheModel() public {
        _toSettlement(SLOTS);
        int256[4] memory next = _modelAfter(HONEST);
        Outcome memory outcome = _settled();

        assertEq(outcome.selected, HONEST);
        assertEq(outcome.trainers[5], accounts[5]);
        assertEq(outcome.scores[5], 0);
        assertEq(outcome.payouts[5], 0);
        assertEq(outcome.before, Vectors.utility(model));
        assertEq(outcome.afterwards, Vectors.utility(next));
        assertEq(outcome.modelCid, CID);
        int256 sum;
        for (uint256 i; i < 5; ++i) {
            sum += outcome.scores[i];
        }
        assertEq(sum, int256(outcome.denominator) * (outcome.afterwards - outcome.before));
        Project memory p = _project();
        assertEq(abi.encode(p.model), abi.encode(Vectors.commitment(next)));
        assertEq(abi.encode(outcome.model), abi.encode(p.model));
        assertEq(p.utility, outcome.afterwards);
        assertEq(uint8(p.phase), uint8(Phase.Commit));
        assertEq(p.round, 1);
        assertEq(p.epoch, 1);
        assertEq(p.deadline, block.timestamp + terms.commitSeconds);
    }

    function test_Settle_PaysFloorAndShares() public {
        _toSettlement(SLOTS);
        uint256 budget = uint256(_project().trainerBudget) / 2;
        Outcome memory outcome = _settled();

        uint256 positive;
        for (uint256 i; i < 5; ++i) {
            if (outcome.scores[i] > 0) positive += uint256(outcome.scores[i]);
        }
        uint256 floorPool = budget * 3000 / 10_000;
        uint256 total;
        for (uint256 i; i < 5; ++i) {
            uint256 score = outcome.scores[i] > 0 ? uint256(outcome.scores[i]) : 0;
            uint256 expected = floorPool / 5 + (budget - floorPool) * score / positive;
            assertEq(outcome.payouts[i], expected);
            assertEq(_credit(accounts[i]), expected);
            total += expected;
        }
        assertEq(_project().trainerBudget, DEPOSIT - 0.02 ether - total);
        assertEq(_credit(aggregator), 0.01 ether);
        assertEq(_project().feeBudget, 0.01 ether);
        _assertConserved(0);
    }

    /// @dev Of n that all send about the same none would be missed much.
    function test_Settle_ScoresByLeaveOneOutIfTheTermsSaySo() public {
        terms.scoring = 1;
        _toSettlement(SLOTS);
        Outcome memory outcome = _settled();

        assertEq(outcome.selected, HONEST);
        assertEq(outcome.denominator, 1);
        for (uint256 i; i < 5; ++i) {
            int256[4] memory without = _modelAfter(HONEST & ~(1 << i));
            assertEq(outcome.scores[i], outcome.afterwards - Vectors.utility(without));
        }
        assertEq(outcome.scores[5], 0);
    }

    function test_Settle_OfFewTrainersToleratesFewerOutliers() public {
        terms.quorum = 3;
        _toSettlement(4); // f = 1 needs five: of four nobody is dropped
        Outcome memory outcome = _settled();

        assertEq(outcome.selected, 0xf);
        _assertConserved(0);
    }

    function test_Settle_ChainsRoundsToTheEnd() public {
        _toSettlement(SLOTS);
        _settle();
        _nextRound(HONEST);
        _commitFirst(SLOTS);
        _revealFirst(SLOTS);
        int256[4] memory last = _modelAfter(HONEST);
        uint256 left = _project().trainerBudget;
        Outcome memory outcome = _settled();

        uint256 paid;
        for (uint256 i; i < SLOTS; ++i) {
            paid += outcome.payouts[i];
        }
        assertEq(uint8(_project().phase), uint8(Phase.Done));
        assertEq(abi.encode(_project().model), abi.encode(Vectors.commitment(last)));
        assertEq(_credit(owner), left - paid); // what rounding left
        assertLt(left - paid, 12);
        assertEq(_credit(aggregator), 0.02 ether);
        assertEq(_project().deadline, 0);
        _assertConserved(0);
    }

    function test_Settle_ProvesWithTheCommitmentsItStores() public {
        _toSettlement(QUORUM);
        _expectProofAbout(terms.model, QUORUM);
        _settle();
    }

    function test_Settle_ProvesTheNextRoundFromTheNewModel() public {
        _toSettlement(SLOTS);
        _settle();
        _nextRound(HONEST);
        _commitFirst(SLOTS);
        _revealFirst(SLOTS);
        _expectProofAbout(Vectors.commitment(model), SLOTS);
        _settle();
    }

    function _expectProofAbout(Point memory from, uint256 revealed) private {
        Point[] memory points = new Point[](revealed);
        for (uint256 i; i < revealed; ++i) {
            points[i] = _point(i);
        }
        (bytes memory proof, uint256[] memory instances) = market.referee()
            .statement(Binding(terms.zero, terms.statistics, from, points), _folded(), _claims());
        vm.expectCall(
            address(verifier), abi.encodeCall(IVerifier.verifyProof, (proof, instances)), 1
        );
    }

    function test_Settle_FreeRiderEarnsTheFloorShareOnly() public {
        // Two close ones of each kind and the zero between them: it is as central as can be.
        deltas[0] = [int256(8), 0, 0, 1000];
        deltas[1] = [int256(-8), 0, 0, 1001];
        deltas[2] = [int256(0), 8, 0, 1002];
        deltas[3] = [int256(0), -8, 0, 1003];
        deltas[4] = [int256(0), 0, 0, 1004];
        deltas[5] = [int256(900), 900, 900, 1005];
        _toSettlement(SLOTS);
        uint256 budget = uint256(_project().trainerBudget) / 2;
        Outcome memory outcome = _settled();

        assertEq(outcome.selected, HONEST);
        assertEq(outcome.scores[4], 0);
        assertEq(outcome.payouts[4], budget * 3000 / 10_000 / 5);
    }

    // --- hyper-parameters ----------------------------------------------------------------------

    function test_Settle_KeepsTheRateIfTheGainIsReached() public {
        terms.minimumGain = Vectors.utility(_modelAfter(HONEST)) - Vectors.utility(model);
        _toSettlement(SLOTS);
        _settle();
        assertEq(_project().learningRate, terms.learningRate);
    }

    function test_Settle_DecaysTheRateIfTheGainIsMissed() public {
        terms.minimumGain = Vectors.utility(_modelAfter(HONEST)) - Vectors.utility(model) + 1;
        _toSettlement(SLOTS);
        _settle();
        assertEq(_project().learningRate, terms.learningRate / 2);
    }

    function test_Settle_StopsAtTheTarget() public {
        terms.targetUtility = Vectors.utility(_modelAfter(HONEST));
        _toSettlement(SLOTS);
        uint256 left = _project().trainerBudget;
        Outcome memory outcome = _settled();
        uint256 paid;
        for (uint256 i; i < SLOTS; ++i) {
            paid += outcome.payouts[i];
        }
        assertEq(uint8(_project().phase), uint8(Phase.Done));
        assertEq(_credit(owner), left - paid + 0.01 ether); // with the fee of the round saved
        _assertConserved(0);
    }

    function test_Settle_GoesOnJustBelowTheTarget() public {
        terms.targetUtility = Vectors.utility(_modelAfter(HONEST)) + 1;
        _toSettlement(SLOTS);
        _settle();
        assertEq(uint8(_project().phase), uint8(Phase.Commit));
    }

    // --- the largest round ---------------------------------------------------------------------

    function test_Settle_LargestRoundOfLargestNumbersDoesNotOverflow() public {
        terms.slots = 32;
        terms.byzantine = 0;
        terms.aggregatorStake = 32 * terms.challengeBond;
        _create();
        _bond();
        address[] memory many = new address[](32);
        for (uint256 i; i < 32; ++i) {
            many[i] = address(uint160(1000 + i));
            vm.deal(many[i], terms.trainerStake);
            vm.prank(many[i]);
            market.join{value: terms.trainerStake}(terms);
        }
        bytes32 id = _id();
        for (uint256 i; i < 32; ++i) {
            Point memory point = Bn254.mul(Point(1, 2), i + 2);
            bytes32 commitment =
                market.commitmentOf(many[i], id, 0, point, vm.toString(i), bytes32(i));
            vm.prank(many[i]);
            market.commit(terms, 0, commitment);
        }
        for (uint256 i; i < 32; ++i) {
            Point memory point = Bn254.mul(Point(1, 2), i + 2);
            vm.prank(many[i]);
            market.reveal(terms, 0, point, vm.toString(i), bytes32(i));
        }
        uint256[] memory claims = Vectors.largestClaims(32);
        vm.startPrank(aggregator);
        uint256 snapshot = vm.snapshotState();
        uint256 gas = gasleft();
        market.settle(terms, CID, _folded(), claims);
        assertLt(gas - gasleft(), 16_000_000, "a round must fit into a block"); // EIP-7825: 2^24
        vm.revertToState(snapshot);
        for (uint256 i; i < claims.length; ++i) {
            claims[i] = Bn254.R - claims[i];
        }
        market.settle(terms, CID, _folded(), claims);
        assertEq(_project().round, 1);
    }

    // --- refusals ------------------------------------------------------------------------------

    function test_RevertIf_CallerIsNotTheAggregator() public {
        _toSettlement(SLOTS);
        uint256[] memory claims = _claims();
        vm.expectRevert(
            abi.encodeWithSelector(IMarket.NotAggregator.selector, outsider, aggregator)
        );
        vm.prank(outsider);
        market.settle(terms, CID, _folded(), claims);
    }

    function test_RevertIf_TooLate() public {
        _toSettlement(SLOTS);
        uint64 deadline = _project().deadline;
        _pass();
        _expectRefusal(_claims(), abi.encodeWithSelector(IMarket.DeadlinePassed.selector, deadline));
    }

    function test_Settle_InTheLastSecond() public {
        _toSettlement(SLOTS);
        vm.warp(_project().deadline);
        _settle();
        assertEq(_project().round, 1);
    }

    function test_RevertIf_SettledAlready() public {
        _toSettlement(SLOTS);
        uint256[] memory claims = _claims();
        _settle();
        _expectRefusal(
            claims, abi.encodeWithSelector(IMarket.WrongPhase.selector, Phase.Commit, Phase.Settle)
        );
    }

    function test_RevertIf_ModelCidIsEmpty() public {
        _toSettlement(SLOTS);
        uint256[] memory claims = _claims();
        vm.expectRevert(abi.encodeWithSelector(IMarket.BadCid.selector, ""));
        vm.prank(aggregator);
        market.settle(terms, "", _folded(), claims);
    }

    function test_RevertIf_InstancesAreIncomplete() public {
        _toSettlement(SLOTS);
        _expectRefusal(
            new uint256[](55), abi.encodeWithSelector(Folding.ClaimCount.selector, 55, 56)
        );
    }

    function test_RevertIf_AnInstanceIsNotInTheField() public {
        _toSettlement(SLOTS);
        uint256[] memory claims = _claims();
        claims[55] = Bn254.R; // the verifier might take it for 0
        _expectRefusal(
            claims, abi.encodeWithSelector(Folding.ClaimNotInField.selector, 55, Bn254.R)
        );
    }

    function test_RevertIf_VerifierRejects() public {
        _toSettlement(SLOTS);
        verifier.script(Answer.Reject);
        _expectRefusal(_claims(), abi.encodeWithSelector(IMarket.ProofRejected.selector));
    }

    function test_RevertIf_VerifierAnswersFalse() public {
        _toSettlement(SLOTS);
        verifier.script(Answer.False);
        _expectRefusal(_claims(), abi.encodeWithSelector(IMarket.ProofRejected.selector));
    }

    function test_RevertIf_VerifierWouldWrite() public {
        bytes memory code = type(WritingVerifier).creationCode;
        terms.verifierCodeHash = address(market.registry().deploy(terms.circuit, code)).codehash;
        _toSettlement(SLOTS);
        uint256[] memory claims = _claims();
        vm.expectRevert(abi.encodeWithSelector(IMarket.ProofRejected.selector));
        vm.prank(aggregator);
        // A static call that writes burns what it is given.
        market.settle{gas: 3_000_000}(terms, CID, _folded(), claims);
    }

    function test_RevertIf_VerifierIsAnotherByNow() public {
        _toSettlement(SLOTS);
        uint256[] memory claims = _claims();
        vm.etch(address(verifier), address(new WritingVerifier()).code);
        _expectRefusal(
            claims,
            abi.encodeWithSelector(
                IMarket.NoVerifier.selector, terms.circuit, terms.verifierCodeHash
            )
        );
    }

    function test_RevertIf_VerifierIsGone() public {
        _toSettlement(SLOTS);
        uint256[] memory claims = _claims();
        vm.etch(address(verifier), "");
        _expectRefusal(
            claims,
            abi.encodeWithSelector(
                IMarket.NoVerifier.selector, terms.circuit, terms.verifierCodeHash
            )
        );
    }

    function _expectRefusal(uint256[] memory claims, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(aggregator);
        market.settle(terms, CID, _folded(), claims);
    }

    function _settled() private returns (Outcome memory o) {
        vm.recordLogs();
        _settle();
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != IMarket.Settled.selector) continue;
            // A struct is encoded as its members are, behind an offset.
            o = abi.decode(bytes.concat(bytes32(uint256(32)), logs[i].data), (Outcome));
        }
    }
}
