// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IGmFlock} from "../../../src/economy/IGmFlock.sol";
import {IStakeModule} from "../../../src/economy/IStakeModule.sol";

/// @dev A token that anybody mints and that calls whom it pays, like ERC-777.
contract HookToken is ERC20("HOOK", "HOOK") {
    address public hooked;
    bytes public call_;
    bool public succeeded;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function hook(address target, bytes calldata data) external {
        (hooked, call_) = (target, data);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (hooked != address(0)) (succeeded,) = hooked.call(call_);
    }
}

/// @dev The part of GmFlock that modules see, at its edge: positions with principal and weight as a test wants them.
contract StandInGmFlock {
    mapping(uint256 position => IGmFlock.Position) private _positions;
    mapping(uint256 position => address) public ownerOf;
    mapping(uint256 position => uint256) public weightOf;
    mapping(address prover => uint256) public slashed;
    uint256 public count;

    function positions(uint256 position) external view returns (IGmFlock.Position memory) {
        return _positions[position];
    }

    function open(address owner, address module, uint256 subject, uint256 principal, uint256 weight, bool tell)
        external
        returns (uint256 position)
    {
        position = ++count;
        _positions[position] = IGmFlock.Position(0, module, uint128(principal), subject);
        (ownerOf[position], weightOf[position]) = (owner, weight);
        if (tell) IStakeModule(module).onOpened(position, owner, subject, principal, weight, "");
    }

    function reweigh(uint256 position, uint256 weight, bool tell) external {
        weightOf[position] = weight;
        address module = _positions[position].module;
        if (tell) IStakeModule(module).onReweighed(position, _positions[position].principal, weight);
    }

    function closePosition(uint256 position) external {
        if (msg.sender != _positions[position].module) revert IGmFlock.NotModule(msg.sender);
        delete _positions[position];
        weightOf[position] = 0;
    }

    function slash(uint256 position, uint256 amount, address prover) external {
        IGmFlock.Position storage p = _positions[position];
        if (msg.sender != p.module) revert IGmFlock.NotModule(msg.sender);
        if (amount > p.principal) revert IGmFlock.TooLargeASlash(p.principal, amount);
        weightOf[position] -= weightOf[position] * amount / p.principal;
        p.principal -= uint128(amount);
        slashed[prover] += amount;
        IStakeModule(p.module).onReweighed(position, p.principal, weightOf[position]);
    }
}
