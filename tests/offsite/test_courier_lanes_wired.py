from __future__ import annotations

import asyncio
import dataclasses
import functools
import io
import tarfile
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.offsite.copies_bench import NAS, START_US, Copies, running, until

from hearthwatch.health.outage import Fault
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.offsite import ledger
from hearthwatch.offsite.doubles import MemoryTarget
from hearthwatch.offsite.seal import unseal
from hearthwatch.offsite.upload import (
    Piece,
    PieceKind,
    Priority,
    TargetId,
    TargetKind,
    TargetOptions,
    TargetRefused,
    Trouble,
)
from hearthwatch.recording.index import Asked
from hearthwatch.recording.segment import FootageClass
from hearthwatch.run.offsite_checks import Checks
from hearthwatch.run.offsite_scan import wanted_of

pytestmark = pytest.mark.wired

BUCKET = TargetId("bucket")


@pytest.fixture
def copies(tmp_path: Path) -> Iterator[Copies]:
    made = Copies(tmp_path, clock=FakeClock(wall_us=START_US + 86_400 * US_PER_S))
    yield made
    made.close()


def has_closed_again(target: MemoryTarget, seen: int) -> bool:
    return target.closed > seen


def contents_of(copies: Copies, target: MemoryTarget) -> list[bytes]:
    found = []
    for name, sealed in target.files.items():
        plain = io.BytesIO()
        unseal([sealed], plain, [copies.keys.identity])
        with tarfile.open(fileobj=io.BytesIO(plain.getvalue())) as tar:
            manifest, content = tar.getmembers()
            assert manifest.name == "manifest.json", name
            found.append(tar.extractfile(content).read())
    return found


async def test_what_is_recorded_arrives_sealed_and_the_recorder_hears_of_each_file(copies: Copies) -> None:
    made = copies.record("front", 3)
    target = MemoryTarget(NAS)
    assert await copies.scanner.scan() == 3
    courier = copies.courier(NAS, lambda: target)
    async with running(courier):
        await copies.until_sent()
    assert (courier.now.proved, courier.now.error, target.closed) == (
        3,
        "",
        2,
    )  # nothing failed on the way: each lane closed once
    assert sorted(contents_of(copies, target)) == sorted(copies.path_of(one).read_bytes() for one in made)
    assert all(one.proved_us is not None for one in copies.footage.index.all_segments())
    assert list(copies.spool.iterdir()) == []
    assert await copies.scanner.scan() == 0


async def test_evidence_goes_first_and_of_all_else_the_newest(copies: Copies) -> None:
    copies.record("front", 2)
    copies.record("back", 1, footage_class=FootageClass.MOTION)
    copies.record("door", 1, footage_class=FootageClass.EVENT)
    await copies.scanner.scan()
    copies.files.write_picture("e1", b"jpeg")  # type: ignore[arg-type]
    picture = Piece(
        kind=PieceKind.PICTURE,
        camera=CameraId("door"),
        stream=copies.footage.index.streams()[0][1],
        start_us=WallUs(START_US),
        end_us=WallUs(START_US),
        size_bytes=0,
        sha256=b"",
        footage_class=FootageClass.EVENT,
        event="e1",
    )
    wanted = ledger.Wanted(target=NAS, piece=picture, priority=Priority.EVENT_PICTURE)
    await copies.db.run(lambda connection: ledger.want(connection, [wanted], copies.clock.wall_us()))
    target = MemoryTarget(NAS)
    async with running(copies.courier(NAS, lambda: target)):
        await copies.until_sent()
    order = [(one.upload.piece.camera, one.upload.piece.kind, one.sequence) for one in copies.arrived]
    assert ("door", PieceKind.PICTURE, 0) in order
    order.remove(("door", PieceKind.PICTURE, 0))
    assert [(camera, number) for camera, _kind, number in order] == [("door", 1), ("back", 1), ("front", 2), ("front", 1)]


async def test_what_cannot_wait_passes_a_large_file_that_is_on_its_way(copies: Copies) -> None:
    (large,) = copies.record("front", 1, 200_000)
    (small,) = copies.record("back", 1, 2000)
    target = MemoryTarget(NAS)
    segments = {one.camera: one for one in copies.footage.index.all_segments()}
    usual = list(wanted_of(segments[large.camera], copies.options))
    await copies.db.run(lambda connection: ledger.want(connection, usual, copies.clock.wall_us()))
    courier = copies.courier(NAS, lambda: target, bit_s=1.0)  # what is not urgent stands still after its burst
    async with running(courier):
        await until(lambda: target.sent_bytes)
        urgent = list(wanted_of(segments[small.camera], copies.options, Priority.FAILSAFE))
        await copies.db.run(lambda connection: ledger.want(connection, urgent, copies.clock.wall_us()))
        courier.wake()
        await until(lambda: copies.arrived)
    assert [one.upload.piece.camera for one in copies.arrived] == ["back"]


async def test_a_cut_goes_on_where_it_was_also_after_a_restart(copies: Copies) -> None:
    copies.record("front", 1, 50_000)
    target = MemoryTarget(NAS, errors=deque([Unreachable("cut")]))
    await copies.scanner.scan()
    async with running(copies.courier(NAS, lambda: target)):
        await until(lambda: target.closed)
    assert copies.arrived == []
    half = target.sent_bytes
    fresh = copies.courier(NAS, lambda: target)
    async with running(fresh):
        await copies.until_sent()
    assert target.puts[0] == target.puts[1]
    assert target.sent_bytes < half * 2.2
    assert fresh.now.resumed == 1


