"""The log of the emulated Dahua: `log.cgi`, searches with a handle each, and few handles."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.devices.camera_state import CameraState, LogKind, LogLine
from tests.devices.dahua_text import TIME, Failed, lines, time_of

WORDS = {
    LogKind.LOGIN: "Login",
    LogKind.LOGOUT: "Logout",
    LogKind.DENIED: "Illegal Login",
    LogKind.LOCKED: "Account Locked",
    LogKind.ACCOUNT_ADDED: "Add User",
    LogKind.ACCOUNT_CHANGED: "Modify User",
    LogKind.ACCOUNT_REMOVED: "Delete User",
    LogKind.PASSWORD_CHANGED: "Modify Password",
    LogKind.LOG_CLEARED: "ClearLog",
    LogKind.SETTINGS_CHANGED: "SaveConfig",
    LogKind.CLOCK_SET: "Set Time",
    LogKind.RESTARTED: "Reboot",
    LogKind.MOTION: "VideoMotion",
    LogKind.OTHER: "Other",
}
MAX_SEARCHES = 4


@dataclass(kw_only=True)
class LogSearches:
    """`searches`: by token, what each has still to tell. One that nobody stops stays."""

    state: CameraState
    page_size: int = 100
    searches: dict[str, list[LogLine]] = field(default_factory=dict)

    def answer(self, action: str, pairs: dict[str, str]) -> str:
        if action == "startFind":
            return self._start(pairs)
        token = pairs.get("token", "")
        if token not in self.searches:
            raise Failed
        if action == "doFind":
            left = self.searches[token]
            count = min(self.page_size, int(pairs.get("count", "100")))
            now, self.searches[token] = left[:count], left[count:]
            return lines([f"found={len(now)}", *(row for index, line in enumerate(now) for row in log_rows(index, line))])
        if action == "stopFind":
            del self.searches[token]
            return "OK\r\n"
        raise Failed

    def _start(self, pairs: dict[str, str]) -> str:
        if len(self.searches) >= MAX_SEARCHES:
            raise Failed("Error\r\nErrorID=9, Detail=No more search handles!\r\n")
        token = str(self.state.number())
        kinds = {value.lower() for key, value in pairs.items() if key.startswith("condition.Types")}
        self.searches[token] = [line for line in self._span(pairs) if not kinds or WORDS[line.kind].lower() in kinds]
        return f"token={token}\r\n"

    def dump(self, pairs: dict[str, str]) -> str:
        """`Log.backup`: one text. Its form was never recorded."""
        rows = self._span(pairs)
        return lines(f"{line.local.strftime(TIME)} {WORDS[line.kind]} {line.user} {line.address}" for line in rows)

    def _span(self, pairs: dict[str, str]) -> list[LogLine]:
        start, end = time_of(pairs.get("condition.StartTime", "")), time_of(pairs.get("condition.EndTime", ""))
        return [line for line in self.state.log if start <= line.local <= end]


def log_rows(index: int, line: LogLine) -> list[str]:
    """Return the lines of one record of `doFind`, keys in the order of the vendor's document."""
    found = [f"Detail.Address={line.address}", f"Detail.Type={line.via}"] if line.address else []
    if line.words:
        found.append(f"Detail.Name={line.words}")
    found += ["Level=0", f"Time={line.local.strftime(TIME)}", f"Type={WORDS[line.kind]}", f"User={line.user or 'System'}"]
    return [f"items[{index}].{row}" for row in found]
