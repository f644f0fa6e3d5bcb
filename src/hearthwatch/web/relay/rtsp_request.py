"""RTSP 1.0 requests (RFC 2326) of strangers: read strictly and bounded, answered without anything they sent but a number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.units import CameraId

MAX_HEAD_BYTES = 8 * 1024
MAX_BODY_BYTES = 4 * 1024
_MAX_FIELDS = 64
_FIRST = re.compile(r"([A-Z_]{3,20}) ([!-~]{1,1024}) RTSP/1\.[0-9]\Z")
_FIELD = re.compile(r"([A-Za-z0-9-]{1,64})[ \t]*:[ \t]*([\t -~]{0,2048})\Z")
_PLACE = re.compile(r"/([a-z0-9-]{1,32})(?:/(main|sub))?(?:/track([12]))?/?\Z")
_PAIR = re.compile(r"([0-9]{1,3})-([0-9]{1,3})\Z")
_REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Request Entity Too Large",
    415: "Unsupported Media Type",
    453: "Not Enough Bandwidth",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    461: "Unsupported Transport",
    503: "Service Unavailable",
    551: "Option not supported",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What an address means: a camera's stream, and one of its tracks or (0) all of them."""

    camera: CameraId
    stream: Stream
    track: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Field names are lower case; of one that comes twice the first counts."""

    method: str
    url: str
    fields: dict[str, str]

    @property
    def cseq(self) -> str:
        """The number to answer with; "0" where it is missing or none."""
        text = self.fields.get("cseq", "")
        return text if text.isascii() and text.isdigit() and len(text) < 11 else "0"

    @property
    def session(self) -> str:
        return self.fields.get("session", "").partition(";")[0].strip()

    @property
    def body_bytes(self) -> int:
        """Raises BadReply for a body that is none or too long."""
        text = self.fields.get("content-length", "0")
        if not (text.isascii() and text.isdigit()) or len(text) > 5 or int(text) > MAX_BODY_BYTES:
            raise BadReply("a body of this length is not taken")
        return int(text)


def parse_request(head: bytes) -> Request:
    """Read a request's head, without the blank line. Raises BadReply for whatever is not one."""
    try:
        first, *lines = head.decode("ascii").split("\r\n")
    except UnicodeDecodeError as error:
        raise BadReply("this is not RTSP") from error
    found = _FIRST.match(first)
    if not found or len(lines) > _MAX_FIELDS:
        raise BadReply("this is not RTSP")
    fields: dict[str, str] = {}
    for line in lines:
        field = _FIELD.match(line)
        if not field:
            raise BadReply("this is not RTSP")
        fields.setdefault(field[1].lower(), field[2].strip())
    return Request(method=found[1], url=found[2], fields=fields)


def place_of(url: str) -> Place | None:
    """Return what `url` means, None where it means nothing here. Host and query say nothing: some players change them."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme.lower() not in {"rtsp", ""}:
        return None
    found = _PLACE.match(parts.path)
    if not found:
        return None
    stream = Stream(found[2]) if found[2] else Stream.MAIN
    return Place(camera=CameraId(found[1]), stream=stream, track=int(found[3] or 0))


def interleaved_pair(transport: str) -> tuple[int, int] | None:
    """Return the channels of the first way in a Transport field that is RTP over this connection; None where none is.

    (-1, -1) where it leaves them to us.
    """
    for way in transport.split(","):
        protocol, *parameters = (part.strip() for part in way.split(";"))
        if protocol.upper() != "RTP/AVP/TCP":
            continue
        named = dict(part.lower().partition("=")[::2] for part in parameters)
        if "interleaved" not in named:
            return -1, -1
        pair = _PAIR.match(named["interleaved"])
        if pair and int(pair[1]) < 256 and int(pair[2]) < 256 and pair[1] != pair[2]:
            return int(pair[1]), int(pair[2])
    return None


def format_answer(status: int, cseq: str, fields: Sequence[tuple[str, str]] = (), body: bytes = b"") -> bytes:
    """Return an answer. `fields` are ours: nothing of a request goes into them."""
    lines = [f"RTSP/1.0 {status} {_REASONS[status]}", f"CSeq: {cseq}", "Server: Hearthwatch"]
    lines += [f"{name}: {value}" for name, value in fields]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
