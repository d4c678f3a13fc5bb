"""The embedded chain survives its own restarts: the same first block, nothing lost, a right clock."""

import signal
import time
from pathlib import Path

from chain.node import Node
from portal.stack.processes import Processes
from portal.stack.services import start_anvil
from portal.stack.state import State

WRITTEN = 1.5  # seconds; anvil writes its state every second


def test_the_chain_is_the_same_after_every_kind_of_end(tmp_path: Path):
    state = State(tmp_path / "state")
    firsts: set[bytes] = set()
    heads: list[tuple[int, bytes]] = []
    for end in (signal.SIGTERM, signal.SIGKILL, signal.SIGTERM, signal.SIGTERM):
        processes = Processes(state, quiet=True)
        try:
            node = Node(start_anvil(state, processes))
            first, newest = node.header(0), node.header("latest")
            assert first is not None
            assert newest is not None
            assert not heads or (newest.number, newest.hash) == heads[-1]
            firsts.add(first.hash)
            node.ask("anvil_mine", "0x2")
            mined = node.header("latest")
            assert mined is not None
            assert abs(mined.time - time.time()) < 60
            heads.append((mined.number, mined.hash))
            time.sleep(WRITTEN)
            processes.children[0].process.send_signal(end)
            processes.children[0].process.wait(10)
        finally:
            processes.stop()
    assert len(firsts) == 1
    assert [number for number, _ in heads] == [2, 4, 6, 8]
