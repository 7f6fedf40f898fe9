// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bn254, Point, TwistPoint} from "../src/libraries/Bn254.sol";
import {RoundGame} from "../src/libraries/RoundGame.sol";

/// @title The secret side of a project in miniature
/// @notice Models and deltas of three parameters and one salt entry, committed to by KZG under a
/// known secret. What the contract derives from points and instances can so be compared with the
/// same thing computed from the vectors, and every commitment can be opened.
library Vectors {
    uint256 internal constant PARAMETERS = 3; // the fourth entry is salt

    uint8 internal constant LOGROWS = 3;
    uint256 internal constant TAU = 1_234_567_891;
    uint256 private constant ZERO = 0x5a17; // C(0) = ZERO * G
    /// @dev A root of unity of order 2 ** LOGROWS: 5 ** ((R - 1) / 8), 5 being a generator.
    uint256 private constant EXPONENT = (Bn254.R - 1) / 8;

    /// @notice C(v) = [f(tau)] + C(0), f the polynomial of the vector on the domain's points.
    function commitment(int256[4] memory v) internal view returns (Point memory) {
        return Bn254.mul(Point(1, 2), addmod(polynomial(v, TAU), ZERO, Bn254.R));
    }

    /// @notice What an SRS holds of its secret in the twist's group: TAU times the generator. In
    /// Python: `py_ecc.bn128.multiply(G2, 1_234_567_891)`.
    function tau() internal pure returns (TwistPoint memory) {
        return TwistPoint(
            18278389646821250305699901000115272146394424141541828377935595968842598839558,
            12579183095081433599766482319454236990681757097696886619684754875971808282528,
            20239483229501965127848803443842720859367640498407711614275728697924046264052,
            301058701789884254540007586813170179394916203305451331856781011130144675825
        );
    }

    /// @notice The bytes that are published of a delta.
    function encode(int256[4] memory v) internal pure returns (bytes memory) {
        return abi.encodePacked(int16(v[0]), int16(v[1]), int16(v[2]), int16(v[3]));
    }

    /// @notice [q(tau)] for q = (f - f(z)) / (X - z).
    function quotient(int256[4] memory v, uint256 z) internal view returns (Point memory) {
        uint256 rise = addmod(polynomial(v, TAU), Bn254.R - polynomial(v, z), Bn254.R);
        uint256 run = addmod(TAU, Bn254.R - z, Bn254.R);
        return Bn254.mul(Point(1, 2), mulmod(rise, _inverse(run), Bn254.R));
    }

    /// @notice f(x) by Lagrange's formula: sum_i v_i prod_{j != i} (x - w^j) / (w^i - w^j).
    function polynomial(int256[4] memory v, uint256 x) internal view returns (uint256 value) {
        uint256 size = 1 << LOGROWS;
        uint256 generator = Bn254.power(5, EXPONENT);
        uint256[] memory nodes = new uint256[](size);
        nodes[0] = 1;
        for (uint256 i = 1; i < size; ++i) {
            nodes[i] = mulmod(nodes[i - 1], generator, Bn254.R);
        }
        for (uint256 i; i < 4; ++i) {
            uint256 above = word(v[i]);
            uint256 below = 1;
            for (uint256 j; j < size; ++j) {
                if (j == i) continue;
                above = mulmod(above, addmod(x, Bn254.R - nodes[j], Bn254.R), Bn254.R);
                below = mulmod(below, addmod(nodes[i], Bn254.R - nodes[j], Bn254.R), Bn254.R);
            }
            value = addmod(value, mulmod(above, _inverse(below), Bn254.R), Bn254.R);
        }
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

    /// @notice The true claims about a model and the revealed deltas, in the order of Folding.
    function claims(int256[4] memory model, int256[4][] memory deltas)
        internal
        pure
        returns (uint256[] memory words)
    {
        uint256 n = deltas.length;
        int256[4][] memory stack = new int256[4][](n + 1);
        stack[0] = model;
        for (uint256 i; i < n; ++i) {
            stack[i + 1] = deltas[i];
        }
        words = new uint256[]((n + 1) * (n + 2));
        uint256 next;
        for (uint256 i; i <= n; ++i) {
            for (uint256 j = i; j <= n; ++j) {
                words[next++] = word(onCurvature(stack[i], stack[j]));
            }
        }
        for (uint256 i; i <= n; ++i) {
            words[next++] = word(onTarget(stack[i]));
        }
        for (uint256 i; i < n; ++i) {
            for (uint256 j = i; j < n; ++j) {
                words[next++] = word(inner(deltas[i], deltas[j]));
            }
        }
    }

    /// @notice The largest claims about n deltas that are in bounds, all of them positive.
    function largestClaims(uint256 n) internal pure returns (uint256[] memory words) {
        words = new uint256[]((n + 1) * (n + 2));
        uint256 linear = words.length / 2;
        for (uint256 i; i < words.length; ++i) {
            bool model = i <= n || i >= linear && i <= linear + n;
            words[i] = uint256(model ? RoundGame.MODEL_BOUND : RoundGame.BOUND) - 1;
        }
        words[0] = words[linear] = uint256(RoundGame.UTILITY_BOUND) - 1;
    }

    function _inverse(uint256 value) private view returns (uint256) {
        return Bn254.power(value, Bn254.R - 2);
    }
}
