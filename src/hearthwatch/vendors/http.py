"""The one way to a camera's web server: commands one after the other, bounded in time and size, log-in kept out of sight.

No error text holds a URL: some cameras take credentials and new passwords only there. Redirects are refused, compression is not
offered, cookies are not kept, and a name is resolved before each connection and checked as a camera's address.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, quote_plus

from hearthwatch.kit.address import resolve, source_address
from hearthwatch.kit.digest import Authenticator
from hearthwatch.kit.errors import BadReply, Refused, Unreachable, Unsupported
from hearthwatch.kit.late import late
from hearthwatch.kit.logs import hide
from hearthwatch.kit.secrets import Secret
from hearthwatch.vendors.device import Access
from hearthwatch.vendors.http_errors import HttpErrors
from hearthwatch.vendors.redaction import sample_of

if TYPE_CHECKING:
    import aiohttp
    import yarl
else:
    aiohttp, yarl = late("aiohttp"), late("yarl")

DEFAULT_LIMIT_BYTES = 1 << 20
_KEEP_ALIVE_S = 5.0  # within one round of commands; later the camera may have closed it, and a command would run twice
_CHUNK_BYTES = 65_536


class LogIn(StrEnum):
    """How a family takes credentials: DIGEST never answers Basic; CHALLENGE answers what the camera asks for, Basic only as
    long as it never offered Digest; QUERY appends them to each URL (`QueryKeys`); NONE leaves them to the client (tokens)."""

    DIGEST = "digest"
    CHALLENGE = "challenge"
    QUERY = "query"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryKeys:
    user: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One whole answer. A good status does not mean that the command worked: the family's parser knows.

    `server` and `challenges` are what its headers `Server` and `WWW-Authenticate` say, for telling whose camera it is; `date`
    is its header `Date`."""

    status: int
    content_type: str
    body: bytes
    server: str = ""
    challenges: tuple[str, ...] = ()
    date: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenStream:
    """An answer that goes on: `chunks` yields bytes until the camera ends it or is silent for too long (Unreachable)."""

    content_type: str
    chunks: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOn:
    """An answer to somebody else's request, whatever its status; header names are lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    chunks: AsyncIterator[bytes]


class Upload(Protocol):
    """A body that is too big to be held whole."""

    @property
    def content_type(self) -> str: ...

    @property
    def length_bytes(self) -> int: ...

    def body(self) -> AsyncIterator[bytes]:
        """Return it from its beginning; called once for each time it has to be sent."""
        ...


_Body = bytes | Callable[[], AsyncIterator[bytes]] | None


class CameraHttp:
    """The one owner of the connections to a camera's web server; `close` it. For one event loop."""

    def __init__(
        self,
        access: Access,
        *,
        rng: random.Random,
        log_in: LogIn,
        query_keys: QueryKeys | None = None,
        timeout_s: float = 10.0,
    ) -> None:
        assert (log_in is LogIn.QUERY) == (query_keys is not None)
        self._rng = rng
        self._log_in = log_in
        self._query_keys = query_keys
        self._timeout_s = timeout_s
        self._command = asyncio.Lock()
        self._session: aiohttp.ClientSession | None = None
        self._closed = False
        self._challenged = 0
        self.use(access)

    @property
    def name(self) -> str:
        return f"{self._access.camera} at {self._access.host}"

    @property
    def access(self) -> Access:
        """How the camera is reached now."""
        return self._access

    @property
    def password(self) -> Secret:
        return self._access.password

    def use(self, access: Access) -> None:
        """Reach the camera as `access` says from now on: another address, another account, another password."""
        self._access = access
        hide_spellings(access.password)
        digest_only = self._log_in is LogIn.DIGEST
        self._auth = Authenticator(access.user, access.password.reveal(), self._rng, digest_only=digest_only)
        self.digest_works = False
        """The camera asked for Digest and took our answer: it needs no other proof."""

    def use_password(self, password: Secret) -> None:
        """Log in with `password` from now on."""
        self.use(replace(self._access, password=password))

    async def get(
        self, target: str, *, step: str, limit_bytes: int = DEFAULT_LIMIT_BYTES, also: frozenset[int] = frozenset()
    ) -> Reply:
        """Send GET `target` (path and query, encoded as it goes out) and return its answer with status 200 or one of `also`.

        `step` says in an error what was tried ("reading the log"). Raises Unreachable, Refused, Unsupported (404) and BadReply.
        """
        return await self._run("GET", target, None, {}, step=step, limit_bytes=limit_bytes, also=also)

    async def post(
        self,
        target: str,
        body: bytes,
        content_type: str,
        *,
        step: str,
        limit_bytes: int = DEFAULT_LIMIT_BYTES,
        also: frozenset[int] = frozenset(),
    ) -> Reply:
        """As `get`, with a body."""
        headers = {"Content-Type": content_type}
        return await self._run("POST", target, body, headers, step=step, limit_bytes=limit_bytes, also=also)

    async def upload(self, target: str, upload: Upload, *, step: str, timeout_s: float) -> Reply:
        """As `post`, with a body that is read while it is sent; its whole way may take `timeout_s`."""
        headers = {"Content-Type": upload.content_type, "Content-Length": str(upload.length_bytes)}
        return await self._run(
            "POST",
            target,
            upload.body,
            headers,
            step=step,
            limit_bytes=DEFAULT_LIMIT_BYTES,
            also=frozenset(),
            timeout_s=timeout_s,
        )

    async def _run(
        self,
        method: str,
        target: str,
        body: _Body,
        headers: Mapping[str, str],
        *,
        step: str,
        limit_bytes: int,
        also: frozenset[int],
        timeout_s: float | None = None,
    ) -> Reply:
        within_s = timeout_s or self._timeout_s
        async with self._command:
            with self._telling(step, within_s):
                async with asyncio.timeout(within_s), self._asked(method, target, body, headers) as answer:
                    HttpErrors(self.name).judge(answer.status, step, also)
                    content = await self._whole(answer, step, limit_bytes)
                    return Reply(
                        status=answer.status,
                        content_type=answer.headers.get("Content-Type", ""),
                        body=content,
                        server=answer.headers.get("Server", "")[:200],
                        challenges=tuple(answer.headers.getall("WWW-Authenticate", []))[:8],
                        date=answer.headers.get("Date", "")[:100],
                    )

    @contextlib.asynccontextmanager
    async def stream(self, target: str, *, step: str, silence_s: float) -> AsyncIterator[OpenStream]:
        """Open an answer that goes on, on a connection beside the commands'; it ends after `silence_s` without a byte."""
        async with contextlib.AsyncExitStack() as stack:
            with self._telling(step):
                async with asyncio.timeout(self._timeout_s):
                    answer = await stack.enter_async_context(self._asked("GET", target, None, {}))
                    HttpErrors(self.name).judge(answer.status, step)
            chunks = self._chunks(answer, step, silence_s)
            stack.push_async_callback(chunks.aclose)
            yield OpenStream(content_type=answer.headers.get("Content-Type", ""), chunks=chunks)

    @contextlib.asynccontextmanager
    async def hand_on(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, *, step: str, silence_s: float
    ) -> AsyncIterator[HandedOn]:
        """Send what somebody else asks for, with our log-in where the camera asks for one; nothing of the answer is judged.

        Raises Unreachable, BadReply, and Refused where our log-in was not taken."""
        async with contextlib.AsyncExitStack() as stack:
            with self._telling(step):
                async with asyncio.timeout(self._timeout_s):
                    answer = await stack.enter_async_context(self._asked(method, target, body or None, headers))
            chunks = self._chunks(answer, step, silence_s)
            stack.push_async_callback(chunks.aclose)
            given = tuple((name.lower(), value) for name, value in answer.headers.items())
            yield HandedOn(status=answer.status, headers=given, chunks=chunks)

    async def _chunks(self, answer: aiohttp.ClientResponse, step: str, silence_s: float) -> AsyncGenerator[bytes]:
        while True:
            with self._telling(step, silence_s):
                async with asyncio.timeout(silence_s):
                    data = await answer.content.readany()
            if not data:
                return
            yield data

    async def foreign_ipv4(self, ip: str, step: str) -> str:
        """Return `ip`; raises Unsupported if it is the address from which we come to this camera: blocked, we were outside."""
        camera = yarl.URL((await self._base())[0]).host or ""
        if ip == source_address(camera):
            raise Unsupported(f"{self.name}, {step}: {ip} is this machine itself")
        return ip

    async def close(self) -> None:
        """For good: who still holds this and asks gets Unreachable, instead of a connection that nobody would close."""
        self._closed = True
        if self._session is not None:
            await self._session.close()
            self._session = None

    @contextlib.asynccontextmanager
    async def _asked(
        self, method: str, target: str, body: _Body, headers: Mapping[str, str]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send it, answering challenges with a body from its beginning; the answer is open in the `async with`."""
        base, host = await self._base()
        url = yarl.URL(base + self._with_credentials(target), encoded=True)
        for _ in range(4):
            sent = {**headers, "Host": host}
            challenged = self._challenged
            if (authorization := self._auth.header(method, target)) is not None:
                sent["Authorization"] = authorization
            context = _tls() if self._access.tls else True
            async with self._open().request(
                method,
                url,
                data=body() if callable(body) else body,
                headers=sent,
                ssl=context,
                allow_redirects=False,
                server_hostname=self._sni(),
            ) as answer:
                challenges = answer.headers.getall("WWW-Authenticate", [])
                if answer.status != 401 or not challenges or self._log_in in {LogIn.QUERY, LogIn.NONE}:
                    if answer.status < 400:
                        self._auth.accepted()
                        self.digest_works = (authorization or "").startswith("Digest ")
                    yield answer
                    return
                if challenged == self._challenged:  # else a request beside this one was challenged meanwhile: answer that
                    self._challenged += 1
                    self._auth.challenge(challenges)
        raise Refused("wrong user name or password")

    async def _base(self) -> tuple[str, str]:
        """Resolve anew: connect to just the address that was checked."""
        access = self._access
        ip, port = await asyncio.to_thread(resolve, access.host, access.port, access.allow_loopback)
        if access.gate is not None:
            access.gate(access.camera, ip)
        bracketed = f"[{ip}]" if ":" in ip else ip
        host = f"[{access.host}]" if ":" in access.host and not access.host.startswith("[") else access.host
        return f"{'https' if access.tls else 'http'}://{bracketed}:{port}", f"{host}:{port}"

    def _sni(self) -> str | None:
        return self._access.host.strip("[]") if self._access.tls else None

    def _with_credentials(self, target: str) -> str:
        if self._query_keys is None:
            return target
        keys = self._query_keys
        user, password = quote(self._access.user, safe=""), quote(self.password.reveal(), safe="")
        pair = f"{keys.user}={user}&{keys.password}={password}"
        return f"{target}{'&' if '?' in target else '?'}{pair}"

    def _open(self) -> aiohttp.ClientSession:
        if self._closed:
            raise Unreachable("the connection to it was given up meanwhile")
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=2, keepalive_timeout=_KEEP_ALIVE_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, connect=self._timeout_s),
                headers={"User-Agent": "Hearthwatch", "Accept": "*/*", "Accept-Encoding": "identity"},
                auto_decompress=False,
                trust_env=False,
            )
        return self._session

    async def _whole(self, answer: aiohttp.ClientResponse, step: str, limit_bytes: int) -> bytes:
        body = bytearray()
        too_long = (answer.content_length or 0) > limit_bytes
        while not too_long and (data := await answer.content.read(_CHUNK_BYTES)):
            body += data
            too_long = len(body) > limit_bytes
        if too_long:
            answer.close()
            raise BadReply(f"{self.name}, {step}: an answer of more than {limit_bytes} bytes", sample_of(bytes(body)))
        return bytes(body)

    def named(self, step: str) -> AbstractContextManager[None]:
        """Put camera and step in front of our errors that come from within: those of a parser know neither."""
        return HttpErrors(self.name).named(step)

    def _telling(self, step: str, within_s: float | None = None) -> AbstractContextManager[None]:
        return HttpErrors(self.name).translated(step, within_s or self._timeout_s)


@cache
def _tls() -> ssl.SSLContext:
    """TLS as cameras have it: their certificates are self-signed, so that it keeps listeners out but proves no identity."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def hide_spellings(secret: Secret) -> None:
    """Keep also what becomes of `secret` in a URL out of logs and errors; a Secret hides only itself."""
    for spelling in (quote(secret.reveal(), safe=""), quote_plus(secret.reveal()), quote(secret.reveal(), safe="[]:,/")):
        hide(spelling)


def query(pairs: Mapping[str, str]) -> str:
    """Return `pairs` as a query. Brackets go out as they are: some firmware refuses encoded ones."""
    return "&".join(f"{quote(name, safe='[]')}={quote(value, safe='[]:,/')}" for name, value in pairs.items())
