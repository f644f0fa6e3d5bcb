"""A real house on ledger cameras, with a stand-in for the Bot API: what it kept, and whether it told when asked to."""

from __future__ import annotations

import asyncio
import contextlib
import re
import tempfile
import time
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

import aiohttp

from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.verify import Finding, Flaw, verify
from tests.devices.fake_telegram import Taken
from tests.faults.ledger_camera import Kept, LedgerCamera
from tests.runs import rig

PROCESSES = ("supervisor", "recorder", "looker", "house")
SEGMENT_S = 5
"""Short, so that an instant chosen by chance hits the end of a file often enough."""
_SAME_VISITOR_S = 21.0
_ENDLESS_OR_OUTWARD = re.compile(r"/stream|\.mjp|/setup/search|/metrics|/healthz")


def now_us() -> int:
    return time.time_ns() // 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """Somebody rang at this camera, by the monotonic clock."""

    camera: str
    at_ns: int


@dataclass(slots=True)
class LedgerHouse:
    """`house` runs on `cameras`; `ring` has it tell something without anybody being seen."""

    house: rig.House
    services: rig.Channels
    cameras: Mapping[str, LedgerCamera]
    footage: Path
    _bells: dict[str, str] = field(default_factory=dict)
    _rang_ns: dict[str, int] = field(default_factory=dict)
    _addresses: list[str] = field(default_factory=list)

    @property
    def index(self) -> Path:
        return self.footage / "index.db"

    def pids(self) -> dict[str, int]:
        """Return the processes that last as long as the house, by role."""
        return {role: pid for role, pid in self.house.pids().items() if role in PROCESSES}

    def messages(self, words: str) -> list[Taken]:
        """Return what the owner's phone showed with these words in it, oldest first."""
        return [one for one in self.services.telegram.taken if words in one.text]

    def kept(self, name: str, since_us: int) -> list[Kept]:
        """Return the pictures on disk since then; none while the index is being repaired."""
        try:
            return self.cameras[name].kept(self.footage, self.index, since_us)
        except StorageFailed:
            return []

    async def recorded_again(self, names: Iterable[str], after_us: int, timeout_s: float = 60.0) -> dict[str, int]:
        """Wait until each of these has a picture on disk that was sent after `after_us`; return the first one's time."""
        found: dict[str, int] = {}
        until_ns = time.monotonic_ns() + round(timeout_s * 1e9)
        names = list(names)
        while len(found) < len(names):
            if time.monotonic_ns() > until_ns:
                raise AssertionError(f"after {timeout_s:g} s not recorded again: {sorted(set(names) - found.keys())}")
            for name in names:
                if name not in found:
                    kept = await asyncio.to_thread(self.kept, name, after_us - 2 * US_PER_S)
                    camera = self.cameras[name]
                    later = [one.number for one in kept if one.number > camera.number_at(after_us)]
                    if later:
                        found[name] = camera.zero_us + min(later) * US_PER_S // 10
            await asyncio.sleep(0.2)
        return found

    def findings(self, *, deep: bool = False) -> tuple[Finding, ...]:
        """Return what is wrong between files and rows; a file without a row counts however young it is."""
        ahead_us = WallUs(now_us() + 61 * US_PER_S)
        with IndexReader(self.index) as reader:
            return verify(self.footage, reader, now_us=ahead_us, deep=deep).findings

    async def settled(self, timeout_s: float = 60.0, *, deep: bool = False) -> tuple[tuple[Finding, ...], float]:
        """Return what lies at once, and how long files without a row were there (none must be after a minute)."""
        began_ns = time.monotonic_ns()
        while True:
            found = await asyncio.to_thread(self.findings, deep=deep)
            waited_s = (time.monotonic_ns() - began_ns) / 1e9
            if not any(one.flaw is Flaw.ORPHAN for one in found) or waited_s > timeout_s:
                return found, waited_s
            await asyncio.sleep(0.25)

    async def ring(self, patience_s: float = 0.0) -> Ring:
        """Have a bell ring, as a sensor elsewhere would: that which has been silent for longest. A second ring of one bell
        would be the same visitor for 20 s. With `patience_s` it calls again as long as nobody says that it was heard."""
        name = min(self.cameras, key=lambda name: self._rang_ns.get(name, 0))
        if name not in self._bells:
            self._bells[name] = (await self.house.get(f"/api/v1/cameras/{name}/trigger"))["path"]
        await asyncio.sleep(max(0.0, self._rang_ns.get(name, -(10**12)) / 1e9 + _SAME_VISITOR_S - time.monotonic()))
        at_ns = self._rang_ns[name] = time.monotonic_ns()
        while True:
            try:
                await self.house.get(self._bells[name])
                return Ring(camera=name, at_ns=at_ns)
            except (AssertionError, aiohttp.ClientError, TimeoutError):
                if time.monotonic_ns() - at_ns >= patience_s * 1e9:
                    raise
                await asyncio.sleep(1.0)

    def told(self, ring: Ring) -> list[Taken]:
        """Return what the owner's phone showed of this ring."""
        return [
            one
            for one in self.services.telegram.taken
            if one.method == "sendMessage"
            and one.at_ns >= ring.at_ns
            and ring.camera in one.text
            and "bell" in one.text.lower()
        ]

    async def told_after(self, ring: Ring, timeout_s: float = 30.0) -> float:
        """Return how many seconds after the ring its text was at the Bot API. Raises TimeoutError."""
        await self.services.telegram.wait_for(lambda: self.told(ring), timeout_s=timeout_s)
        return (self.told(ring)[0].at_ns - ring.at_ns) / 1e9

    async def read_all(self) -> int:
        """Ask for everything of the API that takes no more than its address; return how many there were. What it must not
        answer breaks the trial (`running.looked_through`); that it has nothing to show is right."""
        if not self._addresses:
            spec = await self.house.get("/api/openapi.json")
            found = [path for path, ways in spec["paths"].items() if "get" in ways and "{" not in path]
            self._addresses = [path for path in found if not _ENDLESS_OR_OUTWARD.search(path)]
        for path in self._addresses:
            with contextlib.suppress(AssertionError, aiohttp.ContentTypeError):
                await self.house.get(path)
        return len(self._addresses)

    async def whole(self, others: Mapping[str, int] | None = None, timeout_s: float = 60.0) -> None:
        """Wait until every process runs, the page says ok and every camera is live."""

        async def ask() -> bool:
            if self.pids().keys() != set(PROCESSES) or not await self.house.healthz():
                return False
            return all(camera["state"] == "live" for camera in (await self.house.cameras()).values())

        await self.house.until(ask, bool, timeout_s=timeout_s, every_s=0.05)