async def test_one_target_that_is_away_holds_up_no_other(copies: Copies) -> None:
    copies.options[BUCKET] = TargetOptions(kind=TargetKind.S3)
    made = copies.record("front", 3)
    await copies.scanner.scan()
    held = MemoryTarget(NAS, gate=asyncio.Event())
    works = MemoryTarget(BUCKET)
    async with running(copies.courier(NAS, lambda: held), copies.courier(BUCKET, lambda: works)):
        await copies.until_sent(BUCKET)
        assert len(works.files) == 3
        assert held.files == {}
        assert all(one.proved_us is None for one in copies.footage.index.all_segments())
        held.gate.set()
        await copies.until_sent(NAS)
    assert all(one.proved_us is not None for one in copies.footage.index.all_segments())
    assert len(made) == 3


async def test_a_far_end_that_answers_and_keeps_nothing_is_told_and_nothing_goes_here(copies: Copies) -> None:
    copies.delete_proved = True
    made = copies.record("front", 1)
    await copies.scanner.scan()
    target = MemoryTarget(NAS, stores=lambda _data: b"")
    courier = copies.courier(NAS, lambda: target)
    for _try in range(3):
        async with running(courier):
            await until(functools.partial(has_closed_again, target, target.closed))
        copies.clock.advance(7200)
    assert copies.health.told == [(Fault.BACKUP_NOT_KEPT, "backup nas")]
    assert copies.path_of(made[0]).exists()
    assert copies.footage.index.segment(made[0].camera, made[0].stream, 1).proved_us is None
    target.stores = lambda data: data
    async with running(courier):
        await copies.until_sent()
    assert copies.health.now == {}
    assert copies.deleted == [(made[0], True)]
    assert not copies.path_of(made[0]).exists()


@pytest.mark.parametrize("trouble", [Trouble.HOST_KEY_CHANGED, Trouble.CREDENTIALS, Trouble.FULL])
async def test_a_refusal_is_told_once_with_the_words_for_the_owner_and_when_it_is_over(
    copies: Copies, trouble: Trouble
) -> None:
    made = copies.record("front", 1)
    await copies.scanner.scan()
    refusals = [TargetRefused(trouble, "do this and that") for _time in range(2)]
    target = MemoryTarget(NAS, errors=deque(refusals))
    courier = copies.courier(NAS, lambda: target)
    for _try in range(2):
        async with running(courier):
            await until(functools.partial(has_closed_again, target, target.closed))
    assert copies.health.now == {(Fault.BACKUP_REFUSED, "backup nas"): "do this and that"}
    assert len(copies.health.told) == 1
    assert copies.path_of(made[0]).exists()
    async with running(courier):
        await copies.until_sent()
    assert copies.health.now == {}


async def test_a_far_end_that_lost_a_file_is_noticed_told_and_refilled(copies: Copies) -> None:
    made = copies.record("front", 2)
    target = MemoryTarget(NAS)
    await copies.scanner.scan()
    checks = Checks(copies.db, copies.clock, copies.health, copies.scanner, lambda _name: target)
    async with running(copies.courier(NAS, lambda: target)):
        await copies.until_sent()
        assert await checks.sample(NAS, WallUs(copies.clock.wall_us() + 1), 10) == 0
        lost = next(iter(target.files))
        del target.files[lost]
    assert await checks.sample(NAS, WallUs(copies.clock.wall_us() + 1), 10) == 1
    assert (Fault.BACKUP_LOST, "backup nas") in copies.health.now
    owed = [one for one in copies.footage.index.all_segments() if one.proved_us is None]
    assert len(owed) == 1
    async with running(copies.courier(NAS, lambda: target)):
        await copies.until_sent()
    assert lost in target.files
    assert sorted(contents_of(copies, target)) == sorted(copies.path_of(one).read_bytes() for one in made)
    assert all(one.proved_us is not None for one in copies.footage.index.all_segments())
    await checks.sample(NAS, WallUs(copies.clock.wall_us() + 1), 10)
    assert copies.health.now == {}


async def test_a_recorder_that_was_away_hears_later_and_a_new_index_is_told_again(copies: Copies) -> None:
    (file,) = copies.record("front", 1)
    copies.refuses = True
    await copies.scanner.scan()
    target = MemoryTarget(NAS)
    async with running(copies.courier(NAS, lambda: target)):
        await until(lambda: copies.scanner.unsaid)
    assert copies.footage.index.segment(file.camera, file.stream, file.sequence).proved_us is None
    copies.refuses = False
    await copies.scanner.scan()
    assert copies.footage.index.segment(file.camera, file.stream, file.sequence).proved_us is not None
    copies.store.index.prove([file], None)  # as an index that was made anew has it
    copies.scanner.start_over()
    await copies.scanner.scan()
    assert copies.footage.index.segment(file.camera, file.stream, file.sequence).proved_us is not None
    assert len(target.files) == 1


async def test_footage_that_went_before_it_was_sent_is_given_up(copies: Copies) -> None:
    (file,) = copies.record("front", 1)
    await copies.scanner.scan()
    copies.path_of(file).unlink()
    target = MemoryTarget(NAS)
    async with running(copies.courier(NAS, lambda: target)):
        await copies.until_sent()
    assert target.files == {}
    assert copies.arrived == []


async def test_what_becomes_worth_more_goes_to_targets_that_take_only_that(copies: Copies) -> None:
    copies.options[NAS] = dataclasses.replace(copies.options[NAS], footage=(FootageClass.EVENT,))
    (file,) = copies.record("front", 1)
    assert await copies.scanner.scan() == 0
    copies.store.index.mark(
        Asked(
            camera=file.camera,
            start_us=WallUs(START_US),
            end_us=WallUs(START_US + 1),
            footage_class=FootageClass.EVENT,
            pinned=False,
        )
    )
    copies.scanner.touch(file.camera, WallUs(START_US), WallUs(START_US + 1))
    assert await copies.scanner.scan() == 1
