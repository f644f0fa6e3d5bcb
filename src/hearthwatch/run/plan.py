"""The Plan: what each process needs to know, compiled from the checked configuration and handed over by the supervisor.

Only the house and the command line read the configuration file; recorder, looker and guests get these structs and so need
neither pydantic nor the secrets of anybody else.
"""

from __future__ import annotations

import msgspec

from hearthwatch.detect.detection import DetectOptions
from hearthwatch.feeds.packet import GapReason
from hearthwatch.feeds.sensor import TriggerOptions
from hearthwatch.feeds.source import Source
from hearthwatch.ingest.drop import Account
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.presence.presence import DeviceId
from hearthwatch.recording.segment import Backup, Limits, StorageOptions
from hearthwatch.tracks.track import EyeOptions


class RecorderPlan(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """All enabled streams. A camera's SUB is looked at, its MAIN where there is no SUB; `recorded` cameras are kept.

    `held` are those of which nothing is kept in the mode the house is in, and the cause their gap gets; with PRIVATE no packet
    of theirs goes anywhere. `brief` are kept for the sake of events alone."""

    sources: tuple[Source, ...]
    recorded: frozenset[CameraId]
    held: dict[CameraId, GapReason] = {}
    brief: frozenset[CameraId] = frozenset()
    storage: StorageOptions
    footage_folder: str
    index_path: str
    limits: Limits = Limits()
    """What single cameras may take; those who may upload nothing have no quota."""
    backup: dict[CameraId, Backup] = {}
    """Whose footage stays until its copy elsewhere is proved."""


class LookerPlan(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """`quarantined` cameras are not looked at until the configuration changes: their pictures crashed the looker."""

    eyes: dict[CameraId, EyeOptions]
    quarantined: tuple[CameraId, ...] = ()
    detect: DetectOptions
    models_folder: str
    hand_placed_models: str = ""


class HousePlan(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Where the house finds everything; it reads the configuration itself and sends a new Plan when that changes."""

    config_path: str
    data_folder: str
    port: int
    footage_folder: str
    index_path: str
    started_us: WallUs
    debug: bool = False
    alone: bool = False
    """A hub without a recorder and a looker beside it."""


class GuestPlan(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The sources of one camera that a guest reads, and the sensor beside it. `still_url` is a Pi camera that gives single
    pictures only, empty for none."""

    sources: tuple[Source, ...]
    trigger: TriggerOptions | None = None
    still_url: str = ""


class PorchPlan(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Where the porch listens, for whom, and where it puts what is left. A port of 0 is none."""

    address: str
    smtp_port: int
    ftp_port: int
    passive_ports: tuple[int, int]
    max_bytes: int
    accounts: tuple[Account, ...]
    inbox: str


class ScoutDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A device the scout looks for. Its addresses, 6 bytes each and empty where unknown, are in no repr."""

    id: DeviceId
    mac: bytes = b""
    ble: bytes = b""

    def __repr__(self) -> str:
        return f"ScoutDevice({self.id})"


class ScoutPlan(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Where the scout listens, and for whom. An interface that is empty is none."""

    arp_interface: str
    monitor_interface: str
    ble: bool
    devices: tuple[ScoutDevice, ...]


ChildPlan = RecorderPlan | LookerPlan | HousePlan | GuestPlan | PorchPlan | ScoutPlan


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    recorder: RecorderPlan
    looker: LookerPlan
    house: HousePlan
    porch: PorchPlan | None = None
    scout: ScoutPlan | None = None
    guests: dict[CameraId, GuestPlan] = {}
    debug: bool = False
