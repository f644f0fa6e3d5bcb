"""What people ask for from afar, done on real footage and a real database: clips, quiet times, false alarms, pictures."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import av
import pytest
from tests.alerts.house import FRONT, House
from tests.recording.conftest import Bench
from tests.recording.packet_maker import START_US
from tests.run.test_pins import BenchKeeper
from tests.web.fake_arming import FakeArming

from hearthwatch.alerts.remote import TooLarge
from hearthwatch.alerts.snooze import Snoozes
from hearthwatch.events import ledger
from hearthwatch.events.event import EventId
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.segment import StorageOptions
from hearthwatch.run.house_doors import Footage
from hearthwatch.run.pins import Pins
from hearthwatch.run.remote_house import RemoteHouse
from hearthwatch.web.doors import CameraNow, CameraState


def now(camera: str, state: CameraState = CameraState.LIVE, cause: str = "") -> CameraNow:
    return CameraNow(id=CameraId(camera), name=camera.title(), state=state, cause=cause, since_us=WallUs(0), streams=())


class Scene:
    """A camera `front`, whose footage `film` makes, and a second one that lost its stream."""

    def __init__(self, folder: Path) -> None:
        self.bench = Bench(folder / "footage")
        self.house = House(folder, self.bench.clock)
        self.cameras = [now("front"), now("yard", CameraState.LOST, "no answer")]
        self.snoozes = Snoozes(self.house.db)
        self.stored: list[str] = []
        self.footage = Footage(self.bench.index_path, self.bench.folder)
        self.pins = Pins(self.house.db, BenchKeeper(self.bench), lambda: self.footage.index, self.bench.clock)
        self.remote = RemoteHouse(
            FakeArming(self.bench.clock),
            SimpleNamespace(all=lambda: tuple(self.cameras)),
            board=SimpleNamespace(snapshot=tuple),
            snoozes=self.snoozes,
            picture=self._picture,
            footage=self.footage,
            pins=self.pins,
            config=lambda: SimpleNamespace(storage=StorageOptions(pre_roll_s=3, post_roll_s=2)),
            db=self.house.db,
            clock=self.bench.clock,
            stored=self._stored,
        )

    async def _picture(self, camera: str) -> bytes:
        return b"jpeg of " + camera.encode()

    async def _stored(self, event: str) -> None:
        self.stored.append(event)

    def film(self) -> None:
        self.bench.record(12)

    async def clip(self, start_s: float, end_s: float, max_bytes: int = 1 << 30) -> bytes:
        start_us, end_us = (WallUs(START_US + round(at_s * US_PER_S)) for at_s in (start_s, end_s))
        return await self.remote.clip(FRONT, start_us, end_us, max_bytes=max_bytes)

    def close(self) -> None:
        self.footage.index.close()
        self.house.close()
        self.bench.close()


@pytest.fixture
def scene(tmp_path: Path):
    (tmp_path / "footage").mkdir()
    scene = Scene(tmp_path)
    yield scene
    scene.close()


def test_how_things_stand(scene: Scene) -> None:
    found = scene.remote.status()
    assert [(each.id, each.live, each.state) for each in found.cameras] == [
        ("front", True, "live"),
        ("yard", False, "no answer"),
    ]
    assert [each.quiet_until_us for each in found.cameras] == [0, 0]


async def test_a_clip_is_a_playable_mp4(scene: Scene) -> None:
    scene.film()
    mp4 = await scene.clip(2, 7)
    with av.open(io.BytesIO(mp4)) as file:
        assert 4 * 15 <= sum(1 for _ in file.decode(video=0)) <= 7 * 15


async def test_a_clip_too_large_says_how_long_one_may_be_and_that_one_fits(scene: Scene) -> None:
    scene.film()
    whole = len(await scene.clip(1, 9))
    with pytest.raises(TooLarge, match="can be sent") as refused:
        await scene.clip(1, 9, max_bytes=whole // 2)
    assert 1 <= refused.value.fits_s <= 4
    shorter = await scene.clip(1, 1 + refused.value.fits_s, max_bytes=whole // 2)
    assert 0 < len(shorter) <= whole // 2


async def test_where_there_is_no_footage_and_no_camera_it_is_said(scene: Scene) -> None:
    with pytest.raises(Unsupported):
        await scene.clip(-5000, -4990)
    for asked in (
        scene.remote.clip(CameraId("nowhere"), WallUs(0), WallUs(1), max_bytes=1),
        scene.remote.snapshot(CameraId("nowhere")),
        scene.remote.last_event(CameraId("nowhere")),
        scene.remote.snooze(CameraId("nowhere"), WallUs(1), who="anna", via="page"),
        scene.remote.keep(CameraId("nowhere"), WallUs(0), WallUs(1), who="anna", via="page"),
    ):
        with pytest.raises(Unsupported, match="there is no camera nowhere"):
            await asked


async def test_a_camera_that_leaves_people_in_private_gives_no_picture(scene: Scene) -> None:
    assert await scene.remote.snapshot(FRONT) == b"jpeg of front"
    scene.cameras[0] = now("front", CameraState.PRIVATE)
    with pytest.raises(Unsupported, match="private"):
        await scene.remote.snapshot(FRONT)


async def test_quiet_times_outlive_the_house(scene: Scene) -> None:
    until_us = WallUs(scene.bench.clock.wall_us() + 60 * US_PER_S)
    await scene.remote.snooze(FRONT, until_us, who="anna", via="page")
    assert scene.remote.status().cameras[0].quiet_until_us == until_us
    again = Snoozes(scene.house.db)
    await again.load()
    assert again.until_us(FRONT) == until_us
    scene.bench.clock.advance(61)
    assert scene.remote.status().cameras[0].quiet_until_us == 0
    later_us = WallUs(scene.bench.clock.wall_us() + 60 * US_PER_S)
    await scene.remote.snooze(None, later_us, who="anna", via="page")
    assert [each.quiet_until_us for each in scene.remote.status().cameras] == [later_us, later_us]
    await scene.remote.snooze(None, WallUs(0), who="anna", via="page")
    assert [each.quiet_until_us for each in scene.remote.status().cameras] == [0, 0]


async def test_a_false_alarm_is_kept_and_outlives_what_still_comes_of_the_event(scene: Scene) -> None:
    change = scene.house.change()
    await scene.house.outbox.record(change, None)
    noted = await scene.remote.false_alarm(change.event.id, is_false=True, who="anna", via="page")
    assert (noted.false_alarm, noted.reviewed) == (True, True)
    await scene.house.outbox.record(change, None)  # the event goes on
    kept = await scene.remote.event(change.event.id)
    assert kept is not None
    assert kept.false_alarm
    assert await scene.remote.last_event(FRONT) == kept
    taken_back = await scene.remote.false_alarm(change.event.id, is_false=False, who="anna", via="page")
    assert not taken_back.false_alarm
    assert scene.stored == [change.event.id] * 2
    assert await scene.house.db.real.run(lambda connection: ledger.find(connection, change.event.id)) == taken_back


async def test_an_event_that_is_gone_is_no_false_alarm(scene: Scene) -> None:
    with pytest.raises(Unsupported, match="not kept any more"):
        await scene.remote.false_alarm("E-gone", is_false=True, who="anna", via="page")
    assert scene.stored == []
    assert await scene.remote.logins(5) == ()


async def test_an_event_s_footage_is_kept_with_what_is_still_to_come_and_let_go_of(scene: Scene) -> None:
    scene.film()
    change = scene.house.change()
    lasting = replace(change, event=replace(change.event, start_us=WallUs(START_US + 5 * US_PER_S), end_us=None))
    await scene.house.outbox.record(lasting, None)
    kept = await scene.remote.keep_event(lasting.event.id, who="anna", via="Telegram")
    assert kept.start_us == START_US + 2 * US_PER_S
    assert kept.end_us == scene.bench.clock.wall_us() + 122 * US_PER_S
    assert kept.segments == sum(each.pinned for each in scene.bench.segments()) > 0
    (pin,) = await scene.pins.all()
    assert (pin.pin.id, pin.pin.note) == (kept.pin, "kept by anna (Telegram)")
    await scene.remote.let_go(kept.pin, who="anna", via="Telegram")
    assert not any(each.pinned for each in scene.bench.segments())
    with pytest.raises(Unsupported, match="already"):
        await scene.remote.let_go(kept.pin, who="anna", via="Telegram")
    with pytest.raises(Unsupported, match="not kept any more"):
        await scene.remote.keep_event(EventId("E-gone"), who="anna", via="Telegram")
    with pytest.raises(Unsupported, match="nothing to keep"):
        await scene.remote.keep(FRONT, WallUs(1), WallUs(2), who="anna", via="Telegram")


async def test_the_same_range_is_kept_once(scene: Scene) -> None:
    scene.film()
    start_us, end_us = WallUs(START_US + US_PER_S), WallUs(START_US + 4 * US_PER_S)
    pins = {(await scene.remote.keep(FRONT, start_us, end_us, who=who, via="page")).pin for who in ("anna", "ben")}
    assert len(pins) == len(await scene.pins.all()) == 1


async def test_what_was_kept_of_an_event_while_it_lasted_is_let_go_of_on_its_page(scene: Scene) -> None:
    scene.film()
    start_us, over_us = WallUs(START_US + US_PER_S), WallUs(START_US + 5 * US_PER_S)
    await scene.remote.keep(FRONT, start_us, WallUs(START_US + 9 * US_PER_S), who="anna", via="Telegram")
    other = await scene.remote.keep(FRONT, WallUs(start_us + 1), WallUs(START_US + 8 * US_PER_S), who="ben", via="Telegram")
    await scene.pins.keep(FRONT, start_us, over_us, pinned=False)
    assert [each.pin.id for each in await scene.pins.all()] == [other.pin]
    await scene.pins.drop(other.pin)
    assert not any(each.pinned for each in scene.bench.segments())
