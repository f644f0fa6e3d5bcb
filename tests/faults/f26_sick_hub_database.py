"""F26: the hub's PostgreSQL is killed, cut off or full, or the hub itself is killed, while a node tells it all it knows."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import random
import sys
import tempfile
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hearthwatch.events import ledger as events
from hearthwatch.events.event import Event
from hearthwatch.fleet import comparison, joining, outbox
from hearthwatch.fleet.bus_https import HttpsPostbox
from hearthwatch.fleet.comparison import Compared, Comparison
from hearthwatch.fleet.hub_link import HubLink
from hearthwatch.fleet.identity import IdentityShelf
from hearthwatch.fleet.relay import Relay
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.retry import Backoff
from hearthwatch.kit.units import WallUs
from tests.alerts.house import an_event
from tests.devices.bad_wire import BadWire, Fate
from tests.devices.free_port import free_port
from tests.faults.fault import Fault, NotHere, Outcome, Terms
from tests.faults.running import ROOT
from tests.faults.small_disk import SmallDisk
from tests.fleet.postgres import PASSWORD, Postgres, programs
from tests.fleet.test_relay import House

_EVENTS = 150
_KINDS = ("killed database", "cut wire", "killed hub", "full disk")
_DONE_S = 120.0


@dataclass
class Hub:
    """The hub's process: killed and started again at the same port."""

    folder: Path
    address: str
    port: int
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> str:
        """Start it and return a code to join by."""
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.faults.hub_child",
            str(self.folder),
            self.address,
            str(self.port),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{PASSWORD}\n".encode())
        return (await self.process.stdout.readline()).decode().strip()

    async def kill(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
        if self.process is not None:
            await self.process.wait()


@asynccontextmanager
async def database(folder: Path, disk: SmallDisk | None) -> AsyncIterator[Postgres]:
    """A PostgreSQL of this trial's own, on a small disk where one is given."""
    if programs() is None:
        raise NotHere("there is no PostgreSQL")
    before = tempfile.tempdir
    if disk is not None:
        os.chmod(disk.path, 0o755)  # noqa: PTH101 a trial
        os.chmod(folder, 0o755)  # noqa: PTH101 the database's own user goes through it
        tempfile.tempdir = str(disk.path)
    try:
        server = Postgres()
    finally:
        tempfile.tempdir = before
    await asyncio.to_thread(server.__enter__)
    try:
        yield server
    finally:
        await asyncio.to_thread(server.__exit__)


async def strike(kind: str, chance: random.Random, server: Postgres, hub: Hub, disk: SmallDisk | None) -> int:
    """Do the harm, and have all of it over at the end; return how often it was done. The wire strikes by itself."""
    if kind == "cut wire":
        return 0
    for _turn in range(3):
        await asyncio.sleep(chance.uniform(0.1, 0.6))
        if kind == "killed database":
            await asyncio.to_thread(server.stop)
            await asyncio.sleep(chance.uniform(0, 0.5))
            await asyncio.to_thread(server.start)
        elif kind == "killed hub":
            await hub.kill()
            await asyncio.sleep(chance.uniform(0, 0.3))
            await hub.start()
        else:
            assert disk is not None
            await asyncio.to_thread(_fill, disk.path / "filler")
            await asyncio.sleep(chance.uniform(0.3, 1.5))
            await asyncio.to_thread((disk.path / "filler").unlink)
            await asyncio.to_thread(_again, server)
    return 3


def _fill(path: Path) -> None:
    with path.open("wb") as file:
        for size in (1 << 20, 4096):
            try:
                while True:
                    file.write(bytes(size))
                    file.flush()
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise


def _again(server: Postgres) -> None:
    """A database that gave up for want of room is started again, as its service manager does."""
    if server._popen is not None and server._popen.poll() is not None:
        server._popen = None
        server.start()


async def live(house: House, chance: random.Random, relay: Relay) -> dict[str, Event]:
    """Let the house see this and that, change and forget some of it; return what it knows at last."""
    known: dict[str, Event] = {}
    for number in range(_EVENTS):
        at_us = WallUs(house.clock.wall_us() - chance.randrange(3 * 86_400) * 1_000_000)
        event = an_event(id=f"01J{number:023d}", start_us=at_us, end_us=None)
        known[event.id] = event
        await house.db.run(lambda connection, event=event: events.save(connection, event))
        if chance.random() < 0.3:
            other = replace(known[chance.choice(list(known))], label=chance.choice(["dog", "cat", "car"]))
            known[other.id] = other
            await house.db.run(lambda connection, event=other: events.save(connection, event))
        relay.wake()
        await asyncio.sleep(0.005)
    return known


async def run(terms: Terms) -> Outcome:
    """One way to be sick."""
    kind = _KINDS[(terms.number - 1) % len(_KINDS)]
    chance = terms.random
    for name in ("hub", "house", "node"):
        (terms.folder / name).mkdir()
    disk = SmallDisk(terms.folder, size_mb=160) if kind == "full disk" else None
    async with contextlib.AsyncExitStack() as stack:
        if disk is not None:
            stack.callback(disk.close)
        server = await stack.enter_async_context(database(terms.folder, disk))
        port = server.port
        wire = None
        if kind == "cut wire":
            fates = deque((Fate.CUT, chance.randrange(3_000, 40_000)) for _ in range(8))
            wire = BadWire("127.0.0.1", server.port, fates=fates)
            port = (await wire.start())[1]
            stack.push_async_callback(wire.stop)
        hub = Hub(terms.folder / "hub", server.address.replace(f":{server.port}/", f":{port}/"), free_port())
        stack.push_async_callback(hub.kill)
        code = await hub.start()
        return await _tried(terms, kind, hub, code, server=server, disk=disk, wire=wire)


async def _tried(
    terms: Terms, kind: str, hub: Hub, code: str, *, server: Postgres, disk: SmallDisk | None, wire: BadWire | None
) -> Outcome:
    house = House(terms.folder / "house")
    house.clock = SystemClock()  # type: ignore[assignment]
    shelf = IdentityShelf(terms.folder / "node")
    identity = await joining.join(code, shelf, house.clock, name="cabin")
    link = HubLink(shelf.context(identity), identity.addresses, house.clock)
    backoff = Backoff(first_s=0.05, cap_s=0.5, refused_s=0.5, rng=random.Random(1))
    relay = Relay(HttpsPostbox(link), house.segments, db=house.db, clock=house.clock, backoff=backoff)
    await house.db.run(lambda connection: outbox.join(connection, house.clock.wall_us()))
    telling = asyncio.create_task(relay.run())
    try:
        harm = asyncio.create_task(strike(kind, terms.random, server, hub, disk))
        known = await live(house, terms.random, relay)
        strikes = await harm + (len(wire.struck) if wire is not None else 0)
        began = asyncio.get_running_loop().time()
        async with asyncio.timeout(_DONE_S):
            while (now := await relay.now()).waiting:
                relay.wake()
                await asyncio.sleep(0.05)
        assert not now.waiting
        took_s = asyncio.get_running_loop().time() - began
        found = await _compared(house, link)
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
        await link.close()
        house.db.close()
        house.engine.dispose()
        house.index.reader.close()
        house.index.sql.close()
    broken = []
    if not found.is_equal:
        broken.append(f"{kind}: {found.posted} letters are missing or other at the hub, {found.gone} are too many")
    if found.things != len(known):
        broken.append(f"{kind}: the house knows {found.things} things and was told {len(known)}")
    figures = {"told": len(known), "lost": found.posted, "doubled": found.gone, "strikes": strikes, "until_equal_s": took_s}
    return Outcome(figures=figures, broken=tuple(broken), notes={"kind": kind})


async def _compared(house: House, link: HubLink) -> Compared:
    """Ask the hub whether it holds what the house does; a hub that is just coming back is asked again."""

    async def ask(question: bytes) -> bytes:
        return await link.call("POST", comparison.PATH, data=question)

    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(HearthwatchError):
                work = Comparison(ask, lambda: house.segments, db=house.db, clock=house.clock)
                if (found := await work.compare()) is not None:
                    return found
            await asyncio.sleep(0.1)


FAULT = Fault(
    id="F26",
    what="the hub's PostgreSQL killed, cut off by the network or without room, the hub killed, while a node tells it everything",
    promise="P15",
    short=1,
    full=24,
    trial=run,
    limit_s=300,
)
