// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMeasurements} from "../src/interfaces/IMeasurements.sol";
import {Measurement} from "../src/interfaces/State.sol";
import {
    Fixture,
    IMarketEvents,
    IProjects,
    IRounds,
    Phase,
    Point,
    Project,
    Vectors
} from "./Fixture.sol";

/// @title Every method in every phase
/// @notice Each is called by whom and with what it asks for, so that only the phase can refuse it.
/// docs/contracts.md shows the table.
contract MachineTest is Fixture {
    enum Method {
        Create,
        Fund,
        Cancel,
        Bond,
        Join,
        Dispute,
        Exit,
        DrawCoordinates,
        Measure,
        Expire,
        Commit,
        Reveal,
        Challenge,
        Answer,
        Vote,
        Settle,
        Claim,
        Advance,
        Expel,
        Withdraw,
        WithdrawFor
    }

    uint256 private constant METHODS = uint256(type(Method).max) + 1;
    uint256 private constant PHASES = uint256(type(Phase).max) + 1;

    /// @return name As the documentation writes it.
    /// @return accepted A plus where the method is, in the order of Phase: None, Joining, Measure,
    /// Contest, Commit, Reveal, Settle, Answer, Audit, Claim, Done, Aborted, Cancelled.
    /// @return wanted The phase that a refusal says it wants.
    function _row(Method method)
        private
        pure
        returns (string memory name, bytes memory accepted, Phase wanted)
    {
        if (method == Method.Create) return ("create", "+------------", Phase.None);
        if (method == Method.Fund) return ("fund", "-+++++++++---", Phase.Settle);
        if (method == Method.Cancel) return ("cancel", "-+-----------", Phase.Joining);
        if (method == Method.Bond) return ("bond", "-+++++++++---", Phase.Settle);
        if (method == Method.Join) return ("join", "-+-----------", Phase.Joining);
        if (method == Method.Dispute) return ("dispute", "-+-+++++-----", Phase.Settle);
        if (method == Method.Exit) return ("exit", "-+++++++++---", Phase.Settle);
        if (method == Method.DrawCoordinates) {
            return ("drawCoordinates", "--+----------", Phase.Measure);
        }
        if (method == Method.Measure) return ("measure", "--+----------", Phase.Measure);
        if (method == Method.Expire) return ("expire", "--++---------", Phase.Measure);
        if (method == Method.Commit) return ("commit", "----+--------", Phase.Commit);
        if (method == Method.Reveal) return ("reveal", "-----+-------", Phase.Reveal);
        if (method == Method.Challenge) return ("challenge", "------+------", Phase.Settle);
        if (method == Method.Answer) return ("answer", "-------+-----", Phase.Answer);
        if (method == Method.Vote) return ("vote", "--------+----", Phase.Audit);
        if (method == Method.Settle) return ("settle", "------+------", Phase.Settle);
        if (method == Method.Claim) return ("claim", "---------+---", Phase.Claim);
        if (method == Method.Advance) return ("advance", "-+++++++++---", Phase.Settle);
        if (method == Method.Expel) return ("expel", "--++++++++++-", Phase.None);
        if (method == Method.Withdraw) return ("withdraw", "----------+++", Phase.None);
        return ("withdrawFor", "-++++++++++++", Phase.None); // passes over what is not due
    }

    function setUp() public override {
        super.setUp();
        terms.quorum = 3;
        terms.arbiters.push(makeAddr("arbiter"));
        terms.arbiterQuorum = 1;
        (terms.ownerBond, terms.disputeBond) = (0.5 ether, 0.05 ether);
    }

    /// @dev The documentation's table is this one.
    function test_TheDocumentationHasTheTable() public {
        string memory page = vm.readFile("../docs/contracts.md");
        assertTrue(vm.contains(page, _table()), _table());
    }

    function test_None() public {
        _assertRows();
    }

    function test_Joining() public {
        _gather(1);
        _assertRows();
    }

    /// @dev Of the second model. Trainers 2 to 4 were silent in the first round.
    function test_Measure() public {
        _toSecondMeasure();
        _assertRows();
    }

    function test_Contest() public {
        _toSecondMeasure();
        vm.roll(block.number + 2);
        market.drawCoordinates(terms);
        uint256 number = _project().measure.number;
        Measurement memory given = _measurement();
        vm.prank(outsider);
        market.measure(terms, number, given);
        _assertPhase(Phase.Contest);
        _assertRows();
    }

    function test_Commit() public {
        _toCommit();
        _assertRows();
    }

    function test_Reveal() public {
        _toReveal();
        _assertRows();
    }

    function test_Settle() public {
        _toSettle();
        _assertRows();
    }

    function test_Answer() public {
        _toSettle();
        _challenge(1);
        _assertRows();
    }

    function test_Audit() public {
        _toSettle();
        vm.prank(outsider);
        market.dispute{value: terms.disputeBond}(terms);
        _assertRows();
    }

    function test_Claim() public {
        _toCommit();
        _advance(); // nobody commits again
        _assertRows();
    }

    function test_Done() public {
        terms.rounds = 1;
        _toSettle();
        _settle();
        _assertRows();
    }

    function test_Aborted() public {
        _toSettle();
        _advance();
        _advance();
        _assertRows();
    }

    function test_Cancelled() public {
        _gather(1);
        _advance();
        _assertRows();
    }

    function _toSecondMeasure() private {
        _useDefaults();
        terms.evaluators = [outsider];
        terms.evaluatorQuorum = 1;
        (terms.measureSeconds, terms.contestSeconds) = (300, 60);
        terms.exitSeconds += 360;
        model = [int256(0), 0, 0, 0];
        _gather(SLOTS);
        vm.roll(block.number + 2);
        market.drawCoordinates(terms);
        Measurement memory given = _measurement();
        vm.prank(outsider);
        market.measure(terms, 0, given);
        _advance();
        _commitFirst(5);
        _revealFirst(2);
        _advance();
        _settle();
        _assertPhase(Phase.Measure);
    }

    function _measurement() private view returns (Measurement memory) {
        // More than was proven, or arbiters would have to look.
        int256 gained = _project().measure.predicted;
        return Measurement(Vectors.commitment([int256(1), 1, 2, 3]), gained, 0, CID);
    }

    /// @dev The second opening of the first round. Trainers 2 to 4 were silent in the first, and nobody
    /// has expelled them.
    function _toCommit() private {
        _gather(SLOTS);
        _commitFirst(5);
        _revealFirst(2);
        _advance();
    }

    function _toReveal() private {
        _toCommit();
        _commit(0);
        _commit(1);
        _commit(5);
        _advance();
    }

    function _toSettle() private {
        _toReveal();
        _reveal(0);
        _reveal(1);
        _reveal(5);
    }

    function _assertRows() private {
        for (uint256 i; i < METHODS; ++i) {
            uint256 snapshot = vm.snapshotState();
            _assertCell(Method(i), _project().phase);
            vm.revertToState(snapshot);
        }
    }

    function _assertCell(Method method, Phase phase) private {
        (string memory name, bytes memory accepted, Phase wanted) = _row(method);
        (address caller, uint256 value, bytes memory call) = _ask(method, phase);
        vm.prank(caller);
        (bool done, bytes memory reason) = address(market).call{value: value}(call);
        if (accepted[uint256(phase)] == "+") {
            assertTrue(done, string.concat("refused: ", name));
        } else {
            assertFalse(done, string.concat("accepted: ", name));
            assertEq(reason, _refusal(method, phase, wanted, caller), name);
        }
    }

    function _refusal(Method method, Phase phase, Phase wanted, address caller)
        private
        view
        returns (bytes memory)
    {
        if (method == Method.Create) {
            return abi.encodeWithSelector(IMarketEvents.ProjectExists.selector, _id());
        }
        if (phase == Phase.None) {
            return abi.encodeWithSelector(IMarketEvents.NoSuchProject.selector, _id());
        }
        if (method == Method.Withdraw) {
            return abi.encodeWithSelector(IMarketEvents.NothingToWithdraw.selector, caller);
        }
        if (method == Method.Expel) {
            return abi.encodeWithSelector(IMarketEvents.NotSilent.selector, accounts[4]);
        }
        bool closed = phase >= Phase.Done;
        if (closed && (method == Method.Measure || method == Method.Expire)) wanted = Phase.Settle;
        if (method == Method.Dispute && phase < Phase.Done) {
            return abi.encodeWithSelector(IMarketEvents.NotDisputable.selector, _id());
        }
        return abi.encodeWithSelector(IMarketEvents.WrongPhase.selector, phase, wanted);
    }

    /// @dev Who calls, with what value and what data; it prepares what the call asks for.
    function _ask(Method method, Phase phase)
        private
        returns (address caller, uint256 value, bytes memory call)
    {
        if (method <= Method.Exit) return _askOfProject(method, phase);
        if (method <= Method.Expire) return _askOfMeasurement(method, phase);
        if (method <= Method.Claim) return _askOfRound(method, phase);
        address[] memory one = new address[](1);
        one[0] = accounts[method == Method.Expel ? 4 : 0];
        if (method == Method.Advance) {
            vm.warp(uint256(_project().deadline) + 1);
            return (outsider, 0, abi.encodeCall(IRounds.advance, (terms)));
        }
        if (method == Method.Expel) {
            return (outsider, 0, abi.encodeCall(IRounds.expel, (terms, one)));
        }
        if (method == Method.Withdraw) {
            return (accounts[0], 0, abi.encodeCall(IProjects.withdraw, (terms)));
        }
        return (outsider, 0, abi.encodeCall(IProjects.withdrawFor, (terms, one)));
    }

    function _askOfProject(Method method, Phase phase)
        private
        returns (address caller, uint256 value, bytes memory call)
    {
        if (method == Method.Create) {
            value = DEPOSIT + terms.ownerBond;
            return (owner, value, abi.encodeCall(IProjects.create, (terms, DEPOSIT, CID, CID)));
        }
        if (method == Method.Fund) {
            return (outsider, 1, abi.encodeCall(IProjects.fund, (terms, 1)));
        }
        if (method == Method.Cancel) {
            if (phase == Phase.Joining) _exit(0); // the only one that has joined
            return (owner, 0, abi.encodeCall(IProjects.cancel, (terms)));
        }
        if (method == Method.Bond) {
            return (successor, terms.aggregatorStake, abi.encodeCall(IProjects.bond, (terms)));
        }
        if (method == Method.Join) {
            call = abi.encodeCall(IProjects.join, (terms, _uninvited()));
            return (accounts[1], terms.trainerStake, call);
        }
        if (method == Method.Dispute) {
            return (outsider, terms.disputeBond, abi.encodeCall(IProjects.dispute, (terms)));
        }
        return (accounts[0], 0, abi.encodeCall(IProjects.exit, (terms)));
    }

    function _askOfMeasurement(Method method, Phase phase)
        private
        returns (address caller, uint256 value, bytes memory call)
    {
        bool open = phase == Phase.Measure;
        if (open) vm.roll(block.number + 2);
        if (method == Method.DrawCoordinates) {
            return (outsider, 0, abi.encodeCall(IMeasurements.drawCoordinates, (terms)));
        }
        if (method == Method.Expire) {
            vm.warp(uint256(_project().deadline) + 1);
            return (outsider, 0, abi.encodeCall(IMeasurements.expire, (terms)));
        }
        if (open) market.drawCoordinates(terms);
        uint256 number = _project().measure.number;
        call = abi.encodeCall(IMeasurements.measure, (terms, number, _measurement()));
        return (outsider, 0, call);
    }

    function _askOfRound(Method method, Phase phase)
        private
        view
        returns (address caller, uint256 value, bytes memory call)
    {
        Project memory p = _project();
        (bytes memory values, Point memory quotient) = _opening(0);
        if (method == Method.Commit) {
            call = abi.encodeCall(IRounds.commit, (terms, p.round, _commitment(0)));
            return (accounts[0], 0, call);
        }
        if (method == Method.Reveal) {
            call = abi.encodeCall(IRounds.reveal, (terms, p.round, _point(0), _cid(0), _salt(0)));
            return (accounts[0], 0, call);
        }
        if (method == Method.Challenge) {
            return (aggregator, 0, abi.encodeCall(IRounds.challenge, (terms, p.round, 1)));
        }
        if (method == Method.Answer) {
            call = abi.encodeCall(IRounds.answer, (terms, p.round, 0, values, quotient));
            return (outsider, 0, call);
        }
        if (method == Method.Vote) {
            return (terms.arbiters[0], 0, abi.encodeCall(IRounds.vote, (terms, true)));
        }
        if (method == Method.Claim) {
            call = abi.encodeCall(IRounds.claim, (terms, 0, 0, values, quotient));
            return (outsider, 0, call);
        }
        uint256[] memory claims = phase == Phase.None ? new uint256[](0) : _claims();
        return (aggregator, 0, abi.encodeCall(IRounds.settle, (terms, CID, _folded(), claims)));
    }

    function _table() private pure returns (string memory table) {
        string[13] memory names = [
            "None",
            "Joining",
            "Measure",
            "Contest",
            "Commit",
            "Reveal",
            "Settle",
            "Answer",
            "Audit",
            "Claim",
            "Done",
            "Aborted",
            "Cancelled"
        ];
        table = "| |";
        string memory line = "|---|";
        for (uint256 k; k < PHASES; ++k) {
            table = string.concat(table, " ", names[k], " |");
            line = string.concat(line, "---|");
        }
        table = string.concat(table, "\n", line, "\n");
        for (uint256 i; i < METHODS; ++i) {
            (string memory name, bytes memory accepted,) = _row(Method(i));
            table = string.concat(table, "| `", name, "` |");
            for (uint256 k; k < PHASES; ++k) {
                table = string.concat(table, accepted[k] == "+" ? " + |" : " |");
            }
            table = string.concat(table, "\n");
        }
    }
}
