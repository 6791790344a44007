// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {EntryGate} from "../../src/economy/EntryGate.sol";
import {GmFlock} from "../../src/economy/GmFlock.sol";
import {Flock} from "../../src/token/Flock.sol";
import {Test} from "../base/Test.sol";
import {TestModule} from "./TestModule.sol";

/// @dev FLOCK, gate, gmFLOCK and one module that listens. ALICE and BOB have 1,000 FLOCK each and have approved them.
abstract contract GmFlockTest is Test {
    address internal constant BANK = address(0xBA);
    address internal constant TREASURY = address(0x7EA);
    address internal constant GOVERNANCE = address(0x60);
    address internal constant GUARDIAN = address(0x6A);
    address internal constant ALICE = address(0xA11CE);
    address internal constant BOB = address(0xB0B);

    /// @dev Unix seconds. Not block.timestamp: the optimiser may read that once and keep it across a warp.
    uint256 internal clock;
    Flock internal flock;
    EntryGate internal gate;
    GmFlock internal gm;
    TestModule internal module;

    function setUp() public virtual {
        clock = 1_800_000_000;
        vm.warp(clock);
        Flock.Grant[] memory genesis = new Flock.Grant[](1);
        genesis[0] = Flock.Grant(BANK, 900_000_000e18);
        flock = new Flock(genesis, address(0), address(0));
        gate = new EntryGate(GOVERNANCE, GUARDIAN);
        gm = new GmFlock(flock, gate, TREASURY);
        module = new TestModule(gm);
        fund(ALICE, 1_000e18);
        fund(BOB, 1_000e18);
    }

    function pass(uint256 seconds_) internal {
        clock += seconds_;
        vm.warp(clock);
    }

    function fund(address account, uint256 amount) internal {
        vm.prank(BANK);
        flock.transfer(account, amount);
        vm.prank(account);
        flock.approve(address(gm), type(uint256).max);
    }

    function lockOf(address owner, uint256 amount, uint256 durationSeconds) internal returns (uint256) {
        vm.prank(owner);
        return gm.lock(amount, durationSeconds);
    }

    function open(address owner, uint256 lockId, TestModule in_, uint256 principal) internal returns (uint256) {
        vm.prank(owner);
        return gm.openPosition(lockId, address(in_), 7, principal, "");
    }

    function extend(address owner, uint256 lockId, uint256 unlockAt) internal {
        vm.prank(owner);
        gm.extend(lockId, uint40(unlockAt));
    }

    function redeem(address owner, uint256 lockId) internal {
        vm.prank(owner);
        gm.redeem(lockId);
    }

    function pause() internal {
        vm.prank(GUARDIAN);
        gate.pause();
    }
}
