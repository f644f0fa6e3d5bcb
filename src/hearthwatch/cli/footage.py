"""`hearthwatch keep`: footage of a time range that no limit deletes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import options
from hearthwatch.cli.ranges import To, asked_range

if TYPE_CHECKING:
    from datetime import tzinfo

    from hearthwatch.run.control import Ask
    from hearthwatch.run.pins import Pinned
    from hearthwatch.run.places import Places


def register(app: typer.Typer) -> None:
    app.command("keep")(keep)


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
        asked = asked_range(config, data, camera, start, end)
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
