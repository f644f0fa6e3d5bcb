"""The inbox: whole or not at all, whatever the disk does and whoever dies in between."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hearthwatch.ingest.drop import Drop, DropId, Media, Via
from hearthwatch.ingest.inbox import Inbox, Incoming, Shelf, open_folders
from hearthwatch.kit.errors import BadReply, StorageFailed
from hearthwatch.kit.units import CameraId, WallUs

FRONT = CameraId("front")
ID = DropId("01HZZZZZZZZZZZZZZZZZZZZZZZ")


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    folders = open_folders(tmp_path, (FRONT,), None)
    yield Inbox(folders)
    for fd in folders.values():
        os.close(fd)


def drop(incoming: Incoming) -> Drop:
    return Drop(
        id=incoming.id,
        camera=FRONT,
        via=Via.FTP,
        media=Media.JPEG,
        size_bytes=incoming.size_bytes,
        begun_us=WallUs(0),
        received_us=WallUs(1),
        address="127.0.0.1",
    )


def came(inbox: Inbox) -> Drop:
    incoming = inbox.begin(FRONT, ID)
    incoming.write(b"\xff\xd8")
    incoming.keep(drop(incoming))
    return drop(incoming)


def test_what_was_kept_is_read_and_removed(inbox: Inbox, tmp_path: Path) -> None:
    kept = came(inbox)
    shelf = Shelf(tmp_path)
    assert shelf.all() == [(FRONT, ID)]
    assert shelf.card(FRONT, ID) == kept
    with os.fdopen(shelf.open(kept), "rb") as file:
        assert file.read() == b"\xff\xd8"
    shelf.remove(FRONT, ID)
    assert list((tmp_path / FRONT).iterdir()) == []


def test_a_folder_that_cannot_be_flushed_leaves_no_card_behind(
    inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fails after the card has its name; there is no shipped fake of a disk."""
    real = os.fsync

    def failing(fd: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{fd}"):  # noqa: PTH112 a descriptor
            raise OSError(errno.EIO, "Input/output error")
        real(fd)

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(StorageFailed):
        came(inbox)
    assert list((tmp_path / FRONT).iterdir()) == []


def test_a_card_without_its_file_is_nonsense_and_goes_away(inbox: Inbox, tmp_path: Path) -> None:
    came(inbox)
    (tmp_path / FRONT / ID).unlink()
    shelf = Shelf(tmp_path)
    with pytest.raises(BadReply, match="is gone"):
        shelf.card(FRONT, ID)
    shelf.remove(FRONT, ID)
    assert shelf.all() == []


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_what_is_no_file_is_nonsense(inbox: Inbox, tmp_path: Path, kind: str) -> None:
    kept = came(inbox)
    path = tmp_path / FRONT / ID
    path.unlink()
    match kind:
        case "link":
            path.symlink_to("/etc/passwd")
        case "folder":
            path.mkdir()
        case _:
            os.mkfifo(path)
    shelf = Shelf(tmp_path)
    for read in (lambda: shelf.card(FRONT, ID), lambda: shelf.open(kept)):
        with pytest.raises(BadReply, match="no file"):
            read()


def test_a_folder_that_is_named_like_a_card_is_none(inbox: Inbox, tmp_path: Path) -> None:
    (tmp_path / FRONT / f"{ID}.json").mkdir()
    assert Shelf(tmp_path).all() == []
