// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bn254, Point, TwistPoint} from "./Bn254.sol";

/// @notice What a commitment was made with.
struct Scheme {
    Point zero; // commitment of the zero vector, a constant in every commitment
    TwistPoint tau; // [tau] in the twist's group, from the SRS
    uint8 logrows; // vectors stand on a domain of 2 ** logrows
    uint32 entries; // of a vector
}

/// @title Checks a published vector against its commitment
/// @notice A commitment is C = [f(tau)] + C(0) for the polynomial f that takes the vector's entries on
/// the powers of the domain's generator w and 0 on the rest (Kate, Zaverucha & Goldberg 2010,
/// section 3). The contract evaluates f itself, at a point z drawn from the commitment and the
/// vector; whoever publishes the vector adds [q(tau)] with q = (f - f(z)) / (X - z). If the vector were
/// another, the difference of the polynomials would have to vanish at z: at most 2 ** logrows of
/// 2 ** 254 points do that.
library Opening {
    using Bn254 for Point;

    /// @notice Entries below it in magnitude: the range that the round circuit enforces.
    uint256 internal constant RANGE = 16_000;
    /// @dev A root of unity of order 2 ** 28.
    uint256 internal constant ROOT =
        1748695177688661943023146337482803886740723238769601073607632802312037301404;
    uint256 internal constant LOG_ORDER = 28;

    /// @param values The vector: each entry two bytes, signed, big-endian.
    /// @return Whether every entry is in range and the vector is what the commitment binds.
    function holds(
        Scheme memory scheme,
        Point memory commitment,
        bytes calldata values,
        Point memory quotient
    ) internal view returns (bool) {
        if (values.length != 2 * uint256(scheme.entries)) return false;
        // Of what is no point, the precompiles would take all gas. A constant's quotient is infinity.
        if (quotient.x | quotient.y != 0 && !quotient.isOnCurve()) return false;
        uint256 z = challenge(commitment, values);
        (bool inRange, uint256 value) = evaluate(values, scheme.logrows, z);
        if (!inRange) return false;

        // f(tau) - f(z) = q(tau) (tau - z)
        Point memory shifted = commitment.add(scheme.zero.negate())
            .add(Bn254.generator().mul(value).negate()).add(quotient.mul(z));
        return Bn254.pairsEqually(shifted, Bn254.twistGenerator(), quotient, scheme.tau);
    }

    /// @notice The point of evaluation, which nobody knows before commitment and vector are fixed.
    function challenge(Point memory commitment, bytes calldata values)
        internal
        pure
        returns (uint256)
    {
        return uint256(keccak256(abi.encode(commitment, keccak256(values)))) % Bn254.R;
    }

    /// @notice f(z) by the barycentric formula,
    /// f(z) = (z^N - 1) / N * sum_i v_i w^i / (z - w^i), as one fraction that is inverted once.
    function evaluate(bytes calldata values, uint8 logrows, uint256 z)
        internal
        view
        returns (bool inRange, uint256 value)
    {
        uint256 r = Bn254.R;
        uint256 generator = Bn254.power(ROOT, 1 << (LOG_ORDER - logrows));
        uint256 node = 1; // w^i
        uint256 numerator;
        uint256 denominator = 1;
        for (uint256 i; i < values.length;) {
            // What this loop costs bounds the vectors that can be published: no check twice.
            unchecked {
                uint256 entry;
                assembly ("memory-safe") {
                    entry := signextend(1, shr(240, calldataload(add(values.offset, i))))
                }
                uint256 above = entry + RANGE - 1; // wraps to below zero and back
                if (above > 2 * RANGE - 2) return (false, 0);
                uint256 distance = addmod(z, r - node, r);
                uint256 word = addmod(above, r + 1 - RANGE, r);
                numerator = addmod(
                    mulmod(numerator, distance, r), mulmod(mulmod(word, node, r), denominator, r), r
                );
                denominator = mulmod(denominator, distance, r);
                node = mulmod(node, generator, r);
                i += 2;
            }
        }
        uint256 size = 1 << logrows;
        uint256 vanishing = addmod(Bn254.power(z, size), r - 1, r);
        // Of a z on the domain the denominator is 0, and so is its inverse: the check then fails.
        uint256 inverse = Bn254.power(mulmod(denominator, size, r), r - 2);
        return (true, mulmod(mulmod(numerator, vanishing, r), inverse, r));
    }
}
