"""A real RTSP camera for tests and benchmarks: GStreamer's RTSP server in its own process, serving prepared clips in a loop.

Clips are encoded once with ffmpeg into a cache under the temporary folder, so that serving costs next to nothing. Every mount
is shared (many clients, one stream), live, and its time stamps rise for ever; a clip starts anew when the first client comes.
Needs Debian's `python3-gi`, `gir1.2-gst-rtsp-server-1.0` and the good, bad and ugly plugins.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import av

SYSTEM_PYTHON = "/usr/bin/python3"
_CHILD = Path(__file__).with_name("gst_rtsp_child.py")
_CACHE = Path(tempfile.gettempdir()) / f"hearthwatch-clips-{os.getuid()}"
_HEAD = struct.Struct("!QQQI")
_FORMAT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One stream. Without `clip` a moving test picture. With neither size, rate nor bit rate given a clip that already has the
    codec is served as it is. `length_s` takes only the start of the clip. `ranges` of pictures (first, end), each beginning
    with a key frame, are served in this order; `ledger` is a file that gets a row for each picture sent."""

    path: str = "/main"
    clip: Path | None = None
    codec: str = "h264"
    width_px: int | None = None
    height_px: int | None = None
    fps: float | None = None
    bitrate_kbps: int | None = None
    gop_s: float = 2.0
    audio: str | None = None
    length_s: float | None = None
    noise: int = 0
    ranges: tuple[tuple[int, int], ...] = ()
    ledger: Path | None = None


