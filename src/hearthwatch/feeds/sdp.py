"""What a camera offers: an SDP body (RFC 8866) read with the tolerance that real cameras need, and bounded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from hearthwatch.kit.errors import BadReply

MAX_SDP_BYTES = 64 * 1024
_MAX_MEDIA = 16
_MAX_URL_CHARS = 2048

_STATIC = {0: ("PCMU", 8000, 1), 8: ("PCMA", 8000, 1), 10: ("L16", 44_100, 2), 11: ("L16", 44_100, 1), 26: ("JPEG", 90_000, 1)}
"""Payload types that need no rtpmap (RFC 3551, table 4 and 5), as far as cameras use them."""


class MediaKind(StrEnum):
    VIDEO = "video"
    AUDIO = "audio"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """One track. `encoding` is upper case, "" when unknown; `control` is the URL for SETUP; `fmtp` has lower-case names."""

    kind: MediaKind
    payload_type: int
    encoding: str
    clock_hz: int
    channels: int
    control: str
    fmtp: dict[str, str]
    is_back_channel: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """The tracks of a stream, and the URL that PLAY is sent to."""

    control: str
    media: tuple[Media, ...]


@dataclass(slots=True)
class _Section:
    head: list[str]
    attributes: list[tuple[str, str]]

    def first(self, name: str) -> str | None:
        return next((value for key, value in self.attributes if key == name), None)

    def has(self, name: str) -> bool:
        return self.first(name) is not None


def parse_sdp(body: bytes, base: str) -> Presentation:
    """Read a DESCRIBE body; `base` is Content-Base, Content-Location or the URL asked for. Raises BadReply.

    Met in real cameras and read rightly: LF for CRLF, a TAB behind the payload type, fmtp and rtpmap under another medium,
    an rtpmap that contradicts the static type (it wins: the camera names what it encodes), absolute control URLs, a base
    without a scheme, `sendonly` audio that is a loudspeaker's back channel (but `sendonly` video means the camera sends).
    """
    if len(body) > MAX_SDP_BYTES:
        raise BadReply(f"sends a description of {len(body)} bytes (at most {MAX_SDP_BYTES} are taken)")
    session, sections = _sections(body.decode("utf-8", "replace"))
    if not sections:
        raise BadReply("sends a description without any media", body)
    fmtps = _fmtps(sections)
    root = resolved("*", base) if session.first("control") in {None, "*"} else resolved(session.first("control") or "*", base)
    camera_sends = any(section.has("sendonly") for section in sections if section.head[0] == "video")
    media = tuple(_media(section, fmtps, base, camera_sends=camera_sends) for section in sections)
    return Presentation(control=root, media=media)


def _sections(text: str) -> tuple[_Section, list[_Section]]:
    session = _Section([], [])
    sections: list[_Section] = []
    for line in re.split(r"[\r\n]+", text):
        key, _, value = line.partition("=")
        if key.strip() == "m":
            sections.append(_Section(value.lower().split(), []))
            if len(sections) > _MAX_MEDIA:
                raise BadReply(f"describes more than {_MAX_MEDIA} media")
        elif key.strip() == "a":
            name, _, rest = value.partition(":")
            (sections[-1] if sections else session).attributes.append((name.strip().lower(), rest.strip()))
    return session, [section for section in sections if len(section.head) >= 4]


def _media(section: _Section, fmtps: dict[str, str], base: str, *, camera_sends: bool) -> Media:
    kind = MediaKind(section.head[0]) if section.head[0] in {"video", "audio"} else MediaKind.OTHER
    payload_type = int(section.head[3]) if re.fullmatch(r"[0-9]{1,3}", section.head[3]) else -1
    encoding, clock_hz, channels = _STATIC.get(payload_type, ("", 90_000 if kind is MediaKind.VIDEO else 8000, 1))
    for key, value in section.attributes:
        found = re.match(r"(\d{1,3})\s+([^/\s]+)\s*(?:/\s*(\d{1,7}))?\s*(?:/\s*(\d{1,2}))?", value) if key == "rtpmap" else None
        if found and (int(found[1]) == payload_type or not encoding):
            encoding = found[2].upper()
            clock_hz = int(found[3] or clock_hz) or clock_hz
            channels = int(found[4] or 1) or 1
    return Media(
        kind=kind,
        payload_type=payload_type,
        encoding=encoding,
        clock_hz=clock_hz,
        channels=channels,
        control=resolved(section.first("control") or "*", base),
        fmtp=_fmtp(_fmtps([section]).get(str(payload_type)) or fmtps.get(str(payload_type), "")),
        is_back_channel=kind is MediaKind.AUDIO and section.has("sendonly") and not camera_sends,
    )


def _fmtps(sections: list[_Section]) -> dict[str, str]:
    """Return the text of each fmtp by its payload type."""
    lines = (value.split(None, 1) for section in sections for key, value in section.attributes if key == "fmtp")
    return {words[0]: words[1] for words in lines if len(words) == 2}


def _fmtp(text: str) -> dict[str, str]:
    named: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        named.setdefault(name.strip().lower(), value.strip())
    return named


def resolved(control: str, base: str) -> str:
    """Return the URL of a track. Raises BadReply for one that could not stand in a request line.

    Relative names are appended to the whole base, query included, as every camera met expects (not as RFC 3986 says).
    """
    if "://" not in base:
        base = f"rtsp://{base.lstrip('/')}"
    if "://" in control:
        url = control
    elif control == "*":
        url = base
    else:
        url = base + ("" if base.endswith("/") else "/") + control.lstrip("/")
    if len(url) > _MAX_URL_CHARS or not url.isascii() or re.search(r"[\x00-\x20\x7f]", url):
        raise BadReply("describes a track whose address makes no sense")
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise BadReply("describes a track whose address makes no sense") from error
    if parts.scheme.lower() not in {"rtsp", "rtsps", "rtspu"}:
        raise BadReply(f"describes a track at {parts.scheme[:16]}://, which is not RTSP")
    return url
