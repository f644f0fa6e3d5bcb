"""The door to aiomqtt: clients, their certificates, and what it says of brokers in words an owner understands.

MQTT 5 (OASIS standard, 2019): our maximum packet size binds the broker (§3.1.2.11.4), a session of no length keeps no command
for later, and reason codes say why we are refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hearthwatch.alerts.alert import MaybeSent
from hearthwatch.alerts.options import MqttOptions
from hearthwatch.alerts.wording import one_line
from hearthwatch.kit.errors import ConfigFault, Refused, Unreachable, Unsupported
from hearthwatch.kit.logs import hide
from hearthwatch.kit.traffic import TRAFFIC

if TYPE_CHECKING:
    import aiomqtt

MAX_PAYLOAD_BYTES = 64 * 1024
ANSWER_S = 10.0
_MAX_QUEUED = 64
_KEEPALIVE_S = 30
_CONNECT_S = 5.0
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
_SILENT = logging.getLogger("hearthwatch.alerts.mqtt.wire")
_SILENT.setLevel(logging.CRITICAL + 1)  # a flood of messages would be a flood of its warnings


async def ask(options: MqttOptions, password: str) -> None:
    """Log in to the broker and leave again, beside whoever is connected for this house. Raises kit errors, with advice."""
    if password:
        hide(password)
    context = await asyncio.to_thread(tls_context, options) if options.tls else None
    with told(options):
        client = new_client(options, password, context, None, beside="-doctor")
        await enter(client, context)
        await client.__aexit__(None, None, None)


async def publish(client: aiomqtt.Client, topic: str, payload: bytes, *, retain: bool) -> None:
    import aiomqtt

    TRAFFIC.sent("mqtt", len(topic.encode()) + len(payload))
    try:
        await client.publish(topic, payload, qos=1, retain=retain)
    except aiomqtt.MqttError as error:
        raise MaybeSent("the MQTT broker broke off before it answered") from error
    except ValueError as error:
        raise Unsupported(f"no MQTT topic: {one_line(topic, 80)}") from error


def client_name(options: MqttOptions) -> str:
    return options.client_id or options.topic.replace("/", "-")


def new_client(
    options: MqttOptions,
    password: str,
    context: Context | None,
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
        identifier=client_name(options) + beside,
        protocol=aiomqtt.ProtocolVersion.V5,
        will=aiomqtt.Will(last[0], last[1], qos=1, retain=True) if last else None,
        tls_context=context,
        timeout=ANSWER_S,
        keepalive=_KEEPALIVE_S,
        max_queued_incoming_messages=_MAX_QUEUED,
        properties=properties,
        logger=_SILENT,
    )


async def enter(client: aiomqtt.Client, context: Context | None) -> None:
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


class Context(ssl.SSLContext):
    """Knows the socket it wrapped: paho leaves it open where the handshake fails."""

    wrapped: ssl.SSLSocket | None = None

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        self.wrapped = super().wrap_socket(*args, **kwargs)
        return self.wrapped


def tls_context(options: MqttOptions) -> Context:
    context = Context(ssl.PROTOCOL_TLS_CLIENT)  # checks certificate and name
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
def told(options: MqttOptions) -> Iterator[None]:
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
    if isinstance(error, TimeoutError):
        return "no answer"
    return one_line(getattr(error, "strerror", None) or str(error) or type(error).__name__, 120)
