"""A real house between a camera that speaks Digest only and software that speaks Basic, nothing, or RTSP."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from tests.devices.free_port import free_port
from tests.devices.http_camera import PASSWORD, USER
from tests.devices.paced_camera import STILL, STREAM, PacedCamera
from tests.runs.rig import CameraSection, House, house_toml

pytestmark = [pytest.mark.wired, pytest.mark.asyncio(loop_scope="module")]

WORD = "lamps-4-by-the-gate"
STREET = "demo://street?seed=1&fps=5"
BASIC = base64.b64encode(f"viewer:{WORD}".encode()).decode()
AUTH = {"Authorization": f"Basic {BASIC}"}


@dataclass
class Between:
    house: House
    camera: PacedCamera
    open_port: int
    rtsp_port: int

    @property
    def base(self) -> str:
        return f"{self.house.base}/cam/yard"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def between(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Between]:
    camera, folder = PacedCamera(), tmp_path_factory.mktemp("relay") / "house"
    open_port, rtsp_port = free_port(), free_port()
    yard = CameraSection(
        name="yard",
        main=camera.url(STREAM),
        user=USER,
        password=PASSWORD,
        more=f'door = {{ vendor = "none", port = {camera.port} }}\nproxy.cgi = ["GET {STILL}", "GET /forbidden?channel=*"]',
    )
    street = CameraSection(name="street", main=STREET, sub=STREET)
    relay = f"[proxy]\nopen_port = {open_port}\ncontrols = true\n[restream]\nenabled = true\nport = {rtsp_port}\n"
    secrets = {**yard.secrets(), "proxy.password": WORD, "restream.password": WORD}
    house = House(folder, house_toml([yard, street]) + relay, secrets)
    await house.start(timeout_s=150)
    try:
        await house.claim()
        await house.all_live(timeout_s=90)
        yield Between(house, camera, open_port, rtsp_port)
    finally:
        await house.close()
        camera.close()


async def run(*argv: str, timeout_s: float = 30.0) -> tuple[int, bytes, str]:
    process = await asyncio.create_subprocess_exec(
        *argv, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(timeout_s):
            out, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode is not None
    return process.returncode, out, errors.decode(errors="replace")


async def test_curl_that_knows_only_basic_sees_a_camera_that_knows_only_digest(between: Between) -> None:
    code, out, _ = await run("curl", "-s", "--basic", "-u", f"viewer:{WORD}", f"{between.base}/snapshot.jpg")
    assert code == 0
    assert out.startswith(b"\xff\xd8")
    code, out, _ = await run("curl", "-s", "-i", f"{between.base}/snapshot.jpg")
    assert b" 401 " in out.splitlines()[0]
    assert b"www-authenticate: Basic" in out
    code, out, _ = await run(
        "curl", "-s", "-w", "%{http_code}", "-u", "viewer:wrong", f"{between.base}/snapshot.jpg", "-o", "/dev/null"
    )
    assert out == b"401"
    for authorization in between.camera.authorizations:
        assert authorization == "" or authorization.startswith("Digest ")


async def test_ten_viewers_of_which_one_is_slow_are_one_session_on_the_camera(between: Between) -> None:
    slow = socket.create_connection(("127.0.0.1", between.house.port))
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.sendall(f"GET /cam/yard/stream.mjpg HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {BASIC}\r\n\r\n".encode())

    async def watch(http: aiohttp.ClientSession) -> int:
        seen = 0
        async with http.get(f"{between.base}/stream.mjpg", headers=AUTH) as answer:
            assert answer.status == 200
            while seen < 12:
                line = await answer.content.readline()
                seen += line.startswith(b"Content-Type: image/jpeg")
        return seen

    try:
        async with aiohttp.ClientSession() as http, asyncio.timeout(60):
            assert await asyncio.gather(*(watch(http) for _ in range(9))) == [12] * 9
    finally:
        slow.close()
    assert between.camera.streams == 1
    assert len(between.camera.asked(STREAM)) == 2  # the question and the answer of one log-in


async def test_ffmpeg_reads_the_pictures_and_the_restream(between: Between) -> None:
    url = f"http://viewer:{WORD}@127.0.0.1:{between.house.port}/cam/yard/stream.mjpg"
    quiet = ("ffmpeg", "-v", "error", "-nostdin")
    count = ("-frames:v", "6", "-f", "framemd5", "pipe:1")
    code, out, errors = await run(*quiet, "-f", "mpjpeg", "-i", url, *count)
    assert (code, errors) == (0, "")
    assert sum(not line.startswith(b"#") for line in out.splitlines()) == 6
    rtsp = f"rtsp://viewer:{WORD}@127.0.0.1:{between.rtsp_port}/street/sub"
    code, out, errors = await run(*quiet, "-rtsp_transport", "tcp", "-i", rtsp, *count)
    assert code == 0, errors
    assert sum(not line.startswith(b"#") for line in out.splitlines()) == 6
    code, _, errors = await run(*quiet, "-rtsp_transport", "tcp", "-i", rtsp.replace("lamps", "wrong"), *count)
    assert code != 0
    assert "401" in errors


async def test_sec_24_a_listed_command_is_handed_on_and_nothing_else(between: Between) -> None:
    camera = between.camera
    async with aiohttp.ClientSession() as http:

        async def status(path: str) -> int:
            async with http.get(f"{between.base}/cgi{path}", headers=AUTH) as answer:
                return answer.status

        assert await status(STILL) == 200
        assert camera.requests[-1] == STILL
        assert camera.authorizations[-1].startswith("Digest ")
        assert await status("/forbidden?channel=7") == 403  # the camera's own word
        assert camera.requests[-1] == "/forbidden?channel=7"
        before = [target for target in camera.requests if not target.startswith(STREAM)]
        assert await status("/forbidden?channel=7&user=x") == 403
        assert await status("/forbidden") == 403
        assert await status("/cgi-bin/reboot") == 403
    for target in (
        f"/cam/yard/cgi/x/..{STILL}",
        f"/cam/yard/cgi/%2e%2e{STILL}",
        f"/cam/yard/cgi/{STILL}",
        f"/cam/yard/cgi{STILL}%00",
        f"/cam/yard/cgi{STILL}?x=%0d%0aGET%20/reboot",
        f"/cam/yard/cgi/http://127.0.0.1:{camera.port}{STILL}",
        f"/cam/yard/cgi{STILL}\rX: y",
    ):
        assert b" 4" in (await said(between.house.port, target)).split(b"\r\n", maxsplit=1)[0], target
    for target in (f"http://127.0.0.1:{camera.port}{STILL}", f"//cam/yard/cgi{STILL}"):  # our own page, nothing of a camera
        assert b"<!doctype html>" in (await said(between.house.port, target)).lower(), target
    assert [one for one in camera.requests if not one.startswith(STREAM)] == before


async def said(port: int, target: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {BASIC}\r\nConnection: close\r\n\r\n".encode()
    )
    try:
        async with asyncio.timeout(60):
            return await reader.read()
    finally:
        writer.close()


async def test_sec_24_the_port_without_a_log_in_shows_pictures_alone(between: Between) -> None:
    base = f"http://127.0.0.1:{between.open_port}"
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{base}/cam/yard/snapshot.jpg") as answer:
            assert answer.status == 200
            assert (await answer.read()).startswith(b"\xff\xd8")
        async with http.get(f"{base}/cam/street/stream.mjpg") as answer:  # decoded once for all, in a box of its own
            assert (await answer.content.readline()).startswith(b"--hearthwatch-")
        for path, headers, status in (
            ("/cam/yard/ptz?stop=true", {}, 403),
            (f"/cam/yard/cgi{STILL}", {}, 403),
            ("/api/v1/cameras", {}, 403),
            ("/cam/nobody/snapshot.jpg", {}, 404),
            ("/cam/yard/snapshot.jpg", {"Host": "evil.example"}, 403),
            ("/cam/yard/snapshot.jpg", {"Sec-Fetch-Site": "cross-site"}, 403),
        ):
            async with http.get(base + path, headers=headers) as answer:
                assert answer.status == status, path
        async with http.post(f"{base}/cam/yard/snapshot.jpg") as answer:
            assert answer.status == 405


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed (make test installs it)")
async def test_nginx_hands_it_on_to_whoever_it_lets_in(between: Between, tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "nginx.conf").write_text(
        f"""daemon off; pid {tmp_path}/pid; error_log stderr; events {{}}
