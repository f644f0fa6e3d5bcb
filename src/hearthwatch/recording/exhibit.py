"""The Exhibit: a clip for somebody else's eyes, with a text that says what it shows, what it lacks, and how to check it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Protocol

from hearthwatch.feeds.packet import Codec
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs, iso, to_datetime
from hearthwatch.recording import clip
from hearthwatch.recording.clip import ClipReport
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.segment import Origin, Segment, Span

_NOTEWORTHY_US = 3 * US_PER_S
"""Less than this at an end is a file being written, or the distance to a picture."""
_ORIGINS = {
    Origin.LIVE: "recorded live",
    Origin.UPLOAD: "uploaded by the camera",
    Origin.CARD: "fetched from the camera's card",
}
_CODECS = {Codec.H264: "H.264", Codec.H265: "H.265", Codec.MJPEG: "MJPEG", Codec.MPEG4: "MPEG-4"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFact:
    """How far the camera's own clock was ahead of this machine's when they were compared last, at `at_us`."""

    at_us: WallUs
    off_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """`name` is the clip's file, `sha256` of its bytes in hex; `sources` are the recorded files it was cut from, oldest first.
    `burnt` tells that the time was drawn into the pictures, which are therefore not the camera's own."""

    name: str
    asked: Span
    report: ClipReport
    sha256: str
    sources: tuple[Segment, ...]
    clock: ClockFact | None
    burnt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A part of what was asked for that a clip does not show."""

    start_us: WallUs
    end_us: WallUs
    why: str


class Out(Protocol):
    """A file that is written from front to back."""

    def write(self, data: bytes, /) -> object: ...


class Hashing:
    """What is written to `out`, and its hash."""

    def __init__(self, out: Out) -> None:
        self._out = out
        self._hash = hashlib.sha256()

    def writelines(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            self._hash.update(piece)
            self._out.write(piece)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


class Cut(Protocol):
    """A way to make a clip: `cut`, or one that draws into the pictures."""

    def __call__(
        self, reader: IndexReader, folder: Path, span: Span, out: Out, *, name: str, clock: ClockFact | None
    ) -> Exhibit: ...


def cut(reader: IndexReader, folder: Path, span: Span, out: Out, *, name: str, clock: ClockFact | None) -> Exhibit:
    """Write the clip of `span`, as the camera sent it, to `out` and return what it is. Raises what `clip.export` raises."""
    sources = reader.segments(span.camera, span.stream, span.start_us, span.end_us)
    hashing = Hashing(out)
    report = clip.export(reader, folder, span, hashing)
    return Exhibit(name=name, asked=span, report=report, sha256=hashing.sha256, sources=sources, clock=clock)


def clip_name(camera: CameraId, start_us: WallUs, zone: tzinfo) -> str:
    return f"{camera}-{to_datetime(start_us, zone):%Y%m%d-%H%M%S}.mp4"


def text_name(name: str) -> str:
    """Return the name of the text that goes with the clip `name`."""
    return name.removesuffix(".mp4") + ".txt"


def describe(exhibit: Exhibit, *, zone: tzinfo, made_us: WallUs, version: str) -> str:
    """Return the text that goes with a clip: every time in the home's zone and, for the sources, in universal time."""
    return "\n".join(_lines(exhibit, zone, made_us, version)) + "\n"


def missing(report: ClipReport, asked: Span, now_us: WallUs) -> Iterator[Missing]:
    """Yield each part of the range that the clip does not show, the gaps with their causes; nothing that is still to come."""
    until_us = WallUs(min(asked.end_us, now_us))
    gaps = [(gap.start_us, until_us if gap.end_us is None else gap.end_us) for gap in report.gaps]
    if _is_unexplained(asked.start_us, report.start_us, gaps):
        why = "nothing was recorded yet, or it is deleted already"
        yield Missing(start_us=asked.start_us, end_us=report.start_us, why=why)
    for gap, (low, high) in zip(report.gaps, gaps, strict=True):
        why = f"{gap.reason}: {gap.detail}" if gap.detail else gap.reason.value
        yield Missing(start_us=WallUs(max(low, asked.start_us)), end_us=WallUs(min(high, until_us)), why=why)
    if _is_unexplained(report.end_us, until_us, gaps):
        yield Missing(start_us=report.end_us, end_us=until_us, why="not on the disk yet, or not recorded")


def _is_unexplained(start_us: int, end_us: int, gaps: Sequence[tuple[int, int]]) -> bool:
    """Whether a range of some length has no part in any gap."""
    return end_us - start_us > _NOTEWORTHY_US and not any(low < end_us and start_us < high for low, high in gaps)


def _lines(exhibit: Exhibit, zone: tzinfo, made_us: WallUs, version: str) -> Iterator[str]:
    report, asked = exhibit.report, exhibit.asked

    def at(moment_us: int) -> str:
        return to_datetime(WallUs(moment_us), zone).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]

    offset = to_datetime(report.start_us, zone).strftime("%z")
    yield f"file       {exhibit.name}"
    yield f"sha256     {exhibit.sha256}"
    yield f"camera     {asked.camera}"
    yield f"asked for  {at(asked.start_us)} to {at(asked.end_us)} (UTC{offset[:3]}:{offset[3:]})"
    yield f"shows      {at(report.start_us)} to {at(report.end_us)}, {report.duration_us / US_PER_S:.1f} s of pictures"
    video = report.video
    kind = f"{_CODECS.get(video.codec, video.codec)} {video.width_px} x {video.height_px}, {report.frames} pictures"
    if exhibit.burnt:
        yield f"pictures   {kind}; the time was drawn into them here, so they are encoded anew"
    else:
        yield f"pictures   {kind}, as the camera sent them: nothing was encoded anew"
    yield f"its clock  {_clock(exhibit.clock, at)}"
    yield f"made       {at(made_us)} by Hearthwatch {version}"
    yield ""
    yield "Every time above is this machine's, when the pictures arrived. A time burnt in by the camera is the camera's."
    yield ""
    parts = list(missing(report, asked, made_us))
    yield "Missing in it:" if parts else "Nothing of that time is missing in it."
    for part in parts:
        yield f"  {at(part.start_us)}, for {(part.end_us - part.start_us) / US_PER_S:.1f} s ({part.why})"
    for note in report.notes:
        yield f"note: {note}"
    yield ""
    yield "Cut from these files of the recording (start in universal time, length, bytes, sha256):"
    for source in exhibit.sources:
        digest = source.sha256.hex() or "being written when this was made"
        yield (
            f"  {iso(source.start_us)}  {source.duration_us / US_PER_S:7.3f} s  {source.size_bytes:>12}  {digest}"
            f"  {source.path}  {_ORIGINS[source.origin]}"
        )


def _clock(clock: ClockFact | None, at: Callable[[int], str]) -> str:
    if clock is None:
        return "was never compared with this machine's"
    away_s = clock.off_us / US_PER_S
    if abs(away_s) < 0.5:
        return f"agreed with this machine's to half a second at {at(clock.at_us)}"
    return f"was {abs(away_s):.1f} s {'ahead of' if away_s > 0 else 'behind'} this machine's at {at(clock.at_us)}"
