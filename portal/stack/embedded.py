"""Start what the environment does not already name, and write down where everything is."""

import os
from concurrent.futures import ThreadPoolExecutor

from portal.stack.processes import Processes
from portal.stack.services import start_anvil, start_postgres, start_valkey
from portal.stack.state import REPLACEABLE, State


def start_services(
    state: State, processes: Processes, *, durable: bool = True, keep_chain: bool = True
) -> dict[str, str]:
    """Start the embedded servers that no URL replaces; gives the settings' environment."""
    starters = {
        "DATABASE_URL": lambda: start_postgres(state, processes, durable=durable),
        "REDIS_URL": lambda: start_valkey(state, processes),
        "CHAIN_RPC_URL": lambda: start_anvil(state, processes, keep=keep_chain),
    }
    missing = [name for name in REPLACEABLE if not os.environ.get(name)]
    with ThreadPoolExecutor() as pool:
        urls = dict(zip(missing, pool.map(lambda name: starters[name](), missing), strict=True))
    return {**secrets_of(state), **{n: os.environ.get(n, "") for n in REPLACEABLE}, **urls}


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
