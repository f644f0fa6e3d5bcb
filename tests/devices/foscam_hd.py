"""An emulated Foscam of the HD generation: `/cgi-bin/CGIProxy.fcgi?cmd=…&usr=…&pwd=…`, flat XML with a result, always 200.

Asserted against recordings: the five settings answers there are. No recording exists (tapes.md 2) of `getLog` with log-ins, of
`getSessionList` and `getDevInfo`: those follow the vendor's guide and the notes (cameras.md 1.2). Ours to choose, as nobody
wrote it down: a request by an account that has no session there opens one and writes a log-in, a minute without requests ends
it and writes a log-out; a wrong password writes nothing (there is no event for it) and locks after five; `rule` 0 of the
firewall refuses the addresses listed, 1 lets only them in.

By hand: `python -m tests.devices.foscam_hd --port 8083 [--fault slow …] [--rtsp clip.mp4]`, then `/_emulator/…`.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar
from urllib.parse import quote

from hearthwatch.kit.clock import Clock, SystemClock
from tests.devices.by_hand import main
from tests.devices.camera_message import Reply, Request
from tests.devices.camera_picture import picture
from tests.devices.camera_state import EPOCH, Account, CameraClock, CameraState, LogKind, LogLine
from tests.devices.camera_web import EmulatedCamera
from tests.devices.foscam_hd_settings import TOLD_ONLY, Section, factory_sections

WITH_SOUND = {LogKind.RESTARTED: 0, LogKind.MOTION: 1, LogKind.OTHER: 2, LogKind.LOGIN: 3, LogKind.LOGOUT: 4}
WITHOUT_SOUND = {LogKind.RESTARTED: 0, LogKind.MOTION: 1, LogKind.LOGIN: 2, LogKind.LOGOUT: 3}
PAGE = 10
SESSION_S = 60.0
_LEVELS = {"visitor": 0, "operator": 1, "admin": 2}
_GROUPS = {number: word for word, number in _LEVELS.items()}
_OK, _BAD, _WRONG, _DENIED, _FAILED = 0, -1, -2, -3, -4
_EXISTS, _UNKNOWN, _WRONG_OLD, _IS_LOGGED_IN = -3, -4, -5, -10
"""Of commands about accounts, by the camera's own page."""
_OPEN = frozenset({"getPortInfo"})
_FOR_ALL = frozenset(
    {"getDevState", "getDevInfo", "getDevName", "snapPicture2", "logIn", "logOut", "changePassword", "getPTZPresetPointList"}
    | {"getProductAllInfo"}
)
_STATES = {"motion": "motionDetectAlarm", "sound": "soundAlarm", "io": "IOAlarm", "human": "humanDetectAlarmState"}
_MOVES = ("ptz", "zoom", "focus")
_SWITCHES = {
    "EnableOnvifAgent": {"OnvifAgentStat": "enable"},
    "DisableOnvifAgent": {"OnvifAgentStat": "disable"},
}
"""Commands without a parameter, by the camera's own page."""
_RENAMED = {
    "setIpInfo": "IPInfo",
    "setWifiSetting": "WifiConfig",
    "mirrorVideo": "MirrorAndFlipSetting",
    "flipVideo": "MirrorAndFlipSetting",
    **dict.fromkeys(_SWITCHES, "OnvifAgentStat"),
}


class _Failed(Exception):
    def __init__(self, result: int) -> None:
        super().__init__(result)
        self.result = result


