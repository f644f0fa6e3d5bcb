"""Which alert goes which way: by what it is about, camera, label, importance and time. Pure.

A way is a kind of channel (`email`), or one person's of a kind (`telegram:Anna`), which then goes before the kind's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo

from hearthwatch.alerts.alert import Alert, Severity
from hearthwatch.alerts.route import RouteOptions, Topic
from hearthwatch.alerts.times import is_time
from hearthwatch.kit.units import to_datetime

KINDS = ("telegram", "push", "email", "apprise", "webhook", "mqtt")
PERSONAL = frozenset({"telegram", "push"})
"""Kinds of which each channel is read by one person, or by one group."""
_DOORS = ("login/", "login-digest/", "access/", "mqtt-codes/", "telegram-stranger/", "audit/", "remedy/", "copy/")
"""How the dedupe keys begin of what concerns log-ins, passwords and settings."""
_ORDER = tuple(Severity)


def topic_of(alert: Alert) -> Topic:
    """Return what an alert is about."""
    if alert.event:
        return Topic.VISITORS
    if alert.dedupe_key.startswith(_DOORS):
        return Topic.DOORS
    return Topic.HOUSE if alert.camera is None else Topic.CAMERAS


def kind_of(channel: str) -> str:
    """Return `telegram` for `telegram:2000`."""
    return channel.partition(":")[0]


def way_fault(way: str) -> str | None:
    """Return what is wrong with the name of a way."""
    kind, colon, person = way.partition(":")
    if kind not in KINDS:
        return f"is no way alerts can take: it is one of {', '.join(KINDS)}"
    if colon and kind not in PERSONAL:
        return f'cannot be told apart by person: only {" and ".join(sorted(PERSONAL))} can, as in `alerts.to."telegram:Anna"`'
    return "names nobody after the colon" if colon and not person.strip() else None


class Routing:
    """Decides with one configuration; a changed one gets a new Routing."""

    def __init__(
        self, ways: Mapping[str, RouteOptions], zone: tzinfo, person: Callable[[str], str] = lambda _channel: ""
    ) -> None:
        """`person` names who reads a channel, "" where nobody knows."""
        self._ways = ways
        self._zone = zone
        self._person = person

    def of(self, channel: str) -> RouteOptions:
        """Return what goes by a channel; all does where nothing is said."""
        kind = kind_of(channel)
        person = self._person(channel)
        own = self._ways.get(f"{kind}:{person}") if person else None
        return own or self._ways.get(kind) or RouteOptions()

    def takes(self, channel: str, alert: Alert) -> bool:
        """Tell whether an alert goes by a channel."""
        if not self._ways:
            return True
        route, topic = self.of(channel), topic_of(alert)
        if topic not in route.topics or _ORDER.index(alert.severity) < _ORDER.index(route.importance):
            return False
        if route.cameras and alert.camera is not None and alert.camera not in route.cameras:
            return False
        if route.labels and topic is Topic.VISITORS and alert.label not in route.labels:
            return False
        return is_time(route.times, to_datetime(alert.at_us, self._zone))
