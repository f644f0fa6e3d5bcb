"""`hearthwatch erase`: before a box is sold, given away or thrown away."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hearthwatch.offsite.upload import TargetId, TargetOptions
    from hearthwatch.run.config import Config
    from hearthwatch.run.erasing import Erased, Scope

_SHOWN = 20


def register(app: typer.Typer) -> None:
    app.command("erase")(erase)


def erase(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask. For scripts: there is no way back.")] = False,
    footage: Annotated[
        list[Path] | None, typer.Option("--footage", metavar="DIR", help="A footage folder used before, on another disk.")
    ] = None,
    copies: Annotated[
        bool, typer.Option("--copies", help="The copies at every target, too, whichever Hearthwatch put them there.")
    ] = False,
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Erase everything Hearthwatch wrote here: footage, events, secrets, keys, accounts, logs, settings.

    Hearthwatch must be stopped. Files of others stay; so do copies elsewhere (but for `--copies`) and the cameras, which are
    listed.
    """
    from hearthwatch.kit.errors import ConfigFault
    from hearthwatch.run.config import load
    from hearthwatch.run.erasing import erase as do
    from hearthwatch.run.erasing import scope_of, words
    from hearthwatch.run.places import hold

    path, folder = options.config_file(config, data), options.data_folder(data)
    if not folder.is_dir():
        raise ConfigFault(f"there is no data folder {folder}: name the right one with --data")
    try:
        found = load(path)
        home = found.home.name
    except ConfigFault as error:
        found, home = None, folder.name
        typer.echo(f"The configuration cannot be read ({str(error).splitlines()[0]}).", err=True)
        typer.echo("Footage on another disk, copies elsewhere and cameras are not known: see --footage.", err=True)
    scope = scope_of(folder, path, found, [one.expanduser().absolute() for one in footage or []])
    held = hold(folder)
    try:
        typer.echo("This will be gone for good:")
        for line in words(scope):
            typer.echo(f"  - {line}")
        for line in scope.far if copies else ():
            typer.echo(f"  - {line}, those of another house that sends there included")
        if not yes:
            _confirm(home)
        if copies and found is not None:
            _far(found, folder)  # first: without the secrets nobody could try again
        done = do(scope)
    finally:
        os.close(held)
    _say(scope, done, far=() if copies else scope.far)
    if done.failed:
        raise typer.Exit(1)


def _confirm(home: str) -> None:
    """Return when the owner typed the home's name. Raises ConfigFault otherwise."""
    from hearthwatch.kit.errors import ConfigFault

    if not sys.stdin.isatty():
        raise ConfigFault("nobody is there to confirm it: run it in a terminal, or add --yes")
    if typer.prompt(f"Type the home's name, {home}, to erase it").strip() != home:
        raise ConfigFault("that is not its name: nothing was erased")


def _far(config: Config, folder: Path) -> None:
    """Erase the copies at every target. Raises ConfigFault when one keeps them: nothing was erased here then."""
    import asyncio

    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.kit.errors import ConfigFault, HearthwatchError
    from hearthwatch.kit.secrets import Secrets
    from hearthwatch.offsite.erasing import Gone, erase_target
    from hearthwatch.offsite.far_ends import open_target
    from hearthwatch.run.hub_target import way_to_hub

    secrets = Secrets.open(folder)

    async def gone(name: TargetId, target: TargetOptions) -> Gone:
        clock = SystemClock()
        opened = open_target(name, target, secrets.get, clock, hub=way_to_hub(folder, lambda: config, clock))
        try:
            return await erase_target(opened)
        finally:
            await opened.close()

    for name, target in config.offsite.targets.items():
        try:
            found = asyncio.run(gone(name, target))
        except HearthwatchError as error:
            raise ConfigFault(
                f"the copies at {name} stay ({error}). Nothing was erased here, so that you can try again: mend what is said, "
                "or delete them there by hand and leave out --copies"
            ) from error
        stay = f"; {found.left} files of others stay there" if found.left else ""
        typer.echo(f"Erased {found.files} copies at {name}, {found.size_bytes / 1e9:.2f} GB{stay}.")


def _say(scope: Scope, done: Erased, *, far: Sequence[str]) -> None:
    typer.echo(f"Erased {done.files} files, {done.size_bytes / 1e9:.2f} GB.")
    for line in done.failed[:_SHOWN]:
        typer.echo(f"NOT erased: {line}", err=True)
    if done.left:
        typer.echo(f"Left alone, for Hearthwatch did not write it ({len(done.left)}):")
        for path in done.left[:_SHOWN]:
            typer.echo(f"  - {path}")
    typer.echo(
        "Secrets and databases were written over first. That is no proof: SSDs, SD cards and file systems that copy on write "
        "keep old blocks out of reach, until the disk needs them. If the disk leaves your hands, erase it as a whole (an SSD's "
        "own secure erase), or destroy it."
    )
    if far:
        typer.echo("Still elsewhere, and not touched (--copies would have):")
        for line in far:
            typer.echo(f"  - {line}: delete it there; what is sealed opens only with your key file, which was never here")
    typer.echo("Copies you made yourself (clips, exports, backups of this disk) are not known here.")
    if scope.cameras:
        typer.echo("Cameras still know this house; change or delete these accounts there, or reset the camera:")
        for line in scope.cameras:
            typer.echo(f"  - {line}")
    typer.echo(
        "Telegram: tell @BotFather /revoke, if the bot was for this house alone. Phones: take the page off the home screen."
    )
