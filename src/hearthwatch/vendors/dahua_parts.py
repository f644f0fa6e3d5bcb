"""The endless multipart answer of `eventManager.cgi?action=attach`, cut into the texts of its parts.

Three framings are recorded (CRLF or LF inside the data, with and without a trailing line feed, one or two line ends between the
parts), and field reports add: no blank line, a blank line after every header, a boundary without `--`, a wrong length. The
length is therefore a hint that lets a whole part go at once; the boundary has the last word.
"""

from __future__ import annotations

import json
import re

from hearthwatch.kit.errors import BadReply
from hearthwatch.vendors.redaction import sample_of

MAX_PART_BYTES = 64 * 1024
_HEADER = re.compile(rb"[A-Za-z][A-Za-z-]{0,63}[ \t]*:")
_BEGINNINGS = (b"Code", b"Heartbeat")
_WHOLE = re.compile(rb"\s*(?:Heartbeat\s*$|Code\s*=[^\n]*\baction\s*=\s*[A-Za-z])")
_LENGTH = re.compile(rb"content-length[ \t]*:[ \t]*([0-9]{1,9})[ \t]*$", re.IGNORECASE)
_BOUNDARY = re.compile(r"boundary\s*=\s*(?:\"([^\"]{1,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE)


def boundary_of(content_type: str) -> str:
    """Return the boundary the header names, without leading dashes; Dahua's usual one when it names none."""
    found = _BOUNDARY.search(content_type)
    return ((found[1] or found[2]).lstrip("-") if found else "") or "myboundary"


class PartReader:
    """Takes bytes as they come, gives back the text of every part that is whole."""

    def __init__(self, boundary: str) -> None:
        line = rb"(?:--)?" + re.escape(boundary.encode("latin-1", errors="replace")) + rb"(?:--)?[ \t]*\r?"
        self._delimiter = re.compile(rb"(?:^|(?<=\n))" + line + rb"(?=\n)")
        self._is_delimiter = re.compile(line)
        self._buffer = bytearray()
        self._in_body = False
        self._skipping = False
        self._length: int | None = None

    def feed(self, data: bytes) -> list[str]:
        """Return the parts that `data` completes. Raises BadReply for a part without end."""
        self._buffer += data
        parts: list[str] = []
        while (part := self._step()) is not None:
            if part.strip():
                parts.append(part.decode("utf-8", errors="replace").strip())
        if len(self._buffer) > MAX_PART_BYTES:
            raise BadReply("the alarms: a part without end", sample_of(bytes(self._buffer[:512])))
        return parts

    def _step(self) -> bytes | None:
        """Take one part or the head of one off the buffer; empty for nothing to show, None for more bytes needed."""
        if self._skipping:
            return self._skip()
        if not self._in_body:
            return self._head()
        return self._body()

    def _skip(self) -> bytes | None:
        if found := self._delimiter.search(self._buffer):
            del self._buffer[: found.end()]
            self._skipping = False
            return b""
        return None

    def _head(self) -> bytes | None:
        """Pass delimiter, header and blank lines; the first other line begins the body."""
        end = self._buffer.find(b"\n")
        line = bytes(self._buffer if end < 0 else self._buffer[:end]).rstrip(b"\r")
        is_head = not line.strip() or self._is_delimiter.fullmatch(line) or _HEADER.match(line)
        if end < 0:
            if not line.startswith(_BEGINNINGS) or self._length is None or len(self._buffer) < self._length:
                return None
            self._in_body = True
            return b""
        if not is_head:
            self._in_body = True
            return b""
        if self._is_delimiter.fullmatch(line):
            self._length = None
        elif length := _LENGTH.match(line):
            self._length = int(length[1])
        del self._buffer[: end + 1]
        return b""

    def _body(self) -> bytes | None:
        found = self._delimiter.search(self._buffer)
        if found:
            return self._take(found.start(), whole=True)
        length = self._length
        if length is None or len(self._buffer) < length or bytes(self._buffer[length : length + 1]).strip(b"\r\n"):
            return None
        return self._take(length, whole=False) if _is_whole(bytes(self._buffer[:length])) else None

    def _take(self, size: int, *, whole: bool) -> bytes:
        part = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._in_body, self._length, self._skipping = False, None, not whole
        return part


def _is_whole(part: bytes) -> bool:
    """Whether nothing is missing at the end: a heartbeat, or an event without data, or with data that is JSON."""
    head, has_data, data = part.partition(b"data=")
    if not _WHOLE.match(head):
        return False
    if not has_data:
        return True
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True