http {{
    access_log off; client_body_temp_path {tmp_path}/a; proxy_temp_path {tmp_path}/b; fastcgi_temp_path {tmp_path}/c;
    uwsgi_temp_path {tmp_path}/d; scgi_temp_path {tmp_path}/e;
    server {{
        listen 127.0.0.1:{port};
        location /yard/ {{
            proxy_pass {between.house.base}/cam/yard/;
            proxy_set_header Authorization "Basic {BASIC}";
            proxy_http_version 1.1;
            proxy_buffering off;
        }}
    }}
}}
"""
    )
    process = await asyncio.create_subprocess_exec("nginx", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"))
    try:
        async with aiohttp.ClientSession() as http, asyncio.timeout(60):
            while True:
                with contextlib.suppress(aiohttp.ClientConnectionError):
                    async with http.get(f"http://127.0.0.1:{port}/yard/snapshot.jpg") as answer:
                        assert answer.status == 200
                        assert (await answer.read()).startswith(b"\xff\xd8")
                    break
                await asyncio.sleep(0.05)
            async with http.get(f"http://127.0.0.1:{port}/yard/stream.mjpg") as answer:
                seen = 0
                while seen < 5:
                    seen += (await answer.content.readline()).startswith(b"Content-Type: image/jpeg")
        assert between.camera.streams == 1
    finally:
        process.terminate()
        await process.wait()
