"""A house without cameras: every door in memory, drawn scenes as live H.264, a day of events, gaps and alerts.

`python -m tests.web.fake_house --port 8090` serves the page with it for looking at; the tests use the same doors.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import copy
import random
import tempfile
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path, PurePosixPath

from tests.house_db import empty_house_db
from tests.web import scene
from tests.web.fake_arming import FakeArming
from tests.web.fake_audit import FakeAudit
from tests.web.fake_camera_setup import FakeCameraSetup
from tests.web.fake_cases import FakeCases
from tests.web.fake_config import FakeWelcome, fake_config
from tests.web.fake_copies import FakeCopies
from tests.web.fake_elsewhere import FakeElsewhere
from tests.web.fake_heads import FakeHeads
from tests.web.fake_hooks import FakeHooks
from tests.web.fake_house_page import FakeHousePage
from tests.web.fake_known import FakeKnown
from tests.web.fake_logins import FakeLogins
from tests.web.fake_offsite import FakeOffsite
from tests.web.fake_people import FakePeople
from tests.web.fake_porch import FakePorch
from tests.web.fake_push import FakePush
from tests.web.fake_relay import FakeRelay
from tests.web.fake_remedies import FakeRemedies
from tests.web.fake_remote import FakeActions, FakePhones
from tests.web.fake_review import FakeReview
from tests.web.fake_switches import FakeSwitches
from tests.web.fake_timelapses import FakeTimelapses
from tests.web.fake_timeline import FakeShares, FakeTimeline
from tests.web.fake_trigger import FakeTriggers

from hearthwatch.alerts.alert import Alert, AlertId, Delivery, DeliveryState, Part, Severity
from hearthwatch.events.event import Event, EventId, EventKind
from hearthwatch.feeds.packet import Codec, Gap, GapReason, Packet, Run, RunId, Stream
from hearthwatch.frames.geometry import Box
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.clock import Clock, SystemClock
from hearthwatch.kit.db import open_writer
from hearthwatch.kit.dbthread import DbThread
from hearthwatch.kit.errors import Unreachable, Unsupported
from hearthwatch.kit.mailbox import BoxCount
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.timings import Timings
from hearthwatch.kit.units import NS_PER_S, US_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.recording.boxes import fragment, init_segment
from hearthwatch.recording.forecast import Flow, Forecast, forecast
from hearthwatch.recording.segment import FootageClass, Segment, SegmentId, SegmentState, StorageOptions
from hearthwatch.run.leaving_desk import LeavingDesk
from hearthwatch.run.shares_desk import SharesDesk
from hearthwatch.web import accounts
from hearthwatch.web.accounts import Role
from hearthwatch.web.app import create_app
from hearthwatch.web.auth import Arrival, Auth
from hearthwatch.web.changes import Changes
from hearthwatch.web.claim import ClaimCode
from hearthwatch.web.doors import (
    AlertNow,
    CameraNow,
    CameraState,
    DetectorNow,
    Doors,
    HouseNow,
    Outbound,
    Setting,
    StreamNow,
)
from hearthwatch.web.fanout import LiveHub
from hearthwatch.web.fleet_doors import FleetDoor, NoFleet
from hearthwatch.web.machine_doors import MachineDoor, NoMachine
from hearthwatch.web.options import WebOptions
from hearthwatch.web.page import Page
from hearthwatch.web.passwords import Hasher
from hearthwatch.web.serve import serve

MINUTE_US = 60 * US_PER_S
HOUR_US = 60 * MINUTE_US
NAMES = {"front-door": "Front door", "driveway": "Driveway", "garden": "Garden", "garage": "Garage"}
PASSWORD = "seven lanterns by the gate"


@cache
def loop(camera: str, stream: Stream) -> scene.Loop:
    return scene.encode(camera, *((1280, 720) if stream is Stream.MAIN else (640, 360)))


@cache
def picture(camera: str, at: float) -> tuple[bytes, Box]:
    drawn, box = scene.draw(scene.LOOKS[camera], at, 960, 540)
    return scene.jpeg(drawn), box


@dataclass
class FakeHouse:
    """Implements every door; `small` leaves the day empty (a house that has just been set up)."""

    clock: Clock = field(default_factory=SystemClock)
    cameras_on: tuple[str, ...] = ("front-door", "driveway", "garden", "garage")
    small: bool = False
    pinned: list[tuple[str, int, int]] = field(default_factory=list)
    gone: list[tuple[str, int, int]] = field(default_factory=list)
    healthy: bool = True
    fetching: bool = False
    basic: bool = True
    names: dict[str, str] = field(default_factory=lambda: dict(NAMES))
    states: dict[str, CameraState] = field(default_factory=dict)
    fleet: FleetDoor = field(default_factory=NoFleet)
    machine: MachineDoor = field(default_factory=NoMachine)

    def __post_init__(self) -> None:
        self.changes = Changes()
        self.hub = LiveHub(self._on_demand)
        self.nobody = asyncio.Event()  # set when the last viewer of a stream has left
        self.started_us = self.clock.wall_us()
        self.relay = FakeRelay()
        self.remedies = FakeRemedies(self.clock)
        self.arming = FakeArming(self.clock)
        self.switches = FakeSwitches(self.clock)
        self.camera_setup = FakeCameraSetup()
        self.people = FakePeople()
        self.audit = FakeAudit(self.cameras_on[0], self.started_us)
        self.copies = FakeCopies(self.cameras_on[0], self.started_us)
        self.hooks = FakeHooks()
        self.heads = FakeHeads("driveway")
        self.triggers = FakeTriggers()
        self.porch = FakePorch(self.cameras_on[0], self.started_us)
        self.timelapses = FakeTimelapses(self.clock)
        self.config = fake_config(self.cameras_on)
        self.welcome = FakeWelcome(self.config)
        self.leaving: LeavingDesk | None = None
        self.push = FakePush(self.clock)
        self.timeline = FakeTimeline(self, _Footage(self), _Events(self))
        self.shares = FakeShares()
        self.offsite = FakeOffsite(self.started_us, self.cameras_on)
        self.elsewhere = FakeElsewhere(self.gone, _Footage(self).segments)
        self.known = FakeKnown(self.cameras_on[0], self.started_us)
        self.logins = FakeLogins(self.cameras_on[0], self.started_us)
        self._numbers: dict[tuple[CameraId, Stream], int] = {}
        self._starts: dict[tuple[CameraId, Stream], int] = {}
        self._rng = random.Random(7)
        self.phones = FakePhones(self)
        self.remote = FakeActions(self)
        self.events_now = [] if self.small else self._day_of_events()
        self.alerts_now = [] if self.small else self._alerts_of(self.events_now)
        self.review = FakeReview(lambda: self.events_now)
        self.house_page = FakeHousePage(self.clock, self.names)

    def doors(self) -> Doors:
        return Doors(
            cameras=_Cameras(self),
            camera_setup=self.camera_setup,
            live=self.hub,
            footage=_Footage(self),
            keeper=_Keeper(self),
            cases=FakeCases(_Footage(self)),
            timelapses=self.timelapses,
            config=self.config.desk,
            welcome=self.welcome,
            push=self.push,
            leaving=self.leaving,
            timeline=self.timeline,
            shares=self.shares,
            events=_Events(self),
            review=self.review,
            alerts=_Alerts(self),
            health=_Health(self),
            pictures=_Pictures(self),
            detector=_Detector(self),
            house=_House(self),
            house_page=self.house_page,
            relay=self.relay,
            remedies=self.remedies,
            copies=self.copies,
            actions=self.switches,
            arming=self.arming,
            remote=self.remote,
            telegram=self.phones,
            people=self.people,
            audit=self.audit,
            porch=self.porch,
            offsite=self.offsite,
            elsewhere=self.elsewhere,
            known=self.known,
            hooks=self.hooks,
            heads=self.heads,
            triggers=self.triggers,
            logins=self.logins,
            fleet=self.fleet,
            machine=self.machine,
        )

    # the live side: packets come at FPS for the streams somebody watches

    def _on_demand(self, camera: CameraId, stream: Stream, wanted: bool) -> None:
        if not wanted or camera == "garage":
            self._numbers.pop((camera, stream), None)
            if not wanted:
                self.nobody.set()
            if wanted:
                self.hub.end(
                    Gap(
                        camera=camera,
                        stream=stream,
                        start_us=self.clock.wall_us(),
                        end_us=None,
                        reason=GapReason.NETWORK,
                        detail="no answer from 192.168.1.64 for 10 s",
                    )
                )
            return
        number = int(self.clock.mono_ns() * scene.FPS // NS_PER_S)
        start = number - number % scene.GOP
        self._starts[camera, stream] = start
        self.hub.begin(
            Run(id=RunId("run-1"), camera=camera, stream=stream, start_us=self.clock.wall_us()), loop(camera, stream).info
        )
        for each in range(start, number):
            self._give(camera, stream, each)
        self._numbers[camera, stream] = number

    def _give(self, camera: CameraId, stream: Stream, number: int) -> None:
        self.hub.take(
            loop(camera, stream).packet(
                number, camera, stream, self.clock.wall_us(), self.clock.mono_ns(), self._starts[camera, stream]
            )
        )

    async def run(self) -> None:
        """Give packets, and now and then a visitor, until cancelled."""
        while True:
            await asyncio.sleep(1 / scene.FPS)
            now = int(self.clock.mono_ns() * scene.FPS // NS_PER_S)
            for (camera, stream), number in list(self._numbers.items()):
                for each in range(number, now):
                    self._give(camera, stream, each)
                self._numbers[camera, stream] = max(now, number)

    def visit(self, camera: str = "front-door", *, has_picture: bool = True) -> Event:
        """Let somebody come by now: an event and an alert, told to every open page."""
        event = self._event(len(self.events_now), camera, "person", self.clock.wall_us(), 0, 0.5)
        event = replace(event, end_us=None, reviewed=False, picture=has_picture)
        self.events_now.insert(0, event)
        alert = self._alert(event, fresh=True)
        self.alerts_now.insert(0, alert)
        self.changes.publish(event)
        self.changes.publish(alert)
        return event

    # the day so far

    def _event(self, number: int, camera: str, label: str, start_us: int, length_s: float, at: float) -> Event:
        _, box = picture(camera, at)
        return Event(
            id=EventId(f"e{number:05d}"),
            camera=CameraId(camera),
            kind=EventKind.OBJECT,
            label=label,
            start_us=WallUs(start_us),
            end_us=WallUs(start_us + round(length_s * US_PER_S)),
            score=0.62 + 0.33 * self._rng.random(),
            box=box,
            zones=frozenset({"path"} if camera == "front-door" else {"drive"} if camera == "driveway" else set()),
            picture=True,
            best_us=WallUs(start_us + round(length_s * US_PER_S / 2)),
            reviewed=number % 3 == 0,
        )

    def _day_of_events(self) -> list[Event]:
        found = []
        at_us = self.clock.wall_us() - 90 * US_PER_S
        for number in range(26):
            camera = self._rng.choice(("front-door", "front-door", "driveway", "garden"))
            found.append(
                self._event(
                    100 - number, camera, "person", at_us, self._rng.uniform(4, 28), round(self._rng.uniform(0.2, 0.85), 1)
                )
            )
            at_us -= int(self._rng.uniform(6, 130) * MINUTE_US)
        return found

    def _alert(self, event: Event, *, fresh: bool = False) -> AlertNow:
        decided = self._rng.uniform(14, 38)
        rows = []
        for number, (channel, part, more) in enumerate(
            (("telegram", Part.TEXT, 32), ("telegram", Part.PICTURE, 240), ("email", Part.TEXT, 90))
        ):
            bad = channel == "email" and event.id.endswith("7")
            rows.append(
                Delivery(
                    id=number,
                    alert=AlertId(f"a-{event.id}"),
                    channel=channel,
                    part=part,
                    state=DeliveryState.WAITING
                    if fresh and part is Part.PICTURE
                    else DeliveryState.DEAD
                    if bad
                    else DeliveryState.SENT,
                    tries=5 if bad else 1,
                    next_us=event.start_us,
                    last_error="the mail server mail.example.org refused the recipient (550)" if bad else "",
                    decided_ms=decided,
                    accepted_ms=None if bad or (fresh and part is Part.PICTURE) else decided + more + self._rng.uniform(0, 30),
                )
            )
        alert = Alert(
            id=AlertId(f"a-{event.id}"),
            event=event.id,
            camera=event.camera,
            severity=Severity.WARN,
            title=f"Person at {NAMES[event.camera]}",
            text=f"A person was seen at {NAMES[event.camera]}.",
            at_us=event.start_us,
            dedupe_key=event.id,
            received_ns=MonoNs(1_000_000_000),
            decided_ns=MonoNs(1_042_500_000),
        )
        return AlertNow(alert=alert, deliveries=tuple(rows))

    def _alerts_of(self, events: Sequence[Event]) -> list[AlertNow]:
        found = [self._alert(event) for event in events]
        outage = Alert(
            id=AlertId("a-garage"),
            event="",
            camera=CameraId("garage"),
            severity=Severity.URGENT,
            title="Garage does not answer",
            text="Garage stopped answering: no answer from 192.168.1.64 for 10 s. Hearthwatch keeps trying.",
            at_us=WallUs(self.started_us - 42 * MINUTE_US),
            dedupe_key="garage",
        )
        row = Delivery(
            id=1,
            alert=outage.id,
            channel="telegram",
            part=Part.TEXT,
            state=DeliveryState.SENT,
            tries=1,
            next_us=outage.at_us,
            last_error="",
            decided_ms=None,
            accepted_ms=None,
        )
        found.append(AlertNow(alert=outage, deliveries=(row,)))
        return sorted(found, key=lambda alert: -alert.alert.at_us)

    def gaps(self, camera: str) -> list[Gap]:
        def gap(start_min: float, end_min: float | None, reason: GapReason, detail: str) -> Gap:
            return Gap(
                camera=CameraId(camera),
                stream=Stream.MAIN,
                start_us=WallUs(self.started_us - round(start_min * MINUTE_US)),
                end_us=None if end_min is None else WallUs(self.started_us - round(end_min * MINUTE_US)),
                reason=reason,
                detail=detail,
            )

        if self.small:
            return []
        if camera == "garage":
            return [gap(42, None, GapReason.NETWORK, "no answer from 192.168.1.64 for 10 s")]
        if camera == "driveway":
            return [
                gap(395, 371, GapReason.CAMERA, "the camera closed the connection"),
                gap(130, 129.9, GapReason.US, "Hearthwatch was restarted"),
            ]
        if camera == "front-door":
            return [gap(260, 258, GapReason.DISCONTINUITY, "the camera's clock jumped by 118 s")]
        return []


@dataclass
class _Cameras:
    house: FakeHouse

    def all(self) -> tuple[CameraNow, ...]:
        return tuple(self._camera(camera) for camera in self.house.cameras_on)

    def _camera(self, camera: str) -> CameraNow:
        house = self.house
        dead = camera == "garage"
        number = int(house.clock.mono_ns() * scene.FPS // NS_PER_S)
        motion = 0.0 if dead else (0.004 + 0.05 * abs((number % 60) / 30 - 1)) * (1.0 if camera == "front-door" else 0.35)
        state = house.states.get(camera, CameraState.LOST if dead else CameraState.LIVE)
        streams = tuple(
            StreamNow(
                stream=stream,
                state=state,
                codec=Codec.H264,
                width_px=1280 if stream is Stream.MAIN else 640,
                height_px=720 if stream is Stream.MAIN else 360,
                fps=0.0 if dead else 9.97,
                kbit_per_s=0.0 if dead else 1840.0 if stream is Stream.MAIN else 310.0,
                last_us=WallUs(house.started_us - 42 * MINUTE_US) if dead else WallUs(house.clock.wall_us() - 60_000),
                has_audio=stream is Stream.MAIN,
                boxes=(
                    BoxCount(name="writer", put=24_310, dropped=0, waiting=0),
                    BoxCount(name="looker", put=24_310, dropped=40 if camera == "garden" else 0, waiting=1),
                ),
            )
            for stream in Stream
        )
        return CameraNow(
            id=CameraId(camera),
            name=house.names.get(camera, camera),
            state=state,
            cause="no answer from 192.168.1.64 for 10 s; next try in 25 s" if dead else "",
            since_us=WallUs(house.started_us - (42 if dead else 395) * MINUTE_US),
            streams=streams,
            motion_frac=motion,
            looked_per_s=0.0 if dead else 9.9,
            kept_from_us=None if house.small else WallUs(house.started_us - 150 * HOUR_US),
            bytes_per_day=0 if house.small else 18_400_000_000,
        )


@dataclass
class _Footage:
    house: FakeHouse

    def segments(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> Sequence[Segment]:
        if self.house.small:
            return ()
        now_us = self.house.clock.wall_us()
        oldest_us = self.house.started_us - 150 * HOUR_US
        end = min(end_us, now_us)
        found = []
        at = max(oldest_us, start_us - start_us % MINUTE_US)
        gaps = self.house.gaps(camera)
        while at < end:
            is_gone = any(name == camera and low < at + MINUTE_US and high > at for name, low, high in self.house.gone)
            if not is_gone and not any(gap.start_us < at + MINUTE_US and (gap.end_us or now_us) > at for gap in gaps):
                pinned = any(name == camera and low < at + MINUTE_US and high > at for name, low, high in self.house.pinned)
                busy = any(
                    e.camera == camera and e.start_us < at + MINUTE_US and (e.end_us or now_us) > at
                    for e in self.house.events_now
                )
                found.append(
                    Segment(
                        id=SegmentId(at // MINUTE_US),
                        run=RunId("run-1"),
                        camera=camera,
                        stream=stream,
                        sequence=at // MINUTE_US,
                        start_us=WallUs(at),
                        duration_us=MINUTE_US,
                        size_bytes=12_000_000,
                        frames=600,
                        keyframes=30,
                        path=PurePosixPath(f"{camera}/{stream}/{at // MINUTE_US}.mp4"),
                        sha256=b"",
                        state=SegmentState.COMPLETE,
                        footage_class=FootageClass.EVENT if busy else FootageClass.CONTINUOUS,
                        pinned=pinned,
                    )
                )
            at += MINUTE_US
        return found

    def gaps(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> Sequence[Gap]:
        now_us = self.house.clock.wall_us()
        return [gap for gap in self.house.gaps(camera) if gap.start_us < end_us and (gap.end_us or now_us) > start_us]

    def fragments(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> Iterator[bytes]:
        source = loop(camera, stream)
        yield init_segment(source.info)
        packets = self._packets(camera, stream, start_us, end_us)
        for sequence in range(0, len(packets), scene.FPS):
            yield fragment(sequence, packets[sequence : sequence + scene.FPS])

    def export(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs, target: Path) -> None:
        target.write_bytes(b"".join(self.fragments(camera, stream, start_us, end_us)))

    def _packets(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> list[Packet]:
        count = min(600, max(scene.FPS, (end_us - start_us) * scene.FPS // US_PER_S))
        return [loop(camera, stream).packet(number, camera, stream, start_us, 0) for number in range(count)]


@dataclass
class _Keeper:
    house: FakeHouse

    async def keep(self, camera: CameraId, start_us: WallUs, end_us: WallUs, *, pinned: bool) -> int:
        span = (camera, start_us, end_us)
        if pinned:
            self.house.pinned.append(span)
        else:
            self.house.pinned[:] = [
                each for each in self.house.pinned if not (each[0] == camera and each[1] < end_us and each[2] > start_us)
            ]
        return max(1, round((end_us - start_us) / MINUTE_US))

    async def mark(self, camera: CameraId, start_us: WallUs, end_us: WallUs, footage_class: FootageClass) -> None:
        raise NotImplementedError


@dataclass
class _Events:
    house: FakeHouse

    def events(
        self, *, camera: CameraId | None, label: str | None, start_us: WallUs | None, end_us: WallUs | None, limit: int
    ) -> Sequence[Event]:
        return [
            event
            for event in self.house.events_now
            if (camera is None or event.camera == camera)
            and (label is None or event.label == label)
            and (start_us is None or event.start_us >= start_us)
            and (end_us is None or event.start_us < end_us)
        ][:limit]

    def event(self, event: EventId) -> Event | None:
        return next((each for each in self.house.events_now if each.id == event), None)

    def labels(self) -> Sequence[str]:
        return sorted({event.label for event in self.house.events_now})

    def burst(self, event: EventId) -> tuple[bytes, ...]:
        found = self.picture(event)
        return (found, found) if found else ()

    def picture(self, event: EventId) -> bytes | None:
        found = self.event(event)
        if found is None or found.box is None:
            return None
        at = min((step / 10 for step in range(1, 10)), key=lambda step: abs(picture(found.camera, step)[1].x0 - found.box.x0))
        return picture(found.camera, at)[0]

    def set_reviewed(self, event: EventId) -> None:
        self.house.events_now[:] = [
            replace(each, reviewed=True) if each.id == event else each for each in self.house.events_now
        ]


@dataclass
class _Alerts:
    house: FakeHouse

    def alerts(self, *, before_us: WallUs | None, limit: int) -> Sequence[AlertNow]:
        return [each for each in self.house.alerts_now if before_us is None or each.alert.at_us < before_us][:limit]


@dataclass
class _Health:
    house: FakeHouse

    def ok(self) -> bool:
        return self.house.healthy

    def commits(self) -> Timings:
        timings = Timings()
        timings.note(0.004)
        return timings

    def lasting(self) -> Sequence[Outage]:
        return [each for each in self.outages(start_us=WallUs(0), limit=100) if each.end_us is None]

    def outages(self, *, start_us: WallUs, limit: int) -> Sequence[Outage]:
        if self.house.small:
            return []
        started = self.house.started_us

        def outage(
            fault: Fault, camera: str | None, subject: str, start_min: float, end_min: float | None, detail: str
        ) -> Outage:
            return Outage(
                fault=fault,
                camera=CameraId(camera) if camera else None,
                subject=subject,
                start_us=WallUs(started - round(start_min * MINUTE_US)),
                end_us=None if end_min is None else WallUs(started - round(end_min * MINUTE_US)),
                detail=detail,
            )

        return [
            outage(
                Fault.CAMERA_UNREACHABLE,
                "garage",
                "garage",
                42,
                None,
                "no answer from 192.168.1.64 for 10 s; check its power and cable",
            ),
            outage(Fault.DETECTOR_BASIC, None, "detector", 50, None, "basic detector: people only"),
            outage(Fault.CAMERA_UNREACHABLE, "driveway", "driveway", 395, 371, "the camera closed the connection"),
        ][:limit]


@dataclass
class _Pictures:
    house: FakeHouse

    async def snapshot(self, camera: CameraId) -> bytes:
        if camera == "garage":
            raise Unreachable("Garage gives no picture: no answer from 192.168.1.64 for 10 s")
        return picture(camera, 0.5)[0]

    async def mjpeg(self, camera: CameraId) -> AsyncGenerator[bytes]:
        number = 0
        while True:
            yield picture(camera, (number % 20) / 20)[0]
            number += 1
            await asyncio.sleep(0.2)


@dataclass
class _Detector:
    house: FakeHouse

    def now(self) -> DetectorNow:
        basic = self.house.basic
        return DetectorNow(
            name="hog" if basic else "nanodet-plus-m-416",
            basic=basic,
            labels=("person",) if basic else ("person", "car", "dog", "cat", "bicycle"),
            fetching=self.house.fetching,
            fetch_name="nanodet-plus-m-416" if basic else "",
            fetch_bytes=4_900_000,
            fetch_licence="Apache-2.0",
            fetch_host="github.com",
            error="",
        )

    async def fetch(self) -> None:
        if not self.house.basic:
            raise Unsupported("The detection model is there already.")
        self.house.fetching = True


@dataclass
class _House:
    house: FakeHouse

    def now(self) -> HouseNow:
        return HouseNow(
            name="Elm Street 12",
            version="0.1.0",
            started_us=WallUs(self.house.started_us - 395 * MINUTE_US),
            footage_folder="/var/lib/hearthwatch/footage",
            footage_used_bytes=412_000_000_000,
            footage_free_bytes=588_000_000_000,
            days_fit=None if self.house.small else 7.0,
            pre_roll_us=5 * US_PER_S,
            post_roll_us=5 * US_PER_S,
            channels=() if self.house.small else ("telegram", "email"),
            telegram=not self.house.small,
            settings=(
                Setting(section="home", key="name", value="Elm Street 12"),
                Setting(section="camera.front-door", key="url", value="rtsp://192.168.1.61/h264"),
                Setting(section="camera.front-door", key="password", value="set"),
                Setting(section="camera.driveway", key="url", value="rtsp://192.168.1.62/h264"),
                Setting(section="camera.driveway", key="password", value="set"),
                Setting(section="storage", key="keep_continuous_days", value="7"),
                Setting(section="storage", key="keep_event_days", value="30"),
                Setting(section="alerts.telegram", key="token", value="set"),
            ),
            outbound=()
            if self.house.small
            else (
                Outbound(host="api.telegram.org", purpose="Alerts and pictures to your phone", setting="alerts.telegram"),
                Outbound(host="mail.example.org:587", purpose="Alerts by e-mail", setting="alerts.email"),
            ),
            forecast=None if self.house.small else _forecast(self.house.cameras_on),
        )


@dataclass
class Built:
    """An application around a fake house, and what a test wants to reach behind it."""

    app: object
    house: FakeHouse
    auth: Auth
    db: DbThread
    codes: list[str]
    hasher: Hasher
    engine: object
    arrivals: list[Arrival] = field(default_factory=list)

    def close(self) -> None:
        self.hasher.close()
        self.db.close()
        self.engine.dispose()
        self.house.config.folder.cleanup()

    async def add_user(
        self, name: str, role: Role, password: str = PASSWORD, cameras: tuple[CameraId, ...] | None = None
    ) -> accounts.User:
        hashed = await self.hasher.hash(password)
        now_us = self.house.clock.wall_us()
        return await self.db.run(lambda c: accounts.add_user(c, name, hashed, role, now_us, cameras=cameras))


def build(
    folder: Path, house: FakeHouse, *, options: WebOptions | None = None, page: Page | None = None, metrics_token: str = ""
) -> Built:
    """Put an application together; the password hash is cheap so that a hundred log-ins fit in a test."""
    if not (database := folder / "house.db").exists():
        database.write_bytes(empty_house_db())
    engine = open_writer(database)
    db = DbThread(engine)
    house.shares.desk = SharesDesk(db, house.clock)
    house.leaving = _leaving(house, db)
    codes: list[str] = []
    hasher = Hasher(memory_kib=64, passes=1)
    arrivals: list[Arrival] = []

    async def arrived(arrival: Arrival) -> None:
        arrivals.append(arrival)

    claim = ClaimCode(house.clock, codes.append)
    auth = Auth(db, house.clock, claim, hasher, sealer=Secrets(folder), home=house.logins.is_home, news=arrived)
    app = create_app(
        house.doors(),
        options or WebOptions(),
        auth=auth,
        clock=house.clock,
        changes=house.changes,
        clip_folder=folder / "clips",
        page=page or copy.copy(_built_page()),
        metrics_token=metrics_token,
    )
    return Built(app=app, house=house, auth=auth, db=db, codes=codes, hasher=hasher, engine=engine, arrivals=arrivals)


@cache
def _built_page() -> Page:
    """Compressing all of it takes as long as everything else in an application."""
    return Page()


def _leaving(house: FakeHouse, db: DbThread) -> LeavingDesk:
    """The real desk over the file, the secrets and the database behind the page."""

    return LeavingDesk(
        house.config.secrets,
        config=lambda: house.config.in_force,
        config_path=house.config.path,
        people=house.phones.people,
        renewals=(),
        take_over=house.config._take_over,
        db=db,
        clock=house.clock,
    )


def _forecast(cameras: Sequence[CameraId]) -> Forecast | None:
    """A disk of a terabyte, on which events outlive the rest."""
    rates = [
        Flow(camera=camera, footage_class=footage_class, bytes_per_day=share)
        for camera in cameras
        for footage_class, share in ((FootageClass.CONTINUOUS, 14_000_000_000), (FootageClass.EVENT, 4_400_000_000))
    ]
    return forecast(rates, StorageOptions(), room_bytes=998_000_000_000)


async def main(port: int, *, claimed: bool, small: bool, visits: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        house = FakeHouse(small=small)
        built = build(folder, house)
        if claimed:
            await built.add_user("ada", Role.OWNER)
            print(f"log in as ada with: {PASSWORD}")
        options = WebOptions(port=port, https_port=0)
        for camera in house.cameras_on[:3]:
            for stream in Stream:
                loop(camera, stream)
            for step in range(20):
                picture(camera, step / 20)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(house.run())
                tasks.create_task(serve(built.app, options, auth=built.auth, clock=house.clock, data_folder=folder, say=print))
                while not claimed:
                    await asyncio.sleep(0.5)
                    if built.codes:
                        print("claim code", built.codes.pop())
                while visits:
                    await asyncio.sleep(20)
                    house.visit(house.cameras_on[random.randrange(3)])
        finally:
            built.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--unclaimed", action="store_true")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--visits", action="store_true")
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(given.port, claimed=not given.unclaimed, small=given.small, visits=given.visits))
