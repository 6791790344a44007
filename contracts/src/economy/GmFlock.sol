// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IEntryGate} from "./IEntryGate.sol";
import {IGmFlock} from "./IGmFlock.sol";
import {IStakeModule} from "./IStakeModule.sol";
import {GmFlockMath} from "./libraries/GmFlockMath.sol";
import {SoulboundVotes} from "./SoulboundVotes.sol";

/// @title gmFLOCK
/// @notice Nobody has a privilege here and nothing can be changed. The guardian's gate stands before new locks and positions only.
/// @dev A module is whatever contract an owner picked, and may be hostile. While it is called, the books are in order and the guard
/// holds: it can refuse a position, and otherwise neither stop nor change what happens. The opposite is stated too: a module that
/// never closes a position keeps its lock from being redeemed. That is what a stake is; an owner has to choose modules with care.
contract GmFlock is IGmFlock, SoulboundVotes, ReentrancyGuardTransient {
    using GmFlockMath for uint256;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    uint256 public constant MAX_POSITIONS = 8;
    /// @notice Gas that a module gets for the news of a changed weight, whoever sends the transaction.
    uint256 public constant MODULE_GAS = 200_000;
    /// @dev More than the call itself costs before the EVM divides what is left.
    uint256 private constant CALL_GAS = 10_000;

    IERC20 public immutable flock;
    IEntryGate public immutable gate;
    /// @notice Gets nine tenths of a slash.
    address public immutable treasury;

    uint256 public lockCount;
    uint256 public positionCount;

    mapping(uint256 lockId => Lock) private _locks;
    mapping(uint256 position => Position) private _positions;
    mapping(uint256 lockId => uint256[]) private _positionsOf;

    /// @notice The rest of the transaction's gas might not let every module hear the news. Send more.
    error NotEnoughGas(uint256 left);

    constructor(IERC20 flock_, IEntryGate gate_, address treasury_) {
        (flock, gate, treasury) = (flock_, gate_, treasury_);
    }

    // ------------------------------------------------------------ locks

    /// @inheritdoc IGmFlock
    function lock(uint256 amount, uint256 durationSeconds) external nonReentrant returns (uint256 lockId) {
        gate.requireOpen();
        if (amount == 0) revert ZeroAmount();
        uint256 multiplier = durationSeconds.multiplierOf();
        lockId = _create(msg.sender, amount, uint40(block.timestamp + durationSeconds), multiplier);
        flock.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IGmFlock
    function extend(uint256 lockId, uint40 unlockAt) external nonReentrant {
        Lock storage l = _ownLock(lockId);
        if (unlockAt <= l.unlockAt) revert NotShorter(l.unlockAt, unlockAt);
        uint256 multiplier = (unlockAt > block.timestamp ? unlockAt - block.timestamp : 0).multiplierOf();
        // A lock that is over is worth 1, poked or not: the old multiplier counts only as long as the time does that it was given for.
        if (!_isOver(l) && multiplier < l.multiplier) multiplier = l.multiplier;
        l.unlockAt = unlockAt;
        emit Extended(lockId, unlockAt, multiplier);
        _reweigh(lockId, l, multiplier);
    }

    /// @inheritdoc IGmFlock
    function poke(uint256 lockId) external nonReentrant {
        Lock storage l = _lock(lockId);
        if (!_isOver(l)) revert StillLocked(l.unlockAt);
        if (l.multiplier == GmFlockMath.ONE) revert NothingToPoke(lockId);
        _poke(lockId, l);
    }

    /// @inheritdoc IGmFlock
    function redeem(uint256 lockId) external nonReentrant {
        Lock storage l = _ownLock(lockId);
        if (!_isOver(l)) revert StillLocked(l.unlockAt);
        if (l.positions != 0) revert PositionsOpen(lockId, l.positions);
        uint256 amount = l.amount;
        _changeUnits(msg.sender, _units(l), 0);
        delete _locks[lockId];
        emit Redeemed(lockId, msg.sender, amount);
        flock.safeTransfer(msg.sender, amount);
    }

    // ------------------------------------------------------------ positions

    /// @inheritdoc IGmFlock
    function openPosition(uint256 lockId, address module, uint256 subject, uint256 principal, bytes calldata data)
        external
        nonReentrant
        returns (uint256 position)
    {
        gate.requireOpen();
        Lock storage l = _ownLock(lockId);
        if (principal == 0) revert ZeroAmount();
        if (l.positions == MAX_POSITIONS) revert TooManyPositions(lockId);
        if (principal > l.amount - l.committed) revert NotEnoughFree(l.amount - l.committed, principal);
        // Nobody opens a position with a weight that anybody could take away the next second.
        if (_isOver(l) && l.multiplier != GmFlockMath.ONE) _poke(lockId, l);
        position = ++positionCount;
        ++l.positions;
        l.committed += uint128(principal);
        _positions[position] = Position(lockId, module, uint128(principal), subject);
        _positionsOf[lockId].push(position);
        emit PositionOpened(position, lockId, module, principal, subject);
        uint256 weight = principal.unitsOf(l.multiplier);
        IStakeModule(module).onOpened(position, msg.sender, subject, principal, weight, data);
    }

    /// @inheritdoc IGmFlock
    function closePosition(uint256 position) external nonReentrant {
        Position storage p = _modulesPosition(position);
        Lock storage l = _locks[p.lock];
        --l.positions;
        l.committed -= p.principal;
        _unlist(_positionsOf[p.lock], position);
        delete _positions[position];
        emit PositionClosed(position);
    }

    /// @inheritdoc IGmFlock
    function slash(uint256 position, uint256 amount, address prover) external nonReentrant {
        Position storage p = _modulesPosition(position);
        if (amount == 0) revert ZeroAmount();
        if (amount > p.principal) revert TooLargeASlash(p.principal, amount);
        Lock storage l = _locks[p.lock];
        uint256 before = _units(l);
        l.amount -= uint128(amount);
        l.committed -= uint128(amount);
        p.principal -= uint128(amount);
        _changeUnits(l.owner, before, _units(l));
        uint256 reward = prover == address(0) ? 0 : amount.proverShare();
        uint256 rewardLock = reward == 0 ? 0 : _create(prover, reward, l.unlockAt, l.multiplier);
        emit Slashed(position, amount, prover, rewardLock);
        flock.safeTransfer(treasury, amount - reward);
        _tell(position, p, l.multiplier);
    }

    // ------------------------------------------------------------ what stands

    /// @inheritdoc IGmFlock
    function locks(uint256 lockId) external view returns (Lock memory) {
        return _locks[lockId];
    }

    /// @inheritdoc IGmFlock
    function positions(uint256 position) external view returns (Position memory) {
        return _positions[position];
    }

    /// @notice The open positions of a lock, at most 8, in no order.
    function positionsOf(uint256 lockId) external view returns (uint256[] memory) {
        return _positionsOf[lockId];
    }

    /// @inheritdoc IGmFlock
    function ownerOf(uint256 position) external view returns (address) {
        return _locks[_position(position).lock].owner;
    }

    /// @inheritdoc IGmFlock
    function weightOf(uint256 position) external view returns (uint256) {
        Position storage p = _position(position);
        return uint256(p.principal).unitsOf(_locks[p.lock].multiplier);
    }

    /// @inheritdoc IGmFlock
    function multiplierOf(uint256 durationSeconds) external pure returns (uint256) {
        return durationSeconds.multiplierOf();
    }

    // ------------------------------------------------------------ parts

    function _create(address owner, uint256 amount, uint40 unlockAt, uint256 multiplier)
        private
        returns (uint256 lockId)
    {
        lockId = ++lockCount;
        Lock storage l = _locks[lockId];
        (l.owner, l.unlockAt, l.amount, l.multiplier) = (owner, unlockAt, amount.toUint128(), uint64(multiplier));
        emit Locked(lockId, owner, amount, unlockAt, multiplier);
        _changeUnits(owner, 0, _units(l));
    }

    function _poke(uint256 lockId, Lock storage l) private {
        emit Poked(lockId);
        _reweigh(lockId, l, GmFlockMath.ONE);
    }

    /// @dev Gives a lock another multiplier, or the same; in the second case there is no news.
    function _reweigh(uint256 lockId, Lock storage l, uint256 multiplier) private {
        if (multiplier == l.multiplier) return;
        uint256 before = _units(l);
        l.multiplier = uint64(multiplier);
        _changeUnits(l.owner, before, _units(l));
        uint256[] storage list = _positionsOf[lockId];
        for (uint256 i; i < list.length; ++i) _tell(list[i], _positions[list[i]], multiplier);
    }

    /// @dev By hand, because `try` would copy what a module returns, and revert where there is no code any more: a module can be gone
    /// (created and destroyed in one transaction, or a key that took its code back by EIP-7702).
    function _tell(uint256 position, Position storage p, uint256 multiplier) private {
        (address module, uint256 principal) = (p.module, p.principal);
        bytes memory news =
            abi.encodeCall(IStakeModule.onReweighed, (position, principal, principal.unitsOf(multiplier)));
        // A call gets at most 63/64 of what is left, silently. Otherwise a sender of too little gas could make the news fail.
        if (gasleft() < MODULE_GAS + MODULE_GAS / 63 + CALL_GAS) revert NotEnoughGas(gasleft());
        uint256 gas_ = MODULE_GAS;
        bool listened;
        assembly ("memory-safe") {
            let exists := gt(extcodesize(module), 0)
            listened := and(call(gas_, module, 0, add(news, 32), mload(news), 0, 0), exists)
        }
        if (!listened) emit ModuleDidNotListen(position, module);
    }

    function _unlist(uint256[] storage list, uint256 position) private {
        uint256 last = list.length - 1;
        for (uint256 i; i < last; ++i) if (list[i] == position) list[i] = list[last];
        list.pop();
    }

    function _isOver(Lock storage l) private view returns (bool) {
        return block.timestamp >= l.unlockAt;
    }

    function _units(Lock storage l) private view returns (uint256) {
        return uint256(l.amount).unitsOf(l.multiplier);
    }

    function _lock(uint256 lockId) private view returns (Lock storage l) {
        l = _locks[lockId];
        if (l.owner == address(0)) revert UnknownLock(lockId);
    }

    function _ownLock(uint256 lockId) private view returns (Lock storage l) {
        l = _lock(lockId);
        if (msg.sender != l.owner) revert NotOwner(msg.sender);
    }

    function _position(uint256 position) private view returns (Position storage p) {
        p = _positions[position];
        if (p.module == address(0)) revert UnknownPosition(position);
    }

    function _modulesPosition(uint256 position) private view returns (Position storage p) {
        p = _position(position);
        if (msg.sender != p.module) revert NotModule(msg.sender);
    }
}
