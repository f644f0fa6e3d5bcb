"""The options several commands share, and where they lead: the data folder and the configuration file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hearthwatch.kit.units import CameraId
    from hearthwatch.run.places import Places

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Data folder.  [default: $STATE_DIRECTORY under systemd, else ./data]"),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Configuration file.  [default: hearthwatch.toml in the data folder]"),
]
Camera = Annotated[str | None, typer.Option("--camera", metavar="NAME", help="Of this camera only.")]
Json = Annotated[bool, typer.Option("--json", help="For programs: JSON instead of text.")]
Debug = Annotated[bool, typer.Option("--debug", help="Log everything; show the full traceback of an error.")]


def data_folder(data: Path | None) -> Path:
    """Return the data folder the options name, as an absolute path; it need not exist."""
    return (data or Path(os.environ.get("STATE_DIRECTORY", "data"))).expanduser().absolute()


def config_file(config: Path | None, data: Path | None) -> Path:
    """Return the configuration file the options name, as an absolute path; it need not exist."""
    return config.expanduser().absolute() if config else data_folder(data) / "hearthwatch.toml"


def places(config: Path | None, data: Path | None) -> Places:
    """Return where the house the options name keeps its things. Raises ConfigFault, StorageFailed."""
    from hearthwatch.run.places import places as found

    return found(config_file(config, data), data_folder(data))


def known_camera(name: str, house: Places) -> CameraId:
    """Return `name` when it is configured or has footage. Raises ConfigFault naming the nearest one otherwise."""
    import difflib

    from hearthwatch.kit.errors import ConfigFault, HearthwatchError
    from hearthwatch.kit.units import CameraId

    known: set[str] = set(house.config.cameras)
    if name in known:
        return CameraId(name)
    try:
        with house.open_index() as index:
            known |= {camera for camera, _stream in index.streams()}
    except HearthwatchError:
        pass  # then the configured ones are all there are
    if name in known:
        return CameraId(name)
    near = difflib.get_close_matches(name, sorted(known), n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
    raise ConfigFault(f"there is no camera {name}: {hint}")
