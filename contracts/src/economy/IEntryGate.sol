// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title The one thing a guardian can do: keep the doors shut for a week
/// @notice New locks, positions, registrations and tasks ask here. Exits, claims, votes and running rounds never do.
interface IEntryGate {
    event Paused(address indexed guardian, uint40 until);
    event GuardianChanged(address indexed guardian);

    error EntryPaused(uint256 until);
    error NotGuardian(address caller);
    error NotGovernance(address caller);
    /// @param next when it may pause again: once in 30 days
    error TooSoon(uint256 next);

    /// @notice Reverts with EntryPaused while entry is paused.
    function requireOpen() external view;
    /// @notice Shuts the doors for 7 days; not again before 30 days after the last time.
    function pause() external;
    /// @notice Ends a pause early. Guardian or governance.
    function unpause() external;
    /// @notice Governance only.
    function setGuardian(address guardian) external;
}
