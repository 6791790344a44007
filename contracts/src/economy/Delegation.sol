// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {IDelegation} from "./IDelegation.sol";
import {IGmFlock} from "./IGmFlock.sol";
import {IStakeModule} from "./IStakeModule.sol";
import {RewardMath} from "./libraries/RewardMath.sol";

/// @title Stake lent to an operator, for a share of what it adds
/// @dev Two accountings, both by touch and without loops over delegators. Rewards: wei per unit of weight, with 128 fractional
/// bits, fed from the pool's stream. Slashes: a list of at most MAX_SLASHES fractions a pool; a position remembers how many of them
/// it has paid, and pays the rest when it is touched.
/// Tokens held = what is owed to accounts + what is left in streams + what positions have earned and nobody settled (rounded up).
contract Delegation is IDelegation {
    using Checkpoints for Checkpoints.Trace208;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    uint256 public constant STREAM = 7 days;
    /// @notice How long before and after a task's end sigma stays.
    uint256 public constant FREEZE = 2 days;
    uint256 public constant MAX_SLASHES = 8;
    /// @dev Hard bounds of the rules.
    uint256 public constant MAX_SIGMA = 0.9e18;
    uint256 public constant MIN_DELAY = 1 days;
    uint256 public constant MAX_DELAY = 30 days;
    uint256 public constant MAX_FEE_BPS = 3000;

    IERC20 public immutable TOKEN;
    IGmFlock public immutable GM_FLOCK;
    address public immutable GOVERNANCE;
    address public immutable TREASURY;

    struct Slash {
        /// in 1e18
        uint64 fraction;
        address prover;
    }

    struct Pool {
        Rules rules;
        uint128 weight;
        /// wei of the stream that are not handed out yet
        uint128 left;
        uint40 streamedAt;
        uint40 streamEnds;
        uint40 frozenUntil;
        uint40 nextSigmaAt;
        uint64 nextSigma;
        /// wei per unit of weight since the pool was opened, with 128 fractional bits
        uint256 perWeight;
        Checkpoints.Trace208 sigmas;
        Slash[] slashes;
    }

    Rules public rules;
    mapping(address module => bool) public listed;
    mapping(address account => uint256) public owed;
    mapping(address operator => Pool) private _pools;
    mapping(uint256 position => Delegated) private _delegations;

    modifier onlyGovernance() {
        if (msg.sender != GOVERNANCE) revert NotGovernance(msg.sender);
        _;
    }

    modifier onlyGmFlock() {
        if (msg.sender != address(GM_FLOCK)) revert NotGmFlock(msg.sender);
        _;
    }

    modifier onlyListed() {
        if (!listed[msg.sender]) revert NotListed(msg.sender);
        _;
    }

    constructor(IERC20 token, IGmFlock gmFlock, address governance, address treasury, Rules memory first) {
        bool missing = address(token) == address(0) || address(gmFlock) == address(0);
        if (missing || governance == address(0) || treasury == address(0)) revert ZeroAddress();
        (TOKEN, GM_FLOCK, GOVERNANCE, TREASURY) = (token, gmFlock, governance, treasury);
        _setRules(first);
    }

    // ---------------------------------------------------------------- operators

    /// @inheritdoc IDelegation
    function openPool(uint256 sigma) external {
        Pool storage p = _pools[msg.sender];
        if (p.sigmas.length() != 0) revert PoolExists(msg.sender);
        p.rules = rules;
        _requireSigma(p, sigma);
        p.streamedAt = uint40(block.timestamp);
        p.sigmas.push(uint48(block.timestamp), uint208(sigma));
        emit PoolOpened(msg.sender, sigma, p.rules);
    }

    /// @inheritdoc IDelegation
    function announceSigma(uint256 sigma) external {
        Pool storage p = _pool(msg.sender);
        _requireSigma(p, sigma);
        _adoptSigma(p);
        uint256 from = Math.max(block.timestamp + p.rules.changeDelay, p.frozenUntil);
        (p.nextSigma, p.nextSigmaAt) = (uint64(sigma), uint40(from));
        emit SigmaAnnounced(msg.sender, sigma, from);
    }

    // ---------------------------------------------------------------- delegators

    /// @inheritdoc IStakeModule
    function onOpened(uint256 position, address owner, uint256 subject, uint256, uint256 weight, bytes calldata)
        external
        onlyGmFlock
    {
        if (subject > type(uint160).max) revert BadSubject(subject);
        address operator = address(uint160(subject));
        Pool storage p = _pool(operator);
        if (p.slashes.length == MAX_SLASHES) revert PoolOverSlashed(operator);
        Delegated storage d = _delegations[position];
        (d.owner, d.operator, d.slashes) = (owner, operator, uint8(p.slashes.length));
        _settle(p, d);
        _setWeight(p, d, position, weight);
    }

    /// @inheritdoc IStakeModule
    function onReweighed(uint256 position, uint256, uint256 weight) external onlyGmFlock {
        Delegated storage d = _delegation(position);
        Pool storage p = _pools[d.operator];
        _settle(p, d);
        _setWeight(p, d, position, weight);
    }

    /// @inheritdoc IDelegation
    function refresh(uint256 position) external {
        Delegated storage d = _delegation(position);
        _refresh(_pools[d.operator], d, position);
    }

    /// @inheritdoc IDelegation
    function announceExit(uint256 position) external {
        Delegated storage d = _ownDelegation(position);
        if (d.exitAt != 0) revert ExitAlreadyAnnounced(position);
        uint256 exitAt = block.timestamp + _pools[d.operator].rules.exitDelay;
        d.exitAt = uint40(exitAt);
        emit ExitAnnounced(position, exitAt);
    }

    /// @inheritdoc IDelegation
    function exit(uint256 position) external {
        Delegated storage d = _ownDelegation(position);
        if (d.exitAt == 0 || block.timestamp < d.exitAt) revert CannotExitYet(d.exitAt);
        Pool storage p = _pools[d.operator];
        _refresh(p, d, position);
        _setWeight(p, d, position, 0);
        delete _delegations[position];
        emit Exited(position);
        GM_FLOCK.closePosition(position);
    }

    /// @inheritdoc IDelegation
    function claim(address account) external returns (uint256 amount) {
        amount = owed[account];
        if (amount == 0) revert NothingToClaim();
        owed[account] = 0;
        emit Claimed(account, amount);
        TOKEN.safeTransfer(account, amount);
    }

    // ---------------------------------------------------------------- modules

    /// @inheritdoc IDelegation
    function pay(address operator, uint256 amount, uint40 endedAt) external onlyListed {
        if (amount == 0) revert ZeroAmount();
        Pool storage p = _pool(operator);
        if (endedAt > block.timestamp) revert BadEnd(endedAt);
        _stream(p);
        uint256 toDelegators;
        if (p.weight != 0) {
            (, toDelegators) = RewardMath.divide(amount, _sigmaAt(p, endedAt));
            p.left += toDelegators.toUint128();
            p.streamEnds = uint40(block.timestamp + STREAM);
        }
        uint256 toOperator = amount - toDelegators;
        _credit(operator, toOperator, p.rules.operatorFeeBps);
        emit Paid(operator, msg.sender, toOperator, toDelegators, endedAt);
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IDelegation
    function freeze(address operator, uint40 endsAt) external onlyListed {
        Pool storage p = _pool(operator);
        if (endsAt > block.timestamp + FREEZE) revert BadEnd(endsAt);
        _adoptSigma(p);
        uint40 until = endsAt + uint40(FREEZE);
        if (until > p.frozenUntil) p.frozenUntil = until;
        if (p.nextSigmaAt != 0 && p.nextSigmaAt < until) p.nextSigmaAt = until;
        emit Frozen(operator, msg.sender, p.frozenUntil);
    }

    /// @inheritdoc IDelegation
    function slash(address operator, uint256 operatorPosition, uint256 fraction, address prover) external onlyListed {
        Pool storage p = _pool(operator);
        if (fraction == 0 || fraction > RewardMath.WAD) revert BadFraction(fraction);
        if (p.slashes.length == MAX_SLASHES) revert PoolOverSlashed(operator);
        bool there = GM_FLOCK.positions(operatorPosition).module == msg.sender;
        if (!there || GM_FLOCK.ownerOf(operatorPosition) != operator) revert NotStakedThere(operator, msg.sender);
        p.slashes.push(Slash(uint64(fraction), prover));
        emit PoolSlashed(operator, msg.sender, fraction, prover);
    }

    // ---------------------------------------------------------------- governance

    /// @inheritdoc IDelegation
    function setRules(Rules calldata next) external onlyGovernance {
        _setRules(next);
    }

    /// @inheritdoc IDelegation
    function setListed(address module, bool isListed) external onlyGovernance {
        if (module == address(0)) revert ZeroAddress();
        listed[module] = isListed;
        emit ModuleListed(module, isListed);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IDelegation
    function pool(address operator) external view returns (PoolView memory v) {
        Pool storage p = _pool(operator);
        (v.rules, v.weight, v.frozenUntil, v.streamEnds) = (p.rules, p.weight, p.frozenUntil, p.streamEnds);
        v.sigma = _sigmaAt(p, block.timestamp);
        if (p.nextSigmaAt > block.timestamp) (v.nextSigma, v.nextSigmaAt) = (p.nextSigma, p.nextSigmaAt);
        v.left = p.left - _due(p);
        v.slashes = p.slashes.length;
    }

    /// @inheritdoc IDelegation
    function sigmaAt(address operator, uint256 time) external view returns (uint256) {
        if (time > block.timestamp) revert BadEnd(time);
        return _sigmaAt(_pool(operator), time);
    }

    /// @inheritdoc IDelegation
    function delegation(uint256 position) external view returns (Delegated memory) {
        return _delegations[position];
    }

    /// @inheritdoc IDelegation
    function earned(uint256 position) external view returns (uint256 net) {
        Delegated storage d = _delegation(position);
        Pool storage p = _pools[d.operator];
        uint256 perWeight = p.perWeight;
        if (p.weight != 0) perWeight += (_due(p) << 128) / p.weight;
        (net,) = RewardMath.afterFee((d.weight * (perWeight - d.from)) >> 128, p.rules.delegatorFeeBps);
    }

    // ---------------------------------------------------------------- rewards

    /// @dev What the stream hands out between the last touch and now: even over the time that remains, all of it at its end.
    function _due(Pool storage p) private view returns (uint256) {
        if (block.timestamp >= p.streamEnds) return p.left;
        return uint256(p.left) * (block.timestamp - p.streamedAt) / (p.streamEnds - p.streamedAt);
    }

    /// @dev Without weight there is nothing left: see _setWeight and pay.
    function _stream(Pool storage p) private {
        uint256 due = _due(p);
        if (due != 0) {
            p.left -= uint128(due);
            p.perWeight += (due << 128) / p.weight;
        }
        p.streamedAt = uint40(block.timestamp);
    }

    function _settle(Pool storage p, Delegated storage d) private {
        _stream(p);
        _credit(d.owner, (d.weight * (p.perWeight - d.from)) >> 128, p.rules.delegatorFeeBps);
        d.from = p.perWeight;
    }

    /// @dev The fee is taken here and not when it is claimed, since it may differ from pool to pool.
    function _credit(address account, uint256 amount, uint256 feeBps) private {
        if (amount == 0) return;
        (uint256 net, uint256 fee) = RewardMath.afterFee(amount, feeBps);
        owed[account] += net;
        owed[TREASURY] += fee;
    }

    /// @dev After _settle.
    function _setWeight(Pool storage p, Delegated storage d, uint256 position, uint256 weight) private {
        uint128 weightOfPool = (p.weight - d.weight + weight).toUint128();
        (d.weight, p.weight) = (uint128(weight), weightOfPool);
        if (weightOfPool == 0 && p.left != 0) {
            // Else whoever comes next, with a wei of stake, would have it all.
            _credit(d.operator, p.left, p.rules.operatorFeeBps);
            p.left = 0;
        }
        emit DelegationChanged(d.operator, position, d.owner, weight, weightOfPool);
    }

    // ---------------------------------------------------------------- slashes

    function _refresh(Pool storage p, Delegated storage d, uint256 position) private {
        _settle(p, d);
        uint256 paid = d.slashes;
        uint256 count = p.slashes.length;
        // GmFlock calls onReweighed meanwhile; what that does is done again below, in case it ran out of gas.
        d.slashes = uint8(count);
        for (; paid != count; ++paid) {
            uint256 principal = GM_FLOCK.positions(position).principal;
            Slash memory s = p.slashes[paid];
            uint256 amount = Math.mulDiv(principal, s.fraction, RewardMath.WAD, Math.Rounding.Ceil);
            if (amount != 0) GM_FLOCK.slash(position, amount, s.prover);
        }
        uint256 weight = GM_FLOCK.weightOf(position);
        if (weight != d.weight) _setWeight(p, d, position, weight);
    }

    // ---------------------------------------------------------------- sigma

    function _requireSigma(Pool storage p, uint256 sigma) private view {
        if (sigma < p.rules.minSigma || sigma > p.rules.maxSigma) revert BadSigma(sigma);
    }

    /// @dev Writes an announced sigma down, as of when it began to hold.
    function _adoptSigma(Pool storage p) private {
        if (p.nextSigmaAt == 0 || p.nextSigmaAt > block.timestamp) return;
        p.sigmas.push(p.nextSigmaAt, p.nextSigma);
        p.nextSigmaAt = 0;
    }

    /// @param time not in the future
    function _sigmaAt(Pool storage p, uint256 time) private view returns (uint256) {
        if (time < p.sigmas.at(0)._key) revert BadEnd(time);
        if (p.nextSigmaAt != 0 && p.nextSigmaAt <= time) return p.nextSigma;
        return p.sigmas.upperLookupRecent(uint48(time));
    }

    // ---------------------------------------------------------------- look-ups

    function _pool(address operator) private view returns (Pool storage p) {
        p = _pools[operator];
        if (p.sigmas.length() == 0) revert UnknownPool(operator);
    }

    function _delegation(uint256 position) private view returns (Delegated storage d) {
        d = _delegations[position];
        if (d.owner == address(0)) revert UnknownPosition(position);
    }

    function _ownDelegation(uint256 position) private view returns (Delegated storage d) {
        d = _delegation(position);
        if (d.owner != msg.sender) revert NotOwner(msg.sender);
    }

    function _setRules(Rules memory next) private {
        if (next.minSigma > next.maxSigma) revert BadRule("minSigma");
        if (next.maxSigma > MAX_SIGMA) revert BadRule("maxSigma");
        if (next.changeDelay < MIN_DELAY || next.changeDelay > MAX_DELAY) revert BadRule("changeDelay");
        if (next.exitDelay < MIN_DELAY || next.exitDelay > next.changeDelay) revert BadRule("exitDelay");
        if (next.operatorFeeBps > MAX_FEE_BPS) revert BadRule("operatorFeeBps");
        if (next.delegatorFeeBps > MAX_FEE_BPS) revert BadRule("delegatorFeeBps");
        rules = next;
        emit RulesChanged(next);
    }
}
