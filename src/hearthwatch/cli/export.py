"""`hearthwatch export`: footage of a time range as files for others, each with a text that tells what it is."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from hearthwatch.cli import options
from hearthwatch.cli.ranges import From, Range, To, asked_range

if TYPE_CHECKING:
    from hearthwatch.kit.units import CameraId
    from hearthwatch.recording.case import Case
    from hearthwatch.recording.exhibit import ClockFact, Cut, Exhibit
    from hearthwatch.recording.index import IndexReader
    from hearthwatch.recording.segment import Span


def register(app: typer.Typer) -> None:
    app.command("export")(export)


def export(
    cameras: Annotated[list[str], typer.Argument(metavar="CAMERA...", help="As in [camera.NAME]; several for one moment.")],
    *,
    start: From,
    end: To = "now",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="An .mp4, or a folder for it.  [default: here]")
    ] = None,
    case: Annotated[
        Path | None, typer.Option("--zip", metavar="FILE", help="All in one .zip to hand over, with the sums to check it.")
    ] = None,
    burn_time: Annotated[
        bool, typer.Option("--burn-time", help="Draw date and time into the pictures; encodes anew and leaves out sound.")
    ] = False,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Write what cameras recorded from one moment to another, an MP4 each, without encoding anew, and beside it a text that
    says what it shows, what is missing, how right the camera's clock was, and which hashes prove it."""
    from hearthwatch.recording.exhibit import cut
    from hearthwatch.run.burning import burner

    if case is not None and output is not None:
        raise typer.BadParameter("say either -o or --zip")
    first = asked_range(config, data, cameras[0], start, end)
    ranges = [replace(first, camera=options.known_camera(name, first.house)) for name in dict.fromkeys(cameras)]
    if output is not None and len(ranges) > 1 and not output.expanduser().is_dir():
        raise typer.BadParameter(f"several cameras make several files: {output} must be a folder that is there, or use --zip")
    how: Cut = burner(first.zone) if burn_time else cut
    config_file = options.config_file(config, data)
    with first.house.open_index() as index, _clocks(first) as clock_of, _away(index, ranges, config_file):
        made = _zipped(index, ranges, case, how, clock_of) if case else _apart(index, ranges, output, how, clock_of)
    for exhibit in made.exhibits:
        _show(exhibit, first, case or _target(output, exhibit.name), as_json=as_json)
    since, until = first.words
    for span in made.lacking:
        typer.echo(f"there is no footage of {span.camera} from {since} to {until}", err=True)
    if case is not None and not as_json:
        typer.echo(f"{case}: all of it; unpacked, `sha256sum -c SHA256SUMS` checks it")


def _zipped(
    index: IndexReader, ranges: Sequence[Range], path: Path, how: Cut, clock_of: Callable[[CameraId], ClockFact | None]
) -> Case:
    from importlib.metadata import version

    from hearthwatch.recording.case import write_case
    from hearthwatch.recording.selection import NoFootage

    first = ranges[0]
    with _new_file(path.expanduser()) as file:
        try:
            return write_case(
                index,
                first.house.footage,
                [_span(asked) for asked in ranges],
                file,
                cut=how,
                clock_of=clock_of,
                zone=first.zone,
                made_us=first.now_us,
                version=version("hearthwatch"),
            )
        except NoFootage as error:
            raise _nothing(ranges) from error


def _apart(
    index: IndexReader, ranges: Sequence[Range], output: Path | None, how: Cut, clock_of: Callable[[CameraId], ClockFact | None]
) -> Case:
    from importlib.metadata import version

    from hearthwatch.recording.case import Case
    from hearthwatch.recording.exhibit import clip_name, describe, text_name
    from hearthwatch.recording.selection import NoFootage

    exhibits: list[Exhibit] = []
    lacking: list[Span] = []
    for asked in ranges:
        path = _target(output, clip_name(asked.camera, asked.start_us, asked.zone))
        span = _span(asked)
        try:
            with _new_file(path) as file, _new_file(path.with_name(text_name(path.name))) as text:
                made = how(index, asked.house.footage, span, file, name=path.name, clock=clock_of(asked.camera))
                words = describe(made, zone=asked.zone, made_us=asked.now_us, version=version("hearthwatch"))
                text.write(words.encode())
        except NoFootage:
            lacking.append(span)
            continue
        exhibits.append(made)
    if not exhibits:
        raise _nothing(ranges)
    return Case(exhibits=tuple(exhibits), lacking=tuple(lacking))


