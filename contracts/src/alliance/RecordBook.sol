// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Phase, Progress, Skip} from "./AllianceTypes.sol";
import {Bitmaps} from "./Bitmaps.sol";
import {IAlliance} from "./IAlliance.sol";
import {RecordLib} from "./RecordLib.sol";
import {Rounds} from "./Rounds.sol";
import {Rows} from "./Rows.sol";

/// @title Batches of signed records
/// @dev Whatever a record costs is counted a hundred times a batch: the round lives in memory, members are read once, packed
/// rows reach storage once a word.
abstract contract RecordBook is Rounds {
    using Bitmaps for uint256;

    /// @dev Rosters up to here carry their unmask answers in calldata.
    uint256 private constant MAX_ANSWERS = 16;

    /// @dev A batch on its way.
    struct Batch {
        uint256 task;
        uint32 round;
        Phase phase;
        /// the round is not in this phase: nothing counts
        bool late;
        bytes32 domain;
        /// encoded record without index and digest
        bytes template;
        /// what was accepted so far
        bytes entries;
        /// roster size
        uint256 size;
        /// who may speak in this phase
        uint256 allowed;
        /// who has
        uint256 spoken;
        /// what the first 31 bytes of a vote must be
        bytes31 candidate;
    }

    /// @inheritdoc IAlliance
    function postRecords(uint256 id, uint32 number, uint16 group, uint8 phase, bytes calldata records) external {
        bytes[] calldata none;
        assembly ("memory-safe") {
            none.offset := 0
            none.length := 0
        }
        _post(id, number, group, phase, records, none);
    }

    /// @inheritdoc IAlliance
    function postUnmask(uint256 id, uint32 number, uint16 group, bytes calldata records, bytes[] calldata answers)
        external
    {
        if (answers.length != records.length / RecordLib.RECORD_BYTES) revert BadLength(answers.length);
        _post(id, number, group, uint8(Phase.Unmask), records, answers);
    }

    /// @inheritdoc IAlliance
    function hashRecord(uint256 id, uint32 number, uint16 group, uint8 phase, uint16 index, bytes32 digest)
        external
        view
        returns (bytes32)
    {
        return RecordLib.hash(_domainSeparatorV4(), RecordLib.template(id, number, group, phase), index, digest);
    }

    /// @param answers one a record, or none
    function _post(
        uint256 id,
        uint32 number,
        uint16 group,
        uint8 phase,
        bytes calldata records,
        bytes[] calldata answers
    ) private {
        if (group != 0) revert UnknownGroup(group);
        if (records.length % RecordLib.RECORD_BYTES != 0) revert BadLength(records.length);
        if (!_hasRecords(phase)) revert NotARecordPhase(phase);
        (Task storage task, Round storage round, Progress memory p) = _sync(id);
        Batch memory b;
        (b.task, b.round, b.phase) = (id, number, Phase(phase));
        b.domain = _domainSeparatorV4();
        b.template = RecordLib.template(id, number, group, phase);
        b.entries = RecordLib.allocate(records.length / RecordLib.RECORD_BYTES);
        b.late = number != task.rounds || p.phase != b.phase;
        if (b.phase == Phase.Join) _join(task, round, p, b, records);
        else _speak(task, round, p, b, records, answers);
        if (b.entries.length != 0) _finish(task, round, p, b);
    }

    /// @dev Joins: the index is a registration id, and the roster grows.
    function _join(Task storage task, Round storage round, Progress memory p, Batch memory b, bytes calldata records)
        private
    {
        uint256 maxCohort = task.parameters.maxCohort;
        bytes32 rosterHash = round.rosterHash;
        Rows.Cursor memory roster = Rows.cursor(16);
        Rows.Cursor memory joined = Rows.cursor(256);
        uint256 count = records.length / RecordLib.RECORD_BYTES;
        for (uint256 i; i < count; ++i) {
            (uint256 id, bytes32 digest, bytes32 r, bytes32 vs) = RecordLib.entry(records, i);
            Member storage member = task.members[id];
            uint256 others = Rows.read(round.joined, joined, id >> 8);
            Skip skip;
            if (b.late) skip = Skip.Late;
            else if (others.has(id & 255)) skip = Skip.Duplicate;
            else if (p.n >= maxCohort) skip = Skip.Full;
            else if (!_mayJoin(member, b.round)) skip = Skip.Inactive;
            else if (!_signed(b, member.sessionKey, id, digest, r, vs)) skip = Skip.BadSignature;
            if (!_accept(b, id, digest, skip)) continue;
            Rows.write(round.joined, joined, id >> 8, others | (1 << (id & 255)));
            Rows.write(round.roster, roster, p.n++, id);
            rosterHash = keccak256(abi.encodePacked(rosterHash, uint16(id), digest));
        }
        if (b.entries.length == 0) return;
        Rows.flush(round.joined, joined);
        Rows.flush(round.roster, roster);
        round.rosterHash = rosterHash;
    }

    /// @dev All later phases: the index is a roster index.
    function _speak(
        Task storage task,
        Round storage round,
        Progress memory p,
        Batch memory b,
        bytes calldata records,
        bytes[] calldata answers
    ) private {
        (b.allowed, b.spoken, b.size) = (_allowed(p, b.phase), _spoken(p, b.phase), p.n);
        if (b.phase == Phase.Vote) b.candidate = bytes31(sha256(abi.encodePacked(round.sumRoot, round.modelHash)));
        bool matrix = b.phase == Phase.Ack || b.phase == Phase.Have;
        mapping(uint256 => uint256) storage rows = b.phase == Phase.Ack ? task.acks : task.haves;
        Rows.Cursor memory row = Rows.cursor(Rows.widthFor(p.n));
        Rows.Cursor memory roster = Rows.cursor(16);
        uint256 count = records.length / RecordLib.RECORD_BYTES;
        for (uint256 i; i < count; ++i) {
            (uint256 index, bytes32 digest, bytes32 r, bytes32 vs) = RecordLib.entry(records, i);
            Skip skip;
            if (b.late) skip = Skip.Late;
            else if (index >= b.size || !b.allowed.has(index)) skip = Skip.NotMember;
            else if (b.spoken.has(index)) skip = Skip.Duplicate;
            else if (!_fits(b, digest, answers, i)) skip = Skip.BadDigest;
            else if (!_signed(b, task.members[Rows.read(round.roster, roster, index)].sessionKey, index, digest, r, vs)) {
                skip = Skip.BadSignature;
            }
            if (!_accept(b, index, digest, skip)) continue;
            b.spoken |= 1 << index;
            if (matrix) Rows.write(rows, row, index, uint256(digest));
            else if (b.phase == Phase.Vote) _vote(p, uint8(uint256(digest)));
            else if (answers.length != 0) emit UnmaskAnswer(b.task, b.round, uint16(index), answers[i]);
        }
        if (b.entries.length == 0) return;
        if (matrix) Rows.flush(rows, row);
        _setSpoken(p, b.phase, uint128(b.spoken));
    }

    function _mayJoin(Member storage member, uint32 round) private view returns (bool) {
        return member.active && member.expiry > block.timestamp && member.firstRound <= round;
    }

    /// @dev Whether the digest can be one of the phase (docs/protocol.md, section 3).
    function _fits(Batch memory b, bytes32 digest, bytes[] calldata answers, uint256 i) private pure returns (bool) {
        if (b.phase == Phase.Ack || b.phase == Phase.Have) return uint256(digest) >> b.size == 0;
        if (b.phase == Phase.Vote) {
            uint8 verdict = uint8(uint256(digest));
            return bytes31(digest) == b.candidate && verdict >= 1 && verdict <= 4;
        }
        if (b.phase == Phase.Unmask && b.size <= MAX_ANSWERS) return i < answers.length && sha256(answers[i]) == digest;
        return true;
    }

    function _signed(Batch memory b, address sessionKey, uint256 index, bytes32 digest, bytes32 r, bytes32 vs)
        private
        pure
        returns (bool)
    {
        return RecordLib.signer(RecordLib.hash(b.domain, b.template, index, digest), r, vs) == sessionKey;
    }

    function _accept(Batch memory b, uint256 index, bytes32 digest, Skip skip) private returns (bool) {
        if (skip == Skip.None) RecordLib.append(b.entries, index, digest);
        else emit RecordSkipped(b.task, b.round, uint8(b.phase), uint16(index), skip);
        return skip == Skip.None;
    }

    function _vote(Progress memory p, uint8 verdict) private pure {
        if (verdict == 1) ++p.worse;
        else if (verdict == 2) ++p.abstain;
        else if (verdict == 3) ++p.better;
        else ++p.dispute;
    }

    function _hasRecords(uint8 phase) private pure returns (bool) {
        return phase != 0 && phase <= uint8(Phase.Vote) && phase != uint8(Phase.Beacon) && phase != uint8(Phase.Sum);
    }

    /// @dev Who may speak in a phase (docs/protocol.md, section 4).
    function _allowed(Progress memory p, Phase phase) private pure returns (uint256) {
        if (phase <= Phase.Ack) return uint256(p.n).all();
        return phase <= Phase.Have ? p.u2 : p.u3;
    }

    function _spoken(Progress memory p, Phase phase) private pure returns (uint128) {
        if (phase == Phase.Share) return p.dealt;
        if (phase == Phase.Ack) return p.acked;
        if (phase == Phase.Mask) return p.masked;
        if (phase == Phase.Have) return p.attested;
        return phase == Phase.Unmask ? p.answered : p.voted;
    }

    function _setSpoken(Progress memory p, Phase phase, uint128 spoken) private pure {
        if (phase == Phase.Share) p.dealt = spoken;
        else if (phase == Phase.Ack) p.acked = spoken;
        else if (phase == Phase.Mask) p.masked = spoken;
        else if (phase == Phase.Have) p.attested = spoken;
        else if (phase == Phase.Unmask) p.answered = spoken;
        else p.voted = spoken;
    }

    /// @dev Publishes what was accepted, and lets the round go on if that completed its phase.
    function _finish(Task storage task, Round storage round, Progress memory p, Batch memory b) private {
        bytes32 batchHash = keccak256(abi.encodePacked(uint8(b.phase), b.entries));
        round.recordsHash = keccak256(abi.encodePacked(round.recordsHash, batchHash));
        emit Records(b.task, b.round, uint8(b.phase), b.entries);
        _commit(b.task, task, round, p, false);
    }
}
