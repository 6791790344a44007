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
    /// @dev The last bytes that a vote may have: 1 worse, 2 abstain, 3 better, 4 dispute.
    uint256 private constant VERDICTS = 0x1e;

    /// @dev A batch on its way.
    struct Batch {
        uint256 task;
        uint32 round;
        Phase phase;
        Progress progress;
        /// the round is not in this phase: nothing counts
        bool late;
        /// see RecordLib.prepare
        uint256 form;
        /// what was accepted so far
        bytes entries;
        /// who may speak in this phase
        uint256 allowed;
        /// the bits of a digest that are given, and what they must be
        uint256 fixedBits;
        uint256 fixedValue;
        /// 1 when a row is kept without its own bit
        uint256 ownBit;
        /// a digest says more than its bits: a verdict, or the hash of bytes that come with it
        bool special;
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
        return RecordLib.hash(RecordLib.prepare(_domainSeparator(), id, number, group, phase), index, digest);
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
        (b.task, b.round, b.phase, b.progress) = (id, number, Phase(phase), p);
        b.late = number != task.rounds || p.phase != b.phase;
        b.form = RecordLib.prepare(_domainSeparator(), id, number, group, phase);
        b.entries = RecordLib.allocate(records.length / RecordLib.RECORD_BYTES);
        if (b.phase == Phase.Join) _join(task, round, p, b, records);
        else _speak(task, round, b, records, answers);
        if (b.entries.length != 0) _finish(task, round, p, b);
    }

    /// @dev Joins: the index is a registration id, and the roster grows.
    function _join(Task storage task, Round storage round, Progress memory p, Batch memory b, bytes calldata records)
        private
    {
        uint256 maxCohort = task.parameters.maxCohort;
        bytes32 rosterHash = round.rosterHash;
        Rows.Writer memory roster = Rows.writer(ROSTER_BITS);
        uint256 place = RecordLib.start(records);
        for (uint256 end = place + records.length; place != end; place = RecordLib.next(place)) {
            uint256 id = RecordLib.index(place);
            Skip skip;
            if (b.late) skip = Skip.Late;
            else if (_hasJoined(round, id)) skip = Skip.Duplicate;
            else if (p.n >= maxCohort) skip = Skip.Full;
            else skip = _mayJoin(task.members[id], b, place);
            if (skip != Skip.None) {
                _skipped(b, id, skip);
                continue;
            }
            RecordLib.append(b.entries, place);
            round.joined[id >> 8] |= 1 << (id & 255);
            Rows.write(round.roster, roster, p.n++, id);
            rosterHash = RecordLib.extend(rosterHash, place);
        }
        if (b.entries.length == 0) return;
        Rows.flush(round.roster, roster);
        round.rosterHash = rosterHash;
    }

    /// @dev What can be said against a join by the registration that it names.
    function _mayJoin(Member storage member, Batch memory b, uint256 place) private view returns (Skip) {
        bool counts = member.active && member.expiry > block.timestamp && member.firstRound <= b.round;
        if (!counts) return Skip.Inactive;
        return RecordLib.signer(b.form, place) == member.sessionKey ? Skip.None : Skip.BadSignature;
    }

    /// @dev All later phases: the index is a roster index.
    function _speak(
        Task storage task,
        Round storage round,
        Batch memory b,
        bytes calldata records,
        bytes[] calldata answers
    ) private {
        _prepare(round, b.progress, b);
        // Who may still speak. The tests that a good record passes come first; why a bad one fails is asked afterwards.
        uint256 open_ = b.late ? 0 : b.allowed & ~uint256(_spoken(b.progress, b.phase));
        bool matrix = b.phase == Phase.Ack || b.phase == Phase.Have;
        mapping(uint256 => uint256) storage rows = b.phase == Phase.Ack ? task.acks : task.haves;
        Rows.Writer memory row = Rows.writer(b.progress.n);
        // The word of the roster that the last record was in; its number plus one.
        uint256 held;
        uint256 ids;
        uint256 place = RecordLib.start(records);
        for (uint256 end = place + records.length; place != end; place = RecordLib.next(place)) {
            uint256 index = RecordLib.index(place);
            uint256 digest = uint256(RecordLib.digest(place));
            bool fits = digest & b.fixedBits == b.fixedValue;
            if (b.special) fits = _isSpecial(b, fits, digest, answers, RecordLib.position(records, place));
            if (held != (index >> 4) + 1) (held, ids) = ((index >> 4) + 1, round.roster[index >> 4]);
            uint256 id = (ids >> ((index & 15) << 4)) & 0xffff;
            if (!open_.has(index) || !fits || RecordLib.signer(b.form, place) != task.members[id].sessionKey) {
                _skipped(b, index, _why(b, open_, index, fits));
                continue;
            }
            open_ ^= 1 << index;
            RecordLib.append(b.entries, place);
            if (matrix) Rows.write(rows, row, index, digest & ~(b.ownBit << index));
            else if (!b.special) continue;
            else if (b.phase == Phase.Vote) _vote(b.progress, digest & 0xff);
            else _publish(b, index, answers[RecordLib.position(records, place)]);
        }
        if (b.entries.length == 0) return;
        if (matrix) Rows.flush(rows, row);
        _setSpoken(b.progress, b.phase, uint128(b.allowed & ~open_));
    }

    /// @dev Who may say what in the phase of the batch (docs/protocol.md, sections 3 and 4).
    function _prepare(Round storage round, Progress memory p, Batch memory b) private view {
        b.allowed = _allowed(p, b.phase);
        if (b.phase == Phase.Ack || b.phase == Phase.Have) {
            b.fixedBits = ~uint256(p.n).all();
            b.ownBit = b.phase == Phase.Have ? 1 : 0;
        } else if (b.phase == Phase.Vote) {
            b.fixedBits = ~uint256(0xff);
            b.fixedValue = uint256(sha256(abi.encodePacked(round.sumRoot, round.modelHash))) & b.fixedBits;
            b.special = true;
        }
        if (b.phase == Phase.Unmask) b.special = p.n <= MAX_ANSWERS;
    }

    /// @dev Why a record of a roster index does not count.
    function _why(Batch memory b, uint256 open_, uint256 index, bool fits) private pure returns (Skip) {
        if (b.late) return Skip.Late;
        if (!b.allowed.has(index)) return Skip.NotMember;
        if (!open_.has(index)) return Skip.Duplicate;
        return fits ? Skip.BadSignature : Skip.BadDigest;
    }

    /// @dev Whether a vote has a verdict, an answer its bytes.
    function _isSpecial(Batch memory b, bool fits, uint256 digest, bytes[] calldata answers, uint256 i)
        private
        pure
        returns (bool)
    {
        if (b.phase == Phase.Vote) return fits && VERDICTS.has(digest & 0xff);
        return i < answers.length && uint256(sha256(answers[i])) == digest;
    }

    function _publish(Batch memory b, uint256 index, bytes calldata answer) private {
        emit UnmaskAnswer(b.task, b.round, uint16(index), answer);
    }

    function _skipped(Batch memory b, uint256 index, Skip skip) private {
        emit RecordSkipped(b.task, b.round, uint8(b.phase), uint16(index), skip);
    }

    function _vote(Progress memory p, uint256 verdict) private pure {
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
        _commit(b.task, task, round, p);
    }
}
