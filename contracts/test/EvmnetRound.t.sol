// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AllianceCoordinator} from "../src/alliance/AllianceCoordinator.sol";
import {Phase, VoidReason} from "../src/alliance/AllianceTypes.sol";
import {IAlliance} from "../src/alliance/IAlliance.sol";
import {BeaconBN254} from "../src/beacon/BeaconBN254.sol";
import {AllianceTest} from "./base/AllianceTest.sol";

/// @dev A round that waits for a real beacon: drand evmnet's round 9,337,227.
contract EvmnetRoundTest is AllianceTest {
    uint64 private constant GENESIS = 1_727_521_075;
    uint64 private constant ROUND = 9_337_227;
    uint256 private constant FIELD = 21888242871839275222246405745257275088696311157297823662689037894645226208583;
    bytes private constant SIGNATURE =
        hex"01d65d6128f4b2df3d08de85543d8efe06b0281d0770246ae3672e8ddd3efda0269373123458f0b5c0073eeed1c816a06809e127421513e34ee07df6987910b3";

    BeaconBN254 private evmnet;
    uint256 private task;
    uint32 private round;

    function setUp() public override {
        super.setUp();
        evmnet = new BeaconBN254(
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
        alliance = new AllianceCoordinator(flock, evmnet, TREASURY);
        vm.prank(CREATOR);
        flock.approve(address(alliance), type(uint256).max);
        // Joining lasts a minute, the beacon's delay is another; the round is the first strictly after both.
        clock = GENESIS + (ROUND - 1) * 3 - 1 - 120;
        vm.warp(clock);
        task = taskWith(parameters(), 4);
        round = join(task, 4);
    }

    function refused(bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(BeaconBN254.BadSignature.selector, ROUND));
        alliance.postBeacon(task, round, signature);
    }

    function testFixedAtOpening() public view {
        assertEq(progress(task, round).beaconRound, ROUND);
    }

    function testPosted() public {
        pass(121);
        alliance.postBeacon(task, round, SIGNATURE);
        assertEq(alliance.getRound(task, round).beacon, sha256(SIGNATURE));
        assertPhase(task, round, Phase.Share);
    }

    function testShownInTimeToChooseByIt() public {
        pass(60);
        alliance.reportEarlyBeacon(task, round, SIGNATURE);
        assertVoid(task, round, VoidReason.BeaconEarly);
    }

    /// @dev One signature, one encoding: whoever posts it cannot choose among randomnesses.
    function testNoOtherEncoding() public {
        pass(121);
        (uint256 x, uint256 y) = abi.decode(SIGNATURE, (uint256, uint256));
        refused(abi.encode(x, FIELD - y));
        refused(abi.encode(x + FIELD, y));
        refused(abi.encode(x, y + FIELD));
        refused(abi.encode(y, x));
        refused(bytes.concat(SIGNATURE, hex"00"));
        refused(new bytes(63));
        refused("");
    }

    /// @dev Round 1's own signature is good, and not for this round.
    function testAnotherRoundsSignature() public {
        bytes memory first =
            hex"11f812d738a36b2210dc88c2d635ad8039588205f42445d6de09e6530165c3462a23aca348c84badcf8df5321ac24577b7963d5b0d780bc4626baedb45cde373";
        evmnet.verify(1, first);
        pass(121);
        refused(first);
    }

    function testNoiseIsNoSignature(uint256 x, uint256 y) public {
        pass(121);
        refused(abi.encode(x, y));
    }

    function testWrongPhase() public {
        vm.expectRevert(abi.encodeWithSelector(IAlliance.WrongPhase.selector, Phase.Beacon, Phase.Join));
        alliance.postBeacon(task, round, SIGNATURE);
        pass(61);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.WrongPhase.selector, Phase.Join, Phase.Beacon));
        alliance.reportEarlyBeacon(task, round, SIGNATURE);
    }
}
