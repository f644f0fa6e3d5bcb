"""A line of a camera's log as a message of RFC 5424, and how it goes over TCP (RFC 6587, octet counting). Pure."""

from __future__ import annotations

import unicodedata

from hearthwatch.kit.units import to_datetime
from hearthwatch.logins.login import KeptLine

_LOCAL0_INFO = 16 * 8 + 6
_MAX_MESSAGE_BYTES = 1800
"""RFC 5424 6.1: receivers take 2048 octets."""


def message(line: KeptLine) -> bytes:
    """Return one message: the camera is the host, its own code the message's kind, its own words the text.

    Nothing the camera says can begin another message or leave its field."""
    at = to_datetime(line.at_us).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    kind = _token(line.code)
    sequence = (line.id - 1) % 2_147_483_647 + 1
    parts = [line.code, f"user={line.user}" if line.user else "", line.text]
    said = visible(" ".join(part for part in parts if part)).encode()
    if len(said) > _MAX_MESSAGE_BYTES:
        said = said[:_MAX_MESSAGE_BYTES].decode(errors="ignore").encode()
    head = f'<{_LOCAL0_INFO}>1 {at} {line.camera} hearthwatch - {kind} [meta sequenceId="{sequence}"] '
    return head.encode() + b"\xef\xbb\xbf" + said


def framed(messages: bytes) -> bytes:
    """Return a message with its length in front."""
    return str(len(messages)).encode() + b" " + messages


def _token(text: str) -> str:
    """MSGID: 1 to 32 visible ASCII characters, `-` for none."""
    return "".join(char if "!" <= char <= "~" else "_" for char in text.strip()[:32]) or "-"


def visible(text: str) -> str:
    """Return `text` without anything that could steer a terminal or break a line."""
    return "".join(_escaped(char) if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else char for char in text)


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
