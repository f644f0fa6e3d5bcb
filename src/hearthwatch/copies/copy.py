"""The ConfigCopy: all settings of a camera at one time, what changed between two, and what may be written back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar, NewType

from annotated_types import Ge, Le

from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.vendors.device import Vendor

CopyId = NewType("CopyId", str)

HIDDEN = "***"
"""Stands for every secret value that is shown."""


class Want(StrEnum):
    """What the baseline asks of a service: `leave` asks nothing."""

    ON = "on"
    OFF = "off"
    LEAVE = "leave"


class Topic(StrEnum):
    """What we may be about to change ourselves, for announcing it."""

    ACCOUNTS = "accounts"
    CLOCK = "clock"
    FILTER = "filter"
    """Who may come to the camera, by address."""
    NETWORK = "network"
    ANYTHING = "anything"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiesOptions:
    """Section `[camera.NAME.copies]`: dated copies of the camera's settings. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    enabled: bool = True
    """Fetch and keep its settings, and see when they change."""
    every_h: Annotated[float, Ge(0.25), Le(168)] = 24.0
    """Hours between two looks; besides, it is looked after every log-in that may have changed something."""
    alert: bool = True
    """Tell a change of settings that nobody ordered here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineOptions:
    """Section `[camera.NAME.baseline]`: how the camera should be set, for `hearthwatch copies baseline`. In
    `[camera_defaults.baseline]` for all cameras. Each service is `on`, `off` or `leave` (as it is). Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    name: bool = True
    """Give the camera, and the title in its picture, the name it has here."""
    overlay: Want = Want.ON
    """Name and time in the picture."""
    ntp: Want = Want.ON
    """Clock set from the network."""
    ntp_server: str = ""
    """Time server, best one at home; empty leaves the one it has."""
    p2p: Want = Want.OFF
    """Access through the maker's cloud."""
    ddns: Want = Want.OFF
    """A name of its own on the Internet."""
    upnp: Want = Want.OFF
    """Opening ports of the router by itself."""
    snmp: Want = Want.OFF
    """Being watched and set over SNMP."""
    bonjour: Want = Want.OFF
    """Announcing itself at home."""
    multicast: Want = Want.OFF
    """Sending its video to the whole network."""
    mail: Want = Want.OFF
    """Sending mails; `leave` when it sends its alarm mails to Hearthwatch."""
    onvif_password: Want = Want.ON
    """ONVIF asks for a password."""
    https: Want = Want.ON
    """Its pages over HTTPS, too."""
    sub_stream: Want = Want.ON
    """The small stream, for looking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigCopy:
    """A dated copy. `seen_us` is when the camera was last found exactly so; `drift` that nobody ordered what changed.

    `change_count` counts what is different from the copy before; `reason` says why it was looked. What is in it is sealed.
    """

    id: CopyId
    camera: CameraId
    vendor: Vendor
    firmware: str
    taken_us: WallUs
    seen_us: WallUs
    reason: str
    drift: bool
    told: bool
    setting_count: int
    change_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSetting:
    """A setting as a copy keeps it. `value` of a secret one is a mark that tells equal from other, never the value."""

    key: str
    value: str
    is_secret: bool

    @property
    def shown(self) -> str:
        return HIDDEN if self.is_secret else self.value


class ChangeKind(StrEnum):
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One setting that differs. `old` and `new` are as they may be shown, "" where there is none; `text` is the line to read.

    `is_known` marks those we have an owner's words for. All of it is what a camera says: escape it where it is shown.
    """

    key: str
    section: str
    title: str
    kind: ChangeKind
    old: str
    new: str
    is_secret: bool
    is_known: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """What differs, section by section."""

    changes: tuple[Change, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.changes

    def lines(self) -> Iterator[str]:
        """Yield it as text, the title of each section and its changes below."""
        title = None
        for change in self.changes:
            if change.title != title:
                title = change.title
                yield title
            yield f"  {change.text}"

    def headlines(self, most: int) -> tuple[str, ...]:
        """Return the lines that matter most, and how many more there are."""
        first = sorted(self.changes, key=lambda change: not change.is_known)
        lines = [change.text if change.is_known else f"{change.title}: {change.text}" for change in first[:most]]
        left = len(self.changes) - len(lines)
        return (*lines, f"and {left} more") if left else tuple(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A setting, or a wish of the baseline, that is left as it is, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What would be written to a camera: `keys` with the values that `diff` shows as new."""

    keys: tuple[str, ...]
    diff: Diff
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A proposal, and what came of it when it was applied: `failures` in words, `remaining` what did not take."""

    camera: CameraId
    proposal: Proposal
    applied: bool
    remaining: Diff = Diff()
    failures: tuple[str, ...] = ()

    @property
    def is_done(self) -> bool:
        return self.applied and self.remaining.is_empty and not self.failures


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreAsk:
    """Which copy to write back. `camera` other than the copy's own gets those `sections`, none meaning all of them.

    `own` writes what belongs to one camera alone, too: its network address, and to another camera its name.
    """

    copy: CopyId
    camera: CameraId | None = None
    sections: tuple[str, ...] = ()
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look at a camera's settings found. `copy` is the newest one now: with `diff` empty the one there was.

    `is_doubtful`: the camera gave only a part of its settings; the copy there was stays, and it is looked again."""

    copy: ConfigCopy
    diff: Diff = Diff()
    is_doubtful: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Settings changed and nobody here ordered it. `good` is the copy to go back to."""

    copy: ConfigCopy
    before_us: WallUs
    good: CopyId
    diff: Diff
    old_firmware: str
