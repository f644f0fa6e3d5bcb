"""A camera's moving head: whatever becomes of whoever holds it, the camera's own ledger ends with a stop."""

from __future__ import annotations

import asyncio
import contextlib
import random
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.devices import dahua, foscam_hd, foscam_mjpeg, onvif_camera, reolink
from tests.devices.camera_web import EmulatedCamera

from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import Refused, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import CameraId, camera_id
from hearthwatch.run.head_desk import HeadDesk
from hearthwatch.vendors.capability import DeviceInfo, Preset, PtzMove, Reach
from hearthwatch.vendors.dahua import DahuaCamera
from hearthwatch.vendors.device import Access
from hearthwatch.vendors.foscam_hd import FoscamHdCamera
from hearthwatch.vendors.foscam_mjpeg import FoscamMjpegCamera
from hearthwatch.vendors.onvif import OnvifCamera
from hearthwatch.vendors.reolink import ReolinkCamera

pytestmark = pytest.mark.wired

YARD = camera_id("yard")
ALL = frozenset(PtzMove)
TURNS = frozenset({PtzMove.UP, PtzMove.DOWN, PtzMove.LEFT, PtzMove.RIGHT})


@dataclass
class Doors:
    """Implements Doorkeeper for one camera; `errors` are raised, one each, before its client is given."""

    one: DeviceInfo
    errors: list[Exception]

    @property
    def cameras(self) -> tuple[CameraId, ...]:
        return (YARD,)

    def access(self, camera: CameraId) -> Access:
        raise NotImplementedError

    async def client(self, camera: CameraId) -> DeviceInfo:
        if self.errors:
            raise self.errors.pop(0)
        return self.one


@dataclass
class Yard:
    desk: HeadDesk
    device: Any
    doors: Doors
    file: Path

    @property
    def moves(self) -> list[str]:
        return self.device.state.moves

    async def until(self, ready: Callable[[list[str]], bool]) -> None:
        async with asyncio.timeout(60):
            while not ready(self.moves):  # noqa: ASYNC110 the emulator tells nobody
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def yard(device: EmulatedCamera, kind: Any, *, hold_s: float = 30.0, left: str = "") -> AsyncIterator[Yard]:
    async with device.running():
        account = next(one for one in device.state.accounts if one.name == "watch")
        access = Access(
            camera=YARD,
            host="127.0.0.1",
            port=device.port,
            user="watch",
            password=Secret(account.password),
            allow_loopback=True,
        )
        client = kind(access, clock=SystemClock(), rng=random.Random(1))
        doors = Doors(client, [])
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "moving"
            file.write_text(left)
            desk = HeadDesk(doors, SystemClock(), lambda _camera: 0, file, hold_s=hold_s)
            try:
                yield Yard(desk, device, doors, file)
            finally:
                await desk.close()
                await client.close()


FAMILIES = [
    (dahua.camera, DahuaCamera, "start Left", "stop Left", ALL, ((1, "gate"), (2, "street"))),
    (reolink.camera, ReolinkCamera, "Left 32", "Stop", ALL, ((1, "gate"),)),
    (onvif_camera.camera, OnvifCamera, "ContinuousMove", "Stop", ALL, ((1, "gate"),)),
    (foscam_hd.camera, FoscamHdCamera, "ptzMoveLeft", "ptzStopRun", TURNS, ((1, "TopMost"), (2, "BottomMost"))),
    (foscam_mjpeg.camera, FoscamMjpegCamera, "6", "7", TURNS, tuple((number, "") for number in range(1, 9))),
]


@pytest.mark.parametrize(("device", "kind", "start", "stop", "moves", "presets"), FAMILIES)
async def test_each_family_tells_its_reach_moves_and_stops(
    device: Any, kind: Any, start: str, stop: str, moves: frozenset[PtzMove], presets: tuple[tuple[int, str], ...]
) -> None:
    async with yard(device(), kind) as at:
        assert await at.desk.reach(YARD) == Reach(
            moves=moves, presets=tuple(Preset(number=number, name=name) for number, name in presets)
        )
        await at.desk.move(YARD, PtzMove.LEFT, 0.5, "one")
        assert len(at.moves) == 1
        await at.desk.move(YARD, PtzMove.LEFT, 0.5, "one")
        await at.desk.stop(YARD, "one")
        assert [said.split()[0] for said in at.moves] == [start.split(maxsplit=1)[0], stop.split(maxsplit=1)[0]]
        assert at.moves[0].startswith(start)
        await at.desk.goto_preset(YARD, 1)
        assert len(at.moves) == 3


