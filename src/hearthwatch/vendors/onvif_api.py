"""Asking an ONVIF camera: finds its services, logs in by its own clock, and tells each kind of refusal apart.

A request carries a UsernameToken (a hash, never the password) until the camera asks for HTTP Digest; from then on Digest alone,
as ONVIF wants it. Basic is never answered. Addresses that the camera names are followed on itself only.
"""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from hearthwatch.kit.address import resolve
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, Unsupported
from hearthwatch.kit.units import NS_PER_S, US_PER_S, WallUs, from_datetime, to_datetime
from hearthwatch.vendors import onvif_reply, onvif_services
from hearthwatch.vendors.device import Access, ClockReading, LocalUs
from hearthwatch.vendors.http import DEFAULT_LIMIT_BYTES, CameraHttp, LogIn, Reply, Upload
from hearthwatch.vendors.onvif_reply import DateAndTime
from hearthwatch.vendors.onvif_services import Subscription
from hearthwatch.vendors.onvif_soap import Answer, Ns, Route, Token, action_of, answer, envelope

_DEVICE_TARGET = "/onvif/device_service"
_FAULTS = frozenset({400, 401, 403, 500})
_RESOLUTION_US = US_PER_S // 2
_SKEW_US = 5 * US_PER_S
_MAX_YEAR_US = 253_402_300_799 * US_PER_S
_MAX_DOORS = 6


