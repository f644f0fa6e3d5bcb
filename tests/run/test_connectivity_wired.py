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
    pytest.mark.skipif(not is_possible(), reason="needs root and network namespaces"),
]

ROOT = Path(__file__).parents[2]
NO_NAMES, NAMES_AGAIN = "The name server: does not answer", "The name server: answers again"
NO_INTERNET, INTERNET_AGAIN = "The internet beyond the router: cannot be reached", "The internet beyond the router: is back"
STARTED = "Home: started restart-network.service"
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


def ended(folder: Path) -> dict[str, int]:
    """The outages that are over and written down, with how long they lasted."""
    with contextlib.closing(sqlite3.connect(folder / "house.db")) as db:
        return dict(db.execute("select fault, end_us - start_us from outages where end_us is not null").fetchall())


def noted(folder: Path) -> set[str]:
    """The titles of what was told, and the outages that were, as far as the disk knows of it."""
    with contextlib.closing(sqlite3.connect(folder / "house.db")) as db:
        sent = "select title from alerts join deliveries on alert = alerts.id where channel = 'local' and state = 'sent'"
        return {text for (text,) in db.execute(f"{sent} union select fault from outages where told")}


async def test_dns_then_uplink_cut_is_told_logged_and_repaired_once(tmp_path: Path) -> None:
    arguments = (str(tmp_path), CONFIG)
    with uplink() as net:
        async with running(net, net.outside, "tests.devices.loud_hook", "203.0.113.2", "8080") as hook:
            assert await hook.line() == "ready"
            async with contextlib.AsyncExitStack() as house:
                async with names(net) as dns:
                    assert await dns.line() == "ready"  # before the house looks: it finds all well at first
                    box = await house.enter_async_context(running(net, net.box, "tests.run.guarding", *arguments))
                    await box.looks(2, well=True)
                await box.until(about(NO_NAMES))
                net.cut()
                await box.until(about(NO_INTERNET))
                if not box.units():  # three looks at the name server may have failed before two at the internet did
                    await box.until(lambda line: "unit" in line)
                await box.looks(2, well=False)
                # a box that dies before it noted that it told something tells it again, as it must
                while not {NO_NAMES, NO_INTERNET, STARTED, "name-server-silent", "internet-lost"} <= noted(tmp_path):
                    await box.until(lambda line: "well" in line)
                assert box.units() == ["restart-network.service"]
            async with running(net, net.box, "tests.run.guarding", *arguments) as box:
                await box.looks(6, well=False)
                assert box.units() == []
                assert box.titles() == []
                async with names(net) as dns:
                    assert await dns.line() == "ready"
                    net.mend()
                    told = await box.until(about(INTERNET_AGAIN))
                    assert str(told["text"]).startswith("After ")
                    outside: list[str] = []
                    while not {NAMES_AGAIN, INTERNET_AGAIN} <= set(outside):
                        outside.append(json.loads(await hook.line())["title"])
                    while not {"name-server-silent", "internet-lost"} <= ended(tmp_path).keys():
                        await box.until(lambda line: "well" in line)
    assert {title: outside.count(title) for title in (NAMES_AGAIN, INTERNET_AGAIN)} == {NAMES_AGAIN: 1, INTERNET_AGAIN: 1}
    for begins, ends in ((NO_NAMES, NAMES_AGAIN), (NO_INTERNET, INTERNET_AGAIN)):
        # at most once, in the moment between the line's return and the next look at it; after its end never
        assert outside.count(begins) <= 1, outside
        assert begins not in outside[outside.index(ends) :], outside
    assert box.titles().count(INTERNET_AGAIN) == 1
    lasted_us = ended(tmp_path)
    assert lasted_us["internet-lost"] > 0
    assert lasted_us["name-server-silent"] > 0


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
