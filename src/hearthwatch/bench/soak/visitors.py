"""Who uses the house in a soak: viewers of the live sockets, and a camera that mails and uploads its alarms."""

from __future__ import annotations

import asyncio
import contextlib
import ftplib
import io
import json
import smtplib
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path

import aiohttp
import av
import cv2

from hearthwatch.bench.soak.house import SoakHouse
from hearthwatch.kit.errors import BadReply

PORCH_PASSWORD = "porch-Secret-4711"  # noqa: S105 of a house that lives as long as the measurement
_AGAIN_S = 1.0
_TIMEOUT_S = 20.0


class Viewers:
    """The first watches the wall (every camera's sub-stream by one connection), the others one main stream each. `messages`
    counts what each got, `breaks` how often a connection broke off."""

    def __init__(self, house: SoakHouse, cameras: Sequence[str], count: int) -> None:
        self._house = house
        self._cameras = cameras
        self.messages = [0] * count
        self.breaks = 0

    async def watch(self, number: int) -> None:
        """Watch until cancelled; comes back a second after a break."""
        path = "/api/v1/live" if number == 0 else f"/api/v1/cameras/{self._cameras[(number - 1) % len(self._cameras)]}/live"
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                headers = {"Origin": self._house.base}
                url = self._house.base + path
                async with self._house.http.ws_connect(url, headers=headers, max_msg_size=0) as socket:
                    for camera in self._cameras if number == 0 else ():
                        await socket.send_str(json.dumps({"watch": camera}))
                    async for message in socket:
                        self.messages[number] += message.type is aiohttp.WSMsgType.BINARY
            self.breaks += 1
            await asyncio.sleep(_AGAIN_S)


class AlarmingCamera:
    """Leaves one mail and one picture each time it is asked to; `failed` says what was not taken."""

    def __init__(self, user: str, smtp_port: int, ftp_port: int, picture: bytes) -> None:
        self._user = user
        self._ports = smtp_port, ftp_port
        self._picture = picture
        self.sent = 0
        self.failed: list[str] = []

    async def alarm(self) -> None:
        """Send both. Never raises."""
        for work in (self._mail, self._upload):
            try:
                await asyncio.to_thread(work)
                self.sent += 1
            except (OSError, EOFError, smtplib.SMTPException, ftplib.Error) as error:
                self.failed.append(f"{work.__name__.removeprefix('_')}: {error}")

    def _mail(self) -> None:
        letter = EmailMessage()
        letter["Subject"] = "IPC Message"
        letter["From"] = f"{self._user}@camera.lan"
        letter["To"] = "home@camera.lan"
        letter.set_content("EVENT TYPE: Motion Detected\r\nCHANNEL NUMBER: 01\r\n")
        letter.add_attachment(self._picture, maintype="image", subtype="jpeg", filename="alarm.jpg")
        with smtplib.SMTP("127.0.0.1", self._ports[0], timeout=_TIMEOUT_S) as client:
            client.login(self._user, PORCH_PASSWORD)
            client.send_message(letter)

    def _upload(self) -> None:
        with ftplib.FTP(timeout=_TIMEOUT_S) as client:  # noqa: S321 what cameras speak
            client.connect("127.0.0.1", self._ports[1])
            client.login(self._user, PORCH_PASSWORD)
            client.storbinary(f"STOR alarm-{self.sent}.jpg", io.BytesIO(self._picture))


def picture_of(clip: Path) -> bytes:
    """Return the clip's first picture as a JPEG."""
    with av.open(str(clip)) as container:
        frame = next(iter(container.decode(video=0)))
    done, encoded = cv2.imencode(".jpg", frame.to_ndarray(format="bgr24"))
    if not done:
        raise BadReply(f"{clip.name} gives no picture")
    return bytes(encoded)
