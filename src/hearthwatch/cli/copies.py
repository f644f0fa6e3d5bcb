"""`hearthwatch copies`: the cameras' settings, kept with their history: compare, restore, set to the baseline, export."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
    from hearthwatch.copies.copy import ConfigCopy, CopyId, Outcome
    from hearthwatch.kit.units import CameraId
    from hearthwatch.run.control_copies import CopiesAsk, CopiesReply, CopyText
    from hearthwatch.run.places import Places

Which = Annotated[str, typer.Argument(metavar="COPY", help="Id of a copy, or a camera's NAME for its newest one.")]
Apply = Annotated[bool, typer.Option("--apply", help="Do it; without this it is only shown what would be done.")]
_ID_CHARS = 26


def register(app: typer.Typer) -> None:
    group = typer.Typer(name="copies", help="The cameras' settings, kept with their history.", no_args_is_help=True)
    group.command("list")(list_)
    group.command("fetch")(fetch)
    group.command("show")(show)
    group.command("diff")(diff)
    group.command("restore")(restore)
    group.command("baseline")(baseline)
    group.command("export")(export)
    app.add_typer(group)


def list_(
    *,
    camera: options.Camera = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="So many, newest first.")] = 50,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """List the copies there are, newest first; `!` marks a change that nobody ordered here."""
    from hearthwatch.cli.wording import counted, shown
    from hearthwatch.run.control_copies import AskCopies, Copies
    from hearthwatch.run.zone import zone_of

    house = options.places(config, data)
    wanted = options.known_camera(camera, house) if camera else None
    reply = _ask(house, AskCopies(camera=wanted, limit=limit))
    assert isinstance(reply, Copies)
    if as_json:
        _print_json(reply)
        return
    zone = zone_of(house.config)
    for copy in reply.copies:
        changes = counted(copy.change_count, "change") if copy.change_count else "first copy"
        mark = "!" if copy.drift else " "
        until = "" if copy.seen_us == copy.taken_us else f", so until {shown(copy.seen_us, zone)}"
        typer.echo(f"{mark} {copy.id}  {shown(copy.taken_us, zone)}  {copy.camera}: {changes} ({copy.reason}){until}")
    if not reply.copies:
        typer.echo("there are no copies yet: a running house makes the first within a minute, or `hearthwatch copies fetch`")
    for name, trouble in sorted(reply.troubles.items()):
        typer.echo(f"the last look at {name} failed: {trouble}", err=True)


def fetch(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="The camera; all of them without.")] = None,
    *,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Look at the settings of a camera, or of all, now."""
    from hearthwatch.kit.errors import HearthwatchError
    from hearthwatch.run.control_copies import AskLook, Looked

    house = options.places(config, data)
    failed = False
    for camera in _cameras(name, house):
        try:
            reply = _ask(house, AskLook(camera=camera))
        except HearthwatchError as error:
            if name:
                raise
            failed = True
            typer.echo(f"{camera}: {error}", err=True)
            continue
        assert isinstance(reply, Looked)
        look = reply.look
        if look.is_doubtful:
            typer.echo(
                f"{camera}: it gave only a part of its settings; the copy there was stays, it is looked again in 10 minutes"
            )
        elif look.diff.is_empty:
            typer.echo(f"{camera}: as in copy {look.copy.id}")
        else:
            typer.echo(f"{camera}: new copy {look.copy.id}")
            _print_lines(f"  {line}" for line in look.diff.lines())
    if failed:
        raise typer.Exit(1)


