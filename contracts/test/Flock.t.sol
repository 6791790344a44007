// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20Capped} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Capped.sol";
import {Flock} from "../src/token/Flock.sol";
import {Test} from "./base/Test.sol";

contract FlockTest is Test {
    uint256 private constant CAP = 1_000_000_000e18;
    address private constant GOVERNANCE = address(0x60);

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
}
