"""Damage control on Dahua cameras, against a web server that keeps accounts and configuration tables."""

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
from tests.vendors.web_camera import DIGEST, PASSWORD, USER, Request, WebCamera, reply, running

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import BadReply, Refused, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import camera_id
from hearthwatch.vendors.capability import Service
from hearthwatch.vendors.dahua import DahuaCamera
from hearthwatch.vendors.device import Access
from hearthwatch.vendors.network import NetworkChange

pytestmark = pytest.mark.wired
TABLES = {
    "General.LockLoginEnable": "false", "T2UServer.Enable": "true", "UPnP.Enable": "true", "DDNS[0].Enable": "false",
    "DDNS[1].Enable": "true", "SNMP.Enable": "true", "Bonjour.Enable": "true", "Multicast.RTP[0].Enable": "true",
    "Multicast.TS[0].Enable": "false", "Email.Enable": "true", "SSHD.Enable": "false", "Https.Enable": "true",
    "Https.Port": "443", "Web.Port": "80", "RTSP.Enable": "true", "RTSP.Port": "554", "DVRIP.TCPPort": "37777",
    "UserGlobal.OnvifLoginCheck": "false", "AutoMaintain.AutoRebootEnable": "true", "LeLensMask[0].Enable": "false",
    "Encode[0].MainFormat[0].VideoEnable": "true", "Encode[0].ExtraFormat[0].VideoEnable": "true",
    "Encode[0].MainFormat[0].Video.FPS": "15", "NTP.Enable": "false", "NTP.Address": "x",
    "AccessFilter.Enable": "false", "AccessFilter.Type": "BannedList", "Network.DefaultInterface": "eth0",
    "Network.eth0.IPAddress": "192.168.1.7", "Network.eth0.SubnetMask": "255.255.255.0",
    "Network.eth0.DefaultGateway": "192.168.1.1", "Network.eth0.DhcpEnable": "true",
    "Network.eth0.DnsServers[0]": "192.168.1.1", "Network.eth0.DnsServers[1]": "8.8.8.8",
    "Network.eth0.PhysicalAddress": "9c:8e:cd:00:11:22",
}  # fmt: skip


@dataclass(kw_only=True)
class Dahua:
    """`keeps` off: says OK to everything and changes nothing. `bad`: actions that end in an error with status 200."""

    tables: dict[str, str] = field(default_factory=lambda: dict(TABLES))
    accounts: dict[str, list[str]] = field(default_factory=lambda: {
        "admin": ["a", "admin", "true"], USER: [PASSWORD, "admin", "false"], "guest": ["g", "user", "false"]})  # fmt: skip
    bad: set[str] = field(default_factory=set)
    keeps: bool = True
    here: int = 0
    moves: bool = False
    time: str = "1970-01-01 00:00:00"
    uploaded: bytes = b""
    asked: list[dict[str, str]] = field(default_factory=list)
    doors: dict[int, WebCamera] = field(default_factory=dict)

    def at(self, door: int) -> WebCamera:
        async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
            if self.here and self.here != door:
                writer.close()
                return
            parts = urlsplit(request.target)
            pairs = dict(parse_qsl(parts.query, keep_blank_values=True))
            self.asked.append(pairs)
            action = pairs.pop("action")
            if action in self.bad:
                writer.write(reply(b"Error\r\nBad Request!\r\n"))
                return
            writer.write(reply(self._answer(action, pairs, request, self.doors[door])))

        self.doors[door] = WebCamera(answer=answer, challenges=(DIGEST,))
        return self.doors[door]

    def _answer(self, action: str, pairs: dict[str, str], request: Request, door: WebCamera) -> bytes:
        match action:
            case "getConfig":
                name = pairs["name"]
                found = {key: value for key, value in self.tables.items() if key.startswith((f"{name}.", f"{name}["))}
                if not found:
                    return f"Error\r\nError: Error -1 getting param in name={name}\r\n".encode()
                return "".join(f"table.{key}={value}\r\n" for key, value in found.items()).encode()
            case "getSystemInfo":
                return b"deviceType=IP2M-841\r\nserialNumber=SN1\r\n"
            case "getSoftwareVersion":
                return b"version=2.520.AC00.18.R,build:2017-06-29\r\n"
            case "getCurrentTime":
                return f"result={self.time}\r\n".encode()
            case "getDeviceType":
                return b"type=IP2M-841\r\n"
            case "getUserInfoAll":
                rows = enumerate(self.accounts.items())
                return "".join(
                    f"users[{n}].Name={name}\r\nusers[{n}].Group={group}\r\nusers[{n}].Reserved={reserved}\r\n"
                    for n, (name, (_, group, reserved)) in rows
                ).encode()
            case "getVendor" | "getMachineName":
                return b"Error\r\nBad Request!\r\n"
        if self.keeps:
            self._change(action, pairs, request, door)
        return b"OK\r\n"

    def _change(self, action: str, pairs: dict[str, str], request: Request, door: WebCamera) -> None:
        match action:
            case "setConfig":
                self.tables |= pairs
                self.here = 2 if self.moves else self.here
            case "modifyPassword":
                self.accounts[pairs["name"]][0] = door.password = pairs["pwd"]
            case "modifyPasswordByManager":
                assert (pairs["managerName"], pairs["managerPwd"]) == (USER, PASSWORD)
                self.accounts[pairs["userName"]][0] = door.password = pairs["pwd"]
            case "modifyUser":
                self.accounts[pairs["user.Name"]] = self.accounts.pop(pairs["name"])
            case "deleteUser":
                del self.accounts[pairs["name"]]
            case "setCurrentTime":
                self.time = pairs["time"]
            case "uploadFirmware":
                self.uploaded = request.body


