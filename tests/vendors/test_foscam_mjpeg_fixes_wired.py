"""Damage control on the MJPEG generation of Foscam, against a web server that keeps what `get_params.cgi` tells."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from tests.vendors.test_firmware import image
from tests.vendors.web_camera import BASIC, PASSWORD, USER, Request, WebCamera, reply, running

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import BadReply, Refused, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import camera_id
from hearthwatch.vendors.capability import Service
from hearthwatch.vendors.device import Access, AlarmKind, AlarmPhase
from hearthwatch.vendors.foscam_mjpeg import FoscamMjpegCamera
from hearthwatch.vendors.network import NetworkChange
from hearthwatch.vendors.set_clock import house_time

pytestmark = pytest.mark.wired
DAYS = [f"schedule_{day}_{part}" for day in ("sun", "mon", "tue", "wed", "thu", "fri", "sat") for part in range(3)]


@dataclass(kw_only=True)
class Mjpeg:
    """`keeps` off: says ok to everything and changes nothing. `answers`: what a command says instead."""

    users: list[list[str]] = field(default_factory=lambda: [["admin", "old", "2"], [USER, PASSWORD, "2"], ["guest", "g", "0"]])
    values: dict[str, str] = field(default_factory=lambda: {
        "ip": "192.168.1.7", "mask": "255.255.255.0", "gateway": "192.168.1.1", "dns": "192.168.1.1", "port": "80",
        "upnp_enable": "1", "ddns_service": "3", "ddns_user": "u", "ddns_pwd": "p", "ddns_host": "h", "ddns_proxy_svr": "",
        "ddns_proxy_port": "0", "alarm_mail": "1", "ntp_enable": "0", "ntp_svr": "", "now": "100", "tz": "-3600",
    })  # fmt: skip
    forbidden: dict[str, str] = field(default_factory=lambda: {"schedule_enable": "0", **dict.fromkeys(DAYS, "0")})
    answers: dict[str, bytes] = field(default_factory=dict)
    states: list[str] = field(default_factory=lambda: ["0"])
    keeps: bool = True
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    uploaded: bytes = b""
    web: WebCamera | None = None

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        parts = urlsplit(request.target)
        cgi, pairs = parts.path.removeprefix("/"), dict(parse_qsl(parts.query, keep_blank_values=True))
        self.asked.append((cgi, pairs))
        writer.write(reply(self.answers[cgi] if cgi in self.answers else self._answer(cgi, pairs, request)))

    def _answer(self, cgi: str, pairs: dict[str, str], request: Request) -> bytes:
        match cgi:
            case "get_params.cgi":
                slots = [*self.users, *[["", "", "0"]] * 8][:8]
                users = {
                    f"user{n}_{key}": slot[at]
                    for n, slot in enumerate(slots, 1)
                    for at, key in enumerate(("name", "pwd", "pri"))
                }
                return _vars(users | self.values)
            case "get_status.cgi":
                state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
                return _vars({"id": "000DC5D4DC51", "now": self.values["now"], "tz": self.values["tz"], "alarm_status": state})
            case "get_forbidden.cgi":
                return _vars(self.forbidden)
            case "get_misc.cgi" | "get_camera_params.cgi":
                return _vars({"led_mode": "1"})
        if self.keeps:
            self._change(cgi, pairs, request)
        return b"ok.\n"

    def _change(self, cgi: str, pairs: dict[str, str], request: Request) -> None:
        match cgi:
            case "set_users.cgi":
                assert len(pairs) == 24, "what is left out would be emptied"
                self.users = [[pairs[f"user{n}"], pairs[f"pwd{n}"], pairs[f"pri{n}"]] for n in range(1, 9)]
                assert self.web is not None
                self.web.password = next((one[1] for one in self.users if one[0] == USER), self.web.password)
            case "set_network.cgi":
                self.values |= {key: value or "0.0.0.0" for key, value in pairs.items()}
            case "set_forbidden.cgi":
                assert len(pairs) == 22
                self.forbidden |= pairs
            case "set_upnp.cgi":
                self.values["upnp_enable"] = pairs["enable"]
            case "set_ddns.cgi" | "set_alarm.cgi":
                self.values |= {f"{cgi[4:].removesuffix('.cgi')}_{key}": value for key, value in pairs.items()}
            case "set_datetime.cgi":
                self.values |= pairs
            case "upgrade_firmware.cgi":
                self.uploaded = request.body


def _vars(values: dict[str, str]) -> bytes:
    numbers = {"port", "now", "tz"}
    return "".join(
        f"var {key}={value if key in numbers or key.endswith(('_pri', 'enable')) else repr(value)};\n"
        for key, value in values.items()
    ).encode()


@contextlib.asynccontextmanager
async def client_of(played: Mjpeg) -> AsyncIterator[FoscamMjpegCamera]:
    async with running(WebCamera(answer=played, challenges=(BASIC,))) as web:
        played.web = web
        played.values["port"] = str(web.port)
        access = Access(
            camera=camera_id("yard"), host="127.0.0.1", port=web.port, user=USER, password=Secret(PASSWORD), allow_loopback=True
        )
        client = FoscamMjpegCamera(access, clock=FakeClock(), rng=random.Random(1), timeout_s=30, poll_s=0, settle_s=0)
        try:
            yield client
        finally:
            await client.close()


async def test_accounts_change_one_by_one_and_the_others_stay() -> None:
    played = Mjpeg()
    async with client_of(played) as client:
        await client.change_password(USER, Secret("newpass1"))
        await client.change_password("guest", Secret("newpass2"))
        await client.rename_account("guest", "visitor")
        assert played.users[:3] == [["admin", "old", "2"], [USER, "newpass1", "2"], ["visitor", "newpass2", "0"]]
        await client.remove_account("visitor")
        assert [one.name for one in await client.accounts()] == ["admin", USER]
        for user, why in ((USER, "ourselves"), ("admin", "belongs to the camera"), ("nobody", "no such account")):
            with pytest.raises(Unsupported, match=why):
                await client.remove_account(user)
        with pytest.raises(Unsupported, match="already"):
            await client.rename_account("admin", USER)


async def test_ok_without_doing_it_and_an_error_in_a_good_answer_are_told() -> None:
    played = Mjpeg(keeps=False)
    async with client_of(played) as client:
        with pytest.raises(Refused):
            await client.change_password(USER, Secret("newpass1"))
        assert [one.name for one in await client.accounts()] == ["admin", USER, "guest"]
        for change in (
            client.change_password("guest", Secret("newpass1")),
            client.rename_account("guest", "visitor"),
            client.remove_account("guest"),
        ):
            with pytest.raises(BadReply, match="did not keep it"):
                await change
        played.answers["set_users.cgi"] = b"error: illegal params.\n"
        with pytest.raises(BadReply, match="illegal params"):
            await client.remove_account("guest")


async def test_services_and_standing_by_and_back() -> None:
    played = Mjpeg()
    async with client_of(played) as client:
        assert await client.is_on(Service.DDNS)
        before = await client.switch_off()
        assert (played.values["ddns_service"], played.values["upnp_enable"], played.values["alarm_mail"]) == ("0", "0", "0")
        assert played.values["ddns_pwd"] == "p"
        assert set(played.forbidden.values()) == {"1", "4294967295"}
        await client.set(before)
        assert set(played.forbidden.values()) == {"0"}
        assert await client.is_on(Service.DDNS)
        with pytest.raises(Unsupported, match="more data"):
            await client.switch(Service.DDNS, on=True)
        with pytest.raises(Unsupported, match="this make"):
            await client.switch(Service.TELNET, on=False)
        played.keeps = False
        with pytest.raises(BadReply, match=r"did not keep params\.upnp_enable"):
            await client.switch(Service.UPNP, on=False)


async def test_network_is_written_whole_and_read_back() -> None:
    played = Mjpeg()
    async with client_of(played) as client:
        change = NetworkChange(address="127.0.0.1", netmask="255.0.0.0", gateway="127.0.0.2", dns=("9.9.9.9",))
        after = await client.change_network(change)
        assert after.host == "127.0.0.1"
        sent = dict(next(pairs for cgi, pairs in played.asked if cgi == "set_network.cgi"))
        assert sent == {
            "ip": "127.0.0.1",
            "mask": "255.0.0.0",
            "gateway": "127.0.0.2",
            "dns": "9.9.9.9",
            "port": played.values["port"],
        }
        await client.change_network(NetworkChange(is_dhcp=True))
        assert (await client.network()).is_dhcp
        for wrong in (NetworkChange(rtsp_port=554), NetworkChange(dns=("9.9.9.9", "1.1.1.1")), NetworkChange(dns=("9.9.9.9",))):
            with pytest.raises(Unsupported):
                await client.change_network(wrong)
        played.keeps = False
        with pytest.raises(BadReply, match="did not keep address"):
            await client.change_network(change)


async def test_clock_and_time_server() -> None:
    played = Mjpeg()
    async with client_of(played) as client:
        await client.set_clock()
        assert played.values["now"] == str(FakeClock().wall_us() // 1_000_000)
        await client.use_ntp("time.lan")
        assert (played.values["ntp_enable"], played.values["ntp_svr"]) == ("1", "time.lan")
        played.values["now"], played.keeps = "100", False
        with pytest.raises(BadReply, match="still wrong"):
            await client.set_clock()
    assert house_time(FakeClock().wall_us()).timestamp() == FakeClock().wall_us() // 1_000_000


async def test_firmware_goes_up_as_a_form(tmp_path: Path) -> None:
    played = Mjpeg()
    async with client_of(played) as client:
        path = image(tmp_path)
        await client.upload_firmware(path)
        assert path.read_bytes() in played.uploaded
        played.answers["upgrade_firmware.cgi"] = b"error: illegal file.\n"
        with pytest.raises(BadReply, match="illegal file"):
            await client.upload_firmware(path)
        with pytest.raises(Unsupported):
            await client.upload_firmware(image(tmp_path, "fw.zip"))


async def test_alarms_are_the_changes_between_two_looks() -> None:
    played = Mjpeg(states=["1", "1", "3", "7"])
    async with client_of(played) as client:
        assert await client.active("motion") == (0,)
        async with contextlib.aclosing(client.alarms()) as alarms:
            found = [await anext(alarms) for _ in range(4)]
    assert [(one.code, one.phase) for one in found] == [
        ("motion", AlarmPhase.STOP), ("sound", AlarmPhase.START), ("sound", AlarmPhase.STOP), ("alarm7", AlarmPhase.START),
    ]  # fmt: skip
    assert [one.kind for one in found[1:]] == [AlarmKind.AUDIO, AlarmKind.AUDIO, AlarmKind.OTHER]
