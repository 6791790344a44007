// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/// @title Bytes of signed records
/// @dev docs/protocol.md, section 3. The assembly reads and writes at byte offsets that Solidity has no words for; every offset
/// is below a length that the caller has checked or allocated.
library RecordLib {
    /// @dev index uint16, digest, r, yParityAndS (EIP-2098)
    uint256 internal constant RECORD_BYTES = 98;
    /// @dev index uint16, digest
    uint256 internal constant ENTRY_BYTES = 34;

    bytes32 private constant TYPEHASH =
        keccak256("Record(uint256 task,uint32 round,uint16 group,uint8 phase,uint16 index,bytes32 digest)");

    /// @notice The encoded struct with index and digest still empty: one allocation serves a whole batch.
    function template(uint256 task, uint32 round, uint16 group, uint8 phase) internal pure returns (bytes memory) {
        return abi.encode(TYPEHASH, task, round, group, phase, uint16(0), bytes32(0));
    }

    /// @notice The EIP-712 digest of a record; leaves index and digest in the template.
    function hash(bytes32 domain, bytes memory encoded, uint256 index, bytes32 digest) internal pure returns (bytes32) {
        bytes32 structHash;
        assembly ("memory-safe") {
            mstore(add(encoded, 0xc0), index)
            mstore(add(encoded, 0xe0), digest)
            structHash := keccak256(add(encoded, 0x20), 0xe0)
        }
        return MessageHashUtils.toTypedDataHash(domain, structHash);
    }

    /// @notice Who signed; address 0 when the signature is none.
    function signer(bytes32 messageHash, bytes32 r, bytes32 yParityAndS) internal pure returns (address recovered) {
        (recovered,,) = ECDSA.tryRecover(messageHash, r, yParityAndS);
    }

    /// @notice The i-th packed record.
    function entry(bytes calldata records, uint256 i)
        internal
        pure
        returns (uint256 index, bytes32 digest, bytes32 r, bytes32 yParityAndS)
    {
        assembly ("memory-safe") {
            let offset := add(records.offset, mul(i, RECORD_BYTES))
            index := shr(240, calldataload(offset))
            digest := calldataload(add(offset, 2))
            r := calldataload(add(offset, 34))
            yParityAndS := calldataload(add(offset, 66))
        }
    }

    /// @notice Room for `capacity` entries, with length 0.
    function allocate(uint256 capacity) internal pure returns (bytes memory entries) {
        // One word more than the entries take, because `append` writes whole words.
        entries = new bytes(capacity * ENTRY_BYTES + 32);
        assembly ("memory-safe") {
            mstore(entries, 0)
        }
    }

    /// @notice Appends an entry within the allocated room.
    function append(bytes memory entries, uint256 index, bytes32 digest) internal pure {
        assembly ("memory-safe") {
            let length := mload(entries)
            let end := add(add(entries, 0x20), length)
            mstore(end, shl(240, index))
            mstore(add(end, 2), digest)
            mstore(entries, add(length, ENTRY_BYTES))
        }
    }
}
