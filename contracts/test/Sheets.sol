// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarket, Phase, Project, Terms} from "../src/interfaces/IMarket.sol";
import {Part} from "../src/interfaces/State.sol";
import {Sittings} from "./Sittings.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title What is expected of a call to a measured project, and what its rounds pay
abstract contract Sheets is Sittings {
    uint256 internal constant PARTS = 2 ** 22; // a pot, as parts of it wait

    /// @notice What is expected of a call.
    struct Sheet {
        Project next;
        Part[] parts;
        uint256[ACTORS] gains; // wei credited
        uint256[ACTORS] units; // of the gain, held back for each
        uint256 paid; // wei of the gains, to trainers for the round that waited
        uint256 office; // wei that the aggregator in office has at stake
        bool undone; // whether that round is
    }

    constructor(IMarket market) Sittings(market) {}

    // --- what follows --------------------------------------------------------------------------

    function _conclude(Terms memory terms, Sheet memory s, bool refuted) internal pure {
        Project memory next = s.next;
        int256 utility = next.measure.utility;
        bool exhausted;
        if (next.measure.number == 0) {
            (next.initialUtility, next.bestUtility) = (utility, utility);
        } else {
            if (utility + int256(next.measure.spread) < next.utility) {
                (utility, s.undone) = (next.utility, true);
            }
            uint256 owed = _owed(terms, next);
            exhausted = _payParts(terms, s, utility, refuted);
            if (utility > next.bestUtility) next.bestUtility = utility;
            require(_owed(terms, next) >= owed, "paid out of what is owed");
        }
        next.utility = utility;
        ++next.measure.number;
        next.audit.disputer = address(0);
        bool ended = exhausted || next.round == terms.rounds || utility >= terms.targetUtility;
        bool covered = next.aggregator != address(0) && next.bonded >= _atRisk(terms, next);
        if (ended) {
            _close(terms, s, Phase.Done, _owed(terms, next));
        } else if (next.active < terms.quorum || !covered) {
            Phase phase = next.round == 0 ? Phase.Cancelled : Phase.Aborted;
            _close(terms, s, phase, _owed(terms, next));
        } else {
            next.phase = Phase.Commit;
        }
    }

    /// @dev What is measured, and of a lie an even share of the rounds at least, as far as the budget goes
    /// beyond what is owed for earlier rounds; what is not sure waits.
    function _payParts(Terms memory terms, Sheet memory s, int256 afterwards, bool refuted)
        internal
        pure
        returns (bool exhausted)
    {
        Project memory next = s.next;
        --next.round; // the one that is paid
        Worth memory w = _worthOf(terms, next, afterwards);
        ++next.round;
        uint256 free = next.trainerBudget - _owed(terms, next);
        uint256 attendance = Math.min(w.attendance, free);
        uint256 pot = next.measure.sure ? w.pot : 0;
        if (refuted) pot = Math.max(w.pot, next.budget / terms.rounds);
        pot = Math.min(pot, free - attendance);
        if (w.fresh != 0) w.units -= w.units * Math.min(pot, w.fresh) / w.fresh;
        else w.units = 0;
        attendance /= s.parts.length;
        for (uint256 i; i < s.parts.length; ++i) {
            uint256 index = _indexOf(s.parts[i].trainer);
            uint256 byScore = pot * s.parts[i].share / PARTS;
            uint256 later = w.units * s.parts[i].share / PARTS;
            s.gains[index] += byScore + attendance;
            s.paid += byScore + attendance;
            s.units[index] += later;
            next.earned += uint24(later);
        }
        next.gainPaid += uint128(Math.min(s.paid - attendance * s.parts.length, w.fresh));
        next.trainerBudget -= uint128(s.paid);
        return w.exhausted;
    }

    /// @dev What was gained and not paid stays, and what was forfeited where somebody has claimed it.
    function _close(Terms memory terms, Sheet memory s, Phase phase, uint256 owed) internal pure {
        Project memory next = s.next;
        uint256 shared = next.claims == 0 ? 0 : next.forfeited;
        uint256 locked = uint256(next.trainerBudget) + next.feeBudget + next.bonds + next.forfeited;
        s.gains[_indexOf(terms.owner)] += locked - owed - shared;
        (next.phase, next.owed, next.forfeited) = (phase, uint128(owed), uint128(shared));
        (next.trainerBudget, next.feeBudget, next.bonds) = (0, 0, 0);
    }

    function _trainersHave(Terms memory terms, Sheet memory s) internal pure returns (uint256) {
        return s.paid + (s.next.phase >= Phase.Done ? s.next.owed : _owed(terms, s.next));
    }

    // --- how -----------------------------------------------------------------------------------

    function _sheetOf(Page memory old) internal pure returns (Sheet memory s) {
        s.next = abi.decode(abi.encode(old.project), (Project));
        s.parts = old.parts;
        for (uint256 i; i < ACTORS; ++i) {
            s.units[i] = old.trainers[i].earned;
            if (actor(i) == s.next.aggregator) s.office = old.offices[i];
        }
    }

    function _compare(Sheet memory s, Page memory old, Page memory page) internal pure {
        (Project memory next, Project memory p) = (s.next, page.project);
        require(p.phase == next.phase, "another phase");
        for (uint256 i; i < ACTORS; ++i) {
            require(page.credits[i] - old.credits[i] == s.gains[i], "credited by no rule");
            require(page.trainers[i].earned == s.units[i], "held back by no rule");
        }
        require(p.trainerBudget == next.trainerBudget, "another budget");
        require(p.feeBudget == next.feeBudget, "other fees");
        require(p.bonds == next.bonds && p.bonded == next.bonded, "other bonds");
        require(p.stakes == next.stakes && p.budget == next.budget, "other stakes");
        require(p.forfeited == next.forfeited && p.claims == next.claims, "forfeited by no rule");
        require(p.owed == next.owed && p.earned == next.earned, "owed by no rule");
        require(p.gainPaid == next.gainPaid && p.round == next.round, "another gain");
        require(p.utility == next.utility, "another utility");
        require(p.initialUtility == next.initialUtility, "another first utility");
        require(p.bestUtility == next.bestUtility, "another best utility");
        require(p.measure.number == next.measure.number, "another measurement");
        require(p.measure.deposed == next.measure.deposed, "another judge");
        require(p.measure.attested == next.measure.attested, "other words");
    }
}
