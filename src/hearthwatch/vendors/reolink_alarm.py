"""What a Reolink camera detects: states to poll, their changes, and what its webhook posts.

Wire facts: reference notes 1.4, recorded replies in the tests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import MappingProxyType

from hearthwatch.kit.errors import BadReply
from hearthwatch.vendors.device import AlarmKind, AlarmPhase, AlarmSignal, SeenObject
from hearthwatch.vendors.reolink_reply import MAX_CHANNELS, Values, as_object, number, text

KINDS: Mapping[str, AlarmKind] = MappingProxyType(
    {
        "md": AlarmKind.MOTION,
        "pir": AlarmKind.MOTION,
        "other": AlarmKind.MOTION,
        "people": AlarmKind.PERSON,
        "face": AlarmKind.PERSON,
        "vehicle": AlarmKind.VEHICLE,
        "crossline": AlarmKind.CROSSING,
        "intrusion": AlarmKind.CROSSING,
        "cry": AlarmKind.AUDIO,
        "io": AlarmKind.INPUT,
        "visitor": AlarmKind.DOORBELL,
        "doorbell": AlarmKind.DOORBELL,
    }
)
"""Animals and parcels (`dog_cat`, `package`) have no kind of ours: OTHER, the camera's word stays in `code`."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MAX_BODY_BYTES = 65_536
_MAX_EVENTS = 64
_EVENT = re.compile(r"<AlarmEvent\b[^<>]{0,100}>(.{0,4000}?)</AlarmEvent>", re.DOTALL)
_FIELD = re.compile(r"<(channelId|status|AItype)>([^<>]{0,100})</")
_NONE = frozenset({"", "none"})


def motion_state(value: Values) -> frozenset[str]:
    """`GetMdState`: `md` while there is motion."""
    if "state" not in value:
        raise BadReply("the alarms: the answer has no state")
    return frozenset({"md"}) if number(value, "state", 0) == 1 else frozenset()


def ai_states(value: Values) -> frozenset[str]:
    """`GetAiState`: what it sees now. Old firmware gives a number in place of `{alarm_state, support}`."""
    return frozenset(name for name, node in value.items() if name != "channel" and _NAME.fullmatch(name) and _is_on(node))


def event_states(value: Values) -> frozenset[str]:
    """`GetEvents`, of newer firmware: motion, bell and what it sees in one answer."""
    if not isinstance(value.get("ai"), dict) and not isinstance(value.get("md"), dict):
        raise BadReply("the alarms: the answer has neither motion nor objects")
    others = {name: node for name, node in value.items() if name != "ai"}
    return ai_states(as_object(value.get("ai"))) | ai_states(others)


def _is_on(node: object) -> bool:
    if isinstance(node, dict):
        return number(node, "alarm_state", 0) == 1 and number(node, "support", 1) != 0
    return node == 1 and not isinstance(node, bool)


def signal(code: str, phase: AlarmPhase, channel: int, said: str = "") -> AlarmSignal:
    """Return what begins, ends or happens."""
    seen = code not in KINDS or KINDS[code] in {AlarmKind.PERSON, AlarmKind.VEHICLE}
    objects = (SeenObject(label=code, box=None),) if seen else ()
    return AlarmSignal(
        kind=KINDS.get(code, AlarmKind.OTHER), code=code, phase=phase, channel=channel, objects=objects, text=said
    )


def webhook(body: bytes) -> tuple[str, tuple[AlarmSignal, ...]]:
    """Return the camera's UID and the alarms of one POST of its webhook; nothing for sleep and test.

    The UID is no proof: whoever can reach us can write it. Trust the secret path and the sender's address.
    """
    if len(body) > _MAX_BODY_BYTES:
        raise BadReply(f"the webhook: more than {_MAX_BODY_BYTES} bytes")
    try:
        document = json.loads(body.decode("utf-8-sig", errors="replace"))
    except (ValueError, RecursionError) as error:
        raise BadReply("the webhook: not JSON") from error
    said = as_object(document)
    uid = text(said, "uid")
    if not uid:
        raise BadReply("the webhook: it does not say from which camera")
    if number(said, "cmd", 0) == 33:
        return uid, _pushed(text(said, "xml"))
    data = as_object(said.get("data"))
    event, reason = text(data, "event"), text(data, "reason")
    if not event:
        raise BadReply("the webhook: neither an event nor alarms")
    if event != "wake" or reason not in KINDS:
        return uid, ()
    return uid, (signal(reason, AlarmPhase.PULSE, 0, f"{event} {reason}"),)


def _pushed(xml: str) -> tuple[AlarmSignal, ...]:
    """An `AlarmEventList`: `status` MD or visitor (`none` when over), `AItype` a list of words. Told at each change."""
    found: list[AlarmSignal] = []
    for event in _EVENT.findall(xml)[:_MAX_EVENTS]:
        fields = {name: content.strip() for name, content in _FIELD.findall(event)}
        channel = number(fields, "channelId", 0)
        words = f"{fields.get('status', '')},{fields.get('AItype', '')}".lower().split(",")
        codes = dict.fromkeys(word.strip() for word in words if word.strip() not in _NONE and _NAME.fullmatch(word.strip()))
        if 0 <= channel < MAX_CHANNELS:
            found += [signal(code, AlarmPhase.PULSE, channel, "AlarmEvent") for code in codes]
    return tuple(found)
