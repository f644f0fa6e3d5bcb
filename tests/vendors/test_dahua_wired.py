"""The Dahua client against a web server that knows exactly these requests: any other is answered as a camera refuses it."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.vendors import dahua_samples as samples
from tests.vendors.web_camera import DIGEST, PASSWORD, USER, Request, WebCamera, reply, running

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import BadReply, Refused, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import US_PER_S, WallUs, camera_id
from hearthwatch.vendors import capability, dahua_feed
from hearthwatch.vendors.capability import PtzMove, Service
from hearthwatch.vendors.dahua import DahuaCamera
from hearthwatch.vendors.device import Access, AlarmPhase, LocalUs, LoginAction, Setting
from hearthwatch.vendors.local_time import parse_local, print_local

pytestmark = pytest.mark.wired
BAD_REQUEST = b"Error\r\nBad Request!\r\n"
ZONE_US = 3600 * US_PER_S


def at(text: str) -> LocalUs:
    found = parse_local(text)
    assert found is not None
    return found


@dataclass(kw_only=True)
class Script:
    """A camera's memory: fixed replies by target, and a log that is searched. One hour east of us."""

    clock: FakeClock
    replies: dict[str, bytes] = field(default_factory=dict)
    lines: list[tuple[str, str, str]] = field(default_factory=list)
    """Time, type and address, in the camera's order."""
    ahead_us: int = ZONE_US
    page: int = 100
    searches: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    started: int = 0
    stopped: int = 0

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        parts = urlsplit(request.target)
        asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if request.target in self.replies:
            writer.write(reply(self.replies[request.target]))
        elif request.target == "/cgi-bin/global.cgi?action=getCurrentTime":
            local = LocalUs(self.clock.wall_us() + self.ahead_us)
            writer.write(reply(f"result={print_local(local)}\r\n".encode()))
        elif parts.path == "/cgi-bin/log.cgi":
            writer.write(reply(self._log(asked)))
        else:
            writer.write(reply(BAD_REQUEST, status="400 Bad Request"))

    def _log(self, asked: dict[str, str]) -> bytes:
        if asked["action"] == "startFind":
            self.started += 1
            first, last = at(asked["condition.StartTime"]), at(asked["condition.EndTime"])
            self.searches[str(self.started)] = [line for line in self.lines if first <= at(line[0]) <= last]
            return f"token={self.started}\r\n".encode()
        if asked["action"] == "stopFind":
            self.stopped += 1
            del self.searches[asked["token"]]
            return b"OK\r\n"
        left = self.searches[asked["token"]]
        count = min(self.page, int(asked["count"]))
        now, self.searches[asked["token"]] = left[:count], left[count:]
        body = f"found={len(now)}\r\n"
        for index, (time, kind, address) in enumerate(now):
            body += f"items[{index}].Detail.Address={address}\r\nitems[{index}].Time={time}\r\n"
            body += f"items[{index}].Type={kind}\r\nitems[{index}].User=admin\r\n"
        return body.encode()


@contextlib.asynccontextmanager
async def scripted(script: Script, camera: WebCamera | None = None) -> AsyncIterator[tuple[DahuaCamera, WebCamera]]:
    camera = camera or WebCamera(answer=script, challenges=(DIGEST,))
    async with running(camera):
        access = Access(
            camera=camera_id("front"),
            host="127.0.0.1",
            port=camera.port,
            user=USER,
            password=Secret(PASSWORD),
            allow_loopback=True,
        )
        client = DahuaCamera(access, clock=script.clock, rng=random.Random(1), timeout_s=30)
        try:
            yield client, camera
        finally:
            await client.close()


def script(**more: object) -> Script:
    return Script(clock=FakeClock(), **more)  # type: ignore[arg-type]


def now(of: Script, seconds: float = 0) -> str:
    """What the camera's clock shows."""
    return print_local(LocalUs(of.clock.wall_us() + of.ahead_us + round(seconds * US_PER_S)))


def test_it_has_every_capability() -> None:
    client = DahuaCamera(Access(camera=camera_id("c"), host="h", port=80), clock=FakeClock(), rng=random.Random(1))
    for protocol in (
        capability.Accounts,
        capability.AlarmFeed,
        capability.ConfigExport,
        capability.ConfigImport,
        capability.DeviceInfo,
        capability.Fix,
        capability.LoginLog,
        capability.Ptz,
        capability.Sessions,
        capability.Snapshot,
        capability.Streams,
        capability.SystemLog,
    ):
        assert isinstance(client, protocol)


async def test_clock_is_read_with_its_zone_and_error() -> None:
    played = script()
    async with scripted(played) as (client, _):
        reading = await client.clock()
    assert abs(reading.ahead_us - ZONE_US) <= reading.error_us
    assert reading.error_us >= US_PER_S // 2


