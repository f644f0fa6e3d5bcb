"""A house on one disk, without cameras and pages: the recorder's disk thread, the outbox with one channel, and the arming.

`python -m tests.faults.disk_child JSON`; it says on standard output what it acknowledged, one line each, until it is killed or
its standard input ends.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import pickle
import random
import sys
import threading
from itertools import count
from zoneinfo import ZoneInfo

from hearthwatch.alerts.alert import Alert, AlertId, Part, Severity
from hearthwatch.alerts.dispatch import Dispatcher
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.alerts.policy import CameraAlerts, Policy
from hearthwatch.alerts.snooze import Snoozes
from hearthwatch.arming.arming import Mode
from hearthwatch.events.event import Change, ChangeKind, Event, EventId, EventKind
from hearthwatch.events.ledger import EventFiles
from hearthwatch.feeds.packet import Run, RunId, Stream
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.clock import Stop, SystemClock
from hearthwatch.kit.dbthread import DbThread
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.ids import Ulids
from hearthwatch.kit.mailbox import BoxCount
from hearthwatch.kit.units import CameraId, MonoNs, WallUs
from hearthwatch.recording.disk_thread import DiskThread
from hearthwatch.recording.segment import StorageOptions
from hearthwatch.recording.store import open_store
from hearthwatch.run.arming_desk import ArmingDesk
from hearthwatch.run.config import parse
from hearthwatch.run.event_news import EventNews
from hearthwatch.run.happenings import Happenings
from hearthwatch.run.house_db import Safekeeper, open_house_db
from hearthwatch.run.messages import Picture, Seen
from hearthwatch.tracks.track import Track, TrackId, TrackState
from tests.faults.disk_terms import DiskTerms
from tests.faults.numbered import FPS, filler, numbered

_MODES = (Mode.DISARMED, Mode.AWAY, Mode.HOME)
_SAID = threading.Lock()
_BOX = Box(x0=0.4, y0=0.3, x1=0.5, y1=0.8)
_PICTURE = b"\xff\xd8" + bytes(100_000) + b"\xff\xd9"
_LOOKED_AT = 300
"""More cameras than visits: one who comes to the same again so soon is the same event."""
_VISITED = """
[alerts]
incident_s = 0
[camera_defaults]
main = "rtsp://192.168.1.9/main"
events.cooldown_s = 0
""" + "".join(f"[camera.camera{number}]\n" for number in range(_LOOKED_AT))


def say(*words: object) -> None:
    """Tell whoever started this; a line is one write."""
    with _SAID:
        os.write(1, (" ".join(map(str, words)) + "\n").encode())


class Sink:
    """A channel that takes everything and says so."""

    name = "sink"
    parts = frozenset({Part.TEXT})

    async def send(self, alert: Alert, part: Part, attachment: bytes | None, *, repeat: bool) -> None:
        del part, attachment
        say("took", alert.id, int(repeat), alert.event or "-", SystemClock().wall_us())

    async def close(self) -> None:
        """Nothing to let go of."""


class Keeper:
    """A FootageKeeper who is always done."""

    async def keep(self, camera, start_us, end_us, *, pinned) -> int:
        return 0

    async def mark(self, camera, start_us, end_us, footage_class) -> None:
        """Nothing is deleted here."""


class Nobody:
    """Implements WhoIsHome."""

    def people(self) -> tuple:
        return ()

    async def scan(self) -> tuple:
        return ()


class Health:
    """A HealthSink that says what it hears."""

    def failed(self, fault, subject, detail, *, camera=None, since_ns=None) -> None:
        say("failed", fault, subject, str(detail).replace("\n", " "))

    def recovered(self, fault, subject) -> None:
        """Nothing to say: it is told of every write."""


class Recording:
    """Every camera's pump in one thread, in step; `done` ends it in order."""

    def __init__(self, terms: DiskTerms) -> None:
        self._terms = terms
        self._clock = SystemClock()
        self._stop = Stop()
        store = open_store(terms.disk / "footage", terms.disk / "data" / "index.db", self._clock)
        say("store", int(store.is_new), store.repaired.cut, store.repaired.dropped)
        options = StorageOptions(segment_s=terms.segment_s, free_gib=0, max_gib=terms.max_mb / 1024)
        self.disk = DiskThread(store, options, self._clock, self._hear, queue_bytes=terms.queue_mb << 20)
        self.disk.start()
        self._thread = threading.Thread(target=self._pump, name="pumps")
        self._thread.start()

    def _hear(self, failure: StorageFailed | None) -> None:
        say("disk", "well" if failure is None else str(failure).replace("\n", " "))

    def count(self) -> BoxCount:
        return self.disk.count()

    def _pump(self) -> None:
        terms, clock = self._terms, self._clock
        made = pickle.loads(terms.clip.read_bytes())
        start_us = clock.wall_us()
        ballast = filler(terms.frame_bytes, random.Random(1))
        taking = []
        for number in range(terms.cameras):
            camera = CameraId(f"camera{number}")
            writer = self.disk.writer(camera, Stream.MAIN)
            run = Run(id=RunId(f"{camera}-{start_us}"), camera=camera, stream=Stream.MAIN, start_us=WallUs(start_us))
            writer.begin(run, made.info)
            taking.append((writer, numbered(made, camera, terms.first, start_us, filler=ballast)))
        is_up = False
        for at in count():
            due_us = start_us + at * 1_000_000 // FPS
            if clock.sleep(self._stop, max(0, due_us - clock.wall_us()) / 1e6):
                return
            for writer, packets in taking:
                writer.take(next(packets))
            say("sent", terms.first + at, due_us)
            found = [one.until_us or 0 for one in self.disk.confirmed()]
            if not is_up and len(found) == terms.cameras and min(found) > start_us:
                is_up = True
                say("up")
            if is_up and at % 3 == 0:
                say("kept", min(found))

    def done(self) -> None:
        self._stop.set()
        self._thread.join()
        self.disk.close()


