// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {BeaconBN254} from "../src/beacon/BeaconBN254.sol";
import {Test} from "./base/Test.sol";

/// @dev Against drand's own signatures, and against those of node/local-beacon.ts (vectors/generate.ts).
contract BeaconTest is Test {
    uint64 private constant GENESIS = 1_727_521_075;

    /// @dev drand evmnet, chain hash 04f1e9062b8a81f848fded9c12306733282b2727ecced50032187751166ec8c3.
    function evmnet() private returns (BeaconBN254) {
        return new BeaconBN254(
            [
                0x0557ec32c2ad488e4d4f6008f89a346f18492092ccc0d594610de2732c8b808f,
                0x07e1d1d335df83fa98462005690372c643340060d205306a9aa8106b6bd0b382,
                0x297d3a4f9749b33eb2d904c9d9ebf17224150ddd7abd7567a9bec6c74480ee0b,
                0x0095685ae3a85ba243747b1b2f426049010f6b73a0cf1d389351d5aaaa1047f6
            ],
            GENESIS,
            3,
            60
        );
    }

    function testRoundsOfDrandEvmnet() public {
        BeaconBN254 beacon = evmnet();
        assertEq(
            beacon.verify(
                1,
                hex"11f812d738a36b2210dc88c2d635ad8039588205f42445d6de09e6530165c3462a23aca348c84badcf8df5321ac24577b7963d5b0d780bc4626baedb45cde373"
            ),
            0x781b75698adc3af62cfa55db83cf0c73ae54e1ac8c0d4c3a2224126b65369ec5
        );
        assertEq(
            beacon.verify(
                9_337_227,
                hex"01d65d6128f4b2df3d08de85543d8efe06b0281d0770246ae3672e8ddd3efda0269373123458f0b5c0073eeed1c816a06809e127421513e34ee07df6987910b3"
            ),
            0xa1e645cd6193837f626716851f5c42ad4bf63ad75193b2cae40f88c08c8f3bd8
        );
    }

    function testRoundsOfALocalBeacon() public {
        string memory json = vm.readFile("contracts/test/vectors/beacon.json");
        uint256[] memory key = vm.parseJsonUintArray(json, ".publicKey");
        BeaconBN254 beacon = new BeaconBN254([key[0], key[1], key[2], key[3]], 1, 1, 0);
        uint256 count = vm.parseJsonUint(json, ".count");
        for (uint256 i; i < count; ++i) {
            string memory at = string.concat(".rounds[", vm.toString(i), "]");
            uint64 round = uint64(vm.parseJsonUint(json, string.concat(at, ".round")));
            bytes memory signature = vm.parseJsonBytes(json, string.concat(at, ".signature"));
            assertEq(beacon.verify(round, signature), vm.parseJsonBytes32(json, string.concat(at, ".randomness")));
            vm.expectRevert(abi.encodeWithSelector(BeaconBN254.BadSignature.selector, round ^ 1));
            beacon.verify(round ^ 1, signature);
        }
    }

    function testBadSignatures() public {
        BeaconBN254 beacon = evmnet();
        bytes[4] memory bad;
        bad[0] = hex"00";
        // The point at infinity, a point that is not on the curve, and one that is but was not signed.
        bad[1] = new bytes(64);
        bad[2] = abi.encode(uint256(1), uint256(3));
        bad[3] = abi.encode(uint256(1), uint256(2));
        for (uint256 i; i < bad.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(BeaconBN254.BadSignature.selector, uint64(1)));
            beacon.verify(1, bad[i]);
        }
    }

    function testBadConstruction() public {
        uint256[4] memory key = evmnet().publicKey();
        vm.expectRevert(BeaconBN254.BadPeriod.selector);
        new BeaconBN254(key, GENESIS, 0, 60);
        key[0] ^= 1;
        vm.expectRevert(BeaconBN254.BadPublicKey.selector);
        new BeaconBN254(key, GENESIS, 3, 60);
    }

    /// @dev Round r comes at genesis + (r - 1) * period, so the newest round of a time has come and its successor has not.
    function testRoundAt(uint64 timestamp) public {
        BeaconBN254 beacon = evmnet();
        timestamp = uint64(bound(timestamp, 0, 1e12));
        uint64 round = beacon.roundAt(timestamp);
        if (timestamp < GENESIS) {
            assertEq(round, 0);
        } else {
            assertTrue(GENESIS + (round - 1) * 3 <= timestamp, "the round has not come");
            assertTrue(GENESIS + round * 3 > timestamp, "a newer round has come");
        }
        assertEq(beacon.delaySeconds(), 60);
    }
}
