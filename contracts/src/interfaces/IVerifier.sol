// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title The verifier that EZKL generates for one circuit
/// @notice It answers true for a valid proof and reverts with empty data for every other one.
/// @dev EZKL declares it without `view`, but it writes nothing. Declared so, it is called with
/// STATICCALL, and a hostile verifier cannot re-enter the market in the middle of a settlement.
interface IVerifier {
    function verifyProof(bytes calldata proof, uint256[] calldata instances)
        external
        view
        returns (bool);
}