@dataclass(kw_only=True)
class FoscamHd(EmulatedCamera):
    """FI9900P. `has_sound` decides the numbers of its events, `epoch_is_local` what its log counts in."""

    family: ClassVar[str] = "foscam-hd"
    product: str = "FI9900P"
    mac: str = "00626E4C1234"
    firmware: str = "2.74.1.59"
    hardware: str = "1.11.2.7"
    name: str = "Front door"
    has_sound: bool = True
    epoch_is_local: bool = True
    sections: dict[str, Section] = field(default_factory=factory_sections)
    system_time: Section = field(
        default_factory=lambda: {
            "timeSource": "1",
            "ntpServer": "time.nist.gov",
            "dateFormat": "0",
            "timeFormat": "1",
            "isDst": "0",
            "dst": "0",
        }
    )
    can_move: bool | None = True
    presets: list[str] = field(default_factory=lambda: ["TopMost", "BottomMost"])

    def error_in_200(self, request: Request) -> Reply:
        return _xml(_FAILED, {})

    def is_blocked(self, address: str) -> bool:
        rules = self.sections["FirewallConfig"]
        if rules["isEnable"] != "1":
            return super().is_blocked(address)
        listed = {dotted(int(rules[f"ipList{one}"])) for one in range(8) if rules[f"ipList{one}"] != "0"}
        return (address in listed) == (rules["rule"] == "0")

    def has_ntp(self) -> bool:
        return self.system_time["timeSource"] == "0"

    def after_start(self) -> None:
        self._pass_time()

    def on_listening(self) -> None:
        self.sections["PortInfo"]["webPort"] = str(self.port)

    def on_video(self, port: int) -> None:
        self.sections["PortInfo"]["rtspPort"] = str(port)

    async def alarm(self, code: str, *, on: bool, channel: int = 0) -> None:
        """`code`: motion, sound, io or human. Written in the log as the user `root` at 127.0.0.1."""
        assert code in _STATES
        await super().alarm(code, on=on, channel=channel)
        if on:
            kind = LogKind.MOTION if code == "motion" else LogKind.OTHER
            self.state.write(kind, user="root", address="127.0.0.1", words=code)

    async def change_setting(self, key: str, value: str) -> None:
        name, _, leaf = key.partition(".")
        section = self.system_time if name == "SystemTime" else self.sections[name]
        assert leaf in section
        section[leaf] = value
        self.state.write(LogKind.SETTINGS_CHANGED, user="admin", address="203.0.113.9")

    async def add_account(self, name: str, password: str, *, admin: bool = False) -> None:
        self.state.add_account(Account(name=name, password=password, group="admin" if admin else "visitor"), by="admin")

    def _pass_time(self) -> None:
        for one in self.state.drop_expired():
            self.state.write(LogKind.LOGOUT, user=one.user, address=one.address)

    async def answer(self, request: Request) -> Reply:
        if request.path != "/cgi-bin/CGIProxy.fcgi":
            return Reply(status="404 Not Found")
        pairs = request.pairs
        cmd = pairs.get("cmd", "")
        self._pass_time()
        try:
            if cmd not in _OPEN:
                self._check(cmd, request)
            if cmd == "snapPicture2":
                return Reply(body=picture(str(self.state.clock.local()), 640, 480), headers=(("Content-Type", "image/jpeg"),))
            return _xml(_OK, self._command(cmd, pairs, request))
        except _Failed as failed:
            return _xml(failed.result, {})

    def _check(self, cmd: str, request: Request) -> None:
        user, password, address = request.pairs.get("usr", ""), request.pairs.get("pwd", ""), request.address
        account = self.state.account(user)
        if self.state.is_locked(user):
            raise _Failed(_DENIED)
        if account is None or account.password != password:
            self.state.count_wrong(user, address, "")
            raise _Failed(_WRONG)
        self.state.let_in(user)
        self._session(user, address)
        if account.group != "admin" and cmd not in _FOR_ALL and not cmd.startswith(_MOVES):
            raise _Failed(_DENIED)

    def _session(self, user: str, address: str) -> None:
        for one in self.state.sessions.values():
            if (one.user, one.address) == (user, address):
                one.seen_us = self.state.true_us()
                return
        if self.state.open_session(user, address, "", lease_s=SESSION_S) is None:
            raise _Failed(_DENIED)
        self.state.write(LogKind.LOGIN, user=user, address=address)

    def _command(self, cmd: str, pairs: dict[str, str], request: Request) -> Section:
        match cmd:
            case "getDevInfo":
                return self._info()
            case "getDevName":
                return {"devName": self.name}
            case "setDevName":
                self.name = pairs.get("devName", self.name)
                return {}
            case "getDevState":
                return self._device_state()
            case "getLog":
                return self._log(pairs)
            case "getSessionList":
                rows = [f"{one.user}+{one.address}" for one in self.state.sessions.values()]
                return {"usrCnt": str(len(rows))} | {f"usr{index}": row for index, row in enumerate(rows, 1)}
            case "getSystemTime" | "setSystemTime":
                return self._time(cmd, pairs, request)
            case "logIn":
                return {"logInResult": "0", "privilege": "2"}
            case "logOut":
                return self._log_out(pairs, request)
            case "rebootSystem":
                self.reboot_soon()
                return {}
            case "fwUpgrade":
                self.state.firmware_uploads.append(request.body)
                self.reboot_soon()
                return {"fwUpgradeResult": "0"}
            case "getProductAllInfo" if self.can_move is not None:
                return {"ptFlag": str(int(self.can_move)), "zoomFlag": "0"}
            case "getPTZPresetPointList":
                return {"cnt": str(len(self.presets))} | {f"point{index}": name for index, name in enumerate(self.presets)}
        if cmd.endswith(("Account", "Password", "UserName", "UserList")):
            return self._accounts(cmd, pairs, request)
        if cmd.startswith(_MOVES):
            self.state.moves.append(f"{cmd} {pairs.get('name', '')}".strip())
            return {}
        return self._settings(cmd, pairs, request)

    def _info(self) -> Section:
        local = self.state.clock.local()
        return {
            "productName": self.product,
            "serialNo": self.mac,
            "devName": self.name,
            "mac": self.mac,
            "year": str(local.year),
            "mon": str(local.month),
            "day": str(local.day),
            "hour": str(local.hour),
            "min": str(local.minute),
            "sec": str(local.second),
            "timeZone": str(self.state.clock.west_s),
            "firmwareVer": self.firmware,
            "hardwareVer": self.hardware,
        }

    def _device_state(self) -> Section:
        """An alarm is 0 switched off, 1 quiet, 2 on."""
        said = {name: "2" if self.state.alarms.get(code) else "1" for code, name in _STATES.items()}
        if not self.has_sound:
            del said["soundAlarm"]
        upnp, ddns = self.sections["UPnPConfig"]["isEnable"], self.sections["DDNSConfig"]["isEnable"]
        return said | {
            "record": "0",
            "sdState": "1",
            "ntpState": "1",
            "ddnsState": ddns,
            "upnpState": upnp,
            "infraLedState": "0",
        }

    def records(self) -> list[str]:
        """The log as `EPOCH+USER+IPNUM+EVENT`, newest first."""
        events = WITH_SOUND if self.has_sound else WITHOUT_SOUND
        return [self._record(line, events[line.kind]) for line in reversed(self.state.log) if line.kind in events]

    def _record(self, line: LogLine, event: int) -> str:
        epoch = int((line.local - EPOCH).total_seconds()) + (0 if self.epoch_is_local else self.state.clock.west_s)
        user, address = line.user or "root", line.address or "127.0.0.1"
        return f"{epoch}+{user}+{number(address)}+{event}"

    def _log(self, pairs: dict[str, str]) -> Section:
        try:
            offset, count = int(pairs.get("offset", "0")), min(PAGE, int(pairs.get("count", str(PAGE))))
        except ValueError:
            raise _Failed(_BAD) from None
        rows = self.records()
        page = rows[offset : offset + count]
        return {"totalCnt": str(len(rows)), "curCnt": str(len(page))} | {f"log{index}": row for index, row in enumerate(page)}

    def _time(self, cmd: str, pairs: dict[str, str], request: Request) -> Section:
        """Told in local time, set in universal time, as the camera's own page does it."""
        clock = self.state.clock
        names = ("year", "mon", "day", "hour", "minute", "sec")
        if cmd == "getSystemTime":
            local = clock.local()
            values = (local.year, local.month, local.day, local.hour, local.minute, local.second)
            head = {name: self.system_time[name] for name in ("timeSource", "ntpServer", "dateFormat", "timeFormat")}
            tail = {"timeZone": str(clock.west_s), "isDst": self.system_time["isDst"], "dst": self.system_time["dst"]}
            return head | tail | dict(zip(names, map(str, values), strict=True))
        try:
            self.system_time |= {name: pairs[name] for name in self.system_time if name in pairs}
            clock.west_s = int(pairs.get("timeZone", clock.west_s))
            if self.has_ntp():
                clock.sync()
            elif all(name in pairs for name in names):
                year, month, day, hour, minute, second = (int(pairs[name]) for name in names)
                at = EPOCH.replace(year=year, month=month, day=day, hour=hour, minute=minute, second=second)
                clock.set_utc(round((at - EPOCH).total_seconds()))
        except ValueError:
            raise _Failed(_BAD) from None
        self.state.write(LogKind.CLOCK_SET, user=pairs.get("usr", ""), address=request.address)
        return {}

    def _log_out(self, pairs: dict[str, str], request: Request) -> Section:
        user, address = pairs.get("usrName", pairs["usr"]), pairs.get("remoteIp", request.address)
        for key, one in list(self.state.sessions.items()):
            if (one.user, one.address) == (user, address):
                del self.state.sessions[key]
                self.state.write(LogKind.LOGOUT, user=user, address=address)
        return {"logOutResult": "0"}

    def _accounts(self, cmd: str, pairs: dict[str, str], request: Request) -> Section:
        state = self.state
        if cmd == "getUserList":
            rows = [f"{one.name}+{_LEVELS[one.group]}" for one in state.accounts]
            return {"usrCnt": str(len(rows))} | {f"usr{index}": row for index, row in enumerate(rows, 1)}
        name, by = pairs.get("usrName", ""), {"by": pairs["usr"], "address": request.address}
        account = state.account(name)
        if cmd == "addAccount":
            level = pairs.get("privilege", "0")
            if account is not None:
                raise _Failed(_EXISTS)
            if not name or not pairs.get("usrPwd") or level not in {"0", "1", "2"}:
                raise _Failed(_BAD)
            state.add_account(Account(name=name, password=pairs["usrPwd"], group=_GROUPS[int(level)]), **by)
            return {"addResult": "0"}
        if account is None:
            raise _Failed(_UNKNOWN)
        match cmd:
            case "delAccount":
                if sum(one.group == "admin" for one in state.accounts) == 1 and account.group == "admin":
                    raise _Failed(_FAILED)
                if any(one.user == name for one in state.sessions.values()):
                    raise _Failed(_IS_LOGGED_IN)
                state.remove_account(name, **by)
                self.credentials_changed()
                return {"deleteResult": "0"}
            case "changePassword":
                if pairs.get("oldPwd") != account.password:
                    raise _Failed(_WRONG_OLD)
                if not pairs.get("newPwd"):
                    raise _Failed(_BAD)
                account.password = pairs["newPwd"]
                state.write(LogKind.PASSWORD_CHANGED, user=name, address=request.address)
            case "changeUserName":
                if state.account(pairs.get("newUsrName", "")) is not None:
                    raise _Failed(_EXISTS)
                if not pairs.get("newUsrName"):
                    raise _Failed(_BAD)
                account.name = pairs["newUsrName"]
                state.sessions.clear()
                state.write(LogKind.ACCOUNT_CHANGED, user=name, address=request.address)
            case _:
                raise _Failed(_BAD)
        self.credentials_changed()
        return {}

    def _settings(self, cmd: str, pairs: dict[str, str], request: Request) -> Section:
        verb, name = (cmd[:3].lower(), cmd[3:]) if cmd not in _RENAMED else ("set", _RENAMED[cmd])
        section = self.sections.get(name)
        if section is None or verb not in {"get", "set"}:
            raise _Failed(_BAD)
        if verb == "get":
            return section
        changes = {key: value for key, value in pairs.items() if key not in {"cmd", "usr", "pwd"}}
        if cmd in _SWITCHES:
            changes = dict(_SWITCHES[cmd])
        elif name == "VideoStreamParam":
            slot = changes.pop("streamType", "0")
            changes = {f"{key}{slot}": value for key, value in changes.items()}
        elif not cmd.endswith("Video") and not changes.keys() >= section.keys() - TOLD_ONLY:
            raise _Failed(_BAD)
        if not changes or not changes.keys() <= section.keys():
            raise _Failed(_BAD)
        section |= changes
        self.state.write(LogKind.SETTINGS_CHANGED, user=pairs["usr"], address=request.address)
        if name in {"PortInfo", "IPInfo"}:
            self.move_soon(changes.get("ip"), int(changes["webPort"]) if "webPort" in changes else None)
        return {"setResult": "0"} if name == "PortInfo" else {}


