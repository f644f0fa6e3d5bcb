"""Where the services of an ONVIF camera are, what it can report, where its alarms are pulled. Elements to nouns, no network.

Wire facts: reference notes 1.5, recorded replies in the tests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from hearthwatch.kit.errors import BadReply
from hearthwatch.vendors.device import LocalUs
from hearthwatch.vendors.onvif_reply import expect, instant
from hearthwatch.vendors.onvif_soap import Ns
from hearthwatch.vendors.onvif_xml import Element

_MAX_SERVICES = 64
_MAX_TOPICS = 512
_MAX_CHARS = 200
_MAX_URI_CHARS = 1024
_IN_URI = re.compile(r"[\x21-\x7e]+")
_CAPABILITY_NAMES: Mapping[str, Ns] = {
    "Device": Ns.DEVICE,
    "Media": Ns.MEDIA,
    "Events": Ns.EVENTS,
    "PTZ": Ns.PTZ,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A pull point: where it is, and what the camera wants back with each message to it."""

    address: str
    parameters: tuple[Element, ...]


def services(content: Element) -> dict[str, str]:
    """`GetServices`: the address of each service, by its namespace."""
    found: dict[str, str] = {}
    for one in expect(content, "GetServicesResponse").all("Service")[:_MAX_SERVICES]:
        if (name := one.said("Namespace")) and (address := uri(one.said("XAddr"))):
            found.setdefault(name, address)
    if not found:
        raise BadReply("the services: the answer names none")
    return found


def capabilities(content: Element) -> dict[str, str]:
    """`GetCapabilities` of older firmware, as `services`; of what it names we know four."""
    found = expect(content, "GetCapabilitiesResponse").find("Capabilities")
    addresses = {
        ns.value: address
        for name, ns in _CAPABILITY_NAMES.items()
        if found is not None and (address := uri(found.said(name, "XAddr")))
    }
    if not addresses:
        raise BadReply("the services: the answer names none")
    return addresses


def uri(text: str) -> str:
    """Return `text` when it can be a URI, else nothing."""
    return text if _IN_URI.fullmatch(text) and len(text) <= _MAX_URI_CHARS and split(text) else ""


def split(text: str) -> tuple[str, str, int, str] | None:
    """Return scheme, host, port (0 when it names none) and path with query of a URI; None when it is none."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port or 0
    except ValueError:
        return None
    if not parts.scheme or not host:
        return None
    return parts.scheme.lower(), host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def subscription(content: Element) -> Subscription:
    """`CreatePullPointSubscription`."""
    expect(content, "CreatePullPointSubscriptionResponse")
    address = uri(content.said("SubscriptionReference", "Address"))
    if not address:
        raise BadReply("the alarms: the camera does not say where to pull them")
    parameters = content.find("SubscriptionReference", "ReferenceParameters")
    return Subscription(
        address=address,
        parameters=tuple(parameters.children[:16]) if parameters else (),
    )


def lives_us(content: Element, camera_us: LocalUs) -> int | None:
    """Return how long a subscription lives by `TerminationTime` of an answer, and its `CurrentTime` or else `camera_us`."""
    end, now = instant(content.said("TerminationTime")), instant(content.said("CurrentTime"))
    now = camera_us if now is None else now
    return None if end is None or end <= now else end - now


def topics(content: Element) -> tuple[str, ...]:
    """`GetEventProperties`: the topics the camera offers, as `tns1:VideoSource/MotionAlarm`, sorted. Axis has them as
    `GetEventInstances`, too. Some firmware forgets to mark a topic that it describes."""
    found: set[str] = set()

    def visit(element: Element, path: str) -> None:
        described = any(child.name in {"MessageDescription", "MessageInstance"} for child in element.children)
        if described or element.attribute("topic") == "true":
            found.add(path[:_MAX_CHARS])
        for child in element.children:
            if child.name not in {"MessageDescription", "MessageInstance"}:
                visit(child, f"{path}/{child.tag}")

    tops = content.find("TopicSet")
    for top in tops.children if tops else ():
        visit(top, top.tag)
    return tuple(sorted(found)[:_MAX_TOPICS])
