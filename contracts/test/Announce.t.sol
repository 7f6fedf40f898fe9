// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Fixture, IMarket} from "./Fixture.sol";

contract AnnounceTest is Fixture {
    function test_Announce_PublishesUnderTheCallersAddress() public {
        vm.expectEmit(address(market));
        emit IMarket.Announced(outsider, bytes32(uint256(1)), "https://host:9092", "/ip4/peer");
        vm.prank(outsider);
        market.announce(bytes32(uint256(1)), "https://host:9092", "/ip4/peer");
    }
}
