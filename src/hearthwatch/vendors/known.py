"""The KnownCamera: by what a camera is recognised again, and whether somebody who answers in its place may be it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.vendors.device import DeviceIdentity, Vendor
from hearthwatch.vendors.fingerprint import Fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCamera:
    """What was true of the camera when it was last seen for sure: with our credentials taken, from `first_us` to `last_us`."""

    camera: CameraId
    vendor: Vendor
    maker: str
    model: str
    mac: str
    """As it says itself: that of its cable, maybe, while it is in the Wi-Fi. Empty: it does not say."""
    serial: str
    firmware: str
    link_mac: str
    """As the network sees it; empty behind a router. A repeater may show its own."""
    mark: str
    """`Fingerprint.mark`: what it shows to anybody."""
    host: str
    port: int
    tls: bool
    ip: str
    first_us: WallUs
    last_us: WallUs

    @property
    def key(self) -> str:
        """See DeviceIdentity."""
        return self.mac or self.serial


class Match(StrEnum):
    """Whether two are one device. UNCLEAR: there is nothing to tell by."""

    SAME = "same"
    OTHER = "other"
    UNCLEAR = "unclear"


def match_identity(known: KnownCamera, identity: DeviceIdentity) -> Match:
    """Compare with what the device says of itself to who is logged in. One thing in common is enough: a camera with cable
    and Wi-Fi has two MACs, and one that was repaired may have a new serial number."""
    pairs = ((known.mac, identity.mac), (known.link_mac, identity.mac), (known.serial, _serial(identity, known.ip)))
    told = [(ours, theirs) for ours, theirs in pairs if ours and theirs]
    if any(ours == theirs for ours, theirs in told):
        return Match.SAME
    return Match.OTHER if told else Match.UNCLEAR


def match_shown(known: KnownCamera, link_mac: str, seen: Fingerprint | None) -> Match:
    """Compare with what can be seen without credentials: the MAC in the network, "" where it is not known, and a fingerprint,
    None where none was taken.

    A new MAC is no other device if it shows the same mark: cameras move from cable to Wi-Fi, repeaters put in their own."""
    if seen is not None and seen.vendor is not known.vendor:
        return Match.OTHER
    if link_mac and link_mac in {known.link_mac, known.mac}:
        return Match.SAME
    if seen is not None and seen.mark and known.mark:
        return Match.SAME if seen.mark == known.mark else Match.OTHER
    if link_mac and known.link_mac:
        return Match.OTHER
    return Match.UNCLEAR


def _serial(identity: DeviceIdentity, ip: str) -> str:
    """Some give their address as a serial number: that is none."""
    return "" if identity.serial == ip.replace(".", "") else identity.serial


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something about a camera that was one way and is another; `what` is `firmware`, `serial number`, `model`."""

    what: str
    before: str
    after: str


def changes(known: KnownCamera, identity: DeviceIdentity) -> tuple[Change, ...]:
    """Return what is new about the same device. What it says for the first time, or no more, is no change."""
    pairs = (
        ("firmware", known.firmware, identity.firmware),
        ("serial number", known.serial, _serial(identity, known.ip)),
        ("model", known.model, identity.model),
    )
    return tuple(Change(what=what, before=old, after=new) for what, old, new in pairs if old and new and old != new)


class Reach(StrEnum):
    """How a camera's own door is. STRANGER: another device answers in its place; UNKNOWN_FAMILY: nothing we can ask."""

    NOT_WATCHED = "not-watched"
    NOT_YET = "not-yet"
    OPEN = "open"
    GONE = "gone"
    REFUSED = "refused"
    STRANGER = "stranger"
    UNKNOWN_FAMILY = "unknown-family"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorState:
    """A camera's own door as it is now; `known` from an earlier time if need be, `why` in words where it is not OPEN."""

    camera: CameraId
    vendor: Vendor
    host: str
    port: int
    tls: bool
    reach: Reach
    why: str = ""
    known: KnownCamera | None = None
