// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {MemberView, Phase, Registration, RoundView, Skip, TaskParameters} from "../src/alliance/AllianceTypes.sol";
import {IAlliance} from "../src/alliance/IAlliance.sol";
import {AllianceTest} from "./base/AllianceTest.sol";
import {Vm} from "./base/Vm.sol";

contract RecordsTest is AllianceTest {
    uint256 private task;

    function setUp() public override {
        super.setUp();
        task = taskWith(parameters(), 6);
    }

    /// @dev Posts records of which the one at `index` is skipped for a reason.
    function skipped(uint32 round, Phase phase, bytes memory records, uint16 index, Skip reason) private {
        vm.expectEmit();
        emit IAlliance.RecordSkipped(task, round, uint8(phase), index, reason);
        alliance.postRecords(task, round, 0, uint8(phase), records);
    }

    // ------------------------------------------------------------ the batch itself

    function testBatchesThatAreNone() public {
        uint32 round = alliance.open(task);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.UnknownGroup.selector, uint16(1)));
        alliance.postRecords(task, round, 1, 1, "");
        vm.expectRevert(abi.encodeWithSelector(IAlliance.BadLength.selector, 97));
        alliance.postRecords(task, round, 0, 1, new bytes(97));
        vm.expectRevert(abi.encodeWithSelector(IAlliance.BadLength.selector, 1));
        alliance.postUnmask(task, round, 0, "", new bytes[](1));
        uint8[5] memory silent = [0, uint8(Phase.Beacon), uint8(Phase.Sum), uint8(Phase.Settled), 255];
        for (uint256 i; i < silent.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAlliance.NotARecordPhase.selector, silent[i]));
            alliance.postRecords(task, round, 0, silent[i], "");
        }
        alliance.postRecords(task, round, 0, 1, "");
        assertEq(alliance.getRound(task, round).recordsHash, 0);
    }

    /// @dev Whatever the bytes are, the batch goes through and nothing is accepted.
    function testNoiseIsSkipped(bytes memory noise, uint8 phase) public {
        uint32 round = toShare(task, 4);
        bytes32 before = alliance.getRound(task, round).recordsHash;
        noise = bytes.concat(noise, new bytes((98 - noise.length % 98) % 98));
        phase = [1, 3, 4, 5, 6, 7, 9][phase % 7];
        alliance.postRecords(task, round, 0, phase, noise);
        assertEq(alliance.getRound(task, round).recordsHash, before);
    }

    function testLate() public {
        uint32 round = alliance.open(task);
        bytes memory early = record(task, round, Phase.Share, 0, "x", SESSION);
        skipped(round, Phase.Share, early, 0, Skip.Late);
        bytes memory join_ = record(task, round, Phase.Join, 0, "x", SESSION);
        skipped(round + 1, Phase.Join, join_, 0, Skip.Late);
        pass(61);
        skipped(round, Phase.Join, join_, 0, Skip.Late);
    }

    function testOtherRoundOtherTask() public {
        uint32 round = alliance.open(task);
        bytes memory other = record(task, round + 1, Phase.Join, 0, "x", SESSION);
        skipped(round, Phase.Join, other, 0, Skip.BadSignature);
        other = record(task + 1, round, Phase.Join, 0, "x", SESSION);
        skipped(round, Phase.Join, other, 0, Skip.BadSignature);
        other = record(task, round, Phase.Share, 0, "x", SESSION);
        skipped(round, Phase.Join, other, 0, Skip.BadSignature);
    }

    /// @dev One batch with a bad record in the middle: the others count, in order.
    function testTheRestOfTheBatchCounts() public {
        uint32 round = alliance.open(task);
        bytes memory records = bytes.concat(
            record(task, round, Phase.Join, 3, "d", SESSION + 3),
            record(task, round, Phase.Join, 1, "b", SESSION),
            record(task, round, Phase.Join, 0, "a", SESSION)
        );
        skipped(round, Phase.Join, records, 1, Skip.BadSignature);
        uint16[] memory roster = alliance.getRoster(task, round);
        assertEq(roster.length, 2);
        assertEq(roster[0], 3);
        assertEq(roster[1], 0);
        bytes32 hash = keccak256(abi.encodePacked(bytes32(0), uint16(3), bytes32("d")));
        hash = keccak256(abi.encodePacked(hash, uint16(0), bytes32("a")));
        assertEq(alliance.getRound(task, round).rosterHash, hash);
    }

    /// @dev The events give the running hash, so that no endpoint can hide one.
    function testRunningHash() public {
        uint32 round = alliance.open(task);
        vm.recordLogs();
        post(task, round, Phase.Join, 3, "join");
        post(task, round, Phase.Join, 12, "join");
        pass(80);
        alliance.postBeacon(task, round, beaconOf(task, round));
        post(task, round, Phase.Share, 15, "share");
        bytes32 hash;
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != IAlliance.Records.selector) continue;
            (uint8 phase, bytes memory packed) = abi.decode(logs[i].data, (uint8, bytes));
            assertEq(packed.length % 34, 0);
            hash = keccak256(abi.encodePacked(hash, keccak256(abi.encodePacked(phase, packed))));
        }
        assertEq(alliance.getRound(task, round).recordsHash, hash);
    }

    function testHashRecordIsEip712() public view {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Murmur Alliance"),
                keccak256("1"),
                block.chainid,
                address(alliance)
            )
        );
        bytes32 typehash =
            keccak256("Record(uint256 task,uint32 round,uint16 group,uint8 phase,uint16 index,bytes32 digest)");
        bytes32 inner = keccak256(abi.encode(typehash, 1, 2, 3, 4, 5, bytes32("digest")));
        bytes32 wanted = keccak256(abi.encodePacked("\x19\x01", domain, inner));
        assertEq(alliance.hashRecord(1, 2, 3, 4, 5, "digest"), wanted);
    }

    function testTheDomainFollowsTheChainId() public {
        bytes32 here = alliance.hashRecord(1, 1, 0, 1, 0, 0);
        vm.chainId(1234);
        assertTrue(alliance.hashRecord(1, 1, 0, 1, 0, 0) != here, "a fork needs signatures of its own");
    }

    // ------------------------------------------------------------ joining

    function testJoinTwice() public {
        uint32 round = alliance.open(task);
        bytes memory join_ = record(task, round, Phase.Join, 0, "x", SESSION);
        skipped(round, Phase.Join, bytes.concat(join_, join_), 0, Skip.Duplicate);
        skipped(round, Phase.Join, join_, 0, Skip.Duplicate);
        assertEq(progress(task, round).n, 1);
    }

    function testFull() public {
        TaskParameters memory p = parameters();
        (p.maxCohort, p.stake) = (3, 0);
        task = taskWith(p, 4);
        uint32 round = alliance.open(task);
        bytes memory records = recordsOf(task, round, Phase.Join, 15, "x");
        skipped(round, Phase.Join, records, 3, Skip.Full);
        assertEq(progress(task, round).n, 3);
    }

    function testInactive() public {
        uint32 round = alliance.open(task);
        bytes memory unregistered = record(task, round, Phase.Join, 7, "x", SESSION);
        skipped(round, Phase.Join, unregistered, 7, Skip.Inactive);
        vm.prank(wallet(0));
        alliance.revoke(task);
        bytes memory revoked = record(task, round, Phase.Join, 0, "x", SESSION);
        skipped(round, Phase.Join, revoked, 0, Skip.Inactive);
    }

    function testExpired() public {
        Registration memory r = registration(task, 0);
        r.expiry = uint64(clock + 30);
        alliance.register(r, signedBy(WALLET, registrationDigest(r)));
        uint32 round = alliance.open(task);
        pass(30);
        bytes memory records = record(task, round, Phase.Join, 6, "x", SESSION);
        skipped(round, Phase.Join, records, 6, Skip.Inactive);
    }

    function testMembersInOrderOfJoining() public {
        uint32 round = alliance.open(task);
        bytes memory records = bytes.concat(
            record(task, round, Phase.Join, 5, "x", SESSION + 5), record(task, round, Phase.Join, 2, "x", SESSION + 2)
        );
        alliance.postRecords(task, round, 0, uint8(Phase.Join), records);
        MemberView[] memory members = alliance.getMembers(task, round);
        assertEq(members.length, 2);
        assertEq(members[0].wallet, wallet(5));
        assertEq(members[1].sessionKey, vm.addr(SESSION + 2));
    }

    // ------------------------------------------------------------ later phases

    function testNotMember() public {
        uint32 round = toShare(task, 4);
        bytes memory foreign = record(task, round, Phase.Share, 4, "x", SESSION + 4);
        skipped(round, Phase.Share, foreign, 4, Skip.NotMember);
        foreign = record(task, round, Phase.Share, 65535, "x", SESSION + 4);
        skipped(round, Phase.Share, foreign, 65535, Skip.NotMember);
    }

    function testOnlyU2Masks() public {
        uint32 round = toAck(task, 4);
        // Nobody has the shares of member 3, though it acknowledges the others'.
        post(task, round, Phase.Ack, 15, bytes32(uint256(7)));
        assertEq(progress(task, round).u2, 7);
        bytes memory out = record(task, round, Phase.Mask, 3, "x", SESSION + 3);
        skipped(round, Phase.Mask, out, 3, Skip.NotMember);
    }

    function testOnlyU3AnswersAndVotes() public {
        uint32 round = toMask(task, 4);
        post(task, round, Phase.Mask, 7, "mask");
        pass(31);
        post(task, round, Phase.Have, 15, bytes32(uint256(15)));
        assertEq(progress(task, round).u3, 7);
        bytes[] memory answer = new bytes[](1);
        bytes memory out = record(task, round, Phase.Unmask, 3, sha256(""), SESSION + 3);
        vm.expectEmit();
        emit IAlliance.RecordSkipped(task, round, uint8(Phase.Unmask), 3, Skip.NotMember);
        alliance.postUnmask(task, round, 0, out, answer);
        postAnswers(task, round, 7);
        bondAndSum(task, round);
        out = record(task, round, Phase.Vote, 3, voteDigest(3), SESSION + 3);
        skipped(round, Phase.Vote, out, 3, Skip.NotMember);
    }

    function testDuplicateAndEquivocation() public {
        uint32 round = toShare(task, 4);
        bytes memory first = record(task, round, Phase.Share, 0, "x", SESSION);
        bytes memory second = record(task, round, Phase.Share, 0, "y", SESSION);
        skipped(round, Phase.Share, bytes.concat(first, second), 0, Skip.Duplicate);
        skipped(round, Phase.Share, second, 0, Skip.Duplicate);
    }

    function testBitmapsBeyondTheRoster() public {
        uint32 round = toAck(task, 4);
        bytes memory beyond = record(task, round, Phase.Ack, 0, bytes32(uint256(16)), SESSION);
        skipped(round, Phase.Ack, beyond, 0, Skip.BadDigest);
        post(task, round, Phase.Ack, 15, bytes32(uint256(15)));
        post(task, round, Phase.Mask, 15, "mask");
        beyond = record(task, round, Phase.Have, 0, bytes32(uint256(16)), SESSION);
        skipped(round, Phase.Have, beyond, 0, Skip.BadDigest);
    }

    function testVoteForAnotherCandidate() public {
        uint32 round = toVote(task, 4);
        bytes32[3] memory bad = [keccak256("candidate"), voteDigest(0), voteDigest(5)];
        for (uint256 i; i < bad.length; ++i) {
            bytes memory vote = record(task, round, Phase.Vote, 0, bad[i], SESSION);
            skipped(round, Phase.Vote, vote, 0, Skip.BadDigest);
        }
    }

    // ------------------------------------------------------------ unmask answers

    function testAnswersArePublished() public {
        uint32 round = toUnmask(task, 4);
        bytes memory records = record(task, round, Phase.Unmask, 2, sha256("two"), SESSION + 2);
        bytes[] memory answers = new bytes[](1);
        answers[0] = "two";
        vm.expectEmit();
        emit IAlliance.UnmaskAnswer(task, round, 2, "two");
        alliance.postUnmask(task, round, 0, records, answers);
        assertEq(progress(task, round).answered, 4);
    }

    function testAnswersMustMatchAndMustBeThere() public {
        uint32 round = toUnmask(task, 4);
        bytes memory records = record(task, round, Phase.Unmask, 2, sha256("two"), SESSION + 2);
        bytes[] memory answers = new bytes[](1);
        answers[0] = "three";
        vm.expectEmit();
        emit IAlliance.RecordSkipped(task, round, uint8(Phase.Unmask), 2, Skip.BadDigest);
        alliance.postUnmask(task, round, 0, records, answers);
        skipped(round, Phase.Unmask, records, 2, Skip.BadDigest);
        assertEq(progress(task, round).answered, 0);
    }

    function testLargeRostersAnswerOffChain() public {
        TaskParameters memory p = parameters();
        (p.stake, p.sumBond, p.pool) = (0, 0, 0);
        task = taskWith(p, 17);
        uint32 round = toUnmask(task, 17);
        bytes memory records = record(task, round, Phase.Unmask, 2, "digest", SESSION + 2);
        bytes[] memory answers = new bytes[](1);
        alliance.postRecords(task, round, 0, uint8(Phase.Unmask), records);
        records = record(task, round, Phase.Unmask, 3, "digest", SESSION + 3);
        vm.recordLogs();
        alliance.postUnmask(task, round, 0, records, answers);
        assertEq(vm.getRecordedLogs().length, 1);
        assertEq(progress(task, round).answered, 12);
    }

    // ------------------------------------------------------------ whole rounds of many sizes, one after the other

    function testStaleMatricesDoNotCount() public {
        TaskParameters memory p = parameters();
        (p.stake, p.sumBond, p.pool, p.trainingRounds) = (0, 0, 0, 100);
        task = taskWith(p, 33);
        uint8[6] memory sizes = [33, 3, 17, 4, 32, 16];
        for (uint256 i; i < sizes.length; ++i) {
            uint32 round = settle(task, sizes[i], 2);
            RoundView memory view_ = alliance.getRound(task, round);
            assertEq(uint256(view_.progress.phase), uint256(Phase.Settled));
            assertEq(view_.progress.u2, everybody(sizes[i]));
            assertEq(view_.progress.u3, everybody(sizes[i]));
        }
        // Nobody acknowledges anybody in a round over full rows.
        uint32 last = toAck(task, 16);
        post(task, last, Phase.Ack, everybody(16), 0);
        assertEq(progress(task, last).u2, 0);
        assertPhase(task, last, Phase.Void);
    }

    function testMulticall() public {
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(IAlliance.open, (task));
        calls[1] = abi.encodeCall(
            IAlliance.postRecords, (task, 1, 0, uint8(Phase.Join), record(task, 1, Phase.Join, 0, "x", SESSION))
        );
        alliance.multicall(calls);
        assertEq(progress(task, 1).n, 1);
    }
}
