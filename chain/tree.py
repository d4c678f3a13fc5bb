"""The Merkle tree of a batch: padded, sorted, the same after a crash (DESIGN section 4)."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from chain.commitments import leaf_of, pair

NODE = 32
MAX_DEPTH = 16
# A lone consent must not show itself by a tree of one leaf.
MIN_DEPTH = 4


def padding(batch_key: bytes, sequence: int, index: int) -> bytes:
    """A value that nobody without the batch key can tell from a commitment."""
    message = sequence.to_bytes(8, "big") + index.to_bytes(8, "big")
    return hmac.digest(batch_key, message, "sha256")


@dataclass(frozen=True)
class Tree:
    """All nodes, level by level from the leaves up; each level is one bytes string."""

    levels: tuple[bytes, ...]

    @property
    def depth(self) -> int:
        """How many siblings a path has."""
        return len(self.levels) - 1

    @property
    def root(self) -> bytes:
        """32 bytes."""
        return self.levels[-1]

    @property
    def nodes(self) -> bytes:
        """All levels in one string, leaves first: 32 * (2 ** (depth + 1) - 1) bytes."""
        return b"".join(self.levels)


def build(values: Sequence[bytes], batch_key: bytes, sequence: int) -> tuple[Tree, list[int]]:
    """The tree over 32-byte values, and each value's position among the sorted leaves."""
    if not values or len(values) > 2**MAX_DEPTH:
        raise ValueError(f"a tree has 1 to {2**MAX_DEPTH} values, not {len(values)}")
    depth = max(MIN_DEPTH, (len(values) - 1).bit_length())
    own = [leaf_of(value) for value in values]
    pads = [leaf_of(padding(batch_key, sequence, i)) for i in range(len(values), 2**depth)]
    leaves = sorted(own + pads)
    place = {leaf: position for position, leaf in enumerate(leaves)}
    levels = [leaves]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([pair(below[i], below[i + 1]) for i in range(0, len(below), 2)])
    return Tree(tuple(b"".join(level) for level in levels)), [place[leaf] for leaf in own]


def path_offsets(position: int, depth: int) -> list[int]:
    """Where the siblings of a leaf's path begin in `Tree.nodes`, in bytes."""
    offsets, start, width = [], 0, 2**depth
    for _ in range(depth):
        offsets.append((start + (position ^ 1)) * NODE)
        start, width, position = start + width, width // 2, position // 2
    return offsets
