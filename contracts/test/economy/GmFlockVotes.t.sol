// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Votes} from "@openzeppelin/contracts/governance/utils/Votes.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IGmFlock} from "../../src/economy/IGmFlock.sol";
import {GmFlockTest} from "./GmFlockTest.sol";

/// @dev Units as an ERC-20 that does not move, and as votes.
contract GmFlockVotesTest is GmFlockTest {
    function testIsAToken() public {
        assertEq(keccak256(bytes(gm.name())), keccak256("gmFLOCK"));
        assertEq(keccak256(bytes(gm.symbol())), keccak256("gmFLOCK"));
        assertEq(gm.decimals(), 18);
        assertEq(gm.allowance(ALICE, BOB), 0);
        vm.expectEmit();
        emit IERC20.Transfer(address(0), ALICE, 190);
        uint256 id = lockOf(ALICE, 100, 180 days);
        pass(180 days);
        vm.expectEmit();
        emit IERC20.Transfer(ALICE, address(0), 90);
        gm.poke(id);
    }

    function testDoesNotMove() public {
        lockOf(ALICE, 100, 180 days);
        vm.startPrank(ALICE);
        vm.expectRevert(IGmFlock.NotTransferable.selector);
        gm.transfer(BOB, 1);
        vm.expectRevert(IGmFlock.NotTransferable.selector);
        gm.approve(BOB, 1);
        vm.stopPrank();
        vm.expectRevert(IGmFlock.NotTransferable.selector);
        vm.prank(BOB);
        gm.transferFrom(ALICE, BOB, 1);
    }

    function testCountsBySeconds() public {
        assertEq(gm.clock(), clock);
        assertEq(keccak256(bytes(gm.CLOCK_MODE())), keccak256("mode=timestamp"));
        uint256 id = lockOf(ALICE, 100, 180 days);
        vm.expectRevert(abi.encodeWithSelector(Votes.ERC5805FutureLookup.selector, clock, clock));
        gm.getPastVotes(ALICE, clock);
        uint256 then = clock;
        pass(180 days);
        gm.poke(id);
        pass(1);
        assertEq(gm.getPastVotes(ALICE, then - 1), 0);
        assertEq(gm.getPastVotes(ALICE, then), 190);
        assertEq(gm.getPastVotes(ALICE, clock - 2), 190);
        assertEq(gm.getPastVotes(ALICE, clock - 1), 100);
        assertEq(gm.getPastTotalSupply(then), 190);
        assertEq(gm.getPastTotalSupply(clock - 1), 100);
    }

    function testTheFirstLockDelegatesToItsOwner() public {
        assertEq(gm.delegates(ALICE), address(0));
        lockOf(ALICE, 100, 30 days);
        assertEq(gm.delegates(ALICE), ALICE);
    }

    function testADelegationStays() public {
        lockOf(ALICE, 100, 30 days);
        vm.prank(ALICE);
        gm.delegate(BOB);
        lockOf(ALICE, 11, 30 days);
        assertEq(gm.delegates(ALICE), BOB);
        assertEq(gm.getVotes(BOB), 111);
        assertEq(gm.getVotes(ALICE), 0);
        pass(30 days);
        redeem(ALICE, 1);
        assertEq(gm.getVotes(BOB), 11);
    }

    function testADelegationToNobodyStays() public {
        lockOf(ALICE, 100, 30 days);
        vm.prank(ALICE);
        gm.delegate(address(0));
        lockOf(ALICE, 11, 30 days);
        assertEq(gm.delegates(ALICE), address(0));
        assertEq(gm.getVotes(ALICE), 0);
        assertEq(gm.totalSupply(), 111);
    }

    function testADelegationBeforeTheFirstLockStays() public {
        vm.prank(ALICE);
        gm.delegate(BOB);
        lockOf(ALICE, 100, 30 days);
        assertEq(gm.getVotes(BOB), 100);
    }

    function testARewardGoesToWhomTheProverDelegates() public {
        lockOf(BOB, 50, 30 days);
        vm.prank(BOB);
        gm.delegate(GUARDIAN);
        uint256 position = open(ALICE, lockOf(ALICE, 100, 30 days), module, 100);
        module.slash(position, 100, BOB);
        assertEq(gm.delegates(BOB), GUARDIAN);
        assertEq(gm.getVotes(GUARDIAN), 60);
    }

    function testVotesStayWhileStaked() public {
        uint256 id = lockOf(ALICE, 100, 180 days);
        uint256 position = open(ALICE, id, module, 100);
        assertEq(gm.getVotes(ALICE), 190);
        module.close(position);
        assertEq(gm.getVotes(ALICE), 190);
    }
}
