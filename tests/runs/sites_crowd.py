"""The nodes of the scale run, many in one process: each has its own certificate, connection and open line, and posts what a house
with four cameras posts, as its relay does.

`python -m tests.runs.sites_crowd FOLDER`; each line of JSON it reads is answered by one.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import resource
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from hearthwatch.fleet import joining
from hearthwatch.fleet.bus_https import HttpsPostbox, dial
from hearthwatch.fleet.hub_link import HubLink
from hearthwatch.fleet.identity import IdentityShelf
from hearthwatch.fleet.letter import Letter, LetterKind
from hearthwatch.fleet.relay import BATCH
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.units import CameraId

CAMERAS = 4
EVENT_EVERY_S = 900.0
"""Of one camera: 96 events a day, which is a street."""
SEGMENT_S = 60.0
MACHINE_S = 60.0
LOOK_S = 1.0
_CLOCK = SystemClock()


@dataclass
class Crowd:
    """What all of them measured since it was last asked for."""

    took_ms: list[float] = field(default_factory=list)
    event_ms: list[float] = field(default_factory=list)
    letters: int = 0
    bytes: int = 0
    failed: int = 0
    last_error: str = ""


class Site:
    """One node."""

    def __init__(self, number: int, link: HubLink, crowd: Crowd) -> None:
        self.number = number
        self.link = link
        self.crowd = crowd
        self.rng = random.Random(number)
        self.seqs = itertools.count(1)
        self.postbox = HttpsPostbox(link)

    def letter(self, kind: LetterKind, key: str, camera: int | None, body: dict) -> Letter:
        return Letter(
            kind=kind,
            key=key,
            seq=next(self.seqs),
            at_us=_CLOCK.wall_us(),
            camera=None if camera is None else CameraId(f"cam-{camera}"),
            body=json.dumps(body).encode(),
        )

    def event(self, camera: int, ended: bool, name: str) -> Letter:
        now_us = _CLOCK.wall_us()
        body = {"id": name, "camera": f"cam-{camera}", "kind": "object", "label": "person", "start_us": now_us, "score": 0.83}
        body |= {"end_us": now_us if ended else None, "zones": "path", "picture": True, "best_us": now_us, "reviewed": False}
        return self.letter(LetterKind.EVENT, name, camera, body | {"x0": 0.2, "y0": 0.3, "x1": 0.4, "y1": 0.9, "detail": ""})

    def alert(self, camera: int, name: str) -> Letter:
        body = {
            "id": name,
            "event": name,
            "title": "A person at the front door",
            "text": "Front door, 14:03",
            "severity": "alert",
        }
        return self.letter(LetterKind.ALERT, name, camera, body)

    def segment(self, camera: int) -> Letter:
        now_us = _CLOCK.wall_us()
        body = {"stream": "main", "sequence": now_us // 60_000_000, "start_us": now_us - 60_000_000, "duration_us": 60_000_000}
        body |= {"size_bytes": 15_000_000, "sha256": f"{self.rng.getrandbits(256):064x}", "origin": "live"}
        return self.letter(LetterKind.SEGMENT, f"cam-{camera}/main/{body['sequence']}/{body['sha256'][:16]}", camera, body)

    def machine(self) -> Letter:
        body = {"version": "0.1.0", "model": "Raspberry Pi 4", "up_s": 86_400.0, "load": 0.4, "temperature_c": 51.2}
        return self.letter(LetterKind.HEALTH, "machine", None, body | {"disk_free_bytes": 10**11, "disk_bytes": 2 * 10**11})

    async def post(self, letters: list[Letter], *, urgent: bool = False) -> bool:
        began = time.monotonic()
        try:
            await self.postbox.post(letters)
        except HearthwatchError as error:
            self.crowd.failed += 1
            self.crowd.last_error = str(error)
            return False
        took_ms = (time.monotonic() - began) * 1000
        self.crowd.took_ms.append(took_ms)
        if urgent:
            self.crowd.event_ms.append(took_ms)
        self.crowd.letters += len(letters)
        self.crowd.bytes += sum(len(letter.body) + len(letter.key) for letter in letters)
        return True

    async def live(self, until: float) -> None:
        """Do what a relay does: look each second, post what there is, events first."""
        await asyncio.sleep(self.rng.random() * LOOK_S)
        due = {camera: self.rng.random() * SEGMENT_S + time.monotonic() for camera in range(CAMERAS)}
        machine = time.monotonic() + self.rng.random() * MACHINE_S
        open_events: list[tuple[float, int, str]] = []
        while time.monotonic() < until:
            now = time.monotonic()
            urgent: list[Letter] = []
            for camera in range(CAMERAS):
                if self.rng.random() < LOOK_S / EVENT_EVERY_S:
                    name = f"{self.number}-{next(self.seqs)}"
                    urgent += [self.event(camera, False, name), self.alert(camera, name)]
                    open_events.append((now + 8, camera, name))
            urgent += [self.event(camera, True, name) for at, camera, name in open_events if at <= now]
            open_events = [one for one in open_events if one[0] > now]
            rest = [self.segment(camera) for camera, at in due.items() if at <= now]
            due = {camera: at + SEGMENT_S if at <= now else at for camera, at in due.items()}
            if machine <= now:
                machine += MACHINE_S
                rest.append(self.machine())
            if urgent or rest:
                await self.post(urgent + rest, urgent=bool(urgent))
            await asyncio.sleep(LOOK_S)

    async def catch_up(self, count: int) -> None:
        """Post what waits after an outage, in the relay's batches."""
        for start in range(0, count, BATCH):
            batch = [self.segment(number % CAMERAS) for number in range(start, min(count, start + BATCH))]
            while True:
                if await self.post(batch):
                    break
                await asyncio.sleep(1 + self.rng.random())


async def hold(site: Site) -> None:
    line = await dial(site.link)
    async for _message in line:
        pass


async def main(folder: Path) -> None:
    crowd = Crowd()
    sites: list[Site] = []
    lines: set[asyncio.Task[None]] = set()
    stdin = asyncio.StreamReader(limit=1 << 24)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    while line := await stdin.readline():
        asked = json.loads(line)
        crowd.__init__()
        began = time.monotonic()
        match asked:
            case {"join": codes}:
                for code in codes:
                    shelf = IdentityShelf(folder / str(len(sites)))
                    identity = await joining.join(code, shelf, _CLOCK, name=f"pi-{len(sites)}")
                    link = HubLink(shelf.context(identity), identity.addresses, _CLOCK)
                    sites.append(Site(len(sites), link, crowd))
                    lines.add(asyncio.create_task(hold(sites[-1])))
            case {"live": count, "seconds": seconds}:
                await asyncio.gather(*(site.live(began + seconds) for site in sites[:count]))
            case {"storm": count, "letters": letters}:
                await asyncio.gather(*(site.catch_up(letters) for site in sites[:count]))
        used = resource.getrusage(resource.RUSAGE_SELF)
        told = vars(crowd) | {"took_s": time.monotonic() - began, "cpu_s": used.ru_utime + used.ru_stime, "sites": len(sites)}
        told["lines"] = sum(not task.done() for task in lines)
        print(json.dumps(told), flush=True)
    for site in sites:
        await site.link.close()
    for task in lines:
        task.cancel()
    await asyncio.gather(*lines, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
