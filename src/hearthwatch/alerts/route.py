"""The Route: what goes by one of the ways alerts take to people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from hearthwatch.alerts.alert import Severity


class Topic(StrEnum):
    """What an alert is about: visitors are what cameras see and sensors notice; doors are log-ins, passwords and settings."""

    VISITORS = "visitors"
    CAMERAS = "cameras"
    DOORS = "doors"
    HOUSE = "house"


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteOptions:
    """Section `[alerts.to.WAY]`: what goes by one way. WAY is `telegram`, `push`, `email`, `apprise`, `webhook` or `mqtt`, or
    one person's: `[alerts.to."telegram:Anna"]`, which then goes before `telegram`. A way without a section gets everything.
    Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    topics: tuple[Topic, ...] = tuple(Topic)
    """`visitors`: what cameras see and sensors notice. `cameras`: a camera that is away, covered, has another address. `doors`:
    log-ins, passwords and settings. `house`: arming, disks, the network, copies. None at all: nothing goes this way."""
    cameras: tuple[str, ...] = ()
    """Only what is about these cameras, and what is about no camera; empty means all."""
    labels: tuple[str, ...] = ()
    """Only visitors with these labels; empty means all."""
    importance: Severity = Severity.INFO
    """Only what is at least so important: `info`, `warn`, or `urgent`, which a person in the picture is."""
    times: tuple[str, ...] = ()
    """Times of the week at which this way is used, such as `07:00-22:00`; empty means always. What happens at another time does
    not come later by this way."""
