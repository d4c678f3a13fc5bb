"""Start what the environment does not already name, and write down where everything is."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from portal.stack.processes import Processes
from portal.stack.services import start_anvil, start_postgres, start_valkey
from portal.stack.state import OWNER_URL, REPLACEABLE, State


def start_services(
    state: State, processes: Processes, *, durable: bool = True, keep_chain: bool = True
) -> dict[str, str]:
    """Start the embedded servers that no URL replaces; gives the settings' environment."""

    def database() -> dict[str, str]:
        application, owner = start_postgres(state, processes, durable=durable)
        return {"DATABASE_URL": application, OWNER_URL: owner}

    starters: dict[str, Callable[[], dict[str, str]]] = {
        "DATABASE_URL": database,
        "REDIS_URL": lambda: {"REDIS_URL": start_valkey(state, processes)},
        "CHAIN_RPC_URL": lambda: {"CHAIN_RPC_URL": start_anvil(state, processes, keep=keep_chain)},
    }
    named = {name: os.environ[name] for name in (*REPLACEABLE, OWNER_URL) if os.environ.get(name)}
    missing = [starters[name] for name in REPLACEABLE if name not in named]
    with ThreadPoolExecutor() as pool:
        started = list(pool.map(lambda start: start(), missing))
    return secrets_of(state) | named | {k: v for urls in started for k, v in urls.items()}


def secrets_of(state: State) -> dict[str, str]:
    """Where the settings find their secrets; made on first use."""
    for name in ("django-secret-key", "master-key", "keystore-password"):
        state.secret(name)
    secrets = state.path / "secrets"
    own = {
        "SALUS_ENVIRONMENT": "demo",
        "SECRET_KEY_FILE": str(secrets / "django-secret-key"),
        "MASTER_KEY_FILE": str(secrets / "master-key"),
        "KEYSTORE_PASSWORD_FILE": str(secrets / "keystore-password"),
        "KEYSTORE_DIR": str(state.sub("keystore")),
        "MEDIA_DIR": str(state.sub("media")),
    }
    # Whoever runs Salus may name their own.
    return {name: os.environ.get(name) or value for name, value in own.items()}