async def test_a_camera_that_stands_still_has_no_reach() -> None:
    async with yard(dahua.camera(can_move=False), DahuaCamera) as at:
        assert await at.desk.reach(YARD) == Reach()
    async with yard(foscam_hd.camera(can_move=False), FoscamHdCamera) as at:
        assert await at.desk.reach(YARD) == Reach()


async def test_a_move_nobody_holds_any_more_is_stopped() -> None:
    async with yard(dahua.camera(), DahuaCamera, hold_s=0.05) as at:
        await at.desk.move(YARD, PtzMove.UP, 1.0, "page that was killed")
        await at.until(lambda moves: len(moves) == 2)
        assert [move.split()[:2] for move in at.moves] == [["start", "Up"], ["stop", "Up"]]


async def test_who_asks_may_go_away_in_the_middle() -> None:
    async with yard(dahua.camera(), DahuaCamera, hold_s=0.2) as at:
        asking = asyncio.create_task(at.desk.move(YARD, PtzMove.UP, 1.0, "x"))
        await asyncio.sleep(0)
        asking.cancel()
        await at.until(lambda moves: len(moves) == 2)
        assert at.moves[-1].startswith("stop")


async def test_another_move_ends_the_first_and_what_was_let_go_cannot_come_back() -> None:
    async with yard(dahua.camera(), DahuaCamera) as at:
        await at.desk.move(YARD, PtzMove.UP, 1.0, "one")
        await at.desk.move(YARD, PtzMove.LEFT, 1.0, "two")
        await at.desk.stop(YARD, "one")  # let go late: "two" goes on
        assert [move.split()[:2] for move in at.moves] == [["start", "Up"], ["stop", "Up"], ["start", "Left"]]
        await at.desk.stop(YARD, "two")
        await at.desk.move(YARD, PtzMove.LEFT, 1.0, "two")  # overtaken on its way by the stop
        assert at.moves[-1].startswith("stop Left")
        assert len(at.moves) == 4


async def test_a_stop_that_does_not_get_through_is_tried_again() -> None:
    async with yard(dahua.camera(), DahuaCamera) as at:
        await at.desk.move(YARD, PtzMove.UP, 1.0, "one")
        at.doors.errors = [Unreachable("the network is down"), Unreachable("still")]
        await at.desk.stop(YARD, "one")
        assert at.moves[-1].startswith("stop")
        assert not at.doors.errors


async def test_a_move_whose_answer_was_lost_is_told_and_stopped() -> None:
    async with yard(dahua.camera(), DahuaCamera) as at:
        at.doors.errors = [Unreachable("no answer for 10 s")]
        with pytest.raises(Unreachable):
            await at.desk.move(YARD, PtzMove.UP, 1.0, "one")
        await at.until(lambda moves: len(moves) == 1)
        assert at.moves[-1].startswith("stop")


async def test_a_camera_that_refuses_us_is_not_asked_over_and_over() -> None:
    async with yard(dahua.camera(), DahuaCamera) as at:
        at.doors.errors = [Refused("wrong password"), Refused("wrong password"), Refused("locked")]
        with pytest.raises(Refused):
            await at.desk.move(YARD, PtzMove.UP, 1.0, "one")
        await at.desk.stop(YARD, "one")
        assert len(at.doors.errors) == 1


async def test_the_end_of_the_house_stops_what_moves() -> None:
    async with yard(dahua.camera(), DahuaCamera) as at:
        await at.desk.move(YARD, PtzMove.UP, 1.0, "one")
        await at.desk.close()
        assert at.moves[-1].startswith("stop")


async def test_what_a_killed_house_left_moving_is_stopped_by_the_next() -> None:
    async with yard(dahua.camera(), DahuaCamera) as at:
        await at.desk.move(YARD, PtzMove.UP, 1.0, "one")
        named = at.file.read_text()
        await at.desk.stop(YARD, "one")
        assert (named, at.file.read_text()) == ("yard", "")
    async with yard(dahua.camera(), DahuaCamera, left=named) as at:
        at.doors.errors = [Unreachable("the camera is slow to answer")]
        at.desk.take_up()
        await at.until(lambda moves: len(moves) == 1)
        assert at.moves[-1].startswith("stop")
        await at.desk.move(YARD, PtzMove.UP, 1.0, "two")
        assert at.moves[-1].startswith("start Up")


async def test_what_cannot_be_done_says_so() -> None:
    async with yard(foscam_mjpeg.camera(), FoscamMjpegCamera) as at:
        with pytest.raises(Unsupported, match="no zoom"):
            await at.desk.move(YARD, PtzMove.ZOOM_IN, 1.0, "one")
        with pytest.raises(Unsupported, match="presets are"):
            await at.desk.goto_preset(YARD, 99)
