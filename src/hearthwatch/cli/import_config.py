"""`hearthwatch import frigate|motion FILE`: cameras, zones and masks of another program. Shown first, written when wished."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearthwatch.cli import options

if TYPE_CHECKING:
    from hearthwatch.run.taking_over import Takeover

File = Annotated[Path, typer.Argument(metavar="FILE", help="Its configuration file.")]
Yes = Annotated[bool, typer.Option("--yes", help="Write it without asking.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(name="import", help="Take cameras, zones and masks over from another program.", no_args_is_help=True)
    group.command("frigate")(frigate)
    group.command("motion")(motion)
    app.add_typer(group)


def frigate(
    file: File, *, yes: Yes = False, config: options.Config = None, data: options.Data = None, debug: options.Debug = False
) -> None:
    """Take over the cameras of a Frigate configuration (config.yml)."""
    from hearthwatch.kit.errors import ConfigFault
    from hearthwatch.run.frigate_config import read
    from hearthwatch.run.taking_over import read_file

    try:
        found = read(read_file(file))
    except ConfigFault as fault:
        raise ConfigFault(f"{file}: {str(fault).removeprefix(f'{file}: ')}") from fault
    _offer(found, config, data, yes=yes)


def motion(
    file: File, *, yes: Yes = False, config: options.Config = None, data: options.Data = None, debug: options.Debug = False
) -> None:
    """Take over the cameras of a Motion configuration (motion.conf)."""
    from hearthwatch.run.motion_config import read

    _offer(read(file), config, data, yes=yes)


def _offer(found: Takeover, config: Path | None, data: Path | None, *, yes: bool) -> None:
    """Show what would be written, and write it when that is wished."""
    from hearthwatch.kit.secrets import Secrets
    from hearthwatch.run.closed_setup import runs
    from hearthwatch.run.taking_over import prepare, report, write_down

    path, folder = options.config_file(config, data), options.data_folder(data)
    prepared = prepare(path, found)
    for line in report(found, prepared):
        typer.echo(line)
    if not prepared.names:
        typer.echo("nothing is there to be taken over")
        raise typer.Exit(1)
    typer.echo(f"\nThis would change {path}:")
    for line in prepared.draft.lines:
        typer.echo(f"  {line}")
    if not yes:
        if not sys.stdin.isatty():
            typer.echo("\nNothing was written: `--yes` writes it.")
            return
        if not typer.confirm("\nWrite it?", default=False):
            typer.echo("Nothing was written.")
            return
    write_down(path, prepared, Secrets.open(folder))
    typer.echo("Written down." + (" The running house takes it up now." if runs(folder) else ""))
