"""What people are told of the house's arming: what it is now, who or what decided that, and on what evidence. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

from hearthwatch.alerts.alert import Alert, AlertId, Severity
from hearthwatch.alerts.wording import clock_time, many_lines, one_line
from hearthwatch.arming.arming import Acknowledged, ArmChange, ArmState, Cause, Mode, Question
from hearthwatch.kit.units import WallUs

ASKS = "arming-question/"
"""Begins the dedupe key of an alert that asks whether to disarm; the question's number follows."""

ARMED = "arming/"
"""Begins the dedupe key of an announcement of how the house is armed now; the state's number follows."""

WORDS: Mapping[Mode, str] = {
    Mode.AWAY: "armed",
    Mode.HOME: "not armed, somebody is home",
    Mode.DISARMED: "disarmed",
    Mode.DISABLED: "intrusion alerts are disabled",
}
_MEANS: Mapping[Mode, str] = {
    Mode.AWAY: "Every visitor on a camera is told.",
    Mode.HOME: "Visitors are told only where you wished so for `home`.",
    Mode.DISARMED: "Visitors are told only where you wished so for `disarmed`.",
    Mode.DISABLED: "No visitor is told until somebody enables it again. Recording and alerts about the cameras go on.",
}
_NOT_STORED = "The disk does not take it for now: after a power cut it would be forgotten."


def standing(state: ArmState, zone: tzinfo, now_us: WallUs) -> str:
    """Return in one line how the house is armed, since when, by whom and until when."""
    since = clock_time(state.since_us, zone, now_us)
    return f"{_sentence(WORDS[state.mode])} since {since}, {_by(state)}{_until(state, zone, now_us)}."


def reply(done: Acknowledged, zone: tzinfo, now_us: WallUs) -> str:
    """Return what is said to a person who asked for a change."""
    return standing(done.state, zone, now_us) + ("" if done.stored else f" {_NOT_STORED}")


def told(id_: str, change: ArmChange, home: str, zone: tzinfo) -> Alert | None:
    """Return the announcement; None where only what holds the mode changed, and no person did it."""
    state = change.state
    if change.before is state.mode and state.cause is not Cause.PERSON:
        return None
    lines = [f"{_sentence(_by(state))}{_until(state, zone, change.at_us)}.", *state.evidence, _MEANS[state.mode]]
    less = change.before is Mode.AWAY and state.mode is not Mode.AWAY
    return _alert(
        id_,
        title=f"{one_line(home, 60)}: {WORDS[state.mode]}",
        lines=lines,
        at_us=change.at_us,
        key=f"{ARMED}{state.number}",
        severity=Severity.WARN if less else Severity.INFO,
    )


def asked(id_: str, question: Question, home: str) -> Alert:
    """Return the question whether to disarm now that somebody came home."""
    names = ", ".join(sorted(question.people))
    return _alert(
        id_,
        title=f"{one_line(home, 60)}: still armed, though {one_line(names, 80)} came home",
        lines=[
            "Was it really you or yours? Then disarm: by the button below, on the page, or with /disarm.",
            "If not: somebody uses the address of that phone. The house stays armed.",
        ],
        at_us=question.at_us,
        key=f"{ASKS}{question.number}",
        severity=Severity.URGENT,
    )


def _alert(id_: str, *, title: str, lines: list[str], at_us: WallUs, key: str, severity: Severity) -> Alert:
    return Alert(
        id=AlertId(id_),
        event="",
        camera=None,
        severity=severity,
        title=title,
        text=many_lines("\n".join(lines)),
        at_us=at_us,
        dedupe_key=key,
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _by(state: ArmState) -> str:
    who = one_line(state.who, 60)
    via = f" ({one_line(state.via, 30)})" if state.via else ""
    match state.cause:
        case Cause.PERSON:
            return f"by {who}{via}"
        case Cause.SCHEDULE:
            return f"by the schedule {who}{via}".rstrip()
        case Cause.PRESENCE:
            return "by who is home" + (f", agreed by {who}{via}" if who else "")
        case Cause.START:
            return "as ever while nobody is set up" + (f", handed back by {who}{via}" if who else "")


def _until(state: ArmState, zone: tzinfo, now_us: WallUs) -> str:
    if state.cause is not Cause.PERSON:
        return ""
    if state.until_us is not None:
        return f", until {clock_time(state.until_us, zone, now_us)}"
    return (
        ", until it is enabled again"
        if state.mode is Mode.DISABLED
        else ", until it is changed, or somebody comes home or the last one leaves"
    )
