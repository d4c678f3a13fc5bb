"""The supervisor with its real servers: what it starts it ends, and what was committed stays."""

import contextlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from chain.canonical import canonical
from portal.demo.clinical import bundles
from portal.stack.services import free_port
from tests.e2e.product import Product

GENEROUS = 40  # seconds for a second start; 20 are promised where nothing else is going on
Start = Callable[..., Product]


@pytest.fixture(scope="module")
def bundle_files() -> Iterator[list[Path]]:
    """The directory, and two patients."""
    with tempfile.TemporaryDirectory(prefix="salus-bundles-") as folder:
        files = []
        for number, bundle in enumerate(islice(bundles(today=date(2026, 3, 17)), 3)):
            file = Path(folder, f"{number}.json")
            file.write_bytes(canonical(bundle))
            files.append(file)
        yield files


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A folder that PostgreSQL's account can reach, for the state directories."""
    folder = Path(tempfile.mkdtemp(prefix="salus-stack-"))
    yield folder
    subprocess.run(["rm", "-rf", folder], check=True)


@pytest.fixture(scope="module")
def prepared(home: Path, bundle_files: list[Path]) -> Product:
    """A portal that ran once, holds a patient's record, and was stopped."""
    first = Product(home / "prepared", "--no-demo")
    try:
        first.start()
        first.manage("import_fhir", *map(str, bundle_files[:2]))
        wait_until_final(first)
        assert first.stop() == 0, first.output[-4000:]
    finally:
        first.kill()
    return first


@pytest.fixture(scope="module")
def running(prepared: Product, home: Path) -> Iterator[Product]:
    """That portal's second start, for tests that leave it running."""
    product = second_start(prepared, home / "running")
    yield product
    product.kill()


@pytest.fixture
def start(prepared: Product, home: Path, request: pytest.FixtureRequest) -> Iterator[Start]:
    """Second starts of that portal, for tests that end them."""
    products: list[Product] = []

    def begin() -> Product:
        name = f"state-{len(products)}-{request.node.name[:20].strip('[]')}"
        products.append(second_start(prepared, home / name))
        return products[-1]

    yield begin
    for product in products:
        product.kill()
        subprocess.run(["rm", "-rf", product.state], check=True)


@pytest.fixture
def stopped(prepared: Product, home: Path) -> Iterator[Product]:
    """A copy of that portal, not started yet."""
    product = Product(home / "stopped", "--no-demo")
    copy_state(prepared, product.state)
    yield product
    product.kill()


def second_start(prepared: Product, state: Path) -> Product:
    """A copy of the prepared state, started."""
    copy_state(prepared, state)
    return Product(state, "--no-demo").start()


def copy_state(prepared: Product, state: Path) -> None:
    """With owners and modes, which shutil would not keep."""
    subprocess.run(["cp", "-a", prepared.state, state], check=True)


def query(product: Product, statement: str) -> list[tuple[Any, ...]]:
    """Rows of the portal's database as its superuser, whom no row-level security binds."""
    lines = (product.state / "env").read_text().splitlines()
    url = next(line for line in lines if line.startswith("DATABASE_URL=")).partition("=")[2]
    password = (product.state / "secrets" / "postgres-superuser").read_text()
    with psycopg.connect(url, user="postgres", password=password) as connection:
        return connection.execute(statement).fetchall()


def versions(product: Product) -> int:
    """How many versions of records there are."""
    return int(query(product, "SELECT count(*) FROM records_version")[0][0])


def batches(product: Product) -> list[tuple[Any, ...]]:
    """The final batches as the ledger knows them."""
    return query(
        product,
        "SELECT sequence, root, head, block_hash, transaction_hash, count FROM chain_batch"
        " WHERE state = 'final' ORDER BY sequence",
    )


def anchored(product: Product) -> int:
    """How much is part of a final batch; without seals of the audit trail, which goes on meanwhile."""
    return int(
        query(
            product,
            "SELECT count(*) FROM chain_commitment AS c JOIN chain_batch AS b ON b.id = c.batch_id"
            " WHERE b.state = 'final' AND c.kind <> 'audit'",
        )[0][0]
    )


def wait_until_final(product: Product, seconds: float = 60) -> None:
    """Until each commitment is part of a final batch."""
    open_ones = (
        "SELECT count(*) FROM chain_commitment c LEFT JOIN chain_batch b ON b.id = c.batch_id"
        " WHERE b.state IS DISTINCT FROM 'final' AND c.kind <> 'consent'"
    )
    end = time.monotonic() + seconds
    while query(product, open_ones) != [(0,)]:
        assert time.monotonic() < end, f"not sealed after {seconds} s:\n{product.output[-4000:]}"
        time.sleep(0.2)


def nothing_is_left(product: Product) -> None:
    """No process, no open port, no register of processes."""
    assert not product.remains()
    assert not product.still_listening()
    assert not (product.state / "processes.json").exists()


# -- while it runs ---------------------------------------------------------------------------------


def test_a_second_start_is_quick(running: Product) -> None:
    print(f"\nsecond start: ready after {running.seconds:.1f} s")
    assert running.seconds < GENEROUS


def test_only_the_loopback_is_listened_on(running: Product) -> None:
    assert {address for address, _ in running.listening} <= {"127.0.0.1", "::1"}
    assert ("127.0.0.1", running.port) in running.listening