class RtspServer:
    """A camera on a free port of `address`: `with RtspServer([Mount(path="/main")]) as camera: camera.url("/main")`."""

    def __init__(
        self,
        mounts: list[Mount],
        *,
        user: str | None = None,
        password: str | None = None,
        basic: bool = False,
        session_timeout_s: int | None = None,
        address: str = "127.0.0.1",
    ) -> None:
        self._address = address
        self._config = {
            "address": address,
            "port": 0,
            "user": user,
            "password": password,
            "basic": basic,
            "session_timeout_s": session_timeout_s,
            "mounts": [_prepared(mount) for mount in mounts],
        }
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def url(self, path: str = "/main") -> str:
        return f"rtsp://{self._address}:{self.port}{path}"

    def start(self) -> None:
        """Start, and return once the server listens; after `kill` it comes back on the same port."""
        self._config["port"] = self.port
        self._process = subprocess.Popen(  # noqa: S603 ourselves
            [SYSTEM_PYTHON, str(_CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "GST_DEBUG": os.environ.get("GST_DEBUG", "0")},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(self._config) + "\n")
        self._process.stdin.flush()
        word, _, port = self._process.stdout.readline().partition(" ")
        if word != "READY":
            self.kill()
            raise RuntimeError("the GStreamer RTSP server did not start")
        self.port = int(port)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self._process = None

    def pause(self) -> None:
        """Freeze it: connections stay open and silent."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)


def encoded(mount: Mount) -> Path:
    """Return the MP4 that `mount` serves, encoding it unless the cache has it."""
    key = json.dumps([_FORMAT, *_identity(mount)])
    target = _CACHE / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.mp4"
    if target.exists():
        return target
    _CACHE.mkdir(mode=0o700, exist_ok=True)
    temporary = target.with_name(f"{target.stem}.{os.getpid()}.mp4")
    subprocess.run(_ffmpeg(mount, temporary), check=True, stdin=subprocess.DEVNULL)  # noqa: S603 ffmpeg with our own arguments
    with contextlib.suppress(FileExistsError):  # another process was first, and its units are of its file
        os.link(temporary, target)
    temporary.unlink()
    return target


def _identity(mount: Mount) -> list[object]:
    clip = [str(mount.clip), mount.clip.stat().st_size, mount.clip.stat().st_mtime_ns] if mount.clip else None
    size = [mount.width_px, mount.height_px, mount.fps, mount.bitrate_kbps, mount.gop_s, mount.length_s, mount.noise]
    return [clip, mount.codec, size, mount.audio]


def _ffmpeg(mount: Mount, target: Path) -> list[str]:
    width, height, fps = mount.width_px or 640, mount.height_px or 480, mount.fps or 10
    command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y"]
    if mount.clip:
        command += ["-i", str(mount.clip)]
    else:
        command += ["-f", "lavfi", "-i", f"testsrc2=size={width}x{height}:rate={fps}:duration={mount.length_s or 20}"]
    if mount.audio:
        command += ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=16000"]
    command += ["-map", "0:v:0", "-t", str(mount.length_s or 600)]
    if mount.audio == "aac":
        command += ["-map", "1:a:0", "-c:a", "aac", "-ac", "1", "-ar", "16000", "-b:a", "32k", "-shortest"]
    elif mount.audio:
        command += [
            "-map",
            "1:a:0",
            "-c:a",
            f"pcm_{mount.audio[-1:]}law".replace("ulaw", "mulaw"),
            "-ac",
            "1",
            "-ar",
            "8000",
            "-shortest",
        ]
    if (
        mount.clip
        and not (mount.width_px or mount.height_px or mount.fps or mount.bitrate_kbps)
        and _codec(mount.clip) == mount.codec
    ):
        command += ["-c:v", "copy"]
    else:
        command += _video_options(mount, fps)
    if mount.audio in {"pcmu", "pcma"}:
        return [*command, "-f", "mov", str(target)]
    return [*command, "-f", "mp4", str(target)]


def _codec(clip: Path) -> str:
    with av.open(str(clip)) as container:
        return {"hevc": "h265"}.get(name := container.streams.video[0].codec_context.name, name)


def _video_options(mount: Mount, fps: float) -> list[str]:
    filters = []
    if mount.clip and (mount.width_px or mount.height_px):
        filters.append(f"scale={mount.width_px or -2}:{mount.height_px or -2}:flags=bicubic")
    if mount.fps:
        filters.append(f"fps={mount.fps}")
    if mount.noise:
        filters.append(f"noise=alls={mount.noise}:allf=t")
    filters.append("format=yuv420p")
    gop = str(max(1, round(mount.gop_s * fps)))
    rate = f"{mount.bitrate_kbps or 500}k"
    buffer = f"{2 * (mount.bitrate_kbps or 500)}k"
    options = ["-vf", ",".join(filters), "-preset", "veryfast", "-bf", "0", "-g", gop, "-keyint_min", gop, "-sc_threshold", "0"]
    options += ["-b:v", rate, "-maxrate", rate, "-bufsize", buffer]
    if mount.codec == "h265":
        return [
            *options,
            "-c:v",
            "libx265",
            "-tag:v",
            "hvc1",
            "-x265-params",
            f"log-level=error:bframes=0:keyint={gop}:min-keyint={gop}",
        ]
    return [*options, "-c:v", "libx264", "-profile:v", "main"]


def _prepared(mount: Mount) -> dict[str, object]:
    """Return what the child process needs: a launch line and the files of access units."""
    clip = encoded(mount)
    h26x = "h265" if mount.codec == "h265" else "h264"
    annexb = {"h264": "h264_mp4toannexb", "h265": "hevc_mp4toannexb"}[h26x]
    files = {"video": str(_units(clip, "video", annexb))}
    live = "is-live=true format=time block=false max-bytes=8000000"
    launch = (
        f"appsrc name=video {live} caps=video/x-{h26x},stream-format=byte-stream,alignment=au ! {h26x}parse "
        f"! rtp{h26x}pay name=pay0 pt=96 config-interval=-1"
    )
    if mount.audio:
        files["audio"] = str(_units(clip, "audio", None))
        with av.open(str(clip)) as container:
            context = container.streams.audio[0].codec_context
            setup, rate = bytes(context.extradata or b"").hex(), context.sample_rate
        caps, payloader = {
            "aac": (
                f"audio/mpeg,mpegversion=4,stream-format=raw,rate={rate},channels=1,codec_data=(buffer){setup}",
                "rtpmp4gpay pt=97",
            ),
            "pcmu": ("audio/x-mulaw,rate=8000,channels=1", "rtppcmupay pt=0"),
            "pcma": ("audio/x-alaw,rate=8000,channels=1", "rtppcmapay pt=8"),
        }[mount.audio]
        launch += f" appsrc name=audio {live} caps={caps} ! {payloader} name=pay1"
    return {
        "path": mount.path,
        "launch": f"( {launch} )",
        "files": files,
        "ranges": mount.ranges,
        "ledger": str(mount.ledger) if mount.ledger else "",
    }


def _units(clip: Path, kind: Literal["video", "audio"], bsf: str | None) -> Path:
    """Write the access units of one track of `clip` as the child reads them."""
    target = clip.with_suffix(f".{kind}")
    if target.exists():
        return target
    rows: list[tuple[int, int, bytes]] = []
    with av.open(str(clip)) as container:
        stream = container.streams.best(kind)
        assert stream is not None
        assert stream.time_base is not None
        scale = stream.time_base * 1_000_000_000
        context = av.BitStreamFilterContext(bsf, stream) if bsf else None
        for packet in container.demux(stream):
            if packet.size and packet.pts is not None and packet.dts is not None:
                dts, shown_later = round(packet.dts * scale), round((packet.pts - packet.dts) * scale)
                rows += [(dts, shown_later, bytes(one)) for one in (context.filter(packet) if context else [packet])]
    if kind == "audio" and _is_g711(clip):
        rows = _in_20_ms(b"".join(row[2] for row in rows))
    start = rows[0][0]
    step = round(Fraction(rows[-1][0] - start, max(1, len(rows) - 1)))
    temporary = target.with_name(f"{target.name}.{os.getpid()}")
    with temporary.open("wb") as file:
        for index, (dts, shown_later, data) in enumerate(rows):
            length = rows[index + 1][0] - dts if index + 1 < len(rows) else step
            file.write(_HEAD.pack(dts - start, shown_later, length, len(data)) + data)
    temporary.rename(target)
    return target


def _is_g711(clip: Path) -> bool:
    with av.open(str(clip)) as container:
        return container.streams.audio[0].codec_context.name in {"pcm_mulaw", "pcm_alaw"}


def _in_20_ms(samples: bytes) -> list[tuple[int, int, bytes]]:
    return [(at // 160 * 20_000_000, 0, samples[at : at + 160]) for at in range(0, len(samples) - 159, 160)]
