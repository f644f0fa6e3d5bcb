"""What the HD generation of Foscam answers: flat XML with a result code, always with status 200, its values URL-encoded.

Bytes to nouns, no network. Wire facts: reference notes 1.2, the vendor's own pages, recorded replies in the tests.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import unquote

from hearthwatch.kit.errors import BadReply, Refused, Unreachable
from hearthwatch.kit.units import US_PER_S
from hearthwatch.vendors.device import (
    Account,
    AlarmKind,
    AlarmPhase,
    AlarmSignal,
    DeviceIdentity,
    LocalUs,
    SeenObject,
    Session,
    Setting,
    VideoStream,
    address_of,
)
from hearthwatch.vendors.local_time import parse_local
from hearthwatch.vendors.network import Network
from hearthwatch.vendors.redaction import is_secret, sample_of

_FIELD = re.compile(r"<([A-Za-z_]\w{0,63})>([^<]{0,65536})</([A-Za-z_]\w{0,63})>|<([A-Za-z_]\w{0,63})\s*/>")
_WHOLE = re.compile(r"-?[0-9]{1,12}")
_MAX_FIELDS = 5000
_GROUPS = ("visitor", "operator", "admin")
_SIZES = {"0": (1280, 720), "1": (640, 480), "2": (640, 360), "3": (320, 240), "4": (320, 180)}

_ALARMS = {
    "motionDetectAlarm": AlarmKind.MOTION,
    "soundAlarm": AlarmKind.AUDIO,
    "IOAlarm": AlarmKind.INPUT,
    "humanDetectAlarmState": AlarmKind.PERSON,
    "temperatureAlarm": AlarmKind.OTHER,
    "humidityAlarm": AlarmKind.OTHER,
}
_PASSING = frozenset({"year", "mon", "day", "hour", "minute", "min", "sec", "isConnected", "connectedAP"})

Fields = Mapping[str, str]


def fields(body: bytes, what: str) -> dict[str, str]:
    """Return the fields of an answer whose result is 0, decoded; a failure raises as one of our errors. No XML parser: the
    answers are flat, and what is not flat is left out."""
    text = body.decode("utf-8", errors="replace")
    start = text.find("<CGI_Result>")
    if start < 0 or start > 512:
        raise BadReply(f"{what}: not the XML that was expected", sample_of(body))
    found: dict[str, str] = {}
    for match in _FIELD.finditer(text, start):
        name, value, closed, empty = match.groups()
        if empty is None and name != closed:
            raise BadReply(f"{what}: broken XML", sample_of(body))
        if len(found) >= _MAX_FIELDS:
            raise BadReply(f"{what}: more than {_MAX_FIELDS} fields", sample_of(body))
        found.setdefault(empty or name, _decoded(value or ""))
    _check(found.pop("result", ""), what, body)
    return found


def _check(result: str, what: str, body: bytes) -> None:
    match result.strip():
        case "0":
            return
        case "-2":
            raise Refused(f"{what}: wrong user name or password")
        case "-3":
            raise Refused(f"{what}: the camera denies it: the account is no administrator's, or this model lacks it")
        case "-5":
            raise Unreachable(f"{what}: the camera took too long for it")
        case "-1":
            raise BadReply(f"{what}: the camera does not understand the request")
        case "-10":
            raise BadReply(f"{what}: somebody is logged in with this account; restart the camera, then try again")
        case code if _WHOLE.fullmatch(code):
            raise BadReply(f"{what}: the camera reports failure {code}")
        case _:
            raise BadReply(f"{what}: the answer has no result", sample_of(body))


def _decoded(value: str) -> str:
    """XML's own five entities, then percent signs; a plus stays one."""
    for entity, char in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        value = value.replace(entity, char)
    return unquote(value, errors="replace").strip()


def whole(said: Fields, name: str, what: str) -> int:
    """Return the whole number `name`; BadReply when it is not there or none."""
    text = said.get(name, "")
    if not _WHOLE.fullmatch(text):
        raise BadReply(f"{what}: no number for {name}")
    return int(text)


def numbered(said: Fields, name: str, count: str, first: int, what: str) -> tuple[str, ...]:
    """Return `name1`, `name2`, … as many as the field `count` says, from number `first` on. What is missing is left out."""
    many = whole(said, count, what)
    if not 0 <= many <= _MAX_FIELDS:
        raise BadReply(f"{what}: an impossible count")
    return tuple(said[key] for index in range(first, first + many) if (key := f"{name}{index}") in said)


def identity(said: Fields) -> DeviceIdentity:
    """`getDevInfo`."""
    mac = re.sub(r"[:-]", "", said.get("mac", "")).lower()
    return DeviceIdentity(
        vendor="Foscam",
        model=said.get("productName", ""),
        name=said.get("devName", ""),
        mac=":".join(re.findall("..", mac)) if re.fullmatch(r"[0-9a-f]{12}", mac) else "",
        serial=said.get("serialNo", ""),
        firmware=said.get("firmwareVer", ""),
        hardware=said.get("hardwareVer", ""),
    )


def local_time(said: Fields) -> LocalUs:
    """`getDevInfo`: the camera's local time in parts."""
    year, mon, day, hour, minute, sec = (said.get(key, "") for key in ("year", "mon", "day", "hour", "min", "sec"))
    found = parse_local(f"{year}-{mon}-{day} {hour}:{minute}:{sec}")
    if found is None:
        raise BadReply("the camera's clock: not a date")
    return found


