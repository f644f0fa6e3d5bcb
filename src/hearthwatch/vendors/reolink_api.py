"""How Reolink's commands are sent: JSON by POST with the token of a log-in, which is kept, renewed and always given back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar
from urllib.parse import quote

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import NS_PER_S, US_PER_S, WallUs
from hearthwatch.vendors.device import Access, ClockReading, LocalUs
from hearthwatch.vendors.http import DEFAULT_LIMIT_BYTES, CameraHttp, LogIn, Reply
from hearthwatch.vendors.reolink_media import is_jpeg
from hearthwatch.vendors.reolink_reply import Answer, Values, answers, local_time, token_of, value_of

T = TypeVar("T")

MAX_PASSWORD_CHARS = 31
_PATHS = ("/cgi-bin/api.cgi", "/api.cgi")
_JSON = "application/json"
_RENEW_S = 300
_RESOLUTION_US = 500_000  # the clock is told in whole seconds
_PICTURE_BYTES = 16 << 20
_SILENCE_S = 20.0
_FAILURE_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    name: str
    param: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    """`text` stands in every URL: no error or log may show it."""

    text: str = field(repr=False)
    renew_ns: int


class ReolinkApi:
    """The commands of one camera, on its one `http` and one log-in: a camera has room for few."""

    def __init__(self, access: Access, *, clock: Clock, rng: random.Random, timeout_s: float) -> None:
        self._clock = clock
        self._rng = rng
        self._path = _PATHS[0]
        self._turn = asyncio.Lock()
        self._token: _Token | None = None
        self._entering: asyncio.Task[None] | None = None
        self.http = CameraHttp(access, rng=rng, log_in=LogIn.NONE, timeout_s=timeout_s)

    async def close(self) -> None:
        """Log out, whatever state the camera is in, and drop the connection."""
        try:
            await self.log_out()
        finally:
            await self.http.close()

    async def ask(self, commands: Sequence[Command], step: str, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> tuple[Answer, ...]:
        """Send `commands` as one batch and return their answers in order, failed ones too; `step` is for the error's text."""
        batch = [{"cmd": one.name, "action": 0, "param": one.param} for one in commands]
        body = json.dumps(batch).encode()

        async def send(token: str) -> tuple[Answer, ...]:
            target = f"{self._path}?cmd={commands[0].name}&token={quote(token, safe='')}"
            reply = await self.http.post(target, body, _JSON, step=step, limit_bytes=limit_bytes)
            return _without_token(answers(reply.body, len(commands), step), token)

        async with self._turn:
            found = await self._logged_in(send)
            if any(one.needs_log_in for one in found):
                self._token = None
                found = await self._logged_in(send)
            return found

    async def send_form(self, command: str, body: bytes, content_type: str, step: str) -> None:
        """Send one form to `command`, a name with further parameters of the URL."""

        async def send(token: str) -> Answer:
            target = f"{self._path}?cmd={command}&token={quote(token, safe='')}"
            reply = await self.http.post(target, body, content_type, step=step)
            return _without_token(answers(reply.body, 1, step), token)[0]

        async with self._turn:
            answer = await self._logged_in(send)
        with self.http.named(step):
            value_of(answer, step)

    async def value(self, command: Command, step: str) -> Values:
        """Send one command and return the value of its answer; raises what its failure means."""
        [answer] = await self.ask([command], step)
        with self.http.named(step):
            return value_of(answer, step)

    async def picture(self, channel: int) -> bytes:
        """Return what `Snap` answers, a JPEG."""
        step = "taking a picture"

        async def send(token: str) -> Reply | Answer:
            target = (
                f"{self._path}?cmd=Snap&channel={channel}&rs={self._rng.getrandbits(40):010x}&token={quote(token, safe='')}"
            )
            reply = await self.http.get(target, step=step, limit_bytes=_PICTURE_BYTES)
            return reply if is_jpeg(reply.body) else _without_token(answers(reply.body, 1, step), token)[0]

        async with self._turn:
            found = await self._logged_in(send)
            if isinstance(found, Answer) and found.needs_log_in:
                self._token = None
                found = await self._logged_in(send)
        with self.http.named(step):
            if isinstance(found, Answer):
                value_of(found, step)
                raise BadReply("the camera said yes and sent no picture")
            return found.body

    async def download(self, name: str) -> AsyncGenerator[bytes]:
        """Yield what `Download` answers, piece by piece; a failure comes with a good status, as JSON in place of the file."""
        step = "reading from its card"
        answer: Answer | None = None
        for _ in range(2):
            async with self._turn:
                token = await self._logged_in(_itself)
            source, output = quote(name, safe="/"), quote(name.rpartition("/")[2], safe="")
            target = f"{self._path}?cmd=Download&source={source}&output={output}&token={quote(token, safe='')}"
            with _telling_no_token(token):
                async with self.http.stream(target, step=step, silence_s=_SILENCE_S) as stream:
                    first = await anext(stream.chunks, b"")
                    if not first.lstrip().startswith(b"["):
                        yield first
                        async for chunk in stream.chunks:
                            yield chunk
                        return
                    while len(first) < _FAILURE_BYTES and (more := await anext(stream.chunks, b"")):
                        first += more
                with self.http.named(step):
                    [answer] = _without_token(answers(first, 1, step), token)
            if not answer.needs_log_in:
                break
            if self._token is not None and self._token.text == token:
                self._token = None
        with self.http.named(step):
            assert answer is not None
            value_of(answer, step)
            raise BadReply("the camera said yes and sent no recording")

    async def clock(self) -> ClockReading:
        """Read the camera's clock between two readings of ours."""
        before_us, before_ns = self._clock.wall_us(), self._clock.mono_ns()
        value = await self.value(Command(name="GetTime"), "reading its clock")
        half_us = (self._clock.mono_ns() - before_ns) * US_PER_S // NS_PER_S // 2
        with self.http.named("reading its clock"):
            shown_us = LocalUs(local_time(value) + _RESOLUTION_US)
        return ClockReading(local_us=shown_us, at_us=WallUs(before_us + half_us), error_us=half_us + _RESOLUTION_US)

    async def _logged_in(self, send: Callable[[str], Awaitable[T]]) -> T:
        """Run `send` with a token that still holds for a while."""
        if self._token is not None and self._clock.mono_ns() >= self._token.renew_ns:
            await self._leave()
        if self._token is None:
            await self._enter()
        assert self._token is not None
        with _telling_no_token(self._token.text):
            return await send(self._token.text)

    async def _enter(self) -> None:
        """Log in; once begun it goes on when we are cancelled, so that `log_out` knows which token to give back."""
        if self._entering is None:
            self._entering = asyncio.create_task(self._log_in())
            self._entering.add_done_callback(_seen)
        await asyncio.shield(self._entering)

    async def _log_in(self) -> None:
        try:
            token, lease_s = await self._token_for(self.http.access.user, self.http.password)
        finally:
            self._entering = None
        held_s = lease_s - _RENEW_S if lease_s > 2 * _RENEW_S else lease_s // 2
        self._token = _Token(text=token, renew_ns=self._clock.mono_ns() + held_s * NS_PER_S)

    async def _token_for(self, user: str, password: Secret) -> tuple[str, int]:
        step = "logging in"
        if len(password.reveal()) > MAX_PASSWORD_CHARS:
            raise Refused(f"{self.http.name}, {step}: Reolink passwords have {MAX_PASSWORD_CHARS} characters at most")
        who = {"Version": "0", "userName": user, "password": password.reveal()}
        body = json.dumps([{"cmd": "Login", "action": 0, "param": {"User": who}}]).encode()
        try:
            reply = await self.http.post(f"{self._path}?cmd=Login", body, _JSON, step=step)
        except Unsupported:
            self._path = _PATHS[1] if self._path == _PATHS[0] else _PATHS[0]
            reply = await self.http.post(f"{self._path}?cmd=Login", body, _JSON, step=step)
        with self.http.named(step):
            return token_of(answers(reply.body, 1, step, may_sample=False)[0])

    async def try_password(self, user: str, password: Secret) -> None:
        """Log in as `user` and out again. Raises Refused when the camera does not take it."""
        async with self._turn:
            text, _ = await self._token_for(user, password)
            await self._give_back(_Token(text=text, renew_ns=0))

    async def log_out(self) -> None:
        """Give the token back, also that of a log-in still under way. A camera that does not answer forgets it by itself."""
        if self._entering is not None:
            with contextlib.suppress(HearthwatchError):
                await self._enter()
        await self._leave()

    async def _leave(self) -> None:
        token, self._token = self._token, None
        if token is not None:
            await self._give_back(token)

    async def _give_back(self, token: _Token) -> None:
        step = "logging out"
        body = json.dumps([{"cmd": "Logout", "action": 0, "param": {}}]).encode()
        target = f"{self._path}?cmd=Logout&token={quote(token.text, safe='')}"
        with contextlib.suppress(HearthwatchError):
            await self.http.post(target, body, _JSON, step=step)


async def _itself(token: str) -> str:
    return token


def _without_token(found: tuple[Answer, ...], token: str) -> tuple[Answer, ...]:
    """Take the token out of what the camera says of a failure: it may well say it back."""
    return tuple(replace(one, detail=one.detail.replace(token, "***")) if one.code else one for one in found)


@contextlib.contextmanager
def _telling_no_token(token: str) -> Iterator[None]:
    """As `_without_token` for our own errors, whose sample shows what came."""
    try:
        yield
    except HearthwatchError as error:
        error.args = tuple(one.replace(token, "***") if isinstance(one, str) else one for one in error.args)
        if isinstance(error, BadReply):
            error.sample = error.sample.replace(token.encode(), b"***")
        raise


def _seen(task: asyncio.Task[None]) -> None:
    """Whoever waited for it tells its error; when nobody does any more it is no news."""
    if not task.cancelled():
        task.exception()
