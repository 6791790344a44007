// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC3009, IERC3009Cancel} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Flock} from "../../src/token/Flock.sol";
import {Test} from "../base/Test.sol";

/// @dev A contract wallet that one key signs for.
contract Wallet is IERC1271 {
    address private immutable _key;

    constructor(address key) {
        _key = key;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        return ECDSA.recoverCalldata(hash, signature) == _key ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

/// @dev EIP-3009 of FLOCK: what a signature allows, and where it counts.
contract TransferAuthorizationTest is Test {
    uint256 private constant KEY = 77;
    uint256 private constant NOW = 1_800_000_000;
    address private constant PAYEE = address(0xFA);
    address private constant THIEF = address(0xBAD);
    bytes32 private constant NONCE = keccak256("nonce");

    Flock private flock;
    Flock private twin;
    address private payer;
    Wallet private wallet;

    function setUp() public {
        vm.warp(NOW);
        payer = vm.addr(KEY);
        wallet = new Wallet(payer);
        Flock.Grant[] memory genesis = new Flock.Grant[](2);
        genesis[0] = Flock.Grant(payer, 100);
        genesis[1] = Flock.Grant(address(wallet), 100);
        flock = new Flock(genesis, address(0), address(0));
        twin = new Flock(genesis, address(0), address(0));
    }

    function digest(string memory kind, address from, uint256 validAfter, uint256 validBefore)
        private
        view
        returns (bytes32)
    {
        bytes32 typehash = keccak256(
            bytes.concat(
                bytes(kind),
                "(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
            )
        );
        return typed(abi.encode(typehash, from, PAYEE, 60, validAfter, validBefore, NONCE));
    }

    function cancellation(address authorizer) private view returns (bytes32) {
        return typed(abi.encode(keccak256("CancelAuthorization(address authorizer,bytes32 nonce)"), authorizer, NONCE));
    }

    function typed(bytes memory encoded) private view returns (bytes32) {
        return keccak256(abi.encodePacked("\x19\x01", flock.DOMAIN_SEPARATOR(), keccak256(encoded)));
    }

    /// @dev What anybody may send at once, from the payer or the wallet.
    function transferOf(address from) private view returns (bytes memory) {
        return packed(digest("TransferWithAuthorization", from, 0, NOW + 1));
    }

    function packed(bytes32 message) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, message);
        return abi.encodePacked(r, s, v);
    }

    function send(Flock token, address from, bytes memory signature) private {
        token.transferWithAuthorization(from, PAYEE, 60, 0, NOW + 1, NONCE, signature);
    }

    function receiveAs(address caller, address from, bytes memory signature) private {
        vm.prank(caller);
        flock.receiveWithAuthorization(from, PAYEE, 60, 0, NOW + 1, NONCE, signature);
    }

    function assertPaid(address from) private view {
        assertEq(flock.balanceOf(PAYEE), 60);
        assertEq(flock.balanceOf(from), 40);
        assertTrue(flock.authorizationState(from, NONCE), "not used");
    }

    // ------------------------------------------------------------ both overloads

    function testTransferByBytes() public {
        assertTrue(!flock.authorizationState(payer, NONCE), "used");
        bytes memory signature = transferOf(payer);
        vm.expectEmit();
        emit IERC3009.AuthorizationUsed(payer, NONCE);
        send(flock, payer, signature);
        assertPaid(payer);
    }

    function testTransferByParts() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, digest("TransferWithAuthorization", payer, 0, NOW + 1));
        flock.transferWithAuthorization(payer, PAYEE, 60, 0, NOW + 1, NONCE, v, r, s);
        assertPaid(payer);
        bytes memory signature = transferOf(payer);
        vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009UsedAuthorization.selector, payer, NONCE));
        send(flock, payer, signature);
    }

    function testReceiveByBytes() public {
        receiveAs(PAYEE, payer, packed(digest("ReceiveWithAuthorization", payer, 0, NOW + 1)));
        assertPaid(payer);
    }

    function testReceiveByParts() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, digest("ReceiveWithAuthorization", payer, 0, NOW + 1));
        vm.prank(PAYEE);
        flock.receiveWithAuthorization(payer, PAYEE, 60, 0, NOW + 1, NONCE, v, r, s);
        assertPaid(payer);
    }

    function testCancelByBytes() public {
        bytes memory signature = packed(cancellation(payer));
        vm.expectEmit();
        emit IERC3009Cancel.AuthorizationCanceled(payer, NONCE);
        flock.cancelAuthorization(payer, NONCE, signature);
        bytes memory used = abi.encodeWithSelector(ERC3009.ERC3009UsedAuthorization.selector, payer, NONCE);
        bytes memory transfer = transferOf(payer);
        vm.expectRevert(used);
        send(flock, payer, transfer);
        vm.expectRevert(used);
        flock.cancelAuthorization(payer, NONCE, signature);
    }

    function testCancelByParts() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, cancellation(payer));
        flock.cancelAuthorization(payer, NONCE, v, r, s);
        assertTrue(flock.authorizationState(payer, NONCE), "not used");
    }

    // ------------------------------------------------------------ contract wallets

    function testAWalletPays() public {
        send(flock, address(wallet), transferOf(address(wallet)));
        assertPaid(address(wallet));
    }

    function testAWalletIsReceivedFromAndCancels() public {
        flock.cancelAuthorization(address(wallet), keccak256("other"), packed(walletCancellation()));
        receiveAs(PAYEE, address(wallet), packed(digest("ReceiveWithAuthorization", address(wallet), 0, NOW + 1)));
        assertPaid(address(wallet));
    }

    function walletCancellation() private view returns (bytes32) {
        bytes32 typehash = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");
        return typed(abi.encode(typehash, address(wallet), keccak256("other")));
    }

    function testAWalletSaysNo() public {
        bytes memory signature = transferOf(payer);
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        send(flock, address(wallet), signature);
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        send(flock, address(this), signature);
    }

    // ------------------------------------------------------------ when

    function testTheWindowIsOpen() public {
        for (uint256 i; i < 4; ++i) {
            (uint256 from, uint256 to) = shut(i);
            bytes memory signature = packed(digest("TransferWithAuthorization", payer, from, to));
            vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009InvalidAuthorizationTime.selector, from, to));
            flock.transferWithAuthorization(payer, PAYEE, 60, from, to, NONCE, signature);
        }
        bytes memory signed = packed(digest("TransferWithAuthorization", payer, NOW - 1, NOW + 1));
        flock.transferWithAuthorization(payer, PAYEE, 60, NOW - 1, NOW + 1, NONCE, signed);
        assertPaid(payer);
    }

    /// @dev Windows that are shut now.
    function shut(uint256 i) private pure returns (uint256, uint256) {
        if (i == 0) return (NOW, NOW + 1);
        if (i == 1) return (NOW - 1, NOW);
        return i == 2 ? (NOW + 1, NOW + 9) : (0, 0);
    }

    /// @dev OpenZeppelin's reading of bit 47: from block 0 to block 2^40. Here it is a time in the far future.
    function testTimesAreNeverBlocks() public {
        uint256 flag = 1 << 47;
        bytes memory signature = packed(digest("TransferWithAuthorization", payer, flag, flag | (1 << 40)));
        vm.expectRevert(
            abi.encodeWithSelector(ERC3009.ERC3009InvalidAuthorizationTime.selector, flag, flag | (1 << 40))
        );
        flock.transferWithAuthorization(payer, PAYEE, 60, flag, flag | (1 << 40), NONCE, signature);
    }

    // ------------------------------------------------------------ attacks

    /// @dev Somebody copies the payee's call from the mempool: it is the payee's alone, and still good afterwards.
    function testNobodyFrontRunsAReceipt() public {
        bytes32 message = digest("ReceiveWithAuthorization", payer, 0, NOW + 1);
        bytes memory signature = packed(message);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, PAYEE));
        receiveAs(THIEF, payer, signature);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, message);
        vm.prank(THIEF);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, PAYEE));
        flock.receiveWithAuthorization(payer, PAYEE, 60, 0, NOW + 1, NONCE, v, r, s);
        receiveAs(PAYEE, payer, signature);
        assertPaid(payer);
    }

    /// @dev Nor is it sent as a transfer, which would pay the payee without its knowing what for.
    function testASignatureIsForOneFunction() public {
        bytes memory receipt = packed(digest("ReceiveWithAuthorization", payer, 0, NOW + 1));
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        send(flock, payer, receipt);
        bytes memory transfer = transferOf(payer);
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        receiveAs(PAYEE, payer, transfer);
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        flock.cancelAuthorization(payer, NONCE, transfer);
    }

    function testNotOnAnotherContract() public {
        bytes memory signature = transferOf(payer);
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        send(twin, payer, signature);
    }

    function testNotOnAnotherChain(uint64 chainId) public {
        vm.assume(chainId != block.chainid && chainId != 0);
        bytes memory signature = transferOf(payer);
        bytes memory ofWallet = transferOf(address(wallet));
        vm.chainId(chainId);
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        send(flock, payer, signature);
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        send(flock, address(wallet), ofWallet);
    }

    /// @dev The other form of the same signature (s mirrored) is refused, and would find the nonce used.
    function testNoSecondFormOfASignature() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, digest("TransferWithAuthorization", payer, 0, NOW + 1));
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        bytes memory mirrored = abi.encodePacked(r, order - uint256(s), v == 27 ? 28 : 27);
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        send(flock, payer, mirrored);
    }

    function testNothingElseMayBeChanged() public {
        bytes memory signature = transferOf(payer);
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        flock.transferWithAuthorization(payer, THIEF, 60, 0, NOW + 1, NONCE, signature);
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        flock.transferWithAuthorization(payer, PAYEE, 61, 0, NOW + 1, NONCE, signature);
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        flock.transferWithAuthorization(payer, PAYEE, 60, 0, NOW + 2, NONCE, signature);
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        flock.transferWithAuthorization(payer, PAYEE, 60, 0, NOW + 1, keccak256("other"), signature);
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        flock.transferWithAuthorization(payer, PAYEE, 60, 0, NOW + 1, NONCE, "");
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        flock.transferWithAuthorization(address(0), PAYEE, 60, 0, NOW + 1, NONCE, signature);
    }
}
