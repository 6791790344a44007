// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Bytes of signed records
/// @dev docs/protocol.md, section 3. A packed record is 98 bytes of calldata: index uint16, digest, r, yParityAndS (EIP-2098);
/// `place` is where it begins. The assembly is here because a batch pays for every step of it a hundred times; it reads calldata
/// within a length that the caller has checked, and writes memory that is allocated or scratch.
library RecordLib {
    uint256 internal constant RECORD_BYTES = 98;
    /// @dev What is kept of a record: index uint16, digest.
    uint256 internal constant ENTRY_BYTES = 34;

    bytes32 private constant TYPEHASH =
        keccak256("Record(uint256 task,uint32 round,uint16 group,uint8 phase,uint16 index,bytes32 digest)");

    // The form: the struct (7 words), 0x1901 and domain and struct hash (66 bytes), the input of ecrecover (4 words).
    uint256 private constant MESSAGE = 0xe0;
    uint256 private constant RECOVERY = 0x140;
    uint256 private constant FORM_BYTES = 0x1c0;

    /// @notice A form to be filled in for every record of a batch, with index and digest still empty.
    /// @return form where it lies in memory
    function prepare(bytes32 domain, uint256 task, uint32 round, uint16 group, uint8 phase)
        internal
        pure
        returns (uint256 form)
    {
        bytes memory room = bytes.concat(
            abi.encode(TYPEHASH, task, round, group, phase, uint16(0), bytes32(0)),
            abi.encodePacked(hex"1901", domain, new bytes(FORM_BYTES - MESSAGE - 34))
        );
        assembly ("memory-safe") {
            form := add(room, 0x20)
        }
    }

    /// @notice Where the first record begins.
    function start(bytes calldata records) internal pure returns (uint256 place) {
        assembly ("memory-safe") {
            place := records.offset
        }
    }

    /// @notice Where the record after this one begins.
    function next(uint256 place) internal pure returns (uint256) {
        unchecked {
            return place + RECORD_BYTES;
        }
    }

    /// @notice The number of the record that begins at `place`.
    function position(bytes calldata records, uint256 place) internal pure returns (uint256) {
        return (place - start(records)) / RECORD_BYTES;
    }

    function index(uint256 place) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(240, calldataload(place))
        }
    }

    function digest(uint256 place) internal pure returns (bytes32 value) {
        assembly ("memory-safe") {
            value := calldataload(add(place, 2))
        }
    }

    /// @notice The EIP-712 digest of a record.
    function hash(uint256 form, uint256 index_, bytes32 digest_) internal pure returns (bytes32 value) {
        assembly ("memory-safe") {
            mstore(add(form, 0xa0), index_)
            mstore(add(form, 0xc0), digest_)
            let message := add(form, MESSAGE)
            mstore(add(message, 0x22), keccak256(form, MESSAGE))
            value := keccak256(message, 0x42)
        }
    }

    /// @notice Who signed the record; address 0 when the signature is none.
    /// @dev That both s and n - s would do is of no use to anybody: a slot takes one record.
    function signer(uint256 form, uint256 place) internal view returns (address who) {
        assembly ("memory-safe") {
            // Index and digest lie side by side in the record, and in the struct but for the index's leading zeros.
            calldatacopy(add(form, 0xbe), place, ENTRY_BYTES)
            let message := add(form, MESSAGE)
            mstore(add(message, 0x22), keccak256(form, MESSAGE))
            let input := add(form, RECOVERY)
            let vs := calldataload(add(place, 66))
            mstore(input, keccak256(message, 0x42))
            mstore(add(input, 0x20), add(shr(255, vs), 27))
            mstore(add(input, 0x40), calldataload(add(place, 34)))
            mstore(add(input, 0x60), shr(1, shl(1, vs)))
            // ecrecover returns nothing at all for what is no signature.
            mstore(0, 0)
            pop(staticcall(gas(), 1, input, 0x80, 0, 0x20))
            who := mload(0)
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

    /// @notice Appends the record's entry within the allocated room.
    function append(bytes memory entries, uint256 place) internal pure {
        assembly ("memory-safe") {
            let length := mload(entries)
            calldatacopy(add(add(entries, 0x20), length), place, ENTRY_BYTES)
            mstore(entries, add(length, ENTRY_BYTES))
        }
    }

    /// @notice The roster's running hash after one more join.
    function extend(bytes32 rosterHash, uint256 place) internal pure returns (bytes32 value) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, rosterHash)
            calldatacopy(add(free, 0x20), place, ENTRY_BYTES)
            value := keccak256(free, 66)
        }
    }
}
