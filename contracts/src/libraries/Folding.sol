// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bn254, Point} from "./Bn254.sol";

/// @notice The points that a round's proof must be about.
struct Binding {
    Point zero; // commitment of the zero vector
    Point statistics; // of H and c
    Point model; // of w
    Point[] deltas; // of the n revealed deltas, in the order of the slots
}

/// @notice What the prover sends beside its claims; the contract computes the rest of the proof.
struct Folded {
    Point entries; // of the column that holds every delta
    Point curved; // of Y
    bytes rest; // from the point of the challenges on
}

/// @title The folded statement: one random combination stands for all vectors of a round
/// @notice circuits/folded.py has the statement and what it implies. Claims are P_ij = <Z_i, H Z_j>
/// for 0 <= i <= j <= n, q_i = <Z_i, c> for i <= n, and <D_i, D_j> for 1 <= i <= j <= n, where Z_0 is
/// the model and Z_i = D_i.
library Folding {
    using Bn254 for Point;

    error ClaimCount(uint256 given, uint256 expected);
    error ClaimNotInField(uint256 index, uint256 value);

    function claimCount(uint256 n) internal pure returns (uint256) {
        return (n + 1) * (n + 2);
    }

    /// @notice What a verifier must accept for the claims to be proven.
    function statement(Binding memory binding, Folded calldata folded, uint256[] calldata claims)
        internal
        view
        returns (bytes memory proof, uint256[] memory instances)
    {
        uint256 n = binding.deltas.length;
        require(claims.length == claimCount(n), ClaimCount(claims.length, claimCount(n)));
        _requireInField(claims);
        instances = new uint256[](7); // the last two are zero
        instances[0] = _firstChallenge(binding, folded.entries, claims);
        instances[1] = uint256(keccak256(abi.encode(instances[0], folded.curved))) % Bn254.R;
        uint256[] memory u = weights(instances[0], n + 1);
        uint256 split = (n + 1) * (n + 2) / 2;
        instances[2] = _form(claims[split + n + 1:], u, 1);
        instances[3] = _form(claims[:split], u, 0);
        instances[4] = _inner(claims[split:split + n + 1], u, 0);
        proof = abi.encodePacked(
            _words(binding.statistics),
            _words(_combination(binding, u)),
            _words(folded.entries),
            _words(folded.curved),
            folded.rest
        );
    }

    /// @notice u_i = gamma ** (2 ** i): sums of two exponents tell the pair.
    function weights(uint256 gamma, uint256 count) internal pure returns (uint256[] memory u) {
        u = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            u[i] = gamma;
            gamma = mulmod(gamma, gamma, Bn254.R);
        }
    }

    /// @dev Drawn when vectors and claims are fixed.
    function _firstChallenge(
        Binding memory binding,
        Point calldata entries,
        uint256[] calldata claims
    ) private pure returns (uint256) {
        bytes memory points = abi.encodePacked(_words(binding.statistics), _words(binding.model));
        for (uint256 i; i < binding.deltas.length; ++i) {
            points = bytes.concat(points, _words(binding.deltas[i]));
        }
        return uint256(keccak256(abi.encodePacked(points, _words(entries), claims))) % Bn254.R;
    }

    /// @dev Commitments are affine in the vector, C(v) = linear(v) + zero.
    function _combination(Binding memory binding, uint256[] memory u)
        private
        view
        returns (Point memory sum)
    {
        uint256 rest = 1;
        for (uint256 i; i < u.length; ++i) {
            rest = addmod(rest, Bn254.R - u[i], Bn254.R);
            Point memory point = i == 0 ? binding.model : binding.deltas[i - 1];
            sum = sum.add(point.mul(u[i]));
        }
        sum = sum.add(binding.zero.mul(rest));
    }

    /// @dev sum of u_i u_j M_ij over i, j >= first, of the symmetric matrix with this upper triangle.
    function _form(uint256[] calldata triangle, uint256[] memory u, uint256 first)
        private
        pure
        returns (uint256 total)
    {
        uint256 next;
        for (uint256 i = first; i < u.length; ++i) {
            uint256 end = next + u.length - i;
            uint256 own = mulmod(triangle[next], u[i], Bn254.R);
            uint256 others = _inner(triangle[next + 1:end], u, i + 1);
            uint256 row = addmod(own, addmod(others, others, Bn254.R), Bn254.R);
            total = addmod(total, mulmod(u[i], row, Bn254.R), Bn254.R);
            next = end;
        }
    }

    /// @dev sum of values_k u_k, with the first value at u_from. All there are must have one in u.
    function _inner(uint256[] calldata values, uint256[] memory u, uint256 from)
        private
        pure
        returns (uint256 total)
    {
        uint256 order = Bn254.R;
        assembly ("memory-safe") {
            order := add(order, iszero(u)) // no constant, see below
            let place := add(u, shl(5, add(from, 1)))
            let value := values.offset
            for { let end := add(value, shl(5, values.length)) } lt(value, end) {
                value := add(value, 0x20)
            } {
                total := addmod(total, mulmod(calldataload(value), mload(place), order), order)
                place := add(place, 0x20)
            }
        }
    }

    /// @dev A constant as long as the order is copied from the code whenever a loop uses it, so that
    /// the loops here add to it what is zero, as an array's place never is.
    function _requireInField(uint256[] calldata claims) private pure {
        uint256 order = Bn254.R;
        bool all = true;
        assembly ("memory-safe") {
            order := add(order, iszero(claims.offset))
            let claim := claims.offset
            for { let end := add(claim, shl(5, claims.length)) } lt(claim, end) {
                claim := add(claim, 0x20)
            } { all := and(all, lt(calldataload(claim), order)) }
        }
        for (uint256 i; !all; ++i) {
            require(claims[i] < order, ClaimNotInField(i, claims[i]));
        }
    }

    function _words(Point memory point) private pure returns (bytes memory) {
        return abi.encode(point.x, point.y);
    }
}
