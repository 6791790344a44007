// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {GmFlock} from "../../src/economy/GmFlock.sol";
import {IGmFlock} from "../../src/economy/IGmFlock.sol";
import {MurmurGovernor} from "../../src/economy/MurmurGovernor.sol";
import {Flock} from "../../src/token/Flock.sol";
import {GovernanceTest} from "./base/GovernanceTest.sol";

/// @dev Borrows FLOCK, locks it, votes, and has to pay back before the transaction is over.
contract FlashVoter {
    Flock private immutable _flock;
    GmFlock private immutable _gmFlock;
    MurmurGovernor private immutable _governor;

    constructor(Flock flock, GmFlock gmFlock, MurmurGovernor governor) {
        (_flock, _gmFlock, _governor) = (flock, gmFlock, governor);
    }

    function attack(address lender, uint256 amount, uint256 proposal) external {
        _flock.transferFrom(lender, address(this), amount);
        _flock.approve(address(_gmFlock), amount);
        uint256 lockId = _gmFlock.lock(amount, 30 days);
        _governor.castVote(proposal, 1);
        _gmFlock.redeem(lockId);
        _flock.transfer(lender, amount);
    }

    /// @dev The lender does not mind.
    function vote(address lender, uint256 amount, uint256 proposal) external returns (uint256 weight) {
        _flock.transferFrom(lender, address(this), amount);
        _flock.approve(address(_gmFlock), amount);
        _gmFlock.lock(amount, 30 days);
        return _governor.castVote(proposal, 1);
    }
}

