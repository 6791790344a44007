// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {GovernanceTest} from "./base/GovernanceTest.sol";

/// @dev The life of a proposal, and what it needs.
contract GovernanceLifeTest is GovernanceTest {
    function longer() internal view returns (Proposal memory) {
        return single(address(governor), abi.encodeCall(governor.setVotingPeriod, (9 days)));
    }

    function test_a_proposal_lives_from_its_proposer_to_its_execution() public {
        Proposal memory p = longer();
        uint256 id = propose(ANNA, p);
        assertEq(governor.proposalSnapshot(id), clock + VOTING_DELAY);
        assertEq(governor.proposalDeadline(id), clock + VOTING_DELAY + VOTING_PERIOD);
        assertState(id, IGovernor.ProposalState.Pending);
        pass(VOTING_DELAY);
        assertState(id, IGovernor.ProposalState.Pending);
        pass(1);
        assertState(id, IGovernor.ProposalState.Active);
        vote(ANNA, id, FOR);
        vote(BEN, id, AGAINST);
        vote(CLEO, id, FOR);
        pass(VOTING_PERIOD - 1);
        assertState(id, IGovernor.ProposalState.Active);
        pass(1);
        assertState(id, IGovernor.ProposalState.Succeeded);
        queue(p);
        assertState(id, IGovernor.ProposalState.Queued);
        assertEq(governor.proposalEta(id), clock + TIMELOCK_DELAY);
        pass(TIMELOCK_DELAY - 1);
        vm.expectRevert();
        execute(p);
        pass(1);
        execute(p);
        assertState(id, IGovernor.ProposalState.Executed);
        assertEq(governor.votingPeriod(), 9 days);
        // What was decided does not reach proposals that are there already.
        assertEq(governor.proposalDeadline(id) - governor.proposalSnapshot(id), VOTING_PERIOD);
    }

    function test_is_executed_once() public {
        Proposal memory p = longer();
        uint256 id = carry(p);
        expectWrongState(id, IGovernor.ProposalState.Executed, only(IGovernor.ProposalState.Queued));
        execute(p);
    }

    function test_a_vote_counts_once_and_only_while_voting_is_on() public {
        Proposal memory p = longer();
        uint256 id = propose(ANNA, p);
        expectWrongState(id, IGovernor.ProposalState.Pending, only(IGovernor.ProposalState.Active));
        vote(BEN, id, FOR);
        pass(VOTING_DELAY + 1);
        vote(BEN, id, FOR);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorAlreadyCastVote.selector, BEN));
        vote(BEN, id, FOR);
        vm.expectRevert(IGovernor.GovernorInvalidVoteType.selector);
        vote(CLEO, id, 3);
        pass(VOTING_PERIOD);
        expectWrongState(id, IGovernor.ProposalState.Succeeded, only(IGovernor.ProposalState.Active));
        vote(CLEO, id, AGAINST);
    }

    function test_a_tie_is_defeated() public {
        Proposal memory p = longer();
        uint256 id = toActive(p);
        vote(ANNA, id, FOR);
        vote(BEN, id, AGAINST);
        pass(VOTING_PERIOD);
        expectWrongState(id, IGovernor.ProposalState.Defeated, only(IGovernor.ProposalState.Succeeded));
        queue(p);
    }

    function test_votes_against_make_no_quorum_abstentions_do() public {
        lockFor(STRANGER, THRESHOLD);
        pass(1);
        uint256 id = toActive(longer());
        vote(STRANGER, id, FOR);
        uint256 before = vm.snapshotState();
        pass(VOTING_PERIOD);
        assertState(id, IGovernor.ProposalState.Defeated);
        vm.revertToState(before);
        vote(ANNA, id, ABSTAIN);
        pass(VOTING_PERIOD);
        assertState(id, IGovernor.ProposalState.Succeeded);
    }

    function test_a_proposer_needs_units_a_second_before() public {
        lockFor(STRANGER, THRESHOLD);
        vm.expectRevert(
            abi.encodeWithSelector(IGovernor.GovernorInsufficientProposerVotes.selector, STRANGER, 0, THRESHOLD)
        );
        propose(STRANGER, longer());
        pass(1);
        propose(STRANGER, longer());
    }

    function test_its_proposer_may_take_it_back_before_voting_begins() public {
        Proposal memory p = longer();
        uint256 id = propose(ANNA, p);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorUnableToCancel.selector, id, BEN));
        cancel(BEN, p);
        cancel(ANNA, p);
        assertState(id, IGovernor.ProposalState.Canceled);
        p.text = "again";
        id = toActive(p);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorUnableToCancel.selector, id, ANNA));
        cancel(ANNA, p);
    }

    function test_a_decision_that_nobody_queues_expires() public {
        Proposal memory p = longer();
        uint256 id = toSucceeded(p);
        pass(governor.GRACE() - 1);
        assertState(id, IGovernor.ProposalState.Succeeded);
        pass(1);
        expectWrongState(id, IGovernor.ProposalState.Expired, only(IGovernor.ProposalState.Succeeded));
        queue(p);
    }

    function test_a_decision_that_nobody_executes_expires() public {
        Proposal memory p = longer();
        uint256 id = toReady(p);
        pass(governor.GRACE());
        assertState(id, IGovernor.ProposalState.Queued);
        pass(1);
        expectWrongState(id, IGovernor.ProposalState.Expired, only(IGovernor.ProposalState.Queued));
        execute(p);
    }

    function test_a_vote_by_signature_is_its_signers() public {
        uint256 key = 77;
        address signer = vm.addr(key);
        lockFor(signer, STAKE);
        uint256 id = toActive(longer());
        bytes32 ballot = keccak256(abi.encode(governor.BALLOT_TYPEHASH(), id, FOR, signer, governor.nonces(signer)));
        bytes memory signature = signed(key, ballot);
        vm.prank(STRANGER);
        governor.castVoteBySig(id, FOR, signer, signature);
        assertTrue(governor.hasVoted(id, signer), "the signer has voted");
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, BEN));
        governor.castVoteBySig(id, FOR, BEN, signature);
    }

    function signed(uint256 key, bytes32 structHash) private view returns (bytes memory) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Murmur Governor"),
                keccak256("1"),
                block.chainid,
                address(governor)
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked("\x19\x01", domain, structHash)));
        return abi.encodePacked(r, s, v);
    }

    // ------------------------------------------------------------ quorum

    function test_the_floor_holds_while_little_is_locked() public view {
        // 4 % of 6 million is 240,000.
        assertEq(governor.quorum(clock - 1), QUORUM_FLOOR);
    }

    function test_the_fraction_holds_once_much_is_locked() public {
        lockFor(STRANGER, 94_000_000e18 + 1);
        pass(1);
        // 4 % of 100 million and one wei, rounded up.
        assertEq(governor.quorum(clock - 1), 4_000_000e18 + 1);
    }

    function testFuzz_the_quorum_is_the_greater_of_fraction_and_floor(uint256 more, uint256 bps, uint256 floor) public {
        more = bound(more, 1, 800_000_000e18);
        bps = bound(bps, 100, 2000);
        floor = bound(floor, 10_000e18, 10_000_000e18);
        lockFor(STRANGER, more);
        Proposal memory p = single(address(governor), abi.encodeCall(governor.updateQuorumNumerator, (bps)));
        // Everybody votes, so that any quorum is there.
        carryByAll(p);
        p = single(address(governor), abi.encodeCall(governor.setQuorumFloor, (floor)));
        carryByAll(p);
        pass(1);
        uint256 all = gmFlock.totalSupply();
        assertEq(governor.quorum(clock - 1), Math.max((all * bps + 9999) / 10_000, floor));
    }

    function carryByAll(Proposal memory p) private {
        uint256 id = toActive(p);
        vote(ANNA, id, FOR);
        vote(BEN, id, FOR);
        vote(CLEO, id, FOR);
        vote(STRANGER, id, FOR);
        pass(VOTING_PERIOD);
        queue(p);
        pass(TIMELOCK_DELAY);
        execute(p);
    }

    function test_a_changed_quorum_does_not_reach_proposals_that_are_there() public {
        Proposal memory rule = single(address(governor), abi.encodeCall(governor.setQuorumFloor, (5_000_000e18)));
        toReady(rule);
        Proposal memory p = longer();
        uint256 id = toActive(p);
        execute(rule);
        pass(1);
        assertEq(governor.quorum(clock - 1), 5_000_000e18);
        assertEq(governor.quorum(governor.proposalSnapshot(id)), QUORUM_FLOOR);
        vote(ANNA, id, FOR);
        pass(VOTING_PERIOD);
        assertState(id, IGovernor.ProposalState.Succeeded);
    }
}
