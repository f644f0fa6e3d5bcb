"""`hearthwatch erase`: before a box is sold, given away or thrown away."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
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
    config: options.Config = None,
    data: options.Data = None,
    debug: options.Debug = False,
) -> None:
    """Erase everything Hearthwatch wrote here: footage, events, secrets, keys, accounts, logs, settings.

    Hearthwatch must be stopped. Files of others stay; so do copies elsewhere and the cameras, which are listed.
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
        if not yes:
            _confirm(home)
        done = do(scope)
    finally:
        os.close(held)
    _say(scope, done)
    if done.failed:
        raise typer.Exit(1)


def _confirm(home: str) -> None:
    """Return when the owner typed the home's name. Raises ConfigFault otherwise."""
    from hearthwatch.kit.errors import ConfigFault

    if not sys.stdin.isatty():
        raise ConfigFault("nobody is there to confirm it: run it in a terminal, or add --yes")
    if typer.prompt(f"Type the home's name, {home}, to erase it").strip() != home:
        raise ConfigFault("that is not its name: nothing was erased")


def _say(scope: Scope, done: Erased) -> None:
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
    if scope.far:
        typer.echo("Still elsewhere, and not touched:")
        for line in scope.far:
            typer.echo(f"  - {line}: delete it there; what is sealed opens only with your key file, which was never here")
    typer.echo("Copies you made yourself, such as backups of this disk, are not known here.")
    if scope.cameras:
        typer.echo("Cameras still know this house; change or delete these accounts there, or reset the camera:")
        for line in scope.cameras:
            typer.echo(f"  - {line}")
    typer.echo(
        "Telegram: tell @BotFather /revoke, if the bot was for this house alone. Phones: take the page off the home screen."
    )
