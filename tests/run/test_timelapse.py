"""Timelapses: a film of yesterday from real footage by the real job; when it is made, and how long it stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, timedelta
from pathlib import Path

import av
import pytest
from tests.recording.conftest import FRONT, Bench
from tests.recording.packet_maker import START_US

from hearthwatch.kit.clock import FakeClock, Stop
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs, to_datetime
from hearthwatch.recording.segment import StorageOptions
from hearthwatch.run import timelapse as module
from hearthwatch.run.config import CameraOptions, Config, HomeOptions
from hearthwatch.run.house_doors import Footage
from hearthwatch.run.timelapse import Timelapses

DAY = to_datetime(WallUs(START_US), UTC).date()
DAY_US = 86_400 * US_PER_S


class Scene:
    def __init__(self, folder: Path) -> None:
        (folder / "footage").mkdir()
        self.bench = Bench(folder / "footage")
        self.bench.record(6)
        self.footage = Footage(self.bench.index_path, self.bench.folder)
        self.storage = StorageOptions(timelapse=True)
        self.clock = FakeClock(wall_us=(START_US // DAY_US + 1) * DAY_US + 3 * 3600 * US_PER_S)
        self.folder = folder / "timelapse"
        self.films = Timelapses(self.folder, self.footage, self.clock, self.config)

    def config(self) -> Config:
        return Config(
            home=HomeOptions(timezone="UTC"),
            storage=self.storage,
            cameras={FRONT: CameraOptions(), CameraId("yard"): CameraOptions()},
            actions={},
        )

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir()) if self.folder.exists() else []

    def put(self, camera: str, day: date) -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / f"{camera}-{day.isoformat()}.mp4").write_bytes(b"film")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.footage.index.close()
    made.bench.close()


def test_nothing_is_made_unless_it_is_wanted_and_before_two(scene: Scene) -> None:
    scene.storage = StorageOptions()
    scene.films.work(Stop())
    scene.storage = StorageOptions(timelapse=True)
    scene.clock.advance(-3600 - 60)
    scene.films.work(Stop())
    assert scene.names() == []


def test_films_go_when_they_are_too_old_and_nothing_else_does(scene: Scene) -> None:
    scene.storage = StorageOptions(timelapse_days=3)
    for days_ago in (3, 4, 5):
        scene.put("front", DAY + timedelta(days=1 - days_ago))
    (scene.folder / "holiday.mp4").write_bytes(b"not ours")
    (scene.folder / "front-2001-99-99.mp4").write_bytes(b"no day")
    scene.films.work(Stop())
    assert [each.day for each in scene.films.of(FRONT)] == [DAY + timedelta(days=-2)]
    assert {"holiday.mp4", "front-2001-99-99.mp4"} < set(scene.names())
    scene.storage = StorageOptions(timelapse_days=0)
    scene.put("front", date(2001, 1, 1))
    scene.films.work(Stop())
    assert len(scene.films.of(FRONT)) == 2


@pytest.mark.wired
def test_yesterday_becomes_a_film_of_a_picture_a_minute(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = range(START_US, START_US + 6 * US_PER_S, US_PER_S)  # of footage, which stand for as many minutes
    monkeypatch.setattr(module, "_LOOK_US", US_PER_S // 10)
    monkeypatch.setattr(module, "moments", lambda _start, _end: seconds)
    scene.films.work(Stop())
    (film,) = scene.films.of(FRONT)
    assert (film.day, film.size_bytes) == (DAY, film.path.stat().st_size)
    assert scene.names() == [f"front-{DAY.isoformat()}.mp4"], "yard has no footage, and nothing half made stays"
    with av.open(str(film.path)) as file:
        pictures = list(file.decode(video=0))
        assert 3 <= len(pictures) <= 7
        assert file.streams.video[0].codec_context.name == "h264"
        assert max(picture.width for picture in pictures) <= 960
    written = film.path.stat().st_mtime_ns
    scene.films.work(Stop())
    assert film.path.stat().st_mtime_ns == written


@pytest.mark.wired
def test_what_ends_half_way_leaves_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = Stop()
    steps = iter(range(START_US, START_US + 6 * US_PER_S, US_PER_S))

    def stopping(_start: int, _end: int) -> Iterator[int]:
        yield next(steps)
        stop.set()
        yield next(steps)

    monkeypatch.setattr(module, "moments", stopping)
    scene.films.work(stop)
    assert scene.names() == []


def test_a_nearly_full_disk_makes_none(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "free_bytes", lambda _folder: 1000)
    scene.films.work(Stop())
    assert scene.names() == []


def test_a_film_of_another_day_is_no_film_of_yesterday(scene: Scene) -> None:
    scene.put("front", DAY)
    scene.put("front", DAY - timedelta(days=1))
    found = scene.films.of(FRONT)
    assert [each.day for each in found] == [DAY, DAY - timedelta(days=1)]
    assert scene.films.of(CameraId("yard")) == []
