"""MQTT: the connection to the owner's broker, kept up; the only module that knows aiomqtt.

MQTT 5 (OASIS standard, 2019): our maximum packet size binds the broker (§3.1.2.11.4), a session of no length keeps no command
for later, and reason codes say why we are refused. The broker passes on everything at least once (QoS 1).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import ssl
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from hearthwatch.alerts.alert import MaybeSent
from hearthwatch.alerts.options import MqttOptions
from hearthwatch.alerts.wording import one_line
from hearthwatch.health.outage import Fault, HealthSink
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import ConfigFault, HearthwatchError, Refused, Unreachable, Unsupported
from hearthwatch.kit.logs import hide
from hearthwatch.kit.retry import Backoff, keep_running_async
from hearthwatch.kit.units import NS_PER_S, MonoNs

if TYPE_CHECKING:
    import aiomqtt

log = logging.getLogger(__name__)

NAME = "mqtt"
MAX_PAYLOAD_BYTES = 64 * 1024
_MAX_QUEUED = 64
_KEEPALIVE_S = 30
_ANSWER_S = 10.0
_CONNECT_S = 5.0
_FAREWELL_S = 2.0
_TELL_AFTER_S = 60.0
_STEADY_S = 60.0
_MANY_DROPS = 3
_WRONG_LOGIN = "refuses our log-in: correct mqtt.user, or run `hearthwatch secrets set mqtt.password`"
_REFUSALS = {
    132: "does not know MQTT 5: update it",
    133: "does not want our name: choose another mqtt.client_id",
    134: _WRONG_LOGIN,
    135: _WRONG_LOGIN,
    138: "has banned us: look into its settings",
    140: _WRONG_LOGIN,
    142: "hears somebody else by our name, who takes our place: choose another mqtt.client_id",
}
"""Reason codes of CONNACK and DISCONNECT (MQTT 5, §2.4) that somebody has to do something about."""
_FAILED = 128
"""Reason codes from here on are failures."""
_SILENT = logging.getLogger("hearthwatch.alerts.mqtt.wire")
_SILENT.setLevel(logging.CRITICAL + 1)  # a flood of messages would be a flood of its warnings

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
        sending = asyncio.create_task(_publish(client, topic, payload, retain=retain))
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
                    f"{error}: again and again. If something else there is called {_name(self._options)}, too, choose another "
                    "mqtt.client_id, or another mqtt.topic for a second house"
                )
            now_ns = self._clock.mono_ns()
            if self._failing_ns is None:
                self._failing_ns = now_ns
            is_lasting = now_ns - self._failing_ns >= _TELL_AFTER_S * NS_PER_S
            if is_lasting or isinstance(error, Refused | ConfigFault):
                self._health.failed(Fault.CHANNEL_DEAD, NAME, f"{error}. Alerts wait until it works again.")
            raise error  # noqa: TRY201

    async def _stay(self) -> None:
        """Be connected from the first packet to the last. Raises kit errors."""
        context = await asyncio.to_thread(_tls, self._options) if self._options.tls else None
        with _told(self._options):
            client = _new_client(self._options, self._password, context, self._last)
            await _enter(client, context)
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
            async with asyncio.timeout(_ANSWER_S):
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
        import aiomqtt

        topic, payload = self._last
        with contextlib.suppress(aiomqtt.MqttError, TimeoutError):
            async with asyncio.timeout(_FAREWELL_S):
                await client.publish(topic, payload, qos=1, retain=True)

    def _rights(self) -> str:
        trees = " and ".join(f"{tree}/#" for tree in (self._options.topic, self._options.discovery) if tree)
        return f"give {self._options.user or 'us'} the right to read and write {trees} in its access list"


async def ask(options: MqttOptions, password: str) -> None:
    """Log in to the broker and leave again, beside whoever is connected for this house. Raises kit errors, with advice."""
    if password:
        hide(password)
    context = await asyncio.to_thread(_tls, options) if options.tls else None
    with _told(options):
        client = _new_client(options, password, context, None, beside="-doctor")
        await _enter(client, context)
        await client.__aexit__(None, None, None)


async def _publish(client: aiomqtt.Client, topic: str, payload: bytes, *, retain: bool) -> None:
    import aiomqtt

    try:
        await client.publish(topic, payload, qos=1, retain=retain)
    except aiomqtt.MqttError as error:
        raise MaybeSent("the MQTT broker broke off before it answered") from error
    except ValueError as error:
        raise Unsupported(f"no MQTT topic: {one_line(topic, 80)}") from error


def _name(options: MqttOptions) -> str:
    return options.client_id or options.topic.replace("/", "-")


def _new_client(
    options: MqttOptions,
    password: str,
    context: _Context | None,
    last: tuple[str, bytes] | None,
    *,
    beside: str = "",
) -> aiomqtt.Client:
    import aiomqtt
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties

    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.MaximumPacketSize = MAX_PAYLOAD_BYTES
    return aiomqtt.Client(
        options.host,
        options.port,
        username=options.user or None,
        password=password if options.user else None,
        identifier=_name(options) + beside,
        protocol=aiomqtt.ProtocolVersion.V5,
        will=aiomqtt.Will(last[0], last[1], qos=1, retain=True) if last else None,
        tls_context=context,
        timeout=_ANSWER_S,
        keepalive=_KEEPALIVE_S,
        max_queued_incoming_messages=_MAX_QUEUED,
        properties=properties,
        logger=_SILENT,
    )


async def _enter(client: aiomqtt.Client, context: _Context | None) -> None:
    """Connect. A connect that is cancelled half-way would leave its socket open, so it is first let end."""
    import aiomqtt

    connecting = asyncio.ensure_future(client.__aenter__())
    try:
        await asyncio.shield(connecting)
    except aiomqtt.MqttError:
        if context is not None and context.wrapped is not None:
            context.wrapped.close()
        raise
    except asyncio.CancelledError:
        done, _ = await asyncio.wait({connecting}, timeout=_CONNECT_S)
        if done and connecting.exception() is None:
            await client.__aexit__(None, None, None)
        raise


class _Context(ssl.SSLContext):
    """Knows the socket it wrapped: paho leaves it open where the handshake fails."""

    wrapped: ssl.SSLSocket | None = None

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        self.wrapped = super().wrap_socket(*args, **kwargs)
        return self.wrapped


def _tls(options: MqttOptions) -> _Context:
    context = _Context(ssl.PROTOCOL_TLS_CLIENT)  # checks certificate and name
    try:
        if options.ca:
            context.load_verify_locations(options.ca)
        else:
            context.load_default_certs()
    except (OSError, ssl.SSLError) as error:
        raise ConfigFault(f"mqtt.ca: {options.ca} is no certificate we can read ({_why(error)})") from error
    if options.certificate:
        try:
            # the callback: else OpenSSL asks at the console for the password of a sealed key
            context.load_cert_chain(options.certificate, options.key, password=lambda: "")
        except (OSError, ssl.SSLError) as error:
            raise ConfigFault(
                f"mqtt.certificate: {options.certificate} and {options.key} cannot be used together ({_why(error)})"
            ) from error
    return context


@contextlib.contextmanager
def _told(options: MqttOptions) -> Iterator[None]:
    """Make kit errors of aiomqtt's."""
    import aiomqtt

    try:
        yield
    except aiomqtt.MqttError as error:
        broker = f"the MQTT broker at {options.host}:{options.port}"
        refusal = _REFUSALS.get(_code(error)) or _REFUSALS.get(_code(error.__cause__))
        if refusal is not None:
            raise Refused(f"{broker} {refusal}") from error
        cause = error.__context__  # aiomqtt hides what the socket said, but it is there
        if isinstance(cause, ssl.SSLCertVerificationError):
            raise Refused(
                f"the certificate of {broker} is not to be trusted ({cause.verify_message}): set mqtt.ca to the certificate of "
                "its authority, and mqtt.host to the name in it"
            ) from error
        if isinstance(cause, ssl.SSLError):
            raise Refused(f"{broker} does not speak TLS with us ({_why(cause)}): check mqtt.port and mqtt.tls") from error
        if isinstance(cause, ConnectionRefusedError):
            raise Unreachable(f"{broker} does not answer: is it running?") from error
        raise Unreachable(f"{broker} cannot be reached ({_why(cause if isinstance(cause, OSError) else error)})") from error


def _code(error: BaseException | None) -> int:
    code = getattr(error, "rc", None)
    return code if isinstance(code, int) else getattr(code, "value", 0)


def _why(error: BaseException) -> str:
    return one_line(getattr(error, "strerror", None) or str(error) or type(error).__name__, 120)
