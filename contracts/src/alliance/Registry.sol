// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Progress, Registration, TaskStatus} from "./AllianceTypes.sol";
import {IAlliance} from "./IAlliance.sol";
import {Phases} from "./Phases.sol";
import {Rounds} from "./Rounds.sol";

/// @title Session keys and stakes of wallets
abstract contract Registry is Rounds, Nonces {
    using SafeERC20 for IERC20;

    bytes32 private constant REGISTRATION_TYPEHASH = keccak256(
        "Registration(uint256 task,address wallet,address sessionKey,bytes32 channelKey,uint64 expiry,uint256 nonce,uint256 deadline)"
    );

    /// @inheritdoc IAlliance
    function register(Registration memory registration, bytes calldata signature) external returns (uint16) {
        return _register(registration, signature);
    }

    /// @inheritdoc IAlliance
    function registerWithPermit(
        Registration memory registration,
        bytes calldata signature,
        uint256 permitDeadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (uint16) {
        uint256 stake = _task(registration.task).parameters.stake;
        // Whoever sees the permit can spend it first, which must not stop the registration: the allowance is what counts.
        try IERC20Permit(address(token)).permit(registration.wallet, address(this), stake, permitDeadline, v, r, s) {}
            catch {}
        return _register(registration, signature);
    }

    /// @inheritdoc IAlliance
    function revoke(uint256 id) external {
        (Task storage task,,) = _sync(id);
        uint32 latest = task.accounts[msg.sender].latest;
        if (latest == 0 || !task.members[latest - 1].active) revert NotRegistered(msg.sender);
        _deactivate(id, task, latest - 1);
    }

    /// @inheritdoc IAlliance
    function withdraw(uint256 id) external {
        (Task storage task, Round storage round, Progress memory p) = _sync(id);
        Account storage account = task.accounts[msg.sender];
        uint32 latest = account.latest;
        if (latest == 0) revert NotRegistered(msg.sender);
        bool inNewest = account.replacedInRound == task.rounds || _hasJoined(round, latest - 1);
        if (task.rounds != 0 && !Phases.isOver(p.phase) && inNewest) revert InUnfinishedRound(id, task.rounds);
        if (task.members[latest - 1].active) _deactivate(id, task, latest - 1);
        uint256 stake = account.stake;
        account.stake = 0;
        emit Withdrawn(id, msg.sender, stake);
        if (stake != 0) token.safeTransfer(msg.sender, stake);
    }

    function _register(Registration memory r, bytes calldata signature) private returns (uint16 number) {
        (Task storage task, Round storage round,) = _sync(r.task);
        if (task.status != TaskStatus.Running) revert TaskNotRunning(r.task);
        if (task.parameters.allowListed && !task.allowed[r.wallet]) revert NotAllowed(r.wallet);
        if (block.timestamp > r.deadline) revert DeadlineOver(r.deadline);
        if (r.expiry <= block.timestamp || r.expiry > type(uint48).max) revert BadExpiry(r.expiry);
        if (r.sessionKey == address(0) || r.channelKey == 0) revert ZeroKey();
        _useCheckedNonce(r.wallet, r.nonce);
        if (!SignatureChecker.isValidSignatureNowCalldata(r.wallet, _hash(r), signature)) {
            revert BadWalletSignature(r.wallet);
        }

        number = task.registrations;
        if (number == type(uint16).max) revert TooManyRegistrations();
        task.registrations = number + 1;

        Account storage account = task.accounts[r.wallet];
        uint32 firstRound;
        if (account.latest != 0) {
            firstRound = task.rounds + 1;
            uint256 replaced = account.latest - 1;
            if (_hasJoined(round, replaced)) account.replacedInRound = task.rounds;
            if (task.members[replaced].active) _deactivate(r.task, task, replaced);
        }
        account.latest = uint32(number) + 1;
        task.members[number] = Member(r.sessionKey, uint48(r.expiry), firstRound, true, r.wallet, r.channelKey);
        emit Registered(r.task, number, r.wallet, r.sessionKey, r.channelKey, r.expiry);
        _stake(task, account, r.wallet);
    }

    function _stake(Task storage task, Account storage account, address wallet) private {
        uint128 stake = task.parameters.stake;
        if (account.stake == stake) return;
        account.stake = stake;
        token.safeTransferFrom(wallet, address(this), stake);
    }

    function _deactivate(uint256 id, Task storage task, uint256 member) private {
        task.members[member].active = false;
        emit Revoked(id, uint16(member));
    }

    function _hash(Registration memory r) private view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(
            _domainSeparator(),
            keccak256(
                abi.encode(
                    REGISTRATION_TYPEHASH, r.task, r.wallet, r.sessionKey, r.channelKey, r.expiry, r.nonce, r.deadline
                )
            )
        );
    }
}
