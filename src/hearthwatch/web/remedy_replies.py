"""What the API answers about a camera's own door and about what is done to cameras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from hearthwatch.audit.remedy import Remedy, RemedyKind, label
from hearthwatch.audit.trail import Entry
from hearthwatch.kit.logs import redact
from hearthwatch.kit.units import CameraId
from hearthwatch.vendors.device import Account, DeviceIdentity, Session
from hearthwatch.web.remedy_doors import DoorNow
from hearthwatch.web.replies import Reply


class OfferReply(Reply):
    """Something that can be done about an alert: send it to the camera's `remedies`. `label` is for a button."""

    kind: str
    camera: str
    subject: str
    value: str
    label: str

    @classmethod
    def of(cls, remedy: Remedy) -> Self:
        return cls(
            kind=remedy.kind, camera=remedy.camera, subject=remedy.subject, value=remedy.value, label=redact(label(remedy))
        )


class IdentityReply(Reply):
    vendor: str
    model: str
    name: str
    mac: str
    serial: str
    firmware: str
    build_date: str
    hardware: str

    @classmethod
    def of(cls, identity: DeviceIdentity) -> Self:
        return cls(
            vendor=identity.vendor,
            model=identity.model,
            name=identity.name,
            mac=identity.mac,
            serial=identity.serial,
            firmware=identity.firmware,
            build_date=identity.build_date.isoformat() if identity.build_date else "",
            hardware=identity.hardware,
        )


class VisitReply(Reply):
    """Somebody who is logged in to the camera now; `id` ends that visit (`end-session`)."""

    id: str
    user: str
    address: str | None
    origin: str
    at_home: bool
    group: str
    via: str
    at_us: int | None

    @classmethod
    def of(cls, session: Session, *, at_home: bool) -> Self:
        return cls(
            id=session.id,
            user=redact(session.user),
            address=session.address,
            origin=redact(session.origin),
            at_home=at_home,
            group=session.group,
            via=session.via,
            at_us=session.at_us,
        )


class AccountReply(Reply):
    """`is_ours`: Hearthwatch logs in with it."""

    name: str
    group: str
    is_admin: bool
    is_built_in: bool
    is_ours: bool

    @classmethod
    def of(cls, account: Account, our_user: str) -> Self:
        return cls(
            name=account.name,
            group=account.group,
            is_admin=account.is_admin,
            is_built_in=account.is_built_in,
            is_ours=account.name == our_user,
        )


class ActionReply(Reply):
    """A kind of remedy; `why_not` is empty when it can be tried, else the plain statement why not and what to do instead."""

    kind: str
    label: str
    why_not: str


class DoorReply(Reply):
    """`reachable` is whether the camera said who it is just now; `why` why it did not. Lists are null where it tells none."""

    vendor: str
    host: str
    port: int
    reachable: bool
    why: str
    identity: IdentityReply | None
    actions: list[ActionReply]
    services: list[str]
    sessions: list[VisitReply] | None
    accounts: list[AccountReply] | None
    blocked: list[str] | None

    @classmethod
    def of(cls, now: DoorNow, is_home: Callable[[str | None], bool]) -> Self:
        visits = [VisitReply.of(one, at_home=is_home(one.address)) for one in now.sessions or ()]
        return cls(
            vendor=now.vendor,
            host=now.host,
            port=now.port,
            reachable=now.identity is not None,
            why=redact(now.why),
            identity=IdentityReply.of(now.identity) if now.identity else None,
            actions=[ActionReply(kind=kind, label=_LABELS[kind], why_not=redact(why)) for kind, why in now.why_not.items()],
            services=sorted(now.services),
            sessions=None if now.sessions is None else visits,
            accounts=None if now.accounts is None else [AccountReply.of(one, now.our_user) for one in now.accounts],
            blocked=None if now.blocked is None else list(now.blocked),
        )


class QuestionReply(Reply):
    """`confirm` is to be sent back as the yes, within ten minutes and once; null when it cannot be done at all: then
    `question` says why, and what to do instead."""

    confirm: str | None
    question: str


class EntryReply(Reply):
    """A line of the audit trail. `text` is the question while `asked`, the outcome afterwards."""

    id: str
    camera: str
    kind: str
    subject: str
    value: str
    who: str
    state: str
    verified: bool
    text: str
    asked_us: int
    begun_us: int | None
    ended_us: int | None

    @classmethod
    def of(cls, entry: Entry) -> Self:
        remedy = entry.remedy
        return cls(
            id=entry.id,
            camera=remedy.camera,
            kind=remedy.kind,
            subject=redact(remedy.subject),
            value=redact(remedy.value),
            who=entry.who,
            state=entry.state,
            verified=entry.verified,
            text=redact(entry.text),
            asked_us=entry.asked_us,
            begun_us=entry.begun_us,
            ended_us=entry.ended_us,
        )


class OutcomeReply(Reply):
    """`password` is the one that was made up: shown this once, to the owner who asked, over a private way only."""

    entry: EntryReply
    password: str | None


class TrailReply(Reply):
    entries: list[EntryReply]
    more: bool


class UploadReply(Reply):
    """`subject` is what `upload-firmware` is to be asked with."""

    subject: str
    size_bytes: int


_LABELS = {kind: label(Remedy(kind=kind, camera=CameraId(""))) for kind in RemedyKind}
