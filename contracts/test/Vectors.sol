// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bn254, Point} from "../src/libraries/Bn254.sol";

/// @title The secret side of a project in miniature
/// @notice Models and deltas of three parameters and one salt entry, committed to as KZG does: a
/// sum of fixed points, one an entry, plus a constant. What the contract derives from points and
/// instances can so be compared with the same thing computed from the vectors.
library Vectors {
    uint256 internal constant PARAMETERS = 3; // the fourth entry is salt

    /// @notice C(v) = sum_i v_i K_i + Z for points K_i, Z of which nobody knows a relation.
    function commitment(int256[4] memory v) internal view returns (Point memory) {
        uint256 scalar = _key(4);
        for (uint256 i; i < 4; ++i) {
            scalar = addmod(scalar, mulmod(word(v[i]), _key(i), Bn254.R), Bn254.R);
        }
        return Bn254.mul(Point(1, 2), scalar);
    }

    /// @notice The proof instance that stands for a signed number.
    function word(int256 value) internal pure returns (uint256) {
        return value < 0 ? Bn254.R - uint256(-value) : uint256(value);
    }

    /// @notice U(w) = 2 <c, w> - <w, H w>.
    function utility(int256[4] memory w) internal pure returns (int256) {
        return 2 * onTarget(w) - onCurvature(w, w);
    }

    /// @notice <c, v>
    function onTarget(int256[4] memory v) internal pure returns (int256) {
        return 40_000 * v[0] + 30_000 * v[1] - 20_000 * v[2];
    }

    /// @notice <a, H b>
    function onCurvature(int256[4] memory a, int256[4] memory b) internal pure returns (int256) {
        return a[0] * (5 * b[0] + b[1]) + a[1] * (b[0] + 4 * b[1] - b[2]) + a[2] * (3 * b[2] - b[1]);
    }

    /// @notice <a, b>
    function inner(int256[4] memory a, int256[4] memory b) internal pure returns (int256 sum) {
        for (uint256 i; i < PARAMETERS; ++i) {
            sum += a[i] * b[i];
        }
    }

    /// @notice What the round circuit outputs for a model and the deltas of all slots.
    function instances(int256[4] memory model, int256[4][] memory deltas)
        internal
        pure
        returns (uint256[] memory words)
    {
        uint256 slots = deltas.length;
        int256[4][] memory stack = new int256[4][](slots + 1);
        stack[0] = model;
        for (uint256 i; i < slots; ++i) {
            stack[i + 1] = deltas[i];
        }
        words = new uint256[]((slots + 1) * (slots + 1) + (slots + 1) + slots * slots + 1);
        uint256 next;
        for (uint256 i; i <= slots; ++i) {
            for (uint256 j; j <= slots; ++j) {
                words[next++] = word(onCurvature(stack[i], stack[j]));
            }
        }
        for (uint256 i; i <= slots; ++i) {
            words[next++] = word(onTarget(stack[i]));
        }
        for (uint256 i; i < slots; ++i) {
            for (uint256 j; j < slots; ++j) {
                words[next++] = word(inner(deltas[i], deltas[j]));
            }
        }
    }

    function _key(uint256 index) private pure returns (uint256) {
        return uint256(keccak256(abi.encode("key", index))) % Bn254.R;
    }
}
