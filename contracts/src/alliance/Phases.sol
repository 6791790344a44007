// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Phase, Progress, TaskParameters, VoidReason} from "./AllianceTypes.sol";
import {Bitmaps} from "./Bitmaps.sol";
import {Cohort} from "./Cohort.sol";

/// @title The phases of a round as a function of time and bitmaps
/// @dev docs/protocol.md, section 4. Works on the round in memory, so that a view can ask what a transaction would write.
library Phases {
    using Bitmaps for uint256;


    function isOver(Phase phase) internal pure returns (bool) {
        return phase >= Phase.Settled;
    }

    /// @notice Whether the phase has ended: everybody spoke, or its last second has passed.
    function isDue(Progress memory p, uint256 nowSeconds) internal pure returns (bool) {
        if (p.phase == Phase.None || isOver(p.phase)) return false;
        return nowSeconds > p.endsAt || isComplete(p);
    }

    /// @notice Takes a round that is due one phase further.
    /// @return since when the next phase began: now if the one before was complete, else that one's deadline
    function advance(
        Progress memory p,
        TaskParameters memory q,
        mapping(uint256 => uint256) storage acks,
        mapping(uint256 => uint256) storage haves,
        uint256 nowSeconds
    ) internal view returns (uint40 since) {
        since = nowSeconds > p.endsAt ? p.endsAt : uint40(nowSeconds);
        uint256 c = Cohort.corrupt(p.n, q.corruptBps);
        uint256 t = Cohort.threshold(p.n, c);
        if (p.phase == Phase.Join) {
            if (p.n < q.minCohort) end(p, VoidReason.TooFewJoined);
            else enter(p, Phase.Beacon, since, q.beaconSeconds);
        } else if (p.phase == Phase.Beacon) {
            end(p, VoidReason.BeaconMissing);
        } else if (p.phase == Phase.Share) {
            _enterIf(p, uint256(p.dealt).count() >= t, Phase.Ack, VoidReason.TooFewShares, since, q);
        } else if (p.phase == Phase.Ack) {
            uint256 u2 = Cohort.u2(acks, p.n, p.dealt, p.acked, t);
            if (_enterIf(p, u2.count() >= t, Phase.Mask, VoidReason.TooFewAcks, since, q)) p.u2 = uint128(u2);
        } else if (p.phase == Phase.Mask) {
            _enterIf(p, uint256(p.masked).count() >= t, Phase.Have, VoidReason.TooFewMasked, since, q);
        } else if (p.phase == Phase.Have) {
            p.u3 = uint128(Cohort.u3(haves, p.n, p.masked, p.attested, c));
            uint256 survivors = uint256(p.u3).count();
            bool enough = survivors >= t && survivors >= c + 2 && survivors >= q.survivorFloor;
            _enterIf(p, enough, Phase.Unmask, VoidReason.TooFewSurvivors, since, q);
        } else if (p.phase == Phase.Unmask) {
            _enterIf(p, uint256(p.answered).count() >= t, Phase.Sum, VoidReason.TooFewAnswers, since, q);
        } else if (p.phase == Phase.Sum) {
            end(p, VoidReason.SumMissing);
        } else {
            _count(p, q, c);
        }
    }

    /// @notice Whether everybody that the phase waits for has spoken. Join, Beacon and Sum wait for no bitmap.
    function isComplete(Progress memory p) internal pure returns (bool) {
        if (p.phase == Phase.Share) return p.dealt == uint256(p.n).all();
        if (p.phase == Phase.Ack) return p.dealt & ~p.acked == 0;
        if (p.phase == Phase.Mask) return p.masked == p.u2;
        if (p.phase == Phase.Have) return p.masked & ~p.attested == 0;
        if (p.phase == Phase.Unmask) return p.answered == p.u3;
        if (p.phase == Phase.Vote) return p.voted == p.u3;
        return false;
    }

    function enter(Progress memory p, Phase phase, uint40 since, uint256 lengthSeconds) internal pure {
        p.phase = phase;
        p.endsAt = since + uint40(lengthSeconds);
    }

    function end(Progress memory p, VoidReason reason) internal pure {
        p.phase = Phase.Void;
        p.voidReason = reason;
        p.endsAt = 0;
    }

    function _enterIf(
        Progress memory p,
        bool enough,
        Phase phase,
        VoidReason otherwise,
        uint40 since,
        TaskParameters memory q
    ) private pure returns (bool) {
        if (enough) enter(p, phase, since, q.phaseSeconds);
        else end(p, otherwise);
        return enough;
    }

    /// @dev Every member of a task stakes the same amount (and weighs the same in an allow-listed one), so that weights by stake
    /// are numbers of members: a training candidate is rejected when worse > better and (worse + better) * 3 >= |U3|.
    function _count(Progress memory p, TaskParameters memory q, uint256 c) private pure {
        if (p.dispute > c) return end(p, VoidReason.SumDisputed);
        if (uint256(p.worse) + p.abstain + p.better <= c) return end(p, VoidReason.TooFewVotes);
        bool training = p.step != 0 && p.step <= q.trainingRounds;
        bool decisive = (uint256(p.worse) + p.better) * 3 >= uint256(p.u3).count();
        p.accepted = !(training && p.worse > p.better && decisive);
        p.phase = Phase.Settled;
        p.endsAt = 0;
    }
}