@contextlib.asynccontextmanager
async def client_of(played: Dahua, door: int = 0) -> AsyncIterator[DahuaCamera]:
    async with running(played.at(door)) as web:
        access = Access(
            camera=camera_id("yard"), host="127.0.0.1", port=web.port, user=USER, password=Secret(PASSWORD), allow_loopback=True
        )
        client = DahuaCamera(access, clock=FakeClock(), rng=random.Random(1), timeout_s=30, settle_s=0)
        try:
            yield client
        finally:
            await client.close()


async def test_accounts_are_removed_and_read_back() -> None:
    played = Dahua()
    async with client_of(played) as client:
        await client.rename_account("guest", "visitor")
        await client.remove_account("visitor")
        assert {one.name for one in await client.accounts()} == {"admin", USER}
        for user, why in ((USER, "ourselves"), ("admin", "belongs to the camera"), ("nobody", "no account")):
            with pytest.raises(Unsupported, match=why):
                await client.remove_account(user)
        with pytest.raises(Unsupported, match="cannot be renamed"):
            await client.rename_account("admin", "root")


async def test_ok_without_doing_it_and_errors_in_good_answers_are_told_of_accounts() -> None:
    played = Dahua(keeps=False)
    async with client_of(played) as client:
        with pytest.raises(BadReply, match="kept the name guest"):
            await client.rename_account("guest", "visitor")
        with pytest.raises(BadReply, match="kept the account guest"):
            await client.remove_account("guest")
        played.bad = {"modifyUser", "deleteUser"}
        for change in (client.rename_account("guest", "visitor"), client.remove_account("guest")):
            with pytest.raises(Unsupported):
                await change
        played.bad = set()
        with pytest.raises(Refused):
            await client.rename_account(USER, "renamed")
        await client.clock()


async def test_anothers_password_is_set_by_the_newer_command_and_tried() -> None:
    played = Dahua(bad={"modifyPassword"})
    async with client_of(played) as client:
        with pytest.raises(BadReply, match="does not take the new password"):
            await client.change_password("guest", Secret("brand new&1"))
        assert played.accounts["guest"][0] == "brand new&1"


async def test_addresses_are_refused_in_the_next_place_and_given_back() -> None:
    played = Dahua()
    async with client_of(played) as client:
        assert await client.blocked() == ()
        await client.block("203.0.113.9")
        await client.block("203.0.113.10")
        await client.block("203.0.113.9")
        assert await client.blocked() == ("203.0.113.9", "203.0.113.10")
        assert played.tables["AccessFilter.BannedList[1]"] == "203.0.113.10"
        await client.unblock("203.0.113.9")
        assert await client.blocked() == ("203.0.113.10",)
        await client.unblock("203.0.113.10")
        assert played.tables["AccessFilter.Enable"] == "false"
        with pytest.raises(Unsupported, match="this machine itself"):
            await client.block("127.0.0.1")


async def test_a_list_we_might_be_on_one_of_who_may_come_in_and_one_of_another_form() -> None:
    played = Dahua()
    async with client_of(played) as client:
        played.tables["AccessFilter.BannedList[0]"] = "127.0.0.1"
        with pytest.raises(Unsupported, match="this machine itself"):
            await client.block("203.0.113.9")
        played.tables |= {"AccessFilter.Enable": "true", "AccessFilter.Type": "TrustList"}
        with pytest.raises(Unsupported, match="who may come in"):
            await client.block("203.0.113.9")
        del played.tables["AccessFilter.Type"]
        with pytest.raises(Unsupported, match="a form that we do not know"):
            await client.block("203.0.113.9")
        played.tables |= TABLES
        del played.tables["AccessFilter.BannedList[0]"]
        played.keeps = False
        with pytest.raises(BadReply, match=r"did not keep AccessFilter\."):
            await client.block("203.0.113.9")


