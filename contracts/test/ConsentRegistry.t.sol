// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ConsentRegistry} from "../ledger/ConsentRegistry.sol";
import {Test, Vm} from "./Test.sol";

abstract contract ConsentRegistryTest is Test {
    bytes32 internal constant COMMITMENT = keccak256("any commitment");
    bytes32 internal constant SECRET = keccak256("any secret");
    uint64 internal constant NOW = 1_800_000_000;

    ConsentRegistry internal registry;

    function setUp() public {
        registry = new ConsentRegistry();
        vm.warp(NOW);
    }

    function grant(bytes32 commitment) internal {
        registry.grant(list(commitment));
    }

    function revoke(bytes32 secret) internal {
        registry.revoke(list(secret));
    }

    /// @dev What the person's device computes; the contract has a shorter way to it.
    function lockOf(bytes32 secret) internal pure returns (bytes32) {
        return keccak256(abi.encode(secret));
    }

    function list(bytes32 only) internal pure returns (bytes32[] memory entries) {
        entries = new bytes32[](1);
        entries[0] = only;
    }

    function list(bytes32 first, bytes32 second, bytes32 third)
        internal
        pure
        returns (bytes32[] memory entries)
    {
        entries = new bytes32[](3);
        (entries[0], entries[1], entries[2]) = (first, second, third);
    }

    /// @dev A call's entries out of eight, so that many come twice.
    function pick(uint8[12] calldata picks) internal pure returns (bytes32[] memory entries) {
        entries = new bytes32[](picks.length);
        for (uint256 i = 0; i < picks.length; i++) {
            entries[i] = keccak256(abi.encode("entry", picks[i] % 8));
        }
    }

    /// @dev The entries in order, each at its first place only; they are the first `count`.
    function distinct(bytes32[] memory entries)
        internal
        pure
        returns (bytes32[] memory once, uint256 count)
    {
        once = new bytes32[](entries.length);
        for (uint256 i = 0; i < entries.length; i++) {
            uint256 j = 0;
            while (j < count && once[j] != entries[i]) j++;
            if (j == count) once[count++] = entries[i];
        }
    }

    function assertEvent(Vm.Log memory entry, string memory signature, bytes32 topic, uint64 time)
        internal
        view
    {
        vm.assertEq(entry.emitter, address(registry));
        vm.assertEq(entry.topics.length, 2);
        vm.assertEq(entry.topics[0], keccak256(bytes(signature)));
        vm.assertEq(entry.topics[1], topic);
        vm.assertEq(keccak256(entry.data), keccak256(abi.encode(time)));
    }

    function assertWrites(uint256 slots) internal view {
        (, bytes32[] memory writes) = vm.accesses(address(registry));
        vm.assertEq(writes.length, slots, "storage writes");
    }
}

contract ConsentRegistryGrantTest is ConsentRegistryTest {
    function testFuzz_keeps_the_time_of_the_block(bytes32 commitment, address sender, uint64 time)
        public
    {
        vm.assume(commitment != 0 && time != 0);
        vm.assertEq(registry.grantedAt(commitment), 0);
        vm.warp(time);

        vm.prank(sender);
        grant(commitment);

        vm.assertEq(registry.grantedAt(commitment), time);
        vm.assertEq(registry.revokedAt(commitment), 0);
    }

    function testFuzz_takes_each_new_one_once_and_in_order(uint8[12] calldata picks) public {
        (bytes32[] memory once, uint256 count) = distinct(pick(picks));

        vm.record();
        vm.recordLogs();
        registry.grant(pick(picks));
        Vm.Log[] memory events = vm.getRecordedLogs();

        assertWrites(count);
        vm.assertEq(events.length, count);
        for (uint256 i = 0; i < count; i++) {
            assertEvent(events[i], "Granted(bytes32,uint64)", once[i], NOW);
            vm.assertEq(registry.grantedAt(once[i]), NOW);
        }
    }

    function testFuzz_never_changes_a_time(bytes32 commitment, uint32 wait) public {
        vm.assume(commitment != 0);
        grant(commitment);

        vm.warp(uint256(NOW) + wait);
        vm.record();
        vm.recordLogs();
        grant(commitment);

        assertWrites(0);
        vm.assertEq(vm.getRecordedLogs().length, 0);
        vm.assertEq(registry.grantedAt(commitment), NOW);
    }

    function testFuzz_a_copied_entry_stops_no_batch(bytes32[3] calldata batch, uint8 copied)
        public
    {
        copied = uint8(bound(copied, 0, 2));
        vm.assume(batch[0] != 0 && batch[1] != 0 && batch[2] != 0);
        vm.assume(batch[0] != batch[1] && batch[1] != batch[2] && batch[2] != batch[0]);
        vm.prank(address(0xC0B1));
        grant(batch[copied]);

        vm.warp(NOW + 12);
        vm.recordLogs();
        registry.grant(list(batch[0], batch[1], batch[2]));

        vm.assertEq(vm.getRecordedLogs().length, 2);
        for (uint256 i = 0; i < batch.length; i++) {
            vm.assertEq(registry.grantedAt(batch[i]), i == copied ? NOW : NOW + 12);
        }
    }

    function testFuzz_refuses_zero_and_the_whole_call_with_it(uint8 place) public {
        bytes32[] memory batch = list(COMMITMENT, keccak256("another"), keccak256("a third"));
        batch[bound(place, 0, 2)] = 0;

        vm.expectRevert(ConsentRegistry.ZeroCommitment.selector);
        registry.grant(batch);

        for (uint256 i = 0; i < batch.length; i++) {
            vm.assertEq(registry.grantedAt(batch[i]), 0);
        }
    }

    function test_does_nothing_with_an_empty_list() public {
        vm.record();
        vm.recordLogs();
        registry.grant(new bytes32[](0));

        assertWrites(0);
        vm.assertEq(vm.getRecordedLogs().length, 0);
    }
}

