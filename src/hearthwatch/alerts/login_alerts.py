"""What a person is told of log-ins to a camera: who, from where, which camera, what to do next. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from hearthwatch.alerts.alert import Alert, AlertId, Severity
from hearthwatch.alerts.wording import clock_time, many_lines, one_line, span
from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs, to_datetime
from hearthwatch.logins.login import Login, Source, Verdict

_WORD = 60
_MAX_LINES = 8
_MAX_OFFERS = 6
_ODD_CLOCK_US = 120 * US_PER_S

_RANK = (
    Verdict.OUR_ACCOUNT,
    Verdict.UNKNOWN_USER,
    Verdict.ACCOUNT_ADDED,
    Verdict.PASSWORD_CHANGED,
    Verdict.LOG_CLEARED,
    Verdict.ACCOUNT_CHANGED,
    Verdict.ACCOUNT_REMOVED,
    Verdict.OUTSIDE,
    Verdict.PLACE_UNKNOWN,
    Verdict.LOCKED,
    Verdict.FAILED,
    Verdict.LOG_GAP,
    Verdict.HOME,
    Verdict.OWN,
    Verdict.NOTED,
)
_URGENT = frozenset(_RANK[:5])
_INFO = frozenset({Verdict.HOME, Verdict.OWN, Verdict.NOTED})

_STOP_HIM = "change the camera's password and end the visit, then look at its accounts."
_NEXT: Mapping[Verdict, str] = {
    Verdict.OUR_ACCOUNT: f"Nobody but Hearthwatch should use this account: {_STOP_HIM}\n"
    "If the address is this machine seen through a container or router, list it as seen_as in [camera.{camera}.logins].",
    Verdict.UNKNOWN_USER: f"If nobody of yours did that: {_STOP_HIM}\n"
    "If it was, list the name as users in [camera.{camera}.logins].",
    Verdict.OUTSIDE: f"Was it you or yours, away from home? Then all is well. If not: {_STOP_HIM}",
    Verdict.PLACE_UNKNOWN: f"The camera does not say from where. If it was not you or yours: {_STOP_HIM}",
    Verdict.ACCOUNT_ADDED: "If it was not you: remove that account, and change the password of every other one.",
    Verdict.ACCOUNT_CHANGED: "If it was not you: change the passwords and look at what each account may do.",
    Verdict.ACCOUNT_REMOVED: "If it was not you: change the passwords and see that you can still log in.",
    Verdict.PASSWORD_CHANGED: "If it was not you: change it back at once, or reset the camera at the camera itself.",
    Verdict.LOG_CLEARED: "Clearing a log hides what was done before. If it was not you: change the password; what Hearthwatch "
    "saw before is kept here.",
    Verdict.LOG_GAP: "What stood there and was not read yet is lost. If nobody restarted, reset or emptied it, somebody may "
    "hide his traces: look at the camera's accounts and settings.",
    Verdict.LOCKED: "Somebody guesses passwords. The camera holds him off for a while; see that it cannot be reached from the "
    "Internet.",
    Verdict.FAILED: "One or two are a slip of the finger. If there are more: block the address, and see that the camera "
    "cannot be reached from the Internet.",
    Verdict.HOME: "Nothing needs to be done.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the words need to know beside the log-ins. `inside` are addresses in home networks, `names` the reverse names of
    addresses, `sessions` the ids of visits that last, by user and address, `able` what can be done to this camera."""

    name: str
    zone: tzinfo
    inside: Collection[str] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    sessions: Mapping[tuple[str, str], str] = field(default_factory=dict)
    able: Collection[RemedyKind] = ()


def told(id_: str, logins: Sequence[Login], setting: Setting, *, now_us: WallUs) -> Alert:
    """Return one alert of all `logins`, at least one, of one camera."""
    camera = logins[0].camera
    stories = _stories(logins)
    worst = stories[0][0]
    others = len(logins) - len(stories[0])
    title = f"{one_line(setting.name, _WORD)}: {_headline(worst, len(stories[0]))}" + (f", and {others} more" if others else "")
    lines = [_line(story, setting, now_us) for story in stories[:_MAX_LINES]]
    if len(stories) > _MAX_LINES:
        rest = sum(len(story) for story in stories[_MAX_LINES:])
        lines.append(f"And {rest} more: see the camera's log-ins on the page.")
    lines += [_NEXT.get(verdict, "").format(camera=camera) for verdict in dict.fromkeys(one[0].verdict for one in stories[:3])]
    return Alert(
        id=AlertId(id_),
        event="",
        camera=camera,
        severity=_severity(worst.verdict),
        title=title,
        text=many_lines("\n".join(line for line in lines if line)),
        at_us=now_us,
        dedupe_key=f"login/{camera}/{_span(logins, now_us)}",
        offers=tuple(_offers(stories, setting))[:_MAX_OFFERS],
    )


