"""The ledger of alerts and deliveries in `house.db`; functions take the caller's transaction."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from hearthwatch.alerts.alert import Alert, AlertId, Delivery, DeliveryState, Part, Severity
from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.kit.units import CameraId, MonoNs, WallUs

metadata = MetaData()
alerts = Table(
    "alerts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("event", String(32), nullable=False),
    Column("camera", String(32)),
    Column("severity", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("dedupe_key", String(128), nullable=False, unique=True),
    Column("received_ns", BigInteger, nullable=False),
    Column("decided_ns", BigInteger, nullable=False),
    Column("parts", String(64), nullable=False),
    Column("skip_channel", String(64), nullable=False),
    Column("degraded", Boolean, nullable=False),
    Column("offers", Text, nullable=False),
    Index("alerts_by_time", "at_us", "id"),
    Index("alerts_by_event", "event"),
)
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alert", String(32), ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("part", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_us", BigInteger, nullable=False),
    Column("maybe_sent", Boolean, nullable=False),
    Column("last_error", Text, nullable=False),
    Column("decided_ms", Float),
    Column("accepted_ms", Float),
    UniqueConstraint("alert", "channel", "part", name="deliveries_once"),
    Index("deliveries_by_state", "state", "channel", "id"),
)
channel_state = Table(
    "channel_state",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("value", Text, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An alert and how far each part of it came on each channel."""

    alert: Alert
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Milliseconds from the deciding picture's last byte to acceptance by the service, over `count` deliveries."""

    channel: str
    part: Part
    count: int
    p50_ms: float
    p95_ms: float


def save_alert(connection: Connection, alert: Alert) -> None:
    """Insert the alert; one that is there already, or another with its dedupe key, stays as it is."""
    row = {
        "id": alert.id,
        "event": alert.event,
        "camera": alert.camera,
        "severity": alert.severity.value,
        "title": alert.title,
        "text": alert.text,
        "at_us": alert.at_us,
        "dedupe_key": alert.dedupe_key,
        "received_ns": alert.received_ns,
        "decided_ns": alert.decided_ns,
        "parts": ",".join(sorted(alert.parts)),
        "skip_channel": alert.skip_channel,
        "degraded": alert.degraded,
        "offers": _offers_text(alert.offers),
    }
    connection.execute(insert(alerts).values(row).on_conflict_do_nothing())


def amend_alert(connection: Connection, alert: Alert) -> None:
    """Replace what an alert says by what is known now."""
    now = {
        "severity": alert.severity.value,
        "title": alert.title,
        "text": alert.text,
        "offers": _offers_text(alert.offers),
    }
    connection.execute(update(alerts).where(alerts.c.id == alert.id).values(now))


def told_under(connection: Connection, dedupe_key: str) -> Told | None:
    """Return the alert that told of a cause, with its deliveries."""
    rows = connection.execute(select(alerts).where(alerts.c.dedupe_key == dedupe_key))
    return next(iter(_with_deliveries(connection, [_alert(row) for row in rows])), None)


def save_deliveries(connection: Connection, changed: Iterable[Delivery]) -> None:
    """Insert deliveries or bring their rows up to date."""
    rows = [
        {
            "id": delivery.id,
            "alert": delivery.alert,
            "channel": delivery.channel,
            "part": delivery.part.value,
            "state": delivery.state.value,
            "tries": delivery.tries,
            "next_us": delivery.next_us,
            "maybe_sent": delivery.maybe_sent,
            "last_error": delivery.last_error,
            "decided_ms": delivery.decided_ms,
            "accepted_ms": delivery.accepted_ms,
        }
        for delivery in changed
    ]
    if not rows:
        return
    values = insert(deliveries)
    fresh = {name: values.excluded[name] for name in ("state", "tries", "next_us", "maybe_sent", "last_error", "accepted_ms")}
    connection.execute(values.on_conflict_do_update(index_elements=["alert", "channel", "part"], set_=fresh), rows)


def last_delivery_id(connection: Connection) -> int:
    return connection.execute(select(func.max(deliveries.c.id))).scalar() or 0


def key_taken(connection: Connection, dedupe_key: str, by_other_than: AlertId) -> bool:
    """Tell whether another alert has told of that cause."""
    found = connection.execute(select(alerts.c.id).where(alerts.c.dedupe_key == dedupe_key)).scalar()
    return found is not None and found != by_other_than


def known(connection: Connection, wanted: Iterable[AlertId]) -> frozenset[AlertId]:
    """Return those of `wanted` that have a row."""
    ids = list(wanted)
    found: set[AlertId] = set()
    for start in range(0, len(ids), 500):
        rows = connection.execute(select(alerts.c.id).where(alerts.c.id.in_(ids[start : start + 500])))
        found.update(AlertId(row.id) for row in rows)
    return frozenset(found)


def waiting(connection: Connection) -> tuple[tuple[Alert, ...], tuple[Delivery, ...]]:
    """Return all waiting deliveries in the order of recording, and their alerts."""
    wanted = select(deliveries).where(deliveries.c.state == DeliveryState.WAITING.value).order_by(deliveries.c.id)
    found = tuple(_delivery(row) for row in connection.execute(wanted))
    rows = connection.execute(
        select(alerts).where(
            alerts.c.id.in_(select(deliveries.c.alert).where(deliveries.c.state == DeliveryState.WAITING.value))
        )
    )
    return tuple(_alert(row) for row in rows), found


