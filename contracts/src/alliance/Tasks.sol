// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Phase, Progress, TaskParameters, TaskStatus} from "./AllianceTypes.sol";
import {IAlliance} from "./IAlliance.sol";
import {Rounds} from "./Rounds.sol";

/// @title Creation and end of tasks
abstract contract Tasks is Rounds {
    using SafeERC20 for IERC20;

    uint256 private constant MIN_MEMBERS = 3;
    uint256 private constant MAX_MEMBERS = 128;
    uint256 private constant MAX_TRAINING_ROUNDS = 10_000;
    uint256 private constant MAX_CORRUPT_BPS = 5_000;
    uint256 private constant MAX_PHASE_SECONDS = 30 days;
    uint256 private constant MAX_VOIDS = 1_000;

    /// @inheritdoc IAlliance
    function createTask(TaskParameters memory parameters, bytes32 specHash) external returns (uint256 id) {
        bytes32 bad = _firstBad(parameters);
        if (bad != 0) revert BadParameter(bad);
        id = ++taskCount;
        Task storage task = _tasks[id];
        task.parameters = parameters;
        task.creator = msg.sender;
        task.status = TaskStatus.Running;
        task.poolLeft = parameters.pool;
        task.createdAtBlock = uint40(block.number);
        task.specHash = specHash;
        emit TaskCreated(id, msg.sender, specHash, parameters);
        if (parameters.pool != 0) token.safeTransferFrom(msg.sender, address(this), parameters.pool);
    }

    /// @inheritdoc IAlliance
    function allow(uint256 id, address[] calldata wallets) external {
        (Task storage task,,) = _sync(id);
        if (msg.sender != task.creator) revert NotCreator(msg.sender);
        for (uint256 i; i < wallets.length; ++i) {
            task.allowed[wallets[i]] = true;
            emit Allowed(id, wallets[i]);
        }
    }

    /// @inheritdoc IAlliance
    function abandon(uint256 id) external {
        (Task storage task,, Progress memory p) = _sync(id);
        if (msg.sender != task.creator) revert NotCreator(msg.sender);
        if (task.status != TaskStatus.Running) revert TaskNotRunning(id);
        if (p.phase != Phase.None && p.phase < Phase.Settled) revert RoundStillLive(id, task.rounds);
        _endTask(id, task, TaskStatus.Failed);
    }

    /// @inheritdoc IAlliance
    function refund(uint256 id) external {
        (Task storage task,,) = _sync(id);
        if (task.status == TaskStatus.Running) revert TaskStillRunning(id);
        uint256 amount = task.poolLeft;
        task.poolLeft = 0;
        emit Refunded(id, task.creator, amount);
        token.safeTransfer(task.creator, amount);
    }

    /// @dev Name of the first parameter out of bounds, or nothing.
    function _firstBad(TaskParameters memory p) private view returns (bytes32) {
        if (p.maxCohort > MAX_MEMBERS) return "maxCohort";
        if (p.minCohort < MIN_MEMBERS || p.minCohort > p.maxCohort) return "minCohort";
        if (p.trainingRounds == 0 || p.trainingRounds > MAX_TRAINING_ROUNDS) return "trainingRounds";
        if (p.corruptBps > MAX_CORRUPT_BPS) return "corruptBps";
        if (p.survivorFloor > p.minCohort) return "survivorFloor";
        if (p.joinSeconds == 0 || p.joinSeconds > MAX_PHASE_SECONDS) return "joinSeconds";
        if (p.phaseSeconds == 0 || p.phaseSeconds > MAX_PHASE_SECONDS) return "phaseSeconds";
        if (p.beaconSeconds <= beacon.delaySeconds() || p.beaconSeconds > MAX_PHASE_SECONDS) return "beaconSeconds";
        if (p.maxVoids == 0 || p.maxVoids > MAX_VOIDS) return "maxVoids";
        if (p.allowListed && p.stake != 0) return "stake";
        if (p.allowListed && p.sumBond != 0) return "sumBond";
        if (p.allowListed && p.pool != 0) return "pool";
        return 0;
    }
}
