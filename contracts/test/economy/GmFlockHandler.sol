// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IGmFlock} from "../../src/economy/IGmFlock.sol";
import {GmFlock} from "../../src/economy/GmFlock.sol";
import {Flock} from "../../src/token/Flock.sol";
import {GmFlockTest} from "./GmFlockTest.sol";
import {TestModule} from "./TestModule.sol";

/// @dev Random moves of four owners and three modules, two of them hostile. A move that is not due is passed over; one that is due has
/// to work, because a revert ends the run: nothing blocks a poke, a slash, a closing or an exit.
contract GmFlockHandler is GmFlockTest {
    uint256 public constant OWNERS = 4;
    uint256 public constant FUNDS = 1_000e18;

    address[OWNERS] public owners = [ALICE, BOB, address(0xCA501), address(0xDA7E)];
    TestModule[3] public modules;
    /// what slashes took from an owner's locks, and gave an owner as the prover
    mapping(address owner => uint256) public lost;
    mapping(address owner => uint256) public earned;
    /// sent to the contract without a lock
    uint256 public given;

    /// @dev Not a test set-up: forge would call that one by its name.
    function prepare() external {
        super.setUp();
        for (uint256 i = 2; i < OWNERS; ++i) fund(owners[i], FUNDS);
        modules = [module, new TestModule(gm), new TestModule(gm)];
        beHostile();
        for (uint256 i; i < OWNERS; ++i) locks(i, 100e18, 100 days * i);
    }

    function beHostile() private {
        modules[1].behave(TestModule.Manners.Refuse);
        modules[2].behave(TestModule.Manners.BurnGas);
    }

    modifier move() {
        vm.warp(clock);
        _;
    }

    function parts() external view returns (Flock, GmFlock, uint256 now_) {
        return (flock, gm, clock);
    }

    function timePasses(uint256 seed) external {
        pass(bound(seed, 1, 60 days));
    }

    function locks(uint256 seed, uint256 amount, uint256 duration) public move {
        address owner = owners[seed % OWNERS];
        uint256 balance = flock.balanceOf(owner);
        if (clock < gate.pausedUntil() || balance == 0) return;
        lockOf(owner, bound(amount, 1, seed % 3 == 0 ? balance : balance / 100 + 1), bound(duration, 30 days, 365 days));
    }

    function extends_(uint256 seed, uint256 duration) external move {
        (uint256 id, IGmFlock.Lock memory l) = someLock(seed);
        uint256 unlockAt = clock + bound(duration, 30 days, 365 days);
        if (id != 0 && unlockAt > l.unlockAt) extend(l.owner, id, unlockAt);
    }

    function pokes(uint256 seed) external move {
        (uint256 id, IGmFlock.Lock memory l) = someLock(seed);
        if (id != 0 && clock >= l.unlockAt && l.multiplier != 1e18) gm.poke(id);
    }

    function redeems(uint256 seed) external move {
        (uint256 id, IGmFlock.Lock memory l) = someLock(seed);
        if (id != 0 && clock >= l.unlockAt && l.positions == 0) redeem(l.owner, id);
    }

    function opens(uint256 seed, uint256 principal) external move {
        (uint256 id, IGmFlock.Lock memory l) = someLock(seed);
        if (id == 0 || clock < gate.pausedUntil() || l.positions == 8 || l.committed == l.amount) return;
        TestModule chosen = modules[(seed >> 64) % 3];
        chosen.behave(TestModule.Manners.Listen);
        open(l.owner, id, chosen, bound(principal, 1, l.amount - l.committed));
        beHostile();
    }

    function closes(uint256 seed) external move {
        (uint256 position, IGmFlock.Position memory p) = somePosition(seed);
        if (position != 0) TestModule(p.module).close(position);
    }

    function slashes(uint256 seed, uint256 amount, uint256 prover) external move {
        (uint256 position, IGmFlock.Position memory p) = somePosition(seed);
        if (position == 0 || p.principal == 0) return;
        amount = bound(amount, 1, p.principal);
        address by = owners[prover % OWNERS];
        lost[gm.ownerOf(position)] += amount;
        if (prover % 5 == 0) by = address(0);
        else earned[by] += amount / 10;
        TestModule(p.module).slash(position, amount, by);
    }

    function delegates(uint256 seed, uint256 to) external move {
        vm.prank(owners[seed % OWNERS]);
        gm.delegate(owners[to % OWNERS]);
    }

    function guardianMoves(uint256 seed, uint256 gift) external move {
        if (seed % 4 == 0 && clock >= gate.nextPauseAt()) pause();
        gift = bound(gift, 0, 1e18);
        given += gift;
        vm.prank(BANK);
        flock.transfer(address(gm), gift);
    }

    function someLock(uint256 seed) private view returns (uint256 id, IGmFlock.Lock memory l) {
        id = 1 + seed % gm.lockCount();
        l = gm.locks(id);
        if (l.owner == address(0)) id = 0;
    }

    function somePosition(uint256 seed) private view returns (uint256 position, IGmFlock.Position memory p) {
        if (gm.positionCount() == 0) return (0, p);
        position = 1 + seed % gm.positionCount();
        p = gm.positions(position);
        if (p.module == address(0)) position = 0;
    }
}
