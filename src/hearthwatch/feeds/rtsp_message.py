"""RTSP 1.0 messages (RFC 2326) as bytes: written strictly, read with the tolerance that real cameras need, and bounded.

What a camera sent is never trusted: a header block is at most 16 KiB, a body 64 KiB, and whatever is not RTSP is BadReply.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hearthwatch.kit.errors import BadReply

MAX_HEADER_BYTES = 16 * 1024
MAX_BODY_BYTES = 64 * 1024
_MAX_FIELDS = 128

_STATUS = re.compile(r"RTSP/\d\.\d\s+(\d{3})(?:\s+(.*))?\Z")
_REQUEST = re.compile(r"([A-Z_]{3,20})\s+(\S+)\s+RTSP/\d\.\d\Z")
_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_CONTROL = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A reply (`status` set) or a request of the camera's own (`method` set). Header names are lower case."""

    status: int = 0
    reason: str = ""
    method: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key == name]

    def field(self, name: str) -> str | None:
        """Return the first field of that (lower case) name."""
        return next((value for key, value in self.fields if key == name), None)

    @property
    def cseq(self) -> int | None:
        text = self.field("cseq")
        return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """The answer to SETUP. `channels` are those for RTP and RTCP, None where the camera does not repeat them.

    Its ssrc is not read: cameras state one and send another.
    """

    is_tcp: bool
    channels: tuple[int, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A Session field; `timeout_s` None where it does not say."""

    id: str
    timeout_s: int | None


def format_request(method: str, url: str, cseq: int, fields: tuple[tuple[str, str], ...] = ()) -> bytes:
    """Return a request without a body. ValueError for a URL or field that would break out of its line."""
    if _CONTROL.search(url) or any("\r" in value or "\n" in value for _, value in fields):
        raise ValueError("a control character has no place in a request")
    lines = [f"{method} {url} RTSP/1.0", f"CSeq: {cseq}", "User-Agent: Hearthwatch"]
    lines += [f"{name}: {value}" for name, value in fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def format_reply(status: int, reason: str, cseq: str) -> bytes:
    """Return an answer to a request of the camera's."""
    return f"RTSP/1.0 {status} {reason}\r\nCSeq: {cseq}\r\n\r\n".encode()


def format_interleaved(channel: int, payload: bytes) -> bytes:
    """Return `payload` framed as RFC 2326, 10.12 says: dollar, channel, length."""
    return b"$" + bytes([channel]) + len(payload).to_bytes(2, "big") + payload


def parse_message(data: bytes | bytearray, start: int, end: int) -> tuple[Message, int] | None:
    """Read one message from ``data[start:end]``; return it and where the next begins, None while it is incomplete.

    Raises BadReply for what is not RTSP and for what exceeds a bound.
    """
    _check_beginning(data, start, end)
    found = _END.search(data, start, min(end, start + MAX_HEADER_BYTES))
    if not found:
        if end - start >= MAX_HEADER_BYTES:
            raise BadReply(f"sends a header of more than {MAX_HEADER_BYTES} bytes", bytes(data[start : start + 512]))
        return None
    lines = bytes(data[start : found.start()]).decode("utf-8", "replace").splitlines()
    fields = _fields(lines[1:])
    length = _content_length(fields)
    body_end = found.end() + length
    if body_end > end:
        return None
    first = lines[0].strip()
    body = bytes(data[found.end() : body_end])
    if status := _STATUS.match(first):
        reason = (status[2] or "").strip()[:80]
        return Message(status=int(status[1]), reason=reason, fields=fields, body=body), body_end
    if request := _REQUEST.match(first):
        return Message(method=request[1], fields=fields, body=body), body_end
    raise BadReply("answered with a line that is not RTSP", bytes(data[start : start + 512]))


def _check_beginning(data: bytes | bytearray, start: int, end: int) -> None:
    head = bytes(data[start : min(end, start + 24)])
    if head.startswith(b"HTTP/"):
        raise BadReply("answered but does not speak RTSP (looks like HTTP)", head)
    if head[:5] == b"RTSP/"[: len(head)]:
        return
    if not re.match(rb"[A-Z_]{1,20}(\s|\Z)", head):
        raise BadReply("answered but does not speak RTSP, or lost its place in the stream", head)


def _fields(lines: list[str]) -> tuple[tuple[str, str], ...]:
    if len(lines) > _MAX_FIELDS:
        raise BadReply(f"sends more than {_MAX_FIELDS} header fields")
    pairs = (line.partition(":") for line in lines)
    return tuple((name.strip().lower(), value.strip()) for name, colon, value in pairs if colon)


def _content_length(fields: tuple[tuple[str, str], ...]) -> int:
    text = next((value for name, value in fields if name == "content-length"), "0")
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) > MAX_BODY_BYTES:
        raise BadReply(f"announces a body of {text[:20]!r} bytes (at most {MAX_BODY_BYTES} are taken)")
    return int(text)


def parse_session(value: str) -> Session:
    """Read a Session field: ``id;timeout=60`` with or without blanks. Raises BadReply without an id."""
    identifier, *parameters = (part.strip() for part in value.split(";"))
    if not identifier or len(identifier) > 256 or _CONTROL.search(identifier):
        raise BadReply("sends a session without an id")
    timeout = _parameters(parameters).get("timeout", "")
    return Session(id=identifier, timeout_s=int(timeout) if re.fullmatch(r"[0-9]{1,6}", timeout) else None)


def parse_transport(value: str) -> Transport:
    """Read a Transport field of a SETUP reply."""
    protocol, *parameters = (part.strip() for part in value.split(";"))
    named = _parameters(parameters)
    pair = re.fullmatch(r"(\d{1,3})(?:\s*-\s*(\d{1,3}))?", named.get("interleaved", ""))
    channels = (int(pair[1]), int(pair[2]) if pair[2] else int(pair[1]) + 1) if pair else None
    if channels and max(channels) > 255:
        channels = None
    return Transport(is_tcp=protocol.upper().endswith("/TCP") or channels is not None, channels=channels)


def _parameters(parts: list[str]) -> dict[str, str]:
    named: dict[str, str] = {}
    for part in parts:
        name, _, value = part.partition("=")
        named.setdefault(name.strip().lower(), value.strip().strip('"'))
    return named
