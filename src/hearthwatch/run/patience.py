"""How long a process may be silent before it is taken for stuck. Pure: every time comes with what was noticed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from hearthwatch.kit.units import NS_PER_S

BEAT_LIMIT_S = 10.0
"""One that works says so each second; one that is stuck must be seen, and work again, within 15 s."""
START_LIMIT_S = 60.0
"""One that starts says nothing yet, but it uses the processor: a slow machine lets it do so in small portions."""
START_WHOLE_S = 900.0
"""One that turns in circles uses the processor, too."""
_WORK_S = 0.05
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Patience:
    """With one life of one process, which begins at `started_ns`."""

    started_ns: int
    heard_ns: int = 0
    is_ready: bool = False
    worked_ns: int = 0
    used_s: float = 0.0

    def hear(self, now_ns: int) -> None:
        """It said something."""
        self.heard_ns = now_ns

    def look(self, now_ns: int, used_s: float) -> None:
        """It has used the processor for `used_s` in its life so far."""
        if used_s - self.used_s >= _WORK_S:
            self.worked_ns, self.used_s = now_ns, used_s

    def silent_s(self, now_ns: int) -> float:
        """Return how long there is no sign of life; while it starts, working is one."""
        last_ns = max(self.started_ns, self.heard_ns, 0 if self.is_ready else self.worked_ns)
        return (now_ns - last_ns) / NS_PER_S

    def is_over(self, now_ns: int) -> bool:
        """Tell whether it is stuck for all we know, and must be started anew."""
        if self.is_ready:
            return self.silent_s(now_ns) > BEAT_LIMIT_S
        return self.silent_s(now_ns) > START_LIMIT_S or now_ns - self.started_ns > START_WHOLE_S * NS_PER_S


def used_s(pid: int) -> float:
    """Return how long the process and its children have used the processor; 0 for one that is gone.

    `/proc/PID/stat` (proc(5)): utime, stime, cutime and cstime are fields 14 to 17; what is before the last bracket may hold
    anything. A child's time is its parent's only once it has ended, and bringing a database up to date takes one a while."""
    return _used_s(pid) + sum(_used_s(child) for child in _children(pid))


def _used_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(ticks) for ticks in fields[11:15]) / _TICKS_PER_S


def _children(pid: int) -> tuple[int, ...]:
    try:
        return tuple(int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split())
    except OSError:
        return ()
