"""An emulated Reolink camera: `POST /api.cgi?cmd=…&token=…`, a JSON array in, one answer for each command out, always 200.

Asserted against recordings: GetTime, GetNetPort, GetDevInfo, GetMdState, GetAiState, GetZoomFocus, GetAutoFocus, GetAiCfg and
the spelling of the JSON. No permissive recording exists (tapes.md 2) of `Login`, `GetOnline`, `GetEvents` and failures: those
follow the vendor's guide (cameras.md 1.4), as do the settings, Search and Download. There is no log: `ledger` is all there is.
Ours to choose: what the webhook posts where no body of one's own is set (the shape newer models post by their other protocol).

By hand: `python -m tests.devices.reolink --port 8084 [--fault slow …] [--rtsp clip.mp4]`, then `/_emulator/…`.
"""

from __future__ import annotations

import asyncio
import copy
import json
import re
from dataclasses import dataclass, field
from typing import Any, ClassVar

from hearthwatch.kit.clock import Clock, SystemClock
from tests.devices import reolink_card, reolink_hook, reolink_outputs, reolink_users
from tests.devices.by_hand import main
from tests.devices.camera_message import Reply, Request
from tests.devices.camera_picture import picture
from tests.devices.camera_state import Account, CameraClock, CameraState, LogKind, LogLine, Session
from tests.devices.camera_web import EmulatedCamera
from tests.devices.reolink_settings import SECRET, ability, factory_values
from tests.devices.reolink_text import Failed, bad, good, reply

LEASE_S = 3600
UPGRADE_SETTLES_S = 5.0
_PATHS = frozenset({"/api.cgi", "/cgi-bin/api.cgi"})
_FOR_ALL = frozenset(
    {"GetDevInfo", "GetTime", "GetMdState", "GetAiState", "GetEvents", "GetAbility", "GetEnc", "GetNetPort", "Logout"}
)
_AI = ("dog_cat", "face", "people", "vehicle")
_KEY = re.compile(r"([A-Za-z0-9]+)(?:\[(\d+)\])?\.(.+)")


