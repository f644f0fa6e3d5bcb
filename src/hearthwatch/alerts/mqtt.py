"""MQTT: the connection to the owner's broker, kept up. The broker passes on everything at least once (QoS 1)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from hearthwatch.alerts.alert import MaybeSent
from hearthwatch.alerts.mqtt_client import (
    ANSWER_S,
    MAX_PAYLOAD_BYTES,
    client_name,
    enter,
    new_client,
    publish,
    tls_context,
    told,
)
from hearthwatch.alerts.options import MqttOptions
from hearthwatch.health.outage import Fault, HealthSink
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import ConfigFault, HearthwatchError, Refused, Unreachable
from hearthwatch.kit.logs import hide
from hearthwatch.kit.retry import Backoff, keep_running_async
from hearthwatch.kit.units import NS_PER_S, MonoNs

if TYPE_CHECKING:
    import aiomqtt

log = logging.getLogger(__name__)

NAME = "mqtt"
_FAREWELL_S = 2.0
_TELL_AFTER_S = 60.0
_STEADY_S = 60.0
_MANY_DROPS = 3
_FAILED = 128
"""Reason codes from here on are failures."""

Hear = Callable[[str, bytes], Awaitable[None]]


class MqttLink:
    """Used on one event loop. `run` connects and stays connected; `publish` works while `is_up`.

    `hear` gets what comes in by `subscriptions`, one message at a time, never one the broker had kept: a command of yesterday
    must not be obeyed today. `up` is called after each connect; `last` is what is published, retained, when we leave in order,
    and by the broker when we do not: topic and payload of the last will."""

    def __init__(
        self,
        options: MqttOptions,
        password: str,
        *,
        subscriptions: Callable[[], Sequence[str]],
        hear: Hear,
        up: Callable[[], None],
        last: tuple[str, bytes],
        health: HealthSink,
        clock: Clock,
    ) -> None:
        if password:
            hide(password)
        self._options = options
        self._password = password
        self._subscriptions = subscriptions
        self._hear = hear
        self._up = up
        self._last = last
        self._health = health
        self._clock = clock
        self._client: aiomqtt.Client | None = None
        self._failing_ns: MonoNs | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._drops = 0
        self._settling: asyncio.TimerHandle | None = None
        self.ignored = 0

    @property
    def is_up(self) -> bool:
        return self._client is not None

    async def run(self) -> None:
        """Keep connected until cancelled."""
        backoff = Backoff(first_s=1.0, cap_s=30.0, refused_s=60.0)
        await keep_running_async("MQTT", self._once, clock=self._clock, backoff=backoff)

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Return when the broker has taken it. Raises Unreachable while there is none, MaybeSent, Unsupported for a topic that
        is none."""
        client = self._client
        if client is None:
            raise Unreachable("the MQTT broker cannot be reached")
        sending = asyncio.create_task(publish(client, topic, payload, retain=retain))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)
        try:
            await asyncio.wait({sending})
        finally:
            sending.cancel()
        if sending.cancelled():
            raise MaybeSent("the MQTT broker broke off before it answered")
        sending.result()

    async def _once(self) -> None:
        try:
            await self._stay()
        except HearthwatchError as error:
            if self._drops >= _MANY_DROPS:
                error = Refused(
                    f"{error}: again and again. If something else there is called {client_name(self._options)}, too, choose "
                    "another mqtt.client_id, or another mqtt.topic for a second house"
                )
            now_ns = self._clock.mono_ns()
            if self._failing_ns is None:
                self._failing_ns = now_ns
            is_lasting = now_ns - self._failing_ns >= _TELL_AFTER_S * NS_PER_S
            if is_lasting or isinstance(error, Refused | ConfigFault):
                meanwhile = "Alerts wait" if self._options.alerts else "Home Assistant sees nothing new"
                self._health.failed(Fault.CHANNEL_DEAD, NAME, f"{error}. {meanwhile} until it works again.")
            raise error  # noqa: TRY201

    async def _stay(self) -> None:
        """Be connected from the first packet to the last. Raises kit errors."""
        context = await asyncio.to_thread(tls_context, self._options) if self._options.tls else None
        with told(self._options):
            client = new_client(self._options, self._password, context, self._last)
            await enter(client, context)
            try:
                await self._talk(client)
            finally:
                self._client = None
                self._lost()
                for sending in self._sending:  # aiomqtt would wait for an answer that cannot come any more
                    sending.cancel()
                await self._farewell(client)
                await client.__aexit__(None, None, None)

    async def _talk(self, client: aiomqtt.Client) -> None:
        own = f"{self._options.topic}/self/{secrets.token_hex(8)}"
        for topic in (own, *self._subscriptions()):
            for code in await client.subscribe(topic, qos=1):
                if (code if isinstance(code, int) else code.value) >= _FAILED:
                    raise Refused(f"the MQTT broker does not let us listen to {topic}: {self._rights()}")
        # A broker whose access list forbids it takes what we send and drops it: only what comes back was passed on.
        await client.publish(own, b"?", qos=1)
        try:
            async with asyncio.timeout(ANSWER_S):
                async for message in client.messages:
                    if str(message.topic) == own:
                        break
                    await self._take(message)
        except TimeoutError as error:
            raise Refused(f"the MQTT broker does not pass on what we send: {self._rights()}") from error
        await client.unsubscribe(own)
        self._client, self._failing_ns = client, None
        log.info("connected to the MQTT broker %s", self._options.host)
        self._settling = asyncio.get_running_loop().call_later(_STEADY_S, self._steady)
        if self._drops < _MANY_DROPS:
            self._health.recovered(Fault.CHANNEL_DEAD, NAME)
        self._up()
        async for message in client.messages:
            await self._take(message)

    def _steady(self) -> None:
        self._drops, self._settling = 0, None
        self._health.recovered(Fault.CHANNEL_DEAD, NAME)

    def _lost(self) -> None:
        """Count connections that did not last: brokers that hear one name twice drop the first, mostly without a word."""
        if self._settling is not None:
            self._settling.cancel()
            self._settling = None
            self._drops += 1

    async def _take(self, message: aiomqtt.Message) -> None:
        payload = message.payload
        if message.retain or len(payload) > MAX_PAYLOAD_BYTES:
            self.ignored += 1
            return
        await self._hear(str(message.topic), payload)

    async def _farewell(self, client: aiomqtt.Client) -> None:
        """Say that we go; where the connection is gone, have aiomqtt tell why, or it complains later that nobody asked."""
        with contextlib.suppress(MaybeSent, TimeoutError):
            async with asyncio.timeout(_FAREWELL_S):
                await publish(client, *self._last, retain=True)

    def _rights(self) -> str:
        trees = " and ".join(f"{tree}/#" for tree in (self._options.topic, self._options.discovery) if tree)
        return f"give {self._options.user or 'us'} the right to read and write {trees} in its access list"
