// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IBeacon} from "../beacon/IBeacon.sol";
import {Progress, TaskParameters, TaskStatus} from "./AllianceTypes.sol";
import {Bitmaps} from "./Bitmaps.sol";
import {IAlliance} from "./IAlliance.sol";

/// @title What the parts of the coordinator share: storage, and the two contracts it talks to
abstract contract AllianceStorage is IAlliance {
    using Bitmaps for uint256;

    /// @dev Width of a registration id in a roster.
    uint256 internal constant ROSTER_BITS = 16;

    /// @dev The first slot is all that a record needs.
    struct Member {
        address sessionKey;
        uint48 expiry;
        uint32 firstRound;
        bool active;
        address wallet;
        bytes32 channelKey;
    }

    struct Account {
        /// newest registration id plus one, 0 before the first
        uint32 latest;
        /// round whose roster holds a registration that was replaced while the round was open
        uint32 replacedInRound;
        uint128 stake;
    }

    struct Round {
        Progress progress;
        bytes32 rosterHash;
        bytes32 recordsHash;
        bytes32 beacon;
        bytes32 baseModel;
        bytes32 sumRoot;
        bytes32 modelHash;
        address sumPoster;
        uint128 memberPay;
        uint128 votePay;
        uint128 claimed;
        /// registration ids by roster index, ROSTER_BITS a row
        mapping(uint256 word => uint256) roster;
        /// bitmap by registration id
        mapping(uint256 word => uint256) joined;
    }

    struct Task {
        TaskParameters parameters;
        address creator;
        TaskStatus status;
        uint16 step;
        uint16 voids;
        uint32 rounds;
        uint16 registrations;
        uint128 poolLeft;
        uint40 createdAtBlock;
        bytes32 specHash;
        bytes32 modelHash;
        /// matrices of the newest round; earlier rounds' rows are overwritten, and ignored where they are not
        mapping(uint256 word => uint256) acks;
        mapping(uint256 word => uint256) haves;
        mapping(address wallet => Account) accounts;
        mapping(address wallet => bool) allowed;
        mapping(uint256 number => Round) roundOf;
        /// by registration id; an array because a batch of records finds a hundred of them, without hashing
        Member[65536] members;
    }

    /// @notice FLOCK.
    IERC20 public immutable token;
    IBeacon public immutable beacon;
    /// @notice Whose deposit the bonds of disputed sums go to.
    address public immutable treasury;

    /// @inheritdoc IAlliance
    uint256 public taskCount;
    /// @inheritdoc IAlliance
    mapping(address account => uint256) public deposits;

    mapping(uint256 id => Task) internal _tasks;

    bytes32 private immutable _domain;
    uint256 private immutable _domainChainId;

    constructor(IERC20 token_, IBeacon beacon_, address treasury_) {
        (token, beacon, treasury) = (token_, beacon_, treasury_);
        (_domain, _domainChainId) = (_hashDomain(), block.chainid);
    }

    /// @dev The EIP-712 domain separator, also after a fork of the chain. (OpenZeppelin's EIP712 does the same and more; the
    /// coordinator has no bytes to spare under EIP-170.)
    function _domainSeparator() internal view returns (bytes32) {
        return block.chainid == _domainChainId ? _domain : _hashDomain();
    }

    function _hashDomain() private view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Murmur Alliance"),
                keccak256("1"),
                block.chainid,
                address(this)
            )
        );
    }

    function _task(uint256 id) internal view returns (Task storage task) {
        task = _tasks[id];
        if (task.status == TaskStatus.None) revert UnknownTask(id);
    }

    function _hasJoined(Round storage round, uint256 id) internal view returns (bool) {
        return round.joined[id >> 8].has(id & 255);
    }
}
