"""The Desk: one detector in one thread for all cameras, the newest picture of each in turn; whoever asks never waits."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hearthwatch.detect.detection import Detector, Looked
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.clock import Clock, Stop
from hearthwatch.kit.mailbox import BoxCount, Latest
from hearthwatch.kit.retry import Backoff, keep_running
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs

Reply = Callable[[Looked, Frame], None]
"""Takes an answer in the desk's thread: it must return at once and not raise."""

_URGENT_IN_A_ROW = 3
_BURST = 4.0
_TIMES_KEPT = 256
STALLED_S = 10.0
"""The slowest detector on the slowest machine answers in a tenth of this."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Asked:
    camera: CameraId
    frame: Frame
    regions: tuple[Box, ...]
    reply: Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskState:
    """Counts since the start, times of the last looks; `box.dropped` are pictures replaced by newer ones before their turn.

    `error` is what the detector last failed with, or that it does not answer; empty once it works again. `stalled_s` is how
    long a look has lasted that should be over long since.
    """

    model: str
    box: BoxCount
    asked: int
    looked: int
    failed: int
    took_ms_p50: float
    took_ms_p95: float
    error: str
    stalled_s: float


class Pace:
    """At most `max_per_s` in the long run, up to four at once after a rest."""

    def __init__(self, max_per_s: float, clock: Clock) -> None:
        self.max_per_s = max_per_s
        self._clock = clock
        self._saved = _BURST
        self._at_ns = clock.mono_ns()

    def wait_s(self) -> float:
        """Return how long the next one must wait, 0 when it may go."""
        now_ns = self._clock.mono_ns()
        self._saved = min(_BURST, self._saved + (now_ns - self._at_ns) / NS_PER_S * self.max_per_s)
        self._at_ns = now_ns
        return max(0.0, (1.0 - self._saved) / self.max_per_s)

    def spend(self) -> None:
        self._saved -= 1.0


class Desk:
    """Serves `ask` from one thread, begun by the first question so that it is born inside the process's walls.

    A question may stay without an answer: a newer picture of the same camera replaces it, and a detector that fails gives
    none. Motion goes on without.
    """

    def __init__(self, detector: Detector, *, clock: Clock, max_per_s: float) -> None:
        self._detector = detector
        self._clock = clock
        self._pace = Pace(max_per_s, clock)
        self._stop = Stop()
        self._urgent: Latest[_Asked] = Latest("desk/urgent")
        self._others: Latest[_Asked] = Latest("desk/others")
        self._questions = threading.Semaphore(0)
        self._urgent_row = 0
        self._newest_ns: dict[CameraId, MonoNs] = {}
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._took_ms: deque[float] = deque(maxlen=_TIMES_KEPT)
        self._asked = self._looked = self._failed = self._stale = 0
        self._error = ""
        self._look_ns: MonoNs | None = None

    def ask(self, camera: CameraId, frame: Frame, regions: Sequence[Box], reply: Reply, *, urgent: bool = False) -> None:
        """Have `regions` of `frame` looked at and `reply` called with the answer; returns at once.

        `urgent` questions (something unconfirmed is there) go first, but every fourth turn is for the others.
        """
        with self._lock:
            if self._stop.is_set():
                return
            self._asked += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="desk", daemon=True)
                self._thread.start()
        asked = _Asked(camera=camera, frame=frame, regions=tuple(regions), reply=reply)
        (self._urgent if urgent else self._others).put(camera, asked)
        self._questions.release()

    def renew(self, max_per_s: float) -> None:
        """Change the pace from now on."""
        self._pace.max_per_s = max_per_s

    def state(self) -> DeskState:
        urgent, others = self._urgent.count(), self._others.count()
        with self._lock:
            took_ms = sorted(self._took_ms) or [0.0]
            stalled_s = self._stalled_s()
            silent = f"the detector {self._detector.name} does not answer: only motion is seen"
            return DeskState(
                model=self._detector.name,
                box=BoxCount(
                    name="desk",
                    put=urgent.put + others.put,
                    dropped=urgent.dropped + others.dropped + self._stale,
                    waiting=urgent.waiting + others.waiting,
                ),
                asked=self._asked,
                looked=self._looked,
                failed=self._failed,
                took_ms_p50=took_ms[len(took_ms) // 2],
                took_ms_p95=took_ms[len(took_ms) * 95 // 100],
                error=silent if stalled_s else self._error,
                stalled_s=stalled_s,
            )

    def _stalled_s(self) -> float:
        passed_s = 0.0 if self._look_ns is None else (self._clock.mono_ns() - self._look_ns) / NS_PER_S
        return passed_s if passed_s > STALLED_S else 0.0

    def stop(self) -> None:
        """End the thread after the look it is at, answer nothing more, and close the detector."""
        with self._lock:
            if self._stop.is_set():
                return
            self._stop.set()
            thread = self._thread
        self._questions.release()
        if thread is not None:
            thread.join()
        self._detector.close()

    def _run(self) -> None:
        # A detector that fails on every picture is tried every few seconds: its failures must not eat the machine.
        keep_running(
            "detector", self._serve, stop=self._stop, clock=self._clock, backoff=Backoff(first_s=0.2, cap_s=5.0, healthy_s=10.0)
        )

    def _serve(self) -> None:
        while not self._stop.is_set():
            self._questions.acquire()
            if not self._is_asked():
                continue  # several questions of one camera became one
            while wait_s := self._pace.wait_s():
                if self._clock.sleep(self._stop, wait_s):
                    return
            asked = self._next()
            if asked is not None and not self._stop.is_set():
                self._pace.spend()
                self._look(asked)

    def _is_asked(self) -> bool:
        return bool(self._urgent.count().waiting or self._others.count().waiting)

    def _next(self) -> _Asked | None:
        """Return the next picture worth a look; one older than what was seen of its camera is none."""
        first_others = self._urgent_row >= _URGENT_IN_A_ROW
        for box in (self._others, self._urgent) if first_others else (self._urgent, self._others):
            asked = box.get(0)
            if asked is None:
                continue
            self._urgent_row = self._urgent_row + 1 if box is self._urgent else 0
            if asked.frame.received_ns < self._newest_ns.get(asked.camera, MonoNs(0)):
                with self._lock:
                    self._stale += 1
                continue
            self._newest_ns[asked.camera] = asked.frame.received_ns
            return asked
        return None

    def _look(self, asked: _Asked) -> None:
        looked = None
        with self._lock:
            self._look_ns = self._clock.mono_ns()
        try:
            looked = self._detector.detect(asked.frame, asked.regions)
        finally:
            self._note(looked)
        asked.reply(looked, asked.frame)

    def _note(self, looked: Looked | None) -> None:
        with self._lock:
            self._look_ns = None
            if looked is None:
                self._failed += 1
                self._error = f"the detector {self._detector.name} fails: only motion is seen (see the log)"
            else:
                self._looked += 1
                self._took_ms.append(looked.took_ms)
                self._error = ""
