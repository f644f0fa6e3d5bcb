"""Requests to an S3 service by aiohttp: signed, bounded, and what goes wrong in the owner's words."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, HearthwatchError, Unreachable
from hearthwatch.kit.late import late
from hearthwatch.offsite.s3_faults import fault
from hearthwatch.offsite.s3_sign import Credentials, Request, canonical_query, quoted, signed_headers
from hearthwatch.offsite.upload import Pace, TargetId, TargetOptions, TargetRefused, Trouble

if TYPE_CHECKING:
    import aiohttp
    import yarl
else:
    aiohttp, yarl = late("aiohttp"), late("yarl")

_MAX_REPLY_BYTES = 8 << 20

Chunks = Callable[[], AsyncIterator[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A body that is sent chunk by chunk, each when `pace` allows."""

    size_bytes: int
    chunks: Chunks
    pace: Pace


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """`headers` by lower-case name."""

    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)


class S3Client:
    """One bucket with one key."""

    def __init__(
        self, name: TargetId, options: TargetOptions, credentials: Credentials, clock: Clock, *, answer_s: float
    ) -> None:
        self._name = name
        self._options = options
        self._credentials = credentials
        self._clock = clock
        self._answer_s = answer_s
        self._session: aiohttp.ClientSession | None = None
        parts = urlsplit(options.endpoint)
        self._scheme, self._host = parts.scheme, parts.netloc
        self._base = parts.path.rstrip("/")

    @property
    def where(self) -> str:
        return f"the bucket {self._options.bucket} at {self._host}"

    async def close(self) -> None:
        """Let go of connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def ask(
        self,
        method: str,
        key: str,
        *,
        query: tuple[tuple[str, str], ...] = (),
        headers: dict[str, str] | None = None,
        body: bytes | Body = b"",
        body_sha256: str | None = None,
    ) -> Reply:
        """Ask and return a good answer with its whole, bounded body. Raises what Target says, NoSuchUpload among it."""
        async with self._asked(method, key, query=query, headers=headers, body=body, body_sha256=body_sha256) as reply:
            content = await self._content(reply, _MAX_REPLY_BYTES)
            found = Reply(status=reply.status, headers={k.lower(): v for k, v in reply.headers.items()}, body=content)
        if found.status >= 300 or b"<Error>" in found.body[:200]:  # completing an upload may fail after it answered 200
            raise fault(self._name, self.where, found.status, found.body, key)
        return found

    async def stream(self, key: str, *, limit_bytes: int | None = None) -> AsyncIterator[bytes]:
        """Yield an object, or its first bytes. Raises as `ask`."""
        headers = {} if limit_bytes is None else {"range": f"bytes=0-{limit_bytes - 1}"}
        async with self._asked("GET", key, headers=headers) as reply:
            if reply.status == 416:  # a range of an empty object
                return
            if reply.status >= 300:
                content = await self._content(reply, _MAX_REPLY_BYTES)
                raise fault(self._name, self.where, reply.status, content, key)
            sent = 0
            async for chunk in reply.content.iter_chunked(256 * 1024):
                if limit_bytes is not None and sent + len(chunk) > limit_bytes:
                    yield chunk[: limit_bytes - sent]
                    return
                sent += len(chunk)
                yield chunk

    @contextlib.asynccontextmanager
    async def _asked(
        self,
        method: str,
        key: str,
        *,
        query: tuple[tuple[str, str], ...] = (),
        headers: dict[str, str] | None = None,
        body: bytes | Body = b"",
        body_sha256: str | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send one request and lend its answer; a service that takes or gives nothing for a while is given up."""
        if self._credentials.secret is None:
            raise TargetRefused(
                Trouble.CREDENTIALS,
                f"the access key of {self._name} has no secret yet: `hearthwatch secrets set offsite.{self._name}.secret_key`",
            )
        path = f"{self._base}/{quoted(self._options.bucket)}" + (f"/{quoted(key, keep='/')}" if key else "")
        size = body.size_bytes if isinstance(body, Body) else len(body)
        hashed = body_sha256 or hashlib.sha256(body if isinstance(body, bytes) else b"").hexdigest()
        asked = Request(method=method, path=path, query=query, headers=headers or {}, body_sha256=hashed)
        carried = signed_headers(
            asked, self._host, credentials=self._credentials, region=self._options.region, at_us=self._clock.wall_us()
        )
        carried["content-length"] = str(size)
        url = yarl.URL(f"{self._scheme}://{self._host}{path}" + (f"?{canonical_query(query)}" if query else ""), encoded=True)
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=4, keepalive_timeout=30)
            timeout = aiohttp.ClientTimeout(total=None, connect=self._answer_s, sock_read=2 * self._answer_s)
            self._session = aiohttp.ClientSession(timeout=timeout, connector=connector, trust_env=False)
        try:
            async with asyncio.timeout(None) as stall:
                data = _watched(body, stall, self._answer_s) if isinstance(body, Body) else body
                async with self._session.request(
                    method,
                    url,
                    data=data or None,
                    headers=carried,
                    allow_redirects=False,
                    skip_auto_headers=("Content-Type", "Accept-Encoding", "User-Agent"),
                ) as reply:
                    stall.reschedule(None)
                    yield reply
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            await self.close()
            raise Unreachable(f"the connection to {self._host} was lost or stood still ({type(error).__name__})") from error
        except HearthwatchError:
            raise
        except (ValueError, AssertionError) as error:  # what aiohttp says of a peer that breaks HTTP in odd ways
            await self.close()
            raise BadReply(f"{self._host} does not speak HTTP as it should") from error

    async def _content(self, reply: aiohttp.ClientResponse, limit_bytes: int) -> bytes:
        found = bytearray()
        async for chunk in reply.content.iter_chunked(64 * 1024):
            found += chunk
            if len(found) > limit_bytes:
                raise BadReply(f"{self._host} answers without end")
        return bytes(found)


async def _watched(body: Body, stall: asyncio.Timeout, answer_s: float) -> AsyncIterator[bytes]:
    """Yield a body at its pace; the clock runs only while a chunk is under way."""
    loop = asyncio.get_running_loop()
    async for chunk in body.chunks():
        stall.reschedule(None)
        await body.pace(len(chunk))
        stall.reschedule(loop.time() + answer_s)
        yield chunk
