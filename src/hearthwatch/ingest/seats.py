"""Seats: how many connections a server of the porch holds at once, and who has to go when all are taken."""

from __future__ import annotations

from collections.abc import Callable

MOST = 64
MOST_PER_ADDRESS = 8


class Seat:
    """One connection. `leave` ends it; `known`: an account may come from its address."""

    def __init__(self, address: str, leave: Callable[[], None], *, known: bool) -> None:
        self.address = address
        self.leave = leave
        self.known = known
        self.is_guest = False

    def logged_in(self) -> None:
        """From now on it is never sent away for another."""
        self.is_guest = True


class Seats:
    """Used from one thread. Who has logged in stays; of the others the one that came first goes for a new one, and those from
    addresses of no account before any camera. So nobody who only holds connections open keeps a camera out."""

    def __init__(self, is_known: Callable[[str], bool], *, most: int = MOST, most_per_address: int = MOST_PER_ADDRESS) -> None:
        self._is_known = is_known
        self._most = most
        self._most_per_address = most_per_address
        self._taken: list[Seat] = []

    def take(self, address: str, leave: Callable[[], None]) -> Seat | None:
        """Return a seat; None where the new one has to go."""
        if sum(one.address == address for one in self._taken) >= self._most_per_address:
            return None
        known = self._is_known(address)
        if len(self._taken) >= self._most and not self._make_room(known=known):
            return None
        seat = Seat(address, leave, known=known)
        self._taken.append(seat)
        return seat

    def give_up(self, seat: Seat | None) -> None:
        """The connection has ended."""
        if seat in self._taken:
            self._taken.remove(seat)

    def _make_room(self, *, known: bool) -> bool:
        strangers = [one for one in self._taken if not one.is_guest and not one.known]
        waiting = [one for one in self._taken if not one.is_guest and one.known] if known else []
        for one in (*strangers, *waiting):
            self._taken.remove(one)
            one.leave()
            return True
        return False
