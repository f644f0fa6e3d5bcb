"""`hearthwatch upgrade-check`: which release this is, and, where the owner says so, whether there is a newer one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
    from hearthwatch.run.config import Config
    from hearthwatch.run.release import Release
    from hearthwatch.run.schemas import Schema
    from hearthwatch.run.upgrade import Outlook


def register(app: typer.Typer) -> None:
    app.command("upgrade-check")(upgrade_check)


def upgrade_check(
    *,
    ask: Annotated[bool, typer.Option("--ask", help="Ask the address in `[updates]` once.")] = False,
    file: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="Read this release file; nobody is asked.")
    ] = None,
    config: options.Config = None,
    data: options.Data = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Say which release this is and whether it knows the data here; asks nobody unless told, and never fetches or installs one.

    Exit code 1: the data here are of a newer release, or the one asked about would not take them.
    """
    from hearthwatch.run.config import load
    from hearthwatch.run.schemas import schemas

    path = options.config_file(config, data)
    checked = load(path)
    found = schemas(options.data_folder(data), checked)
    release = _release(checked, file, ask=ask or checked.updates.ask)
    seen = _outlook(release, found, path) if release else None
    lines = [*_here(found), *(_there(seen) if seen else _how_to_look(checked))]
    if as_json:
        typer.echo(json.dumps(_as_json(found, seen), indent=2))
    else:
        typer.echo("\n".join(lines))
    if any(each.is_too_new for each in found) or (seen is not None and seen.refused):
        raise typer.Exit(1)


def _release(config: Config, file: Path | None, *, ask: bool) -> Release | None:
    import asyncio

    from hearthwatch.kit.files import storage_failed
    from hearthwatch.run.release import MAX_FILE_BYTES, key_of, opened
    from hearthwatch.run.release_desk import ask as asked

    if file is not None:
        key = key_of(config.updates)
        try:
            with file.open("rb") as stream:
                text = stream.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise storage_failed(error, f"reading {file}") from error
        return opened(text, key)
    return asyncio.run(asked(config.updates)) if ask else None


def _outlook(release: Release, found: tuple[Schema, ...], config_path: Path) -> Outlook:
    from datetime import UTC, datetime

    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.kit.units import US_PER_S
    from hearthwatch.run.upgrade import outlook

    return outlook(release, found, config_path, datetime.fromtimestamp(SystemClock().wall_us() / US_PER_S, UTC).date())


def _here(found: tuple[Schema, ...]) -> list[str]:
    from hearthwatch.run.release import RELEASED, running

    lines = [f"Hearthwatch {running()} of {RELEASED}"]
    for each in found:
        if each.is_too_new:
            lines.append(
                f"  {each.name}: schema {each.found}, by a newer release; this one knows {each.newest} and will not start"
            )
        elif each.found is None:
            lines.append(f"  {each.name}: none here; this release makes schema {each.newest}")
        elif each.found == each.newest:
            lines.append(f"  {each.name}: schema {each.found}, the newest this release knows")
        else:
            lines.append(f"  {each.name}: schema {each.found}; the next start brings it to {each.newest}")
    return lines


def _there(seen: Outlook) -> list[str]:
    release = seen.release
    if not seen.is_newer:
        same = "the one that runs" if release.version == _running() else "older than the one that runs"
        lines = [
            f"The release file is of {release.version} of {release.date}, {same}: there is nothing newer to be had from it."
        ]
    else:
        why = ", with a mended hole in its security" if release.security else ""
        lines = [f"There is a newer release: {release.version} of {release.date}{why}"]
        lines += [f"  {note}" for note in release.notes]
        if release.page:
            lines.append(f"  more: {release.page}")
    if seen.is_stale:
        lines.append(
            f"This word of its makers was good until {release.until}: somebody may be holding newer ones back, "
            "or the address is dead."
        )
    lines += [f"It would not take this house: {line}" for line in seen.refused]
    if not seen.refused:
        lines.append("It takes the data and settings of this house as they are.")
    lines += [f"  {line}" for line in seen.changes]
    return lines


def _how_to_look(config: Config) -> list[str]:
    lines = ["Nobody was asked whether there is a newer release."]
    if config.updates.url:
        lines.append(f"  hearthwatch upgrade-check --ask          asks {config.updates.url} once")
    else:
        lines.append("  hearthwatch upgrade-check --ask          asks the address in `[updates]`, where there is none yet")
    lines.append("  hearthwatch upgrade-check --from FILE    reads a release file you fetched yourself")
    return lines


def _running() -> str:
    from hearthwatch.run.release import running

    return running()


def _as_json(found: tuple[Schema, ...], seen: Outlook | None) -> dict[str, object]:
    from hearthwatch.run.release import RELEASED

    release = seen.release if seen else None
    return {
        "version": _running(),
        "date": RELEASED,
        "schemas": {each.name: {"found": each.found, "newest": each.newest} for each in found},
        "asked": release
        and seen
        and {
            "version": release.version,
            "date": release.date,
            "newer": seen.is_newer,
            "stale": seen.is_stale,
            "security": release.security,
            "notes": release.notes,
            "refused": seen.refused,
            "changes": seen.changes,
        },
    }
