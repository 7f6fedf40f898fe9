// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarket, Phase, Project, Terms} from "../src/interfaces/IMarket.sol";
import {Pots} from "./Pots.sol";

/// @title Who is asked what a model is, and what they have said
/// @notice Kept beside the market's own state, which has to agree with it.
abstract contract Sittings is Pots {
    /// @notice Those who are asked, of which model, and for what.
    struct Sitting {
        address[] judges;
        uint256 quorum;
        uint256 number;
        bool byArbiters;
        bool demanded;
        bytes32 key;
    }

    /// @notice What the current call says.
    struct Words {
        bytes32 hash;
        int256 utility;
        uint256 spread;
    }

    Words internal _words;
    mapping(bytes32 sitting => mapping(address => bytes32)) internal _said;
    mapping(bytes32 id => mapping(uint256 epoch => bool)) internal _demanded;

    constructor(IMarket market) Pots(market) {}

    function _isMeasured(Terms memory terms) internal pure returns (bool) {
        return terms.evaluators.length != 0;
    }

    /// @dev Of a measured project in Measure, or in an audit. Every demand is one of its own.
    function _sittingOf(Terms memory terms, bytes32 id, Project memory p)
        internal
        view
        returns (Sitting memory bench)
    {
        bool audited = p.phase == Phase.Audit;
        bench.demanded = audited && _demanded[id][p.epoch];
        bench.byArbiters = p.measure.deposed || audited && terms.arbiters.length != 0;
        bench.judges = bench.byArbiters ? terms.arbiters : terms.evaluators;
        bench.quorum = bench.byArbiters ? terms.arbiterQuorum : terms.evaluatorQuorum;
        bench.number = bench.demanded ? p.measure.number - 1 : p.measure.number;
        uint256 opening = bench.demanded ? p.epoch + 1 : 0;
        bench.key = keccak256(abi.encode(id, bench.number, bench.byArbiters, opening));
    }

    /// @return mask Bit i: the i-th who is asked says this.
    function _agreed(Sitting memory bench, bytes32 hash) internal view returns (uint256 mask) {
        for (uint256 i; i < bench.judges.length; ++i) {
            if (_said[bench.key][bench.judges[i]] == hash) mask |= 1 << i;
        }
    }

    function _isAsked(Sitting memory bench, address account) internal pure returns (bool) {
        for (uint256 i; i < bench.judges.length; ++i) {
            if (bench.judges[i] == account) return true;
        }
        return false;
    }

    /// @dev By the hash of the block that decides, or of the newest known a multiple of 256 later; 0
    /// where it is not there.
    function _hashOf(uint256 decisive) internal view returns (bytes32) {
        if (block.number <= decisive) return 0;
        while (decisive + 256 < block.number) decisive += 256;
        return blockhash(decisive);
    }

    function _isPicked(Terms memory terms, bytes32 id, Project memory p)
        internal
        view
        returns (bool)
    {
        bytes32 drawn = keccak256(abi.encode(_hashOf(p.audit.seedBlock), id));
        return uint256(drawn) % 10_000 < terms.auditBps;
    }

    function _count(uint256 mask) internal pure returns (uint256 count) {
        for (; mask != 0; mask >>= 1) {
            count += mask & 1;
        }
    }
}
