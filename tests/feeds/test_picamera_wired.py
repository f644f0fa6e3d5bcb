"""The Pi camera's feed against a stand-in program that writes real MPEG-TS: packets, faults, and an end without orphans."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.devices import rpicam

from hearthwatch.feeds.packet import Codec, Stream
from hearthwatch.feeds.picamera_feed import PicameraFeed, still
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.frames.decode import Decoder
from hearthwatch.kit.clock import Stop, SystemClock
from hearthwatch.kit.errors import Unreachable, Unsupported
from hearthwatch.kit.units import CameraId

pytestmark = pytest.mark.wired

URL = "picamera://0?width=320&height=240&fps=20&kbps=500"
SOURCE = Source(camera=CameraId("hall"), stream=Stream.MAIN, kind=SourceKind.PICAMERA, url=URL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    found = rpicam.programs(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{found}:{os.environ['PATH']}")
    monkeypatch.setenv("RPICAM_FAULT", str(found / "fault"))
    yield found
    assert rpicam.running(found) == [], "a program was left behind"


def test_its_packets_decode_and_it_ends_with_the_feed(folder: Path) -> None:
    opened = PicameraFeed(SOURCE, clock=SystemClock()).open(Stop())
    try:
        assert (opened.info.video.codec, opened.info.video.width_px, opened.info.video.height_px) == (Codec.H264, 320, 240)
        packets = list(itertools.islice(opened, 30))
        assert len(rpicam.running(folder)) == 1
        decoder = Decoder(SOURCE.camera, opened.info.video)
        frames = [frame for packet in packets for frame in decoder.decode(packet)]
        assert len(frames) >= 28
        steps = {later.dts_ticks - packet.dts_ticks for packet, later in itertools.pairwise(packets)}
        assert steps == {90_000 // 20}
    finally:
        opened.close()


def test_an_unplugged_camera_is_told_in_words_at_once_and_on_the_way(folder: Path) -> None:
    feed = PicameraFeed(SOURCE, clock=SystemClock())
    opened = feed.open(Stop())
    try:
        next(iter(opened))
        (folder / "fault").write_text(rpicam.NO_CAMERA)
        with pytest.raises(Unreachable, match=r"hall/main: no camera found: check the ribbon cable"):
            list(opened)
    finally:
        opened.close()
    with pytest.raises(Unreachable, match="ribbon cable"):
        feed.open(Stop())


def test_a_stop_ends_a_feed_that_waits(folder: Path) -> None:
    stop = Stop()
    opened = PicameraFeed(SOURCE, clock=SystemClock()).open(stop)
    taken = iter(opened)
    next(taken)
    threading.Timer(0.2, stop.set).start()
    list(taken)
    opened.close()


def test_without_the_program_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unsupported, match="rpicam-vid is not installed: install the package rpicam-apps"):
        PicameraFeed(SOURCE, clock=SystemClock()).open(Stop())


def test_the_former_name_of_the_program_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = rpicam.programs(tmp_path / "bin")
    (folder / "rpicam-vid").rename(folder / "libcamera-vid")
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    opened = PicameraFeed(SOURCE, clock=SystemClock()).open(Stop())
    next(iter(opened))
    opened.close()


def test_a_still_is_a_whole_jpeg(folder: Path) -> None:
    data = still(URL, clock=SystemClock(), stop=Stop())
    assert data.startswith(b"\xff\xd8")
    (folder / "fault").write_text(rpicam.NO_CAMERA)
    with pytest.raises(Unreachable, match="ribbon cable"):
        still(URL, clock=SystemClock(), stop=Stop())


def test_a_killed_guest_leaves_no_program_behind(folder: Path) -> None:
    code = (
        "from tests.feeds.test_picamera_wired import *\n"
        "opened = PicameraFeed(SOURCE, clock=SystemClock()).open(Stop())\n"
        "next(iter(opened))\nprint('open', flush=True)\nlist(opened)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(rpicam.ROOT)}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE) as guest:
        assert guest.stdout is not None
        assert guest.stdout.readline() == b"open\n"
        ((pid, _arguments),) = rpicam.running(folder)
        ended = os.pidfd_open(pid)
        guest.kill()
        guest.wait()
    import select

    assert select.select([ended], [], [], 10)[0], "it runs on"
    os.close(ended)
