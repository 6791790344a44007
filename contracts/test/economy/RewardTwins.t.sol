// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {RewardMath} from "../../src/economy/libraries/RewardMath.sol";
import {Test} from "../base/Test.sol";
import {RewardMathHarness} from "./base/RewardMathHarness.sol";

contract RewardTwinsTest is Test {
    RewardMathHarness private math;
    string private vectors;

    function setUp() public {
        math = new RewardMathHarness();
        vectors = vm.readFile("contracts/test/vectors/rewards.json");
    }

    // ------------------------------------------------------------ equal to src/economy

    function testSharesAreThoseOfTheTwin() public view {
        uint256[] memory v = vm.parseJsonUintArray(vectors, ".shares");
        for (uint256 i; i < v.length; i += 8) {
            uint256 total = v[i + 2] + v[i + 3] + v[i + 4] + v[i + 5];
            (uint256 alone, uint256 added) =
                math.delegatedShare(v[i], v[i + 1], v[i + 2], v[i + 3], v[i + 4], total);
            assertEq(alone, v[i + 6]);
            assertEq(added, v[i + 7]);
        }
        assertEq(v.length, 1600);
    }

    function testTheRestIsThatOfTheTwin() public view {
        uint256[] memory v = vm.parseJsonUintArray(vectors, ".splits");
        for (uint256 i; i < v.length; i += 6) {
            (uint256 nodes, uint256 validators) = math.splitPool(v[i], v[i + 1], v[i + 2], v[i + 3]);
            assertEq(nodes, v[i + 4]);
            assertEq(validators, v[i + 5]);
        }
        v = vm.parseJsonUintArray(vectors, ".exponentials");
        for (uint256 i; i < v.length; i += 2) assertEq(math.expNeg(v[i]), v[i + 1]);
        v = vm.parseJsonUintArray(vectors, ".emissions");
        for (uint256 i; i < v.length; i += 3) assertEq(math.emitted(uint96(v[i]), v[i + 1]), v[i + 2]);
        v = vm.parseJsonUintArray(vectors, ".fees");
        for (uint256 i; i < v.length; i += 3) {
            (uint256 net,) = math.afterFee(v[i], v[i + 1]);
            assertEq(net, v[i + 2]);
        }
    }

    // ------------------------------------------------------------ known answers

    /// @dev FLock's worked example, to its own rounding: hundredths for pools, whole FLOCK for node A. Its delegator comes from
    /// weights by rank, which a lambda of four digits meets to 0.02 FLOCK (3 parts in a million).
    function testTheTwoNodeDay() public view {
        (uint256 nodes, uint256 validators) = math.splitPool(309_157.68e18, 0, 6_500e18, 12_000e18);
        assertNear(nodes, 108_622.97e18, 0.005e18);
        assertNear(validators, 200_534.71e18, 0.005e18);
        (uint256 alone, uint256 added) = math.delegatedShare(nodes, 0.01148e18, 0, 3_000e18, 1_000e18, 7_500e18);
        assertNear(alone + added, 58_087e18, 0.5e18);
        (uint256 operator, uint256 delegators) = math.divide(added, 0.4e18);
        assertNear(delegators, 4_679.24e18, 0.02e18);
        assertEq(operator + delegators, added);
    }

    function testFees() public view {
        (uint256 net, uint256 fee) = math.afterFee(100e18, 800);
        assertEq(net, 92e18);
        (net, fee) = math.afterFee(1, 1450);
        assertEq(net, 0);
        assertEq(fee, 1);
    }

    // ------------------------------------------------------------ properties

    /// @dev Against (e^(-x/64))^64 with 192 fractional bits.
    function testExponentialIsWithinFourUnits(uint256 x) public view {
        x = bound(x, 0, 40 << 128);
        uint256 one = 1 << 192;
        uint256 y = one;
        for (uint256 n = 60; n != 0; --n) y = one - Math.mulDiv(x, y, 1 << 134) / n;
        for (uint256 i; i < 6; ++i) y = Math.mulDiv(y, y, one);
        assertNear(math.expNeg(x), y >> 64, 4);
    }

    function testTenWalletsGainNothing(uint96 pool, uint256 lambda, uint88 before, uint88[10] memory cut, uint88 after_)
        public
        view
    {
        lambda = bound(lambda, RewardMath.MIN_LAMBDA, RewardMath.MAX_LAMBDA);
        uint256 stake;
        for (uint256 i; i < 10; ++i) stake += cut[i];
        uint256 total = stake + before + after_;
        uint256 begin = before;
        uint256 split;
        for (uint256 i; i < 10; ++i) {
            split += math.intervalShare(pool, lambda, begin, cut[i], total);
            begin += cut[i];
        }
        uint256 whole = math.intervalShare(pool, lambda, before, stake, total);
        assertTrue(split <= whole, "ten wallets got more");
        uint256 all = math.intervalShare(pool, lambda, 0, before, total) + whole
            + math.intervalShare(pool, lambda, begin, after_, total);
        assertTrue(all <= pool, "more than the pool");
    }

    function testSplitNeverExceedsThePool(uint96 pool, uint256 gamma, uint96 nodeStake, uint96 validatorStake)
        public
        view
    {
        gamma = bound(gamma, 0, 0.5e18);
        (uint256 nodes, uint256 validators) = math.splitPool(pool, gamma, nodeStake, validatorStake);
        assertTrue(nodes + validators <= pool, "more than the pool");
    }

    /// @dev Never falls, never passes the supply, though it is called in any order.
    function testEmissionStaysBelowTheSupply(uint96 supply, uint40 early, uint40 late) public view {
        if (early > late) (early, late) = (late, early);
        uint256 first = math.emitted(supply, early);
        uint256 second = math.emitted(supply, late);
        assertTrue(first <= second && second <= supply, "emission fell or passed its supply");
    }

    function testEmissionAtWholeAndHalfPeriods() public view {
        assertEq(math.emitted(1e27, 0), 0);
        assertNear(math.emitted(1e27, 15 days), 0.5e25, 1);
        assertNear(math.emitted(1e27, 30 days), 1e25, 1);
        assertNear(math.emitted(1e27, 60 days), 1.99e25, 1);
        assertEq(math.emitted(1e27, 4096 * 30 days), math.emitted(1e27, 9000 * 30 days));
    }

    // ------------------------------------------------------------ reverts

    function testReverts() public {
        vm.expectRevert(abi.encodeWithSelector(RewardMath.BadLambda.selector, 0.001e18 - 1));
        math.intervalShare(1, 0.001e18 - 1, 0, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(RewardMath.BadLambda.selector, 20e18 + 1));
        math.intervalShare(1, 20e18 + 1, 0, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(RewardMath.BadInterval.selector, 2, 1));
        math.intervalShare(1, 1e18, 1, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(RewardMath.BadGamma.selector, 0.5e18 + 1));
        math.splitPool(1, 0.5e18 + 1, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(RewardMath.BadSigma.selector, 1e18 + 1));
        math.divide(1, 1e18 + 1);
        vm.expectRevert(abi.encodeWithSelector(RewardMath.BadFee.selector, 10_001));
        math.afterFee(1, 10_001);
        assertEq(math.intervalShare(1, 1e18, 0, 0, 0), 0);
        assertEq(math.expNeg(200 << 128), 0);
        (uint256 nodes,) = math.splitPool(1, 0, 0, 0);
        assertEq(nodes, 0);
    }

    function assertNear(uint256 actual, uint256 wanted, uint256 within) private pure {
        if (actual > wanted + within || actual + within < wanted) revert NotEqual(actual, wanted);
    }
}
