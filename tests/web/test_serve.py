"""Serving for real: the ports, HTTPS after the claim, live video over a WebSocket, an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import av
import httpx2
import pytest
import websockets
from tests.web.fake_house import PASSWORD, FakeHouse, build, loop
from tests.web.running import Running, new_house, running_house

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.units import CameraId
from hearthwatch.web.accounts import Role
from hearthwatch.web.fanout import VIEWER_LIMIT_BYTES
from hearthwatch.web.gate import TOKEN_HEADER
from hearthwatch.web.options import WebOptions
from hearthwatch.web.serve import serve

pytestmark = pytest.mark.wired


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with running_house(tmp_path, new_house()) as run:
        yield run


async def login(client: httpx2.AsyncClient, base: str) -> str:
    headers = {"Origin": base, TOKEN_HEADER: "none"}
    answer = await client.post(f"{base}/api/v1/login", json={"name": "ada", "password": PASSWORD}, headers=headers)
    assert answer.status_code == 200, answer.text
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)


async def read_to_the_end(viewer: websockets.ClientConnection) -> None:
    with contextlib.suppress(websockets.ConnectionClosed):
        while True:
            await viewer.recv()


async def test_sec_01_https_opens_only_once_the_house_is_claimed(running: Running) -> None:
    async with httpx2.AsyncClient(timeout=60) as client:
        await client.get(f"{running.base}/api/v1/session")
        assert "http://" in running.said.get_nowait()
        assert running.said.empty()
        headers = {"Origin": running.base, TOKEN_HEADER: "none"}
        body = {"code": running.built.codes[-1], "name": "ada", "password": PASSWORD}
        assert (await client.post(f"{running.base}/api/v1/claim", json=body, headers=headers)).status_code == 200
    port = await running.https_port()
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    async with httpx2.AsyncClient(verify=context, timeout=60) as client:
        base = f"https://127.0.0.1:{port}"
        cookie = await login(client, base)
        assert cookie.startswith("__Host-hearthwatch=")
        assert (await client.get(f"{base}/api/v1/cameras")).status_code == 200


async def test_https_opens_for_an_owner_who_was_made_in_a_shell(running: Running) -> None:
    """On a machine without a screen, or in a container, nobody can reach the plain page to claim it there."""
    async with httpx2.AsyncClient(timeout=60) as client:
        await client.get(f"{running.base}/healthz")
    assert "http://" in running.said.get_nowait()
    await running.built.add_user("ada", Role.OWNER)
    assert await running.https_port() > 0


async def test_sec_05_live_video_decodes_and_ends_with_the_session(running: Running) -> None:
    await running.built.add_user("ada", Role.OWNER)
    async with httpx2.AsyncClient(timeout=60) as client:
        cookie = await login(client, running.base)
        token = (await client.get(f"{running.base}/api/v1/session")).json()["token"]
        address = f"ws://127.0.0.1:{running.port}/api/v1/cameras/front-door/live?stream=sub"
        async with websockets.connect(
            address, origin=running.base, additional_headers={"Cookie": cookie}, max_queue=None
        ) as socket_:
            assert json.loads(await socket_.recv())["type"] == "start"
            pieces: list[bytes] = []
            while len(pieces) < 1 + 15:
                if isinstance(piece := await asyncio.wait_for(socket_.recv(), 60), bytes):
                    pieces.append(piece)
            data = b"".join(pieces)
            with av.open(io.BytesIO(data)) as container:
                assert sum(1 for _ in container.decode(video=0)) == 15
            await client.post(f"{running.base}/api/v1/logout", json={}, headers={"Origin": running.base, TOKEN_HEADER: token})
            await asyncio.wait_for(read_to_the_end(socket_), 60)
            assert socket_.close_code == 4401


async def test_several_cameras_come_by_one_connection_and_each_is_whole(running: Running) -> None:
    await running.built.add_user("ada", Role.OWNER)
    async with httpx2.AsyncClient(timeout=60) as client:
        cookie = await login(client, running.base)
        token = (await client.get(f"{running.base}/api/v1/session")).json()["token"]
        address = f"ws://127.0.0.1:{running.port}/api/v1/live"
        async with websockets.connect(
            address, origin=running.base, additional_headers={"Cookie": cookie}, max_queue=None
        ) as socket_:
            for wish in ('{"watch": "front-door"}', "[]", "no sense", '{"watch": "attic"}', '{"watch": "garden"}'):
                await socket_.send(wish)
            pieces: dict[str, list[bytes]] = {"front-door": [], "garden": []}
            begun = set()
            while min(map(len, pieces.values())) < 1 + 15:
                said = await asyncio.wait_for(socket_.recv(), 60)
                if isinstance(said, bytes):
                    pieces[said[1 : 1 + said[0]].decode()].append(said[1 + said[0] :])
                elif (note := json.loads(said))["type"] == "start":
                    begun.add(note["camera"])
            assert begun == {"front-door", "garden"}
            for found in pieces.values():
                with av.open(io.BytesIO(b"".join(found[:16]))) as container:
                    assert sum(1 for _ in container.decode(video=0)) == 15
            hub = running.built.house.hub
            assert {camera for camera, _stream in hub.wanted()} == {"front-door", "garden"}
            await socket_.send('{"leave": "garden"}')
            async with asyncio.timeout(60):
                while len(hub.wanted()) > 1:
                    await socket_.recv()
            await client.post(f"{running.base}/api/v1/logout", json={}, headers={"Origin": running.base, TOKEN_HEADER: token})
            await asyncio.wait_for(read_to_the_end(socket_), 60)
            assert socket_.close_code == 4401
    await asyncio.wait_for(running.built.house.nobody.wait(), 60)
    assert hub.wanted() == ()


async def test_whoever_sees_some_cameras_gets_no_other_by_one_connection(running: Running) -> None:
    await running.built.add_user("ada", Role.VIEWER, cameras=(CameraId("garden"),))
    async with httpx2.AsyncClient(timeout=60) as client:
        cookie = await login(client, running.base)
    address = f"ws://127.0.0.1:{running.port}/api/v1/live"
    async with websockets.connect(
        address, origin=running.base, additional_headers={"Cookie": cookie}, max_queue=None
    ) as socket_:
        await socket_.send('{"watch": "front-door"}')
        await socket_.send('{"watch": "garden"}')
        for _ in range(10):
            said = await asyncio.wait_for(socket_.recv(), 60)
            camera = said[1 : 1 + said[0]].decode() if isinstance(said, bytes) else json.loads(said)["camera"]
            assert camera == "garden"
        assert {camera for camera, _stream in running.built.house.hub.wanted()} == {"garden"}


async def test_sec_12_a_websocket_from_elsewhere_is_refused(running: Running) -> None:
    await running.built.add_user("ada", Role.OWNER)
    async with httpx2.AsyncClient(timeout=60) as client:
        cookie = await login(client, running.base)
    address = f"ws://127.0.0.1:{running.port}/api/v1/cameras/front-door/live"
    with pytest.raises(websockets.InvalidStatus):
        async with websockets.connect(address, origin="https://evil.example", additional_headers={"Cookie": cookie}):
            pass


async def test_a_viewer_who_leaves_stops_the_stream(running: Running) -> None:
    await running.built.add_user("ada", Role.OWNER)
    async with httpx2.AsyncClient(timeout=60) as client:
        cookie = await login(client, running.base)
    address = f"ws://127.0.0.1:{running.port}/api/v1/cameras/garden/live?stream=sub"
    async with websockets.connect(
        address, origin=running.base, additional_headers={"Cookie": cookie}, max_queue=None
    ) as socket_:
        await socket_.recv()
        assert running.built.house.hub.wanted()
    await asyncio.wait_for(running.built.house.nobody.wait(), 60)
    assert running.built.house.hub.wanted() == ()


async def test_a_viewer_who_does_not_read_costs_only_his_own_pictures(running: Running) -> None:
    await running.built.add_user("ada", Role.OWNER)
    async with httpx2.AsyncClient(timeout=60) as client:
        cookie = await login(client, running.base)
    hub = running.built.house.hub
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", running.port))
    address = f"ws://127.0.0.1:{running.port}/api/v1/cameras/garden/live?stream=sub"
    viewer = await websockets.connect(
        address, origin=running.base, additional_headers={"Cookie": cookie}, max_queue=1, sock=raw
    )
    try:
        await viewer.recv()
        small = loop("garden", Stream.SUB).packet(0, CameraId("garden"), Stream.SUB, 0, 0)
        large = replace(small, data=bytes(200_000))
        before = hub.counts()[0]
        for _ in range(400):
            hub.take(large)
            await asyncio.sleep(0)
        (count,) = hub.counts()
        assert count.dropped > before.dropped
        handed_over = (count.put - count.dropped - count.waiting) - (before.put - before.dropped - before.waiting)
        assert handed_over * large.size_bytes < VIEWER_LIMIT_BYTES, "what he does not read must not pile up in the server"
        async with httpx2.AsyncClient(timeout=60) as client:
            assert (await client.get(f"{running.base}/healthz")).status_code == 200
    finally:
        viewer.transport.abort()
        await viewer.wait_closed()
        await asyncio.wait_for(running.built.house.nobody.wait(), 60)


async def test_the_end_of_the_house_ends_every_stream_without_a_traceback(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hearthwatch.web.serve._GRACE_S", 60)  # they end by themselves and are not cut
    async with httpx2.AsyncClient(timeout=60) as client, running_house(tmp_path, new_house()) as run:
        await run.built.add_user("ada", Role.OWNER)
        cookie = await login(client, run.base)
        address = f"ws://127.0.0.1:{run.port}/api/v1/cameras/garden/live?stream=sub"
        socket_ = await websockets.connect(address, origin=run.base, additional_headers={"Cookie": cookie})
        await socket_.recv()
        told = asyncio.Event()

        async def follow(path: str) -> None:
            async with client.stream("GET", f"{run.base}{path}", timeout=60) as answer:
                async for _ in answer.aiter_bytes():
                    told.set()

        streams = [asyncio.create_task(follow(path)) for path in ("/api/v1/stream", "/api/v1/cameras/garden/live.mjpeg")]
        await asyncio.wait_for(told.wait(), 60)
        run.serving.cancel()
        await asyncio.wait(streams, timeout=60)
        assert all(each.done() for each in streams)
        await asyncio.wait_for(read_to_the_end(socket_), 60)
        assert socket_.close_code in {1001, 1012}
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(run.serving, 60)
    assert [record.getMessage() for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}] == []


async def test_a_taken_port_is_explained(tmp_path: Path) -> None:
    house = FakeHouse()
    built = build(tmp_path, house)
    try:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            options = WebOptions(port=taken.getsockname()[1])
            with pytest.raises(ConfigFault, match=r"web\.port"):
                await serve(
                    built.app, options, auth=built.auth, clock=house.clock, data_folder=tmp_path, say=lambda _line: None
                )
    finally:
        built.close()
