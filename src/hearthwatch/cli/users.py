"""`hearthwatch users`: who may log in to the page, and what programs may ask. Passwords are asked for or read from standard
input, never arguments."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
    from hearthwatch.kit.units import CameraId
    from hearthwatch.run.control_users import UsersAsk, UsersReply
    from hearthwatch.web.access import Account
    from hearthwatch.web.accounts import Role, User

Name = Annotated[str, typer.Argument(metavar="NAME", help="Log-in name; upper and lower case are the same.")]
Cameras = Annotated[
    list[str] | None, typer.Option("--camera", metavar="CAMERA", help="Only this camera exists for them; may be repeated.")
]
_MAX_NAME = 64


def register(app: typer.Typer) -> None:
    from hearthwatch.cli import users_more

    group = typer.Typer(name="users", help="Who may log in to the page, and what programs may ask.", no_args_is_help=True)
    group.command("list")(list_)
    group.command("add")(add)
    group.command("role")(role)
    group.command("passwd")(passwd)
    group.command("reset")(reset)
    group.command("remove")(remove)
    users_more.register(group)
    app.add_typer(group)


def list_(
    *, config: options.Config = None, data: options.Data = None, as_json: options.Json = False, debug: options.Debug = False
) -> None:
    """List everybody who has an account."""
    import msgspec

    from hearthwatch.run.control_users import AskUsers

    everybody = _everybody(ask(config, data, AskUsers()))
    if as_json:
        typer.echo(msgspec.json.encode([_row(each) for each in everybody]))
        return
    for each in everybody:
        user, factors = each.user, each.factors
        seen = "" if user.cameras is None else f", only {', '.join(sorted(user.cameras)) or 'no camera'}"
        ways = [*(["code app"] if factors.totp else []), *(["passkey"] if factors.passkeys else [])]
        typer.echo(f"{user.name}  ({user.role}{seen}{''.join(f', {way}' for way in ways)})")
    if not everybody:
        typer.echo("nobody has an account yet: claim the house on its page, or `hearthwatch users add NAME --owner`")


def add(
    name: Name,
    *,
    owner: Annotated[bool, typer.Option("--owner", help="May decide everything.")] = False,
    member: Annotated[
        bool, typer.Option("--member", help="May also arm, mark, keep and export; without it: only look.")
    ] = False,
    camera: Cameras = None,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Make an account; asks for its password, or reads it from standard input when that is a pipe or a file."""
    from hearthwatch.kit.errors import Unsupported
    from hearthwatch.run.control_users import AskAddUser, AskUsers
    from hearthwatch.web.accounts import Role

    name = name.strip()
    if not 1 <= len(name) <= _MAX_NAME or not name.isprintable():
        raise typer.BadParameter(f"a user name has 1 to {_MAX_NAME} visible characters")
    wanted = _role(Role.OWNER if owner else Role.MEMBER if member else Role.VIEWER, owner and member, camera)
    seen = cameras_of(config, data, camera)
    # what is wrong should be told before a password is asked for
    if _named(name, _everybody(ask(config, data, AskUsers()))):
        raise Unsupported(f"there is a user {name} already (`hearthwatch users passwd {name}` gives a new password)")
    ask(config, data, AskAddUser(name=name, role=wanted, password_hash=_hash_of_new(name), cameras=seen))
    typer.echo(f"{name} may log in now, as {_rights(wanted, seen)}")


def role(
    name: Name,
    wanted: Annotated[str, typer.Argument(metavar="ROLE", help="owner, member or viewer.")],
    *,
    camera: Cameras = None,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Let somebody do and see more or less: all cameras, or those named. They log in anew."""
    from hearthwatch.run.control_users import AskRights
    from hearthwatch.web.accounts import Role

    if wanted not in list(Role):
        raise typer.BadParameter(f"{wanted!r} is no role: it is owner, member or viewer")
    seen = cameras_of(config, data, camera)
    checked = _role(Role(wanted), False, camera)
    ask(config, data, AskRights(name=name.strip(), role=checked, cameras=seen))
    typer.echo(f"{name} is {_rights(checked, seen)} from now on, and logged out everywhere")


def passwd(name: Name, *, config: options.Config = None, data: options.Data = None, debug: options.Debug = False) -> None:
    """Set a new password, for who forgot his; logs that user out everywhere."""
    _new_password(name, config, data, is_reset=False)
    typer.echo(f"{name} has a new password and is logged out everywhere")


def reset(name: Name, *, config: options.Config = None, data: options.Data = None, debug: options.Debug = False) -> None:
    """Start an account anew, for who lost their phone or was broken into: a new password, no second factor, no token, and
    logged out everywhere."""
    _new_password(name, config, data, is_reset=True)
    typer.echo(f"{name} has a new password; code app, passkeys and tokens are gone, and nobody is logged in as {name}")


def remove(name: Name, *, config: options.Config = None, data: options.Data = None, debug: options.Debug = False) -> None:
    """Remove an account and end its sessions; the last owner's stays."""
    from hearthwatch.run.control_users import AskRemoveUser

    ask(config, data, AskRemoveUser(name=name.strip()))
    typer.echo(f"{name} is removed and logged out")


def ask(config: Path | None, data: Path | None, question: UsersAsk) -> UsersReply:
    """Ask the house, whether it runs or not."""
    from typing import cast

    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.run.closed_house import ask as ask_house

    return cast("UsersReply", ask_house(options.places(config, data), question, SystemClock()))


def _new_password(name: str, config: Path | None, data: Path | None, *, is_reset: bool) -> None:
    from hearthwatch.kit.errors import Unsupported
    from hearthwatch.run.control_users import AskPassword, AskUsers

    if not _named(name, _everybody(ask(config, data, AskUsers()))):
        raise Unsupported(f"there is no user {name} (`hearthwatch users list` names them)")
    hashed = _hash_of_new(name.strip())
    ask(config, data, AskPassword(name=name.strip(), password_hash=hashed, reset=is_reset))


def _everybody(reply: UsersReply) -> tuple[Account, ...]:
    from hearthwatch.run.control_users import Users

    assert isinstance(reply, Users)
    return reply.accounts


def _row(account: Account) -> dict[str, object]:
    user, factors = account.user, account.factors
    return {
        "name": user.name,
        "role": user.role,
        "cameras": None if user.cameras is None else sorted(user.cameras),
        "code_app": factors.totp,
        "passkeys": len(factors.passkeys),
        "sessions": account.sessions,
    }


def _role(role: Role, is_both: bool, cameras: list[str] | None) -> Role:
    from hearthwatch.web.accounts import Role

    if is_both:
        raise typer.BadParameter("an owner is more than a member: name one of --owner and --member")
    if role is Role.OWNER and cameras:
        raise typer.BadParameter("an owner sees every camera: leave out --camera")
    return role


def cameras_of(config: Path | None, data: Path | None, names: list[str] | None) -> frozenset[CameraId] | None:
    """Return the cameras somebody is limited to; None for no limit."""
    if not names:
        return None
    from hearthwatch.kit.units import CameraId

    known = options.places(config, data).config.cameras
    for name in names:
        if name not in known:
            raise typer.BadParameter(f"there is no camera {name}: there are {', '.join(known)}")
    return frozenset(CameraId(name) for name in names)


def _rights(role: Role, cameras: frozenset[CameraId] | None) -> str:
    return role if cameras is None else f"{role} of {', '.join(sorted(cameras))}"


def _named(name: str, everybody: tuple[Account, ...]) -> User | None:
    return next((each.user for each in everybody if each.user.name.casefold() == name.strip().casefold()), None)


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
