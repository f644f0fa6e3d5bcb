"""`hearthwatch actions`: what the house can switch, whether it is on, and trying it out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
    from hearthwatch.actions.action import ActionNow, Deed
    from hearthwatch.run.control_actions import Actions, ActionsAsk
    from hearthwatch.run.places import Places

Name = Annotated[str, typer.Argument(metavar="NAME", help="As in [action.NAME].")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(name="actions", help="Sirens, lights and whatever else the house switches.", no_args_is_help=True)
    group.command("list")(list_)
    group.command("test")(try_out)
    group.command("off")(off)
    group.command("trail")(trail)
    app.add_typer(group)


def list_(
    *, config: options.Config = None, data: options.Data = None, as_json: options.Json = False, debug: options.Debug = False
) -> None:
    """List the actions and whether they are on."""
    import msgspec

    from hearthwatch.run.control_actions import AskActions
    from hearthwatch.run.zone import zone_of

    house = options.places(config, data)
    found = _ask(house, AskActions())
    if as_json:
        typer.echo(msgspec.json.encode(found.actions))
        return
    for action in found.actions:
        typer.echo(_line(action, zone_of(house.config)))
    if not found.actions:
        typer.echo("no action is configured: docs/actions.md says how")


def try_out(name: Name, *, config: options.Config = None, data: options.Data = None, debug: options.Debug = False) -> None:
    """Switch it on for five seconds; exit code 1 when that failed."""
    from hearthwatch.run.control_actions import AskActionTest

    house = options.places(config, data)
    _tell(_ask(house, AskActionTest(name=name, who=_me())))


def off(name: Name, *, config: options.Config = None, data: options.Data = None, debug: options.Debug = False) -> None:
    """Switch it off now; exit code 1 when that failed."""
    from hearthwatch.run.control_actions import AskActionOff

    house = options.places(config, data)
    _tell(_ask(house, AskActionOff(name=name, who=_me())))


def trail(
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Lines at most.")] = 30,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Show what was switched when, why, and how it went; newest first."""
    import msgspec

    from hearthwatch.run.control_actions import AskActions
    from hearthwatch.run.zone import zone_of

    house = options.places(config, data)
    found = _ask(house, AskActions(trail=limit))
    if as_json:
        typer.echo(msgspec.json.encode(found.trail))
        return
    for line in _deeds(found.trail, zone_of(house.config)):
        typer.echo(line)


def _ask(house: Places, ask: ActionsAsk) -> Actions:
    from hearthwatch.kit.errors import Unreachable
    from hearthwatch.run.control import CAMERA_ANSWER_S, ask_house
    from hearthwatch.run.control_actions import Actions

    found = ask_house(house.data, ask, CAMERA_ANSWER_S)
    if found is None:
        raise Unreachable(f"Hearthwatch is not running with the data folder {house.data}, or is just starting")
    assert isinstance(found, Actions)
    return found


def _tell(found: Actions) -> None:
    [deed] = found.trail
    if not deed.done:
        typer.echo(f"{deed.name}: switching it {deed.turn} failed: {deed.text}", err=True)
        raise typer.Exit(1)
    now = next((one for one in found.actions if one.name == deed.name), None)
    ends = "; it goes off by itself" if now is not None and now.off_us is not None else ""
    typer.echo(f"{deed.name}: {deed.turn}{ends}")


def _line(action: ActionNow, zone: tzinfo) -> str:
    from hearthwatch.cli.wording import shown

    title = f" ({action.title})" if action.title != action.name else ""
    state = "off" if action.on_since_us is None else f"ON since {shown(action.on_since_us, zone)}"
    last = ""
    if action.last is not None and not action.last.done:
        last = f"; last try failed at {shown(action.last.at_us, zone)}: {action.last.text}"
    return f"{action.name}{title}: {action.way}, {state}{'' if action.enabled else ', not by itself'}{last}"


def _deeds(deeds: tuple[Deed, ...], zone: tzinfo) -> Iterator[str]:
    from hearthwatch.cli.wording import shown

    for deed in deeds:
        failed = "" if deed.done else f" FAILED: {deed.text}"
        yield f"{shown(deed.at_us, zone)}  {deed.name} {deed.turn} ({deed.why}){failed}"


def _me() -> str:
    import getpass

    return getpass.getuser()
