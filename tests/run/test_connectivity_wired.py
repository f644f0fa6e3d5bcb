"""The name server, then the line is cut, in real network namespaces: told, waited out, told on return, one unit started."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests.devices.lan import is_possible
from tests.devices.uplink import Uplink, uplink

pytestmark = [
    pytest.mark.wired,
    pytest.mark.waits,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not is_possible(), reason="needs root and network namespaces"),
]

ROOT = Path(__file__).parents[2]
CONFIG = """
[alerts.webhook]
url = "http://hook.example.org:8080/alerts"
[connectivity]
every_s = 1
misses = 2
restart_unit = "restart-network.service"
restart_after = 3
restart_every_hours = 6
"""


class Program:
    """A program in a namespace, and the lines it says."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said: list[dict[str, object]] = []

    async def line(self) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            line = await self.process.stdout.readline()
        assert line, "the program ended"
        return line.decode().strip()

    async def until(self, wanted: Callable[[dict[str, object]], bool]) -> dict[str, object]:
        """Return the next line that is wanted; all of them are kept."""
        while True:
            self.said.append(json.loads(await self.line()))
            if wanted(self.said[-1]):
                return self.said[-1]

    async def looks(self, count: int, *, well: bool) -> None:
        for _ in range(count):
            await self.until(lambda line: line.get("well") is well)

    def titles(self) -> list[object]:
        return [line["told"] for line in self.said if "told" in line]

    def units(self) -> list[object]:
        return [line["unit"] for line in self.said if "unit" in line]


@contextlib.asynccontextmanager
async def running(net: Uplink, place: str, module: str, *arguments: str) -> AsyncIterator[Program]:
    process = await asyncio.create_subprocess_exec(
        *net.command(place, sys.executable, "-m", module, *arguments),
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    try:
        yield Program(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await process.wait()


def about(text: str) -> Callable[[dict[str, object]], bool]:
    return lambda line: text in str(line.get("told", ""))


def names(net: Uplink):
    return running(net, net.router, "tests.devices.small_dns", "10.78.0.1", "hook.example.org", "203.0.113.2")


async def test_dns_then_uplink_cut_is_told_logged_and_repaired_once(tmp_path: Path) -> None:
    arguments = (str(tmp_path), CONFIG)
    with uplink() as net:
        async with running(net, net.outside, "tests.devices.loud_hook", "203.0.113.2", "8080") as hook:
            assert await hook.line() == "ready"
            async with running(net, net.box, "tests.run.guarding", *arguments) as box:
                async with names(net) as dns:
                    assert await dns.line() == "ready"
                    await box.looks(2, well=True)
                await box.until(about("The name server: does not answer"))
                net.cut()
                await box.until(about("The internet beyond the router: cannot be reached"))
                if not box.units():  # three looks at the name server may have failed before two at the internet did
                    await box.until(lambda line: "unit" in line)
                await box.looks(2, well=False)
                assert box.units() == ["restart-network.service"]
            async with running(net, net.box, "tests.run.guarding", *arguments) as box:
                await box.looks(6, well=False)
                assert box.units() == []
                assert box.titles() == []
                async with names(net) as dns:
                    assert await dns.line() == "ready"
                    net.mend()
                    told = await box.until(about("The internet beyond the router: is back"))
                    assert str(told["text"]).startswith("After ")
                    outside: list[str] = []
                    while not any("is back" in title for title in outside):
                        outside.append(json.loads(await hook.line())["title"])
                    await box.looks(3, well=True)
    assert outside.count("The internet beyond the router: is back") == 1
    # the name server's failing may have got out before the cut; what came after could not, and is not told late
    assert not any("cannot be reached" in title for title in outside)
    assert sum("does not answer" in title for title in outside) <= 1, outside
    with contextlib.closing(sqlite3.connect(tmp_path / "house.db")) as db:
        rows = dict(db.execute("select fault, end_us - start_us from outages where end_us is not null").fetchall())
    assert rows["internet-lost"] > 3_000_000
    assert rows["name-server-silent"] >= rows["internet-lost"]


async def test_a_router_that_is_off_is_told_as_the_router(tmp_path: Path) -> None:
    with uplink() as net:
        async with (
            running(net, net.outside, "tests.devices.loud_hook", "203.0.113.2", "8080") as hook,
            names(net) as dns,
            running(net, net.box, "tests.run.guarding", str(tmp_path), CONFIG) as box,
        ):
            assert await hook.line() == "ready"
            assert await dns.line() == "ready"
            await box.looks(1, well=True)
            net.unplug()
            await box.until(about("The router: does not answer"))
            net.plug()
            await box.until(about("The router: answers again"))
            await box.looks(1, well=True)
        assert [title for title in box.titles() if "internet" in str(title)] == []
