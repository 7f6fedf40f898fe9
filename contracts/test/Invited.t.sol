// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Fixture, IMarketEvents, IProjects, Phase, Standing} from "./Fixture.sol";

/// @dev Projects that only some may join.
contract InvitedTest is Fixture {
    function test_Invited_JoinWithAProof() public {
        bytes32[2] memory proof = _inviteFour();
        for (uint256 i; i < 4; ++i) {
            vm.prank(accounts[i]);
            market.join{value: terms.trainerStake}(terms, _proofOf(i, proof));
            _assertStanding(i, Standing.Active);
        }
        assertEq(_project().active, 4);
    }

    function test_RevertIf_NotInvited() public {
        bytes32[2] memory proof = _inviteFour();
        for (uint256 i; i < 4; ++i) {
            _refused(outsider, _proofOf(i, proof));
            _refused(accounts[4], _proofOf(i, proof));
        }
        _refused(outsider, _uninvited());
        _refused(accounts[0], _uninvited());
        _refused(accounts[0], _proofOf(1, proof)); // another's
    }

    /// @dev A node of the tree is no leaf, and neither is the root.
    function test_RevertIf_TheProofBeginsInTheMiddle() public {
        bytes32[2] memory proof = _inviteFour();
        bytes32[] memory half = new bytes32[](1);
        half[0] = proof[1];
        _refused(accounts[0], half);
        half[0] = proof[0];
        _refused(accounts[0], half);
    }

    function test_Invited_OneAloneIsTheRoot() public {
        terms.invited = _leaf(accounts[0]);
        _create();
        _refused(accounts[1], _uninvited());
        _join(0);
        _assertStanding(0, Standing.Active);
    }

    function test_Invited_WhereNobodyIsNamedAProofIsNotLookedAt() public {
        bytes32[] memory any = new bytes32[](3);
        _create();
        vm.prank(accounts[0]);
        market.join{value: terms.trainerStake}(terms, any);
        _assertStanding(0, Standing.Active);
        _assertPhase(Phase.Joining);
    }

    /// @return nodes The leaves' pairs.
    function _inviteFour() private returns (bytes32[2] memory nodes) {
        nodes = [
            _pair(_leaf(accounts[0]), _leaf(accounts[1])),
            _pair(_leaf(accounts[2]), _leaf(accounts[3]))
        ];
        terms.invited = _pair(nodes[0], nodes[1]);
        _create();
        _bond();
    }

    function _proofOf(uint256 i, bytes32[2] memory nodes)
        private
        view
        returns (bytes32[] memory proof)
    {
        proof = new bytes32[](2);
        (proof[0], proof[1]) = (_leaf(accounts[i ^ 1]), nodes[i < 2 ? 1 : 0]);
    }

    /// @dev As in OpenZeppelin's standard tree of addresses.
    function _leaf(address account) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(account))));
    }

    function _pair(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return keccak256(a < b ? bytes.concat(a, b) : bytes.concat(b, a));
    }

    function _refused(address account, bytes32[] memory proof) private {
        uint256 stake = terms.trainerStake;
        bytes memory call = abi.encodeCall(IProjects.join, (terms, proof));
        vm.prank(account);
        (bool done, bytes memory given) = address(market).call{value: stake}(call);
        assertFalse(done);
        assertEq(given, abi.encodeWithSelector(IMarketEvents.NotInvited.selector, account));
    }
}
