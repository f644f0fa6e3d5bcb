"""The courier of one channel: texts in order, pictures and clips behind their text, back-off, digest, at least once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo

from hearthwatch.alerts.alert import (
    Alert,
    Channel,
    Delivery,
    DeliveryState,
    MaybeSent,
    Paced,
    Part,
    Patient,
    RetryAfter,
    Severity,
)
from hearthwatch.alerts.bare_picture import bare_part
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.alerts.wording import digest
from hearthwatch.health.outage import Fault, HealthSink
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import HearthwatchError, Refused, Unsupported
from hearthwatch.kit.retry import Backoff, keep_running_async
from hearthwatch.kit.units import NS_PER_S, US_PER_S, MonoNs, WallUs

log = logging.getLogger(__name__)

DIGEST_OVER = 20
_DIGEST_AGE_US = 60 * US_PER_S
_MINUTE_NS = 60 * NS_PER_S
_FRESH_US = 5 * US_PER_S
_TEXT_LIMIT_S = 30.0
_MEDIA_LIMIT_S = 180.0
_FIRST_WAIT_S = 5.0
_LONGEST_WAIT_S = 300.0
_REFUSED_WAIT_S = 60.0
_LONGEST_ASKED_S = 3600.0
_TELL_UNREACHABLE_S = 120.0
_MEDIA_TRIES = 12
_CRASHES = 3
_FINISH_S = 3.0

_Step = Callable[[], Awaitable[float | None]]


@dataclass(slots=True, eq=False)
class _Lane:
    """Texts, or what follows them: each with its own pace, so that a picture that does not go holds up no text."""

    parts: frozenset[Part]
    limit_s: float
    backoff: Backoff
    next_ns: MonoNs = MonoNs(0)
    trying: int = 0
    crashes: int = 0
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)


class Courier:
    """Carries what waits in the outbox for one channel. `step_text` and `step_media` do what is due; `run` keeps doing so."""

    def __init__(
        self,
        channel: Channel,
        outbox: Outbox,
        *,
        clock: Clock,
        health: HealthSink,
        zone: tzinfo,
        rng: random.Random | None = None,
        resume: bool = True,
    ) -> None:
        """`resume` goes on with the pace a former process had reached; without it everything is tried at once."""
        self.channel = channel
        self._outbox = outbox
        self._clock = clock
        self._health = health
        self._zone = zone
        rng = rng or random.SystemRandom()

        def backoff() -> Backoff:
            return Backoff(first_s=_FIRST_WAIT_S, cap_s=_LONGEST_WAIT_S, refused_s=_REFUSED_WAIT_S, rng=rng)

        limit_s = channel.limit_s if isinstance(channel, Patient) else 0.0
        self._text = _Lane(frozenset({Part.TEXT}), max(limit_s, _TEXT_LIMIT_S), backoff())
        self._media = _Lane(frozenset(Part) - {Part.TEXT}, max(limit_s, _MEDIA_LIMIT_S), backoff())
        self._hold_ns = MonoNs(0)
        self._sent_ns: deque[MonoNs] | None = deque(maxlen=channel.per_minute) if isinstance(channel, Paced) else None
        self._refusals = self._singly = 0
        self._failing_ns: MonoNs | None = None
        if resume:
            self._resume()

    def _resume(self) -> None:
        """A clock that was set since must not stretch the wait."""
        for lane in (self._text, self._media):
            first = next(iter(self._in(lane)), None)
            if first is not None and first.tries:
                lane.backoff.tries = min(first.tries, 10)
                wait_us = min(max(0, first.next_us - self._clock.wall_us()), round(_LONGEST_WAIT_S * US_PER_S))
                lane.next_ns = MonoNs(self._clock.mono_ns() + wait_us * 1000)

    async def run(self) -> None:
        """Carry on until cancelled."""
        name = self.channel.name
        async with asyncio.TaskGroup() as group:
            for kind, lane, step in (("text", self._text, self.step_text), ("media", self._media, self.step_media)):
                wake = self._outbox.wake(name, kind)

                async def go_on(lane: _Lane = lane, step: _Step = step, wake: asyncio.Event = wake) -> None:
                    while True:
                        wake.clear()
                        async with lane.busy:
                            wait_s = await step()
                        if wait_s is None or wait_s > 0:
                            with contextlib.suppress(TimeoutError):
                                async with asyncio.timeout(wait_s):
                                    await wake.wait()

                group.create_task(keep_running_async(f"alerts by {name} ({kind})", go_on, clock=self._clock))

    def hurry(self) -> None:
        """The network is back: try now what waits for its next turn, unless the service itself asked us to wait."""
        for lane in (self._text, self._media):
            lane.next_ns = MonoNs(0)
        self._outbox.nudge(self.channel.name)

    async def finish(self) -> None:
        """Let what is being sent be sent and written down, for 3 s at most, and begin nothing more: `run` may be cancelled."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FINISH_S):
                await self._text.busy.acquire()
                await self._media.busy.acquire()

    async def step_text(self) -> float | None:
        """Send what is due first; return the seconds until there is more to do, None when nothing waits."""
        lane = self._text
        waiting = self._in(lane)
        wait_s = self._wait_s(lane)
        if not waiting or wait_s > 0:
            return wait_s if waiting else None
        now_us = self._clock.wall_us()
        old = [d for d in waiting if abs(now_us - self._outbox.alert(d).at_us) > _DIGEST_AGE_US]
        if self._singly:
            self._singly -= 1
            await self._send(lane, waiting[:1], self._outbox.alert(waiting[0]))
        elif len(old) > DIGEST_OVER:
            await self._send_digest(lane, old, "{} alerts that could not be delivered in time")
        elif len(waiting) > 1 and self._is_crowded():
            await self._send_digest(lane, waiting, "{} more alerts")
        elif not await self._is_over(waiting[0], now_us):
            await self._send(lane, waiting[:1], self._outbox.alert(waiting[0]))
        return self._wait_s(lane) if self._in(lane) else None

    async def _is_over(self, first: Delivery, now_us: WallUs) -> bool:
        """Tell whether a text that had to wait need not be sent any more; then it is folded."""
        alert = self._outbox.alert(first)
        waited = first.tries > 0 or abs(now_us - alert.at_us) > _FRESH_US
        if waited and await self._outbox.is_over(alert):
            await self._outbox.fold(alert.dedupe_key)
        return first not in self._outbox.waiting(self.channel.name)

    async def step_media(self) -> float | None:
        """The same for pictures and clips; each waits until its text is through."""
        lane = self._media
        with_text = {delivery.alert for delivery in self._in(self._text)}
        due = [delivery for delivery in self._in(lane) if delivery.alert not in with_text]
        wait_s = self._wait_s(lane)
        if not due or wait_s > 0:
            return wait_s if due else None
        first = min(due, key=lambda delivery: (delivery.alert, delivery.part is Part.CLIP, delivery.id))
        await self._send(lane, [first], self._outbox.alert(first))
        return self._wait_s(lane)

    def _in(self, lane: _Lane) -> list[Delivery]:
        return [delivery for delivery in self._outbox.waiting(self.channel.name) if delivery.part in lane.parts]

    def _wait_s(self, lane: _Lane) -> float:
        return max(0.0, (max(lane.next_ns, self._hold_ns) - self._clock.mono_ns()) / NS_PER_S)

    def _is_crowded(self) -> bool:
        """Tell whether the channel has got as many texts within a minute as it takes."""
        sent = self._sent_ns
        return sent is not None and len(sent) == sent.maxlen and self._clock.mono_ns() - sent[0] < _MINUTE_NS

    async def _send_digest(self, lane: _Lane, old: Sequence[Delivery], title: str) -> None:
        alerts = [self._outbox.alert(delivery) for delivery in old]
        taken, text = digest(alerts, self._zone)
        first = alerts[0]
        whole = replace(
            first,
            event="",
            camera=None,
            severity=Severity.WARN,
            title=title.format(taken),
            text=text,
        )
        if not await self._send(lane, old[:taken], whole):
            return
        told = {alert.id for alert in alerts[:taken]}
        await self._outbox.settle([d for d in self._in(self._media) if d.alert in told], DeliveryState.FOLDED, "in a digest")

    async def _send(self, lane: _Lane, deliveries: Sequence[Delivery], alert: Alert) -> bool:
        """Try once and note what came of it; True when it was accepted."""
        first = deliveries[0]
        if lane.trying == first.id:
            lane.crashes += 1
            if lane.crashes >= _CRASHES:
                lane.trying = lane.crashes = 0
                await self._give_up(deliveries, "a fault of ours: see the log")
                return False
        elif lane.crashes:
            lane.crashes = 0
        lane.trying = first.id
        attachment = await self._outbox.attachment(first)
        if first.part is not Part.TEXT and attachment is None:
            await self._give_up(deliveries, f"the {first.part.value} is gone")
        else:
            await self._outbox.begin(deliveries)
            repeat = any(delivery.maybe_sent for delivery in deliveries)
            try:
                await self._hand_over(lane, alert, first.part, attachment, repeat=repeat)
            except HearthwatchError as error:
                await self._failed(lane, deliveries, error)
            else:
                await self._outbox.settle(deliveries, DeliveryState.SENT)
                self._works(lane)
                if self._sent_ns is not None and first.part is Part.TEXT:
                    self._sent_ns.append(self._clock.mono_ns())
                self._outbox.nudge(self.channel.name)
                lane.trying = 0
                return True
        lane.trying = 0
        return False

    async def _hand_over(self, lane: _Lane, alert: Alert, part: Part, attachment: bytes | None, *, repeat: bool) -> None:
        bare = None if attachment is None else bare_part(part, attachment)
        try:
            async with asyncio.timeout(lane.limit_s):
                await self.channel.send(alert, part, bare, repeat=repeat)
        except TimeoutError as error:
            raise MaybeSent(f"no answer within {lane.limit_s:.0f} s") from error

    async def _failed(self, lane: _Lane, deliveries: Sequence[Delivery], error: HearthwatchError) -> None:
        now_ns = self._clock.mono_ns()
        text = str(error)
        match error:
            case RetryAfter(seconds=seconds):
                wait_s = min(max(seconds, 1.0), _LONGEST_ASKED_S)
                self._hold_ns = MonoNs(now_ns + round(wait_s * NS_PER_S))
                await self._outbox.retry(deliveries, text, wait_s, maybe_sent=False)
            case Refused():
                wait_s = min(_REFUSED_WAIT_S * 2**self._refusals, 600.0)
                self._refusals = min(self._refusals + 1, 10)
                self._hold_ns = MonoNs(now_ns + round(wait_s * NS_PER_S))
                await self._outbox.retry(deliveries[1:], text, wait_s, maybe_sent=False)
                await self._give_up(deliveries[:1], text)
                self._tell(text)
            case Unsupported() if len(deliveries) > 1:  # one of them may be at fault: it shall not take the others along
                self._singly = len(deliveries)
                await self._outbox.retry(deliveries, text, 0.0, maybe_sent=False)
            case Unsupported():
                await self._give_up(deliveries, text)
            case _ if lane is self._media and deliveries[0].tries + 1 >= _MEDIA_TRIES:
                await self._give_up(deliveries, text)
            case _:
                wait_s = lane.backoff.wait_s(error, 0.0)
                lane.next_ns = MonoNs(now_ns + round(wait_s * NS_PER_S))
                await self._outbox.retry(deliveries, text, wait_s, maybe_sent=isinstance(error, MaybeSent))
                self._failing_ns = self._failing_ns or now_ns
                log.info("alerts by %s: %s (trying again in %.0f s)", self.channel.name, text, wait_s)
                if now_ns - self._failing_ns >= _TELL_UNREACHABLE_S * NS_PER_S:
                    self._tell(f"{text}. Alerts wait until it works again.")

    async def _give_up(self, deliveries: Sequence[Delivery], error: str) -> None:
        """These will not arrive by this channel; nor will what belongs to a text that did not."""
        lost = {delivery.alert for delivery in deliveries if delivery.part is Part.TEXT}
        with_them = [delivery for delivery in self._in(self._media) if delivery.alert in lost]
        log.warning("alerts by %s: %d not delivered: %s", self.channel.name, len(deliveries), error)
        await self._outbox.settle([*deliveries, *with_them], DeliveryState.DEAD, error)

    def _works(self, lane: _Lane) -> None:
        lane.backoff.tries = 0
        self._refusals = 0
        self._failing_ns = None
        self._health.recovered(Fault.CHANNEL_DEAD, self.channel.name)

    def _tell(self, detail: str) -> None:
        self._health.failed(Fault.CHANNEL_DEAD, self.channel.name, detail)
