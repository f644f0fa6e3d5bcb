"""What a Reolink camera answers: a JSON array with one answer for each command, failures inside status 200.

Bytes to nouns, no network. Wire facts: reference notes 1.4 on real devices, recorded replies in the tests.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, Unreachable, Unsupported
from hearthwatch.kit.logs import redact
from hearthwatch.kit.units import from_datetime
from hearthwatch.vendors.device import Account, DeviceIdentity, LocalUs, Session, address_of
from hearthwatch.vendors.network import Network
from hearthwatch.vendors.redaction import sample_of

MAX_CHANNELS = 32
_DONE = 200
_LOG_IN_FIRST = frozenset({-6, -21})
_REFUSALS: Mapping[int, str] = {
    -5: "too many are logged in at the camera; log one out or restart it",
    -6: "the camera wants a log-in first",
    -7: "wrong user name or password",
    -21: "the camera forgot our log-in",
    -26: "this user may not do it; the account must be an administrator",
    -27: "the camera does not know this user",
    -105: "too many log-ins at the camera; wait some minutes",
    -500: "wrong user name or password",
    -501: "wrong user name or password",
    -502: "wrong user name or password",
    -503: "the camera refuses this user",
    -506: "the camera has locked the account after wrong passwords; wait five minutes",
    -507: "too many are logged in at the camera; log one out or restart it",
}
_NO_ABILITY = -26
_LACKING = frozenset({-1, -4, -9, -12})
_BUSY = frozenset({-2, -8, -11, -16, -17, -31})
_BUILD = re.compile(r"_(\d{2})(\d{2})(\d{2})\d{2}$")
_MAC = re.compile(r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}", re.IGNORECASE)

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One command's answer. `code` is 0 when it worked, else the camera's `rspCode`."""

    code: int
    detail: str = ""
    value: Values = field(default_factory=dict, repr=False)

    @property
    def needs_log_in(self) -> bool:
        return self.code in _LOG_IN_FIRST

    @property
    def is_lacking(self) -> bool:
        """Whether this camera, or this user of it, has no such command; nothing that passes."""
        return self.code in _LACKING or self.code == _NO_ABILITY


def answers(body: bytes, count: int, what: str, *, may_sample: bool = True) -> tuple[Answer, ...]:
    """Return `count` answers in the order of the commands; names are not compared, cameras misspell them and say `Unknown`.

    One failure for the whole batch counts for each. `may_sample` is off where the answer holds a token.
    """
    sample = sample_of(body) if may_sample else b""
    try:
        document = json.loads(body.decode("utf-8-sig", errors="replace"))
    except (ValueError, RecursionError) as error:
        raise BadReply(f"{what}: the answer is not JSON", sample) from error
    rows = document if isinstance(document, list) else [document]
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise BadReply(f"{what}: the answer is no list of answers", sample)
    found = [_answer(row) for row in rows]
    if len(found) == 1 and found[0].code:
        return tuple(found * count)
    if len(found) != count:
        raise BadReply(f"{what}: {len(found)} answers to {count} commands", sample)
    return tuple(found)


def _answer(row: Values) -> Answer:
    value, error = as_object(row.get("value")), as_object(row.get("error"))
    code = number(error, "rspCode", 0) or number(row, "code", 1)
    if not code and "rspCode" in value and number(value, "rspCode", 0) != _DONE:
        code = number(value, "rspCode", 0) or 1
    return Answer(code=code, detail=text(error, "detail"), value=value)


def failure(answer: Answer, what: str) -> HearthwatchError:
    """Return what a failed answer means as one of our errors."""
    code, detail = answer.code, redact(" ".join(answer.detail.split()))[:200]
    said = f" ({detail}, {code})" if detail else f" ({code})"
    if code in _REFUSALS:
        return Refused(f"{what}: {_REFUSALS[code]}{said}")
    if code in _LACKING:
        return Unsupported(f"{what}: the camera cannot do this{said}")
    if code in _BUSY:
        return Unreachable(f"{what}: the camera is busy{said}")
    return BadReply(f"{what}: the camera reports a failure{said}")


def value_of(answer: Answer, what: str) -> Values:
    """Return the value of an answer that worked, else raise its failure."""
    if answer.code:
        raise failure(answer, what)
    return answer.value


def token_of(answer: Answer) -> tuple[str, int]:
    """`Login`: the token and its lease in seconds."""
    token = as_object(value_of(answer, "logging in").get("Token"))
    name = text(token, "name")
    if not re.fullmatch(r"[!-~]{1,256}", name):
        raise BadReply("logging in: the answer has no token")
    return name, max(30, min(86_400, number(token, "leaseTime", 3600)))


def as_object(node: object) -> Values:
    return node if isinstance(node, dict) else {}


def text(values: Values, key: str) -> str:
    """Return a string or number as text that can be written down; empty when it is neither."""
    node = values.get(key)
    if isinstance(node, bool) or not isinstance(node, str | int):
        return ""
    return str(node).encode(errors="replace").decode().strip()


