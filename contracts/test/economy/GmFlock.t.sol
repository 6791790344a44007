// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IEntryGate} from "../../src/economy/IEntryGate.sol";
import {IGmFlock} from "../../src/economy/IGmFlock.sol";
import {GmFlockTest} from "./GmFlockTest.sol";
import {TestModule} from "./TestModule.sol";

/// @dev Locks and positions, one move at a time.
contract GmFlockTests is GmFlockTest {
    // ------------------------------------------------------------ multiplier

    /// @dev FLock's documentation: 1,000 FLOCK for 30, 180 and 365 days.
    function testKnownAnswers() public {
        assertEq(units(30), 1_000e18);
        assertEq(units(180), 1_900e18);
        assertEq(units(365), 3_010e18);
    }

    function units(uint256 days_) private returns (uint256) {
        address owner = address(uint160(days_));
        fund(owner, 1_000e18);
        lockOf(owner, 1_000e18, days_ * 1 days);
        return gm.balanceOf(owner);
    }

    function testMultiplierRoundsDown() public view {
        // 2.19e18 / 31,536,000 s = 69,444,444,444.4
        assertEq(gm.multiplierOf(30 days + 1), 1_000_000_069_444_444_444);
    }

    function testMultiplierFollowsTheFormula(uint256 seconds_) public view {
        seconds_ = bound(seconds_, 30 days, 365 days);
        uint256 exact = 219 * (seconds_ - 30 days) * 1e16;
        uint256 part = gm.multiplierOf(seconds_) - 1e18;
        assertTrue(part * 365 days <= exact && exact < (part + 1) * 365 days, "not the floor");
    }

    function testBadDuration() public {
        for (uint256 i; i < 3; ++i) {
            uint256 bad = [uint256(0), 30 days - 1, 365 days + 1][i];
            vm.expectRevert(abi.encodeWithSelector(IGmFlock.BadDuration.selector, bad));
            gm.multiplierOf(bad);
            vm.expectRevert(abi.encodeWithSelector(IGmFlock.BadDuration.selector, bad));
            lockOf(ALICE, 1, bad);
        }
    }

    // ------------------------------------------------------------ locks

    function testLock() public {
        vm.expectEmit();
        emit IGmFlock.Locked(1, ALICE, 10e18, uint40(clock + 180 days), 1.9e18);
        uint256 id = lockOf(ALICE, 10e18, 180 days);
        IGmFlock.Lock memory l = gm.locks(id);
        assertEq(l.owner, ALICE);
        assertEq(l.unlockAt, clock + 180 days);
        assertEq(l.amount, 10e18);
        assertEq(l.committed, 0);
        assertEq(l.positions, 0);
        assertEq(l.multiplier, 1.9e18);
        assertEq(gm.balanceOf(ALICE), 19e18);
        assertEq(gm.totalSupply(), 19e18);
        assertEq(gm.getVotes(ALICE), 19e18);
        assertEq(flock.balanceOf(address(gm)), 10e18);
        assertEq(lockOf(ALICE, 1, 30 days), id + 1);
        assertEq(gm.balanceOf(ALICE), 19e18 + 1);
    }

    function testNoLockOfNothing() public {
        vm.expectRevert(IGmFlock.ZeroAmount.selector);
        lockOf(ALICE, 0, 30 days);
    }

    function testNoLockWithoutTheMoney() public {
        vm.expectRevert();
        lockOf(ALICE, 1_000e18 + 1, 30 days);
    }

    function testNoEntryWhilePaused() public {
        uint256 id = lockOf(ALICE, 10, 30 days);
        pause();
        bytes memory error_ = abi.encodeWithSelector(IEntryGate.EntryPaused.selector, clock + 7 days);
        vm.expectRevert(error_);
        lockOf(ALICE, 1, 30 days);
        vm.expectRevert(error_);
        open(ALICE, id, module, 1);
        pass(7 days);
        lockOf(ALICE, 1, 30 days);
        open(ALICE, id, module, 1);
    }

    function testWhatIsThereGoesOnWhilePaused() public {
        uint256 id = lockOf(ALICE, 100, 60 days);
        uint256 position = open(ALICE, id, module, 50);
        pass(55 days);
        pause();
        module.slash(position, 20, BOB);
        module.close(position);
        extend(ALICE, id, clock + 30 days);
        pass(6 days);
        gm.poke(2);
        redeem(BOB, 2);
        assertEq(flock.balanceOf(BOB), 1_000e18 + 2);
    }

    // ------------------------------------------------------------ extend

    function testExtendRaisesTheMultiplier() public {
        uint256 id = lockOf(ALICE, 10e18, 30 days);
        uint256 position = open(ALICE, id, module, 4e18);
        assertEq(module.weightOf(position), 4e18);
        vm.expectEmit();
        emit IGmFlock.Extended(id, uint40(clock + 180 days), 1.9e18);
        extend(ALICE, id, clock + 180 days);
        assertEq(gm.balanceOf(ALICE), 19e18);
        assertEq(gm.getVotes(ALICE), 19e18);
        assertEq(module.weightOf(position), 7.6e18);
        assertEq(gm.weightOf(position), 7.6e18);
        assertEq(gm.locks(id).unlockAt, clock + 180 days);
    }

    function testExtendKeepsAHigherMultiplier() public {
        uint256 id = lockOf(ALICE, 10e18, 365 days);
        uint256 position = open(ALICE, id, module, 4e18);
        pass(300 days);
        extend(ALICE, id, clock + 65 days + 1);
        assertEq(gm.locks(id).multiplier, 3.01e18);
        assertEq(gm.balanceOf(ALICE), 30.1e18);
        assertEq(module.newsOf(position), 0);
    }

    function testExtendNeverLowers(uint256 first, uint256 passed, uint256 second) public {
        (first, second) = (bound(first, 30 days, 365 days), bound(second, 30 days, 365 days));
        passed = bound(passed, 0, first - 1);
        if (passed + second <= first) second = bound(second, first - passed + 1, 365 days + 1);
        if (second > 365 days) return;
        if (second < 30 days) second = 30 days;
        uint256 id = lockOf(ALICE, 10e18, first);
        uint256 had = gm.balanceOf(ALICE);
        pass(passed);
        extend(ALICE, id, clock + second);
        uint256 asked = gm.multiplierOf(second);
        assertEq(gm.locks(id).multiplier, asked > gm.multiplierOf(first) ? asked : gm.multiplierOf(first));
        assertTrue(gm.balanceOf(ALICE) >= had, "fewer units");
    }

    function testALockThatIsOverBeginsAnew() public {
        uint256 id = lockOf(ALICE, 10e18, 365 days);
        uint256 position = open(ALICE, id, module, 4e18);
        pass(365 days);
        extend(ALICE, id, clock + 180 days);
        assertEq(gm.balanceOf(ALICE), 19e18);
        assertEq(module.weightOf(position), 7.6e18);
    }

    function testExtendIsForTheOwner() public {
        uint256 id = lockOf(ALICE, 1, 30 days);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.NotOwner.selector, BOB));
        extend(BOB, id, clock + 60 days);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.UnknownLock.selector, id + 1));
        extend(ALICE, id + 1, clock + 60 days);
    }

    function testNotShorter() public {
        uint256 id = lockOf(ALICE, 1, 60 days);
        uint256 end = clock + 60 days;
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.NotShorter.selector, end, end));
        extend(ALICE, id, end);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.BadDuration.selector, 365 days + 1));
        extend(ALICE, id, clock + 365 days + 1);
        pass(90 days);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.BadDuration.selector, 0));
        extend(ALICE, id, clock - 1);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.BadDuration.selector, 30 days - 1));
        extend(ALICE, id, clock + 30 days - 1);
    }

    // ------------------------------------------------------------ poke

    function testPoke() public {
        uint256 id = lockOf(ALICE, 10e18, 365 days);
        uint256 position = open(ALICE, id, module, 4e18);
        assertEq(module.weightOf(position), 12.04e18);
        pass(365 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.StillLocked.selector, clock + 1));
        gm.poke(id);
        pass(1);
        vm.expectEmit();
        emit IGmFlock.Poked(id);
        vm.prank(BOB);
        gm.poke(id);
        assertEq(gm.balanceOf(ALICE), 10e18);
        assertEq(gm.getVotes(ALICE), 10e18);
        assertEq(module.weightOf(position), 4e18);
        assertEq(gm.weightOf(position), 4e18);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.NothingToPoke.selector, id));
        gm.poke(id);
    }

    function testPokeOfNoLock() public {
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.UnknownLock.selector, 1));
        gm.poke(1);
    }

    // ------------------------------------------------------------ redeem

    function testRedeem() public {
        uint256 id = lockOf(ALICE, 10e18, 40 days);
        pass(40 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.StillLocked.selector, clock + 1));
        redeem(ALICE, id);
        pass(1);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.NotOwner.selector, BOB));
        redeem(BOB, id);
        vm.expectEmit();
        emit IGmFlock.Redeemed(id, ALICE, 10e18);
        redeem(ALICE, id);
        assertEq(flock.balanceOf(ALICE), 1_000e18);
        assertEq(gm.balanceOf(ALICE), 0);
        assertEq(gm.getVotes(ALICE), 0);
        assertEq(gm.totalSupply(), 0);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.UnknownLock.selector, id));
        redeem(ALICE, id);
    }

    function testRedeemWaitsForPositions() public {
        uint256 id = lockOf(ALICE, 10e18, 30 days);
        uint256 position = open(ALICE, id, module, 1);
        pass(30 days);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.PositionsOpen.selector, id, 1));
        redeem(ALICE, id);
        module.close(position);
        redeem(ALICE, id);
    }

    // ------------------------------------------------------------ positions

    function testOpen() public {
        uint256 id = lockOf(ALICE, 10e18, 180 days);
        vm.expectEmit();
        emit IGmFlock.PositionOpened(1, id, address(module), 4e18, 9);
        vm.prank(ALICE);
        uint256 position = gm.openPosition(id, address(module), 9, 4e18, "data");
        IGmFlock.Position memory p = gm.positions(position);
        assertEq(p.lock, id);
        assertEq(p.module, address(module));
        assertEq(p.principal, 4e18);
        assertEq(p.subject, 9);
        assertEq(gm.ownerOf(position), ALICE);
        assertEq(gm.weightOf(position), 7.6e18);
        assertEq(gm.positionsOf(id)[0], position);
        assertEq(gm.locks(id).committed, 4e18);
        assertEq(gm.locks(id).positions, 1);
        assertEq(module.ownerOf(position), ALICE);
        assertEq(module.subject(), 9);
        assertEq(module.principalOf(position), 4e18);
        assertEq(module.weightOf(position), 7.6e18);
        assertEq(keccak256(module.data()), keccak256("data"));
        // Backing something costs no votes.
        assertEq(gm.getVotes(ALICE), 19e18);
    }

    function testOpenIsForTheOwner() public {
        uint256 id = lockOf(ALICE, 10, 30 days);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.NotOwner.selector, BOB));
        open(BOB, id, module, 1);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.UnknownLock.selector, 2));
        open(ALICE, 2, module, 1);
    }

    function testNoPositionOfNothing() public {
        uint256 id = lockOf(ALICE, 10, 30 days);
        vm.expectRevert(IGmFlock.ZeroAmount.selector);
        open(ALICE, id, module, 0);
    }

    function testPositionsStayWithinTheLock() public {
        uint256 id = lockOf(ALICE, 10, 30 days);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.NotEnoughFree.selector, 10, 11));
        open(ALICE, id, module, 11);
        open(ALICE, id, module, 7);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.NotEnoughFree.selector, 3, 4));
        open(ALICE, id, module, 4);
        open(ALICE, id, module, 3);
    }

    function testEightPositions() public {
        uint256 id = lockOf(ALICE, 100, 30 days);
        for (uint256 i; i < 8; ++i) open(ALICE, id, module, 1);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.TooManyPositions.selector, id));
        open(ALICE, id, module, 1);
        module.close(3);
        assertEq(open(ALICE, id, module, 1), 9);
        assertEq(gm.positionsOf(id).length, 8);
    }

    function testAModuleMayRefuse() public {
        uint256 id = lockOf(ALICE, 100, 30 days);
        module.behave(TestModule.Manners.Refuse);
        vm.expectRevert(TestModule.Refused.selector);
        open(ALICE, id, module, 1);
        assertEq(gm.locks(id).committed, 0);
        vm.expectRevert();
        open(ALICE, id, TestModule(BOB), 1);
    }

    function testALockThatIsOverOpensAtOne() public {
        uint256 id = lockOf(ALICE, 10e18, 180 days);
        uint256 first = open(ALICE, id, module, 1e18);
        pass(180 days);
        uint256 second = open(ALICE, id, module, 2e18);
        assertEq(module.weightOf(first), 1e18);
        assertEq(module.weightOf(second), 2e18);
        assertEq(module.newsOf(second), 0);
        assertEq(gm.balanceOf(ALICE), 10e18);
    }

    function testClose() public {
        uint256 id = lockOf(ALICE, 10e18, 30 days);
        uint256 first = open(ALICE, id, module, 1e18);
        uint256 second = open(ALICE, id, module, 2e18);
        uint256 third = open(ALICE, id, module, 3e18);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.NotModule.selector, ALICE));
        vm.prank(ALICE);
        gm.closePosition(first);
        vm.expectEmit();
        emit IGmFlock.PositionClosed(first);
        module.close(first);
        assertEq(gm.locks(id).committed, 5e18);
        assertEq(gm.locks(id).positions, 2);
        assertEq(gm.positionsOf(id)[0], third);
        assertEq(gm.positionsOf(id)[1], second);
        assertEq(gm.positions(first).module, address(0));
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.UnknownPosition.selector, first));
        module.close(first);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.UnknownPosition.selector, first));
        gm.ownerOf(first);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.UnknownPosition.selector, first));
        gm.weightOf(first);
        module.close(second);
        module.close(third);
        assertEq(gm.locks(id).committed, 0);
        assertEq(gm.positionsOf(id).length, 0);
    }

    // ------------------------------------------------------------ slash

    function testSlash() public {
        uint256 id = lockOf(ALICE, 100, 180 days);
        uint256 position = open(ALICE, id, module, 60);
        uint256 other = open(ALICE, id, module, 40);
        vm.expectEmit();
        emit IGmFlock.Slashed(position, 39, BOB, id + 1);
        module.slash(position, 39, BOB);
        assertEq(gm.locks(id).amount, 61);
        assertEq(gm.locks(id).committed, 61);
        assertEq(gm.positions(position).principal, 21);
        assertEq(flock.balanceOf(TREASURY), 36);
        assertEq(flock.balanceOf(address(gm)), 64);
        // 61 x 1.9 = 115.9 and 3 x 1.9 = 5.7
        assertEq(gm.balanceOf(ALICE), 115);
        assertEq(gm.getVotes(ALICE), 115);
        assertEq(gm.balanceOf(BOB), 5);
        assertEq(gm.getVotes(BOB), 5);
        assertEq(gm.totalSupply(), 120);
        IGmFlock.Lock memory reward = gm.locks(id + 1);
        assertEq(reward.owner, BOB);
        assertEq(reward.amount, 3);
        assertEq(reward.unlockAt, gm.locks(id).unlockAt);
        assertEq(reward.multiplier, 1.9e18);
        assertEq(module.principalOf(position), 21);
        assertEq(module.weightOf(position), 39);
        assertEq(module.newsOf(other), 0);
        pass(180 days);
        redeem(BOB, id + 1);
        assertEq(flock.balanceOf(BOB), 1_000e18 + 3);
    }

    function testSlashOfEverything() public {
        uint256 id = lockOf(ALICE, 100, 30 days);
        uint256 position = open(ALICE, id, module, 100);
        module.slash(position, 100, BOB);
        assertEq(gm.weightOf(position), 0);
        assertEq(gm.balanceOf(ALICE), 0);
        module.close(position);
        pass(30 days);
        redeem(ALICE, id);
        assertEq(flock.balanceOf(TREASURY), 90);
    }

    function testTheTreasuryGetsAllWhereNobodyProvedOrATenthIsNothing() public {
        uint256 id = lockOf(ALICE, 100, 30 days);
        uint256 position = open(ALICE, id, module, 100);
        vm.expectEmit();
        emit IGmFlock.Slashed(position, 50, address(0), 0);
        module.slash(position, 50, address(0));
        vm.expectEmit();
        emit IGmFlock.Slashed(position, 9, BOB, 0);
        module.slash(position, 9, BOB);
        assertEq(flock.balanceOf(TREASURY), 59);
        assertEq(gm.lockCount(), 1);
    }

    function testSlashRefused() public {
        uint256 id = lockOf(ALICE, 100, 30 days);
        uint256 position = open(ALICE, id, module, 60);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.NotModule.selector, BOB));
        vm.prank(BOB);
        gm.slash(position, 1, BOB);
        vm.expectRevert(IGmFlock.ZeroAmount.selector);
        module.slash(position, 0, BOB);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.TooLargeASlash.selector, 60, 61));
        module.slash(position, 61, BOB);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.UnknownPosition.selector, 2));
        module.slash(2, 1, BOB);
    }

    function testSlashLosesNothing(uint256 amount, uint256 principal, uint256 slashed, uint256 duration) public {
        amount = bound(amount, 1, 500e18);
        principal = bound(principal, 1, amount);
        slashed = bound(slashed, 1, principal);
        uint256 id = lockOf(ALICE, amount, bound(duration, 30 days, 365 days));
        uint256 position = open(ALICE, id, module, principal);
        uint256 supply = gm.totalSupply();
        module.slash(position, slashed, BOB);
        assertEq(flock.balanceOf(TREASURY) + gm.locks(id).amount + gm.locks(id + 1).amount, amount);
        assertEq(gm.locks(id + 1).amount, slashed / 10);
        assertEq(gm.totalSupply(), gm.balanceOf(ALICE) + gm.balanceOf(BOB));
        assertTrue(gm.totalSupply() <= supply, "units from a slash");
    }
}
