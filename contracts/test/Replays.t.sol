// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {AllianceCoordinator} from "../src/alliance/AllianceCoordinator.sol";
import {Phase, Registration, Skip, TaskParameters} from "../src/alliance/AllianceTypes.sol";
import {IAlliance} from "../src/alliance/IAlliance.sol";
import {BatchTest} from "./base/BatchTest.sol";

/// @dev A signature counts in one place: its chain, contract, task, round, group, phase, index and digest.
contract ReplaysTest is BatchTest {
    AllianceCoordinator private twin;

    function setUp() public override {
        super.setUp();
        twin = new AllianceCoordinator(flock, beacon, TREASURY);
    }

    function freeTask() private returns (uint256) {
        TaskParameters memory p = parameters();
        (p.stake, p.sumBond, p.pool) = (0, 0, 0);
        return taskWith(p, 4);
    }

    function inPhase(uint256 task, Phase phase) private returns (uint32) {
        if (phase == Phase.Join) return alliance.open(task);
        if (phase == Phase.Share) return toShare(task, 4);
        if (phase == Phase.Ack) return toAck(task, 4);
        if (phase == Phase.Mask) return toMask(task, 4);
        if (phase == Phase.Have) return toHave(task, 4);
        return phase == Phase.Unmask ? toUnmask(task, 4) : toVote(task, 4);
    }

    function digestIn(Phase phase) private pure returns (bytes32) {
        if (phase == Phase.Ack || phase == Phase.Have) return bytes32(uint256(15));
        if (phase == Phase.Unmask) return sha256("answer");
        return phase == Phase.Vote ? voteDigest(3) : keccak256("digest");
    }

    /// @dev Member 2's record with a signature of member 2 over another message.
    function refused(uint256 task, uint32 round, Phase phase, bytes32 message) private {
        (bytes32 r, bytes32 vs) = vm.signCompact(SESSION + 2, message);
        bytes memory one = abi.encodePacked(uint16(2), digestIn(phase), r, vs);
        assertSkip(send(task, round, phase, one), 2, Skip.BadSignature);
    }

    function send(uint256 task, uint32 round, Phase phase, bytes memory records) private returns (Outcome memory) {
        if (phase != Phase.Unmask) return postBatch(task, round, phase, records);
        bytes[] memory answers = new bytes[](records.length / 98);
        for (uint256 i; i < answers.length; ++i) answers[i] = "answer";
        return postUnmask(task, round, records, answers);
    }

    function testJoin() public {
        replays(Phase.Join);
    }

    function testShare() public {
        replays(Phase.Share);
    }

    function testAck() public {
        replays(Phase.Ack);
    }

    function testMask() public {
        replays(Phase.Mask);
    }

    function testHave() public {
        replays(Phase.Have);
    }

    function testUnmask() public {
        replays(Phase.Unmask);
    }

    function testVote() public {
        replays(Phase.Vote);
    }

    function replays(Phase phase) private {
        uint256 task = freeTask();
        uint32 round = inPhase(task, phase);
        uint8 p = uint8(phase);
        bytes32 d = digestIn(phase);
        refused(task, round, phase, alliance.hashRecord(task + 1, round, 0, p, 2, d));
        refused(task, round, phase, alliance.hashRecord(task, round + 1, 0, p, 2, d));
        refused(task, round, phase, alliance.hashRecord(task, round - 1, 0, p, 2, d));
        refused(task, round, phase, alliance.hashRecord(task, round, 1, p, 2, d));
        for (uint8 other; other < 12; ++other) {
            if (other != p) refused(task, round, phase, alliance.hashRecord(task, round, 0, other, 2, d));
        }
        refused(task, round, phase, alliance.hashRecord(task, round, 0, p, 1, d));
        refused(task, round, phase, alliance.hashRecord(task, round, 0, p, 2, d ^ bytes32(uint256(1))));
        refused(task, round, phase, twin.hashRecord(task, round, 0, p, 2, d));
        vm.chainId(1);
        bytes32 elsewhere = alliance.hashRecord(task, round, 0, p, 2, d);
        vm.chainId(31337);
        refused(task, round, phase, elsewhere);
        assertEq(send(task, round, phase, recordOf(task, round, phase, 2, d)).packed.length, 34);
    }

    /// @dev A whole round again, in the next round of the same roster.
    function testYesterdaysBatches() public {
        uint256 task = freeTask();
        uint32 first = settle(task, 4, 2);
        Phase[7] memory phases =
            [Phase.Join, Phase.Share, Phase.Ack, Phase.Mask, Phase.Have, Phase.Unmask, Phase.Vote];
        for (uint256 i; i < phases.length; ++i) {
            uint256 state = vm.snapshotState();
            uint32 round = inPhase(task, phases[i]);
            bytes32 before = alliance.getRound(task, round).recordsHash;
            bytes memory old = recordsOf(task, first, phases[i], 15, digestIn(phases[i]));
            Outcome memory o = send(task, round, phases[i], old);
            assertEq(o.skipped.length, 4);
            for (uint256 k; k < 4; ++k) assertEq(uint256(o.reasons[k]), uint256(Skip.BadSignature));
            assertEq(alliance.getRound(task, round).recordsHash, before);
            vm.revertToState(state);
            vm.warp(clock);
        }
    }

    // ------------------------------------------------------------ after a fork of the chain

    function testAForkTakesItsOwnRecordsOnly() public {
        uint256 task = freeTask();
        uint32 round = alliance.open(task);
        bytes memory here = recordOf(task, round, Phase.Join, 0, "d");
        vm.chainId(99);
        assertSkipped(task, round, Phase.Join, here, Skip.BadSignature);
        assertAccepted(task, round, Phase.Join, recordOf(task, round, Phase.Join, 0, "d"));
    }

    // ------------------------------------------------------------ registrations

    function unregistered(uint256 task) private returns (Registration memory) {
        fund(wallet(7), 100e18);
        return registration(task, 7);
    }

    function testARegistrationCountsOnOneChainOnly() public {
        Registration memory r = unregistered(freeTask());
        bytes memory signature = signedBy(WALLET + 7, registrationDigest(r));
        vm.chainId(99);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.BadWalletSignature.selector, r.wallet));
        alliance.register(r, signature);
        vm.chainId(31337);
        alliance.register(r, signature);
    }

    function testARegistrationCountsInOneContractOnly() public {
        Registration memory r = unregistered(freeTask());
        bytes memory signature = signedBy(WALLET + 7, registrationDigest(r));
        TaskParameters memory p = parameters();
        p.pool = 0;
        assertEq(twin.createTask(p, 0), r.task);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.BadWalletSignature.selector, r.wallet));
        twin.register(r, signature);
    }

    function testARegistrationCountsInOneTaskOnly() public {
        Registration memory r = unregistered(freeTask());
        bytes memory signature = signedBy(WALLET + 7, registrationDigest(r));
        r.task = freeTask();
        vm.expectRevert(abi.encodeWithSelector(IAlliance.BadWalletSignature.selector, r.wallet));
        alliance.register(r, signature);
    }

    /// @dev Nobody can bring back a key that its wallet has replaced or revoked.
    function testAnOldRegistrationDoesNotComeBack() public {
        uint256 task = freeTask();
        Registration memory r = unregistered(task);
        bytes memory signature = signedBy(WALLET + 7, registrationDigest(r));
        alliance.register(r, signature);
        vm.prank(r.wallet);
        alliance.revoke(task);
        vm.expectRevert(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, r.wallet, 1));
        alliance.register(r, signature);
    }
}
