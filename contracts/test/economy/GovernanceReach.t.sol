// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDelegation} from "../../src/economy/IDelegation.sol";
import {IEmission} from "../../src/economy/IEmission.sol";
import {IEntryGate} from "../../src/economy/IEntryGate.sol";
import {Flock} from "../../src/token/Flock.sol";
import {GovernanceTest} from "./base/GovernanceTest.sol";

/// @dev What a decision changes in the rest of the economy, and what it leaves as it is.
contract GovernanceReachTest is GovernanceTest {
    address internal constant OPERATOR = address(0x09E7);
    address internal constant MODULE = address(0x30D);

    function test_new_rules_of_pools_leave_the_pools_that_are_there() public {
        vm.prank(OPERATOR);
        delegation.openPool(0.2e18);
        IDelegation.Rules memory dearer = poolRules();
        (dearer.delegatorFeeBps, dearer.maxSigma) = (3000, 0.9e18);
        carry(address(delegation), abi.encodeCall(delegation.setRules, (dearer)));
        assertEq(delegation.pool(OPERATOR).rules.delegatorFeeBps, 1450);
        vm.prank(OPERATOR);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.BadSigma.selector, 0.6e18));
        delegation.announceSigma(0.6e18);
        vm.prank(ANNA);
        delegation.openPool(0.6e18);
        assertEq(delegation.pool(ANNA).rules.delegatorFeeBps, 3000);
    }

    function test_rules_of_pools_stay_within_their_bounds() public {
        IDelegation.Rules memory dearer = poolRules();
        dearer.delegatorFeeBps = 3001;
        Proposal memory p = single(address(delegation), abi.encodeCall(delegation.setRules, (dearer)));
        toReady(p);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.BadRule.selector, bytes32("delegatorFeeBps")));
        execute(p);
    }

    function test_a_task_is_endorsed_by_proposal_only() public {
        uint40 expiry = uint40(clock + 60 days);
        vm.prank(ANNA);
        vm.expectRevert(abi.encodeWithSelector(IEmission.NotGovernance.selector, ANNA));
        emission.endorse(MODULE, 7, 1e18, expiry);
        carry(address(emission), abi.encodeCall(emission.endorse, (MODULE, 7, 1e18, expiry)));
        assertTrue(emission.endorsement(MODULE, 7).live, "it earns");
    }

    function test_an_endorsement_that_is_there_is_not_changed() public {
        uint40 expiry = uint40(clock + 60 days);
        carry(address(emission), abi.encodeCall(emission.endorse, (MODULE, 7, 1e18, expiry)));
        Proposal memory p = single(address(emission), abi.encodeCall(emission.endorse, (MODULE, 7, 2e18, expiry)));
        p.text = "more for the same task";
        toReady(p);
        vm.expectRevert(abi.encodeWithSelector(IEmission.AlreadyEndorsed.selector, MODULE, 7));
        execute(p);
        assertEq(emission.endorsement(MODULE, 7).cap, 1e18);
    }

    // ------------------------------------------------------------ who mints

    function test_another_minter_comes_30_days_after_it_was_decided() public {
        carry(address(flock), abi.encodeCall(flock.scheduleMinter, (STRANGER)));
        pass(30 days - 1);
        vm.expectRevert(abi.encodeWithSelector(Flock.TooEarly.selector, clock + 1));
        flock.acceptMinter();
        assertEq(flock.minter(), address(emission));
        pass(1);
        flock.acceptMinter();
        assertEq(flock.minter(), STRANGER);
    }

    function test_nobody_else_announces_a_minter() public {
        address[3] memory callers = [address(this), GUARDIAN, address(governor)];
        for (uint256 i; i < callers.length; ++i) {
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(Flock.NotGovernance.selector, callers[i]));
            flock.scheduleMinter(callers[i]);
        }
        vm.expectRevert(Flock.MinterAlreadySet.selector);
        flock.setFirstMinter(address(this));
    }

    // ------------------------------------------------------------ the guardian

    function test_a_guardian_shuts_the_doors_for_7_days_and_nothing_else() public {
        uint256 id = toActive(single(address(gate), abi.encodeCall(gate.setGuardian, (BEN))));
        uint256 over = lockFor(STRANGER, 1e18);
        vm.prank(GUARDIAN);
        gate.pause();
        uint256 until = clock + 7 days;
        flock.transfer(STRANGER, 1e18);
        vm.startPrank(STRANGER);
        flock.approve(address(gmFlock), 1e18);
        vm.expectRevert(abi.encodeWithSelector(IEntryGate.EntryPaused.selector, until));
        gmFlock.lock(1e18, 30 days);
        vm.expectRevert(abi.encodeWithSelector(IEntryGate.EntryPaused.selector, until));
        gmFlock.openPosition(over, address(delegation), 1, 1, "");
        vm.stopPrank();
        // Votes go on.
        vote(ANNA, id, FOR);
        pass(7 days - 1);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(IEntryGate.EntryPaused.selector, until));
        gmFlock.lock(1e18, 30 days);
        pass(1);
        vm.prank(STRANGER);
        gmFlock.lock(1e18, 30 days);
    }

    function test_a_pause_keeps_nobody_in() public {
        uint256 over = lockFor(STRANGER, 1e18);
        pass(30 days);
        vm.prank(GUARDIAN);
        gate.pause();
        vm.prank(STRANGER);
        gmFlock.redeem(over);
        assertEq(flock.balanceOf(STRANGER), 1e18);
    }

    function test_a_guardian_pauses_once_in_30_days() public {
        vm.startPrank(GUARDIAN);
        gate.pause();
        uint256 next = clock + 30 days;
        pass(30 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IEntryGate.TooSoon.selector, next));
        gate.pause();
        pass(1);
        gate.pause();
    }

    function test_governance_ends_a_pause_and_changes_the_guardian() public {
        vm.prank(GUARDIAN);
        vm.expectRevert(abi.encodeWithSelector(IEntryGate.NotGovernance.selector, GUARDIAN));
        gate.setGuardian(GUARDIAN);
        Proposal memory open = single(address(gate), abi.encodeCall(gate.unpause, ()));
        toReady(open);
        vm.prank(GUARDIAN);
        gate.pause();
        execute(open);
        gate.requireOpen();
        carry(address(gate), abi.encodeCall(gate.setGuardian, (BEN)));
        vm.prank(GUARDIAN);
        vm.expectRevert(abi.encodeWithSelector(IEntryGate.NotGuardian.selector, GUARDIAN));
        gate.pause();
    }
}
