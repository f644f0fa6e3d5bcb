"""Burning the time into a clip: a job in the looker's box decodes, draws and encodes; here its pictures become an MP4."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path
from typing import IO

from hearthwatch.feeds.packet import Run, RunId, VideoInfo
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.errors import Unreachable, Unsupported
from hearthwatch.kit.units import US_PER_S, WallUs, to_datetime
from hearthwatch.recording.boxes import VIDEO_TRACK, Part, file_type
from hearthwatch.recording.clip import ClipReport
from hearthwatch.recording.exhibit import ClockFact, Cut, Exhibit, Hashing, Out
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.movie import Tables, movie_box
from hearthwatch.recording.replay import replay
from hearthwatch.recording.segment import Span
from hearthwatch.recording.selection import Selection, select_footage
from hearthwatch.run.job_messages import Burn, Coded, Enough, FromBurn
from hearthwatch.run.messages import Begin, Media

ANSWER_S = 300.0
"""A job that gives no picture for so long, though it is sent some, is in a loop without end. Long pictures before the first one
that is wanted are decoded meanwhile."""
_END_S = 10.0
_COPY_BYTES = 1 << 20
_KEY_FLAGS, _OTHER_FLAGS = 0x0200_0000, 0x0101_0000
"""Of a sample, as in ISO/IEC 14496-12 §8.8.3.1."""


def burner(zone: tzinfo) -> Cut:
    """Return what makes a clip with the time of `zone` drawn into its pictures. It has no sound.

    It raises what `clip.export` raises, and Unsupported when the pictures cannot be decoded or encoded here.
    """

    def cut(reader: IndexReader, folder: Path, span: Span, out: Out, *, name: str, clock: ClockFact | None) -> Exhibit:
        sources = reader.segments(span.camera, span.stream, span.start_us, span.end_us)
        chosen = select_footage(reader, folder, span, compared=True)
        hashing = Hashing(out)
        report = _write(chosen, span, zone, hashing)
        report = replace(report, gaps=reader.gaps(span.camera, span.stream, span.start_us, span.end_us))
        return Exhibit(name=name, asked=span, report=report, sha256=hashing.sha256, sources=sources, clock=clock, burnt=True)

    return cut


def _write(chosen: Selection, span: Span, zone: tzinfo, out: Hashing) -> ClipReport:
    with tempfile.TemporaryFile() as kept:
        wish = Burn(offset_s=offset_s(span.start_us, zone), from_us=span.start_us)
        info, shown = encoded(wish, _stream(chosen, span), kept)
        if info is None or not shown:
            raise Unsupported(f"no picture of {span.camera} could be decoded")
        ends = _ends(chosen, [picture.wall_us for picture in shown])
        lengths_us = [end_us - picture.wall_us for picture, end_us in zip(shown, ends, strict=True)]
        length_us, size_bytes = write_movie(info, shown, lengths_us, kept, out)
    return ClipReport(
        start_us=shown[0].wall_us,
        end_us=ends[-1],
        duration_us=length_us,
        size_bytes=size_bytes,
        video=info,
        frames=len(shown),
        segments=len(chosen.pieces),
        gaps=(),
        notes=(*chosen.notes, *(("the sound is left out",) if chosen.info.audio is not None else ())),
    )


def _ends(chosen: Selection, starts: list[WallUs]) -> list[WallUs]:
    """Return until when each picture is shown: until the next, but no longer than its file lasts, for gaps take no time."""
    hz = chosen.info.video.ticks_per_s
    files = [WallUs(piece.start_us + piece.video_ticks * US_PER_S // hz) for piece in chosen.pieces]
    ends = []
    for start_us, next_us in zip(starts, [*starts[1:], None], strict=True):
        file_us = next((end_us for end_us in files if end_us > start_us), start_us)
        ends.append(WallUs(max(start_us, file_us if next_us is None else min(file_us, next_us))))
    return ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A picture encoded anew, and the moment it shows."""

    wall_us: WallUs
    size_bytes: int
    is_key: bool


def write_movie(
    info: VideoInfo, shown: Sequence[Shown], lengths_us: Sequence[int], kept: IO[bytes], out: Hashing
) -> tuple[int, int]:
    """Write the MP4 of the pictures that lie behind each other in `kept`, each shown for its length; return how long it lasts
    in us, and its bytes."""
    table = Tables(info)
    hz = info.ticks_per_s
    rows: list[int] = []
    for picture, length_us in zip(shown, lengths_us, strict=True):
        flags = _KEY_FLAGS if picture.is_key else _OTHER_FLAGS
        rows += (length_us * hz // US_PER_S, picture.size_bytes, flags, 0)
    table.add(Part(track=VIDEO_TRACK, base_ticks=0, rows=rows), 0, 0)
    data_bytes = kept.tell()
    head = file_type()
    data_offset = len(head) + len(movie_box([(table, 0)], 0)) + 16
    out.writelines((head, movie_box([(table, 0)], data_offset), struct.pack(">I4sQ", 1, b"mdat", data_bytes + 16)))
    kept.seek(0)
    out.writelines(iter(lambda: kept.read(_COPY_BYTES), b""))
    return table.end_ticks * US_PER_S // hz, data_offset + data_bytes


def encoded(wish: Burn, stream: Iterable[Begin | Media], kept: IO[bytes]) -> tuple[VideoInfo | None, list[Shown]]:
    """Have a job do as `wish` says with `stream`, which is read by a thread of its own, and put the new pictures behind each
    other into `kept`. Pictures before `from_us`, which are there to be decoded, are left out. Raises Unsupported."""
    info: VideoInfo | None = None
    shown: list[Shown] = []
    with _job() as channel:
        sending = threading.Thread(target=_send, args=(channel, wish, stream), name="to-burning", daemon=True)
        sending.start()
        while True:
            answer = channel.receive()
            if not isinstance(answer, Coded):
                break
            info = answer.info or info
            kept.write(answer.data)
            shown.append(Shown(wall_us=answer.wall_us, size_bytes=len(answer.data), is_key=answer.is_key))
        sending.join()
    if answer.error:
        raise Unsupported(answer.error)
    return info, shown


def offset_s(at_us: WallUs, zone: tzinfo) -> int:
    """Return how far east of universal time the zone is at that moment."""
    offset = to_datetime(at_us, zone).utcoffset()
    assert offset is not None
    return round(offset.total_seconds())


def _stream(chosen: Selection, span: Span) -> Iterator[Begin | Media]:
    run = Run(id=RunId("burn"), camera=span.camera, stream=span.stream, start_us=chosen.pieces[0].start_us)
    yield Begin(run=run, info=chosen.info)
    for packet in replay(chosen, span):
        yield Media(packet=packet)


def _send(channel: Channel[FromBurn], wish: Burn, stream: Iterable[Begin | Media]) -> None:
    with contextlib.suppress(Unreachable):  # whoever receives from the job meets the same
        channel.send(wish)
        try:
            for message in stream:
                channel.send(message)
        finally:
            channel.send(Enough())


@contextmanager
def _job() -> Iterator[Channel[FromBurn]]:
    ours, theirs = socket.socketpair()
    ours.settimeout(ANSWER_S)
    with theirs:
        process = subprocess.Popen(  # noqa: S603 our own program
            [sys.executable, "-m", "hearthwatch.run.burn_job", str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            env={**os.environ, "MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1"},
        )
    channel: Channel[FromBurn] = Channel(ours, FromBurn)
    try:
        yield channel
    finally:
        channel.close()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
