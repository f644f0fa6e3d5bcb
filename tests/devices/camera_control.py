"""What can be done to an emulated camera from outside: `GET /_emulator/VERB?key=value`."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from tests.devices.camera_state import Fault

if TYPE_CHECKING:
    from tests.devices.camera_web import EmulatedCamera

VERBS = (
    "login?address=&user=&ok=1|0&stay=1&times=",
    "logout?address=&user=",
    "set?key=&value=",
    "password?user=&password=",
    "add-account?name=&password=&admin=1",
    "clear-log",
    "clock?local=2026-01-02T03:04:05",
    "fault?name=",
    "heal?name=",
    "alarm?code=&on=1|0&channel=0",
    "reboot",
    "ledger",
    "accounts",
    "sessions",
)


async def perform(camera: EmulatedCamera, verb: str, pairs: dict[str, str]) -> object:
    """Do one of VERBS and return what to show. KeyError, ValueError or AssertionError for what is not understood."""
    match verb:
        case "login":
            stay = {"stay": pairs["stay"] == "1"} if "stay" in pairs else {}
            ok, via, times = pairs.get("ok", "1") == "1", pairs.get("via", "Web"), int(pairs.get("times", "1"))
            lines = await camera.log_in(pairs["address"], pairs.get("user", "admin"), ok=ok, via=via, times=times, **stay)
            return [str(line.local) for line in lines]
        case "logout":
            return str((await camera.log_out(pairs["address"], pairs.get("user", "admin"))).local)
        case "set":
            await camera.change_setting(pairs["key"], pairs["value"])
        case "password":
            await camera.change_password(pairs["user"], pairs["password"])
        case "add-account":
            await camera.add_account(pairs["name"], pairs["password"], admin=pairs.get("admin", "0") == "1")
        case "clear-log":
            camera.state.clear_log(by="admin", address=pairs.get("address", "203.0.113.9"), via="Web")
        case "clock":
            await camera.set_clock(dt.datetime.fromisoformat(pairs["local"]).replace(tzinfo=None))
        case "fault":
            await camera.cause(Fault(pairs["name"]))
        case "heal":
            await camera.heal(Fault(pairs["name"]))
        case "alarm":
            await camera.alarm(pairs["code"], on=pairs.get("on", "1") == "1", channel=int(pairs.get("channel", "0")))
        case "reboot":
            camera.reboot_soon()
        case "ledger":
            return [
                {"kind": one.kind, "user": one.user, "address": one.address, "local": one.local, "true_us": one.true_us}
                for one in camera.ledger
            ]
        case "accounts":
            return [{"name": one.name, "password": one.password, "group": one.group} for one in camera.state.accounts]
        case "sessions":
            return [{"user": one.user, "address": one.address} for one in camera.state.sessions.values()]
        case _:
            raise ValueError(f"no such verb; there are {', '.join(VERBS)}")
    return "done"
