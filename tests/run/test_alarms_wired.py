"""A camera senses something: an event in the ledger with its picture, an outage on the board; whatever breaks on the way."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from tests.alerts.house import House
from tests.devices import dahua, foscam_hd, onvif_camera, reolink
from tests.devices.camera_state import Fault as Broken
from tests.devices.camera_web import EmulatedCamera
from tests.run.test_happenings import Bench

from hearthwatch.events.event import Event, EventKind
from hearthwatch.health.board import Board
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import CameraId
from hearthwatch.run.alarm_desk import AlarmDesk
from hearthwatch.run.alarm_hooks import AlarmHooks
from hearthwatch.run.alarm_pictures import AlarmPictures
from hearthwatch.run.config import parse
from hearthwatch.vendors.alarm_hub import AlarmHub
from hearthwatch.vendors.capability import Snapshot
from hearthwatch.vendors.device import Access, Vendor
from hearthwatch.vendors.doorman import Door, Doorman

pytestmark = [pytest.mark.wired, pytest.mark.waits]

FRONT = CameraId("front")
CONFIG = """
[camera.front]
name = "Front"
main = "rtsp://192.168.1.9/main"
events.cooldown_s = 0
alarms.objects = "also"
"""
FAMILIES: dict[Vendor, tuple[Callable[..., EmulatedCamera], str]] = {
    Vendor.DAHUA: (dahua.camera, "SmartMotionHuman"),
    Vendor.REOLINK: (reolink.camera, "people"),
    Vendor.ONVIF: (onvif_camera.camera, "people"),
}


class NoRecording:
    async def snapshot(self, camera: CameraId) -> bytes:
        raise Unreachable("nothing is recorded here")

    def mjpeg(self, camera: CameraId):
        raise Unreachable("nothing is recorded here")


class Wordless:
    """What AlarmHooks needs of the secrets."""

    def marks(self, values, purpose):
        return tuple(f"k:{purpose}-{value}" for value in values)


class Wired:
    """One emulated camera and everything of a house that listens to it."""

    def __init__(self, camera: Any, vendor: Vendor, bench: Bench, house: House) -> None:
        self.camera = camera
        self.bench = bench
        self.house = house
        self.told: asyncio.Queue[Outage] = asyncio.Queue()
        clock = SystemClock()
        [account] = [one for one in camera.state.accounts if one.name == "watch"]
        access = Access(
            camera=FRONT,
            host="127.0.0.1",
            port=camera.port,
            user="watch",
            password=Secret(account.password),
            allow_loopback=True,
        )
        self.door = Door(vendor=vendor, access=access)
        self.doorman = Doorman(clock=clock, rng=random.Random(1))
        self.board = Board(house.db, clock, self.told.put)
        self.hub = AlarmHub(self.doorman, clock=clock)
        self.hooks = AlarmHooks(self.doorman, self.hub, Wordless(), clock)
        self.desk = AlarmDesk(self.hub, board=self.board, clock=clock, events=bench.happenings.put)
        self.pictures = AlarmPictures(
            self.doorman,
            NoRecording(),
            outbox=house.outbox,
            db=house.db,
            channel=lambda _camera: 0,
            is_private=lambda _camera: False,
            stored=bench.stored.put,
        )
        self.tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        await self.board.load()
        await self.doorman.renew({FRONT: self.door})
        self.desk.renew(parse(CONFIG))
        works = (self.hub.run, self.desk.run, self.pictures.run, self.board.run)
        self.tasks = [asyncio.create_task(work()) for work in works]
        async with asyncio.timeout(60):
            while not self.hub._since_ns or not self.is_attached():  # noqa: ASYNC110 - the camera has no event for it
                await asyncio.sleep(0.01)

    def is_attached(self) -> bool:
        """Whether it is subscribed, or was asked often enough for its first state to be known."""
        if isinstance(self.camera, dahua.Dahua):
            return bool(self.camera.listeners)
        if isinstance(self.camera, onvif_camera.OnvifCamera):
            return bool(self.camera.points.alive())
        return len(self.camera.requests) > 4

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.doorman.close()

    async def opened(self) -> Event:
        async with asyncio.timeout(60):
            return await self.bench.told.get()

    async def outage(self) -> Outage:
        async with asyncio.timeout(60):
            return await self.told.get()


@contextlib.asynccontextmanager
async def wired(tmp_path, vendor: Vendor, make: Callable[..., EmulatedCamera]) -> AsyncIterator[Wired]:
    house = House(tmp_path, SystemClock())
    await house.start("phone")
    bench = Bench(house, CONFIG)
    try:
        async with make().running() as camera:
            made = Wired(camera, vendor, bench, house)
            bench.happenings._want_picture = made.pictures.want
            try:
                await made.start()
                yield made
            finally:
                await made.close()
    finally:
        await bench.close()
        house.close()


@pytest.mark.parametrize("vendor", FAMILIES)
async def test_somebody_the_camera_sees_is_an_event_with_a_picture(tmp_path, vendor: Vendor) -> None:
    make, code = FAMILIES[vendor]
    async with wired(tmp_path, vendor, make) as made:
        await made.camera.alarm(code, on=True)
        event = await made.opened()
        assert (event.kind, event.label, event.camera) == (EventKind.OBJECT, "person", FRONT)
        assert "the camera says" in event.detail
        async with asyncio.timeout(60):
            assert await made.bench.stored.get() == event.id
        picture = made.house.files.picture(event.id)
        assert isinstance(await made.doorman.client(FRONT), Snapshot)
        assert picture is not None
        assert picture.startswith(b"\xff\xd8")
        [told] = await made.bench.alerts()
        assert told.alert.title == "Front: person"
        await made.camera.alarm(code, on=False)
        async with asyncio.timeout(60):
            while (await made.bench.events())[0].end_us is None:
                await made.bench.stored.get()


async def test_no_subscription_is_left_behind(tmp_path) -> None:
    async with wired(tmp_path, Vendor.ONVIF, onvif_camera.camera) as made:
        assert len(made.camera.points.alive()) == 1
        await made.close()
        assert made.camera.points.alive() == {}


async def test_what_ended_and_began_while_the_stream_was_torn_is_found_out(tmp_path) -> None:
    async with wired(tmp_path, Vendor.DAHUA, dahua.camera) as made:
        await made.camera.alarm("SmartMotionHuman", on=True)
        await made.opened()
        await made.camera.cause(Broken.UNREACHABLE)
        await made.camera.alarm("SmartMotionHuman", on=False)
        await made.camera.alarm("VideoBlind", on=True)
        await made.camera.heal(Broken.UNREACHABLE)
        outage = await made.outage()
        assert (outage.fault, outage.camera, outage.end_us) == (Fault.CAMERA_TAMPERED, FRONT, None)
        assert "VideoBlind" in outage.detail
        tampering = await made.opened()
        assert (tampering.kind, tampering.label) == (EventKind.TAMPER, "tamper")
        async with asyncio.timeout(60):
            while not [event for event in await made.bench.events() if event.label == "person" and event.end_us]:
                await made.bench.stored.get()
        await made.camera.alarm("VideoBlind", on=False)
        assert (await made.outage()).end_us is not None


async def test_half_a_part_and_nonsense_in_the_stream_harm_nothing(tmp_path) -> None:
    async with wired(tmp_path, Vendor.DAHUA, dahua.camera) as made:
        for listener in made.camera.listeners:
            listener.waiting.put_nowait(
                b"--myboundary\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\n\x00\xff{]]>nope\r\n"
            )
        await made.camera.alarm("CrossLineDetection", on=True)
        event = await made.opened()
        assert (event.kind, event.label) == (EventKind.ALARM, "crossing")


async def test_a_failing_card_is_told_once(tmp_path) -> None:
    async with wired(tmp_path, Vendor.DAHUA, dahua.camera) as made:
        for _ in range(3):
            await made.camera.alarm("StorageFailure", on=True)
            await made.camera.alarm("StorageFailure", on=False)
        outage = await made.outage()
        assert outage.fault is Fault.CARD_FAILED
        await made.camera.alarm("SmartMotionHuman", on=True)
        await made.opened()  # so the others were heard, too
        made.desk._faults.tick()
        await made.board.tick()
        assert made.told.empty()


@pytest.mark.parametrize(("vendor", "make"), [(Vendor.REOLINK, reolink.camera), (Vendor.FOSCAM_HD, foscam_hd.camera)])
async def test_a_call_of_the_camera_has_it_asked_and_a_strangers_does_not(tmp_path, vendor: Vendor, make) -> None:
    async with wired(tmp_path, vendor, make) as made:
        client = await made.doorman.client(FRONT)
        word = await made.hooks.word(FRONT)
        assert not await made.hooks.knock(FRONT, "wrong", "127.0.0.1")
        assert not await made.hooks.knock(CameraId("yard"), word, "127.0.0.1")
        assert not await made.hooks.knock(FRONT, word, "203.0.113.9")
        assert not client._feed._poked.is_set()
        assert await made.hooks.knock(FRONT, word, "::ffff:127.0.0.1")
        assert client._feed._poked.is_set()
