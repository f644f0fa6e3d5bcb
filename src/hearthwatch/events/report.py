"""What a camera reports by mail or by uploading a file, as events know it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from hearthwatch.events.alarms import Sensed, SensedPhase, alike
from hearthwatch.events.event import Change, ChangeKind, Event, EventId
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs

MAIL_ALARM = "alarm"
"""Label of a mail that says in words we do not know that something is the matter."""
FRESH_US = 60 * US_PER_S
"""What is older is no part of what goes on now."""
_SAME_US = 10 * US_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """It happened in [start_us, end_us]. `told` is called with the event it became or is part of, None for none."""

    id: EventId
    camera: CameraId
    sensed: Sensed
    start_us: WallUs
    end_us: WallUs
    told: Callable[[EventId | None], None]

    def is_fresh(self, now_us: WallUs) -> bool:
        return abs(now_us - self.end_us) < FRESH_US

    @property
    def over(self) -> Sensed:
        """The same, at its end."""
        return replace(self.sensed, phase=SensedPhase.OVER)

    def opened(self) -> Change:
        """Return the event of something that is long over."""
        event = Event(
            id=self.id,
            camera=self.camera,
            kind=self.sensed.kind,
            label=self.sensed.labels[0],
            start_us=self.start_us,
            end_us=self.end_us,
            score=0.0,
            box=None,
            zones=frozenset(),
            picture=False,
            best_us=self.start_us,
            reviewed=False,
            detail=self.sensed.detail,
        )
        return Change(kind=ChangeKind.OPENED, event=event, tell=True)

    def is_part_of(self, event: Event) -> bool:
        """Tell whether `event` is of the same seconds and may be about the same; motion is of anybody."""
        label = self.sensed.labels[0]
        ends = event.end_us is None or event.end_us > self.start_us - _SAME_US
        return event.start_us < self.end_us + _SAME_US and ends and (not label or alike(event.label, label))
