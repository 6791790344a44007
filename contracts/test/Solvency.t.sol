// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Phase, RoundView, TaskStatus, TaskView} from "../src/alliance/AllianceTypes.sol";
import {IAlliance} from "../src/alliance/IAlliance.sol";
import {Handler} from "./base/Handler.sol";
import {Test} from "./base/Test.sol";

/// @dev Whatever six wallets do in three tasks at once, in whatever order and at whatever time (base/Handler.sol): the books
/// balance, no rule is broken, and in the end everybody gets out.
contract SolvencyTest is Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    address private constant TREASURY = address(0x7EA);
    address private constant CREATOR = address(0xC0FFEE);

    Handler private handler;
    IAlliance private alliance;

    function setUp() public {
        handler = new Handler();
        handler.prepare();
        alliance = handler.coordinator();
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        bytes4[] memory moves = new bytes4[](7);
        moves[0] = Handler.timePasses.selector;
        moves[1] = Handler.everybodySpeaks.selector;
        moves[2] = Handler.someSpeak.selector;
        moves[3] = Handler.somebodySpeaksOutOfTurn.selector;
        moves[4] = Handler.walletMoves.selector;
        moves[5] = Handler.moneyMoves.selector;
        moves[6] = Handler.endMoves.selector;
        targets[0] = FuzzSelector(address(handler), moves);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @dev To the wei: what divisions leave over stays in the pools.
    /// forge-config: default.invariant.runs = 16
    /// forge-config: default.invariant.depth = 48
    function invariantEveryTokenHasAnOwner() external {
        assertTrue(bytes(handler.broken()).length == 0, handler.broken());
        vm.warp(handler.now_());
        uint256 owned = alliance.deposits(TREASURY) + alliance.deposits(CREATOR);
        for (uint256 task = 1; task <= handler.TASKS(); ++task) {
            alliance.sync(task);
            owned += ofTask(task);
        }
        for (uint256 i; i < handler.WALLETS(); ++i) owned += alliance.deposits(handler.walletOf(i));
        assertEq(handler.balanceOf(address(alliance)), owned);
    }

    /// @dev Stakes, the pool, the bond of a vote, what was earned and not claimed.
    function ofTask(uint256 task) private view returns (uint256 owned) {
        TaskView memory t = alliance.getTask(task);
        owned = t.poolLeft;
        for (uint256 i; i < handler.WALLETS(); ++i) owned += stakeOf(task, handler.walletOf(i));
        for (uint32 round = 1; round <= t.rounds; ++round) {
            RoundView memory r = alliance.getRound(task, round);
            if (r.progress.phase == Phase.Vote) owned += t.parameters.sumBond;
            for (uint16 i; i < r.progress.n; ++i) owned += alliance.claimable(task, round, i);
        }
    }

    function stakeOf(uint256 task, address wallet) private view returns (uint256) {
        (, uint16 id) = alliance.activeRegistration(task, wallet);
        if (id >= alliance.getTask(task).registrations) return 0;
        return alliance.getRegistration(task, id).wallet == wallet ? alliance.getRegistration(task, id).stake : 0;
    }

    /// @dev Once the clock has run out nobody needs anybody: every wallet, the creator and the treasury get all of theirs, and
    /// nothing is left behind.
    function afterInvariant() external {
        vm.warp(handler.now_() + 365 days);
        for (uint256 task = 1; task <= handler.TASKS(); ++task) {
            alliance.sync(task);
            claimAll(task);
            for (uint256 i; i < handler.WALLETS(); ++i) depart(task, handler.walletOf(i));
            if (alliance.getTask(task).status == TaskStatus.Running) abandon(task);
            alliance.refund(task);
        }
        for (uint256 i; i < handler.WALLETS(); ++i) empty(handler.walletOf(i));
        empty(TREASURY);
        empty(CREATOR);
        assertEq(handler.balanceOf(address(alliance)), 0);
    }

    function claimAll(uint256 task) private {
        for (uint32 round = 1; round <= alliance.getTask(task).rounds; ++round) {
            for (uint16 i; i < 6; ++i) {
                if (alliance.claimable(task, round, i) != 0) alliance.claim(task, round, i);
            }
        }
    }

    function depart(uint256 task, address wallet) private {
        uint256 stake = stakeOf(task, wallet);
        if (stake == 0) return;
        uint256 before = handler.balanceOf(wallet);
        vm.prank(wallet);
        alliance.withdraw(task);
        assertEq(handler.balanceOf(wallet), before + stake);
    }

    function abandon(uint256 task) private {
        vm.prank(CREATOR);
        alliance.abandon(task);
    }

    function empty(address account) private {
        uint256 deposited = alliance.deposits(account);
        vm.prank(account);
        alliance.withdrawDeposit(deposited);
        assertEq(alliance.deposits(account), 0);
    }
}
