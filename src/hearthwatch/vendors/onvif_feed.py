"""Listening to an ONVIF camera's alarms: one pull point, kept alive while we listen and given back at the end.

Cameras have places for as few as two subscriptions and no list of them: a forgotten one locks us out until it dies. They are
asked to live for ten minutes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, HearthwatchError, Unreachable, Unsupported
from hearthwatch.kit.units import NS_PER_S, US_PER_S
from hearthwatch.vendors import onvif_reply, onvif_services
from hearthwatch.vendors.device import AlarmPhase, AlarmSignal
from hearthwatch.vendors.onvif_api import Command, Lane, OnvifApi, Place
from hearthwatch.vendors.onvif_event import LASTING, Items, Notification, kind_of, notifications, signal, state_of
from hearthwatch.vendors.onvif_services import Subscription
from hearthwatch.vendors.onvif_soap import Answer, Ns

PULL_S = 30.0
_FIRST_PULL_S = 2.0
_CAREFUL_PULL_S = 5.0
_LIVES_S = 600
_UNKNOWN_LIVES_S = 60.0
_SHORTEST_LIFE_S = 15.0
_QUICK_S = 0.5
_BETWEEN_S = 0.1
_UNSUBSCRIBE_S = 3.0
_MAX_STATES = 512
_MESSAGES = 100
_LIMIT_BYTES = 256 << 10  # pulls follow each other fast: a camera must not keep us busy with reading
_STEP = "listening to its alarms"


@dataclass(slots=True, kw_only=True)
class _Point:
    """One subscription at the camera, and until when it lives by our monotonic clock."""

    subscription: Subscription
    place: Place
    ends_ns: int = 0
    lives_s: float = 0.0
    can_renew: bool = True


class PullPoint:
    """The alarms of one camera. `channels` tells the channel of each source the camera may name."""

    def __init__(
        self, api: OnvifApi, *, clock: Clock, channels: Callable[[], Awaitable[Mapping[str, int]]], pause_s: float = 1.0
    ) -> None:
        self._api = api
        self._clock = clock
        self._channels = channels
        self._pause_s = pause_s
        self._pull_s = PULL_S
        self._relative = True
        self._states: dict[tuple[str, Items, Items], tuple[int, bool]] = {}
        self._synced: asyncio.Event | None = None
        """There while there is a feed; set once that knows how things stand."""

    async def alarms(self) -> AsyncGenerator[AlarmSignal]:
        """See AlarmFeed. One answer that got lost is asked for again: cameras close connections that wait."""
        synced = self._synced = asyncio.Event()
        try:
            channels = await self._channels()
            async with self._subscribed() as point:
                self._states.clear()
                lost = False
                wait_s = _FIRST_PULL_S
                while True:
                    await self._keep(point)
                    started_ns = self._clock.mono_ns()
                    try:
                        got = await self._pull(point, wait_s)
                        lost = False
                    except Unreachable:
                        if lost:
                            raise
                        lost = True
                        continue
                    found = [self._noted(one, channels) for one in notifications(got.content)]
                    synced.set()
                    for one in found:
                        yield one
                    wait_s = self._pull_s
                    if self._clock.mono_ns() - started_ns < _QUICK_S * NS_PER_S:  # some do not wait, whatever they are asked
                        await asyncio.sleep(_BETWEEN_S if found else self._pause_s)
        finally:
            self._synced = None

    async def active(self, code: str) -> tuple[int, ...]:
        """See AlarmFeed. Known from the feed; without one the camera is asked by a short subscription."""
        if self._synced is None:
            await self._look()
        else:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FIRST_PULL_S * 2):
                    await self._synced.wait()
        return tuple(sorted({channel for (topic, *_), (channel, is_on) in self._states.items() if topic == code and is_on}))

    async def lasting(self) -> tuple[AlarmSignal, ...]:
        """See LastingAlarms. As `active`, but from the feed only: cameras have few places for subscriptions."""
        synced = self._synced
        if synced is None:
            return ()
        await self.active("")
        if not synced.is_set():
            return ()
        return tuple(
            AlarmSignal(kind=kind, code=topic, phase=AlarmPhase.START, channel=channel)
            for (topic, *_), (channel, is_on) in self._states.items()
            if is_on and (kind := kind_of(topic)) in LASTING
        )

    async def _look(self) -> None:
        channels = await self._channels()
        async with self._subscribed() as point:
            self._states.clear()
            for one in notifications((await self._pull(point, _FIRST_PULL_S)).content):
                self._noted(one, channels)

    def _noted(self, one: Notification, channels: Mapping[str, int]) -> AlarmSignal:
        found = signal(one, channels)
        is_on = False if one.operation == "Deleted" else state_of(one.data)
        key = (one.topic, one.source, one.key)
        if is_on is not None and (key in self._states or len(self._states) < _MAX_STATES):
            self._states[key] = (found.channel, is_on)
        return found

    @contextlib.asynccontextmanager
    async def _subscribed(self) -> AsyncIterator[_Point]:
        """Have a subscription that is given back, also when we are stopped while the camera is making it."""
        making = asyncio.ensure_future(self._subscribe())
        try:
            point = await asyncio.shield(making)
        except asyncio.CancelledError:
            with contextlib.suppress(HearthwatchError, TimeoutError):
                async with asyncio.timeout(_UNSUBSCRIBE_S):
                    await self._unsubscribe(await making)
            raise
        try:
            with contextlib.suppress(Unsupported, BadReply):
                await self._say(point, Ns.EVENTS, "SetSynchronizationPoint")
            yield point
        finally:
            with contextlib.suppress(HearthwatchError, TimeoutError):
                async with asyncio.timeout(_UNSUBSCRIBE_S):
                    await self._unsubscribe(point)

    async def _subscribe(self) -> _Point:
        content = f"<InitialTerminationTime>{self._until()}</InitialTerminationTime>"
        got = await self._api.call(
            Command(service=Ns.EVENTS, operation="CreatePullPointSubscription", content=content, step=_STEP)
        )
        with self._api.http.named(_STEP):
            subscription = onvif_services.subscription(got.content)
        place = await self._api.locate(subscription.address, Lane.FEED)
        point = _Point(subscription=subscription, place=place)
        self._count_from_now(point, got)
        return point

    def _until(self) -> str:
        """Some firmware takes a length of time for nothing: it gets a date of its own clock."""
        return f"PT{_LIVES_S}S" if self._relative else self._api.camera_time(_LIVES_S)

    def _count_from_now(self, point: _Point, got: Answer) -> None:
        lives_us = onvif_services.lives_us(got.content, self._api.camera_us())
        point.lives_s = _UNKNOWN_LIVES_S if lives_us is None else lives_us / US_PER_S
        point.ends_ns = self._clock.mono_ns() + round(point.lives_s * NS_PER_S)

    async def _keep(self, point: _Point) -> None:
        """Renew it if it might die during the next pull. Where that is refused the pulls may keep it alive, else it ends."""
        left_s = (point.ends_ns - self._clock.mono_ns()) / NS_PER_S
        if not point.can_renew or left_s > max(point.lives_s * 0.2, self._pull_s + _SHORTEST_LIFE_S):
            return
        self._relative = self._relative and point.lives_s >= _SHORTEST_LIFE_S
        try:
            got = await self._say(point, Ns.NOTIFICATION, "Renew", f"<TerminationTime>{self._until()}</TerminationTime>")
        except (Unsupported, BadReply):
            point.can_renew = False
        else:
            self._count_from_now(point, got)

    async def _pull(self, point: _Point, wait_s: float) -> Answer:
        try:
            got = await self._pull_once(point, wait_s)
        except BadReply:
            if wait_s <= _CAREFUL_PULL_S:
                raise
            self._pull_s = _CAREFUL_PULL_S  # the camera may not be willing to wait that long
            got = await self._pull_once(point, _CAREFUL_PULL_S)
        with self._api.http.named(_STEP):
            onvif_reply.expect(got.content, "PullMessagesResponse")
        if onvif_services.lives_us(got.content, self._api.camera_us()) is not None:
            self._count_from_now(point, got)
        return got

    async def _pull_once(self, point: _Point, wait_s: float) -> Answer:
        content = f"<Timeout>PT{wait_s:.0f}S</Timeout><MessageLimit>{_MESSAGES}</MessageLimit>"
        return await self._say(point, Ns.EVENTS, "PullMessages", content)

    async def _unsubscribe(self, point: _Point) -> None:
        try:
            await self._say(point, Ns.NOTIFICATION, "Unsubscribe")
        finally:
            await self._api.leave(point.place)

    async def _say(self, point: _Point, service: Ns, operation: str, content: str = "") -> Answer:
        command = Command(service=service, operation=operation, content=content, step=_STEP, limit_bytes=_LIMIT_BYTES)
        return await self._api.ask(point.place, command, point.subscription)