def test_secrets_are_their_owners_alone(running: Product) -> None:
    secrets = [*(running.state / "secrets").iterdir(), *(running.state / "keystore").iterdir()]
    secrets += [running.state / name for name in ("env", "processes.json", "valkey/valkey.conf")]
    assert len(secrets) >= 9
    for file in secrets:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_no_secret_is_on_a_command_line_or_in_the_output(running: Product) -> None:
    secrets = [file.read_text().strip() for file in (running.state / "secrets").iterdir()]
    said = [running.output]
    for process in running.family:
        with contextlib.suppress(psutil.NoSuchProcess):
            said.append(" ".join(process.cmdline()))
    for secret in secrets:
        assert not any(secret in text for text in said)


def test_a_second_supervisor_on_the_same_state_is_refused(running: Product) -> None:
    done = subprocess.run(
        running.command("server", "--port", str(free_port())),
        env=running.environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    pid = running.process.pid
    assert f"already running with this state directory (process {pid})" in done.stderr
    assert running.process.poll() is None


def test_a_command_uses_the_services_that_run(running: Product) -> None:
    said = running.manage("shell", "--no-imports", "-c", "import os; print(os.getppid())")
    assert said.strip().isdigit()
    assert running.process.poll() is None


# -- where it does not start -----------------------------------------------------------------------


def test_a_taken_port_is_told_with_what_to_do(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        product = Product(home / "taken", "--no-demo", port=port)
        product.launch()
        assert product.process.wait(60) == 1
    assert f"port {port} is taken" in product.output
    assert "Try --port" in product.output
    nothing_is_left(product)


@pytest.mark.parametrize(
    ("after", "with_signal"),
    [(0.5, signal.SIGTERM), (2.0, signal.SIGINT)],
    ids=["SIGTERM", "SIGINT"],
)
def test_it_can_be_stopped_while_it_starts(
    home: Path, after: float, with_signal: signal.Signals
) -> None:
    product = Product(home / f"early-{after}", "--no-demo")
    product.launch()
    while "starting PostgreSQL" not in product.output:
        time.sleep(0.05)
    time.sleep(after)
    product.family = psutil.Process(product.process.pid).children(recursive=True)
    try:
        assert product.stop(with_signal) == 0, product.output[-2000:]
        nothing_is_left(product)
    finally:
        product.kill()


# -- how it ends -----------------------------------------------------------------------------------


def test_being_asked_to_end_leaves_nothing_behind(start: Start) -> None:
    product = start()
    assert len(product.family) > 6
    assert product.stop(signal.SIGTERM) == 0, product.output[-4000:]
    nothing_is_left(product)


def test_when_a_part_ends_by_itself_the_others_are_stopped(start: Start) -> None:
    product = start()
    pid = next(p.pid for p in product.family if part_of(product, p) == "postgres")
    os.kill(pid, signal.SIGKILL)
    assert product.process.wait(90) == 1
    assert "postgres ended with code -9; stopping the others" in product.output
    nothing_is_left(product)


def part_of(product: Product, process: psutil.Process) -> str:
    """The name under which the supervisor knows a process."""
    rows = json.loads((product.state / "processes.json").read_text())
    return next((name for pid, _born, _signal, name in rows if pid == process.pid), "")


@pytest.mark.parametrize("everything", [False, True], ids=["the supervisor", "everything"])
def test_after_sigkill_a_new_start_has_all_that_was_committed(
    start: Start, bundle_files: list[Path], everything: bool
) -> None:
    # Given a portal that has just written a record which is not sealed yet
    product = start()
    sealed = batches(product)
    product.manage("import_fhir", str(bundle_files[2]))
    written = versions(product)

    # When the supervisor is killed, and its children with it or not
    killed = product.family if everything else product.family[:1]
    for process in killed:
        with contextlib.suppress(psutil.NoSuchProcess):  # it went with one killed before it
            process.kill()
    product.process.wait(10)
    orphans = product.family[1:]
    assert everything or product.remains()

    # And it is started again
    product.start()

    # Then what the dead one had left is gone
    if not everything:
        assert "ended what the last run left behind: " in product.output
    assert not [process for process in orphans if process.is_running()]

    # And all that was written is there, and becomes final; what was final is as it was
    wait_until_final(product)
    assert versions(product) == written
    assert batches(product)[: len(sealed)] == sealed
    counted = query(product, "SELECT count(*) FROM chain_commitment WHERE kind <> 'consent'")[0][0]
    assert sum(batch[-1] for batch in batches(product)) == counted
    print(f"\nnew start after SIGKILL: ready after {product.seconds:.1f} s")
    assert product.stop() == 0
    nothing_is_left(product)


def test_a_lost_chain_is_explained_and_everything_can_be_anchored_again(
    running: Product, stopped: Product
) -> None:
    # Given a stopped portal whose records are sealed for good
    product = stopped
    sealed, written = batches(running), versions(running)

    # When the chain's state is lost
    shutil.rmtree(product.state / "chain")

    # Then it does not start, and says why and what to do
    product.launch()
    assert product.process.wait(120) == 1
    assert "another first block than ours" in product.output
    assert "--fresh-chain" in product.output

    # And with a new chain everything is anchored again, and nothing else is touched
    product.options = ("--no-demo", "--fresh-chain")
    product.start()
    wait_until_final(product)
    assert versions(product) == written
    assert anchored(product) == anchored(running)
    blocks = {batch[3] for batch in sealed}
    assert not blocks & {batch[3] for batch in batches(product)}
    entries = query(product, "SELECT count(*) FROM chain_registryentry WHERE state <> 'final'")
    assert entries == [(0,)]
    assert product.stop() == 0
