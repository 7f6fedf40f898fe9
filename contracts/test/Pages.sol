// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarket, Project, Reveal, Trainer} from "../src/interfaces/IMarket.sol";
import {Part} from "../src/interfaces/State.sol";
import {Test} from "forge-std/Test.sol";

/// @title What the market's books say of a project, at one moment
abstract contract Pages is Test {
    uint256 internal constant ACTORS = 7;

    struct Page {
        Project project;
        Trainer[ACTORS] trainers;
        uint256[ACTORS] credits; // wei
        uint256[ACTORS] offices; // wei at stake as an aggregator
        bool[ACTORS] silent;
        uint32 accused; // bit i for actor i
        uint256 locked; // wei
        Part[] parts; // of a round that waits for its pay
    }

    IMarket public immutable MARKET;

    constructor(IMarket market) {
        MARKET = market;
    }

    function actor(uint256 index) public pure returns (address) {
        return address(uint160(0xac7000 + index % ACTORS));
    }

    /// @return Which of the actors an account is.
    function _indexOf(address account) internal pure returns (uint256) {
        return uint160(account) - uint160(actor(0));
    }

    function _page(bytes32 id) internal view returns (Page memory page) {
        Project memory p = MARKET.project(id);
        page.project = p;
        page.locked = MARKET.locked(id);
        page.parts = MARKET.waiting(id);
        for (uint256 i; i < ACTORS; ++i) {
            address account = actor(i);
            page.trainers[i] = MARKET.trainer(id, account);
            page.credits[i] = MARKET.credit(id, account);
            page.offices[i] = MARKET.aggregatorStake(id, account);
            page.silent[i] = MARKET.isSilent(id, account);
        }
        if (p.accused == 0) return page;
        Reveal[] memory revealed = MARKET.reveals(id, p.epoch);
        for (uint256 slot; slot < revealed.length; ++slot) {
            if (p.accused >> slot & 1 == 0) continue;
            page.accused |= uint32(1 << _indexOf(revealed[slot].trainer));
        }
    }
}
