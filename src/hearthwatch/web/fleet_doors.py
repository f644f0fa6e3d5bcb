"""The doors to other machines: of a hub to the houses that joined it, and of a house to the hub it joined.

`Doors.fleet` is always there; `hub` and `node` are None in a house that set up neither, where nothing of it is imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from starlette.types import ASGIApp, Receive, Send

from hearthwatch.fleet.asker import Question
from hearthwatch.fleet.far_event import FarEvent, FarQuery
from hearthwatch.fleet.node import Node, NodeId, SiteId
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import CameraId, WallUs


class Hearing(StrEnum):
    """How a node is heard just now: its line is open; it is heard of without one; nothing comes; it is not wanted any more."""

    HERE = "here"
    NEAR = "near"
    SILENT = "silent"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteNow:
    """A place. `title` is what people call it. `own`: the hub's own house stands there."""

    id: SiteId
    title: str
    own: bool
    nodes: int
    silent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraFar:
    """A camera of a node as its newest letter said it. `state` is a web.doors.CameraState; `footage_until_us` is up to when its
    footage is at the hub, 0 if none is. `audit_score` (0 to 100) and `findings` (those of weight) are of its last check, None
    where there was none."""

    camera: CameraId
    name: str
    state: str
    footage_until_us: WallUs
    audit_score: int | None = None
    findings: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """How the node's machine is, by its newest letter about it; None for what it cannot tell. `undervoltage` and `throttled`
    are what a Pi says since it was switched on. `at_us` is when the node wrote it, 0: never."""

    at_us: WallUs
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


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeNow:
    """`own`: the hub's own house, which is asked directly and needs no line. `waiting` are the letters that the node says it
    still has to send, `events_until_us` up to when its events are here. `problem` says in words what is wrong with it, "" for
    nothing."""

    node: Node
    own: bool
    hearing: Hearing
    waiting: int
    events_until_us: WallUs
    cameras: tuple[CameraFar, ...]
    machine: Machine | None
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A code that lets one machine join, once, until `ends_us`. `words` is what to type on that machine."""

    code: str
    site: SiteId
    name: str
    ends_us: WallUs

    @property
    def words(self) -> str:
        return f"hearthwatch node join {self.code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FarPicture:
    """The picture of an event of this camera."""

    camera: CameraId
    jpeg: bytes


class HubDoor(Protocol):
    """Each raises StorageFailed while the hub's database cannot be used, and Unreachable while it is just being opened."""

    async def sites(self) -> Sequence[SiteNow]:
        """Return the places, the hub's own first, then by title."""
        ...

    async def nodes(self) -> Sequence[NodeNow]:
        """Return the machines that joined, those revoked last; retired ones are not among them."""
        ...

    async def node(self, node: NodeId) -> NodeNow | None: ...

    async def invite(self, site: SiteId, name: str) -> Invitation:
        """Make a code for a machine that will stand at `site`, a new one maybe. Raises Refused when too many codes wait."""
        ...

    async def revoke(self, node: NodeId) -> bool:
        """Refuse the node from now on and cut what it has open; False when there is no such node. It keeps recording by
        itself, and what it sent stays."""
        ...

    async def retire(self, node: NodeId, into: NodeId | None) -> bool:
        """Take a revoked node off the list; what it sent goes to `into`, the same machine under its new identity, or stays
        with the retired one. False for a node that is still wanted. Raises Refused for an `into` that is not joined."""
        ...

    async def rename(self, node: NodeId, name: str) -> bool:
        """Call the node otherwise. Raises ValueError, for the owner, for a name that is none."""
        ...

    async def move(self, node: NodeId, site: SiteId) -> bool:
        """Say that the node stands at another site."""
        ...

    async def events(self, query: FarQuery) -> Sequence[FarEvent]:
        """Return events of all houses that sent letters."""
        ...

    async def picture(self, node: NodeId, event: str) -> FarPicture | None:
        """Return the event's picture where it arrived at the hub; None else."""
        ...

    async def ask(self, node: NodeId, question: Question, receive: Receive, send: Send) -> None:
        """Put a question to the node's own application, over its line, and hand on the answer as ASGI messages
        (`fleet.line_hub.Lines.ask`). Raises Unreachable without a line, and when it breaks before the answer is complete."""
        ...


class NodeStep(StrEnum):
    """Where a house that joined a hub stands with it."""

    CONNECTED = "connected"
    TRYING = "trying"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFar:
    """The hub as its node sees it. `reached_us` is when it last answered, 0 if never since the start; `problem` is why it is
    not reached, in words."""

    id: NodeId
    address: str
    site: SiteId
    name: str
    step: NodeStep
    reached_us: WallUs
    waiting: int
    waiting_since_us: WallUs
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a comparison of this house's ledgers with the hub's found: `posted` things were missing or other there and are told
    again, `gone` are here no longer."""

    days: int
    things: int
    posted: int
    gone: int

    @property
    def is_equal(self) -> bool:
        return not self.posted and not self.gone


class NodeDoor(Protocol):
    async def now(self) -> HubFar: ...

    async def verify(self) -> Verified | None:
        """Compare this house's ledgers with the hub's now, and tell it again what differs; None before anything was told.
        Raises Unreachable, Refused, BadReply and StorageFailed."""
        ...

    async def leave(self) -> None:
        """Forget the hub; the house stays as it is. What it has not sent yet will not be sent."""
        ...


class FleetDoor(Protocol):
    @property
    def hub(self) -> HubDoor | None:
        """Return the hub that runs in this house, if one does."""
        ...

    @property
    def node(self) -> NodeDoor | None:
        """Return the hub this house joined, if it did."""
        ...

    async def join(self, code: str) -> None:
        """Join the hub that gave `code`. Raises Refused for a code that is not (or no longer) good, Unreachable."""
        ...

    def serve(self, app: ASGIApp) -> None:
        """The house's page is ready: `app` answers the hub over the line from now on (`fleet.line_node.answer`)."""
        ...


class NoFleet:
    """The FleetDoor of a house alone, for tests and tools."""

    hub: HubDoor | None = None
    node: NodeDoor | None = None

    async def join(self, code: str) -> None:
        raise Unsupported("This house cannot join a hub.")

    def serve(self, app: ASGIApp) -> None:
        """See FleetDoor."""
