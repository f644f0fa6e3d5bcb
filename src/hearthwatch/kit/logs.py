"""Logging set-up with one redactor, and reporters that speak once per streak or once per interval."""

from __future__ import annotations

import encodings.unicode_escape  # noqa: F401 behind a process's walls nothing can be loaded, and a line may need it there
import logging
import re
import sys
import traceback
from datetime import UTC, datetime

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import NS_PER_S, MonoNs

_PATTERNS = (
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]{1,15}://)[^\s/@'\"<>]*:[^\s/'\"<>]*@"), r"\1***@"),
    (re.compile(r"/bot\d+:[A-Za-z0-9_-]{8,}"), "/bot***"),
    (re.compile(r"\b\d{6,12}:[A-Za-z0-9_-]{30,}\b"), "***"),
    (re.compile(r"(?i)\b((?:proxy-)?authorization|cookie|set-cookie)(['\"]?\s*[:=]\s*)[^\r\n]+"), r"\1\2***"),
    (re.compile(r"(?i)([?&;\s]|\b)(pwd|passwd|password|pass|token|secret|api_?key)(=)[^\s&;'\"]+"), r"\1\2\3***"),
)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What would end a line, move a terminal's cursor, turn the writing round, or cannot be written at all."""
_secrets: set[str] = set()


def hide(secret: str) -> None:
    """Make every later log line and redacted text show `***` in place of `secret`."""
    if len(secret) >= 4:
        _secrets.add(secret)


def redact(text: str) -> str:
    """Return `text` without any known or recognisable secret."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


class _OneLine(logging.Formatter):
    """`2026-11-21T14:00:00.123Z WARNING module:line thread message`, one line a record, redacted."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        message = record.getMessage()
        if record.exc_info and record.exc_info[0]:
            message += "\n" + "".join(traceback.format_exception(*record.exc_info)).rstrip()
        message = _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), redact(message))
        return f"{at} {record.levelname:<7} {self._process} {record.module}:{record.lineno} {record.threadName} {message}"


def set_up(process: str, *, debug: bool = False) -> None:
    """Send every record of this process to standard error as one redacted line; libraries that log URLs only from WARNING."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine(process))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if debug else logging.INFO)
    logging.captureWarnings(True)
    for noisy in ("httpx", "httpcore", "aiosqlite", "apprise", "asyncio", "telegram", "uvicorn.access", "alembic", "multipart"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class Interval:
    """Lets one report through each `every_s` and counts what was held back."""

    def __init__(self, clock: Clock, every_s: float = 10.0) -> None:
        self._clock = clock
        self._every_ns = round(every_s * NS_PER_S)
        self._next_ns = MonoNs(0)
        self._held = 0

    def due(self) -> int | None:
        """Count one occurrence; return how many there were since the last report when it is time for one, else None."""
        self._held += 1
        now_ns = self._clock.mono_ns()
        if now_ns < self._next_ns:
            return None
        self._next_ns = MonoNs(now_ns + self._every_ns)
        held, self._held = self._held, 0
        return held
