// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {GovernanceBounds as Bounds} from "../../src/economy/GovernanceBounds.sol";
import {IGmFlock} from "../../src/economy/IGmFlock.sol";
import {MurmurGovernor} from "../../src/economy/MurmurGovernor.sol";
import {MurmurTimelock} from "../../src/economy/MurmurTimelock.sol";
import {GovernanceTest} from "./base/GovernanceTest.sol";

/// @dev Votes that count blocks, as OpenZeppelin's do by default.
contract BlockClock {
    function clock() external view returns (uint48) {
        return uint48(block.number);
    }
}

/// @dev No majority gets past a bound, and no deployment starts outside of one.
contract GovernanceBoundsTest is GovernanceTest {
    function test_the_longest_life_is_shorter_than_the_shortest_lock() public pure {
        assertTrue(Bounds.LONGEST_LIFE < 30 days, "a voter is still locked at the execution");
    }

    function test_no_lock_is_as_short_as_the_longest_life() public {
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.BadDuration.selector, Bounds.LONGEST_LIFE));
        gmFlock.multiplierOf(Bounds.LONGEST_LIFE);
    }

    // ------------------------------------------------------------ by proposal

    function refuse(address target, bytes memory call, uint256 value, uint256 low, uint256 high) private {
        Proposal memory p = single(target, call);
        uint256 before = vm.snapshotState();
        toReady(p);
        vm.expectRevert(abi.encodeWithSelector(Bounds.OutOfBounds.selector, value, low, high));
        execute(p);
        vm.revertToState(before);
    }

    function test_voting_delay() public {
        (uint48 low, uint48 high) = (1 days, 5 days);
        address g = address(governor);
        refuse(g, abi.encodeCall(governor.setVotingDelay, (low - 1)), low - 1, low, high);
        refuse(g, abi.encodeCall(governor.setVotingDelay, (high + 1)), high + 1, low, high);
        carry(g, abi.encodeCall(governor.setVotingDelay, (high)));
        assertEq(governor.votingDelay(), high);
    }

    function test_voting_period() public {
        (uint32 low, uint32 high) = (3 days, 10 days);
        address g = address(governor);
        refuse(g, abi.encodeCall(governor.setVotingPeriod, (low - 1)), low - 1, low, high);
        refuse(g, abi.encodeCall(governor.setVotingPeriod, (high + 1)), high + 1, low, high);
        carry(g, abi.encodeCall(governor.setVotingPeriod, (low)));
        assertEq(governor.votingPeriod(), low);
    }

    function test_late_extension() public {
        (uint48 low, uint48 high) = (1 days, 4 days);
        address g = address(governor);
        refuse(g, abi.encodeCall(governor.setLateQuorumVoteExtension, (low - 1)), low - 1, low, high);
        refuse(g, abi.encodeCall(governor.setLateQuorumVoteExtension, (high + 1)), high + 1, low, high);
        carry(g, abi.encodeCall(governor.setLateQuorumVoteExtension, (high)));
        assertEq(governor.lateQuorumVoteExtension(), high);
    }

    function test_threshold() public {
        (uint256 low, uint256 high) = (100e18, 1_000_000e18);
        address g = address(governor);
        refuse(g, abi.encodeCall(governor.setProposalThreshold, (low - 1)), low - 1, low, high);
        refuse(g, abi.encodeCall(governor.setProposalThreshold, (high + 1)), high + 1, low, high);
        carry(g, abi.encodeCall(governor.setProposalThreshold, (high)));
        assertEq(governor.proposalThreshold(), high);
    }

    function test_quorum_fraction() public {
        (uint256 low, uint256 high) = (100, 2000);
        address g = address(governor);
        refuse(g, abi.encodeCall(governor.updateQuorumNumerator, (low - 1)), low - 1, low, high);
        refuse(g, abi.encodeCall(governor.updateQuorumNumerator, (high + 1)), high + 1, low, high);
        carry(g, abi.encodeCall(governor.updateQuorumNumerator, (high)));
        assertEq(governor.quorumNumerator(), high);
    }

    function test_quorum_floor() public {
        (uint256 low, uint256 high) = (10_000e18, 10_000_000e18);
        address g = address(governor);
        refuse(g, abi.encodeCall(governor.setQuorumFloor, (low - 1)), low - 1, low, high);
        refuse(g, abi.encodeCall(governor.setQuorumFloor, (high + 1)), high + 1, low, high);
        carry(g, abi.encodeCall(governor.setQuorumFloor, (low)));
        assertEq(governor.quorumFloor(clock), low);
    }

    function test_timelock_delay() public {
        (uint256 low, uint256 high) = (2 days, 10 days);
        address t = address(timelock);
        refuse(t, abi.encodeCall(timelock.updateDelay, (low - 1)), low - 1, low, high);
        refuse(t, abi.encodeCall(timelock.updateDelay, (high + 1)), high + 1, low, high);
        refuse(t, abi.encodeCall(timelock.updateDelay, (0)), 0, low, high);
        carry(t, abi.encodeCall(timelock.updateDelay, (high)));
        assertEq(timelock.getMinDelay(), high);
    }

    function test_no_proposal_changes_the_timelock() public {
        MurmurTimelock other = new MurmurTimelock(TIMELOCK_DELAY, ANNA);
        Proposal memory p = single(address(governor), abi.encodeCall(governor.updateTimelock, (other)));
        toReady(p);
        vm.expectRevert(MurmurGovernor.TimelockIsFixed.selector);
        execute(p);
    }

    // ------------------------------------------------------------ at the deployment

    function refuse(MurmurGovernor.Settings memory s, uint256 value, uint256 low, uint256 high) private {
        vm.expectRevert(abi.encodeWithSelector(Bounds.OutOfBounds.selector, value, low, high));
        new MurmurGovernor(gmFlock, timelock, s);
    }

    function test_a_governor_starts_within_its_bounds() public {
        MurmurGovernor.Settings memory s = settings();
        s.votingDelay = 5 days + 1;
        refuse(s, 5 days + 1, 1 days, 5 days);
        s = settings();
        s.votingPeriod = 3 days - 1;
        refuse(s, 3 days - 1, 3 days, 10 days);
        s = settings();
        s.extension = 1;
        refuse(s, 1, 1 days, 4 days);
        s = settings();
        s.threshold = 0;
        refuse(s, 0, 100e18, 1_000_000e18);
        s = settings();
        s.quorumBps = 2001;
        refuse(s, 2001, 100, 2000);
        s = settings();
        s.quorumFloor = 1;
        refuse(s, 1, 10_000e18, 10_000_000e18);
    }

    function test_a_timelock_starts_within_its_bounds() public {
        vm.expectRevert(abi.encodeWithSelector(Bounds.OutOfBounds.selector, 2 days - 1, 2 days, 10 days));
        new MurmurTimelock(2 days - 1, ANNA);
        vm.expectRevert(abi.encodeWithSelector(Bounds.OutOfBounds.selector, 10 days + 1, 2 days, 10 days));
        new MurmurTimelock(10 days + 1, ANNA);
    }

    function test_votes_that_count_blocks_are_refused() public {
        IVotes blocks = IVotes(address(new BlockClock()));
        vm.expectRevert(MurmurGovernor.NotATimestampClock.selector);
        new MurmurGovernor(blocks, timelock, settings());
    }

    function test_a_local_chain_has_upper_bounds_only() public {
        vm.chainId(31337);
        MurmurGovernor.Settings memory s = MurmurGovernor.Settings(0, 1, 0, 0, 0, 0);
        new MurmurGovernor(gmFlock, timelock, s);
        new MurmurTimelock(0, ANNA);
        s.votingDelay = 5 days + 1;
        refuse(s, 5 days + 1, 1 days, 5 days);
    }
}
