"""`hearthwatch cameras find|try|add|rename|remove`: the way of a camera into the house and out of it. A password is asked for
or read from standard input, never taken from arguments."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
    from hearthwatch.run.camera_setup import CameraSetup
    from hearthwatch.web.camera_setup_doors import Candidate, SearchNow, Trial, TryWish

T = TypeVar("T")

Host = Annotated[str, typer.Argument(metavar="ADDRESS", help="The camera, as 192.168.1.20 or 192.168.1.20:8080; or rtsp://….")]
CameraName = Annotated[str, typer.Argument(metavar="NAME", help="The camera, as `hearthwatch cameras` names it.")]
User = Annotated[str, typer.Option("--user", metavar="TEXT", help="Name to log in with; the password is asked for.")]
Sub = Annotated[str, typer.Option("--sub", metavar="URL", help="With a stream's address: that of a smaller one, to look at.")]
Channel = Annotated[int, typer.Option("--channel", min=1, max=64, help="Of a recorder: which of its cameras.")]
Loopback = Annotated[bool, typer.Option("--allow-loopback", help="The address may be one of this very machine.")]


def register(group: typer.Typer) -> None:
    group.command("find")(find)
    group.command("try")(try_)
    group.command("add")(add)
    group.command("rename")(rename)
    group.command("remove")(remove)


def setup_of(config: Path | None, data: Path | None) -> CameraSetup:
    """Return what does all that for the house the options name."""
    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.run.closed_setup import closed_camera_setup

    return closed_camera_setup(options.config_file(config, data), options.data_folder(data), SystemClock())


def find(
    *, config: options.Config = None, data: options.Data = None, as_json: options.Json = False, debug: options.Debug = False
) -> None:
    """Look for cameras in the home networks; no log-in is tried."""
    import msgspec

    from hearthwatch.run.config import load

    networks = load(options.config_file(config, data)).home.networks
    typer.echo(f"looking for cameras in {', '.join(networks)}, as far as this machine is in them …", err=True)
    now = asyncio.run(searched(setup_of(config, data)))
    if as_json:
        typer.echo(msgspec.json.encode(now.found).decode())
        return
    for one in now.found:
        for line in candidate_lines(one):
            typer.echo(line)
    for line in search_notes(now):
        typer.echo(line, err=True)


async def searched(setup: CameraSetup) -> SearchNow:
    """Search to the end."""
    now = await setup.search()
    async for step in setup.follow_search():
        now = step
    return now


def search_notes(now: SearchNow) -> Iterator[str]:
    """Yield what is to be said of a search beside what it found."""
    if now.ignored:
        yield f"{now.ignored} answers that made no sense, or named an address that is not at home, were ignored"
    if now.too_large:
        yield f"{', '.join(now.too_large)} is too large to ask every address: there only cameras that answer a call are found"
    if not now.found:
        yield now.trouble or (
            "no camera answered. Is this machine in the same network as the cameras, and is that one of `[home] networks`? "
            "In a container, run it with the host's network."
        )


def candidate_lines(one: Candidate) -> Iterator[str]:
    """Yield a device that was found as a person reads it."""
    from hearthwatch.cli.cameras import plain

    what = (
        f"{one.vendor} camera, port {one.port}{' (TLS)' if one.tls else ''}"
        if one.vendor
        else f"{one.why}; it may be a camera all the same"
    )
    yield plain(f"{one.host}: {what}" + (f" - configured as {one.camera}" if one.camera else ""))
    facts = (
        f"MAC {one.mac}" if one.mac else "",
        one.name,
        one.model,
        f"firmware {one.firmware}" if one.firmware else "",
        one.serial,
    )
    if any(facts):
        yield "    " + plain("; ".join(dict.fromkeys(fact for fact in facts if fact)))


def try_(
    host: Host,
    *,
    user: User = "",
    sub: Sub = "",
    channel: Channel = 1,
    allow_loopback: Loopback = False,
    picture: Annotated[Path | None, typer.Option("--picture", metavar="FILE", help="Write the picture there, as JPEG.")] = None,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Log in to a camera once: who it is, which streams it has and what they cost."""
    wish = wish_of(host, user, sub, channel, allow_loopback=allow_loopback)
    setup = setup_of(config, data)
    trial = asked(setup.try_camera(wish))
    for line in trial_lines(trial):
        typer.echo(line)
    jpeg = setup.picture(trial.id)
    if picture is not None and jpeg is not None:
        picture.write_bytes(jpeg)
        typer.echo(f"its picture is in {picture}")


