// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";

/// @title Append-only log of Merkle roots
/// @notice Entry n is chained to every entry before it:
///
///     heads[0] = keccak256(abi.encode("salus-log/1", chainid, address(this)))
///     heads[n] = keccak256(abi.encode(heads[n-1], uint64 n, root, uint8 depth, uint64 time))
///
/// What holds, whoever holds a role:
/// - a head, once set, never changes, and there is no gap below it;
/// - `time` is the timestamp of the block that carried the append;
/// - the code can't be changed; the admin can stop appends by revoking a role, nothing more.
///
/// What the log does not know: what a root stands for, or whether it holds what it should. That is
/// shown by a proof file, checked against `heads`.
contract AnchorLog is AccessControlDefaultAdminRules {
    /// @notice May append. The default admin gives and takes this role, but can't append itself.
    bytes32 public constant ANCHOR_ROLE = keccak256("ANCHOR_ROLE");

    /// @notice The deepest tree a root may stand for: 2^16 = 65,536 leaves.
    uint8 public constant MAX_DEPTH = 16;

    /// @notice At first, a change of admin can be seen and cancelled for this long.
    uint48 public constant INITIAL_ADMIN_DELAY = 2 days;

    /// @notice The head after entry n; zero if there is no entry n yet.
    /// @dev The only storage that an append writes. The next number needs no counter: it is the one
    /// whose predecessor has a head and which has none itself.
    mapping(uint64 n => bytes32 head) public heads;

    /// @notice Entry n was appended. `head` is heads[n]; with the head before it, anyone can
    /// recompute it from the other fields.
    event Appended(uint64 indexed n, bytes32 indexed root, uint8 depth, uint64 time, bytes32 head);

    /// @notice Entry n exists; its event tells whether it is the one meant. 0 always exists.
    error AlreadyAppended(uint64 n);

    /// @notice Entry n - 1 does not exist yet.
    error PredecessorMissing(uint64 n);

    /// @notice Zero is no root of any tree.
    error ZeroRoot();

    /// @notice The depth is beyond MAX_DEPTH.
    error DepthTooLarge(uint8 depth);

    /// @notice The zero address can't send an append.
    error ZeroAnchorer();

    /// @param admin holds the default admin role; hands it over only in two steps, after a delay
    /// @param anchorer the first holder of ANCHOR_ROLE
    constructor(address admin, address anchorer)
        AccessControlDefaultAdminRules(INITIAL_ADMIN_DELAY, admin)
    {
        if (anchorer == address(0)) revert ZeroAnchorer();
        _grantRole(ANCHOR_ROLE, anchorer);
        heads[0] = keccak256(abi.encode("salus-log/1", block.chainid, address(this)));
    }

    /// @notice Append entry n, which must be the next one; so a repeated call can't append twice.
    /// @param n the entry's number; the first is 1
    /// @param root the Merkle tree's root, not zero
    /// @param depth the tree's depth, at most MAX_DEPTH; a tree of one leaf has depth 0
    function append(uint64 n, bytes32 root, uint8 depth) external onlyRole(ANCHOR_ROLE) {
        if (root == 0) revert ZeroRoot();
        if (depth > MAX_DEPTH) revert DepthTooLarge(depth);
        // heads[0] is set from the start, so n > 0 from here on.
        if (heads[n] != 0) revert AlreadyAppended(n);
        bytes32 previous = heads[n - 1];
        if (previous == 0) revert PredecessorMissing(n);

        uint64 time = uint64(block.timestamp);
        bytes32 head = keccak256(abi.encode(previous, n, root, depth, time));
        heads[n] = head;
        emit Appended(n, root, depth, time, head);
    }
}
