// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Vm} from "./Vm.sol";

/// @dev The part of a test library that these tests need. A failed assertion reverts with both values.
abstract contract Test {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    error NotEqual(uint256 actual, uint256 wanted);
    error NotEqualBytes(bytes32 actual, bytes32 wanted);
    error NotTrue(string what);

    function assertEq(uint256 actual, uint256 wanted) internal pure {
        if (actual != wanted) revert NotEqual(actual, wanted);
    }

    function assertEq(bytes32 actual, bytes32 wanted) internal pure {
        if (actual != wanted) revert NotEqualBytes(actual, wanted);
    }

    function assertEq(address actual, address wanted) internal pure {
        if (actual != wanted) revert NotEqual(uint160(actual), uint160(wanted));
    }

    function assertTrue(bool condition, string memory what) internal pure {
        if (!condition) revert NotTrue(what);
    }

    /// @dev A fuzzed value brought into [low, high].
    function bound(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        return low + (value % (high - low + 1));
    }
}
