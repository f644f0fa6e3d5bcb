"""One alarm of a Dahua or Amcrest camera: `Code=VideoMotion;action=Start;index=0;data={…}`, and the same as DHIP sends it."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.vendors.device import AlarmKind, AlarmPhase, AlarmSignal, LocalUs, SeenObject, address_of
from hearthwatch.vendors.local_time import parse_local
from hearthwatch.vendors.redaction import sample_of

HEARTBEAT = "Heartbeat"
CODES: Mapping[str, AlarmKind] = MappingProxyType(
    {
        "VideoMotion": AlarmKind.MOTION,
        "SmartMotionHuman": AlarmKind.PERSON,
        "SmartMotionVehicle": AlarmKind.VEHICLE,
        "CrossLineDetection": AlarmKind.CROSSING,
        "CrossRegionDetection": AlarmKind.CROSSING,
        "VideoBlind": AlarmKind.TAMPER,
        "VideoAbnormalDetection": AlarmKind.TAMPER,
        "SceneChange": AlarmKind.TAMPER,
        "VideoUnFocus": AlarmKind.TAMPER,
        "VideoLoss": AlarmKind.VIDEO_LOSS,
        "AudioMutation": AlarmKind.AUDIO,
        "AudioAnomaly": AlarmKind.AUDIO,
        "AlarmLocal": AlarmKind.INPUT,
        "CallNoAnswered": AlarmKind.DOORBELL,
        "LoginFailure": AlarmKind.LOGIN_FAILED,
        "InterVideoAccess": AlarmKind.LOGIN,
        "TimeChange": AlarmKind.CLOCK_SET,
        "NTPAdjustTime": AlarmKind.CLOCK_SET,
        "Reboot": AlarmKind.RESTARTED,
        "NetAbort": AlarmKind.NETWORK_LOST,
        "IPConflict": AlarmKind.ADDRESS_CONFLICT,
        "MACConflict": AlarmKind.ADDRESS_CONFLICT,
        "StorageNotExist": AlarmKind.STORAGE_MISSING,
        "StorageFailure": AlarmKind.STORAGE_FAILED,
        "StorageLowSpace": AlarmKind.STORAGE_FULL,
    }
)
LASTING = ("VideoBlind", "VideoLoss", "SceneChange", "StorageNotExist", "StorageFailure", "StorageLowSpace")
"""Codes that matter however long ago they began."""
_EVENT = re.compile(
    r"Code\s*=\s*([A-Za-z0-9_.-]{1,64})\s*[;|]\s*action\s*=\s*([A-Za-z]{1,16})(?:\s*[;|]\s*index\s*=\s*(-?[0-9]{1,5}))?"
    r"(?:\s*[;|]\s*data\s*=\s*(.*))?",
    re.IGNORECASE | re.DOTALL,
)
_GRID = 8192
_MAX_OBJECTS = 64
_MAX_TEXT_CHARS = 8192
_MAX_UTC_S = 4_102_444_800  # 2100; later ones are nonsense
_DHIP_MAGIC = b"\x20\x00\x00\x00DHIP"
_DHIP_HEAD_BYTES = 32

_Json = Mapping[str, object]


def event(part: str) -> AlarmSignal | None:
    """Return the alarm of one part, None for a heartbeat. Raises BadReply for anything else.

    Blanks after the separators, `|` for `;`, a missing index and data that is no JSON are all seen in the field; such data
    stays readable in `text`.
    """
    if part.strip() == HEARTBEAT:
        return None
    found = _EVENT.match(part.strip())
    if not found:
        raise BadReply("an alarm: neither an event nor a heartbeat", sample_of(part.encode(errors="replace")))
    code, action, index, data = found.groups()
    return _signal(code, action, int(index or 0), _loads(data or ""), (data or "").strip())


def event_object(body: bytes) -> AlarmSignal:
    """Return the alarm of one JSON object with Code, Action, Index and Data, as DHIP and RPC2 send them."""
    found = _loads(body.decode("utf-8", errors="replace"))
    if not isinstance(found, dict):
        raise BadReply("an alarm: not a JSON object", sample_of(body))
    return _from_object(found, body)


def dhip_events(body: bytes) -> tuple[AlarmSignal, ...]:
    """Return the alarms of one DHIP message: a head of 32 bytes with the length, then JSON `client.notifyEventStream`."""
    if len(body) < _DHIP_HEAD_BYTES or not body.startswith(_DHIP_MAGIC):
        raise BadReply("a DHIP message: no head", sample_of(body))
    length = struct.unpack_from("<I", body, 16)[0]
    content = body[_DHIP_HEAD_BYTES : _DHIP_HEAD_BYTES + length]
    if len(content) < length:
        raise BadReply("a DHIP message: it ends too early", sample_of(content))
    found = _loads(content.decode("utf-8", errors="replace"))
    if not isinstance(found, dict):
        raise BadReply("a DHIP message: no JSON object", sample_of(content))
    params = found.get("params")
    events = params.get("eventList") if isinstance(params, dict) else None
    if found.get("method") != "client.notifyEventStream" or not isinstance(events, list):
        return ()
    return tuple(_from_object(one, content) for one in events[:_MAX_OBJECTS] if isinstance(one, dict))


def seen_objects(data: object) -> tuple[SeenObject, ...]:
    """Return what the camera's own detector saw: smart motion sends `object: [{Rect, HumanID | VehicleID}]`, the rules
    `Object: {BoundingBox, ObjectType}`. Boxes are on a grid of 8192."""
    if not isinstance(data, dict):
        return ()
    found: list[object] = []
    for key in ("object", "Objects", "Object"):
        value = data.get(key)
        found += value if isinstance(value, list) else [value]
    return tuple(_object(one) for one in found[:_MAX_OBJECTS] if isinstance(one, dict))


def _object(one: _Json) -> SeenObject:
    label = one.get("ObjectType")
    if not isinstance(label, str):
        label = "Human" if "HumanID" in one else "Vehicle" if "VehicleID" in one else ""
    label = {"human": "person", "vehicle": "car", "motor vehicle": "car"}.get(label.lower(), _clean(label.lower()[:32]))
    box = one.get("Rect", one.get("BoundingBox"))
    if not (isinstance(box, list) and len(box) == 4 and all(isinstance(v, int | float) and 0 <= v <= _GRID for v in box)):
        return SeenObject(label=label, box=None)
    x0, y0, x1, y1 = (v / _GRID for v in box)
    return SeenObject(label=label, box=(x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None)


def _from_object(found: _Json, body: bytes) -> AlarmSignal:
    code, action, index, data = found.get("Code"), found.get("Action"), found.get("Index", 0), found.get("Data")
    if not (isinstance(code, str) and code and isinstance(action, str) and isinstance(index, int)):
        raise BadReply("an alarm: no code, action or index", sample_of(body))
    return _signal(code[:64], action, index, data, "" if data is None else json.dumps(data, ensure_ascii=False))


def _signal(code: str, action: str, index: int, data: object, text: str) -> AlarmSignal:
    try:
        phase = AlarmPhase(action.lower())
    except ValueError:
        phase = AlarmPhase.STATE
    first = next((one for one in data if isinstance(one, dict)), {}) if isinstance(data, list) else data
    facts: _Json = first if isinstance(first, dict) else {}
    origin = _text(facts, "Address") or _text(facts, "Device")
    objects = seen_objects(facts)
    return AlarmSignal(
        kind=AlarmKind.LOGOUT if _text(facts, "Type") == "WebAllLogout" else CODES.get(code, AlarmKind.OTHER),
        code=_clean(code),
        phase=phase,
        channel=index if -1 <= index < 65_536 else -1,
        at_us=_utc_us(facts),
        local_us=_local_us(facts),
        user=_text(facts, "Name") if code == "LoginFailure" else _text(facts, "User"),
        address=address_of(origin),
        regions=tuple(_regions(facts)),
        objects=objects,
        text=_clean(text[:_MAX_TEXT_CHARS]),
    )


def _utc_us(facts: _Json) -> WallUs | None:
    """`UTC` is universal time, whole or broken seconds; a clock that was never set gives the year 2000."""
    utc_s = facts.get("UTC")
    if isinstance(utc_s, bool) or not isinstance(utc_s, int | float) or not 0 < utc_s < _MAX_UTC_S:
        return None
    millis = facts.get("UTCMS")
    extra_us = millis * 1000 if type(millis) is int and 0 <= millis < 1000 and float(utc_s).is_integer() else 0
    return WallUs(round(utc_s * US_PER_S) + extra_us)


def _local_us(facts: _Json) -> LocalUs | None:
    return parse_local(_text(facts, "LocaleTime"))


def _regions(facts: _Json) -> Iterator[str]:
    names = facts.get("RegionName")
    for name in (names if isinstance(names, list) else [names, facts.get("Name")])[:_MAX_OBJECTS]:
        if isinstance(name, str) and name:
            yield _clean(name[:128])


def _text(facts: _Json, key: str) -> str:
    value = facts.get(key)
    return _clean(value[:256]) if isinstance(value, str) else ""


def _clean(text: str) -> str:
    """JSON can name halves of surrogate pairs, which no database and no socket takes."""
    return text.encode("utf-8", errors="replace").decode()


def _loads(text: str) -> object:
    """Return the JSON, None for what is none; deep nests are none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
