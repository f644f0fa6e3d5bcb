"""The parties of tests.runs.fleet: houses in their network namespaces, the NATS servers beside them, and the hub's machine."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp

from tests.devices.sites_net import HUB, SitesNet
from tests.fleet.postgres import PASSWORD, Postgres
from tests.runs.fleet_sums import HubSql, PostgresHub, SqliteHub
from tests.runs.rig import House, house_toml

STREET = "demo://street?seed={seed}&first_s=2&every_s=15&fps=6"
NATS = "nats://127.0.0.1:4222"
_MOVING = """
[camera_defaults]
labels.person = false
labels.car = false
labels.dog = false
labels.cat = false
[camera_defaults.motion]
sensitivity_frac = 0.005
[camera_defaults.events]
motion = true
cooldown_s = 0
[storage]
segment_s = 5
"""
"""Whatever moves in the demo street is an event, and no detector runs."""


def show(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


async def until(ready: Callable[[], Awaitable[object]], what: str, seconds: float, every_s: float = 0.5) -> float:
    """Ask until it is so and return how many seconds that took. In the end it says what was there instead: whatever `ready`
    gives that is neither True nor False."""
    began, last = time.monotonic(), None
    while True:
        try:
            async with asyncio.timeout(max(5.0, seconds)):
                last = await ready()
        except (OSError, TimeoutError, AssertionError, ValueError, aiohttp.ClientError) as error:
            last = f"{type(error).__name__}: {error}"
        if last is True:
            return time.monotonic() - began
        if time.monotonic() - began > seconds:
            raise AssertionError(f"waited {seconds:.0f} s in vain: {what}; there is {last!r:.1500}")
        await asyncio.sleep(every_s)


class PlaceHouse(House):
    """A house at a place of the network."""

    def __init__(self, net: SitesNet, place: str, folder: Path, config: str, *, verb: str = "run") -> None:
        super().__init__(folder, config, {}, under=net.under(place), verb=verb)
        self.net, self.place = net, place

    async def start(self, timeout_s: float = 600.0, stdin: int = asyncio.subprocess.DEVNULL) -> float:
        if self._http is None:
            self._http = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    socket_factory=lambda found: self.net.socket_at(self.place, found[0], found[1], found[2])
                ),
                cookie_jar=aiohttp.CookieJar(unsafe=True),
            )
        return await super().start(timeout_s, stdin)

    async def status_of(self, url: str) -> int:
        """Return what a page answers to somebody who is logged in, as a number."""
        assert self._http is not None
        async with self._http.get(url, timeout=aiohttp.ClientTimeout(total=30)) as answer:
            return answer.status

    async def killed(self) -> None:
        """End all its processes at once, as a power cut does to them."""
        for pid in self.pids().values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await self.ended(60)


class NatsService:
    """A nats-server beside a house, started again whenever it ends, as systemd does; it waits for its file."""

    def __init__(self, net: SitesNet, place: str, file: Path, log: Path) -> None:
        self._command = (*net.under(place), "nats-server", "-c", str(file))
        self._file, self.log = file, log
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self.starts = 0

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            while not self._file.exists():  # noqa: ASYNC110 systemd's ConditionPathExists looks as well
                await asyncio.sleep(0.2)
            with self.log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(*self._command, stdout=log, stderr=log)
            self.starts += 1
            await self._process.wait()
            await asyncio.sleep(1.0)

    async def kill(self) -> None:
        """As a power cut does; it stays away until `start`."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


