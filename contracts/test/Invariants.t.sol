// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Phase, Progress, RoundView, TaskParameters, TaskStatus, TaskView} from "../src/alliance/AllianceTypes.sol";
import {AllianceTest} from "./base/AllianceTest.sol";

/// @dev Plays a task with six wallets: each call is one plausible move in the present phase, by members chosen at random.
contract Player is AllianceTest {
    uint256 public task;
    uint32 public round;
    /// the latest phase seen of the newest round
    uint256 public seen;
    bool public wentBack;
    uint256 private constant MEMBERS = 6;

    constructor() {
        setUp();
        TaskParameters memory p = parameters();
        (p.maxVoids, p.trainingRounds) = (20, 2);
        task = taskWith(p, MEMBERS);
    }

    modifier watched() {
        _;
        uint32 newest = alliance.getTask(task).rounds;
        if (newest == 0) return;
        uint256 phase = uint256(progress(task, newest).phase);
        if (newest == round && phase < seen) wentBack = true;
        (round, seen) = (newest, phase);
    }

    /// @dev One step onwards: opens, joins, posts records or the sum, whatever the phase asks for.
    function move(uint256 members, uint256 seed) external watched {
        if (alliance.getTask(task).status != TaskStatus.Running) return;
        Phase phase = round == 0 ? Phase.None : progress(task, round).phase;
        members = (members | (members >> 8)) & everybody(MEMBERS);
        bool all = seed % 3 != 0;
        if (phase == Phase.None || phase >= Phase.Settled) {
            alliance.sync(task);
            if (alliance.getTask(task).status == TaskStatus.Running) alliance.open(task);
        } else if (phase == Phase.Join) {
            post(task, round, phase, all ? everybody(MEMBERS) : members, bytes32(seed));
            pass(61);
        } else if (phase == Phase.Beacon) {
            pass(20);
            if (progress(task, round).phase == Phase.Beacon) {
                bytes memory signature = beaconOf(task, round);
                alliance.postBeacon(task, round, signature);
            }
        } else if (phase == Phase.Sum) {
            bondAndSum(task, round);
        } else {
            speak(phase, all ? everybody(MEMBERS) : members, seed);
        }
    }

    function speak(Phase phase, uint256 members, uint256 seed) private {
        uint16[] memory roster = alliance.getRoster(task, round);
        bytes memory records;
        uint256 count;
        for (uint256 i; i < roster.length; ++i) {
            if ((members >> i) & 1 == 0) continue;
            ++count;
            bytes32 digest = bytes32(seed);
            if (phase == Phase.Ack || phase == Phase.Have) {
                digest = bytes32(uint256(keccak256(abi.encode(seed, i))) | members) & bytes32(everybody(roster.length));
            } else if (phase == Phase.Vote) {
                digest = voteDigest(uint8(seed % 5 == 0 ? 4 : 1 + uint256(keccak256(abi.encode(seed, i))) % 3));
            } else if (phase == Phase.Unmask) {
                digest = sha256("answer");
            }
            records = bytes.concat(records, record(task, round, phase, i, digest, SESSION + memberOf(roster[i])));
        }
        if (phase == Phase.Unmask) {
            bytes[] memory answers = new bytes[](count);
            for (uint256 i; i < count; ++i) answers[i] = "answer";
            alliance.postUnmask(task, round, 0, records, answers);
        } else {
            alliance.postRecords(task, round, 0, uint8(phase), records);
        }
        // Twice the same changes nothing.
        bytes32 hash = alliance.getRound(task, round).recordsHash;
        if (phase != Phase.Unmask) alliance.postRecords(task, round, 0, uint8(phase), records);
        assertEq(alliance.getRound(task, round).recordsHash, hash);
    }

    /// @dev Wallets keep their session key when they register again.
    function memberOf(uint16 id) private view returns (uint256) {
        address owner = alliance.getRegistration(task, id).wallet;
        for (uint256 i; i < MEMBERS; ++i) if (wallet(i) == owner) return i;
        revert("unknown wallet");
    }

    function wait(uint256 seconds_) external watched {
        pass(bound(seconds_, 1, 40));
    }

    function sync() external watched {
        alliance.sync(task);
    }

    function goAway(uint256 who) external watched {
        who = bound(who, 0, MEMBERS - 1);
        vm.prank(wallet(who));
        try alliance.withdraw(task) {} catch {}
    }

    function comeBack(uint256 who) external watched {
        who = bound(who, 0, MEMBERS - 1);
        alliance.sync(task);
        if (alliance.getTask(task).status != TaskStatus.Running) return;
        vm.prank(wallet(who));
        flock.approve(address(alliance), type(uint256).max);
        register(task, who);
    }

    function claim(uint256 number, uint256 index) external watched {
        if (round == 0) return;
        try alliance.claim(task, uint32(bound(number, 1, round)), uint16(bound(index, 0, 7))) {} catch {}
    }

    function refund() external watched {
        try alliance.refund(task) {} catch {}
    }

    function withdrawDeposit(uint256 amount) external watched {
        uint256 deposited = alliance.deposits(CREATOR);
        vm.prank(CREATOR);
        alliance.withdrawDeposit(bound(amount, 0, deposited));
    }

    // ------------------------------------------------------------ what must hold

    /// @dev Everything that somebody could still take out.
    function owed() external view returns (uint256 sum) {
        TaskView memory view_ = alliance.getTask(task);
        sum = view_.poolLeft + alliance.deposits(CREATOR) + alliance.deposits(TREASURY);
        for (uint256 i; i < MEMBERS; ++i) {
            (, uint16 id) = alliance.activeRegistration(task, wallet(i));
            if (alliance.getRegistration(task, id).wallet == wallet(i)) sum += alliance.getRegistration(task, id).stake;
        }
        for (uint32 number = 1; number <= view_.rounds; ++number) {
            for (uint16 i; i < 8; ++i) sum += alliance.claimable(task, number, i);
        }
    }

    /// @dev A bond is out of the deposit from postSum until the end of the round is written down: until the next round is
    /// opened, or the step or the voids of the task have moved on.
    function held() external view returns (uint256) {
        return flock.balanceOf(address(alliance));
    }

    function syncNow() external {
        alliance.sync(task);
    }

    function bondOutstanding() external view returns (uint256) {
        if (round == 0) return 0;
        return progress(task, round).phase == Phase.Vote ? alliance.getTask(task).parameters.sumBond : 0;
    }

    function checkRound() external view {
        if (round == 0) return;
        RoundView memory view_ = alliance.getRound(task, round);
        Progress memory p = view_.progress;
        uint256 roster = everybody(p.n);
        require(p.dealt & ~roster == 0 && p.acked & ~roster == 0, "outsiders");
        require(p.u2 & ~p.dealt == 0, "U2 dealt");
        require(p.masked & ~p.u2 == 0 && p.attested & ~p.u2 == 0, "only U2");
        require(p.u3 & ~(p.u2 & p.masked) == 0, "U3 is masked U2");
        require(p.answered & ~p.u3 == 0 && p.voted & ~p.u3 == 0, "only U3");
        require(p.endsAt == 0 || p.phase < Phase.Settled, "an end has no deadline");
    }
}

contract InvariantsTest is AllianceTest {
    Player private player;

    function setUp() public override {
        player = new Player();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(player);
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// @dev The moves; `move` and `wait` more often, so that rounds come to an end.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](12);
        for (uint256 i; i < 5; ++i) selectors[i] = Player.move.selector;
        selectors[5] = Player.wait.selector;
        selectors[6] = Player.sync.selector;
        selectors[7] = Player.goAway.selector;
        selectors[8] = Player.comeBack.selector;
        selectors[9] = Player.claim.selector;
        selectors[10] = Player.refund.selector;
        selectors[11] = Player.withdrawDeposit.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(player), selectors);
    }

    function invariantPhasesNeverGoBack() public view {
        assertTrue(!player.wentBack(), "a phase went back");
    }

    function invariantTokensHeldAreTokensOwed() public {
        player.syncNow();
        assertEq(player.held(), player.owed() + player.bondOutstanding());
    }

    function invariantBitmapsNest() public view {
        player.checkRound();
    }
}
