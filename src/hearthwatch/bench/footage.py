"""What the benchmarks watch: a hall with a tenth of the time somebody in it, served as cameras serve it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from hearthwatch.bench.contender import needs
from hearthwatch.bench.rtsp_server import Mount
from hearthwatch.bench.terms import Terms

CLIP = "indoor_one_by_one.mp4"
_PARTS_S = ((1.0, 6.0), (1.0, 8.6), (1.0, 6.0), (1.0, 3.4))
"""The hall is empty until 6.0; somebody is in it from 6.6 on."""
LOOP_S = 20
FPS = 10
MAIN_FPS = 15


def duty(terms: Terms) -> Path:
    """Return the scene without loss: 20 s, 2 s of them with a person. Raises ConfigFault where the clip is missing."""
    clip = terms.video(CLIP)
    folder = Path(tempfile.gettempdir()) / f"hearthwatch-clips-{os.getuid()}"
    target = folder / "duty-1.mkv"
    if target.exists():
        return target
    folder.mkdir(mode=0o700, exist_ok=True)
    temporary = target.with_name(f"duty-1.{os.getpid()}.mkv")
    cuts = "".join(f"[0:v]trim={start}:{end},setpts=PTS-STARTPTS[part{index}];" for index, (start, end) in enumerate(_PARTS_S))
    joined = "".join(f"[part{index}]" for index in range(len(_PARTS_S))) + f"concat=n={len(_PARTS_S)}[out]"
    command = [needs("ffmpeg"), "-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-i", str(clip)]
    command += ["-filter_complex", cuts + joined, "-map", "[out]", "-r", str(FPS), "-c:v", "libx264", "-qp", "0"]
    subprocess.run([*command, "-preset", "ultrafast", str(temporary)], check=True)  # noqa: S603 our own arguments
    temporary.rename(target)
    return target


def sub(terms: Terms, *, path: str, kbps: int) -> Mount:
    """Return a sub-stream: 640x480 at 10 a second, with the noise of a small sensor."""
    return Mount(path=path, clip=duty(terms), width_px=640, height_px=480, fps=FPS, bitrate_kbps=kbps, noise=3)


def full_hd(terms: Terms, *, path: str = "/fhd") -> Mount:
    """Return a main stream: 1920x1080 at 15 a second, 4 Mbit/s."""
    return Mount(
        path=path, clip=duty(terms), width_px=1920, height_px=1080, fps=MAIN_FPS, bitrate_kbps=4000, noise=3, length_s=LOOP_S
    )


def five_megapixels(terms: Terms, *, path: str = "/5mp") -> Mount:
    """Return a main stream: 2560x1920 at 15 a second, 6 Mbit/s."""
    return Mount(
        path=path, clip=duty(terms), width_px=2560, height_px=1920, fps=MAIN_FPS, bitrate_kbps=6000, noise=3, length_s=LOOP_S
    )
