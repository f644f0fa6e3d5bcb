"""What is elsewhere, as the house finds it: the index of footage, the queue of copies and the targets' rules together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, update
from tests.offsite.test_elsewhere import CAMERA, T, piece
from tests.recording.test_sweep import segment

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.offsite import ledger
from hearthwatch.offsite.ledger import Wanted
from hearthwatch.offsite.schema import metadata, uploads
from hearthwatch.offsite.upload import OffsiteOptions, Piece, Priority, TargetId, TargetKind, TargetOptions, UploadState
from hearthwatch.recording.segment import Segment, SegmentState
from hearthwatch.run.config import Config
from hearthwatch.run.offsite_elsewhere import ElsewhereDesk, HouseFiles

START, END = WallUs(T * US_PER_S), WallUs((T + 3600) * US_PER_S)
NAME = "continuous/2026-11-18/120000-0123456789abcdef.age"
DAY_S = 86_400


class Bench:
    """A house with one target, whose copies and files are what a test says."""

    def __init__(self) -> None:
        self.engine: Engine = create_engine("sqlite://")
        metadata.create_all(self.engine)
        self.clock = FakeClock(wall_us=END)
        self.here: list[Segment] = []
        self.asked = 0
        event.listen(self.engine, "before_cursor_execute", self._count)
        self.targets = {"cloud": TargetOptions(kind=TargetKind.S3, bucket="b", keep_continuous_days=14)}

    def _count(self, *_args: object) -> None:
        self.asked += 1

    @property
    def desk(self) -> ElsewhereDesk:
        offsite = OffsiteOptions(targets={TargetId(name): one for name, one in self.targets.items()})
        config = Config(cameras={}, actions={}, offsite=offsite)
        files = HouseFiles(data=Path("/srv/house"), config=Path("/etc/hearthwatch.toml"))
        return ElsewhereDesk(self.engine, lambda *_range: self.here, lambda: config, self.clock, files)

    def hold(self, *pieces: Piece, target: str = "cloud", name: str = NAME) -> None:
        wanted = [Wanted(target=TargetId(target), piece=one, priority=Priority.CONTINUOUS) for one in pieces]
        with self.engine.begin() as connection:
            ledger.want(connection, wanted, WallUs(0))
            connection.execute(update(uploads).where(uploads.c.name == "").values(state=UploadState.PROVED, name=name))

    def keep(self, start_s: int, end_s: int, state: SegmentState = SegmentState.COMPLETE) -> None:
        duration_us = (end_s - start_s) * US_PER_S
        start_us = WallUs((T + start_s) * US_PER_S)
        self.here.append(segment(len(self.here), camera=CAMERA, start_us=start_us, duration_us=duration_us, state=state))

    def shown(self) -> list[tuple[int, int]]:
        found = self.desk.spans(CAMERA, Stream.MAIN, START, END)
        return [(one.start_us // US_PER_S - T, one.end_us // US_PER_S - T) for one in found]


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.engine.dispose()


def test_what_is_proved_and_not_here_is_elsewhere(bench: Bench) -> None:
    bench.hold(*(piece(start, start + 60) for start in range(0, 600, 60)))
    bench.keep(300, 360)
    bench.keep(540, 540, SegmentState.RECORDING)
    assert bench.shown() == [(0, 300), (360, 540)]


def test_a_day_that_is_whole_here_is_not_looked_up(bench: Bench) -> None:
    bench.hold(piece(0, 60))
    bench.keep(0, 1800)
    bench.keep(1801, 3600)
    bench.asked = 0
    assert bench.shown() == []
    assert bench.asked == 0


def test_a_piece_that_reaches_over_what_is_here_is_there_on_both_sides(bench: Bench) -> None:
    bench.hold(piece(0, 600))
    bench.keep(200, 300)
    assert bench.shown() == [(0, 200), (300, 600)]
    for number in range(150):
        bench.keep(1000 + number * 10, 1005 + number * 10)
    assert bench.shown() == [(0, 200), (300, 600)]


def test_what_the_targets_rules_have_taken_is_not_shown_unless_it_is_kept(bench: Bench) -> None:
    bench.hold(piece(0, 60), replace(piece(60, 120), pinned=True))
    bench.clock = FakeClock(wall_us=WallUs(END + 14 * DAY_S * US_PER_S))
    assert bench.shown() == [(60, 120)]


def test_a_target_that_is_not_configured_any_more_shows_nothing(bench: Bench) -> None:
    bench.hold(piece(0, 60), target="sold")
    assert bench.shown() == []
    bench.targets["sold"] = TargetOptions(kind=TargetKind.FOLDER, path="/mnt/x", enabled=False)
    assert bench.shown() == [(0, 60)]


def test_the_way_back_names_this_house_and_warns_of_a_key_that_only_puts(bench: Bench) -> None:
    bench.hold(piece(0, 60), piece(60, 120))
    (way,) = bench.desk.whereabouts(CAMERA, Stream.MAIN, WallUs(START + 30 * US_PER_S), END).ways
    assert way.command.startswith("hearthwatch offsite restore cloud --identity identity.txt --camera front --from ")
    assert way.command.endswith("-o restored --data /srv/house --config /etc/hearthwatch.toml")
    assert ((way.start_us - START) // US_PER_S, (way.end_us - START) // US_PER_S) == (30, 120)
    assert (way.needs_reader, way.files) == (True, ())
    bench.targets["cloud"] = replace(bench.targets["cloud"], read_access_key="reads")
    (way,) = bench.desk.whereabouts(CAMERA, Stream.MAIN, START, END).ways
    assert not way.needs_reader


def test_where_nothing_is_sealed_the_files_are_named(bench: Bench) -> None:
    bench.targets = {"pc": TargetOptions(kind=TargetKind.FOLDER, path="/mnt/x", sealed=False, on_lan=True)}
    for number in range(3):
        name = f"front/2026-11-18/12-0{number}.mp4"
        bench.hold(piece(number * 60, number * 60 + 60), target="pc", name=name)
    (way,) = bench.desk.whereabouts(CAMERA, Stream.MAIN, WallUs(START + 70 * US_PER_S), END).ways
    assert way.files == ("front/2026-11-18/12-01.mp4", "front/2026-11-18/12-02.mp4")
    assert "--identity" not in way.command
