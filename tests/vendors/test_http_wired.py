"""The way to a camera's web server, against one that does everything a socket allows."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import ssl
import traceback
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.vendors.web_camera import BASIC, DIGEST, PASSWORD, USER, Request, WebCamera, reply, running, saying

from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, Unreachable, Unsupported
from hearthwatch.kit.logs import redact
from hearthwatch.kit.secrets import Secret, Secrets
from hearthwatch.kit.units import camera_id
from hearthwatch.vendors.device import Access
from hearthwatch.vendors.http import CameraHttp, LogIn, QueryKeys, query
from hearthwatch.web.tls import certificate

pytestmark = pytest.mark.wired
TARGET = "/cgi-bin/x.cgi?action=read"


@contextlib.asynccontextmanager
async def client(camera: WebCamera, log_in: LogIn = LogIn.DIGEST, **more: Any) -> AsyncIterator[CameraHttp]:
    access = Access(
        camera=camera_id("front"),
        host=more.pop("host", "127.0.0.1"),
        port=camera.port,
        user=USER,
        password=Secret(more.pop("password", PASSWORD)),
        allow_loopback=more.pop("allow_loopback", True),
        tls=more.pop("tls", False),
    )
    http = CameraHttp(access, rng=random.Random(1), log_in=log_in, **more)
    try:
        yield http
    finally:
        await http.close()


async def refusal(camera: WebCamera, log_in: LogIn = LogIn.DIGEST, **more: Any) -> HearthwatchError:
    """The error of one command."""
    async with running(camera), client(camera, log_in, **more) as http:
        with pytest.raises(HearthwatchError) as caught:
            await http.get(TARGET, step="reading it", limit_bytes=1000)
    assert str(caught.value).startswith("front at ")
    assert "reading it" in str(caught.value)
    return caught.value


async def test_digest_is_answered_once_and_kept() -> None:
    camera = WebCamera(answer=saying(reply(b"OK")), challenges=(DIGEST,))
    async with running(camera), client(camera) as http:
        for _ in range(3):
            assert (await http.get(TARGET, step="reading it")).body == b"OK"
    assert [one.headers["authorization"].partition(" ")[0] for one in camera.requests] == ["Digest"] * 3
    assert camera.most_open == 1


async def test_sec_23_a_wrong_password_is_refused_without_a_second_try() -> None:
    camera = WebCamera(answer=saying(reply(b"OK")), challenges=(DIGEST,))
    error = await refusal(camera, password="something else")
    assert isinstance(error, Refused)
    assert "wrong user name or password" in str(error)
    assert camera.requests == []


async def test_basic_is_never_said_where_digest_belongs() -> None:
    camera = WebCamera(answer=saying(reply(b"OK")), challenges=(BASIC,))
    assert isinstance(await refusal(camera, LogIn.DIGEST), Refused)


async def test_basic_is_said_only_before_digest_was_offered() -> None:
    camera = WebCamera(answer=saying(reply(b"OK")), challenges=(BASIC,))
    async with running(camera), client(camera, LogIn.CHALLENGE) as http:
        assert (await http.get(TARGET, step="reading it")).status == 200
        camera.challenges = (BASIC, DIGEST)
        assert (await http.get(TARGET, step="reading it")).status == 200
        assert camera.requests[-1].headers["authorization"].startswith(("Digest ", "Basic "))
        camera.challenges = (DIGEST,)
        assert (await http.get(TARGET, step="reading it")).status == 200
        assert camera.requests[-1].headers["authorization"].startswith("Digest ")
        camera.challenges = (BASIC,)
        camera.password = "changed"
        with pytest.raises(Refused):
            await http.get(TARGET, step="reading it")


async def test_a_changed_password_is_used() -> None:
    camera = WebCamera(answer=saying(reply(b"OK")), challenges=(DIGEST,))
    async with running(camera), client(camera) as http:
        await http.get(TARGET, step="reading it")
        camera.password = "the new one"
        http.use_password(Secret("the new one"))
        assert (await http.get(TARGET, step="reading it")).status == 200


async def test_sec_36_credentials_in_the_query_reach_the_camera_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    keys = QueryKeys(user="usr", password="pwd")
    camera = WebCamera(answer=saying(reply(b"no", status="500 Oops")))
    error = await refusal(camera, LogIn.QUERY, query_keys=keys)
    assert isinstance(error, Unreachable)
    assert camera.targets == [f"{TARGET}&usr=watch&pwd=pa%20ss%26w%2Brd%25"]
    broken = WebCamera(
        answer=saying(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX: " + b"y" * 20_000 + b"\r\n\r\n", then_close=True)
    )
    other = await refusal(broken, LogIn.QUERY, query_keys=keys)
    told = "".join(traceback.format_exception(error)) + "".join(traceback.format_exception(other)) + caplog.text
    for spelling in (PASSWORD, "pa%20ss", "pa+ss"):
        assert spelling not in told


async def test_the_password_is_hidden_in_every_spelling_of_a_url() -> None:
    camera = WebCamera(answer=saying(reply(b"OK")))
    async with client(camera, password="sp ecial/word&1"):
        shown = redact("a sp ecial/word&1 b sp%20ecial%2Fword%261 c sp+ecial%2Fword%261 d")
    assert shown == "a *** b *** c *** d"


async def test_commands_go_one_after_the_other() -> None:
    busy = 0
    most = 0

    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0)
        busy -= 1
        writer.write(reply(b"OK"))

    camera = WebCamera(answer=answer)
    async with running(camera), client(camera) as http:
        await asyncio.gather(*(http.get(TARGET, step="reading it") for _ in range(20)))
    assert len(camera.requests) == 20
    assert (most, camera.most_open) == (1, 1)


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (reply(b"", status="302 Found", headers=("Location: http://192.0.2.66/",)), BadReply, "another address"),
        (reply(b"", status="404 Not Found"), Unsupported, "does not offer"),
        (reply(b"", status="403 Forbidden"), Refused, "refuses this user"),
        (reply(b"", status="500 Internal"), Unreachable, "status 500"),
        (reply(b"", status="418 Teapot"), BadReply, "status 418"),
        (reply(b"x" * 1001), BadReply, "more than 1000 bytes"),
        (reply(b"x", length=10**12), BadReply, "more than 1000 bytes"),
        (b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 5000, BadReply, "more than 1000 bytes"),
        (reply(b"half of it", length=100), Unreachable, "broke"),
        (reply(b"", length=-5), BadReply, "not HTTP"),
        (b"SSH-2.0-dropbear\r\n\r\n", BadReply, "not HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"X-Filler: y\r\n" * 100_000 + b"\r\n", BadReply, "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", BadReply, "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", None, ""),
        (b"", Unreachable, "broke"),
    ],
)
async def test_sec_22_every_misbehaviour_is_one_of_our_errors(
    answer: bytes, kind: type[HearthwatchError] | None, said: str
) -> None:
    error = await refusal(WebCamera(answer=saying(answer, then_close=True)))
    assert isinstance(error, kind or (BadReply, Unreachable))
    assert said in str(error)


async def test_sec_22_compression_is_not_unpacked() -> None:
    camera = WebCamera(answer=saying(reply(b"\x1f\x8b bomb", headers=("Content-Encoding: gzip",))))
    async with running(camera), client(camera) as http:
        assert (await http.get(TARGET, step="reading it")).body == b"\x1f\x8b bomb"
    assert camera.requests[0].headers["accept-encoding"] == "identity"


async def test_a_camera_that_says_nothing_or_trickles_is_left_in_time() -> None:
    async def trickle(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
        for _ in range(900):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def silent(_: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    for answer in (trickle, silent):
        camera = WebCamera(answer=answer)
        error = await refusal(camera, timeout_s=0.3)
        assert isinstance(error, Unreachable)
        assert "no answer within" in str(error)


async def test_sec_17_loopback_is_refused_by_name_and_number_unless_allowed() -> None:
    for host in ("127.0.0.1", "localhost"):
        camera = WebCamera(answer=saying(reply(b"OK")))
        error = await refusal(camera, allow_loopback=False, host=host)
        assert isinstance(error, Unsupported)
        assert camera.connections == 0


async def test_nobody_there() -> None:
    camera = WebCamera(answer=saying(b""))
    async with running(camera):
        pass
    async with client(camera) as http:
        with pytest.raises(Unreachable, match="cannot connect"):
            await http.get(TARGET, step="reading it")


async def test_a_name_is_sent_as_host() -> None:
    camera = WebCamera(answer=saying(reply(b"OK")))
    async with running(camera), client(camera, host="localhost") as http:
        await http.get(TARGET, step="reading it")
    assert camera.requests[0].headers["host"] == f"localhost:{camera.port}"


async def test_post_carries_the_body() -> None:
    camera = WebCamera(answer=saying(reply(b"[]")), challenges=(DIGEST,))
    async with running(camera), client(camera) as http:
        answer = await http.post("/api.cgi?cmd=X", b'[{"cmd":"X"}]', "application/json", step="asking X")
    assert answer.body == b"[]"
    (request,) = camera.requests
    assert (request.method, request.body, request.headers["content-type"]) == ("POST", b'[{"cmd":"X"}]', "application/json")


async def test_a_stream_runs_beside_commands_and_ends_by_silence() -> None:
    ended, closed = asyncio.Event(), asyncio.Event()

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if "attach" not in request.target:
            writer.write(reply(b"OK"))
            return
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\none")
        await ended.wait()
        try:
            while True:
                writer.write(b"more")
                await writer.drain()
                await asyncio.sleep(0)
        except ConnectionError:
            closed.set()

    camera = WebCamera(answer=answer, challenges=(DIGEST,))
    async with running(camera), client(camera) as http:
        got = []
        async with http.stream("/attach", step="listening", silence_s=0.2) as stream:
            assert "boundary=b" in stream.content_type
            got.append(await anext(stream.chunks))
            assert (await http.get(TARGET, step="reading it")).body == b"OK"
            with pytest.raises(Unreachable, match=r"front at .*listening: no answer within"):
                await anext(stream.chunks)
        assert got == [b"one"]
        ended.set()
        await closed.wait()


async def test_an_error_of_the_listener_stays_its_own() -> None:
    camera = WebCamera(answer=saying(b"HTTP/1.1 200 OK\r\n\r\none", then_close=True))
    async with running(camera), client(camera) as http:

        async def listen() -> None:
            async with http.stream("/attach", step="listening", silence_s=5) as stream:
                async for _ in stream.chunks:
                    raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await listen()


async def test_tls_with_a_certificate_of_its_own(tmp_path: Path) -> None:
    made = certificate(tmp_path, Secrets(tmp_path), SystemClock())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.path)
    camera = WebCamera(answer=saying(reply(b"OK")), challenges=(DIGEST,))
    async with running(camera, context), client(camera, tls=True) as http:
        assert (await http.get(TARGET, step="reading it")).body == b"OK"


def test_a_query_keeps_brackets_and_encodes_the_rest() -> None:
    assert query({"codes": "[All]", "A[0].B": "x&y=z\r\n", "t": "2020-01-02 03:04:05"}) == (
        "codes=[All]&A[0].B=x%26y%3Dz%0D%0A&t=2020-01-02%2003:04:05"
    )


class _Crowd(WebCamera):
    """Lets the first two requests without a log-in wait for each other, so that both are challenged at once."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.both = asyncio.Event()
        self.bare = 0

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.both.is_set():
            self.bare += 1
            if self.bare == 2:
                self.both.set()
        await self.both.wait()
        await super()._one(reader, writer)


