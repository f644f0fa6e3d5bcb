"""The Presence: whether a person is home, and by which sign of which device that is known."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NewType, NoReturn, Protocol

from annotated_types import Ge, Le

from hearthwatch.kit import logs
from hearthwatch.kit.units import MonoNs, WallUs

if TYPE_CHECKING:  # every process reads this module for its messages, and only the house knows secrets
    from hearthwatch.kit.secrets import Secret

PersonId = NewType("PersonId", str)
"""Slug of a person: the NAME of a ``[people.NAME]`` section."""

DeviceId = NewType("DeviceId", str)
"""``PERSON.DEVICE``, as `anna.phone`."""

NAME_PATTERN = r"^[a-z0-9][a-z0-9-]{0,31}$"
"""Of a person and of a device."""

MAX_PEOPLE = 32
MAX_DEVICES = 8
"""Of one person."""

_MAC = re.compile(r"[0-9a-f]{12}")
_BETWEEN = re.compile(r"[:.\-\s]")
_GROUP, _LOCAL = 0x01, 0x02
"""Bits of the first byte of a MAC (IEEE 802): meant for many, and made up instead of given by the maker."""


class Mac:
    """The address of one network card, which no log, repr or traceback shows; `packed` and `reveal` are the only ways to it."""

    __slots__ = ("packed",)

    packed: bytes
    """6 bytes, as on the wire."""

    def __init__(self, text: str) -> None:
        """`text` in any usual spelling. Raises ValueError, which does not repeat it."""
        digits = _BETWEEN.sub("", text.strip().lower())
        if not _MAC.fullmatch(digits):
            raise ValueError("this is no MAC address: it looks like a4:83:e7:12:34:56 (the phone's Wi-Fi settings show it)")
        packed = bytes.fromhex(digits)
        if packed[0] & _GROUP or not any(packed):
            raise ValueError("this MAC address belongs to no single device: copy it once more from the device's Wi-Fi settings")
        self.packed = packed
        colons = packed.hex(":")
        dots = f"{digits[:4]}.{digits[4:8]}.{digits[8:]}"
        for spelling in (colons, colons.replace(":", "-"), digits, dots):
            logs.hide(spelling)
            logs.hide(spelling.upper())

    def reveal(self) -> str:
        """Return it in lower case with colons."""
        return self.packed.hex(":")

    @property
    def masked(self) -> str:
        """The last byte, which is enough to tell one's own devices apart."""
        return f"…:{self.packed[-1]:02x}"

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mac) and self.packed == other.packed

    def __hash__(self) -> int:
        return hash(self.packed)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Mac is not pickled")


def is_made_up(packed: bytes) -> bool:
    """Tell whether a MAC of 6 bytes was made up by its device instead of given by its maker."""
    return bool(packed[0] & _LOCAL)


