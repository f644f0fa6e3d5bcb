"""Ours and the peers, really run for a moment on one stream: each takes its pictures, and the recorder keeps the same as ffmpeg."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hearthwatch.bench.contender import Child, Ffmpeg, MotionDaemon
from hearthwatch.bench.cpu import cpu_ns
from hearthwatch.bench.keeping import Recording, coded, in_common
from hearthwatch.bench.rtsp_server import Mount, RtspServer
from hearthwatch.kit.clock import Stop

pytestmark = pytest.mark.wired

_LIMIT_S = 120
STREAM = Mount(path="/bench", fps=25, length_s=4, gop_s=1, width_px=320, height_px=240)
LONG = Mount(path="/long", fps=25, length_s=120, gop_s=1, width_px=320, height_px=240)
"""None of its pictures comes twice in a test: a recorder that began a whole loop after ffmpeg would seem to miss that loop."""


@pytest.fixture(scope="module")
def camera() -> Iterator[RtspServer]:
    with RtspServer([STREAM, LONG]) as camera:
        yield camera


@pytest.fixture(scope="module")
def url(camera: RtspServer) -> str:
    return camera.url(STREAM.path)


def wait_for(ready: Callable[[], bool]) -> None:
    until_s = time.monotonic() + _LIMIT_S
    while not ready():
        if time.monotonic() > until_s:
            pytest.fail(f"nothing came within {_LIMIT_S} s")
        Stop().wait(0.05)


def test_watching_counts_pictures_and_loses_none(url: str) -> None:
    with Child("watching_child", urls=[url, url]) as ours:
        wait_for(lambda: (ours.pictures() or 0) >= 50)
        counts = ours.ask()
        assert counts["dropped"] == 0
        assert counts["lost"] == 0
        assert cpu_ns(ours.pids[0]) > 0


def test_ffmpeg_tells_its_pictures(url: str, tmp_path: Path) -> None:
    with Ffmpeg(tmp_path, ["-rtsp_transport", "tcp", "-i", url, "-f", "null", "-"]) as peer:
        wait_for(lambda: peer.pictures() >= 10)
        assert len(peer.pids) == 1


@pytest.mark.skipif(shutil.which("motion") is None, reason="Debian's motion is not installed (make bench)")
def test_motion_connects(url: str, tmp_path: Path) -> None:
    with MotionDaemon(tmp_path, [url], width_px=320, height_px=240, fps=25) as peer:
        log = tmp_path / "motion.log"
        wait_for(lambda: log.exists() and "connected" in log.read_text(errors="replace"))
        assert peer.pictures() is None


def test_the_killed_recorder_kept_what_ffmpeg_copied(camera: RtspServer, tmp_path: Path) -> None:
    url = camera.url(LONG.path)
    copy, footage = tmp_path / "copy.mp4", tmp_path / "footage"
    fragmented = ["-c", "copy", "-an", "-f", "mp4", "-movflags", "frag_keyframe+empty_moov+default_base_moof"]
    with (
        Recording("recording_child", cameras={"cam-0": url}, folder=str(footage)) as ours,
        Ffmpeg(tmp_path, ["-rtsp_transport", "tcp", "-i", url, *fragmented, str(copy)]) as peer,
    ):
        wait_for(lambda: peer.pictures() >= 100)
        kept = footage / "cam-0" / "main"
        wait_for(lambda: len(coded([one for one in sorted(kept.glob("*.mp4")) if one.stat().st_size > 2000])) >= 50)
        copied_at_the_kill = peer.pictures()
        ours.kill()
    theirs = coded([copy])
    same, missing = in_common(coded(sorted((footage / "cam-0" / "main").glob("*.mp4"))), theirs)
    assert same >= 25
    assert missing - max(0, len(theirs) - copied_at_the_kill) <= 75  # what ffmpeg took after the kill is nothing we lost


def test_frigates_way_records_looks_and_leaves_no_process_behind(url: str, tmp_path: Path) -> None:
    cameras = {"cam-0": (url, url)}
    with Child("frigate_child", cameras=cameras, folder=str(tmp_path / "peer"), models=str(tmp_path), model="hog") as peer:
        wait_for(lambda: (peer.pictures() or 0) >= 20)
        pids = peer.ask()["pids"]
        assert len(pids) == 2
        wait_for(lambda: sum(each.stat().st_size for each in (tmp_path / "peer" / "cam-0").glob("*.mp4")) > 0)
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))
