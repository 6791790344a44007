// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title What its minter needs of the token
interface IMintable {
    /// @notice Minter only; reverts beyond the cap.
    /// @param amount wei
    function mint(address to, uint256 amount) external;
}
