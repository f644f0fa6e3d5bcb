"""What a hostile viewer can send by a WebSocket: the connection ends cleanly or goes on, and the house says nothing and goes on."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import os
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from tests.web.fake_house import PASSWORD
from tests.web.running import Running, new_house, running_house

from hearthwatch.web.accounts import Role
from hearthwatch.web.gate import TOKEN_HEADER

pytestmark = pytest.mark.wired

TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9
DEEP = "[" * 2000 + "]" * 2000


def frame(opcode: int, payload: bytes, *, last: bool = True, masked: bool = True, length: int | None = None) -> bytes:
    """A frame of RFC 6455; `length` is what it claims."""
    size = len(payload) if length is None else length
    head = bytes([(0x80 if last else 0) | opcode])
    mark = 0x80 if masked else 0
    if size < 126:
        head += bytes([mark | size])
    elif size < 65_536:
        head += bytes([mark | 126]) + struct.pack(">H", size)
    else:
        head += bytes([mark | 127]) + struct.pack(">Q", size)
    return head + (bytes(4) if masked else b"") + payload  # a mask of zeros leaves it as it is


ENDS = {
    "binary": frame(BINARY, b"\x00\xff" * 100),
    "huge": frame(TEXT, b"x" * 5000),
    "claims to be endless": frame(TEXT, b"x", length=2**62),
    "no UTF-8": frame(TEXT, b"\xff\xfe\xed\xa0\x80"),
    "not masked": frame(TEXT, b"{}", masked=False),
    "no opcode of ours": frame(5, b"{}"),
    "a ping in pieces": frame(PING, b"x", last=False),
    "a long ping": frame(PING, b"x" * 200),
    "a piece of nothing": frame(0, b"x"),
    "a close without sense": frame(CLOSE, b"\x00"),
    "a close with a forbidden code": frame(CLOSE, struct.pack(">H", 1005)),
}
ENDS["half a character and a close in one breath"] = ENDS["no UTF-8"] + frame(CLOSE, b"\x03\xe8")
STAYS = {
    "no JSON": "no sense",
    "half of JSON": '{"watch": ',
    "deep": DEEP[:4000],
    "a number": "7" * 4000,
    "not finite": '{"watch": NaN}',
    "half a character": '{"watch": "\\ud800"}',
    "another kind": '{"watch": {"watch": ["garden"]}, "leave": 7}',
    "twice": '{"watch": "a", "watch": "b"}',
    "nothing": "",
    "a zero": '{"watch": "\\u0000"}',
    "markup": '{"watch": "<img src=x onerror=alert(1)>"}',
}


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with running_house(tmp_path, new_house()) as run:
        await run.built.add_user("ada", Role.OWNER)
        yield run


async def log_in(running: Running) -> str:
    async with httpx2.AsyncClient(timeout=60) as client:
        answer = await client.post(
            f"{running.base}/api/v1/login",
            json={"name": "ada", "password": PASSWORD},
            headers={"Origin": running.base, TOKEN_HEADER: "none"},
        )
        return answer.headers["set-cookie"].partition(";")[0]


@contextlib.asynccontextmanager
async def connected(
    running: Running, cookie: str, path: str
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    try:
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{running.port}", "Connection: Upgrade", "Upgrade: websocket",
            f"Origin: {running.base}", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}", f"Cookie: {cookie}",
        )  # fmt: skip
        writer.write("\r\n".join((*lines, "", "")).encode())
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
        assert head.startswith(b"HTTP/1.1 101")
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def ends(reader: asyncio.StreamReader) -> None:
    """Read until the other side has closed."""
    async with asyncio.timeout(60):
        with contextlib.suppress(ConnectionError):
            while await reader.read(65_536):
                pass


@pytest.mark.parametrize("path", ["/api/v1/cameras/garden/live?stream=sub", "/api/v1/live"])
async def test_what_breaks_the_rules_ends_the_connection(path: str, running: Running, caplog: pytest.LogCaptureFixture) -> None:
    cookie = await log_in(running)
    for what, sent in ENDS.items():
        async with connected(running, cookie, path) as (reader, writer):
            writer.write(sent)
            try:
                await ends(reader)
            except TimeoutError:
                pytest.fail(f"{what}: the connection stays open")
    async with httpx2.AsyncClient(timeout=60) as client:
        assert (await client.get(f"{running.base}/healthz")).status_code == 200
    loud = [record for record in caplog.records if record.levelno >= logging.WARNING or record.exc_info]
    assert [record.getMessage()[:200] for record in loud] == []


async def test_what_makes_no_sense_is_passed_by(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    cookie = await log_in(running)
    async with connected(running, cookie, "/api/v1/live") as (reader, writer):
        for sent in STAYS.values():
            writer.write(frame(TEXT, sent.encode()))
        writer.write(frame(TEXT, json.dumps({"watch": "garden"}).encode()))
        async with asyncio.timeout(60):
            await reader.readuntil(b'"camera": "garden"')
    loud = [record for record in caplog.records if record.levelno >= logging.WARNING or record.exc_info]
    assert [record.getMessage()[:200] for record in loud] == []
