// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title A public randomness beacon whose rounds come at fixed times
interface IBeacon {
    /// @notice The newest round whose time is at or before `timestamp` (Unix seconds); 0 before the first.
    function roundAt(uint64 timestamp) external view returns (uint64 round);

    /// @notice The randomness of a round. Reverts unless `signature` is the beacon's signature of that round.
    function verify(uint64 round, bytes calldata signature) external view returns (bytes32 randomness);

    /// @notice Seconds that must lie between the end of a decision and the beacon round that follows it.
    function delaySeconds() external view returns (uint32);
}
