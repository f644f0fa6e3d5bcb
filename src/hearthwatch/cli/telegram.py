"""`hearthwatch telegram`: who may talk to the house by Telegram, and what each may do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
    from hearthwatch.alerts.remote import Person
    from hearthwatch.run.control_telegram import TelegramAsk, TelegramReply
    from hearthwatch.run.places import Places


class RoleName(StrEnum):
    OWNER = "owner"
    MEMBER = "member"
    VIEWER = "viewer"


UserId = Annotated[int, typer.Argument(metavar="ID", help="The person's Telegram id, as `hearthwatch telegram list` shows it.")]
_ROLE_HELP = "`viewer` looks, `member` also arms, disarms and quiets, `owner` also disables, and changes cameras."


def register(app: typer.Typer) -> None:
    group = typer.Typer(name="telegram", help="Who may talk to the house by Telegram.", no_args_is_help=True)
    group.command("list")(list_)
    group.command("invite")(invite)
    group.command("role")(role)
    group.command("remove")(remove)
    app.add_typer(group)


def list_(
    *, config: options.Config = None, data: options.Data = None, as_json: options.Json = False, debug: options.Debug = False
) -> None:
    """List everybody who is enrolled, with what they may do."""
    import msgspec

    from hearthwatch.run.control_telegram import AskPhones, Phones

    house = options.places(config, data)
    reply = _ask(house, AskPhones())
    assert isinstance(reply, Phones)
    if as_json:
        typer.echo(msgspec.json.encode(reply.people))
        return
    _show(house, reply.people)


def invite(
    *,
    role: Annotated[
        RoleName | None,
        typer.Option("--role", help=f"{_ROLE_HELP} Without it the first on Telegram is an owner, the others are members."),
    ] = None,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Make a one-time code: whoever sends it to the bot, alone or in a group, gets the alerts there."""
    from hearthwatch.alerts.remote import Role
    from hearthwatch.cli.wording import shown
    from hearthwatch.run.control_telegram import AskInvite, Invited
    from hearthwatch.run.zone import zone_of

    house = options.places(config, data)
    made = _ask(house, AskInvite(role=Role(role.value) if role else None))
    assert isinstance(made, Invited)
    typer.echo(f"Send this to @{made.bot} before {shown(made.expires_us, zone_of(house.config))}:  /start {made.code}")


def role(
    user: UserId,
    wanted: Annotated[RoleName, typer.Argument(metavar="ROLE", help=_ROLE_HELP)],
    *,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Say what a person may do from now on."""
    from hearthwatch.alerts.remote import Role
    from hearthwatch.run.control_telegram import AskPhoneRole, Phones

    house = options.places(config, data)
    reply = _ask(house, AskPhoneRole(user_id=user, role=Role(wanted.value)))
    assert isinstance(reply, Phones)
    _show(house, reply.people)


def remove(user: UserId, *, config: options.Config = None, data: options.Data = None, debug: options.Debug = False) -> None:
    """Let a person in no more, in any chat, and send their chats no more alerts."""
    from hearthwatch.run.control_telegram import AskRemovePhone, Phones

    house = options.places(config, data)
    reply = _ask(house, AskRemovePhone(user_id=user))
    assert isinstance(reply, Phones)
    _show(house, reply.people)


def _ask(house: Places, question: TelegramAsk) -> TelegramReply:
    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.run.closed_house import ask
    from hearthwatch.run.control_telegram import Invited, Phones

    reply = ask(house, question, SystemClock())
    assert isinstance(reply, Phones | Invited)
    return reply


def _show(house: Places, people: Sequence[Person]) -> None:
    from hearthwatch.run.zone import zone_of

    for line in people_lines(people, zone_of(house.config)):
        typer.echo(line)


def people_lines(people: Sequence[Person], zone: tzinfo) -> Iterator[str]:
    """Yield everybody as a person reads it."""
    from hearthwatch.cli.wording import shown

    if not people:
        yield "nobody is enrolled yet: `hearthwatch telegram invite`"
    for one in people:
        where = "" if one.chat_id == one.user_id else f" in the group {one.chat_id}"
        yield f"{one.user_id} {one.name}: {one.role}{where}, since {shown(one.enrolled_us, zone)}"
