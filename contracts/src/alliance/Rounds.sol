// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AllianceStorage} from "./AllianceStorage.sol";
import {Phase, Progress, TaskParameters, TaskStatus, VoidReason} from "./AllianceTypes.sol";
import {Bitmaps} from "./Bitmaps.sol";
import {IAlliance} from "./IAlliance.sol";
import {Phases} from "./Phases.sol";

/// @title Rounds from opening to settlement: time, beacon, sum
abstract contract Rounds is AllianceStorage {
    using Bitmaps for uint256;

    /// @dev Share of a round's pool that goes flat to its votes; the rest goes to the survivors.
    uint256 private constant VOTE_PERCENT = 10;

    /// @inheritdoc IAlliance
    function sync(uint256 id) external {
        _sync(id);
    }

    /// @inheritdoc IAlliance
    function open(uint256 id) external returns (uint32 number) {
        (Task storage task,, Progress memory p) = _sync(id);
        if (task.status != TaskStatus.Running) revert TaskNotRunning(id);
        if (p.phase != Phase.None && !Phases.isOver(p.phase)) revert RoundStillLive(id, task.rounds);

        number = ++task.rounds;
        Round storage round = task.roundOf[number];
        round.baseModel = task.modelHash;
        Progress memory fresh;
        fresh.step = task.step;
        fresh.openedAtBlock = uint40(block.number);
        Phases.enter(fresh, Phase.Join, uint40(block.timestamp), task.parameters.joinSeconds);
        fresh.joinEndsAt = fresh.endsAt;
        fresh.beaconRound = uint40(beacon.roundAt(fresh.endsAt + beacon.delaySeconds()) + 1);
        _commit(id, task, round, fresh);
    }

    /// @inheritdoc IAlliance
    function postBeacon(uint256 id, uint32 number, bytes calldata signature) external {
        (Task storage task, Round storage round, Progress memory p) = _syncIn(id, number, Phase.Beacon);
        round.beacon = beacon.verify(p.beaconRound, signature);
        Phases.enter(p, Phase.Share, uint40(block.timestamp), task.parameters.phaseSeconds);
        _commit(id, task, round, p);
    }

    /// @inheritdoc IAlliance
    function reportEarlyBeacon(uint256 id, uint32 number, bytes calldata signature) external {
        (Task storage task, Round storage round, Progress memory p) = _syncIn(id, number, Phase.Join);
        beacon.verify(p.beaconRound, signature);
        Phases.end(p, VoidReason.BeaconEarly);
        _commit(id, task, round, p);
    }

    /// @inheritdoc IAlliance
    function postSum(uint256 id, uint32 number, bytes32 sumRoot, bytes32 modelHash) external {
        (Task storage task, Round storage round, Progress memory p) = _syncIn(id, number, Phase.Sum);
        _spendDeposit(msg.sender, task.parameters.sumBond);
        (round.sumRoot, round.modelHash, round.sumPoster) = (sumRoot, modelHash, msg.sender);
        emit SumPosted(id, number, msg.sender, sumRoot, modelHash);
        Phases.enter(p, Phase.Vote, uint40(block.timestamp), task.parameters.phaseSeconds);
        _commit(id, task, round, p);
    }

    /// @dev The task and its newest round as of now, written down.
    function _sync(uint256 id) internal returns (Task storage task, Round storage round, Progress memory p) {
        task = _task(id);
        round = task.roundOf[task.rounds];
        p = round.progress;
        if (Phases.isDue(p, block.timestamp)) _commit(id, task, round, p);
    }

    /// @dev The same for a call that needs a round in one phase, which only the newest can be in.
    function _syncIn(uint256 id, uint32 number, Phase phase)
        private
        returns (Task storage task, Round storage round, Progress memory p)
    {
        (task, round, p) = _sync(id);
        if (number != task.rounds) revert NotNewestRound(id, task.rounds);
        if (p.phase != phase) revert WrongPhase(phase, p.phase);
    }

    /// @dev Stores the newest round after a change, and takes it through every phase that is complete or over (at most ten).
    function _commit(uint256 id, Task storage task, Round storage round, Progress memory p) internal {
        uint32 number = task.rounds;
        if (round.progress.phase != p.phase) emit PhaseChanged(id, number, p.phase, uint64(block.timestamp));
        if (Phases.isDue(p, block.timestamp)) {
            TaskParameters memory parameters = task.parameters;
            do {
                uint40 since = Phases.advance(p, parameters, task.acks, task.haves, block.timestamp);
                emit PhaseChanged(id, number, p.phase, since);
            } while (Phases.isDue(p, block.timestamp));
        }
        round.progress = p;
        if (p.phase == Phase.Void) _void(id, task, number, round, p);
        else if (p.phase == Phase.Settled) _settle(id, task, number, round, p);
    }

    function _void(uint256 id, Task storage task, uint32 number, Round storage round, Progress memory p) private {
        emit RoundVoid(id, number, p.voidReason);
        _releaseBond(task, round, p.voidReason == VoidReason.SumDisputed ? treasury : round.sumPoster);
        // Anyone may open rounds: one that too few joined says nothing about the task, and must not be a way to end it.
        if (p.n < task.parameters.minCohort) return;
        if (++task.voids == task.parameters.maxVoids) _endTask(id, task, TaskStatus.Failed);
    }

    function _settle(uint256 id, Task storage task, uint32 number, Round storage round, Progress memory p) private {
        if (p.accepted) task.modelHash = round.modelHash;
        emit RoundSettled(id, number, p.step, p.accepted, task.modelHash);
        _releaseBond(task, round, round.sumPoster);
        uint256 trainingRounds = task.parameters.trainingRounds;
        if (p.step != 0 && p.step <= trainingRounds) _pay(task, round, p, trainingRounds - p.step + 1);
        task.voids = 0;
        if (p.step > trainingRounds) _endTask(id, task, TaskStatus.Finished);
        else task.step = p.step + 1;
    }

    /// @dev Sets aside what the members of this round can claim. Every division rounds down; the rest stays in the pool.
    function _pay(Task storage task, Round storage round, Progress memory p, uint256 roundsLeft) private {
        uint256 roundPool = task.poolLeft / roundsLeft;
        uint256 votePool = (roundPool * VOTE_PERCENT) / 100;
        uint256 survivors = uint256(p.u3).count();
        uint256 voters = uint256(p.voted).count();
        uint256 memberPay = p.accepted ? (roundPool - votePool) / survivors : 0;
        uint256 votePay = votePool / voters;
        (round.memberPay, round.votePay) = (uint128(memberPay), uint128(votePay));
        task.poolLeft -= uint128(memberPay * survivors + votePay * voters);
    }

    function _endTask(uint256 id, Task storage task, TaskStatus status) internal {
        task.status = status;
        emit TaskEnded(id, status);
    }

    function _releaseBond(Task storage task, Round storage round, address to) private {
        if (round.sumPoster != address(0)) deposits[to] += task.parameters.sumBond;
    }

    function _spendDeposit(address account, uint256 amount) internal {
        uint256 deposited = deposits[account];
        if (deposited < amount) revert InsufficientDeposit(deposited, amount);
        deposits[account] = deposited - amount;
    }
}