@cache
def number(address: str) -> int:
    """Return the address as the camera counts: its first part is the lowest byte."""
    return int.from_bytes(ipaddress.IPv4Address(address).packed, "little")


def dotted(value: int) -> str:
    return str(ipaddress.IPv4Address((value & 0xFFFFFFFF).to_bytes(4, "little")))


def _xml(result: int, fields: Section) -> Reply:
    """Values are URL-encoded; what the vendor's guide leaves plain stays plain, but a plus comes as %2B."""
    rows = [
        f"  <result>{result}</result>",
        *(f"  <{key}>{quote(value, safe='@*/:.,-_')}</{key}>" for key, value in fields.items()),
    ]
    text = "\n".join(["<CGI_Result>", *rows, "</CGI_Result>", ""])
    return Reply(body=text.encode(), headers=(("Content-Type", "text/plain"),))


def camera(
    *, clock: Clock | None = None, accounts: list[Account] | None = None, west_s: int = -3600, log_size: int = 1000, **more: Any
) -> FoscamHd:
    """Return a camera with the owner's `admin` and our `watch`. `more`: fields of FoscamHd."""
    accounts = accounts or [
        Account(name="admin", password="admin", group="admin"),
        Account(name="watch", password="watchPass1", group="admin"),
    ]
    clock_of_its_own = CameraClock(true=clock or SystemClock(), west_s=west_s)
    state = CameraState(clock=clock_of_its_own, accounts=accounts, log_size=log_size, max_sessions=8)
    return FoscamHd(state=state, **more)


if __name__ == "__main__":
    main(camera, rtsp_paths=("/videoMain", "/videoSub"))
