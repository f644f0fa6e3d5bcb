"""What to think of a log-in. Pure: who, whence and what in, a Verdict out."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hearthwatch.logins.login import Notify, Verdict
from hearthwatch.vendors.device import LoginAction

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_BY_ACTION: Mapping[LoginAction, Verdict] = MappingProxyType(
    {
        LoginAction.DENIED: Verdict.FAILED,
        LoginAction.LOCKED: Verdict.LOCKED,
        LoginAction.ACCOUNT_ADDED: Verdict.ACCOUNT_ADDED,
        LoginAction.ACCOUNT_CHANGED: Verdict.ACCOUNT_CHANGED,
        LoginAction.ACCOUNT_REMOVED: Verdict.ACCOUNT_REMOVED,
        LoginAction.PASSWORD_CHANGED: Verdict.PASSWORD_CHANGED,
        LoginAction.LOG_CLEARED: Verdict.LOG_CLEARED,
        LoginAction.LOG_GAP: Verdict.LOG_GAP,
    }
)
_NOTED = frozenset({LoginAction.LOGOUT, LoginAction.SETTINGS_CHANGED, LoginAction.CLOCK_SET, LoginAction.RESTARTED})
_SILENT = frozenset({Verdict.OWN, Verdict.HOME, Verdict.NOTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Guests:
    """Who is who at one camera. `own_users` together with `own_addresses` are Hearthwatch; `known` may come from `home`.
    `expected` are accounts we are about to try ourselves, such as one whose password we just changed."""

    own_users: frozenset[str] = frozenset()
    expected: frozenset[str] = frozenset()
    own_addresses: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    home: tuple[Network, ...] = ()
    notify: Notify = Notify.FOREIGN

    def is_own(self, user: str, address: str | None) -> bool:
        """Both or neither: our account from elsewhere is the best alarm there is, another account from here is a person."""
        return bool(user) and user in self.own_users | self.expected and address is not None and address in self.own_addresses


def is_home(address: str | None, home: Iterable[Network]) -> bool:
    """Whether `address` lies in a home network. The camera's own loopback is none: that is how its vendor's cloud looks."""
    if address is None:
        return False
    ip = ipaddress.ip_address(address)
    return any(ip.version == network.version and ip in network for network in home)


def judge(action: LoginAction, user: str, address: str | None, guests: Guests) -> Verdict:
    """Return what to think of it."""
    if guests.is_own(user, address):
        return Verdict.OWN
    if action is LoginAction.SETTINGS_CHANGED and _is_foreign(user, address, guests):
        return Verdict.SETTINGS_CHANGED
    if action in _NOTED:
        return Verdict.NOTED
    if action in _BY_ACTION:
        return _BY_ACTION[action]
    if user and user in guests.own_users:
        return Verdict.OUR_ACCOUNT
    return Verdict.UNKNOWN_USER if user not in guests.known else _by_place(address, guests)


def _is_foreign(user: str, address: str | None, guests: Guests) -> bool:
    """Whether a stranger did it; what the camera writes down of itself names no address, or its own."""
    if address is None or ipaddress.ip_address(address).is_loopback:
        return False
    return user not in guests.known - guests.own_users or not is_home(address, guests.home)


def _by_place(address: str | None, guests: Guests) -> Verdict:
    if address is None:
        return Verdict.PLACE_UNKNOWN
    return Verdict.HOME if is_home(address, guests.home) else Verdict.OUTSIDE


def is_wanted(verdict: Verdict, notify: Notify) -> bool:
    """Whether somebody is to be told at once."""
    match notify:
        case Notify.NEVER:
            return False
        case Notify.EVERY:
            return verdict not in {Verdict.OWN, Verdict.NOTED}
        case Notify.FOREIGN:
            return verdict not in _SILENT


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return the networks of `home.networks`: `192.168.1.0/24`, or just the beginning `192.168.1`. Raises ValueError."""
    return tuple(_network(text.strip()) for text in texts)


def _network(text: str) -> Network:
    if "/" in text or ":" in text:
        return ipaddress.ip_network(text, strict=False)
    parts = [part for part in text.rstrip(".").split(".") if part]
    if not 1 <= len(parts) <= 4:
        raise ValueError(f"{text!r} is no network")
    return ipaddress.ip_network(f"{'.'.join(parts + ['0'] * (4 - len(parts)))}/{8 * len(parts)}", strict=False)
