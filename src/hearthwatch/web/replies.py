"""What the API answers: one model per noun, built from it by `of`; texts from outside are redacted on the way."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict

from hearthwatch.events.event import Event
from hearthwatch.feeds.packet import Gap, Stream
from hearthwatch.frames.geometry import Box
from hearthwatch.health.outage import Outage
from hearthwatch.kit.logs import redact
from hearthwatch.kit.mailbox import BoxCount
from hearthwatch.kit.units import WallUs
from hearthwatch.offsite.elsewhere import Elsewhere
from hearthwatch.recording.segment import Segment, SegmentState
from hearthwatch.web.doors import CameraNow, DetectorNow, HouseNow, StreamNow


class Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BoxReply(Reply):
    name: str
    put: int
    dropped: int
    waiting: int

    @classmethod
    def of(cls, box: BoxCount) -> Self:
        return cls(name=box.name, put=box.put, dropped=box.dropped, waiting=box.waiting)


class StreamReply(Reply):
    stream: str
    state: str
    codec: str | None
    width_px: int
    height_px: int
    fps: float
    kbit_per_s: float
    last_us: int | None
    has_audio: bool
    boxes: list[BoxReply]

    @classmethod
    def of(cls, now: StreamNow) -> Self:
        return cls(
            stream=now.stream,
            state=now.state,
            codec=now.codec,
            width_px=now.width_px,
            height_px=now.height_px,
            fps=round(now.fps, 1),
            kbit_per_s=round(now.kbit_per_s, 1),
            last_us=now.last_us,
            has_audio=now.has_audio,
            boxes=[BoxReply.of(box) for box in now.boxes],
        )


class CameraReply(Reply):
    id: str
    name: str
    state: str
    cause: str
    since_us: int
    streams: list[StreamReply]
    motion_frac: float
    motion_limit_frac: float
    looked_per_s: float
    recorded: bool
    only_events: bool
    kept_from_us: int | None
    bytes_per_day: int

    @classmethod
    def of(cls, now: CameraNow) -> Self:
        return cls(
            id=now.id,
            name=now.name,
            state=now.state,
            cause=redact(now.cause),
            since_us=now.since_us,
            streams=[StreamReply.of(stream) for stream in now.streams],
            motion_frac=round(now.motion_frac, 4),
            motion_limit_frac=now.motion_limit_frac,
            looked_per_s=round(now.looked_per_s, 1),
            recorded=now.recorded,
            only_events=now.only_events,
            kept_from_us=now.kept_from_us,
            bytes_per_day=now.bytes_per_day,
        )


class BoxFrac(Reply):
    """A rectangle in fractions of the picture."""

    x0: float
    y0: float
    x1: float
    y1: float

    @classmethod
    def of(cls, box: Box) -> Self:
        return cls(x0=box.x0, y0=box.y0, x1=box.x1, y1=box.y1)


class EventReply(Reply):
    """`clip_*` is the footage that belongs to the event, roll included; `clip_end_us` None while the event lasts."""

    id: str
    camera: str
    kind: str
    label: str
    start_us: int
    end_us: int | None
    score: float
    box: BoxFrac | None
    zones: list[str]
    picture: bool
    best_us: int
    reviewed: bool
    false_alarm: bool
    detail: str
    note: str
    clip_start_us: int
    clip_end_us: int | None

    @classmethod
    def of(cls, event: Event, house: HouseNow) -> Self:
        return cls(
            id=event.id,
            camera=event.camera,
            kind=event.kind,
            label=event.label,
            start_us=event.start_us,
            end_us=event.end_us,
            score=round(event.score, 3),
            box=BoxFrac.of(event.box) if event.box else None,
            zones=sorted(event.zones),
            picture=event.picture,
            best_us=event.best_us,
            reviewed=event.reviewed,
            false_alarm=event.false_alarm,
            detail=redact(event.detail),
            note=event.note,
            clip_start_us=event.start_us - house.pre_roll_us,
            clip_end_us=event.end_us + house.post_roll_us if event.end_us is not None else None,
        )


class EventsReply(Reply):
    """Newest first; `labels` are all there are events of; `more` tells whether older ones were left out."""

    events: list[EventReply]
    labels: list[str]
    more: bool


class EventDetailReply(Reply):
    """`has_footage` tells whether something can be played, `kept` whether all of it is pinned."""

    event: EventReply
    has_footage: bool
    kept: bool


class Span(Reply):
    start_us: int
    end_us: int
    footage_class: str
    pinned: bool

    @classmethod
    def of(cls, segment: Segment, now_us: WallUs) -> Self:
        is_growing = segment.state is SegmentState.RECORDING  # its length is written only when it is complete
        return cls(
            start_us=segment.start_us,
            end_us=max(segment.end_us, now_us) if is_growing else segment.end_us,
            footage_class=segment.footage_class,
            pinned=segment.pinned,
        )


class GapReply(Reply):
    start_us: int
    end_us: int | None
    reason: str
    detail: str

    @classmethod
    def of(cls, gap: Gap) -> Self:
        return cls(start_us=gap.start_us, end_us=gap.end_us, reason=gap.reason, detail=redact(gap.detail))


class PlaceReply(Reply):
    target: str
    sealed: bool


class ElsewhereReply(Reply):
    """Footage that is not here, but proved to be at every one of `places`."""

    start_us: int
    end_us: int
    places: list[PlaceReply]

    @classmethod
    def of(cls, span: Elsewhere) -> Self:
        places = [PlaceReply(target=place.target, sealed=place.sealed) for place in span.places]
        return cls(start_us=span.start_us, end_us=span.end_us, places=places)


class TimelineReply(Reply):
    """Footage, footage that is only elsewhere, gaps and events of a range, oldest first."""

    stream: Stream
    spans: list[Span]
    elsewhere: list[ElsewhereReply]
    gaps: list[GapReply]
    events: list[EventReply]


class OutageReply(Reply):
    fault: str
    camera: str | None
    subject: str
    start_us: int
    end_us: int | None
    detail: str

    @classmethod
    def of(cls, outage: Outage) -> Self:
        return cls(
            fault=outage.fault,
            camera=outage.camera,
            subject=outage.subject,
            start_us=outage.start_us,
            end_us=outage.end_us,
            detail=redact(outage.detail),
        )


class DetectorReply(Reply):
    name: str
    basic: bool
    labels: list[str]
    fetching: bool
    fetch_name: str
    fetch_bytes: int
    fetched_bytes: int
    fetch_licence: str
    fetch_host: str
    error: str

    @classmethod
    def of(cls, now: DetectorNow) -> Self:
        return cls(
            name=now.name,
            basic=now.basic,
            labels=list(now.labels),
            fetching=now.fetching,
            fetch_name=now.fetch_name,
            fetch_bytes=now.fetch_bytes,
            fetched_bytes=now.fetched_bytes,
            fetch_licence=now.fetch_licence,
            fetch_host=now.fetch_host,
            error=redact(now.error),
        )


class HouseReply(Reply):
    name: str
    version: str
    started_us: int
    now_us: int
    footage_folder: str
    footage_used_bytes: int
    footage_free_bytes: int
    days_fit: float | None
    channels: list[str]
    telegram: bool
    detector: DetectorReply

    @classmethod
    def of(cls, now: HouseNow, detector: DetectorNow, now_us: int) -> Self:
        return cls(
            name=now.name,
            version=now.version,
            started_us=now.started_us,
            now_us=now_us,
            footage_folder=now.footage_folder,
            footage_used_bytes=now.footage_used_bytes,
            footage_free_bytes=now.footage_free_bytes,
            days_fit=now.days_fit,
            channels=list(now.channels),
            telegram=now.telegram,
            detector=DetectorReply.of(detector),
        )


class SettingReply(Reply):
    section: str
    key: str
    value: str


class OutboundReply(Reply):
    host: str
    purpose: str
    setting: str


class SettingsReply(Reply):
    """The configuration in force without its secrets, and every destination outside this box it makes us talk to."""

    settings: list[SettingReply]
    outbound: list[OutboundReply]

    @classmethod
    def of(cls, now: HouseNow) -> Self:
        return cls(
            settings=[SettingReply(section=s.section, key=s.key, value=redact(s.value)) for s in now.settings],
            outbound=[OutboundReply(host=redact(o.host), purpose=o.purpose, setting=o.setting) for o in now.outbound],
        )


class KeptReply(Reply):
    """How many files of footage were pinned or released."""

    segments: int
