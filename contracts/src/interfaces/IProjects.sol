// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Point} from "../libraries/Bn254.sol";
import {IMarketEvents} from "./IMarketEvents.sol";
import {IReferee} from "./IReferee.sol";
import {IVerifierRegistry} from "./IVerifierRegistry.sol";
import {Announcement, Project, Reveal, Terms, Trainer} from "./State.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

/// @notice Projects and their money.
interface IProjects is IMarketEvents {
    /// @notice Publishes how others reach the caller: the key to encrypt to (X25519), a Flower
    /// address (aggregators) and an IPFS peer, of at most 256 bytes each.
    function announce(bytes32 encryptionKey, string calldata endpoint, string calldata peer)
        external;

    /// @notice Uses a signed allowance (ERC-2612) of the caller's. Together with the call that needs
    /// it: `multicall`. One that somebody else has used already, or that fails, is passed over.
    function permit(
        IERC20Permit token,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice Creates a project and locks its deposit, `aggregatorFee` a round, the rest for
    /// trainers; and the owner's bond.
    function create(
        Terms calldata terms,
        uint256 deposit,
        string calldata specCid,
        string calldata modelCid
    ) external payable returns (bytes32 id);

    /// @notice Adds to the trainers' budget of a project that is not closed. Open to anyone; what is
    /// not earned goes to the owner in the end. Refused where the aggregators' stakes would no
    /// longer cover a round's largest pot.
    function fund(Terms calldata terms, uint256 amount) external payable;

    /// @notice Closes a project that nobody has joined, and refunds the owner.
    function cancel(Terms calldata terms) external;

    /// @notice A named aggregator stakes, or fills its stake up again. The first holds the office,
    /// the others succeed it in the order of the terms. Possible until the project is closed; not
    /// for one that missed a deadline.
    function bond(Terms calldata terms) external payable;

    /// @notice Takes a place for a stake.
    /// @param proof That the caller is invited: the siblings on its way to the root, leaves hashed
    /// as in OpenZeppelin's standard tree of addresses. Empty where nobody is named.
    function join(Terms calldata terms, bytes32[] calldata proof) external payable;

    /// @notice Asks the arbiters, for a bond, to judge the yardstick: once, and until the first
    /// settlement; where models are measured, to measure again, while what the evaluators say can be
    /// contested. Open to anyone.
    function dispute(Terms calldata terms) external payable;

    /// @notice Commits no more. The stake is due `exitSeconds` later, whatever becomes of the
    /// project, and liable until then for what the caller has committed to.
    function exit(Terms calldata terms) external;

    /// @notice Pays out what is due to the caller: its credit, its part of what a closed project
    /// owes, and a stake that is free.
    function withdraw(Terms calldata terms) external returns (uint256 amount);

    /// @notice Pays out what is due to each of the accounts, to that account. Open to anyone: many
    /// small payments in one transaction. An account that refuses money, or that spends more than
    /// 100,000 gas on receiving coins, keeps its credit.
    function withdrawFor(Terms calldata terms, address[] calldata accounts) external;

    /// @notice Where the verifiers are.
    function registry() external view returns (IVerifierRegistry);

    /// @notice Who does the arithmetic.
    function referee() external view returns (IReferee);

    /// @notice Whose code the methods of IRounds run, on this contract's state.
    function rounds() external view returns (address);

    /// @notice The id of a project with these terms on this contract and chain.
    function idOf(Terms calldata terms) external view returns (bytes32);

    /// @notice What a trainer commits to.
    function commitmentOf(
        address account,
        bytes32 id,
        uint256 round,
        Point calldata point,
        string calldata cid,
        bytes32 salt
    ) external pure returns (bytes32);

    /// @notice Wei an account could withdraw now.
    function withdrawable(Terms calldata terms, address account) external view returns (uint256);

    /// @notice Wei of a project that are neither credited nor paid out, stakes included.
    function locked(bytes32 id) external view returns (uint256);

    function project(bytes32 id) external view returns (Project memory);
    function trainer(bytes32 id, address account) external view returns (Trainer memory);
    function announcement(address account) external view returns (Announcement memory);
    function aggregatorStake(bytes32 id, address account) external view returns (uint256);
    function commitmentIn(bytes32 id, uint256 epoch, address account)
        external
        view
        returns (bytes32);
    /// @notice The reveals that stand, in the order of the slots.
    function reveals(bytes32 id, uint256 epoch) external view returns (Reveal[] memory);

    /// @notice Whether the account may commit in this opening, if it is an active trainer; false
    /// while the block that decides is not there.
    function isDrawn(bytes32 id, address account) external view returns (bool);

    /// @notice Whether a trainer committed, and kept silent when it had to reveal.
    function isSilent(bytes32 id, address account) external view returns (bool);

    /// @notice Wei credited and not withdrawn; stakes not included.
    function credit(bytes32 id, address account) external view returns (uint256);
}
