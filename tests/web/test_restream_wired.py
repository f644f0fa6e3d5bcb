"""The restream read by ffmpeg: four cameras at once, byte for byte, for as long as the password is right."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import select
import shutil
from functools import cache

import pytest
from tests.web import scene
from tests.web.restream_bench import PASSWORD, USER, restreaming
from tests.web.streams import Streams

from hearthwatch.feeds.nal import split_length_prefixed
from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.units import camera_id

pytestmark = [
    pytest.mark.wired,
    pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed (make test installs it)"),
]

NAMES = ("front-door", "driveway", "garden", "garage")
PICTURES = 40


@cache
def encoded(name: str) -> scene.Loop:
    return scene.encode(name, 320, 180)


def cameras() -> Streams:
    def source(name: str, offset: int) -> object:
        samples = encoded(name).samples
        return lambda number: samples[(number + offset) % len(samples)]

    mains = {(camera_id(name), Stream.MAIN): (encoded(name).info, source(name, 0)) for name in NAMES}
    subs = {(camera_id(NAMES[0]), Stream.SUB): (encoded(NAMES[1]).info, source(NAMES[1], 0))}
    return Streams({**mains, **subs})  # type: ignore[arg-type]


def hashes(name: str) -> list[str]:
    """Return a hash of each picture's slices, in order."""
    return [
        hashlib.md5(b"".join(split_length_prefixed(data)), usedforsecurity=False).hexdigest()
        for data, _ in encoded(name).samples
    ]


async def ffmpeg(*arguments: str) -> tuple[int, bytes, str]:
    process = await asyncio.create_subprocess_exec(
        "ffmpeg",
        *("-v", "error", "-nostdin", "-rtsp_transport", "tcp"),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(60):
            out, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode is not None
    return process.returncode, out, errors.decode(errors="replace")


async def played(port: int, path: str) -> tuple[int, list[str]]:
    """Return how many pictures ffmpeg decoded of `path` without an error, and a hash of each picture it was sent."""
    url = f"rtsp://{USER}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{port}{path}"
    outputs = ("-map", "0:v", "-c", "copy", "-copytb", "1", "-f", "data", "pipe:1")
    code, out, errors = await ffmpeg("-i", url, "-frames:v", str(PICTURES), *outputs)
    assert (code, errors) == (0, ""), path
    pictures, current = [], b""
    for unit in out.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1"):
        if unit and unit[0] & 0x1F in {1, 5}:
            first = unit[1] & 0x80  # first_mb_in_slice is 0
            if first and current:
                pictures.append(hashlib.md5(current, usedforsecurity=False).hexdigest())
                current = b""
            current += unit
    pictures.append(hashlib.md5(current, usedforsecurity=False).hexdigest())
    return len(pictures), pictures


async def test_ffmpeg_plays_four_cameras_and_a_small_stream_at_once() -> None:
    streams = cameras()
    paths = [*(f"/{name}" for name in NAMES), f"/{NAMES[0]}/sub"]
    async with streams.running(), restreaming(streams) as server:
        got = await asyncio.gather(*(played(server.port, path) for path in paths))
    for path, name, (count, pictures) in zip(paths, (*NAMES, NAMES[1]), got, strict=True):
        assert count == PICTURES, path
        known = hashes(name)
        start = known.index(pictures[0])
        assert start % scene.GOP == 0, path  # from a key frame on
        assert pictures == [known[(start + at) % len(known)] for at in range(PICTURES)], path
    assert all(count <= 2 for count in streams.opened.values())  # once to describe it, once to play it


async def test_ffmpeg_decodes_it_and_a_wrong_password_gets_nothing() -> None:
    streams = cameras()
    async with streams.running(), restreaming(streams) as server:
        url = f"rtsp://{USER}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{server.port}/garden"
        code, out, errors = await ffmpeg("-i", url, "-frames:v", "25", "-f", "framemd5", "pipe:1")
        assert (code, errors) == (0, "")
        rows = [line.split(b",") for line in out.splitlines() if not line.startswith(b"#")]
        assert len({row[-1] for row in rows}) > 15  # pictures that move
        code, out, errors = await ffmpeg("-i", url.replace("four", "five"), "-f", "null", "-")
        assert code != 0
        assert "401" in errors
        code, _, errors = await ffmpeg("-i", url.replace("/garden", "/attic"), "-f", "null", "-")
        assert code != 0
        assert "404" in errors


async def test_ten_readers_of_which_one_takes_nothing() -> None:
    streams = cameras()
    async with streams.running(), restreaming(streams) as server:
        url = f"rtsp://{USER}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{server.port}/garden"
        unread, full = os.pipe()  # asyncio would read its own pipe
        fcntl.fcntl(full, fcntl.F_SETPIPE_SZ, 4096)
        stuck = await asyncio.create_subprocess_exec(
            "ffmpeg", "-v", "error", "-nostdin", "-rtsp_transport", "tcp", "-i", url, "-c", "copy", "-f", "h264", "pipe:1",
            stdout=full,
        )  # fmt: skip
        os.close(full)
        try:
            assert (await asyncio.to_thread(select.select, [unread], [], [], 60))[0], "it has not even begun"
            got = await asyncio.gather(*(played(server.port, "/garden") for _ in range(9)))
        finally:
            stuck.kill()
            await stuck.wait()
            os.close(unread)
        assert [count for count, _ in got] == [PICTURES] * 9
        assert server.clients <= 1
