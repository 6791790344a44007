// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AllianceCoordinator} from "../../src/alliance/AllianceCoordinator.sol";
import {
    Phase, Progress, Registration, RoundView, Skip, TaskParameters, TaskStatus, VoidReason
} from "../../src/alliance/AllianceTypes.sol";
import {IAlliance} from "../../src/alliance/IAlliance.sol";
import {Flock} from "../../src/token/Flock.sol";
import {FakeBeacon} from "./FakeBeacon.sol";
import {Test} from "./Test.sol";

/// @dev A deployed coordinator, wallets with keys, and the moves of a round. Member i has wallet key 1000 + i and session key
/// 5000 + i; in a fresh task it gets registration id i, and roster index i when everybody joins in order.
abstract contract AllianceTest is Test {
    uint256 internal constant WALLET = 1000;
    uint256 internal constant SESSION = 5000;
    address internal constant TREASURY = address(0x7EA);
    address internal constant CREATOR = address(0xC0FFEE);
    bytes32 internal constant SUM = keccak256("sum");
    bytes32 internal constant MODEL = keccak256("model");

    /// @dev Unix seconds. Not block.timestamp: the optimiser may read that once and keep it across a warp.
    uint256 internal clock;
    Flock internal flock;
    FakeBeacon internal beacon;
    AllianceCoordinator internal alliance;

    function setUp() public virtual {
        clock = 1_800_000_000;
        vm.warp(clock);
        Flock.Grant[] memory genesis = new Flock.Grant[](1);
        genesis[0] = Flock.Grant(CREATOR, 1_000_000e18);
        flock = new Flock(genesis, address(0), address(0));
        beacon = new FakeBeacon();
        alliance = new AllianceCoordinator(flock, beacon, TREASURY);
        vm.prank(CREATOR);
        flock.approve(address(alliance), type(uint256).max);
    }

    /// @dev Lets time go by.
    function pass(uint256 seconds_) internal {
        clock += seconds_;
        vm.warp(clock);
    }

    // ------------------------------------------------------------ set-up

    function parameters() internal pure returns (TaskParameters memory) {
        return TaskParameters({
            minCohort: 3,
            maxCohort: 128,
            trainingRounds: 3,
            corruptBps: 2500,
            survivorFloor: 3,
            joinSeconds: 60,
            phaseSeconds: 30,
            beaconSeconds: 90,
            maxVoids: 2,
            allowListed: false,
            stake: 100e18,
            sumBond: 5e18,
            pool: 3000e18
        });
    }

    function createTask(TaskParameters memory p) internal returns (uint256) {
        vm.prank(CREATOR);
        return alliance.createTask(p, keccak256("spec"));
    }

    function wallet(uint256 i) internal pure returns (address) {
        return vm.addr(WALLET + i);
    }

    function fund(address account, uint256 amount) internal {
        vm.prank(CREATOR);
        flock.transfer(account, amount);
        vm.prank(account);
        flock.approve(address(alliance), type(uint256).max);
    }

    function registration(uint256 task, uint256 i) internal view returns (Registration memory) {
        return Registration({
            task: task,
            wallet: wallet(i),
            sessionKey: vm.addr(SESSION + i),
            channelKey: keccak256(abi.encode("channel", i)),
            expiry: uint64(clock + 365 days),
            nonce: alliance.nonces(wallet(i)),
            deadline: clock + 1 hours
        });
    }

    function registrationDigest(Registration memory r) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Murmur Alliance"),
                keccak256("1"),
                block.chainid,
                address(alliance)
            )
        );
        bytes32 typehash = keccak256(
            "Registration(uint256 task,address wallet,address sessionKey,bytes32 channelKey,uint64 expiry,uint256 nonce,uint256 deadline)"
        );
        return keccak256(abi.encodePacked("\x19\x01", domain, keccak256(abi.encode(typehash, r))));
    }

    function signedBy(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function register(uint256 task, uint256 i) internal returns (uint16) {
        Registration memory r = registration(task, i);
        return alliance.register(r, signedBy(WALLET + i, registrationDigest(r)));
    }

    /// @dev A task with `members` registered, staked and funded.
    function taskWith(TaskParameters memory p, uint256 members) internal returns (uint256 task) {
        task = createTask(p);
        for (uint256 i; i < members; ++i) {
            fund(wallet(i), p.stake);
            register(task, i);
        }
    }

    // ------------------------------------------------------------ records

    function record(uint256 task, uint32 round, Phase phase, uint256 index, bytes32 digest, uint256 key)
        internal
        view
        returns (bytes memory)
    {
        bytes32 message = alliance.hashRecord(task, round, 0, uint8(phase), uint16(index), digest);
        (bytes32 r, bytes32 vs) = vm.signCompact(key, message);
        return abi.encodePacked(uint16(index), digest, r, vs);
    }

    /// @dev Records of the members in a bitmap, index = member, each with the same digest.
    function recordsOf(uint256 task, uint32 round, Phase phase, uint256 members, bytes32 digest)
        internal
        view
        returns (bytes memory all)
    {
        for (uint256 i; i < 256; ++i) {
            if ((members >> i) & 1 == 0) continue;
            all = bytes.concat(all, record(task, round, phase, i, digest, SESSION + i));
        }
    }

    function post(uint256 task, uint32 round, Phase phase, uint256 members, bytes32 digest) internal {
        alliance.postRecords(task, round, 0, uint8(phase), recordsOf(task, round, phase, members, digest));
    }

    function everybody(uint256 n) internal pure returns (uint256) {
        return (1 << n) - 1;
    }

    function voteDigest(uint8 verdict) internal pure returns (bytes32) {
        return (sha256(abi.encodePacked(SUM, MODEL)) & ~bytes32(uint256(0xff))) | bytes32(uint256(verdict));
    }

    // ------------------------------------------------------------ moves of a round of n members, everybody there

    function join(uint256 task, uint256 n) internal returns (uint32 round) {
        round = alliance.open(task);
        post(task, round, Phase.Join, everybody(n), keccak256("join"));
    }

    function beaconOf(uint256 task, uint32 round) internal view returns (bytes memory) {
        return abi.encode(uint256(progress(task, round).beaconRound));
    }

    function toShare(uint256 task, uint256 n) internal returns (uint32 round) {
        round = join(task, n);
        pass(80);
        alliance.postBeacon(task, round, beaconOf(task, round));
    }

    function toAck(uint256 task, uint256 n) internal returns (uint32 round) {
        round = toShare(task, n);
        post(task, round, Phase.Share, everybody(n), keccak256("share"));
    }

    function toMask(uint256 task, uint256 n) internal returns (uint32 round) {
        round = toAck(task, n);
        post(task, round, Phase.Ack, everybody(n), bytes32(everybody(n)));
    }

    function toHave(uint256 task, uint256 n) internal returns (uint32 round) {
        round = toMask(task, n);
        post(task, round, Phase.Mask, everybody(n), keccak256("mask"));
    }

    function toUnmask(uint256 task, uint256 n) internal returns (uint32 round) {
        round = toHave(task, n);
        post(task, round, Phase.Have, everybody(n), bytes32(everybody(n)));
    }

    function postAnswers(uint256 task, uint32 round, uint256 members) internal {
        bytes memory records = recordsOf(task, round, Phase.Unmask, members, sha256("answer"));
        bytes[] memory answers = new bytes[](records.length / 98);
        for (uint256 i; i < answers.length; ++i) answers[i] = "answer";
        alliance.postUnmask(task, round, 0, records, answers);
    }

    function toSum(uint256 task, uint256 n) internal returns (uint32 round) {
        round = toUnmask(task, n);
        if (n <= 16) postAnswers(task, round, everybody(n));
        else post(task, round, Phase.Unmask, everybody(n), keccak256("answer"));
    }

    function toVote(uint256 task, uint256 n) internal returns (uint32 round) {
        round = toSum(task, n);
        bondAndSum(task, round);
    }

    function bondAndSum(uint256 task, uint32 round) internal {
        uint256 bond = alliance.getTask(task).parameters.sumBond;
        if (alliance.deposits(CREATOR) < bond) {
            vm.prank(CREATOR);
            alliance.deposit(bond);
        }
        vm.prank(CREATOR);
        alliance.postSum(task, round, SUM, MODEL);
    }

    function settle(uint256 task, uint256 n, uint8 verdict) internal returns (uint32 round) {
        round = toVote(task, n);
        post(task, round, Phase.Vote, everybody(n), voteDigest(verdict));
    }

    // ------------------------------------------------------------ what stands

    function progress(uint256 task, uint32 round) internal view returns (Progress memory) {
        return alliance.getRound(task, round).progress;
    }

    function assertPhase(uint256 task, uint32 round, Phase wanted) internal view {
        assertEq(uint256(progress(task, round).phase), uint256(wanted));
    }

    function assertVoid(uint256 task, uint32 round, VoidReason reason) internal view {
        assertPhase(task, round, Phase.Void);
        assertEq(uint256(progress(task, round).voidReason), uint256(reason));
    }
}
