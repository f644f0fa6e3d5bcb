"""`hearthwatch users sessions|logout|tokens|token|untoken|trail`: who is logged in, what programs may ask, who did what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
    from hearthwatch.kit.units import WallUs
    from hearthwatch.web.sessions import OpenSession
    from hearthwatch.web.tokens import ApiToken

_SCOPES = ("look", "decide", "export", "manage")


def register(group: typer.Typer) -> None:
    group.command("sessions")(sessions)
    group.command("logout")(logout)
    group.command("tokens")(tokens)
    group.command("token")(token)
    group.command("untoken")(untoken)
    group.command("trail")(trail)


def sessions(*, config: options.Config = None, data: options.Data = None, debug: options.Debug = False) -> None:
    """List who is logged in to the page: when, from where, with what."""
    from hearthwatch.cli.users import ask
    from hearthwatch.run.control_users import AskSessions, Sessions

    reply = ask(config, data, AskSessions())
    assert isinstance(reply, Sessions)
    _show_sessions(reply.sessions)


def logout(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Whom to log out; nobody named: everybody.")] = "",
    *,
    everybody: Annotated[bool, typer.Option("--all", help="Log everybody out.")] = False,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Log somebody out everywhere; what is open on their screens closes within a second."""
    from hearthwatch.cli.users import ask
    from hearthwatch.run.control_users import AskLogOut

    if bool(name.strip()) == everybody:
        raise typer.BadParameter("name whom to log out, or say --all")
    ask(config, data, AskLogOut(name=name.strip()))
    typer.echo(f"{name or 'everybody'} is logged out")


def tokens(*, config: options.Config = None, data: options.Data = None, debug: options.Debug = False) -> None:
    """List the tokens of programs, never what opens the house."""
    from hearthwatch.cli.users import ask
    from hearthwatch.run.control_users import AskTokens, Tokens

    reply = ask(config, data, AskTokens())
    assert isinstance(reply, Tokens)
    for each in reply.tokens:
        typer.echo(_token_line(each))
    if not reply.tokens:
        typer.echo("no program has a token (`hearthwatch users token NAME PROGRAM --may look` makes one)")


def token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="On whose behalf; never more than they may themselves.")],
    program: Annotated[str, typer.Argument(metavar="PROGRAM", help="What the program is called, such as home-assistant.")],
    *,
    may: Annotated[list[str], typer.Option("--may", help="look, decide (arm, mark, keep), export, manage; may be repeated.")],
    camera: Annotated[
        list[str] | None, typer.Option("--camera", metavar="CAMERA", help="Only this camera; may be repeated.")
    ] = None,
    days: Annotated[
        int, typer.Option("--days", min=0, max=3650, help="How long it opens the house; 0: until it is taken.")
    ] = 365,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Make a token for a program and print it, this once: it goes into the header `Authorization: Bearer`."""
    from hearthwatch.cli.users import ask, cameras_of
    from hearthwatch.run.control_users import AskAddToken, TokenMade
    from hearthwatch.web.person import Permission

    for scope in may:
        if scope not in _SCOPES:
            raise typer.BadParameter(f"{scope!r} is nothing a token can be given: it is one of {', '.join(_SCOPES)}")
    question = AskAddToken(
        user=name,
        name=program.strip()[:64] or "program",
        scopes=frozenset(Permission(scope) for scope in may),
        cameras=cameras_of(config, data, camera),
        days=days or None,
    )
    reply = ask(config, data, question)
    assert isinstance(reply, TokenMade)
    typer.echo(reply.word)


def untoken(
    id_: Annotated[str, typer.Argument(metavar="ID", help="As `hearthwatch users tokens` names it.")],
    *,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Take a token away: the program that has it is refused at once."""
    from hearthwatch.cli.users import ask
    from hearthwatch.run.control_users import AskRemoveToken

    ask(config, data, AskRemoveToken(token=id_.strip()))
    typer.echo(f"token {id_} opens nothing any more")


def trail(
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many lines, the newest.")] = 50,
    check: Annotated[bool, typer.Option("--check", help="See whether somebody changed the trail afterwards.")] = False,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Show who looked, armed, exported, changed or logged in; the newest last."""
    from hearthwatch.cli.users import ask
    from hearthwatch.run.control_users import AskTrail, Deeds

    reply = ask(config, data, AskTrail(limit=limit, check=check))
    assert isinstance(reply, Deeds)
    for line in reversed(reply.lines):
        deed = line.deed
        what = " ".join(filter(None, (deed.deed, deed.camera or "", deed.subject)))
        whence = f" from {deed.address}" if deed.address else ""
        typer.echo(f"{line.number:>6}  {_time(deed.at_us)}  {deed.who or 'somebody'} ({deed.via}{whence}): {what}")
    if check and reply.broken_at:
        typer.echo(f"line {reply.broken_at} is not as it was written: somebody changed the trail, or the file is damaged")
        raise typer.Exit(1)
    if check:
        typer.echo("the trail is as it was written")


def _show_sessions(found: tuple[OpenSession, ...]) -> None:
    for each in found:
        since, used = _time(each.created_us), _time(each.used_us)
        typer.echo(f"{each.user.name}  {each.browser} at {each.address}, since {since}, last used {used} ({each.factor})")
    if not found:
        typer.echo("nobody is logged in")


def _token_line(each: ApiToken) -> str:
    seen = "" if each.cameras is None else f" at {', '.join(sorted(each.cameras))}"
    until = f", until {_time(each.expires_us)}" if each.expires_us else ""
    used = f"last used {_time(each.used_us)} from {each.used_from}" if each.used_us else "never used"
    return f"{each.id}  {each.name}: {', '.join(sorted(each.scopes))}{seen}, for {each.user.name}{until}, {used}"


def _time(at_us: WallUs) -> str:
    from hearthwatch.kit.units import to_datetime

    return to_datetime(at_us).astimezone().strftime("%Y-%m-%d %H:%M")
