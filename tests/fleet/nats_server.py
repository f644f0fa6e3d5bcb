"""A real nats-server with JetStream in memory's reach, on a free loopback port; skips where Debian's package is not installed."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.devices.free_port import free_port


@asynccontextmanager
async def nats_server(folder: Path) -> AsyncIterator[str]:
    """Yield its address."""
    program = shutil.which("nats-server")
    if program is None:
        pytest.skip("no nats-server here (Debian: apt-get install nats-server)")
    port = free_port()
    with (folder / "nats.log").open("wb") as log:
        words = ("-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder / "js"))
        process = await asyncio.create_subprocess_exec(program, *words, stdout=log, stderr=log)
    try:
        while True:
            try:
                _reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                await writer.wait_closed()
                break
            except OSError:
                assert process.returncode is None, (folder / "nats.log").read_text()
                await asyncio.sleep(0.02)
        yield f"nats://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()
