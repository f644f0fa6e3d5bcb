"""Notices of outages as people get them: with the footage that is missing when a camera is back, and what can be done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from hearthwatch.alerts.outbox import Outbox
from hearthwatch.alerts.policy import Policy, outage_key
from hearthwatch.alerts.wording import span
from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.feeds.packet import Gap, Stream
from hearthwatch.health.connectivity import REACHES
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.run.config import Config, Record
from hearthwatch.web.doors import FootageDoor

VIDEO_AWAY = frozenset(
    {Fault.CAMERA_UNREACHABLE, Fault.CAMERA_REFUSED, Fault.CAMERA_BAD_REPLY, Fault.CAMERA_UNSUPPORTED, Fault.CAMERA_STRANGER}
)
_BEFORE_US = 5 * US_PER_S
_AFTER_US = 30 * US_PER_S


class OutageNews:
    """Used on the house's loop."""

    def __init__(
        self,
        footage: FootageDoor,
        *,
        outbox: Outbox,
        policy: Callable[[], Policy],
        clock: Clock,
        config: Callable[[], Config],
        has_card: Callable[[CameraId], bool],
        can_set_clock: Callable[[CameraId], bool],
        publish: Callable[[Outage], None],
    ) -> None:
        """`has_card`: footage that is missing is fetched from the camera."""
        self._footage = footage
        self._outbox = outbox
        self._policy = policy
        self._clock = clock
        self._config = config
        self._has_card = has_card
        self._can_set_clock = can_set_clock
        self._publish = publish

    async def tell(self, outage: Outage, beside: str = "") -> None:
        """Tell that `outage` began, or that it is over; `beside` is what is done about it."""
        alert = self._policy().on_outage(outage, now_us=self._clock.wall_us(), remark=await self._remark(outage))
        if outage.fault in REACHES and outage.end_us is not None:
            await self._outbox.fold(outage_key(outage, begins=True))
        if beside:
            alert = replace(alert, text=f"{alert.text}\n{beside}")
        camera = outage.camera
        if outage.fault is Fault.CAMERA_CLOCK and outage.end_us is None and camera is not None and self._can_set_clock(camera):
            alert = replace(alert, offers=(Remedy(kind=RemedyKind.SET_CLOCK, camera=camera),))
        await self._outbox.record(None, alert)
        self._publish(outage)

    def _is_recorded(self, camera: CameraId) -> bool:
        options = self._config().cameras.get(camera)
        return options is not None and options.record is not Record.NEVER

    async def _remark(self, outage: Outage) -> str:
        camera, end_us = outage.camera, outage.end_us
        if end_us is None or camera is None or outage.fault not in VIDEO_AWAY or not self._is_recorded(camera):
            return ""
        start_us = WallUs(outage.start_us - _BEFORE_US)
        try:
            gaps = await asyncio.to_thread(self._footage.gaps, camera, Stream.MAIN, start_us, WallUs(end_us + _AFTER_US))
        except StorageFailed:
            return ""
        return missing_words(missing_us(gaps, start_us, self._clock.wall_us()), has_card=self._has_card(camera))


def missing_us(gaps: Sequence[Gap], start_us: WallUs, now_us: WallUs) -> int:
    """Return how long nothing was recorded from `start_us` on; a gap that lasts reaches until now."""
    return sum(max(0, (now_us if gap.end_us is None else gap.end_us) - max(gap.start_us, start_us)) for gap in gaps)


def missing_words(missing: int, *, has_card: bool) -> str:
    """Return what is said of `missing` microseconds of footage."""
    if missing < US_PER_S:
        return "No footage is missing."
    rest = " What the camera's own card holds of it is fetched." if has_card else ""
    return f"Footage of {span(missing / US_PER_S)} is missing.{rest}"
