"""What a notification says: JSON for our own service worker, always of one length, so that its size tells nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass

from hearthwatch.alerts.alert import Alert, Severity
from hearthwatch.alerts.wording import many_lines, notes, one_line

LENGTH_BYTES = 3900
"""A push service takes 4096 bytes (RFC 8030), of which encryption needs 103 (RFC 8188, RFC 8291)."""
_MOST_PICTURE_BYTES = 3000
_TITLE_BYTES = 240
_BODY_BYTES = 900
_DAY_S = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """How a push service treats a message (RFC 8030): `urgency` decides whether a sleeping phone is woken, `ttl_s` how long
    it waits for a phone that is off, and of several with one `topic` only the newest waits."""

    urgency: str
    ttl_s: int
    topic: str


_HANDLING = {Severity.URGENT: ("high", _DAY_S), Severity.WARN: ("high", _DAY_S), Severity.INFO: ("low", _DAY_S // 4)}


def handling(alert: Alert) -> Handling:
    """Return how an alert is treated on its way. The topic says nothing to anybody else."""
    urgency, ttl_s = _HANDLING[alert.severity]
    topic = base64.urlsafe_b64encode(hashlib.sha256(f"topic {alert.id}".encode()).digest()[:18]).decode()
    return Handling(urgency=urgency, ttl_s=ttl_s, topic=topic)


def message(alert: Alert, *, is_quiet: bool = False, repeat: bool = False, jpeg: bytes = b"", shows: bool = False) -> bytes:
    """Return the message, `LENGTH_BYTES` long. `is_quiet`: it takes the place of what was shown before and disturbs nobody;
    `shows`: there is a picture of the event, `jpeg` is it in small where it could be made."""
    fields = _fields(alert, is_quiet=is_quiet, repeat=repeat)
    if shows:
        fields["picture"] = base64.b64encode(jpeg).decode()
    plain = _packed(fields)
    if len(plain) > LENGTH_BYTES:
        fields["picture"] = ""
        plain = _packed(fields)
    return plain.ljust(LENGTH_BYTES, b" ")


def room_bytes(alert: Alert) -> int:
    """Return how many bytes a picture may have to go along with the alert's text."""
    rest = LENGTH_BYTES - len(_packed({**_fields(alert, is_quiet=True, repeat=True), "picture": ""}))
    return min(rest * 3 // 4 - 3, _MOST_PICTURE_BYTES)


def test_message(home: str, at_ms: int) -> bytes:
    """Return what is sent for the owner to see that it works."""
    fields = {
        "id": "test",
        "title": one_line(f"{home}: a test", 60),
        "body": "This device is notified like this.",
        "url": "/settings",
        "severity": "info",
        "at_ms": at_ms,
    }
    return _packed(fields).ljust(LENGTH_BYTES, b" ")


def _fields(alert: Alert, *, is_quiet: bool, repeat: bool) -> dict[str, object]:
    said = "\n".join([many_lines(alert.text, 800), *notes(alert, repeat=repeat)])
    return {
        "id": alert.id,
        "title": _cut(one_line(alert.title, 120), _TITLE_BYTES),
        "body": _cut(said, _BODY_BYTES),
        "url": f"/events/{alert.event}" if alert.event else "/alerts",
        "severity": alert.severity.value,
        "at_ms": alert.at_us // 1000,
        "event": alert.event,
        "camera": alert.camera or "",
        "quiet": is_quiet,
    }


def _packed(fields: dict[str, object]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _cut(text: str, limit_bytes: int) -> str:
    raw = text.encode("utf-8", "replace")
    return text if len(raw) <= limit_bytes else raw[: limit_bytes - 3].decode("utf-8", "ignore") + "…"
