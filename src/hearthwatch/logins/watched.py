"""One camera as it is to be watched, and who is who there because of it."""

from __future__ import annotations

from dataclasses import dataclass

from hearthwatch.logins.login import LoginsOptions
from hearthwatch.logins.verdict import Guests, Network
from hearthwatch.vendors.device import Access


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """`own_users` are the accounts Hearthwatch uses there."""

    options: LoginsOptions
    own_users: frozenset[str]
    home: tuple[Network, ...]
    access: Access

    def guests(self, own_addresses: frozenset[str] = frozenset(), expected: frozenset[str] = frozenset()) -> Guests:
        """Return who is who, once it is known as whom the camera sees us; `expected` see Guests."""
        return Guests(
            own_users=self.own_users,
            expected=expected,
            own_addresses=own_addresses,
            known=self.own_users | frozenset(self.options.users),
            home=self.home,
            notify=self.options.notify,
        )
