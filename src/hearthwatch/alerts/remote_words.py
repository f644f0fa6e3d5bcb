"""What people ask the house for, understood, and what it says of itself in a few lines. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta, tzinfo

from hearthwatch.alerts.remote import CameraBrief, HouseBrief
from hearthwatch.alerts.wording import clock_time, one_line, span
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import US_PER_S, WallUs, from_datetime, to_datetime
from hearthwatch.logins.login import Login, Verdict

LONGEST_S = 31 * 86_400
_USUAL_S = 600
_LONGEST_KEPT_S = 86_400
_UNITS_S = {
    "s": 1,
    "sec": 1,
    "m": 60,
    "min": 60,
    "mins": 60,
    "minute": 60,
    "minutes": 60,
    "h": 3600,
    "hour": 3600,
    "hours": 3600,
    "d": 86_400,
    "day": 86_400,
    "days": 86_400,
}
_SPAN = re.compile(r"(?:[0-9]{1,5}[a-z]{1,7}){1,4}")
_PART = re.compile(r"([0-9]{1,5})([a-z]{1,7})")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_RANGE = re.compile(r"(?:from )?(yesterday )?([0-9]{1,2}:[0-9]{2})(?: ?(?:-|\u2013|to|until) ?([0-9]{1,2}:[0-9]{2}|now))?")
_SAID = {
    Verdict.HOME: "known, at home",
    Verdict.NOTED: "noted",
    Verdict.OUTSIDE: "from outside",
    Verdict.PLACE_UNKNOWN: "place unknown",
    Verdict.UNKNOWN_USER: "unknown user",
    Verdict.OUR_ACCOUNT: "with our account",
    Verdict.FAILED: "refused",
    Verdict.LOCKED: "locked out",
}


def seconds(text: str) -> int | None:
    """Return the length of `90s`, `30m`, `1h30m`, `2d`; None for what is none."""
    low = text.lower()
    if not _SPAN.fullmatch(low):
        return None
    total = 0
    for count, unit in _PART.findall(low):
        if unit not in _UNITS_S:
            return None
        total += int(count) * _UNITS_S[unit]
    return total


def until(words: Sequence[str], now_us: WallUs, zone: tzinfo) -> WallUs | None:
    """Return the moment that `2h`, `for 30 m`, `22:30` or `until 22:30` ends; None for no words. Raises Unsupported."""
    text = " ".join(words).lower().removeprefix("for ").removeprefix("until ").strip()
    if not text:
        return None
    length_s = seconds(text.replace(" ", ""))
    if length_s is not None:
        if not 0 < length_s <= LONGEST_S:
            raise Unsupported(f"{one_line(text, 20)} is too long or nothing at all: 1m to 31d, please.")
        return WallUs(now_us + length_s * US_PER_S)
    clock = _CLOCK.fullmatch(text)
    if clock is None or int(clock[1]) > 23 or int(clock[2]) > 59:
        raise Unsupported(f"I do not know the time {one_line(text, 20)!r}: write 30m, 2h, 1h30m, 2d or 22:30.")
    now = to_datetime(now_us, zone)
    at = datetime(now.year, now.month, now.day, int(clock[1]), int(clock[2]), tzinfo=zone)
    found = from_datetime(at)
    return found if found > now_us else from_datetime(at + timedelta(days=1))


def footage_range(words: Sequence[str], now_us: WallUs, zone: tzinfo) -> tuple[WallUs, WallUs]:
    """Return what `last 30 min`, `30m`, `14:00-14:30`, `from 14:00` or `yesterday 22:00 to 01:30` mean: the last such moments;
    the last ten minutes for no words. Raises Unsupported."""
    text = " ".join(words).lower().removeprefix("the ").strip()
    if not text:
        return WallUs(now_us - _USUAL_S * US_PER_S), now_us
    length = text.removeprefix("last ").replace(" ", "")
    length_s = seconds(f"{length}m" if length.isascii() and length.isdigit() else length)
    if length_s is not None:
        if not 0 < length_s <= _LONGEST_KEPT_S:
            raise Unsupported(f"{one_line(text, 30)} is too long or nothing at all: at most 24h, please.")
        return WallUs(now_us - length_s * US_PER_S), now_us
    found = _RANGE.fullmatch(text)
    since = _time_of_day(found[2]) if found else None
    if found is None or since is None:
        raise Unsupported(
            f"I do not know the time {one_line(text, 30)!r}: write 14:00-14:30, yesterday 22:00-23:00 or last 30 min."
        )
    start = datetime.combine(to_datetime(now_us, zone).date(), since, zone)
    if found[1] or from_datetime(start) > now_us:
        start -= timedelta(days=1)
    if found[3] in {None, "now"}:
        return from_datetime(start), now_us
    until_ = _time_of_day(found[3])
    if until_ is None or until_ == since:
        raise Unsupported(f"I do not know from when to when {one_line(text, 30)!r} is: write 14:00-14:30.")
    end = datetime.combine(start.date(), until_, zone)
    return from_datetime(start), from_datetime(end if until_ > since else end + timedelta(days=1))


def _time_of_day(text: str) -> time | None:
    hours, _, minutes = text.partition(":")
    return time(int(hours), int(minutes)) if int(hours) <= 23 and int(minutes) <= 59 else None


def camera_of(words: Sequence[str], cameras: Sequence[CameraBrief]) -> CameraBrief:
    """Return the camera a person means, by its name or the beginning of it. Raises Unsupported with the nearest ones."""
    if not cameras:
        raise Unsupported("There is no camera yet.")
    wanted = _plain(" ".join(words))
    names = {_plain(each.id): each for each in cameras} | {_plain(each.name): each for each in cameras}
    if wanted in names:
        return names[wanted]
    begun = {each.id: each for name, each in names.items() if wanted and name.startswith(wanted)}
    if len(begun) == 1:
        return next(iter(begun.values()))
    near = list(begun.values()) or [names[name] for name in difflib.get_close_matches(wanted, names, n=3, cutoff=0.5)]
    near = list({each.id: each for each in near}.values())
    said = one_line(" ".join(words), 30)
    if near:
        raise Unsupported(f"There is no camera {said!r}. Did you mean {' or '.join(called(each) for each in near)}?")
    raise Unsupported(f"There is no camera {said!r}. There is {', '.join(called(each) for each in cameras[:20])}.")


def camera_and_rest(
    words: Sequence[str], cameras: Sequence[CameraBrief], is_rest: Callable[[str], bool]
) -> tuple[CameraBrief | None, Sequence[str]]:
    """Return the camera that `words` begin with (None: they name none), and the words behind it, from the first `is_rest` on.

    Raises Unsupported as `camera_of` does."""
    names = {_plain(each.id) for each in cameras} | {_plain(each.name) for each in cameras}
    for end in range(len(words), 0, -1):
        if _plain(" ".join(words[:end])) in names:
            return camera_of(words[:end], cameras), words[end:]
    cut = next((index for index, word in enumerate(words) if is_rest(word.lower())), len(words))
    return (camera_of(words[:cut], cameras) if cut else None), words[cut:]


def called(camera: CameraBrief) -> str:
    """Return how a camera is named to people: `Front door (front)`."""
    name = one_line(camera.name, 40)
    return name if _plain(name) == _plain(camera.id) else f"{name} ({camera.id})"


def status_lines(house: HouseBrief, zone: tzinfo, now_us: WallUs) -> str:
    """Return every camera in a line, and what else is wrong."""
    lines = [_camera_line(each, zone, now_us) for each in house.cameras] or ["There is no camera yet."]
    others = [outage for outage in house.outages if outage.camera is None]
    lines += [f"! {one_line(outage.subject, 60)}: {one_line(outage.detail)}" for outage in others[:15]]
    return "\n".join(lines)


def camera_lines(house: HouseBrief, zone: tzinfo, now_us: WallUs) -> str:
    """Return the cameras with the names one may call them by, and what is wrong with each."""
    lines: list[str] = []
    for each in house.cameras:
        lines.append(f"{called(each)}: {_state(each, zone, now_us)}")
        lines += [f"    ! {one_line(outage.detail)}" for outage in house.outages if outage.camera == each.id][:3]
    return "\n".join(lines) or "There is no camera yet."


def quiet_lines(cameras: Sequence[CameraBrief], zone: tzinfo, now_us: WallUs) -> str:
    """Return which cameras tell of no visitor for now."""
    quiet = [
        f"{one_line(each.name, 40)}: quiet until {clock_time(each.quiet_until_us, zone, now_us)}"
        for each in cameras
        if each.quiet_until_us
    ]
    return "\n".join([*quiet, "/resume ends it."] if quiet else ["No camera is quiet. /snooze CAMERA 1h makes one so."])


def login_lines(logins: Sequence[Login], names: Callable[[str], str], zone: tzinfo, now_us: WallUs) -> str:
    """Return the newest log-ins to the cameras, none of them ours."""
    if not logins:
        return "Nobody but Hearthwatch logged in to your cameras, as far as their logs tell."
    return "\n".join(_login_line(one, names, zone, now_us) for one in logins)


def _login_line(one: Login, names: Callable[[str], str], zone: tzinfo, now_us: WallUs) -> str:
    who = one_line(one.user, 40) or "somebody"
    where = f" from {one_line(one.address, 60)}" if one.address else ""
    said = _SAID.get(one.verdict, one.verdict.value.replace("-", " "))
    at = clock_time(one.at_us, zone, now_us)
    return f"{at} {one_line(names(one.camera), 40)}: {one.action.value.replace('-', ' ')}, {who}{where} ({said})"


def _camera_line(camera: CameraBrief, zone: tzinfo, now_us: WallUs) -> str:
    return f"{one_line(camera.name, 60)}: {_state(camera, zone, now_us)}"


def _state(camera: CameraBrief, zone: tzinfo, now_us: WallUs) -> str:
    quiet = f"; quiet until {clock_time(camera.quiet_until_us, zone, now_us)}" if camera.quiet_until_us else ""
    return f"{one_line(camera.state)}{quiet}"


def late_words(count: int, oldest_s: float) -> str:
    """Return what is said of messages that came too late to be acted upon."""
    if oldest_s < 0:
        return (
            f"Your message is from {span(-oldest_s)} ahead, so I did nothing: is the clock of Hearthwatch's machine right? "
            "Set it, then send it again."
        )
    if count > 1:
        return f"I got {count} messages {span(oldest_s)} late and did nothing: please send again what you still mean."
    return f"I got this {span(oldest_s)} late and did nothing: please send it again if you still mean it."


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("-", " ").replace("_", " ").split())
