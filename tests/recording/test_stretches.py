"""What a timeline is told of footage: stretches, holes and quarters, against generated indexes."""

from __future__ import annotations

import random
import sqlite3
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.recording.conftest import empty_index

from hearthwatch.feeds.packet import GapReason, Stream
from hearthwatch.kit.units import CameraId, WallUs, from_datetime
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.stretches import EXACT_US, QUARTER_US, Kept, View, _Islands, cell_of, kept

S = 1_000_000
MINUTE = 60 * S
HOUR = 60 * MINUTE
DAY = 24 * HOUR
HALL, YARD = CameraId("hall"), CameraId("yard")
T0 = 1_790_000_000 * S // QUARTER_US * QUARTER_US
"""A quarter of an hour begins."""


class Index:
    """An index written by hand, as the recorder's tables allow it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "index.db"
        self.path.write_bytes(empty_index())
        self.sql = sqlite3.connect(self.path)
        self.sql.execute("INSERT INTO stores (id, uuid, first_seen_us, in_use) VALUES (1, 'a', 0, 1), (2, 'b', 0, 0)")
        self.sql.commit()
        self.reader = IndexReader(self.path)
        self._number = 0

    def file(
        self, start_us: int, length_us: int, *, camera: str = HALL, state: str = "complete", footage_class: str = "continuous",
        origin: str = "live", pinned: bool = False, store: int = 1,
    ) -> int:  # fmt: skip
        self._number += 1
        self.sql.execute(
            "INSERT INTO segments (store, run, camera, stream, sequence, start_us, duration_us, size_bytes, frames, keyframes,"
            " sha256, state, footage_class, pinned, origin) VALUES (?, 'r', ?, 'main', ?, ?, ?, 1, 1, 1, x'', ?, ?, ?, ?)",
            (store, camera, self._number, start_us, length_us, state, footage_class, pinned, origin),
        )
        self.sql.commit()
        return self._number

    def files(self, start_us: int, end_us: int, *, step_us: int = MINUTE, **more: object) -> None:
        for at in range(start_us, end_us, step_us):
            self.file(at, min(step_us, end_us - at), **more)

    def gap(self, start_us: int, end_us: int | None, reason: GapReason, camera: str = HALL) -> None:
        self.sql.execute(
            "INSERT INTO gaps (camera, stream, start_us, end_us, reason, detail) VALUES (?, 'main', ?, ?, ?, 'why')",
            (camera, start_us, end_us, reason.value),
        )
        self.sql.commit()

    def kept(self, start_us: int, end_us: int, *, cells: int = 720, now_us: int | None = None, camera: CameraId = HALL) -> Kept:
        start, end = WallUs(start_us), WallUs(end_us)
        now = WallUs(end_us if now_us is None else now_us)
        view = View(stream=Stream.MAIN, start_us=start, end_us=end, cell_us=cell_of(start, end, cells), now_us=now)
        found = kept(self.reader, [HALL, YARD], view)
        return found[camera]

    def quarters(self) -> dict[tuple[int, str, int], tuple[int, int, int, int]]:
        rows = self.sql.execute("SELECT store, camera, quarter, kept_us, motion_us, card_us, pinned_us FROM quarters")
        return {row[:3]: row[3:] for row in rows}

    def recounted(self) -> dict[tuple[int, str, int], tuple[int, int, int, int]]:
        found: dict[tuple[int, str, int], list[int]] = {}
        rows = self.sql.execute(
            "SELECT store, camera, start_us, duration_us, footage_class IN ('motion', 'event'), origin = 'card', pinned"
            " FROM segments WHERE duration_us > 0 AND state IN ('complete', 'suspect')"
        )
        for store, camera, start_us, length_us, motion, card, pinned in rows:
            for quarter in range(start_us // QUARTER_US, (start_us + length_us - 1) // QUARTER_US + 1):
                part = min(start_us + length_us, (quarter + 1) * QUARTER_US) - max(start_us, quarter * QUARTER_US)
                sums = found.setdefault((store, camera, quarter), [0, 0, 0, 0])
                for at, counts in enumerate((1, motion, card, pinned)):
                    sums[at] += part * counts
        return {key: tuple(sums) for key, sums in found.items()}


@pytest.fixture
def index(tmp_path: Path):
    made = Index(tmp_path)
    yield made
    made.reader.close()
    made.sql.close()


def pairs(stretches) -> list[tuple[int, int]]:
    return [((one.start_us - T0) // S, (one.end_us - T0) // S) for one in stretches]


def test_files_that_follow_one_another_are_one_stretch_and_a_hole_parts_them(index: Index) -> None:
    index.files(T0, T0 + 10 * MINUTE)
    index.files(T0 + 12 * MINUTE, T0 + 20 * MINUTE)
    index.file(T0, 60 * MINUTE, camera=YARD)
    found = index.kept(T0 - HOUR, T0 + HOUR)
    assert pairs(found.footage) == [(0, 600), (720, 1200)]
    assert pairs(index.kept(T0 - HOUR, T0 + HOUR, camera=YARD).footage) == [(0, 3600)]


def test_what_began_before_the_range_reaches_into_it_and_is_cut_at_both_ends(index: Index) -> None:
    index.file(T0 - 5 * MINUTE, 10 * MINUTE)
    index.files(T0 + 5 * MINUTE, T0 + 70 * MINUTE)
    assert pairs(index.kept(T0, T0 + HOUR).footage) == [(0, 3600)]
    upload = T0 + 10 * HOUR
    index.file(upload - 3 * HOUR, 4 * HOUR, origin="upload")
    index.file(upload - HOUR, MINUTE)
    assert index.kept(upload, upload + 2 * HOUR).footage[0].end_us == upload + HOUR


def test_a_file_that_is_written_reaches_until_now(index: Index) -> None:
    index.files(T0, T0 + 5 * MINUTE)
    index.file(T0 + 5 * MINUTE, 0, state="recording")
    found = index.kept(T0, T0 + HOUR, now_us=T0 + 5 * MINUTE + 20 * S)
    assert pairs(found.footage) == [(0, 320)]


def test_other_disks_and_garbage_are_not_footage(index: Index) -> None:
    index.file(T0, MINUTE, store=2)
    index.file(T0 + MINUTE, MINUTE, state="garbage")
    assert index.kept(T0, T0 + HOUR).footage == ()
    assert index.kept(T0 - 5 * DAY, T0 + 5 * DAY).footage == ()


def test_motion_the_card_and_pins_are_lanes_of_their_own(index: Index) -> None:
    index.files(T0, T0 + 10 * MINUTE)
    index.files(T0 + 10 * MINUTE, T0 + 12 * MINUTE, footage_class="motion")
    index.files(T0 + 12 * MINUTE, T0 + 14 * MINUTE, footage_class="event", pinned=True)
    index.files(T0 + 14 * MINUTE, T0 + 20 * MINUTE, origin="card")
    found = index.kept(T0, T0 + HOUR)
    assert pairs(found.footage) == [(0, 1200)]
    assert pairs(found.motion) == [(600, 840)]
    assert pairs(found.pinned) == [(720, 840)]
    assert pairs(found.card) == [(840, 1200)]
    far = index.kept(T0 - 2 * DAY, T0 + DAY)
    assert [len(lane) for lane in (far.motion, far.card, far.pinned)] == [1, 1, 1]


@pytest.mark.parametrize("reason", list(GapReason))
def test_each_cause_of_a_gap_is_told(index: Index, reason: GapReason) -> None:
    index.gap(T0, T0 + 10 * MINUTE, reason)
    (gap,) = index.kept(T0 - HOUR, T0 + HOUR).gaps
    assert (gap.reason, gap.end_us, gap.count, gap.detail) == (reason, T0 + 10 * MINUTE, 1, "why")


def test_short_gaps_of_one_cause_are_told_as_one_from_afar_and_one_that_lasts_has_no_end(index: Index) -> None:
    for number in range(20):
        index.gap(T0 + number * 10 * S, T0 + number * 10 * S + S, GapReason.NETWORK)
    index.gap(T0 + 50 * S, T0 + 51 * S, GapReason.DISK)
    index.gap(T0 + 30 * MINUTE, None, GapReason.CAMERA)
    near = index.kept(T0, T0 + 10 * MINUTE, cells=600).gaps
    assert sum(gap.count for gap in near) == 21
    assert len(near) > 10
    far = index.kept(T0 - 10 * DAY, T0 + 10 * DAY, now_us=T0 + HOUR).gaps
    assert [(gap.reason, gap.count, gap.end_us is None) for gap in far if gap.reason is not GapReason.DISK] == [
        (GapReason.NETWORK, 20, False), (GapReason.CAMERA, 1, True),
    ]  # fmt: skip


def test_from_afar_footage_is_told_in_cells_with_how_much_of_each_is_covered(index: Index) -> None:
    index.files(T0, T0 + 4 * HOUR, step_us=5 * MINUTE)
    index.files(T0 + 4 * HOUR, T0 + 4 * HOUR + 8 * MINUTE)
    found = index.kept(T0 - 2 * DAY, T0 + 2 * DAY, cells=400)
    assert [((one.start_us - T0) // MINUTE, (one.end_us - T0) // MINUTE, one.frac) for one in found.footage] == [
        (0, 240, 1.0), (240, 255, 0.5),
    ]  # fmt: skip
    month = index.kept(T0 - 29 * DAY, T0 + DAY, cells=360)
    assert month.footage[0].frac in (0.25, 0.5, 0.75, 1.0)
    assert cell_of(WallUs(0), WallUs(30 * DAY), 360) == 2 * HOUR


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", (2026, 3, 29), 23),
        ("Europe/Berlin", (2026, 10, 25), 25),
        ("Australia/Lord_Howe", (2026, 4, 5), 24.5),
        ("Asia/Kolkata", (2026, 6, 1), 24),
    ],
)
@pytest.mark.parametrize("span_days", [1, 8])
@pytest.mark.long
def test_a_local_day_is_whole_also_where_the_clock_changes(
    index: Index, zone: str, day: tuple[int, int, int], hours: float, span_days: int
) -> None:
    local = datetime(*day, tzinfo=ZoneInfo(zone))
    start_us, end_us = from_datetime(local), from_datetime(local + timedelta(days=1))
    assert (end_us - start_us) / HOUR == hours
    index.files(start_us - HOUR, end_us + HOUR, step_us=5 * MINUTE)
    index.gap(start_us + 2 * HOUR, start_us + 3 * HOUR, GapReason.STOPPED)
    until = from_datetime(local + timedelta(days=span_days))
    found = index.kept(start_us, until, now_us=until)
    covered = sum(min(one.end_us, end_us) - one.start_us for one in found.footage if one.start_us < end_us)
    assert covered == end_us - start_us
    assert found.footage[0].start_us == start_us
    assert [gap.end_us - gap.start_us for gap in found.gaps] == [HOUR]


def test_quarters_stay_right_whatever_becomes_of_files(index: Index) -> None:
    rng = random.Random(5)
    known: list[int] = []
    for _ in range(600):
        deed = rng.random()
        if deed < 0.5 or not known:
            at = T0 + rng.randrange(2 * HOUR // S) * S
            known.append(
                index.file(
                    at, rng.choice((0, S, MINUTE, 17 * MINUTE, 3 * HOUR)), camera=rng.choice((HALL, YARD)),
                    state=rng.choice(("recording", "complete", "suspect")), origin=rng.choice(("live", "card")),
                )
            )  # fmt: skip
            continue
        number = rng.choice(known)
        if deed < 0.65:
            index.sql.execute("DELETE FROM segments WHERE sequence = ?", (number,))
            known.remove(number)
        elif deed < 0.8:
            index.sql.execute(
                "UPDATE segments SET state = ?, duration_us = ? WHERE sequence = ?",
                (rng.choice(("complete", "suspect", "garbage")), rng.randrange(1, HOUR), number),
            )
        else:
            index.sql.execute(
                "UPDATE segments SET footage_class = ?, pinned = ?, store = ? WHERE sequence = ?",
                (rng.choice(("continuous", "motion", "event", "brief")), rng.random() < 0.5, rng.choice((1, 2)), number),
            )
    index.sql.commit()
    assert index.quarters() == index.recounted()
    index.sql.execute("DELETE FROM segments")
    assert index.quarters() == {}


@pytest.mark.parametrize("seed", range(6))
def test_what_is_looked_at_exactly_is_what_each_file_says(index: Index, seed: int) -> None:
    rng = random.Random(seed)
    at, files = T0, []
    while at < T0 + 12 * HOUR:
        length_us = rng.choice((5, 20, 60, 400, 4000)) * S
        files.append((at, at + length_us, rng.random() < 0.3, rng.random() < 0.05))
        at += length_us + rng.choice((0, 0, 0, 0, 1, 2, 3, 90, 900)) * S
    files += [(begin + 3 * S, until + 30 * S, False, False) for begin, until, *_ in rng.sample(files, 5)]  # a clock set back
    for begin, until, motion, pinned in files:
        index.file(begin, until - begin, footage_class="motion" if motion else "continuous", pinned=pinned)

    def joined(some: list[tuple[int, int]], seam_us: int) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        for begin, until in sorted(some):
            if found and begin <= found[-1][1] + seam_us:
                found[-1] = (found[-1][0], max(found[-1][1], until))
            else:
                found.append((begin, until))
        return [
            ((max(begin, T0 + HOUR) - T0) // S, (min(until, T0 + 11 * HOUR) - T0) // S)
            for begin, until in found
            if min(until, T0 + 11 * HOUR) > max(begin, T0 + HOUR)
        ]

    told = index.kept(T0 + HOUR, T0 + 11 * HOUR)
    cell_us = cell_of(WallUs(T0 + HOUR), WallUs(T0 + 11 * HOUR), 720)
    assert pairs(told.footage) == joined([(begin, until) for begin, until, *_ in files], 2 * S)
    inside = [one for one in files if one[1] > T0 + HOUR and one[0] < T0 + 11 * HOUR]
    assert pairs(told.motion) == joined([(begin, until) for begin, until, motion, _ in inside if motion], cell_us)
    assert pairs(told.pinned) == joined([(begin, until) for begin, until, _, pinned in inside if pinned], cell_us)


def test_an_index_of_an_earlier_release_is_counted_when_it_is_brought_up_to_date(index: Index) -> None:
    index.files(T0, T0 + HOUR, step_us=7 * MINUTE, footage_class="motion")
    index.file(T0, 20 * HOUR, camera=YARD, origin="card")
    before = index.quarters()
    index.sql.executescript(
        "DROP TRIGGER segments_noted; DROP TRIGGER segments_gone; DROP TRIGGER segments_changed;"
        "DROP TABLE quarters; DROP TABLE quarter_steps; DROP INDEX segments_by_clock;"
        "ALTER TABLE segments DROP COLUMN clock_boot; ALTER TABLE segments DROP COLUMN clock_us;"
        "ALTER TABLE segments DROP COLUMN stated_us; ALTER TABLE gaps DROP COLUMN clock_boot; ALTER TABLE gaps DROP COLUMN clock_us;"
        "UPDATE alembic_version SET version_num = '0003';"
    )
    from hearthwatch.recording.index_writer import IndexWriter

    IndexWriter(index.path).close()
    assert index.quarters() == before == index.recounted()


def test_a_day_of_many_files_is_exact_up_to_the_limit() -> None:
    assert EXACT_US == 36 * HOUR
    assert cell_of(WallUs(0), WallUs(EXACT_US), 720) == EXACT_US // 720
    assert cell_of(WallUs(0), WallUs(EXACT_US + 1), 720) % QUARTER_US == 0


@given(
    st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 900)), max_size=40),
    st.integers(0, 60),
    st.integers(-500, 3000),
    st.integers(1, 4000),
)
def test_stretches_are_in_order_apart_and_cover_each_file(
    files: list[tuple[int, int]], seam: int, start: int, length: int
) -> None:
    islands = _Islands(seam)
    for first, long in sorted(files):
        islands.add(first, first + long)
    found = islands.within(WallUs(start), WallUs(start + length))
    assert all(start <= one.start_us < one.end_us <= start + length for one in found)
    assert all(one.end_us + seam < after.start_us for one, after in pairwise(found))
    for first, long in files:
        lower, upper = max(first, start), min(first + long, start + length)
        assert lower >= upper or any(one.start_us <= lower and upper <= one.end_us for one in found)
