"""Deeds: what the gate writes into the trail of its own accord, for whichever route, and how often the same is worth a line.

What may change something is a deed whose word is the name of its route's function, unless a better one stands here.
"""

from __future__ import annotations

from dataclasses import dataclass

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_AGAIN_S = 10
_LOOKING_S = 15 * 60

LOOKED = {
    "WEBSOCKET /api/v1/cameras/{camera}/live": "watched-live",
    "GET /api/v1/cameras/{camera}/live.mjpeg": "watched-live",
    "GET /cam/{camera}/stream.mjpg": "watched-live",
    "GET /cam/{camera}/snapshot.jpg": "looked-at-picture",
    "GET /api/v1/cameras/{camera}/snapshot.jpg": "looked-at-picture",
    "GET /api/v1/cameras/{camera}/footage.mp4": "played-footage",
    "GET /api/v1/cameras/{camera}/playback.mp4": "played-footage",
    "GET /api/v1/cameras/{camera}/timelapses/{day}.mp4": "played-timelapse",
}
"""Looking, which is one line for each camera in a while."""

TAKEN = {
    "GET /api/v1/case.zip": "exported-case",
    "GET /api/v1/cameras/{camera}/footage.fmp4": "exported-footage",
}
"""Footage that leaves the house."""

WORDS = {
    "POST /api/v1/events/{event}/keep": "kept-footage",
    "POST /api/v1/cameras/{camera}/keep": "kept-footage",
    "POST /api/v1/shares": "shared-footage",
    "DELETE /api/v1/shares/{share}": "ended-share",
    "POST /api/v1/events/{event}/reviewed": "marked-seen",
    "POST /api/v1/events/{event}/false-alarm": "marked-false-alarm",
    "POST /api/v1/snoozes": "snoozed",
    "POST /api/v1/cameras/{camera}/snooze": "snoozed",
    "POST /api/v1/detector/fetch": "fetched-model",
    "POST /api/v1/telegram/enrol": "invited-by-telegram",
    "POST /api/v1/telegram/people/{user_id}/role": "changed-telegram-role",
    "DELETE /api/v1/telegram/people/{user_id}": "removed-from-telegram",
    "POST /api/v1/arming": "armed",
    "POST /api/v1/arming/answer": "armed",
    "POST /api/v1/actions/{name}/test": "tried-action",
    "POST /api/v1/actions/{name}/off": "switched-off",
    "POST /api/v1/offsite/flush": "brought-to-safety",
    "POST /api/v1/copies/{copy}/restore": "restored-settings",
    "POST /api/v1/cameras/{camera}/baseline": "applied-baseline",
    "POST /api/v1/cameras/{camera}/copies": "copied-settings",
    "POST /api/v1/cameras/{camera}/remedies/confirm": "worked-on-camera",
    "POST /api/v1/cameras/{camera}/door/accept": "accepted-camera",
    "POST /api/v1/cameras/{camera}/audit": "audited",
    "POST /api/v1/cameras/{camera}/audit/apply": "hardened",
    "POST /api/v1/cameras/{camera}/audit/accept": "noted-finding",
    "PUT /api/v1/firmware/{name}": "uploaded-firmware",
    "POST /api/v1/cameras/{camera}/own-page": "opened-own-page",
    "POST /at/{node}/api/v1/{path:path}": "changed-at-house",
    "PUT /at/{node}/api/v1/{path:path}": "changed-at-house",
    "DELETE /at/{node}/api/v1/{path:path}": "changed-at-house",
    "POST /api/v1/relay/passwords/{name}": "made-relay-password",
    "POST /api/v1/cameras/{camera}/ptz/move": "moved-camera",
    "POST /api/v1/cameras/{camera}/ptz/preset": "moved-camera",
    "GET /cam/{camera}/ptz": "moved-camera",
    "POST /cam/{camera}/ptz": "moved-camera",
    "GET /cam/{camera}/cgi/{command:path}": "handed-on-command",
    "POST /cam/{camera}/cgi/{command:path}": "handed-on-command",
}

UNTOLD = frozenset(
    {
        "POST /api/v1/cameras/{camera}/ptz/stop",
        "POST /api/v1/claim",
        "POST /api/v1/login",
        "POST /api/v1/review/unseen",
        "POST /api/v1/cameras/{camera}/remedies",
        "POST /api/v1/cameras/{camera}/remedies/decline",
    }
)
"""What changes nothing, and what somebody else writes down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The word for a deed, and for how many seconds the same is not told again."""

    deed: str
    once_in_s: int


def of(method: str, path: str, name: str, *, noted: bool | None = None) -> Told | None:
    """Return what the trail says of a route that was used; None for nothing. `name` is that of its function."""
    route = f"{method} {path}"
    if noted is False or route in UNTOLD:
        return None
    if route in LOOKED:
        return Told(deed=LOOKED[route], once_in_s=_LOOKING_S)
    if route in TAKEN:
        return Told(deed=TAKEN[route], once_in_s=_AGAIN_S)
    if noted is None and (method in _SAFE or method == "WEBSOCKET"):
        return None
    return Told(deed=WORDS.get(route, name.strip("_").replace("_", "-")), once_in_s=_AGAIN_S)
