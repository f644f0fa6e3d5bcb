"""The theft: ten seconds after somebody came the box is gone with its disk. What is at the far end, and what does it show?

    python -m tests.runs.theft [--trials 3] [--mbit 10] [--backlog-mb 200] [--json FILE]

A real house with the demo camera sends to a real OpenSSH server over a line of so many Mbit/s, which is busy with a backlog of
older footage. At the event's start + 10 s every process is killed and the data folder removed. The far end's files are then
opened by the stock `age` and `tar` with the owner's identity file alone, the picture and the video decoded. Exit code 1 when
the picture or 5 s of video are missing.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import av

from hearthwatch.feeds.packet import Codec, RunId, Stream, StreamInfo, VideoInfo
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.offsite.seal import new_pair
from hearthwatch.recording.filled import Filled
from hearthwatch.recording.label import Label, footage_path
from hearthwatch.recording.segment import FootageClass, SegmentState
from hearthwatch.recording.store import open_store
from tests.devices.slow_wire import SlowWire
from tests.devices.sshd import Sshd
from tests.runs.rig import House

GONE_AFTER_S = 10.0
MIN_VIDEO_S = 5.0
_OLD_FILE_BYTES = 4_000_000


@dataclass(slots=True, kw_only=True)
class Theft:
    """One trial. Times are seconds after the event's start, by the house's own clock, until the far end had proved it."""

    picture_s: float | None
    video_s: float | None
    pieces: int
    restored_pictures: int
    restored_video_s: float
    of_the_event_s: float
    """How much of the restored video shows the time after the event's start."""


