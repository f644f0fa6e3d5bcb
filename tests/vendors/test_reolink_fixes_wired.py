"""Damage control on Reolink cameras, against a web server with sessions, accounts, ports and an address."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.vendors import reolink_samples as samples
from tests.vendors.test_firmware import image
from tests.vendors.test_reolink_wired import Param, Script, scripted
from tests.vendors.web_camera import USER, Request, WebCamera, reply, running

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import BadReply, Refused, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.vendors.capability import Service
from hearthwatch.vendors.network import NetworkChange
from hearthwatch.vendors.set_clock import house_time

pytestmark = pytest.mark.wired


def values() -> dict[str, object]:
    return {
        "GetDevInfo": {"DevInfo": {"model": "RLC-1", "firmVer": "v3.1.0.1_22041507", "serial": "0", "channelNum": 1}},
        "GetLocalLink": {"LocalLink": {
            "activeLink": "LAN", "mac": "ec:71:db:0f:93:91", "type": "DHCP", "dns": {"auto": 1, "dns1": "192.168.1.1", "dns2": ""},
            "static": {"ip": "192.168.1.7", "mask": "255.255.255.0", "gateway": "192.168.1.1"}}},
        "GetNetPort": {"NetPort": {
            "httpEnable": 1, "httpPort": 80, "httpsEnable": 1, "httpsPort": 443, "mediaPort": 9000, "onvifEnable": 1,
            "onvifPort": 8000, "rtmpEnable": 1, "rtmpPort": 1935, "rtspEnable": 1, "rtspPort": 554}},
        "GetP2p": {"P2p": {"enable": 1, "uid": "9527"}},
        "GetUpnp": {"Upnp": {"enable": 0}},
        "GetEmailV20": {"Email": {"enable": 1, "smtpServer": "mail", "schedule": {"channel": 0}}},
        "GetFtp": {"Ftp": {"schedule": {"enable": 1, "table": "1"}, "server": "nas"}},
        "GetSysCfg": {"SysCfg": {"LockTime": 300, "allowedTimes": 5, "loginLock": 0}},
        "GetAutoMaint": {"AutoMaint": {"enable": 1, "hour": 2}},
        "GetNtp": {"Ntp": {"enable": 0, "interval": 1440, "port": 123, "server": "pool.x"}},
        "GetTime": {"Time": {"year": 1970, "mon": 1, "day": 1, "hour": 0, "min": 0, "sec": 0, "timeZone": 0, "timeFmt": "DD/MM/YYYY"}},
        "GetUser": {"User": [{"userName": "admin", "level": "admin"}, {"userName": USER, "level": "admin"},
                             {"userName": "guest", "level": "guest"}]},
        "GetOnline": {"User": [
            {"canbeDisconn": 0, "ip": "192.168.1.2", "level": "admin", "sessionId": 1000, "userName": USER},
            {"canbeDisconn": 1, "ip": "203.0.113.9", "level": "admin", "sessionId": 1001, "userName": "admin"}]},
    }  # fmt: skip


@dataclass(kw_only=True)
class House(Script):
    """Keeps users, sessions and link; `here` says at which door the camera is, 0 for any."""

    values: dict[str, object] = field(default_factory=values)
    failing: dict[str, int] = field(default_factory=dict)
    here: int = 0
    moves: dict[str, int] = field(default_factory=dict)
    forms: list[bytes] = field(default_factory=list)

    def at(self, door: int) -> WebCamera:
        async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
            if self.here and self.here != door:
                writer.close()
                return
            query = parse_qs(urlsplit(request.target).query)
            if query["cmd"] == ["Upgrade"]:
                assert query["clearConfig"] == ["0"]
                self.forms.append(request.body)
                failed = samples.bad(self.failing["Upgrade"], "broken file") if "Upgrade" in self.failing else None
                writer.write(reply(samples.body(failed or samples.good({"rspCode": 200}))))
            else:
                await self(request, writer)

        return WebCamera(answer=answer)

    def _one(self, cmd: str, param: Param, token: str) -> object:
        if cmd in self.failing and token in self.tokens:
            return samples.bad(self.failing[cmd], "no")
        self.here = self.moves.get(cmd, self.here)
        if cmd in {"Disconnect", "DelUser", "UpgradePrepare"} and token in self.tokens:
            self.asked.append((cmd, param))
            if self.keeps and cmd != "UpgradePrepare":
                table, key = ("GetOnline", "sessionId") if cmd == "Disconnect" else ("GetUser", "userName")
                rows = self.values[table]["User"]  # type: ignore[index]
                self.values[table] = {"User": [row for row in rows if row[key] != param["User"][key]]}
            return samples.good({"rspCode": 200})
        if cmd == "SetLocalLink" and self.keeps and token in self.tokens:
            self.asked.append((cmd, param))
            self.values["GetLocalLink"]["LocalLink"] |= param["LocalLink"]  # type: ignore[index]
            return samples.good({"rspCode": 200})
        return super()._one(cmd, param, token)


async def test_a_session_is_ended_and_who_it_was_is_gone() -> None:
    house = House()
    async with scripted(house, house.at(0)) as (client, _):
        ours, theirs = await client.sessions()
        await client.end_session(theirs)
        assert ("Disconnect", {"User": {"userName": "admin", "sessionId": 1001}}) in house.asked
        assert await client.sessions() == (ours,)
        await client.end_session(theirs)
        with pytest.raises(Unsupported, match="lets nobody end"):
            await client.end_session(ours)


async def test_yes_without_doing_it_is_told_of_sessions_and_accounts() -> None:
    house = House(keeps=False)
    async with scripted(house, house.at(0)) as (client, _):
        theirs = (await client.sessions())[1]
        with pytest.raises(BadReply, match="still there"):
            await client.end_session(theirs)
        with pytest.raises(BadReply, match="kept the account guest"):
            await client.remove_account("guest")
        house.failing = {"Disconnect": -12, "DelUser": -26}
        with pytest.raises(Unsupported):
            await client.end_session(theirs)
        with pytest.raises(Refused):
            await client.remove_account("guest")


async def test_an_account_is_removed_but_neither_ours_nor_one_that_is_built_in() -> None:
    house = House()
    async with scripted(house, house.at(0)) as (client, _):
        await client.remove_account("guest")
        assert {one.name for one in await client.accounts()} == {"admin", USER}
        for user, why in ((USER, "ourselves"), ("admin", "belongs to the camera"), ("nobody", "no account")):
            with pytest.raises(Unsupported, match=why):
                await client.remove_account(user)


async def test_services_of_every_form_and_standing_by_and_back() -> None:
    house = House()
    async with scripted(house, house.at(0)) as (client, _):
        assert await client.is_on(Service.MAIL)
        assert not await client.is_on(Service.LOCKOUT)
        await client.switch(Service.LOCKOUT, on=True)
        await client.switch(Service.AUTO_REBOOT, on=False)
        assert await client.is_on(Service.LOCKOUT)
        before = await client.switch_off()
        assert {one.key for one in before} == {
            "NetPort.rtspEnable", "NetPort.rtmpEnable", "NetPort.onvifEnable", "P2p.enable", "EmailV20[0].enable",
            "Ftp[0].schedule.enable",
        }  # fmt: skip
        assert [one for one, _ in house.asked].count("SetNetPort") == 1
        assert not await client.is_on(Service.RTSP)
        await client.set(before)
        assert await client.is_on(Service.RTSP)
        with pytest.raises(Unsupported, match="this model"):
            await client.switch(Service.DDNS, on=False)
        with pytest.raises(Unsupported, match="locked out"):
            await client.switch(Service.HTTP, on=False)


async def test_the_port_moves_and_we_follow_with_our_log_in() -> None:
    house = House(here=1, moves={"SetNetPort": 2})
    there = house.at(2)
    async with running(there), scripted(house, house.at(1)) as (client, _):
        after = await client.change_network(NetworkChange(http_port=there.port))
        assert after.port == there.port
        sent = next(param for cmd, param in house.asked if cmd == "SetNetPort")
        assert (sent["NetPort"]["httpPort"], sent["NetPort"]["rtmpPort"]) == (there.port, 1935)
        assert (await client.network()).http_port == there.port


async def test_a_camera_that_stays_is_still_ours_and_one_that_is_gone_is_told() -> None:
    house = House(here=1, keeps=False)
    there = house.at(2)
    async with running(there), scripted(house, house.at(1)) as (client, _):
        with pytest.raises(BadReply, match="still where it was"):
            await client.change_network(NetworkChange(http_port=there.port))
        with pytest.raises(BadReply, match="did not keep onvif_port"):
            await client.change_network(NetworkChange(onvif_port=8080))
        house.moves = {"SetNetPort": 3}
        with pytest.raises(Unreachable, match="look for it in your router"):
            await client.change_network(NetworkChange(http_port=there.port))
        house.here = 1
        assert (await client.network()).http_port == 80


async def test_an_address_goes_out_whole() -> None:
    house = House()
    async with scripted(house, house.at(0)) as (client, _):
        change = NetworkChange(address="127.0.0.1", netmask="255.0.0.0", gateway="127.0.0.2", dns=("9.9.9.9",))
        assert (await client.change_network(change)).host == "127.0.0.1"
        assert next(param for cmd, param in house.asked if cmd == "SetLocalLink") == {"LocalLink": {
            "type": "Static", "static": {"ip": "127.0.0.1", "mask": "255.0.0.0", "gateway": "127.0.0.2"},
            "dns": {"auto": 0, "dns1": "9.9.9.9", "dns2": "9.9.9.9"}}}  # fmt: skip
        await client.change_network(NetworkChange(is_dhcp=True))
        assert (await client.network()).is_dhcp


async def test_the_clock_is_the_houses_and_its_zone_stays() -> None:
    house = House()
    async with scripted(house, house.at(0)) as (client, _):
        await client.set_clock()
        sent = next(param for cmd, param in house.asked if cmd == "SetTime")["Time"]
        at = house_time(FakeClock().wall_us())
        assert (sent["year"], sent["hour"], sent["min"], sent["timeZone"]) == (at.year, at.hour, at.minute, 0)
        await client.use_ntp("time.lan")
        assert house.values["GetNtp"] == {"Ntp": {"enable": 1, "interval": 1440, "port": 123, "server": "time.lan"}}
        house.keeps, house.values["GetTime"] = False, values()["GetTime"]
        with pytest.raises(BadReply, match="still wrong"):
            await client.set_clock()


async def test_firmware_goes_up_in_forms_of_at_most_forty_kilobytes(tmp_path: Path) -> None:
    house = House()
    async with scripted(house, house.at(0)) as (client, _):
        path = image(tmp_path, "RLC.pak")
        await client.upload_firmware(path)
        assert ("UpgradePrepare", {"restoreCfg": 0, "fileName": "RLC.pak"}) in house.asked
        assert max(map(len, house.forms)) <= 40_000
        contents = [form.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0] for form in house.forms]
        assert b"".join(contents) == path.read_bytes()
        house.failing = {"Upgrade": -13}
        with pytest.raises(BadReply, match="broken file"):
            await client.upload_firmware(path)
        with pytest.raises(Unsupported, match=r"end in \.pak"):
            await client.upload_firmware(image(tmp_path, "x.bin"))


async def test_anothers_password_is_tried() -> None:
    house = House()
    async with scripted(house, house.at(0)) as (client, _):
        house.keeps = False
        with pytest.raises(Refused):
            await client.change_password("guest", Secret("another123"))
