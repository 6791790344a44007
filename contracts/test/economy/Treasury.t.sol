// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ITreasury} from "../../src/economy/ITreasury.sol";
import {Treasury} from "../../src/economy/Treasury.sol";
import {GovernanceTest} from "./base/GovernanceTest.sol";

/// @dev Like some old tokens: it answers nothing.
contract SilentToken {
    mapping(address => uint256) public balanceOf;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }
}

/// @dev Asks again while it is being paid.
contract Greedy {
    bool public refused;

    receive() external payable {
        try Treasury(payable(msg.sender)).payEther(payable(this), 1) {}
        catch {
            refused = true;
        }
    }
}

contract Picky {
    receive() external payable {
        revert();
    }
}

contract TreasuryTest is GovernanceTest {
    address payable private constant PAYEE = payable(address(0xFEE));

    function setUp() public override {
        super.setUp();
        flock.transfer(address(treasury), 100);
        (bool sent,) = address(treasury).call{value: 10}("");
        assertTrue(sent, "it takes ETH");
    }

    function test_pays_a_token_by_proposal() public {
        carry(address(treasury), abi.encodeCall(treasury.pay, (flock, PAYEE, 60)));
        assertEq(flock.balanceOf(PAYEE), 60);
        assertEq(flock.balanceOf(address(treasury)), 40);
    }

    function test_pays_ether_by_proposal() public {
        carry(address(treasury), abi.encodeCall(treasury.payEther, (PAYEE, 10)));
        assertEq(PAYEE.balance, 10);
    }

    function test_pays_a_token_that_answers_nothing() public {
        SilentToken silent = new SilentToken();
        silent.mint(address(treasury), 5);
        vm.prank(address(timelock));
        treasury.pay(IERC20(address(silent)), PAYEE, 5);
        assertEq(silent.balanceOf(PAYEE), 5);
    }

    function test_nobody_else_takes() public {
        address[3] memory callers = [address(this), ANNA, address(governor)];
        for (uint256 i; i < callers.length; ++i) {
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(ITreasury.NotGovernance.selector, callers[i]));
            treasury.pay(flock, PAYEE, 1);
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(ITreasury.NotGovernance.selector, callers[i]));
            treasury.payEther(PAYEE, 1);
        }
    }

    function test_pays_nothing_to_nobody() public {
        vm.startPrank(address(timelock));
        vm.expectRevert(ITreasury.ZeroRecipient.selector);
        treasury.pay(flock, address(0), 1);
        vm.expectRevert(ITreasury.ZeroRecipient.selector);
        treasury.payEther(payable(address(0)), 1);
    }

    function test_pays_no_more_than_it_has() public {
        vm.startPrank(address(timelock));
        vm.expectRevert(abi.encodeWithSelector(ITreasury.NotEnoughEther.selector, 10, 11));
        treasury.payEther(PAYEE, 11);
        vm.expectRevert();
        treasury.pay(flock, PAYEE, 101);
    }

    function test_a_payee_that_refuses_gets_nothing() public {
        address payable picky = payable(address(new Picky()));
        vm.prank(address(timelock));
        vm.expectRevert(abi.encodeWithSelector(ITreasury.EtherRefused.selector, picky));
        treasury.payEther(picky, 1);
    }

    function test_a_payee_that_calls_back_gets_no_more() public {
        Greedy greedy = new Greedy();
        carry(address(treasury), abi.encodeCall(treasury.payEther, (payable(greedy), 3)));
        assertTrue(greedy.refused(), "it asked again and was refused");
        assertEq(address(greedy).balance, 3);
    }
}
