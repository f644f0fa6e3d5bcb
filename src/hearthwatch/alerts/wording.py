"""The words of alerts: names made harmless, times as the owner reads them, and the digest after a silence."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import tzinfo

from hearthwatch.alerts.alert import Alert
from hearthwatch.kit.units import WallUs, to_datetime

_BIDI = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c")
_DIGEST_CHARS = 3500
NOT_WRITTEN_DOWN = "(Not written down yet: the disk of Hearthwatch is slow or takes no data.)"


def one_line(text: str, limit: int = 200) -> str:
    """Return `text` fit for one line of any message: no control or direction characters, no lone surrogates, shortened."""
    plain = "".join(" " if _is_control(c) else c for c in text if c not in _BIDI)
    plain = " ".join(plain.encode("utf-8", "replace").decode().split())
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"


def many_lines(text: str, limit: int = 2000) -> str:
    """Return `text` with each of its lines made harmless."""
    whole = "\n".join(one_line(line, limit) for line in text.splitlines())
    return whole if len(whole) <= limit else whole[: limit - 1] + "…"


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Zl", "Zp"}


def clock_time(at_us: WallUs, zone: tzinfo, now_us: WallUs) -> str:
    """Return `14:03:27`, with the day when it is another than that of `now_us`, and the offset in an hour that comes twice."""
    at, now = to_datetime(at_us, zone), to_datetime(now_us, zone)
    text = at.strftime("%H:%M:%S") if at.date() == now.date() else at.strftime("%a %d %b %H:%M:%S")
    if at.utcoffset() != at.replace(fold=1 - at.fold).utcoffset():
        text += at.strftime(" (UTC%z)")
    return text


def span(seconds: float) -> str:
    """Return a length of time in two words at most: `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`."""
    whole = max(0, round(seconds))
    if whole < 120:
        return f"{whole} s"
    minutes = whole // 60
    if minutes < 120:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def notes(alert: Alert, *, repeat: bool) -> list[str]:
    """Return what must be said of the message itself, a line each."""
    found = []
    if repeat:
        found.append("(Sent again: the first try may have arrived.)")
    if alert.degraded:
        found.append(NOT_WRITTEN_DOWN)
    return found


def digest(alerts: Sequence[Alert], zone: tzinfo) -> tuple[int, str]:
    """Return how many of the oldest `alerts` one message holds (at least one), and its lines: each cause with its times."""
    taken = 0
    text = ""
    lines: dict[tuple[str, str], list[str]] = {}
    for alert in alerts:
        at = to_datetime(alert.at_us, zone)
        lines.setdefault((at.strftime("%a %d %b"), one_line(alert.title, 120)), []).append(at.strftime("%H:%M"))
        longer = "\n".join(f"{day} {title}: {', '.join(times)}" for (day, title), times in lines.items())
        if taken and len(longer) > _DIGEST_CHARS:
            break
        taken, text = taken + 1, longer
    return taken, text