def welcome(id_: str, camera: CameraId, name: str, earlier: int, foreign: int, *, now_us: WallUs) -> Alert:
    """Return the notice that a camera's log-ins are watched from now on."""
    text = (
        f"Its log held {earlier} earlier entries, kept on the page; {foreign} of them would have alerted. "
        "Look at them once: who was that?"
    )
    return Alert(
        id=AlertId(id_),
        event="",
        camera=camera,
        severity=Severity.INFO,
        title=f"{one_line(name, _WORD)}: its log-ins are watched from now on",
        text=text,
        at_us=now_us,
        dedupe_key=f"login/{camera}/welcome",
    )


def digest(
    id_: str, logins: Mapping[CameraId, Sequence[Login]], settings: Mapping[CameraId, Setting], *, key: str, now_us: WallUs
) -> Alert:
    """Return the daily summary of all log-ins of these cameras."""
    lines = []
    for camera, rows in logins.items():
        setting = settings[camera]
        stories = _stories(rows)
        total = f"{len(rows)} log-in" + ("" if len(rows) == 1 else "s") if rows else "nobody"
        lines.append(f"{one_line(setting.name, _WORD)}: {total}")
        lines += [f"  {_line(story, setting, now_us)}" for story in stories[:_MAX_LINES]]
    count = sum(len(rows) for rows in logins.values())
    return Alert(
        id=AlertId(id_),
        event="",
        camera=None,
        severity=Severity.INFO,
        title=f"Log-ins to your cameras in the last day: {count}",
        text=many_lines("\n".join(lines), 3500),
        at_us=now_us,
        dedupe_key=f"login-digest/{key}",
    )


def _stories(logins: Sequence[Login]) -> list[list[Login]]:
    """Group what was done by the same user from the same address, worst first, then in the order of time."""
    groups: dict[tuple[Verdict, str, str], list[Login]] = {}
    for login in logins:
        groups.setdefault((login.verdict, login.user, login.address or login.origin), []).append(login)
    for rows in groups.values():
        rows.sort(key=lambda row: row.at_us)
    return sorted(groups.values(), key=_standing)


def _standing(rows: Sequence[Login]) -> tuple[int, bool, WallUs]:
    """A new account by its name says more than who made it."""
    return _RANK.index(rows[0].verdict), rows[0].source is not Source.ACCOUNTS, rows[0].at_us


def _who(login: Login) -> str:
    return one_line(login.user, _WORD) or "somebody"


def _headline(login: Login, count: int) -> str:
    who = _who(login)
    times = f" ({count} times)" if count > 1 else ""
    words = {
        Verdict.OUR_ACCOUNT: f"somebody uses Hearthwatch's own account {who}",
        Verdict.UNKNOWN_USER: f"{'unknown user ' if login.user else ''}{who} logged in",
        Verdict.OUTSIDE: f"{who} logged in from outside",
        Verdict.PLACE_UNKNOWN: f"{who} logged in",
        Verdict.HOME: f"{who} logged in",
        Verdict.FAILED: "a log-in failed" if count == 1 else f"{count} log-ins failed",
        Verdict.LOCKED: f"account {who} is locked" if login.user else "an account is locked",
        Verdict.ACCOUNT_ADDED: "a new account" + _about(login),
        Verdict.ACCOUNT_CHANGED: "an account was changed" + _about(login),
        Verdict.ACCOUNT_REMOVED: "an account was removed" + _about(login),
        Verdict.PASSWORD_CHANGED: "a password was changed" + _about(login),
        Verdict.LOG_CLEARED: "its log was cleared" + _about(login),
        Verdict.LOG_GAP: "its log was emptied or overflowed",
    }.get(login.verdict, f"{who}: {login.action.value}")
    return words if login.verdict is Verdict.FAILED else words + times


