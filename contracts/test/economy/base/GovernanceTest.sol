// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {Delegation} from "../../../src/economy/Delegation.sol";
import {Emission} from "../../../src/economy/Emission.sol";
import {EntryGate} from "../../../src/economy/EntryGate.sol";
import {GmFlock} from "../../../src/economy/GmFlock.sol";
import {IDelegation} from "../../../src/economy/IDelegation.sol";
import {MurmurGovernor} from "../../../src/economy/MurmurGovernor.sol";
import {MurmurTimelock} from "../../../src/economy/MurmurTimelock.sol";
import {Treasury} from "../../../src/economy/Treasury.sol";
import {Flock} from "../../../src/token/Flock.sol";
import {Test} from "../../base/Test.sol";

/// @dev The whole economy, wired as a deployment wires it, on a chain that is not the local one; three voters; and the moves of a
/// proposal. The test itself is the deployer, and holds what is left of genesis.
abstract contract GovernanceTest is Test {
    struct Proposal {
        address[] targets;
        uint256[] values;
        bytes[] calls;
        string text;
    }

    uint8 internal constant AGAINST = 0;
    uint8 internal constant FOR = 1;
    uint8 internal constant ABSTAIN = 2;

    uint48 internal constant VOTING_DELAY = 2 days;
    uint32 internal constant VOTING_PERIOD = 7 days;
    uint48 internal constant EXTENSION = 2 days;
    uint256 internal constant TIMELOCK_DELAY = 3 days;
    uint256 internal constant THRESHOLD = 1000e18;
    uint256 internal constant QUORUM_BPS = 400;
    uint256 internal constant QUORUM_FLOOR = 1_000_000e18;

    address internal constant ANNA = address(0xA11A);
    address internal constant BEN = address(0xBE11);
    address internal constant CLEO = address(0xC1E0);
    address internal constant STRANGER = address(0x5742);
    address internal constant GUARDIAN = address(0x94A2D);
    uint256 internal constant STAKE = 2_000_000e18;
    uint256 internal constant CAP = 1_000_000_000e18;
    uint256 internal constant GENESIS = 900_000_000e18;

    /// @dev Unix seconds. Not block.timestamp: the optimiser may read that once and keep it across a warp.
    uint256 internal clock = 1_800_000_000;
    MurmurTimelock internal timelock;
    Treasury internal treasury;
    EntryGate internal gate;
    Flock internal flock;
    GmFlock internal gmFlock;
    MurmurGovernor internal governor;
    Emission internal emission;
    Delegation internal delegation;

    function setUp() public virtual {
        vm.chainId(8453);
        vm.warp(clock);
        bytes memory args = abi.encode(TIMELOCK_DELAY, address(this));
        timelock = MurmurTimelock(payable(vm.deployCode("MurmurTimelock.sol", args)));
        treasury = Treasury(payable(vm.deployCode("Treasury.sol", abi.encode(timelock))));
        gate = EntryGate(vm.deployCode("EntryGate.sol", abi.encode(timelock, GUARDIAN)));
        Flock.Grant[] memory genesis = new Flock.Grant[](1);
        genesis[0] = Flock.Grant(address(this), GENESIS);
        flock = Flock(vm.deployCode("Flock.sol", abi.encode(genesis, address(this), timelock)));
        gmFlock = GmFlock(vm.deployCode("GmFlock.sol", abi.encode(flock, gate, treasury)));
        args = abi.encode(gmFlock, timelock, settings());
        governor = MurmurGovernor(payable(vm.deployCode("MurmurGovernor.sol", args)));
        args = abi.encode(flock, gmFlock, timelock, CAP - GENESIS, clock);
        emission = Emission(vm.deployCode("Emission.sol", args));
        args = abi.encode(flock, gmFlock, timelock, treasury, poolRules());
        delegation = Delegation(vm.deployCode("Delegation.sol", args));
        flock.setFirstMinter(address(emission));
        timelock.grantRole(timelock.PROPOSER_ROLE(), address(governor));
        timelock.grantRole(timelock.CANCELLER_ROLE(), address(governor));
        timelock.grantRole(timelock.EXECUTOR_ROLE(), address(governor));
        timelock.renounceRole(timelock.DEFAULT_ADMIN_ROLE(), address(this));
        lockFor(ANNA, STAKE);
        lockFor(BEN, STAKE);
        lockFor(CLEO, STAKE);
        pass(1);
    }

    function poolRules() internal pure returns (IDelegation.Rules memory) {
        return IDelegation.Rules({
            minSigma: 0,
            maxSigma: 0.5e18,
            changeDelay: 7 days,
            exitDelay: 7 days,
            operatorFeeBps: 800,
            delegatorFeeBps: 1450
        });
    }

    function settings() internal pure returns (MurmurGovernor.Settings memory) {
        return MurmurGovernor.Settings({
            votingDelay: VOTING_DELAY,
            votingPeriod: VOTING_PERIOD,
            extension: EXTENSION,
            threshold: THRESHOLD,
            quorumBps: QUORUM_BPS,
            quorumFloor: QUORUM_FLOOR
        });
    }

    /// @dev For the shortest time: a unit for each FLOCK wei.
    function lockFor(address who, uint256 amount) internal returns (uint256) {
        return lockFor(who, amount, 30 days);
    }

    function lockFor(address who, uint256 amount, uint256 seconds_) internal returns (uint256 lockId) {
        flock.transfer(who, amount);
        vm.startPrank(who);
        flock.approve(address(gmFlock), amount);
        lockId = gmFlock.lock(amount, seconds_);
        vm.stopPrank();
    }

    function pass(uint256 seconds_) internal {
        clock += seconds_;
        vm.warp(clock);
    }

    // ------------------------------------------------------------ a proposal's moves

    function single(address target, bytes memory call) internal pure returns (Proposal memory p) {
        (p.targets, p.values, p.calls) = (new address[](1), new uint256[](1), new bytes[](1));
        (p.targets[0], p.calls[0], p.text) = (target, call, "a proposal");
    }

    function idOf(Proposal memory p) internal view returns (uint256) {
        return governor.hashProposal(p.targets, p.values, p.calls, keccak256(bytes(p.text)));
    }

    function propose(address who, Proposal memory p) internal returns (uint256) {
        vm.prank(who);
        return governor.propose(p.targets, p.values, p.calls, p.text);
    }

    function vote(address who, uint256 id, uint8 support) internal {
        vm.prank(who);
        governor.castVote(id, support);
    }

    function queue(Proposal memory p) internal {
        governor.queue(p.targets, p.values, p.calls, keccak256(bytes(p.text)));
    }

    function execute(Proposal memory p) internal {
        governor.execute(p.targets, p.values, p.calls, keccak256(bytes(p.text)));
    }

    function cancel(address who, Proposal memory p) internal {
        vm.prank(who);
        governor.cancel(p.targets, p.values, p.calls, keccak256(bytes(p.text)));
    }

    /// @dev Proposed by Anna; voting is open.
    function toActive(Proposal memory p) internal returns (uint256 id) {
        id = propose(ANNA, p);
        pass(VOTING_DELAY + 1);
    }

    function toSucceeded(Proposal memory p) internal returns (uint256 id) {
        id = toActive(p);
        vote(ANNA, id, FOR);
        pass(VOTING_PERIOD);
    }

    /// @dev Queued, and its delay is over.
    function toReady(Proposal memory p) internal returns (uint256 id) {
        id = toSucceeded(p);
        queue(p);
        pass(TIMELOCK_DELAY);
    }

    function carry(Proposal memory p) internal returns (uint256 id) {
        id = toReady(p);
        execute(p);
    }

    function carry(address target, bytes memory call) internal returns (uint256) {
        return carry(single(target, call));
    }

    function assertState(uint256 id, IGovernor.ProposalState wanted) internal view {
        assertEq(uint256(governor.state(id)), uint256(wanted));
    }

    /// @dev The next call reverts because a proposal is not in a state of `allowed`.
    function expectWrongState(uint256 id, IGovernor.ProposalState current, bytes32 allowed) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IGovernor.GovernorUnexpectedProposalState.selector, id, current, allowed)
        );
    }

    function only(IGovernor.ProposalState one) internal pure returns (bytes32) {
        return bytes32(uint256(1) << uint8(one));
    }
}
