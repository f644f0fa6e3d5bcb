"""An emulated Amcrest/Dahua camera: `/cgi-bin/X.cgi?action=…` by Digest, `key=value` lines with CRLF.

Asserted against recordings: getSoftwareVersion, getSystemInfo, getConfig, getCurrentTime, the challenge, the event parts. From
the vendor's HTTP API document, not recorded: `log.cgi`, `userManager.cgi`, `mediaFileFind.cgi`, `setConfig`, `AccessFilter`,
the upgrade. Ours to choose, as nobody wrote it down: the words of the log for what is neither `Login` nor `Logout`, and the
text of the lock. Each TCP connection that proves its account writes `Login`, and `Logout` at its end.

By hand: `python -m tests.devices.dahua --port 8082 [--fault slow …] [--rtsp clip.mp4]`, then `/_emulator/…`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote

from hearthwatch.kit.clock import Clock, SystemClock
from tests.devices import dahua_tree
from tests.devices.by_hand import main
from tests.devices.camera_picture import picture
from tests.devices.camera_state import Account, CameraClock, CameraState, Fault, LogKind, LogLine
from tests.devices.camera_web import EmulatedCamera, Reply, Request
from tests.devices.dahua_alarms import Framing, Listener
from tests.devices.digest import DigestDoor, Verdict

WORDS = {
    LogKind.LOGIN: "Login",
    LogKind.LOGOUT: "Logout",
    LogKind.DENIED: "Illegal Login",
    LogKind.LOCKED: "Account Locked",
    LogKind.ACCOUNT_ADDED: "Add User",
    LogKind.ACCOUNT_CHANGED: "Modify User",
    LogKind.ACCOUNT_REMOVED: "Delete User",
    LogKind.PASSWORD_CHANGED: "Modify Password",
    LogKind.LOG_CLEARED: "ClearLog",
    LogKind.SETTINGS_CHANGED: "SaveConfig",
    LogKind.CLOCK_SET: "Set Time",
    LogKind.RESTARTED: "Reboot",
    LogKind.MOTION: "VideoMotion",
    LogKind.OTHER: "Other",
}
_RIGHTS = ("AuthSysCfg", "AuthUserMag", "Monitor_01", "Replay_01")
_MAX_SEARCHES = 4
_TIME = "%Y-%m-%d %H:%M:%S"


class _Failed(Exception):
    """What the camera says no with: a status and a body."""

    def __init__(self, body: str = "Error\r\nBad Request!\r\n", status: str = "400 Bad Request") -> None:
        super().__init__(body)
        self.body, self.status = body, status


@dataclass(kw_only=True)
class Dahua(EmulatedCamera):
    """Amcrest IP2M-841B as it was sold in 2017, an account of ours beside the owner's. `framing` of the alarms is per camera."""

    family: ClassVar[str] = "dahua"
    device_type: str = "IP2M-841B"
    version: str = "2.520.AC00.18.R,build:2017-06-29"
    serial: str = "AMC00056_24AAF8"
    framing: Framing = Framing.A
    page_size: int = 100
    door: DigestDoor = field(init=False)
    tree: dict[str, Any] = field(default_factory=dahua_tree.factory_tree)
    listeners: set[Listener] = field(default_factory=set)
    searches: dict[str, list[LogLine]] = field(default_factory=dict)
    finders: dict[str, list[dict[str, str]] | None] = field(default_factory=dict)
    _logged_in: dict[int, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        opaque = "9a206a55e922ee7900769ec61ae49bf0c1f30242"
        self.door = DigestDoor(realm=f"Login to {self.serial}", opaque=opaque, rng=self.rng)

    def error_in_200(self, request: Request) -> Reply:
        return _text("Error\r\nErrorID=2, Detail=Invalid Request!\r\n")

    def is_blocked(self, address: str) -> bool:
        rules = self.tree["AccessFilter"]
        if not rules["Enable"]:
            return super().is_blocked(address)
        if rules["Type"] == "TrustList":
            return address not in rules["TrustList"]
        return address in rules["BannedList"] or super().is_blocked(address)

    def has_ntp(self) -> bool:
        return bool(self.tree["NTP"]["Enable"])

    def clock_synced(self) -> None:
        self._tell(
            "NTPAdjustTime",
            "Pulse",
            0,
            {"Address": self.tree["NTP"]["Address"], "Before": "1970-01-01 00:00:01", "result": True},
        )

    def after_start(self) -> None:
        self.door.nonces.clear()
        self.searches.clear()
        self.finders.clear()
        self._logged_in.clear()

    def on_listening(self) -> None:
        self.tree["Web"]["Port"] = self.port

    def on_video(self, port: int) -> None:
        self.tree["RTSP"]["Port"] = port

    def forget_nonces(self) -> None:
        self.door.nonces.clear()

    def connection_ended(self, connection: int) -> None:
        if found := self._logged_in.pop(connection, None):
            self.state.write(LogKind.LOGOUT, user=found[0], address=found[1], via="CGI")

    async def somebody_tried(self, address: str, user: str, *, ok: bool, via: str) -> None:
        if ok:
            self._tell(
                "InterVideoAccess",
                "Pulse",
                0,
                {"LocaleTime": self._now(), "Type": f"{via}Login", "UTC": self.state.clock.utc_s()},
            )
            return
        data = {"Address": address, "LocaleTime": self._now(), "Name": user, "Type": via, "UTC": self.state.clock.utc_s()}
        self._tell("LoginFailure", "Pulse", 0, data)

    def _tell(self, code: str, action: str, index: int, data: Any | None) -> None:
        for listener in self.listeners:
            listener.tell(code, action, index, data)

    async def alarm(self, code: str, *, on: bool, channel: int = 0, data: Any | None = None) -> None:
        await super().alarm(code, on=on, channel=channel)
        if data is None and code == "VideoMotion":
            data = {"Id": [0], "RegionName": ["Area1"], "SmartMotionEnable": False}
        self._tell(code, "Start" if on else "Stop", channel, data)

    async def pulse(self, code: str, data: Any, channel: int = 0) -> None:
        """An alarm without an end."""
        self._tell(code, "Pulse", channel, data)

    async def change_setting(self, key: str, value: str) -> None:
        dahua_tree.write(self.tree, key, value)
        self.state.write(LogKind.SETTINGS_CHANGED, user="admin", address="203.0.113.9", via="Web", words=key)

    async def add_account(self, name: str, password: str, *, admin: bool = False) -> None:
        account = Account(name=name, password=password, group="admin" if admin else "user")
        self.state.add_account(account, by="admin", address="203.0.113.9", via="Web")

    def _now(self) -> str:
        return self.state.clock.local().strftime(_TIME)

    async def answer(self, request: Request) -> Reply:
        passwords = {one.name: one.password for one in self.state.accounts}
        user, verdict = self.door.check(request.method, request.target, request.headers.get("authorization", ""), passwords)
        if verdict is not Verdict.NOTHING and self.state.is_locked(user):
            return _text("Error\r\nErrorID=268632081, Detail=Account is locked!\r\n", status="403 Forbidden")
        if verdict is Verdict.WRONG:
            self.state.count_wrong(user, request.address, "CGI")
            await self.somebody_tried(request.address, user, ok=False, via="CGI")
        if verdict is not Verdict.RIGHT:
            challenge = self.door.challenge(stale=verdict is Verdict.STALE)
            return _text("Error\r\nInvalid Authority!\r\n", status="401 Unauthorized", more=(("WWW-Authenticate", challenge),))
        self.state.let_in(user)
        if request.connection not in self._logged_in:
            self._logged_in[request.connection] = (user, request.address)
            self.state.write(LogKind.LOGIN, user=user, address=request.address, via="CGI")
        try:
            return await self._command(request, user)
        except _Failed as failed:
            return _text(failed.body, status=failed.status)

    async def _command(self, request: Request, user: str) -> Reply:
        cgi = request.path.removeprefix("/cgi-bin/")
        action = request.pairs.get("action", "")
        if cgi == "eventManager.cgi" and action == "attach":
            return self._attach(request)
        if cgi == "snapshot.cgi":
            return Reply(body=picture(self._now()), headers=(("Content-Type", "image/jpeg"),))
        if cgi.startswith("RPC_Loadfile/"):
            return self._file(cgi.removeprefix("RPC_Loadfile"))
        if cgi == "upgrader.cgi" and request.method == "POST":
            self._need_admin(user)
            self.state.firmware_uploads.append(request.body)
            self.reboot_soon()
            return _text("OK\r\n")
        commands = {
            "magicBox.cgi": self._magic,
            "global.cgi": self._global,
            "configManager.cgi": self._config,
            "Config.backup": self._backup,
            "log.cgi": self._log,
            "Log.backup": self._log_backup,
            "userManager.cgi": self._users,
            "eventManager.cgi": self._events,
            "mediaFileFind.cgi": self._media,
            "ptz.cgi": self._ptz,
            "netApp.cgi": self._net,
        }
        if cgi not in commands:
            raise _Failed("Error\r\nNot Implemented!\r\n", "501 Not Implemented")
        return _text(commands[cgi](action, request, user))

    def _need_admin(self, user: str) -> None:
        account = self.state.account(user)
        if account is None or account.group != "admin":
            raise _Failed("Error\r\nInvalid Authority!\r\n", "403 Forbidden")

    def _magic(self, action: str, request: Request, user: str) -> str:
        said = {
            "getMachineName": f"name={self.tree['General']['MachineName']}",
            "getSerialNo": f"sn={self.serial}",
            "getDeviceType": f"type={self.device_type}",
            "getVendor": "vendor=Amcrest",
            "getSoftwareVersion": f"version={self.version}",
            "getHardwareVersion": "version=1.00",
            "getProductDefinition": "table.ProductDefinition.MaxExtraStream=2",
        }
        if action in said:
            return said[action] + "\r\n"
        if action == "getSystemInfo":
            facts = {
                "appAutoStart": "true",
                "deviceType": self.device_type,
                "hardwareVersion": "1.00",
                "processor": "S3LM",
                "serialNumber": self.serial,
                "updateSerial": self.device_type,
                "updateSerialCloudUpgrade": f"{self.device_type}:07:01:08:70:52:00",
            }
            return _lines(f"{key}={value}" for key, value in facts.items())
        if action == "reboot":
            self._need_admin(user)
            self.reboot_soon()
            return "OK\r\n"
        raise _Failed

    def _global(self, action: str, request: Request, user: str) -> str:
        if action == "getCurrentTime":
            return f"result={self._now()}\r\n"
        if action == "setCurrentTime":
            self._need_admin(user)
            before = self._now()
            self.state.clock.set_local(_time(request.pairs.get("time", "")))
            self.state.write(LogKind.CLOCK_SET, user=user, address=request.address, via="CGI")
            self._tell("TimeChange", "Pulse", 0, {"BeforeModifyTime": before, "ModifiedTime": self._now()})
            return "OK\r\n"
        raise _Failed

    def _config(self, action: str, request: Request, user: str) -> str:
        pairs = request.pairs
        if action == "getConfig":
            name = pairs.get("name", "")
            try:
                found = dahua_tree.value_at(self.tree, name)
            except KeyError:
                raise _Failed(f"Error: Error -1 getting param in name={name}\r\n") from None
            return _lines(dahua_tree.lines(found, f"table.{name}"))
        if action == "setConfig":
            self._need_admin(user)
            changes = {key: value for key, value in pairs.items() if key != "action"}
            try:
                for key, value in changes.items():
                    dahua_tree.write(self.tree, key, value)
            except KeyError:
                raise _Failed from None
            self.state.lock_enabled = bool(self.tree["General"]["LockLoginEnable"])
            for name in dict.fromkeys(key.removeprefix("table.").split(".")[0].split("[")[0] for key in changes):
                self.state.write(LogKind.SETTINGS_CHANGED, user=user, address=request.address, via="CGI", words=name)
            return "OK\r\n"
        raise _Failed

    def _backup(self, action: str, request: Request, user: str) -> str:
        self._need_admin(user)
        return dahua_tree.styled(self.tree) + "\n"

    def _log(self, action: str, request: Request, user: str) -> str:
        pairs = request.pairs
        if action == "startFind":
            if len(self.searches) >= _MAX_SEARCHES:
                raise _Failed("Error\r\nErrorID=9, Detail=No more search handles!\r\n")
            token = str(self.state.number())
            kinds = {value.lower() for key, value in pairs.items() if key.startswith("condition.Types")}
            self.searches[token] = [line for line in self._span(pairs) if not kinds or WORDS[line.kind].lower() in kinds]
            return f"token={token}\r\n"
        if action == "doFind":
            if pairs.get("token") not in self.searches:
                raise _Failed
            left = self.searches[pairs["token"]]
            count = min(self.page_size, int(pairs.get("count", "100")))
            now, self.searches[pairs["token"]] = left[:count], left[count:]
            return _lines([f"found={len(now)}", *(row for index, line in enumerate(now) for row in log_rows(index, line))])
        if action == "stopFind":
            if self.searches.pop(pairs.get("token", ""), None) is None:
                raise _Failed
            return "OK\r\n"
        if action == "clear":
            self._need_admin(user)
            self.state.clear_log(by=user, address=request.address, via="CGI")
            return "OK\r\n"
        raise _Failed

    def _log_backup(self, action: str, request: Request, user: str) -> str:
        rows = (
            f"{line.local.strftime(_TIME)} {WORDS[line.kind]} {line.user} {line.address}" for line in self._span(request.pairs)
        )
        return _lines(rows)

    def _span(self, pairs: dict[str, str]) -> list[LogLine]:
        start, end = _time(pairs.get("condition.StartTime", "")), _time(pairs.get("condition.EndTime", ""))
        return [line for line in self.state.log if start <= line.local <= end]

    def _users(self, action: str, request: Request, user: str) -> str:
        pairs, state = request.pairs, self.state
        by = {"by": user, "address": request.address, "via": "CGI"}
        if action == "getActiveUserInfoAll":
            return _lines(row for index, one in enumerate(self._active()) for row in _rows("users", index, one))
        self._need_admin(user)
        if action == "getUserInfoAll":
            return _lines(
                row for index, one in enumerate(state.accounts) for row in _rows("users", index, _account_row(index, one))
            )
        if action == "addUser":
            name = pairs.get("user.Name", "")
            if not name or state.account(name) is not None or not pairs.get("user.Password"):
                raise _Failed
            group = pairs.get("user.Group", "user")
            state.add_account(Account(name=name, password=pairs["user.Password"], group=group), **by)
            return "OK\r\n"
        account = state.account(pairs.get("userName" if action == "modifyPasswordByManager" else "name", ""))
        if account is None:
            raise _Failed
        who = {"user": account.name, "address": request.address, "via": "CGI"}
        if action == "deleteUser":
            if account.is_built_in:
                raise _Failed
            state.remove_account(account.name, **by)
        elif action == "modifyUser":
            account.group = pairs.get("user.Group", account.group)
            state.write(LogKind.ACCOUNT_CHANGED, **who)
        elif action in {"modifyPassword", "modifyPasswordByManager"} and pairs.get("pwd"):
            manager = state.account(pairs.get("managerName", ""))
            proved = account.password if action == "modifyPassword" else manager.password if manager else None
            if proved is None or pairs.get("pwdOld" if action == "modifyPassword" else "managerPwd") != proved:
                raise _Failed("Error\r\nErrorID=3, Detail=Password is not valid!\r\n")
            account.password = pairs["pwd"]
            state.write(LogKind.PASSWORD_CHANGED, **who)
        else:
            raise _Failed
        self.credentials_changed()
        return "OK\r\n"

    def _active(self) -> list[dict[str, str]]:
        found = [(address, "CGI", connection, None, name) for connection, (name, address) in self._logged_in.items()]
        found += [(one.address, one.via, one.number, one.local, one.user) for one in self.state.sessions.values()]
        groups = {one.name: one.group for one in self.state.accounts}
        return [
            {
                "ClientAddress": address,
                "ClientType": via,
                "Group": groups.get(name, ""),
                "Id": str(number),
                "LoginTime": (local or self.state.clock.local()).strftime(_TIME),
                "Name": name,
            }
            for address, via, number, local, name in found
        ]

    def _events(self, action: str, request: Request, user: str) -> str:
        on = sorted(self.state.alarms.get(request.pairs.get("code", ""), ()))
        if action != "getEventIndexes" or not on:
            raise _Failed("Error: No Events\r\n", "200 OK")
        return _lines(f"channels[{index}]={channel}" for index, channel in enumerate(on))

    def _attach(self, request: Request) -> Reply:
        """Brackets may have to be plain, the heartbeat may not be known, and `[All]` may never say anything."""
        faults, pairs = self.state.faults, request.pairs
        codes = pairs.get("codes", "")
        encoded = "%5b" in request.raw_query.lower()
        if (encoded and Fault.BRACKETS_REFUSED in faults) or ("heartbeat" in pairs and Fault.HEARTBEAT_REFUSED in faults):
            raise _Failed
        if not (codes.startswith("[") and codes.endswith("]")):
            raise _Failed
        names = None if codes == "[All]" else frozenset(codes[1:-1].split(","))
        beat_s = float(pairs["heartbeat"]) if "heartbeat" in pairs else None
        silent = codes == "[All]" and Fault.SILENT_ALL in faults
        listener = Listener(codes=names, heartbeat_s=beat_s, framing=self.framing, silent=silent)
        head = (("Content-Type", "multipart/x-mixed-replace; boundary=myboundary"), ("Connection", "close"))
        self.listeners.add(listener)
        return Reply(headers=head, stream=self._listening(listener))

    async def _listening(self, listener: Listener) -> AsyncIterator[bytes]:
        try:
            async for piece in listener.parts():
                yield piece
        finally:
            self.listeners.discard(listener)

    def _media(self, action: str, request: Request, user: str) -> str:
        pairs = request.pairs
        if action == "factory.create":
            number = str(self.state.number())
            self.finders[number] = None
            return f"result={number}\r\n"
        number = pairs.get("object", "")
        if number not in self.finders:
            raise _Failed
        if action == "findFile":
            if pairs.get("condition.Channel") == "0":
                raise _Failed
            start, end = _time(pairs.get("condition.StartTime", "")), _time(pairs.get("condition.EndTime", ""))
            found = [index for index, one in enumerate(self.state.card) if one.start < end and one.end > start]
            self.finders[number] = [self._card_row(index) for index in found]
            if not found:
                raise _Failed("Error\r\nErrorID=5, Detail=No file!\r\n")
            return "OK\r\n"
        if action == "findNextFile":
            rows = self.finders[number] or []
            count = min(self.page_size, int(pairs.get("count", "100")))
            now, self.finders[number] = rows[:count], rows[count:]
            return _lines([f"found={len(now)}", *(row for index, one in enumerate(now) for row in _rows("items", index, one))])
        if action == "close":
            return "OK\r\n"
        if action == "destroy":
            del self.finders[number]
            return "OK\r\n"
        raise _Failed

    def _card_row(self, index: int) -> dict[str, str]:
        one = self.state.card[index]
        return {
            "Channel": "1",
            "Cluster": "0",
            "CutLength": str(one.clip.stat().st_size),
            "Disk": "0",
            "EndTime": one.end.strftime(_TIME),
            "FilePath": self._card_path(index),
            "Flags[0]": "Event" if one.cause != "timing" else "Timing",
            "Length": str(one.clip.stat().st_size),
            "Partition": "0",
            "StartTime": one.start.strftime(_TIME),
            "Type": "mp4",
            "VideoStream": "Main",
        }

    def _card_path(self, index: int) -> str:
        one = self.state.card[index]
        times = f"{one.start:%H.%M.%S}-{one.end:%H.%M.%S}"
        return f"/mnt/sd/{one.start:%Y-%m-%d}/001/dav/{one.start:%H}/{times}[M][0@0][{index}].mp4"

    def _file(self, path: str) -> Reply:
        for index, one in enumerate(self.state.card):
            if self._card_path(index) == unquote(path):
                return Reply(body=one.clip.read_bytes(), headers=(("Content-Type", "application/http"),))
        raise _Failed("Error\r\nFile Not Found!\r\n", "404 Not Found")

    def _ptz(self, action: str, request: Request, user: str) -> str:
        pairs = request.pairs
        if action == "getStatus":
            return _lines(["status.Postion[0]=0.000000", "status.Postion[1]=0.000000", "status.Postion[2]=1.000000"])
        if action not in {"start", "stop"} or "code" not in pairs:
            raise _Failed
        self.state.moves.append(f"{action} {pairs['code']} {pairs.get('arg1')} {pairs.get('arg2')} {pairs.get('arg3')}")
        return "OK\r\n"

    def _net(self, action: str, request: Request, user: str) -> str:
        if action == "getUPnPStatus":
            return f"status.Working={dahua_tree.printed(self.tree['UPnP']['Enable'])}\r\n"
        if action == "getInterfaces":
            return "netInterface[0].Name=eth0\r\nnetInterface[0].Type=Normal\r\nnetInterface[0].Valid=true\r\n"
        raise _Failed


def log_rows(index: int, line: LogLine) -> list[str]:
    """Return the lines of one record of `doFind`, keys in the order of the vendor's document."""
    rows = [f"Detail.Address={line.address}", f"Detail.Type={line.via}"] if line.address else []
    if line.words:
        rows.append(f"Detail.Name={line.words}")
    rows += ["Level=0", f"Time={line.local.strftime(_TIME)}", f"Type={WORDS[line.kind]}", f"User={line.user or 'System'}"]
    return [f"items[{index}].{row}" for row in rows]


def _account_row(index: int, one: Account) -> dict[str, str]:
    rights = {f"AuthList[{n}]": right for n, right in enumerate(_RIGHTS if one.group == "admin" else _RIGHTS[2:])}
    built_in = dahua_tree.printed(one.is_built_in)
    memo = {"Group": one.group, "ID": str(index + 1), "Memo": f"{one.name} 's account", "Name": one.name}
    return rights | memo | {"Reserved": built_in, "Sharable": "true"}


def _rows(name: str, index: int, fields: dict[str, str]) -> list[str]:
    return [f"{name}[{index}].{key}={value}" for key, value in fields.items()]


def _lines(rows: Any) -> str:
    return "".join(f"{row}\r\n" for row in rows)


def _text(body: str, *, status: str = "200 OK", more: tuple[tuple[str, str], ...] = ()) -> Reply:
    return Reply(body=body.encode(), status=status, headers=(("Content-Type", "text/plain;charset=utf-8"), *more))


def _time(text: str) -> dt.datetime:
    try:
        return dt.datetime.strptime(text, _TIME)  # noqa: DTZ007 - the camera's own clock
    except ValueError:
        raise _Failed from None


def camera(
    *,
    clock: Clock | None = None,
    accounts: list[Account] | None = None,
    card: Path | None = None,
    west_s: int = -3600,
    log_size: int = 1024,
    **more: Any,
) -> Dahua:
    """Return a Dahua with the owner's `admin` and our `watch`, not yet serving. `more`: fields of Dahua."""
    accounts = accounts or [
        Account(name="admin", password="admin", group="admin", is_built_in=True),
        Account(name="watch", password="watch-Pass-1", group="admin"),
        Account(name="888888", password="888888", group="admin", is_built_in=True),
    ]
    state = CameraState(clock=CameraClock(true=clock or SystemClock(), west_s=west_s), accounts=accounts, log_size=log_size)
    return Dahua(state=state, **more)


if __name__ == "__main__":
    main(camera, rtsp_path="/cam/realmonitor")
