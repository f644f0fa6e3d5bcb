"""What left this house: each place that sends says where to and how much, since this process began.

Counted is what is handed over: bodies, messages, files and the first lines of requests. What encryption and the network add is
not. A place that cannot know says so by `None`.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace

from hearthwatch.kit.clock import Clock, SystemClock
from hearthwatch.kit.units import WallUs

_MOST_WAYS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """`sent_bytes` is None where nobody counts. `last_us` is the last time something was handed over; whether it arrived, the
    alerts and the copies tell."""

    times: int
    sent_bytes: int | None
    last_us: WallUs


class Traffic:
    """Counts by way; any thread may use it. A way is the section of the configuration that causes it, or a host's name."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._sent: dict[str, Sent] = {}

    def sent(self, way: str, size_bytes: int | None) -> None:
        """Note that so much was handed over; of more than a few hundred ways the first are kept."""
        now_us = self._clock.wall_us()
        with self._lock:
            before = self._sent.get(way)
            if before is None:
                if len(self._sent) < _MOST_WAYS:
                    self._sent[way] = Sent(times=1, sent_bytes=size_bytes, last_us=now_us)
                return
            whole = None if size_bytes is None or before.sent_bytes is None else before.sent_bytes + size_bytes
            self._sent[way] = replace(before, times=before.times + 1, sent_bytes=whole, last_us=now_us)

    def now(self) -> Mapping[str, Sent]:
        """Return what was counted."""
        with self._lock:
            return dict(self._sent)


def request_bytes(method: str, url: str, headers: Mapping[str, str], body_bytes: int = 0) -> int:
    """Return how long an HTTP/1.1 request is: its first line, its headers and its body."""
    path = url.split("://", 1)[-1]
    path = "/" + path.split("/", 1)[1] if "/" in path else "/"
    head = len(f"{method} {path} HTTP/1.1\r\n".encode())
    return head + sum(len(f"{name}: {value}\r\n".encode()) for name, value in headers.items()) + 2 + body_bytes


TRAFFIC = Traffic(SystemClock())
"""The one of this process: whoever sends says it here, as whoever logs logs."""
