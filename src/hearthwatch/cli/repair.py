"""`hearthwatch repair`: do something to a camera, asked once more, and told how it went."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
    from hearthwatch.run.control_remedies import Possibilities
    from hearthwatch.run.places import Places


def register(app: typer.Typer) -> None:
    app.command("repair")(repair)


def repair(
    camera: Annotated[str, typer.Argument(metavar="CAMERA")],
    what: Annotated[str, typer.Argument(metavar="[WHAT]", help="Such as change-password; none lists what can be done.")] = "",
    about: Annotated[str, typer.Argument(metavar="[ABOUT]", help="The account, address, visit, service or file.")] = "",
    value: Annotated[str, typer.Argument(metavar="[VALUE]", help="What that becomes.")] = "",
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking once more.")] = False,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Do something to a camera: change a password, end a visit, restart it … Without WHAT: list what can be done."""
    house = options.places(config, data)
    if not what:
        _list(house, camera)
        return
    _do(house, camera, what, about, value, yes=yes)


def _list(house: Places, camera: str) -> None:
    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.run.closed_house import ask
    from hearthwatch.run.control import CAMERA_ANSWER_S
    from hearthwatch.run.control_remedies import AskPossible, Possibilities

    reply = ask(house, AskPossible(camera=options.known_camera(camera, house)), SystemClock(), CAMERA_ANSWER_S)
    assert isinstance(reply, Possibilities)
    for line in _lines(reply):
        typer.echo(line)


def _lines(found: Possibilities) -> Iterator[str]:
    from hearthwatch.alerts.wording import many_lines as shown

    if found.why:
        yield shown(found.why)
    for kind, why_not in found.why_not.items():
        yield f"{kind:<18} {why_not or 'can be tried'}"
    for name, values in (("services", found.services), ("accounts", found.accounts)):
        if values:
            yield f"{name}: {', '.join(shown(one) for one in values)}"
    for number, user, address in found.sessions:
        yield f"visit {shown(number)}: {shown(user)} from {shown(address)}"


def _do(house: Places, camera: str, what: str, about: str, value: str, *, yes: bool) -> None:
    from hearthwatch.alerts.wording import many_lines as shown
    from hearthwatch.audit.remedy import Remedy, RemedyKind
    from hearthwatch.audit.trail import RepairState
    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.run.closed_house import ask
    from hearthwatch.run.control import CAMERA_ANSWER_S
    from hearthwatch.run.control_remedies import AskDone, AskRemedy, Said

    try:
        kind = RemedyKind(what)
    except ValueError:
        raise typer.BadParameter(f"{what!r} is nothing that can be done: say one of {', '.join(RemedyKind)}") from None
    remedy = Remedy(kind=kind, camera=options.known_camera(camera, house), subject=about, value=value)
    question = ask(house, AskRemedy(remedy=remedy), SystemClock(), CAMERA_ANSWER_S)
    assert isinstance(question, Said)
    if question.state is RepairState.IMPOSSIBLE:
        typer.echo(shown(question.text), err=True)
        raise typer.Exit(1)
    wanted = yes or typer.confirm(shown(question.text))
    outcome = ask(house, AskDone(entry=question.entry, yes=wanted), SystemClock(), CAMERA_ANSWER_S)
    assert isinstance(outcome, Said)
    typer.echo(shown(outcome.text), err=outcome.state is not RepairState.DONE)
    if wanted and outcome.state is not RepairState.DONE:
        raise typer.Exit(1)
