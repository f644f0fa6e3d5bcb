"""What the MJPEG generation of Foscam (Netwave) answers: JavaScript statements, `ok.`, or a failure with status 200.

Bytes to nouns, no network. Wire facts: reference notes 1.1 on real devices, recorded replies in the tests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from hearthwatch.kit.errors import BadReply, Refused, Unsupported
from hearthwatch.kit.logs import redact
from hearthwatch.kit.units import US_PER_S
from hearthwatch.vendors.device import (
    Account,
    AlarmKind,
    AlarmPhase,
    AlarmSignal,
    DeviceIdentity,
    LocalUs,
    Setting,
    VideoStream,
    address_of,
)
from hearthwatch.vendors.network import Network
from hearthwatch.vendors.redaction import is_secret, sample_of

_STATEMENT = re.compile(r"[\s;]*var\s+([A-Za-z_]\w{0,63}(?:\[\d{1,3}\])?)\s*=\s*")
_PLAIN = re.compile(r"([^;'\r\n]{0,200})(?:;|\r?\n|$)")
_QUOTED_END = re.compile(r"'\s*(?:;\s*(?=var\s|$)|$)")
_WHOLE = re.compile(r"-?[0-9]{1,12}")
_REFUSED = re.compile(r"auth|permission|denied|forbid|password", re.IGNORECASE)
_MAX_VARIABLES = 5000
_MAX_EPOCH_S = 4_294_967_296
SLOTS = 8
"""Accounts a camera can hold; `set_users.cgi` writes all of them at once."""
MAX_PASSWORD_CHARS = 12
_GROUPS = ("visitor", "operator", "admin")
_PASSING = frozenset({"now"})
_ALARMS = {1: "motion", 2: "input", 3: "sound"}
_ALARM_KINDS = {"motion": AlarmKind.MOTION, "input": AlarmKind.INPUT, "sound": AlarmKind.AUDIO}

Variables = Mapping[str, str]


def text_of(body: bytes, what: str) -> str:
    """Return the answer as text. A failure raises Refused, Unsupported or BadReply whatever status it came with."""
    head = body[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"error"):
        said = redact(" ".join(body[:512].decode("latin-1").split())[:200])
        if _REFUSED.search(said):
            raise Refused(f"{what}: the camera refuses it ({said})")
        raise BadReply(f"{what}: the camera reports a failure ({said})", sample_of(body))
    if head.startswith((b"file not found", b"404")):
        raise Unsupported(f"{what}: the camera does not offer it")
    if head.startswith(b"<"):
        raise BadReply(f"{what}: a web page came instead of the answer", sample_of(body))
    return body.decode("utf-8", errors="replace")


def variables(body: bytes, what: str) -> dict[str, str]:
    """Return the statements `var name='text';` and `var name=1;`, on lines of their own or not. The first of a name counts.

    An apostrophe within a text does not end it, unless a semicolon and the next statement follow.
    """
    text = text_of(body, what).strip()
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        head = _STATEMENT.match(text, at)
        if head is None:
            if not text[at:].strip(" \t\r\n;"):
                break
            raise BadReply(f"{what}: not the statements that were expected", sample_of(body))
        quoted = text[head.end() : head.end() + 1] == "'"
        end = _QUOTED_END.search(text, head.end() + 1) if quoted else _PLAIN.match(text, head.end())
        if end is None or len(found) >= _MAX_VARIABLES:
            raise BadReply(f"{what}: a statement without end, or too many", sample_of(body))
        value = text[head.end() + 1 : end.start()].replace("\\'", "'") if quoted else end[1].strip()
        found.setdefault(head[1], value)
        at = end.end()
    if not found:
        raise BadReply(f"{what}: an empty answer", sample_of(body))
    return found


def check_ok(body: bytes, what: str) -> None:
    """Pass for `ok.`; everything else is a failure."""
    if text_of(body, what).strip().lower() not in {"ok.", "ok"}:
        raise BadReply(f"{what}: the camera did not say ok", sample_of(body))


def whole(said: Variables, name: str, what: str) -> int:
    """Return the whole number `name`; BadReply when it is not there or none."""
    text = said.get(name, "").strip()
    if not _WHOLE.fullmatch(text):
        raise BadReply(f"{what}: no number for {name}")
    return int(text)


def identity(status: Variables) -> DeviceIdentity:
    """`get_status.cgi`. The id is the MAC without colons; this generation does not tell its model."""
    mac = status.get("id", "").strip().lower()
    is_mac = re.fullmatch(r"[0-9a-f]{12}", mac) is not None
    return DeviceIdentity(
        vendor="Foscam",
        model="",
        name=status.get("alias", ""),
        mac=":".join(re.findall("..", mac)) if is_mac else "",
        serial="" if is_mac else mac,
        firmware=status.get("sys_ver", ""),
        hardware=status.get("app_ver", ""),
    )


def local_time(status: Variables) -> LocalUs:
    """`get_status.cgi`: `now` counts seconds of universal time, `tz` the seconds that local time is west of it."""
    what = "the camera's clock"
    now_s, west_s = whole(status, "now", what), whole(status, "tz", what)
    if not 0 <= now_s < _MAX_EPOCH_S or abs(west_s) > 86_400:
        raise BadReply(f"{what}: not a time")
    return LocalUs(max(0, now_s - west_s) * US_PER_S)


def accounts(params: Variables) -> tuple[Account, ...]:
    """`get_params.cgi`: up to eight slots, an empty name is an empty slot. It also tells the passwords: not taken here."""
    found = []
    for slot in range(1, SLOTS + 1):
        name = params.get(f"user{slot}_name", "")
        if not name:
            continue
        level = whole(params, f"user{slot}_pri", "the accounts")
        group = _GROUPS[level] if 0 <= level < len(_GROUPS) else str(level)
        found.append(Account(name=name, group=group, is_admin=level >= 2, is_built_in=slot == 1))
    if "user1_name" not in params:
        raise BadReply("the accounts: the answer has none")
    return tuple(found)


def network(params: Variables) -> Network:
    """`get_params.cgi`: an address of 0.0.0.0 means that the router gives it."""
    if "ip" not in params:
        raise BadReply("the network settings: the answer has none")
    address, netmask, gateway, dns = (address_of(params.get(key, "")) or "" for key in ("ip", "mask", "gateway", "dns"))
    return Network(
        is_dhcp=not address,
        address=address,
        netmask=netmask,
        gateway=gateway,
        dns=(dns,) if dns else (),
        http_port=whole(params, "port", "the network settings"),
    )


def alarm_states(status: Variables) -> frozenset[str]:
    """`get_status.cgi`: `alarm_status` is one number, so that one alarm hides another. A number we do not know is a code."""
    number = whole(status, "alarm_status", "the alarms")
    return frozenset() if number == 0 else frozenset({_ALARMS.get(number, f"alarm{number}")})


def alarm_signal(code: str, phase: AlarmPhase, channel: int) -> AlarmSignal:
    return AlarmSignal(kind=_ALARM_KINDS.get(code, AlarmKind.OTHER), code=code, phase=phase, channel=channel)


def settings(said: Variables, prefix: str) -> tuple[Setting, ...]:
    """Return the variables as settings `prefix.name`, without those that change by themselves."""
    return tuple(
        Setting(key=f"{prefix}.{name}", value=value, is_secret=is_secret(name, value))
        for name, value in said.items()
        if name not in _PASSING
    )


def jpeg(body: bytes) -> bytes:
    """`snapshot.cgi`: a JPEG, or an error as text."""
    if not body.startswith(b"\xff\xd8"):
        text_of(body, "the picture")
        raise BadReply("the picture: what came is no JPEG", sample_of(body))
    return body


def streams(base_url: str) -> tuple[VideoStream, ...]:
    """The two sizes there are: who asks for the stream chooses."""
    sizes = (("main", 32, 640, 480), ("sub", 8, 320, 240))
    return tuple(
        VideoStream(
            name=name,
            url=f"{base_url}/videostream.cgi?resolution={code}&rate=0",
            codec="MJPEG",
            width_px=width_px,
            height_px=height_px,
            is_enabled=True,
        )
        for name, code, width_px, height_px in sizes
    )
