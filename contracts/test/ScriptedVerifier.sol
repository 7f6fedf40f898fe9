// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IVerifier} from "../src/interfaces/IVerifier.sol";

enum Answer {
    Accept,
    Reject, // an empty revert, as EZKL's verifier does
    False
}

/// @title A verifier that answers as it is told to
contract ScriptedVerifier is IVerifier {
    Answer public answer;

    function script(Answer next) external {
        answer = next;
    }

    function verifyProof(bytes calldata, uint256[] calldata) external view returns (bool) {
        if (answer == Answer.Reject) {
            assembly ("memory-safe") {
                revert(0, 0)
            }
        }
        return answer == Answer.Accept;
    }
}
