// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {AllianceCoordinator} from "../src/alliance/AllianceCoordinator.sol";
import {Phase, Registration, Skip, TaskParameters} from "../src/alliance/AllianceTypes.sol";
import {IAlliance} from "../src/alliance/IAlliance.sol";
import {IBeacon} from "../src/beacon/IBeacon.sol";
import {BatchTest} from "./base/BatchTest.sol";

/// @dev The coordinator with a number in reach that it takes 65,535 registrations to get to.
contract CrowdedCoordinator is AllianceCoordinator {
    constructor(IERC20 token_, IBeacon beacon_) AllianceCoordinator(token_, beacon_, address(1)) {}

    function crowd(uint256 task, uint16 registrations) external {
        _tasks[task].registrations = registrations;
    }
}

/// @dev Ends of ranges, and calls in every phase that is not theirs.
contract LimitsTest is BatchTest {
    function freeParameters() private pure returns (TaskParameters memory p) {
        p = parameters();
        (p.stake, p.sumBond, p.pool) = (0, 0, 0);
    }

    function testTheLeastAndTheMostOfEveryParameterAreAllowed() public {
        TaskParameters memory p = freeParameters();
        (p.minCohort, p.maxCohort, p.trainingRounds, p.corruptBps, p.survivorFloor) = (3, 3, 1, 0, 0);
        (p.joinSeconds, p.phaseSeconds, p.beaconSeconds, p.maxVoids) = (1, 1, beacon.delaySeconds() + 1, 1);
        createTask(p);
        (p.minCohort, p.maxCohort, p.trainingRounds, p.corruptBps, p.survivorFloor) = (128, 128, 10_000, 5_000, 128);
        (p.joinSeconds, p.phaseSeconds, p.beaconSeconds, p.maxVoids) = (30 days, 30 days, 30 days, 1_000);
        createTask(p);
    }

    /// @dev The last registration id is 65,534: an index of 65,535 plus one has to fit into what a wallet's account holds.
    function testTooManyRegistrations() public {
        CrowdedCoordinator crowded = new CrowdedCoordinator(flock, beacon);
        alliance = crowded;
        uint256 task = createTask(freeParameters());
        crowded.crowd(task, 65_534);
        assertEq(register(task, 0), 65_534);
        uint32 round = alliance.open(task);
        bytes memory join_ = record(task, round, Phase.Join, 65_534, "join", SESSION);
        assertAccepted(task, round, Phase.Join, join_);
        assertEq(alliance.getRoster(task, round)[0], 65_534);
        Registration memory r = registration(task, 1);
        bytes memory signature = signedBy(WALLET + 1, registrationDigest(r));
        vm.expectRevert(IAlliance.TooManyRegistrations.selector);
        alliance.register(r, signature);
        vm.prank(wallet(0));
        alliance.revoke(task);
    }

    function testADeadlineIsTheLastSecond() public {
        uint256 task = createTask(freeParameters());
        Registration memory r = registration(task, 0);
        bytes memory signature = signedBy(WALLET, registrationDigest(r));
        pass(r.deadline - clock);
        alliance.register(r, signature);
    }

    /// @dev The last second of a phase counts, the next does not. Six members: C = 1, t = 4.
    function testTheLastSecondOfEveryPhase() public {
        uint256 task = taskWith(freeParameters(), 7);
        uint32 round = alliance.open(task);
        lastSecond(task, round, Phase.Join, 63, "join", 6);
        alliance.postBeacon(task, round, beaconOf(task, round));
        lastSecond(task, round, Phase.Share, 31, "share", 5);
        lastSecond(task, round, Phase.Ack, 15, bytes32(uint256(31)), 4);
        lastSecond(task, round, Phase.Mask, 15, "mask", 4);
        lastSecond(task, round, Phase.Have, 7, bytes32(uint256(15)), 3);
        assertEq(progress(task, round).u3, 15);
        postAnswers(task, round, 15);
        bondAndSum(task, round);
        lastSecond(task, round, Phase.Vote, 7, voteDigest(2), 3);
        assertPhase(task, round, Phase.Settled);
    }

    /// @dev Members that speak in the last second, and one that comes a second later.
    function lastSecond(uint256 task, uint32 round, Phase phase, uint256 members, bytes32 digest, uint256 late) private {
        pass(progress(task, round).endsAt - clock);
        assertAccepted(task, round, phase, recordsOf(task, round, phase, members, digest));
        assertPhase(task, round, phase);
        pass(1);
        assertSkipped(task, round, phase, recordOf(task, round, phase, late, digest), Skip.Late);
    }

    // ------------------------------------------------------------ calls in the wrong phase

    function testEveryCallInEveryOtherPhase() public {
        uint256 task = taskWith(freeParameters(), 4);
        uint32 round = alliance.open(task);
        only(task, round, Phase.Join);
        post(task, round, Phase.Join, 15, "join");
        pass(80);
        only(task, round, Phase.Beacon);
        alliance.postBeacon(task, round, beaconOf(task, round));
        only(task, round, Phase.Share);
        post(task, round, Phase.Share, 15, "share");
        only(task, round, Phase.Ack);
        post(task, round, Phase.Ack, 15, bytes32(uint256(15)));
        only(task, round, Phase.Mask);
        post(task, round, Phase.Mask, 15, "mask");
        only(task, round, Phase.Have);
        post(task, round, Phase.Have, 15, bytes32(uint256(15)));
        only(task, round, Phase.Unmask);
        postAnswers(task, round, 15);
        only(task, round, Phase.Sum);
        bondAndSum(task, round);
        only(task, round, Phase.Vote);
        post(task, round, Phase.Vote, 15, voteDigest(2));
        only(task, round, Phase.Settled);
        alliance.open(task);
        bytes memory older = abi.encodeWithSelector(IAlliance.NotNewestRound.selector, task, round + 1);
        vm.expectRevert(older);
        alliance.postBeacon(task, round, "");
        vm.expectRevert(older);
        alliance.reportEarlyBeacon(task, round, "");
        vm.expectRevert(older);
        alliance.postSum(task, round, SUM, MODEL);
    }

    /// @dev Records of all phases but this are late, and so are beacon and sum.
    function only(uint256 task, uint32 round, Phase phase) private {
        assertPhase(task, round, phase);
        for (uint8 other = 1; other <= 9; ++other) {
            if (Phase(other) == phase || other == 2 || other == 8) continue;
            assertSkipped(task, round, Phase(other), recordOf(task, round, Phase(other), 0, bytes32(uint256(15))), Skip.Late);
        }
        bytes memory signature = beaconOf(task, round);
        if (phase != Phase.Beacon) {
            vm.expectRevert(abi.encodeWithSelector(IAlliance.WrongPhase.selector, Phase.Beacon, phase));
            alliance.postBeacon(task, round, signature);
        }
        if (phase != Phase.Join) {
            vm.expectRevert(abi.encodeWithSelector(IAlliance.WrongPhase.selector, Phase.Join, phase));
            alliance.reportEarlyBeacon(task, round, signature);
        }
        if (phase != Phase.Sum) {
            vm.expectRevert(abi.encodeWithSelector(IAlliance.WrongPhase.selector, Phase.Sum, phase));
            alliance.postSum(task, round, SUM, MODEL);
        }
        if (phase == Phase.Settled) return;
        vm.expectRevert(abi.encodeWithSelector(IAlliance.RoundStillLive.selector, task, round));
        alliance.open(task);
    }
}
