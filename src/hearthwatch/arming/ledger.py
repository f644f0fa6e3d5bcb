"""How the house is armed, and every change of it, in `house.db`; functions take the caller's transaction.

Writing a state twice, or an older one later, does no harm: the number decides.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Row, String, Table, Text, select
from sqlalchemy.dialects.sqlite import insert

from hearthwatch.arming.arming import ArmChange, ArmState, Cause, Mode, Question
from hearthwatch.kit.units import WallUs

metadata = MetaData()
_state = Table(
    "arm_state",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("mode", String(16), nullable=False),
    Column("since_us", BigInteger, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("cause", String(16), nullable=False),
    Column("who", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("until_us", BigInteger),
    Column("evidence", Text, nullable=False),
    Column("home", Text, nullable=False),
    Column("planned", String(16)),
    Column("planned_us", BigInteger, nullable=False),
    Column("question", Text, nullable=False),
)
_changes = Table(
    "arm_changes",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, nullable=False),
    Column("before", String(16), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("cause", String(16), nullable=False),
    Column("who", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("until_us", BigInteger),
    Column("evidence", Text, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One change as the ledger has it."""

    number: int
    at_us: WallUs
    before: Mode
    mode: Mode
    cause: Cause
    who: str
    via: str
    until_us: WallUs | None
    evidence: tuple[str, ...]


def save(connection: Connection, state: ArmState, changes: Iterable[ArmChange] = ()) -> None:
    """Keep the state, unless a later one is kept already, and the changes that led to it."""
    row = {
        "id": 1,
        "number": state.number,
        "mode": state.mode.value,
        "since_us": state.since_us,
        "at_us": state.at_us,
        "cause": state.cause.value,
        "who": state.who,
        "via": state.via,
        "until_us": state.until_us,
        "evidence": "\n".join(state.evidence),
        "home": json.dumps(sorted(state.home)),
        "planned": state.planned.value if state.planned else None,
        "planned_us": state.planned_us,
        "question": _question_text(state.question),
    }
    fresh = insert(_state).values(row)
    connection.execute(
        fresh.on_conflict_do_update(index_elements=["id"], set_=row, where=_state.c.number < fresh.excluded.number)
    )
    for change in changes:
        line = {
            "number": change.state.number,
            "at_us": change.at_us,
            "before": change.before.value,
            "mode": change.state.mode.value,
            "cause": change.state.cause.value,
            "who": change.state.who,
            "via": change.state.via,
            "until_us": change.state.until_us,
            "evidence": "\n".join(change.state.evidence),
        }
        connection.execute(insert(_changes).values(line).on_conflict_do_nothing())


def kept(connection: Connection) -> ArmState | None:
    """Return the state the last house left; None when there never was one."""
    row = connection.execute(select(_state)).first()
    if row is None:
        return None
    return ArmState(
        number=row.number,
        mode=Mode(row.mode),
        since_us=WallUs(row.since_us),
        at_us=WallUs(row.at_us),
        cause=Cause(row.cause),
        who=row.who,
        via=row.via,
        until_us=None if row.until_us is None else WallUs(row.until_us),
        evidence=_lines(row.evidence),
        home=frozenset(json.loads(row.home)),
        planned=Mode(row.planned) if row.planned else None,
        planned_us=WallUs(row.planned_us),
        question=_question(row.question),
    )


def recent(connection: Connection, *, before: int | None = None, limit: int = 50) -> tuple[Line, ...]:
    """Return the changes with a number under `before`, newest first."""
    wanted = select(_changes).order_by(_changes.c.number.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(_changes.c.number < before)
    return tuple(_line(row) for row in connection.execute(wanted))


def between(connection: Connection, start_us: WallUs, end_us: WallUs, *, limit: int = 2000) -> tuple[Line, ...]:
    """Return the change that held at `start_us` and those until `end_us`, oldest first."""
    held = select(_changes).where(_changes.c.at_us <= start_us).order_by(_changes.c.number.desc()).limit(1)
    later = select(_changes).where(_changes.c.at_us > start_us, _changes.c.at_us < end_us).order_by(_changes.c.number)
    return (*map(_line, connection.execute(held)), *map(_line, connection.execute(later.limit(limit))))


def _line(row: Row[tuple[object, ...]]) -> Line:
    return Line(
        number=row.number,
        at_us=WallUs(row.at_us),
        before=Mode(row.before),
        mode=Mode(row.mode),
        cause=Cause(row.cause),
        who=row.who,
        via=row.via,
        until_us=None if row.until_us is None else WallUs(row.until_us),
        evidence=_lines(row.evidence),
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.split("\n")) if text else ()


def _question_text(question: Question | None) -> str:
    return json.dumps([question.number, sorted(question.people), question.at_us]) if question else ""


def _question(text: str) -> Question | None:
    if not text:
        return None
    number, people, at_us = json.loads(text)
    return Question(number=number, people=frozenset(people), at_us=WallUs(at_us))