@dataclass(kw_only=True)
class Reolink(EmulatedCamera):
    """RLC-822A. `has_events` is newer firmware with GetEvents. `values` is what Get… answers and Set… changes."""

    family: ClassVar[str] = "reolink"
    model: str = "RLC-822A"
    firmware: str = "v3.1.0.956_22041507"
    serial: str = "00000000065536"
    has_events: bool = True
    lease_s: float = LEASE_S
    values: dict[str, dict[str, Any]] = field(default_factory=factory_values)
    posted: list[tuple[str, str]] = field(default_factory=list)
    """What the webhook sent: where to and what."""
    outputs: reolink_outputs.Outputs = field(default_factory=reolink_outputs.Outputs)
    upgrade_name: str = ""
    _upgrade: asyncio.TimerHandle | None = None

    def error_in_200(self, request: Request) -> Reply:
        return reply([bad("Unknown", -1)])

    def asked(self, request: Request) -> str:
        """All commands of a batch: the URL names the first."""
        names = re.findall(rb'"cmd"\s*:\s*"(\w+)"', request.body)
        return super().asked(request) + (f" ({', '.join(name.decode() for name in names)})" if len(names) > 1 else "")

    def has_ntp(self) -> bool:
        return bool(self.values["Ntp"]["Ntp"]["enable"])

    def on_listening(self) -> None:
        self.values["NetPort"]["NetPort"]["httpPort"] = self.port

    def on_video(self, port: int) -> None:
        self.values["NetPort"]["NetPort"]["rtspPort"] = port

    async def log_in(
        self, address: str, user: str = "admin", *, ok: bool = True, via: str = "Web", stay: bool = True, times: int = 1
    ) -> list[LogLine]:
        """Here a log-in shows only while it lasts: `stay` is the rule."""
        return await super().log_in(address, user, ok=ok, via=via, stay=stay, times=times)

    async def add_account(self, name: str, password: str, *, admin: bool = False) -> None:
        account = Account(name=name, password=password, group="admin" if admin else "guest")
        self.state.add_account(account, by="admin", address="203.0.113.9")

    async def change_setting(self, key: str, value: str) -> None:
        """`key` as the export names it: `NetPort.httpEnable`, `Enc[0].mainStream.bitRate`."""
        match = _KEY.fullmatch(key)
        assert match is not None
        section = match[1] if match[1] in self.values else f"{match[1]}V20"
        node = _inner(self.values[section])
        *path, leaf = match[3].split(".")
        for name in path:
            node = node[name]
        node[leaf] = int(value) if isinstance(node[leaf], int) else value
        self._settled(section)
        self.state.write(LogKind.SETTINGS_CHANGED, user="admin", address="203.0.113.9")

    async def alarm(self, code: str, *, on: bool, channel: int = 0) -> None:
        """`code`: md, people, vehicle, dog_cat, face or visitor."""
        await super().alarm(code, on=on, channel=channel)
        if on:
            self.state.write(LogKind.MOTION if code == "md" else LogKind.OTHER, words=code)
            hook = self.values["WebHook"]["WebHook"]
            if hook["indexEnable"] and hook["hookUrl"]:
                self._post(str(hook["hookUrl"]), hook, code)

    def _post(self, url: str, hook: dict[str, Any], code: str) -> None:
        content = reolink_hook.body(hook, self.values["P2p"]["P2p"]["uid"], code)
        self.posted.append((url, content))
        self.spawn(reolink_hook.post(url, content))

    async def answer(self, request: Request) -> Reply:
        if request.path not in _PATHS:
            return Reply(status="404 Not Found")
        session = self._session(request.pairs.get("token", ""))
        cmd = request.pairs.get("cmd", "")
        if cmd in {"Snap", "Download"}:
            return self._file(cmd, request, session)
        if cmd == "Upgrade" and session is not None:
            self._take_firmware(request.body)
            return reply([good("Upgrade", {"rspCode": 200})])
        try:
            batch = json.loads(request.body)
            commands = [(str(one["cmd"]), one.get("param") or {}) for one in batch]
        except (ValueError, KeyError, TypeError):
            return reply([bad("Unknown", -4)])
        return reply([self._one_command(name, param, session, request) for name, param in commands])

    def _take_firmware(self, piece: bytes) -> None:
        """It comes in pieces; when no more came for a moment it is whole, and the camera restarts."""
        if self._upgrade is None:
            self.state.firmware_uploads.append(b"")
        else:
            self._upgrade.cancel()
        self.state.firmware_uploads[-1] += piece

        def whole() -> None:
            self._upgrade = None
            self.reboot_soon()

        self._upgrade = asyncio.get_running_loop().call_later(UPGRADE_SETTLES_S, whole)

    def _session(self, token: str) -> Session | None:
        self.state.drop_expired()
        return next((one for one in self.state.sessions.values() if token and one.token == token), None)

    def _one_command(self, name: str, param: dict[str, Any], session: Session | None, request: Request) -> dict[str, Any]:
        try:
            if name == "Login":
                return good(name, self._log_in(param, request))
            if session is None or session.number not in self.state.sessions:
                raise Failed(-6)
            account = self.state.account(session.user)
            if account is None:
                raise Failed(-27)
            if account.group != "admin" and name not in _FOR_ALL:
                raise Failed(-26)
            return good(name, self._command(name, param, session, request))
        except Failed as failed:
            return bad("Unknown" if failed.code == -9 else name, failed.code)
        except (KeyError, TypeError, ValueError):
            return bad(name, -4)

    def _log_in(self, param: dict[str, Any], request: Request) -> dict[str, Any]:
        user, password = str(param["User"]["userName"]), str(param["User"]["password"])
        if self.state.is_locked(user):
            raise Failed(-506)
        account = self.state.account(user)
        if account is None or account.password != password:
            self.state.count_wrong(user, request.address, "")
            raise Failed(-7 if account is None else -502)
        self.state.let_in(user)
        token = f"{self.rng.getrandbits(48):012x}"
        if self.state.open_session(user, request.address, "", lease_s=self.lease_s, token=token) is None:
            raise Failed(-5)
        self.state.write(LogKind.LOGIN, user=user, address=request.address)
        return {"Token": {"leaseTime": int(self.lease_s), "name": token}}

    def _command(self, name: str, param: dict[str, Any], session: Session, request: Request) -> dict[str, Any]:
        done = {"rspCode": 200}
        match name:
            case "Logout":
                del self.state.sessions[session.number]
                self.state.write(LogKind.LOGOUT, user=session.user, address=session.address)
                return done
            case "GetAbility":
                return ability()
            case "GetDevInfo":
                return self._info()
            case "GetTime":
                return self._time()
            case "SetTime":
                return self._set_time(param, session)
            case "GetOnline":
                return {"User": [self._online(one, session) for one in self.state.sessions.values()]}
            case "Disconnect":
                return self._disconnect(param["User"], session)
            case "GetUser":
                return {"User": [{"level": one.group, "userName": one.name} for one in self.state.accounts]}
            case "AddUser" | "DelUser" | "ModifyUser":
                reolink_users.change(self.state, name, param["User"], session)
                self.credentials_changed()
                return done
            case "GetMdState":
                return {"state": int(0 in self.state.alarms.get("md", ()))}
            case "GetAiState":
                return self._ai_state()
            case "GetEvents" if self.has_events:
                return self._events()
            case "GetRtspUrl":
                port = self.values["NetPort"]["NetPort"]["rtspPort"]
                urls = {f"{one}Stream": f"rtsp://{self.host}:{port}/Preview_01_{one}" for one in ("main", "sub")}
                return {"rtspUrl": {"channel": 0} | urls}
            case "GetHddInfo":
                return {"HddInfo": [{"capacity": 61034, "format": 1, "id": 0, "mount": 1, "size": 20133, "storageType": 2}]}
            case "Search":
                return reolink_card.search(self.state.card, param["Search"])
            case "PtzCtrl":
                self.state.moves.append(" ".join(str(param[key]) for key in ("op", "speed", "id") if key in param))
                return done
            case "Reboot":
                self.reboot_soon()
                return done
            case "UpgradePrepare":
                self.upgrade_name = str(param.get("fileName", ""))
                return done
            case "TestWebHook":
                hook = self.values["WebHook"]["WebHook"]
                self._post(str(param.get("WebHook", hook)["hookUrl"]), hook, "people")
                return done
        if name in reolink_outputs.COMMANDS:
            return self.outputs.answer(name, param)
        if name.startswith("Get") and name[3:] in self.values:
            return _masked(self.values[name[3:]])
        if name.startswith("Set") and name[3:] in self.values:
            self._set(name[3:], param, session)
            return done
        raise Failed(-9)

    def _info(self) -> dict[str, Any]:
        info = {"B485": 0, "IOInputNum": 0, "IOOutputNum": 0, "audioNum": 1, "buildDay": f"build {self.firmware[-8:]}"}
        info |= {"cfgVer": "v3.1.0.0", "channelNum": 1, "detail": "IPC_523128M8MPS16AE1W0110000000", "diskNum": 1}
        info |= {
            "exactType": "IPC",
            "firmVer": self.firmware,
            "frameworkVer": 1,
            "hardVer": "IPC_523128M8MP",
            "model": self.model,
        }
        info |= {"name": self.values["DevName"]["DevName"]["name"], "pakSuffix": "pak,paks", "serial": self.serial}
        return {"DevInfo": info | {"type": "IPC", "wifi": 0}}

    def _time(self) -> dict[str, Any]:
        """`timeZone` counts seconds west."""
        local = self.state.clock.local()
        dst = {"enable": 0, "endHour": 2, "endMin": 59, "endMon": 4, "endSec": 0, "endWeek": 1, "endWeekday": 0, "offset": 1}
        dst |= {"startHour": 1, "startMin": 59, "startMon": 10, "startSec": 0, "startWeek": 1, "startWeekday": 0}
        time = {
            "day": local.day,
            "hour": local.hour,
            "hourFmt": 0,
            "min": local.minute,
            "mon": local.month,
            "sec": local.second,
        }
        return {"Dst": dst, "Time": time | {"timeFmt": "DD/MM/YYYY", "timeZone": self.state.clock.west_s, "year": local.year}}

    def _set_time(self, param: dict[str, Any], session: Session) -> dict[str, Any]:
        time, clock = param.get("Time", {}), self.state.clock
        clock.west_s = int(time.get("timeZone", clock.west_s))
        if "year" in time:
            clock.set_local(reolink_card.moment(time))
        self.state.write(LogKind.CLOCK_SET, user=session.user, address=session.address)
        return {"rspCode": 200}

    def _online(self, one: Session, asker: Session) -> dict[str, Any]:
        account = self.state.account(one.user)
        level = account.group if account is not None else "guest"
        ours = int(one.number != asker.number)
        return {"canbeDisconn": ours, "ip": one.address, "level": level, "sessionId": one.number, "userName": one.user}

    def _disconnect(self, user: dict[str, Any], session: Session) -> dict[str, Any]:
        found = self.state.sessions.get(int(user["sessionId"]))
        if found is None or found.user != user.get("userName", found.user):
            raise Failed(-27)
        if found.number == session.number:
            raise Failed(-4)
        del self.state.sessions[found.number]
        self.state.write(LogKind.LOGOUT, user=found.user, address=found.address)
        return {"rspCode": 200}

    def _ai_state(self) -> dict[str, Any]:
        found = {
            name: {"alarm_state": int(0 in self.state.alarms.get(name, ())), "support": int(name != "face")} for name in _AI
        }
        return {"channel": 0} | found

    def _events(self) -> dict[str, Any]:
        ai = {name: value for name, value in self._ai_state().items() if name != "channel"}
        others = {name: {"alarm_state": int(0 in self.state.alarms.get(name, ())), "support": 1} for name in ("md", "visitor")}
        return {"ai": ai, "channel": 0} | others

    def _set(self, section: str, param: dict[str, Any], session: Session) -> None:
        before = self.values[section]
        after = copy.deepcopy(before)
        _merge(after, param)
        self.values[section] = after
        self._settled(section)
        self.state.write(LogKind.SETTINGS_CHANGED, user=session.user, address=session.address, words=section)

    def _settled(self, section: str) -> None:
        """What follows from a setting."""
        self.state.lock_enabled = bool(self.values["SysCfg"]["SysCfg"]["loginLock"])
        if section == "Ntp" and self.has_ntp():
            self.state.clock.sync()
        if section == "NetPort":
            self.move_soon(None, int(self.values["NetPort"]["NetPort"]["httpPort"]))
        if section == "LocalLink" and self.values["LocalLink"]["LocalLink"]["type"] == "Static":
            self.move_soon(str(self.values["LocalLink"]["LocalLink"]["static"]["ip"]), None)

    def _file(self, cmd: str, request: Request, session: Session | None) -> Reply:
        if session is None:
            return reply([bad(cmd, -6)])
        if cmd == "Snap":
            body = picture(str(self.state.clock.local()), 640, 360)
            return Reply(body=body, headers=(("Content-Type", "image/jpeg"),))
        one = reolink_card.named(self.state.card, request.pairs.get("source", ""))
        if one is not None:
            return Reply(body=one.clip.read_bytes(), headers=(("Content-Type", "apolication/octet-stream"),))
        return reply([bad(cmd, -1)])


