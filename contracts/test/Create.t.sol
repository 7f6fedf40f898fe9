// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bn254, TwistPoint} from "../src/libraries/Bn254.sol";
import {Scorings, Selections, Steps} from "../src/libraries/Choices.sol";
import {Token} from "../src/libraries/Token.sol";
import {Fixture, IMarketEvents, Phase, Point, Project} from "./Fixture.sol";

contract CreateTest is Fixture {
    function test_Create_LocksTheDeposit() public {
        vm.expectEmit(address(market));
        emit IMarketEvents.Created(_id(), terms, DEPOSIT, CID, "initial");
        vm.prank(owner);
        bytes32 id = market.create{value: DEPOSIT}(terms, DEPOSIT, CID, "initial");

        assertEq(id, _id());
        Project memory p = _project();
        assertEq(uint8(p.phase), uint8(Phase.Joining));
        assertEq(p.deadline, block.timestamp + terms.joinSeconds);
        assertEq(p.learningRate, terms.learningRate);
        assertEq(p.feeBudget, 0.02 ether);
        assertEq(p.trainerBudget, DEPOSIT - 0.02 ether);
        assertEq(abi.encode(p.model), abi.encode(terms.model));
        assertEq(market.locked(id), DEPOSIT);
        assertEq(address(market).balance, DEPOSIT);
    }

    function test_Create_TakesTheLargestDeposit() public {
        vm.deal(owner, 2 ** 90);
        terms.aggregatorStake = 2 ** 90; // of two, as it has to cover a pot of half of it
        vm.prank(owner);
        market.create{value: 2 ** 90}(terms, 2 ** 90, CID, CID);
        assertEq(market.locked(_id()), 2 ** 90);
    }

    function test_Id_NamesTermsContractAndChain() public {
        bytes32 id = _id();
        assertNotEq(id, _deploy().idOf(terms));
        terms.nonce = 1;
        assertNotEq(id, _id());
        terms.nonce = 0;
        vm.chainId(block.chainid + 1);
        assertNotEq(id, _id());
    }

    function test_RevertIf_AnotherThanTheOwnerCreates() public {
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.NotOwner.selector, outsider, owner));
        vm.prank(outsider);
        market.create{value: DEPOSIT}(terms, DEPOSIT, CID, CID);
    }

    function test_RevertIf_ProjectExists() public {
        _create();
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.ProjectExists.selector, _id()));
        _create();
    }

    function test_RevertIf_SpecCidIsEmpty() public {
        _expectBadCid("", CID, "");
    }

    function test_RevertIf_ModelCidIsTooLong() public {
        string memory long = string(new bytes(65));
        _expectBadCid(CID, long, long);
    }

    function test_RevertIf_DepositOnlyCoversTheFees() public {
        vm.expectRevert(_badTerms("deposit does not exceed the fees"));
        vm.prank(owner);
        market.create{value: 0.02 ether}(terms, 0.02 ether, CID, CID);
    }

    function test_RevertIf_DepositDoesNotFitTheBooks() public {
        _expectBadAmount(2 ** 90 + 1);
        _expectBadAmount(0);
    }

    function test_RevertIf_VerifierIsNotRegistered() public {
        bytes32 known = terms.verifierCodeHash;
        bytes32[3] memory others = [bytes32(0), keccak256(""), keccak256("another")];
        for (uint256 i; i < 3; ++i) {
            terms.verifierCodeHash = others[i];
            _expectNoVerifier();
        }
        terms.verifierCodeHash = known;
        terms.circuit = keccak256("another circuit");
        _expectNoVerifier();
    }

    function test_RevertIf_ValueIsNotTheDeposit() public {
        vm.expectRevert(abi.encodeWithSelector(Token.WrongValue.selector, DEPOSIT - 1, DEPOSIT));
        vm.prank(owner);
        market.create{value: DEPOSIT - 1}(terms, DEPOSIT, CID, CID);
    }

    function test_RevertIf_NoneOrTooManyAggregators() public {
        terms.aggregators = new address[](0);
        _expectBadTerms("not 1 to 4 aggregators");
        terms.aggregators = new address[](5);
        _expectBadTerms("not 1 to 4 aggregators");
    }

    function test_RevertIf_TooManySlots() public {
        terms.slots = 33;
        _expectBadTerms("no slots, or more than 32");
        terms.slots = 0;
        _expectBadTerms("no slots, or more than 32");
    }

    function test_RevertIf_ParticipantsAreOutOfBounds() public {
        string memory reason = "fewer participants than slots, or more than 1000";
        terms.participants = uint16(SLOTS) - 1;
        _expectBadTerms(reason);
        terms.participants = 1001;
        _expectBadTerms(reason);
        terms.participants = 1000;
        _create();
    }

    function test_RevertIf_SlotsTolerateFewerThanF() public {
        (terms.slots, terms.quorum) = (uint8(QUORUM) - 1, 3);
        _expectBadTerms("fewer slots than 2f + 3");
        terms.selection = Selections.PROVEN_VALUE; // which knows no f
        _create();
    }

    function test_RevertIf_FDoesNotFitAByte() public {
        terms.byzantine = 127; // 2f + 3 = 257
        _expectBadTerms("fewer slots than 2f + 3");
    }

    /// @dev Multi-Krum and exact Shapley values need three, the mean without one needs one more.
    function test_RevertIf_TheQuorumIsBelowWhatTheRulesNeed() public {
        _expectFewest(Selections.MULTI_KRUM, Scorings.SHAPLEY, Steps.MEAN, 3);
        _expectFewest(Selections.MULTI_KRUM, Scorings.IN_RUN, Steps.EXACT, 3);
        _expectFewest(Selections.PROVEN_VALUE, Scorings.SHAPLEY, Steps.MEAN, 3);
        _expectFewest(Selections.PROVEN_VALUE, Scorings.LEAVE_ONE_OUT, Steps.MEAN, 2);
        _expectFewest(Selections.PROVEN_VALUE, Scorings.LEAVE_ONE_OUT, Steps.EXACT, 1);
        _expectFewest(Selections.PROVEN_VALUE, Scorings.IN_RUN, Steps.MEAN, 1);
    }

    function test_RevertIf_QuorumAboveSlots() public {
        terms.quorum = terms.slots + 1;
        _expectBadTerms("a quorum below what the rules need, or above the slots");
    }

    function test_RevertIf_NoRounds() public {
        terms.rounds = 0;
        _expectBadTerms("no rounds");
    }

    function test_RevertIf_AChoiceIsUnknown() public {
        string memory reason = "an unknown selection, scoring, step or payment";
        terms.selection = 2;
        _expectBadTerms(reason);
        (terms.selection, terms.scoring) = (0, 3);
        _expectBadTerms(reason);
        (terms.scoring, terms.step) = (0, 3);
        _expectBadTerms(reason);
        (terms.step, terms.payment) = (0, 2);
        _expectBadTerms(reason);
    }

    function test_RevertIf_TheMeanGameHasAnotherStep() public {
        for (uint8 step = Steps.EXACT; step <= Steps.BOUNDED; ++step) {
            terms.step = step;
            _expectBadTerms("the mean game with another step than the mean");
        }
        terms.scoring = Scorings.LEAVE_ONE_OUT;
        _create();
    }

    function test_RevertIf_TheYardstickIsOfNothing() public {
        terms.rows = 0;
        _expectBadTerms("a yardstick of nothing");
        (terms.rows, terms.outputs) = (1, 0);
        _expectBadTerms("a yardstick of nothing");
        (terms.outputs, terms.energy) = (1, 2 ** 240 + 1);
        _expectBadTerms("a yardstick of nothing");
        terms.energy = 2 ** 240;
        _create();
    }

    function test_RevertIf_NoGainIsExpected() public {
        _useDefaults();
        terms.expectedGain = 0;
        _expectBadTerms("no gain is expected");
        terms.expectedGain = -1;
        _expectBadTerms("no gain is expected");
        terms.expectedGain = 2 ** 240 + 1;
        _expectBadTerms("no gain is expected");
        (terms.expectedGain, terms.potCapBps) = (2 ** 240, 0);
        _expectBadTerms("a pot of nothing, or above 100 %");
        terms.potCapBps = 10_001;
        _expectBadTerms("a pot of nothing, or above 100 %");
        terms.potCapBps = 1;
        _create();
    }

    function test_RevertIf_AttendanceIsAboveAll() public {
        terms.attendanceBps = 10_001;
        _expectBadTerms("a share above 100 %");
    }

    function test_RevertIf_DecayIsAboveAll() public {
        terms.decayBps = 10_001;
        _expectBadTerms("a share above 100 %");
    }

    function test_RevertIf_AStakeDoesNotFitTheBooks() public {
        string memory reason = "a trainer's stake above 2^80, or an aggregator's above 2^90";
        terms.trainerStake = 2 ** 80 + 1;
        _expectBadTerms(reason);
        (terms.trainerStake, terms.aggregatorStake) = (2 ** 80, 2 ** 90 + 1);
        _expectBadTerms(reason);
        terms.aggregatorStake = 2 ** 90;
        _create();
    }

    function test_RevertIf_StakesDoNotCoverTheBonds() public {
        string memory reason = "stakes do not cover the challenge bonds";
        uint128 bond = terms.challengeBond;
        terms.challengeBond = 0;
        _expectBadTerms(reason);
        terms.challengeBond = terms.trainerStake + 1;
        _expectBadTerms(reason);
        (terms.challengeBond, terms.aggregatorStake) = (bond, bond * 6 - 1);
        _expectBadTerms(reason);
        (terms.aggregatorStake, terms.bounty) = (2 ether, bond / 2 + 1);
        _expectBadTerms("a bounty above half the challenge bond");
        terms.bounty = bond / 2;
        _create();
    }

    function test_RevertIf_ThereAreAuditsWithoutArbiters() public {
        string memory reason = "audits without arbiters";
        terms.arbiterQuorum = 1;
        _expectBadTerms(reason);
        (terms.arbiterQuorum, terms.auditBps) = (0, 1);
        _expectBadTerms(reason);
        (terms.auditBps, terms.ownerBond) = (0, 1);
        _expectBadTerms(reason);
        (terms.ownerBond, terms.disputeBond) = (0, 1);
        _expectBadTerms(reason);
    }

    function test_RevertIf_TheArbitersHaveNoMajority() public {
        string memory reason = "more than 8 arbiters, or a quorum of not more than half";
        (terms.ownerBond, terms.disputeBond) = (1 ether, 0.1 ether);
        terms.arbiters = new address[](4);
        terms.arbiterQuorum = 2;
        _expectBadTerms(reason);
        terms.arbiterQuorum = 5;
        _expectBadTerms(reason);
        terms.arbiters = new address[](9);
        _expectBadTerms(reason);
        terms.arbiters = new address[](8);
        _create();
    }

    function test_RevertIf_TheBondsOfAnAuditAreOutOfBounds() public {
        string memory reason = "a dispute bond of nothing or above the owner's, or that above 2^80";
        terms.arbiters = new address[](1);
        terms.arbiterQuorum = 1;
        (terms.ownerBond, terms.disputeBond) = (1 ether, 0);
        _expectBadTerms(reason);
        (terms.ownerBond, terms.disputeBond) = (1 ether, 1 ether + 1);
        _expectBadTerms(reason);
        (terms.ownerBond, terms.disputeBond) = (2 ** 80 + 1, 1);
        vm.deal(owner, 2 ** 82);
        _expectBadTerms(reason);
        (terms.ownerBond, terms.auditBps) = (2 ** 80, 10_001);
        _expectBadTerms(reason);
        terms.auditBps = 10_000;
        _create();
    }

    function test_RevertIf_AWindowIsTooLong() public {
        terms.answerSeconds = 90 days + 1;
        _expectBadTerms("a window above 90 days");
    }

    function test_RevertIf_ExitIsOutOfBounds() public {
        string memory reason = "an exit delay shorter than a round, or above 360 days";
        terms.exitSeconds = 1999;
        _expectBadTerms(reason);
        terms.exitSeconds = 360 days + 1;
        _expectBadTerms(reason);
        terms.exitSeconds = 360 days;
        _create();
    }

    function test_RevertIf_TauIsNoPointOfTheGroup() public {
        TwistPoint memory tau = terms.tau;
        terms.tau.xReal ^= 1;
        _expectBadTerms("tau is not in the twist's group");
        terms.tau = TwistPoint(0, 0, 0, 0);
        _expectBadTerms("tau is not in the twist's group");
        terms.tau = tau;
        terms.tau.yReal += Bn254.P;
        _expectBadTerms("tau is not in the twist's group");
    }

    function test_RevertIf_VectorDoesNotFitItsDomain() public {
        terms.entries = 9;
        _expectBadTerms("a vector longer than its domain");
        terms.entries = 0;
        _expectBadTerms("a vector longer than its domain");
        (terms.entries, terms.logrows) = (1, 29);
        _expectBadTerms("a vector longer than its domain");
        terms.logrows = 28;
        _create();
    }

    function test_RevertIf_ADeltaCouldNotBePublished() public {
        terms.logrows = 20;
        terms.entries = 40_001;
        _expectBadTerms("vectors too long to be published in one transaction");
        terms.entries = 40_000;
        _create();
    }

    function test_RevertIf_AWindowIsEmpty() public {
        terms.joinSeconds = 0;
        _expectBadTerms("a window of zero seconds");
        (terms.joinSeconds, terms.commitSeconds) = (1, 0);
        _expectBadTerms("a window of zero seconds");
        (terms.commitSeconds, terms.revealSeconds) = (1, 0);
        _expectBadTerms("a window of zero seconds");
        (terms.revealSeconds, terms.settleSeconds) = (1, 0);
        _expectBadTerms("a window of zero seconds");
        (terms.settleSeconds, terms.answerSeconds) = (1, 0);
        _expectBadTerms("a window of zero seconds");
        (terms.answerSeconds, terms.auditSeconds) = (1, 0);
        _expectBadTerms("a window of zero seconds");
    }

    function test_RevertIf_APointIsOffTheCurve() public {
        Point memory good = terms.zero;
        Point memory off = Point(1, 3);
        terms.zero = off;
        _expectBadTerms("a point is not on the curve");
        (terms.zero, terms.statistics) = (good, off);
        _expectBadTerms("a point is not on the curve");
        (terms.statistics, terms.model) = (good, Point(0, 0));
        _expectBadTerms("a point is not on the curve");
        terms.model = Point(1 + Bn254.P, 2);
        _expectBadTerms("a point is not on the curve");
    }

    function test_RevertIf_MoneyComesWithoutACall() public {
        vm.prank(owner);
        (bool ok,) = address(market).call{value: 1}("");
        assertFalse(ok);
    }

    /// @param fewest The smallest quorum of such terms.
    function _expectFewest(uint8 selection, uint8 scoring, uint8 step, uint8 fewest) private {
        (terms.selection, terms.scoring, terms.step) = (selection, scoring, step);
        terms.quorum = fewest - 1;
        _expectBadTerms("a quorum below what the rules need, or above the slots");
        terms.quorum = fewest;
        _create();
    }

    function _badTerms(string memory reason) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IMarketEvents.BadTerms.selector, reason);
    }

    function _expectBadTerms(string memory reason) private {
        vm.expectRevert(_badTerms(reason));
        _create();
    }

    function _expectBadCid(string memory specCid, string memory modelCid, string memory bad)
        private
    {
        vm.expectRevert(abi.encodeWithSelector(IMarketEvents.BadCid.selector, bad));
        vm.prank(owner);
        market.create{value: DEPOSIT}(terms, DEPOSIT, specCid, modelCid);
    }

    function _expectBadAmount(uint256 amount) private {
        vm.deal(owner, amount);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarketEvents.AmountOutOfRange.selector, amount, uint256(2 ** 90)
            )
        );
        vm.prank(owner);
        market.create{value: amount}(terms, amount, CID, CID);
    }

    function _expectNoVerifier() private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarketEvents.NoVerifier.selector, terms.circuit, terms.verifierCodeHash
            )
        );
        _create();
    }
}
