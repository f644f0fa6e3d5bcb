"""`hearthwatch users`: who may log in to the page. Passwords are asked for or read from standard input, never arguments."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
    from hearthwatch.run.control import Ask
    from hearthwatch.web.accounts import User

Name = Annotated[str, typer.Argument(metavar="NAME", help="Log-in name; upper and lower case are the same.")]
_MAX_NAME = 64


def register(app: typer.Typer) -> None:
    group = typer.Typer(name="users", help="Who may log in to the page.", no_args_is_help=True)
    group.command("list")(list_)
    group.command("add")(add)
    group.command("passwd")(passwd)
    group.command("remove")(remove)
    app.add_typer(group)


def list_(
    *, config: options.Config = None, data: options.Data = None, as_json: options.Json = False, debug: options.Debug = False
) -> None:
    """List everybody who has an account."""
    import msgspec

    from hearthwatch.run.control import AskUsers

    users = _ask(config, data, AskUsers())
    if as_json:
        typer.echo(msgspec.json.encode([{"name": each.name, "role": each.role} for each in users]))
        return
    for each in users:
        typer.echo(f"{each.name}  ({each.role})")
    if not users:
        typer.echo("nobody has an account yet: claim the house on its page, or `hearthwatch users add NAME --owner`")


def add(
    name: Name,
    *,
    owner: Annotated[bool, typer.Option("--owner", help="May decide everything; without it: may only look.")] = False,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Make an account; asks for its password, or reads it from standard input when that is a pipe or a file."""
    from hearthwatch.kit.errors import Unsupported
    from hearthwatch.run.control import AskAddUser, AskUsers
    from hearthwatch.web.accounts import Role

    name = name.strip()
    if not 1 <= len(name) <= _MAX_NAME or not name.isprintable():
        raise typer.BadParameter(f"a user name has 1 to {_MAX_NAME} visible characters")
    # what is wrong should be told before a password is asked for
    if _named(name, _ask(config, data, AskUsers())):
        raise Unsupported(f"there is a user {name} already (`hearthwatch users passwd {name}` gives a new password)")
    role = Role.OWNER if owner else Role.VIEWER
    _ask(config, data, AskAddUser(name=name, role=role, password_hash=_hash_of_new(name)))
    typer.echo(f"{name} may log in now, as {role}")


def passwd(name: Name, *, config: options.Config = None, data: options.Data = None, debug: options.Debug = False) -> None:
    """Set a new password, for who forgot his; logs that user out everywhere."""
    from hearthwatch.kit.errors import Unsupported
    from hearthwatch.run.control import AskPassword, AskUsers

    if not _named(name, _ask(config, data, AskUsers())):
        raise Unsupported(f"there is no user {name} (`hearthwatch users list` names them)")
    _ask(config, data, AskPassword(name=name.strip(), password_hash=_hash_of_new(name.strip())))
    typer.echo(f"{name} has a new password and is logged out everywhere")


def remove(name: Name, *, config: options.Config = None, data: options.Data = None, debug: options.Debug = False) -> None:
    """Remove an account and end its sessions; the last owner's stays."""
    from hearthwatch.run.control import AskRemoveUser

    _ask(config, data, AskRemoveUser(name=name.strip()))
    typer.echo(f"{name} is removed and logged out")


def _named(name: str, users: tuple[User, ...]) -> bool:
    return any(each.name.casefold() == name.strip().casefold() for each in users)


def _hash_of_new(name: str) -> str:
    """Ask for a password that may be used and return its hash."""
    import asyncio

    from hearthwatch.kit.logs import hide
    from hearthwatch.web.passwords import Hasher, why_refused

    if sys.stdin.isatty():
        password = typer.prompt(f"Password for {name} (not shown)", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.read().removesuffix("\n").removesuffix("\r")
    hide(password)
    if reason := why_refused(password, name):
        raise typer.BadParameter(reason)
    hasher = Hasher()
    try:
        return asyncio.run(hasher.hash(password))
    finally:
        hasher.close()


def _ask(config: Path | None, data: Path | None, question: Ask) -> tuple[User, ...]:
    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.run.closed_house import ask
    from hearthwatch.run.control import Users

    reply = ask(options.places(config, data), question, SystemClock())
    assert isinstance(reply, Users)
    return reply.users
