"""An application whose replies are full of hostile words: whatever a camera, a file name, a person or an attacker could have
written into a text of theirs is replaced by the next word, in JSON and in the stream of changes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any

FREE = frozenset(
    [
        "address",
        "blocked",
        "bot",
        "browser",
        "build_date",
        "cause",
        "detail",
        "devices",
        "doc",
        "error",
        "firmware",
        "fix",
        "folder",
        "footage_folder",
        "group",
        "hardware",
        "hint",
        "host",
        "hosts",
        "label",
        "labels",
        "last_error",
        "limits",
        "lines",
        "mac",
        "maker",
        "model",
        "mount",
        "name",
        "names",
        "networks",
        "new",
        "next_name",
        "note",
        "old",
        "person",
        "people",
        "phone",
        "question",
        "reason",
        "remark",
        "remarks",
        "restream_why",
        "router",
        "saw",
        "serial",
        "services",
        "software",
        "subject",
        "tailscale",
        "text",
        "times",
        "title",
        "trouble",
        "used_from",
        "user",
        "version",
        "what",
        "who",
        "why",
        "why_no_passkey",
        "why_not",
        "words",
        "zone",
        "zones",
        "server",
        "left",
        "code",
    ]
)
"""Names of the fields that hold a text from somewhere else; ids, kinds and moments are the house's own."""
_NOT_IN = ("/session", "/openapi.json", "/way")


class HostileReplies:
    """ASGI application around another; `used` counts the words given away."""

    def __init__(self, app: Any, words: Sequence[str]) -> None:
        self._app = app
        self.active = False
        self.used = 0
        self._words: Iterator[str] = itertools.cycle(words)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if not self.active or scope["type"] != "http" or not path.startswith("/api/v1/") or path.endswith(_NOT_IN):
            await self._app(scope, receive, send)
            return
        kind = ""
        begin: dict[str, Any] = {}
        body = b""

        async def changed(message: dict[str, Any]) -> None:
            nonlocal kind, begin, body
            if message["type"] == "http.response.start":
                kind = dict(message["headers"]).get(b"content-type", b"").decode()
                begin = message
                if "json" not in kind:
                    await send(message)
                return
            if "json" in kind:
                body += message.get("body", b"")
                if message.get("more_body"):
                    return
                given = self._json(body)
                headers = [pair for pair in begin["headers"] if pair[0] != b"content-length"]
                await send(begin | {"headers": [*headers, (b"content-length", str(len(given)).encode())]})
                await send({"type": "http.response.body", "body": given})
            elif "event-stream" in kind:
                await send(message | {"body": self._lines(message.get("body", b""))})
            else:
                await send(message)

        await self._app(scope, receive, changed)

    def _json(self, body: bytes) -> bytes:
        return json.dumps(self._hostile(json.loads(body))).encode() if body else body

    def _lines(self, body: bytes) -> bytes:
        lines = body.split(b"\n")
        return b"\n".join(b"data: " + self._json(line[6:]) if line.startswith(b"data: ") else line for line in lines)

    def _hostile(self, value: Any, *, free: bool = False) -> Any:
        if isinstance(value, dict):
            return {key: self._hostile(inner, free=key in FREE) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._hostile(inner, free=free) for inner in value]
        if free and isinstance(value, str):
            self.used += 1
            return next(self._words)
        return value
