"""Evidence: all that is known of one camera when it is judged, gathered before and free of secrets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hearthwatch.audit.cves import Rule
from hearthwatch.audit.possible import Possible
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.vendors.capability import Service
from hearthwatch.vendors.device import Account, ClockReading, DeviceIdentity, Vendor


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordFacts:
    """What a comparison on this machine says of the stored password."""

    is_set: bool
    weakness: str = ""
    """Why it is weak, for the owner, never the password; empty when nothing speaks against it."""
    shared_with: tuple[CameraId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The certificate of the camera's HTTPS."""

    not_before: dt.date
    not_after: dt.date
    key_bits: int
    """Of an RSA key; 0 for others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """None always means that it is not known."""

    camera: CameraId
    at_us: WallUs
    vendor: Vendor
    user: str
    """The account that we use."""
    tls: bool
    """Whether we speak HTTPS with it."""
    password: PasswordFacts
    utc_offset_us: int = 0
    """How far the clocks of the home are before universal time now."""
    identity: DeviceIdentity | None = None
    accounts: tuple[Account, ...] | None = None
    settings: Mapping[str, str] | None = None
    """Without secret ones."""
    told_passwords: Mapping[str, str] | None = None
    """Account to why the password that the camera itself tells for it is weak, empty when it is not; None: it tells none."""
    services: Mapping[Service, bool] = field(default_factory=dict)
    """Those the camera's client could read beyond `settings`."""
    clock: ClockReading | None = None
    open_ports: Mapping[int, bool] = field(default_factory=dict)
    """Those that were tried."""
    certificate: Certificate | None = None
    status_open: bool | None = None
    """Whether it tells its state to somebody without a password."""
    can: Possible | None = None
    """What can be done from here; None: nothing, it could not be asked."""
    time_server: str = ""
    """What it should set its clock by."""
    table: Sequence[Rule] = ()
    """What is publicly known of firmware."""