def _inner(value: dict[str, Any]) -> dict[str, Any]:
    """Return what is within the one object that most answers are wrapped in."""
    [first, *more] = list(value)
    return value[first] if not more and isinstance(value[first], dict) else value


def _masked(node: Any, name: str = "") -> Any:
    if isinstance(node, dict):
        return {key: _masked(value, key) for key, value in node.items()}
    if isinstance(node, list):
        return [_masked(one) for one in node]
    return SECRET if name == "password" and node else node


def _merge(into: dict[str, Any], new: dict[str, Any]) -> None:
    """Put `new` in place; KeyError for a name that is not there, TypeError for a value of another type."""
    for key, value in new.items():
        if isinstance(into[key], dict):
            _merge(into[key], value)
        elif isinstance(value, type(into[key])):
            into[key] = value
        else:
            raise TypeError(key)


def camera(
    *,
    clock: Clock | None = None,
    accounts: list[Account] | None = None,
    west_s: int = -36000,
    max_sessions: int = 8,
    **more: Any,
) -> Reolink:
    """Return a camera with the owner's `admin` (no password, as old firmware came) and our `watch`. `more`: fields of Reolink."""
    accounts = accounts or [
        Account(name="admin", password="", group="admin", is_built_in=True),
        Account(name="watch", password="watch-Pass-1", group="admin"),
    ]
    clock_of_its_own = CameraClock(true=clock or SystemClock(), west_s=west_s)
    state = CameraState(clock=clock_of_its_own, accounts=accounts, max_sessions=max_sessions, lock_enabled=False)
    return Reolink(state=state, **more)


if __name__ == "__main__":
    main(camera, rtsp_paths=("/Preview_01_main", "/Preview_01_sub"))
