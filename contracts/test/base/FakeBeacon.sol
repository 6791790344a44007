// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IBeacon} from "../../src/beacon/IBeacon.sol";

/// @dev A beacon every 3 seconds whose signature of a round is the round's number, 32 bytes.
contract FakeBeacon is IBeacon {
    uint32 public constant delaySeconds = 10;

    error BadSignature(uint64 round);

    function roundAt(uint64 timestamp) external pure returns (uint64) {
        return timestamp / 3 + 1;
    }

    function verify(uint64 round, bytes calldata signature) external pure returns (bytes32) {
        if (signature.length != 32 || uint256(bytes32(signature)) != round) revert BadSignature(round);
        return sha256(signature);
    }
}