def _about(login: Login) -> str:
    """The log names who did it, a comparison of the accounts whom it was done to."""
    if not login.user:
        return ""
    return f": {_who(login)}" if login.source is Source.ACCOUNTS else f" by {_who(login)}"


def _line(story: Sequence[Login], setting: Setting, now_us: WallUs) -> str:
    first, last = story[0], story[-1]
    did = f"{_who(first)} logged in" if first.verdict is Verdict.OUTSIDE else _headline(first, 1)
    parts = [clock_time(first.at_us, setting.zone, now_us), f"{did}{_place(first, setting)}"]
    if len(story) > 1:
        lasted_s = (last.at_us - first.at_us) / US_PER_S
        parts.append(f"{len(story)} times " + (f"in {span(lasted_s)}" if lasted_s >= 1 else "within a second"))
    if first.via:
        parts.append(f"by {one_line(first.via, 20)}")
    if first.local_us is not None and len(story) == 1:
        shown = to_datetime(WallUs(first.local_us)).replace(tzinfo=None)
        ours = to_datetime(first.at_us, setting.zone).replace(tzinfo=None)
        if abs((shown - ours).total_seconds()) * US_PER_S > _ODD_CLOCK_US:
            parts.append(f"the camera's clock said {shown:%Y-%m-%d %H:%M:%S}")
    return " · ".join(parts)


def _place(login: Login, setting: Setting) -> str:
    address = login.address
    if address is None:
        return f" from {one_line(login.origin, 40)}" if login.origin else ""
    if address.startswith("127.") or address == "::1":
        kind = "through the camera itself: its maker's cloud, or a program in it"
    else:
        kind = "at home" if address in setting.inside else "outside"
    name = one_line(setting.names.get(address, ""), _WORD)
    return f" from {address} ({kind}{', ' + name if name else ''})"


def _severity(verdict: Verdict) -> Severity:
    if verdict in _URGENT:
        return Severity.URGENT
    return Severity.INFO if verdict in _INFO else Severity.WARN


def _span(logins: Sequence[Login], now_us: WallUs) -> str:
    """Names the rows, so that telling them again after a crash is a repeat; rows that were not kept have no numbers."""
    ids = [login.id for login in logins]
    return f"{min(ids)}-{max(ids)}-{len(ids)}" if all(ids) else f"unkept-{now_us}"


def _offers(stories: Sequence[Sequence[Login]], setting: Setting) -> Iterator[Remedy]:
    """What helps against it and can be done, most useful first, nothing twice."""
    camera = stories[0][0].camera
    seen: set[Remedy] = set()
    for kind, subject in _wanted(stories, setting):
        remedy = Remedy(kind=kind, camera=camera, subject=subject)
        if kind in setting.able and remedy not in seen:
            seen.add(remedy)
            yield remedy


def _wanted(stories: Sequence[Sequence[Login]], setting: Setting) -> Iterator[tuple[RemedyKind, str]]:
    came_in = {Verdict.OUR_ACCOUNT, Verdict.UNKNOWN_USER, Verdict.OUTSIDE, Verdict.PLACE_UNKNOWN}
    heads = [story[0] for story in stories]
    for login in heads:
        if login.verdict in came_in:
            if login.user:
                yield RemedyKind.CHANGE_PASSWORD, login.user
            if session := setting.sessions.get((login.user, login.address or login.origin)):
                yield RemedyKind.END_SESSION, session
        elif login.verdict is Verdict.ACCOUNT_ADDED and login.source is Source.ACCOUNTS:
            yield RemedyKind.REMOVE_ACCOUNT, login.user
    for login in heads:
        is_foreign = login.address is not None and login.address not in setting.inside and ":" not in login.address
        if is_foreign and login.verdict not in _INFO and not str(login.address).startswith("127."):
            yield RemedyKind.BLOCK_ADDRESS, str(login.address)
    if any(login.verdict not in _INFO | {Verdict.FAILED} for login in heads):
        if not any(login.verdict is Verdict.OUR_ACCOUNT for login in heads):
            yield RemedyKind.CHANGE_PASSWORD, ""
        yield RemedyKind.REBOOT, ""
