// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title What belongs to everybody who has locked
/// @notice Fees, nine tenths of slashes and the bonds of disputed sums come here. Only governance takes from it.
interface ITreasury {
    event Paid(IERC20 indexed token, address indexed to, uint256 amount);
    event EtherPaid(address indexed to, uint256 amount);

    error NotGovernance(address caller);
    error ZeroRecipient();
    error NotEnoughEther(uint256 balance, uint256 asked);
    error EtherRefused(address to);

    /// @notice Pays an ERC-20. Governance only.
    /// @param amount smallest units of the token
    function pay(IERC20 token, address to, uint256 amount) external;

    /// @notice Pays ETH. Governance only.
    /// @param amount wei
    function payEther(address payable to, uint256 amount) external;
}