def told_of(connection: Connection, event: str) -> tuple[Told, ...]:
    """Return the alerts about an event with their deliveries, oldest first."""
    rows = connection.execute(select(alerts).where(alerts.c.event == event).order_by(alerts.c.id))
    return _with_deliveries(connection, [_alert(row) for row in rows])


def told(connection: Connection, wanted: Iterable[AlertId]) -> tuple[Told, ...]:
    """Return these alerts, as far as they are kept, with their deliveries, oldest first."""
    rows = connection.execute(select(alerts).where(alerts.c.id.in_(list(wanted))).order_by(alerts.c.id))
    return _with_deliveries(connection, [_alert(row) for row in rows])


def find_alert(connection: Connection, alert: AlertId) -> Alert | None:
    row = connection.execute(select(alerts).where(alerts.c.id == alert)).first()
    return _alert(row) if row else None


def recent(connection: Connection, *, before_us: WallUs | None = None, limit: int = 50) -> tuple[Told, ...]:
    """Return alerts older than `before_us` with their deliveries, newest first."""
    wanted = select(alerts).order_by(alerts.c.at_us.desc(), alerts.c.id.desc()).limit(limit)
    if before_us is not None:
        wanted = wanted.where(alerts.c.at_us < before_us)
    return _with_deliveries(connection, [_alert(row) for row in connection.execute(wanted)])


def _with_deliveries(connection: Connection, found: list[Alert]) -> tuple[Told, ...]:
    parts: dict[AlertId, list[Delivery]] = {alert.id: [] for alert in found}
    for row in connection.execute(select(deliveries).where(deliveries.c.alert.in_(list(parts))).order_by(deliveries.c.id)):
        parts[AlertId(row.alert)].append(_delivery(row))
    return tuple(Told(alert=alert, deliveries=tuple(parts[alert.id])) for alert in found)


def latencies(connection: Connection, *, last: int = 1000) -> tuple[Latency, ...]:
    """Return the latency of each channel and part over the newest `last` accepted deliveries that began with a picture."""
    wanted = (
        select(deliveries.c.channel, deliveries.c.part, deliveries.c.decided_ms, deliveries.c.accepted_ms)
        .where(deliveries.c.accepted_ms.is_not(None), deliveries.c.decided_ms.is_not(None))
        .order_by(deliveries.c.id.desc())
        .limit(last)
    )
    times: dict[tuple[str, Part], list[float]] = {}
    for row in connection.execute(wanted):
        times.setdefault((row.channel, Part(row.part)), []).append(row.decided_ms + row.accepted_ms)
    return tuple(
        Latency(channel=channel, part=part, count=len(ms), p50_ms=_rank(ms, 0.5), p95_ms=_rank(ms, 0.95))
        for (channel, part), ms in sorted(times.items())
    )


def drop_before(connection: Connection, before_us: WallUs, limit: int = 500) -> int:
    """Delete the oldest alerts from before that with their deliveries, but none that still waits; return how many."""
    waits = select(deliveries.c.alert).where(deliveries.c.state == DeliveryState.WAITING.value)
    over = (
        select(alerts.c.id).where(alerts.c.at_us < before_us, alerts.c.id.not_in(waits)).order_by(alerts.c.at_us).limit(limit)
    )
    found = tuple(connection.execute(over).scalars())
    connection.execute(delete(alerts).where(alerts.c.id.in_(found)))
    return len(found)


def state(connection: Connection, key: str) -> str:
    """Return what a channel remembers under `key`, "" for nothing."""
    return connection.execute(select(channel_state.c.value).where(channel_state.c.key == key)).scalar() or ""


def set_state(connection: Connection, key: str, value: str) -> None:
    fresh = insert(channel_state).values(key=key, value=value)
    connection.execute(fresh.on_conflict_do_update(index_elements=["key"], set_={"value": value}))


def _rank(values: Sequence[float], share: float) -> float:
    """Return the value by the nearest-rank method."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _alert(row: Row[tuple[object, ...]]) -> Alert:
    return Alert(
        id=AlertId(row.id),
        event=row.event,
        camera=None if row.camera is None else CameraId(row.camera),
        severity=Severity(row.severity),
        title=row.title,
        text=row.text,
        at_us=WallUs(row.at_us),
        dedupe_key=row.dedupe_key,
        received_ns=MonoNs(row.received_ns),
        decided_ns=MonoNs(row.decided_ns),
        parts=frozenset(Part(part) for part in row.parts.split(",")),
        skip_channel=row.skip_channel,
        degraded=row.degraded,
        offers=_offers(row.offers),
    )


def _offers_text(offers: Sequence[Remedy]) -> str:
    return json.dumps([[offer.kind.value, offer.camera, offer.subject, offer.value] for offer in offers]) if offers else ""


def _offers(text: str) -> tuple[Remedy, ...]:
    return tuple(
        Remedy(kind=RemedyKind(kind), camera=CameraId(camera), subject=subject, value=value)
        for kind, camera, subject, value in (json.loads(text) if text else ())
    )


def _delivery(row: Row[tuple[object, ...]]) -> Delivery:
    return Delivery(
        id=row.id,
        alert=AlertId(row.alert),
        channel=row.channel,
        part=Part(row.part),
        state=DeliveryState(row.state),
        tries=row.tries,
        next_us=WallUs(row.next_us),
        last_error=row.last_error,
        decided_ms=row.decided_ms,
        accepted_ms=row.accepted_ms,
        maybe_sent=row.maybe_sent,
    )
