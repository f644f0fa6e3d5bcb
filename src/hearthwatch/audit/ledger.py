"""The ledger of audits in `house.db`: the last report of each camera, what was told, and what the owner accepted. Functions
take the caller's transaction."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Connection, MetaData, String, Table, Text, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from hearthwatch.audit.finding import FindingState, Grade, Report, score
from hearthwatch.kit.units import CameraId, WallUs

log = logging.getLogger(__name__)

metadata = MetaData()
reports = Table(
    "audit_reports",
    metadata,
    Column("camera", String(32), primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("report", Text, nullable=False),
)
serious = Table(
    "audit_serious",
    metadata,
    Column("camera", String(32), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("since_us", BigInteger, nullable=False),
    Column("told", Boolean, nullable=False),
)
accepted = Table(
    "audit_accepted",
    metadata,
    Column("camera", String(32), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("who", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Serious findings of one audit that nobody was told of yet."""

    camera: CameraId
    since_us: WallUs
    keys: tuple[str, ...]


def all_reports(connection: Connection) -> tuple[Report, ...]:
    """Return the last report of every camera, with what the owner accepted marked and left out of the score. One that another
    release wrote and this one cannot read is left out: the camera is looked at anew."""
    known: dict[str, set[str]] = {}
    for row in connection.execute(select(accepted.c.camera, accepted.c.key)):
        known.setdefault(row.camera, set()).add(row.key)
    rows = connection.execute(select(reports).order_by(reports.c.camera))
    found = []
    for row in rows:
        try:
            report = msgspec.json.decode(row.report, type=Report)
        except msgspec.ValidationError as error:
            log.info("the last audit of %s is of another release: %s", row.camera, error)
            continue
        found.append(_with_accepted(report, known.get(row.camera, set())))
    return tuple(found)


def _with_accepted(report: Report, keys: set[str]) -> Report:
    findings = tuple(replace(one, accepted=one.key in keys) for one in report.findings)
    return replace(report, findings=findings, score=None if report.score is None else score(findings))


def save(connection: Connection, report: Report) -> None:
    """Make it the camera's last report and note which serious findings are new. A report of a camera that did not answer
    changes nothing of what is known to be open."""
    row = {"camera": report.camera, "at_us": report.at_us, "report": msgspec.json.encode(report).decode()}
    connection.execute(insert(reports).values(row).on_conflict_do_update(index_elements=["camera"], set_=row))
    if report.trouble:
        return
    known = set(connection.execute(select(accepted.c.key).where(accepted.c.camera == report.camera)).scalars())
    bad = {one.key for one in report.findings if one.state is FindingState.FOUND and one.grade is Grade.SERIOUS}
    doubtful = {one.key for one in report.findings if one.state is FindingState.UNKNOWN}
    before = set(connection.execute(select(serious.c.key).where(serious.c.camera == report.camera)).scalars())
    gone = before - bad - doubtful
    connection.execute(delete(serious).where(serious.c.camera == report.camera, serious.c.key.in_(gone)))
    for key in sorted(bad - before):
        new = {"camera": report.camera, "key": key, "since_us": report.at_us, "told": key in known}
        connection.execute(insert(serious).values(new).on_conflict_do_nothing())


def untold(connection: Connection) -> tuple[News, ...]:
    """Return what nobody was told of yet, oldest first."""
    rows = connection.execute(
        select(serious).where(serious.c.told.is_(False)).order_by(serious.c.since_us, serious.c.camera, serious.c.key)
    )
    found: dict[tuple[CameraId, WallUs], list[str]] = {}
    for row in rows:
        found.setdefault((CameraId(row.camera), WallUs(row.since_us)), []).append(row.key)
    return tuple(News(camera=camera, since_us=since_us, keys=tuple(keys)) for (camera, since_us), keys in found.items())


def set_told(connection: Connection, news: News) -> None:
    connection.execute(update(serious).where(serious.c.camera == news.camera, serious.c.key.in_(news.keys)).values(told=True))


def accept(connection: Connection, camera: CameraId, key: str, *, who: str, at_us: WallUs) -> None:
    """The owner knows of it: it stays listed, costs nothing and is not told."""
    row = {"camera": camera, "key": key, "who": who, "at_us": at_us}
    connection.execute(insert(accepted).values(row).on_conflict_do_update(index_elements=["camera", "key"], set_=row))
    connection.execute(update(serious).where(serious.c.camera == camera, serious.c.key == key).values(told=True))


def unaccept(connection: Connection, camera: CameraId, key: str) -> None:
    connection.execute(delete(accepted).where(accepted.c.camera == camera, accepted.c.key == key))


def forget_others(connection: Connection, cameras: Iterable[CameraId]) -> None:
    """Drop what belongs to cameras that are gone from the configuration; what the owner accepted stays, they may come back."""
    here = list(cameras)
    connection.execute(delete(reports).where(reports.c.camera.not_in(here)))
    connection.execute(delete(serious).where(serious.c.camera.not_in(here)))
