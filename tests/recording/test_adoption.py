"""Footage from elsewhere: it fills gaps, doubles nothing, survives a crash, and a camera's uploads keep to their quota."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.recording.conftest import FRONT, Bench
from tests.recording.packet_maker import START_US, Made, looped, make

from hearthwatch.feeds.packet import Gap, GapReason, Packet, Run, RunId, Stream
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.index import Asked
from hearthwatch.recording.label import footage_path
from hearthwatch.recording.retention import plan_quota
from hearthwatch.recording.segment import FootageClass, Limits, Origin, Quota, Segment, SegmentId, SegmentState, StorageOptions

S = 1_000_000


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    found = Bench(tmp_path)
    yield found
    found.close()


def adopt(
    bench: Bench,
    start_s: float,
    length_s: float,
    *,
    name: str = "far",
    camera: str = "front",
    origin: Origin = Origin.UPLOAD,
    end: bool = True,
    made: Made | None = None,
) -> int:
    """Bring in a clip that begins `start_s` after START_US; return the milliseconds kept."""
    made = made or make()
    start_us = WallUs(START_US + round(start_s * S))
    run = Run(id=RunId(f"{name}{start_us}"), camera=CameraId(camera), stream=Stream.MAIN, start_us=start_us)
    packets: list[Packet] = list(looped(made, length_s, camera=camera, start_us=start_us))
    for at in range(0, len(packets), 40):
        bench.disk.adopt(run, made.info, origin, packets[at : at + 40], is_last=False)
    return bench.disk.adopt(run, made.info, origin, (), is_last=end)


def times(bench: Bench, camera: str = "front") -> list[tuple[float, float, str]]:
    return [
        (round((one.start_us - START_US) / S, 1), round((one.end_us - START_US) / S, 1), one.origin.value)
        for one in bench.segments(camera)
    ]


def test_a_clip_of_a_time_without_footage_is_kept_whole(bench: Bench) -> None:
    assert adopt(bench, -100, 12) == pytest.approx(12_000, abs=150)
    found = bench.segments()
    assert [(one.state, one.origin) for one in found] == [(SegmentState.COMPLETE, Origin.UPLOAD)] * len(found)
    assert found[0].start_us == START_US - 100 * S
    assert found[-1].end_us == pytest.approx(START_US - 88 * S, abs=S // 5)
    assert all(one.end_us == other.start_us for one, other in pairwise(found))


def test_what_is_there_is_neither_doubled_nor_replaced(bench: Bench) -> None:
    bench.record(8)
    own = bench.segments()
    adopt(bench, -4, 20)
    assert [one for one in bench.segments() if one.origin is Origin.LIVE] == list(own)
    spans = sorted((one.start_us, one.end_us) for one in bench.segments())
    assert all(end_us <= start_us for (_, end_us), (start_us, _) in pairwise(spans))
    assert spans[0][0] == START_US - 4 * S
    assert spans[-1][1] == pytest.approx(START_US + 16 * S, abs=S // 5)
    before = times(bench)
    assert adopt(bench, -4, 20, name="again") == 0
    assert times(bench) == before


def test_a_piece_ends_where_our_own_goes_on_and_begins_at_a_key_frame(bench: Bench) -> None:
    bench.record(4)
    bench.record(4, start_us=START_US + 10 * S)
    adopt(bench, 1.5, 20, origin=Origin.CARD)
    card = [one for one in times(bench) if one[2] == "card"]
    assert card[0][0] >= 4.0
    assert card[0][0] < 5.1, "the first key frame in the gap"
    inner = [one for one in card if one[1] <= 10.0]
    assert inner[-1][1] == pytest.approx(10.0, abs=0.1)
    assert card[-1][1] == pytest.approx(21.5, abs=0.2)


def test_a_gap_shrinks_to_what_is_still_missing_and_one_that_lasts_lasts_on(bench: Bench) -> None:
    bench.record(4)
    adopt(bench, 10, 8)
    gaps = bench.reader.gaps(FRONT, Stream.MAIN, WallUs(0), WallUs(2**60))
    assert [(round((gap.start_us - START_US) / S), gap.end_us and round((gap.end_us - START_US) / S)) for gap in gaps] == [
        (4, 10),
        (18, None),
    ]
    assert {gap.reason for gap in gaps} == {GapReason.NETWORK}
    bench.record(4, start_us=START_US + 30 * S)
    last = bench.reader.gaps(FRONT, Stream.MAIN, WallUs(0), WallUs(2**60))[1]
    assert last.end_us == START_US + 30 * S


def test_recording_goes_on_while_a_clip_comes_in(bench: Bench) -> None:
    writer = bench.writer()
    made = make()
    bench.begin(writer, made)
    number = 0

    def beside(_packet: Packet) -> None:
        nonlocal number
        number += 1
        if number % 30 == 0:
            adopt(bench, -1000 + number, 3, name=f"n{number}")

    bench.feed(writer, looped(made, 12, start_us=START_US), beside)
    bench.end(writer)
    own = [one for one in bench.segments() if one.origin is Origin.LIVE]
    assert sum(one.duration_us for one in own) == pytest.approx(12 * S, abs=S // 5)
    assert len({one.sequence for one in bench.segments()}) == len(bench.segments())


def test_an_index_made_anew_knows_where_footage_came_from(bench: Bench) -> None:
    adopt(bench, -100, 6)
    before = times(bench)
    bench.crash()
    bench.index_path.unlink()
    bench.open()
    for _ in range(20):
        bench.clock.advance(10)
        bench.work()
    assert times(bench) == before


def test_what_a_crash_cut_off_is_whole_again_and_the_rest_comes_with_the_next_try(bench: Bench) -> None:
    adopt(bench, -100, 12, end=False)
    adoption = next(iter(bench.disk._adoptions._open.values()))
    assert adoption._file is not None
    bench.disk._adoptions._open.clear()
    adoption._file.abandon()
    bench.crash()
    bench.open()
    kept = times(bench)
    assert kept
    adopt(bench, -100, 12, name="again")
    spans = times(bench)
    assert all(one[1] <= other[0] + 0.1 for one, other in pairwise(spans))
    assert spans[-1][1] == pytest.approx(-88, abs=0.2)


def test_what_an_event_asked_for_holds_for_what_comes_later(bench: Bench) -> None:
    asked = Asked(
        camera=FRONT,
        start_us=WallUs(START_US - 100 * S),
        end_us=WallUs(START_US - 90 * S),
        footage_class=FootageClass.EVENT,
        pinned=False,
    )
    bench.disk.mark(asked)
    adopt(bench, -100, 6)
    assert {one.footage_class for one in bench.segments()} == {FootageClass.EVENT}


def sizes(bench: Bench, camera: str) -> int:
    return sum(one.size_bytes for one in bench.segments(camera))


def test_uploads_keep_to_their_quota_oldest_first_and_touch_nobody_else(bench: Bench) -> None:
    adopt(bench, -5000, 8, camera="yard")
    bench.record(8)
    yard, own = times(bench, "yard"), times(bench)
    one = sizes(bench, "yard")
    bench.disk.set_limits(Limits(uploads={FRONT: Quota(size_bytes=3 * one), CameraId("yard"): Quota(size_bytes=3 * one)}))
    for number in range(10):
        adopt(bench, -4000 + 100 * number, 8)
    assert times(bench, "yard") == yard
    assert [span for span in times(bench) if span[2] == "live"] == own
    uploaded = [span for span in times(bench) if span[2] == "upload"]
    assert uploaded[0][0] >= -3400, "the oldest went"
    assert sum(each.size_bytes for each in bench.segments() if each.origin is Origin.UPLOAD) <= 3 * one


def test_a_flood_of_uploads_costs_no_other_footage_its_place(bench: Bench) -> None:
    """Both limits: the most that footage may take, and the space that is left free."""
    bench.record(20)
    own = times(bench)
    used_gib = sizes(bench, "front") / 2**30
    bench.disk.set_options(StorageOptions(segment_s=4, free_gib=0, max_gib=used_gib * 1.01))
    bench.disk.set_limits(Limits(uploads={CameraId("yard"): Quota(size_bytes=1 << 30)}))
    for number in range(8):
        adopt(bench, -4000 + 100 * number, 20, camera="yard")
        bench.clock.advance(11)
        bench.work()
    assert times(bench) == own
    assert len(times(bench, "yard")) >= 8


def test_the_quota_holds_its_place_on_the_disk_before_it_is_used(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is a made-up one of exactly 1 GB, which nobody else writes to."""

    def disk(folder: Path) -> SimpleNamespace:
        used = sum(path.stat().st_size for path in Path(folder).rglob("*.mp4"))
        return SimpleNamespace(f_bavail=10**9 - used, f_frsize=1, f_blocks=10**9)

    seen: list[int] = []
    monkeypatch.setattr("hearthwatch.recording.sweep.os.statvfs", disk)
    monkeypatch.setattr("hearthwatch.recording.sweep.excess_bytes", lambda _options, **named: seen.append(named["free"]) or 0)
    bench.disk.set_limits(Limits(uploads={FRONT: Quota(size_bytes=50 << 20)}))
    for _ in range(2):
        bench.clock.advance(11)
        bench.work()
        adopt(bench, -100, 20)
    assert sizes(bench, "front") > 0
    assert set(seen) == {10**9 - (50 << 20)}


