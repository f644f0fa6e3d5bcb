"""An emulated Foscam of the MJPEG generation (Netwave firmware): `/NAME.cgi`, JavaScript statements with LF, `ok.`.

Asserted against recordings: the answers of get_status, get_params, get_misc, get_camera_params, the `ok.` and `error: illegal
params.` of setters, every response header, and the three recorded lines of the log. From the vendor's CGI document, not
recorded: the `var log_text='…';` around the lines, check_user, the other setters, the video stream. Ours to choose, as nobody
wrote it down: the words of the log other than `access` and `motion detect`; when it writes `access` (a visit: the first request
of an account and address after `visit_gap_s` of silence); that it has neither lock-out nor a firewall (so it is in the document).

By hand: `python -m tests.devices.foscam_mjpeg --port 8081 [--fault slow …]`, then `/_emulator/…`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from hearthwatch.kit.clock import Clock, SystemClock
from hearthwatch.kit.units import US_PER_S
from tests.devices.by_hand import main
from tests.devices.camera_message import Reply, Request
from tests.devices.camera_picture import picture
from tests.devices.camera_state import EPOCH, Account, CameraClock, CameraState, LogKind
from tests.devices.camera_web import EmulatedCamera
from tests.devices.foscam_mjpeg_log import log_text
from tests.devices.foscam_mjpeg_params import CAMERA, MISC, factory_params, forbidden_schedule

SLOTS = 8
MAX_PASSWORD_CHARS = 12
_LEVELS = {"visitor": 0, "operator": 1, "admin": 2}
_OPEN = frozenset({"get_status.cgi"})
"""What this firmware tells without a log-in."""
_NEEDED = {"get_params.cgi": 2, "get_misc.cgi": 2, "get_log.cgi": 2, "decoder_control.cgi": 1, "camera_control.cgi": 1}
_SETTERS = {
    "set_alarm.cgi": "alarm_",
    "set_ftp.cgi": "ftp_",
    "set_mail.cgi": "mail_",
    "set_ddns.cgi": "ddns_",
    "set_wifi.cgi": "wifi_",
    "set_pppoe.cgi": "pppoe_",
    "set_alias.cgi": "",
}
_WHOLE = frozenset({"set_ddns.cgi", "set_ftp.cgi", "set_mail.cgi"})
"""What such a command leaves out is emptied."""
_CODES = {"motion": 1, "input": 2, "sound": 3}


@dataclass(kw_only=True)
class FoscamMjpeg(EmulatedCamera):
    """FI8910W with firmware of 2012. `params` are those of get_params.cgi but accounts and clock."""

    family: ClassVar[str] = "foscam-mjpeg"
    id: str = "000DC5D4DC51"
    sys_ver: str = "11.22.2.38"
    app_ver: str = "2.4.18.17"
    visit_gap_s: float = 5.0
    open_status: bool = True
    params: dict[str, str | int] = field(default_factory=factory_params)
    misc: dict[str, str | int] = field(default_factory=lambda: dict(MISC))
    image: dict[str, str | int] = field(default_factory=lambda: dict(CAMERA))
    forbidden: dict[str, str | int] = field(default_factory=forbidden_schedule)
    _visits: dict[tuple[str, str], int] = field(default_factory=dict)
    _places: list[str] = field(default_factory=lambda: [""] * SLOTS)

    def error_in_200(self, request: Request) -> Reply:
        return self._text("error: illegal params.")

    def on_listening(self) -> None:
        self.params["port"] = self.port

    def has_ntp(self) -> bool:
        return bool(int(self.params["ntp_enable"]))

    def after_start(self) -> None:
        self._visits.clear()

    async def alarm(self, code: str, *, on: bool, channel: int = 0) -> None:
        """`code`: motion, input or sound."""
        assert code in _CODES
        await super().alarm(code, on=on, channel=channel)
        if on:
            self.state.write(
                LogKind.MOTION if code == "motion" else LogKind.OTHER, words="" if code == "motion" else f"{code} alarm"
            )

    async def change_setting(self, key: str, value: str) -> None:
        """`key` as in the camera's answers, after `params.`, `misc.` or `camera.`."""
        prefix, _, name = key.partition(".")
        table = {"params": self.params, "misc": self.misc, "camera": self.image, "forbidden": self.forbidden}[prefix]
        table[name] = _like(table[name], value)
        self.state.write(LogKind.SETTINGS_CHANGED, user="admin", address="203.0.113.9")

    async def add_account(self, name: str, password: str, *, admin: bool = False) -> None:
        assert len(self.state.accounts) < SLOTS
        account = Account(name=name, password=password, group="admin" if admin else "visitor")
        self.state.add_account(account, by="admin", address="203.0.113.9")

    def _who(self, request: Request) -> Account | None:
        """Return the account that the header or, without one, the query proves. A setter's own `user` and `pwd` look alike."""
        header = request.headers.get("authorization", "")
        if header.startswith("Basic "):
            try:
                user, _, password = base64.b64decode(header[6:], validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return None
        else:
            user, password = request.pairs.get("user", ""), request.pairs.get("pwd", "")
        account = self.state.account(user)
        return account if account is not None and account.password == password else None

    def _tried(self, request: Request) -> str | None:
        """Whose name was given with a wrong password; None when none was given."""
        header = request.headers.get("authorization", "")
        if header.startswith("Basic "):
            return base64.b64decode(header[6:] + "==").decode("latin-1").partition(":")[0]
        return request.pairs.get("user")

    async def answer(self, request: Request) -> Reply:
        cgi = request.path.removeprefix("/")
        account = self._who(request)
        if account is None and not (self.open_status and cgi in _OPEN):
            if (user := self._tried(request)) is not None:
                self.state.count_wrong(user, request.address, "")
            return self._refused()
        if account is not None:
            self._visit(account.name, request.address)
        level = _LEVELS[account.group] if account is not None else 2
        needed = 2 if cgi.startswith(("set_", "reboot", "restore", "upgrade", "backup")) else _NEEDED.get(cgi, 0)
        if level < needed:
            return self._refused()
        return self._command(cgi, request, account)

    def _visit(self, user: str, address: str) -> None:
        now = self.state.true_us()
        last = self._visits.get((user, address))
        self._visits[user, address] = now
        if last is None or now - last > self.visit_gap_s * US_PER_S:
            self.state.write(LogKind.LOGIN, user=user, address=address)

    def _command(self, cgi: str, request: Request, account: Account | None) -> Reply:
        match cgi:
            case "get_status.cgi":
                return self._variables(self._status())
            case "get_params.cgi":
                return self._variables(self.all_params())
            case "get_misc.cgi":
                return self._variables(self.misc)
            case "get_camera_params.cgi":
                return self._variables(self.image)
            case "get_forbidden.cgi":
                return self._variables(self.forbidden)
            case "get_log.cgi":
                return self._text(log_text(self.state.log))
            case "check_user.cgi":
                assert account is not None
                said = {
                    "user": account.name,
                    "pwd": account.password,
                    "pri": _LEVELS[account.group] + (account.group == "admin"),
                }
                return self._variables(said)
            case "snapshot.cgi":
                return self._snapshot()
            case "videostream.cgi":
                return self._video_stream(request)
            case "decoder_control.cgi" | "camera_control.cgi":
                return self._control_picture(cgi, request)
            case "reboot.cgi" | "restore_factory.cgi":
                if cgi == "restore_factory.cgi":
                    self.params, self.state.accounts = factory_params(), [Account(name="admin", password="", group="admin")]
                self.reboot_soon()
                return self._text("ok.\n")
            case "upgrade_firmware.cgi":
                self.state.firmware_uploads.append(request.body)
                self.reboot_soon()
                return self._text("ok.\n")
            case _ if cgi.startswith("set_"):
                assert account is not None
                return self._set(cgi, request, account)
        return self._text("File not found.")

    def _status(self) -> dict[str, str | int]:
        """`now` is what the camera takes for universal time, `tz` the seconds its local time is west of it."""
        on = [code for code, channels in self.state.alarms.items() if channels]
        return {
            "id": self.id,
            "sys_ver": self.sys_ver,
            "app_ver": self.app_ver,
            "alias": self.params["alias"],
            "now": self.state.clock.utc_s(),
            "tz": self.state.clock.west_s,
            "alarm_status": _CODES[on[0]] if on else 0,
            "ddns_status": 0,
            "ddns_host": self.params["ddns_host"],
            "oray_type": 0,
            "upnp_status": int(self.params["upnp_enable"]),
            "p2p_status": 0,
            "p2p_local_port": 25197,
            "msn_status": 0,
        }

    def slots(self) -> list[Account | None]:
        """The eight places for accounts: each stays where it is, one without a place takes the first that is free."""
        names = {one.name: one for one in self.state.accounts}
        self._places = [name if name in names else "" for name in self._places]
        for name in names:
            if name not in self._places:
                self._places[self._places.index("")] = name
        return [names.get(name) for name in self._places]

    def all_params(self) -> dict[str, str | int]:
        """What get_params.cgi says, in its order."""
        head: dict[str, str | int] = {
            "id": self.id,
            "sys_ver": self.sys_ver,
            "app_ver": self.app_ver,
            "alias": self.params["alias"],
            "now": self.state.clock.utc_s(),
            "tz": self.state.clock.west_s,
        }
        users: dict[str, str | int] = {}
        slots = self.slots()
        for slot in range(1, SLOTS + 1):
            one = slots[slot - 1]
            users[f"user{slot}_name"] = one.name if one else ""
            users[f"user{slot}_pwd"] = one.password if one else ""
            users[f"user{slot}_pri"] = _LEVELS[one.group] if one else 0
        rest = {name: value for name, value in self.params.items() if name != "alias"}
        before = {name: rest.pop(name) for name in ("daylight_saving_time", "ntp_enable", "ntp_svr")}
        return head | before | users | rest

    def _set(self, cgi: str, request: Request, account: Account) -> Reply:
        pairs = {name: value for name, value in request.pairs.items() if name != "next_url"}
        if not request.headers.get("authorization"):
            pairs = {name: value for name, value in pairs.items() if name not in {"user", "pwd"}}
        who = {"user": account.name, "address": request.address}
        if cgi == "set_users.cgi":
            return self._set_users(pairs, who)
        if cgi == "set_datetime.cgi":
            return self._set_datetime(pairs, who)
        if cgi == "set_misc.cgi":
            return self._put(self.misc, pairs, who)
        if cgi == "set_forbidden.cgi":
            return self._put(self.forbidden, pairs, who)
        if cgi == "set_upnp.cgi":
            return self._put(self.params, {"upnp_enable": pairs.get("enable", "")}, who)
        if cgi == "set_network.cgi":
            wanted = {"ip": pairs.get("ip") or "0.0.0.0", "port": pairs.get("port") or str(self.port)}
            reply = self._put(
                self.params, {name: pairs.get(name) or "0.0.0.0" for name in ("mask", "gateway", "dns")} | wanted, who
            )
            self.move_soon(wanted["ip"], int(wanted["port"]))
            return reply
        if cgi not in _SETTERS:
            return self._text("File not found.")
        prefix = _SETTERS[cgi]
        changes = {prefix + name: value for name, value in pairs.items()}
        if cgi in _WHOLE:
            emptied = {
                name: "0" if isinstance(value, int) else "" for name, value in self.params.items() if name.startswith(prefix)
            }
            changes = emptied | changes
        return self._put(self.params, changes, who)

    def _put(self, table: dict[str, str | int], changes: dict[str, str], who: dict[str, str]) -> Reply:
        try:
            table.update({name: _like(table[name], value) for name, value in changes.items()})
        except (KeyError, ValueError):
            return self._text("error: illegal params.")
        self.state.write(LogKind.SETTINGS_CHANGED, **who)
        return self._text("ok.\n")

    def _set_users(self, pairs: dict[str, str], who: dict[str, str]) -> Reply:
        """All eight at once: `user1=…&pwd1=…&pri1=2&user2=…`."""
        accounts = []
        for slot in range(1, SLOTS + 1):
            name, password = pairs.get(f"user{slot}", ""), pairs.get(f"pwd{slot}", "")
            level = pairs.get(f"pri{slot}", "0")
            if len(password) > MAX_PASSWORD_CHARS or len(name) > MAX_PASSWORD_CHARS or level not in {"0", "1", "2"}:
                return self._text("error: illegal params.")
            if name:
                group = next(word for word, number in _LEVELS.items() if number == int(level))
                accounts.append(Account(name=name, password=password, group=group))
        if not any(one.group == "admin" for one in accounts):
            return self._text("error: illegal params.")
        self.state.accounts = accounts
        self._places = [pairs.get(f"user{slot}", "") for slot in range(1, SLOTS + 1)]
        self.state.write(LogKind.ACCOUNT_CHANGED, **who)
        self.credentials_changed()
        return self._text("ok.\n")

    def _set_datetime(self, pairs: dict[str, str], who: dict[str, str]) -> Reply:
        clock = self.state.clock
        try:
            if "tz" in pairs:
                clock.west_s = int(pairs.pop("tz"))
            if "now" in pairs:
                clock.set_utc(int(pairs.pop("now")))
        except ValueError:
            return self._text("error: illegal params.")
        if pairs.get("ntp_enable") == "1":
            clock.sync()
        reply = self._put(self.params, pairs, who)
        self.state.write(LogKind.CLOCK_SET, **who)
        return reply

    def _control_picture(self, cgi: str, request: Request) -> Reply:
        pairs = request.pairs
        if cgi == "decoder_control.cgi":
            if not pairs.get("command", "").isdigit():
                return self._text("error: illegal params.")
            self.state.moves.append(pairs["command"])
            return self._text("ok.\n")
        names = {"0": "resolution", "1": "brightness", "2": "contrast", "3": "mode", "5": "flip"}
        name = names.get(pairs.get("param", ""))
        if name is None or not pairs.get("value", "").isdigit():
            return self._text("error: illegal params.")
        self.image[name] = int(pairs["value"])
        return self._text("ok.\n")

    def _snapshot(self) -> Reply:
        """The name of the file is by local time, the Date header by universal time; no Cache-Control here."""
        local = self.state.clock.local()
        name = f'filename="snapshot_{self.id}_{local:%Y%m%d%H%M%S}.jpg"'
        body = picture(str(local), *self._size())
        return self._reply(body, "image/jpeg", (("Content-Disposition", name), ("Connection", "close")))

    def _size(self) -> tuple[int, int]:
        return (640, 480) if self.image["resolution"] == 32 else (320, 240)

    def _video_stream(self, request: Request) -> Reply:
        if request.pairs.get("resolution") in {"8", "32"}:
            self.image["resolution"] = int(request.pairs["resolution"])
        reply = self._reply(b"", "multipart/x-mixed-replace;boundary=ipcamera", (("Connection", "close"),))
        reply.headers = [header for header in reply.headers if header[0] != "Content-Length"]
        reply.stream = self._frames()
        return reply

    async def _frames(self) -> AsyncIterator[bytes]:
        count = 0
        while True:
            jpeg = picture(str(count), *self._size())
            yield b"--ipcamera\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg) + jpeg + b"\r\n"
            count += 1
            await asyncio.sleep(0.25)

    def _refused(self) -> Reply:
        reply = self._text("<html><body>401 Unauthorized</body></html>")
        reply.status = "401 Unauthorized"
        reply.headers = [*reply.headers, ("WWW-Authenticate", 'Basic realm="ipcamera_' + self.id + '"')]
        return reply

    def _variables(self, said: dict[str, Any]) -> Reply:
        return self._text("".join(f"var {name}={_printed(value)};\n" for name, value in said.items()))

    def _text(self, text: str) -> Reply:
        return self._reply(text.encode(), "text/plain", (("Cache-Control", "no-cache"), ("Connection", "close")))

    def _reply(self, body: bytes, kind: str, more: tuple[tuple[str, str], ...]) -> Reply:
        date = (EPOCH + dt.timedelta(seconds=self.state.clock.utc_s())).strftime("%a, %d %b %Y %H:%M:%S GMT")
        head = [
            ("Server", "Netwave IP Camera"),
            ("Date", date),
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            *more,
        ]
        return Reply(body=body, headers=head, close=True)


def _printed(value: str | int) -> str:
    return str(value) if isinstance(value, int) else f"'{value}'"


def _like(old: str | int, value: str) -> str | int:
    return int(value) if isinstance(old, int) else value


def camera(
    *, clock: Clock | None = None, accounts: list[Account] | None = None, west_s: int = 18000, log_size: int = 256, **more: Any
) -> FoscamMjpeg:
    """Return a camera with the owner's `admin` (no password, as delivered) and our `watch`. `more`: fields of FoscamMjpeg."""
    accounts = accounts or [
        Account(name="admin", password="", group="admin"),
        Account(name="watch", password="watchPass1", group="admin"),
    ]
    state = CameraState(
        clock=CameraClock(true=clock or SystemClock(), west_s=west_s), accounts=accounts, log_size=log_size, lock_enabled=False
    )
    return FoscamMjpeg(state=state, **more)


if __name__ == "__main__":
    main(camera)
