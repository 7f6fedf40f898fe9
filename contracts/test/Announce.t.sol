// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Announcement} from "../src/interfaces/IMarket.sol";
import {Fixture, IMarketEvents} from "./Fixture.sol";

contract AnnounceTest is Fixture {
    function test_Announce_PublishesUnderTheCallersAddress() public {
        vm.expectEmit(address(market));
        emit IMarketEvents.Announced(
            outsider, bytes32(uint256(1)), "https://host:9092", "/ip4/peer"
        );
        vm.prank(outsider);
        market.announce(bytes32(uint256(1)), "https://host:9092", "/ip4/peer");

        Announcement memory found = market.announcement(outsider);
        assertEq(found.encryptionKey, bytes32(uint256(1)));
        assertEq(found.endpoint, "https://host:9092");
        assertEq(found.peer, "/ip4/peer");
        assertEq(market.announcement(owner).encryptionKey, 0);
    }

    function test_Announce_TheLastOneCounts() public {
        vm.startPrank(outsider);
        market.announce(bytes32(uint256(1)), string(new bytes(256)), "a peer");
        market.announce(bytes32(uint256(2)), "", "");
        assertEq(market.announcement(outsider).encryptionKey, bytes32(uint256(2)));
        assertEq(market.announcement(outsider).endpoint, "");
        assertEq(market.announcement(outsider).peer, "");
    }

    function test_RevertIf_ATextIsTooLong() public {
        string memory long = string(new bytes(257));
        bytes memory reason = abi.encodeWithSelector(IMarketEvents.TextTooLong.selector, 257, 256);
        vm.expectRevert(reason);
        market.announce(0, long, "");
        vm.expectRevert(reason);
        market.announce(0, "", long);
    }
}
