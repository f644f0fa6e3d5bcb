"""`hearthwatch node verify`: does the hub hold what this house's ledgers do."""

from __future__ import annotations

import typer

from hearthwatch.cli import options

_ANSWER_S = 300.0


def register(group: typer.Typer) -> None:
    group.command("verify")(verify)


def verify(
    *,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Compare what this house knows with what its hub has, day by day, and send again what differs there.

    What is still on its way is passed over. Exit code 1 when something differed.
    """
    import msgspec

    from hearthwatch.cli.wording import counted
    from hearthwatch.kit.errors import Unreachable
    from hearthwatch.run.control import ask_house
    from hearthwatch.run.control_fleet import AskVerify, NodeVerified

    reply = ask_house(options.places(config, data).data, AskVerify(), _ANSWER_S)
    if not isinstance(reply, NodeVerified):
        raise Unreachable("Hearthwatch is not running: start it with `hearthwatch run`")
    found = reply.found
    if as_json:
        typer.echo(msgspec.json.encode(found))
    elif found is None:
        typer.echo("nothing was told to the hub yet: try again in a minute")
    elif found.is_equal:
        typer.echo(f"equal: {counted(found.things, 'thing')} of {counted(found.days, 'day')}, here and at the hub")
    else:
        typer.echo(
            f"of {counted(found.things, 'thing')} of {counted(found.days, 'day')} {found.posted} were missing or other at the "
            f"hub, and {found.gone} are here no longer; all of that is being told to it again"
        )
    if found is None or not found.is_equal:
        raise typer.Exit(1)
