// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {
    IAccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";

import {AnchorLog} from "../ledger/AnchorLog.sol";
import {Test, Vm} from "./Test.sol";

/// @notice One entry, as a test means to append it.
struct Entry {
    bytes32 root;
    uint8 depth;
    uint32 wait;
}

abstract contract AnchorLogTest is Test {
    address internal constant ADMIN = address(0xAD);
    address internal constant ANCHORER = address(0xA2C);
    bytes32 internal constant ROOT = keccak256("any root");

    AnchorLog internal log;

    function setUp() public virtual {
        log = new AnchorLog(ADMIN, ANCHORER);
    }

    function append(uint64 n, bytes32 root, uint8 depth) internal {
        vm.prank(ANCHORER);
        log.append(n, root, depth);
    }

    /// @dev A log that already holds entries 1 to `length`.
    function fill(uint64 length) internal {
        for (uint64 n = 1; n <= length; n++) {
            append(n, keccak256(abi.encode("entry", n)), 4);
        }
    }

    function missingRole(address account, bytes32 role) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(
            IAccessControl.AccessControlUnauthorizedAccount.selector, account, role
        );
    }
}

contract AnchorLogAppendTest is AnchorLogTest {
    function test_starts_from_the_head_of_this_log_alone() public {
        vm.assertEq(log.heads(0), keccak256(abi.encode("salus-log/1", block.chainid, address(log))));
        vm.assertEq(log.heads(1), 0);

        AnchorLog other = new AnchorLog(ADMIN, ANCHORER);
        vm.assertTrue(other.heads(0) != log.heads(0), "two logs share their first head");
    }

    function testFuzz_chains_each_head_to_the_one_before(Entry[8] calldata entries) public {
        bytes32 head = log.heads(0);
        uint256 time = block.timestamp;
        for (uint64 i = 0; i < entries.length; i++) {
            Entry calldata entry = entries[i];
            vm.assume(entry.root != 0);
            uint8 depth = uint8(bound(entry.depth, 0, 16));
            time += entry.wait;
            vm.warp(time);

            append(i + 1, entry.root, depth);

            // Every field is a whole word, so padding can't hide a wrong type or order.
            head = keccak256(
                bytes.concat(
                    head,
                    bytes32(uint256(i) + 1),
                    entry.root,
                    bytes32(uint256(depth)),
                    bytes32(time)
                )
            );
            vm.assertEq(log.heads(i + 1), head);
        }
    }

    function testFuzz_emits_one_event_that_says_it_all(bytes32 root, uint8 depth, uint32 time)
        public
    {
        vm.assume(root != 0);
        depth = uint8(bound(depth, 0, 16));
        vm.warp(time);

        vm.recordLogs();
        append(1, root, depth);
        Vm.Log[] memory events = vm.getRecordedLogs();

        vm.assertEq(events.length, 1);
        vm.assertEq(events[0].emitter, address(log));
        vm.assertEq(events[0].topics.length, 3);
        vm.assertEq(events[0].topics[0], keccak256("Appended(uint64,bytes32,uint8,uint64,bytes32)"));
        vm.assertEq(uint256(events[0].topics[1]), 1);
        vm.assertEq(events[0].topics[2], root);
        vm.assertEq(keccak256(events[0].data), keccak256(abi.encode(depth, time, log.heads(1))));
    }

    function testFuzz_refuses_a_number_that_skips_ahead(uint64 n, uint8 length) public {
        length = uint8(bound(length, 0, 4));
        n = uint64(bound(n, uint256(length) + 2, type(uint64).max));
        fill(length);

        vm.expectRevert(abi.encodeWithSelector(AnchorLog.PredecessorMissing.selector, n));
        append(n, ROOT, 0);
        vm.assertEq(log.heads(n), 0);
    }

    function testFuzz_refuses_a_number_that_has_landed(uint64 n, bytes32 root, uint8 depth) public {
        vm.assume(root != 0);
        n = uint64(bound(n, 0, 4)); // 0 is no entry, and its head is set from the start
        depth = uint8(bound(depth, 0, 16));
        fill(4);
        bytes32 before = log.heads(n);

        vm.expectRevert(abi.encodeWithSelector(AnchorLog.AlreadyAppended.selector, n));
        append(n, root, depth);
        vm.assertEq(log.heads(n), before);
    }

    function test_refuses_the_same_call_twice() public {
        append(1, ROOT, 3);

        vm.expectRevert(abi.encodeWithSelector(AnchorLog.AlreadyAppended.selector, uint64(1)));
        append(1, ROOT, 3);
    }

    function testFuzz_refuses_anyone_without_the_role(address outsider, bytes32 root) public {
        vm.assume(outsider != ANCHORER);

        vm.expectRevert(missingRole(outsider, log.ANCHOR_ROLE()));
        vm.prank(outsider);
        log.append(1, root, 0);
    }

    function test_refuses_the_admin_too() public {
        vm.expectRevert(missingRole(ADMIN, log.ANCHOR_ROLE()));
        vm.prank(ADMIN);
        log.append(1, ROOT, 0);
    }

    function testFuzz_refuses_a_zero_root(uint8 depth) public {
        depth = uint8(bound(depth, 0, 16));
        vm.expectRevert(AnchorLog.ZeroRoot.selector);
        append(1, 0, depth);
    }

    function testFuzz_takes_a_depth_up_to_the_limit_only(uint8 depth) public {
        if (depth > 16) {
            vm.expectRevert(abi.encodeWithSelector(AnchorLog.DepthTooLarge.selector, depth));
        }
        append(1, ROOT, depth);
        vm.assertTrue(
            (log.heads(1) != 0) == (depth <= 16), "landed if, and only if, the depth is allowed"
        );
    }

    function testFuzz_writes_one_storage_slot(bytes32 root) public {
        vm.assume(root != 0);
        vm.record();
        append(1, root, 0);
        (, bytes32[] memory writes) = vm.accesses(address(log));
        vm.assertEq(writes.length, 1);
    }

    /// @dev The gas of a whole transaction, for which each call must be one: hence the isolation.
    /// forge-config: default.isolate = true
    function testFuzz_costs_no_more_than_the_goal(bytes32[3] calldata roots, uint8 depth) public {
        depth = uint8(bound(depth, 0, 16));
        for (uint64 i = 0; i < roots.length; i++) {
            vm.assume(roots[i] != 0);
            append(i + 1, roots[i], depth);
            vm.assertLe(vm.lastCallGas().gasTotalUsed, 52_500);
        }
    }

    function test_is_the_contract_that_is_deployed() public view {
        bytes memory built =
            vm.parseJsonBytes(vm.readFile("contracts/artifacts/AnchorLog.json"), ".bytecode");
        vm.assertEq(
            keccak256(built),
            keccak256(type(AnchorLog).creationCode),
            "not the tested code: run node contracts/build.mjs, compare its settings to foundry.toml"
        );
    }
}

