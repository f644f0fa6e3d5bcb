"""The Outage: something that stopped working, told once when it starts and once when it is over."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Protocol

from annotated_types import Ge, Le

from hearthwatch.kit.units import CameraId, MonoNs, WallUs


class Fault(StrEnum):
    CAMERA_UNREACHABLE = "camera-unreachable"
    CAMERA_REFUSED = "camera-refused"
    CAMERA_BAD_REPLY = "camera-bad-reply"
    CAMERA_UNSUPPORTED = "camera-unsupported"
    CAMERA_DAMAGED = "camera-damaged"
    CAMERA_COVERED = "camera-covered"
    CAMERA_BLURRED = "camera-blurred"
    CAMERA_TURNED = "camera-turned"
    CAMERA_FROZEN = "camera-frozen"
    CAMERA_DARK = "camera-dark"
    CAMERA_QUARANTINED = "camera-quarantined"
    CAMERA_STRANGER = "camera-stranger"
    CAMERA_TAMPERED = "camera-tampered"
    CAMERA_VIDEO_LOST = "camera-video-lost"
    CAMERA_ADDRESS_CONFLICT = "camera-address-conflict"
    CAMERA_NETWORK_LOST = "camera-network-lost"
    CAMERA_RESTARTED = "camera-restarted"
    CAMERA_CLOCK = "camera-clock"
    CAMERA_DEAF = "camera-deaf"
    SENSOR_LOST = "sensor-lost"
    CARD_MISSING = "card-missing"
    CARD_FAILED = "card-failed"
    CARD_FULL = "card-full"
    DOOR_UNREACHABLE = "door-unreachable"
    DOOR_REFUSED = "door-refused"
    DOOR_UNREADABLE = "door-unreadable"
    DISK_FULL = "disk-full"
    DISK_BROKEN = "disk-broken"
    PROCESS_RESTARTED = "process-restarted"
    DETECTOR_BASIC = "detector-basic"
    CHANNEL_DEAD = "channel-dead"
    CERTIFICATE_WRONG = "certificate-wrong"
    HEARTBEAT_LOST = "heartbeat-lost"
    CONFIG_WRONG = "config-wrong"
    PORCH_CLOSED = "porch-closed"
    PORCH_FLOODED = "porch-flooded"
    SCOUT_DEAF = "scout-deaf"
    HOUSE_BACKUP_FAILED = "house-backup-failed"
    BACKUP_LATE = "backup-late"
    BACKUP_REFUSED = "backup-refused"
    BACKUP_NOT_KEPT = "backup-not-kept"
    BACKUP_LOST = "backup-lost"
    FOOTAGE_SACRIFICED = "footage-sacrificed"
    ROUTER_SILENT = "router-silent"
    NAME_SERVER_SILENT = "name-server-silent"
    INTERNET_LOST = "internet-lost"
    BROKER_SILENT = "broker-silent"
    SERVICE_SILENT = "service-silent"
    ACTION_FAILED = "action-failed"
    ACTION_STUCK = "action-stuck"
    NODE_SILENT = "node-silent"
    HUB_SILENT = "hub-silent"
    HUB_REFUSED = "hub-refused"
    HUB_STOPPED = "hub-stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """`subject` is a camera or a part of the box; `end_us` None while it lasts; `detail` says what to do about it."""

    fault: Fault
    camera: CameraId | None
    subject: str
    start_us: WallUs
    end_us: WallUs | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatOptions:
    """Section `[heartbeat]`: a sign of life to an address outside, which tells you when it stops: the box itself cannot.
    The address is the secret `heartbeat.url`; without it nothing is sent. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    every_s: Annotated[float, Ge(10), Le(86_400)] = 60.0
    """Seconds from one sign of life to the next."""


class HealthSink(Protocol):
    """Where rooms report their own state; reporting the same fault twice is one outage."""

    def failed(
        self, fault: Fault, subject: str, detail: str, *, camera: CameraId | None = None, since_ns: MonoNs | None = None
    ) -> None:
        """`since_ns` is when it last worked, where that is before now: a camera that fell silent is found out later."""
        ...

    def recovered(self, fault: Fault, subject: str) -> None: ...
