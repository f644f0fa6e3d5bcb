"""A camera family as the audit sees it: which setting tells what, and where its web page has the switch for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hearthwatch.audit.finding import CheckId
from hearthwatch.vendors.capability import Service

ON = r"1|true|on|yes"
OFF = r"0|false|off|no"

Settings = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """How the settings tell whether something is weak. All are regular expressions for whole texts, case counts for keys only.

    One key that is `weak` is enough; it is safe when at least one key is there and all are `safe` (`any_safe`: the other way
    round). `only_if` is a key and its values: while none of those keys has such a value the thing is not in use, which is safe.
    """

    key: str
    weak: str = ON
    safe: str = OFF
    only_if: tuple[str, str] | None = None
    any_safe: bool = False

    def is_weak(self, settings: Settings) -> bool | None:
        """Return None when the settings do not tell."""
        if self.only_if is not None:
            uses = _values(settings, self.only_if[0])
            if not any(_is(self.only_if[1], value) for value in uses):
                return False if uses else None
        values = _values(settings, self.key)
        has_weak, has_safe = (any(_is(kind, value) for value in values) for kind in (self.weak, self.safe))
        if has_safe if self.any_safe else has_weak:
            return not self.any_safe
        other = self.weak if self.any_safe else self.safe
        return self.any_safe if values and all(_is(other, value) for value in values) else None


def _values(settings: Settings, key: str) -> list[str]:
    pattern = re.compile(key)
    return [value for name, value in settings.items() if pattern.fullmatch(name)]


def _is(pattern: str, value: str) -> bool:
    return re.fullmatch(pattern, value.strip(), re.IGNORECASE) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """`tells`: the first that knows counts. `menus` says for each check where the camera's own page has it. `lacks`: the family
    never had such a thing, so there is nothing to look for. `gateway` is the key of its way out."""

    tells: Mapping[CheckId, tuple[Tell, ...]]
    menus: Mapping[CheckId, str]
    lacks: frozenset[CheckId] = frozenset()
    gateway: str = ""
    fixed_address: Tell = Tell(key=r"(?!)")
    """Weak: a DHCP server gives it address and gateway; safe: its own settings do."""
    min_password_chars: int = 10
    told_passwords: tuple[tuple[str, str], ...] = ()
    """Keys of an account's name and of its password, where the camera tells both."""
    open_door: tuple[str, bytes] | None = None
    """What to ask for without a log-in, and what is in the answer when the camera tells it to anybody."""
    url_credentials: bool = False
    """Whether every request carries the password in its address: this family knows no other way."""
    has_https: bool = True
    universal_clock: bool = False
    """Its clock is read in universal time, not in its own."""


SERVICES: Mapping[CheckId, tuple[Service, bool]] = {
    CheckId.P2P: (Service.P2P, False),
    CheckId.UPNP: (Service.UPNP, False),
    CheckId.DDNS: (Service.DDNS, False),
    CheckId.TELNET: (Service.TELNET, False),
    CheckId.SSH: (Service.SSH, False),
    CheckId.SNMP: (Service.SNMP, False),
    CheckId.BONJOUR: (Service.BONJOUR, False),
    CheckId.MULTICAST: (Service.MULTICAST, False),
    CheckId.RTMP: (Service.RTMP, False),
    CheckId.AUTO_REBOOT: (Service.AUTO_REBOOT, False),
    CheckId.HTTPS_OFF: (Service.HTTPS, True),
    CheckId.ONVIF_OPEN: (Service.ONVIF_LOGIN, True),
    CheckId.LOCKOUT: (Service.LOCKOUT, True),
}
"""Which service a check is about, and whether that should be on."""
