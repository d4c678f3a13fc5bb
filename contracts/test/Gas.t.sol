// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorLog} from "../ledger/AnchorLog.sol";
import {ConsentRegistry} from "../ledger/ConsentRegistry.sol";
import {Test} from "./Test.sol";

/// @notice What a whole transaction costs, to the gas. contracts/.gas-snapshot holds what each test
/// uses itself, which is somewhat more; contracts/README.md tells what follows for one consent.
contract GasTest is Test {
    AnchorLog internal log;
    ConsentRegistry internal registry;

    function setUp() public {
        log = new AnchorLog(address(this), address(this));
        registry = new ConsentRegistry();
    }

    /// forge-config: default.isolate = true
    function test_append_first() public {
        log.append(1, keccak256("root"), 10);
        assertCost(51_924);
    }

    /// forge-config: default.isolate = true
    function test_append_later() public {
        log.append(1, keccak256("root"), 10);
        log.append(2, keccak256("next root"), 10);
        assertCost(51_936);
    }

    /// @dev No byte of the input is zero where another value is possible.
    /// forge-config: default.isolate = true
    function test_append_dearest() public {
        uint64 n = type(uint64).max;
        vm.record();
        log.heads(n - 1);
        (bytes32[] memory reads,) = vm.accesses(address(log));
        vm.store(address(log), reads[0], keccak256("previous head"));

        log.append(n, bytes32(type(uint256).max), 16);
        assertCost(52_020);
        vm.assertLe(vm.lastCallGas().gasTotalUsed, 52_500);
    }

    /// forge-config: default.isolate = true
    function test_grant_1() public {
        registry.grant(entries(1));
        assertCost(46_251);
    }

    /// forge-config: default.isolate = true
    function test_grant_10() public {
        registry.grant(entries(10));
        assertCost(266_523);
    }

    /// forge-config: default.isolate = true
    function test_grant_100() public {
        registry.grant(entries(100));
        assertCost(2_469_207);
    }

    /// forge-config: default.isolate = true
    function test_revoke_1() public {
        registry.revoke(entries(1));
        assertCost(46_339);
    }

    /// forge-config: default.isolate = true
    function test_revoke_10() public {
        registry.revoke(entries(10));
        assertCost(267_007);
    }

    /// forge-config: default.isolate = true
    function test_revoke_100() public {
        registry.revoke(entries(100));
        assertCost(2_473_651);
    }

    function entries(uint256 count) internal pure returns (bytes32[] memory made) {
        made = new bytes32[](count);
        for (uint256 i = 0; i < count; i++) {
            made[i] = keccak256(abi.encode("entry", i));
        }
    }

    function assertCost(uint256 gas) internal view {
        vm.assertEq(vm.lastCallGas().gasTotalUsed, gas);
    }
}
