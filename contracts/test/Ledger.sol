// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarket, IProjects, IRounds, Phase, Project, Terms} from "../src/interfaces/IMarket.sol";
import {IMeasurements} from "../src/interfaces/IMeasurements.sol";
import {MeasuredLedger} from "./MeasuredLedger.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title What one call may do to the money of a project
/// @notice A page is taken before and after it. Withdrawals are the handler's to check.
abstract contract Ledger is MeasuredLedger {
    /// @notice How often a method was accepted in a phase.
    mapping(bytes4 method => mapping(Phase => uint256)) public accepted;

    constructor(IMarket market) MeasuredLedger(market) {}

    /// @param method The selector of a call that was accepted.
    /// @param paid Wei that came with it.
    function _check(
        Terms memory terms,
        address caller,
        bytes4 method,
        uint256 paid,
        Page memory old,
        Page memory page
    ) internal {
        ++accepted[method][old.project.phase];
        uint256 gained;
        uint256 lost;
        for (uint256 i; i < ACTORS; ++i) {
            require(page.credits[i] >= old.credits[i], "took a credit");
            gained += page.credits[i] - old.credits[i];
            (uint256 due, uint256 stake) = (old.trainers[i].stake, page.trainers[i].stake);
            if (method == IProjects.join.selector && actor(i) == caller) due += terms.trainerStake;
            require(due - stake == _fine(terms, method, old, page, i), "fined a trainer by no rule");
            (uint256 dueOffice, uint256 office) = (old.offices[i], page.offices[i]);
            if (method == IProjects.bond.selector && actor(i) == caller) dueOffice += paid;
            require(
                dueOffice - office == _officeFine(terms, method, old, page, i),
                "fined an aggregator by no rule"
            );
            lost += due - stake + dueOffice - office;
        }
        require(page.locked + gained == old.locked + paid, "made or lost money");
        if (_isMeasuring(terms, method, old.project.phase)) {
            _checkMeasured(terms, caller, method, old, page);
        } else {
            _checkGains(terms, method, old, page, gained, lost);
            _checkBudget(terms, method, paid, old.project, page.project);
        }
        if (_isMeasured(terms)) _checkReserve(terms, page.project);
        _checkOpening(terms, old.project, page);
    }

    /// @dev Outside of settlements, judgements and closings nothing is gained but what others are
    /// fined, and of that only bounties and answered bonds; the rest waits.
    function _checkGains(
        Terms memory terms,
        bytes4 method,
        Page memory old,
        Page memory page,
        uint256 gained,
        uint256 lost
    ) private pure {
        Project memory p = old.project;
        if (p.phase < Phase.Done && page.project.phase >= Phase.Done) {
            require(page.project.trainerBudget == 0, "kept money of the trainers'");
            require(page.project.feeBudget == 0 && page.project.bonds == 0, "kept the owner's");
        } else if (method == IRounds.settle.selector) {
            uint256 most = _largestPot(terms, p) + terms.aggregatorFee + p.forfeited;
            require(gained <= most, "paid beyond the pot");
        } else if (method == IRounds.answer.selector) {
            require(gained == lost, "an answer pays the bond");
        } else if (p.phase == Phase.Audit && method != IRounds.expel.selector) {
            require(gained <= p.bonds, "judged for more than the bonds");
        } else if (method == IRounds.expel.selector && p.phase >= Phase.Done) {
            require(gained == lost, "kept a stake of a closed project");
        } else {
            require(gained <= ACTORS * uint256(terms.bounty), "gained by no rule");
            require(gained <= lost, "more than others lost");
        }
    }

    /// @dev The budgets change by settlements, funds and judgements, and by the end.
    function _checkBudget(
        Terms memory terms,
        bytes4 method,
        uint256 paid,
        Project memory old,
        Project memory p
    ) private pure {
        if (p.phase >= Phase.Done) return;
        bool settled = method == IRounds.settle.selector;
        uint256 fee = settled ? terms.aggregatorFee : 0;
        require(old.feeBudget - p.feeBudget == fee, "another fee");
        uint256 added = method == IProjects.fund.selector ? paid : 0;
        require(p.budget == old.budget + added, "another budget");
        bool refuted = old.phase == Phase.Audit && p.phase == Phase.Claim;
        if (settled) require(p.trainerBudget <= old.trainerBudget, "a settlement that adds");
        else if (refuted) require(p.trainerBudget == 0, "a budget by a refuted yardstick");
        else require(p.trainerBudget == old.trainerBudget + added, "spent by no rule");
    }

    function _checkOpening(Terms memory terms, Project memory old, Page memory page) private pure {
        Project memory p = page.project;
        bool same = old.phase == Phase.Commit && old.epoch == p.epoch;
        if (p.phase != Phase.Commit || same) return;
        uint256 bonded;
        for (uint256 i; i < ACTORS; ++i) {
            bonded += page.offices[i];
        }
        require(bonded >= _atRisk(terms, p), "opened without the stakes that cover it");
        require(p.active >= terms.quorum, "opened for too few");
    }

    /// @return Wei that this trainer has to lose by such a call.
    function _fine(Terms memory terms, bytes4 method, Page memory old, Page memory page, uint256 i)
        private
        pure
        returns (uint256)
    {
        uint256 stake = old.trainers[i].stake;
        if (method == IRounds.expel.selector) {
            bool expelled = page.trainers[i].standing != old.trainers[i].standing;
            require(!expelled || old.silent[i], "expelled for nothing");
            return expelled ? stake : 0;
        }
        require(!old.silent[i] || page.silent[i], "forgot a silence");
        if (method != IRounds.advance.selector) return 0;
        if (old.project.phase != Phase.Answer || old.accused >> i & 1 == 0) return 0;
        return Math.min(stake, terms.challengeBond);
    }

    /// @return Wei that this aggregator has to lose by such a call.
    function _officeFine(
        Terms memory terms,
        bytes4 method,
        Page memory old,
        Page memory page,
        uint256 i
    ) private pure returns (uint256) {
        if (actor(i) != old.project.aggregator) return 0;
        if (method == IMeasurements.measure.selector && _isHandedOver(old, page)) {
            return Math.min(old.offices[i], terms.disputeBond);
        }
        if (method == IRounds.answer.selector) return terms.challengeBond;
        bool late = method == IRounds.advance.selector && old.project.phase == Phase.Settle;
        return late ? old.offices[i] : 0;
    }
}
