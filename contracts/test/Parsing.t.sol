// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Phase, Skip} from "../src/alliance/AllianceTypes.sol";
import {IAlliance} from "../src/alliance/IAlliance.sol";
import {BatchTest} from "./base/BatchTest.sol";

/// @dev Arbitrary bytes as a batch: refused for their form, or skipped record by record.
contract ParsingTest is BatchTest {
    uint256 private task;
    uint32 private round;

    function setUp() public override {
        super.setUp();
        task = taskWith(parameters(), 4);
        round = toShare(task, 4);
    }

    function testOnlyTheFormReverts(bytes memory noise, uint16 group, uint8 phase) public {
        bool silent = phase == 0 || phase == 2 || phase == 8 || phase > 9;
        if (group % 4 != 0) {
            vm.expectRevert(abi.encodeWithSelector(IAlliance.UnknownGroup.selector, group));
        } else if (noise.length % 98 != 0) {
            group = 0;
            vm.expectRevert(abi.encodeWithSelector(IAlliance.BadLength.selector, noise.length));
        } else if (silent) {
            group = 0;
            vm.expectRevert(abi.encodeWithSelector(IAlliance.NotARecordPhase.selector, phase));
        } else {
            group = 0;
        }
        alliance.postRecords(task, round, group, phase, noise);
    }

    function testAnswersAreAsManyAsRecords(uint8 records, uint8 answers) public {
        records %= 6;
        answers %= 6;
        if (records != answers) {
            vm.expectRevert(abi.encodeWithSelector(IAlliance.BadLength.selector, uint256(answers)));
        }
        alliance.postUnmask(task, round, 0, new bytes(98 * uint256(records)), new bytes[](answers));
    }

    /// @dev A good record is found wherever it lies, and the noise around it is named by its own indices.
    function testOneGoodRecordInNoise(bytes32 noise, uint8 before, uint8 after_, uint8 who) public {
        before %= 5;
        after_ %= 5;
        who %= 4;
        bytes memory good = recordOf(task, round, Phase.Share, who, noise);
        bytes memory batch = bytes.concat(noiseOf(before, noise), good, noiseOf(after_, ~noise));
        Outcome memory o = postBatch(task, round, Phase.Share, batch);
        assertEq(keccak256(o.packed), keccak256(abi.encodePacked(uint16(who), noise)));
        assertEq(o.skipped.length, uint256(before) + after_);
        assertEq(progress(task, round).dealt, 1 << who);
        for (uint256 i; i < before; ++i) assertEq(o.skipped[i], uint16(uint256(keccak256(abi.encode(noise, i))) >> 240));
    }

    /// @dev Records whose index is a member's, with everything else at random.
    function testNoiseInTheNameOfMembers(bytes32 seed) public {
        bytes memory batch = noiseOf(4, seed);
        for (uint256 i; i < 4; ++i) (batch[98 * i], batch[98 * i + 1]) = (0, bytes1(uint8(i)));
        Outcome memory o = postBatch(task, round, Phase.Share, batch);
        assertEq(o.packed.length, 0);
        for (uint256 i; i < 4; ++i) assertEq(uint256(o.reasons[i]), uint256(Skip.BadSignature));
    }

    /// @dev A signature that recovers to nobody is nobody's, also where no key is set.
    function testZeroSignatures(uint16 index) public {
        bytes memory one = abi.encodePacked(index, bytes32(0), bytes32(0), bytes32(0));
        assertSkipped(task, round, Phase.Share, one, index < 4 ? Skip.BadSignature : Skip.NotMember);
        pass(31);
        uint32 next = alliance.open(task);
        one = abi.encodePacked(index, bytes32(0), bytes32(0), bytes32(0));
        assertSkipped(task, next, Phase.Join, one, index < 4 ? Skip.BadSignature : Skip.Inactive);
    }

    function noiseOf(uint256 count, bytes32 seed) private pure returns (bytes memory batch) {
        for (uint256 i; i < count; ++i) {
            bytes32 a = keccak256(abi.encode(seed, i));
            batch = abi.encodePacked(batch, a, keccak256(abi.encode(a)), ~a, bytes2(a));
        }
    }
}
