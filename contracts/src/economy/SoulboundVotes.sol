// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Votes} from "@openzeppelin/contracts/governance/utils/Votes.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IGmFlock} from "./IGmFlock.sol";

/// @title Units that count as votes and cannot be moved
/// @notice What a wallet or an explorer reads of gmFLOCK: an ERC-20 whose transfers revert, with votes by OpenZeppelin (ERC-5805)
/// checkpointed by time (ERC-6372). Votes of a moment count from the second after it.
abstract contract SoulboundVotes is Votes, IERC20Metadata {
    struct Account {
        /// gmFLOCK wei of all its locks
        uint208 units;
        /// its first lock made it its own delegate; later ones leave alone what it chose
        bool known;
    }

    string public constant name = "gmFLOCK";
    string public constant symbol = "gmFLOCK";
    uint8 public constant decimals = 18;

    mapping(address owner => Account) private _accounts;

    constructor() EIP712("gmFLOCK", "1") {}

    function balanceOf(address owner) external view returns (uint256) {
        return _accounts[owner].units;
    }

    function totalSupply() external view returns (uint256) {
        return _getTotalSupply();
    }

    function allowance(address, address) external pure returns (uint256) {
        return 0;
    }

    function transfer(address, uint256) external pure returns (bool) {
        revert IGmFlock.NotTransferable();
    }

    function approve(address, uint256) external pure returns (bool) {
        revert IGmFlock.NotTransferable();
    }

    function transferFrom(address, address, uint256) external pure returns (bool) {
        revert IGmFlock.NotTransferable();
    }

    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    /// @dev Brings the units of one of an owner's locks from one number to another.
    function _changeUnits(address owner, uint256 from, uint256 to) internal {
        if (from == to) return;
        Account storage account = _accounts[owner];
        if (!account.known) {
            account.known = true;
            if (delegates(owner) == address(0)) _delegate(owner, owner);
        }
        account.units = uint208(account.units + to - from);
        if (to > from) {
            _transferVotingUnits(address(0), owner, to - from);
            emit Transfer(address(0), owner, to - from);
        } else {
            _transferVotingUnits(owner, address(0), from - to);
            emit Transfer(owner, address(0), from - to);
        }
    }

    function _getVotingUnits(address owner) internal view override returns (uint256) {
        return _accounts[owner].units;
    }
}
