// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    IMarket,
    IProjects,
    IRounds,
    Phase,
    Project,
    Reveal,
    Terms
} from "../src/interfaces/IMarket.sol";
import {IMeasurements} from "../src/interfaces/IMeasurements.sol";
import {Measure, Part} from "../src/interfaces/State.sol";
import {Sheets} from "./Sheets.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title What one call may do to a project whose models are measured
/// @notice What becomes of phase and money follows from what was said and from what the round is worth,
/// and is expected to the wei.
abstract contract MeasuredLedger is Sheets {
    /// @notice What has become of a measurement or of a demand.
    enum Turn {
        Contestable,
        Disputed,
        Picked, // by chance
        Suspected, // a proven gain of which too little was measured
        Upheld,
        Refuted,
        Deposed, // evaluators were silent
        Undone,
        Silence, // after rounds
        Unmeasured, // silence before the first
        Demanded,
        HandedOver,
        Replaced,
        Withheld
    }

    /// @notice How often each was taken.
    mapping(Turn => uint256) public turns;

    constructor(IMarket market) Sheets(market) {}

    /// @return Whether this ledger, and not that of all projects, says what such a call does.
    function _isMeasuring(Terms memory terms, bytes4 method, Phase phase)
        internal
        pure
        returns (bool)
    {
        if (!_isMeasured(terms)) return false;
        if (method == IRounds.settle.selector || method == IMeasurements.demand.selector) {
            return true;
        }
        if (method == IMeasurements.measure.selector || method == IMeasurements.expire.selector) {
            return true;
        }
        if (method == IProjects.dispute.selector) return true;
        return method == IRounds.advance.selector
            && (phase == Phase.Measure || phase == Phase.Contest || phase >= Phase.Audit);
    }

    function _checkMeasured(
        Terms memory terms,
        address caller,
        bytes4 method,
        Page memory old,
        Page memory page
    ) internal {
        bytes32 id = MARKET.idOf(terms);
        if (method == IRounds.settle.selector) {
            _checkWaiting(terms, id, caller, old, page);
            return;
        }
        Sheet memory s = _sheetOf(old);
        if (method == IProjects.dispute.selector) {
            ++turns[Turn.Disputed];
            s.next.bonds += terms.disputeBond;
            s.next.phase = Phase.Audit;
        } else if (method == IMeasurements.demand.selector) {
            ++turns[Turn.Demanded];
            s.next.phase = Phase.Audit;
        } else if (method == IMeasurements.measure.selector) {
            _hear(terms, id, s);
        } else {
            _expire(terms, id, s);
        }
        if (s.undone) ++turns[Turn.Undone];
        _compare(s, old, page);
    }

    /// @return Whether the aggregator has been given what it had already.
    function _isHandedOver(Page memory old, Page memory page) internal pure returns (bool) {
        return old.project.phase == Phase.Audit && page.project.phase == Phase.Settle
            && old.project.measure.attested == page.project.measure.attested;
    }

    /// @notice What arbiters have for every model to come, and once more while nobody is deposed.
    function _checkReserve(Terms memory terms, Project memory p) internal pure {
        if (terms.arbiters.length == 0 || p.phase >= Phase.Claim) return;
        uint256 count = uint256(terms.rounds) + 1 - p.measure.number;
        if (!p.measure.deposed) ++count;
        if (p.audit.disputer != address(0)) ++count;
        require(p.bonds >= count * terms.disputeBond, "arbiters would measure for nothing");
    }

    // --- a settlement --------------------------------------------------------------------------

    /// @dev It pays the aggregator, gives out what was forfeited, and fixes parts of at most a pot.
    function _checkWaiting(
        Terms memory terms,
        bytes32 id,
        address caller,
        Page memory old,
        Page memory page
    ) private view {
        Project memory p = page.project;
        require(p.phase == Phase.Measure, "went on unmeasured");
        require(p.trainerBudget == old.project.trainerBudget, "paid before it was measured");
        require(p.bonds == old.project.bonds && p.earned == old.project.earned, "judged nobody");
        require(old.project.feeBudget - p.feeBudget == terms.aggregatorFee, "another fee");
        require(p.forfeited < ACTORS, "kept what was forfeited");
        uint256 gained;
        for (uint256 i; i < ACTORS; ++i) {
            gained += page.credits[i] - old.credits[i];
        }
        uint256 i_ = _indexOf(caller);
        require(page.credits[i_] - old.credits[i_] >= terms.aggregatorFee, "no fee");
        require(gained == terms.aggregatorFee + old.project.forfeited - p.forfeited, "no gain yet");
        _checkParts(MARKET.reveals(id, old.project.epoch), page.parts);
    }

    function _checkParts(Reveal[] memory revealed, Part[] memory parts) private pure {
        require(parts.length != 0, "a round for nobody");
        uint256 sum;
        for (uint256 i; i < parts.length; ++i) {
            sum += parts[i].share;
            bool found;
            for (uint256 j; j < revealed.length; ++j) {
                found = found || revealed[j].trainer == parts[i].trainer;
            }
            require(found, "a part for who is not in");
        }
        require(sum <= PARTS, "parts of more than a pot");
    }

    // --- what is said --------------------------------------------------------------------------

    function _hear(Terms memory terms, bytes32 id, Sheet memory s) private {
        Sitting memory bench = _sittingOf(terms, id, s.next);
        uint256 agreed = _agreed(bench, _words.hash);
        if (_count(agreed) < bench.quorum) return;
        Measure memory m = s.next.measure;
        bool same = m.attested == _words.hash;
        if (bench.demanded) {
            _answer(terms, s, agreed, same);
        } else if (s.next.phase == Phase.Audit) {
            _decide(terms, s, agreed, same);
        } else {
            (m.attested, m.utility, m.spread) = (_words.hash, _words.utility, _words.spread);
            if (m.deposed) _reward(terms, s, agreed, Math.min(terms.disputeBond, s.next.bonds));
            if (m.deposed || terms.arbiters.length == 0) _conclude(terms, s, false);
            else _contest(s.next);
        }
    }

    function _contest(Project memory next) private {
        int256 gain = next.measure.utility - next.utility;
        bool suspicious = next.measure.number != 0 && next.measure.predicted > 2 * gain;
        ++turns[suspicious ? Turn.Suspected : Turn.Contestable];
        next.phase = suspicious ? Phase.Audit : Phase.Contest;
    }

    /// @dev Who asked for nothing pays for the answer. Else the owner does.
    function _answer(Terms memory terms, Sheet memory s, uint256 agreed, bool same) private {
        ++turns[same ? Turn.HandedOver : Turn.Replaced];
        Project memory next = s.next;
        next.phase = Phase.Settle;
        if (same) {
            uint256 fine = Math.min(terms.disputeBond, s.office);
            next.stakes -= uint128(fine);
            next.bonded -= uint128(fine);
            next.bonds += uint128(fine); // from where arbiters are paid, and all else is forfeited
            uint256 paid = _reward(terms, s, agreed, fine);
            next.bonds -= uint128(fine - paid);
            next.forfeited += uint128(fine - paid);
            return;
        }
        require(terms.arbiters.length != 0, "chose among deltas");
        next.measure.attested = _words.hash;
        _depose(terms, s, agreed, next.measure.number);
    }

    function _decide(Terms memory terms, Sheet memory s, uint256 agreed, bool same) private {
        ++turns[same ? Turn.Upheld : Turn.Refuted];
        if (same) {
            _reward(terms, s, agreed, Math.min(terms.disputeBond, s.next.bonds));
            _conclude(terms, s, false);
            return;
        }
        Measure memory m = s.next.measure;
        (m.attested, m.utility, m.spread) = (_words.hash, _words.utility, _words.spread);
        Sheet memory honest = abi.decode(abi.encode(s), (Sheet));
        _conclude(terms, honest, false);
        _depose(terms, s, agreed, m.number + 1);
        _conclude(terms, s, true);
        uint256 rounding = uint256(s.next.budget) * terms.rounds >> 16;
        require(
            _trainersHave(terms, s) + rounding + 100 >= _trainersHave(terms, honest),
            "a lie that is cheaper than the truth"
        );
    }

    /// @dev All of the bonds but what pays for the models to come: half of it the disputer's, on top of
    /// its own, and half who judged.
    function _depose(Terms memory terms, Sheet memory s, uint256 agreed, uint256 nextNumber)
        private
        pure
    {
        Project memory next = s.next;
        next.measure.deposed = true;
        uint256 kept = (uint256(terms.rounds) + 1 - nextNumber) * terms.disputeBond;
        uint256 lost = next.bonds - Math.min(kept, next.bonds);
        address disputer = next.audit.disputer;
        if (disputer != address(0)) {
            uint256 part = terms.disputeBond + (lost - terms.disputeBond) / 2;
            s.gains[_indexOf(disputer)] += part;
            next.bonds -= uint128(part);
            lost -= part;
        }
        uint256 left = lost - _reward(terms, s, agreed, lost);
        next.bonds -= uint128(left);
        next.forfeited += uint128(left);
    }

    /// @return paid Wei, out of the bonds: equal parts for arbiters who said the same.
    function _reward(Terms memory terms, Sheet memory s, uint256 agreed, uint256 amount)
        private
        pure
        returns (uint256 paid)
    {
        if (terms.arbiters.length == 0) return 0;
        uint256 each = amount / _count(agreed);
        for (uint256 i; i < terms.arbiters.length; ++i) {
            if (agreed >> i & 1 == 0) continue;
            s.gains[_indexOf(terms.arbiters[i])] += each;
            paid += each;
        }
        s.next.bonds -= uint128(paid);
    }

    // --- deadlines -----------------------------------------------------------------------------

    function _expire(Terms memory terms, bytes32 id, Sheet memory s) private {
        Project memory next = s.next;
        if (next.phase == Phase.Claim) {
            _close(terms, s, Phase.Aborted, _owed(terms, next));
        } else if (next.phase == Phase.Contest) {
            if (_isPicked(terms, id, next)) {
                ++turns[Turn.Picked];
                next.phase = Phase.Audit;
            } else {
                _conclude(terms, s, false);
            }
        } else if (next.phase == Phase.Audit && _demanded[id][next.epoch]) {
            ++turns[Turn.Withheld];
            uint256 owed = _owed(terms, next);
            next.forfeited += next.trainerBudget - uint128(owed) + next.bonds;
            (next.trainerBudget, next.bonds, next.phase) = (uint128(owed), 0, Phase.Claim);
        } else if (
            next.phase == Phase.Measure && !next.measure.deposed && terms.arbiters.length != 0
        ) {
            ++turns[Turn.Deposed];
            next.measure.deposed = true;
        } else {
            _silence(terms, s);
        }
    }

    /// @dev All that is left is the trainers', but for what an honest owner had in the fees: the dearest
    /// of all answers. A disputer whom nobody answers has all bonds.
    function _silence(Terms memory terms, Sheet memory s) private {
        Project memory next = s.next;
        for (uint256 i; i < s.parts.length; ++i) {
            uint256 share = Math.max(s.parts[i].share, 1);
            s.units[_indexOf(s.parts[i].trainer)] += share;
            next.earned += uint24(share);
        }
        if (next.audit.disputer != address(0)) {
            s.gains[_indexOf(next.audit.disputer)] += next.bonds;
            next.bonds = 0;
        }
        require((next.earned == 0) == (next.round == 0), "worked for nothing");
        ++turns[next.round == 0 ? Turn.Unmeasured : Turn.Silence];
        if (next.round == 0) return _close(terms, s, Phase.Cancelled, 0);
        next.trainerBudget += next.bonds;
        next.bonds = 0;
        _close(terms, s, Phase.Aborted, next.trainerBudget);
    }
}
