"""When each camera's settings are looked at next. Pure but for its memory; times are monotonic."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs

_SETTLE_NS = 5 * NS_PER_S
_LATEST_NS = 60 * NS_PER_S
_LATER_NS = (120 * NS_PER_S, 600 * NS_PER_S)
_RETRY_S, _LONGEST_RETRY_S = 300, 6 * 3600
DAILY = "daily look"


@dataclass(slots=True, kw_only=True)
class _Page:
    regular_ns: MonoNs
    wants: list[tuple[MonoNs, str]] = field(default_factory=list)
    first_want_ns: MonoNs | None = None
    failures: int = 0


class Agenda:
    """One page for each camera."""

    def __init__(self) -> None:
        self._pages: dict[CameraId, _Page] = {}

    @property
    def cameras(self) -> Iterable[CameraId]:
        return tuple(self._pages)

    def keep(self, cameras: Iterable[CameraId]) -> None:
        """Forget every camera that is not among `cameras`."""
        wanted = set(cameras)
        self._pages = {camera: page for camera, page in self._pages.items() if camera in wanted}

    def set_regular(self, camera: CameraId, at_ns: MonoNs) -> None:
        """Say when the next look is due for no other reason than time."""
        page = self._pages.setdefault(camera, _Page(regular_ns=at_ns))
        page.regular_ns = at_ns

    def want(self, camera: CameraId, reason: str, now_ns: MonoNs) -> None:
        """Ask for a look once things have settled, and for two more: who has logged in may take his time."""
        page = self._pages.get(camera)
        if page is None:
            return
        if page.first_want_ns is None:
            page.first_want_ns = now_ns
        soon = min(now_ns + _SETTLE_NS, page.first_want_ns + _LATEST_NS)
        page.wants = [(MonoNs(max(soon, now_ns)), reason), *((MonoNs(now_ns + later), reason) for later in _LATER_NS)]

    def want_at(self, camera: CameraId, reason: str, at_ns: MonoNs) -> None:
        """Ask for one look at that time."""
        page = self._pages.get(camera)
        if page is not None:
            page.wants = sorted([*page.wants, (at_ns, reason)])

    def due(self, now_ns: MonoNs) -> dict[CameraId, str]:
        """Take off the cameras that are due, with the reason."""
        found: dict[CameraId, str] = {}
        for camera, page in self._pages.items():
            ripe = [reason for at_ns, reason in page.wants if at_ns <= now_ns]
            if ripe or page.regular_ns <= now_ns:
                found[camera] = ripe[0] if ripe else DAILY
                page.wants = [want for want in page.wants if want[0] > now_ns]
                page.first_want_ns = None
        return found

    def looked(self, camera: CameraId, next_ns: MonoNs) -> None:
        """Note a look that worked."""
        page = self._pages.get(camera)
        if page is not None:
            page.failures = 0
            page.regular_ns = next_ns

    def failed(self, camera: CameraId, now_ns: MonoNs, at_least_s: float = 0.0) -> bool:
        """Note a look that failed; the next one waits longer each time. Return True for the first failure of a row."""
        page = self._pages.get(camera)
        if page is None:
            return False
        wait_s = max(at_least_s, min(_LONGEST_RETRY_S, _RETRY_S * 2 ** min(page.failures, 10)))
        page.failures += 1
        page.regular_ns = MonoNs(now_ns + round(wait_s * NS_PER_S))
        return page.failures == 1

    def next_s(self, now_ns: MonoNs) -> float:
        """Return the seconds until something is due, a minute at most."""
        times = [time for page in self._pages.values() for time in (page.regular_ns, *(at_ns for at_ns, _ in page.wants))]
        return max(0.0, min([60.0, *((time - now_ns) / NS_PER_S for time in times)]))