class Means(StrEnum):
    """By what a device was noticed. `arp-heard` is a frame of its that was no answer to us."""

    NEIGHBOUR = "neighbour"
    ARP = "arp"
    ARP_HEARD = "arp-heard"
    WIFI = "wifi"
    LEASE = "lease"
    BLE = "ble"
    PING = "ping"

    @property
    def is_answer(self) -> bool:
        """The device itself answered on the home network, or proved a key; the rest is overheard or written down, and easier
        to forge from outside."""
        return self in {Means.NEIGHBOUR, Means.ARP, Means.PING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What a person carries. `mac` is its address in the home network, `ble` its Bluetooth address, `ping` the key of the
    address its automations call; each may be missing."""

    person: PersonId
    name: str
    mac: Mac | None = None
    ble: Mac | None = None
    ping: Secret | None = None

    @property
    def id(self) -> DeviceId:
        return device_id(self.person, self.name)

    @property
    def can_be_asked(self) -> bool:
        """Whether silence can be told from sleep."""
        return self.mac is not None


def device_id(person: PersonId, name: str) -> DeviceId:
    return DeviceId(f"{person}.{name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """`name` is what alerts and the page call them."""

    id: PersonId
    name: str
    devices: tuple[Device, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A sign of a device at a moment, by both clocks."""

    device: DeviceId
    means: Means
    at_ns: MonoNs
    at_us: WallUs


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """By what it is known: `device` is the name of one of that person's, `at_us` when it gave that sign."""

    device: str
    means: Means
    at_us: WallUs


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePresence:
    """`seen_us` is the last sign of any kind, by `means`; `answered_us` the last answer on the home network."""

    device: str
    home: bool
    since_us: WallUs
    seen_us: WallUs | None = None
    means: Means | None = None
    answered_us: WallUs | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """`seen` is the latest sign, whatever it was. `answered` is the latest answer on the home network of this stay: None while
    the person is away, and while somebody who is home was only overheard. Nothing may be disarmed without it.

    `known` is False until a device was seen, or looked for in vain, for the first time ever."""

    person: PersonId
    name: str
    home: bool
    since_us: WallUs
    seen: Evidence | None
    answered: Evidence | None
    known: bool
    devices: tuple[DevicePresence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of asking devices. `asked` are those that really were: the kernel asks nobody again who answered within the
    last half minute, and a file asks nobody. `alive` tells whether the home network itself worked meanwhile: in a dead one
    nobody answers, and nobody has left."""

    sightings: tuple[Sighting, ...]
    asked: frozenset[DeviceId]
    alive: bool


class Probe(Protocol):
    """A way to notice devices. What comes by itself is not asked for: it goes to `PresenceWatch.hear`."""

    async def look(self, devices: Sequence[Device]) -> Sequence[Sighting]:
        """Return what is known without disturbing anybody. Raises HearthwatchError when it cannot be known."""
        ...

    async def ask(self, devices: Sequence[Device], thorough: Collection[DeviceId]) -> Asked:
        """Wake the devices, and return the signs of those that answered; the `thorough` ones wherever they may be.

        Takes as long as a sleeping phone needs. Raises HearthwatchError when nothing can be asked."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceOptions:
    """Section `[presence]`: how it is noticed who is home. For how long a device must be silent is `arming.silence_minutes`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    ask_every_s: Annotated[float, Ge(10), Le(3600)] = 60.0
    """Seconds from one question to a silent device to the next; a sleeping phone wakes for it. Change: live."""
    rounds: Annotated[int, Ge(1), Le(10)] = 3
    """How many questions in a row must stay without answer before a device counts as gone. Change: live."""
    ping_hold_s: Annotated[float, Ge(600), Le(2_592_000)] = 259_200.0
    """For devices known by their signed address alone: seconds after which an arrival is forgotten if its departure was never
    told. Change: live."""
    leases: tuple[str, ...] = ()
    """Lease files of DHCP servers (dnsmasq, ISC dhcpd, Kea) that this machine can read, such as
    `/var/lib/misc/dnsmasq.leases`. Change: live."""
    arp_interface: str = ""
    """Network interface in the home network on which phones are asked by ARP, such as `eth0`; finds more than the kernel's
    own table and needs the right CAP_NET_RAW. Change: live."""
    monitor_interface: str = ""
    """Wi-Fi interface in monitor mode, such as `wlan1mon`, on which frames of the configured phones are overheard; needs the
    right CAP_NET_RAW. Change: live."""
    ble: bool = False
    """Listen for the Bluetooth adverts of configured devices; needs an adapter and the `presence` extra. Change: live."""

    @property
    def needs_scout(self) -> bool:
        """Whether something is wanted that only the process `scout` may do."""
        return bool(self.arp_interface or self.monitor_interface or self.ble)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonOptions:
    """Section `[people.NAME]`: somebody who lives here. Addresses and keys of the devices are secrets:
    `people.NAME.DEVICE.mac`, `people.NAME.DEVICE.ble`, `people.NAME.DEVICE.ping`; `hearthwatch people device` sets them."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    name: str = ""
    """What the person is called in alerts and on the page; empty means the NAME. Change: live."""
    devices: tuple[str, ...] = ()
    """Names of what this person always carries, such as `phone`: never something that stays at home. Change: live."""
