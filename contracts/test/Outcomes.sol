// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarketEvents} from "../src/interfaces/IMarket.sol";
import {Point} from "../src/libraries/Bn254.sol";
import {Fixture} from "./Fixture.sol";
import {Vm} from "forge-std/Vm.sol";

/// @title What a settlement reports
abstract contract Outcomes is Fixture {
    struct Outcome {
        address[] trainers;
        uint256 selected;
        uint256[] weights;
        int256[] scores;
        uint256 denominator;
        uint256[] payouts;
        int256 before;
        int256 afterwards;
        Point model;
        string modelCid;
    }

    function _settled() internal returns (Outcome memory o) {
        vm.recordLogs();
        _settle();
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != IMarketEvents.Settled.selector) continue;
            // A struct is encoded as its members are, behind an offset.
            o = abi.decode(bytes.concat(bytes32(uint256(32)), logs[i].data), (Outcome));
        }
    }

    function _sum(uint256[] memory amounts) internal pure returns (uint256 sum) {
        for (uint256 i; i < amounts.length; ++i) {
            sum += amounts[i];
        }
    }
}
