// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Capped} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Capped.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title FLOCK, the token of stakes, bonds and rewards
/// @notice Genesis goes to the list in the constructor, which the deployment publishes; nothing is minted later, except by the
/// faucet of a local chain. There is no burn, so the cap counts all mints ever.
contract Flock is ERC20Capped, ERC20Permit {
    /// @notice Most that one faucet call mints, in FLOCK wei.
    uint256 public constant FAUCET_LIMIT = 10_000e18;
    uint256 private constant LOCAL_CHAIN_ID = 31337;

    struct Grant {
        address to;
        /// FLOCK wei
        uint256 amount;
    }

    error FaucetOnlyOnLocalChain(uint256 chainId);
    error FaucetLimit(uint256 amount, uint256 limit);

    constructor(Grant[] memory genesis) ERC20("FLOCK", "FLOCK") ERC20Permit("FLOCK") ERC20Capped(1_000_000_000e18) {
        for (uint256 i; i < genesis.length; ++i) _mint(genesis[i].to, genesis[i].amount);
    }

    /// @notice Mints play money to the caller on chain id 31337; reverts on every other chain.
    /// @param amount FLOCK wei, at most FAUCET_LIMIT
    function faucet(uint256 amount) external {
        if (block.chainid != LOCAL_CHAIN_ID) revert FaucetOnlyOnLocalChain(block.chainid);
        if (amount > FAUCET_LIMIT) revert FaucetLimit(amount, FAUCET_LIMIT);
        _mint(msg.sender, amount);
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Capped) {
        super._update(from, to, value);
    }
}
