// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title The formulas that divide a pool of rewards
/// @notice Two points of FLock's design are kept, two differ. Kept: the split between nodes and validators, and that a node's share
/// falls exponentially with its place. Different: a place is an interval of cumulative stake instead of a rank (by rank, one wallet
/// split into ten gains 2.5 times; by interval, nothing), and delegation pays what the delegated stake added (V2.1).
/// @dev Every division rounds against who claims, so shares add up to the pool or less. `src/economy` has twins in TypeScript, equal
/// to the wei. OpenZeppelin has no exponential; the one below needs only e^-x for x >= 0.
library RewardMath {
    /// @dev 1 of the binary fixed point in here: 128 fractional bits.
    uint256 internal constant ONE = 1 << 128;
    /// @dev 1 of the parameters: lambda, gamma, sigma.
    uint256 internal constant WAD = 1e18;
    /// @dev Bounds of lambda. Below, shares are linear to a tenth of a percent anyway; above, nine tenths go to the first ninth of the stake.
    uint256 internal constant MIN_LAMBDA = 0.001e18;
    uint256 internal constant MAX_LAMBDA = 20e18;
    uint256 internal constant MAX_BPS = 10_000;

    /// @dev ln 2, rounded down.
    uint256 private constant LN2 = 0xb17217f7d1cf79abc9e3b39803f2f6af;
    /// @dev ln(2)^33 / 33! < 2^-140: what the series leaves out.
    uint256 private constant TERMS = 32;

    error BadLambda(uint256 lambda);
    error BadGamma(uint256 gamma);
    error BadSigma(uint256 sigma);
    error BadFee(uint256 bps);
    /// @notice An interval that ends beyond the whole.
    error BadInterval(uint256 end, uint256 total);

    /// @notice e^-x, both with 128 fractional bits, to within 4 units of the last place.
    /// @dev x = k ln 2 + r, so that e^-x = 2^-k e^-r with r < 0.694, and the series in Horner's form
    /// 1 - r/1 (1 - r/2 (1 - r/3 (...))), in which every bracket lies in (0, 1]: no sign and no overflow (r * y < 0.694 * 2^256).
    /// Error, in units: a step rounds by less than 1 and passes on r/n of what it got, so e^r < 2 in all; the cut series less than
    /// 1; ln 2 is short by less than 1 each halving, so k 2^-k <= 1/2 after them; the shift less than 1.
    function expNeg(uint256 x) internal pure returns (uint256 y) {
        unchecked {
            uint256 halvings = x / LN2;
            if (halvings > 128) return 0;
            uint256 r = x - halvings * LN2;
            y = ONE;
            for (uint256 n = TERMS; n != 0; --n) y = ONE - ((r * y) >> 128) / n;
            y >>= halvings;
        }
    }

    /// @notice What the owner of an interval [before, before + stake] of `total` gets of a pool: pool (G(B) - G(A)) with
    /// G(x) = (1 - e^(-lambda x)) / (1 - e^-lambda), rounded down.
    /// @dev Places are rounded down to 2^-64 first. The exponential then falls by more than 2^-89 from one place to the next, and its
    /// error is below 2^-125: it never rises. So shares of neighbours telescope, each is rounded down, and whatever the cut, parts of
    /// an interval get no more than the interval, and all together no more than the pool.
    /// @param lambda in 1e18, MIN_LAMBDA to MAX_LAMBDA
    /// @param before effective stake of all who did better
    /// @param total of all, below 2^192; with a total of 0 nobody gets anything
    function intervalShare(uint256 pool, uint256 lambda, uint256 before, uint256 stake, uint256 total)
        internal
        pure
        returns (uint256)
    {
        if (lambda < MIN_LAMBDA || lambda > MAX_LAMBDA) revert BadLambda(lambda);
        if (before + stake > total) revert BadInterval(before + stake, total);
        if (stake == 0) return 0;
        uint256 better = _fall(lambda, before, total);
        uint256 worse = _fall(lambda, before + stake, total);
        return Math.mulDiv(pool, better - worse, ONE - expNeg((lambda << 128) / WAD));
    }

    /// @notice Divides a pool between nodes and validators: pool [gamma + (1 - 2 gamma) T / (T + S)] and its mirror.
    /// @dev Own stakes only. With no stake at all neither side gets anything.
    /// @param gamma in 1e18, at most a half: what is split equally on either side, whatever the stakes
    /// @param nodeStake T
    /// @param validatorStake S
    function splitPool(uint256 pool, uint256 gamma, uint256 nodeStake, uint256 validatorStake)
        internal
        pure
        returns (uint256 nodes, uint256 validators)
    {
        if (gamma > WAD / 2) revert BadGamma(gamma);
        uint256 both = nodeStake + validatorStake;
        if (both == 0) return (0, 0);
        uint256 slope = WAD - 2 * gamma;
        nodes = Math.mulDiv(pool, gamma * both + slope * nodeStake, WAD * both);
        validators = Math.mulDiv(pool, gamma * both + slope * validatorStake, WAD * both);
    }

    /// @notice What a node's place pays, in two parts: what it would get without delegation, and what the delegated stake added.
    /// @dev V2.1: without the delegation this node's interval and the total are shorter, and everybody else's stake stays. The
    /// interval without lies within the interval with it, so the second part is never negative.
    /// @param delegated effective: epsilon times what is delegated; it is part of `total`
    /// @return alone pool p_without
    /// @return added D = pool (p_with - p_without)
    function delegatedShare(
        uint256 pool,
        uint256 lambda,
        uint256 before,
        uint256 own,
        uint256 delegated,
        uint256 total
    ) internal pure returns (uint256 alone, uint256 added) {
        uint256 withDelegation = intervalShare(pool, lambda, before, own + delegated, total);
        alone = intervalShare(pool, lambda, before, own, total - delegated);
        added = withDelegation - alone;
    }

    /// @notice Divides what delegation added: (1 - sigma) D to the delegators, rounded down, and the rest to the operator.
    /// @param sigma in 1e18, at most 1
    function divide(uint256 added, uint256 sigma) internal pure returns (uint256 operator, uint256 delegators) {
        if (sigma > WAD) revert BadSigma(sigma);
        delegators = Math.mulDiv(added, WAD - sigma, WAD);
        operator = added - delegators;
    }

    /// @notice A claim fee, rounded up.
    /// @param bps hundredths of a percent: 800 for nodes and validators, 1450 for delegators
    function afterFee(uint256 amount, uint256 bps) internal pure returns (uint256 net, uint256 fee) {
        if (bps > MAX_BPS) revert BadFee(bps);
        fee = Math.mulDiv(amount, bps, MAX_BPS, Math.Rounding.Ceil);
        net = amount - fee;
    }

    /// @dev e^(-lambda x) at x = part / total.
    function _fall(uint256 lambda, uint256 part, uint256 total) private pure returns (uint256) {
        return expNeg((lambda * (part * 2 ** 64 / total) << 64) / WAD);
    }
}
