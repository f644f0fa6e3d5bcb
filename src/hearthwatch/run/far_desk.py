"""The FarDesk: pictures are looked at by the hub's detectors, and by a detector of this machine's own while these are away."""

from __future__ import annotations

import itertools
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hearthwatch.detect.desk import Desk, DeskState, Pace, Reply
from hearthwatch.detect.detection import Looked
from hearthwatch.detect.glance import MOST_PIECES, Answer, answer_fault
from hearthwatch.detect.regions import put_together
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.mailbox import BoxCount
from hearthwatch.kit.units import NS_PER_S, CameraId
from hearthwatch.run.glance_messages import AskHub, HubSaid
from hearthwatch.run.pieces import cut

log = logging.getLogger(__name__)

PATIENCE_S = 3.5
"""How long a picture waits for the hub before it is looked at here: all that an alert is ever held up by. Half a second more
than the hub gives its detectors, so that its word that nobody looked comes first."""
AGAIN_S = 5.0
"""While the hub is away it is asked again with one picture in so many seconds."""
_TOLD_AFTER_S = 10.0
"""One trial at least failed since: a single picture that got lost is no news."""
_TIMES_KEPT = 256

Send = Callable[[AskHub], bool]
"""Hands a question to the house at once; False while there is none."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Asked:
    frame: Frame
    regions: tuple[Box, ...]
    reply: Reply
    urgent: bool
    is_trial: bool
    """It was looked at here, too."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sent:
    question: AskHub
    asked: _Asked
    sent_ns: int