def number(values: Values, key: str, default: int) -> int:
    """Return an integer, also one written as a string; `default` when it is none or absurd."""
    node = values.get(key)
    if isinstance(node, str) and re.fullmatch(r"-?[0-9]{1,9}", node.strip()):
        node = int(node)
    if isinstance(node, bool) or not isinstance(node, int) or abs(node) >= 1 << 31:
        return default
    return node


def identity(info: Values, link: Values) -> DeviceIdentity:
    """Put together `GetDevInfo` and `GetLocalLink`. A serial number of zeros is the same in every camera: none."""
    info, link = as_object(info.get("DevInfo")), as_object(link.get("LocalLink"))
    model, firmware, serial, mac = text(info, "model"), text(info, "firmVer"), text(info, "serial"), text(link, "mac")
    if not model and not firmware:
        raise BadReply("the device information: neither model nor firmware")
    return DeviceIdentity(
        vendor="Reolink",
        model=model,
        name=text(info, "name"),
        mac=mac.lower().replace("-", ":") if _MAC.fullmatch(mac) else "",
        serial=serial if serial.strip("0") else "",
        firmware=firmware,
        build_date=_build_date(firmware) or _build_date(text(info, "buildDay").replace("build ", "_")),
        hardware=text(info, "hardVer"),
    )


def _build_date(version: str) -> dt.date | None:
    """The end of `v3.1.0.956_22041507`: YYMMDD and a running number."""
    if not (build := _BUILD.search(version)):
        return None
    try:
        return dt.date(2000 + int(build[1]), int(build[2]), int(build[3]))
    except ValueError:
        return None


def channels(info: Values) -> int:
    """`GetDevInfo`: how many cameras are behind the address; one unless it is a recorder."""
    return max(1, min(MAX_CHANNELS, number(as_object(info.get("DevInfo")), "channelNum", 1)))


def local_time(value: Values) -> LocalUs:
    """`GetTime`: what the clock shows. Its `timeZone` counts seconds WEST and is not needed: we compare readings."""
    local_us = reading(as_object(value.get("Time")))
    if local_us is None:
        raise BadReply("the camera's clock: not a date")
    return local_us


def reading(time: Values) -> LocalUs | None:
    """Return `{year, mon, day, hour, min, sec}` as a reading of the camera's clock, None when it is no date."""
    year, month, day, hour, minute, second = (number(time, key, -1) for key in ("year", "mon", "day", "hour", "min", "sec"))
    try:
        return LocalUs(from_datetime(dt.datetime(year, month, day, hour, minute, min(second, 59), tzinfo=dt.UTC)))
    except ValueError:
        return None


def sessions(value: Values) -> tuple[Session, ...]:
    """`GetOnline`: who is logged in. Since when, the camera does not say."""
    return tuple(
        Session(
            id=text(row, "sessionId"),
            user=text(row, "userName"),
            address=address_of(text(row, "ip")),
            origin=text(row, "ip"),
            group=text(row, "level"),
            via="",
            local_us=None,
            at_us=None,
        )
        for row in _rows(value, "the sessions")
    )


def sessions_that_can_end(value: Values) -> frozenset[str]:
    """`GetOnline`: the ids that `Disconnect` takes; `canbeDisconn` is 0 for the others."""
    rows = _rows(value, "the sessions")
    return frozenset(
        text(row, "sessionId")
        for row in rows
        if number(row, "canbeDisconn", 0) == 1 and re.fullmatch(r"-?[0-9]{1,9}", text(row, "sessionId"))
    )


def network(link: Values, ports: Values) -> Network:
    """`GetLocalLink` and `GetNetPort`. What is told of a port is its number, also while nothing listens there."""
    link, ports = as_object(link.get("LocalLink")), as_object(ports.get("NetPort"))
    static, dns = as_object(link.get("static")), as_object(link.get("dns"))
    if not text(link, "type"):
        raise BadReply("the network settings: the answer has none")
    servers = [ip for ip in (address_of(text(dns, key)) for key in ("dns1", "dns2")) if ip]
    found = {key: number(ports, f"{key}Port", 0) for key in ("http", "https", "rtsp", "media", "onvif")}
    found = {key: port if 0 < port < 65_536 else 0 for key, port in found.items()}
    return Network(
        is_dhcp=text(link, "type").lower() == "dhcp",
        address=address_of(text(static, "ip")) or "",
        netmask=address_of(text(static, "mask")) or "",
        gateway=address_of(text(static, "gateway")) or "",
        dns=tuple(dict.fromkeys(servers)),
        http_port=found["http"],
        https_port=found["https"],
        rtsp_port=found["rtsp"],
        media_port=found["media"],
        onvif_port=found["onvif"],
    )


def accounts(value: Values) -> tuple[Account, ...]:
    """`GetUser`. The account `admin` comes with the camera and cannot be removed."""
    found = []
    for row in _rows(value, "the accounts"):
        name, level = text(row, "userName"), text(row, "level")
        if not name:
            raise BadReply("the accounts: one has no name")
        found.append(Account(name=name, group=level, is_admin=level == "admin", is_built_in=name == "admin"))
    return tuple(found)


def _rows(value: Values, what: str) -> list[Values]:
    rows = value.get("User")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadReply(f"{what}: the answer has no list of users")
    return rows
