// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title What a contract that people stake in hears of their positions
/// @notice Anybody may write one: a position is opened by its owner alone, so a module needs no listing. GmFlock calls it; a module
/// checks that its caller is GmFlock.
interface IStakeModule {
    /// @notice An owner opened a position here. Reverts when the module does not want it, and then there is none.
    /// @param subject what is staked on: a task, an operator; the module says what it means
    /// @param principal FLOCK wei
    /// @param weight principal times the lock's multiplier, in gmFLOCK wei, rounded down
    function onOpened(
        uint256 position,
        address owner,
        uint256 subject,
        uint256 principal,
        uint256 weight,
        bytes calldata data
    ) external;

    /// @notice The weight or the principal of a position changed: its lock was poked or extended, or it was slashed (by this module).
    /// @dev Gets a bounded amount of gas, and a revert is passed over: a module must not be able to keep a lock from changing.
    function onReweighed(uint256 position, uint256 principal, uint256 weight) external;
}
