"""`hearthwatch run`: check the configuration, compile the Plan and become the supervisor."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path
from typing import Annotated

import typer

from hearthwatch.cli.options import Config, Data, Debug, config_file, data_folder

PORT_MAX = 65_535


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run")(run)


def run(
    *,
    config: Config = None,
    data: Data = None,
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=PORT_MAX, help="Port of the page.  [default: web.port]")
    ] = None,
    debug: Debug = False,
) -> None:
    """Run Hearthwatch until it is told to end."""
    start(config_file(config, data), data_folder(data), port=port, debug=debug)


def start(path: Path, folder: Path, *, port: int | None, debug: bool, alone: bool = False) -> None:
    """Become the supervisor of the house with this configuration and data folder; `alone`: of a hub without cameras. Raises
    ConfigFault and StorageFailed."""
    import msgspec

    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.kit.files import storage_failed
    from hearthwatch.run.compile import compile_plan
    from hearthwatch.run.config import load
    from hearthwatch.run.house_secrets import HouseSecrets
    from hearthwatch.run.mode_meaning import mode_left_in
    from hearthwatch.run.places import hold
    from hearthwatch.run.restoring import finish_restore
    from hearthwatch.run.schemas import refuse_newer
    from hearthwatch.run.strangers import left_in

    finish_restore(folder)
    checked = load(path)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise storage_failed(error, f"making the data folder {folder}") from error
    held = hold(folder)
    refuse_newer(folder, checked)
    plan = compile_plan(
        checked,
        HouseSecrets.open(folder),
        config_path=path,
        data_folder=folder,
        port=port,
        debug=debug,
        started_us=SystemClock().wall_us(),
        strangers=left_in(folder),
        mode=mode_left_in(folder),
        alone=alone,
    )
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # of all its processes: a dump would hold every password
    # an anonymous file, because the plan holds passwords: nothing of it on disk or in the argument list
    fd = os.memfd_create("plan", 0)
    os.write(fd, msgspec.msgpack.encode(plan))
    os.set_inheritable(held, True)  # the supervisor holds the folder for as long as it lives; its children do not
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "hearthwatch.run.supervisor", str(fd)])  # noqa: S606 ourselves
