"""What of the cameras other software and their owner's browser get: pictures, commands, video by RTSP, and their own pages."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import secrets as random_words
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, TypeVar

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import ConfigFault, Unsupported
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId
from hearthwatch.run.config import Config
from hearthwatch.run.relay_upstream import Upstreams
from hearthwatch.vendors.doorman import Doorman
from hearthwatch.web.doors import CameraDoor, LiveDoor
from hearthwatch.web.gate import host_names
from hearthwatch.web.reach import Reach, Tls
from hearthwatch.web.relay.cgi import CgiCall
from hearthwatch.web.relay.doors import Answered, Asked, CgiReply, RelayNow
from hearthwatch.web.relay.listening import listen, listen_everywhere, serve_at
from hearthwatch.web.relay.open_port import OpenPort
from hearthwatch.web.relay.options import RestreamOptions
from hearthwatch.web.relay.own_page import OwnPage
from hearthwatch.web.relay.restream import Restream
from hearthwatch.web.relay.rtsp_login import Key
from hearthwatch.web.relay.shared import SharedPictures
from hearthwatch.web.relay.stays import Stays

log = logging.getLogger(__name__)

W = TypeVar("W")

_LOOK_S = 2.0


class RelayDesk:
    """Implements RelayDoor. Used on the house's loop; `tasks` are kept running, `renew` it with each configuration."""

    def __init__(
        self,
        pictures: SharedPictures,
        live: LiveDoor,
        cameras: CameraDoor,
        doorman: Doorman,
        secrets: Secrets,
        *,
        config: Callable[[], Config],
        data_folder: Path,
        clock: Clock,
    ) -> None:
        self._pictures = pictures
        self._cameras = cameras
        self._secrets = secrets
        self._config = config
        self._data = data_folder
        self._clock = clock
        self._upstreams = Upstreams(doorman, secrets, config)
        self._keys: dict[str, Key | None] = {}
        self._restream = Restream(live, cameras, key=lambda: self._key("restream"), is_shared=self.is_shared, clock=clock)
        self._stays = Stays(clock)
        self._page: asyncio.Task[None] | None = None
        self._page_at: tuple[CameraId, bool, int] | None = None
        self._open_port = 0
        self._why = ""
        self._renewed = asyncio.Event()

    @property
    def tasks(self) -> tuple[tuple[str, Callable[[], Awaitable[None]]], ...]:
        return (("restream", self._keep_restream), ("port without log-in", self._keep_open_port), ("stays", self._end_stays))

    def is_shared(self, camera: CameraId) -> bool:
        """See RelayDoor."""
        options = self._config().cameras.get(camera)
        return options is not None and options.enabled and options.proxy.enabled

    def now(self, camera: CameraId) -> RelayNow:
        """See RelayDoor."""
        config = self._config()
        shared = self.is_shared(camera)
        return RelayNow(
            enabled=shared,
            user=config.proxy.user,
            has_password=self.key() is not None,
            open_port=self._open_port,
            restream_port=self._restream.port,
            restream_user=config.restream.user,
            restream_has_password=self._key("restream") is not None,
            restream_why=self._why,
            has_page=self._upstreams.has_address(camera),
            has_sub=bool(config.cameras[camera].sub) if camera in config.cameras else False,
            cgi=tuple(
                f"{rule.method} {CgiCall(method='', path=rule.path, pairs=rule.pairs).target}"
                for rule in self._upstreams.rules(camera)
            )
            if shared
            else (),
        )

    def key(self) -> Key | None:
        """See RelayDoor."""
        return self._key("proxy")

    def _key(self, name: str) -> Key | None:
        if name not in self._keys:
            password = self._secrets.get(f"{name}.password")
            config = self._config()
            user = config.proxy.user if name == "proxy" else config.restream.user
            self._keys[name] = Key(user=user, password=password) if password and password.reveal() else None
        return self._keys[name]

    @property
    def controls(self) -> bool:
        """See RelayDoor."""
        return self._config().proxy.controls

    async def snapshot(self, camera: CameraId) -> bytes:
        """See RelayDoor."""
        return await self._pictures.snapshot(camera)

    def mjpeg(self, camera: CameraId) -> AsyncGenerator[bytes]:
        """See RelayDoor."""
        return self._pictures.best_mjpeg(camera)

    async def call(self, camera: CameraId, call: CgiCall, body: bytes, content_type: str) -> CgiReply:
        """See RelayDoor."""
        return await self._upstreams.call(camera, call, body, content_type)

    def ask(self, camera: CameraId, asked: Asked) -> AbstractAsyncContextManager[Answered]:
        """See RelayDoor."""
        return self._upstreams.ask(camera, asked)

    async def new_password(self, name: str) -> str:
        """See RelayDoor."""
        password = random_words.token_urlsafe(15)
        await asyncio.to_thread(self._secrets.set, f"{name}.password", password)
        await self.renew()
        return password

    async def open_page(self, camera: CameraId, *, https: bool) -> int:
        """See RelayDoor."""
        if not self._upstreams.has_address(camera):
            raise Unsupported("This camera has no web page of its own that could be reached.")
        first = self._config().proxy.page_port
        wanted = first + list(self._config().cameras).index(camera) if first else 0
        if (
            self._page is not None
            and self._page_at is not None
            and self._page_at[:2] == (camera, https)
            and not self._page.done()
        ):
            return self._page_at[2]
        await self._close_page()
        listening = listen_everywhere(wanted, "proxy.page_port") if https else [listen("127.0.0.1", wanted, "proxy.page_port")]
        port: int = listening[0].getsockname()[1]
        options = self._config().web
        keeper = Tls(options, self._data / "tls", self._clock, Reach(), self._secrets)
        context = await asyncio.to_thread(keeper.open) if https else None
        names = host_names(options.hosts)
        app = OwnPage(camera, self._stays, self.ask, lambda name: name in names or _is_address(name), https=https)
        self._page = asyncio.create_task(serve_at(app, listening, context))
        self._page_at = (camera, https, port)
        return port

    def ticket(self, camera: CameraId, who: str) -> str:
        """See RelayDoor."""
        log.info("the own page of %s was opened by %s", camera, who)
        return self._stays.begin(camera, who)

    async def end_stays(self, who: str) -> None:
        """See RelayDoor."""
        if self._stays.who == who:
            self._stays.end()
            await self._close_page()

    async def _close_page(self) -> None:
        page, self._page, self._page_at = self._page, None, None
        if page is not None:
            page.cancel()
            await asyncio.gather(page, return_exceptions=True)

    async def _end_stays(self) -> None:
        """Nothing listens for a stay that is over; at the end of the house everything is let go of."""
        try:
            while True:
                await asyncio.sleep(_LOOK_S)
                if self._page_at is not None and self._stays.camera != self._page_at[0]:
                    await self._close_page()
        finally:
            await self._close()

    async def renew(self) -> None:
        """Go on with a changed configuration or changed secrets."""
        self._keys.clear()
        await self._upstreams.renew()
        renewed, self._renewed = self._renewed, asyncio.Event()
        renewed.set()

    async def _keep_restream(self) -> None:
        await self._keep(lambda: (self._config().restream, self._key("restream")), self._serve_restream)

    async def _serve_restream(self, wish: tuple[RestreamOptions, Key | None]) -> None:
        options, key = wish
        self._why = ""
        if options.enabled and key is not None:
            try:
                await self._restream.run(options)
            except ConfigFault as error:
                self._why = str(error)
                log.error("the restream does not run: %s", error)  # noqa: TRY400 the text says it all
        elif options.enabled:
            self._why = "it needs a password"
            log.warning("the restream needs a password: hearthwatch secrets set restream.password")

    async def _keep_open_port(self) -> None:
        await self._keep(lambda: self._config().proxy.open_port, self._serve_open_port)

    async def _serve_open_port(self, port: int) -> None:
        if not port:
            return
        try:
            listening = [listen("127.0.0.1", port, "proxy.open_port")]
        except ConfigFault as error:
            log.error("there is no port without a log-in: %s", error)  # noqa: TRY400 the text says it all
            return
        try:
            self._open_port = port
            await serve_at(OpenPort(self, self._cameras), listening)
        finally:
            self._open_port = 0

    async def _keep(self, wish: Callable[[], W], serve: Callable[[W], Coroutine[Any, Any, None]]) -> None:
        """Serve as wished, anew whenever that changes."""
        while True:
            wished = wish()
            serving = asyncio.create_task(serve(wished))
            try:
                while wish() == wished:
                    await self._renewed.wait()
            finally:
                serving.cancel()
                await asyncio.gather(serving, return_exceptions=True)

    async def _close(self) -> None:
        self._stays.end()
        await self._close_page()
        await self._pictures.close()
        await self._upstreams.close()


def _is_address(name: str) -> bool:
    with contextlib.suppress(ValueError):
        return bool(ipaddress.ip_address(name))
    return False
