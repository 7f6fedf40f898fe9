// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bn254, Point} from "../../src/libraries/Bn254.sol";
import {Test} from "forge-std/Test.sol";

contract Bn254Test is Test {
    using Bn254 for Point;

    function testFuzz_Mul_IsLinear(uint256 a, uint256 b) public view {
        a = bound(a, 0, Bn254.R - 1);
        b = bound(b, 0, Bn254.R - 1);
        Point memory sum = _times(a).add(_times(b));
        assertTrue(sum.equals(_times(addmod(a, b, Bn254.R))));
        assertTrue(_times(a).mul(b).equals(_times(mulmod(a, b, Bn254.R))));
    }

    function testFuzz_Negate_IsTheInverse(uint256 a) public view {
        Point memory p = _times(a % Bn254.R);
        assertTrue(p.add(p.negate()).equals(Point(0, 0)));
    }

    function testFuzz_IsOnCurve_HoldsForMultiplesOnly(uint256 a, uint256 off) public view {
        Point memory p = _times(bound(a, 1, Bn254.R - 1));
        assertTrue(p.isOnCurve());
        off = bound(off, 1, Bn254.P - 1);
        // x^3 + 3 has two roots, y and P - y.
        uint256 y = addmod(p.y, off, Bn254.P);
        assertEq(Point(p.x, y).isOnCurve(), y == Bn254.P - p.y);
    }

    function test_IsOnCurve_RefusesInfinityAndUnreducedCoordinates() public pure {
        assertFalse(Point(0, 0).isOnCurve());
        assertFalse(Point(1 + Bn254.P, 2).isOnCurve());
        assertFalse(Point(1, 2 + Bn254.P).isOnCurve());
    }

    function test_RevertIf_PointIsOffTheCurve() public {
        vm.expectRevert(Bn254.Bn254PrecompileFailed.selector);
        this.add(Point(1, 3), Point(1, 2));
        vm.expectRevert(Bn254.Bn254PrecompileFailed.selector);
        this.mul(Point(1, 3), 2);
    }

    function add(Point memory a, Point memory b) external view returns (Point memory) {
        return a.add(b);
    }

    function mul(Point memory p, uint256 scalar) external view returns (Point memory) {
        return p.mul(scalar);
    }

    function _times(uint256 scalar) private view returns (Point memory) {
        return Point(1, 2).mul(scalar);
    }
}
