"""Pulling a camera's own log: every line once, for a while, and not from a door that does not open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.run.quiet_db import QuietDb

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import Unreachable, Unsupported
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.logins import ledger
from hearthwatch.logins.login import KeptLine, LogsOptions
from hearthwatch.logins.system_log import SystemLogs
from hearthwatch.vendors.device import Access, LocalUs, LogLine

FRONT = CameraId("front")


@dataclass
class Camera:
    """A client with a log, and its keeper."""

    clock: FakeClock
    lines: list[LogLine] = field(default_factory=list)
    asked: int = 0
    error: Exception | None = None

    cameras = (FRONT,)

    def access(self, camera: CameraId) -> Access:
        raise AssertionError

    async def client(self, camera: CameraId):
        return self

    def write(self, text: str, code: str = "Other") -> None:
        now_us = self.clock.wall_us()
        line = LogLine(code=code, user="", local_us=LocalUs(now_us), at_us=now_us, text=text, raw=f"{now_us} {text}")
        self.lines.append(line)

    async def log(self, since_us: WallUs) -> tuple[LogLine, ...]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return tuple(line for line in self.lines if (line.at_us or 0) >= since_us)


@dataclass
class Watch:
    well: bool = True
    missed: list[bool] = field(default_factory=list)

    def is_well(self, camera: CameraId) -> bool:
        return self.well

    async def miss(self, camera: CameraId, before_us: WallUs, held: set[bytes], *, is_restart: bool) -> None:
        self.missed.append(is_restart)


@asynccontextmanager
async def logs(folder: Path, camera: Camera, watch: Watch, **options) -> AsyncIterator[tuple[SystemLogs, QuietDb]]:
    db = QuietDb(folder)
    found = SystemLogs(camera, watch, db=db, clock=camera.clock)
    found.renew({FRONT: LogsOptions(**options)})
    try:
        yield found, db
    finally:
        db.close()


async def kept(db: QuietDb, **more) -> list[KeptLine]:
    return list(await db.run(lambda connection: ledger.lines(connection, **more)))


async def test_every_line_is_kept_once_over_looks_and_restarts(tmp_path: Path) -> None:
    camera, watch = Camera(FakeClock()), Watch()
    for number in range(3):
        camera.write(f"line {number}")
        camera.write(f"line {number}")
        async with logs(tmp_path, camera, watch) as (found, db):
            for _ in range(3):
                await found.round()
                camera.clock.advance(301)
            texts = [line.text for line in reversed(await kept(db))]
    assert texts == [f"line {number // 2}" for number in range(6)]
    assert watch.missed == []


async def test_it_is_asked_when_it_is_time_and_only_where_the_door_opens(tmp_path: Path) -> None:
    camera, watch = Camera(FakeClock()), Watch(well=False)
    async with logs(tmp_path, camera, watch, poll_s=300.0) as (found, _db):
        await found.round()
        assert camera.asked == 0, "a door that refuses us is tried in one place only"
        watch.well = True
        for _ in range(10):
            await found.round()
            camera.clock.advance(60)
        assert camera.asked == 2


async def test_off_is_off_and_what_a_model_lacks_is_not_asked_for_again(tmp_path: Path) -> None:
    camera = Camera(FakeClock())
    async with logs(tmp_path, camera, Watch(), poll_s=0.0) as (found, _db):
        await found.round()
        assert camera.asked == 0
        found.renew({FRONT: LogsOptions()})
        camera.error = Unsupported("no log")
        for _ in range(3):
            await found.round()
            camera.clock.advance(1000)
        assert camera.asked == 1


async def test_a_failure_is_tried_again(tmp_path: Path) -> None:
    camera = Camera(FakeClock(), error=Unreachable("away"))
    async with logs(tmp_path, camera, Watch()) as (found, db):
        await found.round()
        camera.error = None
        camera.write("a")
        camera.clock.advance(301)
        await found.round()
        assert [line.text for line in await kept(db)] == ["a"]


async def test_old_lines_go(tmp_path: Path) -> None:
    camera = Camera(FakeClock())
    camera.write("old")
    async with logs(tmp_path, camera, Watch(), keep_days=1.0) as (found, db):
        await found.round()
        camera.clock.advance(2 * 86_400)
        camera.write("new")
        await found.round()
        assert [line.text for line in await kept(db)] == ["new"]


async def test_a_log_that_was_emptied_is_told_to_the_watch(tmp_path: Path) -> None:
    camera, watch = Camera(FakeClock()), Watch()
    camera.write("a")
    async with logs(tmp_path, camera, watch) as (found, _db):
        await found.round()
        camera.lines.clear()
        camera.clock.advance(301)
        camera.write("b")
        await found.round()
        camera.lines.clear()
        camera.clock.advance(301)
        camera.write("Reboot", "Reboot")
        await found.round()
    assert watch.missed == [False, True]
    async with logs(tmp_path, camera, watch) as (found, _db):
        camera.lines.clear()
        camera.write("c")
        await found.round()
    assert watch.missed == [False, True], "what happened while the house was down is judged by the watch itself"


async def test_searching(tmp_path: Path) -> None:
    camera = Camera(FakeClock())
    async with logs(tmp_path, camera, Watch()) as (found, db):
        for text in ("Storage 100% full", "storage_ok", "Reboot"):
            camera.write(text)
            camera.clock.advance(1)
        await found.round()
        assert [line.text for line in await kept(db, search="STORAGE")] == ["storage_ok", "Storage 100% full"]
        assert [line.text for line in await kept(db, search="100%")] == ["Storage 100% full"]
        assert await kept(db, search="e_k") == []
        newest = (await kept(db, limit=1))[0]
        assert [line.text for line in await kept(db, before=newest.id, limit=1)] == ["storage_ok"]
        assert await kept(db, camera=CameraId("back")) == []
        assert len(await kept(db, since_us=WallUs(newest.at_us - US_PER_S))) == 2
