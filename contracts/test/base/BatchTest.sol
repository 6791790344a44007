// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Phase, Skip} from "../../src/alliance/AllianceTypes.sol";
import {IAlliance} from "../../src/alliance/IAlliance.sol";
import {AllianceTest} from "./AllianceTest.sol";
import {Vm} from "./Vm.sol";

/// @dev What came of a batch, read from its events.
abstract contract BatchTest is AllianceTest {
    struct Outcome {
        /// accepted entries, 34 bytes each
        bytes packed;
        uint16[] skipped;
        Skip[] reasons;
    }

    function postBatch(uint256 task, uint32 round, Phase phase, bytes memory records)
        internal
        returns (Outcome memory)
    {
        vm.recordLogs();
        alliance.postRecords(task, round, 0, uint8(phase), records);
        return outcome(vm.getRecordedLogs());
    }

    function postUnmask(uint256 task, uint32 round, bytes memory records, bytes[] memory answers)
        internal
        returns (Outcome memory)
    {
        vm.recordLogs();
        alliance.postUnmask(task, round, 0, records, answers);
        return outcome(vm.getRecordedLogs());
    }

    function outcome(Vm.Log[] memory logs) internal pure returns (Outcome memory o) {
        uint256 count;
        for (uint256 i; i < logs.length; ++i) if (logs[i].topics[0] == IAlliance.RecordSkipped.selector) ++count;
        (o.skipped, o.reasons) = (new uint16[](count), new Skip[](count));
        count = 0;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] == IAlliance.Records.selector) (, o.packed) = abi.decode(logs[i].data, (uint8, bytes));
            if (logs[i].topics[0] != IAlliance.RecordSkipped.selector) continue;
            (, o.skipped[count], o.reasons[count]) = abi.decode(logs[i].data, (uint8, uint16, Skip));
            ++count;
        }
    }

    /// @dev A batch of one record, which is skipped.
    function assertSkipped(uint256 task, uint32 round, Phase phase, bytes memory one, Skip reason) internal {
        assertSkip(postBatch(task, round, phase, one), uint16(bytes2(one)), reason);
    }

    /// @dev Nothing was accepted and one record skipped.
    function assertSkip(Outcome memory o, uint16 index, Skip reason) internal pure {
        assertEq(o.packed.length, 0);
        assertOneSkip(o, index, reason);
    }

    function assertOneSkip(Outcome memory o, uint16 index, Skip reason) internal pure {
        assertEq(o.skipped.length, 1);
        assertEq(o.skipped[0], index);
        assertEq(uint256(o.reasons[0]), uint256(reason));
    }

    function assertAccepted(uint256 task, uint32 round, Phase phase, bytes memory records) internal {
        Outcome memory o = postBatch(task, round, phase, records);
        assertEq(o.skipped.length, 0);
        assertEq(o.packed.length, records.length / 98 * 34);
    }

    /// @dev Member i's record in a task where registration, roster index and key have one number.
    function recordOf(uint256 task, uint32 round, Phase phase, uint256 i, bytes32 digest)
        internal
        view
        returns (bytes memory)
    {
        return record(task, round, phase, i, digest, SESSION + i);
    }
}
