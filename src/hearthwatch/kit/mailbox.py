"""The three bounded hand-overs between threads: Lossless, GopBox and Latest, each with a name and visible drop counters."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxCount:
    """What went through a mailbox since the process started."""

    name: str
    put: int
    dropped: int
    waiting: int


class Closed(Exception):
    """The mailbox was closed: the one who waits on it should end."""


class Lossless(Generic[T]):
    """Every item arrives, in order; a giver waits while the box is full, so a pump never gives to one."""

    def __init__(self, name: str, limit: int) -> None:
        self.name = name
        self._limit = limit
        self._items: deque[T] = deque()
        self._changed = threading.Condition()
        self._put = 0
        self._closed = False

    def put(self, item: T, timeout_s: float | None = None) -> bool:
        """Add `item`; False when the box stayed full for `timeout_s`. Raises Closed."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._closed or len(self._items) < self._limit, timeout_s):
                return False
            if self._closed:
                raise Closed(self.name)
            self._items.append(item)
            self._put += 1
            self._changed.notify_all()
            return True

    def get(self, timeout_s: float | None = None) -> T | None:
        """Return the oldest item, None after `timeout_s`. Raises Closed once closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or bool(self._items), timeout_s)
            if self._items:
                item = self._items.popleft()
                self._changed.notify_all()
                return item
            if self._closed:
                raise Closed(self.name)
            return None

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def count(self) -> BoxCount:
        with self._changed:
            return BoxCount(name=self.name, put=self._put, dropped=0, waiting=len(self._items))


class HasKey(Protocol):
    """What a GopBox carries: `starts_gop` is True where a decoder may start, `is_reset` for what must never be lost."""

    @property
    def starts_gop(self) -> bool: ...

    @property
    def is_reset(self) -> bool: ...

    @property
    def size_bytes(self) -> int: ...


G = TypeVar("G", bound=HasKey)


class GopBox(Generic[G]):
    """Packets for a reader that may be slow: when full, everything up to the next key frame is dropped, never a part of a GOP.

    A key frame that finds a stale backlog replaces it; a reset (new stream) replaces everything.
    """

    def __init__(self, name: str, limit_bytes: int, on_put: Callable[[], None] | None = None) -> None:
        self.name = name
        self._limit_bytes = limit_bytes
        self._items: deque[G] = deque()
        self._bytes = 0
        self._skipping = True
        self._changed = threading.Condition()
        self._on_put = on_put
        self._put = 0
        self._dropped = 0
        self._closed = False

    def put(self, item: G) -> None:
        """Add `item` or count it as dropped; returns at once."""
        with self._changed:
            self._put += 1
            if item.is_reset:
                self._clear()
                self._skipping = True
                self._append(item)
            elif item.starts_gop:
                if self._bytes + item.size_bytes > self._limit_bytes:
                    self._clear_packets()
                self._skipping = False
                self._append(item)
            elif self._skipping:
                self._dropped += 1
            elif self._bytes + item.size_bytes > self._limit_bytes:
                self._dropped += 1
                self._skipping = True
            else:
                self._append(item)
        if self._on_put:
            self._on_put()

    def restart(self, item: G) -> None:
        """Go on with the key frame `item`: the packets before it that still wait come too late to be of use."""
        assert item.starts_gop
        with self._changed:
            self._put += 1
            self._clear_packets()
            self._skipping = False
            self._append(item)
        if self._on_put:
            self._on_put()

    def _append(self, item: G) -> None:
        self._items.append(item)
        self._bytes += item.size_bytes
        self._changed.notify_all()

    def _clear(self) -> None:
        self._dropped += sum(not item.is_reset for item in self._items)
        self._items.clear()
        self._bytes = 0

    def _clear_packets(self) -> None:
        resets = [item for item in self._items if item.is_reset]
        self._clear()
        self._items.extend(resets)
        self._bytes = sum(item.size_bytes for item in resets)

    def get(self, timeout_s: float | None = None) -> G | None:
        """Return the oldest item, None after `timeout_s`. Raises Closed once closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or bool(self._items), timeout_s)
            if self._items:
                item = self._items.popleft()
                self._bytes -= item.size_bytes
                return item
            if self._closed:
                raise Closed(self.name)
            return None

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def count(self) -> BoxCount:
        with self._changed:
            return BoxCount(name=self.name, put=self._put, dropped=self._dropped, waiting=len(self._items))


class Latest(Generic[T]):
    """One slot per key; the newest item replaces the one not yet taken, and keys are served in turn."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._slots: dict[Hashable, T] = {}
        self._changed = threading.Condition()
        self._put = 0
        self._dropped = 0
        self._closed = False

    def put(self, key: Hashable, item: T) -> None:
        """Set the slot of `key`; a replaced item keeps its place in the turn and counts as dropped."""
        with self._changed:
            self._put += 1
            if key in self._slots:
                self._dropped += 1
            self._slots[key] = item
            self._changed.notify_all()

    def get(self, timeout_s: float | None = None) -> T | None:
        """Return the item of the key that has waited longest, None after `timeout_s`. Raises Closed once closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or bool(self._slots), timeout_s)
            if self._slots:
                return self._slots.pop(next(iter(self._slots)))
            if self._closed:
                raise Closed(self.name)
            return None

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def count(self) -> BoxCount:
        with self._changed:
            return BoxCount(name=self.name, put=self._put, dropped=self._dropped, waiting=len(self._slots))
