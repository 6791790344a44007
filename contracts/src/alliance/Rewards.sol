// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Bitmaps} from "./Bitmaps.sol";
import {IAlliance} from "./IAlliance.sol";
import {Rounds} from "./Rounds.sol";
import {Rows} from "./Rows.sol";

/// @title Pull payments: what members earned, and deposits for bonds
abstract contract Rewards is Rounds {
    using Bitmaps for uint256;
    using SafeERC20 for IERC20;

    /// @inheritdoc IAlliance
    function deposit(uint256 amount) external {
        deposits[msg.sender] += amount;
        emit Deposited(msg.sender, amount);
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IAlliance
    function withdrawDeposit(uint256 amount) external {
        _spendDeposit(msg.sender, amount);
        emit DepositWithdrawn(msg.sender, amount);
        token.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IAlliance
    function claim(uint256 id, uint32 number, uint16 index) external {
        (Task storage task,,) = _sync(id);
        Round storage round = task.roundOf[number];
        uint256 amount = _claimable(round, index);
        if (amount == 0) revert NothingToClaim();
        round.claimed |= uint128(1 << index);
        address wallet = task.members[Rows.read(round.roster, ROSTER_BITS, index)].wallet;
        emit Claimed(id, number, index, wallet, amount);
        token.safeTransfer(wallet, amount);
    }

    /// @inheritdoc IAlliance
    function claimable(uint256 id, uint32 number, uint16 index) external view returns (uint256) {
        return _claimable(_task(id).roundOf[number], index);
    }

    /// @dev memberPay and votePay are 0 until the round has settled.
    function _claimable(Round storage round, uint256 index) private view returns (uint256 amount) {
        if (index >= 128 || uint256(round.claimed).has(index)) return 0;
        if (uint256(round.progress.u3).has(index)) amount = round.memberPay;
        if (uint256(round.progress.voted).has(index)) amount += round.votePay;
    }
}
