// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Phase, RoundView, TaskParameters} from "../src/alliance/AllianceTypes.sol";
import {IAlliance} from "../src/alliance/IAlliance.sol";
import {AllianceTest} from "./base/AllianceTest.sol";

contract RewardsTest is AllianceTest {
    uint256 private task;

    function setUp() public override {
        super.setUp();
        task = taskWith(parameters(), 4);
    }

    function testStatisticsPayNothing() public {
        uint32 round = settle(task, 4, 2);
        for (uint16 i; i < 4; ++i) assertEq(alliance.claimable(task, round, i), 0);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.NothingToClaim.selector));
        alliance.claim(task, round, 0);
    }

    /// @dev Pool 3000, three rounds: 1000 a round, 900 to four survivors, 100 to four votes.
    function testAcceptedRoundPaysSurvivorsAndVotes() public {
        settle(task, 4, 2);
        uint32 round = settle(task, 4, 3);
        assertEq(alliance.claimable(task, round, 0), 250e18);
        assertEq(alliance.getTask(task).poolLeft, 2000e18);
        alliance.claim(task, round, 2);
        assertEq(flock.balanceOf(wallet(2)), 250e18);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.NothingToClaim.selector));
        alliance.claim(task, round, 2);
        assertEq(alliance.claimable(task, round, 2), 0);
        assertEq(alliance.claimable(task, round, 3), 250e18);
    }

    function testRejectedRoundPaysVotesOnly() public {
        settle(task, 4, 2);
        uint32 round = settle(task, 4, 1);
        assertEq(alliance.claimable(task, round, 0), 25e18);
        assertEq(alliance.getTask(task).poolLeft, 2900e18);
        // What it did not pay is there for the rounds that follow.
        round = settle(task, 4, 2);
        assertEq(alliance.getRound(task, round).memberPay, (2900e18 / 2) * 9 / 10 / 4);
    }

    function testSilentVotersAreSurvivorsAllTheSame() public {
        settle(task, 4, 2);
        uint32 round = toVote(task, 4);
        post(task, round, Phase.Vote, 7, voteDigest(2));
        pass(31);
        assertEq(alliance.claimable(task, round, 0), 0);
        alliance.sync(task);
        assertEq(alliance.claimable(task, round, 3), 225e18);
        assertEq(alliance.claimable(task, round, 0), 225e18 + uint256(100e18) / 3);
        assertEq(alliance.claimable(task, round, 4), 0);
        assertEq(alliance.claimable(task, round, 65535), 0);
    }

    function testWholeTaskPaysItsPoolButDust(uint128 pool, uint8 n, uint8[5] memory verdicts) public {
        TaskParameters memory p = parameters();
        (p.pool, p.stake, p.sumBond) = (uint128(bound(pool, 0, 900_000e18)), 0, 0);
        n = uint8(bound(n, 3, 6));
        task = taskWith(p, n);
        uint256 paid;
        for (uint32 round = 1; round <= 5; ++round) {
            settle(task, n, uint8(bound(verdicts[round - 1], 1, 3)));
            for (uint16 i; i < n; ++i) paid += alliance.claimable(task, round, i);
        }
        uint256 before = flock.balanceOf(CREATOR);
        alliance.refund(task);
        assertEq(flock.balanceOf(CREATOR) - before, p.pool - paid);
    }

    function testClaimsAfterTheEndAndAfterRefund() public {
        for (uint256 i; i < 4; ++i) settle(task, 4, 2);
        settle(task, 4, 2);
        alliance.refund(task);
        alliance.claim(task, 2, 0);
        alliance.claim(task, 3, 0);
        alliance.claim(task, 4, 0);
        assertEq(flock.balanceOf(wallet(0)), 750e18);
        vm.prank(wallet(0));
        alliance.withdraw(task);
        assertEq(flock.balanceOf(wallet(0)), 850e18);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.NothingToClaim.selector));
        alliance.claim(task, 5, 0);
    }

    function testClaimsGoToTheWalletOfTheRound() public {
        settle(task, 4, 2);
        uint32 round = settle(task, 4, 2);
        // The wallet has another registration by now.
        register(task, 0);
        vm.prank(address(0xBEEF));
        alliance.claim(task, round, 0);
        assertEq(flock.balanceOf(wallet(0)), 250e18);
    }

    function testDeposits() public {
        fund(address(5), 10);
        vm.prank(address(5));
        alliance.deposit(10);
        assertEq(alliance.deposits(address(5)), 10);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.InsufficientDeposit.selector, 10, 11));
        vm.prank(address(5));
        alliance.withdrawDeposit(11);
        vm.prank(address(5));
        alliance.withdrawDeposit(10);
        assertEq(flock.balanceOf(address(5)), 10);
        vm.expectRevert();
        alliance.deposit(1);
    }
}
