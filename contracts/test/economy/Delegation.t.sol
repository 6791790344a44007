// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Delegation} from "../../src/economy/Delegation.sol";
import {IDelegation} from "../../src/economy/IDelegation.sol";
import {IGmFlock} from "../../src/economy/IGmFlock.sol";
import {RewardMath} from "../../src/economy/libraries/RewardMath.sol";
import {Test} from "../base/Test.sol";
import {HookToken, StandInGmFlock} from "./base/StandIns.sol";

contract DelegationTest is Test {
    address private constant GOVERNANCE = address(0x60);
    address private constant TREASURY = address(0x7E);
    address private constant OPERATOR = address(0x0E);
    address private constant PROVER = address(0x9B);
    address private constant A = address(0xA);
    address private constant B = address(0xB);
    address private constant ARENA = address(0xA2);
    uint256 private constant START = 1_000_000;

    /// @dev Of its own, since the compiler takes block.timestamp for the same throughout a call.
    uint256 private clock = START;
    HookToken private token;
    StandInGmFlock private gm;
    Delegation private delegation;

    function rules() private pure returns (IDelegation.Rules memory) {
        return IDelegation.Rules(0.1e18, 0.8e18, 7 days, 7 days, 800, 1450);
    }

    function setUp() public {
        vm.warp(START);
        (token, gm) = (new HookToken(), new StandInGmFlock());
        delegation = new Delegation(IERC20(address(token)), IGmFlock(address(gm)), GOVERNANCE, TREASURY, rules());
        vm.prank(GOVERNANCE);
        delegation.setListed(ARENA, true);
        vm.prank(OPERATOR);
        delegation.openPool(0.4e18);
        token.mint(ARENA, 1_000_000e18);
        vm.prank(ARENA);
        token.approve(address(delegation), type(uint256).max);
    }

    function pass(uint256 seconds_) private {
        vm.warp(clock += seconds_);
    }

    function delegate(address owner, uint256 amount) private returns (uint256) {
        return gm.open(owner, address(delegation), uint160(OPERATOR), amount, amount, true);
    }

    function pay(uint256 amount) private {
        vm.prank(ARENA);
        delegation.pay(OPERATOR, amount, uint40(clock));
    }

    function leave(address owner, uint256 position) private {
        vm.prank(owner);
        delegation.announceExit(position);
        pass(7 days);
        vm.prank(owner);
        delegation.exit(position);
    }

    function net(uint256 amount, uint256 bps) private pure returns (uint256 left) {
        (left,) = RewardMath.afterFee(amount, bps);
    }

    function near(uint256 actual, uint256 wanted) private pure {
        if (actual > wanted + 2 || actual + 2 < wanted) revert NotEqual(actual, wanted);
    }

    // ------------------------------------------------------------ rewards

    /// @dev Node A's delegator on the two-node day: D = 7,798.76 and sigma 0.4.
    function testTheTwoNodeDayPaysTheDelegator() public {
        uint256 position = delegate(A, 1_000e18);
        (uint256 nodes,) = RewardMath.splitPool(309_157.68e18, 0, 6_500e18, 12_000e18);
        (, uint256 added) = RewardMath.delegatedShare(nodes, 0.01148e18, 0, 3_000e18, 1_000e18, 7_500e18);
        pay(added);
        pass(START + 7 days - clock);
        (uint256 operator, uint256 delegators) = RewardMath.divide(added, 0.4e18);
        near(delegation.earned(position), net(delegators, 1450));
        delegation.refresh(position);
        near(delegation.claim(A), net(delegators, 1450));
        assertEq(delegation.claim(OPERATOR), net(operator, 800));
        near(delegation.claim(TREASURY), added - net(operator, 800) - net(delegators, 1450));
        near(token.balanceOf(address(delegation)), 0);
    }

    function testStakeThatCameLateEarnsForItsTime() public {
        uint256 a = delegate(A, 10e18);
        pay(100e18);
        pass(7 days - 1);
        uint256 b = delegate(B, 10e18);
        pass(1);
        near(delegation.earned(b), net(60e18 / uint256(7 days) / 2, 1450));
        near(delegation.earned(a), net(60e18 - 60e18 / uint256(7 days) / 2, 1450));
        IDelegation.PoolView memory v = delegation.pool(OPERATOR);
        assertEq(v.left, 0);
        assertEq(v.weight, 20e18);
    }

    function testWithoutDelegatorsTheOperatorHasAll() public {
        pay(100e18);
        assertEq(delegation.owed(OPERATOR), 92e18);
        uint256 position = delegate(A, 1);
        pass(30 days);
        assertEq(delegation.earned(position), 0);
    }

    /// @dev The stream of those who left is not there for whoever comes next with a wei.
    function testTheFirstToComeGetsNothingOfBefore() public {
        uint256 a = delegate(A, 10e18);
        vm.prank(A);
        delegation.announceExit(a);
        pass(7 days);
        pay(100e18);
        pass(1 days);
        vm.prank(A);
        delegation.exit(a);
        uint256 b = delegate(B, 1);
        pass(30 days);
        assertEq(delegation.earned(b), 0);
        delegation.claim(A);
        delegation.claim(OPERATOR);
        delegation.claim(TREASURY);
        near(token.balanceOf(address(delegation)), 0);
    }

    function testDonationsMoveNothing() public {
        uint256 a = delegate(A, 1);
        token.mint(address(delegation), 1_000e18);
        uint256 b = delegate(B, 1_000e18);
        pay(100e18);
        pass(7 days);
        assertTrue(delegation.earned(a) <= 1, "a wei earned from a donation");
        near(delegation.earned(b), net(60e18, 1450));
    }

    function testDustPositionsGainNothing(uint8 n) public {
        n = uint8(bound(n, 1, 40));
        uint256 whole = delegate(A, n);
        uint256[] memory dust = new uint256[](n);
        for (uint256 i; i < n; ++i) dust[i] = delegate(B, 1);
        pay(1_001);
        pass(7 days);
        for (uint256 i; i < n; ++i) delegation.refresh(dust[i]);
        delegation.refresh(whole);
        assertTrue(delegation.owed(B) <= delegation.owed(A), "dust earned more");
    }

    function testAClaimPaysOnce() public {
        uint256 a = delegate(A, 10e18);
        pay(100e18);
        pass(7 days);
        delegation.refresh(a);
        delegation.refresh(a);
        delegation.claim(A);
        vm.expectRevert(IDelegation.NothingToClaim.selector);
        delegation.claim(A);
        assertEq(delegation.earned(a), 0);
    }

    function testReentrancyGainsNothing() public {
        uint256 a = delegate(A, 10e18);
        pay(100e18);
        pass(7 days);
        delegation.refresh(a);
        uint256 due = delegation.owed(A);
        token.hook(address(delegation), abi.encodeCall(IDelegation.claim, (A)));
        delegation.claim(A);
        assertEq(token.balanceOf(A), due);
        assertTrue(!token.succeeded(), "claimed twice");
        // What a payment credits can be claimed within it: the operator's part, and no more.
        token.hook(address(delegation), abi.encodeCall(IDelegation.claim, (OPERATOR)));
        pay(100e18);
        delegation.refresh(a);
        assertEq(token.balanceOf(OPERATOR), 2 * net(40e18, 800));
        IDelegation.PoolView memory v = delegation.pool(OPERATOR);
        assertTrue(token.balanceOf(address(delegation)) >= v.left + delegation.owed(TREASURY), "insolvent");
    }

    // ------------------------------------------------------------ leaving

    function testExitNeedsItsDelayAndKeepsEarnings() public {
        uint256 a = delegate(A, 10e18);
        delegate(B, 10e18);
        pay(100e18);
        vm.startPrank(A);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.CannotExitYet.selector, 0));
        delegation.exit(a);
        delegation.announceExit(a);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.ExitAlreadyAnnounced.selector, a));
        delegation.announceExit(a);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.CannotExitYet.selector, START + 7 days));
        delegation.exit(a);
        pass(START + 7 days - clock);
        delegation.exit(a);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.UnknownPosition.selector, a));
        delegation.exit(a);
        vm.stopPrank();
        near(delegation.claim(A), net(30e18, 1450));
        assertEq(gm.positions(a).principal, 0);
        assertEq(delegation.pool(OPERATOR).weight, 10e18);
    }

    /// @dev Not a module that is no longer listed, nor a token that does not move, nor eight slashes keep anybody in.
    function testNothingBlocksAnExit() public {
        uint256 a = delegate(A, 10e18);
        uint256 stake = gm.open(OPERATOR, ARENA, 0, 1, 1, false);
        pay(100e18);
        vm.startPrank(ARENA);
        for (uint256 i; i < 8; ++i) delegation.slash(OPERATOR, stake, 1e18, PROVER);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.PoolOverSlashed.selector, OPERATOR));
        delegation.slash(OPERATOR, stake, 1, PROVER);
        vm.stopPrank();
        vm.prank(GOVERNANCE);
        delegation.setListed(ARENA, false);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.PoolOverSlashed.selector, OPERATOR));
        delegate(B, 1);
        leave(A, a);
        assertEq(gm.slashed(PROVER), 10e18);
    }

    // ------------------------------------------------------------ slashes

    function testASlashTakesTheSameFractionOfAll() public {
        uint256 a = delegate(A, 10e18);
        uint256 b = delegate(B, 30e18);
        uint256 stake = gm.open(OPERATOR, ARENA, 0, 1, 1, false);
        pay(100e18);
        pass(7 days);
        vm.prank(ARENA);
        delegation.slash(OPERATOR, stake, 0.5e18, PROVER);
        uint256 late = delegate(A, 7e18);
        delegation.refresh(a);
        delegation.refresh(a);
        leave(B, b);
        delegation.refresh(late);
        assertEq(gm.positions(a).principal, 5e18);
        assertEq(gm.positions(late).principal, 7e18);
        assertEq(gm.slashed(PROVER), 20e18);
        assertEq(delegation.pool(OPERATOR).weight, 12e18);
        // What was earned before the slash stays, and is paid once.
        near(delegation.claim(A), net(15e18, 1450));
        near(delegation.claim(B), net(45e18, 1450));
    }

    function testOnlyTheModuleWhereTheOperatorStakedSlashes() public {
        delegate(A, 10e18);
        uint256 elsewhere = gm.open(OPERATOR, address(this), 0, 1, 1, false);
        uint256 anothers = gm.open(B, ARENA, 0, 1, 1, false);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.NotListed.selector, address(this)));
        delegation.slash(OPERATOR, elsewhere, 1e18, PROVER);
        vm.startPrank(ARENA);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.NotStakedThere.selector, OPERATOR, ARENA));
        delegation.slash(OPERATOR, elsewhere, 1e18, PROVER);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.NotStakedThere.selector, OPERATOR, ARENA));
        delegation.slash(OPERATOR, anothers, 1e18, PROVER);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.BadFraction.selector, 0));
        delegation.slash(OPERATOR, anothers, 0, PROVER);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.BadFraction.selector, 1e18 + 1));
        delegation.slash(OPERATOR, anothers, 1e18 + 1, PROVER);
    }

    function testRefreshTakesTheWeightThatGmFlockSays() public {
        uint256 a = delegate(A, 10e18);
        gm.reweigh(a, 4e18, false);
        delegation.refresh(a);
        assertEq(delegation.delegation(a).weight, 4e18);
        gm.reweigh(a, 5e18, true);
        assertEq(delegation.pool(OPERATOR).weight, 5e18);
    }

    // ------------------------------------------------------------ sigma

    function testSigmaChangesAfterItsDelayAndOldWorkKeepsTheOldOne() public {
        uint256 a = delegate(A, 10e18);
        vm.prank(OPERATOR);
        delegation.announceSigma(0.8e18);
        assertEq(delegation.pool(OPERATOR).nextSigmaAt, START + 7 days);
        pass(START + 7 days - 1 - clock);
        assertEq(delegation.pool(OPERATOR).sigma, 0.4e18);
        pass(START + 7 days - clock);
        assertEq(delegation.pool(OPERATOR).sigma, 0.8e18);
        vm.prank(ARENA);
        delegation.pay(OPERATOR, 100e18, uint40(START + 7 days - 1));
        assertEq(delegation.owed(OPERATOR), net(40e18, 800));
        vm.prank(OPERATOR);
        delegation.announceSigma(0.2e18);
        assertEq(delegation.sigmaAt(OPERATOR, START + 7 days - 1), 0.4e18);
        assertEq(delegation.sigmaAt(OPERATOR, START + 7 days), 0.8e18);
        pay(100e18);
        assertEq(delegation.owed(OPERATOR), net(40e18, 800) + net(80e18, 800));
        delegation.refresh(a);
    }

    function testSigmaIsFrozenAroundAnEnd() public {
        vm.prank(OPERATOR);
        delegation.announceSigma(0.8e18);
        pass(START + 6 days - clock);
        vm.startPrank(ARENA);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.BadEnd.selector, START + 8 days + 1));
        delegation.freeze(OPERATOR, uint40(START + 8 days + 1));
        delegation.freeze(OPERATOR, uint40(START + 8 days));
        delegation.freeze(OPERATOR, uint40(START + 1 days));
        vm.stopPrank();
        pass(START + 10 days - 1 - clock);
        assertEq(delegation.pool(OPERATOR).sigma, 0.4e18);
        assertEq(delegation.pool(OPERATOR).frozenUntil, START + 10 days);
        pass(START + 10 days - clock);
        assertEq(delegation.pool(OPERATOR).sigma, 0.8e18);
    }

    // ------------------------------------------------------------ reverts

    function testReverts() public {
        uint256 a = delegate(A, 1);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.NotGmFlock.selector, address(this)));
        delegation.onOpened(9, A, uint160(OPERATOR), 1, 1, "");
        vm.expectRevert(abi.encodeWithSelector(IDelegation.NotGmFlock.selector, address(this)));
        delegation.onReweighed(a, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.BadSubject.selector, uint256(1) << 160));
        gm.open(A, address(delegation), 1 << 160, 1, 1, true);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.UnknownPool.selector, B));
        gm.open(A, address(delegation), uint160(B), 1, 1, true);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.NotOwner.selector, address(this)));
        delegation.announceExit(a);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.UnknownPosition.selector, 99));
        delegation.refresh(99);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.NotListed.selector, address(this)));
        delegation.pay(OPERATOR, 1, uint40(START));
        vm.expectRevert(abi.encodeWithSelector(IDelegation.NotListed.selector, address(this)));
        delegation.freeze(OPERATOR, uint40(START));
        vm.expectRevert(abi.encodeWithSelector(IDelegation.BadEnd.selector, START + 1));
        delegation.sigmaAt(OPERATOR, START + 1);
        vm.startPrank(ARENA);
        vm.expectRevert(IDelegation.ZeroAmount.selector);
        delegation.pay(OPERATOR, 0, uint40(START));
        vm.expectRevert(abi.encodeWithSelector(IDelegation.BadEnd.selector, START + 1));
        delegation.pay(OPERATOR, 1, uint40(START + 1));
        vm.expectRevert(abi.encodeWithSelector(IDelegation.BadEnd.selector, START - 1));
        delegation.pay(OPERATOR, 1, uint40(START - 1));
        vm.stopPrank();
        vm.startPrank(OPERATOR);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.PoolExists.selector, OPERATOR));
        delegation.openPool(0.4e18);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.BadSigma.selector, 0.8e18 + 1));
        delegation.announceSigma(0.8e18 + 1);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.BadSigma.selector, 0.1e18 - 1));
        delegation.announceSigma(0.1e18 - 1);
    }

    function testGovernanceAlone() public {
        bytes memory notGovernance = abi.encodeWithSelector(IDelegation.NotGovernance.selector, address(this));
        vm.expectRevert(notGovernance);
        delegation.setRules(rules());
        vm.expectRevert(notGovernance);
        delegation.setListed(A, true);
        vm.prank(GOVERNANCE);
        vm.expectRevert(IDelegation.ZeroAddress.selector);
        delegation.setListed(address(0), true);
        vm.expectRevert(IDelegation.ZeroAddress.selector);
        new Delegation(IERC20(address(0)), IGmFlock(address(gm)), GOVERNANCE, TREASURY, rules());
        vm.expectRevert(IDelegation.ZeroAddress.selector);
        new Delegation(IERC20(address(token)), IGmFlock(address(gm)), GOVERNANCE, address(0), rules());
    }

    function testRulesHaveBoundsAndHoldForNewPoolsOnly() public {
        IDelegation.Rules memory r = rules();
        r.minSigma = 0.81e18;
        refuse(r, "minSigma");
        r = rules();
        r.maxSigma = 0.9e18 + 1;
        refuse(r, "maxSigma");
        r = rules();
        r.changeDelay = 1 days - 1;
        refuse(r, "changeDelay");
        r.changeDelay = 30 days + 1;
        refuse(r, "changeDelay");
        r = rules();
        r.exitDelay = 7 days + 1;
        refuse(r, "exitDelay");
        r.exitDelay = 1 days - 1;
        refuse(r, "exitDelay");
        r = rules();
        r.operatorFeeBps = 3001;
        refuse(r, "operatorFeeBps");
        r = rules();
        r.delegatorFeeBps = 3001;
        refuse(r, "delegatorFeeBps");
        r.delegatorFeeBps = 3000;
        vm.prank(GOVERNANCE);
        delegation.setRules(r);
        assertEq(delegation.pool(OPERATOR).rules.delegatorFeeBps, 1450);
        vm.prank(B);
        delegation.openPool(0.4e18);
        assertEq(delegation.pool(B).rules.delegatorFeeBps, 3000);
    }

    function refuse(IDelegation.Rules memory r, bytes32 rule) private {
        vm.prank(GOVERNANCE);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.BadRule.selector, rule));
        delegation.setRules(r);
    }
}
