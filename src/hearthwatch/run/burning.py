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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
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

_COPY_BYTES = 1 << 20
_KEY_FLAGS, _OTHER_FLAGS = 0x0200_0000, 0x0101_0000
"""Of a sample, as in ISO/IEC 14496-12 §8.8.3.1."""


def burner(zone: tzinfo) -> Cut:
    """Return what makes a clip with the time of `zone` drawn into its pictures. It has no sound.

    It raises what `clip.export` raises, and Unsupported when the pictures cannot be decoded or encoded here.
    """

    def cut(reader: IndexReader, folder: Path, span: Span, out: Out, *, name: str, clock: ClockFact | None) -> Exhibit:
        sources = reader.segments(span.camera, span.stream, span.start_us, span.end_us)
        chosen = select_footage(reader, folder, span)
        hashing = Hashing(out)
        report = _write(chosen, span, zone, hashing)
        report = replace(report, gaps=reader.gaps(span.camera, span.stream, span.start_us, span.end_us))
        return Exhibit(name=name, asked=span, report=report, sha256=hashing.sha256, sources=sources, clock=clock, burnt=True)

    return cut


def _write(chosen: Selection, span: Span, zone: tzinfo, out: Hashing) -> ClipReport:
    with tempfile.TemporaryFile() as kept:
        info, shown = _encoded(chosen, span, zone, kept)
        if info is None or not shown:
            raise Unsupported(f"no picture of {span.camera} could be decoded")
        table = Tables(info)
        hz = info.ticks_per_s
        ends = _ends(chosen, [start_us for start_us, _size, _key in shown])
        rows: list[int] = []
        for (start_us, size_bytes, is_key), end_us in zip(shown, ends, strict=True):
            rows += ((end_us - start_us) * hz // US_PER_S, size_bytes, _KEY_FLAGS if is_key else _OTHER_FLAGS, 0)
        table.add(Part(track=VIDEO_TRACK, base_ticks=0, rows=rows), 0, 0)
        data_bytes = kept.tell()
        head = file_type()
        data_offset = len(head) + len(movie_box([(table, 0)], 0)) + 16
        out.writelines((head, movie_box([(table, 0)], data_offset), struct.pack(">I4sQ", 1, b"mdat", data_bytes + 16)))
        kept.seek(0)
        out.writelines(iter(lambda: kept.read(_COPY_BYTES), b""))
    return ClipReport(
        start_us=shown[0][0],
        end_us=ends[-1],
        duration_us=table.end_ticks * US_PER_S // hz,
        size_bytes=data_offset + data_bytes,
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


def _encoded(
    chosen: Selection, span: Span, zone: tzinfo, kept: IO[bytes]
) -> tuple[VideoInfo | None, list[tuple[WallUs, int, bool]]]:
    """Put the new pictures behind each other into `kept`; return what they are, and of each when it is shown, its size, and
    whether it is a key frame. Pictures before the span, which are there to be decoded, are left out."""
    info: VideoInfo | None = None
    shown: list[tuple[WallUs, int, bool]] = []
    with _job() as channel:
        sending = threading.Thread(target=_send, args=(channel, chosen, span, zone), name="to-burning", daemon=True)
        sending.start()
        while True:
            answer = channel.receive()
            if not isinstance(answer, Coded):
                break
            info = answer.info or info
            kept.write(answer.data)
            shown.append((answer.wall_us, len(answer.data), answer.is_key))
        sending.join()
    if answer.error:
        raise Unsupported(answer.error)
    return info, shown


def _send(channel: Channel[FromBurn], chosen: Selection, span: Span, zone: tzinfo) -> None:
    offset = to_datetime(span.start_us, zone).utcoffset()
    assert offset is not None
    run = Run(id=RunId("burn"), camera=span.camera, stream=span.stream, start_us=chosen.pieces[0].start_us)
    with contextlib.suppress(Unreachable):  # whoever receives from the job meets the same
        channel.send(Burn(offset_s=round(offset.total_seconds()), from_us=span.start_us))
        channel.send(Begin(run=run, info=chosen.info))
        try:
            for packet in replay(chosen, span):
                channel.send(Media(packet=packet))
        finally:
            channel.send(Enough())


@contextmanager
def _job() -> Iterator[Channel[FromBurn]]:
    ours, theirs = socket.socketpair()
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
        process.wait()
