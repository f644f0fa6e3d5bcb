"""A target that is another Hearthwatch, the hub this house joined: HTTPS on its port for nodes, by this house's certificate.

The hub hashes what arrived and says so; what it says is the proof. Who wants a second one has it read the piece back (`prove`).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import msgspec

from hearthwatch.kit.errors import BadReply, StorageFailed, StorageFault, Unreachable
from hearthwatch.kit.files import storage_failed
from hearthwatch.kit.units import WallUs
from hearthwatch.offsite.names import checked_name
from hearthwatch.offsite.upload import (
    ANSWER_S,
    NotProved,
    OnProgress,
    Pace,
    Parcel,
    Progress,
    Proof,
    ProofKind,
    Stored,
    TargetId,
    TargetRefused,
    Trouble,
)

PIECES = "/footage/pieces"
"""Below the port's own prefix: PUT, GET and DELETE of `PIECES/NAME`, GET of `PIECES`; how far one is: `HALF/NAME`."""
HALF = "/footage/half"
SIZE, SHA256, AT = "x-piece-bytes", "x-piece-sha256", "x-piece-at"
PUT_BYTES = 512 * 1024
"""So much goes in one request, at once: no time-out on the way finds it too long, and no limit of bandwidth holds it open."""

_CHUNK_BYTES = 64 * 1024
_MAX_WORDS = 4096
_MAX_LIST_LINE = 4096


class There(msgspec.Struct, frozen=True, kw_only=True):
    """What the hub says of a piece: how many bytes are there, and their hash once it is whole."""

    size_bytes: int
    sha256: str = ""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the hub's list; the last one is empty."""

    name: str
    size_bytes: int
    changed_us: int


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """Why the hub does not do it."""

    detail: str


class HubWay(Protocol):
    """The way to the hub: `fleet.hub_link.HubLink`."""

    def request(
        self,
        method: str,
        path: str,
        *,
        data: bytes | AsyncIterator[bytes] = b"",
        headers: Mapping[str, str] | None = None,
        answer_s: float | None = 30.0,
    ) -> AbstractAsyncContextManager[Any]: ...

    async def close(self) -> None: ...


class HubTarget:
    """Implements Target."""

    def __init__(self, name: TargetId, way: HubWay) -> None:
        self._name = name
        self._way = way

    @property
    def name(self) -> TargetId:
        return self._name

    async def put(
        self, parcel: Parcel, pace: Pace, *, resume: Progress | None = None, on_progress: OnProgress | None = None
    ) -> Proof:
        """See Target. The hub knows how far it is, so nothing needs to be remembered here."""
        checked_name(parcel.name)
        there = await self._there(parcel)
        while there.sha256 != parcel.sha256.hex():
            at = there.size_bytes
            if not 0 <= at <= parcel.size_bytes:
                raise BadReply("the hub has more of a piece than there is")
            size_bytes = min(PUT_BYTES, parcel.size_bytes - at)
            for done in range(0, size_bytes, _CHUNK_BYTES):
                await pace(min(_CHUNK_BYTES, size_bytes - done))
            there = await self._send(parcel, at, size_bytes)
            if there.size_bytes != at + size_bytes:
                raise BadReply("the hub counts other bytes than were sent")
            if there.size_bytes == parcel.size_bytes and there.sha256 != parcel.sha256.hex():
                raise NotProved(f"{parcel.name} is not at the hub as it was sent; it is sent anew")
            if on_progress is not None:
                on_progress(Progress(sent_bytes=there.size_bytes, token=""))
        return _proof(parcel.name, parcel.size_bytes, parcel.sha256)

    async def prove(self, name: str, size_bytes: int, sha256: bytes) -> Proof:
        """See Target."""
        headers = {SIZE: str(size_bytes), SHA256: sha256.hex() or "0" * 64}
        async with self._way.request("GET", _path(HALF, name), headers=headers, answer_s=None) as answer:
            there = await _read(answer)
        if there.size_bytes != size_bytes or there.sha256 != sha256.hex():
            raise NotProved(f"{name} is not at the hub, or not as it was sent")
        return _proof(name, size_bytes, sha256)

    async def list(self, under: str = "") -> AsyncIterator[Stored]:
        """See Target."""
        query = f"?{urlencode({'under': checked_name(under)})}" if under else ""
        async with self._way.request("GET", f"{PIECES}{query}", answer_s=None) as answer:
            await _check(answer)
            async for line in _lines(answer):
                found = _decoded(line, Listed)
                if not found.name:
                    return
                try:
                    name = checked_name(found.name)
                except ValueError as error:
                    raise BadReply("the hub lists a file that cannot be one: nothing of it is used") from error
                yield Stored(name=name, size_bytes=found.size_bytes, changed_us=WallUs(found.changed_us))
        raise Unreachable("the hub's list broke off")

    async def read(self, name: str, *, limit_bytes: int | None = None) -> AsyncIterator[bytes]:
        """See Target."""
        query = "" if limit_bytes is None else f"?{urlencode({'limit': limit_bytes})}"
        async with self._way.request("GET", _path(PIECES, name) + query) as answer:
            await _check(answer)
            left = answer.content_length
            async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
                left = None if left is None else left - len(chunk)
                yield chunk
            if left:
                raise Unreachable("what the hub sent broke off")

    async def delete(self, name: str) -> None:
        """See Target."""
        async with self._way.request("DELETE", _path(PIECES, name)) as answer:
            await _check(answer)

    async def close(self) -> None:
        """See Target."""
        await self._way.close()

    async def _there(self, parcel: Parcel) -> There:
        async with self._way.request("GET", _path(HALF, parcel.name), headers=_headers(parcel), answer_s=None) as answer:
            return await _read(answer)

    async def _send(self, parcel: Parcel, at: int, size_bytes: int) -> There:
        data = await asyncio.to_thread(_part, parcel, at, size_bytes)
        headers = {**_headers(parcel), AT: str(at)}
        async with self._way.request("PUT", _path(PIECES, parcel.name), data=data, headers=headers, answer_s=None) as answer:
            return await _read(answer)


