"""`hearthwatch cameras`: who the cameras are and whether their own doors answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import camera_setup, options

if TYPE_CHECKING:
    from hearthwatch.run.places import Places
    from hearthwatch.vendors.known import DoorState

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def register(app: typer.Typer) -> None:
    group = typer.Typer(name="cameras", help="Who the cameras are; find, try, add, rename and remove them.")
    group.callback(invoke_without_command=True)(cameras)
    camera_setup.register(group)
    app.add_typer(group)


def cameras(
    context: typer.Context,
    *,
    accept: Annotated[
        str | None,
        typer.Option("--accept", metavar="NAME", help="Take the device that now answers in this camera's place for it."),
    ] = None,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """List the cameras: vendor, model, firmware, MAC and serial number, and whether their own doors answer."""
    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.run.closed_house import ask
    from hearthwatch.run.control_cameras import AskAccept, AskDoors, DoorsNow
    from hearthwatch.run.zone import zone_of

    if context.invoked_subcommand is not None:
        return
    house = options.places(config, data)
    question = AskDoors() if accept is None else AskAccept(camera=options.known_camera(accept, house))
    reply = ask(house, question, SystemClock())
    assert isinstance(reply, DoorsNow)
    if as_json:
        typer.echo(_json([_state_row(state) for state in reply.doors]))
        return
    for line in state_lines(reply.doors, _names(house), zone_of(house.config)):
        typer.echo(line)


def _names(house: Places) -> Mapping[str, str]:
    return {name: camera.name or name for name, camera in house.config.cameras.items()}


def state_lines(doors: tuple[DoorState, ...], names: Mapping[str, str], zone: tzinfo) -> Iterator[str]:
    """Yield the cameras as a person reads them."""
    from hearthwatch.cli.wording import shown

    for door in doors:
        where = f"{door.host}{f' port {door.port}' if door.port else ''}{' (TLS)' if door.tls else ''}"
        called = names.get(door.camera, door.camera)
        title = door.camera if called == door.camera else f"{door.camera} ({called})"
        yield plain(f"{title}: {door.reach.value.replace('-', ' ')}{f', {door.vendor} at {where}' if door.host else ''}")
        if door.why:
            yield f"    {plain(door.why)}"
        if (known := door.known) is not None:
            facts = (
                " ".join(part for part in (known.maker, known.model) if part),
                f"firmware {known.firmware}" if known.firmware else "",
                f"MAC {known.mac or known.link_mac}" if known.mac or known.link_mac else "",
                f"serial number {known.serial}" if known.serial else "",
                f"seen {shown(known.last_us, zone)}",
            )
            yield f"    {plain('; '.join(fact for fact in facts if fact))}"


def _state_row(door: DoorState) -> dict[str, object]:
    known = door.known
    return {
        "camera": door.camera,
        "vendor": door.vendor.value,
        "host": door.host,
        "port": door.port,
        "tls": door.tls,
        "reach": door.reach.value,
        "why": door.why,
        "maker": known.maker if known else "",
        "model": known.model if known else "",
        "firmware": known.firmware if known else "",
        "mac": (known.mac or known.link_mac) if known else "",
        "serial": known.serial if known else "",
        "first_us": known.first_us if known else None,
        "last_us": known.last_us if known else None,
    }


def _json(rows: list[dict[str, object]]) -> str:
    import msgspec

    return msgspec.json.encode(rows).decode()


def plain(text: str) -> str:
    """What cameras say of themselves may hold anything: nothing of it may move the cursor."""
    return _UNPRINTABLE.sub("?", text)
