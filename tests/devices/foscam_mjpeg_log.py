"""The log of the emulated MJPEG Foscam, as `get_log.cgi` writes it. Only `access` and `motion detect` are words of a real one."""

from __future__ import annotations

from collections.abc import Iterable

from tests.devices.camera_state import LogKind, LogLine

WORDS = {
    LogKind.LOGIN: "access",
    LogKind.LOGOUT: "logout",
    LogKind.DENIED: "illegal user",
    LogKind.LOCKED: "locked",
    LogKind.ACCOUNT_ADDED: "set users",
    LogKind.ACCOUNT_CHANGED: "set users",
    LogKind.ACCOUNT_REMOVED: "set users",
    LogKind.PASSWORD_CHANGED: "set users",
    LogKind.LOG_CLEARED: "clear log",
    LogKind.SETTINGS_CHANGED: "set params",
    LogKind.CLOCK_SET: "set time",
    LogKind.RESTARTED: "system start",
    LogKind.MOTION: "motion detect",
    LogKind.OTHER: "other",
}


def log_line(line: LogLine) -> str:
    """Return one record: date, then what columns there are, blanks to fill them up."""
    stamp = line.local.strftime("%a, %Y-%m-%d %H:%M:%S")
    words = line.words or WORDS[line.kind]
    if not line.address:
        return f"{stamp}   {line.user}   {words}" if line.user else f"{stamp}   {words}"
    return (
        f"{stamp}   {line.user:<8}   {line.address:<15}   {words}"
        if line.user
        else f"{stamp}{'':14}{line.address:<15}   {words}"
    )


def log_text(lines: Iterable[LogLine]) -> str:
    """Return get_log.cgi: records are separated by the two characters backslash and n."""
    return "var log_text='" + "".join(log_line(line) + "\\n" for line in lines) + "';\n"