async def test_a_stream_and_a_command_challenged_at_once_are_no_wrong_password() -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(b"OK") if request.target == TARGET else b"HTTP/1.1 200 OK\r\n\r\npart")

    async with running(_Crowd(answer=answer, challenges=(DIGEST,))) as camera, client(camera) as http:

        async def listen() -> bytes:
            async with http.stream("/attach", step="listening", silence_s=5) as stream:
                return await anext(stream.chunks)

        part, said = await asyncio.gather(listen(), http.get(TARGET, step="reading it"))
        assert part == b"part"
        assert said.body == b"OK"


async def test_no_connection_is_made_past_a_gate_that_is_shut() -> None:
    def gate(name: str, ip: str) -> None:
        raise Refused(f"{name} is not at {ip}")

    async with running(WebCamera(answer=saying(reply(b"OK")))) as camera, client(camera) as http:
        await http.get(TARGET, step="reading it")
        http._access = replace(http._access, gate=gate)
        with pytest.raises(Refused, match=r"reading it: front is not at 127\.0\.0\.1"):
            await http.get(TARGET, step="reading it")
        assert len(camera.requests) == 1


async def test_who_asks_after_it_was_closed_opens_nothing() -> None:
    camera = WebCamera(answer=saying(reply(b"OK")))
    async with running(camera):
        async with client(camera) as http:
            await http.get(TARGET, step="reading it")
        with pytest.raises(Unreachable, match="given up"):
            await http.get(TARGET, step="reading it")
    assert len(camera.requests) == 1
