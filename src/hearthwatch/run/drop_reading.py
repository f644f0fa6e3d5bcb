"""What a drop means: which alarm a mail tells of, and when an uploaded clip was recorded. Pure; all of it is forgeable."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from hearthwatch.events.alarms import TAMPER, OwnAlarm, Sensed, SensedPhase
from hearthwatch.events.event import EventKind
from hearthwatch.events.report import MAIL_ALARM
from hearthwatch.ingest.drop import Drop, Via
from hearthwatch.ingest.media import Reason, said_by
from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.units import US_PER_S, WallUs, from_datetime
from hearthwatch.vendors.dahua_mail import AlarmMail, alarm_mail
from hearthwatch.vendors.device import AlarmKind, AlarmPhase, AlarmSignal

_WORDS = (
    (("tamper", "covered", "occlu", "blind"), AlarmKind.TAMPER),
    (("intrusion", "tripwire", "line cross", "crossing"), AlarmKind.CROSSING),
    (("motion",), AlarmKind.MOTION),
    (("sound", "noise", "audio"), AlarmKind.AUDIO),
    (("doorbell", "visitor"), AlarmKind.DOORBELL),
    (("i/o alarm", "io alarm", "alarm input"), AlarmKind.INPUT),
)
_MEANING = {
    AlarmKind.MOTION: (EventKind.MOTION, ""),
    AlarmKind.TAMPER: (EventKind.TAMPER, TAMPER),
    AlarmKind.CROSSING: (EventKind.ALARM, OwnAlarm.CROSSING.value),
    AlarmKind.AUDIO: (EventKind.ALARM, OwnAlarm.AUDIO.value),
    AlarmKind.DOORBELL: (EventKind.ALARM, OwnAlarm.DOORBELL.value),
    AlarmKind.INPUT: (EventKind.ALARM, OwnAlarm.INPUT.value),
}
_SHOWN_CHARS = 80
_MAX_AGE_US = 7 * 86_400 * US_PER_S
_AHEAD_US = 60 * US_PER_S
_STATED_US = 5 * US_PER_S


def meaning(drop: Drop) -> Sensed | None:
    """Return what a drop says happened; None for a recording that was made by the clock."""
    if drop.via is Via.MAIL:
        mail = _mail(drop)
        kind, said = (mail.kind, mail.event) if mail else (_guess(f"{drop.subject}\n{drop.text}"), drop.subject)
        return _sensed(kind, f"by mail: {said[:_SHOWN_CHARS]}" if said else "by mail")
    said_name = said_by(drop.name)
    if said_name.reason is Reason.SCHEDULE:
        return None
    return _sensed(AlarmKind.MOTION, f"by a file: {drop.name.rpartition('/')[2][:_SHOWN_CHARS]}")


def tampering(drop: Drop) -> AlarmSignal | None:
    """Return the alarm of a mail that tells of tampering, None for any other: it is told as an outage, too."""
    mail = _mail(drop) if drop.via is Via.MAIL else None
    kind = mail.kind if mail else (_guess(f"{drop.subject}\n{drop.text}") if drop.via is Via.MAIL else AlarmKind.OTHER)
    if kind is not AlarmKind.TAMPER:
        return None
    code = mail.event if mail else drop.subject
    return AlarmSignal(kind=kind, code=f"mail {code[:_SHOWN_CHARS]}", phase=AlarmPhase.PULSE, channel=-1)


def moment(drop: Drop, zone: tzinfo) -> WallUs:
    """Return when a mail's alarm or an uploaded picture is from: what the camera says if that is near, else its arrival."""
    mail = _mail(drop) if drop.via is Via.MAIL else None
    if mail is not None and mail.local_us is not None:
        stated = _as_wall(datetime(1970, 1, 1) + timedelta(microseconds=mail.local_us), zone)  # noqa: DTZ001 a camera's reading
        return stated if abs(stated - drop.received_us) <= _STATED_US else drop.received_us
    named = said_by(drop.name).at
    if named is not None and drop.via is Via.FTP:
        stated = _as_wall(named, zone)
        return stated if _is_possible(stated, drop) else drop.begun_us
    return drop.received_us


def start_of_clip(drop: Drop, length_us: int, zone: tzinfo) -> WallUs:
    """Return the wall time of a clip's first picture.

    Its name says it by the camera's clock, taken to be in the home's zone; a name that cannot be right, or none, leaves the
    arrival: a clip that took about as long as it lasts came while it was recorded, any other was over when it came.
    """
    named = said_by(drop.name).at
    if named is not None:
        stated = _as_wall(named, zone)
        if _is_possible(WallUs(stated + length_us), drop):
            return stated
    took_us = drop.received_us - drop.begun_us
    end_us = drop.received_us if took_us > length_us // 2 else drop.begun_us
    return WallUs(end_us - length_us)


def _is_possible(end_us: WallUs, drop: Drop) -> bool:
    return -_AHEAD_US <= drop.received_us - end_us <= _MAX_AGE_US


def _as_wall(at: datetime, zone: tzinfo) -> WallUs:
    return from_datetime(at.replace(tzinfo=zone))


def _mail(drop: Drop) -> AlarmMail | None:
    try:
        return alarm_mail(drop.text)
    except BadReply:
        return None


def _guess(text: str) -> AlarmKind:
    low = text.lower()
    return next((kind for words, kind in _WORDS if any(word in low for word in words)), AlarmKind.OTHER)


def _sensed(kind: AlarmKind, detail: str) -> Sensed:
    event, label = _MEANING.get(kind, (EventKind.ALARM, MAIL_ALARM))
    return Sensed(
        source=f"porch/{label or event.value}",
        kind=event,
        labels=(label,),
        phase=SensedPhase.BEGAN,
        at_once=False,
        box=None,
        detail=f"the camera says {detail}",
    )
