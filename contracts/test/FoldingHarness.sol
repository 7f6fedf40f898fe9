// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IVerifier} from "../src/interfaces/IVerifier.sol";
import {Binding, Folded, Folding} from "../src/libraries/Folding.sol";

/// @notice What an aggregator claims of a round whose points the contract knows.
struct Claimed {
    Binding binding;
    Folded folded;
    uint256[] claims;
}

/// @notice A proof and its public outputs, without the contract's half.
struct Shown {
    bytes proof;
    uint256[] instances;
}

/// @notice Checks claims about a round as the market would; the tests in Python prove to it.
contract FoldingHarness {
    /// @dev Three times what an honest one takes: a precompile that fails takes all it is given.
    uint256 internal constant GAS = 2_000_000;

    function holds(
        IVerifier verifier,
        Binding memory binding,
        Folded calldata folded,
        uint256[] calldata claims
    ) external view returns (bool) {
        (bytes memory proof, uint256[] memory instances) =
            Folding.statement(binding, folded, claims);
        try verifier.verifyProof(proof, instances) returns (bool valid) {
            return valid;
        } catch {
            return false;
        }
    }

    /// @return accepted Of each, whether it holds; one that reverts does not.
    function hold(IVerifier verifier, Claimed[] calldata all)
        external
        view
        returns (bool[] memory accepted)
    {
        accepted = new bool[](all.length);
        for (uint256 i; i < all.length; ++i) {
            Claimed calldata each = all[i];
            try this.holds{gas: GAS}(verifier, each.binding, each.folded, each.claims) returns (
                bool valid
            ) {
                accepted[i] = valid;
            } catch {}
        }
    }

    /// @return accepted Of each, whether the verifier says so.
    function verify(IVerifier verifier, Shown[] calldata all)
        external
        view
        returns (bool[] memory accepted)
    {
        accepted = new bool[](all.length);
        for (uint256 i; i < all.length; ++i) {
            try verifier.verifyProof{gas: GAS}(all[i].proof, all[i].instances) returns (
                bool valid
            ) {
                accepted[i] = valid;
            } catch {}
        }
    }
}