contract AnchorLogAccessTest is AnchorLogTest {
    address internal constant SUCCESSOR = address(0x5CC);

    function test_refuses_zero_addresses_at_deployment() public {
        vm.expectRevert(AnchorLog.ZeroAnchorer.selector);
        new AnchorLog(ADMIN, address(0));

        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControlDefaultAdminRules.AccessControlInvalidDefaultAdmin.selector,
                address(0)
            )
        );
        new AnchorLog(address(0), ANCHORER);
    }

    function testFuzz_admin_replaces_the_anchorer(address replacement) public {
        vm.assume(replacement != ANCHORER);
        bytes32 role = log.ANCHOR_ROLE();

        vm.prank(ADMIN);
        log.grantRole(role, replacement);
        vm.prank(ADMIN);
        log.revokeRole(role, ANCHORER);

        vm.prank(replacement);
        log.append(1, ROOT, 0);
        vm.expectRevert(missingRole(ANCHORER, role));
        append(2, ROOT, 0);
    }

    function testFuzz_only_the_admin_gives_roles(address outsider) public {
        vm.assume(outsider != ADMIN);
        bytes32 role = log.ANCHOR_ROLE();

        vm.expectRevert(missingRole(outsider, 0));
        vm.prank(outsider);
        log.grantRole(role, outsider);

        vm.expectRevert(missingRole(outsider, 0));
        vm.prank(outsider);
        log.beginDefaultAdminTransfer(outsider);
    }

    function testFuzz_admin_changes_hands_in_two_steps(uint32 wait, address outsider) public {
        vm.assume(outsider != SUCCESSOR);
        uint48 ready = uint48(block.timestamp) + 2 days;
        vm.prank(ADMIN);
        log.beginDefaultAdminTransfer(SUCCESSOR);
        vm.assertEq(log.defaultAdmin(), ADMIN);

        vm.warp(bound(wait, block.timestamp, ready));
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControlDefaultAdminRules.AccessControlEnforcedDefaultAdminDelay.selector,
                ready
            )
        );
        vm.prank(SUCCESSOR);
        log.acceptDefaultAdminTransfer();

        vm.warp(ready + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControlDefaultAdminRules.AccessControlInvalidDefaultAdmin.selector, outsider
            )
        );
        vm.prank(outsider);
        log.acceptDefaultAdminTransfer();
        vm.assertEq(log.defaultAdmin(), ADMIN);

        vm.prank(SUCCESSOR);
        log.acceptDefaultAdminTransfer();
        vm.assertEq(log.defaultAdmin(), SUCCESSOR);
        bytes32 role = log.ANCHOR_ROLE();
        vm.expectRevert(missingRole(ADMIN, 0));
        vm.prank(ADMIN);
        log.grantRole(role, ADMIN);
    }

    function test_admin_cancels_a_change_of_hands() public {
        vm.prank(ADMIN);
        log.beginDefaultAdminTransfer(SUCCESSOR);
        vm.prank(ADMIN);
        log.cancelDefaultAdminTransfer();

        vm.warp(block.timestamp + log.INITIAL_ADMIN_DELAY() + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControlDefaultAdminRules.AccessControlInvalidDefaultAdmin.selector, SUCCESSOR
            )
        );
        vm.prank(SUCCESSOR);
        log.acceptDefaultAdminTransfer();
    }

    function test_admin_can_not_bypass_the_two_steps() public {
        vm.expectRevert(
            IAccessControlDefaultAdminRules.AccessControlEnforcedDefaultAdminRules.selector
        );
        vm.prank(ADMIN);
        log.grantRole(0, SUCCESSOR);
    }
}
