// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Sums} from "./QuadraticGame.sol";
import {Game} from "./RoundGame.sol";

/// @title Exact Shapley values of a quadratic game, in integers
/// @notice The game of m >= 3 selected trainers is v(S) = U(w + mean_S D) - U(w) with
/// v(S) = (2/k) sum_S b_i - (1/k^2) sum_SS G_ij, k = |S|. Its Shapley values are the closed form
/// of docs/contribution.md, published as CHG Shapley too (Cai et al., arXiv 2406.11730); `weights`
/// returns its coefficients over one common denominator.
library Shapley {
    error TooFewForShapley(uint256 players);

    /// @notice Coefficients of the closed form, all multiplied by `denominator`.
    struct Weights {
        int256 ownSquare; // of G_ii
        int256 ownCross; // of sum_{l != i} (G_il + G_li)
        int256 otherSquare; // of sum_{j != i} G_jj
        int256 otherCross; // of sum_{j != l, both != i} G_jl
        int256 ownLinear; // of 2 b_i
        int256 otherLinear; // of sum_{j != i} 2 b_j
        uint256 denominator;
    }

    /// @param lattice L, a multiple of each of 1 ... m.
    /// @dev With A = sum L/k and B = sum (L/k)^2 every coefficient is an integer over m (m-1)(m-2). At
    /// 32 players and L = lcm(1..32) they are below 2^106, the linear ones below 2^60.
    function weights(uint256 m, uint256 lattice) internal pure returns (Weights memory w) {
        require(m >= 3, TooFewForShapley(m));
        unchecked {
            uint256 harmonic;
            uint256 square;
            for (uint256 k = 1; k <= m; ++k) {
                harmonic += lattice / k;
                square += (lattice / k) ** 2;
            }
            // casting is safe because of the bounds above
            // forge-lint: disable-start(unsafe-typecast)
            int256 L = int256(lattice);
            int256 A = int256(harmonic);
            int256 B = int256(square);
            int256 n = int256(m);
            // forge-lint: disable-end(unsafe-typecast)
            w.ownSquare = -B * (n - 1) * (n - 2);
            w.ownCross = -(L * A - B) * (n - 2);
            w.otherSquare = (B - L * L / n) * (n - 2);
            w.otherCross = 2 * L * A - 2 * B - L * L + L * L / n;
            w.ownLinear = A * (n - 1) * (n - 2);
            w.otherLinear = (L - A) * (n - 2);
            w.denominator = m * (m - 1) * (m - 2);
        }
    }

    /// @notice Shapley values of the players in `selected`, times the common denominator.
    /// @param game All players' coefficients, of which `sums` adds up the selected ones'.
    /// @param selected Bit i is set if player i plays; the others score 0.
    /// @param lattice The model grid's refinement of the delta grid: values are in the units of
    /// the utility of an integer model, where b counts `lattice` times and G `lattice`^2 times.
    /// @dev Of entries below the bounds of RoundGame and at most 32 players nothing here reaches 2^248.
    function scores(Game memory game, Sums memory sums, uint256 selected, uint256 lattice)
        internal
        pure
        returns (int256[] memory phi, uint256 denominator)
    {
        uint256 n = game.linear.length;
        Weights memory w = weights(sums.players, lattice);
        denominator = w.denominator;
        phi = new int256[](n);
        for (uint256 i; i < n; ++i) {
            if (selected >> i & 1 == 0) continue;
            phi[i] = _score(w, sums, game.own[i], sums.cross[i], game.linear[i]);
        }
    }

    function _score(Weights memory w, Sums memory sums, int256 own, int256 cross, int256 linear)
        private
        pure
        returns (int256)
    {
        unchecked {
            int256 quadratic = w.ownSquare * own + w.ownCross * cross + w.otherSquare
                * (sums.trace - own) + w.otherCross * (sums.total - cross);
            return quadratic + w.ownLinear * linear + w.otherLinear * (sums.linear - linear);
        }
    }
}
