"""The Foscam clients against a web server that knows exactly these requests."""

from __future__ import annotations

import asyncio
import random
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.vendors import foscam_samples as samples
from tests.vendors.web_camera import BASIC, PASSWORD, USER, Request, WebCamera, reply, running

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import BadReply, Refused, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import US_PER_S, WallUs, camera_id
from hearthwatch.vendors.capability import PtzMove, Service
from hearthwatch.vendors.device import Access
from hearthwatch.vendors.foscam_hd import FoscamHdCamera
from hearthwatch.vendors.foscam_mjpeg import FoscamMjpegCamera

pytestmark = pytest.mark.wired
STATUS = b"var id='000DC5D4DC51';\nvar now=1421157600;\nvar tz=0;\n"


def access(camera: WebCamera) -> Access:
    return Access(
        camera=camera_id("yard"), host="127.0.0.1", port=camera.port, user=USER, password=Secret(PASSWORD), allow_loopback=True
    )


class Hd:
    """A log that is paged, and grows by one record while it is read."""

    def __init__(self, count: int) -> None:
        self.log = [f"{1441800000 - n}+admin+167880896+3" for n in range(count)]
        self.grow = 0
        self.upnp = "1"
        self.pages = 0

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        asked = {key: values[0] for key, values in parse_qs(urlsplit(request.target).query).items()}
        if (asked["usr"], asked["pwd"]) != (USER, PASSWORD):
            writer.write(reply(b"<CGI_Result><result>-2</result></CGI_Result>"))
            return
        match asked["cmd"]:
            case "getLog":
                self.pages += 1
                at = int(asked["offset"])
                lines = self.log[at : at + 10]
                body = f"<totalCnt>{len(self.log)}</totalCnt><curCnt>{len(lines)}</curCnt>"
                body += "".join(f"<log{n}>{line.replace('+', '%2B')}</log{n}>" for n, line in enumerate(lines))
                if self.grow:
                    self.grow -= 1
                    self.log.insert(0, f"{1441800100 + self.grow}+thief+1+3")
            case "getDevInfo":
                writer.write(reply(samples.HD_DEVICE))
                return
            case "getDevState":
                body = "<soundAlarm>1</soundAlarm>"
            case "setUPnPConfig":
                self.upnp = asked["isEnable"]
                body = ""
            case "getUPnPConfig":
                body = f"<isEnable>{self.upnp}</isEnable>"
            case _:
                writer.write(reply(b"<CGI_Result><result>-3</result></CGI_Result>"))
                return
        writer.write(reply(f"<CGI_Result><result>0</result>{body}</CGI_Result>".encode()))


async def test_hd_log_is_read_whole_though_it_grows_and_then_only_its_head() -> None:
    played = Hd(35)
    played.grow = 2
    async with running(WebCamera(answer=played)) as camera:
        client = FoscamHdCamera(access(camera), clock=FakeClock(), rng=random.Random(1), timeout_s=30)
        try:
            first = await client.logins(WallUs(0))
            assert (len(first), len({one.raw for one in first})) == (35, 35)
            played.pages = 0
            again = await client.logins(WallUs(0))
            assert (len(again), len({one.raw for one in again})) == (37, 37)
            assert [one.user for one in again[-2:]] == ["thief", "thief"]
            assert played.pages == 2
            await client.switch(Service.UPNP, on=False)
            assert played.upnp == "0"
            with pytest.raises(Refused) as caught:
                await client.sessions()
            assert PASSWORD not in str(caught.value)
            with pytest.raises(Refused):
                await client.change_password(USER, Secret("another1"))
            assert (await client.identity()).key == "00:62:6e:4c:12:34"
        finally:
            await client.close()


async def test_mjpeg_passwords_are_written_with_all_accounts_and_read_back() -> None:
    users = {1: ("admin", "old"), 2: (USER, PASSWORD)}
    seen: list[dict[str, str]] = []

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        parts = urlsplit(request.target)
        if parts.path == "/set_users.cgi":
            asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
            seen.append(asked)
            users.update({n: (asked[f"user{n}"], asked[f"pwd{n}"]) for n in users})
            camera.password = users[2][1]
            writer.write(reply(b"ok.\n"))
        elif parts.path == "/get_params.cgi":
            body = "".join(
                f"var user{n}_name='{a}';\nvar user{n}_pwd='{b}';\nvar user{n}_pri=2;\n" for n, (a, b) in users.items()
            )
            writer.write(reply(body.encode()))
        else:
            replies = {"/get_status.cgi": STATUS, "/get_log.cgi": samples.LOG, "/decoder_control.cgi": b"ok.\n"}
            writer.write(reply(replies.get(parts.path, b"File not found.")))

    camera = WebCamera(answer=answer, challenges=(BASIC,))
    async with running(camera):
        client = FoscamMjpegCamera(access(camera), clock=FakeClock(), rng=random.Random(1), timeout_s=30)
        try:
            assert len(await client.logins(WallUs(0))) == 6
            assert len(await client.log(WallUs(0))) == 7
            assert [one.name for one in await client.accounts()] == ["admin", USER]
            await client.change_password(USER, Secret("new&pass"))
            assert (users[1], users[2]) == (("admin", "old"), (USER, "new&pass"))
            assert len(seen) == 1
            with pytest.raises(Unsupported, match="1 to 12"):
                await client.change_password(USER, Secret("longer than twelve"))
            await client.move(PtzMove.LEFT, 0.5)
            await client.stop()
            await client.goto_preset(2)
            moves = [one for one in camera.targets if one.startswith("/decoder_control")]
            assert [one.rpartition("=")[2] for one in moves] == ["6", "7", "33"]
            with pytest.raises((Unsupported, BadReply)):
                await client.snapshot()
            assert (await client.clock()).local_us // US_PER_S == 1_421_157_600
        finally:
            await client.close()