async def test_logins_are_found_page_by_page_and_every_search_is_closed() -> None:
    played = script(page=2)
    played.lines = [(now(played, -60 + n), "Login", f"192.168.1.{n}") for n in range(5)]
    async with scripted(played) as (client, camera):
        found = await client.logins(WallUs(played.clock.wall_us() - 3600 * US_PER_S))
    assert [one.address for one in found] == [f"192.168.1.{n}" for n in range(5)]
    assert found[0].at_us is not None
    assert abs(found[0].at_us - (played.clock.wall_us() - 60 * US_PER_S)) <= US_PER_S
    assert (played.started, played.stopped) == (1, 1)
    assert camera.targets[1] == (
        "/cgi-bin/log.cgi?action=startFind&condition.StartTime=1970-01-01%2000:00:00&condition.EndTime=2038-01-19%2003:14:07"
    )
    assert camera.targets[2] == "/cgi-bin/log.cgi?action=doFind&token=1&count=100"
    assert camera.targets[-1] == "/cgi-bin/log.cgi?action=stopFind&token=1"


async def test_lines_of_one_second_and_of_a_clock_never_set_are_all_there() -> None:
    played = script()
    async with scripted(played) as (client, _):
        await client.logins(played.clock.wall_us())
        played.clock.advance(30)
        played.lines = [("1970-01-01 00:01:00", "Login", "203.0.113.9"), *[(now(played, -5), "Login", "192.168.1.2")] * 3]
        found = await client.logins(WallUs(played.clock.wall_us() - 10 * US_PER_S))
    assert [one.address for one in found] == ["203.0.113.9", "192.168.1.2", "192.168.1.2", "192.168.1.2"]
    assert len({one.raw for one in found}) == 2
    assert played.started == played.stopped == 3


async def test_the_second_poll_asks_only_for_what_is_new() -> None:
    played = script()
    async with scripted(played) as (client, _):
        await client.logins(played.clock.wall_us())
        played.lines = [(now(played, -9000), "Login", "192.168.1.1"), (now(played, -1), "Logout", "192.168.1.2")]
        found = await client.logins(WallUs(played.clock.wall_us() - 30 * US_PER_S))
    assert [one.action for one in found] == [LoginAction.LOGOUT]


@pytest.mark.parametrize("jump_s", [86_400 * 400, -86_400 * 400])
async def test_after_a_jump_of_its_clock_the_whole_log_is_read(jump_s: int) -> None:
    played = script()
    async with scripted(played) as (client, _):
        await client.logins(played.clock.wall_us())
        played.clock.advance(30)
        played.lines = [(now(played, -2), "Login", "203.0.113.9")]
        played.ahead_us += jump_s * US_PER_S
        played.lines.append((now(played, -1), "Logout", "203.0.113.9"))
        found = await client.logins(WallUs(played.clock.wall_us() - 30 * US_PER_S))
    assert [one.action for one in found] == [LoginAction.LOGIN, LoginAction.LOGOUT]


async def test_readers_of_the_log_do_not_hide_a_jump_from_each_other() -> None:
    played = script()
    async with scripted(played) as (client, _):
        await client.log(played.clock.wall_us())
        await client.logins(played.clock.wall_us())
        played.lines = [(now(played, -2), "Login", "203.0.113.9")]
        played.ahead_us += 86_400 * 400 * US_PER_S
        since = WallUs(played.clock.wall_us() - 30 * US_PER_S)
        assert len(await client.log(since)) == 1
        assert len(await client.logins(since)) == 1


async def test_a_clock_set_there_and_back_between_two_polls_hides_nothing() -> None:
    played = script()
    async with scripted(played) as (client, _):
        await client.logins(played.clock.wall_us())
        played.clock.advance(30)
        played.lines = [("2011-11-11 11:11:11", "Login", "203.0.113.9"), (now(played, -3), "Set Time", "203.0.113.9")]
        found = await client.logins(WallUs(played.clock.wall_us() - 30 * US_PER_S))
    assert [one.code for one in found] == ["Login", "Set Time"]


async def test_a_search_that_fails_is_closed_too() -> None:
    played = script()
    played.replies["/cgi-bin/log.cgi?action=doFind&token=1&count=100"] = b"nonsense"
    async with scripted(played) as (client, _):
        with pytest.raises(BadReply, match=r"^front at 127\.0\.0\.1, reading the log: "):
            await client.logins(WallUs(0))
    assert (played.started, played.stopped) == (1, 1)


