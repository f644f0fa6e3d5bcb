"""The Case: the clips of one time range in one zip file, to hand over: each with its text, and the sums of all."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import IO, BinaryIO, Self

from hearthwatch.kit.units import CameraId, WallUs, to_datetime
from hearthwatch.recording.exhibit import ClockFact, Cut, Exhibit, clip_name, describe, text_name
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.segment import Span
from hearthwatch.recording.selection import NoFootage

_SUMS = "SHA256SUMS"
_LACKING = "MISSING.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a case holds, and the spans of which there was no footage."""

    exhibits: tuple[Exhibit, ...]
    lacking: tuple[Span, ...]


class _Entry:
    """A file in the zip that is begun by the first byte: where there is no footage there is none."""

    def __init__(self, box: zipfile.ZipFile, name: str) -> None:
        self._box = box
        self._name = name
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, data: bytes, /) -> object:
        if self._file is None:
            self._file = self._box.open(self._name, "w", force_zip64=True)
        return self._file.write(data)


def write_case(
    reader: IndexReader,
    folder: Path,
    spans: Sequence[Span],
    out: BinaryIO,
    *,
    cut: Cut,
    clock_of: Callable[[CameraId], ClockFact | None],
    zone: tzinfo,
    made_us: WallUs,
    version: str,
) -> Case:
    """Write the zip to `out`, front to back. Raises NoFootage when none of the spans has any, and what `cut` raises."""
    exhibits: list[Exhibit] = []
    lacking: list[Span] = []
    sums: list[str] = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as box:
        for span in spans:
            name = clip_name(span.camera, span.start_us, zone)
            try:
                with _Entry(box, name) as entry:
                    exhibit = cut(reader, folder, span, entry, name=name, clock=clock_of(span.camera))
            except NoFootage:
                lacking.append(span)
                continue
            exhibits.append(exhibit)
            text = describe(exhibit, zone=zone, made_us=made_us, version=version).encode()
            box.writestr(text_name(name), text)
            sums += [f"{exhibit.sha256}  {name}\n", f"{hashlib.sha256(text).hexdigest()}  {text_name(name)}\n"]
        if not exhibits:
            raise NoFootage("there is no footage in that time: " + ", ".join(span.camera for span in spans))
        if lacking:
            text = "".join(_lacking(span, zone) for span in lacking).encode()
            box.writestr(_LACKING, text)
            sums.append(f"{hashlib.sha256(text).hexdigest()}  {_LACKING}\n")
        box.writestr(_SUMS, "".join(sums))
    return Case(exhibits=tuple(exhibits), lacking=tuple(lacking))


def _lacking(span: Span, zone: tzinfo) -> str:
    start, end = (to_datetime(at_us, zone).strftime("%Y-%m-%d %H:%M:%S") for at_us in (span.start_us, span.end_us))
    return f"There is no footage of {span.camera} from {start} to {end}.\n"
