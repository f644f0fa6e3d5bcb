"""What a person is told of log-ins to a camera: who, from where, which camera, what to do next. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from hearthwatch.alerts.alert import Alert, AlertId, Severity
from hearthwatch.alerts.wording import clock_time, many_lines, one_line, span
from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs, to_datetime
from hearthwatch.logins.login import Login, LoginId, Source, Story, Verdict

_WORD = 60
_MAX_LINES = 8
_MAX_OFFERS = 6
_MAX_SAID = 3
_ODD_CLOCK_US = 120 * US_PER_S

_RANK = (
    Verdict.OUR_ACCOUNT,
    Verdict.UNKNOWN_USER,
    Verdict.ACCOUNT_ADDED,
    Verdict.PASSWORD_CHANGED,
    Verdict.LOG_CLEARED,
    Verdict.SETTINGS_CHANGED,
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
_URGENT = frozenset(_RANK[:6])
_INFO = frozenset({Verdict.HOME, Verdict.OWN, Verdict.NOTED})

_CAME_IN = frozenset({Verdict.OUR_ACCOUNT, Verdict.UNKNOWN_USER, Verdict.OUTSIDE, Verdict.PLACE_UNKNOWN})
_ABOUT_ACCOUNTS = frozenset(
    {Verdict.ACCOUNT_ADDED, Verdict.ACCOUNT_CHANGED, Verdict.ACCOUNT_REMOVED, Verdict.PASSWORD_CHANGED, Verdict.LOG_CLEARED}
)
_CLOUD = "through the camera itself: its maker's cloud, or a program in it"
_SHORT_PLACE = {_CLOUD: " through the camera itself", "at home": " at home", "outside": " from outside"}

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
    Verdict.SETTINGS_CHANGED: "Nobody ordered that here. What changed is compared at once and can be put back on the page "
    f"under Settings. If nobody of yours did it: {_STOP_HIM}",
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
    return _alert(id_, _stories(logins), len(logins), setting, key=_first(logins, now_us), now_us=now_us)


def guessed(id_: str, stories: Sequence[Story], times: int, first: LoginId, setting: Setting, *, now_us: WallUs) -> Alert:
    """Return the alert of `times` wrong passwords at one camera, beginning with the row `first`, as it stands now."""
    ranked = sorted(stories, key=lambda story: story.head.verdict is Verdict.LOCKED)
    return _alert(id_, ranked, times, setting, key=f"guessed-{first}", now_us=now_us)


def _alert(id_: str, stories: Sequence[Story], times: int, setting: Setting, *, key: str, now_us: WallUs) -> Alert:
    camera = stories[0].head.camera
    lines = [_line(story, setting, now_us) for story in stories[:_MAX_LINES]]
    if rest := times - sum(story.times for story in stories[:_MAX_LINES]):
        lines.append(f"And {rest} more: see the camera's log-ins on the page.")
    verdicts = dict.fromkeys(story.head.verdict for story in stories[:3])
    lines += [_NEXT.get(verdict, "").format(camera=camera) for verdict in verdicts]
    return Alert(
        id=AlertId(id_),
        event="",
        camera=camera,
        severity=_severity(stories[0].head.verdict),
        title=f"{one_line(setting.name, _WORD)}: {_title(stories, setting)}",
        text=many_lines("\n".join(line for line in lines if line)),
        at_us=now_us,
        dedupe_key=f"login/{camera}/{key}",
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


def _stories(logins: Sequence[Login]) -> list[Story]:
    """Group what was done by the same user from the same address, worst first, then in the order of time."""
    groups: dict[tuple[Verdict, str, str], list[Login]] = {}
    for login in logins:
        groups.setdefault((login.verdict, login.user, login.address or login.origin), []).append(login)
    found = []
    for rows in groups.values():
        rows.sort(key=lambda row: row.at_us)
        found.append(Story(head=rows[0], times=len(rows), last_us=rows[-1].at_us))
    return sorted(found, key=_standing)


def _standing(story: Story) -> tuple[int, bool, WallUs]:
    """A new account by its name says more than who made it."""
    return _RANK.index(story.head.verdict), story.head.source is not Source.ACCOUNTS, story.head.at_us


def _title(stories: Sequence[Story], setting: Setting) -> str:
    """Who did what from where, the worst first: what an owner sees on his phone without opening it."""
    groups: dict[Verdict, list[Story]] = {}
    for story in stories:
        groups.setdefault(story.head.verdict, []).append(story)
    said: list[str] = []
    place = ""
    for group in groups.values():
        what, whence, more = _group(group, setting)
        said.append(what + (whence if whence != place else "") + more)
        place = whence
    return ", ".join(said[:_MAX_SAID]) + (" and more" if len(said) > _MAX_SAID else "")


def _group(group: Sequence[Story], setting: Setting) -> tuple[str, str, str]:
    """What those of one verdict did, from where, and how many more of them there are."""
    first, others = group[0], group[1:]
    verdict, times = first.head.verdict, sum(story.times for story in group)
    if verdict is Verdict.FAILED:
        names = {story.head.user for story in group if story.head.user}
        who = f" for {_who(first.head)}" if len(names) == 1 else f" for {len(names)} names" if names else ""
        return ("a log-in failed" if times == 1 else f"{times} log-ins failed") + who, _whence(group, setting), ""
    if verdict in _ABOUT_ACCOUNTS:
        made_by = next((_about(story.head) for story in others if story.head.source is not first.head.source), "")
        beside = sum(story.head.source is first.head.source for story in others)
        more = (f",{made_by}" if made_by else "") + (f" and {beside} more" if beside else "")
        return _headline(first.head, first.times), "", more
    users = len({story.head.user for story in others} - {first.head.user})
    more = f" ({first.times} times)" if first.times > 1 else ""
    if others:
        more += f" and {users} more user{'' if users == 1 else 's'}" if users else f" and {len(others)} more"
    is_visit = verdict in _CAME_IN | {Verdict.HOME, Verdict.SETTINGS_CHANGED} and verdict is not Verdict.OUTSIDE
    return _headline(first.head, 1), _whence([first], setting) if is_visit else "", more


def _whence(group: Sequence[Story], setting: Setting) -> str:
    addresses = {story.head.address for story in group}
    if len(addresses) > 1:
        return f" from {len(addresses)} addresses"
    address = next(iter(addresses))
    return "" if address is None else _SHORT_PLACE[_kind(address, setting)]


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
        Verdict.SETTINGS_CHANGED: f"{who} changed its settings",
        Verdict.LOG_CLEARED: "its log was cleared" + _about(login),
        Verdict.LOG_GAP: "its log was emptied or overflowed",
    }.get(login.verdict, f"{who}: {login.action.value}")
    return words if login.verdict is Verdict.FAILED else words + times


def _about(login: Login) -> str:
    """The log names who did it, a comparison of the accounts whom it was done to."""
    if not login.user:
        return ""
    return f": {_who(login)}" if login.source is Source.ACCOUNTS else f" by {_who(login)}"


def _line(story: Story, setting: Setting, now_us: WallUs) -> str:
    first = story.head
    did = f"{_who(first)} logged in" if first.verdict is Verdict.OUTSIDE else _headline(first, 1)
    parts = [clock_time(first.at_us, setting.zone, now_us), f"{did}{_place(first, setting)}"]
    if story.times > 1:
        lasted_s = (story.last_us - first.at_us) / US_PER_S
        parts.append(f"{story.times} times " + (f"in {span(lasted_s)}" if lasted_s >= 1 else "within a second"))
    if first.via:
        parts.append(f"by {one_line(first.via, 20)}")
    if first.local_us is not None and story.times == 1:
        shown = to_datetime(WallUs(first.local_us)).replace(tzinfo=None)
        ours = to_datetime(first.at_us, setting.zone).replace(tzinfo=None)
        if abs((shown - ours).total_seconds()) * US_PER_S > _ODD_CLOCK_US:
            parts.append(f"the camera's clock said {shown:%Y-%m-%d %H:%M:%S}")
    return " · ".join(parts)


def _place(login: Login, setting: Setting) -> str:
    address = login.address
    if address is None:
        return f" from {one_line(login.origin, 40)}" if login.origin else ""
    kind = _kind(address, setting)
    name = one_line(setting.names.get(address, ""), _WORD)
    return f" from {address} ({kind}{', ' + name if name else ''})"


def _kind(address: str, setting: Setting) -> str:
    if address.startswith("127.") or address == "::1":
        return _CLOUD
    return "at home" if address in setting.inside else "outside"


def _severity(verdict: Verdict) -> Severity:
    if verdict in _URGENT:
        return Severity.URGENT
    return Severity.INFO if verdict in _INFO else Severity.WARN


def _first(logins: Sequence[Login], now_us: WallUs) -> str:
    """Names the rows by the first, so that telling them again after a crash is the same alert, whatever else came meanwhile;
    rows that were not kept have no numbers. Guesses have a key of their own."""
    ids = [login.id for login in logins]
    others = [login.id for login in logins if login.verdict not in {Verdict.FAILED, Verdict.LOCKED}]
    return f"{min(others or ids)}" if all(ids) else f"unkept-{now_us}"


def _offers(stories: Sequence[Story], setting: Setting) -> Iterator[Remedy]:
    """What helps against it and can be done, most useful first, nothing twice."""
    camera = stories[0].head.camera
    seen: set[Remedy] = set()
    for kind, subject in _wanted(stories, setting):
        remedy = Remedy(kind=kind, camera=camera, subject=subject)
        if kind in setting.able and remedy not in seen:
            seen.add(remedy)
            yield remedy


def _wanted(stories: Sequence[Story], setting: Setting) -> Iterator[tuple[RemedyKind, str]]:
    heads = [story.head for story in stories]
    for login in heads:
        if login.verdict in _CAME_IN:
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
