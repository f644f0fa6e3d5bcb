"""What a camera mails and uploads while it is private, or made while it was, is thrown away; tampering is told all the same."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hearthwatch.feeds.packet import Gap, GapReason, Stream
from hearthwatch.ingest.drop import Drop, DropId, Media, Via
from hearthwatch.ingest.inbox import Inbox, Shelf, open_folders
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.run.config import parse
from hearthwatch.run.porch_desk import PorchDesk

FRONT = CameraId("front")
CONFIG = '[home]\ntimezone = "UTC"\n[camera.front]\nmain = "rtsp://192.168.1.9/x"\n'


class Refusing:
    """Stands where footage and events would go: nothing may come."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked for something private")


class Porch:
    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.private = False
        self.gaps: list[Gap] = []
        self.reports: list[Any] = []
        self.tampered: list[Any] = []
        self._inbox = Inbox(self._folders(folder))
        self.shelf = Shelf(folder)
        self._number = 0
        self.desk = PorchDesk(
            lambda: parse(CONFIG),
            folder,
            recorder=Refusing(),  # type: ignore[arg-type]
            imports=Refusing(),  # type: ignore[arg-type]
            report=self._report,
            tampering=lambda _camera, alarm: self.tampered.append(alarm),
            is_private=lambda _camera: self.private,
            footage=SimpleNamespace(gaps=lambda *_range: self.gaps),  # type: ignore[arg-type]
            outbox=Refusing(),  # type: ignore[arg-type]
            stored=Refusing(),  # type: ignore[arg-type]
            db=Refusing(),  # type: ignore[arg-type]
            clock=self.clock,
            ids=lambda: "I",
        )

    def _folders(self, folder: Path) -> dict[CameraId, int]:
        self.fds = open_folders(folder, (FRONT,), None)
        return self.fds

    def _report(self, report: Any) -> None:
        self.reports.append(report)
        report.told(None)

    def left(self, media: Media, via: Via = Via.FTP, **said: str) -> Drop:
        self._number += 1
        incoming = self._inbox.begin(FRONT, DropId(f"01HZZZZZZZZZZZZZZZZZZZZZ{self._number:02}"))
        incoming.write(b"\xff\xd8" if media is Media.JPEG else b"clip")
        now_us = self.clock.wall_us()
        drop = Drop(
            id=incoming.id,
            camera=FRONT,
            via=via,
            media=media,
            size_bytes=incoming.size_bytes,
            begun_us=now_us,
            received_us=now_us,
            address="192.168.1.9",
            **said,
        )
        incoming.keep(drop)
        return drop

    async def work(self) -> None:
        """Take up all that lies there, when no more of a series comes."""
        self.clock.advance(3600)
        await self.desk._take_all([self.shelf.card(camera, drop) for camera, drop in self.shelf.all()])


@pytest.fixture
def porch(tmp_path: Path):
    found = Porch(tmp_path)
    yield found
    for fd in found.fds.values():
        os.close(fd)


async def test_nothing_of_a_private_camera_is_taken_up(porch: Porch) -> None:
    porch.private = True
    for _ in range(3):
        porch.left(Media.JPEG)
    porch.left(Media.CLIP)
    porch.left(Media.JPEG, Via.MAIL, subject="Motion detected")
    await porch.work()
    assert (porch.reports, porch.tampered, porch.shelf.all()) == ([], [], [])


async def test_tampering_is_told_without_its_picture(porch: Porch) -> None:
    porch.private = True
    porch.left(Media.JPEG, Via.MAIL, subject="Video tampering detected")
    await porch.work()
    assert (len(porch.tampered), porch.reports, porch.shelf.all()) == (1, [], [])


async def test_what_was_made_in_private_stays_so_when_it_comes_later(porch: Porch) -> None:
    now_us = porch.clock.wall_us()
    porch.gaps = [
        Gap(
            camera=FRONT,
            stream=Stream.MAIN,
            start_us=WallUs(now_us - 60 * US_PER_S),
            end_us=WallUs(now_us + 60 * US_PER_S),
            reason=GapReason.PRIVATE,
        )
    ]
    porch.left(Media.JPEG, Via.MAIL, subject="Motion detected")
    await porch.work()
    assert (porch.reports, porch.shelf.all()) == ([], [])
    porch.gaps = []
    porch.left(Media.NONE, Via.MAIL, subject="Motion detected")
    with pytest.raises(AssertionError, match="private"):  # it goes on to be known as an event
        await porch.work()