async def test_a_log_without_end_is_left() -> None:
    played = script()
    line = b"found=1\r\nitems[0].Time=2020-01-02 22:05:33\r\nitems[0].Type=Login\r\n"
    many = line + b"".join(b"items[%d].Type=Login\r\n" % n for n in range(1, 2000))
    played.replies["/cgi-bin/log.cgi?action=doFind&token=1&count=100"] = many
    async with scripted(played) as (client, _):
        with pytest.raises(BadReply, match="does not end"):
            await client.log(WallUs(0))
    assert played.stopped == 1


async def test_system_log_has_what_is_no_login() -> None:
    played = script()
    played.lines = [(now(played, -9), "VideoLoss", ""), (now(played, -8), "Login", "192.168.1.2")]
    async with scripted(played) as (client, _):
        assert [one.code for one in await client.log(WallUs(0))] == ["VideoLoss", "Login"]
        assert [one.code for one in await client.logins(WallUs(0))] == ["Login"]


async def test_identity_and_what_a_model_does_not_tell(test_data: Path) -> None:
    folder = test_data / "tapes/dahua/dahua-ipc-hdw5831r"
    played = script()
    played.replies = {
        "/cgi-bin/magicBox.cgi?action=getSystemInfo": (folder / "magicBox-getSystemInfo.txt").read_bytes(),
        "/cgi-bin/magicBox.cgi?action=getSoftwareVersion": (folder / "magicBox-getSoftwareVersion.txt").read_bytes(),
        "/cgi-bin/configManager.cgi?action=getConfig&name=Network": samples.NETWORK,
    }
    async with scripted(played) as (client, _):
        found = await client.identity()
    assert (found.vendor, found.model, found.name, found.key) == ("Dahua", "IPC-HDW5831R-ZE", "", "9c:8e:cd:00:11:33")


async def test_sessions_accounts_and_picture() -> None:
    played = script()
    played.replies = {
        "/cgi-bin/userManager.cgi?action=getActiveUserInfoAll": samples.SESSIONS,
        "/cgi-bin/userManager.cgi?action=getUserInfoAll": samples.ACCOUNTS,
        "/cgi-bin/snapshot.cgi?channel=0": b"\xff\xd8old firmware",
    }
    async with scripted(played) as (client, _):
        assert [one.user for one in await client.sessions()] == ["admin", "default"]
        assert [one.name for one in await client.accounts()] == ["admin", "watch"]
        assert await client.snapshot() == b"\xff\xd8old firmware"


async def test_settings_from_the_backup_sorted() -> None:
    played = script(replies={"/cgi-bin/Config.backup?action=All": samples.BACKUP})
    async with scripted(played) as (client, _):
        found = await client.settings()
    keys = [one.key for one in found]
    assert keys == sorted(keys)
    assert "MotionDetect[0].Enable" in keys


async def test_settings_by_name_where_there_is_no_backup() -> None:
    table = b"table.UPnP.Enable=true\r\n"
    played = script(replies={"/cgi-bin/configManager.cgi?action=getConfig&name=UPnP": table})
    async with scripted(played) as (client, _):
        assert await client.settings() == (Setting(key="UPnP.Enable", value="true", is_secret=False),)
        played.replies.clear()
        with pytest.raises(Unsupported):
            await client.settings()


async def test_a_setting_is_written_and_read_back() -> None:
    written = "/cgi-bin/configManager.cgi?action=setConfig&UPnP.Enable=false"
    read = "/cgi-bin/configManager.cgi?action=getConfig&name=UPnP"
    played = script(replies={written: b"OK\r\n", read: b"table.UPnP.Enable=false\r\n"})
    async with scripted(played) as (client, camera):
        await client.switch(Service.UPNP, on=False)
        assert camera.targets == [read, written, read]
        played.replies[read] = b"table.UPnP.Enable=true\r\n"
        with pytest.raises(BadReply, match=r"did not keep UPnP\.Enable"):
            await client.switch(Service.UPNP, on=False)


async def test_our_own_password_changes_here_and_there() -> None:
    new = "n&w pass"
    old = "pa%20ss%26w%2Brd%25"
    played = script()
    camera = WebCamera(answer=played, challenges=(DIGEST,))

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if "modifyPassword" in request.target:
            camera.password = new
        await played(request, writer)

    camera.answer = answer
    target = f"/cgi-bin/userManager.cgi?action=modifyPassword&name=watch&pwd=n%26w%20pass&pwdOld={old}"
    played.replies[target] = b"OK\r\n"
    async with scripted(played, camera) as (client, _):
        await client.change_password(USER, Secret(new))
        await client.clock()
    assert target in camera.targets


async def test_a_password_that_was_not_changed_leaves_the_old_one_in_use() -> None:
    played = script()
    old = "pa%20ss%26w%2Brd%25"
    played.replies[f"/cgi-bin/userManager.cgi?action=modifyPassword&name=watch&pwd=new12345&pwdOld={old}"] = b"OK\r\n"
    async with scripted(played) as (client, _):
        with pytest.raises(Refused) as caught:
            await client.change_password(USER, Secret("new12345"))
        assert "new12345" not in str(caught.value)
        await client.clock()


