// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ITreasury} from "./ITreasury.sol";

/// @notice See ITreasury. It keeps no books: a balance is what it holds. A payment of ETH gives the receiver all gas; it may call
/// back, but nothing here listens to anybody but governance.
contract Treasury is ITreasury {
    using SafeERC20 for IERC20;

    address public immutable governance;

    constructor(address governance_) {
        governance = governance_;
    }

    receive() external payable {}

    modifier onlyGovernance() {
        if (msg.sender != governance) revert NotGovernance(msg.sender);
        _;
    }

    /// @inheritdoc ITreasury
    function pay(IERC20 token, address to, uint256 amount) external onlyGovernance {
        if (to == address(0)) revert ZeroRecipient();
        emit Paid(token, to, amount);
        token.safeTransfer(to, amount);
    }

    /// @inheritdoc ITreasury
    function payEther(address payable to, uint256 amount) external onlyGovernance {
        if (to == address(0)) revert ZeroRecipient();
        if (address(this).balance < amount) revert NotEnoughEther(address(this).balance, amount);
        emit EtherPaid(to, amount);
        (bool taken,) = to.call{value: amount}("");
        if (!taken) revert EtherRefused(to);
    }
}
