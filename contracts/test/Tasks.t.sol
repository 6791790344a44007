// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {TaskParameters, TaskStatus, TaskView} from "../src/alliance/AllianceTypes.sol";
import {IAlliance} from "../src/alliance/IAlliance.sol";
import {AllianceTest} from "./base/AllianceTest.sol";

contract TasksTest is AllianceTest {
    function testCreatedAsAsked() public {
        TaskParameters memory p = parameters();
        assertEq(createTask(p), 1);
        assertEq(createTask(p), 2);
        assertEq(alliance.taskCount(), 2);
        TaskView memory task = alliance.getTask(1);
        assertEq(keccak256(abi.encode(task.parameters)), keccak256(abi.encode(p)));
        assertEq(task.creator, CREATOR);
        assertEq(task.specHash, keccak256("spec"));
        assertEq(task.poolLeft, p.pool);
        assertEq(uint256(task.status), uint256(TaskStatus.Running));
        assertEq(task.step, 0);
        assertEq(task.createdAtBlock, block.number);
        assertEq(flock.balanceOf(address(alliance)), 2 * p.pool);
    }

    function testPoolMustBePaid() public {
        TaskParameters memory p = parameters();
        vm.expectRevert();
        alliance.createTask(p, 0);
    }

    function refused(TaskParameters memory p, bytes32 parameter) private {
        vm.prank(CREATOR);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.BadParameter.selector, parameter));
        alliance.createTask(p, 0);
    }

    function testBounds() public {
        TaskParameters memory p = parameters();
        p.maxCohort = 129;
        refused(p, "maxCohort");
        p.maxCohort = 2;
        refused(p, "minCohort");
        p = parameters();
        p.minCohort = 2;
        refused(p, "minCohort");
        p = parameters();
        p.trainingRounds = 0;
        refused(p, "trainingRounds");
        p.trainingRounds = 10_001;
        refused(p, "trainingRounds");
        p = parameters();
        p.corruptBps = 5_001;
        refused(p, "corruptBps");
        p = parameters();
        p.survivorFloor = p.minCohort + 1;
        refused(p, "survivorFloor");
        p = parameters();
        p.joinSeconds = 0;
        refused(p, "joinSeconds");
        p.joinSeconds = 30 days + 1;
        refused(p, "joinSeconds");
        p = parameters();
        p.phaseSeconds = 0;
        refused(p, "phaseSeconds");
        p.phaseSeconds = 30 days + 1;
        refused(p, "phaseSeconds");
        p = parameters();
        p.beaconSeconds = beacon.delaySeconds();
        refused(p, "beaconSeconds");
        p.beaconSeconds = 30 days + 1;
        refused(p, "beaconSeconds");
        p = parameters();
        p.maxVoids = 0;
        refused(p, "maxVoids");
        p.maxVoids = 1_001;
        refused(p, "maxVoids");
    }

    function testAllowListedTasksHaveNoMoney() public {
        TaskParameters memory p = parameters();
        p.allowListed = true;
        refused(p, "stake");
        p.stake = 0;
        refused(p, "sumBond");
        p.sumBond = 0;
        refused(p, "pool");
        p.pool = 0;
        createTask(p);
    }

    function testAllow() public {
        uint256 task = createTask(parameters());
        address[] memory wallets = new address[](1);
        wallets[0] = address(9);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.NotCreator.selector, address(this)));
        alliance.allow(task, wallets);
        vm.prank(CREATOR);
        alliance.allow(task, wallets);
        assertTrue(alliance.isAllowed(task, address(9)), "allowed");
        assertTrue(!alliance.isAllowed(task, address(8)), "not allowed");
    }

    function testRefundAfterTheEnd() public {
        uint256 task = taskWith(parameters(), 3);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.TaskStillRunning.selector, task));
        alliance.refund(task);
        uint256 before = flock.balanceOf(CREATOR);
        for (uint256 i; i < 2; ++i) {
            toShare(task, 3);
            pass(31);
        }
        // Two rounds in which nobody dealt end the task, without anybody saying so.
        alliance.refund(task);
        assertEq(uint256(alliance.getTask(task).status), uint256(TaskStatus.Failed));
        assertEq(flock.balanceOf(CREATOR), before + parameters().pool);
        alliance.refund(task);
        assertEq(flock.balanceOf(CREATOR), before + parameters().pool);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.TaskNotRunning.selector, task));
        alliance.open(task);
    }

    function testAbandon() public {
        uint256 task = createTask(parameters());
        vm.expectRevert(abi.encodeWithSelector(IAlliance.NotCreator.selector, address(this)));
        alliance.abandon(task);
        uint32 round = alliance.open(task);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.RoundStillLive.selector, task, round));
        vm.prank(CREATOR);
        alliance.abandon(task);
        pass(61);
        vm.prank(CREATOR);
        alliance.abandon(task);
        assertEq(uint256(alliance.getTask(task).status), uint256(TaskStatus.Failed));
        vm.expectRevert(abi.encodeWithSelector(IAlliance.TaskNotRunning.selector, task));
        vm.prank(CREATOR);
        alliance.abandon(task);
        alliance.refund(task);
        assertEq(alliance.getTask(task).poolLeft, 0);
    }

    function testUnknownTask() public {
        bytes memory unknown = abi.encodeWithSelector(IAlliance.UnknownTask.selector, 7);
        vm.expectRevert(unknown);
        alliance.open(7);
        vm.expectRevert(unknown);
        alliance.sync(7);
        vm.expectRevert(unknown);
        alliance.getTask(7);
        vm.expectRevert(unknown);
        alliance.getRound(7, 1);
        vm.expectRevert(unknown);
        alliance.claimable(7, 1, 0);
    }

    function testUnknownRoundAndRegistration() public {
        uint256 task = createTask(parameters());
        vm.expectRevert(abi.encodeWithSelector(IAlliance.UnknownRound.selector, task, uint32(1)));
        alliance.getRound(task, 1);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.UnknownRound.selector, task, uint32(0)));
        alliance.getRoster(task, 0);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.UnknownRegistration.selector, task, uint16(0)));
        alliance.getRegistration(task, 0);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.NotNewestRound.selector, task, uint32(0)));
        alliance.postBeacon(task, 1, "");
    }
}
