"""Trees: every path leads to the root, whatever the count and the order."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.commitments import fold, leaf_of
from chain.tree import MAX_DEPTH, MIN_DEPTH, NODE, build, padding, path_offsets

KEY = b"key"
counts = st.integers(1, 300)


def values_of(count: int, seed: int = 0) -> list[bytes]:
    return [sha256(b"%d %d" % (seed, n)).digest() for n in range(count)]


@given(counts, st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_every_path_read_from_the_nodes_folds_to_the_root(count, seed):
    values = values_of(count, seed)
    tree, positions = build(values, KEY, 1)
    for value, position in zip(values, positions, strict=True):
        path = [tree.nodes[o : o + NODE] for o in path_offsets(position, tree.depth)]
        assert len(path) == tree.depth
        assert fold(leaf_of(value), path) == tree.root


@given(st.data(), st.integers(2, 60))
@settings(deadline=None)
def test_the_order_of_the_values_makes_no_difference(data, count):
    values = values_of(count)
    shuffled = data.draw(st.permutations(values))
    tree, positions = build(values, KEY, 7)
    other, moved = build(shuffled, KEY, 7)
    assert other == tree
    assert dict(zip(shuffled, moved, strict=True)) == dict(zip(values, positions, strict=True))


@pytest.mark.parametrize(
    ("count", "depth"),
    [(1, 4), (2, 4), (15, 4), (16, 4), (17, 5), (32, 5), (33, 6), (256, 8), (257, 9)],
)
def test_trees_are_padded_to_a_power_of_two_and_never_small(count, depth):
    tree, _ = build(values_of(count), KEY, 1)
    assert tree.depth == depth >= MIN_DEPTH
    assert len(tree.levels[0]) == NODE * 2**depth
    assert len(tree.nodes) == NODE * (2 ** (depth + 1) - 1)
    assert tree.nodes[-NODE:] == tree.root


def test_leaves_lie_sorted_so_that_padding_and_order_do_not_show():
    tree, _ = build(values_of(5), KEY, 1)
    leaves = [tree.nodes[n * NODE : (n + 1) * NODE] for n in range(16)]
    assert leaves == sorted(leaves)
    assert len(set(leaves)) == 16


def test_padding_depends_on_key_sequence_and_index():
    found = {padding(key, n, i) for key in (b"a", b"b") for n in (1, 2) for i in (0, 1)}
    assert len(found) == 8
    roots = {build(values_of(3), key, n)[0].root for key in (b"a", b"b") for n in (1, 2)}
    assert len(roots) == 4


@given(counts)
@settings(max_examples=20, deadline=None)
def test_a_path_of_another_position_does_not_fold(count):
    values = values_of(count)
    tree, positions = build(values, KEY, 1)
    wrong = path_offsets(positions[0] ^ 2, tree.depth)
    path = [tree.nodes[o : o + NODE] for o in wrong]
    assert fold(leaf_of(values[0]), path) != tree.root


def test_no_tree_of_nothing_and_none_beyond_the_contracts_depth():
    with pytest.raises(ValueError, match="1 to 65536 values, not 0"):
        build([], KEY, 1)
    with pytest.raises(ValueError, match="not 65537"):
        build([b""] * (2**MAX_DEPTH + 1), KEY, 1)
