"""Listening: how many connections the page holds at once. A crowd that says nothing keeps nobody else out, and takes no
descriptor that an alert needs."""

from __future__ import annotations

import contextlib
import resource
import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MOST = 240
"""Below what the server answers with 503."""
_RESERVED = 48
"""Descriptors for everything else in the process: databases, jobs, links, and whoever is told."""
_FEWEST = 8


def most_now() -> int:
    """Return how many connections there may be with the descriptors this process has."""
    return min(MOST, max(_FEWEST, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _RESERVED))


@dataclass(frozen=True, slots=True)
class _Visitor:
    connection: socket.socket
    address: str


class Crowd:
    """All connections of all sockets that listen. One too many costs whoever holds most of them their oldest."""

    def __init__(self, most: Callable[[], int] = most_now) -> None:
        self._most = most
        self._visitors: list[_Visitor] = []

    def take(self, connection: socket.socket, address: str) -> None:
        """Make room for one that has come."""
        self._visitors = [one for one in self._visitors if one.connection.fileno() >= 0]
        while len(self._visitors) >= self._most():
            held = Counter(one.address for one in self._visitors)
            goes = max(self._visitors, key=lambda one: held[one.address])  # the first of equals, which is the oldest
            self._visitors.remove(goes)
            with contextlib.suppress(OSError):  # it reads the end and is closed by whoever serves it
                goes.connection.shutdown(socket.SHUT_RDWR)
        self._visitors.append(_Visitor(connection, address))


class Listening(socket.socket):
    """A socket whose connections belong to `crowd`. It takes one for each time it is found ready: those that have to go must
    be gone before more come."""

    crowd: Crowd
    _has_taken = False

    def accept(self) -> tuple[socket.socket, Any]:
        """See socket."""
        self._has_taken = not self._has_taken
        if not self._has_taken:
            raise BlockingIOError
        try:
            connection, address = super().accept()
        except OSError:
            self._has_taken = False
            raise
        self.crowd.take(connection, str(address[0]))
        return connection, address
