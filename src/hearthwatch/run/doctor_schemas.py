"""The doctor's look at the databases: does this release know their schema?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hearthwatch.kit.db import too_new
from hearthwatch.run.check import Check, fail, ok
from hearthwatch.run.config import Config
from hearthwatch.run.schemas import schemas


def databases(data_folder: Path, config: Config | None) -> Iterator[Check]:
    """Yield how each database is that there is; without one there is nothing to tell."""
    for each in schemas(data_folder, config):
        if each.found is None:
            continue
        if each.is_too_new:
            yield fail(each.name, str(too_new(each.path, each.found, each.newest)))
        elif each.found != each.newest:
            yield ok(
                each.name, f"schema {each.found}; the next start brings it to {each.newest}, from which there is no way back"
            )
        else:
            yield ok(each.name, f"schema {each.found}, the newest this release knows")
