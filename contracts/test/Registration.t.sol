// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {MemberView, Phase, Registration, Skip, TaskParameters} from "../src/alliance/AllianceTypes.sol";
import {IAlliance} from "../src/alliance/IAlliance.sol";
import {AllianceTest} from "./base/AllianceTest.sol";

/// @dev A wallet that is a contract: any signature that is its owner's name.
contract ContractWallet is IERC1271 {
    function isValidSignature(bytes32, bytes memory signature) external pure returns (bytes4) {
        return keccak256(signature) == keccak256("owner") ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

contract RegistrationTest is AllianceTest {
    uint256 private task;

    function setUp() public override {
        super.setUp();
        task = createTask(parameters());
        fund(wallet(0), 1000e18);
    }

    function refused(Registration memory r, bytes memory reason) private {
        bytes memory signature = signedBy(WALLET, registrationDigest(r));
        vm.expectRevert(reason);
        alliance.register(r, signature);
    }

    function testRegistered() public {
        assertEq(register(task, 0), 0);
        MemberView memory member = alliance.getRegistration(task, 0);
        assertEq(member.wallet, wallet(0));
        assertEq(member.sessionKey, vm.addr(SESSION));
        assertEq(member.channelKey, registration(task, 0).channelKey);
        assertEq(member.stake, 100e18);
        assertTrue(member.active, "active");
        (bool active, uint16 id) = alliance.activeRegistration(task, wallet(0));
        assertTrue(active && id == 0, "the wallet's registration");
        (active,) = alliance.activeRegistration(task, wallet(1));
        assertTrue(!active, "nobody else's");
        assertEq(flock.balanceOf(wallet(0)), 900e18);
    }

    function testIdsFollowEachOther() public {
        for (uint256 i; i < 5; ++i) {
            if (i != 0) fund(wallet(i), 100e18);
            assertEq(register(task, i), i);
        }
    }

    function testRotationKeepsTheStake() public {
        register(task, 0);
        assertEq(register(task, 0), 1);
        assertEq(flock.balanceOf(wallet(0)), 900e18);
        assertTrue(!alliance.getRegistration(task, 0).active, "the older one ends");
        assertEq(alliance.getRegistration(task, 1).firstRound, 1);
        assertEq(alliance.getRegistration(task, 1).stake, 100e18);
    }

    function testRotationCountsFromTheNextRound() public {
        register(task, 0);
        uint32 round = alliance.open(task);
        register(task, 0);
        bytes memory early = record(task, round, Phase.Join, 1, "join", SESSION);
        vm.expectEmit();
        emit IAlliance.RecordSkipped(task, round, uint8(Phase.Join), 1, Skip.Inactive);
        alliance.postRecords(task, round, 0, uint8(Phase.Join), early);
        pass(61);
        round = alliance.open(task);
        bytes memory inTime = record(task, round, Phase.Join, 1, "join", SESSION);
        alliance.postRecords(task, round, 0, uint8(Phase.Join), inTime);
        assertEq(progress(task, round).n, 1);
    }

    function testForgedSignature() public {
        Registration memory r = registration(task, 0);
        bytes memory signature = signedBy(WALLET + 1, registrationDigest(r));
        vm.expectRevert(abi.encodeWithSelector(IAlliance.BadWalletSignature.selector, wallet(0)));
        alliance.register(r, signature);
        signature = signedBy(WALLET, registrationDigest(r));
        r.sessionKey = address(1);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.BadWalletSignature.selector, wallet(0)));
        alliance.register(r, signature);
    }

    function testUsedOnce() public {
        Registration memory r = registration(task, 0);
        register(task, 0);
        refused(r, abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, wallet(0), 1));
    }

    function testDeadline() public {
        Registration memory r = registration(task, 0);
        r.deadline = clock - 1;
        refused(r, abi.encodeWithSelector(IAlliance.DeadlineOver.selector, r.deadline));
    }

    function testExpiry() public {
        Registration memory r = registration(task, 0);
        r.expiry = uint64(clock);
        refused(r, abi.encodeWithSelector(IAlliance.BadExpiry.selector, r.expiry));
        r.expiry = uint64(type(uint48).max) + 1;
        refused(r, abi.encodeWithSelector(IAlliance.BadExpiry.selector, r.expiry));
    }

    function testKeysMustBeThere() public {
        Registration memory r = registration(task, 0);
        r.sessionKey = address(0);
        refused(r, abi.encodeWithSelector(IAlliance.ZeroKey.selector));
        r = registration(task, 0);
        r.channelKey = 0;
        refused(r, abi.encodeWithSelector(IAlliance.ZeroKey.selector));
    }

    function testAllowList() public {
        TaskParameters memory p = parameters();
        (p.allowListed, p.stake, p.sumBond, p.pool) = (true, 0, 0, 0);
        uint256 listed = createTask(p);
        refused(registration(listed, 0), abi.encodeWithSelector(IAlliance.NotAllowed.selector, wallet(0)));
        address[] memory wallets = new address[](1);
        wallets[0] = wallet(0);
        vm.prank(CREATOR);
        alliance.allow(listed, wallets);
        register(listed, 0);
        assertEq(flock.balanceOf(wallet(0)), 1000e18);
    }

    function testNotInAnEndedTask() public {
        vm.prank(CREATOR);
        alliance.abandon(task);
        refused(registration(task, 0), abi.encodeWithSelector(IAlliance.TaskNotRunning.selector, task));
    }

    function testStakeMustBeApproved() public {
        Registration memory r = registration(task, 1);
        bytes memory signature = signedBy(WALLET + 1, registrationDigest(r));
        vm.expectRevert();
        alliance.register(r, signature);
    }

    function testContractWallet() public {
        ContractWallet smart = new ContractWallet();
        fund(address(smart), 100e18);
        Registration memory r = registration(task, 0);
        (r.wallet, r.nonce) = (address(smart), 0);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.BadWalletSignature.selector, address(smart)));
        alliance.register(r, "somebody");
        assertEq(alliance.register(r, "owner"), 0);
    }

    // ------------------------------------------------------------ permit

    function permitOf(uint256 key, uint256 amount) private view returns (uint8 v, bytes32 r, bytes32 s) {
        bytes32 typehash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 inner = keccak256(
            abi.encode(typehash, vm.addr(key), address(alliance), amount, flock.nonces(vm.addr(key)), clock + 60)
        );
        return vm.sign(key, keccak256(abi.encodePacked("\x19\x01", flock.DOMAIN_SEPARATOR(), inner)));
    }

    function testRegisterWithPermit() public {
        vm.prank(CREATOR);
        flock.transfer(wallet(1), 100e18);
        Registration memory registration_ = registration(task, 1);
        bytes memory signature = signedBy(WALLET + 1, registrationDigest(registration_));
        (uint8 v, bytes32 r, bytes32 s) = permitOf(WALLET + 1, 100e18);
        assertEq(alliance.registerWithPermit(registration_, signature, clock + 60, v, r, s), 0);
    }

    /// @dev Somebody saw the permit and spent it first: the allowance is there all the same.
    function testPermitSpentByAnother() public {
        vm.prank(CREATOR);
        flock.transfer(wallet(1), 100e18);
        Registration memory registration_ = registration(task, 1);
        bytes memory signature = signedBy(WALLET + 1, registrationDigest(registration_));
        (uint8 v, bytes32 r, bytes32 s) = permitOf(WALLET + 1, 100e18);
        flock.permit(wallet(1), address(alliance), 100e18, clock + 60, v, r, s);
        assertEq(alliance.registerWithPermit(registration_, signature, clock + 60, v, r, s), 0);
    }

    // ------------------------------------------------------------ the way out

    function testRevoke() public {
        vm.expectRevert(abi.encodeWithSelector(IAlliance.NotRegistered.selector, wallet(0)));
        vm.prank(wallet(0));
        alliance.revoke(task);
        register(task, 0);
        vm.prank(wallet(0));
        alliance.revoke(task);
        assertTrue(!alliance.getRegistration(task, 0).active, "revoked");
        vm.expectRevert(abi.encodeWithSelector(IAlliance.NotRegistered.selector, wallet(0)));
        vm.prank(wallet(0));
        alliance.revoke(task);
    }

    function testWithdrawAndComeBack() public {
        vm.expectRevert(abi.encodeWithSelector(IAlliance.NotRegistered.selector, wallet(0)));
        vm.prank(wallet(0));
        alliance.withdraw(task);
        register(task, 0);
        vm.prank(wallet(0));
        alliance.withdraw(task);
        assertEq(flock.balanceOf(wallet(0)), 1000e18);
        assertTrue(!alliance.getRegistration(task, 0).active, "no stake, no member");
        vm.prank(wallet(0));
        alliance.withdraw(task);
        assertEq(flock.balanceOf(wallet(0)), 1000e18);
        assertEq(register(task, 0), 1);
        assertEq(flock.balanceOf(wallet(0)), 900e18);
    }

    function testNoWithdrawalFromTheMiddleOfARound() public {
        task = taskWith(parameters(), 4);
        uint32 round = toShare(task, 4);
        bytes memory locked = abi.encodeWithSelector(IAlliance.InUnfinishedRound.selector, task, round);
        vm.prank(wallet(1));
        vm.expectRevert(locked);
        alliance.withdraw(task);
        // Neither revoking nor rotating opens the door, however often.
        vm.prank(wallet(1));
        alliance.revoke(task);
        vm.prank(wallet(1));
        vm.expectRevert(locked);
        alliance.withdraw(task);
        register(task, 1);
        register(task, 1);
        vm.prank(wallet(1));
        vm.expectRevert(locked);
        alliance.withdraw(task);
        // The shares' deadline passes, nobody touches the contract, the round is void.
        pass(31);
        uint256 before = flock.balanceOf(wallet(1));
        vm.prank(wallet(1));
        alliance.withdraw(task);
        assertEq(flock.balanceOf(wallet(1)), before + 100e18);
    }

    function testOutsidersOfARoundMayLeave() public {
        task = taskWith(parameters(), 5);
        toShare(task, 4);
        vm.prank(wallet(4));
        alliance.withdraw(task);
        assertEq(flock.balanceOf(wallet(4)), 100e18);
    }

    /// @dev A member that lost its session key goes on being one until the round ends.
    function testRevokedMembersStillSpeakInTheirRound() public {
        task = taskWith(parameters(), 4);
        uint32 round = toShare(task, 4);
        vm.prank(wallet(1));
        alliance.revoke(task);
        post(task, round, Phase.Share, everybody(4), "share");
        assertPhase(task, round, Phase.Ack);
    }
}
