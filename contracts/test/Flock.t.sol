// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20Capped} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Capped.sol";
import {Flock} from "../src/token/Flock.sol";
import {Test} from "./base/Test.sol";

contract FlockTest is Test {
    uint256 private constant CAP = 1_000_000_000e18;
    uint256 private constant NOW = 1_800_000_000;
    address private constant GOVERNANCE = address(0x60);
    address private constant EMISSION = address(0xE1);
    address private constant NEXT = address(0xE2);

    function genesis(uint256 amount) private returns (Flock) {
        Flock.Grant[] memory grants = new Flock.Grant[](2);
        grants[0] = Flock.Grant(address(1), amount);
        grants[1] = Flock.Grant(address(2), 5);
        return new Flock(grants, address(this), GOVERNANCE);
    }

    function testGenesisGoesToThePublishedList() public {
        Flock flock = genesis(7);
        assertEq(flock.balanceOf(address(1)), 7);
        assertEq(flock.balanceOf(address(2)), 5);
        assertEq(flock.totalSupply(), 12);
        assertEq(flock.cap(), CAP);
    }

    function testGenesisStopsAtTheCap() public {
        genesis(CAP - 5);
        vm.expectRevert(abi.encodeWithSelector(ERC20Capped.ERC20ExceededCap.selector, CAP + 1, CAP));
        genesis(CAP - 4);
    }

    function testFaucetOnTheLocalChain() public {
        Flock flock = genesis(0);
        uint256 limit = flock.FAUCET_LIMIT();
        flock.faucet(limit);
        assertEq(flock.balanceOf(address(this)), limit);
        vm.expectRevert(abi.encodeWithSelector(Flock.FaucetLimit.selector, limit + 1, limit));
        flock.faucet(limit + 1);
    }

    function testFaucetStopsAtTheCap() public {
        Flock flock = genesis(CAP - 5);
        vm.expectRevert(abi.encodeWithSelector(ERC20Capped.ERC20ExceededCap.selector, CAP + 1, CAP));
        flock.faucet(1);
    }

    function testNoFaucetElsewhere(uint64 chainId) public {
        vm.assume(chainId != 31337 && chainId != 0);
        Flock flock = genesis(0);
        vm.chainId(chainId);
        vm.expectRevert(abi.encodeWithSelector(Flock.FaucetOnlyOnLocalChain.selector, uint256(chainId)));
        flock.faucet(1);
    }

    // ------------------------------------------------------------ who mints

    function wired() private returns (Flock flock) {
        vm.warp(NOW);
        flock = genesis(0);
        flock.setFirstMinter(EMISSION);
    }

    function schedule(Flock flock, address next) private {
        vm.prank(GOVERNANCE);
        flock.scheduleMinter(next);
    }

    function mintAs(Flock flock, address caller, uint256 amount) private {
        vm.prank(caller);
        flock.mint(address(3), amount);
    }

    function assertNotMinter(Flock flock, address caller) private {
        vm.expectRevert(abi.encodeWithSelector(Flock.NotMinter.selector, caller));
        mintAs(flock, caller, 1);
    }

    function testTheDeployerNamesTheFirstMinterOnce() public {
        Flock flock = genesis(0);
        assertNotMinter(flock, address(this));
        vm.prank(GOVERNANCE);
        vm.expectRevert(abi.encodeWithSelector(Flock.NotDeployer.selector, GOVERNANCE));
        flock.setFirstMinter(GOVERNANCE);
        vm.expectEmit();
        emit Flock.MinterChanged(EMISSION);
        flock.setFirstMinter(EMISSION);
        mintAs(flock, EMISSION, 9);
        assertEq(flock.balanceOf(address(3)), 9);
        assertNotMinter(flock, address(this));
        assertNotMinter(flock, GOVERNANCE);
        vm.expectRevert(Flock.MinterAlreadySet.selector);
        flock.setFirstMinter(NEXT);
    }

    function testTheDeployerHasNoOtherRight() public {
        Flock flock = genesis(0);
        bytes memory error_ = abi.encodeWithSelector(Flock.NotGovernance.selector, address(this));
        vm.expectRevert(error_);
        flock.scheduleMinter(NEXT);
        vm.expectRevert(error_);
        flock.cancelMinter();
    }

    function testNoMintPastTheCap(uint256 first) public {
        Flock flock = wired();
        first = bound(first, 0, CAP - 5);
        mintAs(flock, EMISSION, first);
        mintAs(flock, EMISSION, CAP - 5 - first);
        vm.expectRevert(abi.encodeWithSelector(ERC20Capped.ERC20ExceededCap.selector, CAP + 1, CAP));
        mintAs(flock, EMISSION, 1);
    }

    function testAnotherMinterAfterThirtyDays() public {
        Flock flock = wired();
        vm.expectEmit();
        emit Flock.MinterScheduled(NEXT, uint40(NOW + 30 days));
        schedule(flock, NEXT);
        vm.warp(NOW + 30 days - 1);
        vm.expectRevert(abi.encodeWithSelector(Flock.TooEarly.selector, NOW + 30 days));
        flock.acceptMinter();
        mintAs(flock, EMISSION, 1);
        vm.warp(NOW + 30 days);
        vm.expectEmit();
        emit Flock.MinterChanged(NEXT);
        flock.acceptMinter();
        mintAs(flock, NEXT, 1);
        assertNotMinter(flock, EMISSION);
        vm.expectRevert(Flock.NoMinterScheduled.selector);
        flock.acceptMinter();
    }

    function testAChangeIsCalledOff() public {
        Flock flock = wired();
        vm.expectRevert(Flock.NoMinterScheduled.selector);
        vm.prank(GOVERNANCE);
        flock.cancelMinter();
        schedule(flock, NEXT);
        vm.prank(GOVERNANCE);
        vm.expectEmit();
        emit Flock.MinterCancelled(NEXT);
        flock.cancelMinter();
        vm.warp(NOW + 31 days);
        vm.expectRevert(Flock.NoMinterScheduled.selector);
        flock.acceptMinter();
        assertEq(flock.minter(), EMISSION);
    }

    function testAnotherChangeWaitsAnew() public {
        Flock flock = wired();
        schedule(flock, NEXT);
        vm.warp(NOW + 29 days);
        schedule(flock, address(7));
        vm.warp(NOW + 31 days);
        vm.expectRevert(abi.encodeWithSelector(Flock.TooEarly.selector, NOW + 59 days));
        flock.acceptMinter();
        vm.warp(NOW + 59 days);
        flock.acceptMinter();
        assertEq(flock.minter(), address(7));
    }

    /// @dev Minting can be ended for good, by governance alone: the deployer does not come back.
    function testNobodyMintsAnyMore() public {
        Flock flock = wired();
        schedule(flock, address(0));
        vm.warp(NOW + 30 days);
        flock.acceptMinter();
        assertNotMinter(flock, EMISSION);
        vm.expectRevert(Flock.MinterAlreadySet.selector);
        flock.setFirstMinter(EMISSION);
    }

    function testGovernanceMayComeBeforeTheDeployer() public {
        vm.warp(NOW);
        Flock flock = genesis(0);
        schedule(flock, NEXT);
        vm.warp(NOW + 30 days);
        flock.acceptMinter();
        vm.expectRevert(Flock.MinterAlreadySet.selector);
        flock.setFirstMinter(EMISSION);
    }
}
