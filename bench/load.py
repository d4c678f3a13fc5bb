"""A small HTTP/1.1 load generator: a fixed number of keep-alive connections, bounded in time."""

import asyncio
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """What a run of requests gave."""

    per_second: float
    p95_ms: float
    failures: int


def load(
    port: int, path: str, headers: dict[str, str], *, connections: int = 16, seconds: float = 5
) -> Load:
    """Ask for one path again and again; the generator shares the machine with the server."""
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    request = f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n{head}\r\n".encode()
    return asyncio.run(_run(port, request, connections, seconds))


async def _run(port: int, request: bytes, connections: int, seconds: float) -> Load:
    times: list[float] = []
    failures = [0]
    end = time.perf_counter() + seconds
    await asyncio.gather(*(_one(port, request, end, times, failures) for _ in range(connections)))
    times.sort()
    return Load(len(times) / seconds, times[int(len(times) * 0.95)] * 1000, failures[0])


async def _one(
    port: int, request: bytes, end: float, times: list[float], failures: list[int]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < end:
        started = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        failures[0] += not head.startswith(b"HTTP/1.1 200")
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        )
        await reader.readexactly(length)
        times.append(time.perf_counter() - started)
    writer.close()
