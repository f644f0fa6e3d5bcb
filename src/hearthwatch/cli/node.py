"""`hearthwatch node`: this house as a node of a hub."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import node_verify, options

if TYPE_CHECKING:
    from datetime import tzinfo

    from hearthwatch.web.fleet_doors import HubFar

_JOIN_S = 60.0


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(name="node", help="This house as a node of a hub (docs/nodes.md).", no_args_is_help=True)
    group.command("join")(join)
    group.command("status")(status)
    group.command("leave")(leave)
    node_verify.register(group)
    app.add_typer(group)


def join(
    code: Annotated[str, typer.Argument(metavar="CODE", help="As the hub shows it: hw1-…; it is good once.")],
    *,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Join the hub that gave CODE. Everything here goes on as before; the hub gets to know of it, too."""
    import asyncio

    from hearthwatch.fleet.identity import IdentityShelf
    from hearthwatch.fleet.joining import join as join_hub
    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.kit.errors import Refused, StorageFailed
    from hearthwatch.run.control import ask_house
    from hearthwatch.run.control_fleet import AskJoin
    from hearthwatch.run.places import is_held

    house = options.places(config, data)
    try:
        reply = ask_house(house.data, AskJoin(code=code), _JOIN_S)
    except StorageFailed:
        reply = None  # there is no data folder yet: this house was never started
    if reply is None:
        if house.config.hub.enabled:
            raise Refused("this house is a hub itself: a hub joins no other one")
        asyncio.run(join_hub(code, IdentityShelf(house.data), SystemClock(), name=platform.node()))
    identity = IdentityShelf(house.data).read()
    assert identity is not None
    typer.echo(f"joined: the hub calls this house {identity.name}, at {identity.site} (id {identity.node})")
    if reply is None and not is_held(house.data):
        typer.echo("Hearthwatch is not running: the hub hears of this house once it is (`hearthwatch run`)")


def status(
    *,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Show whether the hub is reached, and how much it has not been told yet."""
    import msgspec

    from hearthwatch.fleet.identity import IdentityShelf
    from hearthwatch.run.control import ask_house
    from hearthwatch.run.control_fleet import AskNode, NodeFar
    from hearthwatch.run.zone import zone_of

    house = options.places(config, data)
    reply = ask_house(house.data, AskNode())
    if isinstance(reply, NodeFar) and reply.hub is not None:
        typer.echo(msgspec.json.encode(reply.hub) if as_json else _words(reply.hub, zone_of(house.config)))
        raise typer.Exit(0 if not reply.hub.problem else 1)
    identity = IdentityShelf(house.data).read()
    if as_json:
        typer.echo("null")
    elif identity is None:
        typer.echo("this house joined no hub (`hearthwatch node join CODE`)")
    else:
        typer.echo(f"{identity.name} at {identity.site} (id {identity.node}); Hearthwatch is not running, or is just starting")
    raise typer.Exit(1)


def _words(hub: HubFar, zone: tzinfo) -> str:
    from hearthwatch.cli.wording import counted, shown

    told = f"{counted(hub.waiting, 'letter')} not told yet" if hub.waiting else "everything is told"
    if hub.waiting and hub.waiting_since_us:
        told += f", the hub was up to date at {shown(hub.waiting_since_us, zone)}"
    reached = f"heard of it at {shown(hub.reached_us, zone)}" if hub.reached_us else "not heard of it yet"
    lines = [f"{hub.name} at {hub.site} (id {hub.id}), hub {hub.address}: {hub.step}; {reached}; {told}"]
    if hub.problem:
        lines.append(hub.problem)
    return "\n".join(lines)


def leave(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Forget the hub. This house stays as it is; what the hub was not told yet it will not hear."""
    from hearthwatch.fleet.identity import IdentityShelf
    from hearthwatch.kit.errors import Unreachable
    from hearthwatch.run.control import ask_house
    from hearthwatch.run.control_fleet import AskLeave
    from hearthwatch.run.places import is_held

    house = options.places(config, data)
    if not yes and not typer.confirm("Forget the hub? To join again this house needs a new code."):
        raise typer.Exit(1)
    reply = ask_house(house.data, AskLeave())
    if reply is None and is_held(house.data):
        raise Unreachable("Hearthwatch is just starting or ending: try again in a few seconds")
    if IdentityShelf(house.data).forget() or reply is not None:
        typer.echo("this house belongs to no hub any more; have the hub forget it, too: `hearthwatch hub revoke`, or its page")
    else:
        typer.echo("this house joined no hub")
