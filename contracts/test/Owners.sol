// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarket, IProjects, Phase, Terms} from "../src/interfaces/IMarket.sol";
import {Payments, Scorings, Selections, Steps} from "../src/libraries/Choices.sol";
import {Measurers} from "./Measurers.sol";
import {Vectors} from "./Vectors.sol";

/// @title Owners of any projects
abstract contract Owners is Measurers {
    uint256 private _nonce;

    constructor(IMarket market) Measurers(market) {}

    /// @dev Every other project is in the coin of a contract, and two of four are measured.
    function create(uint256 who, uint256 seed) public {
        if (_isCrowded()) return;
        seed = uint256(keccak256(abi.encode(seed))); // a fuzzer likes zeros too much
        Terms memory terms;
        terms.owner = actor(who);
        if (_nonce % 2 == 1) terms.token = COIN;
        terms.aggregators = new address[](1 + (seed >> 4) % 3);
        for (uint256 i; i < terms.aggregators.length; ++i) {
            terms.aggregators[i] = actor(who % ACTORS + seed % ACTORS + i); // it may be the owner
        }
        terms.circuit = CIRCUIT;
        terms.verifierCodeHash = address(VERIFIER).codehash;
        terms.zero = _point(0);
        (terms.statistics, terms.model) = (terms.zero, terms.zero);
        (terms.tau, terms.logrows, terms.entries) = (Vectors.tau(), 0, 1);
        (terms.rows, terms.outputs, terms.energy) = (100, 2, (seed >> 200) % 2 ** 40);
        terms.byzantine = uint8(seed % 2);
        terms.slots = uint8(2 * terms.byzantine + 3 + (seed >> 8) % 2);
        terms.participants = uint16(terms.slots + (seed >> 10) % 4);
        terms.rounds = uint8(1 + (seed >> 16) % 3);
        terms.maxRetries = uint8((seed >> 24) % 3);
        if ((_nonce + 1) / 2 % 2 == 1) _nameEvaluators(terms, seed >> 170);
        _choose(terms, seed >> 12);
        if (seed >> 40 & 3 == 0) terms.invited = _invitedRoot();
        terms.attendanceBps = uint16((seed >> 32) % 10_001);
        terms.decayBps = 9000;
        _setWindows(terms);
        terms.learningRate = 1e8;
        terms.targetUtility = seed % 5 == 0 ? int256(0) : type(int256).max;
        terms.nonce = ++_nonce;
        uint256 deposit = _stake(terms, seed);
        if (seed >> 44 & 1 == 1) _nameArbiters(terms, seed >> 130);
        _open(terms, deposit);
    }

    /// @dev A project more would take the place of one that is not closed.
    function _isCrowded() private view returns (bool) {
        if (_terms.length < MOST_PROJECTS) return false;
        bytes32 id = MARKET.idOf(_terms[_terms.length - MOST_PROJECTS]);
        return MARKET.project(id).phase < Phase.Done;
    }

    function _setWindows(Terms memory terms) private pure {
        terms.joinSeconds = 1000;
        terms.commitSeconds = 100;
        terms.revealSeconds = 100;
        terms.settleSeconds = 100;
        terms.answerSeconds = 100;
        terms.auditSeconds = 100;
        terms.exitSeconds = 500;
        if (!_isMeasured(terms)) return;
        terms.measureSeconds = 100;
        terms.contestSeconds = 100;
        terms.exitSeconds = 700;
    }

    /// @dev The rules of the game, and the quorum that they need.
    function _choose(Terms memory terms, uint256 seed) private pure {
        terms.selection = uint8(seed % 2);
        terms.scoring = uint8((seed >> 1) % 3);
        terms.step = terms.scoring == Scorings.SHAPLEY ? Steps.MEAN : uint8((seed >> 3) % 3);
        terms.payment = uint8((seed >> 4) % 2);
        if (_isMeasured(terms)) {
            terms.scoring = uint8(1 + (seed >> 1) % 2);
            (terms.step, terms.payment) = (Steps.BOUNDED, Payments.PER_GAIN);
        }
        bool three = terms.selection == Selections.MULTI_KRUM || terms.scoring == Scorings.SHAPLEY;
        uint256 fewest = three ? 3 : 2;
        terms.quorum = uint8(fewest + (seed >> 5) % (terms.slots - fewest + 1));
        if (terms.payment == Payments.PER_ROUND) return;
        // Pots that are capped, and gains that use the budget up, are not rare.
        terms.potCapBps = uint16(1 + (seed >> 8) % (seed >> 7 & 1 == 1 ? 10_000 : 1000));
        terms.expectedGain = int256(1 + (seed >> 20) % 2 ** (1 + (seed >> 16) % 130));
    }

    /// @return deposit Such that one aggregator, or only all of them, can cover a round.
    function _stake(Terms memory terms, uint256 seed) private pure returns (uint256 deposit) {
        terms.aggregatorFee = uint128((seed >> 48) % 1000);
        terms.challengeBond = uint128(2 + (seed >> 112) % 100);
        terms.bounty = uint128((seed >> 120) % (terms.challengeBond / 2 + 1));
        terms.trainerStake = terms.challengeBond + uint128((seed >> 64) % 300);
        uint256 budget = 1 + (seed >> 96) % 1_000_000;
        deposit = uint256(terms.aggregatorFee) * terms.rounds + budget;
        uint256 pot = terms.payment == Payments.PER_ROUND ? budget / terms.rounds : budget;
        uint256 bonds = terms.challengeBond * uint256(terms.slots);
        uint256 parts = seed >> 56 & 3 == 0 ? terms.aggregators.length : 1;
        terms.aggregatorStake = uint128((bonds + pot) / parts + bonds + (seed >> 80) % 1000);
    }

    function _nameEvaluators(Terms memory terms, uint256 seed) private pure {
        terms.evaluators = new address[](1 + seed % 3);
        for (uint256 i; i < terms.evaluators.length; ++i) {
            terms.evaluators[i] = actor((seed >> 2) + i);
        }
        terms.evaluatorQuorum = uint8(1 + (seed >> 5) % terms.evaluators.length);
    }

    /// @dev Where models are measured they are paid for every one of them.
    function _nameArbiters(Terms memory terms, uint256 seed) private pure {
        terms.arbiters = new address[](1 + seed % 3);
        for (uint256 i; i < terms.arbiters.length; ++i) {
            terms.arbiters[i] = actor((seed >> 2) + i);
        }
        terms.arbiterQuorum = uint8(terms.arbiters.length / 2 + 1);
        terms.auditBps = uint16((seed >> 10) % 5000);
        terms.ownerBond = uint128(1 + (seed >> 20) % 1000);
        terms.disputeBond = uint128(1 + (seed >> 30) % terms.ownerBond);
        if (_isMeasured(terms)) terms.ownerBond += (terms.rounds + 1) * terms.disputeBond;
    }

    function _open(Terms memory terms, uint256 deposit) private {
        uint256 paid = deposit + terms.ownerBond;
        uint256 value = address(terms.token) == address(0) ? paid : 0;
        bytes memory data = abi.encodeCall(IProjects.create, (terms, deposit, CID, CID));
        require(_call(terms.owner, value, data), "create");
        _terms.push(terms);
        deposited[MARKET.idOf(terms)] = paid;
    }
}
