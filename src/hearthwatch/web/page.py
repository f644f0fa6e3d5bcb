"""The page: the built browser side, read into memory once; every other address of the site answers with its index."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header, Response

from hearthwatch.web.auth import Denied, Permission
from hearthwatch.web.gate import EVERYTHING_ELSE, needs
from hearthwatch.web.headers import CSP

BUILT = Path(__file__).with_name("dist")
WORKER = "sw.js"

_MISSING = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Hearthwatch</title>
<h1>Hearthwatch is running, but its page is not built.</h1><p>Run <code>make setup</code> and start it again.</p></html>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One built file; `forever` for those whose name holds a hash of what is in them."""

    media_type: str
    plain: bytes
    gzipped: bytes
    etag: str
    forever: bool


class Page:
    """All files below `folder` by their path; an unbuilt page says how to build it."""

    def __init__(self, folder: Path = BUILT) -> None:
        self._assets: dict[str, Asset] = {}
        if folder.is_dir():
            for file in sorted(path for path in folder.rglob("*") if path.is_file()):
                name = file.relative_to(folder).as_posix()
                self._assets[name] = _asset(file.read_bytes(), name)
        self._index = self._assets.get("index.html") or _asset(_MISSING, "index.html")

    def find(self, path: str) -> Asset | None:
        """Return the file at `path`, the index for addresses the page itself handles, None for a missing file."""
        found = self._assets.get(path)
        if found is not None:
            return found
        is_file = path.startswith("assets/") or "." in path.rsplit("/", 1)[-1]
        return None if is_file or path.startswith("api/") else self._index


def _asset(data: bytes, name: str) -> Asset:
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if name.endswith(".webmanifest"):
        guessed = "application/manifest+json"
    text = guessed.startswith("text/") or guessed in {
        "application/json",
        "application/manifest+json",
        "image/svg+xml",
        "text/javascript",
    }
    return Asset(
        media_type=f"{guessed}; charset=utf-8" if text else guessed,
        plain=data,
        gzipped=gzip.compress(data, mtime=0) if text else b"",
        etag=f'"{hashlib.sha256(data).hexdigest()[:20]}"',
        forever=name.startswith("assets/"),
    )


def page_router(page: Page) -> APIRouter:
    """Return the routes of the page: they must come after all others, as they answer every address."""
    router = APIRouter()

    @router.api_route(EVERYTHING_ELSE, methods=["GET", "HEAD"], include_in_schema=False)
    @needs(Permission.PUBLIC)
    async def asset(
        path: str, accept_encoding: Annotated[str, Header()] = "", if_none_match: Annotated[str, Header()] = ""
    ) -> Response:
        found = page.find(path)
        if found is None:
            raise Denied(404, "There is nothing at this address.")
        headers = {
            "ETag": found.etag,
            "Cache-Control": "public, max-age=31536000, immutable" if found.forever else "no-cache",
            "Vary": "Accept-Encoding",
        }
        if path == WORKER:
            # a service worker shows no page: its policy is about the picture in a notification, which came with the message
            headers["Content-Security-Policy"] = CSP.replace("img-src 'self'", "img-src 'self' data:")
        if if_none_match == found.etag:
            return Response(status_code=304, headers=headers)
        if found.gzipped and "gzip" in accept_encoding:
            return Response(found.gzipped, media_type=found.media_type, headers={**headers, "Content-Encoding": "gzip"})
        return Response(found.plain, media_type=found.media_type, headers=headers)

    return router