async def test_moves_say_which_movement_ends() -> None:
    base = "/cgi-bin/ptz.cgi?action={}&channel=0&code={}&arg1={}&arg2={}&arg3=0"
    targets = [base.format("start", "Left", 4, 4), base.format("stop", "Left", 4, 4), base.format("start", "GotoPreset", 0, 3)]
    played = script(replies=dict.fromkeys([*targets, "/cgi-bin/magicBox.cgi?action=reboot"], b"OK\r\n"))
    async with scripted(played) as (client, camera):
        await client.move(PtzMove.LEFT, 0.5)
        await client.stop()
        await client.goto_preset(3)
        await client.reboot()
    assert camera.targets[:3] == targets


async def test_streams_with_another_port(test_data: Path) -> None:
    encode = (test_data / "tapes/dahua/amcrest-camera-ui/getConfig-Encode.txt").read_bytes()
    played = script()
    played.replies = {
        "/cgi-bin/configManager.cgi?action=getConfig&name=Encode": encode,
        "/cgi-bin/configManager.cgi?action=getConfig&name=RTSP": b"table.RTSP.Port=5554\r\n",
    }
    async with scripted(played) as (client, _):
        assert (await client.streams())[1].url == "rtsp://127.0.0.1:5554/cam/realmonitor?channel=1&subtype=1"


async def test_active_alarms() -> None:
    played = script(replies={"/cgi-bin/eventManager.cgi?action=getEventIndexes&code=VideoMotion": b"channels[0]=0\r\n"})
    async with scripted(played) as (client, _):
        assert await client.active("VideoMotion") == (0,)
        assert await client.active("VideoBlind") == ()


def attached(stream: bytes, *, quiet: frozenset[str] = frozenset()) -> WebCamera:
    """Sends the recorded stream and ends; to targets in `quiet` a head and nothing more."""

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=myboundary\r\n\r\n")
        if request.target in quiet:
            await writer.drain()
            await asyncio.Event().wait()
        writer.write(stream)
        await writer.drain()
        writer.close()

    return WebCamera(answer=answer, challenges=(DIGEST,))


ALL = "/cgi-bin/eventManager.cgi?action=attach&codes=[All]&heartbeat=5"


async def listen(client: DahuaCamera) -> list[str]:
    """Codes and phases until the camera ends it."""
    found = []
    with contextlib.suppress(Unreachable):
        async with contextlib.aclosing(client.alarms()) as alarms:
            async for one in alarms:
                found.append(f"{one.code} {one.phase}")
    return found


async def test_alarms_of_a_recorded_stream(test_data: Path) -> None:
    stream = (test_data / "tapes/dahua/amcrest-camera-ui/event-stream-capture.bin").read_bytes()
    async with scripted(script(), attached(stream)) as (client, camera):
        found = await listen(client)
        assert len(found) == 10
        assert found[1] == f"VideoMotion {AlarmPhase.START}"
        assert camera.targets == [ALL]
        assert await listen(client) == found
        assert camera.targets == [ALL, ALL]


async def test_nonsense_in_between_does_not_end_the_alarms() -> None:
    part = b"--myboundary\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s\r\n"
    texts = [b"what is this", b"Code=AlarmLocal;action=Start;index=0"]
    stream = b"".join(part % (len(text), text) for text in texts) + b"--myboundary\r\n"
    async with scripted(script(), attached(stream)) as (client, _):
        assert await listen(client) == ["AlarmLocal start"]


async def test_a_firmware_that_is_silent_on_all_is_asked_for_the_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dahua_feed, "_SILENCE_S", 0.1)  # fifteen seconds else
    stream = b"--myboundary\r\n\r\nCode=AlarmLocal;action=Start;index=0\r\n--myboundary\r\n"
    async with scripted(script(), attached(stream, quiet=frozenset({ALL}))) as (client, camera):
        assert await listen(client) == []
        assert await listen(client) == ["AlarmLocal start"]
    assert "codes=[VideoMotion,SmartMotionHuman," in camera.targets[1]


async def test_a_firmware_without_heartbeat_is_asked_without() -> None:
    stream = b"--myboundary\r\n\r\nCode=AlarmLocal;action=Start;index=0\r\n--myboundary\r\n"
    camera = attached(stream)
    good = camera.answer

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if "heartbeat" in request.target:
            writer.write(reply(BAD_REQUEST, status="400 Bad Request"))
        else:
            await good(request, writer)

    camera.answer = answer
    async with scripted(script(), camera) as (client, _):
        with pytest.raises(BadReply):
            await anext(client.alarms())
        assert await listen(client) == ["AlarmLocal start"]
