// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bn254, Point} from "../../src/libraries/Bn254.sol";
import {Binding, Folded, Folding} from "../../src/libraries/Folding.sol";
import {Test} from "forge-std/Test.sol";

/// @dev Points are multiples of the generator that the test knows, so that a combination of points is
/// one multiple; forms are double loops over whole matrices.
contract FoldingTest is Test {
    using Bn254 for Point;

    /// @dev How many times the generator each point is.
    struct Multiples {
        uint256 zero;
        uint256 statistics;
        uint256 entries;
        uint256 curved;
        uint256[5] vectors; // of the model and up to four deltas
    }

    uint256 private constant MOST = 4;

    function testFuzz_Weights_ArePowersOfTheChallenge(uint256 gamma) public view {
        gamma %= Bn254.R;
        uint256[] memory u = Folding.weights(gamma, 33);
        for (uint256 i; i < 33; ++i) {
            assertEq(u[i], Bn254.power(gamma, 2 ** i));
        }
    }

    function testFuzz_Statement_FollowsTheDefinition(
        Multiples memory known,
        uint256 n,
        uint256[30] memory words,
        bytes memory rest
    ) public view {
        n = bound(n, 1, MOST);
        (Binding memory binding, Folded memory folded, uint256[] memory claims) =
            _round(known, n, words, rest);
        (bytes memory proof, uint256[] memory instances) = this.statement(binding, folded, claims);

        uint256 gamma = _hash(_transcript(binding, folded.entries, claims));
        uint256 delta = _hash(abi.encodePacked(gamma, folded.curved.x, folded.curved.y));
        uint256[] memory u = _powers(gamma, n + 1);
        assertEq(instances.length, 7);
        assertEq(instances[0], gamma);
        assertEq(instances[1], delta);
        assertEq(instances[2], _form(_gram(claims, n), u));
        assertEq(instances[3], _form(_products(claims, n), u));
        assertEq(instances[4], _linear(claims, u));
        assertEq(instances[5], 0);
        assertEq(instances[6], 0);

        Point memory combined = Bn254.generator().mul(_combination(known, u));
        Point memory s = binding.statistics;
        assertEq(
            proof,
            abi.encodePacked(
                abi.encode(s.x, s.y, combined.x, combined.y),
                abi.encode(folded.entries.x, folded.entries.y, folded.curved.x, folded.curved.y),
                rest
            )
        );
    }

    /// @dev Both challenges depend on all that was fixed before them, to the last bit.
    function testFuzz_Challenges_ChangeWithWhatIsFixedBefore(
        Multiples memory known,
        uint256[30] memory words,
        uint256 place,
        uint256 bit
    ) public view {
        (Binding memory binding, Folded memory folded, uint256[] memory claims) =
            _round(known, 2, words, "");
        (, uint256[] memory before) = this.statement(binding, folded, claims);
        place = bound(place, 0, claims.length + 5);
        if (place < claims.length) {
            uint256 changed = claims[place] ^ 1 << bound(bit, 0, 252);
            vm.assume(changed < Bn254.R);
            claims[place] = changed;
        } else if (place == claims.length) {
            binding.statistics = _next(binding.statistics);
        } else if (place == claims.length + 1) {
            binding.model = _next(binding.model);
        } else if (place == claims.length + 2) {
            binding.deltas[0] = _next(binding.deltas[0]);
        } else if (place == claims.length + 3) {
            binding.deltas[1] = _next(binding.deltas[1]);
        } else if (place == claims.length + 4) {
            folded.entries = _next(folded.entries);
        } else {
            folded.curved = _next(folded.curved);
        }
        (, uint256[] memory later) = this.statement(binding, folded, claims);
        assertEq(later[0] == before[0], place == claims.length + 5);
        assertNotEq(later[1], before[1]);
    }

    function test_RevertIf_AnotherNumberOfClaims() public {
        Multiples memory known;
        uint256[30] memory words;
        (Binding memory binding, Folded memory folded,) = _round(known, 3, words, "");
        for (uint256 given; given < 30; ++given) {
            if (given == 20) continue;
            vm.expectRevert(abi.encodeWithSelector(Folding.ClaimCount.selector, given, 20));
            this.statement(binding, folded, new uint256[](given));
        }
    }

    function testFuzz_RevertIf_AClaimIsNotInTheField(uint256 index, uint256 value) public {
        Multiples memory known;
        uint256[30] memory words;
        (Binding memory binding, Folded memory folded, uint256[] memory claims) =
            _round(known, 3, words, "");
        index = bound(index, 0, 19);
        claims[index] = bound(value, Bn254.R, type(uint256).max);
        vm.expectRevert(
            abi.encodeWithSelector(Folding.ClaimNotInField.selector, index, claims[index])
        );
        this.statement(binding, folded, claims);
        claims[index] = Bn254.R - 1;
        this.statement(binding, folded, claims);
    }

    function testFuzz_RevertIf_AVectorsPointIsOffTheCurve(uint256 x, uint256 y, uint256 which)
        public
    {
        Point memory wrong = Point(x, y);
        vm.assume(!wrong.isOnCurve() && (x | y != 0));
        Multiples memory known;
        uint256[30] memory words;
        (Binding memory binding, Folded memory folded, uint256[] memory claims) =
            _round(known, 3, words, "");
        which = bound(which, 0, 4);
        if (which == 0) binding.zero = wrong;
        else if (which == 1) binding.model = wrong;
        else binding.deltas[which - 2] = wrong;
        vm.expectRevert(Bn254.Bn254PrecompileFailed.selector);
        // A precompile that fails takes all it is given.
        this.statement{gas: 2_000_000}(binding, folded, claims);
    }

    function statement(Binding calldata binding, Folded calldata folded, uint256[] calldata claims)
        external
        view
        returns (bytes memory, uint256[] memory)
    {
        return Folding.statement(binding, folded, claims);
    }

    function _round(Multiples memory known, uint256 n, uint256[30] memory words, bytes memory rest)
        private
        view
        returns (Binding memory binding, Folded memory folded, uint256[] memory claims)
    {
        Point memory g = Bn254.generator();
        binding.zero = g.mul(known.zero);
        binding.statistics = g.mul(known.statistics);
        binding.model = g.mul(known.vectors[0]);
        binding.deltas = new Point[](n);
        for (uint256 i; i < n; ++i) {
            binding.deltas[i] = g.mul(known.vectors[i + 1]);
        }
        folded = Folded(g.mul(known.entries), g.mul(known.curved), rest);
        claims = new uint256[](Folding.claimCount(n));
        for (uint256 i; i < claims.length; ++i) {
            claims[i] = words[i] % Bn254.R;
        }
    }

    function _transcript(Binding memory binding, Point memory entries, uint256[] memory claims)
        private
        pure
        returns (bytes memory data)
    {
        data = abi.encode(binding.statistics, binding.model);
        for (uint256 i; i < binding.deltas.length; ++i) {
            data = bytes.concat(data, abi.encode(binding.deltas[i]));
        }
        data = bytes.concat(data, abi.encode(entries));
        for (uint256 i; i < claims.length; ++i) {
            data = bytes.concat(data, bytes32(claims[i]));
        }
    }

    function _hash(bytes memory data) private pure returns (uint256) {
        return uint256(keccak256(data)) % Bn254.R;
    }

    function _powers(uint256 gamma, uint256 count) private view returns (uint256[] memory u) {
        u = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            u[i] = Bn254.power(gamma, 2 ** i);
        }
    }

    /// @dev Of C(0) + sum_i u_i (C(Z_i) - C(0)).
    function _combination(Multiples memory known, uint256[] memory u)
        private
        pure
        returns (uint256 multiple)
    {
        uint256 r = Bn254.R;
        uint256 zero = known.zero % r;
        multiple = zero;
        for (uint256 i; i < u.length; ++i) {
            uint256 linear = addmod(known.vectors[i] % r, r - zero, r);
            multiple = addmod(multiple, mulmod(u[i], linear, r), r);
        }
    }

    /// @dev P, for all i and j.
    function _products(uint256[] memory claims, uint256 n)
        private
        pure
        returns (uint256[][] memory matrix)
    {
        matrix = _square(n + 1);
        uint256 next;
        for (uint256 i; i <= n; ++i) {
            for (uint256 j = i; j <= n; ++j) {
                matrix[i][j] = matrix[j][i] = claims[next++];
            }
        }
    }

    /// @dev K, for all i and j, with zeros for the model.
    function _gram(uint256[] memory claims, uint256 n)
        private
        pure
        returns (uint256[][] memory matrix)
    {
        matrix = _square(n + 1);
        uint256 next = (n + 1) * (n + 2) / 2 + n + 1;
        for (uint256 i = 1; i <= n; ++i) {
            for (uint256 j = i; j <= n; ++j) {
                matrix[i][j] = matrix[j][i] = claims[next++];
            }
        }
        assertEq(next, claims.length);
    }

    function _form(uint256[][] memory matrix, uint256[] memory u)
        private
        pure
        returns (uint256 total)
    {
        uint256 r = Bn254.R;
        for (uint256 i; i < u.length; ++i) {
            for (uint256 j; j < u.length; ++j) {
                total = addmod(total, mulmod(mulmod(u[i], u[j], r), matrix[i][j], r), r);
            }
        }
    }

    function _linear(uint256[] memory claims, uint256[] memory u)
        private
        pure
        returns (uint256 total)
    {
        uint256 first = u.length * (u.length + 1) / 2;
        for (uint256 i; i < u.length; ++i) {
            total = addmod(total, mulmod(u[i], claims[first + i], Bn254.R), Bn254.R);
        }
    }

    function _square(uint256 size) private pure returns (uint256[][] memory matrix) {
        matrix = new uint256[][](size);
        for (uint256 i; i < size; ++i) {
            matrix[i] = new uint256[](size);
        }
    }

    function _next(Point memory point) private view returns (Point memory) {
        return point.add(Bn254.generator());
    }
}
