"""Our trees are OpenZeppelin's: an independent implementation judges roots and paths."""

from hashlib import sha256

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chain.tree import NODE, build, padding, path_offsets

KEY = b"k" * 32
COUNTS = [*range(1, 36), 63, 64, 65, 100, 127, 128, 129, 255, 256, 257, 300]
MOST = 5_000


def hexed(data: bytes) -> str:
    return "0x" + data.hex()


def case_of(count: int, seed: bytes = b""):
    values = [sha256(seed + b"%d of %d" % (n, count)).digest() for n in range(count)]
    tree, positions = build(values, KEY, count)
    pads = [padding(KEY, count, n) for n in range(count, 2**tree.depth)]
    paths = [
        [hexed(value), [hexed(tree.nodes[o : o + NODE]) for o in path_offsets(place, tree.depth)]]
        for value, place in list(zip(values, positions, strict=True))[:40]
    ]
    return tree, {"values": [hexed(value) for value in values + pads], "paths": paths}


def test_openzeppelin_finds_the_same_roots_and_paths(in_node):
    trees, cases = zip(*(case_of(count) for count in COUNTS), strict=True)
    for tree, case, found in zip(trees, cases, in_node("trees.mjs", cases), strict=True):
        assert found["root"] == hexed(tree.root)
        assert found["paths"] == [path for _, path in case["paths"]]
        assert all(found["accepted"])


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(count=st.integers(1, MOST), seed=st.binary(max_size=8))
@example(count=1, seed=b"")
@example(count=MOST, seed=b"")
def test_whatever_is_in_it_the_tree_is_openzeppelins(in_node, count, seed):
    tree, case = case_of(count, seed)
    [found] = in_node("trees.mjs", [case])
    assert found["root"] == hexed(tree.root)
    assert found["paths"] == [path for _, path in case["paths"]]
    assert all(found["accepted"])


def test_openzeppelin_refuses_a_path_of_another_value(in_node):
    tree, case = case_of(20)
    (first, path), (second, _) = case["paths"][:2]
    assert first != second
    found = in_node("trees.mjs", [case | {"paths": [[second, path]]}])
    assert found[0]["root"] == hexed(tree.root)
    assert found[0]["accepted"] == [False]
