"""The Remedy: what can be done to a camera against an intruder or a weakness, from an alert, the page or the audit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hearthwatch.kit.units import CameraId


class RemedyKind(StrEnum):
    CHANGE_PASSWORD = "change-password"  # noqa: S105 - a name, not a password
    RENAME_USER = "rename-user"
    REMOVE_ACCOUNT = "remove-account"
    END_SESSION = "end-session"
    BLOCK_ADDRESS = "block-address"
    REBOOT = "reboot"
    SWITCH_OFF = "switch-off"
    SERVICE_OFF = "service-off"
    SERVICE_ON = "service-on"
    SET_CLOCK = "set-clock"
    RESTORE_SETTINGS = "restore-settings"
    CHANGE_NETWORK = "change-network"
    UPLOAD_FIRMWARE = "upload-firmware"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """`subject` is whom or what it is about: a user, an address, a service, a session, a copy; empty where that is clear."""

    kind: RemedyKind
    camera: CameraId
    subject: str = ""
