"""The relay for the page and the routes: pictures that tell their number, commands that are written down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import CameraId
from hearthwatch.web.relay.cgi import CgiCall, parse_rule
from hearthwatch.web.relay.doors import Answered, Asked, CgiReply, RelayNow, Unlisted
from hearthwatch.web.relay.rtsp_login import Key

RULES = ("GET /cgi-bin/magicBox.cgi?action=getDeviceType", "GET /cgi-bin/ptz.cgi?action=*&code=*", "POST /api/set?cmd=Led")
PASSWORD = "a-long-proxy-password"
JPEG = b"\xff\xd8 a picture \xff\xd9"


class FakeRelay:
    """Implements RelayDoor. `calls` are the commands that reached a camera."""

    def __init__(self) -> None:
        self.calls: list[CgiCall] = []
        self.hidden: set[str] = set()
        self.password = PASSWORD
        self.controls = False
        self.reply = CgiReply(status=200, content_type="text/plain", body=b"type=IP2M-841B\r\n")
        self.opened: list[CameraId] = []
        self.ended: list[str] = []
        self.restreams: Callable[[], bool] = lambda: True

    def now(self, camera: CameraId) -> RelayNow:
        """See RelayDoor."""
        return RelayNow(
            enabled=self.is_shared(camera),
            user="viewer",
            has_password=bool(self.password),
            open_port=0,
            restream_port=8554 if self.restreams() else 0,
            restream_user="viewer",
            restream_has_password=True,
            restream_why="",
            has_page=camera != "garage",
            has_sub=True,
            cgi=RULES[:2],
        )

    def is_shared(self, camera: CameraId) -> bool:
        """See RelayDoor."""
        return camera not in self.hidden

    def key(self) -> Key | None:
        """See RelayDoor."""
        return Key(user="viewer", password=Secret(self.password)) if self.password else None

    async def snapshot(self, camera: CameraId) -> bytes:
        """See RelayDoor."""
        return JPEG

    async def mjpeg(self, camera: CameraId) -> AsyncGenerator[bytes]:
        """See RelayDoor."""
        for _ in range(3):
            yield JPEG
            await asyncio.sleep(0)

    async def call(self, camera: CameraId, call: CgiCall, body: bytes, content_type: str) -> CgiReply:
        """See RelayDoor."""
        if not any(parse_rule(rule).admits(call) for rule in RULES):
            raise Unlisted("this command is not among those that are handed on")
        self.calls.append(call)
        return self.reply

    @asynccontextmanager
    async def ask(self, camera: CameraId, asked: Asked) -> AsyncGenerator[Answered]:
        """See RelayDoor."""
        raise Unsupported("a fake camera has no page")
        yield

    async def open_page(self, camera: CameraId, *, https: bool) -> int:
        """See RelayDoor."""
        self.opened.append(camera)
        return 8451

    def ticket(self, camera: CameraId, who: str) -> str:
        """See RelayDoor."""
        return "a-ticket"

    async def end_stays(self, who: str) -> None:
        """See RelayDoor."""
        self.ended.append(who)

    async def new_password(self, name: str) -> str:
        """See RelayDoor."""
        self.password = "made-anew-a-long-one"
        return self.password
