"""The Reolink client against a web server with a session table: no command without its token, no token left behind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.vendors import reolink_samples as samples
from tests.vendors.web_camera import PASSWORD, USER, Request, WebCamera, reply, running, saying

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import US_PER_S, camera_id
from hearthwatch.vendors import capability
from hearthwatch.vendors.capability import PtzMove, Service
from hearthwatch.vendors.device import Access, AlarmKind, AlarmPhase, Setting
from hearthwatch.vendors.local_time import parse_local, print_local
from hearthwatch.vendors.reolink import ReolinkCamera
from hearthwatch.vendors.reolink_media import card_files, search_param

pytestmark = pytest.mark.wired
Param = dict[str, Any]


@dataclass(kw_only=True)
class Script:
    """A camera with few places: hands out tokens, forgets those given back, answers by name what is in `values`.

    There a number is a failure, and a list one answer after the other, the last for ever.
    """

    clock: FakeClock = field(default_factory=FakeClock)
    values: dict[str, object] = field(default_factory=dict)
    places: int = 2
    lease_s: int = 3600
    password: str = PASSWORD
    path: str = "/cgi-bin/api.cgi"
    tokens: list[str] = field(default_factory=list)
    given: int = 0
    asked: list[tuple[str, Param]] = field(default_factory=list)
    """Every command that was let in, without log-ins and log-outs."""
    snap: bytes = b"\xff\xd8\xff picture"
    takes_newer_passwords: bool = True
    keeps: bool = True
    at_login: Callable[[], None] = lambda: None

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        parts = urlsplit(request.target)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if parts.path != self.path:
            writer.write(reply(b"", status="404 Not Found"))
            return
        if request.method == "GET":
            self.asked.append((query["cmd"], {"channel": query["channel"]}))
            good = query.get("token") in self.tokens
            writer.write(reply(self.snap if good else samples.body(samples.bad(-6, "please login first"))))
            return
        batch = json.loads(request.body)
        assert query["cmd"] == batch[0]["cmd"]
        writer.write(reply(samples.body(*(self._one(one["cmd"], one["param"], query.get("token", "")) for one in batch))))

    def _one(self, cmd: str, param: Param, token: str) -> object:
        if cmd == "Login":
            self.at_login()
            return self._log_in(param["User"])
        if token not in self.tokens:
            return samples.bad(-6, "please login first", cmd)
        if cmd == "Logout":
            self.tokens.remove(token)
            return samples.good({"rspCode": 200})
        self.asked.append((cmd, param))
        if cmd == "ModifyUser":
            return self._modify(param["User"])
        if cmd.startswith("Set") and self.keeps and "Get" + cmd[3:] in self.values:
            self.values["Get" + cmd[3:]] = param
        if cmd.startswith("Set") or cmd in {"PtzCtrl", "Reboot"}:
            return samples.good({"rspCode": 200})
        if cmd not in self.values:
            return samples.bad(-9, "not support")
        value = self.values[cmd]
        if isinstance(value, list):
            value = value.pop(0) if len(value) > 1 else value[0]
        return samples.bad(value, f"error at {token}") if isinstance(value, int) else samples.good(value)

    def _log_in(self, who: dict[str, str]) -> object:
        if who["password"] != self.password:
            return samples.bad(-7, "login failed")
        if len(self.tokens) >= self.places:
            return samples.bad(-5, "max session")
        self.given += 1
        self.tokens.append(f"tok%en{self.given:04d}")
        return samples.good({"Token": {"leaseTime": self.lease_s, "name": self.tokens[-1]}})

    def _modify(self, who: dict[str, str]) -> object:
        if ("newPassword" in who) != self.takes_newer_passwords:
            return samples.bad(-4, "param error")
        if self.keeps:
            self.password = who.get("newPassword") or who["password"]
            self.tokens.clear()
        return samples.good({"rspCode": 200})


@contextlib.asynccontextmanager
async def scripted(script: Script, camera: WebCamera | None = None) -> AsyncIterator[tuple[ReolinkCamera, WebCamera]]:
    camera = camera or WebCamera(answer=script)
    async with running(camera):
        access = Access(
            camera=camera_id("front"),
            host="127.0.0.1",
            port=camera.port,
            user=USER,
            password=Secret(PASSWORD),
            allow_loopback=True,
        )
        client = ReolinkCamera(access, clock=script.clock, rng=random.Random(1), timeout_s=30, poll_s=0, settle_s=0)
        try:
            yield client, camera
        finally:
            await client.close()


def test_it_has_what_the_cameras_have_and_no_log() -> None:
    client = ReolinkCamera(Access(camera=camera_id("c"), host="h", port=80), clock=FakeClock(), rng=random.Random(1))
    for protocol in (
        capability.Accounts,
        capability.AlarmFeed,
        capability.ConfigExport,
        capability.ConfigImport,
        capability.DeviceInfo,
        capability.Fix,
        capability.Ptz,
        capability.Sessions,
        capability.Snapshot,
        capability.Streams,
    ):
        assert isinstance(client, protocol)
    assert not isinstance(client, capability.LoginLog | capability.SystemLog)


async def test_one_log_in_serves_all_commands_and_is_given_back() -> None:
    script = Script(values={"GetUser": samples.USERS, "GetOnline": samples.ONLINE})
    async with scripted(script) as (client, camera):
        accounts = await client.accounts()
        sessions, _ = await asyncio.gather(client.sessions(), client.accounts())
        assert script.tokens == ["tok%en0001"]
    assert [(one.name, one.is_admin, one.is_built_in) for one in accounts] == [("admin", True, True), ("watch", False, False)]
    assert [(one.id, one.user, one.address, one.group) for one in sessions] == [
        ("1000", "admin", "192.168.1.5", "admin"),
        ("1001", "watch", "203.0.113.9", "guest"),
    ]
    assert (script.given, script.tokens) == (1, [])
    assert camera.targets[1] == "/cgi-bin/api.cgi?cmd=GetUser&token=tok%25en0001"
    assert json.loads(camera.requests[0].body)[0]["param"]["User"] == {"Version": "0", "userName": USER, "password": PASSWORD}


async def test_a_lease_is_renewed_before_its_end_and_the_old_token_given_back() -> None:
    script = Script(values={"GetUser": samples.USERS}, places=1)
    async with scripted(script) as (client, _):
        await client.accounts()
        script.clock.advance(3600 - 301)
        await client.accounts()
        assert script.given == 1
        script.clock.advance(2)
        await client.accounts()
        assert (script.given, script.tokens) == (2, ["tok%en0002"])


async def test_a_forgotten_token_costs_one_new_log_in_for_commands_and_pictures() -> None:
    script = Script(values={"GetUser": samples.USERS})
    async with scripted(script) as (client, _):
        await client.accounts()
        script.tokens.clear()
        assert len(await client.accounts()) == 2
        script.tokens.clear()
        assert await client.snapshot() == script.snap
        assert script.given == 3
    assert script.tokens == []


async def test_commands_at_once_share_one_new_log_in() -> None:
    script = Script(values={"GetUser": samples.USERS}, places=5)
    async with scripted(script) as (client, camera):
        await client.accounts()
        script.tokens.clear()
        await asyncio.gather(client.accounts(), client.snapshot(), client.accounts())
        assert (script.given, script.tokens) == (2, ["tok%en0002"])
        assert len(camera.requests) == 2 + 5  # only the first of the three is refused
    assert script.tokens == []


async def test_half_an_answer_to_a_log_in_is_in_no_sample() -> None:
    half = WebCamera(answer=saying(reply(samples.body(samples.good(samples.TOKEN))[:-9])))
    async with scripted(Script(), half) as (client, _):
        with pytest.raises(BadReply, match="logging in: the answer is not JSON") as caught:
            await client.accounts()
    assert caught.value.sample == b""


async def test_another_user_s_new_password_is_proved_and_ours_stays() -> None:
    script = Script(values={"GetUser": samples.USERS})
    async with scripted(script) as (client, camera):
        await client.change_password("guest", Secret("brand-new-7"))
        proof = json.loads(camera.requests[2].body)[0]
        assert (proof["cmd"], proof["param"]["User"]["userName"]) == ("Login", "guest")
        script.password = PASSWORD  # in truth each user has one
        assert len(await client.accounts()) == 2
    assert script.asked[0][1]["User"] == {"userName": "guest", "newPassword": "brand-new-7"}
    assert script.tokens == []


async def test_a_camera_that_never_takes_its_own_token_is_not_asked_for_ever() -> None:
    script = Script(values={"GetUser": -6})
    async with scripted(script) as (client, _):
        with pytest.raises(Refused, match="wants a log-in first"):
            await client.accounts()
        assert len(script.asked) == 2


async def test_a_log_in_that_we_were_cancelled_in_is_given_back() -> None:
    script = Script(values={"GetUser": samples.USERS})
    reached = asyncio.Event()
    script.at_login = reached.set
    async with scripted(script) as (client, _):
        task = asyncio.create_task(client.accounts())
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert (script.given, script.tokens) == (1, [])


async def test_older_firmware_has_its_api_elsewhere() -> None:
    script = Script(values={"GetUser": samples.USERS}, path="/api.cgi")
    async with scripted(script) as (client, _):
        assert len(await client.accounts()) == 2
    assert script.tokens == []


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (Script(password="other"), "wrong user name or password"),
        (Script(places=0), "too many are logged in"),
    ],
)
async def test_a_refused_log_in_is_not_tried_again(script: Script, said: str) -> None:
    tries: list[None] = []
    script.at_login = lambda: tries.append(None)
    async with scripted(script) as (client, _):
        with pytest.raises(Refused, match=said):
            await client.accounts()
    assert len(tries) == 1


@pytest.mark.parametrize(
    ("code", "error"),
    [(-26, Refused), (-506, Refused), (-9, Unsupported), (-8, Unreachable), (-13, BadReply), (-999, BadReply)],
)
async def test_failures_in_a_good_status_are_ours_and_hold_no_token(code: int, error: type[HearthwatchError]) -> None:
    script = Script(values={"GetUser": code})
    async with scripted(script) as (client, _):
        with pytest.raises(error) as caught:
            await client.accounts()
    assert "front at 127.0.0.1, reading the accounts" in str(caught.value)
    assert "tok%en" not in str(caught.value)
    assert "error at ***" in str(caught.value)


async def test_a_token_said_back_in_nonsense_is_in_no_sample() -> None:
    script = Script()

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if "cmd=GetUser" in request.target:
            writer.write(reply(b"<html>tok%en0001</html>"))
        else:
            await script(request, writer)

    async with scripted(script, WebCamera(answer=answer)) as (client, _):
        with pytest.raises(BadReply) as caught:
            await client.accounts()
    assert caught.value.sample == b"<html>***</html>"


async def test_identity_knows_the_mac_and_takes_zeros_for_no_serial() -> None:
    script = Script(values={"GetDevInfo": samples.DEVICE, "GetLocalLink": samples.LINK})
    async with scripted(script) as (client, _):
        found = await client.identity()
    assert (found.mac, found.serial, found.key) == ("ec:71:db:00:11:22", "", "ec:71:db:00:11:22")
    assert (found.model, found.firmware, str(found.build_date)) == ("RLC-410", "v3.0.0.59_20080734", "2020-08-07")
    assert (found.vendor, found.name, found.hardware) == ("Reolink", "Gate", "H3MB18")


async def test_clock_is_read_with_its_zone_and_error() -> None:
    script = Script()
    when = {"year": 2023, "mon": 11, "day": 14, "hour": 23, "min": 13, "sec": 20, "timeZone": -3600}
    script.values["GetTime"] = {"Time": when}
    async with scripted(script) as (client, _):
        reading = await client.clock()
    assert abs(reading.ahead_us - 3600 * US_PER_S) <= reading.error_us


async def test_newer_firmware_tells_events_in_one_answer() -> None:
    later = json.loads(json.dumps(samples.EVENTS))
    later["ai"]["people"]["alarm_state"], later["visitor"]["alarm_state"] = 0, 1
    script = Script(values={"GetDevInfo": samples.DEVICE, "GetEvents": [samples.EVENTS] * 4 + [later]})
    async with scripted(script) as (client, _):
        assert await client.active("people") == (0,)
        assert await client.active("dog_cat") == ()  # not supported by it
        async with contextlib.aclosing(client.alarms()) as alarms:
            found = [await anext(alarms), await anext(alarms)]
    assert [(one.kind, one.code, one.phase) for one in found] == [
        (AlarmKind.PERSON, "people", AlarmPhase.STOP),
        (AlarmKind.DOORBELL, "visitor", AlarmPhase.START),
    ]
    assert {name for name, _ in script.asked} == {"GetDevInfo", "GetEvents"}


async def test_older_firmware_is_asked_for_motion_and_objects() -> None:
    ai = {"channel": 0, "people": 1, "vehicle": {"alarm_state": 1, "support": 1}}
    script = Script(values={"GetDevInfo": samples.DEVICE, "GetMdState": {"state": 1}, "GetAiState": ai})
    async with scripted(script) as (client, _):
        assert [await client.active(code) for code in ("md", "people", "vehicle", "face")] == [(0,), (0,), (0,), ()]
        del script.values["GetAiState"]
        assert await client.active("md") == (0,)
        script.values["GetMdState"] = -8
        with pytest.raises(Unreachable):
            await client.active("md")
    assert [name for name, _ in script.asked].count("GetEvents") == 1


async def test_settings_come_by_name_in_the_newer_form_or_the_older() -> None:
    net = {"NetPort": {"httpEnable": 0, "httpsPort": 443}}
    script = Script(
        values={"GetDevInfo": samples.DEVICE, "GetNetPort": net, "GetEmail": samples.EMAIL, "GetEnc": samples.ENCODE}
    )
    async with scripted(script) as (client, _):
        found = await client.settings()
        script.values["GetEmailV20"] = script.values.pop("GetEmail")
        again = {one.key for one in await client.settings()}
    values = {one.key: one.value for one in found}
    assert list(values) == sorted(values)
    assert (values["NetPort.httpEnable"], values["Enc[0].mainStream.vType"], values["Email[0].smtpServer"]) == (
        "0",
        "h265",
        "mail.example",
    )
    assert [one.key for one in found if one.is_secret] == ["Email[0].password"]
    assert "EmailV20[0].smtpServer" in again
    assert "Email[0].smtpServer" not in again


async def test_a_busy_camera_gives_no_half_copy_of_its_settings() -> None:
    script = Script(values={"GetDevInfo": samples.DEVICE, "GetP2p": {"P2p": {"enable": 1}}, "GetUpnp": -31})
    async with scripted(script) as (client, _):
        with pytest.raises(Unreachable, match="busy"):
            await client.settings()


async def test_a_setting_is_written_whole_in_its_type_without_masked_secrets() -> None:
    script = Script(values={"GetEmailV20": samples.EMAIL})
    async with scripted(script) as (client, _):
        await client.set([Setting(key="EmailV20[0].ssl", value="0", is_secret=False)])
    written = [param for name, param in script.asked if name == "SetEmailV20"]
    assert written == [{"Email": {"enable": 1, "smtpServer": "mail.example", "ssl": 0, "schedule": {"channel": 0}}}]
    assert script.asked[0] == ("GetEmailV20", {"channel": 0})


async def test_a_secret_that_is_asked_for_is_written() -> None:
    script = Script(values={"GetEmailV20": samples.EMAIL})
    async with scripted(script) as (client, _):
        await client.set([Setting(key="EmailV20[0].password", value="newsecret", is_secret=True)])
    assert [param["Email"]["password"] for name, param in script.asked if name == "SetEmailV20"] == ["newsecret"]


async def test_a_mask_restored_from_a_copy_is_not_the_new_password_and_ports_are_written_last() -> None:
    ports = {"NetPort": {"httpEnable": 0, "httpsPort": 443}}
    script = Script(values={"GetEmailV20": samples.EMAIL, "GetNetPort": ports})
    async with scripted(script) as (client, _):
        await client.set(
            [
                Setting(key="NetPort.httpsPort", value="8443", is_secret=False),
                Setting(key="EmailV20[0].password", value="******", is_secret=True),
                Setting(key="EmailV20[0].ssl", value="0", is_secret=False),
            ]
        )
    written = [(name, param) for name, param in script.asked if name.startswith("Set")]
    assert [name for name, _ in written] == ["SetEmailV20", "SetNetPort"]
    assert "password" not in written[0][1]["Email"]
    assert written[1][1] == {"NetPort": {"httpEnable": 0, "httpsPort": 8443}}


@pytest.mark.parametrize("key", ["User.level", "NetPort[0].httpEnable", "NetPort.none", "Enc.mainStream.size", "x", ""])
async def test_what_is_no_setting_is_not_written(key: str) -> None:
    script = Script(values={"GetNetPort": {"NetPort": {"httpEnable": 0}}, "GetUser": samples.USERS})
    async with scripted(script) as (client, _):
        with pytest.raises(Unsupported):
            await client.set([Setting(key=key, value="1", is_secret=False)])
    assert not [name for name, _ in script.asked if name.startswith("Set")]


async def test_yes_without_doing_it_is_told() -> None:
    script = Script(values={"GetP2p": {"P2p": {"enable": 1, "uid": "9527"}}}, keeps=False)
    async with scripted(script) as (client, _):
        with pytest.raises(BadReply, match=r"did not keep P2p\.enable"):
            await client.switch(Service.P2P, on=False)
        script.keeps = True
        await client.switch(Service.P2P, on=False)
        assert script.values["GetP2p"] == {"P2p": {"enable": 0, "uid": "9527"}}
        with pytest.raises(Unsupported, match="telnet cannot be switched"):
            await client.switch(Service.TELNET, on=False)
        assert Service.TELNET not in client.services


@pytest.mark.parametrize("newer", [True, False])
async def test_our_own_new_password_is_in_use_after_it_was_proved(newer: bool) -> None:
    script = Script(values={"GetUser": samples.USERS}, takes_newer_passwords=newer)
    async with scripted(script) as (client, _):
        await client.change_password(USER, Secret("brand-new-7"))
        assert script.password == "brand-new-7"
        assert len(await client.accounts()) == 2
    assert script.tokens == []
    assert script.asked[0][1]["User"] == {"userName": USER, "newPassword": "brand-new-7", "oldPassword": PASSWORD}


async def test_a_password_that_was_not_changed_leaves_the_old_one_in_use() -> None:
    script = Script(values={"GetUser": samples.USERS}, keeps=False)
    async with scripted(script) as (client, _):
        with pytest.raises(Refused):
            await client.change_password(USER, Secret("brand-new-7"))
        assert len(await client.accounts()) == 2
        with pytest.raises(Unsupported, match="1 to 31"):
            await client.change_password(USER, Secret("x" * 32))


async def test_streams_have_the_camera_s_path_at_our_address() -> None:
    script = Script(values={"GetEnc": samples.ENCODE, "GetRtspUrl": samples.URLS, "GetNetPort": {"NetPort": {"rtspEnable": 0}}})
    async with scripted(script) as (client, _):
        main, sub = await client.streams()
        del script.values["GetRtspUrl"]
        older = await client.streams()
    assert (main.url, main.codec, main.width_px, main.height_px) == ("rtsp://127.0.0.1:554/Preview_01_main", "h265", 2560, 1440)
    assert (sub.name, sub.url, sub.codec, sub.width_px) == ("sub", "rtsp://127.0.0.1:554/h264Preview_01_sub", "h264", 640)
    assert not main.is_enabled
    assert [one.url for one in older] == [
        "rtsp://127.0.0.1:554/h265Preview_01_main",
        "rtsp://127.0.0.1:554/h264Preview_01_sub",
    ]


async def test_a_picture_that_is_none() -> None:
    script = Script(snap=samples.body(samples.bad(-12, "get config failed")))
    async with scripted(script) as (client, _):
        with pytest.raises(Unsupported):
            await client.snapshot()
        script.snap = b"<html>"
        with pytest.raises(BadReply):
            await client.snapshot()


async def test_moves_and_restart() -> None:
    script = Script()
    async with scripted(script) as (client, _):
        await client.move(PtzMove.LEFT, 0.5)
        await client.stop()
        await client.move(PtzMove.ZOOM_IN, 9, channel=1)
        await client.goto_preset(3)
        await client.reboot()
    assert script.asked == [
        ("PtzCtrl", {"channel": 0, "op": "Left", "speed": 32}),
        ("PtzCtrl", {"channel": 0, "op": "Stop"}),
        ("PtzCtrl", {"channel": 1, "op": "ZoomInc", "speed": 64}),
        ("PtzCtrl", {"channel": 0, "op": "ToPos", "id": 3, "speed": 32}),
        ("Reboot", {}),
    ]


def test_the_card_is_searched_by_the_camera_s_own_clock() -> None:
    start, end = parse_local("2020-12-21 12:00:00"), parse_local("2020-12-21 23:59:59")
    assert start is not None
    assert end is not None
    assert search_param(2, start, end)["Search"] == {
        "channel": 2,
        "onlyStatus": 0,
        "streamType": "main",
        "StartTime": {"year": 2020, "mon": 12, "day": 21, "hour": 12, "min": 0, "sec": 0},
        "EndTime": {"year": 2020, "mon": 12, "day": 21, "hour": 23, "min": 59, "sec": 59},
    }
    [found] = card_files(samples.FOUND)
    assert (found.name, found.size_bytes) == (samples.FILE, 14_987_438)
    assert (print_local(found.start_us), print_local(found.end_us)) == ("2020-12-21 12:20:57", "2020-12-21 20:21:23")
    assert card_files({"SearchResult": {"channel": 2}}) == ()
