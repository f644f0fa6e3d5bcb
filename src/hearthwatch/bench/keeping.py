"""BM4, BM5: what recording main streams costs, beside ffmpeg's stream copy into the same kind of file."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice, takewhile
from pathlib import Path

import av
from av.error import FFmpegError

from hearthwatch.bench import footage
from hearthwatch.bench.contender import Child, Contender, Ffmpeg, Result, compete, scratch
from hearthwatch.bench.row import Guard, Row
from hearthwatch.bench.rtsp_server import Mount, RtspServer
from hearthwatch.bench.terms import Bench, Terms
from hearthwatch.feeds.nal import is_slice, split_annexb
from hearthwatch.feeds.packet import Codec

_OURS, _FFMPEG = "Hearthwatch", "ffmpeg"
_PEER = "ffmpeg -c copy, fMP4"
_LOST_BY_KILL_S = 3.0
"""The fragment of a second under way, and what came between the kill and ffmpeg's end."""


class Recording(Child):
    """The recorder, killed at the end as a power cut would: what is on the disk then is what counts."""

    def pictures(self) -> None:
        """What it kept is compared afterwards, picture by picture."""

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recorded:
    cameras: int
    result: Result
    guards: tuple[Guard, ...]


def _recorded(terms: Terms, mount: Mount, cameras: int) -> _Recorded:
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        server = stack.enter_context(RtspServer([mount]))
        url = server.url(mount.path)
        copies = [folder / f"copy-{index}.mp4" for index in range(cameras)]
        fragmented = ["-c", "copy", "-an", "-f", "mp4", "-movflags", "frag_keyframe+empty_moov+default_base_moof"]
        with ExitStack() as recording:
            names = {f"cam-{index}": url for index in range(cameras)}
            ours = recording.enter_context(Recording("recording_child", cameras=names, folder=str(folder / "footage")))
            peer = recording.enter_context(
                Ffmpeg(folder, *(["-rtsp_transport", "tcp", "-i", url, *fragmented, str(copy)] for copy in copies))
            )
            contenders: dict[str, Contender] = {_OURS: ours, _FFMPEG: peer}
            per_s = footage.MAIN_FPS * cameras
            result = compete(contenders, rounds=terms.rounds, round_s=terms.round_s, pictures_per_s=per_s)
            ours.kill()
        same = [
            in_common(coded(sorted((folder / "footage" / f"cam-{index}" / "main").glob("*.mp4"))), coded([copy]))
            for index, copy in enumerate(copies)
        ]
    return _Recorded(cameras=cameras, result=result, guards=_guards(same))


def coded(files: Sequence[Path]) -> list[bytes]:
    """Return a hash of the coded picture (its slices; not parameter sets, which our files hold once) of every frame of H.264
    files, in order, as far as each file can be played."""
    return [found for file in files for found in _coded(file)]


def _coded(file: Path) -> list[bytes]:
    hashes: list[bytes] = []
    # what the kill cut off is no error of the file, which may even be empty
    with contextlib.suppress(FFmpegError), av.open(str(file)) as container:
        stream = container.streams.video[0]
        to_annexb = av.BitStreamFilterContext("h264_mp4toannexb", stream)
        for packet in container.demux(stream):
            for one in to_annexb.filter(packet) if packet.size else ():
                nals = split_annexb(bytes(one))
                hashes.append(hashlib.sha256(b"".join(nal for nal in nals if is_slice(Codec.H264, nal))).digest())
    return hashes


def in_common(ours: Sequence[bytes], peer: Sequence[bytes]) -> tuple[int, int]:
    """Return how many frames both hold in one row from where the later of them began, and how many of `peer` come after."""
    starts = [(0, at) for at, frame in enumerate(peer) if ours[:1] == [frame]]
    starts += [(at, 0) for at, frame in enumerate(ours) if peer[:1] == [frame]]
    best = (0, len(peer))
    for first, second in starts:
        pairs = zip(islice(ours, first, None), islice(peer, second, None), strict=False)
        length = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        best = max(best, (length, len(peer) - second - length))
    return best


def _guards(same: Sequence[tuple[int, int]]) -> tuple[Guard, ...]:
    missing = max(after for _, after in same)
    return (
        Guard(
            what=f"{sum(length for length, _ in same)} frames in a row with the same coded slices as ffmpeg's",
            held=all(length > footage.MAIN_FPS * footage.LOOP_S for length, _ in same),
        ),
        Guard(
            what=f"the files play after kill -9, all but the newest {missing} frames",
            held=missing <= _LOST_BY_KILL_S * footage.MAIN_FPS,
        ),
    )


def _row(name: str, what: str, recorded: _Recorded, *, limit: float, hard_limit: float) -> Row:
    result, cameras = recorded.result, recorded.cameras
    return Row(
        bench=name,
        what=what,
        ours=result.cpu_frac(_OURS) * 100 / cameras,
        peer=result.cpu_frac(_FFMPEG) * 100 / cameras,
        peer_name=_PEER,
        unit="% core a camera",
        judged=result.cpu_ratio(_OURS, _FFMPEG),
        target=f"ratio <= {limit:.2f}, never > {hard_limit:.2f}",
        limit=limit,
        hard_limit=hard_limit,
        rounds=len(result.rounds),
        guards=recorded.guards,
    )


def _memory(recorded: _Recorded) -> Row:
    result = recorded.result
    return Row(
        bench="BM5",
        what="memory of the same",
        ours=result.resident_bytes(_OURS) / 1e6,
        peer=result.resident_bytes(_FFMPEG) / 1e6,
        peer_name=f"{recorded.cameras} x {_PEER}",
        unit="MB",
        judged=result.resident_ratio(_OURS, _FFMPEG),
        target="ratio <= 0.30",
        limit=0.30,
        rounds=len(result.rounds),
        guards=recorded.guards,
    )


def one_camera(terms: Terms) -> tuple[Row, ...]:
    """BM4."""
    full_hd = _recorded(terms, footage.full_hd(terms), 1)
    large = _recorded(terms, footage.five_megapixels(terms), 1)
    return (
        _row("BM4", "record 1080p@15, 4 Mbit/s", full_hd, limit=1.0, hard_limit=1.3),
        _row("BM4", "record 2560x1920@15, 6 Mbit/s", large, limit=1.0, hard_limit=1.3),
    )


def six_cameras(terms: Terms) -> tuple[Row, ...]:
    """BM5."""
    recorded = _recorded(terms, footage.five_megapixels(terms), 6)
    row = _row("BM5", "record 6 cameras, 2560x1920@15, 6 Mbit/s each", recorded, limit=0.85, hard_limit=1.3)
    return row, _memory(recorded)


BM4 = Bench(name="bm4", what="record one camera, beside ffmpeg -c copy", measure=one_camera)
BM5 = Bench(name="bm5", what="record 6 cameras, beside 6 x ffmpeg -c copy", measure=six_cameras)
