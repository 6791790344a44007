// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IEmission} from "./IEmission.sol";
import {IGmFlock} from "./IGmFlock.sol";
import {IMintable} from "./IMintable.sol";
import {EmissionSchedule} from "./libraries/EmissionSchedule.sol";

/// @title New FLOCK, for tasks that governance endorsed
/// @dev One accumulator: wei per unit of weight, over all live tasks, advanced to the present whenever anybody calls. Endorsements
/// that ended on the way are settled at their expiry, in order, so that a late call changes nothing. There are at most
/// MAX_ENDORSEMENTS of them, sorted by expiry, and each can end once.
/// What all tasks earned <= what the schedule emitted <= SUPPLY: in a step of the clock the accumulator rises by dE / W, rounded
/// down, and tasks whose weights add up to W earn from it; what a cap cuts off, nobody gets. Only what a task earned is minted.
/// With 128 fractional bits nothing overflows: a rise is below 2^(96+128) in all, and weight times its part of it as well.
contract Emission is IEmission {
    using SafeERC20 for IERC20;

    uint256 public constant MAX_ENDORSEMENTS = 32;
    uint256 public constant MAX_TERM = 365 days;

    IERC20 public immutable TOKEN;
    IGmFlock public immutable GM_FLOCK;
    address public immutable GOVERNANCE;
    /// @notice All that is ever emitted: the token's cap less genesis.
    uint96 public immutable SUPPLY;
    uint40 public immutable STARTS_AT;

    struct Clock {
        /// wei per unit of weight since the start, with 128 fractional bits
        uint256 perWeight;
        /// of all live tasks
        uint128 weight;
        uint40 upTo;
        /// what the schedule let out until then
        uint256 emitted;
    }

    struct Task {
        Endorsement endorsement;
        address module;
        uint256 subject;
        /// wei, with 128 fractional bits, as of when the accumulator stood at `from`
        uint256 earned;
        uint256 from;
    }

    struct Counted {
        bytes32 task;
        uint128 weight;
    }

    Clock private _clock;
    mapping(bytes32 id => Task) private _tasks;
    mapping(uint256 position => Counted) private _counted;
    /// @dev Live tasks, the one that ends first last.
    bytes32[] private _live;

    modifier onlyGovernance() {
        if (msg.sender != GOVERNANCE) revert NotGovernance(msg.sender);
        _;
    }

    constructor(IERC20 token, IGmFlock gmFlock, address governance, uint96 supply, uint40 startsAt) {
        if (address(token) == address(0) || address(gmFlock) == address(0) || governance == address(0)) {
            revert ZeroAddress();
        }
        if (startsAt < block.timestamp) revert StartInThePast(startsAt);
        (TOKEN, GM_FLOCK, GOVERNANCE, SUPPLY, STARTS_AT) = (token, gmFlock, governance, supply, startsAt);
        _clock.upTo = startsAt;
    }

    // ---------------------------------------------------------------- endorsements

    /// @inheritdoc IEmission
    function endorse(address module, uint256 task, uint96 cap, uint40 expiry) external onlyGovernance {
        if (module == address(0)) revert ZeroAddress();
        if (cap == 0) revert ZeroCap();
        if (cap > SUPPLY) revert CapTooLarge(cap);
        if (expiry <= block.timestamp || expiry > block.timestamp + MAX_TERM) revert BadExpiry(expiry);
        _advance();
        bytes32 id = _id(module, task);
        Task storage t = _tasks[id];
        if (t.endorsement.live) revert AlreadyEndorsed(module, task);
        if (_live.length == MAX_ENDORSEMENTS) revert TooManyEndorsements();
        // What was earned is below SUPPLY, so the sum fits; whether it ever gets there is up to the schedule.
        uint256 whole = (t.earned >> 128) + cap;
        if (whole > type(uint96).max) revert CapTooLarge(whole);
        (t.module, t.subject, t.from) = (module, task, _clock.perWeight);
        (t.endorsement.cap, t.endorsement.expiry, t.endorsement.live) = (uint96(whole), expiry, true);
        _clock.weight += t.endorsement.weight;
        _insert(id, expiry);
        emit Endorsed(module, task, whole, expiry);
    }

    /// @inheritdoc IEmission
    function revoke(address module, uint256 task) external onlyGovernance {
        _advance();
        bytes32 id = _id(module, task);
        Task storage t = _tasks[id];
        if (!t.endorsement.live) revert NotEndorsed(module, task);
        _settle(t, _clock.perWeight);
        _end(id, t);
    }

    // ---------------------------------------------------------------- stake

    /// @inheritdoc IEmission
    function sync(uint256 position) external {
        _advance();
        Counted storage counted = _counted[position];
        IGmFlock.Position memory p = GM_FLOCK.positions(position);
        uint128 weight;
        // One that is closed, or not open yet, has no principal; one that is open never moves to another task.
        if (p.principal != 0) {
            weight = SafeCast.toUint128(GM_FLOCK.weightOf(position));
            counted.task = _id(p.module, p.subject);
            (_tasks[counted.task].module, _tasks[counted.task].subject) = (p.module, p.subject);
        }
        bytes32 id = counted.task;
        Task storage t = _tasks[id];
        _settle(t, _clock.perWeight);
        if (t.endorsement.live) _clock.weight = _clock.weight - counted.weight + weight;
        t.endorsement.weight = t.endorsement.weight - counted.weight + weight;
        counted.weight = weight;
        _endIfFull(id, t);
        emit WeightChanged(t.module, t.subject, position, weight);
    }

    // ---------------------------------------------------------------- money

    /// @inheritdoc IEmission
    function mintEarned(address module, uint256 task) external {
        _mint(module, task);
    }

    /// @inheritdoc IEmission
    function collect(uint256 task) external returns (uint256 amount) {
        Endorsement storage e = _mint(msg.sender, task);
        amount = e.minted - e.collected;
        e.collected = e.minted;
        emit Collected(msg.sender, task, amount);
        TOKEN.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IEmission
    function collectable(address module, uint256 task) external view returns (uint256) {
        Task storage t = _tasks[_id(module, task)];
        Endorsement memory e = t.endorsement;
        if (!e.live) return (t.earned >> 128) - e.collected;
        uint256 until = e.expiry < block.timestamp ? e.expiry : block.timestamp;
        Clock memory clock = _clock;
        for (uint256 n = _live.length; n != 0; --n) {
            Endorsement storage first = _tasks[_live[n - 1]].endorsement;
            if (first.expiry >= until) break;
            _step(clock, first.expiry);
            clock.weight -= first.weight;
        }
        _step(clock, until);
        return (_earned(t, clock.perWeight) >> 128) - e.collected;
    }

    /// @inheritdoc IEmission
    function emittedAt(uint256 time) public view returns (uint256) {
        return time < STARTS_AT ? 0 : EmissionSchedule.emitted(SUPPLY, time - STARTS_AT);
    }

    /// @inheritdoc IEmission
    function endorsement(address module, uint256 task) external view returns (Endorsement memory) {
        return _tasks[_id(module, task)].endorsement;
    }

    /// @inheritdoc IEmission
    function liveEndorsements() external view returns (uint256) {
        return _live.length;
    }

    /// @inheritdoc IEmission
    function countedWeight(uint256 position) external view returns (uint256) {
        return _counted[position].weight;
    }

    // ---------------------------------------------------------------- how it works

    function _mint(address module, uint256 task) private returns (Endorsement storage e) {
        _advance();
        bytes32 id = _id(module, task);
        Task storage t = _tasks[id];
        e = t.endorsement;
        _settle(t, _clock.perWeight);
        _endIfFull(id, t);
        // Below the cap of the task, which is 96 bits.
        uint96 earned = uint96(t.earned >> 128);
        uint256 amount = earned - e.minted;
        if (amount == 0) return e;
        e.minted = earned;
        emit Minted(module, task, amount);
        IMintable(address(TOKEN)).mint(address(this), amount);
    }

    /// @dev Brings the clock to the present, past all expiries on the way.
    function _advance() private {
        Clock memory clock = _clock;
        for (uint256 n = _live.length; n != 0; --n) {
            Task storage t = _tasks[_live[n - 1]];
            if (t.endorsement.expiry > block.timestamp) break;
            _step(clock, t.endorsement.expiry);
            _settle(t, clock.perWeight);
            clock.weight -= t.endorsement.weight;
            t.endorsement.live = false;
            _live.pop();
            emit EndorsementEnded(t.module, t.subject, t.earned >> 128);
        }
        _step(clock, block.timestamp);
        _clock = clock;
    }

    /// @dev To a time with the same tasks live until then.
    function _step(Clock memory clock, uint256 to) private view {
        if (to <= clock.upTo) return;
        uint256 emitted = emittedAt(to);
        if (clock.weight != 0) clock.perWeight += ((emitted - clock.emitted) << 128) / clock.weight;
        (clock.upTo, clock.emitted) = (uint40(to), emitted);
    }

    function _settle(Task storage t, uint256 perWeight) private {
        if (!t.endorsement.live) return;
        t.earned = _earned(t, perWeight);
        t.from = perWeight;
    }

    function _earned(Task storage t, uint256 perWeight) private view returns (uint256 earned) {
        earned = t.earned + t.endorsement.weight * (perWeight - t.from);
        uint256 most = uint256(t.endorsement.cap) << 128;
        if (earned > most) earned = most;
    }

    /// @dev A task that has all it may get leaves its part of the future to the others.
    function _endIfFull(bytes32 id, Task storage t) private {
        if (t.endorsement.live && t.earned == uint256(t.endorsement.cap) << 128) _end(id, t);
    }

    /// @dev Before its expiry.
    function _end(bytes32 id, Task storage t) private {
        _clock.weight -= t.endorsement.weight;
        t.endorsement.live = false;
        uint256 i;
        while (_live[i] != id) ++i;
        for (uint256 last = _live.length - 1; i != last; ++i) _live[i] = _live[i + 1];
        _live.pop();
        emit EndorsementEnded(t.module, t.subject, t.earned >> 128);
    }

    function _insert(bytes32 id, uint256 expiry) private {
        uint256 i = _live.length;
        _live.push(id);
        for (; i != 0 && _tasks[_live[i - 1]].endorsement.expiry < expiry; --i) _live[i] = _live[i - 1];
        _live[i] = id;
    }

    function _id(address module, uint256 task) private pure returns (bytes32) {
        return keccak256(abi.encode(module, task));
    }
}
