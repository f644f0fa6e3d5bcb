"""The pull points of the emulated ONVIF camera: few places, each with a life to be renewed, and how every topic stands."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from dataclasses import dataclass, field

from hearthwatch.kit.units import US_PER_S
from tests.devices import onvif_words as words
from tests.devices.camera_state import EPOCH, CameraState

DEFAULT_LIFE_S = 60.0
PULL_KEEPS_S = 600.0
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")
_RULE = {"VideoSourceConfigurationToken": "000", "VideoAnalyticsConfigurationToken": "000"}
TOPICS: dict[str, tuple[dict[str, str], str]] = {
    "tns1:VideoSource/MotionAlarm": ({"Source": "000"}, "State"),
    "tns1:RuleEngine/CellMotionDetector/Motion": (_RULE | {"Rule": "MyMotionDetectorRule"}, "IsMotion"),
    "tns1:RuleEngine/TamperDetector/Tamper": (_RULE | {"Rule": "MyTamperDetectorRule"}, "IsTamper"),
    "tns1:VideoSource/ImageTooDark/ImagingService": ({"Source": "000"}, "State"),
    "tns1:RuleEngine/MyRuleDetector/PeopleDetect": ({"Source": "000"}, "State"),
    "tns1:RuleEngine/MyRuleDetector/VehicleDetect": ({"Source": "000"}, "State"),
}
"""What can be on: the source of each and the name of its value."""
SHORT = {
    "motion": "tns1:VideoSource/MotionAlarm",
    "cells": "tns1:RuleEngine/CellMotionDetector/Motion",
    "tamper": "tns1:RuleEngine/TamperDetector/Tamper",
    "people": "tns1:RuleEngine/MyRuleDetector/PeopleDetect",
    "vehicle": "tns1:RuleEngine/MyRuleDetector/VehicleDetect",
}
ILLEGAL_ACCESS = "tns1:UserAlarm/tnshik:IllegalAccess"


def stamp(at: dt.datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(kw_only=True, eq=False)
class PullPoint:
    """One subscription. `waiting` is what it has not been told yet; `ends_us` in true time."""

    number: int
    ends_us: int
    waiting: list[str] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, message: str) -> None:
        self.waiting.append(message)
        self.news.set()


@dataclass(kw_only=True)
class PullPoints:
    """Every subscription that lives; `most` of them at once. A forgotten one stays in `points` until its life is over."""

    state: CameraState
    most: int = 2
    points: dict[int, PullPoint] = field(default_factory=dict)

    def alive(self) -> dict[int, PullPoint]:
        now = self.state.true_us()
        self.points = {number: one for number, one in self.points.items() if one.ends_us > now}
        return self.points

    def create(self, until: str) -> PullPoint | None:
        """Return a new one with the state of every topic waiting; None when there is no place."""
        if len(self.alive()) >= self.most:
            return None
        number = self.state.number()
        point = PullPoint(number=number, ends_us=self._ends_us(until))
        self.points[number] = point
        self.initialize(point)
        return point

    def _ends_us(self, until: str) -> int:
        """A length of time, or a date of the camera's clock; DEFAULT_LIFE_S without one."""
        now = self.state.true_us()
        if not until:
            return now + round(DEFAULT_LIFE_S * US_PER_S)
        if found := _DURATION.fullmatch(until):
            hours, minutes, seconds = (float(one or 0) for one in found.groups())
            return now + round((hours * 3600 + minutes * 60 + seconds) * US_PER_S)
        at = dt.datetime.fromisoformat(until).replace(tzinfo=None)
        return now + round((at - self.state.clock.utc()).total_seconds() * US_PER_S)

    def renew(self, point: PullPoint, until: str) -> None:
        point.ends_us = self._ends_us(until)

    def pulled(self, point: PullPoint) -> None:
        """A pull keeps it alive."""
        point.ends_us = max(point.ends_us, self.state.true_us() + round(PULL_KEEPS_S * US_PER_S))

    def times(self, point: PullPoint, prefix: str) -> str:
        """Return CurrentTime and TerminationTime by the camera's clock."""
        left = (point.ends_us - self.state.true_us()) / US_PER_S
        utc = self.state.clock.utc()
        ends = utc + dt.timedelta(seconds=round(left))
        return words.said(f"{prefix}:CurrentTime", stamp(utc)) + words.said(f"{prefix}:TerminationTime", stamp(ends))

    def initialize(self, point: PullPoint) -> None:
        for topic in TOPICS:
            point.tell(self._message(topic, "Initialized"))

    def changed(self, topic: str) -> None:
        for point in self.alive().values():
            point.tell(self._message(topic, "Changed"))

    def happened(self, topic: str) -> None:
        """Something without a state, and without data."""
        for point in self.alive().values():
            point.tell(words.notification(topic, "", stamp(self.state.clock.utc()), {}, {}))

    def _message(self, topic: str, operation: str) -> str:
        source, name = TOPICS[topic]
        value = "true" if self.state.alarms.get(topic) else "false"
        return words.notification(topic, operation, stamp(max(EPOCH, self.state.clock.utc())), source, {name: value})


async def pull(point: PullPoint, wait: str, limit: int) -> list[str]:
    """Wait until there is something, at most `wait` (PT30S), and take up to `limit` messages."""
    found = _DURATION.fullmatch(wait)
    seconds = sum(float(one or 0) * size for one, size in zip(found.groups(), (3600, 60, 1), strict=True)) if found else 0.0
    if not point.waiting:
        point.news.clear()
        try:
            async with asyncio.timeout(seconds):
                await point.news.wait()
        except TimeoutError:
            return []
    taken, point.waiting = point.waiting[:limit], point.waiting[limit:]
    return taken
