// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {EntryGate} from "../../src/economy/EntryGate.sol";
import {IEntryGate} from "../../src/economy/IEntryGate.sol";
import {Test} from "../base/Test.sol";

contract EntryGateTest is Test {
    address private constant GOVERNANCE = address(0x60);
    address private constant GUARDIAN = address(0x6A);
    uint256 private constant NOW = 1_800_000_000;

    EntryGate private gate;

    function setUp() public {
        vm.warp(NOW);
        gate = new EntryGate(GOVERNANCE, GUARDIAN);
    }

    function pauseAs(address caller) private {
        vm.prank(caller);
        gate.pause();
    }

    function testOpenAtFirst() public view {
        gate.requireOpen();
        assertEq(gate.guardian(), GUARDIAN);
        assertEq(gate.governance(), GOVERNANCE);
    }

    function testAPauseLastsSevenDays() public {
        vm.expectEmit();
        emit IEntryGate.Paused(GUARDIAN, uint40(NOW + 7 days));
        pauseAs(GUARDIAN);
        vm.warp(NOW + 7 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IEntryGate.EntryPaused.selector, NOW + 7 days));
        gate.requireOpen();
        vm.warp(NOW + 7 days);
        gate.requireOpen();
    }

    function testOnceInThirtyDays() public {
        pauseAs(GUARDIAN);
        bytes memory error_ = abi.encodeWithSelector(IEntryGate.TooSoon.selector, NOW + 30 days);
        vm.expectRevert(error_);
        pauseAs(GUARDIAN);
        vm.prank(GUARDIAN);
        gate.unpause();
        vm.warp(NOW + 30 days - 1);
        vm.expectRevert(error_);
        pauseAs(GUARDIAN);
        vm.warp(NOW + 30 days);
        pauseAs(GUARDIAN);
        assertEq(gate.pausedUntil(), NOW + 37 days);
    }

    function testAnotherGuardianGetsNoOtherPause() public {
        pauseAs(GUARDIAN);
        vm.prank(GOVERNANCE);
        gate.setGuardian(address(7));
        vm.warp(NOW + 10 days);
        vm.expectRevert(abi.encodeWithSelector(IEntryGate.TooSoon.selector, NOW + 30 days));
        pauseAs(address(7));
    }

    function testOnlyTheGuardianPauses() public {
        vm.expectRevert(abi.encodeWithSelector(IEntryGate.NotGuardian.selector, GOVERNANCE));
        pauseAs(GOVERNANCE);
        vm.prank(GOVERNANCE);
        vm.expectEmit();
        emit IEntryGate.GuardianChanged(address(7));
        gate.setGuardian(address(7));
        vm.expectRevert(abi.encodeWithSelector(IEntryGate.NotGuardian.selector, GUARDIAN));
        pauseAs(GUARDIAN);
        pauseAs(address(7));
    }

    function testGuardianAndGovernanceEndAPause() public {
        pauseAs(GUARDIAN);
        vm.expectRevert(abi.encodeWithSelector(IEntryGate.NotGuardian.selector, address(this)));
        gate.unpause();
        vm.warp(NOW + 1 days);
        vm.prank(GOVERNANCE);
        vm.expectEmit();
        emit IEntryGate.Paused(GOVERNANCE, uint40(NOW + 1 days));
        gate.unpause();
        gate.requireOpen();
        vm.warp(NOW + 40 days);
        pauseAs(GUARDIAN);
        vm.prank(GUARDIAN);
        gate.unpause();
        gate.requireOpen();
    }

    function testNothingToEnd() public {
        pauseAs(GUARDIAN);
        vm.warp(NOW + 8 days);
        vm.prank(GUARDIAN);
        gate.unpause();
        assertEq(gate.pausedUntil(), NOW + 7 days);
    }

    function testOnlyGovernanceChoosesTheGuardian() public {
        vm.prank(GUARDIAN);
        vm.expectRevert(abi.encodeWithSelector(IEntryGate.NotGovernance.selector, GUARDIAN));
        gate.setGuardian(address(7));
    }

    /// @dev Whenever a guardian pauses, entry is shut for at most 7 of any 30 days.
    function testShutAtMostSevenDaysInThirty(uint32[8] calldata waits) public {
        uint256 clock = NOW;
        uint256 lastEnd;
        for (uint256 i; i < waits.length; ++i) {
            clock += waits[i] % 40 days;
            vm.warp(clock);
            if (clock < gate.nextPauseAt()) continue;
            pauseAs(GUARDIAN);
            assertTrue(lastEnd == 0 || clock >= lastEnd + 23 days, "too soon");
            lastEnd = gate.pausedUntil();
            assertEq(lastEnd, clock + 7 days);
        }
    }
}
