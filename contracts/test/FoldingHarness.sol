// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IVerifier} from "../src/interfaces/IVerifier.sol";
import {Binding, Folded, Folding} from "../src/libraries/Folding.sol";
import {Game, RoundGame} from "../src/libraries/RoundGame.sol";

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

    /// @notice The game of n deltas that proven claims make.
    /// @param entries That rounding of the curvature is allowed for; none of a root.
    function read(uint256[] calldata claims, uint256 n, uint256 entries)
        external
        pure
        returns (int256[] memory linear, int256[] memory curvature, int256 utility)
    {
        Game memory game = RoundGame.decode(claims, n);
        RoundGame.requireCurved(game, entries);
        return (game.linear, game.curvature, game.utility);
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
