"""The web server, on both loopbacks: python -m portal.stack.web PORT.

A browser resolves `localhost` to 127.0.0.1 or to ::1. Granian binds one address, so a small relay
serves the other one.
"""

import asyncio
import contextlib
import os
import sys
import threading

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

HOST = "127.0.0.1"
CHUNK = 65536


def main() -> None:
    """Serve until SIGTERM."""
    port = int(sys.argv[1])
    server = Granian(
        "portal.wsgi:application",
        address=HOST,
        port=port,
        interface=Interfaces.WSGI,
        workers=int(os.environ.get("WEB_WORKERS") or 2),
        blocking_threads=int(os.environ.get("WEB_THREADS") or 4),
        log_level=LogLevels.warning,
        websockets=False,
        # Without it a stop while the workers are starting would wait for ever.
        workers_kill_timeout=3,
    )
    threading.Thread(target=asyncio.run, args=(_relay(port),), daemon=True).start()
    server.serve()


async def _relay(port: int) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            there, back = await asyncio.open_connection(HOST, port)
            await asyncio.gather(_copy(reader, back), _copy(there, writer))
        writer.close()

    with contextlib.suppress(OSError):  # a machine without IPv6
        server = await asyncio.start_server(handle, "::1", port)
        await server.serve_forever()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(CHUNK):
            target.write(data)
            await target.drain()
    with contextlib.suppress(OSError, RuntimeError):
        target.close()


if __name__ == "__main__":
    main()
