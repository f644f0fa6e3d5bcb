"""The way from the relay to a camera's web server: one owner of its connections, our log-in added, its identity checked."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import urlsplit

from hearthwatch.kit.errors import BadReply, Unsupported
from hearthwatch.kit.secrets import Secret, Secrets
from hearthwatch.kit.units import CameraId
from hearthwatch.run.config import CameraOptions, Config
from hearthwatch.vendors.device import Access, Vendor
from hearthwatch.vendors.doorman import Doorman
from hearthwatch.vendors.http import CameraHttp, LogIn, QueryKeys
from hearthwatch.web.relay.cgi import CgiCall, CgiRule, parse_rule
from hearthwatch.web.relay.doors import Answered, Asked, CgiReply, Unlisted
from hearthwatch.web.relay.rewrite import asked_headers

_MOST_BYTES = 8 << 20
_TIMEOUT_S = 10.0
_SILENCE_S = 30.0
_WEB = {"http": 80, "https": 443}
_NETWORK = frozenset({"rtsp", "rtsps", "http", "https"})
_QUERY = {
    Vendor.FOSCAM_HD: QueryKeys(user="usr", password="pwd"),  # noqa: S106 names of parameters
    Vendor.REOLINK: QueryKeys(user="user", password="password"),  # noqa: S106 names of parameters
}


class Upstreams:
    """Used on the house's loop; `renew` with each configuration, `close` it."""

    def __init__(self, doorman: Doorman, secrets: Secrets, config: Callable[[], Config]) -> None:
        self._doorman = doorman
        self._secrets = secrets
        self._config = config
        self._rng = random.Random()  # noqa: S311 client nonces
        self._held: dict[tuple[CameraId, bool], tuple[Access, CameraHttp]] = {}

    def has_address(self, camera: CameraId) -> bool:
        """Tell whether there is anywhere to ask for its own page."""
        options = self._config().cameras.get(camera)
        return options is not None and options.enabled and bool(_host(options))

    def rules(self, camera: CameraId, vendor: Vendor | None = None) -> tuple[CgiRule, ...]:
        """Return what may be handed on to `camera`; by its vendor as far as that is known."""
        config = self._config()
        options = config.cameras[camera]
        family = vendor or self._known_vendor(camera, options)
        return tuple(parse_rule(text) for text in (*config.proxy.cgi.get(family, ()), *options.proxy.cgi))

    def _known_vendor(self, camera: CameraId, options: CameraOptions) -> Vendor:
        try:
            return self._doorman.door(camera).vendor
        except Unsupported:
            return options.door.vendor

    async def call(self, camera: CameraId, call: CgiCall, body: bytes, content_type: str) -> CgiReply:
        """See RelayDoor."""
        listed = self.rules(camera)
        if (
            not any(rule.admits(call) for rule in listed)
            and self._known_vendor(camera, self._config().cameras[camera]) is not Vendor.AUTO
        ):
            raise _not_listed(camera)
        access, vendor = await self._access(camera)
        if not any(rule.admits(call) for rule in self.rules(camera, vendor)):
            raise _not_listed(camera)
        http = await self._http(camera, access, vendor, commands=True)
        headers = {"Content-Type": content_type} if call.method == "POST" else {}
        step = "handing on a command"
        async with http.hand_on(call.method, call.target, headers, body, step=step, silence_s=_TIMEOUT_S) as answer:
            got = bytearray()
            async for chunk in answer.chunks:
                got += chunk
                if len(got) > _MOST_BYTES:
                    raise BadReply(f"{camera}: an answer of more than {_MOST_BYTES} bytes")
            kind = next((value for name, value in answer.headers if name == "content-type"), "text/plain")
            return CgiReply(status=answer.status, content_type=kind[:200], body=bytes(got))

    @asynccontextmanager
    async def ask(self, camera: CameraId, asked: Asked) -> AsyncGenerator[Answered]:
        """See RelayDoor."""
        access, vendor = await self._access(camera)
        http = await self._http(camera, access, vendor, commands=False)
        origins = _origins(access)
        headers = dict(asked_headers(asked.headers, origins[0]))
        step = "its own page"
        async with http.hand_on(asked.method, asked.target, headers, asked.body, step=step, silence_s=_SILENCE_S) as answer:
            yield Answered(status=answer.status, headers=answer.headers, chunks=answer.chunks, origins=origins)

    async def _access(self, camera: CameraId) -> tuple[Access, Vendor]:
        """Return how the camera is reached, once it is sure that it is the camera. Raises Unreachable, Unsupported."""
        try:
            await self._doorman.client(camera)
            door = self._doorman.door(camera)
        except Unsupported:  # of no known family, or nobody watches its door: its page can be handed on all the same
            access = self._plain_access(camera)
            await self._doorman.admission.admit(access, Vendor.NONE)
            return replace(access, gate=self._doorman.admission.gate), Vendor.NONE
        return replace(door.access, gate=self._doorman.admission.gate), door.vendor

    def _plain_access(self, camera: CameraId) -> Access:
        options = self._config().cameras[camera]
        host = _host(options)
        if not host:
            raise Unsupported(f"{camera} has no web server of its own")
        stream = urlsplit(options.main or options.snapshot)
        tls = options.door.tls or (not options.door.port and stream.scheme == "https")
        port = options.door.port or (stream.port if stream.scheme in _WEB else None) or _WEB["https" if tls else "http"]
        password = self._secrets.get(f"camera.{camera}.door.password") or self._secrets.get(f"camera.{camera}.password")
        return Access(
            camera=camera,
            host=host,
            port=port,
            tls=tls,
            user=options.door.user or options.user,
            password=password or Secret(""),
            allow_loopback=options.allow_loopback,
        )

    async def _http(self, camera: CameraId, access: Access, vendor: Vendor, *, commands: bool) -> CameraHttp:
        """`commands`: logged in as the family takes it; else only where the camera's page asks for it by itself."""
        held = self._held.get((camera, commands))
        if held is not None and held[0] == access:
            return held[1]
        if held is not None:
            await held[1].close()
        keys = _QUERY.get(vendor) if commands else None
        log_in = LogIn.QUERY if keys else LogIn.DIGEST if vendor is Vendor.DAHUA else LogIn.CHALLENGE
        http = CameraHttp(access, rng=self._rng, log_in=log_in, query_keys=keys, timeout_s=_TIMEOUT_S)
        self._held[camera, commands] = access, http
        return http

    async def renew(self) -> None:
        """Forget the ways in: addresses and passwords may be others now."""
        held, self._held = self._held, {}
        for _, http in held.values():
            await http.close()

    async def close(self) -> None:
        await self.renew()


def _not_listed(camera: CameraId) -> Unlisted:
    return Unlisted(f"this command is not among those that are handed on to {camera}: see `cgi` in [camera.{camera}.proxy]")


def _host(options: CameraOptions) -> str:
    stream = urlsplit(options.main or options.snapshot)
    return options.door.host or (stream.hostname or "" if stream.scheme in _NETWORK else "")


def _origins(access: Access) -> tuple[str, ...]:
    """Return what the camera may call itself, the way we speak with it first."""
    host = access.host.strip("[]").lower()
    host = f"[{host}]" if ":" in host else host
    schemes = ("https", "http") if access.tls else ("http", "https")
    first = f"{schemes[0]}://{host}:{access.port}"
    return (first, *(f"{scheme}://{host}" for scheme in schemes), f"{schemes[1]}://{host}:{access.port}")
