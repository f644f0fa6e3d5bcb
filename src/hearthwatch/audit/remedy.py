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
    UNBLOCK_ADDRESS = "unblock-address"
    REBOOT = "reboot"
    SWITCH_OFF = "switch-off"
    SWITCH_ON = "switch-on"
    SERVICE_OFF = "service-off"
    SERVICE_ON = "service-on"
    SET_CLOCK = "set-clock"
    USE_NTP = "use-ntp"
    RESTORE_SETTINGS = "restore-settings"
    CHANGE_NETWORK = "change-network"
    UPLOAD_FIRMWARE = "upload-firmware"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """`subject` is whom or what it is about, `value` what that becomes; empty where nothing needs to be said.

    CHANGE_PASSWORD: the account, empty for our own; the new password is made up. RENAME_USER: the account and its new name.
    REMOVE_ACCOUNT: the account. END_SESSION: the session's id. (UN)BLOCK_ADDRESS: the address. SERVICE_*: a
    `vendors.capability.Service`. USE_NTP: `value` is the time server. RESTORE_SETTINGS: the copy's id, empty for the last good
    one. CHANGE_NETWORK: `value` as `address=192.168.1.30 http_port=8080`. UPLOAD_FIRMWARE: the name of the uploaded file.
    """

    kind: RemedyKind
    camera: CameraId
    subject: str = ""
    value: str = ""
