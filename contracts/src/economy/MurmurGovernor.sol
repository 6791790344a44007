// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorPreventLateQuorum} from "@openzeppelin/contracts/governance/extensions/GovernorPreventLateQuorum.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {GovernorTimelockControl} from "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {
    GovernorVotesQuorumFraction
} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {GovernanceBounds as Bounds} from "./GovernanceBounds.sol";

/// @title Whoever has locked FLOCK decides
/// @notice OpenZeppelin's Governor over gmFLOCK units, counted as they were when voting on a proposal began, with its usual
/// extensions and three rules of ours: every setting has hard bounds (GovernanceBounds); the quorum has an absolute floor beside its
/// fraction, so that few early locks decide nothing; and what nobody queued or executed within GRACE expires, so that no old decision
/// lies in wait until those who took it have left.
/// @dev Times are Unix seconds, votes gmFLOCK wei.
contract MurmurGovernor is
    GovernorSettings,
    GovernorCountingSimple,
    GovernorVotesQuorumFraction,
    GovernorPreventLateQuorum,
    GovernorTimelockControl
{
    using Checkpoints for Checkpoints.Trace208;

    struct Settings {
        /// seconds between a proposal and the moment whose units count
        uint48 votingDelay;
        /// seconds of voting
        uint32 votingPeriod;
        /// seconds of voting that remain at least after the quorum is there
        uint48 extension;
        /// gmFLOCK wei that a proposer has
        uint256 threshold;
        /// part of all units, in 1/10,000
        uint256 quorumBps;
        /// gmFLOCK wei
        uint256 quorumFloor;
    }

    /// @notice Seconds in which a decision may be queued, and then executed.
    uint256 public constant GRACE = 14 days;

    Checkpoints.Trace208 private _quorumFloors;

    event QuorumFloorSet(uint256 oldFloor, uint256 newFloor);

    error TimelockIsFixed();
    error NotATimestampClock();

    constructor(IVotes votes, TimelockController timelock_, Settings memory settings)
        Governor("Murmur Governor")
        GovernorSettings(settings.votingDelay, settings.votingPeriod, settings.threshold)
        GovernorVotes(votes)
        GovernorVotesQuorumFraction(settings.quorumBps)
        GovernorPreventLateQuorum(settings.extension)
        GovernorTimelockControl(timelock_)
    {
        if (clock() != block.timestamp) revert NotATimestampClock();
        _setQuorumFloor(settings.quorumFloor);
    }

    // ------------------------------------------------------------ quorum

    /// @notice Votes for and abstentions that a proposal needs: the greater of fraction and floor, rounded up.
    /// @param timepoint the proposal's snapshot; changes of the settings since do not count
    function quorum(uint256 timepoint) public view override(Governor, GovernorVotesQuorumFraction) returns (uint256) {
        uint256 units = token().getPastTotalSupply(timepoint);
        uint256 part = Math.mulDiv(units, quorumNumerator(timepoint), quorumDenominator(), Math.Rounding.Ceil);
        return Math.max(part, quorumFloor(timepoint));
    }

    /// @inheritdoc GovernorVotesQuorumFraction
    function quorumDenominator() public pure override returns (uint256) {
        return 10_000;
    }

    /// @notice gmFLOCK wei that a quorum had to have at least at that time.
    function quorumFloor(uint256 timepoint) public view returns (uint256) {
        return _optimisticUpperLookupRecent(_quorumFloors, timepoint);
    }

    /// @notice Governance only.
    function setQuorumFloor(uint256 newFloor) external onlyGovernance {
        _setQuorumFloor(newFloor);
    }

    function _setQuorumFloor(uint256 newFloor) private {
        Bounds.check(newFloor, Bounds.MIN_QUORUM_FLOOR, Bounds.MAX_QUORUM_FLOOR);
        (uint208 oldFloor,) = _quorumFloors.push(clock(), SafeCast.toUint208(newFloor));
        emit QuorumFloorSet(oldFloor, newFloor);
    }

    function _updateQuorumNumerator(uint256 newNumerator) internal override {
        Bounds.check(newNumerator, Bounds.MIN_QUORUM_BPS, Bounds.MAX_QUORUM_BPS);
        super._updateQuorumNumerator(newNumerator);
    }

    // ------------------------------------------------------------ settings within their bounds

    function _setVotingDelay(uint48 newDelay) internal override {
        Bounds.check(newDelay, Bounds.MIN_VOTING_DELAY, Bounds.MAX_VOTING_DELAY);
        super._setVotingDelay(newDelay);
    }

    function _setVotingPeriod(uint32 newPeriod) internal override {
        Bounds.check(newPeriod, Bounds.MIN_VOTING_PERIOD, Bounds.MAX_VOTING_PERIOD);
        super._setVotingPeriod(newPeriod);
    }

    function _setProposalThreshold(uint256 newThreshold) internal override {
        Bounds.check(newThreshold, Bounds.MIN_THRESHOLD, Bounds.MAX_THRESHOLD);
        super._setProposalThreshold(newThreshold);
    }

    function _setLateQuorumVoteExtension(uint48 newExtension) internal override {
        Bounds.check(newExtension, Bounds.MIN_EXTENSION, Bounds.MAX_EXTENSION);
        super._setLateQuorumVoteExtension(newExtension);
    }

    function _maxLateQuorumVoteExtension() internal pure override returns (uint256) {
        return Bounds.MAX_EXTENSION;
    }

    /// @notice Refused: every contract obeys this timelock for ever, and another one would not have its delay's bounds.
    function updateTimelock(TimelockController) public pure override {
        revert TimelockIsFixed();
    }

    // ------------------------------------------------------------ a proposal's life

    /// @inheritdoc Governor
    function state(uint256 proposalId)
        public
        view
        override(Governor, GovernorTimelockControl)
        returns (ProposalState current)
    {
        current = super.state(proposalId);
        uint256 since;
        if (current == ProposalState.Succeeded) since = proposalDeadline(proposalId);
        else if (current == ProposalState.Queued) since = proposalEta(proposalId);
        else return current;
        if (block.timestamp > since + GRACE) current = ProposalState.Expired;
    }

    // ------------------------------------------------------------ which of two parents is meant

    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) {
        return super.proposalThreshold();
    }

    function proposalDeadline(uint256 proposalId)
        public
        view
        override(Governor, GovernorPreventLateQuorum)
        returns (uint256)
    {
        return super.proposalDeadline(proposalId);
    }

    function proposalNeedsQueuing(uint256 proposalId)
        public
        view
        override(Governor, GovernorTimelockControl)
        returns (bool)
    {
        return super.proposalNeedsQueuing(proposalId);
    }

    function _tallyUpdated(uint256 proposalId) internal override(Governor, GovernorPreventLateQuorum) {
        super._tallyUpdated(proposalId);
    }

    function _queueOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint48) {
        return super._queueOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _executeOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) {
        super._executeOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint256) {
        return super._cancel(targets, values, calldatas, descriptionHash);
    }

    function _executor() internal view override(Governor, GovernorTimelockControl) returns (address) {
        return super._executor();
    }
}
