"""The alarm mail of a camera: its subject, its text and its picture. Hostile input; pure.

Wire facts: cameras write `Content-type: multipart/mixed;boundary=` without a blank and leave the closing boundary out
(data/tapes), send the picture as `application/octet-stream` and the text as base64 in UTF-8 or GB 18030.
"""

from __future__ import annotations

import base64
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import Message
from email.parser import BytesParser

from hearthwatch.ingest.drop import MAX_TEXT_CHARS, Media
from hearthwatch.ingest.media import HEAD_BYTES, media_of
from hearthwatch.kit.errors import BadReply

_MAX_PARTS = 50
_MAX_DEPTH = 5
_MAX_BOUNDARY_LINES = 400
_MAX_HEADER_LINES = 2000
MAX_LINES = 400_000
"""20 MiB in base64 have 280,000; each line costs a hundred bytes while it is read."""
_BOUNDARY_LINE = re.compile(rb"^--", re.MULTILINE)
_MULTIPART = re.compile(rb"(?i)multipart/|message/")
_TEXT_CHARSETS = ("utf-8", "gb18030", "latin-1")
_ENCODED = re.compile(r"=\?([A-Za-z0-9-]{1,20})\?([BbQq])\?([^?]{0,400})\?=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """`picture` is the first attachment that begins like a JPEG or a clip, empty where there is none."""

    subject: str
    text: str
    picture: bytes
    picture_name: str


def read_letter(data: bytes) -> Letter:
    """Return what a mail says. Raises BadReply for one that is more than a camera writes."""
    if data.count(b"\n") > MAX_LINES:
        raise BadReply("a mail of more lines than a camera writes")
    head, _, _body = data.partition(b"\r\n\r\n")
    if head.count(b"\n") > _MAX_HEADER_LINES or len(_MULTIPART.findall(data[: 1 << 20])) > _MAX_DEPTH * 2:
        raise BadReply("a mail of more parts than a camera writes")
    if sum(1 for _ in zip(_BOUNDARY_LINE.finditer(data), range(_MAX_BOUNDARY_LINES + 1), strict=False)) > _MAX_BOUNDARY_LINES:
        raise BadReply("a mail of more parts than a camera writes")
    try:
        whole = BytesParser(policy=policy.compat32).parsebytes(data)
    except (ValueError, LookupError, RecursionError, TypeError, AttributeError) as error:  # the parser is not written for spite
        raise BadReply("a mail that cannot be read") from error
    text, picture, name = "", b"", ""
    for part in _leaves(whole):
        content = _content(part)
        if not picture and media_of(content[:HEAD_BYTES]) in {Media.JPEG, Media.CLIP}:
            picture, name = content, _file_name(part)
        elif not text and part.get_content_maintype() == "text":
            text = _decoded(content)
    return Letter(subject=_subject(whole), text=text[:MAX_TEXT_CHARS], picture=picture, picture_name=name)


def _leaves(whole: Message) -> Iterator[Message]:
    level, seen = [whole], 0
    for _depth in range(_MAX_DEPTH + 1):
        inner: list[Message] = []
        for part in level:
            seen += 1
            if seen > _MAX_PARTS:
                raise BadReply("a mail of more parts than a camera writes")
            if part.is_multipart():  # asking anything else for its payload decodes it, by whatever charset the mail names
                inner += [one for one in part.get_payload() if isinstance(one, Message)]
            else:
                yield part
        level = inner
        if not level:
            return
    raise BadReply("a mail nested deeper than a camera writes")


def _content(part: Message) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except (ValueError, LookupError, UnicodeError):
        return b""
    return content if isinstance(content, bytes) else b""


def _file_name(part: Message) -> str:
    try:
        return str(part.get_filename() or "")
    except (ValueError, LookupError, UnicodeError, TypeError):
        return ""


def _subject(whole: Message) -> str:
    try:
        raw = str(whole.get("Subject") or "")[:1000]
    except (ValueError, LookupError, UnicodeError):
        return ""
    return _ENCODED.sub(_word, raw).strip()


def _word(found: re.Match[str]) -> str:
    """One RFC 2047 word."""

    _charset, how, body = found.groups()
    try:
        data = base64.b64decode(body) if how in "Bb" else quopri.decodestring(body.replace("_", " ").encode())
    except ValueError:
        return body
    return _decoded(data)


def _decoded(data: bytes) -> str:
    for charset in _TEXT_CHARSETS:
        try:
            return data.decode(charset)
        except UnicodeDecodeError:
            continue
    return ""
