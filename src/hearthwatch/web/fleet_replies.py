"""What the API answers about the houses of a hub, and about the hub a house joined."""

from __future__ import annotations

from typing import Self

from hearthwatch.fleet.far_event import FarEvent
from hearthwatch.kit.logs import redact
from hearthwatch.web.fleet_doors import CameraFar, HubFar, Invitation, Machine, NodeNow, SiteNow
from hearthwatch.web.replies import Reply
from hearthwatch.web.site_roles import SiteRole


class SiteReply(Reply):
    """A place; `own` where the hub's own house stands."""

    id: str
    title: str
    own: bool

    @classmethod
    def of(cls, site: SiteNow) -> Self:
        return cls(id=site.id, title=site.title or site.id, own=site.own)


class FarCameraReply(Reply):
    """A camera as its house said it last. `footage_until_us` is null where none of its footage is at the hub; `audit_score` (0
    to 100) and `findings` are null where it was not checked, and to who may not manage the house."""

    id: str
    name: str
    state: str
    footage_until_us: int | None
    audit_score: int | None
    findings: int | None

    @classmethod
    def of(cls, camera: CameraFar, *, manages: bool) -> Self:
        return cls(
            id=camera.camera,
            name=camera.name,
            state=camera.state,
            footage_until_us=camera.footage_until_us or None,
            audit_score=camera.audit_score if manages else None,
            findings=camera.findings if manages else None,
        )


class MachineReply(Reply):
    """How a house's machine is, by its own word at `at_us`; null for what it cannot tell."""

    at_us: int
    version: str
    model: str
    up_s: float | None
    load: float | None
    temperature_c: float | None
    undervoltage: bool | None
    throttled: bool | None
    wifi_dbm: float | None
    disk_free_bytes: int | None
    disk_bytes: int | None
    clock_kept: bool | None

    @classmethod
    def of(cls, machine: Machine) -> Self:
        return cls(
            at_us=machine.at_us,
            version=redact(machine.version),
            model=redact(machine.model),
            up_s=machine.up_s,
            load=machine.load,
            temperature_c=machine.temperature_c,
            undervoltage=machine.undervoltage,
            throttled=machine.throttled,
            wifi_dbm=machine.wifi_dbm,
            disk_free_bytes=machine.disk_free_bytes,
            disk_bytes=machine.disk_bytes,
            clock_kept=machine.clock_kept,
        )


class NodeReply(Reply):
    """A house that joined. `hearing` is `here` (its line is open), `near` (heard of), `silent` or `revoked`; `role` what the
    asker is there. `waiting` counts the letters it has not sent yet."""

    id: str
    site: str
    name: str
    own: bool
    hearing: str
    role: str
    joined_us: int
    heard_us: int | None
    waiting: int
    events_until_us: int | None
    cameras: list[FarCameraReply]
    machine: MachineReply | None
    problem: str

    @classmethod
    def of(cls, now: NodeNow, role: SiteRole) -> Self:
        manages = role.role.value == "owner"
        cameras = [each for each in now.cameras if role.cameras is None or each.camera in role.cameras]
        return cls(
            id=now.node.id,
            site=now.node.site,
            name=redact(now.node.name),
            own=now.own,
            hearing=now.hearing,
            role=role.role,
            joined_us=now.node.joined_us,
            heard_us=now.node.heard_us or None,
            waiting=now.waiting,
            events_until_us=now.events_until_us or None,
            cameras=[FarCameraReply.of(each, manages=manages) for each in cameras],
            machine=MachineReply.of(now.machine) if now.machine is not None else None,
            problem=redact(now.problem),
        )


class FleetReply(Reply):
    """`is_hub` is false, and all else empty, where this house is no hub."""

    is_hub: bool
    sites: list[SiteReply]
    nodes: list[NodeReply]


class ThereReply(Reply):
    """One house at its `site`, and what the asker may do there; `cameras` is null for all of them."""

    node: NodeReply
    site: str
    may: list[str]
    cameras: list[str] | None


class FarEventReply(Reply):
    """An event as its house said it last. `picture`: the house has one."""

    node: str
    site: str
    house: str
    id: str
    camera: str
    camera_name: str
    kind: str
    label: str
    start_us: int
    end_us: int | None
    score: float
    picture: bool
    reviewed: bool

    @classmethod
    def of(cls, event: FarEvent, node: NodeNow) -> Self:
        named = next((each.name for each in node.cameras if each.camera == event.camera), event.camera)
        return cls(
            node=event.node,
            site=event.site,
            house=redact(node.node.name),
            id=event.id,
            camera=event.camera,
            camera_name=redact(named),
            kind=event.kind,
            label=redact(event.label),
            start_us=event.start_us,
            end_us=event.end_us,
            score=round(event.score, 3),
            picture=event.picture,
            reviewed=event.reviewed,
        )


class FarEventsReply(Reply):
    """`more`: there are older ones than `last_us`."""

    events: list[FarEventReply]
    more: bool
    last_us: int | None = None


class InvitationReply(Reply):
    """Lets one machine join, once, until `ends_us`; `command` is what to type there."""

    code: str
    site: str
    name: str
    ends_us: int
    command: str

    @classmethod
    def of(cls, made: Invitation) -> Self:
        return cls(code=made.code, site=made.site, name=made.name, ends_us=made.ends_us, command=made.words)


class SiteRoleReply(Reply):
    user_id: int
    site: str
    role: str
    cameras: list[str] | None

    @classmethod
    def of(cls, role: SiteRole) -> Self:
        cameras = None if role.cameras is None else sorted(map(str, role.cameras))
        return cls(user_id=role.user_id, site=role.site, role=role.role, cameras=cameras)


class HubReply(Reply):
    """The hub this house joined. `step` is `connected`, `trying` or `refused`; `waiting` letters wait since
    `waiting_since_us`."""

    id: str
    address: str
    site: str
    name: str
    step: str
    reached_us: int | None
    waiting: int
    waiting_since_us: int | None
    problem: str

    @classmethod
    def of(cls, hub: HubFar) -> Self:
        return cls(
            id=hub.id,
            address=redact(hub.address),
            site=hub.site,
            name=redact(hub.name),
            step=hub.step,
            reached_us=hub.reached_us or None,
            waiting=hub.waiting,
            waiting_since_us=hub.waiting_since_us or None,
            problem=redact(hub.problem),
        )
