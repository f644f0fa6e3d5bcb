"""`hearthwatch offsite now`: bring the last minutes of every camera to safety, by hand or because a UPS says so."""

from __future__ import annotations

from typing import Annotated

import typer

from hearthwatch.cli import options


def now(
    cause: Annotated[str, typer.Argument(help="Why, as your alert shall say it.")] = "Asked for by hand.",
    *,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Send the last minutes of every camera before all else, and tell the owner. For a UPS: `hearthwatch offsite now "The
    power fails."` as the command NUT runs on battery."""
    from hearthwatch.cli.wording import counted
    from hearthwatch.kit.errors import Unsupported
    from hearthwatch.run.control import ask_house
    from hearthwatch.run.control_offsite import AskFlush, Flushed

    house = options.places(config, data)
    reply = ask_house(house.data, AskFlush(cause=cause, who=""))
    if reply is None:
        raise Unsupported("Hearthwatch is not running, so nothing can be sent: start it with `hearthwatch run`")
    assert isinstance(reply, Flushed)
    if not reply.now.targets:
        raise Unsupported("there is no place for copies: `[offsite]` of the configuration says where to")
    targets = counted(len(reply.now.targets), "target")
    again = "" if reply.fresh else " since the call before this one; that was less than five minutes ago"
    typer.echo(f"the last minutes of every camera go to {targets} before all else{again}; `hearthwatch status` says how far")
