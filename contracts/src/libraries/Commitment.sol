// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Point} from "./Bn254.sol";

/// @title What a trainer commits to before it reveals
library Commitment {
    function hashOf(
        address account,
        bytes32 id,
        uint256 round,
        Point calldata point,
        string calldata cid,
        bytes32 salt
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(account, id, round, point, keccak256(bytes(cid)), salt));
    }
}
