// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Emission} from "../../src/economy/Emission.sol";
import {IEmission} from "../../src/economy/IEmission.sol";
import {IGmFlock} from "../../src/economy/IGmFlock.sol";
import {Test} from "../base/Test.sol";
import {HookToken, StandInGmFlock} from "./base/StandIns.sol";

contract EmissionTest is Test {
    address private constant GOVERNANCE = address(0x60);
    address private constant ALLIANCE = address(0xA1);
    address private constant ARENA = address(0xA2);
    uint96 private constant SUPPLY = 900_000_000e18;
    uint256 private constant START = 1_000_000;

    HookToken private token;
    StandInGmFlock private gm;
    Emission private emission;

    function setUp() public {
        vm.warp(START);
        (token, gm) = (new HookToken(), new StandInGmFlock());
        emission =
            new Emission(IERC20(address(token)), IGmFlock(address(gm)), GOVERNANCE, SUPPLY, uint40(START));
    }

    function endorse(address module, uint256 task, uint96 cap, uint256 expiry) private {
        vm.prank(GOVERNANCE);
        emission.endorse(module, task, cap, uint40(expiry));
    }

    function stake(address module, uint256 task, uint256 weight) private returns (uint256 position) {
        position = gm.open(address(this), module, task, weight, weight, false);
        emission.sync(position);
    }

    function collect(address module, uint256 task) private returns (uint256) {
        vm.prank(module);
        return emission.collect(task);
    }

    function near(uint256 actual, uint256 wanted) private pure {
        if (actual > wanted + 2 || actual + 2 < wanted) revert NotEqual(actual, wanted);
    }

    function testTasksShareByWeightAndTime() public {
        endorse(ALLIANCE, 1, SUPPLY, START + 300 days);
        endorse(ARENA, 0, SUPPLY, START + 300 days);
        stake(ALLIANCE, 1, 3e18);
        stake(ARENA, 0, 1e18);
        vm.warp(START + 10 days);
        uint256 out = emission.emittedAt(START + 10 days);
        near(emission.collectable(ALLIANCE, 1), out * 3 / 4);
        near(collect(ALLIANCE, 1), out * 3 / 4);
        near(collect(ARENA, 0), out / 4);
        near(token.balanceOf(ALLIANCE), out * 3 / 4);
        assertEq(collect(ALLIANCE, 1), 0);
        assertEq(token.balanceOf(address(emission)), 0);
        assertEq(emission.liveEndorsements(), 2);
    }

    function testAPositionOpenedASecondBeforeTheEndCountsForASecond() public {
        uint256 end = START + 10 days;
        endorse(ALLIANCE, 1, SUPPLY, end);
        endorse(ARENA, 0, SUPPLY, end);
        stake(ALLIANCE, 1, 1e18);
        vm.warp(end - 1);
        stake(ARENA, 0, 1e18);
        vm.warp(end + 50 days);
        uint256 second = emission.emittedAt(end) - emission.emittedAt(end - 1);
        near(collect(ARENA, 0), second / 2);
        near(collect(ALLIANCE, 1), emission.emittedAt(end) - second / 2);
    }

    function testLateCallsLoseNothing() public {
        endorse(ALLIANCE, 1, SUPPLY, START + 20 days);
        endorse(ARENA, 0, SUPPLY, START + 40 days);
        endorse(ARENA, 7, SUPPLY, START + 10 days);
        stake(ALLIANCE, 1, 1e18);
        stake(ARENA, 0, 1e18);
        stake(ARENA, 7, 2e18);
        uint256 snapshot = vm.snapshotState();
        for (uint256 day = 1; day <= 60; day += 3) {
            vm.warp(START + day * 1 days);
            collect(ALLIANCE, 1);
            collect(ARENA, 0);
            collect(ARENA, 7);
        }
        uint256[2] memory often = [token.balanceOf(ALLIANCE), token.balanceOf(ARENA)];
        vm.revertToState(snapshot);
        vm.warp(START + 60 days);
        uint256 foreseen = emission.collectable(ARENA, 0) + emission.collectable(ARENA, 7);
        collect(ALLIANCE, 1);
        collect(ARENA, 0);
        collect(ARENA, 7);
        near(token.balanceOf(ALLIANCE), often[0]);
        near(token.balanceOf(ARENA), often[1]);
        assertEq(token.balanceOf(ARENA), foreseen);
        near(token.balanceOf(ARENA) + token.balanceOf(ALLIANCE), emission.emittedAt(START + 40 days));
    }

    function testADummyTaskEarnsNothing() public {
        address dummy = address(0xD0);
        endorse(ALLIANCE, 1, SUPPLY, START + 300 days);
        stake(ALLIANCE, 1, 1e18);
        stake(dummy, 1, 1_000_000e18);
        stake(ALLIANCE, 2, 1_000_000e18);
        vm.warp(START + 30 days);
        assertEq(collect(dummy, 1), 0);
        assertEq(collect(ALLIANCE, 2), 0);
        near(collect(ALLIANCE, 1), emission.emittedAt(START + 30 days));
        // Endorsed later, it earns from then on.
        endorse(dummy, 1, SUPPLY, START + 60 days);
        assertEq(collect(dummy, 1), 0);
        vm.warp(START + 31 days);
        assertTrue(collect(dummy, 1) != 0, "stake that was there before counts from the endorsement on");
    }

    function testTheCapHolds() public {
        endorse(ALLIANCE, 1, 5e18, START + 300 days);
        endorse(ARENA, 0, SUPPLY, START + 300 days);
        stake(ALLIANCE, 1, 1e18);
        stake(ARENA, 0, 1e18);
        vm.warp(START + 10 days);
        assertEq(emission.collectable(ALLIANCE, 1), 5e18);
        assertEq(collect(ALLIANCE, 1), 5e18);
        assertEq(emission.liveEndorsements(), 1);
        uint256 before = collect(ARENA, 0);
        vm.warp(START + 20 days);
        assertEq(collect(ALLIANCE, 1), 0);
        // From then on the other has all of it.
        near(collect(ARENA, 0), emission.emittedAt(START + 20 days) - emission.emittedAt(START + 10 days));
        near(before, emission.emittedAt(START + 10 days) / 2);
        endorse(ALLIANCE, 1, 2e18, START + 300 days);
        vm.warp(START + 30 days);
        assertEq(collect(ALLIANCE, 1), 2e18);
    }

    function testNoStakeNoEmission() public {
        endorse(ALLIANCE, 1, SUPPLY, START + 300 days);
        vm.warp(START + 100 days);
        stake(ALLIANCE, 1, 1);
        assertEq(emission.collectable(ALLIANCE, 1), 0);
        vm.warp(START + 101 days);
        near(collect(ALLIANCE, 1), emission.emittedAt(START + 101 days) - emission.emittedAt(START + 100 days));
    }

    function testClosedSlashedAndPokedPositionsCountForWhatTheyAre() public {
        endorse(ALLIANCE, 1, SUPPLY, START + 300 days);
        endorse(ARENA, 0, SUPPLY, START + 300 days);
        uint256 position = stake(ALLIANCE, 1, 3e18);
        stake(ARENA, 0, 1e18);
        gm.reweigh(position, 1e18, false);
        emission.sync(position);
        assertEq(emission.countedWeight(position), 1e18);
        vm.warp(START + 1 days);
        near(collect(ALLIANCE, 1), emission.emittedAt(START + 1 days) / 2);
        vm.prank(ALLIANCE);
        gm.closePosition(position);
        emission.sync(position);
        emission.sync(position);
        assertEq(emission.countedWeight(position), 0);
        assertEq(emission.endorsement(ALLIANCE, 1).weight, 0);
        vm.warp(START + 2 days);
        assertEq(collect(ALLIANCE, 1), 0);
    }

    /// @dev Syncing a number before it is a position must not keep the position from counting.
    function testAPositionCannotBeSpoiltBeforeItIsOpen() public {
        endorse(ALLIANCE, 1, SUPPLY, START + 300 days);
        emission.sync(1);
        assertEq(stake(ALLIANCE, 1, 5), 1);
        assertEq(emission.countedWeight(1), 5);
        emission.sync(1);
        assertEq(emission.endorsement(ALLIANCE, 1).weight, 5);
    }

    function testWhatWasEarnedCanBeMintedBeforeTheMinterChanges() public {
        endorse(ALLIANCE, 1, SUPPLY, START + 10 days);
        stake(ALLIANCE, 1, 1e18);
        vm.warp(START + 1 days);
        emission.mintEarned(ALLIANCE, 1);
        uint256 minted = token.balanceOf(address(emission));
        near(minted, emission.emittedAt(START + 1 days));
        assertEq(collect(ALLIANCE, 1), minted);
    }

    function testRevokedTasksKeepWhatTheyEarned() public {
        endorse(ALLIANCE, 1, SUPPLY, START + 10 days);
        endorse(ARENA, 0, SUPPLY, START + 5 days);
        endorse(ARENA, 1, SUPPLY, START + 20 days);
        stake(ALLIANCE, 1, 1e18);
        vm.warp(START + 1 days);
        vm.prank(GOVERNANCE);
        emission.revoke(ALLIANCE, 1);
        assertEq(emission.liveEndorsements(), 2);
        vm.warp(START + 8 days);
        near(collect(ALLIANCE, 1), emission.emittedAt(START + 1 days));
        assertEq(emission.liveEndorsements(), 1);
    }

    function testReentrancyCollectsOnce() public {
        endorse(ALLIANCE, 1, SUPPLY, START + 10 days);
        stake(ALLIANCE, 1, 1e18);
        vm.warp(START + 1 days);
        Thief thief = new Thief(emission);
        endorse(address(thief), 1, SUPPLY, START + 10 days);
        stake(address(thief), 1, 1e18);
        vm.warp(START + 2 days);
        uint256 due = emission.collectable(address(thief), 1);
        token.hook(address(thief), abi.encodeCall(Thief.again, ()));
        thief.again();
        assertEq(token.balanceOf(address(thief)), due);
    }

    function testReverts() public {
        bytes memory notGovernance = abi.encodeWithSelector(IEmission.NotGovernance.selector, address(this));
        vm.expectRevert(notGovernance);
        emission.endorse(ALLIANCE, 1, 1, uint40(START + 1));
        vm.expectRevert(notGovernance);
        emission.revoke(ALLIANCE, 1);
        vm.startPrank(GOVERNANCE);
        vm.expectRevert(IEmission.ZeroAddress.selector);
        emission.endorse(address(0), 1, 1, uint40(START + 1));
        vm.expectRevert(IEmission.ZeroCap.selector);
        emission.endorse(ALLIANCE, 1, 0, uint40(START + 1));
        vm.expectRevert(abi.encodeWithSelector(IEmission.CapTooLarge.selector, uint256(SUPPLY) + 1));
        emission.endorse(ALLIANCE, 1, SUPPLY + 1, uint40(START + 1));
        vm.expectRevert(abi.encodeWithSelector(IEmission.BadExpiry.selector, START));
        emission.endorse(ALLIANCE, 1, 1, uint40(START));
        vm.expectRevert(abi.encodeWithSelector(IEmission.BadExpiry.selector, START + 365 days + 1));
        emission.endorse(ALLIANCE, 1, 1, uint40(START + 365 days + 1));
        vm.expectRevert(abi.encodeWithSelector(IEmission.NotEndorsed.selector, ALLIANCE, 1));
        emission.revoke(ALLIANCE, 1);
        for (uint256 i; i < 32; ++i) emission.endorse(ALLIANCE, i, 1, uint40(START + 1 + i));
        vm.expectRevert(abi.encodeWithSelector(IEmission.AlreadyEndorsed.selector, ALLIANCE, 1));
        emission.endorse(ALLIANCE, 1, 1, uint40(START + 1));
        vm.expectRevert(IEmission.TooManyEndorsements.selector);
        emission.endorse(ALLIANCE, 32, 1, uint40(START + 1));
        vm.warp(START + 40);
        emission.endorse(ALLIANCE, 32, 1, uint40(START + 41));
        assertEq(emission.liveEndorsements(), 1);
    }

    function testConstructorReverts() public {
        (IERC20 t, IGmFlock g) = (IERC20(address(token)), IGmFlock(address(gm)));
        vm.expectRevert(IEmission.ZeroAddress.selector);
        new Emission(t, g, address(0), SUPPLY, uint40(START));
        vm.expectRevert(abi.encodeWithSelector(IEmission.StartInThePast.selector, START - 1));
        new Emission(t, g, GOVERNANCE, SUPPLY, uint40(START - 1));
        Emission later = new Emission(t, g, GOVERNANCE, SUPPLY, uint40(START + 5));
        assertEq(later.emittedAt(START), 0);
    }
}

contract Thief {
    Emission private immutable EMISSION;

    constructor(Emission emission) {
        EMISSION = emission;
    }

    function again() external {
        EMISSION.collect(1);
    }
}