@contextlib.asynccontextmanager
async def ledger_house(
    names: Sequence[str] = ("hall", "porch"),
    *,
    moving: Collection[str] = (),
    more: str = "",
    data: Path | None = None,
    footage: Path | None = None,
) -> AsyncIterator[LedgerHouse]:
    """Run one. Something moves before the cameras that are `moving`; `more` is TOML for the end of the file, `data` and
    `footage` are folders for the house's data and its footage."""
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="hearthwatch-ledger-", ignore_cleanup_errors=True))
        )
        cameras = {
            name: stack.enter_context(
                LedgerCamera(folder, name, user="watch", password=f"canary-{name}-{token_hex(8)}", moving=name in moving)
            )
            for name in names
        }
        services = await stack.enter_async_context(rig.channels())
        place = f'folder = "{footage}"\n' if footage else ""
        sections = [one.section(_BELL.format(name=one.name)) for one in cameras.values()]
        storage = f"[storage]\nsegment_s = {SEGMENT_S}\n{place}"
        run = await stack.enter_async_context(rig.running(data or folder / "house", sections, services, storage, more))
        found = LedgerHouse(house=run, services=services, cameras=cameras, footage=footage or run.footage)
        await found.whole()
        await found.recorded_again(names, now_us())
        yield found


_BELL = """events.cooldown_s = 0
[camera.{name}.trigger]
webhook = true
hold_off_s = 0
pictures = 1
label = "bell"
"""
