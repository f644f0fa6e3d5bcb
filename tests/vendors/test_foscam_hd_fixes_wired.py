"""Damage control on the HD generation of Foscam, against a web server that keeps accounts, lists, ports and a clock."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from tests.vendors.test_firmware import image
from tests.vendors.web_camera import PASSWORD, USER, Request, WebCamera, reply, running

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import BadReply, Refused, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import US_PER_S, camera_id
from hearthwatch.vendors.capability import Service
from hearthwatch.vendors.device import Access, AlarmKind, AlarmPhase, Setting
from hearthwatch.vendors.foscam_hd import FoscamHdCamera
from hearthwatch.vendors.network import NetworkChange

pytestmark = pytest.mark.wired
GROUPS = {
    "UPnPConfig": {"isEnable": "1"},
    "P2PEnable": {"enable": "1"},
    "DDNSConfig": {"isEnable": "1", "hostName": "h", "ddnsServer": "0", "user": "u", "password": "p", "factoryDDNS": "x.org"},
    "SMTPConfig": {
        "isEnable": "1", "server": "mail", "port": "25", "isNeedAuth": "1", "tls": "0", "user": "u", "password": "p",
        "sender": "s@x", "reciever": "a@x,b@x",
    },
    "PortInfo": {"webPort": "88", "httpsPort": "443", "mediaPort": "888", "rtspPort": "554", "onvifPort": "889"},
    "IPInfo": {"isDHCP": "1", "ip": "192.168.1.7", "gate": "192.168.1.1", "mask": "255.255.255.0", "dns1": "192.168.1.1",
               "dns2": "0.0.0.0"},
    "FirewallConfig": {"isEnable": "0", "rule": "1", **{f"ipList{n}": "0" for n in range(8)}},
    "SystemTime": {"timeSource": "0", "ntpServer": "time.x", "dateFormat": "0", "timeFormat": "0", "timeZone": "-3600",
                   "isDst": "0", "dst": "0", "year": "1970", "mon": "1", "day": "1", "hour": "0", "minute": "0", "sec": "0"},
    "MirrorAndFlipSetting": {"isMirror": "0", "isFlip": "0"},
    "VideoStreamParam": {f"{key}{n}": str(n) for n in range(4) for key in ("resolution", "bitRate", "frameRate", "GOP", "isVBR")},
    "DevName": {"devName": "Front"},
}  # fmt: skip


@dataclass(kw_only=True)
class Hd:
    """`keeps` off: says yes to everything and changes nothing. `results`: what a command answers instead of 0."""

    accounts: dict[str, list[str]] = field(default_factory=lambda: {USER: [PASSWORD, "2"], "guest": ["old", "0"]})
    groups: dict[str, dict[str, str]] = field(default_factory=lambda: {name: dict(value) for name, value in GROUPS.items()})
    results: dict[str, str] = field(default_factory=dict)
    keeps: bool = True
    onvif: str = "enable"
    states: list[str] = field(default_factory=lambda: ["1"])
    """Of motion: one look after the other, the last for ever."""
    asleep: str | None = None
    mac: str = "00626E4C1234"
    here: int = 0
    """Which of its doors answers, 0 for any; after a command in `moves` another one."""
    moves: dict[str, int] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    uploaded: bytes = b""

    def at(self, port: int) -> WebCamera:
        async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
            if self.here and self.here != port:
                writer.close()
                return
            asked = {key: values[0] for key, values in parse_qs(urlsplit(request.target).query).items()}
            writer.write(reply(self._answer(asked, request)))

        return WebCamera(answer=answer)

    def _answer(self, asked: dict[str, str], request: Request) -> bytes:
        cmd, user, password = asked.pop("cmd"), asked.pop("usr"), asked.pop("pwd")
        if user not in self.accounts or self.accounts[user][0] != password:
            return _result("-2")
        self.asked.append({"cmd": cmd, **asked})
        if cmd in self.results:
            return _result(self.results[cmd])
        body = self._do(cmd, asked, request)
        return _result("-3") if body is None else _result("0", body)

    def _do(self, cmd: str, asked: dict[str, str], request: Request) -> str | None:
        if cmd == "getUserList":
            users = "".join(f"<usr{n}>{quote(f'{name}+{level}')}</usr{n}>" for n, (name, (_, level)) in self._numbered())
            return f"<usrCnt>{len(self.accounts)}</usrCnt>{users}"
        if cmd == "getDevInfo":
            time = self.groups["SystemTime"]
            text = "{year} {mon} {day} {hour} {minute} {sec} +0000".format(**time)
            at = dt.datetime.strptime(text, "%Y %m %d %H %M %S %z")
            at -= dt.timedelta(seconds=int(time["timeZone"]))
            parts = {"year": at.year, "mon": at.month, "day": at.day, "hour": at.hour, "min": at.minute, "sec": at.second}
            return _fields({"mac": self.mac, "timeZone": time["timeZone"], **{key: str(one) for key, one in parts.items()}})
        if cmd == "getDevState":
            state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
            return f"<motionDetectAlarm>{state}</motionDetectAlarm><soundAlarm>0</soundAlarm>"
        if cmd == "GetOnvifAgentStat":
            return f"<OnvifAgentStat>{self.onvif}</OnvifAgentStat>"
        if cmd == "getAlexaState":
            return None if self.asleep is None else f"<state>{self.asleep}</state>"
        if cmd.startswith("get"):
            return _fields(self.groups[cmd[3:]]) if cmd[3:] in self.groups else None
        if not self.keeps:
            return ""
        self._change(cmd, asked, request)
        self.here = self.moves.get(cmd, self.here)
        return ""

    def _numbered(self) -> list[tuple[int, tuple[str, list[str]]]]:
        return list(enumerate(self.accounts.items(), 1))

    def _change(self, cmd: str, asked: dict[str, str], request: Request) -> None:
        match cmd:
            case "changePassword":
                assert self.accounts[asked["usrName"]][0] == asked["oldPwd"]
                self.accounts[asked["usrName"]][0] = asked["newPwd"]
            case "changeUserName":
                self.accounts[asked["newUsrName"]] = self.accounts.pop(asked["usrName"])
            case "delAccount":
                del self.accounts[asked["usrName"]]
            case "addAccount":
                self.accounts[asked["usrName"]] = [asked["usrPwd"], asked["privilege"]]
            case "EnableOnvifAgent" | "DisableOnvifAgent":
                self.onvif = cmd.removesuffix("OnvifAgent").lower()
            case "alexaSleep" | "alexaWakeUp":
                self.asleep = "1" if cmd == "alexaSleep" else "0"
            case "mirrorVideo" | "flipVideo":
                self.groups["MirrorAndFlipSetting"] |= asked
            case "setVideoStreamParam":
                slot = asked.pop("streamType")
                self.groups["VideoStreamParam"] |= {key + slot: value for key, value in asked.items()}
            case "setIpInfo":
                self.groups["IPInfo"] |= asked
            case "fwUpgrade":
                self.uploaded = request.body
            case "rebootSystem":
                pass
            case _:
                group = self.groups[cmd.removeprefix("set")]
                told = set(group) - {"factoryDDNS"}
                assert set(asked) == told, f"{cmd} takes all of its fields"
                group |= asked


def _fields(values: dict[str, str]) -> str:
    return "".join(f"<{key}>{quote(value)}</{key}>" for key, value in values.items())


def _result(code: str, body: str = "") -> bytes:
    return f"<CGI_Result><result>{code}</result>{body}</CGI_Result>".encode()


@contextlib.asynccontextmanager
async def client_of(hd: Hd, camera: WebCamera | None = None) -> AsyncIterator[FoscamHdCamera]:
    async with running(camera or hd.at(0)) as web:
        access = Access(
            camera=camera_id("yard"), host="127.0.0.1", port=web.port, user=USER, password=Secret(PASSWORD), allow_loopback=True
        )
        client = FoscamHdCamera(access, clock=FakeClock(), rng=random.Random(1), timeout_s=30, poll_s=0, settle_s=0)
        try:
            yield client
        finally:
            await client.close()


async def test_our_password_changes_here_and_there_and_a_refusal_leaves_the_old_one() -> None:
    hd = Hd()
    async with client_of(hd) as client:
        await client.change_password(USER, Secret("new%one+1"))
        assert hd.accounts[USER][0] == "new%one+1"
        await client.clock()
        hd.keeps = False
        with pytest.raises(Refused) as caught:
            await client.change_password(USER, Secret("other1234"))
        assert "other1234" not in str(caught.value)
        await client.clock()
        with pytest.raises(Unsupported, match="1 to 12"):
            await client.change_password(USER, Secret("a blank & more"))


async def test_anothers_account_is_made_anew_with_its_rights() -> None:
    hd = Hd()
    async with client_of(hd) as client:
        await client.change_password("guest", Secret("brandNew1"))
        assert hd.accounts["guest"] == ["brandNew1", "0"]
        hd.results["addAccount"] = "-4"
        with pytest.raises(BadReply, match="nobody can use it now"):
            await client.change_password("guest", Secret("brandNew2"))
        with pytest.raises(Unsupported, match="no account"):
            await client.change_password("nobody", Secret("brandNew2"))


async def test_accounts_are_renamed_and_removed_and_read_back() -> None:
    hd = Hd()
    async with client_of(hd) as client:
        await client.rename_account(USER, "night$watch")
        assert {one.name for one in await client.accounts()} == {"night$watch", "guest"}
        await client.remove_account("guest")
        with pytest.raises(Unsupported, match="ourselves"):
            await client.remove_account("night$watch")
        with pytest.raises(Unsupported, match="1 to 20"):
            await client.rename_account("night$watch", "a b")


async def test_yes_without_doing_it_is_told_of_accounts() -> None:
    hd = Hd(keeps=False)
    async with client_of(hd) as client:
        with pytest.raises(Refused):
            await client.rename_account(USER, "renamed")
        with pytest.raises(BadReply, match="kept the name guest"):
            await client.rename_account("guest", "renamed")
        with pytest.raises(BadReply, match="kept the account guest"):
            await client.remove_account("guest")
        hd.results["delAccount"] = "-10"
        with pytest.raises(BadReply, match="somebody is logged in"):
            await client.remove_account("guest")
        with pytest.raises(Unsupported, match="already"):
            await client.rename_account("guest", USER)


async def test_addresses_are_refused_as_numbers_whose_lowest_byte_is_the_first() -> None:
    hd = Hd()
    async with client_of(hd) as client:
        assert await client.blocked() == ()
        await client.block("192.168.1.10")
        assert hd.groups["FirewallConfig"]["ipList0"] == "167880896"
        assert (hd.groups["FirewallConfig"]["isEnable"], hd.groups["FirewallConfig"]["rule"]) == ("1", "0")
        hd.groups["FirewallConfig"]["ipList1"] = "-932118325"
        assert await client.blocked() == ("192.168.1.10", "203.0.113.200")
        await client.block("192.168.1.10")
        await client.unblock("192.168.1.10")
        await client.unblock("203.0.113.200")
        assert hd.groups["FirewallConfig"] == {"isEnable": "0", "rule": "0", **{f"ipList{n}": "0" for n in range(8)}}
        with pytest.raises(Unsupported, match="this machine itself"):
            await client.block("127.0.0.1")


async def test_a_list_of_who_may_come_in_a_full_one_and_one_that_is_not_kept() -> None:
    hd = Hd()
    async with client_of(hd) as client:
        hd.groups["FirewallConfig"] |= {"isEnable": "1", "rule": "1", "ipList0": "16777343"}
        assert await client.blocked() == ()
        with pytest.raises(Unsupported, match="who may come in"):
            await client.block("203.0.113.9")
        hd.groups["FirewallConfig"] |= {"rule": "0", **{f"ipList{n}": str(n + 1) for n in range(8)}}
        with pytest.raises(Unsupported, match="full"):
            await client.block("203.0.113.9")
        hd.groups["FirewallConfig"]["ipList7"] = "0"
        hd.keeps = False
        with pytest.raises(BadReply, match="kept another list"):
            await client.block("203.0.113.9")


async def test_the_port_moves_and_we_follow() -> None:
    hd = Hd()
    there = hd.at(2)
    async with running(there), client_of(hd, hd.at(1)) as client:
        hd.here, hd.moves = 1, {"setPortInfo": 2}
        after = await client.change_network(NetworkChange(http_port=there.port))
        assert after.port == there.port
        assert (await client.network()).http_port == there.port


async def test_a_camera_that_stays_is_still_ours_and_one_that_is_gone_is_told() -> None:
    hd = Hd(keeps=False)
    there = hd.at(2)
    async with running(there), client_of(hd, hd.at(1)) as client:
        hd.here = 1
        with pytest.raises(BadReply, match="still where it was"):
            await client.change_network(NetworkChange(http_port=there.port))
        await client.clock()
        with pytest.raises(BadReply, match="did not keep rtsp_port"):
            await client.change_network(NetworkChange(rtsp_port=8554))
        hd.here = 3
        with pytest.raises(Unreachable):
            await client.change_network(NetworkChange(http_port=there.port))


async def test_an_address_goes_out_whole_and_dhcp_is_not_waited_for() -> None:
    hd = Hd()
    async with client_of(hd) as client:
        change = NetworkChange(dns=("9.9.9.9", "1.1.1.1"), address="127.0.0.1", netmask="255.0.0.0", gateway="127.0.0.2")
        after = await client.change_network(change)
        assert after.host == "127.0.0.1"
        assert hd.groups["IPInfo"] == {
            "isDHCP": "0", "ip": "127.0.0.1", "gate": "127.0.0.2", "mask": "255.0.0.0", "dns1": "9.9.9.9", "dns2": "1.1.1.1",
        }  # fmt: skip
        await client.change_network(NetworkChange(is_dhcp=True))
        assert hd.groups["IPInfo"]["isDHCP"] == "1"
        with pytest.raises(Unsupported, match="one after the other"):
            await client.change_network(NetworkChange(address="127.0.0.9", http_port=89))


async def test_switches_and_standing_by_and_back() -> None:
    hd = Hd(asleep="0")
    async with client_of(hd) as client:
        for service in (Service.P2P, Service.UPNP, Service.DDNS, Service.MAIL, Service.ONVIF):
            assert await client.is_on(service)
        before = await client.switch_off()
        assert (hd.asleep, hd.onvif, hd.groups["P2PEnable"]["enable"], hd.groups["SMTPConfig"]["isEnable"]) == (
            "1",
            "disable",
            "0",
            "0",
        )
        assert hd.groups["SMTPConfig"]["reciever"] == "a@x,b@x"
        await client.set(before)
        assert (hd.asleep, hd.onvif, hd.groups["DDNSConfig"]["isEnable"]) == ("0", "enable", "1")
        with pytest.raises(Unsupported, match="this model"):
            await client.switch(Service.AUTO_REBOOT, on=False)
        hd.keeps = False
        with pytest.raises(BadReply, match=r"did not keep P2PEnable\.enable"):
            await client.switch(Service.P2P, on=False)


async def test_settings_of_every_form_are_written_and_read_back() -> None:
    hd = Hd()
    wanted = {
        "MirrorAndFlipSetting.isFlip": "1", "VideoStreamParam.bitRate2": "512000", "DevName.devName": "Gate",
        "SystemTime.ntpServer": "time.lan", "PortInfo.onvifPort": "8080",
    }  # fmt: skip
    async with client_of(hd) as client:
        await client.set([Setting(key=key, value=value, is_secret=False) for key, value in wanted.items()])
        kept = {one.key: one.value for one in await client.settings()}
        assert {key: kept[key] for key in wanted} == wanted
        assert kept["VideoStreamParam.GOP2"] == "2"
        assert hd.asked[-1]["cmd"] != "setPortInfo"
        sets = [one["cmd"] for one in hd.asked if not one["cmd"].lower().startswith("get")]
        assert sets[-1] == "setPortInfo"
        for key in ("P2PInfo.uid", "Nonsense.x", "DDNSConfig.factoryDDNS", "IPInfo.nothing"):
            with pytest.raises(Unsupported):
                await client.set([Setting(key=key, value="1", is_secret=False)])


async def test_the_clock_is_set_in_universal_time_and_read_back() -> None:
    hd = Hd()
    async with client_of(hd) as client:
        reading = await client.set_clock()
        assert abs(reading.ahead_us - 3600 * US_PER_S) < 2 * US_PER_S
        assert hd.groups["SystemTime"]["timeSource"] == "1"
        await client.use_ntp("time.lan")
        assert (hd.groups["SystemTime"]["timeSource"], hd.groups["SystemTime"]["ntpServer"]) == ("0", "time.lan")
        hd.groups["SystemTime"] |= {"year": "1970", "timeSource": "1"}
        hd.keeps = False
        with pytest.raises(BadReply, match="still wrong"):
            await client.set_clock()


async def test_firmware_goes_up_as_a_form_and_a_refusal_is_told(tmp_path: Path) -> None:
    hd = Hd()
    async with client_of(hd) as client:
        path = image(tmp_path)
        await client.upload_firmware(path)
        assert path.read_bytes() in hd.uploaded
        hd.results["fwUpgrade"] = "-4"
        with pytest.raises(BadReply, match="failure -4"):
            await client.upload_firmware(path)
        await client.reboot()


async def test_alarms_are_the_changes_between_two_looks() -> None:
    hd = Hd(states=["2", "2", "1", "1", "2"])
    async with client_of(hd) as client:
        assert await client.active("motionDetectAlarm") == (0,)
        async with contextlib.aclosing(client.alarms()) as alarms:
            stop, start = await anext(alarms), await anext(alarms)
        assert (stop.phase, start.phase) == (AlarmPhase.STOP, AlarmPhase.START)
        assert (start.kind, start.code, start.channel) == (AlarmKind.MOTION, "motionDetectAlarm", 0)