def test_old_uploads_go_and_pinned_ones_stay() -> None:
    found = [segment(number, pinned=number == 0) for number in range(6)]
    now_us = WallUs(START_US + 6 * 86_400 * S)
    assert [one.sequence for one in plan_quota(found, Quota(size_bytes=10_000, keep_days=3.5), now_us=now_us)] == [1, 2]
    assert [one.sequence for one in plan_quota(found, Quota(size_bytes=200), now_us=now_us)] == [1, 2, 3, 4]
    assert plan_quota(found, Quota(size_bytes=10_000), now_us=now_us) == ()


def segment(number: int, *, pinned: bool) -> Segment:
    return Segment(
        id=SegmentId(number),
        run=RunId("r"),
        camera=FRONT,
        stream=Stream.MAIN,
        sequence=number,
        start_us=WallUs(START_US + number * 86_400 * S),
        duration_us=60 * S,
        size_bytes=100,
        frames=1,
        keyframes=1,
        path=footage_path(FRONT, Stream.MAIN, number),
        sha256=b"",
        state=SegmentState.COMPLETE,
        footage_class=FootageClass.CONTINUOUS,
        pinned=pinned,
        origin=Origin.UPLOAD,
    )


@pytest.mark.parametrize("reason", [GapReason.PRIVATE, GapReason.MODE])
def test_a_time_the_owner_wanted_nothing_of_stays_a_gap(bench: Bench, reason: GapReason) -> None:
    def gap(start_s: float, why: GapReason) -> Gap:
        start_us = WallUs(START_US + round(start_s * S))
        return Gap(camera=CameraId("front"), stream=Stream.MAIN, start_us=start_us, end_us=None, reason=why)

    for start_s, why in ((-100, GapReason.NETWORK), (-95, reason), (-85, GapReason.NETWORK)):
        bench.store.index.open_gap(gap(start_s, why))
    adopt(bench, -100, 20)
    found = [(start_s, end_s) for start_s, end_s, _origin in times(bench)]
    assert found[0][0] == -100
    assert not [one for one in found if one[0] < -85 and one[1] > -94.8]
    assert found[-1][1] == pytest.approx(-80, abs=0.2)
    [kept] = [one for one in bench.gaps() if one.reason is reason]
    assert (kept.start_us, kept.end_us) == (START_US - 95 * S, START_US - 85 * S)