async def test_services_and_standing_by_and_back() -> None:
    played = Dahua()
    async with client_of(played) as client:
        await client.switch(Service.ONVIF_LOGIN, on=True)
        await client.switch(Service.LOCKOUT, on=True)
        await client.switch(Service.AUTO_REBOOT, on=False)
        assert await client.is_on(Service.MULTICAST)
        assert await client.is_on(Service.ONVIF_LOGIN)
        before = await client.switch_off()
        assert {one.key: one.value for one in before} == {
            "LeLensMask[0].Enable": "false", "Encode[0].MainFormat[0].VideoEnable": "true",
            "Encode[0].ExtraFormat[0].VideoEnable": "true", "RTSP.Enable": "true", "T2UServer.Enable": "true",
            "UPnP.Enable": "true", "DDNS[1].Enable": "true", "SNMP.Enable": "true", "Bonjour.Enable": "true",
            "Multicast.RTP[0].Enable": "true", "Email.Enable": "true",
        }  # fmt: skip
        assert played.tables["LeLensMask[0].Enable"] == "true"
        await client.set(before)
        assert played.tables["Encode[0].MainFormat[0].VideoEnable"] == "true"
        with pytest.raises(Unsupported, match="this model"):
            await client.switch(Service.TELNET, on=False)
        played.keeps = False
        with pytest.raises(BadReply, match=r"does not switch off LeLensMask\[0\]\.Enable"):
            await client.switch_off()


async def test_the_port_moves_and_we_follow() -> None:
    played = Dahua(here=1, moves=True)
    there = played.at(2)
    async with running(there), client_of(played, 1) as client:
        after = await client.change_network(NetworkChange(http_port=there.port, rtsp_port=8554))
        assert after.port == there.port
        found = await client.network()
        assert (found.http_port, found.rtsp_port, found.media_port) == (there.port, 8554, 37777)


async def test_a_camera_that_stays_is_still_ours_and_one_that_is_gone_is_told() -> None:
    played = Dahua(here=1, keeps=False)
    there = played.at(2)
    async with running(there), client_of(played, 1) as client:
        with pytest.raises(BadReply, match="still where it was"):
            await client.change_network(NetworkChange(http_port=there.port))
        with pytest.raises(BadReply, match="did not keep dns"):
            await client.change_network(NetworkChange(dns=("9.9.9.9",)))
        with pytest.raises(Unsupported, match="not all of these ports"):
            await client.change_network(NetworkChange(onvif_port=8000))
        played.here = 3
        with pytest.raises(Unreachable):
            await client.change_network(NetworkChange(http_port=there.port))


async def test_an_address_goes_out_whole() -> None:
    played = Dahua()
    async with client_of(played) as client:
        with pytest.raises(Unsupported, match="not in the same network"):
            await client.change_network(NetworkChange(address="127.0.0.1"))
        assert played.tables["Network.eth0.IPAddress"] == "192.168.1.7"
        change = NetworkChange(address="127.0.0.1", netmask="255.0.0.0", gateway="127.0.0.2", dns=("9.9.9.9", "1.1.1.1"))
        assert (await client.change_network(change)).host == "127.0.0.1"
        assert played.tables["Network.eth0.DhcpEnable"] == "false"
        assert (await client.network()).dns == ("9.9.9.9", "1.1.1.1")


async def test_an_address_where_somebody_answers_is_not_taken() -> None:
    played = Dahua()
    async with client_of(played) as client:
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.9", client._http.access.port)
        async with server:
            with pytest.raises(Unsupported, match="another device answers"):
                await client.change_network(NetworkChange(address="127.0.0.9", netmask="255.0.0.0", gateway="127.0.0.2"))
        with pytest.raises(Unsupported, match="refused as a camera's address"):
            await client.change_network(NetworkChange(address="169.254.1.9", netmask="255.255.0.0", gateway="169.254.0.1"))
    assert not any("Network.eth0.IPAddress" in one for one in played.asked)


async def test_clock_and_time_server() -> None:
    played = Dahua()
    async with client_of(played) as client:
        await client.set_clock()
        await client.use_ntp("time.lan")
        assert (played.tables["NTP.Enable"], played.tables["NTP.Address"]) == ("true", "time.lan")
        played.time, played.keeps = "2000-01-01 00:00:00", False
        with pytest.raises(BadReply, match="still wrong"):
            await client.set_clock()


async def test_firmware_goes_up_as_a_form_after_the_log_in(tmp_path: Path) -> None:
    played = Dahua()
    async with client_of(played) as client:
        path = image(tmp_path)
        await client.upload_firmware(path)
        assert path.read_bytes() in played.uploaded
        played.bad = {"uploadFirmware"}
        with pytest.raises(Unsupported):
            await client.upload_firmware(path)
