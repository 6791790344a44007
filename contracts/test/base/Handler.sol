// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {
    Phase, Progress, Registration, RoundView, TaskParameters, TaskStatus
} from "../../src/alliance/AllianceTypes.sol";
import {IAlliance} from "../../src/alliance/IAlliance.sol";
import {BatchTest} from "./BatchTest.sol";

/// @dev Random moves of six wallets in three tasks: money and a small roster, money and everybody colluding, an allow-list.
/// A move that the contract refuses is passed over; what it allowed and should not have is written into `broken`.
contract Handler is BatchTest {
    uint256 public constant WALLETS = 6;
    uint256 public constant TASKS = 3;
    uint256 public constant FUNDS = 1_000e18;

    /// @notice The first rule that was broken.
    string public broken;

    mapping(uint256 task => uint32) private _rounds;
    mapping(uint256 task => mapping(uint32 round => Phase)) private _phases;
    mapping(bytes32 slot => bool) private _accepted;

    /// @dev Not a test set-up: forge would call that one by its name.
    function prepare() external {
        super.setUp();
        TaskParameters memory p = parameters();
        (p.maxCohort, p.trainingRounds, p.pool, p.maxVoids) = (5, 2, 1_000e18 + 7, 6);
        createTask(p);
        (p.corruptBps, p.sumBond, p.survivorFloor, p.maxCohort) = (5_000, 1e18, 0, 128);
        createTask(p);
        (p.allowListed, p.stake, p.sumBond, p.pool) = (true, 0, 0, 0);
        createTask(p);
        address[] memory wallets = new address[](WALLETS - 1);
        for (uint256 i; i < WALLETS; ++i) {
            fund(wallet(i), FUNDS);
            if (i < wallets.length) wallets[i] = wallet(i);
        }
        vm.prank(CREATOR);
        alliance.allow(TASKS, wallets);
        for (uint256 i; i < 4 * TASKS; ++i) _registers(i % TASKS + 1, i / TASKS);
    }

    modifier move() {
        vm.warp(clock);
        _;
        _look();
    }

    function coordinator() external view returns (IAlliance) {
        return alliance;
    }

    function walletOf(uint256 i) external pure returns (address) {
        return wallet(i);
    }

    function balanceOf(address account) external view returns (uint256) {
        return flock.balanceOf(account);
    }

    function now_() external view returns (uint256) {
        return clock;
    }

    // ------------------------------------------------------------ moves

    function timePasses(uint256 seed) external move {
        pass(seed % 6 == 0 ? seed % 400 : seed % 25);
    }

    /// @dev Whoever may speak does, through some phases.
    function everybodySpeaks(uint256 seed) external move {
        uint256 task = _anyTask(seed);
        for (uint256 i; i <= (seed >> 8) % 24; ++i) {
            _goOn(task, type(uint256).max, seed);
            _look();
        }
    }

    function someSpeak(uint256 seed, uint256 members) external move {
        _goOn(_anyTask(seed), members | (members >> 8), seed);
    }

    /// @dev A record of any phase, index and round, signed by whom it names or by somebody else.
    function somebodySpeaksOutOfTurn(uint256 seed) external move {
        uint256 task = _anyTask(seed);
        uint32 newest = alliance.getTask(task).rounds;
        Phase phase = Phase(1 + (seed >> 16) % 9);
        if (phase == Phase.Beacon || phase == Phase.Sum) return;
        uint32 round = (seed >> 32) % 4 == 0 ? uint32((seed >> 40) % (newest + 2)) : newest;
        uint256 index = (seed >> 48) % 8;
        bytes32 digest = bytes32((seed >> 64) % 32);
        bytes memory one = record(task, round, phase, index, digest, _sessionKey(task, (seed >> 80) % 8));
        _take(task, round, phase, postBatch(task, round, phase, bytes.concat(one, one)));
    }

    function walletMoves(uint256 seed) external move {
        uint256 task = _anyTask(seed);
        uint256 i = (seed >> 8) % WALLETS;
        uint256 choice = (seed >> 16) % 6;
        if (choice < 3) return _registers(task, i);
        vm.prank(wallet(i));
        if (choice == 3) try alliance.revoke(task) {} catch {}
        else try alliance.withdraw(task) {} catch {}
    }

    function moneyMoves(uint256 seed) external move {
        address account = wallet((seed >> 8) % WALLETS);
        uint256 amount = (seed >> 16) % 20e18;
        uint256 choice = seed % 3;
        if (choice == 0) {
            if (flock.balanceOf(account) < amount) return;
            vm.prank(account);
            alliance.deposit(amount);
        } else if (choice == 1) {
            vm.prank(account);
            try alliance.withdrawDeposit(amount) {} catch {}
        } else {
            uint256 task = _anyTask(seed >> 8);
            uint32 round = uint32((seed >> 24) % (alliance.getTask(task).rounds + 1));
            for (uint16 i; i < WALLETS; ++i) if ((seed >> (40 + i)) & 1 == 0) _claim(task, round, i);
        }
    }

    function endMoves(uint256 seed) external move {
        uint256 task = _anyTask(seed);
        bool running = _status(task) == TaskStatus.Running;
        uint256 choice = (seed >> 8) % 5;
        if (choice == 0) {
            if (seed % 4 != 0) return;
            vm.prank(CREATOR);
            try alliance.abandon(task) {} catch {}
        } else if (choice == 1) {
            try alliance.refund(task) {
                if (running && _status(task) == TaskStatus.Running) broken = "the pool of a running task was refunded";
            } catch {}
        } else if (choice == 2) {
            uint32 round = alliance.getTask(task).rounds;
            if (round == 0) return;
            bytes memory signature = beaconOf(task, round);
            try alliance.reportEarlyBeacon(task, round, signature) {} catch {}
        } else {
            _sync(task);
        }
    }

    function _claim(uint256 task, uint32 round, uint16 index) private {
        try alliance.claim(task, round, index) {
            if (alliance.claimable(task, round, index) != 0) broken = "a claim can be repeated";
        } catch {}
    }

    // ------------------------------------------------------------ how a round goes on

    function _goOn(uint256 task, uint256 members, uint256 seed) private {
        _sync(task);
        if (_status(task) != TaskStatus.Running) return;
        uint32 round = alliance.getTask(task).rounds;
        Phase phase = round == 0 ? Phase.None : progress(task, round).phase;
        if (phase == Phase.None || phase >= Phase.Settled) {
            alliance.open(task);
        } else if (phase == Phase.Beacon) {
            alliance.postBeacon(task, round, beaconOf(task, round));
        } else if (phase == Phase.Sum) {
            _sum(task, round, wallet(seed % WALLETS));
        } else if (phase == Phase.Unmask) {
            _answer(task, round, members);
        } else {
            _speak(task, round, phase, members, seed);
            if (phase == Phase.Join && members == type(uint256).max) pass(61);
        }
    }

    function _speak(uint256 task, uint32 round, Phase phase, uint256 members, uint256 seed) private {
        bytes memory records;
        uint16[] memory roster = alliance.getRoster(task, round);
        uint256 count = phase == Phase.Join ? alliance.getTask(task).registrations : roster.length;
        for (uint256 i; i < count; ++i) {
            if ((members >> (i & 255)) & 1 == 0) continue;
            uint256 key = _sessionKey(task, phase == Phase.Join ? i : roster[i]);
            bytes32 digest = _digest(phase, roster.length, members, seed, uint256(keccak256(abi.encode(seed, i))));
            records = bytes.concat(records, record(task, round, phase, i, digest, key));
        }
        _take(task, round, phase, postBatch(task, round, phase, records));
    }

    /// @dev Two votes in three come from a cohort in which nobody disputes.
    function _digest(Phase phase, uint256 n, uint256 members, uint256 mood, uint256 seed)
        private
        pure
        returns (bytes32)
    {
        if (phase == Phase.Vote) return voteDigest(uint8(seed % (mood % 3 == 0 ? 4 : 3) + 1));
        if (phase != Phase.Ack && phase != Phase.Have) return bytes32(seed);
        return bytes32(everybody(n) & (members == type(uint256).max ? members : seed | (seed >> 8)));
    }

    function _answer(uint256 task, uint32 round, uint256 members) private {
        uint16[] memory roster = alliance.getRoster(task, round);
        bytes memory records;
        for (uint256 i; i < roster.length; ++i) {
            if ((members >> i) & 1 == 0) continue;
            uint256 key = _sessionKey(task, roster[i]);
            records = bytes.concat(records, record(task, round, Phase.Unmask, i, sha256("answer"), key));
        }
        bytes[] memory answers = new bytes[](records.length / 98);
        for (uint256 i; i < answers.length; ++i) answers[i] = "answer";
        _take(task, round, Phase.Unmask, postUnmask(task, round, records, answers));
    }

    function _sum(uint256 task, uint32 round, address poster) private {
        uint256 bond = alliance.getTask(task).parameters.sumBond;
        vm.startPrank(poster);
        if (flock.balanceOf(poster) >= bond) alliance.deposit(bond);
        try alliance.postSum(task, round, SUM, MODEL) {} catch {}
        vm.stopPrank();
    }

    function _registers(uint256 task, uint256 i) private {
        Registration memory r = registration(task, i);
        r.sessionKey = vm.addr(_sessionKey(task, alliance.getTask(task).registrations));
        r.expiry = uint64(clock + 1 hours);
        bytes memory signature = signedBy(WALLET + i, registrationDigest(r));
        try alliance.register(r, signature) {} catch {}
    }

    function _sessionKey(uint256 task, uint256 id) private pure returns (uint256) {
        return SESSION + 10_000 * task + id;
    }

    // ------------------------------------------------------------ what must hold after every move

    /// @dev What a view says of a round is what a transaction then writes.
    function _sync(uint256 task) private {
        uint32 round = alliance.getTask(task).rounds;
        if (round == 0) return;
        bytes32 seen = keccak256(abi.encode(alliance.getRound(task, round).progress));
        alliance.sync(task);
        if (keccak256(abi.encode(alliance.getRound(task, round).progress)) != seen) broken = "a view foresaw another end";
    }

    function _look() private {
        for (uint256 task = 1; task <= TASKS; ++task) {
            uint32 rounds = alliance.getTask(task).rounds;
            if (rounds < _rounds[task] || rounds > _rounds[task] + 1) broken = "a round's number was left out or used twice";
            _rounds[task] = rounds;
            if (rounds > 1) _follow(task, rounds - 1);
            if (rounds != 0) _follow(task, rounds);
        }
    }

    function _follow(uint256 task, uint32 round) private {
        RoundView memory r = alliance.getRound(task, round);
        Phase phase = r.progress.phase;
        if (phase < _phases[task][round]) broken = "a phase went back";
        if (_phases[task][round] >= Phase.Settled && phase != _phases[task][round]) broken = "a round's end changed";
        if (phase < Phase.Settled && round != alliance.getTask(task).rounds) broken = "an older round lives";
        if (phase != Phase.None && phase < Phase.Settled && r.progress.endsAt < clock) broken = "a phase outlived its end";
        _phases[task][round] = phase;
        _nested(r);
    }

    /// @dev Each set lies within the one that it was chosen from.
    function _nested(RoundView memory r) private {
        Progress memory p = r.progress;
        uint256 out = p.dealt & ~everybody(p.n);
        out |= p.acked & ~everybody(p.n) | p.u2 & ~p.dealt | p.masked & ~p.u2 | p.attested & ~p.u2;
        out |= p.u3 & ~p.masked | p.answered & ~p.u3 | p.voted & ~p.u3;
        if (out != 0) broken = "somebody spoke who was out";
        if (2 * uint256(r.t) <= uint256(p.n) + r.c) broken = "two views could both be unmasked";
    }

    function _take(uint256 task, uint32 round, Phase phase, Outcome memory o) private {
        for (uint256 i; i < o.packed.length; i += 34) {
            bytes32 slot = keccak256(abi.encode(task, round, phase, o.packed[i], o.packed[i + 1]));
            if (_accepted[slot]) broken = "a slot took two records";
            _accepted[slot] = true;
        }
    }

    function _anyTask(uint256 seed) private pure returns (uint256) {
        return seed % 7 % TASKS + 1;
    }

    function _status(uint256 task) private view returns (TaskStatus) {
        return alliance.getTask(task).status;
    }
}
