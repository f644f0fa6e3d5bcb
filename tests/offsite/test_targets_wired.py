"""What every target promises, against a folder, a real OpenSSH server and an S3 server with its access rules on."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.offsite.far_ends import any_target, at_once, parcel

from hearthwatch.kit.errors import StorageFailed, Unreachable
from hearthwatch.offsite.target_s3 import PART_BYTES
from hearthwatch.offsite.upload import NotProved, Progress, Target, TargetKind

pytestmark = pytest.mark.wired

LARGE = os.urandom(2 * PART_BYTES + 100_000)


@pytest.fixture(params=list(TargetKind), scope="module")
def kind(request: pytest.FixtureRequest) -> TargetKind:
    return request.param


@pytest.fixture
async def target(kind: TargetKind, tmp_path: Path) -> AsyncIterator[Target]:
    async with any_target(kind, tmp_path) as made:
        yield made


async def names(target: Target, under: str = "") -> dict[str, int]:
    return {one.name: one.size_bytes async for one in target.list(under)}


async def content(target: Target, name: str, limit_bytes: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in target.read(name, limit_bytes=limit_bytes)])


@pytest.mark.parametrize("data", [b"", b"small", LARGE], ids=["empty", "small", "large"])
async def test_what_is_put_is_proved_listed_read_and_deleted(target: Target, tmp_path: Path, data: bytes) -> None:
    paced: list[int] = []

    async def pace(size_bytes: int) -> None:
        paced.append(size_bytes)

    sent = parcel(tmp_path, "event/2026-11-21/a.age", data)
    proof = await target.put(sent, pace)
    assert (proof.name, proof.size_bytes, proof.sha256) == (sent.name, len(data), hashlib.sha256(data).digest())
    assert sum(paced) == len(data)
    assert max(paced, default=0) <= 256 * 1024
    assert await target.prove(sent.name, len(data), sent.sha256)
    assert await names(target) == {sent.name: len(data)}
    assert await names(target, "event") == {sent.name: len(data)}
    assert await names(target, "motion") == {}
    assert await content(target, sent.name) == data
    assert await content(target, sent.name, 3) == data[:3]
    await target.delete(sent.name)
    await target.delete(sent.name)
    assert await names(target) == {}
    with pytest.raises(NotProved):
        await target.prove(sent.name, len(data), sent.sha256)
    with pytest.raises(NotProved):
        await content(target, sent.name)


async def test_a_put_that_was_broken_off_goes_on_where_it_was(target: Target, tmp_path: Path) -> None:
    sent = parcel(tmp_path, "event/2026-11-21/a.age", LARGE)
    progress: list[Progress] = []
    paced = 0

    async def break_off(size_bytes: int) -> None:
        nonlocal paced
        if paced + size_bytes > 2 * PART_BYTES + 50_000:
            raise Unreachable("told by the test")
        paced += size_bytes

    with pytest.raises(Unreachable):
        await target.put(sent, break_off, on_progress=progress.append)
    assert await names(target) == {}, "what is half sent is no copy"
    assert progress[-1].sent_bytes >= 2 * PART_BYTES

    async def count(size_bytes: int) -> None:
        nonlocal paced
        paced += size_bytes

    await target.put(sent, count, resume=progress[-1])
    assert paced <= len(LARGE) * 1.05
    assert await content(target, sent.name) == LARGE
    assert await names(target) == {sent.name: len(LARGE)}


async def test_what_was_half_sent_of_another_parcel_is_not_gone_on_with(target: Target, tmp_path: Path) -> None:
    progress: list[Progress] = []

    async def break_off(size_bytes: int) -> None:
        if progress and progress[-1].sent_bytes >= PART_BYTES:
            raise Unreachable("told by the test")

    with pytest.raises(Unreachable):
        await target.put(parcel(tmp_path, "a.age", LARGE), break_off, on_progress=progress.append)
    other = os.urandom(len(LARGE))
    await target.put(parcel(tmp_path, "a.age", other), at_once, resume=progress[-1])
    assert await content(target, "a.age") == other


async def test_a_changed_copy_is_told_and_replaced(target: Target, tmp_path: Path) -> None:
    first = parcel(tmp_path, "a.age", b"what it was")
    await target.put(first, at_once)
    await target.put(parcel(tmp_path, "a.age", b"other bytes"), at_once)
    with pytest.raises(NotProved):
        await target.prove(first.name, first.size_bytes, first.sha256)
    await target.put(first, at_once)
    assert await target.prove(first.name, first.size_bytes, first.sha256)


async def test_a_parcel_that_changes_here_is_never_proved(target: Target, tmp_path: Path) -> None:
    for size in (1000, len(LARGE)):
        sent = parcel(tmp_path, "a.age", LARGE[:size])
        sent.path.write_bytes(b"\0" + LARGE[1:size])
        with pytest.raises((StorageFailed, NotProved)):
            await target.put(sent, at_once)
        assert await names(target) == {}
        sent.path.write_bytes(LARGE[: size - 1])
        with pytest.raises(StorageFailed):
            await target.put(sent, at_once)
        assert await names(target) == {}


@pytest.mark.parametrize("name", ["../a", "/etc/a", "a/../../b", ""])
async def test_a_name_that_leads_elsewhere_is_not_asked_for(target: Target, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        await target.prove(name, 0, b"")
    with pytest.raises(ValueError, match="name"):
        await target.delete(name)
