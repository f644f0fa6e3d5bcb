"""The questions before a camera is changed, in words that say what happens and what it costs. Pure."""

from __future__ import annotations

from hearthwatch.audit.remedy import SERVICE_WORDS, Remedy, RemedyKind
from hearthwatch.kit.errors import Unsupported
from hearthwatch.vendors.capability import Service


def service_of(remedy: Remedy) -> Service:
    """Return the service a remedy is about. Raises Unsupported for a word that is none."""
    try:
        return Service(remedy.subject)
    except ValueError:
        known = ", ".join(Service)
        raise Unsupported(f"{remedy.subject[:40]!r} is nothing that can be switched: say one of {known}") from None


_QUESTIONS = {
    RemedyKind.CHANGE_PASSWORD: "change {whose}? A strong one is made up; Hearthwatch uses it at once, your app and others "
    "have to be told.",
    RemedyKind.RENAME_USER: "rename the account {subject} to {value}? Apps that log in as it have to be told.",
    RemedyKind.REMOVE_ACCOUNT: "remove the account {subject} for good?",
    RemedyKind.END_SESSION: "end the visit of {subject}? Who knows the password can come back: change that as well.",
    RemedyKind.BLOCK_ADDRESS: "let the camera refuse everything from {subject}?",
    RemedyKind.UNBLOCK_ADDRESS: "let {subject} in again?",
    RemedyKind.REBOOT: "restart the camera? Nothing is recorded for a minute or two.",
    RemedyKind.SWITCH_OFF: "switch the camera off? Nothing is recorded until it is switched on again.",
    RemedyKind.SWITCH_ON: "switch the camera on again?",
    RemedyKind.SERVICE_OFF: "switch off {service}?",
    RemedyKind.SERVICE_ON: "switch on {service}?",
    RemedyKind.SET_CLOCK: "set the camera's clock to the time of this machine?",
    RemedyKind.USE_NTP: "let the camera set its clock by the time server {value}?",
    RemedyKind.RESTORE_SETTINGS: "write {copy} back to the camera?",
    RemedyKind.CHANGE_NETWORK: "change its network ({value})? Hearthwatch follows; recording breaks off for a moment.",
    RemedyKind.UPLOAD_FIRMWARE: "install the firmware file {subject}? The camera restarts; a wrong file or a power cut "
    "meanwhile can ruin it: use the maker's file for just this model.",
}


def question(remedy: Remedy, name: str) -> str:
    """Return what is asked before `remedy` is done to the camera called `name`. Raises Unsupported for a wrong subject."""
    subject = remedy.subject
    is_switch = remedy.kind in {RemedyKind.SERVICE_OFF, RemedyKind.SERVICE_ON}
    words = _QUESTIONS[remedy.kind].format(
        subject=subject,
        value=remedy.value,
        whose=f"the password of {subject}" if subject else "the password Hearthwatch uses",
        service=SERVICE_WORDS[service_of(remedy)] if is_switch else "",
        copy=f"the settings of the copy {subject}" if subject else "the last good settings",
    )
    return f"{name}: {words}"