class House:
    """The journal's side: events with alerts, arming changes and copies, each acknowledged once it is said to be kept."""

    def __init__(self, terms: DiskTerms) -> None:
        self._terms = terms
        self.clock = SystemClock()
        self.data = terms.disk / "data"
        self.data.mkdir(exist_ok=True)
        self.health = Health()
        opened = open_house_db(self.data, self.clock)
        if opened.rescued:
            say("rescued", opened.rescued)
        self.db = DbThread(opened.engine, lambda: say("damaged"))
        self.ids = Ulids(self.clock)
        files = EventFiles(self.data)
        self.outbox = Outbox(self.db, files, self.clock, self.health)
        config = parse("")
        self.arming = ArmingDesk(
            self.db,
            self.clock,
            self.outbox,
            Nobody(),
            files=files,
            reader=opened.engine,
            config=lambda: config,
            zone=ZoneInfo("UTC"),
            ids=self.ids,
            publish=lambda _state: None,
        )
        self.keeper = Safekeeper(self.data, self.clock, self.health, "")

    async def live(self, stop: asyncio.Event) -> None:
        await self.outbox.load()
        await self.arming.load()
        state = self.arming.state
        say("armed", state.number, state.mode)
        dispatcher = Dispatcher(self.outbox, clock=self.clock, health=self.health, zone=ZoneInfo("UTC"))
        await dispatcher.set_channels([Sink()])
        work = [asyncio.create_task(self.outbox.run())]
        if not self._terms.calm:
            work.append(asyncio.create_task(self._arm()))
            work += self._visits() if self._terms.seen else [asyncio.create_task(self._events())]
        if self._terms.copies:
            work.append(asyncio.create_task(self._copy()))
        await stop.wait()
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        while any(self.outbox.waiting("sink")):  # noqa: ASYNC110 the outbox has no word for it
            await asyncio.sleep(0.01)
        await dispatcher.close()
        await self.outbox.close()
        self.db.close()

    async def _events(self) -> None:
        while True:
            key = self.ids()
            now_us = self.clock.wall_us()
            event = Event(
                id=EventId(key),
                camera=CameraId("camera0"),
                kind=EventKind.OBJECT,
                label="person",
                start_us=now_us,
                end_us=None,
                score=0.8,
                box=None,
                zones=frozenset(),
                picture=False,
                best_us=now_us,
                reviewed=False,
                received_ns=MonoNs(0),
            )
            alert = Alert(
                id=AlertId(key),
                event=event.id,
                camera=event.camera,
                severity=Severity.URGENT,
                title=key,
                text="",
                at_us=now_us,
                dedupe_key=key,
            )
            say("happened", key, now_us)
            await self.outbox.record(Change(kind=ChangeKind.OPENED, event=event, tell=True), alert)
            say("owed" if self.outbox.degraded else "event", key)
            await asyncio.sleep(self._terms.every_s)

    def _visits(self) -> list[asyncio.Task[None]]:
        """Somebody comes and goes, as the looker tells it, through rules, policy and outbox."""
        config = parse(_VISITED)
        cameras = {name: CameraAlerts(name=name, options=each.alerts) for name, each in config.cameras.items()}
        happenings = Happenings(
            config,
            policy=Policy(home="Home", zone=ZoneInfo("UTC"), cameras=cameras, ids=self.ids),
            outbox=self.outbox,
            snoozes=Snoozes(self.db),
            mode=lambda: Mode.AWAY,
            entry=self.arming.entry,
            keeper=Keeper(),
            clock=self.clock,
            ids=self.ids,
            changed=lambda event: say("happened", event.id, event.start_us),
            stored=EventNews(self.db, lambda _event: None).tell,
            want_clip=lambda _event: None,
            want_picture=lambda _event: None,
            act=lambda _change: None,
        )
        return [
            asyncio.create_task(happenings.run()),
            asyncio.create_task(happenings.run_pictures()),
            asyncio.create_task(self._come_and_go(happenings)),
        ]

    async def _come_and_go(self, happenings: Happenings) -> None:
        for visit in count(1):
            camera, now_us = CameraId(f"camera{visit % _LOOKED_AT}"), self.clock.wall_us()
            track = Track(
                id=TrackId(f"visit{visit}"),
                camera=camera,
                label="person",
                state=TrackState.CONFIRMED,
                box=_BOX,
                score=0.8,
                first_us=now_us,
                last_us=now_us,
                best_us=now_us,
                best_score=0.8,
                best_box=_BOX,
                zones=frozenset(),
                entered_zones=frozenset(),
                moved=True,
                first_ns=MonoNs(1),
                decided_ns=MonoNs(2),
            )
            happenings.put(Seen(track=track))
            happenings.put(Picture(camera=camera, track=track.id, at_us=now_us, box=_BOX, jpeg=_PICTURE))
            await asyncio.sleep(self._terms.every_s)
            happenings.put(Seen(track=dataclasses.replace(track, state=TrackState.ENDED)))

    async def _arm(self) -> None:
        for turn in count(self.arming.state.number):
            done = await self.arming.wish(_MODES[turn % len(_MODES)], who="anna", via="test")
            if done.stored:
                say("arm", done.state.number, done.state.mode)
            await asyncio.sleep(self._terms.every_s)

    async def _copy(self) -> None:
        while True:
            try:
                made = await asyncio.to_thread(self.keeper.copy)
                say("copied", made.name)
            except StorageFailed as error:
                say("uncopied", error)
            await asyncio.sleep(self._terms.copy_every_s)


async def main() -> None:
    terms = DiskTerms.parsed(json.loads(sys.argv[1]))
    say("begun")
    house = House(terms) if terms.house else None
    recording = Recording(terms) if terms.cameras else None
    stop = asyncio.Event()
    asyncio.get_running_loop().add_reader(0, stop.set)
    if house is not None:
        await house.live(stop)
    else:
        await stop.wait()
    if recording is not None:
        recording.done()
    say("over")


if __name__ == "__main__":
    asyncio.run(main())
