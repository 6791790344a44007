// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {GmFlock} from "../../src/economy/GmFlock.sol";
import {IGmFlock} from "../../src/economy/IGmFlock.sol";
import {GmFlockTest} from "./GmFlockTest.sol";
import {TestModule} from "./TestModule.sol";

/// @dev What somebody may try, and what comes of it.
contract GmFlockAttacksTest is GmFlockTest {
    // ------------------------------------------------------------ out before the time

    /// @dev One's own module slashes one's own position, with oneself as the prover: nine tenths are gone, the rest is locked as before.
    function testSlashIsNoEarlyExit() public {
        uint256 id = lockOf(ALICE, 1_000e18, 365 days);
        uint256 end = clock + 365 days;
        module.slash(open(ALICE, id, module, 1_000e18), 1_000e18, ALICE);
        assertEq(flock.balanceOf(ALICE), 0);
        assertEq(flock.balanceOf(TREASURY), 900e18);
        assertEq(gm.locks(2).amount, 100e18);
        pass(364 days);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.StillLocked.selector, end));
        redeem(ALICE, 2);
        pass(1 days);
        redeem(ALICE, 2);
        assertEq(flock.balanceOf(ALICE), 100e18);
    }

    /// @dev After the end a slash pays the prover a lock that is over, which is less than the owner could redeem.
    function testASlashAfterTheEndGivesNoMore() public {
        uint256 id = lockOf(ALICE, 1_000e18, 365 days);
        uint256 position = open(ALICE, id, module, 1_000e18);
        pass(400 days);
        module.slash(position, 1_000e18, ALICE);
        // The reward is as over as the lock was, so anybody may bring it down to 1, and its owner may take it.
        gm.poke(2);
        assertEq(gm.balanceOf(ALICE), 100e18);
        redeem(ALICE, 2);
        assertEq(flock.balanceOf(ALICE), 100e18);
    }

    function testASlashMakesNoMultiplier(uint256 duration, uint256 passed) public {
        uint256 id = lockOf(ALICE, 1_000e18, bound(duration, 30 days, 365 days));
        uint256 position = open(ALICE, id, module, 1_000e18);
        uint256 units = gm.balanceOf(ALICE);
        pass(bound(passed, 0, 400 days));
        module.slash(position, 1_000e18, ALICE);
        assertTrue(gm.balanceOf(ALICE) <= units / 10, "units from a slash");
        assertEq(gm.locks(2).unlockAt, gm.locks(id).unlockAt);
    }

    // ------------------------------------------------------------ votes for a day

    /// @dev A flash loan: votes need a second to count, the money a month to come back.
    function testNoVotesForADay() public {
        lockOf(ALICE, 1_000e18, 30 days);
        assertEq(gm.getPastVotes(ALICE, clock - 1), 0);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.StillLocked.selector, clock + 30 days));
        redeem(ALICE, 1);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.BadDuration.selector, 1 days));
        lockOf(BOB, 1, 1 days);
    }

    /// @dev Once over, a lock that is not poked still counts with its multiplier: anybody ends that, and made longer it begins at 1.
    function testAnOldMultiplierIsNotKeptForNothing() public {
        uint256 id = lockOf(ALICE, 1_000e18, 365 days);
        pass(365 days);
        extend(ALICE, id, clock + 30 days);
        assertEq(gm.balanceOf(ALICE), 1_000e18);
    }

    /// @dev Stated: before the end a month more keeps the multiplier, as the last month of the first year did.
    function testALockMadeLongerInTimeKeepsItsMultiplier() public {
        uint256 id = lockOf(ALICE, 1_000e18, 365 days);
        for (uint256 i; i < 3; ++i) {
            pass(gm.locks(id).unlockAt - 1 - clock);
            extend(ALICE, id, clock + 30 days);
        }
        assertEq(gm.balanceOf(ALICE), 3_010e18);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.StillLocked.selector, clock + 30 days));
        redeem(ALICE, id);
    }

    // ------------------------------------------------------------ modules that misbehave

    function hostile(TestModule.Manners manners) private returns (uint256 id, uint256 first) {
        id = lockOf(ALICE, 800, 300 days);
        first = gm.positionCount() + 1;
        module.behave(TestModule.Manners.Listen);
        for (uint256 i; i < 8; ++i) open(ALICE, id, module, 100);
        module.behave(manners);
    }

    /// @dev Poke, slash, extension and exit go on with eight modules that refuse, burn their gas or answer with 150 kB.
    function testNoModuleStopsALock() public {
        for (uint256 i = 1; i < 4; ++i) {
            uint256 earlier = gm.balanceOf(ALICE);
            (uint256 id, uint256 first) = hostile(TestModule.Manners(i));
            extend(ALICE, id, clock + 365 days);
            module.slash(first, 100, BOB);
            pass(365 days);
            if (i < 3) {
                vm.expectEmit();
                emit IGmFlock.ModuleDidNotListen(first, address(module));
            }
            uint256 gas = gasleft();
            gm.poke(id);
            assertTrue(gas - gasleft() < 8 * 210_000 + 200_000, "a poke is dear");
            assertEq(gm.balanceOf(ALICE), earlier + 700);
            assertEq(gm.weightOf(first + 1), 100);
            for (uint256 p = first; p < first + 8; ++p) module.close(p);
            redeem(ALICE, id);
            assertEq(gm.balanceOf(ALICE), earlier);
        }
    }

    /// @dev A module without code any more (destroyed in its first transaction, or an EIP-7702 key) can be told nothing and stops nothing.
    function testAModuleThatIsGone() public {
        uint256 id = lockOf(ALICE, 100, 365 days);
        uint256 position = open(ALICE, id, module, 100);
        vm.etch(address(module), "");
        pass(365 days);
        vm.expectEmit();
        emit IGmFlock.ModuleDidNotListen(position, address(module));
        gm.poke(id);
        assertEq(gm.balanceOf(ALICE), 100);
        assertEq(gm.weightOf(position), 100);
    }

    /// @dev With whatever gas somebody sends a poke: either nothing happens, or every module had all the gas it is due.
    function testTooLittleGasCannotHideANewWeight() public {
        (uint256 id, uint256 first) = hostile(TestModule.Manners.WantAllGas);
        pass(365 days);
        (uint256 worked, uint256 failed) = (0, 0);
        for (uint256 gas = 150_000; gas < 1_000_000; gas += 3_701) {
            uint256 state = vm.snapshotState();
            try gm.poke{gas: gas}(id) {
                ++worked;
                for (uint256 p = first; p < first + 8; ++p) assertEq(module.newsOf(p), 1);
            } catch {
                ++failed;
                assertEq(gm.balanceOf(ALICE), 2_096);
            }
            vm.revertToState(state);
        }
        assertTrue(worked > 10 && failed > 10, "not on both sides of the limit");
    }

    function testNotEnoughGas() public {
        (uint256 id,) = hostile(TestModule.Manners.Listen);
        pass(365 days);
        try gm.poke{gas: 280_000}(id) {
            revert NotTrue("too little gas was enough");
        } catch (bytes memory error_) {
            assertEq(bytes4(error_), GmFlock.NotEnoughGas.selector);
        }
    }

    // ------------------------------------------------------------ reentrancy

    function calls(uint256 id, uint256 position) private view returns (bytes[] memory all) {
        all = new bytes[](7);
        all[0] = abi.encodeCall(gm.lock, (1, 30 days));
        all[1] = abi.encodeCall(gm.extend, (id, uint40(clock + 200 days)));
        all[2] = abi.encodeCall(gm.poke, (id));
        all[3] = abi.encodeCall(gm.redeem, (id));
        all[4] = abi.encodeCall(gm.openPosition, (id, address(module), 1, 1, ""));
        all[5] = abi.encodeCall(gm.closePosition, (position));
        all[6] = abi.encodeCall(gm.slash, (position, 1, BOB));
    }

    function testNoModuleComesBackIn() public {
        uint256 id = lockOf(ALICE, 100, 180 days);
        uint256 position = open(ALICE, id, module, 10);
        bytes[] memory all = calls(id, position);
        bytes4 wanted = ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector;
        for (uint256 i; i < all.length; ++i) {
            module.plan(all[i]);
            uint256 next = open(ALICE, id, module, 1);
            assertEq(module.refusal(), wanted);
            module.plan(all[i]);
            module.slash(next, 1, BOB);
            assertEq(module.refusal(), wanted);
            module.close(next);
        }
        assertEq(gm.locks(id).amount, 100 - all.length);
        assertEq(gm.locks(id).committed, 10);
        assertEq(gm.positions(position).principal, 10);
    }

    // ------------------------------------------------------------ dust

    /// @dev However a lock is split, its positions never weigh more than its units.
    function testSplittingGivesNoWeight(uint256 amount, uint256 duration, uint256[8] memory parts) public {
        amount = bound(amount, 1, 1_000);
        uint256 id = lockOf(ALICE, amount, bound(duration, 30 days, 365 days));
        uint256 weight;
        for (uint256 i; i < 8 && gm.locks(id).committed < amount; ++i) {
            uint256 part = bound(parts[i], 1, amount - gm.locks(id).committed);
            weight += gm.weightOf(open(ALICE, id, module, part));
        }
        assertTrue(weight <= gm.balanceOf(ALICE), "weight from nothing");
    }

    /// @dev Locks of one wei are whole locks: they cost their owner alone.
    function testDustLocksGiveNoUnits() public {
        for (uint256 i; i < 10; ++i) lockOf(ALICE, 1, 180 days);
        lockOf(BOB, 10, 180 days);
        assertEq(gm.balanceOf(ALICE), 10);
        assertEq(gm.balanceOf(BOB), 19);
    }

    function testAGiftChangesNothing() public {
        uint256 id = lockOf(ALICE, 100, 30 days);
        vm.prank(BOB);
        flock.transfer(address(gm), 50);
        assertEq(gm.totalSupply(), 100);
        pass(30 days);
        redeem(ALICE, id);
        assertEq(flock.balanceOf(ALICE), 1_000e18);
        assertEq(flock.balanceOf(address(gm)), 50);
    }

    // ------------------------------------------------------------ other people's positions

    /// @dev A module reaches only what its positions hold, not the rest of the lock nor what backs another module.
    function testAModuleReachesItsOwnPositionsOnly() public {
        uint256 id = lockOf(ALICE, 100, 180 days);
        TestModule other = new TestModule(gm);
        uint256 bad = open(ALICE, id, other, 30);
        uint256 good = open(ALICE, id, module, 50);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.NotModule.selector, address(other)));
        other.slash(good, 1, BOB);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.NotModule.selector, address(other)));
        other.close(good);
        other.slash(bad, 30, BOB);
        assertEq(gm.positions(good).principal, 50);
        assertEq(gm.weightOf(good), 95);
        assertEq(gm.locks(id).amount, 70);
        assertEq(gm.locks(id).committed, 50);
    }
}
