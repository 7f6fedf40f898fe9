// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarket, Project, Reveal, Standing, Terms} from "../src/interfaces/IMarket.sol";
import {Bn254, Point} from "../src/libraries/Bn254.sol";
import {Folded} from "../src/libraries/Folding.sol";
import {Deployment} from "./Deployment.sol";
import {Vectors} from "./Vectors.sol";

/// @title One project, its roles, and what they know
/// @notice Models and deltas, of which the market sees points and numbers.
abstract contract Roles is Deployment {
    uint256 internal constant SLOTS = 6;

    IMarket internal market;
    Terms internal terms;
    address internal owner = makeAddr("owner");
    address internal aggregator = makeAddr("aggregator");
    address internal successor = makeAddr("successor");
    address internal outsider = makeAddr("outsider");
    address[SLOTS] internal accounts;
    int256[4] internal model = [int256(600), 0, 0, 11]; // of the current round
    int256[4][SLOTS] internal deltas;

    // --- the project ---------------------------------------------------------------------------

    function _id() internal view returns (bytes32) {
        return market.idOf(terms);
    }

    function _project() internal view returns (Project memory) {
        return market.project(_id());
    }

    function _standing(uint256 i) internal view returns (Standing) {
        return market.trainer(_id(), accounts[i]).standing;
    }

    function _stake(uint256 i) internal view returns (uint256) {
        return market.trainer(_id(), accounts[i]).stake;
    }

    function _credit(address account) internal view returns (uint256) {
        return market.credit(_id(), account);
    }

    function _due(address account) internal view returns (uint256) {
        return market.withdrawable(terms, account);
    }

    // --- a delta -------------------------------------------------------------------------------

    function _point(uint256 i) internal view returns (Point memory) {
        return Vectors.commitment(deltas[i]);
    }

    /// @dev The content of a delta: another delta is other content.
    function _cid(uint256 i) internal view returns (string memory) {
        return
            string.concat("delta ", vm.toString(uint256(keccak256(abi.encode(deltas[i]))) >> 128));
    }

    function _salt(uint256 i) internal pure returns (bytes32) {
        return keccak256(abi.encode("salt", i));
    }

    function _commitment(uint256 i) internal view returns (bytes32) {
        return
            market.commitmentOf(accounts[i], _id(), _project().round, _point(i), _cid(i), _salt(i));
    }

    function _opening(uint256 i)
        internal
        view
        returns (bytes memory values, Point memory quotient)
    {
        return _openingOf(deltas[i]);
    }

    function _openingOf(int256[4] memory delta)
        internal
        view
        returns (bytes memory values, Point memory quotient)
    {
        values = Vectors.encode(delta);
        quotient = Vectors.quotient(delta, _drawn(Vectors.commitment(delta), values));
    }

    /// @dev Where the commitment is to be opened, as Opening documents it.
    function _drawn(Point memory point, bytes memory values) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(point, keccak256(values)))) % Bn254.R;
    }

    // --- a round -------------------------------------------------------------------------------

    /// @dev The deltas of all slots in the order of the reveals, zero where there is none.
    function _revealedDeltas() internal view returns (int256[4][] memory revealed) {
        Reveal[] memory standing = market.reveals(_id(), _project().epoch);
        revealed = new int256[4][](standing.length);
        for (uint256 i; i < standing.length; ++i) {
            for (uint256 j; j < SLOTS; ++j) {
                if (accounts[j] == standing[i].trainer) revealed[i] = deltas[j];
            }
        }
    }

    /// @dev Any points do: the verifier is scripted.
    function _folded() internal pure returns (Folded memory) {
        return Folded(Bn254.generator(), Bn254.generator(), "proof");
    }

    function _claims() internal view returns (uint256[] memory) {
        return Vectors.claims(model, _revealedDeltas());
    }

    /// @dev w + lattice * mean of the deltas of accounts in the mask, computed on the vectors.
    function _modelAfter(uint256 selected) internal view returns (int256[4] memory next) {
        uint256[] memory weights = new uint256[](SLOTS);
        uint256 m;
        for (uint256 i; i < SLOTS; ++i) {
            m += selected >> i & 1;
        }
        for (uint256 i; i < SLOTS; ++i) {
            if (selected >> i & 1 == 1) weights[i] = 60 / m; // lcm(1..6) = 60
        }
        return _modelMoved(weights);
    }

    /// @dev w + the deltas of all accounts, each as often as it counts.
    function _modelMoved(uint256[] memory weights) internal view returns (int256[4] memory next) {
        for (uint256 k; k < 4; ++k) {
            next[k] = model[k];
            for (uint256 i; i < weights.length; ++i) {
                next[k] += int256(weights[i]) * deltas[i][k];
            }
        }
    }
}
