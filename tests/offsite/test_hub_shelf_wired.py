"""The hub's end of copies: no way out of a node's place, no more than its share, nothing half believed; and retention."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.offsite.far_ends import Hub, at_once, hub, parcel

from hearthwatch.kit.clock import FakeClock, SystemClock
from hearthwatch.kit.errors import BadReply, HearthwatchError, Unreachable
from hearthwatch.offsite.hub_shelf import HubShelf, Share, piece_of
from hearthwatch.offsite.target_folder import FolderTarget
from hearthwatch.offsite.target_hub import AT, PIECES, SHA256, SIZE
from hearthwatch.offsite.trial import try_target
from hearthwatch.offsite.upload import NotProved, Target, TargetId, TargetRefused, Trouble

pytestmark = pytest.mark.wired


@pytest.fixture
async def far(tmp_path: Path) -> AsyncIterator[Hub]:
    async with hub(tmp_path) as made:
        yield made


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


async def test_a_node_reaches_its_own_place_alone(far: Hub, tmp_path: Path) -> None:
    (far.folder / "ccccdddd" / "event").mkdir(parents=True)
    (far.folder / "ccccdddd" / "event" / "a.age").write_bytes(b"of another node")
    (tmp_path / "outside.age").write_bytes(b"of the hub")
    target = far.target()
    way = target._way
    tricks = (
        "../ccccdddd/event/a.age",
        "..%2fccccdddd%2fevent%2fa.age",
        "%2e%2e/outside.age",
        "/etc/passwd",
        "a/../../x",
        "a%00b",
        "a%5c..%5cb",
        ".coming/x",
        "x.part",
    )
    try:
        for trick in tricks:
            for method in ("GET", "DELETE", "PUT"):
                size = hashlib.sha256(b"x").hexdigest()
                given = {SIZE: "1", SHA256: size, AT: "0"}
                async with way.request(
                    method, f"{PIECES}/{trick}", data=b"x" if method == "PUT" else b"", headers=given
                ) as answer:
                    body = await answer.content.read()
                    assert b"of another node" not in body
                    assert b"of the hub" not in body
                    assert b"root:" not in body
        assert [one.name async for one in target.list()] in ([], [".coming/x"])
        assert (far.folder / "ccccdddd" / "event" / "a.age").read_bytes() == b"of another node"
        assert files(tmp_path) - {"hub/authority.key", "hub/hub.pem", "node.pem", "outside.age"} <= {
            "store/ccccdddd/event/a.age",
            "store/aaaabbbb/.coming/x",
        }
        with pytest.raises(BadReply):
            far.shelf.place("../ccccdddd")
    finally:
        await target.close()


async def test_what_a_node_says_of_a_piece_is_bounded() -> None:
    good = hashlib.sha256(b"").hexdigest()
    for name, size, digest in (
        ("a", "-1", good),
        ("a", "9" * 15, good),
        ("a", "1", "x"),
        ("a.part", "1", good),
        ("../a", "1", good),
    ):
        with pytest.raises(BadReply):
            piece_of(name, size, digest)


async def test_a_share_that_is_used_up_is_said_and_takes_nothing(far: Hub, tmp_path: Path) -> None:
    far.share = Share(most_bytes=250_000, free_bytes=0)
    target = far.target()
    try:
        await target.put(parcel(tmp_path, "event/a.age", os.urandom(200_000)), at_once)
        with pytest.raises(TargetRefused, match="share") as refused:
            await target.put(parcel(tmp_path, "event/b.age", os.urandom(100_000)), at_once)
        assert refused.value.trouble is Trouble.FULL
        await target.put(parcel(tmp_path, "event/c.age", os.urandom(40_000)), at_once)
        far.share = Share(free_bytes=1 << 60)
        with pytest.raises(TargetRefused, match="disk of the hub is full"):
            await target.put(parcel(tmp_path, "event/d.age", b"x"), at_once)
        assert [one.name async for one in target.list()] == ["event/a.age", "event/c.age"]
    finally:
        await target.close()


async def test_who_steals_a_node_takes_no_evidence_along(far: Hub, tmp_path: Path) -> None:
    far.share = Share(free_bytes=0)
    target = far.target()
    sent = parcel(tmp_path, "event/2026-11-21/140000-0123456789abcdef.age", b"of the burglar")
    await target.put(sent, at_once)
    with pytest.raises(BadReply, match="no node deletes"):
        await target.delete(sent.name)
    with pytest.raises(HearthwatchError, match="no node replaces"):
        await target.put(parcel(tmp_path, sent.name, b"nothing happened"), at_once)
    await target.put(sent, at_once)
    for content in (b"kept", b"free"):
        await target.put(parcel(tmp_path, f".hearthwatch/keep/{sent.name}", content), at_once)
    assert await target.prove(sent.name, sent.size_bytes, sent.sha256)
    assert (await try_target(target)).remark == ""
    await target.close()


async def test_a_node_that_is_not_wanted_any_more_is_told_so(far: Hub, tmp_path: Path) -> None:
    target = far.target()
    await target.put(parcel(tmp_path, "a.age", b"x"), at_once)
    far.door.is_wanted = False
    with pytest.raises(TargetRefused, match="not wanted") as refused:
        await target.put(parcel(tmp_path, "b.age", b"x"), at_once)
    assert refused.value.trouble is Trouble.CREDENTIALS
    await target.close()


async def test_a_hub_that_is_killed_at_any_moment_keeps_only_what_is_whole(tmp_path: Path) -> None:
    """Each time another one takes up what is on the disk; bytes that came are not sent again."""
    data = os.urandom(3_000_000)
    (tmp_path / "here").mkdir()
    sent = parcel(tmp_path / "here", "event/a.age", data)
    piece = piece_of(sent.name, str(len(data)), hashlib.sha256(data).hexdigest())
    store = tmp_path / "store"
    (store / "aaaabbbb").mkdir(parents=True)

    def opened() -> HubShelf:
        def place(owner: str) -> Target:
            return FolderTarget(TargetId("x"), store / owner, needs_mark=False)

        return HubShelf(store / ".coming", place, lambda: Share(free_bytes=0), SystemClock())

    came = 0
    for step in range(7):
        shelf = opened()
        far = await shelf.there("aaaabbbb", piece)
        assert far.size_bytes >= came
        came = far.size_bytes

        async def chunks(at: int = came, until: int = (step + 1) * 400_000 + 7) -> AsyncIterator[bytes]:
            while at < until:
                yield data[at : min(at + 65_536, until)]
                at = min(at + 65_536, until)
            raise Unreachable("killed")

        with pytest.raises(Unreachable):
            await shelf.take("aaaabbbb", piece, came, chunks())
        assert [one async for one in shelf.place("aaaabbbb").list()] == []
    shelf = opened()
    came = (await shelf.there("aaaabbbb", piece)).size_bytes
    assert came == 7 * 400_000 + 7

    async def rest() -> AsyncIterator[bytes]:
        yield data[came:]

    with pytest.raises(BadReply):
        await shelf.take("aaaabbbb", piece, came - 1, rest())
    assert (await shelf.take("aaaabbbb", piece, came, rest())).is_kept
    assert (store / "aaaabbbb" / "event" / "a.age").read_bytes() == data
    assert (await opened().there("aaaabbbb", piece)).is_kept


async def test_two_that_send_the_same_piece_at_once_leave_one(far: Hub, tmp_path: Path) -> None:
    data = os.urandom(1_500_000)
    sent = parcel(tmp_path, "event/a.age", data)
    one, other = far.target(), far.target()
    done = await asyncio.gather(one.put(sent, at_once), other.put(sent, at_once), return_exceptions=True)
    assert any(not isinstance(found, BaseException) for found in done)
    assert all(isinstance(found, HearthwatchError) for found in done if isinstance(found, BaseException))
    assert await one.prove(sent.name, sent.size_bytes, sent.sha256)
    await one.close()
    await other.close()


async def test_retention_lets_the_old_go_and_what_was_given_up(tmp_path: Path) -> None:
    clock = FakeClock(wall_us=2_000_000_000 * 1_000_000)
    place = FolderTarget(TargetId("x"), tmp_path / "aaaabbbb", needs_mark=False)
    shelf = HubShelf(tmp_path / ".coming", lambda _owner: place, lambda: Share(free_bytes=0), clock)
    (tmp_path / "aaaabbbb" / "event").mkdir(parents=True)
    half = tmp_path / ".coming" / "aaaabbbb" / "x.part"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"given up")
    note = tmp_path / "aaaabbbb" / ".hearthwatch" / "keep" / "event" / "pinned"
    note.parent.mkdir(parents=True)
    note.write_bytes(b"kept")
    for days, name in ((40, "old"), (40, "pinned"), (3, "new")):
        path = tmp_path / "aaaabbbb" / "event" / name
        path.write_bytes(bytes(100))
        os.utime(path, (2_000_000_000 - days * 86_400,) * 2)
    os.utime(half, (2_000_000_000 - 8 * 86_400,) * 2)
    assert await shelf.prune("aaaabbbb", 30 * 86_400 * 1_000_000) == 204
    assert files(tmp_path) == {"aaaabbbb/event/new", "aaaabbbb/event/pinned", "aaaabbbb/.hearthwatch/keep/event/pinned"}
    with pytest.raises(NotProved):
        await place.prove("event/old", 100, hashlib.sha256(bytes(100)).digest())
