"""What the hub's port for nodes answers about footage: one handler a route, each for the node its certificate names."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
from aiohttp import web

from hearthwatch.kit.errors import BadReply, HearthwatchError
from hearthwatch.offsite.hub_shelf import Come, HubShelf, Piece, piece_of
from hearthwatch.offsite.names import checked_name
from hearthwatch.offsite.target_hub import AT, HALF, PIECES, PUT_BYTES, SHA256, SIZE, Listed, There, Words
from hearthwatch.offsite.upload import NotProved, TargetRefused, Trouble

Handle = Callable[[web.Request, str], Awaitable[web.StreamResponse]]
Pieces = Callable[[web.Request, int], AsyncIterator[bytes]]
"""Yields a body as it comes, and raises when it is longer or breaks off: `fleet.node_port.body_pieces`."""

_BATCH = 500


def routes(shelf: HubShelf, pieces: Pieces) -> tuple[tuple[str, str, Handle, int], ...]:
    """Return method, path, handler and the longest body of each route; the handler's second argument is the node."""

    async def half(request: web.Request, owner: str) -> web.StreamResponse:
        piece = _piece(request)
        return _far(await shelf.there(owner, piece), piece)

    async def put(request: web.Request, owner: str) -> web.StreamResponse:
        piece, at = _piece(request), request.headers.get(AT, "0")
        if not at.isdecimal() or len(at) > 16 or int(at) > piece.size_bytes:
            raise BadReply("it does not say where it goes on")
        return _far(await shelf.take(owner, piece, int(at), pieces(request, PUT_BYTES)), piece)

    async def get(request: web.Request, owner: str) -> web.StreamResponse:
        limit = request.query.get("limit", "")
        if limit and not (limit.isdecimal() and len(limit) < 16):
            raise BadReply("that is no number of bytes")
        chunks = shelf.place(owner).read(_name(request), limit_bytes=int(limit) if limit else None)
        first = await anext(chunks, b"")
        answer = web.StreamResponse(headers={"content-type": "application/octet-stream", "cache-control": "no-store"})
        await answer.prepare(request)
        with contextlib.suppress(ConnectionError):
            await answer.write(first)
            async for chunk in chunks:
                await answer.write(chunk)
            await answer.write_eof()
        return answer

    async def delete(request: web.Request, owner: str) -> web.StreamResponse:
        await shelf.delete(owner, _name(request))
        return web.Response(status=204)

    async def listing(request: web.Request, owner: str) -> web.StreamResponse:
        under = request.query.get("under", "")
        found = shelf.place(owner).list(_checked(under) if under else "")
        answer = web.StreamResponse(headers={"content-type": "application/jsonl", "cache-control": "no-store"})
        lines: list[bytes] = []
        first = await anext(found, None)  # what is wrong with the store is said before a good answer begins
        await answer.prepare(request)
        with contextlib.suppress(ConnectionError):
            while first is not None:
                lines.append(
                    msgspec.json.encode(Listed(name=first.name, size_bytes=first.size_bytes, changed_us=first.changed_us))
                    + b"\n"
                )
                if len(lines) >= _BATCH:
                    await answer.write(b"".join(lines))
                    lines.clear()
                first = await anext(found, None)
            end = msgspec.json.encode(Listed(name="", size_bytes=0, changed_us=0)) + b"\n"
            await answer.write(b"".join(lines) + end)
            await answer.write_eof()
        return answer

    name = "/{name:.+}"
    return (
        ("GET", HALF + name, _told(half), 0),
        ("PUT", PIECES + name, _told(put), PUT_BYTES),
        ("GET", PIECES + name, _told(get), 0),
        ("DELETE", PIECES + name, _told(delete), 0),
        ("GET", PIECES, _told(listing), 0),
    )


def _told(handle: Handle) -> Handle:
    """Say what only targets know of; all else the port says."""

    async def told(request: web.Request, owner: str) -> web.StreamResponse:
        try:
            return await handle(request, owner)
        except NotProved as error:
            return _refusal(404 if request.method != "PUT" else 409, error)
        except TargetRefused as error:
            return _refusal(507 if error.trouble is Trouble.FULL else 503, error)

    return told


def _refusal(status: int, error: HearthwatchError) -> web.Response:
    return web.Response(
        status=status, body=msgspec.json.encode(Words(detail=str(error))), content_type="application/problem+json"
    )


def _far(come: Come, piece: Piece) -> web.Response:
    there = There(size_bytes=come.size_bytes, sha256=piece.sha256.hex() if come.is_kept else "")
    return web.Response(body=msgspec.json.encode(there), content_type="application/json")


def _piece(request: web.Request) -> Piece:
    return piece_of(request.match_info["name"], request.headers.get(SIZE, ""), request.headers.get(SHA256, ""))


def _name(request: web.Request) -> str:
    return _checked(request.match_info["name"])


def _checked(name: str) -> str:
    try:
        return checked_name(name)
    except ValueError as error:
        raise BadReply(str(error)) from error
