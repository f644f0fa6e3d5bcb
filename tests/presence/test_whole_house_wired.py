"""The real house, its scout included, in a home of network namespaces: phones come, sleep and go, and one is a forgery."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests.devices.lan import Lan, is_possible, lan
from tests.runs.rig import DATA

from hearthwatch.alerts import ledger as alerts
from hearthwatch.arming import ledger
from hearthwatch.arming.arming import Cause, Mode
from hearthwatch.arming.ledger import Line
from hearthwatch.kit.db import open_reader
from hearthwatch.kit.secrets import Secrets
from hearthwatch.presence import ledger as presence

pytestmark = [
    pytest.mark.wired,
    pytest.mark.waits,
    pytest.mark.skipif(not is_possible(), reason="needs root and network namespaces"),
]

RUNNING = (b"looking for 2 devices", b"the house is in mode away")
ANNA, BEN = "a4:83:e7:00:00:01", "a4:83:e7:00:00:02"
SILENCE_S = 60.0
CONFIG = """
[home]
timezone = "UTC"
networks = ["10.77.0.0/24"]
[web]
https_port = 0
[camera.street]
main = "demo://street?seed=1&fps=5"
record = "never"
events.cooldown_s = 0
[presence]
arp_interface = "br0"
ask_every_s = 10
[arming]
silence_minutes = 1
disarm = "DISARM"
[people.anna]
name = "Anna"
devices = ["phone"]
[people.ben]
name = "Ben"
devices = ["phone"]
"""


class Home:
    """A house in its namespace. It is asked by its database alone: its page listens in there."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self._process = process
        self._reader = open_reader(folder / "house.db")
        self.seen = 0

    def close(self) -> None:
        self._reader.dispose()

    def lines(self) -> tuple[Line, ...]:
        with self._reader.connect() as connection:
            return ledger.recent(connection)[::-1]

    def people(self) -> set[str]:
        """Who is at home."""
        with self._reader.connect() as connection:
            return {one.person for one in presence.kept(connection) if one.home}

    def titles(self, since_us: int) -> list[str]:
        with self._reader.connect() as connection:
            return [one.alert.title for one in alerts.recent(connection, limit=200) if one.alert.at_us >= since_us]

    async def until(self, ready: Callable[[], bool], within_s: float) -> None:
        async with asyncio.timeout(within_s):
            while not ready():
                assert self._process.returncode is None, "the house has ended"
                await asyncio.sleep(0.25)

    async def next(self, within_s: float = 60) -> Line:
        """Return the next change of how the house is armed."""
        await self.until(lambda: len(self.lines()) > self.seen, within_s)
        self.seen += 1
        return self.lines()[self.seen - 1]

    async def nothing(self, for_s: float) -> None:
        """Hold that nothing changes for so long."""
        with pytest.raises(TimeoutError):
            await self.next(for_s)


@contextlib.asynccontextmanager
async def living(net: Lan, folder: Path, disarm: str) -> AsyncIterator[Home]:
    (folder / "hearthwatch.toml").write_text(CONFIG.replace("DISARM", disarm))
    for name, mac in (("anna", ANNA), ("ben", BEN)):
        Secrets(folder).set(f"people.{name}.phone.mac", mac)
    with (folder / "console.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *net.command(sys.executable, "-m", "hearthwatch", "run"),
            *("--data", str(folder), "--config", str(folder / "hearthwatch.toml"), "--port", "8099"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            env={**os.environ, "HEARTHWATCH_MODELS": str(DATA / "models")},
        )
    home = Home(process, folder)
    try:
        await home.until(lambda: all(word in (folder / "console.log").read_bytes() for word in RUNNING), 180)
        yield home
    finally:
        home.close()
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 60)


async def test_two_phones_come_sleep_leave_and_one_is_forged_where_answers_disarm(tmp_path: Path) -> None:
    with lan() as net:
        anna, ben = net.phone("a", ANNA, "10.77.0.21"), net.phone("b", BEN, "10.77.0.22")
        forger = net.phone("x", ANNA, "10.77.0.21")  # for her address the router gives him hers
        async with living(net, tmp_path, "automatic") as home:
            anna.join()
            came = await home.next()
            assert (came.before, came.mode, came.cause) == (Mode.AWAY, Mode.HOME, Cause.PRESENCE)
            [why] = came.evidence
            assert why.startswith("Anna: phone answered on the home network")
            ben.join()
            await home.until(lambda: "ben" in home.people(), 60)
            anna.sleep()
            ben.sleep()
            await home.nothing(35)
            anna.wake()
            ben.wake()
            await home.nothing(10)

            anna.leave()
            ben.leave()
            left_us = time.time_ns() // 1000
            went = await home.next(150)
            assert (went.before, went.mode, went.cause) == (Mode.HOME, Mode.AWAY, Cause.PRESENCE)
            after_s = (went.at_us - left_us) / 1e6
            assert SILENCE_S - 25 <= after_s <= SILENCE_S + 45, "counted from the last sign, which is a question old"
            assert sorted(line.split(":")[0] for line in went.evidence) == ["Anna", "Ben"]
            assert all("no device answers" in line for line in went.evidence)

            forger.join()
            forged = await home.next()
            assert (forged.mode, forged.cause) == (Mode.HOME, Cause.PRESENCE)
            [why] = forged.evidence
            assert why.startswith("Anna: phone answered on the home network"), "the answer that disarmed is named"
    check_log(tmp_path)


async def test_sec_34_a_forged_phone_disarms_nothing_where_the_owner_is_asked(tmp_path: Path) -> None:
    with lan() as net:
        forger = net.phone("x", ANNA, "10.77.0.66")
        async with living(net, tmp_path, "confirm") as home:
            forger.join()
            since_us = time.time_ns() // 1000
            question = "Home: still armed, though Anna came home"
            await home.until(lambda: question in home.titles(since_us), 60)
            asked_us = time.time_ns() // 1000
            await home.until(lambda: "street: person" in home.titles(asked_us), 120)
            assert {line.mode for line in home.lines()} <= {Mode.AWAY}
            with home._reader.connect() as connection:
                kept = ledger.kept(connection)
            assert kept is not None
            assert kept.mode is Mode.AWAY
    check_log(tmp_path)


def check_log(folder: Path) -> None:
    text = (folder / "console.log").read_text(errors="replace")
    assert "Traceback" not in text
    for mac in (ANNA, BEN):
        assert mac not in text
