// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IVerifier} from "../src/interfaces/IVerifier.sol";
import {Bn254} from "../src/libraries/Bn254.sol";
import {Scorings, Steps} from "../src/libraries/Choices.sol";
import {Binding, Folding} from "../src/libraries/Folding.sol";
import {RoundGame} from "../src/libraries/RoundGame.sol";
import {IMarketEvents, Phase, Point, Project, Vectors} from "./Fixture.sol";
import {Outcomes} from "./Outcomes.sol";
import {Answer} from "./ScriptedVerifier.sol";

/// @dev Accepts, but not without writing something.
contract WritingVerifier {
    uint256 public calls;

    function verifyProof(bytes calldata, uint256[] calldata) external returns (bool) {
        ++calls;
        return true;
    }
}

contract SettleTest is Outcomes {
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

    function test_Settle_PaysAttendanceAndShares() public {
        _toSettlement(SLOTS);
        uint256 budget = uint256(_project().trainerBudget) / 2;
        Outcome memory outcome = _settled();

        uint256 positive;
        uint256 count;
        for (uint256 i; i < 5; ++i) {
            if (outcome.scores[i] <= 0) continue;
            positive += uint256(outcome.scores[i]);
            ++count;
        }
        uint256 pool = budget * 3000 / 10_000;
        uint256 total;
        for (uint256 i; i < 5; ++i) {
            uint256 score = outcome.scores[i] > 0 ? uint256(outcome.scores[i]) : 0;
            uint256 expected = score == 0 ? 0 : pool / count + (budget - pool) * score / positive;
            assertEq(outcome.payouts[i], expected);
            assertEq(_credit(accounts[i]), expected);
            assertEq(market.trainer(_id(), accounts[i]).earned, 0); // for pay that follows gain
            total += expected;
        }
        assertGt(total, budget - 12);
        assertEq(_project().trainerBudget, BUDGET - total);
        assertEq(_project().budget, BUDGET);
        assertEq(_project().gainPaid, 0);
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
        uint256 paid = _sum(_settled().payouts);
        _assertPhase(Phase.Done);
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

    function test_Settle_AFreeRiderEarnsNothing() public {
        // Two close ones of each kind and the zero between them: it is as central as can be.
        deltas[0] = [int256(8), 0, 0, 1000];
        deltas[1] = [int256(-8), 0, 0, 1001];
        deltas[2] = [int256(0), 8, 0, 1002];
        deltas[3] = [int256(0), -8, 0, 1003];
        deltas[4] = [int256(0), 0, 0, 1004];
        deltas[5] = [int256(900), 900, 900, 1005];
        _toSettlement(SLOTS);
        Outcome memory outcome = _settled();

        assertEq(outcome.selected, HONEST);
        assertEq(outcome.scores[4], 0);
        assertEq(outcome.payouts[4], 0);
        assertGt(outcome.payouts[0], 0);
    }

    // --- the market's own choice ---------------------------------------------------------------

    /// @dev The step is an exact line search along the deltas of those who are in.
    function test_Settle_ByDefaultScoresTheUpdateThatItApplies() public {
        _useDefaults();
        _toSettlement(SLOTS);
        Outcome memory o = _settled();

        assertEq(o.selected, HONEST);
        assertEq(o.weights[5], 0);
        assertEq(o.denominator, 1);
        int256[4] memory next = _modelMoved(o.weights);
        assertEq(o.afterwards, Vectors.utility(next));
        assertEq(abi.encode(_project().model), abi.encode(Vectors.commitment(next)));
        int256 sum;
        for (uint256 i; i < SLOTS; ++i) {
            sum += o.scores[i];
        }
        assertEq(sum, o.afterwards - o.before);
        for (uint256 k; k < 2; ++k) {
            uint256[] memory other = new uint256[](SLOTS);
            for (uint256 i; i < SLOTS; ++i) {
                other[i] = o.weights[i] * (k == 0 ? 11 : 9) / 10;
            }
            assertLt(Vectors.utility(_modelMoved(other)), o.afterwards);
        }
        _assertConserved(0);
    }

    function test_Settle_ByLeaveOneOutOfTheExactStep() public {
        _useDefaults();
        terms.scoring = Scorings.LEAVE_ONE_OUT;
        _toSettlement(SLOTS);
        Outcome memory o = _settled();

        assertEq(o.selected, HONEST);
        for (uint256 i; i < SLOTS; ++i) {
            uint256 weight = o.weights[i];
            o.weights[i] = 0;
            int256 without = Vectors.utility(_modelMoved(o.weights));
            o.weights[i] = weight;
            assertEq(o.scores[i], o.afterwards - without);
        }
    }

    /// @dev A delta that is three times as long counts as one of the others.
    function test_Settle_ByDefaultClipsALongDelta() public {
        _useDefaults();
        for (uint256 k; k < 3; ++k) {
            deltas[1][k] = 3 * deltas[0][k];
        }
        _toSettlement(SLOTS);
        Outcome memory o = _settled();
        assertApproxEqRel(3 * o.weights[1], o.weights[0], 0.03e18);
        assertApproxEqRel(o.payouts[1], o.payouts[0], 0.03e18);
    }

    /// @dev Nothing helps: the model stays, and whoever is in has attended.
    function test_Settle_ByDefaultMovesNothingWhereNothingHelps() public {
        _useDefaults();
        terms.energy = 1e18; // rows that say so little that nobody is dropped
        for (uint256 i; i < 5; ++i) {
            for (uint256 k; k < 3; ++k) {
                deltas[i][k] = deltas[5][k];
            }
        }
        _toSettlement(SLOTS);
        Outcome memory o = _settled();
        assertEq(o.selected, 0x3f);
        assertEq(_sum(o.weights), 0);
        assertEq(o.afterwards, o.before);
        assertEq(abi.encode(_project().model), abi.encode(terms.model));
        uint256 attendance = BUDGET * 3000 / 10_000 / 2;
        for (uint256 i; i < SLOTS; ++i) {
            assertEq(o.payouts[i], attendance / 6);
        }
        _assertConserved(0);
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
        uint256 paid = _sum(_settled().payouts);
        _assertPhase(Phase.Done);
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
        terms.byzantine = 0;
        _settleLargest();
    }

    function test_Settle_LargestRoundWithManyOutliersDoesNotOverflow() public {
        terms.byzantine = 14;
        _settleLargest();
    }

    function test_Settle_LargestRoundByDefaultDoesNotOverflow() public {
        _useDefaults();
        (terms.energy, terms.expectedGain) = (2 ** 240, 2 ** 240);
        _settleLargest();
    }

    function test_Settle_LargestRoundByTheMeanInTheRunDoesNotOverflow() public {
        _useDefaults();
        (terms.step, terms.energy) = (Steps.MEAN, 0);
        _settleLargest();
    }

    /// @dev Of 32 that reveal points nobody has a delta for: the verifier is scripted.
    function _settleLargest() private {
        (terms.slots, terms.participants) = (32, 32);
        _create();
        _bond();
        address[] memory many = new address[](32);
        for (uint256 i; i < 32; ++i) {
            many[i] = address(uint160(1000 + i));
            vm.deal(many[i], terms.trainerStake);
            vm.prank(many[i]);
            market.join{value: terms.trainerStake}(terms, _uninvited());
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
        _settleLargestClaims();
    }

    /// @dev All of them positive, then negative but for what no vector has negative, then that too.
    function _settleLargestClaims() private {
        uint256[] memory claims = Vectors.largestClaims(32);
        vm.startPrank(aggregator);
        uint256 snapshot = vm.snapshotState();
        uint256 gas = gasleft();
        market.settle(terms, CID, _folded(), claims);
        assertLt(gas - gasleft(), 16_000_000, "a round must fit into a block"); // EIP-7825: 2^24
        vm.revertToState(snapshot);
        uint256 positive = claims[33]; // the first of curvature; every diagonal is as large
        for (uint256 i; i < claims.length; ++i) {
            claims[i] = Bn254.R - claims[i];
        }
        uint256[] memory all = abi.decode(abi.encode(claims), (uint256[]));
        uint256 squares = claims.length - 32 * 33 / 2;
        uint256 next;
        for (uint256 i; i < 32; ++i) {
            claims[33 + next] = claims[squares + next] = positive;
            next += 32 - i;
        }
        market.settle(terms, CID, _folded(), claims);
        assertEq(_project().round, 1);
        vm.revertToState(snapshot);
        vm.startPrank(aggregator);
        vm.expectRevert(abi.encodeWithSelector(RoundGame.NegativeCurvature.selector, 0));
        market.settle(terms, CID, _folded(), all);
        vm.stopPrank();
    }

    // --- refusals ------------------------------------------------------------------------------

    function test_RevertIf_CallerIsNotTheAggregator() public {
        _toSettlement(SLOTS);
        uint256[] memory claims = _claims();
        vm.expectRevert(
            abi.encodeWithSelector(IMarketEvents.NotAggregator.selector, outsider, aggregator)
        );
        vm.prank(outsider);
        market.settle(terms, CID, _folded(), claims);
    }

    function test_RevertIf_TooLate() public {
        _toSettlement(SLOTS);
        uint64 deadline = _project().deadline;
        _pass();
        _expectRefusal(
            _claims(), abi.encodeWithSelector(IMarketEvents.DeadlinePassed.selector, deadline)
        );
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
            claims,
            abi.encodeWithSelector(IMarketEvents.WrongPhase.selector, Phase.Commit, Phase.Settle)
        );
    }

    function test_RevertIf_ModelCidIsEmpty() public {
        _toSettlement(SLOTS);
        uint256[] memory claims = _claims();
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.BadCid.selector, ""));
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
        _expectRefusal(_claims(), abi.encodeWithSelector(IMarketEvents.ProofRejected.selector));
    }

    function test_RevertIf_VerifierAnswersFalse() public {
        _toSettlement(SLOTS);
        verifier.script(Answer.False);
        _expectRefusal(_claims(), abi.encodeWithSelector(IMarketEvents.ProofRejected.selector));
    }

    function test_RevertIf_VerifierWouldWrite() public {
        bytes memory code = type(WritingVerifier).creationCode;
        terms.verifierCodeHash = address(market.registry().deploy(terms.circuit, code)).codehash;
        _toSettlement(SLOTS);
        uint256[] memory claims = _claims();
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.ProofRejected.selector));
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
                IMarketEvents.NoVerifier.selector, terms.circuit, terms.verifierCodeHash
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
                IMarketEvents.NoVerifier.selector, terms.circuit, terms.verifierCodeHash
            )
        );
    }

    function _expectRefusal(uint256[] memory claims, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(aggregator);
        market.settle(terms, CID, _folded(), claims);
    }
}
