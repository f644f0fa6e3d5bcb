"""`hearthwatch export` and `hearthwatch keep`: footage of a time range as a file, and footage that no limit deletes."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
    from datetime import tzinfo

    from hearthwatch.kit.units import CameraId, WallUs
    from hearthwatch.recording.clip import ClipReport
    from hearthwatch.run.control import Ask
    from hearthwatch.run.pins import Pinned
    from hearthwatch.run.places import Places

_NOTEWORTHY_US = 3_000_000
"""Less than this at an end is a file being written, or the distance to a picture."""

From = Annotated[str, typer.Option("--from", metavar="TIME", help="14:00, `yesterday 22:15`, `10m ago`, 2026-11-21T14:00")]
To = Annotated[str, typer.Option("--to", metavar="TIME", help="As --from, or `+5m` after it.  [default: now]")]


def register(app: typer.Typer) -> None:
    app.command("export")(export)
    app.command("keep")(keep)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Range:
    """What a person asked for; `now_us` is when."""

    house: Places
    camera: CameraId
    start_us: WallUs
    end_us: WallUs
    now_us: WallUs
    zone: tzinfo


def _range(config: Path | None, data: Path | None, camera: str, start: str, end: str) -> _Range:
    from hearthwatch.cli.moments import end_moment, moment
    from hearthwatch.cli.wording import shown
    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.kit.errors import ConfigFault
    from hearthwatch.run.zone import zone_of

    house = options.places(config, data)
    zone, now_us = zone_of(house.config), SystemClock().wall_us()
    name = options.known_camera(camera, house)
    start_us = moment(start, now_us, zone)
    end_us = end_moment(end, start_us, now_us, zone)
    if end_us <= start_us:
        raise ConfigFault(f"--to ({shown(end_us, zone)}) is not after --from ({shown(start_us, zone)})")
    return _Range(house=house, camera=name, start_us=start_us, end_us=end_us, now_us=now_us, zone=zone)


def export(
    camera: Annotated[str, typer.Argument(metavar="CAMERA", help="As in [camera.NAME].")],
    *,
    start: From,
    end: To = "now",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="An .mp4, or a folder for it.  [default: here]")
    ] = None,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Write what a camera recorded from one moment to another as one MP4, without encoding anew; says what is missing."""
    from hearthwatch.cli.wording import lasting, shown, sized
    from hearthwatch.feeds.packet import Stream
    from hearthwatch.kit.errors import Unsupported
    from hearthwatch.recording import clip
    from hearthwatch.recording.segment import Span

    asked = _range(config, data, camera, start, end)
    path = _target(output, asked)
    span = Span(camera=asked.camera, stream=Stream.MAIN, start_us=asked.start_us, end_us=asked.end_us)
    with asked.house.open_index() as index, _new_file(path) as file:
        try:
            report = clip.export(index, asked.house.footage, span, file)
        except Unsupported as error:
            first, last = shown(asked.start_us, asked.zone), shown(asked.end_us, asked.zone)
            raise Unsupported(
                f"there is no footage of {camera} from {first} to {last}: `hearthwatch status` shows since when there is"
            ) from error
    if as_json:
        typer.echo(_as_json(path, report))
        return
    typer.echo(
        f"{path}: {lasting(report.duration_us)} of {camera}, {shown(report.start_us, asked.zone)} to "
        f"{shown(report.end_us, asked.zone)}, {sized(report.size_bytes)}"
    )
    for line in _missing(report, asked):
        typer.echo(f"  missing: {line}")
    for note in report.notes:
        typer.echo(f"  note: {note}")


