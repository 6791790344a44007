// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Capped} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Capped.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {TransferAuthorization} from "./TransferAuthorization.sol";

/// @title FLOCK, the token of stakes, bonds and rewards
/// @notice Genesis goes to the list in the constructor, which the deployment publishes. After that one contract mints, the emission:
/// the deployer names the first once, and whoever locks FLOCK sees a change of it by governance 30 days ahead. There is no burn, so the
/// cap counts all mints ever. On chain 31337 there is also a faucet.
contract Flock is ERC20Capped, ERC20Permit, TransferAuthorization {
    /// @notice Most that one faucet call mints, in FLOCK wei.
    uint256 public constant FAUCET_LIMIT = 10_000e18;
    uint256 public constant MINTER_DELAY = 30 days;
    uint256 private constant LOCAL_CHAIN_ID = 31337;

    struct Grant {
        address to;
        /// FLOCK wei
        uint256 amount;
    }

    /// @notice May name the first minter, once, and nothing else; 0 where nobody may.
    address public immutable deployer;
    /// @notice May change the minter after 30 days' notice; 0 where nobody may.
    address public immutable governance;

    /// @notice The only one who mints; 0 for nobody.
    address public minter;
    /// @notice There was a minter once, so the deployer names none any more.
    bool public minterWasSet;
    address public nextMinter;
    /// @notice Unix seconds from when nextMinter may be accepted; 0 when no change is under way.
    uint40 public nextMinterAt;

    event MinterScheduled(address indexed minter, uint40 from);
    event MinterCancelled(address indexed minter);
    event MinterChanged(address indexed minter);

    error FaucetOnlyOnLocalChain(uint256 chainId);
    error FaucetLimit(uint256 amount, uint256 limit);
    error NotDeployer(address caller);
    error NotGovernance(address caller);
    error NotMinter(address caller);
    error MinterAlreadySet();
    error NoMinterScheduled();
    error TooEarly(uint256 from);

    constructor(Grant[] memory genesis, address deployer_, address governance_)
        ERC20("FLOCK", "FLOCK")
        ERC20Permit("FLOCK")
        ERC20Capped(1_000_000_000e18)
    {
        (deployer, governance) = (deployer_, governance_);
        for (uint256 i; i < genesis.length; ++i) _mint(genesis[i].to, genesis[i].amount);
    }

    modifier onlyGovernance() {
        if (msg.sender != governance) revert NotGovernance(msg.sender);
        _;
    }

    /// @notice Mints new FLOCK, up to the cap. The minter only.
    function mint(address to, uint256 amount) external {
        if (msg.sender != minter) revert NotMinter(msg.sender);
        _mint(to, amount);
    }

    /// @notice Names the first minter and takes the deployer's only right away.
    function setFirstMinter(address first) external {
        if (msg.sender != deployer) revert NotDeployer(msg.sender);
        if (minterWasSet) revert MinterAlreadySet();
        _setMinter(first);
    }

    /// @notice Announces another minter, or none (0), for 30 days from now. Takes the place of a change that is under way.
    function scheduleMinter(address next) external onlyGovernance {
        (nextMinter, nextMinterAt) = (next, uint40(block.timestamp + MINTER_DELAY));
        emit MinterScheduled(next, nextMinterAt);
    }

    /// @notice Calls a change off.
    function cancelMinter() external onlyGovernance {
        if (nextMinterAt == 0) revert NoMinterScheduled();
        emit MinterCancelled(nextMinter);
        (nextMinter, nextMinterAt) = (address(0), 0);
    }

    /// @notice Carries an announced change out. Anybody may, once its time has come.
    function acceptMinter() external {
        if (nextMinterAt == 0) revert NoMinterScheduled();
        if (block.timestamp < nextMinterAt) revert TooEarly(nextMinterAt);
        _setMinter(nextMinter);
        (nextMinter, nextMinterAt) = (address(0), 0);
    }

    /// @notice Mints play money to the caller on chain id 31337; reverts on every other chain.
    /// @param amount FLOCK wei, at most FAUCET_LIMIT
    function faucet(uint256 amount) external {
        if (block.chainid != LOCAL_CHAIN_ID) revert FaucetOnlyOnLocalChain(block.chainid);
        if (amount > FAUCET_LIMIT) revert FaucetLimit(amount, FAUCET_LIMIT);
        _mint(msg.sender, amount);
    }

    function _setMinter(address next) private {
        (minter, minterWasSet) = (next, true);
        emit MinterChanged(next);
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Capped) {
        super._update(from, to, value);
    }
}
