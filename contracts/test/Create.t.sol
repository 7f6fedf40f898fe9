// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IVerifier} from "../src/interfaces/IVerifier.sol";
import {Bn254} from "../src/libraries/Bn254.sol";
import {Fixture, IMarket, Phase, Point, Project} from "./Fixture.sol";

contract CreateTest is Fixture {
    function test_Create_LocksTheDeposit() public {
        vm.expectEmit(address(market));
        emit IMarket.Created(_id(), terms, DEPOSIT, CID, "initial");
        vm.prank(owner);
        bytes32 id = market.create{value: DEPOSIT}(terms, CID, "initial");

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
        vm.deal(owner, type(uint128).max);
        vm.prank(owner);
        market.create{value: type(uint128).max}(terms, CID, CID);
        assertEq(market.locked(_id()), type(uint128).max);
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
        vm.expectRevert(abi.encodeWithSelector(IMarket.NotOwner.selector, outsider, owner));
        vm.prank(outsider);
        market.create{value: DEPOSIT}(terms, CID, CID);
    }

    function test_RevertIf_ProjectExists() public {
        _create();
        vm.expectRevert(abi.encodeWithSelector(IMarket.ProjectExists.selector, _id()));
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
        market.create{value: 0.02 ether}(terms, CID, CID);
    }

    function test_RevertIf_DepositDoesNotFitTheBooks() public {
        vm.deal(owner, uint256(type(uint128).max) + 1);
        vm.expectRevert(_badTerms("deposit does not exceed the fees"));
        vm.prank(owner);
        market.create{value: uint256(type(uint128).max) + 1}(terms, CID, CID);
    }

    function test_RevertIf_VerifierHasNoCode() public {
        terms.verifier = IVerifier(outsider);
        terms.verifierCodeHash = outsider.codehash;
        _expectBadTerms("the verifier has no code");
    }

    function test_RevertIf_VerifierIsNotTheOneNamed() public {
        terms.verifierCodeHash = keccak256("another");
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarket.VerifierChanged.selector, address(verifier).codehash, keccak256("another")
            )
        );
        _create();
    }

    function test_RevertIf_NoAggregator() public {
        terms.aggregator = address(0);
        _expectBadTerms("no aggregator");
    }

    function test_RevertIf_TooManySlots() public {
        terms.slots = 23;
        _expectBadTerms("too many slots");
    }

    function test_RevertIf_SlotsTolerateFewerThanF() public {
        terms.slots = uint8(QUORUM) - 1;
        _expectBadTerms("fewer slots than 2f + 3");
    }

    function test_RevertIf_FDoesNotFitAByte() public {
        terms.byzantine = 127; // 2f + 3 = 257
        _expectBadTerms("fewer slots than 2f + 3");
    }

    function test_RevertIf_QuorumBelowThree() public {
        terms.quorum = 2;
        _expectBadTerms("a quorum below 3 or above the slots");
    }

    function test_RevertIf_QuorumAboveSlots() public {
        terms.quorum = terms.slots + 1;
        _expectBadTerms("a quorum below 3 or above the slots");
    }

    function test_RevertIf_NoRounds() public {
        terms.rounds = 0;
        _expectBadTerms("no rounds");
    }

    function test_RevertIf_FloorIsAboveAll() public {
        terms.floorBps = 10_001;
        _expectBadTerms("floor above 100 %");
    }

    function test_RevertIf_DecayIsAboveAll() public {
        terms.decayBps = 10_001;
        _expectBadTerms("decay above 100 %");
    }

    function test_RevertIf_AggregatorRisksNothing() public {
        terms.aggregatorStake = 0;
        _expectBadTerms("no aggregator stake");
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
    }

    function test_RevertIf_APointIsOffTheCurve() public {
        Point memory good = terms.zero;
        Point memory off = Point(1, 3);
        terms.zero = off;
        _expectBadTerms("a point is not on the curve");
        (terms.zero, terms.curvature) = (good, off);
        _expectBadTerms("a point is not on the curve");
        (terms.curvature, terms.target) = (good, off);
        _expectBadTerms("a point is not on the curve");
        (terms.target, terms.model) = (good, Point(0, 0));
        _expectBadTerms("a point is not on the curve");
        terms.model = Point(1 + Bn254.P, 2);
        _expectBadTerms("a point is not on the curve");
    }

    function test_RevertIf_MoneyComesWithoutACall() public {
        vm.prank(owner);
        (bool ok,) = address(market).call{value: 1}("");
        assertFalse(ok);
    }

    function _badTerms(string memory reason) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IMarket.BadTerms.selector, reason);
    }

    function _expectBadTerms(string memory reason) private {
        vm.expectRevert(_badTerms(reason));
        _create();
    }

    function _expectBadCid(string memory specCid, string memory modelCid, string memory bad)
        private
    {
        vm.expectRevert(abi.encodeWithSelector(IMarket.BadCid.selector, bad));
        vm.prank(owner);
        market.create{value: DEPOSIT}(terms, specCid, modelCid);
    }
}
