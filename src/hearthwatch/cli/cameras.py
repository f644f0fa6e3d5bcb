"""`hearthwatch cameras`: who the cameras are and whether their own doors answer; and what cameras there are at home."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
    from hearthwatch.run.places import Places
    from hearthwatch.vendors.known import DoorState
    from hearthwatch.vendors.whereabouts import Sighting

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def register(app: typer.Typer) -> None:
    app.command("cameras")(cameras)


def cameras(
    *,
    find: Annotated[bool, typer.Option("--find", help="Look for cameras in the home networks; no log-in is tried.")] = False,
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

    if find and accept is not None:
        raise typer.BadParameter("--find and --accept do not go together")
    if find:
        _find(options.config_file(config, data), as_json=as_json)
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
        yield _plain(f"{title}: {door.reach.value.replace('-', ' ')}{f', {door.vendor} at {where}' if door.host else ''}")
        if door.why:
            yield f"    {_plain(door.why)}"
        if (known := door.known) is not None:
            facts = (
                " ".join(part for part in (known.maker, known.model) if part),
                f"firmware {known.firmware}" if known.firmware else "",
                f"MAC {known.mac or known.link_mac}" if known.mac or known.link_mac else "",
                f"serial number {known.serial}" if known.serial else "",
                f"seen {shown(known.last_us, zone)}",
            )
            yield f"    {_plain('; '.join(fact for fact in facts if fact))}"


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


def _find(config_path: Path, *, as_json: bool) -> None:
    import asyncio

    from hearthwatch.run.config import load
    from hearthwatch.run.find_cameras import configured, find_cameras

    config = load(config_path)
    typer.echo(f"looking for cameras in {', '.join(config.home.networks)}, as far as this machine is in them …", err=True)
    found = asyncio.run(find_cameras(config.home.networks))
    ours = configured(config)
    if as_json:
        typer.echo(_json([_sighting_row(one, ours) for one in found]))
        return
    for one in found:
        for line in sighting_lines(one, ours.get(one.detected.host, "")):
            typer.echo(line)
    if not found:
        typer.echo(
            "no camera answered. Is this machine in the same network as the cameras, and is that one of `[home] networks`? "
            "In a container, run it with the host's network."
        )


def sighting_lines(one: Sighting, camera: str) -> Iterator[str]:
    """Yield a device that was found as a person reads it."""
    found = one.detected
    print_ = found.fingerprint
    if print_ is None:
        what = f"{found.why}; it may be a camera all the same"
    else:
        what = f"{print_.vendor} camera, port {found.port}{' (TLS)' if found.tls else ''}"
    facts = [f"MAC {one.mac}"] if one.mac else []
    if print_ is not None and print_.shown is not None:
        told = print_.shown
        facts += [told.name, told.model, f"firmware {told.firmware}" if told.firmware else "", told.serial]
    if one.called is not None:
        facts += [one.called.name, one.called.hardware]
    yield _plain(f"{found.host}: {what}" + (f" - configured as {camera}" if camera else ""))
    if any(facts):
        yield "    " + _plain("; ".join(dict.fromkeys(fact for fact in facts if fact)))


def _sighting_row(one: Sighting, ours: Mapping[str, str]) -> dict[str, object]:
    found, told = one.detected, one.detected.fingerprint.shown if one.detected.fingerprint else None
    return {
        "host": found.host,
        "vendor": found.fingerprint.vendor.value if found.fingerprint else "",
        "port": found.port,
        "tls": found.tls,
        "mac": one.mac or (told.mac if told else ""),
        "serial": told.serial if told else "",
        "firmware": told.firmware if told else "",
        "name": (told.name if told else "") or (one.called.name if one.called else ""),
        "open_ports": list(found.open_ports),
        "why": found.why,
        "camera": ours.get(found.host, ""),
    }


def _json(rows: list[dict[str, object]]) -> str:
    import msgspec

    return msgspec.json.encode(rows).decode()


def _plain(text: str) -> str:
    """What cameras say of themselves may hold anything: nothing of it may move the cursor."""
    return _UNPRINTABLE.sub("?", text)