def _missing(report: ClipReport, asked: _Range) -> Iterator[str]:
    """Yield a line for each part of the range that the clip does not show."""
    from hearthwatch.cli.wording import lasting, shown

    until_us = min(asked.end_us, asked.now_us)
    gaps = [(gap.start_us, until_us if gap.end_us is None else gap.end_us) for gap in report.gaps]
    if _is_unexplained(asked.start_us, report.start_us, gaps):
        span = f"{shown(asked.start_us, asked.zone)}, for {lasting(report.start_us - asked.start_us)}"
        yield f"{span} (nothing was recorded yet, or it is deleted already)"
    for gap, (low, high) in zip(report.gaps, gaps, strict=True):
        start_us, end_us = max(low, asked.start_us), min(high, until_us)
        why = f"{gap.reason}: {gap.detail}" if gap.detail else gap.reason.value
        yield f"{shown(start_us, asked.zone)}, for {lasting(end_us - start_us)} ({why})"
    if _is_unexplained(report.end_us, until_us, gaps):
        span = f"{shown(report.end_us, asked.zone)}, for {lasting(until_us - report.end_us)}"
        yield f"{span} (not on the disk yet, or not recorded)"


def _is_unexplained(start_us: int, end_us: int, gaps: Sequence[tuple[int, int]]) -> bool:
    """Whether a range of some length has no part in any gap."""
    return end_us - start_us > _NOTEWORTHY_US and not any(low < end_us and start_us < high for low, high in gaps)


def _as_json(path: Path, report: ClipReport) -> str:
    return json.dumps(
        {
            "file": str(path),
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


def _target(output: Path | None, asked: _Range) -> Path:
    from hearthwatch.kit.units import to_datetime

    name = f"{asked.camera}-{to_datetime(asked.start_us, asked.zone):%Y%m%d-%H%M%S}.mp4"
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


def keep(
    camera: Annotated[str, typer.Argument(metavar="CAMERA", help="As in [camera.NAME].", show_default=False)] = "",
    *,
    start: Annotated[str, typer.Option("--from", metavar="TIME", help="As for `export`.", show_default=False)] = "",
    end: To = "now",
    note: Annotated[str, typer.Option("--note", help="Why, for whoever finds it later.", show_default=False)] = "",
    list_: Annotated[bool, typer.Option("--list", help="List what is kept.")] = False,
    drop: Annotated[int | None, typer.Option("--drop", metavar="ID", help="Let go of what `--list` shows as ID.")] = None,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Keep footage of a time range for good, whatever the limits of [storage] say; or list and drop what is kept."""
    from hearthwatch.run.control import AskDrop, AskKeep, AskPins

    wishes = [bool(camera), list_, drop is not None]
    if wishes.count(True) != 1:
        raise typer.BadParameter("say one of: CAMERA with --from and --to, --list, or --drop ID")
    if camera:
        if not start:
            raise typer.BadParameter(f"say from when: hearthwatch keep {camera} --from 14:00 --to 14:10")
        asked = _range(config, data, camera, start, end)
        ask = AskKeep(camera=asked.camera, start_us=asked.start_us, end_us=asked.end_us, note=note.strip())
        _show("kept as ", asked.house, ask, as_json=as_json)
    elif drop is not None:
        _show("dropped ", options.places(config, data), AskDrop(id=drop), as_json=as_json)
    else:
        _show("", options.places(config, data), AskPins(), as_json=as_json)


def _show(done: str, house: Places, ask: Ask, *, as_json: bool) -> None:
    import msgspec

    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.run.closed_house import ask as ask_or_do
    from hearthwatch.run.control import Kept
    from hearthwatch.run.zone import zone_of

    reply = ask_or_do(house, ask, SystemClock())
    assert isinstance(reply, Kept)
    if as_json:
        typer.echo(msgspec.json.encode(reply.pins))
        return
    zone = zone_of(house.config)
    for pinned in reply.pins:
        typer.echo(f"{done}{_pin_line(pinned, zone)}")
    if not reply.pins:
        typer.echo("nothing is kept beyond the limits of [storage]")


def _pin_line(pinned: Pinned, zone: tzinfo) -> str:
    from hearthwatch.cli.wording import counted, shown, sized

    pin = pinned.pin
    span = f"{shown(pin.start_us, zone)} to {shown(pin.end_us, zone)}"
    size = f"{counted(pinned.segments, 'file')}, {sized(pinned.size_bytes) if pinned.size_bytes else 'still to be filled'}"
    line = f"pin {pin.id}: {pin.camera}, {span}, {size}"
    return f"{line}: {pin.note}" if pin.note else line
