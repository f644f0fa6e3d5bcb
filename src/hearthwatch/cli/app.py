"""The `hearthwatch` program: its table of commands, the options they share, and the one place where errors become text.

Exit codes: 0 done, 1 it failed or found something wrong, 2 the command or the configuration is not understood.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.core import TyperGroup

from hearthwatch.cli import (
    actions,
    analyze,
    arming,
    audit,
    backup,
    bench,
    cameras,
    certificate,
    check,
    copies,
    doctor,
    erase,
    export,
    footage,
    hub,
    import_config,
    logins,
    models,
    node,
    offsite,
    people,
    repair,
    run_command,
    secrets,
    setup,
    status,
    target,
    telegram,
    upgrade,
    users,
    verify,
    worker,
)
from hearthwatch.kit.errors import ConfigFault, HearthwatchError
from hearthwatch.kit.logs import redact

GROUPS = (
    run_command.register,
    setup.register,
    status.register,
    arming.register,
    actions.register,
    cameras.register,
    import_config.register,
    check.register,
    doctor.register,
    export.register,
    footage.register,
    verify.register,
    copies.register,
    audit.register,
    repair.register,
    logins.register,
    analyze.register,
    bench.register,
    models.register,
    secrets.register,
    backup.register,
    users.register,
    certificate.register,
    people.register,
    offsite.register,
    target.register,
    telegram.register,
    upgrade.register,
    erase.register,
    node.register,
    hub.register,
    worker.register,
)
"""Each adds its commands to the program; a new group is a module beside this one and a row here."""


@functools.cache
def build() -> TyperGroup:
    """Return the program with all its commands."""
    app = typer.Typer(
        name="hearthwatch",
        help="Private home security: watches through your cameras, watches the cameras, keeps the evidence.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="markdown",  # rich would take [camera.NAME] for a colour and leave it out
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for register in GROUPS:
        register(app)
    return typer.main.get_group(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("hearthwatch"))
        raise typer.Exit


def _root(
    *,
    debug: Annotated[bool, typer.Option("--debug", help="Show the full traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None: ...


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and end the process with its exit code."""
    sys.exit(run(sys.argv[1:] if argv is None else argv))


def run(argv: Sequence[str]) -> int:
    """Run one command and return its exit code; an error is one clear line unless `--debug` stands anywhere in `argv`."""
    debug = "--debug" in argv
    try:
        build()(args=list(argv), prog_name="hearthwatch", standalone_mode=True)
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else int(done.code is not None)
    except BrokenPipeError:  # the reader of our output (`| head`) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except ConfigFault as error:
        if debug:
            raise
        sys.stderr.write(redact(str(error)) + "\n")
        return 2
    except HearthwatchError as error:
        if debug:
            raise
        _complain(str(error))
        return 1
    except Exception as error:
        if debug:
            raise
        _complain(f"a bug in Hearthwatch: {type(error).__name__}: {error} (`--debug` shows where)")
        return 1
    return 0


def _complain(text: str) -> None:
    sys.stderr.write(f"hearthwatch: {redact(text)}\n")
