"""Serving for real: the ports, HTTPS after the claim, live video over a WebSocket, an orderly end."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import ssl
from collections.abc import AsyncIterator
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


async def test_https_opens_only_once_the_house_is_claimed(running: Running) -> None:
    async with httpx2.AsyncClient() as client:
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
    async with httpx2.AsyncClient(verify=context) as client:
        base = f"https://127.0.0.1:{port}"
        cookie = await login(client, base)
        assert cookie.startswith("__Host-hearthwatch=")
        assert (await client.get(f"{base}/api/v1/cameras")).status_code == 200


async def test_live_video_decodes_and_ends_with_the_session(running: Running) -> None:
    await running.built.add_user("ada", Role.OWNER)
    async with httpx2.AsyncClient() as client:
        cookie = await login(client, running.base)
        token = (await client.get(f"{running.base}/api/v1/session")).json()["token"]
        address = f"ws://127.0.0.1:{running.port}/api/v1/cameras/front-door/live?stream=sub"
        async with websockets.connect(address, origin=running.base, additional_headers={"Cookie": cookie}) as socket_:
            assert json.loads(await socket_.recv())["type"] == "start"
            data = bytearray()
            for _ in range(1 + 15):
                data += await asyncio.wait_for(socket_.recv(), 10)
            with av.open(io.BytesIO(bytes(data))) as container:
                assert sum(1 for _ in container.decode(video=0)) == 15
            await client.post(f"{running.base}/api/v1/logout", json={}, headers={"Origin": running.base, TOKEN_HEADER: token})
            await asyncio.wait_for(socket_.wait_closed(), 5)
            assert socket_.close_code == 4401


async def test_a_websocket_from_elsewhere_is_refused(running: Running) -> None:
    await running.built.add_user("ada", Role.OWNER)
    async with httpx2.AsyncClient() as client:
        cookie = await login(client, running.base)
    address = f"ws://127.0.0.1:{running.port}/api/v1/cameras/front-door/live"
    with pytest.raises(websockets.InvalidStatus):
        async with websockets.connect(address, origin="https://evil.example", additional_headers={"Cookie": cookie}):
            pass


async def test_a_viewer_who_leaves_stops_the_stream(running: Running) -> None:
    await running.built.add_user("ada", Role.OWNER)
    async with httpx2.AsyncClient() as client:
        cookie = await login(client, running.base)
    address = f"ws://127.0.0.1:{running.port}/api/v1/cameras/garden/live?stream=sub"
    async with websockets.connect(address, origin=running.base, additional_headers={"Cookie": cookie}) as socket_:
        await socket_.recv()
        assert running.built.house.hub.wanted()
    await asyncio.wait_for(running.built.house.nobody.wait(), 5)
    assert running.built.house.hub.wanted() == ()


async def test_a_viewer_who_does_not_read_costs_only_his_own_pictures(running: Running) -> None:
    await running.built.add_user("ada", Role.OWNER)
    async with httpx2.AsyncClient() as client:
        cookie = await login(client, running.base)
    hub = running.built.house.hub
    address = f"ws://127.0.0.1:{running.port}/api/v1/cameras/garden/live?stream=main"
    async with websockets.connect(address, origin=running.base, additional_headers={"Cookie": cookie}, max_queue=1) as socket_:
        await socket_.recv()
        video = loop("garden", Stream.MAIN)
        sent_bytes = 0
        for number in range(20_000):
            packet = video.packet(number, CameraId("garden"), Stream.MAIN, 0, 0)
            hub.take(packet)
            sent_bytes += packet.size_bytes
            if number % 50 == 0:
                await asyncio.sleep(0)
        (count,) = hub.counts()
        assert sent_bytes > 4 * VIEWER_LIMIT_BYTES
        assert count.dropped > 0
        handed_over_bytes = (count.put - count.dropped - count.waiting) * sent_bytes / count.put
        assert handed_over_bytes < VIEWER_LIMIT_BYTES, "what he does not read must not pile up in the server"
        async with httpx2.AsyncClient() as client:
            assert (await client.get(f"{running.base}/healthz")).status_code == 200


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
