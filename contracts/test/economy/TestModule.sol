// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {GmFlock} from "../../src/economy/GmFlock.sol";
import {IStakeModule} from "../../src/economy/IStakeModule.sol";

/// @dev A module whose manners can be chosen. It does what anybody tells it, and remembers what it heard.
contract TestModule is IStakeModule {
    enum Manners {
        Listen,
        Refuse,
        BurnGas,
        ReturnMuch,
        WantAllGas,
        Reenter
    }

    GmFlock public immutable gm;
    Manners public manners;
    /// the call to make when it reenters, and the error it got
    bytes public attempt;
    bytes4 public refusal;

    mapping(uint256 position => address) public ownerOf;
    mapping(uint256 position => uint256) public principalOf;
    mapping(uint256 position => uint256) public weightOf;
    mapping(uint256 position => uint256) public newsOf;
    /// the subject and the data of the newest position
    uint256 public subject;
    bytes public data;

    error Refused();

    constructor(GmFlock gm_) {
        gm = gm_;
    }

    function behave(Manners manners_) external {
        manners = manners_;
    }

    function plan(bytes calldata attempt_) external {
        (manners, attempt) = (Manners.Reenter, attempt_);
    }

    function onOpened(
        uint256 position,
        address owner,
        uint256 subject_,
        uint256 principal,
        uint256 weight,
        bytes calldata data_
    ) external {
        if (manners == Manners.Refuse) revert Refused();
        if (manners == Manners.Reenter) _reenter();
        (subject, data, ownerOf[position]) = (subject_, data_, owner);
        (principalOf[position], weightOf[position]) = (principal, weight);
    }

    function onReweighed(uint256 position, uint256 principal, uint256 weight) external {
        uint256 gasAtFirst = gasleft();
        if (manners == Manners.Refuse) revert Refused();
        if (manners == Manners.WantAllGas && gasAtFirst < gm.MODULE_GAS() - 500) revert Refused();
        if (manners == Manners.BurnGas) while (true) {}
        if (manners == Manners.ReturnMuch) {
            assembly ("memory-safe") {
                return(0, 150000)
            }
        }
        if (manners == Manners.Reenter) _reenter();
        (principalOf[position], weightOf[position]) = (principal, weight);
        ++newsOf[position];
    }

    function close(uint256 position) external {
        gm.closePosition(position);
    }

    function slash(uint256 position, uint256 amount, address prover) external {
        gm.slash(position, amount, prover);
    }

    function _reenter() private {
        (bool worked, bytes memory error_) = address(gm).call(attempt);
        refusal = worked ? bytes4(0) : bytes4(error_);
    }
}
