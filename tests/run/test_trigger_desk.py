"""What a trigger sets off: one event, one burst, one album; and when it sets off nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hearthwatch.alerts.alert import Part
from hearthwatch.arming.arming import Mode
from hearthwatch.events.album import unpacked
from hearthwatch.events.event import EventId, EventKind
from hearthwatch.events.report import Report
from hearthwatch.feeds.sensor import Light
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import Unreachable, Unsupported
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.run.config import parse
from hearthwatch.run.trigger_desk import TriggerDesk, light_of
from hearthwatch.web.doors import CameraNow, CameraState

HALL, YARD = CameraId("hall"), CameraId("yard")
CONFIG = """
[camera.hall]
main = "picamera://0"
trigger.pin = 17
trigger.label = "pir"
trigger.led_pin = 27
[camera.yard]
main = "rtsp://192.168.1.9/x"
trigger.webhook = true
trigger.hold_off_s = 60
[camera.drive]
main = "rtsp://192.168.1.10/x"
"""


@dataclass
class Fakes:
    """The house around a TriggerDesk."""

    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)
    reports: list[Report] = field(default_factory=list)
    attached: list[tuple[EventId, Part, bytes]] = field(default_factory=list)
    stored: list[EventId] = field(default_factory=list)
    lights: list[tuple[CameraId, Light]] = field(default_factory=list)
    due: list[Sequence[WallUs]] = field(default_factory=list)
    pictures: list[bytes | Exception] = field(default_factory=lambda: [b"one", b"two", b"three", b"four"])
    private: bool = False

    def desk(self, text: str = CONFIG) -> TriggerDesk:
        config = parse(text)
        return TriggerDesk(
            self,
            Secrets(self.folder),
            config=lambda: config,
            report=self.reports.append,
            outbox=self,  # type: ignore[arg-type]
            stored=self._store,
            is_private=lambda _camera: self.private,
            mode=lambda: Mode.AWAY,
            cameras=lambda: [now(CameraState.LIVE)],
            show=lambda camera, light: self.lights.append((camera, light)),
            clock=self.clock,
            ids=lambda: "E1",
        )

    async def burst(self, camera: CameraId, due: Sequence[WallUs]) -> AsyncGenerator[bytes]:
        self.due.append(due)
        for picture in self.pictures:
            if isinstance(picture, Exception):
                raise picture
            yield picture

    async def attach(self, event: EventId, part: Part, data: bytes) -> None:
        self.attached.append((event, part, data))

    async def _store(self, event: EventId) -> None:
        self.stored.append(event)


def now(state: CameraState) -> CameraNow:
    return CameraNow(id=HALL, name="Hall", state=state, cause="", since_us=WallUs(0), streams=())


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
def fakes(tmp_path: Path) -> Fakes:
    return Fakes(tmp_path)


async def test_a_pulse_is_an_event_with_a_burst_from_its_very_moment(fakes: Fakes) -> None:
    desk = fakes.desk()
    began_us, began_ns = fakes.clock.wall_us(), fakes.clock.mono_ns()
    fakes.clock.advance(0.05)
    desk.pulsed(HALL, began_ns)
    (report,) = fakes.reports
    assert (report.camera, report.start_us, report.sensed.kind) == (HALL, began_us, EventKind.SENSOR)
    assert (report.sensed.labels, report.sensed.detail, report.sensed.received_ns) == (
        ("pir",),
        "the sensor at GPIO 17",
        began_ns,
    )
    report.told(EventId("E1"))
    await settle()
    assert fakes.due == [tuple(began_us + step for step in (0, 500_000, 1_000_000, 1_500_000))]
    (picture, album) = fakes.attached
    assert picture == ("E1", Part.PICTURE, b"one")
    assert album[:2] == ("E1", Part.ALBUM)
    assert unpacked(album[2]) == (b"one", b"two", b"three", b"four")
    assert fakes.lights == [(HALL, Light.FAST)]


async def test_what_follows_too_soon_or_comes_too_late_is_nothing(fakes: Fakes) -> None:
    desk = fakes.desk()
    desk.pulsed(HALL, fakes.clock.mono_ns())
    fakes.clock.advance(9)
    desk.pulsed(HALL, fakes.clock.mono_ns())
    assert len(fakes.reports) == 1, "it is held off"
    fakes.clock.advance(2)
    desk.pulsed(HALL, fakes.clock.mono_ns())
    assert len(fakes.reports) == 2
    fakes.clock.advance(60)
    desk.pulsed(HALL, MonoNs(fakes.clock.mono_ns() - 11 * NS_PER_S))
    assert len(fakes.reports) == 2, "it is old"
    for report in fakes.reports:
        report.told(None)
    await settle()
    assert fakes.attached == [], "no event came of them"


async def test_one_visit_is_one_burst(fakes: Fakes) -> None:
    desk = fakes.desk()
    for _ in range(2):
        desk.pulsed(HALL, fakes.clock.mono_ns())
        fakes.reports[-1].told(EventId("E1"))
        await settle()
        fakes.clock.advance(11)
    assert len(fakes.due) == 2
    assert [part for _event, part, _data in fakes.attached] == [Part.PICTURE, Part.ALBUM]


async def test_nobody_is_watched_in_private(fakes: Fakes) -> None:
    desk = fakes.desk()
    fakes.private = True
    desk.pulsed(HALL, fakes.clock.mono_ns())
    await settle()
    assert (fakes.reports, fakes.due) == ([], [])


async def test_only_the_way_that_is_switched_on_triggers(fakes: Fakes) -> None:
    desk = fakes.desk()
    word = await desk.word(YARD)
    assert not await desk.call(YARD, "0" * len(word))
    assert not await desk.call(HALL, word)
    assert not desk.called(YARD, "mqtt")
    assert not desk.called(CameraId("drive"), "webhook")
    desk.pulsed(YARD, fakes.clock.mono_ns())
    assert fakes.reports == []
    calls = [asyncio.create_task(desk.call(YARD, word)) for _ in range(2)]
    await settle()
    fakes.reports[0].told(EventId("E1"))
    assert await asyncio.gather(*calls) == [True, True], "held off, but not wrong"
    assert [report.sensed.detail for report in fakes.reports] == ["a call by web"]
    with pytest.raises(Unsupported, match=r"camera\.hall\.trigger\.webhook"):
        await desk.word(HALL)
    await settle()


async def test_a_call_is_answered_once_it_is_written_down(fakes: Fakes) -> None:
    desk = fakes.desk()
    word = await desk.word(YARD)
    first = asyncio.create_task(desk.call(YARD, word))
    await settle()
    second = asyncio.create_task(desk.call(YARD, word))
    await settle()
    assert not first.done()
    assert not second.done(), "it is held off, but the first may still be lost"
    fakes.reports[0].told(EventId("E1"))
    assert await asyncio.gather(first, second) == [True, True]
    assert await desk.call(YARD, word)
    await settle()


async def test_a_call_that_nobody_took_is_not_answered_as_taken_and_may_come_again(
    fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hearthwatch.run.trigger_desk._EVENT_S", 0.01)
    desk = fakes.desk()
    word = await desk.word(YARD)
    for number in (1, 2):
        with pytest.raises(Unreachable, match="call again"):
            await desk.call(YARD, word)
        assert len(fakes.reports) == number
    for report in fakes.reports:
        report.told(None)
    await settle()


async def test_a_burst_that_breaks_off_is_sent_as_far_as_it_came(fakes: Fakes) -> None:
    desk = fakes.desk()
    fakes.pictures = [b"one", b"two", Unreachable("gone")]
    desk.pulsed(HALL, fakes.clock.mono_ns())
    fakes.reports[0].told(EventId("E1"))
    await settle()
    assert [(part, len(unpacked(data)) if part is Part.ALBUM else 1) for _event, part, data in fakes.attached] == [
        (Part.PICTURE, 1),
        (Part.ALBUM, 2),
    ]
    fakes.attached.clear()
    fakes.pictures = [Unreachable("gone")]
    fakes.clock.advance(60)
    desk.pulsed(HALL, fakes.clock.mono_ns())
    fakes.reports[1].told(EventId("E2"))
    await settle()
    assert fakes.attached == []


@pytest.mark.parametrize(
    ("state", "mode", "just_now", "light"),
    [
        (CameraState.LIVE, Mode.AWAY, False, Light.ON),
        (CameraState.LIVE, Mode.HOME, False, Light.ON),
        (CameraState.LIVE, Mode.DISARMED, False, Light.WINK),
        (CameraState.LIVE, Mode.DISABLED, False, Light.WINK),
        (CameraState.LOST, Mode.AWAY, False, Light.SLOW),
        (CameraState.PRIVATE, Mode.HOME, False, Light.OFF),
        (CameraState.LIVE, Mode.DISARMED, True, Light.FAST),
    ],
)
def test_the_light_shows_how_things_are(state: CameraState, mode: Mode, just_now: bool, light: Light) -> None:
    assert light_of(now(state), mode, just_now=just_now) is light
