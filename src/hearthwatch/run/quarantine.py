"""Which camera's bytes crash the looker: it leaves a mark while it decodes, and whoever is found marked five times a minute is
left out.

The marks lie in memory both processes see, so that a crash cannot take them along: for each camera one byte of the thread that
looks, and one of the thread that makes pictures of its main stream.
"""

from __future__ import annotations

import logging
import mmap
import os
from collections import deque
from collections.abc import Callable, Iterable

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import NS_PER_S, CameraId

log = logging.getLogger(__name__)

_PLACES = 2048
_MARK_BYTES = 2 * _PLACES
_CRASH_WINDOW_S = 60.0
_CRASH_LIMIT = 5


class Quarantine:
    """The supervisor's side. `cameras` are left out until `forgive`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.fd = os.memfd_create("looker-marks", os.MFD_CLOEXEC)
        os.ftruncate(self.fd, _MARK_BYTES)
        self._marks = mmap.mmap(self.fd, _MARK_BYTES)
        self._slots: dict[CameraId, int] = {}
        self._crashes: dict[CameraId, deque[int]] = {}
        self.cameras: frozenset[CameraId] = frozenset()

    def slots(self, cameras: Iterable[CameraId]) -> dict[CameraId, int]:
        """Return the place of every camera there ever was, these included."""
        for camera in cameras:
            if camera not in self._slots:
                self._slots[camera] = len(self._slots) % _PLACES
        return self._slots

    def begin(self) -> None:
        """Another looker starts."""
        self._marks[:] = bytes(_MARK_BYTES)

    def forgive(self) -> None:
        """The configuration changed: every camera gets another chance."""
        self.cameras = frozenset()

    def charge(self) -> bool:
        """Charge a crash to the cameras whose bytes were being decoded; True when one is left out for it from now on."""
        now_ns = self._clock.mono_ns()
        before = self.cameras
        for camera, slot in self._slots.items():
            if not self._marks[slot] and not self._marks[_PLACES + slot]:
                continue
            crashes = self._crashes.setdefault(camera, deque())
            crashes.append(now_ns)
            while crashes and now_ns - crashes[0] > _CRASH_WINDOW_S * NS_PER_S:
                crashes.popleft()
            if len(crashes) >= _CRASH_LIMIT and camera not in self.cameras:
                self.cameras |= {camera}
                log.error(
                    "camera %s: its pictures crashed the looker %d times in a minute; it is recorded but not looked at",
                    camera,
                    len(crashes),
                )
        return self.cameras != before


def marker(marks: mmap.mmap, slot: int, *, pictures: bool = False) -> Callable[[bool], None]:
    """Return what the looker calls with True before it decodes a camera's bytes, and with False after it."""
    place = slot + _PLACES if pictures else slot

    def mark(busy: bool) -> None:
        marks[place] = busy

    return mark
