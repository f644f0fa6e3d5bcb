"""The notice that Hearthwatch runs: once a start, with a line for each camera, when they had time to connect."""

from __future__ import annotations

import asyncio
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from tests.alerts.house import Health
from tests.run.leaping_loop import after, leap
from tests.run.quiet_db import QuietDb
from tests.run.states import lost, pump, recorder

from hearthwatch.alerts import ledger
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.alerts.policy import Policy
from hearthwatch.arming.arming import Mode
from hearthwatch.events.ledger import EventFiles
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import WallUs
from hearthwatch.run.announce import Announcer
from hearthwatch.run.cameras_now import CamerasNow
from hearthwatch.run.config import parse
from hearthwatch.run.footage_now import FootageNow
from hearthwatch.run.house_doors import Footage

CONFIG = """
[camera.front]
name = "Front"
main = "rtsp://192.168.1.9/main"
[camera.yard]
main = "rtsp://192.168.1.10/main"
"""


class Start:
    def __init__(self, folder) -> None:
        self.db = QuietDb(folder)
        self.clock = FakeClock()
        footage = FootageNow(Footage(folder / "index.db", folder), self.clock)
        self.cameras = CamerasNow(parse(CONFIG), footage, self.clock, lambda: Mode.AWAY)
        self.outbox = Outbox(self.db, EventFiles(folder), self.clock, Health())
        ids = count(1)
        self.policy = Policy(home="Home", zone=ZoneInfo("UTC"), cameras={}, ids=lambda: f"N{next(ids)}")

    def announcer(self, started_us: int = 7) -> Announcer:
        return Announcer(self.cameras, self.outbox, self.clock, lambda: self.policy, WallUs(started_us))

    async def texts(self) -> list[str]:
        return [one.alert.text for one in await self.db.run(ledger.recent)]


@pytest.fixture
def start(tmp_path):
    start = Start(tmp_path)
    yield start
    start.db.close()


def test_when_all_are_connected_it_is_told_at_once(start) -> None:
    async def work() -> list[str]:
        start.cameras.hear_recorder(recorder(front=pump(), yard=pump(width_px=640, height_px=360)))
        await after(1, start.announcer().run())
        return await start.texts()

    assert leap(work()) == ["Front: connected (1280x720 h264)\nyard: connected (640x360 h264)"]


def test_who_does_not_connect_is_waited_for_and_then_named_with_its_cause(start) -> None:
    async def work() -> tuple[list[str], list[str]]:
        start.cameras.hear_recorder(recorder(front=pump(), yard=lost(error="no answer from 192.168.1.10")))
        task = asyncio.create_task(after(60, start.announcer().run()))
        await asyncio.sleep(19)
        early = await start.texts()
        await task
        return early, await start.texts()

    early, told = leap(work())
    assert early == []
    assert told == ["Front: connected (1280x720 h264)\nyard: not connected (no answer from 192.168.1.10)"]


def test_a_house_that_was_restarted_alone_says_nothing(start) -> None:
    async def work() -> list[str]:
        start.cameras.hear_recorder(recorder(front=pump(), yard=pump()))
        await after(5, start.announcer().run())
        start.outbox = Outbox(start.db, start.outbox._files, start.clock, Health())
        await after(5, start.announcer().run())
        assert len(await start.texts()) == 1
        await after(5, start.announcer(started_us=8).run())
        return await start.texts()

    assert len(leap(work())) == 2
