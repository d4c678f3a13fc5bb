// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ConsentRegistry} from "../ledger/ConsentRegistry.sol";
import {Test} from "./Test.sol";

/// @notice Calls the registry in any order, for eight consents, and keeps the first time of each.
contract ConsentRegistryHandler is Test {
    ConsentRegistry public immutable registry = new ConsentRegistry();
    uint256 public constant CONSENTS = 8;

    mapping(uint256 consent => uint64 time) public granted;
    mapping(uint256 consent => uint64 time) public revoked;

    function grant(uint8[3] calldata picks, uint16 wait) external {
        vm.warp(block.timestamp + wait);
        bytes32[] memory commitments = new bytes32[](picks.length);
        for (uint256 i = 0; i < picks.length; i++) {
            uint256 consent = picks[i] % CONSENTS;
            commitments[i] = commitmentOf(consent);
            if (granted[consent] == 0) granted[consent] = uint64(block.timestamp);
        }
        registry.grant(commitments);
    }

    function revoke(uint8[3] calldata picks, uint16 wait) external {
        vm.warp(block.timestamp + wait);
        bytes32[] memory secrets = new bytes32[](picks.length);
        for (uint256 i = 0; i < picks.length; i++) {
            uint256 consent = picks[i] % CONSENTS;
            secrets[i] = secretOf(consent);
            if (revoked[consent] == 0) revoked[consent] = uint64(block.timestamp);
        }
        registry.revoke(secrets);
    }

    /// @dev Whatever an outsider can know of a consent, and any guess: none is its secret.
    function revokeWithoutSecret(uint8 pick, bytes32 guess) external {
        uint256 consent = pick % CONSENTS;
        bytes32[] memory guesses = new bytes32[](3);
        guesses[0] = commitmentOf(consent);
        guesses[1] = lockOf(consent);
        guesses[2] = guess;
        for (uint256 i = 0; i < CONSENTS; i++) {
            // Foundry guesses among the words that it has seen, secrets too.
            if (guess == secretOf(i)) return;
        }
        registry.revoke(guesses);
    }

    function grantWithZero(uint8 pick) external {
        bytes32[] memory commitments = new bytes32[](2);
        commitments[0] = commitmentOf(pick % CONSENTS);
        vm.expectRevert(ConsentRegistry.ZeroCommitment.selector);
        registry.grant(commitments);
    }

    function commitmentOf(uint256 consent) public pure returns (bytes32) {
        return keccak256(abi.encode("commitment", consent));
    }

    function lockOf(uint256 consent) public pure returns (bytes32) {
        return keccak256(abi.encode(secretOf(consent)));
    }

    function secretOf(uint256 consent) internal pure returns (bytes32) {
        return keccak256(abi.encode("secret", consent));
    }
}

contract ConsentRegistryInvariantTest is Test {
    ConsentRegistryHandler internal handler;

    function setUp() public {
        handler = new ConsentRegistryHandler();
    }

    /// @dev Read by Foundry: only the handler is called at random.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_first_times_stay_and_nothing_else_sets_them() public view {
        ConsentRegistry registry = handler.registry();
        for (uint256 i = 0; i < handler.CONSENTS(); i++) {
            uint64 granted = registry.grantedAt(handler.commitmentOf(i));
            vm.assertEq(granted, handler.granted(i), "not the time of the first grant");
            bytes32 lock = handler.lockOf(i);
            vm.assertEq(registry.revokedAt(lock), handler.revoked(i), "not the time of the secret");
            vm.assertEq(registry.grantedAt(lock), 0, "a revocation granted something");
        }
    }
}