contract ConsentRegistryRevokeTest is ConsentRegistryTest {
    function testFuzz_keeps_the_time_under_the_secrets_hash(
        bytes32 secret,
        address sender,
        uint64 time
    ) public {
        vm.assume(time != 0);
        vm.assertEq(registry.revokedAt(lockOf(secret)), 0);
        vm.warp(time);

        vm.prank(sender);
        revoke(secret);

        vm.assertEq(registry.revokedAt(lockOf(secret)), time);
        vm.assertEq(registry.revokedAt(secret), 0);
        vm.assertEq(registry.grantedAt(lockOf(secret)), 0);
    }

    function testFuzz_takes_each_new_one_once_and_in_order(uint8[12] calldata picks) public {
        (bytes32[] memory once, uint256 count) = distinct(pick(picks));

        vm.record();
        vm.recordLogs();
        registry.revoke(pick(picks));
        Vm.Log[] memory events = vm.getRecordedLogs();

        assertWrites(count);
        vm.assertEq(events.length, count);
        for (uint256 i = 0; i < count; i++) {
            assertEvent(events[i], "Revoked(bytes32,uint64)", lockOf(once[i]), NOW);
            vm.assertEq(registry.revokedAt(lockOf(once[i])), NOW);
        }
    }

    function testFuzz_never_changes_a_time(bytes32 secret, uint32 wait) public {
        revoke(secret);

        vm.warp(uint256(NOW) + wait);
        vm.record();
        vm.recordLogs();
        revoke(secret);

        assertWrites(0);
        vm.assertEq(vm.getRecordedLogs().length, 0);
        vm.assertEq(registry.revokedAt(lockOf(secret)), NOW);
    }

    function testFuzz_a_copied_secret_stops_no_batch(bytes32[3] calldata batch, uint8 copied)
        public
    {
        copied = uint8(bound(copied, 0, 2));
        vm.assume(batch[0] != batch[1] && batch[1] != batch[2] && batch[2] != batch[0]);
        vm.prank(address(0xC0B1));
        revoke(batch[copied]);

        vm.warp(NOW + 12);
        vm.recordLogs();
        registry.revoke(list(batch[0], batch[1], batch[2]));

        vm.assertEq(vm.getRecordedLogs().length, 2);
        for (uint256 i = 0; i < batch.length; i++) {
            vm.assertEq(registry.revokedAt(lockOf(batch[i])), i == copied ? NOW : NOW + 12);
        }
    }

    function testFuzz_a_wrong_secret_leaves_the_lock_alone(bytes32 secret, bytes32 wrong) public {
        vm.assume(wrong != secret);
        revoke(wrong);
        vm.assertEq(registry.revokedAt(lockOf(secret)), 0);
    }

    function testFuzz_what_others_can_see_revokes_nothing(bytes32 secret) public {
        vm.assume(secret != COMMITMENT && secret != lockOf(secret) && secret != 0);
        grant(COMMITMENT);

        registry.revoke(list(COMMITMENT, lockOf(secret), 0));
        vm.assertEq(registry.revokedAt(lockOf(secret)), 0);
    }

    /// @dev Only the secret's owner can do so; the consent then never holds.
    function test_takes_a_secret_before_the_grant() public {
        revoke(SECRET);
        vm.warp(NOW + 12);
        grant(COMMITMENT);

        vm.assertEq(registry.revokedAt(lockOf(SECRET)), NOW);
        vm.assertEq(registry.grantedAt(COMMITMENT), NOW + 12);
    }

    function test_leaves_the_grants_time() public {
        grant(COMMITMENT);
        vm.warp(NOW + 12);
        revoke(SECRET);

        vm.assertEq(registry.grantedAt(COMMITMENT), NOW);
        vm.assertEq(registry.revokedAt(lockOf(SECRET)), NOW + 12);
    }

    function test_does_nothing_with_an_empty_list() public {
        vm.record();
        vm.recordLogs();
        registry.revoke(new bytes32[](0));

        assertWrites(0);
        vm.assertEq(vm.getRecordedLogs().length, 0);
    }
}

contract ConsentRegistryCodeTest is ConsentRegistryTest {
    /// @dev No owner, no role, no upgrade, no ether: there is nothing else to call.
    function testFuzz_answers_to_four_functions_only(bytes4 selector, bytes calldata data) public {
        vm.assume(selector != registry.grant.selector);
        vm.assume(selector != registry.revoke.selector);
        vm.assume(selector != registry.grantedAt.selector);
        vm.assume(selector != registry.revokedAt.selector);

        (bool taken,) = address(registry).call(bytes.concat(selector, data));
        vm.assertTrue(!taken, "an unknown function");
    }

    function test_takes_no_ether() public {
        (bool taken,) = address(registry).call{value: 1}("");
        vm.assertTrue(!taken, "a payment");
        (taken,) = address(registry).call{value: 1}(
            abi.encodeCall(ConsentRegistry.grant, (list(COMMITMENT)))
        );
        vm.assertTrue(!taken, "a payment with a grant");
    }

    function test_is_the_contract_that_is_deployed() public view {
        bytes memory built =
            vm.parseJsonBytes(vm.readFile("contracts/artifacts/ConsentRegistry.json"), ".bytecode");
        vm.assertEq(
            keccak256(built),
            keccak256(type(ConsentRegistry).creationCode),
            "not the tested code: run node contracts/build.mjs, compare its settings to foundry.toml"
        );
    }
}
