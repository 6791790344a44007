// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {GmFlock} from "../../src/economy/GmFlock.sol";
import {IGmFlock} from "../../src/economy/IGmFlock.sol";
import {Flock} from "../../src/token/Flock.sol";
import {Test} from "../base/Test.sol";
import {GmFlockHandler} from "./GmFlockHandler.sol";
import {TestModule} from "./TestModule.sol";

/// @dev Whatever owners and modules do in whatever order (GmFlockHandler.sol): the books balance, and in the end everybody gets out.
contract GmFlockInvariantsTest is Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    GmFlockHandler private handler;
    Flock private flock;
    GmFlock private gm;

    function setUp() public {
        handler = new GmFlockHandler();
        handler.prepare();
        (flock, gm,) = handler.parts();
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        bytes4[] memory moves = new bytes4[](12);
        moves[0] = GmFlockHandler.timePasses.selector;
        moves[1] = GmFlockHandler.locks.selector;
        moves[2] = GmFlockHandler.extends_.selector;
        moves[3] = GmFlockHandler.pokes.selector;
        moves[4] = GmFlockHandler.redeems.selector;
        moves[5] = GmFlockHandler.opens.selector;
        moves[6] = GmFlockHandler.closes.selector;
        moves[7] = GmFlockHandler.slashes.selector;
        moves[8] = GmFlockHandler.delegates.selector;
        moves[9] = GmFlockHandler.guardianMoves.selector;
        // Twice as often, since each waits for another.
        moves[10] = GmFlockHandler.timePasses.selector;
        moves[11] = GmFlockHandler.opens.selector;
        targets[0] = FuzzSelector(address(handler), moves);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// forge-config: default.invariant.runs = 32
    /// forge-config: default.invariant.depth = 64
    function invariantTheBooksBalance() external view {
        (uint256 locked, uint256 units) = (0, 0);
        uint256[4] memory of_;
        for (uint256 id = 1; id <= gm.lockCount(); ++id) {
            IGmFlock.Lock memory l = gm.locks(id);
            if (l.owner == address(0)) continue;
            locked += l.amount;
            units += uint256(l.amount) * l.multiplier / 1e18;
            assertTrue(l.multiplier >= 1e18 && l.multiplier <= 3.01e18, "multiplier");
            positionsFit(id, l);
            for (uint256 i; i < 4; ++i) if (handler.owners(i) == l.owner) of_[i] += l.amount;
        }
        assertEq(flock.balanceOf(address(gm)), locked + handler.given());
        assertEq(gm.totalSupply(), units);
        (uint256 balances, uint256 votes) = (0, 0);
        for (uint256 i; i < 4; ++i) {
            address owner = handler.owners(i);
            balances += gm.balanceOf(owner);
            votes += gm.getVotes(owner);
            // Nobody has more than what was put in, less what slashes took, and what was earned by proving.
            assertEq(flock.balanceOf(owner) + of_[i] + handler.lost(owner), handler.FUNDS() + handler.earned(owner));
        }
        assertEq(balances, units);
        assertEq(votes, units);
    }

    function positionsFit(uint256 id, IGmFlock.Lock memory l) private view {
        uint256[] memory list = gm.positionsOf(id);
        (uint256 principal, uint256 weight) = (0, 0);
        for (uint256 i; i < list.length; ++i) {
            IGmFlock.Position memory p = gm.positions(list[i]);
            assertEq(p.lock, id);
            assertEq(gm.ownerOf(list[i]), l.owner);
            principal += p.principal;
            weight += gm.weightOf(list[i]);
            if (p.module != address(handler.modules(0))) continue;
            // The module that listens knows all there is to know.
            assertEq(TestModule(p.module).weightOf(list[i]), gm.weightOf(list[i]));
            assertEq(TestModule(p.module).principalOf(list[i]), p.principal);
        }
        assertEq(list.length, l.positions);
        assertTrue(list.length <= 8, "too many positions");
        assertEq(principal, l.committed);
        assertTrue(principal <= l.amount && weight <= uint256(l.amount) * l.multiplier / 1e18, "more than the lock");
    }

    /// @dev In the end everybody gets out, and only gifts stay behind.
    function afterInvariant() external {
        (,, uint256 now_) = handler.parts();
        vm.warp(now_ + 365 days);
        for (uint256 position = 1; position <= gm.positionCount(); ++position) {
            address module = gm.positions(position).module;
            if (module != address(0)) TestModule(module).close(position);
        }
        for (uint256 id = 1; id <= gm.lockCount(); ++id) {
            address owner = gm.locks(id).owner;
            if (owner == address(0)) continue;
            vm.prank(owner);
            gm.redeem(id);
        }
        assertEq(flock.balanceOf(address(gm)), handler.given());
        assertEq(gm.totalSupply(), 0);
    }
}
