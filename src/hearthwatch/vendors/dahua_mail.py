"""The alarm mail of a Dahua or Amcrest camera: the text part to an AlarmMail. Two dialects; anybody can forge the body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hearthwatch.kit.errors import BadReply
from hearthwatch.vendors.device import AlarmKind, LocalUs, address_of
from hearthwatch.vendors.local_time import parse_local
from hearthwatch.vendors.redaction import sample_of

_MAX_CHARS = 65_536
_LINE = re.compile(r"\s*([A-Za-z][A-Za-z ]{1,40})(?:\(([^)]{1,40})\))?\s*:\s?(.*)")
_KINDS: Mapping[str, AlarmKind] = MappingProxyType(
    {
        "motion detection": AlarmKind.MOTION,
        "motion detection start": AlarmKind.MOTION,
        "motion detected": AlarmKind.MOTION,
        "intrusion": AlarmKind.CROSSING,
        "tripwire": AlarmKind.CROSSING,
        "tamper detect": AlarmKind.TAMPER,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmMail:
    """What the mail says. `channel` counts from 0; `address` is what the text claims, not who sent it."""

    kind: AlarmKind
    event: str
    channel: int
    local_us: LocalUs | None
    device: str
    alarm: str
    address: str | None


def alarm_mail(text: str) -> AlarmMail:
    """Return the alarm that a decoded text part tells of; BadReply when it is no mail of these cameras."""
    found: dict[str, tuple[str, str]] = {}
    for line in text[:_MAX_CHARS].splitlines():
        if pair := _LINE.fullmatch(line):
            found.setdefault(pair[1].strip().lower(), (pair[3].strip(), pair[2] or ""))

    def said(*names: str) -> tuple[str, str]:
        return next((found[name] for name in names if name in found), ("", ""))

    event, _ = said("alarm event", "event type")
    if not event:
        raise BadReply("an alarm mail: it names no event", sample_of(text.encode(errors="replace")))
    when, order = said("alarm start time", "event time", "alarm stop time")
    number, _ = said("alarm input channel", "channel number", "alarm input channel no")
    return AlarmMail(
        kind=_KINDS.get(event.lower(), AlarmKind.OTHER),
        event=event,
        channel=int(number) - 1 if re.fullmatch(r"[0-9]{1,4}", number) and int(number) > 0 else -1,
        local_us=parse_local(when, month_first=order.upper().startswith("M")),
        device=said("alarm device name", "ipc name", "device name")[0],
        alarm=said("alarm name")[0],
        address=address_of(said("ip address", "ipc ip")[0]),
    )
