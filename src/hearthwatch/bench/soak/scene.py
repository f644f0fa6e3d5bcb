"""What the cameras of a long run show: an empty room that somebody is cut into at exact pictures."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

import av

from hearthwatch.bench.contender import needs

ROOM = "indoor_one_by_one.mp4"
FPS = 10
EMPTY_FRAMES = (5, 50)
VISITS_S = (10, 27, 55, 79, 97, 127)
"""Where in the clip somebody stands fully in the picture for four seconds, a different person each (labels/segments.csv)."""
_VERSION = 2


def with_visitors(room: Path, *, empty_s: int, visit_s: int) -> Path:
    """Return a clip of `room` (10 pictures a second): for each of VISITS_S so long nobody and so long somebody; made once and
    kept. Raises ConfigFault where ffmpeg is missing."""
    stat = room.stat()
    key = repr((_VERSION, str(room), stat.st_size, stat.st_mtime_ns, empty_s, visit_s, VISITS_S))
    target = Path(tempfile.gettempdir()) / f"hearthwatch-entries-{hashlib.sha256(key.encode()).hexdigest()[:16]}.mp4"
    if target.exists():
        return target
    with av.open(str(room)) as source:
        pictures = [frame.to_ndarray(format="yuv420p").tobytes() for frame in source.decode(video=0)]
        width, height = source.streams.video[0].width, source.streams.video[0].height
    empty = pictures[slice(*EMPTY_FRAMES)]
    nobody = [*empty, *reversed(empty)] * (empty_s * FPS // len(empty) + 1)
    temporary = target.with_name(f"{target.stem}.{os.getpid()}.mp4")
    command = [needs("ffmpeg"), "-hide_banner", "-loglevel", "error", "-nostdin", "-y"]
    command += ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}", "-r", str(FPS), "-i", "-"]
    command += ["-c:v", "libx264", "-preset", "veryfast", "-bf", "0", "-g", str(2 * FPS), "-crf", "18"]
    command += ["-f", "mp4", str(temporary)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as encoder:  # noqa: S603 our own arguments
        assert encoder.stdin is not None
        for at_s in VISITS_S:
            for picture in (*nobody[: empty_s * FPS], *pictures[at_s * FPS : (at_s + visit_s) * FPS]):
                encoder.stdin.write(picture)
        encoder.stdin.close()
    if encoder.returncode:
        raise RuntimeError("ffmpeg could not make the composed clip")
    temporary.rename(target)
    return target


def coded_slices(unit: bytes) -> bytes:
    """Return a digest of the coded slices of an H.264 access unit whose NAL units stand behind 4-byte lengths."""
    digest = hashlib.sha256()
    at = 0
    while at + 4 < len(unit):
        length = int.from_bytes(unit[at : at + 4], "big")
        if unit[at + 4] & 0x1F in {1, 5}:
            digest.update(unit[at + 4 : at + 4 + length])
        at += 4 + length
    return digest.digest()
