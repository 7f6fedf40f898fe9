// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarket} from "../src/interfaces/IMarket.sol";
import {Test} from "forge-std/Test.sol";

/// @title A market and what it is made of
abstract contract Deployment is Test {
    /// @dev By name: `new` would have the compiler optimise the whole market again in every test.
    function _deploy() internal returns (IMarket) {
        address registry = deployCode("VerifierRegistry.sol:VerifierRegistry");
        address referee = deployCode("Referee.sol:Referee");
        address measurements = deployCode("Measurements.sol:Measurements", abi.encode(referee));
        address rounds =
            deployCode("Rounds.sol:Rounds", abi.encode(registry, referee, measurements));
        return IMarket(deployCode("Market.sol:Market", abi.encode(rounds)));
    }
}
