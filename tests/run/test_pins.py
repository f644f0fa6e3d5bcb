from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.recording.conftest import FRONT, Bench
from tests.recording.packet_maker import START_US

from hearthwatch.feeds.packet import RunId, Stream
from hearthwatch.kit.db import open_writer
from hearthwatch.kit.dbthread import DbThread
from hearthwatch.kit.errors import StorageFailed, StorageFault, Unsupported
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.index import Asked
from hearthwatch.recording.segment import FootageClass, Segment, SegmentId, SegmentState
from hearthwatch.run import pins as module
from hearthwatch.run.pins import PAGE_NOTE, Pins, to_release


def at(seconds: float) -> WallUs:
    return WallUs(START_US + round(seconds * 1e6))


class BenchKeeper:
    """The keeper of a recorder without threads."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.failure: StorageFailed | None = None

    async def keep(self, camera: CameraId, start_us: WallUs, end_us: WallUs, *, pinned: bool) -> int:
        if self.failure:
            raise self.failure
        if not pinned:
            return self.bench.disk.unpin(camera, start_us, end_us)
        asked = Asked(camera=camera, start_us=start_us, end_us=end_us, footage_class=FootageClass.CONTINUOUS, pinned=True)
        return self.bench.disk.mark(asked)

    async def mark(self, camera: CameraId, start_us: WallUs, end_us: WallUs, footage_class: FootageClass) -> None:
        asked = Asked(camera=camera, start_us=start_us, end_us=end_us, footage_class=footage_class, pinned=False)
        self.bench.disk.mark(asked)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    made.record(19)
    yield made
    made.close()


@pytest.fixture
def keeper(bench: Bench) -> BenchKeeper:
    return BenchKeeper(bench)


@pytest.fixture
async def pins(bench: Bench, keeper: BenchKeeper, tmp_path: Path) -> AsyncIterator[Pins]:
    engine = open_writer(tmp_path / "house.db")
    module.metadata.create_all(engine)
    db = DbThread(engine)
    yield Pins(db, keeper, lambda: bench.reader, bench.clock)
    db.close()
    engine.dispose()


def pinned(bench: Bench) -> list[bool]:
    return [segment.pinned for segment in bench.segments()]


def touched(bench: Bench, *spans: tuple[float, float]) -> list[bool]:
    """Which files a pin on any of `spans` must be on."""
    return [any(each.start_us < at(end) and at(start) < each.end_us for start, end in spans) for each in bench.segments()]


async def test_a_pin_is_on_whole_files_and_has_its_note(bench: Bench, pins: Pins) -> None:
    kept = await pins.add(FRONT, at(5), at(7), "the fox")
    assert pinned(bench) == touched(bench, (5, 7))
    assert 1 <= pinned(bench).count(True) < len(pinned(bench)) - 1
    assert (kept.pin.note, kept.segments) == ("the fox", pinned(bench).count(True))
    assert kept.size_bytes == sum(each.size_bytes for each in bench.segments() if each.pinned)
    assert await pins.all() == (kept,)


async def test_dropping_one_leaves_what_another_holds(bench: Bench, pins: Pins) -> None:
    first = await pins.add(FRONT, at(1), at(5), "")
    second = await pins.add(FRONT, at(5.1), at(9), "")
    shared = [mine and other for mine, other in zip(touched(bench, (1, 5)), touched(bench, (5.1, 9)), strict=True)]
    assert any(shared), "the two must meet in one file for this test to mean anything"
    assert pinned(bench) == touched(bench, (1, 9))
    await pins.drop(first.pin.id)
    assert pinned(bench) == touched(bench, (5.1, 9))
    await pins.drop(second.pin.id)
    assert not any(pinned(bench))
    assert await pins.all() == ()


async def test_an_id_is_never_given_twice(pins: Pins) -> None:
    first = await pins.add(FRONT, at(1), at(2), "")
    await pins.drop(first.pin.id)
    second = await pins.add(FRONT, at(1), at(2), "")
    assert second.pin.id > first.pin.id
    with pytest.raises(Unsupported, match=f"no pin {first.pin.id}: there are {second.pin.id}"):
        await pins.drop(first.pin.id)


async def test_the_page_lets_go_of_its_own_pin_and_of_no_other(bench: Bench, pins: Pins) -> None:
    await pins.keep(FRONT, at(0), at(3), pinned=True)
    await pins.keep(FRONT, at(0), at(3), pinned=True)
    assert [each.pin.note for each in await pins.all()] == [PAGE_NOTE]
    police = await pins.add(FRONT, at(2), at(15), "for the police")
    await pins.keep(FRONT, at(0), at(4), pinned=False)
    assert pinned(bench) == touched(bench, (2, 15))
    assert await pins.all() == (police,)


async def test_there_must_be_footage_to_keep_unless_it_is_still_to_come(pins: Pins) -> None:
    with pytest.raises(Unsupported, match="no footage of front in that time"):
        await pins.add(FRONT, at(-100), at(-90), "")
    assert await pins.all() == ()
    assert (await pins.add(FRONT, at(30), at(40), "")).segments == 0


async def test_what_the_recorder_did_not_take_is_not_listed(keeper: BenchKeeper, pins: Pins) -> None:
    keeper.failure = StorageFailed(StorageFault.MISSING, "restarting")
    with pytest.raises(StorageFailed, match="restarting"):
        await pins.add(FRONT, at(1), at(2), "")
    assert await pins.all() == ()


async def test_what_is_still_to_come_is_kept_when_it_comes(bench: Bench, pins: Pins) -> None:
    held = await pins.add(FRONT, at(25), at(26), "")
    dropped = await pins.add(FRONT, at(22), at(40), "")
    await pins.drop(dropped.pin.id)
    await asyncio.to_thread(bench.record, 12, start_us=at(21))
    assert pinned(bench) == touched(bench, (25, 26))
    assert any(pinned(bench))
    assert [each.pin for each in await pins.all()] == [held.pin]


def files(lengths: list[int], *, recording: bool) -> list[Segment]:
    found, start = [], 0
    for number, length in enumerate(lengths):
        open_ended = recording and number == len(lengths) - 1
        found.append(
            Segment(
                id=SegmentId(number),
                run=RunId("r"),
                camera=FRONT,
                stream=Stream.MAIN,
                sequence=number,
                start_us=WallUs(start),
                duration_us=0 if open_ended else length,
                size_bytes=1,
                frames=1,
                keyframes=1,
                path=PurePosixPath("x"),
                sha256=b"",
                state=SegmentState.RECORDING if open_ended else SegmentState.COMPLETE,
                footage_class=FootageClass.CONTINUOUS,
                pinned=True,
            )
        )
        start += length
    return found


ranges = st.tuples(st.integers(0, 400), st.integers(1, 100)).map(lambda pair: (WallUs(pair[0]), WallUs(pair[0] + pair[1])))


@given(st.lists(st.integers(2, 60), max_size=8), st.booleans(), ranges, st.lists(ranges, max_size=4))
def test_release_frees_exactly_what_nobody_else_holds(
    lengths: list[int], recording: bool, mine: tuple[WallUs, WallUs], held: list[tuple[WallUs, WallUs]]
) -> None:
    start, end = mine
    every = files(lengths, recording=recording)

    def reach(each: Segment) -> int:
        return each.end_us if each.state is SegmentState.COMPLETE else 10**9

    overlapping = [each for each in every if each.start_us < end and reach(each) > start]
    released = to_release(start, end, overlapping, held)
    assert all(start <= low < high <= end for low, high in released)
    for each in every:
        if each.state is SegmentState.RECORDING:
            continue  # it takes its pin from the ranges, when it is closed
        touched = any(each.start_us < high and low < each.end_us for low, high in released)
        is_held = any(each.start_us < high and low < each.end_us for low, high in held)
        is_mine = each.start_us < end and start < each.end_us
        assert touched == (is_mine and not is_held)
    future = max([0, *(each.end_us for each in every if each.state is SegmentState.COMPLETE)])
    for moment in range(max(start, future), end):
        is_held = any(low <= moment < high for low, high in held)
        assert any(low <= moment < high for low, high in released) == (not is_held)
