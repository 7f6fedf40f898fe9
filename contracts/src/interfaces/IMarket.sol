// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarketEvents} from "./IMarketEvents.sol";
import {IMeasurements} from "./IMeasurements.sol";
import {IProjects} from "./IProjects.sol";
import {IRounds} from "./IRounds.sol";
import {
    Announcement,
    Audit,
    Draw,
    Measure,
    Measurement,
    Part,
    Phase,
    Project,
    Reveal,
    Standing,
    Terms,
    Trainer
} from "./State.sol";

/// @title The market for federated learning
/// @notice Escrow of a project's budget. Money leaves on a valid proof or a passed deadline, and
/// nobody has power over it beyond that.
interface IMarket is IProjects, IRounds, IMeasurements {}
