"""The shapes of the databases of a house: those this release knows, those the data have, and what is said of newer ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hearthwatch.kit.db import revision_of, revisions, too_new
from hearthwatch.kit.secrets import Secrets
from hearthwatch.recording.schema import MIGRATIONS as INDEX_MIGRATIONS
from hearthwatch.run.compile import footage_folder
from hearthwatch.run.config import Config
from hearthwatch.run.house_db import MIGRATIONS as HOUSE_MIGRATIONS

HOUSE, INDEX, HUB = "house.db", "index.db", "hub.db"
_HUB_MIGRATIONS = Path(__file__).parents[1] / "fleet" / "migrations"
"""Looked into, not imported: a house that is no hub knows nothing of fleets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """One database. `newest` is the last schema this release knows and makes, `found` that of the file at `path`; None where
    there is no file, or none that can be read."""

    name: str
    path: Path
    newest: str
    found: str | None

    @property
    def is_too_new(self) -> bool:
        return self.found is not None and number(self.found) > number(self.newest)


def newest() -> dict[str, str]:
    """Return the last schema this release knows of each database."""
    return {HOUSE: revisions(HOUSE_MIGRATIONS)[-1], INDEX: revisions(INDEX_MIGRATIONS)[-1], HUB: revisions(_HUB_MIGRATIONS)[-1]}


def schemas(data_folder: Path, config: Config | None) -> tuple[Schema, ...]:
    """Return how the databases of a house are; without a configuration its footage is taken to be where it is by default."""
    footage = footage_folder(config, data_folder) if config else data_folder / "footage"
    known = newest()
    paths = {HOUSE: data_folder / HOUSE, INDEX: footage / INDEX}
    if (hub := data_folder / HUB).exists():
        paths[HUB] = hub
    return tuple(Schema(name=name, path=path, newest=known[name], found=revision_of(path)) for name, path in paths.items())


def refuse_newer(data_folder: Path, config: Config) -> None:
    """Raise StorageFailed, before anything is started or touched, where a newer release wrote a database or the secrets."""
    Secrets.open(data_folder).refuse_newer()
    for each in schemas(data_folder, config):
        if each.is_too_new:
            assert each.found is not None
            raise too_new(each.path, each.found, each.newest)


def number(schema: str) -> int:
    """Return a schema as the number it is; one that is none counts as newer than any: no release before this one made it."""
    return int(schema) if schema.isdecimal() else 1 << 31
