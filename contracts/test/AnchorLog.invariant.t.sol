// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorLog} from "../ledger/AnchorLog.sol";
import {Test} from "./Test.sol";

/// @notice Calls the log in any order and keeps what each append left behind.
contract AnchorLogHandler is Test {
    AnchorLog public immutable log = new AnchorLog(address(this), address(this));

    /// @dev The head of each entry at the time it was appended; index 0 is the log's first head.
    bytes32[] public landed;

    constructor() {
        landed.push(log.heads(0));
    }

    function length() public view returns (uint64) {
        return uint64(landed.length - 1);
    }

    function appendNext(bytes32 root, uint8 depth, uint16 wait) external {
        root = nonzero(root);
        vm.warp(block.timestamp + wait);
        uint64 n = length() + 1;
        log.append(n, root, uint8(bound(depth, 0, 16)));
        landed.push(log.heads(n));
    }

    function appendLanded(uint64 n, bytes32 root, uint8 depth) external {
        root = nonzero(root);
        n = uint64(bound(n, 0, length()));
        vm.expectRevert(abi.encodeWithSelector(AnchorLog.AlreadyAppended.selector, n));
        log.append(n, root, uint8(bound(depth, 0, 16)));
    }

    function appendAhead(uint64 n, bytes32 root, uint8 depth) external {
        root = nonzero(root);
        n = uint64(bound(n, length() + 2, type(uint64).max));
        vm.expectRevert(abi.encodeWithSelector(AnchorLog.PredecessorMissing.selector, n));
        log.append(n, root, uint8(bound(depth, 0, 16)));
    }

    function appendMalformed(uint64 n, bytes32 root, uint8 depth) external {
        if (depth <= 16) {
            root = 0;
            vm.expectRevert(AnchorLog.ZeroRoot.selector);
        } else {
            root = nonzero(root);
            vm.expectRevert(abi.encodeWithSelector(AnchorLog.DepthTooLarge.selector, depth));
        }
        log.append(n, root, depth);
    }

    /// @dev Roles come and go; the entries stay.
    function changeAnchorer(address other) external {
        if (other == address(this)) return;
        bytes32 role = log.ANCHOR_ROLE();
        log.grantRole(role, other);
        log.revokeRole(role, other);
    }

    function nonzero(bytes32 root) internal pure returns (bytes32) {
        return root == 0 ? keccak256("any root") : root;
    }
}

contract AnchorLogInvariantTest is Test {
    AnchorLogHandler internal handler;

    function setUp() public {
        handler = new AnchorLogHandler();
    }

    /// @dev Read by Foundry: only the handler is called at random.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_heads_stay_and_leave_no_gap() public view {
        AnchorLog log = handler.log();
        uint64 length = handler.length();
        for (uint64 n = 0; n <= length; n++) {
            vm.assertTrue(log.heads(n) != 0, "gap");
            vm.assertEq(log.heads(n), handler.landed(n), "a head changed");
        }
        vm.assertEq(log.heads(length + 1), 0, "an entry nobody appended");
    }
}
