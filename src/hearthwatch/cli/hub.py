"""`hearthwatch hub`: a hub alone, without cameras of its own; and its nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
    from datetime import tzinfo

    from hearthwatch.run.control_fleet import FleetAsk, FleetReply
    from hearthwatch.run.places import Places
    from hearthwatch.web.fleet_doors import NodeNow

PORT_MAX = 65_535
Which = Annotated[str, typer.Argument(metavar="NODE", help="Its id, or its name where only one has it.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        name="hub",
        help="Run a hub alone, or ask the hub that runs here about its nodes (docs/nodes.md).",
        invoke_without_command=True,
    )
    group.callback()(hub)
    for name, command in (
        ("invite", invite),
        ("nodes", nodes),
        ("rename", rename),
        ("revoke", revoke),
        ("retire", retire),
    ):
        group.command(name)(command)
    app.add_typer(group)


def hub(
    context: typer.Context,
    *,
    config: options.Config = None,
    data: options.Data = None,
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=PORT_MAX, help="Port of the page.  [default: web.port]")
    ] = None,
    debug: options.Debug = False,
) -> None:
    """Without a command: run a hub alone until it is told to end, with no recorder and no detector. A house with cameras that
    is a hub as well is run by `hearthwatch run`."""
    if context.invoked_subcommand is not None:
        return
    from hearthwatch.cli.run_command import start
    from hearthwatch.kit.errors import ConfigFault
    from hearthwatch.run.config import load

    path = options.config_file(config, data)
    checked = load(path)
    if not checked.hub.enabled:
        raise ConfigFault(f"{path}: this is no hub: write `enabled = true` into the section [hub] (docs/nodes.md)")
    if checked.cameras:
        raise ConfigFault(f"{path}: names cameras, which a hub alone does not record: use `hearthwatch run`")
    start(path, options.data_folder(data), port=port, debug=debug, alone=True)


def invite(
    *,
    site: Annotated[str, typer.Option("--site", metavar="NAME", help="Where it stands.  [default: the hub's own site]")] = "",
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="What to call it.  [default: its own name]")] = "",
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Make a code that lets one machine join, once, within a quarter of an hour."""
    import msgspec

    from hearthwatch.cli.wording import shown
    from hearthwatch.run.control_fleet import AskNodeInvite, NodeInvited
    from hearthwatch.run.zone import zone_of

    house = options.places(config, data)
    reply = _ask(house, AskNodeInvite(site=site, name=name))
    assert isinstance(reply, NodeInvited)
    if as_json:
        typer.echo(msgspec.json.encode(reply))
        return
    typer.echo(f"On the machine that is to stand at {reply.site}, until {shown(reply.ends_us, zone_of(house.config))}:\n")
    typer.echo(f"  hearthwatch node join {reply.code}\n")
    typer.echo("Whoever has the code can join with it: pass it on as you would a password.")


def nodes(
    *,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """List the machines that joined, and how they are."""
    import msgspec

    from hearthwatch.run.control_fleet import AskNodes, Nodes
    from hearthwatch.run.zone import zone_of

    house = options.places(config, data)
    reply = _ask(house, AskNodes())
    assert isinstance(reply, Nodes)
    if as_json:
        typer.echo(msgspec.json.encode(reply.nodes))
        return
    for one in reply.nodes:
        typer.echo(_words(one, zone_of(house.config)))


def _words(now: NodeNow, zone: tzinfo) -> str:
    from hearthwatch.cli.wording import counted, shown

    heard = f"heard {shown(now.node.heard_us, zone)}" if now.node.heard_us else "never heard"
    parts = ["this hub's own house" if now.own else f"{now.hearing}, {heard}", counted(len(now.cameras), "camera")]
    if now.waiting:
        parts.append(f"{counted(now.waiting, 'letter')} to come")
    if now.machine is not None and now.machine.temperature_c is not None:
        parts.append(f"{now.machine.temperature_c:.0f} °C")
    line = f"{now.node.id}  {now.node.name} at {now.node.site}: {'; '.join(parts)}"
    return f"{line}\n          {now.problem}" if now.problem else line


def rename(
    node: Which,
    *,
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="What to call it from now on.")] = "",
    site: Annotated[str, typer.Option("--site", metavar="NAME", help="Where it stands from now on.")] = "",
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Call a node otherwise, or say that it stands elsewhere."""
    from hearthwatch.run.control_fleet import AskRename

    if not name and not site:
        raise typer.BadParameter("say --name or --site")
    _ask(options.places(config, data), AskRename(node=node, name=name, site=site))
    typer.echo("done")


def revoke(
    node: Which,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Refuse a node from now on and cut what it has open, as for one that was stolen. What it sent stays."""
    from hearthwatch.run.control_fleet import AskRevoke, NodeDone

    house = options.places(config, data)
    if not yes and not typer.confirm(f"Refuse {node} for ever? It could only come back with a new code."):
        raise typer.Exit(1)
    reply = _ask(house, AskRevoke(node=node))
    assert isinstance(reply, NodeDone)
    typer.echo(
        f"{reply.name} is refused from now on. If it was stolen: change the passwords of its cameras, and those of its own "
        "page: both lie on it (docs/nodes.md)"
    )


def retire(
    node: Which,
    *,
    into: Annotated[
        str, typer.Option("--into", metavar="NODE", help="The same machine under its new identity: it gets what this one sent.")
    ] = "",
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Take a revoked node off the list; what it sent stays."""
    from hearthwatch.run.control_fleet import AskRetire, NodeDone

    reply = _ask(options.places(config, data), AskRetire(node=node, into=into))
    assert isinstance(reply, NodeDone)
    typer.echo(f"{reply.name} is off the list")


def _ask(house: Places, question: FleetAsk) -> FleetReply:
    from hearthwatch.kit.errors import Unsupported
    from hearthwatch.run.control import ask_house

    reply = ask_house(house.data, question)
    if reply is None:
        raise Unsupported(f"Hearthwatch is not running with the data folder {house.data}, or is just starting")
    return reply  # type: ignore[return-value] # what is asked here is answered by its own kind
