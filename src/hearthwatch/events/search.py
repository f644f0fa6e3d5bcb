"""Finding events and going through them: pages by place, never by number, so that each costs the same however many."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, false, func, literal, or_, select, tuple_, update

from hearthwatch.events.event import Event, EventId
from hearthwatch.events.ledger import event_of, events
from hearthwatch.events.wanted import MAX_NOTE_CHARS, Place, Wanted, Word, words_of
from hearthwatch.kit.units import CameraId

_LINE = "\n"


def page(connection: Connection, wanted: Wanted, *, after: Place | None = None, limit: int = 60) -> tuple[Event, ...]:
    """Return what is wanted, newest first; `after` goes on behind the last one of a page."""
    found = select(events).where(*_asked(wanted)).order_by(events.c.start_us.desc(), events.c.id.desc()).limit(limit)
    if after is not None:
        found = found.where(tuple_(events.c.start_us, events.c.id) < tuple_(after.start_us, after.id))
    return tuple(event_of(row) for row in connection.execute(found))


def unseen(connection: Connection, wanted: Wanted, *, most: int = 1000) -> int:
    """Return how many of what is wanted nobody has looked at, counted up to `most`."""
    some = select(events.c.id).where(~events.c.reviewed, *_asked(wanted)).limit(most).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar() or 0


def set_reviewed(connection: Connection, some: Collection[EventId], *, reviewed: bool) -> int:
    """Note of these that a person has seen them, or wants to see them again; return how many changed."""
    changed = update(events).where(events.c.id.in_(list(some)), events.c.reviewed != reviewed).values(reviewed=reviewed)
    return connection.execute(changed).rowcount


def review_down_to(connection: Connection, wanted: Wanted, last: Place | None, *, first: Place | None = None) -> int:
    """Note that a person has seen all that is wanted from the newest (`first`, where it is given: what came later was not
    shown) down to `last`, or to the oldest; return how many changed."""
    place = tuple_(events.c.start_us, events.c.id)
    changed = update(events).where(~events.c.reviewed, *_asked(wanted))
    if last is not None:
        changed = changed.where(place >= tuple_(last.start_us, last.id))
    if first is not None:
        changed = changed.where(place <= tuple_(first.start_us, first.id))
    return connection.execute(changed.values(reviewed=True)).rowcount


def set_note(connection: Connection, event: EventId, note: str) -> None:
    """Keep what a person wrote of the event."""
    kept = note[:MAX_NOTE_CHARS].strip()
    connection.execute(update(events).where(events.c.id == event).values(note=kept, note_words=words_of(kept)))


def false_alarms(connection: Connection, camera: CameraId, label: str, *, limit: int = 40) -> tuple[Event, ...]:
    """Return what people called a false alarm of one camera and label, newest first."""
    same = (events.c.camera == camera, events.c.label == label, events.c.false_alarm)
    found = select(events).where(*same).order_by(events.c.start_us.desc()).limit(limit)
    return tuple(event_of(row) for row in connection.execute(found))


def other_events(connection: Connection, camera: CameraId, label: str, *, limit: int = 400) -> tuple[Event, ...]:
    """Return what nobody called a false alarm of one camera and label, newest first."""
    same = (events.c.camera == camera, events.c.label == label, ~events.c.false_alarm)
    found = select(events).where(*same).order_by(events.c.start_us.desc()).limit(limit)
    return tuple(event_of(row) for row in connection.execute(found))


def _asked(wanted: Wanted) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    if wanted.cameras is not None:
        asked.append(_of_cameras(wanted.cameras))
    for column, value in ((events.c.label, wanted.label), (events.c.kind, wanted.kind)):
        if value is not None:
            asked.append(column == str(value))
    if wanted.zone is not None:
        asked.append(func.instr(literal(_LINE).concat(events.c.zones).concat(_LINE), f"{_LINE}{wanted.zone}{_LINE}") > 0)
    if wanted.since_us is not None:
        asked.append(events.c.start_us >= wanted.since_us)
    if wanted.until_us is not None:
        asked.append(events.c.start_us < wanted.until_us)
    if wanted.reviewed is not None:
        asked.append(events.c.reviewed if wanted.reviewed else ~events.c.reviewed)
    if wanted.false_alarm is not None:
        asked.append(events.c.false_alarm if wanted.false_alarm else ~events.c.false_alarm)
    asked += [_holds(word) for word in wanted.words]
    return asked


def _of_cameras(cameras: Collection[CameraId]) -> ColumnElement[bool]:
    """One camera is found by its index. Several are not: sorting all of theirs costs more than passing by the others'."""
    if not cameras:
        return false()
    if len(cameras) == 1:
        return events.c.camera == next(iter(cameras))
    return events.c.camera.concat("").in_(sorted(cameras))


def _holds(word: Word) -> ColumnElement[bool]:
    found = [func.instr(events.c.words, word.text) > 0, func.instr(events.c.note_words, word.text) > 0]
    if word.cameras:
        found.append(_of_cameras(word.cameras))
    return or_(*found)