class HubMachine:
    """Where the hub runs, with all that belongs to it."""

    def __init__(self, net: SitesNet, folder: Path, *, home: bool) -> None:
        self.net = net
        self.is_home = home
        self.database = None if home else Postgres(net.under(HUB))
        more = f'[hub]\nenabled = true\naddress = "{net.address(HUB)}"\n'
        if self.database is not None:
            more += f'bus = "nats"\nnats = "{NATS}"\ndatabase = "{self.database.address}"\n'
        more += "".join(f'[hub.sites.{place}]\ntitle = "{place.title()}"\n' for place in net.places[1:])
        self.house = PlaceHouse(net, HUB, folder / "hub", house_toml([], more), verb="run" if home else "hub")
        self.nats = None if home else NatsService(net, HUB, folder / "hub/fleet/nats.conf", folder / "hub-nats.log")
        if self.database is not None:
            self.house.set_secret("hub.database.password", PASSWORD)

    @property
    def sql(self) -> HubSql:
        if self.database is None:
            return SqliteHub(self.house.folder / "hub.db")
        return PostgresHub(self.net.under(HUB), self.database.port, PASSWORD)

    async def begin(self) -> None:
        if self.database is not None:
            await asyncio.to_thread(self.database.__enter__)
        await self.on(first=True)

    async def on(self, *, first: bool = False) -> None:
        if self.database is not None and not first:
            await asyncio.to_thread(self.database.start)
        if self.nats is not None:
            self.nats.start()
        await self.house.start()

    async def kill(self) -> None:
        """All at once: Hearthwatch and its NATS server by SIGKILL, PostgreSQL by what it calls an immediate shutdown."""
        await self.house.killed()
        if self.nats is not None:
            await self.nats.kill()
        if self.database is not None:
            await asyncio.to_thread(self.database.stop)

    async def close(self) -> None:
        await self.house.close()
        if self.nats is not None:
            await self.nats.kill()
        if self.database is not None:
            await asyncio.to_thread(self.database.__exit__)


class NodeMachine:
    """A node, with its NATS server where the bus is one."""

    def __init__(self, net: SitesNet, place: str, folder: Path, *, home: bool) -> None:
        self.net, self.place, self.root, self.is_home = net, place, folder, home
        self._lives = 0
        self.id = ""
        self._make()

    def _make(self) -> None:
        self._lives += 1
        folder = self.root / f"{self.place}-{self._lives}"
        self.house = PlaceHouse(self.net, self.place, folder, self.config(cameras=True))
        file, log = folder / "node/nats.conf", self.root / f"{folder.name}-nats.log"
        self.nats = None if self.is_home else NatsService(self.net, self.place, file, log)

    def config(self, *, cameras: bool) -> str:
        """Return its configuration; without `cameras` they are there and off, so that nothing happens any more."""
        number = self.net.places.index(self.place)
        street = STREET.format(seed=number)
        text = house_toml([], _MOVING, "" if self.is_home else f'[node]\nnats = "{NATS}"\n')
        return text + f'[camera.yard]\nmain = "{street}"\nsub = "{street}"\nenabled = {str(cameras).lower()}\n'

    async def on(self) -> None:
        if self.nats is not None:
            self.nats.start()
        await self.house.start()

    async def join(self, code: str) -> None:
        await self.house.claim()
        await self.house.post("/api/v1/fleet/hub", {"code": code})
        await until(self._has_joined, f"{self.place} knows that it joined", 300)
        self.id = (await self.status())["id"]

    async def _has_joined(self) -> object:
        return bool((await self.status())["id"])

    async def status(self) -> dict:
        found = await self.house.get("/api/v1/fleet/hub")
        assert found is not None, "it joined no hub"
        return found

    async def days(self, *, seed: int, days: float, cameras: int, over_s: float) -> dict:
        """Have it live through some days; see tests.runs.fleet_days."""
        words = ["--data", self.house.folder, "--seed", seed, "--days", days, "--cameras", cameras, "--over-s", over_s]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.runs.fleet_days", *map(str, words), stdout=asyncio.subprocess.PIPE
        )
        try:
            async with asyncio.timeout(over_s * 5 + 120):
                said, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert process.returncode == 0, "the days could not be written"
        return json.loads(said)

    async def kill(self) -> None:
        await self.house.killed()
        if self.nats is not None:
            await self.nats.kill()

    async def anew(self) -> Path:
        """Return the folder of what it was; from now on this is a machine that knows nothing."""
        await self.house.close()
        old = self.house.folder
        self._make()
        return old

    async def close(self) -> None:
        await self.house.close()
        if self.nats is not None:
            await self.nats.kill()
