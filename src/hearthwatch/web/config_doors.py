"""The door onto the configuration file: every setting with what it means, changes checked as a whole, and secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

KeyPath = tuple[str, ...]
Scalar = bool | int | float | str
Value = Scalar | tuple["Value", ...]
"""What a setting may be: a scalar, or lists of them (corners are lists in lists)."""


class ValueKind(StrEnum):
    SWITCH = "switch"
    WHOLE = "whole"
    NUMBER = "number"
    TEXT = "text"
    CHOICE = "choice"
    TEXTS = "texts"
    CHOICES = "choices"
    POLYGON = "polygon"
    POLYGONS = "polygons"


class When(StrEnum):
    """When a changed value counts."""

    LIVE = "live"
    CAMERA = "restart of the camera"
    LOOKER = "restart of the looker"
    RESTART = "restart"


class Source(StrEnum):
    """Where a value in force comes from."""

    DEFAULT = "default"
    FILE = "file"
    CAMERA_DEFAULTS = "camera_defaults"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInfo:
    """One key of a section. `default` is None where it has to be given, or means that another section decides."""

    name: str
    kind: ValueKind
    choices: tuple[str, ...]
    least: float | None
    most: float | None
    limits: str
    default: Value | None
    is_needed: bool
    doc: str
    when: When


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionInfo:
    """One kind of section, as `camera.NAME.zones.NAME`: NAME stands for what the owner calls it."""

    pattern: KeyPath
    doc: str
    keys: tuple[KeyInfo, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueNow:
    """`value` is what is in force; None where nothing is."""

    value: Value | None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionNow:
    path: KeyPath
    pattern: KeyPath
    values: Mapping[str, ValueNow]


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretNow:
    """`given` is one that the service manager hands over, which the page cannot change."""

    name: str
    is_set: bool
    given: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """What is wrong, in the words of `hearthwatch check`; `key` as a person writes it, `line` 0 where the file has it not."""

    key: str
    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigNow:
    """`mark` stands for the text of the file that `sections` were read from. With `mistakes` somebody broke it by hand: then
    `sections` are what is in force still, and nothing can be changed until it is mended."""

    file: str
    mark: str
    infos: tuple[SectionInfo, ...]
    sections: tuple[SectionNow, ...]
    secrets: tuple[SecretNow, ...]
    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Set the key at `path`; `value` None takes it out of the file, or a whole section with a name."""

    path: KeyPath
    value: Value | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What a change of the file comes to. `lines` are those of the file that go (`-`) and come (`+`); `after_restart` are the
    keys that count after a restart of Hearthwatch."""

    mark: str
    lines: tuple[str, ...]
    after_restart: tuple[str, ...]


class SettingsRefused(Exception):
    """The change was not made."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("; ".join(mistake.text for mistake in mistakes))
        self.mistakes = mistakes


class SettingsMoved(Exception):
    """The file is not the one the change was made for."""


class ConfigDoor(Protocol):
    """Methods without `async` read the disk: call them from a worker thread."""

    def now(self) -> ConfigNow:
        """Return everything that can be set. Raises ConfigFault when the file cannot be read, StorageFailed."""
        ...

    def rehearse(self, changes: Sequence[Change], mark: str) -> Changed:
        """Check a change without making it. Raises SettingsRefused, SettingsMoved, StorageFailed."""
        ...

    async def change(self, changes: Sequence[Change], mark: str) -> Changed:
        """Write a change and have it count at once where it can. Raises SettingsRefused, SettingsMoved, StorageFailed."""
        ...

    async def set_secret(self, name: str, value: str | None) -> SecretNow:
        """Keep a secret, or forget it with None. Raises SettingsRefused for a name nothing asks for or a bad value,
        StorageFailed."""
        ...
