// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {BLS} from "@kevincharm/bls-bn254/contracts/BLS.sol";
import {IBeacon} from "./IBeacon.sol";

/// @title Verifier of drand's evmnet format
/// @notice BLS over BN254, signature in G1, key in G2; message = keccak256(round as 8 bytes), hashed to the curve by SVDW with
/// keccak (RFC 9380). randomness = SHA-256(signature). Scheme bls-bn254-unchained-on-g1, https://docs.drand.love.
/// @dev The key is checked to lie on the twist; that it lies in the prime-order subgroup is the deployer's to check, once.
contract BeaconBN254 is IBeacon {
    bytes private constant DST = "BLS_SIG_BN254G1_XMD:KECCAK-256_SVDW_RO_NUL_";

    /// @notice Unix seconds of round 1.
    uint64 public immutable genesis;
    /// @notice Seconds between rounds.
    uint32 public immutable periodSeconds;
    /// @inheritdoc IBeacon
    uint32 public immutable delaySeconds;

    // x = key0 + key1 i, y = key2 + key3 i
    uint256 private immutable key0;
    uint256 private immutable key1;
    uint256 private immutable key2;
    uint256 private immutable key3;

    error BadPublicKey();
    error BadPeriod();
    error BadSignature(uint64 round);

    /// @param key the group's key (x real, x imaginary, y real, y imaginary)
    constructor(uint256[4] memory key, uint64 genesis_, uint32 periodSeconds_, uint32 delaySeconds_) {
        if (!BLS.isValidPublicKey(key)) revert BadPublicKey();
        if (periodSeconds_ == 0) revert BadPeriod();
        (key0, key1, key2, key3) = (key[0], key[1], key[2], key[3]);
        (genesis, periodSeconds, delaySeconds) = (genesis_, periodSeconds_, delaySeconds_);
    }

    /// @notice The beacon's public key, in the order of the constructor.
    function publicKey() public view returns (uint256[4] memory) {
        return [key0, key1, key2, key3];
    }

    /// @inheritdoc IBeacon
    function roundAt(uint64 timestamp) external view returns (uint64) {
        return timestamp < genesis ? 0 : (timestamp - genesis) / periodSeconds + 1;
    }

    /// @inheritdoc IBeacon
    function verify(uint64 round, bytes calldata signature) external view returns (bytes32) {
        if (signature.length != 64) revert BadSignature(round);
        uint256[2] memory point = [uint256(bytes32(signature[:32])), uint256(bytes32(signature[32:]))];
        if (!BLS.isValidSignature(point)) revert BadSignature(round);
        uint256[2] memory message = BLS.hashToPoint(DST, abi.encodePacked(keccak256(abi.encodePacked(round))));
        (bool paired, bool called) = BLS.verifySingle(point, publicKey(), message);
        if (!paired || !called) revert BadSignature(round);
        return sha256(signature);
    }
}
