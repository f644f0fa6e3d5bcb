"""F10: cameras come and go, reboot, die without a word, freeze, move, and change their password."""

from __future__ import annotations

import asyncio
import contextlib
import random
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from hearthwatch.kit.units import US_PER_S
from tests.faults.camera_wire import CameraWire
from tests.faults.fault import Fault, Outcome, Terms
from tests.faults.ledger_camera import LedgerCamera
from tests.faults.ledger_house import LedgerHouse, now_us
from tests.runs import rig

MAX_BACK_S = 15.0
MAX_TRIES = 3
_NAMES = ("flap-1s", "flap-10s", "reboot", "half-open", "frozen", "moved", "password")
_USER, _PASSWORD = "watch", "watch-Pass-1"
_LIST_S = 20.0
"""How long a camera keeps refusing; a client that tried each second would have been locked out."""


@dataclass(slots=True)
class Street:
    """A house whose cameras hang on wires of their own."""

    ledger: LedgerHouse
    wires: dict[str, CameraWire]
    sections: dict[str, rig.CameraSection]
    services: rig.Channels

    async def move(self, name: str, wire: CameraWire) -> None:
        """Write the camera's new address into the configuration, as its owner does."""
        self.wires[name] = wire
        self.sections[name] = self.ledger.cameras[name].section(url=wire.url)
        self.ledger.house.write_config(rig.house_toml(list(self.sections.values()), self.services.toml(), _STORAGE))

    def notices(self, name: str, since_ns: int) -> int:
        """Return how many times the owner was told anything about this camera."""
        return len([one for one in self.ledger.messages(name) if one.at_ns > since_ns])


_STORAGE = "[storage]\nsegment_s = 5\n"


@contextlib.asynccontextmanager
async def street() -> AsyncIterator[Street]:
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="hearthwatch-street-", ignore_cleanup_errors=True))
        )
        cameras, wires = {}, {}
        for name in _NAMES:
            account = {"user": _USER, "password": _PASSWORD} if name == "password" else {}
            cameras[name] = stack.enter_context(LedgerCamera(folder, name, **account))
            wires[name] = await stack.enter_async_context(CameraWire(cameras[name].port))
        services = await stack.enter_async_context(rig.channels())
        sections = {name: camera.section(url=wires[name].url) for name, camera in cameras.items()}
        house = await stack.enter_async_context(rig.running(folder / "house", list(sections.values()), services, _STORAGE))
        ledger = LedgerHouse(house=house, services=services, cameras=cameras, footage=house.footage)
        await ledger.whole()
        await ledger.recorded_again(cameras, now_us())
        found = Street(ledger=ledger, wires=wires, sections=sections, services=services)
        try:
            yield found
        finally:
            for wire in found.wires.values():
                await wire.pull()


@dataclass(slots=True)
class Case:
    """What one camera went through in this trial."""

    name: str
    back_s: list[float] = field(default_factory=list)
    outages: int = 0
    notices: int = 0
    tries: int = 0


async def _back(at: Street, case: Case) -> None:
    """The camera is there again: wait until its pictures are on disk, and note when the first of them was sent."""
    there_us = now_us()
    first = await at.ledger.recorded_again([case.name], there_us)
    case.back_s.append(max(0.0, first[case.name] - there_us) / US_PER_S)


async def _flap(at: Street, case: Case, chance: random.Random, down_s: float, times: int) -> None:
    wire = at.wires[case.name]
    for _ in range(times):
        await wire.pull()
        case.outages += 1
        await asyncio.sleep(down_s)
        await wire.plug()
        await _back(at, case)
        await asyncio.sleep(chance.uniform(0, 2 * down_s))


async def _flap_1s(at: Street, case: Case, chance: random.Random) -> None:
    await _flap(at, case, chance, 1, 4)


async def _flap_10s(at: Street, case: Case, chance: random.Random) -> None:
    await _flap(at, case, chance, 10, 1)


