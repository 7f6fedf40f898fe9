// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice A point of the BN254 curve in affine coordinates; (0, 0) stands for infinity.
struct Point {
    uint256 x;
    uint256 y;
}

/// @title Arithmetic of KZG commitments through the EIP-196 precompiles
library Bn254 {
    /// @notice The order of the base field, which coordinates live in.
    uint256 internal constant P =
        21888242871839275222246405745257275088696311157297823662689037894645226208583;
    /// @notice The order of the scalar field, which proof instances live in.
    uint256 internal constant R =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;

    error Bn254PrecompileFailed();

    /// @dev Infinity is refused: no honest commitment is it, and it would be free to guess.
    function isOnCurve(Point memory p) internal pure returns (bool) {
        if (p.x >= P || p.y >= P) return false;
        return mulmod(p.y, p.y, P) == addmod(mulmod(mulmod(p.x, p.x, P), p.x, P), 3, P);
    }

    function equals(Point memory a, Point memory b) internal pure returns (bool) {
        return a.x == b.x && a.y == b.y;
    }

    function negate(Point memory p) internal pure returns (Point memory) {
        return p.y == 0 ? p : Point(p.x, P - p.y);
    }

    function add(Point memory a, Point memory b) internal view returns (Point memory sum) {
        uint256[4] memory input = [a.x, a.y, b.x, b.y];
        bool ok;
        assembly ("memory-safe") {
            ok := staticcall(gas(), 0x06, input, 0x80, sum, 0x40)
        }
        require(ok, Bn254PrecompileFailed());
    }

    function mul(Point memory p, uint256 scalar) internal view returns (Point memory product) {
        uint256[3] memory input = [p.x, p.y, scalar];
        bool ok;
        assembly ("memory-safe") {
            ok := staticcall(gas(), 0x07, input, 0x60, product, 0x40)
        }
        require(ok, Bn254PrecompileFailed());
    }
}