def west_us(said: Fields) -> int:
    """`getDevInfo`: how far local time is behind universal time, without summer time; 0 when it does not say."""
    text = said.get("timeZone", "")
    return int(text) * US_PER_S if _WHOLE.fullmatch(text) and abs(int(text)) <= 86_400 else 0


def sessions(body: bytes) -> tuple[Session, ...]:
    """`getSessionList`: `USER+IP`, where a name may hold a plus. It tells neither since when nor by which way."""
    what = "the sessions"
    found = []
    for text in numbered(fields(body, what), "usr", "usrCnt", 1, what):
        user, plus, origin = text.rpartition("+")
        if not plus:
            raise BadReply(f"{what}: not a name and an address", sample_of(body))
        session = Session(
            id=text, user=user, address=address_of(origin), origin=origin, group="", via="", local_us=None, at_us=None
        )
        found.append(session)
    return tuple(found)


def accounts(body: bytes) -> tuple[Account, ...]:
    """`getUserList`: `USER+PRIVILEGE`."""
    what = "the accounts"
    found = []
    for text in numbered(fields(body, what), "usr", "usrCnt", 1, what):
        name, _, level = text.rpartition("+")
        if not name or not re.fullmatch(r"[0-9]{1,3}", level):
            raise BadReply(f"{what}: not a name and a level", sample_of(body))
        group = _GROUPS[int(level)] if int(level) < len(_GROUPS) else level
        found.append(Account(name=name, group=group, is_admin=int(level) >= 2, is_built_in=False))
    return tuple(found)


def level_of(account: Account) -> str:
    """Return the privilege of `account` as the camera counts it."""
    return str(_GROUPS.index(account.group)) if account.group in _GROUPS else account.group


def listed_ip(text: str) -> str:
    """`getFirewallConfig`: a number whose lowest byte is the first, at times printed as negative; 0 is a free place."""
    if not _WHOLE.fullmatch(text):
        raise BadReply("the list of addresses: not a number")
    number = int(text) & 0xFFFF_FFFF
    return str(ipaddress.IPv4Address(number.to_bytes(4, "little"))) if number else ""


def network(link: Fields, ports: Fields) -> Network:
    """`getIPInfo` and `getPortInfo`."""
    what = "the network settings"
    if "ip" not in link:
        raise BadReply(f"{what}: the answer has none")
    dns = tuple(ip for ip in (address_of(link.get(key, "")) for key in ("dns1", "dns2")) if ip)
    return Network(
        is_dhcp=whole(link, "isDHCP", what) == 1,
        address=address_of(link["ip"]) or "",
        netmask=address_of(link.get("mask", "")) or "",
        gateway=address_of(link.get("gate", "")) or "",
        dns=dns,
        http_port=_port(ports, "webPort"),
        https_port=_port(ports, "httpsPort"),
        rtsp_port=_port(ports, "rtspPort"),
        media_port=_port(ports, "mediaPort"),
        onvif_port=_port(ports, "onvifPort"),
    )


def _port(ports: Fields, name: str) -> int:
    text = ports.get(name, "")
    return int(text) if re.fullmatch(r"[0-9]{1,5}", text) and int(text) < 65_536 else 0


def alarm_states(said: Fields) -> frozenset[str]:
    """`getDevState`: fields whose value is 0 (not watched for), 1 (nothing) or 2 (alarm). The code is the field's name."""
    if not any(name in said for name in _ALARMS):
        raise BadReply("the alarms: the answer has none")
    return frozenset(name for name in _ALARMS if said.get(name) == "2")


def alarm_signal(code: str, phase: AlarmPhase, channel: int) -> AlarmSignal:
    seen = (SeenObject(label="human", box=None),) if _ALARMS.get(code) is AlarmKind.PERSON else ()
    return AlarmSignal(kind=_ALARMS.get(code, AlarmKind.OTHER), code=code, phase=phase, channel=channel, objects=seen)


def settings(said: Fields, name: str) -> tuple[Setting, ...]:
    """Return the fields as settings `name.field`, without those that change by themselves."""
    return tuple(
        Setting(key=f"{name}.{key}", value=value, is_secret=is_secret(key, value))
        for key, value in said.items()
        if key not in _PASSING
    )


def jpeg(body: bytes) -> bytes:
    """`snapPicture2`: a JPEG, or an error as XML."""
    if not body.startswith(b"\xff\xd8"):
        fields(body, "the picture")
        raise BadReply("the picture: what came is no JPEG", sample_of(body))
    return body


def rtsp_port(said: Fields) -> int:
    """`getPortInfo`: a port of its own, on older models the media port, else the web port."""
    for key in ("rtspPort", "mediaPort", "webPort"):
        text = said.get(key, "")
        if re.fullmatch(r"[0-9]{1,5}", text) and 0 < int(text) < 65_536:
            return int(text)
    raise BadReply("the ports: the answer has none")


def streams(params: Fields, slot: int, base_url: str) -> tuple[VideoStream, ...]:
    """`getVideoStreamParam`: four slots, of which the main stream uses `slot`. Size 0: a code that we do not know."""
    if f"resolution{slot}" not in params:
        raise BadReply("the streams: the answer has none")
    width_px, height_px = _SIZES.get(params[f"resolution{slot}"], (0, 0))
    main = VideoStream(
        name="main", url=f"{base_url}/videoMain", codec="H.264", width_px=width_px, height_px=height_px, is_enabled=True
    )
    sub = VideoStream(name="sub", url=f"{base_url}/videoSub", codec="H.264", width_px=0, height_px=0, is_enabled=True)
    return main, sub
