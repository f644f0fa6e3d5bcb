"""A stand-in for `rpicam-vid` and `rpicam-still`: real MPEG-TS with H.264, or a JPEG, on standard output, and a camera that can
be unplugged: where the file named by `RPICAM_FAULT` holds a text, that is said on standard error as the real ones do.

`programs(folder)` makes the two commands in a folder for PATH. Each running one leaves `PROGRAM.PID` with its arguments there;
`keys` holds the number of the newest key frame.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NO_CAMERA = "ERROR: *** no cameras available ***"


def programs(folder: Path, names: tuple[str, ...] = ("rpicam-vid", "rpicam-still")) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        path = folder / name
        path.write_text(
            f'#!/bin/sh\nPYTHONPATH="{ROOT}" RPICAM_FOLDER="{folder}" exec "{sys.executable}" -m tests.devices.rpicam {name} "$@"\n'
        )
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return folder


def running(folder: Path) -> list[tuple[int, str]]:
    """Return the pid and the arguments of those that run."""
    found = [(int(path.suffix[1:]), path.read_text()) for path in folder.glob("rpicam-*.[0-9]*")]
    return [(pid, arguments) for pid, arguments in found if _runs(pid)]


def _runs(pid: int) -> bool:
    try:
        return b"tests.devices.rpicam" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):  # the latter when it ends between opening and reading
        return False


def _value(arguments: list[str], name: str, otherwise: int) -> int:
    return int(arguments[arguments.index(name) + 1]) if name in arguments else otherwise


def _frame(width: int, height: int, number: int):
    import av
    import numpy as np

    picture = np.full((height * 3 // 2, width), 110, dtype=np.uint8)
    picture[:height] = np.linspace(40, 200, width, dtype=np.uint8)
    side = height // 4
    left = number * 8 % (width - side)
    picture[height // 2 : height // 2 + side, left : left + side] = 235
    return av.VideoFrame.from_ndarray(picture, format="yuv420p")


def _video(arguments: list[str]) -> None:
    import av

    width, height = _value(arguments, "--width", 640), _value(arguments, "--height", 480)
    fps = _value(arguments, "--framerate", 15)
    with av.open(
        os.fdopen(1, "wb", buffering=0), "w", format="mpegts", options={"flush_packets": "1"}, buffer_size=1880
    ) as out:
        stream = out.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "tune": "zerolatency"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.bit_rate = _value(arguments, "--bitrate", 1_000_000)
        stream.codec_context.gop_size = _value(arguments, "--intra", 2 * fps)
        began, number = time.monotonic(), 0
        keys = Path(os.environ["RPICAM_FOLDER"], "keys")
        while True:
            _say_fault()
            frame = _frame(width, height, number)
            frame.pts = number
            packets = stream.encode(frame)
            out.mux(packets)
            if any(packet.is_keyframe for packet in packets):
                keys.write_text(str(number))
            number += 1
            time.sleep(max(0.0, began + number / fps - time.monotonic()))


def _still(arguments: list[str]) -> None:
    import simplejpeg

    rgb = _frame(_value(arguments, "--width", 640), _value(arguments, "--height", 480), int(time.time() * 10)).to_ndarray(
        format="rgb24"
    )
    sys.stdout.buffer.write(simplejpeg.encode_jpeg(rgb))


def _say_fault() -> None:
    path = os.environ.get("RPICAM_FAULT", "")
    text = Path(path).read_text() if path and Path(path).exists() else ""
    if text:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
        os._exit(255)


def main() -> None:
    program, *arguments = sys.argv[1:]
    note = Path(os.environ["RPICAM_FOLDER"], f"{program}.{os.getpid()}")
    note.write_text(" ".join(arguments))
    _say_fault()
    sys.stderr.write("[0:13:57.732391469] [810]  INFO Camera camera_manager.cpp:326 a stand-in\n")
    try:
        (_video if program == "rpicam-vid" else _still)(arguments)
    except (BrokenPipeError, KeyboardInterrupt):
        os._exit(1)


if __name__ == "__main__":
    main()
