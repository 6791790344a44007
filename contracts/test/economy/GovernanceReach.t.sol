// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Delegation} from "../../src/economy/Delegation.sol";
import {Emission} from "../../src/economy/Emission.sol";
import {IDelegation} from "../../src/economy/IDelegation.sol";
import {IEmission} from "../../src/economy/IEmission.sol";
import {IGmFlock} from "../../src/economy/IGmFlock.sol";
import {GovernanceTest} from "./base/GovernanceTest.sol";

/// @dev What a decision changes in the rest of the economy, and what it leaves as it is.
contract GovernanceReachTest is GovernanceTest {
    address internal constant OPERATOR = address(0x09E7);
    address internal constant MODULE = address(0x30D);

    Delegation internal delegation;
    Emission internal emission;

    function setUp() public override {
        super.setUp();
        IERC20 token = IERC20(address(units));
        IGmFlock gmFlock = IGmFlock(address(units));
        delegation = new Delegation(token, gmFlock, address(timelock), address(treasury), rules());
        emission = new Emission(token, gmFlock, address(timelock), 1e26, uint40(clock));
    }

    function rules() private pure returns (IDelegation.Rules memory) {
        return IDelegation.Rules({
            minSigma: 0,
            maxSigma: 0.5e18,
            changeDelay: 7 days,
            exitDelay: 7 days,
            operatorFeeBps: 800,
            delegatorFeeBps: 1450
        });
    }

    function test_new_rules_of_pools_leave_the_pools_that_are_there() public {
        vm.prank(OPERATOR);
        delegation.openPool(0.2e18);
        IDelegation.Rules memory dearer = rules();
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
        IDelegation.Rules memory dearer = rules();
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
}
