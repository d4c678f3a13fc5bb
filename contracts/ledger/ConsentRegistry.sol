// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Registry of granted and revoked consents
/// @notice A consent is a signed statement that never comes here. It has two numbers, of which the
/// registry keeps the times:
///
///     commitment   salted hash of the statement; shown by the grant
///     lock         keccak256(abi.encode(secret)), a line of the statement; shown by the revocation
///
/// A grant doesn't name its lock, and no call names a signer, nonce, grantee or date. So the
/// numbers link neither two consents of a person nor a grant with its revocation. Who has the
/// statement and its salt looks up both: at time t the consent held if
///
///     0 < grantedAt(commitment) <= t  and not  0 < revokedAt(lock) <= t
///
/// What holds, whoever sends (anyone may, so that a relayer can pay):
/// - a time, once set, never changes; it is the timestamp of the block that carried the call;
/// - a lock is revoked only through its secret, so nobody else can do it, not even in advance;
/// - who copies an entry out of the mempool only does what was asked;
/// - nobody has a role, and the code can't be changed.
///
/// What the registry does not know: what a number stands for, and whether a person signed it. What
/// it can't hide: who paid for a call, when, and which entries came in one call. A relayer
/// therefore mixes people, and the secret must be random and serve one statement only.
contract ConsentRegistry {
    /// @notice When the commitment was first granted; zero if it never was.
    mapping(bytes32 commitment => uint64 time) public grantedAt;

    /// @notice When the lock's secret was first shown; zero if it never was.
    mapping(bytes32 lock => uint64 time) public revokedAt;

    /// @notice The consent with this commitment was granted.
    event Granted(bytes32 indexed commitment, uint64 time);

    /// @notice The consent whose statement holds this lock was revoked.
    event Revoked(bytes32 indexed lock, uint64 time);

    /// @notice Zero is no commitment to anything.
    error ZeroCommitment();

    /// @notice Grant each commitment. One that is there already is skipped and keeps its time: a
    /// copy of one entry, sent ahead, can't make a whole batch fail.
    /// @param commitments none of them zero; an empty list does nothing
    function grant(bytes32[] calldata commitments) external {
        uint64 time = uint64(block.timestamp);
        for (uint256 i = 0; i < commitments.length; i++) {
            bytes32 commitment = commitments[i];
            if (commitment == 0) revert ZeroCommitment();
            if (grantedAt[commitment] != 0) continue;
            grantedAt[commitment] = time;
            emit Granted(commitment, time);
        }
    }

    /// @notice Revoke each secret's consent. One that is revoked already is skipped and keeps its
    /// time. No secret is refused: who may end a consent must never be kept from it.
    /// @dev No function tells a secret's lock, since the node that is asked would learn the secret.
    /// @param secrets of 32 random bytes each; an empty list does nothing
    function revoke(bytes32[] calldata secrets) external {
        uint64 time = uint64(block.timestamp);
        for (uint256 i = 0; i < secrets.length; i++) {
            bytes32 lock = _lockOf(secrets[i]);
            if (revokedAt[lock] != 0) continue;
            revokedAt[lock] = time;
            emit Revoked(lock, time);
        }
    }

    /// @dev keccak256(abi.encode(secret)), in scratch space: a batch needs no memory that grows.
    function _lockOf(bytes32 secret) private pure returns (bytes32 lock) {
        assembly ("memory-safe") {
            mstore(0, secret)
            lock := keccak256(0, 32)
        }
    }
}