/// @dev Ways around a vote, each with what comes of it.
contract GovernanceAttacksTest is GovernanceTest {
    function shorter() private view returns (Proposal memory) {
        return single(address(governor), abi.encodeCall(governor.setVotingPeriod, (3 days)));
    }

    // ------------------------------------------------------------ votes

    function test_units_that_come_after_the_snapshot_do_not_count() public {
        uint256 id = toActive(shorter());
        lockFor(STRANGER, 100 * STAKE);
        vote(STRANGER, id, FOR);
        pass(VOTING_PERIOD);
        assertState(id, IGovernor.ProposalState.Defeated);
        (, uint256 yes,) = governor.proposalVotes(id);
        assertEq(yes, 0);
    }

    function test_who_locks_in_time_is_locked_when_the_decision_takes_effect() public {
        Proposal memory p = shorter();
        uint256 id = propose(ANNA, p);
        pass(VOTING_DELAY);
        // The last second that counts.
        uint256 lockId = lockFor(STRANGER, STAKE);
        pass(1);
        vote(STRANGER, id, FOR);
        (, uint256 yes,) = governor.proposalVotes(id);
        assertEq(yes, STAKE);
        pass(VOTING_PERIOD);
        queue(p);
        pass(TIMELOCK_DELAY);
        uint256 unlockAt = gmFlock.locks(lockId).unlockAt;
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.StillLocked.selector, unlockAt));
        gmFlock.redeem(lockId);
        execute(p);
    }

    function test_a_borrowed_vote_cannot_be_paid_back_and_does_not_count() public {
        uint256 id = toActive(shorter());
        FlashVoter voter = new FlashVoter(flock, gmFlock, governor);
        flock.approve(address(voter), type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IGmFlock.StillLocked.selector, clock + 30 days));
        voter.attack(address(this), STAKE, id);
        assertEq(voter.vote(address(this), STAKE, id), 0);
    }

    function test_a_lock_that_is_over_has_the_votes_of_one_only_if_somebody_pokes() public {
        uint256 lockId = lockFor(STRANGER, STAKE, 365 days);
        pass(365 days);
        assertEq(gmFlock.getVotes(STRANGER), (STAKE * 301) / 100);
        gmFlock.poke(lockId);
        assertEq(gmFlock.getVotes(STRANGER), STAKE);
    }

    function test_units_cannot_be_sold() public {
        vm.prank(ANNA);
        vm.expectRevert(IGmFlock.NotTransferable.selector);
        gmFlock.transfer(STRANGER, 1);
    }

    function test_a_quorum_in_the_last_second_leaves_time_to_answer() public {
        Proposal memory p = shorter();
        uint256 id = toActive(p);
        pass(VOTING_PERIOD - 1);
        assertEq(governor.proposalDeadline(id), clock);
        vote(ANNA, id, FOR);
        assertEq(governor.proposalDeadline(id), clock + EXTENSION);
        pass(EXTENSION);
        assertState(id, IGovernor.ProposalState.Active);
        vote(BEN, id, AGAINST);
        vote(CLEO, id, AGAINST);
        pass(1);
        assertState(id, IGovernor.ProposalState.Defeated);
    }

    function test_a_proposal_is_extended_once() public {
        uint256 id = toActive(shorter());
        pass(VOTING_PERIOD - 1);
        vote(ANNA, id, FOR);
        pass(EXTENSION);
        vote(BEN, id, FOR);
        assertEq(governor.proposalDeadline(id), clock);
    }

    // ------------------------------------------------------------ the way around the Governor

    function test_nobody_but_the_governor_schedules_executes_or_cancels() public {
        Proposal memory p = shorter();
        bytes32 none;
        address[3] memory callers = [ANNA, address(this), address(timelock)];
        for (uint256 i; i < callers.length; ++i) {
            refuse(callers[i], timelock.PROPOSER_ROLE());
            timelock.scheduleBatch(p.targets, p.values, p.calls, none, none, TIMELOCK_DELAY);
            refuse(callers[i], timelock.PROPOSER_ROLE());
            timelock.schedule(p.targets[0], 0, p.calls[0], none, none, TIMELOCK_DELAY);
            refuse(callers[i], timelock.EXECUTOR_ROLE());
            timelock.executeBatch(p.targets, p.values, p.calls, none, none);
            refuse(callers[i], timelock.EXECUTOR_ROLE());
            timelock.execute(p.targets[0], 0, p.calls[0], none, none);
            refuse(callers[i], timelock.CANCELLER_ROLE());
            timelock.cancel(none);
        }
    }

    function refuse(address caller, bytes32 role) private {
        bytes4 missing = IAccessControl.AccessControlUnauthorizedAccount.selector;
        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(missing, caller, role));
    }

    function test_who_wired_it_has_nothing_left() public {
        bytes32 admin = timelock.DEFAULT_ADMIN_ROLE();
        bytes32 proposer = timelock.PROPOSER_ROLE();
        assertTrue(!timelock.hasRole(admin, address(this)), "the admin has renounced");
        refuse(address(this), admin);
        timelock.grantRole(proposer, address(this));
    }

    function test_the_delay_changes_by_proposal_only() public {
        address[2] memory callers = [ANNA, address(governor)];
        for (uint256 i; i < callers.length; ++i) {
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(TimelockController.TimelockUnauthorizedCaller.selector, callers[i]));
            timelock.updateDelay(5 days);
        }
    }

    function test_settings_change_by_proposal_only() public {
        vm.prank(ANNA);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorOnlyExecutor.selector, ANNA));
        governor.setVotingPeriod(9 days);
        // Not even the timelock, unless the Governor is executing just this call.
        vm.prank(address(timelock));
        vm.expectRevert();
        governor.setVotingPeriod(9 days);
    }

    function test_a_new_governor_comes_by_proposal_only() public {
        // The only way by which code moves: the timelock makes another contract its proposer, and this one none.
        bytes32 proposer = timelock.PROPOSER_ROLE();
        Proposal memory p;
        (p.targets, p.values, p.calls) = (new address[](2), new uint256[](2), new bytes[](2));
        (p.targets[0], p.targets[1], p.text) = (address(timelock), address(timelock), "a new Governor");
        p.calls[0] = abi.encodeCall(timelock.grantRole, (proposer, STRANGER));
        p.calls[1] = abi.encodeCall(timelock.revokeRole, (proposer, address(governor)));
        carry(p);
        assertTrue(timelock.hasRole(proposer, STRANGER), "the new one");
        p = shorter();
        toSucceeded(p);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, address(governor), proposer)
        );
        queue(p);
    }

    function test_ether_sent_to_the_governor_is_refused() public {
        (bool taken,) = address(governor).call{value: 1}("");
        assertTrue(!taken, "it would lie there for ever");
    }
}
