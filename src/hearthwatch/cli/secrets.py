"""`hearthwatch secrets`: passwords and tokens, shown on a terminal only and never taken from the command line's arguments."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from hearthwatch.cli import options

Name = Annotated[str, typer.Argument(metavar="NAME", help="For example camera.front.password")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(name="secrets", help="Set, list, show and delete passwords and tokens.", no_args_is_help=True)
    group.command("set")(set_)
    group.command("list")(list_)
    group.command("show")(show)
    group.command("delete")(delete)
    app.add_typer(group)


def set_(name: Name, *, config: options.Config = None, data: options.Data = None, debug: options.Debug = False) -> None:
    """Set a secret: asks for it, or reads it from standard input when that is a pipe or a file."""
    from hearthwatch.kit.secrets import Secrets

    store = Secrets.open(options.data_folder(data))
    if sys.stdin.isatty():
        value = typer.prompt(f"Value of {name} (not shown)", hide_input=True, confirmation_prompt=True)
    else:
        value = sys.stdin.read().removesuffix("\n").removesuffix("\r")
    try:
        store.set(name, value)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    typer.echo(f"{name} is set")
    _note_if_unused(name, options.config_file(config, data))


def _note_if_unused(name: str, config: Path) -> None:
    """Say so when nothing asks for `name`: it may be misspelt, or its camera is not configured yet."""
    from hearthwatch.kit.errors import ConfigFault
    from hearthwatch.run.config import load
    from hearthwatch.run.secret_names import unused

    try:
        for line in unused([name], load(config)):
            typer.echo(f"note: {line}")
    except ConfigFault:
        typer.echo("note: the configuration has mistakes (`hearthwatch check` names them)")


def list_(*, data: options.Data = None, debug: options.Debug = False) -> None:
    """List the names of all secrets, never their values."""
    from hearthwatch.kit.secrets import Secrets

    for name in Secrets.open(options.data_folder(data)).names():
        typer.echo(name)


def show(name: Name, *, data: options.Data = None, debug: options.Debug = False) -> None:
    """Show one secret, such as the password that was made up for a camera; on a terminal only, not into files or logs."""
    from hearthwatch.kit.secrets import Secrets

    if not sys.stdout.isatty():
        typer.echo("a secret is shown on a terminal only", err=True)
        raise typer.Exit(1)
    try:
        found = Secrets.open(options.data_folder(data)).get(name)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if found is None:
        typer.echo(f"there is no secret {name} (`hearthwatch secrets list` names them)", err=True)
        raise typer.Exit(1)
    typer.echo(found.reveal())


def delete(name: Name, *, data: options.Data = None, debug: options.Debug = False) -> None:
    """Delete a secret."""
    from hearthwatch.kit.secrets import Secrets

    try:
        found = Secrets.open(options.data_folder(data)).delete(name)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if not found:
        typer.echo(f"there is no secret {name} (`hearthwatch secrets list` names them)", err=True)
        raise typer.Exit(1)
    typer.echo(f"{name} is deleted")
