"""`hearthwatch arm`, `disarm`, `disable`, `enable`: the house's mode, by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
    from pathlib import Path

    from hearthwatch.arming.arming import Mode
    from hearthwatch.run.control_arming import ArmingAsk
    from hearthwatch.run.places import Places

Until = Annotated[
    str | None,
    typer.Option("--until", metavar="TIME", help="End it by itself then: `22:30`, `+2h`, `2026-11-23 18:00`."),
]


def register(app: typer.Typer) -> None:
    app.command("arm")(arm)
    app.command("disarm")(disarm)
    app.command("disable")(disable)
    app.command("enable")(enable)


def arm(
    *,
    until: Until = None,
    at_home: Annotated[bool, typer.Option("--home", help="Mode `home`: only what is told while somebody is in.")] = False,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Arm the house: every visitor is told. It stays so until somebody comes or the last one goes, or the time you give."""
    from hearthwatch.arming.arming import Mode

    _wish(Mode.HOME if at_home else Mode.AWAY, until, config, data)


def disarm(
    *, until: Until = None, config: options.Config = None, data: options.Data = None, debug: options.Debug = False
) -> None:
    """Disarm the house, until somebody comes or the last one goes, or the time you give. Alerts about the cameras go on."""
    from hearthwatch.arming.arming import Mode

    _wish(Mode.DISARMED, until, config, data)


def disable(
    *, until: Until = None, config: options.Config = None, data: options.Data = None, debug: options.Debug = False
) -> None:
    """Tell no intrusion, whoever comes and goes, until `enable` or the time you give. Recording goes on."""
    from hearthwatch.arming.arming import Mode

    _wish(Mode.DISABLED, until, config, data)


def enable(*, config: options.Config = None, data: options.Data = None, debug: options.Debug = False) -> None:
    """End what was set by hand: the house arms and disarms itself again."""
    from hearthwatch.run.control_arming import AskEnable

    house = options.places(config, data)
    _ask(house, AskEnable(who=_me()))


def _wish(mode: Mode, until: str | None, config: Path | None, data: Path | None) -> None:
    from hearthwatch.cli.moments import until_moment
    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.run.control_arming import AskArm
    from hearthwatch.run.zone import zone_of

    house = options.places(config, data)
    until_us = until_moment(until, SystemClock().wall_us(), zone_of(house.config)) if until else None
    _ask(house, AskArm(mode=mode, until_us=until_us, who=_me()))


def _ask(house: Places, ask: ArmingAsk) -> None:
    from hearthwatch.alerts.arming_alerts import reply
    from hearthwatch.arming.arming import Acknowledged
    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.kit.errors import Unreachable
    from hearthwatch.run.control import ask_house
    from hearthwatch.run.control_arming import Armed
    from hearthwatch.run.zone import zone_of

    found = ask_house(house.data, ask)
    if found is None:
        raise Unreachable(f"Hearthwatch is not running with the data folder {house.data}, or is just starting")
    assert isinstance(found, Armed)
    done = Acknowledged(state=found.state, stored=found.stored)
    typer.echo(reply(done, zone_of(house.config), SystemClock().wall_us()))


def _me() -> str:
    import getpass

    return getpass.getuser()