def backlog(footage: Path, size_bytes: int) -> None:
    """Write finished files of this morning, as a line that was down leaves them."""
    clock = SystemClock()
    store = open_store(footage, footage / "index.db", clock)
    info = StreamInfo(
        video=VideoInfo(codec=Codec.H264, width_px=16, height_px=16, ticks_per_s=90_000, extradata=b"x"), audio=None
    )
    rng, camera = random.Random(1), CameraId("demo")
    for number in range(1, size_bytes // _OLD_FILE_BYTES + 1):
        data = rng.randbytes(_OLD_FILE_BYTES)
        path = footage / footage_path(camera, Stream.MAIN, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        start_us = WallUs(clock.wall_us() - (7200 - number) * 1_000_000 - 3600 * US_PER_S)
        label = Label(run=RunId("old"), camera=camera, stream=Stream.MAIN, sequence=number, start_us=start_us, info=info)
        filled = Filled(
            start_us=start_us,
            duration_us=1_000_000,
            size_bytes=len(data),
            frames=1,
            keyframes=1,
            sha256=hashlib.sha256(data).digest(),
            state=SegmentState.COMPLETE,
        )
        store.index.adopt(label, filled, FootageClass.CONTINUOUS, pinned=False)
    store.close()


def config(recipient: str, port: int, user: str, host_key: str) -> str:
    return f"""
[offsite]
recipients = ["{recipient}"]

[offsite.targets.nas]
kind = "sftp"
on_lan = true
host = "127.0.0.1"
port = {port}
user = "{user}"
host_key = "{host_key}"
path = "copies"
"""


def proved(house: House, event: str) -> list[tuple[str, int, int, int]]:
    """Return kind, start, end and moment of proof of each piece of the event that is proved."""
    with contextlib.closing(sqlite3.connect(f"file:{house.folder / 'house.db'}?mode=ro", uri=True)) as base:
        found = "SELECT kind, start_us, end_us, proved_us FROM uploads WHERE event = ? AND state = 'proved'"
        return base.execute(found, (event,)).fetchall()


def restored(root: Path, identity: Path, folder: Path) -> list[Path]:
    """Open everything at the far end by the stock tools; return the files that were in it."""
    for sealed in root.rglob("*.age"):
        place = folder / sealed.stem
        place.mkdir(parents=True)
        with subprocess.Popen(["age", "-d", "-i", str(identity), str(sealed)], stdout=subprocess.PIPE) as opened:
            subprocess.run(["tar", "-x", "-C", str(place)], stdin=opened.stdout, check=True)
    return sorted(folder.rglob("*"))


def video_of(path: Path) -> float:
    """Return how many seconds of video decode from a file."""
    with av.open(str(path)) as movie:
        stamps = [float(frame.time) for frame in movie.decode(video=0) if frame.time is not None]
    return stamps[-1] - stamps[0] if len(stamps) > 1 else 0.0


def covered_s(spans: list[tuple[float, float]]) -> float:
    """Return how many seconds the spans (microseconds, by their start) cover together."""
    covered_us, at = 0.0, 0.0
    for start, end in spans:
        covered_us += max(0.0, end - max(start, at))
        at = max(at, end)
    return covered_us / 1e6


async def steal(folder: Path, mbit_s: float, backlog_bytes: int) -> Theft:
    far, place = Sshd(folder / "far"), folder / "house"
    await far.start()
    wire = SlowWire("127.0.0.1", far.port, mbit_s * 1e6)
    _host, port = await wire.start()
    keys = new_pair()
    identity = folder / "identity.txt"
    identity.write_text(keys.identity.reveal() + "\n")
    house = House(place, config(keys.recipient, port, far.user, await far.fingerprint()), {})
    Secrets(place).set("offsite.nas.key", far.client_key)
    await asyncio.to_thread(backlog, house.footage, backlog_bytes)
    try:
        await house.start()
        await house.claim()
        await house.all_live()
        async for kind, told in house.changes():
            if kind == "event" and told["label"] and told["end_us"] is None:
                event, start_us = told["id"], told["start_us"]
                break
        await asyncio.sleep(max(0.0, start_us / 1e6 + GONE_AFTER_S - time.time()))
        pieces = await asyncio.to_thread(proved, house, event)
        for pid in house.pids().values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await house.ended()
        shutil.rmtree(place)
    finally:
        await house.close()
        await wire.stop()
        await far.stop()
    files = await asyncio.to_thread(restored, far.root, identity, folder / "restored")
    manifests = {path.parent: json.loads(path.read_text()) for path in files if path.name == "manifest.json"}
    mine = {place for place, one in manifests.items() if one["event"] == event}
    pictures = [
        path for path in files if path.parent in mine and path.suffix == ".jpg" and path.read_bytes()[:2] == b"\xff\xd8"
    ]
    movies = [path for path in files if path.parent in mine and path.suffix == ".mp4"]
    spans = sorted((manifests[path.parent]["start_us"], manifests[path.parent]["end_us"], path) for path in movies)
    seen = {path: video_of(path) for path in movies}
    after = max((end for _start, end, path in spans if seen[path] > 0), default=start_us) - start_us
    video = [at for kind, begins, ends, at in pieces if kind == "fragment" and ends - begins >= MIN_VIDEO_S * US_PER_S]
    picture = [at for kind, _begins, _ends, at in pieces if kind == "picture"]
    return Theft(
        picture_s=round((min(picture) - start_us) / 1e6, 2) if picture else None,
        video_s=round((min(video) - start_us) / 1e6, 2) if video else None,
        pieces=len(pieces),
        restored_pictures=len(pictures),
        restored_video_s=round(covered_s([(start, start + seen[path] * 1e6) for start, _end, path in spans]), 2),
        of_the_event_s=round(after / 1e6, 2),
    )


async def run(trials: int, mbit_s: float, backlog_bytes: int) -> list[Theft]:
    found = []
    for number in range(trials):
        with tempfile.TemporaryDirectory(prefix="theft-") as folder:
            theft = await steal(Path(folder), mbit_s, backlog_bytes)
        print(f"theft {number + 1}: {asdict(theft)}", flush=True)
        found.append(theft)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=3)
    parser.add_argument("--mbit", type=float, default=10.0)
    parser.add_argument("--backlog-mb", type=int, default=200)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = asyncio.run(run(options.trials, options.mbit, options.backlog_mb * 1_000_000))
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in found], indent=1))
    good = [one for one in found if one.restored_pictures and one.restored_video_s >= MIN_VIDEO_S]
    print(f"{len(good)} of {len(found)} thefts left picture and {MIN_VIDEO_S:g} s of video")
    return 0 if len(good) == len(found) else 1


if __name__ == "__main__":
    sys.exit(main())
