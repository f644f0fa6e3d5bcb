"""An emulated Amcrest/Dahua camera: `/cgi-bin/X.cgi?action=…` by Digest, `key=value` lines with CRLF.

Asserted against recordings: getSoftwareVersion, getSystemInfo, getConfig, getCurrentTime, the challenge, the event parts. From
the vendor's HTTP API document, not recorded: `log.cgi`, `userManager.cgi`, `mediaFileFind.cgi`, `setConfig`, `AccessFilter`,
the upgrade. Ours to choose, as nobody wrote it down: the words of the log for what is neither `Login` nor `Logout`, and the
text of the lock. Each TCP connection that proves its account writes `Login`, and `Logout` at its end.

By hand: `python -m tests.devices.dahua --port 8082 [--fault slow …] [--rtsp clip.mp4]`, then `/_emulator/…`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from hearthwatch.kit.clock import Clock, SystemClock
from tests.devices import dahua_tree
from tests.devices.by_hand import main
from tests.devices.camera_message import Reply, Request
from tests.devices.camera_picture import picture
from tests.devices.camera_state import Account, CameraClock, CameraState, Fault, LogKind
from tests.devices.camera_web import EmulatedCamera
from tests.devices.dahua_alarms import Framing, Listener
from tests.devices.dahua_card import CardSearches
from tests.devices.dahua_log import LogSearches
from tests.devices.dahua_outputs import Outputs
from tests.devices.dahua_text import TIME, Failed, lines, reply, rows, time_of
from tests.devices.dahua_users import Users
from tests.devices.digest import DigestDoor, Verdict


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
    log_searches: LogSearches = field(init=False)
    card_searches: CardSearches = field(init=False)
    outputs: Outputs = field(default_factory=Outputs)
    can_move: bool = True
    presets: tuple[str, ...] = ("gate", "street")
    _logged_in: dict[int, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        opaque = "9a206a55e922ee7900769ec61ae49bf0c1f30242"
        self.door = DigestDoor(realm=f"Login to {self.serial}", opaque=opaque, rng=self.rng)
        self.log_searches = LogSearches(state=self.state, page_size=self.page_size)
        self.card_searches = CardSearches(state=self.state, page_size=self.page_size)
        self._users = Users(self.state, self.credentials_changed)

    def error_in_200(self, request: Request) -> Reply:
        return reply("Error\r\nErrorID=2, Detail=Invalid Request!\r\n")

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
        self.log_searches.searches.clear()
        self.card_searches.finders.clear()
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

    def somebody_left(self) -> None:
        """It tells neither who nor from where."""
        self._tell("InterVideoAccess", "Pulse", 0, {"Type": "WebAllLogout"})

    async def set_clock(self, local: dt.datetime) -> None:
        before = self._now()
        await super().set_clock(local)
        self._tell("TimeChange", "Pulse", 0, {"BeforeModifyTime": before, "ModifiedTime": self._now()})

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
        self._settled([key])
        self.state.write(LogKind.SETTINGS_CHANGED, user="admin", address="203.0.113.9", via="Web", words=key)

    async def add_account(self, name: str, password: str, *, admin: bool = False) -> None:
        account = Account(name=name, password=password, group="admin" if admin else "user")
        self.state.add_account(account, by="admin", address="203.0.113.9", via="Web")

    def _now(self) -> str:
        return self.state.clock.local().strftime(TIME)

    async def answer(self, request: Request) -> Reply:
        passwords = {one.name: one.password for one in self.state.accounts}
        user, verdict = self.door.check(request.method, request.target, request.headers.get("authorization", ""), passwords)
        if verdict is not Verdict.NOTHING and self.state.is_locked(user):
            return reply("Error\r\nErrorID=268632081, Detail=Account is locked!\r\n", status="403 Forbidden")
        if verdict is Verdict.WRONG:
            self.state.count_wrong(user, request.address, "CGI")
            await self.somebody_tried(request.address, user, ok=False, via="CGI")
        if verdict is not Verdict.RIGHT:
            challenge = self.door.challenge(stale=verdict is Verdict.STALE)
            return reply("Error\r\nInvalid Authority!\r\n", status="401 Unauthorized", more=(("WWW-Authenticate", challenge),))
        self.state.let_in(user)
        if request.connection not in self._logged_in:
            self._logged_in[request.connection] = (user, request.address)
            self.state.write(LogKind.LOGIN, user=user, address=request.address, via="CGI")
        try:
            return await self._command(request, user)
        except Failed as failed:
            return reply(failed.body, status=failed.status)

    async def _command(self, request: Request, user: str) -> Reply:
        cgi = request.path.removeprefix("/cgi-bin/")
        action = request.pairs.get("action", "")
        if cgi == "eventManager.cgi" and action == "attach":
            return self._attach(request)
        if cgi == "snapshot.cgi":
            return Reply(body=picture(self._now()), headers=(("Content-Type", "image/jpeg"),))
        if cgi.startswith("RPC_Loadfile/"):
            return self.card_searches.file(cgi.removeprefix("RPC_Loadfile"))
        if cgi == "upgrader.cgi" and request.method == "POST":
            self._need_admin(user)
            self.state.firmware_uploads.append(request.body)
            self.reboot_soon()
            return reply("OK\r\n")
        commands = {
            "magicBox.cgi": self._magic,
            "global.cgi": self._global,
            "configManager.cgi": self._config,
            "Config.backup": self._backup,
            "log.cgi": self._log,
            "Log.backup": lambda action, request, user: self.log_searches.dump(request.pairs),
            "userManager.cgi": self._accounts,
            "eventManager.cgi": self._events,
            "mediaFileFind.cgi": lambda action, request, user: self.card_searches.answer(action, request.pairs),
            "ptz.cgi": self._ptz,
            "coaxialControlIO.cgi": lambda action, request, user: self.outputs.answer(action, request.pairs),
            "netApp.cgi": self._net,
        }
        if cgi not in commands:
            raise Failed("Error\r\nNot Implemented!\r\n", "501 Not Implemented")
        return reply(commands[cgi](action, request, user))

    def _need_admin(self, user: str) -> None:
        account = self.state.account(user)
        if account is None or account.group != "admin":
            raise Failed("Error\r\nInvalid Authority!\r\n", "403 Forbidden")

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
            return lines(f"{key}={value}" for key, value in facts.items())
        if action == "reboot":
            self._need_admin(user)
            self.reboot_soon()
            return "OK\r\n"
        raise Failed

    def _global(self, action: str, request: Request, user: str) -> str:
        if action == "getCurrentTime":
            return f"result={self._now()}\r\n"
        if action == "setCurrentTime":
            self._need_admin(user)
            before = self._now()
            self.state.clock.set_local(time_of(request.pairs.get("time", "")))
            self.state.write(LogKind.CLOCK_SET, user=user, address=request.address, via="CGI")
            self._tell("TimeChange", "Pulse", 0, {"BeforeModifyTime": before, "ModifiedTime": self._now()})
            return "OK\r\n"
        raise Failed

    def _config(self, action: str, request: Request, user: str) -> str:
        pairs = request.pairs
        if action == "getConfig":
            name = pairs.get("name", "")
            try:
                found = dahua_tree.value_at(self.tree, name)
            except KeyError:
                raise Failed(f"Error: Error -1 getting param in name={name}\r\n") from None
            return lines(dahua_tree.lines(found, f"table.{name}"))
        if action == "setConfig":
            self._need_admin(user)
            changes = {key: value for key, value in pairs.items() if key != "action"}
            try:
                for key, value in changes.items():
                    dahua_tree.write(self.tree, key, value)
            except KeyError:
                raise Failed from None
            self._settled(changes)
            for name in dict.fromkeys(key.removeprefix("table.").split(".")[0].split("[")[0] for key in changes):
                self.state.write(LogKind.SETTINGS_CHANGED, user=user, address=request.address, via="CGI", words=name)
            return "OK\r\n"
        raise Failed

    def _settled(self, keys: Iterable[str]) -> None:
        """What follows from settings: the lock, the time, and where the camera is found."""
        self.state.lock_enabled = bool(self.tree["General"]["LockLoginEnable"])
        sections = {key.removeprefix("table.").split(".")[0].split("[")[0] for key in keys}
        if "NTP" in sections and self.has_ntp():
            self.state.clock.sync()
            self.clock_synced()
        if sections & {"Web", "Network"}:
            self.move_soon(str(self.tree["Network"]["eth0"]["IPAddress"]), int(self.tree["Web"]["Port"]))

    def _backup(self, action: str, request: Request, user: str) -> str:
        self._need_admin(user)
        return dahua_tree.styled(self.tree) + "\n"

    def _log(self, action: str, request: Request, user: str) -> str:
        if action != "clear":
            return self.log_searches.answer(action, request.pairs)
        self._need_admin(user)
        self.state.clear_log(by=user, address=request.address, via="CGI")
        return "OK\r\n"

    def _accounts(self, action: str, request: Request, user: str) -> str:
        if action == "getActiveUserInfoAll":
            return lines(row for index, one in enumerate(self._active()) for row in rows("users", index, one))
        self._need_admin(user)
        return self._users.answer(action, request.pairs, user, request.address)

    def _active(self) -> list[dict[str, str]]:
        """Connections that proved their account, and sessions of other kinds."""
        found = [(address, "CGI", connection, None, name) for connection, (name, address) in self._logged_in.items()]
        found += [(one.address, one.via, one.number, one.local, one.user) for one in self.state.sessions.values()]
        groups = {one.name: one.group for one in self.state.accounts}
        return [
            {
                "ClientAddress": address,
                "ClientType": via,
                "Group": groups.get(name, ""),
                "Id": str(number),
                "LoginTime": (local or self.state.clock.local()).strftime(TIME),
                "Name": name,
            }
            for address, via, number, local, name in found
        ]

    def _events(self, action: str, request: Request, user: str) -> str:
        on = sorted(self.state.alarms.get(request.pairs.get("code", ""), ()))
        if action != "getEventIndexes" or not on:
            raise Failed("Error: No Events\r\n", "200 OK")
        return lines(f"channels[{index}]={channel}" for index, channel in enumerate(on))

    def _attach(self, request: Request) -> Reply:
        """Brackets may have to be plain, the heartbeat may not be known, and `[All]` may never say anything."""
        faults, pairs = self.state.faults, request.pairs
        codes = pairs.get("codes", "")
        encoded = "%5b" in request.raw_query.lower()
        if (encoded and Fault.BRACKETS_REFUSED in faults) or ("heartbeat" in pairs and Fault.HEARTBEAT_REFUSED in faults):
            raise Failed
        if not (codes.startswith("[") and codes.endswith("]")):
            raise Failed
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

    def _ptz(self, action: str, request: Request, user: str) -> str:
        pairs = request.pairs
        if action == "getCurrentProtocolCaps" and self.can_move:
            return lines(["caps.Pan=true", "caps.PanSpeedMax=8", "caps.Tile=true", "caps.Zoom=true", "caps.Focus=false"])
        if action == "getPresets" and self.can_move:
            named = enumerate(self.presets)
            return lines(row for at, name in named for row in rows("presets", at, {"Index": str(at + 1), "Name": name}))
        if action == "getStatus":
            return lines(["status.Postion[0]=0.000000", "status.Postion[1]=0.000000", "status.Postion[2]=1.000000"])
        if action not in {"start", "stop"} or "code" not in pairs:
            raise Failed
        self.state.moves.append(f"{action} {pairs['code']} {pairs.get('arg1')} {pairs.get('arg2')} {pairs.get('arg3')}")
        return "OK\r\n"

    def _net(self, action: str, request: Request, user: str) -> str:
        if action == "getUPnPStatus":
            return f"status.Working={dahua_tree.printed(self.tree['UPnP']['Enable'])}\r\n"
        if action == "getInterfaces":
            return "netInterface[0].Name=eth0\r\nnetInterface[0].Type=Normal\r\nnetInterface[0].Valid=true\r\n"
        raise Failed


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
    main(camera, rtsp_paths=("/cam/realmonitor",))
