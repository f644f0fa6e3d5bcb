"""Fetching a model from its pinned source: the one outbound connection of this room, only when somebody asks for it."""

from __future__ import annotations

import hashlib
import http.client
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Protocol

from hearthwatch.detect.model import Model, ModelFile
from hearthwatch.detect.store import FileState, Store
from hearthwatch.kit.errors import BadReply, Unreachable
from hearthwatch.kit.files import fsync_folder, storage_failed
from hearthwatch.kit.traffic import TRAFFIC, request_bytes

SOURCE = "https://raw.githubusercontent.com"
"""Serves REPO/COMMIT/PATH of public GitHub repositories; a setting, so that tests and mirrors can be named instead."""

_TIMEOUT_S = 30.0
_CHUNK_BYTES = 65_536


class Downloader(Protocol):
    def __call__(self, url: str) -> Iterator[bytes]:
        """Yield the body at `url` piece by piece. Raises Unreachable, or BadReply for any answer but 200."""
        ...


def download(url: str) -> Iterator[bytes]:
    """The Downloader of the real network; http is for a mirror on one's own machine, the hash guards both."""
    if urllib.parse.urlsplit(url).scheme not in {"https", "http"}:
        raise BadReply(f"{url} is no web address")
    host = urllib.parse.urlsplit(url).hostname
    TRAFFIC.sent("detect", request_bytes("GET", url, {}))
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 the scheme is checked above
            while piece := answer.read(_CHUNK_BYTES):
                yield piece
    except urllib.error.HTTPError as error:
        error.close()
        raise BadReply(f"{host} answered {error.code} {error.reason} for {url}") from error
    except (OSError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise Unreachable(f"cannot fetch from {host} ({reason}): is this machine on the internet?") from error


def url_of(file: ModelFile, base: str = SOURCE) -> str:
    return f"{base.rstrip('/')}/{file.repo}/{file.commit}/{urllib.parse.quote(file.path)}"


def fetch(model: Model, store: Store, *, download: Downloader = download, base: str = SOURCE) -> None:
    """Bring the model's missing or wrong files into the store, each checked before it gets its name.

    Raises Unreachable, BadReply (not what we know: too large, other hash) or StorageFailed; a failure leaves nothing behind.
    """
    for file in model.files:
        if store.file_state(file) is not FileState.PRESENT:
            _fetch_file(file, store, download(url_of(file, base)))


def _fetch_file(file: ModelFile, store: Store, pieces: Iterator[bytes]) -> None:
    place = store.folder / file.name
    temporary = store.folder / f".{file.name}.{os.getpid()}.new"
    try:
        store.folder.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as target:
                for piece in _checked(file, pieces):
                    target.write(piece)
                target.flush()
                os.fsync(target.fileno())
            temporary.replace(place)
            fsync_folder(store.folder)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise storage_failed(error, f"writing {place}") from error


def _checked(file: ModelFile, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Pass `pieces` on; BadReply as soon as they are more, or at their end when they are other, than the file we know."""
    digest = hashlib.sha256()
    size_bytes = 0
    for piece in pieces:
        size_bytes += len(piece)
        if size_bytes > file.size_bytes:
            raise BadReply(f"{file.name} is longer than the {file.size_bytes} bytes we know: not kept")
        digest.update(piece)
        yield piece
    if digest.hexdigest() != file.sha256:
        raise BadReply(f"{file.name} came with {size_bytes} bytes and another sha256 than the one we know: not kept")
