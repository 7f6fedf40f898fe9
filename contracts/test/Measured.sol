// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMeasurements} from "../src/interfaces/IMeasurements.sol";
import {Measurement, Part} from "../src/interfaces/State.sol";
import {Fixture, IMarketEvents, Phase, Point, Vectors} from "./Fixture.sol";

/// @title A project whose models three evaluators measure, and two of three arbiters judge
/// @notice Its loss begins at 10^9 units, and half of them are what its whole budget is meant for.
abstract contract Measured is Fixture {
    int256 internal constant LOSS = 1_000_000_000;
    uint256 internal constant EXPECTED = 500_000_000;
    uint256 internal constant OWNER_BOND = 0.5 ether;
    uint256 internal constant DISPUTE_BOND = 0.06 ether;
    uint256 internal constant ATTENDANCE = 500; // basis points

    address[3] internal evaluators;
    address[3] internal arbiters;
    uint256 internal _paidIn; // by disputers

    function setUp() public virtual override {
        super.setUp();
        _useDefaults();
        model = [int256(0), 0, 0, 0];
        for (uint256 i; i < 3; ++i) {
            evaluators[i] = makeAddr(string.concat("evaluator ", vm.toString(i)));
            arbiters[i] = makeAddr(string.concat("arbiter ", vm.toString(i)));
            terms.evaluators.push(evaluators[i]);
            terms.arbiters.push(arbiters[i]);
        }
        (terms.evaluatorQuorum, terms.arbiterQuorum) = (2, 2);
        (terms.ownerBond, terms.disputeBond) = (uint128(OWNER_BOND), uint128(DISPUTE_BOND));
        (terms.measureSeconds, terms.contestSeconds) = (300, 60);
        terms.exitSeconds += 360;
        terms.expectedGain = int256(EXPECTED);
        terms.attendanceBps = uint16(ATTENDANCE);
    }

    // --- steps ---------------------------------------------------------------------------------

    /// @dev Joined by all; the first measurement is open, and its coordinates are drawn.
    function _toMeasure() internal {
        _gather(SLOTS);
        _draw();
    }

    function _draw() internal {
        vm.roll(block.number + 2);
        vm.prank(outsider);
        market.drawCoordinates(terms);
    }

    /// @dev A yardstick of its own for every loss.
    function _measurement(int256 loss) internal view returns (Measurement memory) {
        return Measurement(_yardstick(loss), -loss, 0, "yardstick");
    }

    function _yardstick(int256 loss) internal view returns (Point memory) {
        return Vectors.commitment([loss, 1, 2, 3]);
    }

    function _say(address account, int256 loss) internal {
        uint256 number = _project().measure.number;
        Measurement memory given = _measurement(loss);
        vm.prank(account);
        market.measure(terms, number, given);
    }

    /// @dev The first two evaluators say the same.
    function _attest(int256 loss) internal {
        _say(evaluators[0], loss);
        _say(evaluators[1], loss);
    }

    function _judge(int256 loss) internal {
        _say(arbiters[0], loss);
        _say(arbiters[1], loss);
    }

    /// @dev Attested, and contested by nobody.
    function _pass(int256 loss) internal {
        _attest(loss);
        _advance();
    }

    /// @dev From the start to the first measurement that pays: a settled round waits.
    function _toWaiting() internal {
        _toMeasure();
        _pass(LOSS);
        _playMeasured();
    }

    /// @dev Commits, reveals, and settles with everybody.
    function _playMeasured() internal {
        _commitFirst(SLOTS);
        _revealFirst(SLOTS);
        _settle();
        _newDeltas();
        _draw();
    }

    function _dispute() internal {
        _paidIn += terms.disputeBond;
        vm.prank(outsider);
        market.dispute{value: terms.disputeBond}(terms);
    }

    // --- what must hold ------------------------------------------------------------------------

    function _assertAllIsHeld() internal view {
        uint256 owed = market.locked(_id()) + _credit(owner) + _credit(aggregator)
            + _credit(successor) + _credit(outsider);
        for (uint256 i; i < SLOTS; ++i) {
            owed += _credit(accounts[i]);
        }
        for (uint256 i; i < 3; ++i) {
            owed += _credit(arbiters[i]) + _credit(evaluators[i]);
        }
        assertEq(owed, address(market).balance, "owed is held");
        assertEq(
            address(market).balance,
            DEPOSIT + terms.ownerBond + terms.aggregatorStake + SLOTS * uint256(terms.trainerStake)
                + _paidIn,
            "deposited is held"
        );
    }

    function _budget() internal view returns (uint256) {
        return DEPOSIT - uint256(terms.aggregatorFee) * terms.rounds;
    }

    function _attendance() internal view returns (uint256) {
        return _budget() * ATTENDANCE / 10_000 / terms.rounds;
    }

    /// @dev Wei that a gain is worth.
    function _worth(uint256 gain) internal view returns (uint256) {
        return (_budget() - _budget() * ATTENDANCE / 10_000) * gain / EXPECTED;
    }

    function _trainersHave() internal view returns (uint256 sum) {
        for (uint256 i; i < SLOTS; ++i) {
            sum += _credit(accounts[i]);
        }
    }

    function _trainersAreDue() internal view returns (uint256 sum) {
        for (uint256 i; i < SLOTS; ++i) {
            sum += _due(accounts[i]);
        }
        sum -= SLOTS * uint256(terms.trainerStake);
    }
}
