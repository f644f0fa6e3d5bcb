"""A request to an emulated camera, and its answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus, urlsplit


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    address: str
    connection: int

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def raw_query(self) -> str:
        return urlsplit(self.target).query

    @property
    def pairs(self) -> dict[str, str]:
        """The query, decoded; of a key twice the last counts."""
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))


@dataclass(kw_only=True)
class Reply:
    """One answer. With `stream` there is no length: its bytes are sent as they come, then the connection ends. Where the
    headers name a Content-Length it is put in there, else it comes last."""

    body: bytes = b""
    status: str = "200 OK"
    headers: Sequence[tuple[str, str]] = ()
    stream: AsyncIterator[bytes] | None = None
    close: bool = False


def without_secrets(target: str) -> str:
    """The target for a person to read, its query decoded and passwords masked."""
    path, mark, rest = target.partition("?")
    shown = []
    for pair in rest.split("&"):
        key, equals, value = pair.partition("=")
        hide = any(word in key.lower() for word in ("pwd", "pass", "token"))
        shown.append(key + equals + ("***" if hide else unquote_plus(value)))
    return path + mark + "&".join(shown)
