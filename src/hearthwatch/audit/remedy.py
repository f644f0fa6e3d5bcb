"""The Remedy: what can be done to a camera against an intruder or a weakness, from an alert, the page or the audit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hearthwatch.kit.units import CameraId
from hearthwatch.vendors.capability import Service


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


SERVICE_WORDS = {
    Service.P2P: "access through the maker's cloud (P2P)",
    Service.UPNP: "opening your router by itself (UPnP)",
    Service.DDNS: "telling the Internet its address (DDNS)",
    Service.SNMP: "SNMP",
    Service.BONJOUR: "announcing itself (Bonjour)",
    Service.MULTICAST: "multicast video",
    Service.MAIL: "sending mail",
    Service.FTP: "FTP",
    Service.TELNET: "telnet",
    Service.SSH: "SSH",
    Service.HTTP: "its page over plain HTTP",
    Service.HTTPS: "its page over HTTPS",
    Service.RTSP: "RTSP video",
    Service.RTMP: "RTMP video",
    Service.ONVIF: "ONVIF",
    Service.ONVIF_LOGIN: "the log-in for ONVIF",
    Service.LOCKOUT: "locking an account after wrong passwords",
    Service.AUTO_REBOOT: "restarting by itself",
}
_LABELS = {
    RemedyKind.CHANGE_PASSWORD: "Change the password",
    RemedyKind.RENAME_USER: "Rename the account",
    RemedyKind.REMOVE_ACCOUNT: "Remove the account",
    RemedyKind.END_SESSION: "End the visit",
    RemedyKind.BLOCK_ADDRESS: "Block the address",
    RemedyKind.UNBLOCK_ADDRESS: "Let the address in again",
    RemedyKind.REBOOT: "Restart the camera",
    RemedyKind.SWITCH_OFF: "Switch the camera off",
    RemedyKind.SWITCH_ON: "Switch the camera on",
    RemedyKind.SERVICE_OFF: "Switch off",
    RemedyKind.SERVICE_ON: "Switch on",
    RemedyKind.SET_CLOCK: "Set the clock",
    RemedyKind.USE_NTP: "Set the clock by a time server",
    RemedyKind.RESTORE_SETTINGS: "Restore the last good settings",
    RemedyKind.CHANGE_NETWORK: "Change address, DNS or ports",
    RemedyKind.UPLOAD_FIRMWARE: "Upload firmware",
}
_NAMED = {
    RemedyKind.CHANGE_PASSWORD: "Change the password of {subject}",
    RemedyKind.REMOVE_ACCOUNT: "Remove the account {subject}",
    RemedyKind.BLOCK_ADDRESS: "Block the address {subject}",
    RemedyKind.UNBLOCK_ADDRESS: "Let the address in again {subject}",
}


def label(remedy: Remedy) -> str:
    """Return the few words of a button. A subject is what a camera said: make it harmless before it is shown."""
    if remedy.kind is RemedyKind.CHANGE_PASSWORD and not remedy.subject:
        return "Change the password Hearthwatch uses"
    words = _LABELS[remedy.kind]
    if remedy.kind in {RemedyKind.SERVICE_OFF, RemedyKind.SERVICE_ON} and remedy.subject in set(Service):
        return f"{words}: {SERVICE_WORDS[Service(remedy.subject)]}"
    named = _NAMED.get(remedy.kind)
    return named.format(subject=remedy.subject) if remedy.subject and named else words
