// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {GovernanceBounds} from "./GovernanceBounds.sol";

/// @title The address that owns the economy: it does what the Governor decided, after a delay in which people may leave
/// @notice OpenZeppelin's TimelockController, whose delay has hard bounds. After the deployment the Governor is its only proposer,
/// executor and canceller, and the timelock is its own only admin.
contract MurmurTimelock is TimelockController {
    /// @param delay seconds between queueing and execution
    /// @param wiring makes the Governor proposer and then renounces, see node/deploy-economy.ts
    constructor(uint256 delay, address wiring) TimelockController(delay, new address[](0), new address[](0), wiring) {
        _check(delay);
    }

    /// @inheritdoc TimelockController
    function updateDelay(uint256 newDelay) public override {
        _check(newDelay);
        super.updateDelay(newDelay);
    }

    function _check(uint256 delay) private view {
        GovernanceBounds.check(delay, GovernanceBounds.MIN_TIMELOCK_DELAY, GovernanceBounds.MAX_TIMELOCK_DELAY);
    }
}
