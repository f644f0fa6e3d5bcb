"""What looker and house tell each other of pictures that are looked at elsewhere, and what a box that looks is told.

Messages like those of run.messages."""

from __future__ import annotations

import msgspec

from hearthwatch.detect.glance import Answer, Glance


class AskHub(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Looker to house: have the hub look at this, if it can. Answered by HubSaid, or never."""

    token: int
    glance: Glance


class HubSaid(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """`answer` is None where nobody looked; then `why` says so in words for the owner, and `is_away` whether the hub's
    detectors are away altogether or it is this picture alone."""

    token: int
    answer: Answer | None
    why: str = ""
    is_away: bool = True


class Prepare(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """To a box that looks: load this model, then close. Answered by Prepared or NotPrepared."""

    model: str
    models_folder: str
    hand_placed: str = ""


class Prepared(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """`model` is what looks; `walls` tells of the box, for the log."""

    model: str
    walls: str


class NotPrepared(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    error: str


class Look(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Answered by Saw."""

    glance: Glance


class Saw(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """`answer` is None where a piece was no picture, or the model failed on it."""

    answer: Answer | None
    why: str = ""


ToBox = Prepare | Look
FromBox = Prepared | NotPrepared | Saw
