// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {EmissionSchedule} from "../../../src/economy/libraries/EmissionSchedule.sol";
import {RewardMath} from "../../../src/economy/libraries/RewardMath.sol";

/// @dev The formulas as calls: for tests of their reverts, and for comparing them with their twins in src/economy.
contract RewardMathHarness {
    function expNeg(uint256 x) external pure returns (uint256) {
        return RewardMath.expNeg(x);
    }

    function intervalShare(uint256 pool, uint256 lambda, uint256 before, uint256 stake, uint256 total)
        external
        pure
        returns (uint256)
    {
        return RewardMath.intervalShare(pool, lambda, before, stake, total);
    }

    function splitPool(uint256 pool, uint256 gamma, uint256 nodeStake, uint256 validatorStake)
        external
        pure
        returns (uint256 nodes, uint256 validators)
    {
        return RewardMath.splitPool(pool, gamma, nodeStake, validatorStake);
    }

    function delegatedShare(
        uint256 pool,
        uint256 lambda,
        uint256 before,
        uint256 own,
        uint256 delegated,
        uint256 total
    ) external pure returns (uint256 alone, uint256 added) {
        return RewardMath.delegatedShare(pool, lambda, before, own, delegated, total);
    }

    function divide(uint256 added, uint256 sigma) external pure returns (uint256 operator, uint256 delegators) {
        return RewardMath.divide(added, sigma);
    }

    function afterFee(uint256 amount, uint256 bps) external pure returns (uint256 net, uint256 fee) {
        return RewardMath.afterFee(amount, bps);
    }

    function emitted(uint96 supply, uint256 elapsed) external pure returns (uint256) {
        return EmissionSchedule.emitted(supply, elapsed);
    }
}