def _span(asked: Range) -> Span:
    from hearthwatch.feeds.packet import Stream
    from hearthwatch.recording.segment import Span

    return Span(camera=asked.camera, stream=Stream.MAIN, start_us=asked.start_us, end_us=asked.end_us)


def _nothing(ranges: Sequence[Range]) -> Exception:
    from hearthwatch.kit.errors import Unsupported

    since, until = ranges[0].words
    names = ", ".join(asked.camera for asked in ranges)
    return Unsupported(
        f"there is no footage of {names} from {since} to {until}: `hearthwatch status` shows since when there is"
    )


@contextlib.contextmanager
def _clocks(asked: Range) -> Iterator[Callable[[CameraId], ClockFact | None]]:
    """Yield what is known of the cameras' clocks at that time. Evidence does not wait for a database that cannot be read."""
    from sqlalchemy.exc import DatabaseError

    from hearthwatch.health.clocks import nearest
    from hearthwatch.kit.db import open_reader
    from hearthwatch.recording.exhibit import ClockFact

    path = asked.house.data / "house.db"
    engine = open_reader(path) if path.exists() else None

    def clock_of(camera: CameraId) -> ClockFact | None:
        if engine is None:
            return None
        try:
            with engine.connect() as connection:
                seen = nearest(connection, camera, asked.start_us)
        except DatabaseError as error:
            typer.echo(f"what the clock of {camera} said is not known: {path} cannot be read ({error.orig})", err=True)
            return None
        return ClockFact(at_us=seen.at_us, off_us=seen.off_us) if seen else None

    try:
        yield clock_of
    finally:
        if engine is not None:
            engine.dispose()


@contextlib.contextmanager
def _away(index: IndexReader, ranges: Sequence[Range], config_file: Path) -> Iterator[None]:
    """Say at the end, whether there was anything here or not, where the rest of it lies."""
    from hearthwatch.cli.elsewhere import ways_back

    lines = [line for asked in ranges for line in ways_back(index, asked, config_file)]
    try:
        yield
    finally:
        for line in lines:
            typer.echo(line, err=True)


def _show(exhibit: Exhibit, asked: Range, path: Path, *, as_json: bool) -> None:
    from hearthwatch.cli.wording import lasting, shown, sized
    from hearthwatch.recording.exhibit import missing

    report = exhibit.report
    if as_json:
        typer.echo(_as_json(path, exhibit))
        return
    typer.echo(
        f"{path}: {lasting(report.duration_us)} of {exhibit.asked.camera}, {shown(report.start_us, asked.zone)} to "
        f"{shown(report.end_us, asked.zone)}, {sized(report.size_bytes)}"
    )
    for part in missing(report, exhibit.asked, asked.now_us):
        typer.echo(f"  missing: {shown(part.start_us, asked.zone)}, for {lasting(part.end_us - part.start_us)} ({part.why})")
    for note in report.notes:
        typer.echo(f"  note: {note}")


def _as_json(path: Path, exhibit: Exhibit) -> str:
    report = exhibit.report
    return json.dumps(
        {
            "file": str(path),
            "name": exhibit.name,
            "camera": exhibit.asked.camera,
            "sha256": exhibit.sha256,
            "start_us": report.start_us,
            "end_us": report.end_us,
            "duration_us": report.duration_us,
            "size_bytes": report.size_bytes,
            "frames": report.frames,
            "gaps": [
                {"start_us": gap.start_us, "end_us": gap.end_us, "reason": gap.reason, "detail": gap.detail}
                for gap in report.gaps
            ],
            "notes": report.notes,
        }
    )


def _target(output: Path | None, name: str) -> Path:
    if output is None:
        return Path(name)
    return output.expanduser() / name if output.expanduser().is_dir() else output.expanduser()


@contextlib.contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that does not exist yet; what fails half way leaves none behind. Raises StorageFailed."""
    from hearthwatch.kit.errors import StorageFailed, StorageFault
    from hearthwatch.kit.files import storage_failed

    try:
        file = path.open("xb")
    except FileExistsError as error:
        raise StorageFailed(
            StorageFault.BROKEN, f"{path} is there already and was left alone: give another name with -o"
        ) from error
    except OSError as error:
        raise storage_failed(error, f"writing {path}") from error
    try:
        try:
            with file:
                yield file
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise storage_failed(error, f"writing {path}") from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise
