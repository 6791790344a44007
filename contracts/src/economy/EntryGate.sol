// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IEntryGate} from "./IEntryGate.sol";

/// @title The guardian's only lever
/// @notice A guardian that turns bad can keep newcomers out for 7 days of every 30, and do nothing to those who are in.
contract EntryGate is IEntryGate {
    uint256 public constant PAUSE_SECONDS = 7 days;
    uint256 public constant REST_SECONDS = 30 days;

    address public immutable governance;

    /// @notice 0 where there is none.
    address public guardian;
    /// @notice Unix seconds; entry is open from then on.
    uint40 public pausedUntil;
    /// @notice Unix seconds from when a guardian, also another one, may pause again.
    uint40 public nextPauseAt;

    constructor(address governance_, address guardian_) {
        governance = governance_;
        _setGuardian(guardian_);
    }

    /// @inheritdoc IEntryGate
    function requireOpen() external view {
        if (block.timestamp < pausedUntil) revert EntryPaused(pausedUntil);
    }

    /// @inheritdoc IEntryGate
    function pause() external {
        if (msg.sender != guardian) revert NotGuardian(msg.sender);
        if (block.timestamp < nextPauseAt) revert TooSoon(nextPauseAt);
        pausedUntil = uint40(block.timestamp + PAUSE_SECONDS);
        nextPauseAt = uint40(block.timestamp + REST_SECONDS);
        emit Paused(msg.sender, pausedUntil);
    }

    /// @inheritdoc IEntryGate
    function unpause() external {
        if (msg.sender != guardian && msg.sender != governance) revert NotGuardian(msg.sender);
        if (block.timestamp >= pausedUntil) return;
        pausedUntil = uint40(block.timestamp);
        emit Paused(msg.sender, pausedUntil);
    }

    /// @inheritdoc IEntryGate
    function setGuardian(address guardian_) external {
        if (msg.sender != governance) revert NotGovernance(msg.sender);
        _setGuardian(guardian_);
    }

    function _setGuardian(address guardian_) private {
        guardian = guardian_;
        emit GuardianChanged(guardian_);
    }
}
