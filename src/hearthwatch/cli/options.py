"""The options several commands share, and where they lead: the data folder and the configuration file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Data folder.  [default: $STATE_DIRECTORY under systemd, else ./data]"),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Configuration file.  [default: hearthwatch.toml in the data folder]"),
]
Debug = Annotated[bool, typer.Option("--debug", help="Log everything; show the full traceback of an error.")]


def data_folder(data: Path | None) -> Path:
    """Return the data folder the options name, as an absolute path; it need not exist."""
    return (data or Path(os.environ.get("STATE_DIRECTORY", "data"))).expanduser().absolute()


def config_file(config: Path | None, data: Path | None) -> Path:
    """Return the configuration file the options name, as an absolute path; it need not exist."""
    return config.expanduser().absolute() if config else data_folder(data) / "hearthwatch.toml"
