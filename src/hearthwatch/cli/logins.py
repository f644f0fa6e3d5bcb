"""`hearthwatch logins` and `hearthwatch logs`: who was at the cameras' own doors, and what the cameras wrote down."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
    from datetime import tzinfo

    from sqlalchemy import Connection, Engine

    from hearthwatch.kit.units import CameraId, WallUs
    from hearthwatch.logins.login import KeptLine, Login
    from hearthwatch.run.places import Places

T = TypeVar("T")

Since = Annotated[str, typer.Option("--since", metavar="TIME", help="14:00, `yesterday 22:15`, `10m ago`, 2026-11-21T14:00")]
Limit = Annotated[
    int | None, typer.Option("--limit", min=1, max=100_000, help="The newest so many; with --since all by default.")
]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Go on showing new ones until ctrl-C.")]

_NEWEST = 50
_ALL = 100_000
_EVERY_S = 1.0


def register(app: typer.Typer) -> None:
    app.command("logins")(logins)
    app.command("logs")(logs)


def logins(
    *,
    camera: options.Camera = None,
    since: Since = "",
    limit: Limit = None,
    follow: Follow = False,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Show who logged in to the cameras and what was done at their doors, oldest first; with --json one object a line."""
    import functools

    from hearthwatch.logins import ledger
    from hearthwatch.run.zone import zone_of

    house = options.places(config, data)
    name, since_us = _asked(camera, since, house)
    zone = zone_of(house.config)
    with _opened(house) as engine:
        last = _read(engine, ledger.last_id)
        most = limit or (_ALL if since_us is not None else _NEWEST)
        found = _read(engine, functools.partial(ledger.recent, camera=name, since_us=since_us, limit=most))
        for login in reversed(found):
            typer.echo(_login_line(login, zone, as_json=as_json))
        if not found and not as_json and not follow:
            typer.echo("nobody logged in to a camera that is watched, as far as is known", err=True)
        for login in _following(engine, last, name) if follow else ():
            typer.echo(_login_line(login, zone, as_json=as_json))


def logs(
    *,
    camera: options.Camera = None,
    since: Since = "",
    search: Annotated[str, typer.Option("--search", metavar="TEXT", help="Only lines with this text in them.")] = "",
    limit: Limit = None,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Show what the cameras wrote into their own logs, oldest first; with --json one object a line."""
    import functools

    from hearthwatch.logins import ledger
    from hearthwatch.run.zone import zone_of

    house = options.places(config, data)
    name, since_us = _asked(camera, since, house)
    zone = zone_of(house.config)
    most = limit or (_ALL if since_us is not None else 4 * _NEWEST)
    with _opened(house) as engine:
        wanted = functools.partial(ledger.lines, camera=name, search=search, since_us=since_us, limit=most)
        found = _read(engine, wanted)
    for line in reversed(found):
        typer.echo(_log_line(line, zone, as_json=as_json))
    if not found and not as_json:
        typer.echo("no such lines are kept", err=True)


def _asked(camera: str | None, since: str, house: Places) -> tuple[CameraId | None, WallUs | None]:
    from hearthwatch.cli.moments import moment
    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.run.zone import zone_of

    name = options.known_camera(camera, house) if camera else None
    return name, moment(since, SystemClock().wall_us(), zone_of(house.config)) if since else None


@contextmanager
def _opened(house: Places) -> Iterator[Engine]:
    from hearthwatch.kit.db import open_reader
    from hearthwatch.kit.errors import StorageFailed, StorageFault

    path = house.data / "house.db"
    if not path.exists():
        text = f"no house was ever started with the data folder {house.data}: name the right one with --data"
        raise StorageFailed(StorageFault.MISSING, text)
    engine = open_reader(path)
    try:
        yield engine
    finally:
        engine.dispose()


def _read(engine: Engine, work: Callable[[Connection], T]) -> T:
    from sqlalchemy.exc import DatabaseError

    from hearthwatch.kit.errors import StorageFailed, StorageFault

    try:
        with engine.connect() as connection:
            return work(connection)
    except DatabaseError as error:
        if "no such table" in str(error.orig):
            text = "the data folder is of an older Hearthwatch: start this one once with `hearthwatch run`"
            raise StorageFailed(StorageFault.MISSING, text) from error
        raise StorageFailed(StorageFault.BROKEN, f"reading {engine.url.database}: {error.orig}") from error


def _following(engine: Engine, last: int, camera: CameraId | None) -> Iterator[Login]:
    import functools

    from hearthwatch.kit.clock import Stop, SystemClock
    from hearthwatch.logins import ledger
    from hearthwatch.logins.login import LoginId

    clock, stop = SystemClock(), Stop()
    newest = LoginId(last)
    while not clock.sleep(stop, _EVERY_S):
        rows: Sequence[Login] = _read(engine, functools.partial(ledger.after, last=newest, camera=camera))
        if rows:
            newest = rows[-1].id
        yield from rows


def _login_line(login: Login, zone: tzinfo, *, as_json: bool) -> str:
    import msgspec

    from hearthwatch.logins.text_log import line

    if as_json:
        return msgspec.json.encode(login).decode()
    return f"{login.camera:<12}   {line(login, zone):<70}   {login.verdict.value}"


def _log_line(line: KeptLine, zone: tzinfo, *, as_json: bool) -> str:
    import msgspec

    from hearthwatch.cli.wording import shown
    from hearthwatch.logins.syslog import visible

    if as_json:
        return msgspec.json.encode(line).decode()
    said = " ".join(part for part in (line.code, line.user, line.text) if part)
    return f"{shown(line.at_us, zone)}   {line.camera:<12}   {visible(said)}"
