"""What Dahua and Amcrest answer to a command: `key=value` lines, `OK`, or a failure with status 200.

Bytes to nouns, no network. Wire facts: reference notes 1.3 on real devices, recorded replies in the tests.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping

from hearthwatch.kit.errors import BadReply, Refused, Unsupported
from hearthwatch.kit.logs import redact
from hearthwatch.vendors.device import (
    Account,
    ClockReading,
    DeviceIdentity,
    LocalUs,
    Session,
    VideoStream,
    address_of,
)
from hearthwatch.vendors.local_time import parse_local
from hearthwatch.vendors.redaction import sample_of

_PAIR = re.compile(r"([A-Za-z_][\w.\-\[\]:]{0,255})=(.*)", re.DOTALL)
_ERROR = re.compile(rb"\s*error\b(?!\s*=)", re.IGNORECASE)
_REFUSED = re.compile(r"authori|permission|denied|forbid|not allowed|lock|password|no right", re.IGNORECASE)
_UNSUPPORTED = re.compile(
    r"bad request|invalid request|getting param|not support|not implement|unknown|no such|unimpl", re.IGNORECASE
)
_INDEX = re.compile(r"(\w+)\[(\d{1,6})\]\.(.+)")
_BUILD = re.compile(r"\bbuild\s*[:=]?\s*(\d{4})-(\d{1,2})-(\d{1,2})", re.IGNORECASE)
_SUFFIX = re.compile(r"\.R\.(?:20)?(\d{2})(\d{2})(\d{2})\b")
_MAC = re.compile(r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}", re.IGNORECASE)
_SIZES = {"D1": (704, 480), "CIF": (352, 240), "720P": (1280, 720), "1080P": (1920, 1080), "VGA": (640, 480)}
_MAX_LINES = 100_000

Pairs = Mapping[str, str]


def text_of(body: bytes, what: str) -> str:
    """Return the answer as text. A failure raises Refused, Unsupported or BadReply whatever status it came with."""
    head = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if _ERROR.match(head):
        said = redact(" ".join(head.decode("latin-1").split())[:200])
        if _UNSUPPORTED.search(said):
            raise Unsupported(f"{what}: the camera cannot do this ({said})")
        if _REFUSED.search(said):
            raise Refused(f"{what}: the camera refuses it ({said})")
        raise BadReply(f"{what}: the camera reports a failure ({said})", sample_of(body))
    if head.startswith(b"<"):
        raise BadReply(f"{what}: a web page came instead of the answer", sample_of(body))
    return body.decode("utf-8", errors="replace")


def pairs_of(body: bytes, what: str) -> dict[str, str]:
    """Return the `key=value` lines. A line without a key continues the value before it, after a line feed."""
    found: dict[str, str] = {}
    key = ""
    for count, line in enumerate(re.split(r"\r\n|\n|\r", text_of(body, what))):
        if count >= _MAX_LINES:
            raise BadReply(f"{what}: more than {_MAX_LINES} lines", sample_of(body))
        if pair := _PAIR.fullmatch(line.lstrip()):
            key = pair[1]
            found[key] = pair[2].rstrip()
        elif key and line.strip():
            found[key] += "\n" + line.strip()
        elif line.strip():
            raise BadReply(f"{what}: neither a value nor an error", sample_of(body))
    return found


def value_of(body: bytes, key: str, what: str) -> str:
    """Return the one value that `key=value` answers; BadReply when it is not there."""
    pairs = pairs_of(body, what)
    if key not in pairs:
        raise BadReply(f"{what}: the answer has no {key}", sample_of(body))
    return pairs[key]


def check_ok(body: bytes, what: str) -> None:
    """Pass for `OK`; everything else is a failure."""
    if text_of(body, what).strip().upper() != "OK":
        raise BadReply(f"{what}: the camera did not say OK", sample_of(body))


def rows(pairs: Pairs, name: str) -> Iterator[dict[str, str]]:
    """Yield the records of `name[0].Key=…`, `name[1].Key=…` in the order of their numbers."""
    found: dict[int, dict[str, str]] = {}
    for key, value in pairs.items():
        if (match := _INDEX.fullmatch(key)) and match[1] == name:
            found.setdefault(int(match[2]), {})[match[3]] = value
    for index in sorted(found):
        yield found[index]


def local_time(body: bytes) -> LocalUs:
    """`global.cgi?action=getCurrentTime`: `result=2016-10-28 13:48:00`."""
    text = value_of(body, "result", "the camera's clock")
    local_us = parse_local(text)
    if local_us is None:
        raise BadReply("the camera's clock: not a date", sample_of(body))
    return local_us


def firmware(body: bytes) -> tuple[str, dt.date | None]:
    """`magicBox.cgi?action=getSoftwareVersion`: version and date of build.

    `2.800.0000016.0.R,build:2020-06-05`; old firmware separates by blanks or gives `build=` on a line of its own; newer
    versions carry the date as `.R.210630`.
    """
    pairs = pairs_of(body, "the firmware")
    text = pairs.get("version") or pairs.get("Version")
    if text is None:
        raise BadReply("the firmware: the answer has no version", sample_of(body))
    text = text.strip()[:256]
    version = re.split(r"[,\s]", text, maxsplit=1)[0]
    if "build" in pairs:
        text += f" build:{pairs['build'][:32]}"
    if build := _BUILD.search(text):
        return version, _date(int(build[1]), int(build[2]), int(build[3]))
    if suffix := _SUFFIX.search(version):
        return version, _date(2000 + int(suffix[1]), int(suffix[2]), int(suffix[3]))
    return version, None


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def identity(system_info: Pairs, *, vendor: str, name: str, version: str, built: dt.date | None, mac: str) -> DeviceIdentity:
    """Put together what several commands told. Recorders give a number as device type and the model as `updateSerial`."""
    model = system_info.get("deviceType", "")
    if not model or model.isdigit() or model == "IP Camera":
        model = system_info.get("updateSerial") or model
    return DeviceIdentity(
        vendor=vendor or "Dahua",
        model=model,
        name=name,
        mac=mac,
        serial=system_info.get("serialNumber", ""),
        firmware=version,
        build_date=built,
        hardware=system_info.get("hardwareVersion", ""),
    )


def mac_of(network: Pairs) -> str:
    """`getConfig&name=Network`: the MAC of the default interface, else the first there is; empty when there is none."""
    default = network.get("table.Network.DefaultInterface", "eth0")
    first = network.get(f"table.Network.{default}.PhysicalAddress", "")
    others = [value for key, value in network.items() if key.endswith(".PhysicalAddress")]
    for text in (first, *others):
        if _MAC.fullmatch(text.strip()):
            return text.strip().lower().replace("-", ":")
    return ""


def sessions(body: bytes, clock: ClockReading) -> tuple[Session, ...]:
    """`userManager.cgi?action=getActiveUserInfoAll`. Nobody logged in is an empty answer or an error on some firmware."""
    found = []
    for row in rows(pairs_of(body, "the sessions"), "users"):
        origin = row.get("ClientAddress", "")
        local_us = parse_local(row.get("LoginTime", ""))
        found.append(
            Session(
                id=row.get("Id") or row.get("ID", ""),
                user=row.get("Name", ""),
                address=address_of(origin),
                origin=origin,
                group=row.get("Group", ""),
                via=row.get("ClientType", ""),
                local_us=local_us,
                at_us=None if local_us is None else clock.corrected(local_us),
            )
        )
    return tuple(found)


def accounts(body: bytes) -> tuple[Account, ...]:
    """`userManager.cgi?action=getUserInfoAll`."""
    found = []
    for row in rows(pairs_of(body, "the accounts"), "users"):
        name = row.get("Name", "")
        if not name:
            raise BadReply("the accounts: one has no name", sample_of(body))
        group = row.get("Group", "")
        rights = tuple(value for key, value in row.items() if key.startswith("AuthList"))
        built_in = row.get("Reserved", "").lower() == "true"
        found.append(
            Account(name=name, group=group, is_admin=group.lower().startswith("admin"), is_built_in=built_in, rights=rights)
        )
    return tuple(found)


def jpeg(body: bytes) -> bytes:
    """`snapshot.cgi`: a JPEG, or an error as text."""
    if not body.startswith(b"\xff\xd8"):
        text_of(body, "the picture")
        raise BadReply("the picture: what came is no JPEG", sample_of(body))
    return body


def streams(pairs: Pairs, channel: int, base_url: str) -> tuple[VideoStream, ...]:
    """`getConfig&name=Encode`: the main stream and the sub streams of `channel` (from 0); their RTSP channels count from 1.

    The four entries of MainFormat are one stream recorded for different causes; only the first is a stream to look at.
    """
    names = [("main", f"table.Encode[{channel}].MainFormat[0]", 0)]
    names += [("sub" if n == 0 else f"sub{n + 1}", f"table.Encode[{channel}].ExtraFormat[{n}]", n + 1) for n in range(4)]
    found = []
    for name, prefix, subtype in names:
        if f"{prefix}.Video.Compression" not in pairs and f"{prefix}.VideoEnable" not in pairs:
            continue
        width_px, height_px = _size(pairs, prefix)
        found.append(
            VideoStream(
                name=name,
                url=f"{base_url}/cam/realmonitor?channel={channel + 1}&subtype={subtype}",
                codec=pairs.get(f"{prefix}.Video.Compression", ""),
                width_px=width_px,
                height_px=height_px,
                is_enabled=pairs.get(f"{prefix}.VideoEnable", "true").lower() == "true",
            )
        )
    if not found:
        raise BadReply(f"the streams: nothing about channel {channel}")
    return tuple(found)


def _size(pairs: Pairs, prefix: str) -> tuple[int, int]:
    """Old firmware gives a word or `1280x720` in place of width and height; 0 means that it does not say."""
    width, height = pairs.get(f"{prefix}.Video.Width", ""), pairs.get(f"{prefix}.Video.Height", "")
    if not (width and height):
        word = pairs.get(f"{prefix}.Video.resolution", "").strip().upper()
        if word in _SIZES:
            return _SIZES[word]
        width, _, height = word.partition("X")
    return (int(width), int(height)) if re.fullmatch(r"[0-9]{1,5},[0-9]{1,5}", f"{width},{height}") else (0, 0)


def on_channels(body: bytes) -> tuple[int, ...]:
    """`eventManager.cgi?action=getEventIndexes`: lines `channels[0]=0`. An idle camera answers with an error: none is on."""
    what = "the alarms that are on"
    try:
        text_of(body, what)
    except (Unsupported, BadReply):
        if _ERROR.match(body):
            return ()
        raise
    found = [value for key, value in pairs_of(body, what).items() if re.fullmatch(r"channels\[\d+\]", key)]
    return tuple(int(value) for value in found if re.fullmatch(r"[0-9]{1,4}", value))
