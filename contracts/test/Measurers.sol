// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarket, Phase, Project, Terms} from "../src/interfaces/IMarket.sol";
import {IMeasurements} from "../src/interfaces/IMeasurements.sol";
import {Measurement} from "../src/interfaces/State.sol";
import {Point} from "../src/libraries/Bn254.sol";
import {Players} from "./Players.sol";

/// @title Each call that measures a model, and beforehand whether it is allowed
abstract contract Measurers is Players {
    int256 private constant MOST = 2 ** 240; // of a utility
    uint256 internal constant SANE = 9; // kinds of measurements that are some; the others are none
    uint256 internal constant KINDS = SANE + 8;

    /// @dev All that was ever said, by its hash.
    mapping(bytes32 hash => bytes) private _known;

    constructor(IMarket market) Players(market) {}

    function _drawCoordinates(uint256 which, address account) internal {
        (Terms memory terms, bytes32 id, Project memory p) = _load(which);
        bytes32 hash = _hashOf(p.measure.seedBlock);
        bool allowed = p.phase == Phase.Measure && p.measure.seed == 0 && hash != 0;
        _do(allowed, account, terms, abi.encodeCall(IMeasurements.drawCoordinates, (terms)));
        bytes32 seed = keccak256(abi.encode(hash, id, p.measure.number));
        require(!allowed || MARKET.project(id).measure.seed == seed, "other coordinates");
    }

    /// @param off Whether another measurement is meant than the one that is asked for.
    function _measure(uint256 which, address account, uint256 kind, bool off) internal {
        (Terms memory terms, bytes32 id, Project memory p) = _load(which);
        Sitting memory bench = _sittingOf(terms, id, p);
        Measurement memory given = _measurement(terms, p, kind, bench.demanded);
        bytes32 hash = keccak256(abi.encode(given));
        bool open = _isMeasured(terms) && (p.phase == Phase.Measure || p.phase == Phase.Audit)
            && block.timestamp <= p.deadline;
        bool free = !bench.demanded || bench.byArbiters || hash == p.measure.attested;
        bool allowed = open && free && !off && p.measure.seed != 0 && kind < SANE
            && _isAsked(bench, account) && _said[bench.key][account] != hash;
        if (allowed) {
            _said[bench.key][account] = hash;
            _words = Words(hash, given.utility, given.spread);
            _known[hash] = abi.encode(given);
        }
        uint256 number = off ? bench.number + 1 : bench.number;
        _do(allowed, account, terms, abi.encodeCall(IMeasurements.measure, (terms, number, given)));
    }

    function _demand(uint256 which, address account) internal {
        (Terms memory terms, bytes32 id, Project memory p) = _load(which);
        bool allowed = _isMeasured(terms) && p.phase == Phase.Settle
            && block.timestamp <= p.deadline && account == p.aggregator && !_demanded[id][p.epoch];
        _do(allowed, account, terms, abi.encodeCall(IMeasurements.demand, (terms)));
        if (allowed) _demanded[id][p.epoch] = true;
    }

    function _expireMeasured(uint256 which, address account) internal {
        (Terms memory terms,, Project memory p) = _load(which);
        bool open = p.phase == Phase.Measure || p.phase == Phase.Contest || p.phase == Phase.Audit;
        bool allowed = _isMeasured(terms) && open && _mayExpire(terms, p);
        _do(allowed, account, terms, abi.encodeCall(IMeasurements.expire, (terms)));
    }

    /// @return m The same for all who say it of one model in one phase. Whom a demand asks says again
    /// what was said, up to kind 4.
    function _measurement(Terms memory terms, Project memory p, uint256 kind, bool demanded)
        private
        view
        returns (Measurement memory m)
    {
        if (demanded && kind < 5) {
            return abi.decode(_known[p.measure.attested], (Measurement));
        }
        uint256 yardstick = uint256(keccak256(abi.encode(terms.nonce, p.measure.number, kind)));
        (m.yardstick, m.cid) = (_point(yardstick % 2 ** 128), CID);
        m.utility = _utility(terms, p, kind);
        if (kind == 4) m.spread = 10;
        if (kind == 9) m.utility = MOST + 1;
        if (kind == 10) m.utility = -MOST - 1;
        if (kind == 11) m.utility = type(int256).min;
        if (kind == 12) m.spread = uint256(MOST) + 1;
        if (kind == 13) m.cid = "";
        if (kind == 14) m.cid = string(new bytes(65));
        if (kind == 15) m.yardstick.x ^= 1;
        if (kind == 16) m.yardstick = terms.zero;
    }

    /// @dev Kind 0 is the truth, as far as a proof tells.
    function _utility(Terms memory terms, Project memory p, uint256 kind)
        private
        pure
        returns (int256 utility)
    {
        if (kind == 6) return MOST;
        if (kind == 7) return -MOST;
        utility = p.measure.number == 0 ? -int256(terms.nonce << 20) : p.utility;
        int256 gain = p.measure.predicted > 0 ? p.measure.predicted : int256(0);
        if (kind == 0 || kind == 5) utility += gain;
        if (kind == 1) utility += gain / 4; // too little
        if (kind == 3) utility -= 1 + gain / 4; // worse
        if (kind == 4) utility -= 10; // by chance
        if (kind == 8) utility += gain / 2 + terms.expectedGain / 4 + 1;
        if (utility > MOST) utility = MOST;
        if (utility < -MOST) utility = -MOST;
    }
}
