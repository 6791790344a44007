// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Delegation} from "../../src/economy/Delegation.sol";
import {Emission} from "../../src/economy/Emission.sol";
import {IDelegation} from "../../src/economy/IDelegation.sol";
import {IGmFlock} from "../../src/economy/IGmFlock.sol";
import {Test} from "../base/Test.sol";
import {HookToken, StandInGmFlock} from "./base/StandIns.sol";

/// @dev Plays both contracts: it is their governance, the module of the tasks, and the payer. Four owners hold positions.
contract Economist is Test {
    uint96 private constant SUPPLY = 900_000_000e18;
    address private constant TREASURY = address(0x7E);
    address private constant OPERATOR = address(0x0E);

    HookToken public token = new HookToken();
    StandInGmFlock public gm = new StandInGmFlock();
    Emission public emission;
    Delegation public delegation;
    uint256 public clock = 1_000_000;
    uint256 public paid;
    bool public exitBlocked;
    uint256[] private _staked;
    uint256[] private _delegated;
    uint256 private _operatorStake;

    constructor() {
        vm.warp(clock);
        emission =
            new Emission(IERC20(address(token)), IGmFlock(address(gm)), address(this), SUPPLY, uint40(clock));
        delegation = new Delegation(
            IERC20(address(token)),
            IGmFlock(address(gm)),
            address(this),
            TREASURY,
            IDelegation.Rules(0, 0.9e18, 7 days, 7 days, 800, 1450)
        );
        delegation.setListed(address(this), true);
        vm.prank(OPERATOR);
        delegation.openPool(0.4e18);
        _operatorStake = gm.open(OPERATOR, address(this), 99, 1, 1, false);
        token.approve(address(delegation), type(uint256).max);
    }

    modifier later(uint256 seed) {
        clock += seed % 5 == 0 ? seed % 20 days : seed % 3 days;
        vm.warp(clock);
        _;
    }

    function endorseOrRevoke(uint256 seed, uint96 cap, uint32 term) external later(seed) {
        uint256 task = seed % 4;
        cap = uint96(bound(cap, 1, SUPPLY / 50));
        if (emission.endorsement(address(this), task).live) {
            // It may have ended since anybody called.
            if (seed % 3 == 0) try emission.revoke(address(this), task) {} catch {}
        } else {
            emission.endorse(address(this), task, cap, uint40(clock + bound(term, 1, 365 days)));
        }
    }

    function stake(uint256 seed, uint88 weight) external later(seed) {
        uint256 position = gm.open(address(this), address(this), seed % 5, uint256(weight) + 1, uint256(weight) + 1, false);
        _staked.push(position);
        emission.sync(position);
    }

    function unstake(uint256 seed) external later(seed) {
        if (_staked.length == 0) return;
        uint256 position = _staked[seed % _staked.length];
        if (gm.positions(position).principal != 0) {
            if (seed % 2 == 0) gm.reweigh(position, (seed >> 8) % 1e24, false);
            else gm.closePosition(position);
        }
        emission.sync(position);
    }

    function collect(uint256 seed) external later(seed) {
        uint256 foreseen = emission.collectable(address(this), seed % 5);
        require(emission.collect(seed % 5) == foreseen, "a view foresaw another amount");
    }

    function delegate(uint256 seed, uint88 weight) external later(seed) {
        if (delegation.pool(OPERATOR).slashes == 8 || _delegated.length > 12) return;
        uint256 amount = uint256(weight) + 1;
        address owner = address(uint160(0xA0 + seed % 4));
        _delegated.push(gm.open(owner, address(delegation), uint160(OPERATOR), amount, amount, true));
    }

    function pay(uint256 seed, uint88 amount) external later(seed) {
        token.mint(address(this), uint256(amount) + 1);
        delegation.pay(OPERATOR, uint256(amount) + 1, uint40(clock));
        paid += uint256(amount) + 1;
    }

    function slash(uint256 seed, uint64 fraction) external later(seed) {
        if (seed % 4 != 0 || delegation.pool(OPERATOR).slashes == 8) return;
        delegation.slash(OPERATOR, _operatorStake, bound(fraction, 1, 1e18), address(0x9B));
    }

    function refreshOrClaim(uint256 seed) external later(seed) {
        if (_delegated.length != 0) delegation.refresh(_delegated[seed % _delegated.length]);
        if (seed % 2 == 0) _claim(address(uint160(0xA0 + seed % 4)));
        else _claim(seed % 3 == 0 ? TREASURY : OPERATOR);
    }

    function exit(uint256 seed) external later(seed) {
        if (_delegated.length == 0) return;
        uint256 i = seed % _delegated.length;
        uint256 position = _delegated[i];
        IDelegation.Delegated memory d = delegation.delegation(position);
        vm.startPrank(d.owner);
        if (d.exitAt == 0) {
            delegation.announceExit(position);
        } else if (clock >= d.exitAt) {
            try delegation.exit(position) {
                _delegated[i] = _delegated[_delegated.length - 1];
                _delegated.pop();
            } catch {
                exitBlocked = true;
            }
        }
        vm.stopPrank();
    }

    function _claim(address account) private {
        if (delegation.owed(account) != 0) delegation.claim(account);
    }

    // ------------------------------------------------------------ what must hold

    function minted() external view returns (uint256 sum, uint256 waiting) {
        for (uint256 task; task < 5; ++task) {
            sum += emission.endorsement(address(this), task).minted;
            waiting += emission.endorsement(address(this), task).minted;
            waiting -= emission.endorsement(address(this), task).collected;
        }
    }

    /// @dev Counted after everybody was settled, so that nothing is earned without being owed.
    function owed() external returns (uint256 sum, uint256 out) {
        for (uint256 i; i < _delegated.length; ++i) delegation.refresh(_delegated[i]);
        address[6] memory accounts =
            [address(0xA0), address(0xA1), address(0xA2), address(0xA3), TREASURY, OPERATOR];
        for (uint256 i; i < 6; ++i) {
            sum += delegation.owed(accounts[i]);
            out += token.balanceOf(accounts[i]);
        }
        sum += delegation.pool(OPERATOR).left;
    }

    function weights() external view returns (uint256 counted, uint256 sum) {
        counted = delegation.pool(OPERATOR).weight;
        for (uint256 i; i < _delegated.length; ++i) sum += delegation.delegation(_delegated[i]).weight;
    }
}