def show(
    which: Which,
    *,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Print a copy as JSON, sorted by name, secrets as ***."""
    import json

    house = options.places(config, data)
    text = _text(house, _copy(which, house).id)
    typer.echo(json.dumps(dict(text.settings), indent=1, sort_keys=True))


def diff(
    which: Which,
    other: Annotated[str | None, typer.Argument(metavar="[COPY]", help="Compare the first with this one.")] = None,
    *,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Show what changed from one copy to another; with one copy only, from the one before it."""
    from hearthwatch.run.control_copies import AskCopyDiff, CopyDiff

    house = options.places(config, data)
    first = _copy(which, house)
    if other is None:
        found = _text(house, first.id).diff
    else:
        reply = _ask(house, AskCopyDiff(old=first.id, new=_copy(other, house).id))
        assert isinstance(reply, CopyDiff)
        found = reply.diff
    if as_json:
        _print_json(found)
    elif found.is_empty:
        typer.echo("no difference" if other else f"nothing: {first.id} is the first copy of {first.camera}, or changed nothing")
    else:
        _print_lines(found.lines())


def restore(
    which: Annotated[str, typer.Argument(metavar="COPY", help="Id of a copy, or a camera's NAME for its last good one.")],
    *,
    to: Annotated[str | None, typer.Option("--to", metavar="NAME", help="Write it to this camera of the same family.")] = None,
    section: Annotated[
        list[str] | None,
        typer.Option("--section", help="Only this section, by the heading it has in a difference; repeatable."),
    ] = None,
    own: Annotated[bool, typer.Option("--own", help="Also network address, and to another camera its name.")] = False,
    apply: Apply = False,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Write a copy back to its camera, or parts of it to another, and read it back. Without --apply nothing is written."""
    from hearthwatch.copies.copy import CopyId, RestoreAsk
    from hearthwatch.run.control_copies import AskRestore

    house = options.places(config, data)
    is_id = len(which) == _ID_CHARS and which.isalnum() and which.isupper()
    source = None if is_id else options.known_camera(which, house)
    target = options.known_camera(to, house) if to else source
    copy = CopyId(which) if source is None else CopyId("") if to is None else _copy(which, house).id
    ask = RestoreAsk(copy=copy, camera=target, sections=tuple(section or ()), own=own)
    _finish(house, [AskRestore(ask=ask, apply=apply)], as_json=as_json)


def baseline(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="The camera; all of them without.")] = None,
    *,
    apply: Apply = False,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Set a camera, or all, as [camera.NAME.baseline] asks, and read it back. Without --apply nothing is written."""
    from hearthwatch.run.control_copies import AskBaseline

    house = options.places(config, data)
    _finish(house, [AskBaseline(camera=camera, apply=apply) for camera in _cameras(name, house)], as_json=as_json)


def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A git repository made by this command, or an empty folder.")],
    *,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Bring a git repository up to date: a file for each camera, a commit for each change, secrets replaced by ***."""
    from hearthwatch.cli.wording import counted
    from hearthwatch.copies.git_export import export as to_git
    from hearthwatch.copies.git_export import text_of

    house = options.places(config, data)

    def document(copy: CopyId) -> tuple[str, tuple[str, ...]]:
        text = _text(house, copy)
        return text_of(text.settings), tuple(change.text for change in text.diff.changes)

    done = to_git(folder.expanduser().absolute(), _all(house), document)
    typer.echo(f"{done.folder}: {counted(done.commits, 'new commit')}")


def _all(house: Places) -> Iterator[ConfigCopy]:
    from hearthwatch.run.control_copies import AskCopies, Copies

    before = None
    while True:
        reply = _ask(house, AskCopies(before=before, limit=1000))
        assert isinstance(reply, Copies)
        if not reply.copies:
            return
        yield from reply.copies
        before = reply.copies[-1].id


def _cameras(name: str | None, house: Places) -> list[CameraId]:
    return [options.known_camera(name, house)] if name else list(house.config.cameras)


def _copy(which: str, house: Places) -> ConfigCopy:
    """Return the copy of that id, or the newest one of that camera."""
    from hearthwatch.copies.copy import CopyId
    from hearthwatch.kit.errors import Unsupported
    from hearthwatch.run.control_copies import AskCopies, Copies

    if len(which) == _ID_CHARS and which.isalnum() and which.isupper():
        return _text(house, CopyId(which)).copy
    camera = options.known_camera(which, house)
    reply = _ask(house, AskCopies(camera=camera, limit=1))
    assert isinstance(reply, Copies)
    if not reply.copies:
        raise Unsupported(f"there is no copy of {camera} yet: `hearthwatch copies fetch {camera}` makes one")
    return reply.copies[0]


def _text(house: Places, copy: CopyId) -> CopyText:
    from hearthwatch.run.control_copies import AskCopy, CopyText

    reply = _ask(house, AskCopy(id=copy))
    assert isinstance(reply, CopyText)
    return reply


def _finish(house: Places, asks: list[CopiesAsk], *, as_json: bool) -> None:
    """Ask, print what came of it; exit code 1 when something was not done."""
    from hearthwatch.kit.errors import HearthwatchError
    from hearthwatch.run.control_copies import Written

    is_bad = False
    for ask in asks:
        try:
            reply = _ask(house, ask)
        except HearthwatchError as error:
            if len(asks) == 1:
                raise
            typer.echo(str(error), err=True)
            is_bad = True
            continue
        assert isinstance(reply, Written)
        if as_json:
            _print_json(reply.outcome)
        else:
            _print_lines(_told(reply.outcome))
        is_bad = is_bad or (reply.outcome.applied and not reply.outcome.is_done)
    if is_bad:
        raise typer.Exit(1)


def _told(outcome: Outcome) -> Iterator[str]:
    from hearthwatch.cli.wording import counted

    proposal = outcome.proposal
    if not proposal.keys:
        yield f"{outcome.camera}: nothing to write"
    else:
        done = "written" if outcome.applied else "would be written (--apply does it)"
        yield f"{outcome.camera}: {counted(len(proposal.keys), 'setting')} {done}:"
        yield from (f"  {line}" for line in proposal.diff.lines())
    for skipped in proposal.skipped:
        yield f"  left as it is: {skipped.what}: {skipped.why}"
    for failure in outcome.failures:
        yield f"  failed: {failure}"
    if outcome.applied and not outcome.remaining.is_empty:
        yield "  the camera did not take:"
        yield from (f"    {line}" for line in outcome.remaining.lines())
    elif outcome.is_done and proposal.keys:
        yield "  read back: all of it is there"


def _ask(house: Places, ask: CopiesAsk) -> CopiesReply:
    from typing import cast

    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.run import closed_house
    from hearthwatch.run.control import CAMERA_ANSWER_S

    return cast("CopiesReply", closed_house.ask(house, ask, SystemClock(), CAMERA_ANSWER_S))


def _print_json(what: object) -> None:
    import msgspec

    typer.echo(msgspec.json.encode(what))


def _print_lines(lines: Iterator[str]) -> None:
    for line in lines:
        typer.echo("".join(char if char.isprintable() else "�" for char in line))
