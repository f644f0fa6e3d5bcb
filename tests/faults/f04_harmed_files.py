"""F04: files of footage are cut, overwritten, flipped, exchanged or removed while nobody looks."""

from __future__ import annotations

import asyncio
import contextlib
import io
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.errors import BadReply, StorageFailed
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.clip import export
from hearthwatch.recording.playback import playback
from hearthwatch.recording.segment import Segment, Span, StorageOptions
from hearthwatch.recording.selection import NoFootage
from hearthwatch.recording.verify import verify
from hearthwatch.recording.walk import read_footage_at
from tests.faults.disk_scene import FAR_US
from tests.faults.fault import Fault, Outcome, Terms
from tests.faults.numbered import FPS, filler, numbered, numbers_in
from tests.recording.conftest import Bench
from tests.recording.packet_maker import START_US, make

CAMERAS = ("front", "back")
_PICTURES = 26 * FPS
_SPOILT = 9


@dataclass(slots=True)
class Harm:
    """What was done to one file, and what a perfect repair could still show of it."""

    kind: str
    segment: Segment
    before: list[int]
    whole: set[int] = field(default_factory=set)
    """Pictures of fragments that no harm touched, from the front on."""


def recorded(folder: Path, rng: random.Random) -> Bench:
    """Return a recorder that has recorded both cameras in numbered pictures and was stopped in order."""
    bench = Bench(folder, options=StorageOptions(segment_s=1.5, free_gib=0))
    made, ballast = make(), filler(600, rng)
    for at, camera in enumerate(CAMERAS):
        writer = bench.writer(camera)
        bench.begin(writer, made)
        bench.feed(writer, islice(numbered(made, CameraId(camera), 1 + at * 10**6, START_US, filler=ballast), _PICTURES))
        bench.end(writer)
    bench.close()
    return bench


def whole_until(path: Path, end: int) -> set[int]:
    """Return the pictures of the fragments that lie whole before a byte."""
    footage = read_footage_at(path)
    count = sum(one.video.count for one in footage.fragments if one.video and one.end <= end)
    return set(numbers_in(path)[:count])


def harm(path: Path, other: Path, one: Harm, rng: random.Random) -> None:
    """Do it. `whole` is what stays whole."""
    size = path.stat().st_size
    at = rng.randrange(size)
    match one.kind:
        case "cut":
            one.whole = whole_until(path, at)
            with path.open("r+b") as file:
                file.truncate(at)
        case "zeroes":
            one.whole = whole_until(path, at)
            with path.open("r+b") as file:
                file.seek(at)
                file.write(bytes(size - at))
        case "flip":
            with path.open("r+b") as file:
                file.seek(at)
                byte = file.read(1)[0]
                file.seek(at)
                file.write(bytes([byte ^ (1 << rng.randrange(8))]))
            one.before += _numbers(path.read_bytes())  # the bit may lie in a picture's number: it is the same picture still
        case "exchange":
            mine, theirs = path.read_bytes(), other.read_bytes()
            path.write_bytes(theirs)
            other.write_bytes(mine)
        case "remove":
            path.unlink()


def spoil(bench: Bench, rng: random.Random) -> list[Harm]:
    """Harm some files, each in one way; of two that were exchanged both are harmed."""
    from hearthwatch.recording.index import IndexReader

    done: list[Harm] = []
    with IndexReader(bench.index_path) as reader:
        free = [one for one in reader.all_segments() if one.size_bytes]
    rng.shuffle(free)
    kinds = ["cut", "zeroes", "flip", "remove", "exchange", "cut", "zeroes", "flip"]
    for kind in kinds[:_SPOILT]:
        segment = free.pop()
        path = bench.folder / segment.path
        other = free.pop() if kind == "exchange" else segment
        first = Harm(kind, segment, numbers_in(path))
        if kind == "exchange":
            done.append(Harm(kind, other, numbers_in(bench.folder / other.path)))
        harm(path, bench.folder / other.path, first, rng)
        done.append(first)
    return done


