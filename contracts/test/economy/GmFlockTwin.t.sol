// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {GmFlockTest} from "./GmFlockTest.sol";

/// @dev src/economy/gmflock.ts wrote down 200 lives of locks (gmflock.test.ts): the contract gives the same figures, to the wei.
contract GmFlockTwinTest is GmFlockTest {
    function testTheTwinIsRight() public {
        string memory json = vm.readFile("contracts/test/vectors/gmflock.json");
        uint256 count = vm.parseJsonUint(json, ".count");
        assertTrue(count == 200, "no cases");
        for (uint256 i; i < count; ++i) {
            string memory key = string.concat(".lives[", vm.toString(i), "]");
            uint256[] memory given = vm.parseJsonUintArray(json, string.concat(key, ".given"));
            uint256[] memory wanted = vm.parseJsonUintArray(json, string.concat(key, ".gives"));
            uint256 state = vm.snapshotState();
            uint256[9] memory figures = live(given);
            for (uint256 j; j < 9; ++j) assertEq(figures[j], wanted[j]);
            vm.revertToState(state);
        }
    }

    function live(uint256[] memory given) private returns (uint256[9] memory figures) {
        fund(ALICE, given[0]);
        uint256 id = lockOf(ALICE, given[0], given[1]);
        (figures[0], figures[1]) = (gm.locks(id).multiplier, gm.balanceOf(ALICE));
        pass(given[2]);
        if (clock + given[3] > gm.locks(id).unlockAt) extend(ALICE, id, clock + given[3]);
        uint256 position = open(ALICE, id, module, given[4]);
        (figures[2], figures[3]) = (gm.locks(id).multiplier, gm.locks(id).unlockAt);
        figures[4] = gm.weightOf(position);
        module.slash(position, given[5], BOB);
        (figures[5], figures[6]) = (gm.balanceOf(ALICE), gm.balanceOf(BOB));
        figures[7] = flock.balanceOf(TREASURY);
        if (clock < figures[3]) pass(figures[3] - clock);
        if (gm.locks(id).multiplier != 1e18) gm.poke(id);
        figures[8] = gm.balanceOf(ALICE);
    }
}