class Lane(StrEnum):
    """What a connection is for. FEED may wait long beside the commands; PAGE is not SOAP and has log-ins of its own kind."""

    COMMAND = "command"
    FEED = "feed"
    PAGE = "page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where on the camera a request goes, and on which connection."""

    port: int
    tls: bool
    target: str
    lane: Lane = Lane.COMMAND


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One operation of a service; `content` is written XML. `step` says in an error what was tried."""

    service: Ns
    operation: str
    content: str = ""
    step: str
    limit_bytes: int = DEFAULT_LIMIT_BYTES


_CLOCK = Command(service=Ns.DEVICE, operation="GetSystemDateAndTime", step="reading its clock")


class OnvifApi:
    """The connections to one camera. `close` it. For one event loop."""

    def __init__(self, access: Access, *, clock: Clock, rng: random.Random, timeout_s: float, feed_timeout_s: float) -> None:
        self._clock = clock
        self._rng = rng
        self._timeouts_s = {Lane.COMMAND: timeout_s, Lane.FEED: feed_timeout_s, Lane.PAGE: timeout_s}
        self._others: dict[tuple[int, bool, Lane], CameraHttp] = {}
        self._places: Mapping[str, Place] = {}
        self._placed: Place | None = None
        self._ahead_us: int | None = None
        self.http = CameraHttp(access, rng=rng, log_in=LogIn.DIGEST, timeout_s=timeout_s)
        """The connection of the commands; all others reach the camera, and log in, as this one does."""

    async def close(self) -> None:
        for door in (self.http, *self._others.values()):
            await door.close()

    @property
    def access(self) -> Access:
        return self.http.access

    @property
    def home(self) -> Place:
        """The device service."""
        return Place(port=self.access.port, tls=self.access.tls, target=_DEVICE_TARGET)

    def _door(self, place: Place) -> CameraHttp:
        if replace(place, target=_DEVICE_TARGET) == self.home:
            return self.http
        key = (place.port, place.tls, place.lane)
        access = replace(self.access, port=place.port, tls=place.tls)
        door = self._others.get(key)
        if door is None:
            if len(self._others) >= _MAX_DOORS:
                raise BadReply("the camera names too many ports of its own")
            timeout_s = self._timeouts_s[place.lane]
            door = self._others[key] = CameraHttp(access, rng=self._rng, log_in=LogIn.DIGEST, timeout_s=timeout_s)
        elif door.access != access:
            door.use(access)
        return door

    async def call(self, command: Command) -> Answer:
        """Send one command and return its answer.

        Raises Unreachable, Refused, BadReply, and Unsupported for what the camera lacks."""
        return await self.ask(await self.place(command.service), command)

    async def ask(self, place: Place, command: Command, subscription: Subscription | None = None) -> Answer:
        """As `call`, to a place already known. A camera whose clock was set takes our token for stale: it is read again."""
        if self._ahead_us is None:
            with contextlib.suppress(BadReply, Unsupported):  # a token by our own clock may do
                await self.date_and_time()
        ahead_us = self._ahead_us or 0
        route = self._route(subscription) if subscription else None
        try:
            return await self._send(place, command, self._token(), route)
        except Refused:
            if self._door(place).digest_works:
                raise
            with contextlib.suppress(BadReply, Unsupported):
                await self.date_and_time()
            if abs((self._ahead_us or 0) - ahead_us) < _SKEW_US:
                raise
        return await self._send(place, command, self._token(), route)

    async def _send(self, place: Place, command: Command, token: Token | None = None, route: Route | None = None) -> Answer:
        door = self._door(place)
        token = None if door.digest_works else token
        body = envelope(command.service, command.operation, command.content, token=token, route=route)
        content_type = f'application/soap+xml; charset=utf-8; action="{action_of(command.service, command.operation)}"'
        reply = await door.post(
            place.target, body, content_type, step=command.step, limit_bytes=command.limit_bytes, also=_FAULTS
        )
        self._note_date(reply)
        with door.named(command.step):
            return answer(reply.status, reply.content_type, reply.body)

    def _route(self, subscription: Subscription) -> Route:
        message_id = f"urn:uuid:{uuid.UUID(int=self._rng.getrandbits(128), version=4)}"
        return Route(address=subscription.address, parameters=subscription.parameters, message_id=message_id)

    def _token(self) -> Token | None:
        if not self.access.user:
            return None
        nonce = self._rng.randbytes(16)
        return Token(user=self.access.user, password=self.http.password, created=self.camera_time(), nonce=nonce)

    def camera_time(self, after_s: float = 0) -> str:
        """Return what the camera's clock shows `after_s` from now, in universal time."""
        at_us = self.camera_us() + round(after_s * US_PER_S)
        return to_datetime(WallUs(max(0, min(at_us, _MAX_YEAR_US)))).strftime("%Y-%m-%dT%H:%M:%SZ")

    def camera_us(self) -> LocalUs:
        """As `camera_time`, of now."""
        return LocalUs(self._clock.wall_us() + (self._ahead_us or 0))

    def _note_date(self, reply: Reply) -> None:
        """Where the clock itself is told only after the log-in, the header of the refusal tells it well enough for that."""
        if self._ahead_us is None and reply.date:
            with contextlib.suppress(ValueError, TypeError, OverflowError):
                said = email.utils.parsedate_to_datetime(reply.date)
                self._ahead_us = from_datetime(said) - self._clock.wall_us() if said.tzinfo else None

    async def date_and_time(self) -> tuple[DateAndTime, ClockReading]:
        """Read the camera's clock, without a log-in where that is allowed; the reading is of its universal time."""
        before_us, before_ns = self._clock.wall_us(), self._clock.mono_ns()
        try:
            got = await self._send(self.home, _CLOCK)
        except Refused:
            if not self.access.user or self.http.digest_works:
                raise
            before_us, before_ns = self._clock.wall_us(), self._clock.mono_ns()
            got = await self._send(self.home, _CLOCK, self._token())
        half_us = (self._clock.mono_ns() - before_ns) * US_PER_S // NS_PER_S // 2
        with self.http.named(_CLOCK.step):
            found = onvif_reply.date_and_time(got.content)
            shown_us = found.local_us if found.utc_us is None else found.utc_us
            if shown_us is None:
                raise BadReply("the camera's clock shows no date")
        reading = ClockReading(
            local_us=LocalUs(shown_us + _RESOLUTION_US), at_us=WallUs(before_us + half_us), error_us=half_us + _RESOLUTION_US
        )
        self._ahead_us = reading.ahead_us
        return found, reading

    async def place(self, service: Ns) -> Place:
        """Return where `service` is. Raises Unsupported when the camera does not have it."""
        if service is Ns.DEVICE:
            return self.home
        if self._placed != self.home:
            home = self.home
            self._places = await self._find_services()
            self._placed = home
        found = self._places.get(service)
        if found is None:
            raise Unsupported(f"{self.http.name}: the camera does not have the service {service.rpartition('onvif.org/')[2]}")
        return found

    async def _find_services(self) -> Mapping[str, Place]:
        step = "asking for its services"
        body = "<IncludeCapability>false</IncludeCapability>"
        try:
            got = await self.ask(self.home, Command(service=Ns.DEVICE, operation="GetServices", content=body, step=step))
            found = onvif_services.services(got.content)
        except (Unsupported, BadReply):
            body = "<Category>All</Category>"
            got = await self.ask(self.home, Command(service=Ns.DEVICE, operation="GetCapabilities", content=body, step=step))
            with self.http.named(step):
                found = onvif_services.capabilities(got.content)
        return {ns: await self.locate(found[ns]) for ns in Ns if ns in found}

    async def locate(self, address: str, lane: Lane = Lane.COMMAND) -> Place:
        """Return where on the camera an address of its own leads. The host is always the one we reach it at.

        An address that names another host was made without knowing how we got here: then its port is not taken either, unless
        it is a page beside the services, which is at the camera's web server. TLS is never left."""
        parts = onvif_services.split(address)
        if parts is None or parts[0] not in {"http", "https"}:
            raise BadReply(f"{self.http.name}: the camera names an address that is not HTTP")
        scheme, host, port, target = parts
        tls = scheme == "https"
        if tls != self.access.tls or not (lane is Lane.PAGE or await self._is_ours(host)):
            return replace(self.home, target=target, lane=lane)
        return Place(port=port or (443 if tls else 80), tls=tls, target=target, lane=lane)

    async def leave(self, place: Place) -> None:
        """Close the connection to a place that was for one subscription: some cameras give each one a port of its own."""
        if place.lane is Lane.FEED and place.port != self.home.port:
            door = self._others.pop((place.port, place.tls, place.lane), None)
            if door is not None:
                await door.close()

    async def _is_ours(self, host: str) -> bool:
        access = self.access
        if host == access.host.strip("[]"):
            return True
        with contextlib.suppress(HearthwatchError):
            ip, _ = await asyncio.to_thread(resolve, access.host, access.port, access.allow_loopback)
            return ip == host
        return False

    async def page(self, address: str, *, step: str, limit_bytes: int) -> Reply:
        """Get what is at an address of the camera's own web server."""
        place = await self.locate(address, Lane.PAGE)
        return await self._door(place).get(place.target, step=step, limit_bytes=limit_bytes)

    async def upload(self, address: str, upload: Upload, *, step: str, timeout_s: float) -> None:
        """Send a file to an address of the camera's own web server."""
        place = await self.locate(address, Lane.PAGE)
        await self._door(place).upload(place.target, upload, step=step, timeout_s=timeout_s)