def served(bench: Bench, segment: Segment) -> tuple[set[int], bool]:
    """Return which of the segment's pictures an export of its time holds, and whether export and playback say it is damaged."""
    span = Span(camera=segment.camera, stream=Stream.MAIN, start_us=segment.start_us, end_us=WallUs(segment.end_us - 1))
    out = io.BytesIO()
    try:
        report = export(bench.reader, bench.folder, span, _Lines(out))
        shown = playback(bench.reader, bench.folder, span, keys_only=False)
        told = bool(report.notes) and bool(shown.harmed)
        for _piece in shown.pieces:
            pass
    except NoFootage:
        return set(), True
    except (BadReply, StorageFailed):
        return set(), True
    data = out.getvalue()
    return set(_numbers(data)), told


class _Lines:
    def __init__(self, out: io.BytesIO) -> None:
        self._out = out

    def writelines(self, pieces) -> None:
        for piece in pieces:
            self._out.write(piece)


def _numbers(data: bytes) -> Iterator[int]:
    sign = b"number of a tria"
    at = -1
    while (at := data.find(sign, at + 1)) >= 0:
        digits = data[at + 16 : at + 32]
        if digits.isdigit():
            yield int(digits)


def trial(terms: Terms) -> Outcome:
    rng = terms.random
    bench = recorded(terms.folder, rng)
    with contextlib.closing(bench):
        harms = spoil(bench, rng)
        bench.open()
        stopped = {one.path for one in verify(bench.folder, bench.reader, now_us=FAR_US, deep=True).findings}
        unfound = [one for one in harms if str(one.segment.path) not in stopped]
        for _turn in range(80):
            bench.clock.advance(11)
            bench.work()
        after = verify(bench.folder, bench.reader, now_us=FAR_US, deep=True).findings
        broken = [f"check did not find: {one.kind} of {one.segment.path}" for one in unfound]
        by_content = {str(one.segment.path) for one in harms if one.kind in {"flip", "zeroes", "exchange"}}
        broken += [
            f"still listed wrongly after the start: {one.flaw} {one.path}" for one in after if one.path not in by_content
        ]
        lost = recoverable = good = 0
        kinds: Counter[str] = Counter()
        there = {str(one.path): one for camera in CAMERAS for one in bench.segments(camera)}
        for one in harms:
            kinds[one.kind] += 1
            now = there.get(str(one.segment.path))
            shown, told = served(bench, now) if now is not None else (set(), True)
            ours = shown & set(one.before)
            if shown - set(one.before):
                broken.append(f"{one.kind}: footage of another time is shown as this one's ({one.segment.path})")
            if one.kind == "cut":
                recoverable += len(one.whole)
                lost += len(one.whole - ours)
            is_marked = any(finding.path == str(one.segment.path) for finding in after)
            if one.kind in {"flip", "zeroes"} and now is not None and not (told and is_marked):
                good += 1
                broken.append(f"{one.kind}: {one.segment.path} is served as good")
        unharmed = {str(path) for path in there} - {str(one.segment.path) for one in harms}
        for path in sorted(unharmed)[:6]:
            _shown, told = served(bench, there[path])
            if told:
                broken.append(f"{path} is said to be damaged and is not")
    if lost:
        broken.append(f"{lost} of {recoverable} pictures before a cut cannot be played")
    figures = {
        "injected": len(harms),
        "not_found": len(unfound),
        "served_as_good": good,
        "whole_before_cut_s": recoverable / FPS,
        "not_recovered_s": lost / FPS,
        "lying_rows_after": sum(one.path not in by_content for one in after),
    }
    return Outcome(figures=figures, broken=tuple(broken))


async def run(terms: Terms) -> Outcome:
    """Harm nine files of a stopped recorder, look, start it, look again."""
    return await asyncio.to_thread(trial, terms)


FAULT = Fault(
    id="F04",
    what="Files of footage are cut, zeroed, flipped by a bit, exchanged or removed while the recorder is stopped",
    promise="P3",
    short=2,
    full=60,
    trial=run,
)