class FarDesk:
    """Serves `ask` like a Desk. Of each camera one picture is on its way, and the newest waits behind it; the others give way.

    An answer that comes after a newer picture was answered is dropped, whoever gave it.
    """

    def __init__(self, here: Desk, send: Send, *, clock: Clock, max_per_s: float) -> None:
        """`here` stands in while the hub does not answer."""
        self._here = here
        self._send = send
        self._clock = clock
        self._pace = Pace(max_per_s, clock)
        self._changed = threading.Condition()
        self._waiting: dict[CameraId, _Asked] = {}
        self._sent: dict[CameraId, _Sent] = {}
        self._tokens = itertools.count(1)
        self._answered_ns: dict[CameraId, int] = {}
        self._away = ""
        self._away_ns = self._tried_ns = 0
        self._ended = False
        self._thread: threading.Thread | None = None
        self._took_ms: deque[float] = deque(maxlen=_TIMES_KEPT)
        self._asked = self._looked = self._dropped = 0
        self._model = ""

    def ask(self, camera: CameraId, frame: Frame, regions: Sequence[Box], reply: Reply, *, urgent: bool = False) -> None:
        """See Desk.ask."""
        with self._changed:
            if self._ended:
                return
            away = bool(self._away)
            asked = _Asked(frame=frame, regions=tuple(regions)[:MOST_PIECES], reply=reply, urgent=urgent, is_trial=away)
            if not away or self._is_to_try_again():
                self._asked += 1
                self._dropped += camera in self._waiting
                self._waiting[camera] = asked
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="far-desk", daemon=True)
                    self._thread.start()
                self._changed.notify()
        if away:
            self._ask_here(asked)

    def _is_to_try_again(self) -> bool:
        now_ns = self._clock.mono_ns()
        if now_ns - self._tried_ns < AGAIN_S * NS_PER_S:
            return False
        self._tried_ns = now_ns
        return True

    def said(self, message: HubSaid) -> None:
        """Take the house's word; that of a question nobody waits for any more is dropped."""
        with self._changed:
            sent = next((each for each in self._sent.values() if each.question.token == message.token), None)
            if sent is None:
                return
            del self._sent[sent.question.glance.camera]
            self._changed.notify()
        fault = message.why or "nobody looked"
        if message.answer is not None:
            fault = answer_fault(message.answer, len(sent.question.glance.pieces))
            if not fault:
                self._take(sent, message.answer)
                return
        if message.is_away:
            self._miss(sent, fault)
        elif not sent.asked.is_trial:
            self._ask_here(sent.asked)

    def _take(self, sent: _Sent, answer: Answer) -> None:
        frame = sent.asked.frame
        looked = put_together(frame, sent.asked.regions, sent.question.glance.pieces, answer)
        took_ms = (self._clock.mono_ns() - sent.sent_ns) / 1e6
        with self._changed:
            if self._away:
                log.info("the hub's detectors look again")
            self._away = ""
            self._model = looked.model
            self._looked += 1
            self._took_ms.append(took_ms)
        self._give(sent.asked, replace(looked, took_ms=took_ms), frame)

    def _miss(self, sent: _Sent, why: str) -> None:
        """Look here from now on: at this picture too, unless a newer one of its camera waits."""
        with self._changed:
            now_ns = self._clock.mono_ns()
            if not self._away:
                log.warning("the hub's detectors do not look (%s): this machine's own does meanwhile", why)
                self._away_ns = now_ns
            self._away = why
            self._tried_ns = now_ns
            left = {sent.question.glance.camera: sent.asked} | self._waiting
            self._waiting = {}
        for asked in left.values():
            if not asked.is_trial:
                self._ask_here(asked)

    def _ask_here(self, asked: _Asked) -> None:
        self._here.ask(
            asked.frame.camera,
            asked.frame,
            asked.regions,
            lambda looked, frame: self._give(asked, looked, frame),
            urgent=asked.urgent,
        )

    def _give(self, asked: _Asked, looked: Looked, frame: Frame) -> None:
        with self._changed:
            if self._ended or frame.received_ns <= self._answered_ns.get(frame.camera, -1):
                self._dropped += 1
                return
            self._answered_ns[frame.camera] = frame.received_ns
        asked.reply(looked, frame)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._is_something_to_do, self._wait_s())
                if self._ended:
                    return
                late = self._late()
                for sent in late:
                    del self._sent[sent.question.glance.camera]
                camera = None if late or self._pace.wait_s() else self._next()
                asked = self._waiting.pop(camera) if camera else None
            for sent in late:
                self._miss(sent, "it did not answer in time")
            if asked is not None:
                self._pace.spend()
                self._ask_hub(asked)

    def _ask_hub(self, asked: _Asked) -> None:
        question = AskHub(token=next(self._tokens), glance=cut(asked.frame, asked.regions))
        sent = _Sent(question=question, asked=asked, sent_ns=self._clock.mono_ns())
        with self._changed:
            self._sent[asked.frame.camera] = sent
        if not self._send(question):
            with self._changed:
                self._sent.pop(asked.frame.camera, None)
            self._miss(sent, "the house is just being started anew")

    def _is_something_to_do(self) -> bool:
        return self._ended or bool(self._late()) or (self._next() is not None and not self._pace.wait_s())

    def _next(self) -> CameraId | None:
        """Return whose picture is sent next: urgent ones first, else in the order they were asked."""
        free = [camera for camera in self._waiting if camera not in self._sent]
        return next((camera for camera in free if self._waiting[camera].urgent), free[0] if free else None)

    def _late(self) -> list[_Sent]:
        end_ns = self._clock.mono_ns() - round(PATIENCE_S * NS_PER_S)
        return [sent for sent in self._sent.values() if sent.sent_ns <= end_ns]

    def _wait_s(self) -> float | None:
        ends = [sent.sent_ns + PATIENCE_S * NS_PER_S for sent in self._sent.values()]
        waits = [(min(ends) - self._clock.mono_ns()) / NS_PER_S] if ends else []
        if self._next() is not None:
            waits.append(self._pace.wait_s())
        return max(0.001, min(waits)) if waits else None

    def renew(self, max_per_s: float) -> None:
        """See Desk.renew."""
        self._pace.max_per_s = max_per_s
        self._here.renew(max_per_s)

    def state(self) -> DeskState:
        """See Desk.state; the times are those from sending a picture to its answer."""
        here = self._here.state()
        with self._changed:
            took_ms = sorted(self._took_ms) or [0.0]
            told = self._away and self._clock.mono_ns() - self._away_ns > _TOLD_AFTER_S * NS_PER_S
            away = (
                f"The hub's detectors do not look at this machine's pictures: {self._away}. Until they do, the built-in "
                "detector looks here, which knows people only."
            )
            return DeskState(
                model=here.model if self._away else self._model,
                box=BoxCount(
                    name="desk",
                    put=self._asked + here.box.put,
                    dropped=self._dropped + here.box.dropped,
                    waiting=len(self._waiting) + here.box.waiting,
                ),
                asked=self._asked + here.asked,
                looked=self._looked + here.looked,
                failed=here.failed,
                took_ms_p50=here.took_ms_p50 if self._away else took_ms[len(took_ms) // 2],
                took_ms_p95=here.took_ms_p95 if self._away else took_ms[len(took_ms) * 95 // 100],
                error=here.error or (away if told else ""),
                stalled_s=here.stalled_s,
            )

    def stop(self) -> None:
        """See Desk.stop."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()
        self._here.stop()