def add(
    host: Host,
    *,
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help='What it is called, as "Front door".')] = "",
    user: User = "",
    sub: Sub = "",
    channel: Channel = 1,
    allow_loopback: Loopback = False,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Try a camera and take it in: into the configuration, its password into the secrets."""
    from hearthwatch.run.closed_setup import runs
    from hearthwatch.web.camera_setup_doors import AddWish

    wish = wish_of(host, user, sub, channel, allow_loopback=allow_loopback)
    setup = setup_of(config, data)

    async def both() -> tuple[Trial, str]:
        trial = await setup.try_camera(wish)
        called = name or trial.name or trial.model or "Camera"
        return trial, await setup.add(AddWish(trial=trial.id, name=called, main=trial.main, sub=trial.sub))

    trial, camera = asked(both())
    for line in trial_lines(trial):
        typer.echo(line)
    running = runs(options.data_folder(data))
    typer.echo(
        f"{camera} is added" + (" and taken up by the running house" if running else ": `hearthwatch run` starts the house")
    )


def rename(
    camera: CameraName,
    name: Annotated[str, typer.Argument(metavar="TEXT", help='What it is called from now on, as "Front door".')],
    *,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Call a camera otherwise; its footage and history stay with it."""
    from hearthwatch.kit.units import CameraId

    asked(setup_of(config, data).rename(CameraId(camera), name))
    typer.echo(f"{camera} is called {name} now")


def remove(
    camera: CameraName, *, config: options.Config = None, data: options.Data = None, debug: options.Debug = False
) -> None:
    """Watch a camera no more: out of the configuration, its passwords out of the secrets. Its footage stays."""
    from hearthwatch.kit.units import CameraId

    typer.echo(asked(setup_of(config, data).remove(CameraId(camera))).text)


def wish_of(host: str, user: str, sub: str, channel: int, *, allow_loopback: bool) -> TryWish:
    """Return what to try, its password asked for when there is a user."""
    from hearthwatch.kit.secrets import Secret
    from hearthwatch.web.camera_setup_doors import TryWish

    place, port = (host, 0) if "://" in host else parted(host)
    password = Secret(asked_secret(f"Password of {user} at {host} (not shown)") if user else "")
    if "://" in host:
        return TryWish(main=host, sub=sub, user=user, password=password, allow_loopback=allow_loopback)
    return TryWish(host=place, port=port, channel=channel, user=user, password=password, allow_loopback=allow_loopback)


def parted(host: str) -> tuple[str, int]:
    """Return host and port (0: none is given) of `192.168.1.20:8080` or `[fd00::1]:80`."""
    name, colon, port = host.rpartition(":")
    if colon and port.isdecimal() and (name.startswith("[") or ":" not in name) and int(port) <= 65_535:
        return name, int(port)
    return host, 0


def asked_secret(question: str) -> str:
    """Ask for a password, or read it from standard input when that is a pipe or a file."""
    if sys.stdin.isatty():
        return str(typer.prompt(question, hide_input=True, default="", show_default=False))
    return sys.stdin.readline().removesuffix("\n").removesuffix("\r")


def asked(work: Coroutine[Any, Any, T]) -> T:
    """Do `work`; what could not be tried is told in its own words. Raises HearthwatchError."""
    from hearthwatch.kit.errors import HearthwatchError
    from hearthwatch.web.camera_setup_doors import TrialFailed

    try:
        return asyncio.run(work)
    except TrialFailed as failed:
        raise HearthwatchError(" ".join(part for part in (failed.text, failed.hint) if part)) from failed


def trial_lines(trial: Trial) -> Iterator[str]:
    """Yield a camera that was tried as a person reads it."""
    from hearthwatch.cli.cameras import plain

    who = " ".join(part for part in (trial.maker, trial.model) if part) or trial.host or "the camera"
    facts = (
        f"firmware {trial.firmware}" if trial.firmware else "",
        f"MAC {trial.mac}" if trial.mac else "",
        f"serial number {trial.serial}" if trial.serial else "",
    )
    yield plain("; ".join(part for part in (who, *facts) if part))
    for one in trial.streams:
        chosen = "recorded" if one.url == trial.main else "looked at" if one.url == trial.sub else "not used"
        yield plain(f"    {one.name}: {one.trouble or one.words or one.url} ({chosen})")
    if trial.camera:
        yield plain(f"    it is the camera {trial.camera} already")
    for text in trial.remarks:
        yield plain(f"    {text}")
