"""The noun Letter: one thing a house knows and its hub is to know, as of one moment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hearthwatch.fleet.node import NodeId
from hearthwatch.kit.units import CameraId, WallUs

MAX_BODY_BYTES = 64 * 1024
GONE = b"null"
"""The body that says that there is no such thing any more at the house: footage that retention deleted."""


class LetterKind(StrEnum):
    """In the order in which a node that was alone catches up: what a person waits for first, footage's rows last."""

    EVENT = "event"
    ALERT = "alert"
    ARMING = "arming"
    LOGIN = "login"
    OUTAGE = "outage"
    HEALTH = "health"
    SEGMENT = "segment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What became of the thing `key` of its kind. `seq` grows with every letter of a house and never repeats: of two letters
    about the same thing the one with the higher `seq` holds, in whatever order and however often they come. `body` is JSON in
    UTF-8."""

    kind: LetterKind
    key: str
    seq: int
    at_us: WallUs
    camera: CameraId | None
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A letter at the hub, with the node whose certificate vouches for it."""

    node: NodeId
    letter: Letter