/// forge-config: default.invariant.runs = 48
/// forge-config: default.invariant.depth = 64
contract EmissionInvariantsTest is Test {
    Economist private economist;

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function setUp() public {
        economist = new Economist();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(economist);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory moves = new bytes4[](9);
        moves[0] = Economist.endorseOrRevoke.selector;
        moves[1] = Economist.stake.selector;
        moves[2] = Economist.unstake.selector;
        moves[3] = Economist.collect.selector;
        moves[4] = Economist.delegate.selector;
        moves[5] = Economist.pay.selector;
        moves[6] = Economist.slash.selector;
        moves[7] = Economist.refreshOrClaim.selector;
        moves[8] = Economist.exit.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(economist), moves);
    }

    function invariantEmissionHoldsWhatItOwesAndNeverPassesTheSchedule() public view {
        (uint256 minted, uint256 waiting) = economist.minted();
        Emission emission = economist.emission();
        assertEq(economist.token().balanceOf(address(emission)), waiting);
        assertTrue(minted <= emission.emittedAt(economist.clock()), "more was minted than emitted");
        assertTrue(minted <= emission.SUPPLY(), "more was minted than the supply");
    }

    function invariantPoolsHoldWhatTheyOweAndPayNoMoreThanCameIn() public {
        vm.warp(economist.clock());
        (uint256 owed, uint256 out) = economist.owed();
        uint256 held = economist.token().balanceOf(address(economist.delegation()));
        assertTrue(held >= owed, "less is held than owed");
        assertTrue(held - owed < 1_000, "more is left over than dust");
        assertEq(out + held, economist.paid());
        assertTrue(!economist.exitBlocked(), "an exit was blocked");
        (uint256 counted, uint256 sum) = economist.weights();
        assertEq(counted, sum);
    }
}
