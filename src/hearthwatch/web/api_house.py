"""The house page: which rule tells whom, the schedule, how fast alerts were, and what left this house."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from hearthwatch.alerts.alert import Severity
from hearthwatch.alerts.route import RouteOptions, Topic
from hearthwatch.arming.arming import Mode
from hearthwatch.web.auth import Permission
from hearthwatch.web.gate import needs
from hearthwatch.web.house_page_doors import Destination, LatencyRow, RuleRow
from hearthwatch.web.replies import Reply
from hearthwatch.web.site import CameraDep, PersonDep, SiteDep

router = APIRouter(prefix="/api/v1")


class RuleReply(Reply):
    """One camera. Who stays is told again after `remind_s`, 0 for never.

    `told` are the labels that are told in each mode, `labels` all it could tell of; `times` are the times of the
    week at which it tells, empty for always. In the modes of `private` nothing of it is looked at."""

    camera: str
    name: str
    enabled: bool
    send_picture: bool
    send_clip: bool
    labels: list[str]
    told: dict[str, list[str]]
    zones: dict[str, list[str]]
    private: list[str]
    times: list[str]
    label_times: dict[str, list[str]]
    remind_s: float

    @classmethod
    def of(cls, row: RuleRow) -> Self:
        return cls(
            camera=row.camera,
            name=row.name,
            enabled=row.enabled,
            send_picture=row.send_picture,
            send_clip=row.send_clip,
            labels=list(row.labels),
            told={mode.value: [label for label in row.labels if label in told] for mode, told in row.told.items()},
            zones={mode.value: list(zones) for mode, zones in row.zones.items() if zones},
            private=[mode.value for mode in Mode if mode in row.private],
            times=list(row.times),
            label_times={label: list(times) for label, times in row.label_times.items()},
            remind_s=row.remind_s,
        )


class RecipientReply(Reply):
    channel: str
    who: str


class Route(BaseModel):
    """What goes by a way: of these topics alone, and where they are not empty, of these cameras (and of none) and visitors with
    these labels alone; what is at least so important; and at these times of the week."""

    model_config = ConfigDict(extra="forbid")

    topics: Annotated[list[Topic], Field(max_length=len(Topic))]
    cameras: Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=256)]
    labels: Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=128)]
    importance: Severity
    times: Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=16)]

    @classmethod
    def of(cls, route: RouteOptions) -> Self:
        return cls(
            topics=list(route.topics),
            cameras=list(route.cameras),
            labels=list(route.labels),
            importance=route.importance,
            times=list(route.times),
        )

    def options(self) -> RouteOptions:
        return RouteOptions(
            topics=tuple(topic for topic in Topic if topic in self.topics),
            cameras=tuple(dict.fromkeys(self.cameras)),
            labels=tuple(dict.fromkeys(self.labels)),
            importance=self.importance,
            times=tuple(dict.fromkeys(self.times)),
        )


class WayReply(Reply):
    """`who` is the person a way is of, empty for all; `used` tells whether there is such a channel now."""

    way: str
    kind: str
    who: str
    used: bool
    route: Route


class WayAsk(BaseModel):
    model_config = ConfigDict(extra="forbid")

    way: Annotated[str, Field(min_length=1, max_length=128)]
    route: Route


class RemindAsk(BaseModel):
    """0 for never."""

    model_config = ConfigDict(extra="forbid")

    remind_s: Annotated[float, Field(ge=0, le=86400)]


class RulesReply(Reply):
    """`recipients` are told, of what their way takes and as far as their channel carries its parts."""

    modes: list[str]
    cameras: list[RuleReply]
    recipients: list[RecipientReply]
    ways: list[WayReply]


class RuleAsk(BaseModel):
    """One cell of the table."""

    model_config = ConfigDict(extra="forbid")

    mode: Mode
    label: Annotated[str, Field(min_length=1, max_length=64)]
    told: StrictBool


class EnabledAsk(BaseModel):
    model_config = ConfigDict(extra="forbid")

    enabled: StrictBool


class PlannedReply(Reply):
    name: str
    at: str
    days: list[str]
    mode: str


class PlanReply(Reply):
    """`next_us` is 0 where nothing is planned; the mode `auto` hands the house back to presence."""

    times: list[PlannedReply]
    next_name: str
    next_us: int
    next_mode: str


class LatencyReply(Reply):
    """Milliseconds over the last `count` parts a channel took: picture to alert (`decided`), alert to the service's yes
    (`handed`), and both (`whole`)."""

    channel: str
    part: str
    count: int
    decided_p50_ms: float
    decided_p95_ms: float
    handed_p50_ms: float
    handed_p95_ms: float
    whole_p50_ms: float
    whole_p95_ms: float

    @classmethod
    def of(cls, row: LatencyRow) -> Self:
        return cls(
            channel=row.channel,
            part=row.part,
            count=row.count,
            decided_p50_ms=round(row.decided_p50_ms, 1),
            decided_p95_ms=round(row.decided_p95_ms, 1),
            handed_p50_ms=round(row.handed_p50_ms, 1),
            handed_p95_ms=round(row.handed_p95_ms, 1),
            whole_p50_ms=round(row.whole_p50_ms, 1),
            whole_p95_ms=round(row.whole_p95_ms, 1),
        )


class DestinationReply(Reply):
    """`times` and `sent_bytes` count since `since_us`; `sent_bytes` is null where it is not counted, `last_us` 0 for never."""

    host: str
    purpose: str
    setting: str
    times: int
    sent_bytes: int | None
    last_us: int

    @classmethod
    def of(cls, one: Destination) -> Self:
        return cls(
            host=one.host,
            purpose=one.purpose,
            setting=one.setting,
            times=one.sent.times if one.sent else 0,
            sent_bytes=None if not one.is_counted else one.sent.sent_bytes if one.sent else 0,
            last_us=one.sent.last_us if one.sent else 0,
        )


class OutgoingReply(Reply):
    """What leaves this house: where the configuration makes it talk to, and nothing else."""

    since_us: int
    destinations: list[DestinationReply]


@router.get("/house/rules")
@needs(Permission.MANAGE)
def rules(site: SiteDep) -> RulesReply:
    """Which camera tells of what in which mode, and whom."""
    return RulesReply(
        modes=[mode.value for mode in Mode],
        cameras=[RuleReply.of(row) for row in site.doors.house_page.rules()],
        recipients=[RecipientReply(channel=one.channel, who=one.who) for one in site.doors.house_page.recipients()],
        ways=[
            WayReply(way=row.way, kind=row.kind, who=row.who, used=row.is_used, route=Route.of(row.route))
            for row in site.doors.house_page.ways()
        ],
    )


@router.post("/house/ways", status_code=204)
@needs(Permission.MANAGE)
async def set_way(ask: WayAsk, site: SiteDep, person: PersonDep) -> Response:
    """Say what goes by one way. It is written into the configuration file."""
    await site.doors.house_page.set_way(ask.way, ask.route.options(), who=person.user.name)
    return Response(status_code=204)


@router.post("/house/rules/{camera}", status_code=204)
@needs(Permission.MANAGE, fresh=True)
async def set_rule(camera: CameraDep, ask: RuleAsk, site: SiteDep, person: PersonDep) -> Response:
    """Have one label of a camera told in one mode, or not. It is written into the configuration file."""
    await site.doors.house_page.set_rule(camera.id, ask.mode, ask.label, told=ask.told, who=person.user.name)
    return Response(status_code=204)


@router.post("/house/rules/{camera}/enabled", status_code=204)
@needs(Permission.MANAGE, fresh=True)
async def set_enabled(camera: CameraDep, ask: EnabledAsk, site: SiteDep, person: PersonDep) -> Response:
    """Have a camera tell of its visitors at all, or not."""
    await site.doors.house_page.set_enabled(camera.id, enabled=ask.enabled, who=person.user.name)
    return Response(status_code=204)


@router.post("/house/rules/{camera}/remind", status_code=204)
@needs(Permission.MANAGE)
async def set_remind(camera: CameraDep, ask: RemindAsk, site: SiteDep, person: PersonDep) -> Response:
    """Have a camera tell again of who stays, after so long, or once only."""
    await site.doors.house_page.set_remind(camera.id, ask.remind_s, who=person.user.name)
    return Response(status_code=204)


@router.get("/house/schedule")
@needs(Permission.LOOK)
def schedule(site: SiteDep) -> PlanReply:
    """The times of the week at which the house arms and disarms itself."""
    plan = site.doors.house_page.plan()
    return PlanReply(
        times=[PlannedReply(name=one.name, at=one.at, days=list(one.days), mode=one.mode) for one in plan.times],
        next_name=plan.next_name,
        next_us=plan.next_us,
        next_mode=plan.next_mode,
    )


@router.get("/house/latency")
@needs(Permission.LOOK)
def latency(site: SiteDep) -> list[LatencyReply]:
    """How long the last alerts took, by channel and part."""
    return [LatencyReply.of(row) for row in site.doors.house_page.latency()]


@router.get("/house/outgoing")
@needs(Permission.MANAGE)
def outgoing(site: SiteDep) -> OutgoingReply:
    """What leaves this house: every destination, when it was last sent to, and how much."""
    found = site.doors.house_page.outgoing()
    return OutgoingReply(since_us=found.since_us, destinations=[DestinationReply.of(one) for one in found.destinations])