def _part(parcel: Parcel, at: int, size_bytes: int) -> bytes:
    try:
        with parcel.path.open("rb") as file:
            file.seek(at)
            data = file.read(size_bytes)
    except OSError as error:
        raise storage_failed(error, f"reading {parcel.path.name}") from error
    if len(data) != size_bytes:
        raise StorageFailed(StorageFault.BROKEN, f"{parcel.path.name} is shorter than it was")
    return data


def _headers(parcel: Parcel) -> dict[str, str]:
    return {SIZE: str(parcel.size_bytes), SHA256: parcel.sha256.hex()}


def _path(root: str, name: str) -> str:
    return f"{root}/{quote(checked_name(name))}"


def _proof(name: str, size_bytes: int, sha256: bytes) -> Proof:
    return Proof(how=ProofKind.SERVER_CHECKSUM, name=name, size_bytes=size_bytes, sha256=sha256)


async def _check(answer: Any) -> None:
    """Raise what an answer means that is none."""
    if answer.status < 300:
        return
    body = b""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(ANSWER_S):
            body = await answer.content.read(_MAX_WORDS)
    try:
        words = msgspec.json.decode(body, type=Words).detail[:500]
    except msgspec.MsgspecError:
        words = ""
    if answer.status in {401, 403}:
        raise TargetRefused(Trouble.CREDENTIALS, words or "the hub does not want this house any more: let it join again")
    if answer.status == 404:
        raise NotProved(words or "the hub does not have that piece")
    if answer.status == 409:
        raise NotProved(words or "the hub has something else; it is sent anew")
    if answer.status in {413, 507}:
        raise TargetRefused(Trouble.FULL, words or "the hub has no room for it")
    if answer.status == 400:
        raise BadReply(words or "the hub did not understand what it was sent: it may be an older release")
    raise Unreachable(words or f"the hub answered {answer.status}: it has a trouble of its own")


async def _read(answer: Any) -> There:
    await _check(answer)
    try:
        async with asyncio.timeout(ANSWER_S):
            found: There = _decoded(await answer.content.read(_MAX_WORDS), There)
            return found
    except TimeoutError as error:
        raise Unreachable("the hub began an answer and did not end it") from error


def _decoded(data: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.MsgspecError as error:
        raise BadReply("the hub answers what is no answer", data) from error


async def _lines(answer: Any) -> AsyncIterator[bytes]:
    rest = b""
    async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line
        if len(rest) > _MAX_LIST_LINE:
            raise BadReply("the hub lists what is no list")