async def _reboot(at: Street, case: Case, chance: random.Random) -> None:
    camera = at.ledger.cameras[case.name]
    await asyncio.to_thread(camera.stop)
    case.outages += 1
    await asyncio.sleep(chance.uniform(14, 24))
    await asyncio.to_thread(camera.start)
    await _back(at, case)


async def _half_open(at: Street, case: Case, chance: random.Random) -> None:
    await asyncio.sleep(chance.uniform(0, 2))
    at.wires[case.name].swallow()
    case.outages += 1
    await _back(at, case)


async def _frozen(at: Street, case: Case, chance: random.Random) -> None:
    camera = at.ledger.cameras[case.name]
    camera.freeze()  # its windows fill up, and what connects is accepted by the kernel alone
    case.outages += 1
    await asyncio.sleep(chance.uniform(3, 11))
    camera.thaw()
    await _back(at, case)


async def _moved(at: Street, case: Case, chance: random.Random) -> None:
    await at.wires[case.name].pull()
    case.outages += 1
    await asyncio.sleep(chance.uniform(1, 4))
    wire = CameraWire(at.ledger.cameras[case.name].port, address=f"127.0.0.{chance.randint(2, 250)}")
    await wire.plug()
    await at.move(case.name, wire)
    await _back(at, case)


async def _password(at: Street, case: Case, chance: random.Random) -> None:
    camera, wire = at.ledger.cameras[case.name], at.wires[case.name]
    await asyncio.to_thread(camera.stop)
    case.outages += 1
    camera.password = f"changed-Pass-{chance.randint(2, 999)}"
    await asyncio.to_thread(camera.start)
    before = wire.tries
    await asyncio.sleep(_LIST_S)
    case.tries = wire.tries - before
    at.ledger.house.set_secret(f"camera.{case.name}.password", camera.password)
    await _back(at, case)


_QUICK: dict[str, Callable[[Street, Case, random.Random], Awaitable[None]]] = {
    "flap-1s": _flap_1s,
    "half-open": _half_open,
    "frozen": _frozen,
    "moved": _moved,
}
_SLOW: dict[str, Callable[[Street, Case, random.Random], Awaitable[None]]] = {
    "flap-10s": _flap_10s,
    "reboot": _reboot,
    "password": _password,
    "flap-1s": _flap_1s,
}


async def run(terms: Terms) -> Outcome:
    """Every camera has its own trouble, all at once."""
    at = await terms.shared.once(street)
    await at.ledger.whole()
    kind, doings = ("quick", _QUICK) if terms.number % 2 else ("slow", _SLOW)
    began_ns = time.monotonic_ns()
    cases = [Case(name=name) for name in doings]
    chances = [random.Random(terms.random.random()) for _ in cases]
    async with asyncio.TaskGroup() as group:
        for case, chance in zip(cases, chances, strict=True):
            group.create_task(doings[case.name](at, case, chance))
    broken = []
    figures: dict[str, float] = {}
    for case in cases:
        case.notices = at.notices(case.name, began_ns)
        key = case.name.replace("-", "_")
        figures[f"{key}_back_s"] = max(case.back_s)
        figures[f"{key}_notices_per_outage"] = case.notices / case.outages
        if case.notices > 2 * case.outages:
            broken.append(f"{case.name}: the owner was told {case.notices} times of {case.outages} outages")
        if max(case.back_s) > MAX_BACK_S:
            broken.append(f"{case.name}: recorded again only {max(case.back_s):.1f} s after the camera was back")
        if case.name == "password":
            figures["wrong_password_tries"] = case.tries
            if case.tries > MAX_TRIES:
                broken.append(f"a wrong password was tried {case.tries} times in {_LIST_S:g} s")
    figures["back_s"] = max(max(case.back_s) for case in cases)
    findings, _ = await at.ledger.settled()
    broken += [f"{one.flaw.value} {one.path}: {one.detail}" for one in findings]
    return Outcome(figures={**figures, "lying_rows": len(findings)}, broken=tuple(broken), notes={"kind": kind})


FAULT = Fault(
    id="F10",
    what="Cameras that flap, reboot, die without a word, freeze, move, and change their password",
    promise="P8",
    short=1,
    full=8,
    trial=run,
)
