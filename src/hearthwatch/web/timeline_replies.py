"""What the timeline's API answers: stretches as short lists, for there may be thousands."""

from __future__ import annotations

from functools import lru_cache
from typing import Self

from hearthwatch.health.outage import Outage
from hearthwatch.kit.logs import redact
from hearthwatch.kit.units import WallUs
from hearthwatch.recording.stretches import Stretch
from hearthwatch.web.replies import OutageReply, Reply
from hearthwatch.web.timeline_doors import Armed, CameraLane, Lanes


class HeldReply(Reply):
    """Footage that is at these targets and no longer here."""

    start_us: int
    end_us: int
    targets: list[str]


class ArmedReply(Reply):
    start_us: int
    end_us: int
    mode: str
    cause: str
    who: str

    @classmethod
    def of(cls, armed: Armed) -> Self:
        return cls(start_us=armed.start_us, end_us=armed.end_us, mode=armed.mode, cause=armed.cause, who=redact(armed.who))


class LaneReply(Reply):
    """One camera, in lists of `[start_us, end_us, …]`, as there may be thousands.

    `footage` ends with how much is covered (1 is all of it); `gaps` with cause, detail and of how many short ones it is made,
    `end_us` is null while it lasts; `events` with how many, the first one's id, kind and label, the last three empty where they
    are only counted; `logins` with how many, verdict, user and address."""

    camera: str
    footage: list[tuple[int, int, float]]
    motion: list[tuple[int, int]]
    card: list[tuple[int, int]]
    pinned: list[tuple[int, int]]
    elsewhere: list[HeldReply]
    gaps: list[tuple[int, int | None, str, str, int]]
    events: list[tuple[int, int | None, int, str, str, str]]
    logins: list[tuple[int, int, int, str, str, str]]

    @classmethod
    def of(cls, lane: CameraLane) -> Self:
        return cls.model_construct(  # checking thousands of our own numbers would take longer than finding them
            camera=lane.camera,
            footage=[(one.start_us, one.end_us, one.frac) for one in lane.kept.footage],
            motion=_pairs(lane.kept.motion),
            card=_pairs(lane.kept.card),
            pinned=_pairs(lane.kept.pinned),
            elsewhere=[
                HeldReply(start_us=one.start_us, end_us=one.end_us, targets=list(one.targets)) for one in lane.elsewhere
            ],
            gaps=[(one.start_us, one.end_us, one.reason.value, _redacted(one.detail), one.count) for one in lane.kept.gaps],
            events=[
                (one.start_us, one.end_us, one.count, one.id, one.kind.value if one.kind else "", one.label)
                for one in lane.marks
            ],
            logins=[
                (one.at_us, one.last_us, one.count, one.verdict.value, _redacted(one.user), one.address) for one in lane.knocks
            ],
        )


_redacted = lru_cache(maxsize=1024)(redact)
"""Most details and users of a month are the same few."""


def _pairs(found: tuple[Stretch, ...]) -> list[tuple[int, int]]:
    return [(one.start_us, one.end_us) for one in found]


class LanesReply(Reply):
    """A range of time of all cameras. Things that are closer to each other than `cell_us` may be told as one."""

    start_us: int
    end_us: int
    now_us: int
    cell_us: int
    cameras: list[LaneReply]
    arming: list[ArmedReply]
    outages: list[OutageReply]

    @classmethod
    def of(cls, lanes: Lanes, outages: list[Outage], *, start_us: WallUs, end_us: WallUs, now_us: WallUs) -> Self:
        return cls.model_construct(
            start_us=start_us,
            end_us=end_us,
            now_us=now_us,
            cell_us=lanes.cell_us,
            cameras=[LaneReply.of(lane) for lane in lanes.cameras],
            arming=[ArmedReply.of(one) for one in lanes.arming],
            outages=[OutageReply.of(one) for one in outages],
        )
