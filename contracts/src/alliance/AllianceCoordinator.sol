// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {IBeacon} from "../beacon/IBeacon.sol";
import {AllianceStorage} from "./AllianceStorage.sol";
import {MemberView, Progress, RoundView, TaskView} from "./AllianceTypes.sol";
import {Cohort} from "./Cohort.sol";
import {IAlliance} from "./IAlliance.sol";
import {Phases} from "./Phases.sol";
import {RecordBook} from "./RecordBook.sol";
import {Registry} from "./Registry.sol";
import {Rewards} from "./Rewards.sol";
import {Rows} from "./Rows.sol";
import {Tasks} from "./Tasks.sol";

/// @title The coordinator: its parts put together, and what clients read
contract AllianceCoordinator is Tasks, Registry, RecordBook, Rewards, Multicall {
    constructor(IERC20 token_, IBeacon beacon_, address treasury_) AllianceStorage(token_, beacon_, treasury_) {}

    /// @inheritdoc IAlliance
    function getTask(uint256 id) external view returns (TaskView memory) {
        Task storage task = _task(id);
        return TaskView({
            parameters: task.parameters,
            creator: task.creator,
            status: task.status,
            step: task.step,
            voids: task.voids,
            rounds: task.rounds,
            registrations: task.registrations,
            poolLeft: task.poolLeft,
            createdAtBlock: task.createdAtBlock,
            specHash: task.specHash,
            modelHash: task.modelHash
        });
    }

    /// @inheritdoc IAlliance
    function getRound(uint256 id, uint32 number) external view returns (RoundView memory) {
        return _roundAt(id, number, block.timestamp);
    }

    /// @inheritdoc IAlliance
    function getRoundAt(uint256 id, uint32 number, uint64 timestamp) external view returns (RoundView memory) {
        return _roundAt(id, number, timestamp);
    }

    /// @inheritdoc IAlliance
    function getRoster(uint256 id, uint32 number) external view returns (uint16[] memory ids) {
        (, Round storage round) = _round(id, number);
        return _roster(round);
    }

    /// @inheritdoc IAlliance
    function getMembers(uint256 id, uint32 number) external view returns (MemberView[] memory members) {
        (Task storage task, Round storage round) = _round(id, number);
        uint16[] memory ids = _roster(round);
        members = new MemberView[](ids.length);
        for (uint256 i; i < ids.length; ++i) members[i] = _member(task, ids[i]);
    }

    /// @inheritdoc IAlliance
    function getRegistration(uint256 id, uint16 number) external view returns (MemberView memory) {
        Task storage task = _task(id);
        if (number >= task.registrations) revert UnknownRegistration(id, number);
        return _member(task, number);
    }

    /// @inheritdoc IAlliance
    function activeRegistration(uint256 id, address wallet) external view returns (bool active, uint16 number) {
        Task storage task = _task(id);
        uint32 latest = task.accounts[wallet].latest;
        if (latest == 0) return (false, 0);
        number = uint16(latest - 1);
        active = task.members[number].active;
    }

    /// @inheritdoc IAlliance
    function isAllowed(uint256 id, address wallet) external view returns (bool) {
        return _task(id).allowed[wallet];
    }

    function _round(uint256 id, uint32 number) private view returns (Task storage task, Round storage round) {
        task = _task(id);
        if (number == 0 || number > task.rounds) revert UnknownRound(id, number);
        round = task.roundOf[number];
    }

    function _roundAt(uint256 id, uint32 number, uint256 nowSeconds) private view returns (RoundView memory) {
        (Task storage task, Round storage round) = _round(id, number);
        Progress memory p = round.progress;
        while (Phases.isDue(p, nowSeconds)) Phases.advance(p, task.parameters, task.acks, task.haves, nowSeconds);
        uint256 c = Cohort.corrupt(p.n, task.parameters.corruptBps);
        return RoundView({
            progress: p,
            c: uint16(c),
            t: uint16(Cohort.threshold(p.n, c)),
            rosterHash: round.rosterHash,
            recordsHash: round.recordsHash,
            beacon: round.beacon,
            baseModel: round.baseModel,
            sumRoot: round.sumRoot,
            modelHash: round.modelHash,
            sumPoster: round.sumPoster,
            memberPay: round.memberPay,
            votePay: round.votePay,
            claimed: round.claimed
        });
    }

    function _roster(Round storage round) private view returns (uint16[] memory ids) {
        ids = new uint16[](round.progress.n);
        for (uint256 i; i < ids.length; ++i) ids[i] = uint16(Rows.read(round.roster, ROSTER_BITS, i));
    }

    function _member(Task storage task, uint16 number) private view returns (MemberView memory) {
        Member storage member = task.members[number];
        return MemberView({
            id: number,
            wallet: member.wallet,
            sessionKey: member.sessionKey,
            channelKey: member.channelKey,
            expiry: member.expiry,
            firstRound: member.firstRound,
            active: member.active,
            stake: task.accounts[member.wallet].stake
        });
    }
}
