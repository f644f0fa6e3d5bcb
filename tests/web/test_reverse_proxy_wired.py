"""The examples of docs/reverse-proxy.md, run by the real nginx and Caddy in front of the real server."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
import websockets
from tests.devices.free_port import free_port
from tests.web.certificates import Authority, Pair
from tests.web.fake_house import PASSWORD
from tests.web.running import Running, new_house, running_house

from hearthwatch.web.accounts import Role
from hearthwatch.web.gate import TOKEN_HEADER
from hearthwatch.web.options import WebOptions

pytestmark = pytest.mark.wired

NAME = "cams.example.org"
DOCS = Path(__file__).resolve().parents[2] / "docs" / "reverse-proxy.md"


def example(language: str) -> str:
    """Return the example as the page has it."""
    found = re.findall(rf"```{language}\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert len(found) == 1
    return found[0]


def replaced(text: str, **changes: str) -> str:
    for old, new in changes.values():
        assert old in text, old
        text = text.replace(old, new)
    return text


@dataclass
class Front:
    """A running proxy: what a browser in front of it sees."""

    house: Running
    port: int
    authority: Authority
    device: Pair | None

    @property
    def origin(self) -> str:
        return f"https://{NAME}:{self.port}"

    def context(self, *, with_device: bool = True) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.authority.path))
        if self.device and with_device:
            context.load_cert_chain(self.device.certificate, self.device.key)
        return context

    @contextlib.asynccontextmanager
    async def browser(self, *, with_device: bool = True) -> AsyncIterator[httpx2.AsyncClient]:
        """A client at 127.0.0.2, so that it is told apart from the proxy."""
        transport = httpx2.AsyncHTTPTransport(verify=self.context(with_device=with_device), local_address="127.0.0.2")
        async with httpx2.AsyncClient(transport=transport, base_url=f"https://127.0.0.1:{self.port}", timeout=60) as client:
            client.headers["Host"] = f"{NAME}:{self.port}"
            yield client

    async def ask(self, client: httpx2.AsyncClient, method: str, path: str, **rest: object) -> httpx2.Response:
        return await client.request(method, path, extensions={"sni_hostname": NAME}, **rest)

    async def login(self, client: httpx2.AsyncClient, **headers: str) -> httpx2.Response:
        sent = {"Origin": self.origin, TOKEN_HEADER: "none", **headers}
        return await self.ask(client, "POST", "/api/v1/login", json={"name": "ada", "password": PASSWORD}, headers=sent)


@contextlib.asynccontextmanager
async def program(*argv: str, port: int, folder: Path) -> AsyncIterator[None]:
    log = folder / "proxy.log"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
        )
    try:
        async with asyncio.timeout(120):
            while True:
                assert process.returncode is None, log.read_text()
                with contextlib.suppress(OSError):
                    _reader, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                await asyncio.sleep(0.02)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


def nginx(folder: Path, front: Front, server: Pair) -> list[str]:
    inner = replaced(
        example("nginx"),
        listen=("listen 443 ssl", f"listen 127.0.0.1:{front.port} ssl"),
        upstream=("127.0.0.1:8080", f"127.0.0.1:{front.house.port}"),
        certificate=(f"/etc/letsencrypt/live/{NAME}/fullchain.pem", str(server.certificate)),
        key=(f"/etc/letsencrypt/live/{NAME}/privkey.pem", str(server.key)),
        devices=("/etc/nginx/our-devices.pem", str(front.authority.path)),
    )
    temp = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log stderr; events {{}}\nhttp {{ access_log off; {temp}\n{inner}}}\n"
    )
    return [shutil.which("nginx", path="/usr/sbin:" + os.environ["PATH"]) or "nginx", "-e", "stderr", "-c", str(config)]


def caddy(folder: Path, front: Front, server: Pair) -> list[str]:
    inner = replaced(
        example("caddy"),
        name=(f"{NAME} {{", f"https://{NAME}:{front.port} {{\n    bind 127.0.0.1"),
        upstream=("127.0.0.1:8080", f"127.0.0.1:{front.house.port}"),
        certificate=(f"/etc/ssl/{NAME}.pem", str(server.certificate)),
        key=(f"/etc/ssl/{NAME}.key", str(server.key)),
    )
    config = folder / "Caddyfile"
    config.write_text(f"{{\n    admin off\n    auto_https disable_redirects\n}}\n{inner}")
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(config)]


@pytest.fixture(params=["nginx", "caddy"])
async def front(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Front]:
    authority = Authority(tmp_path)
    server = authority.sign(NAME)
    device = authority.sign("Ada's phone") if request.param == "nginx" else None
    options = WebOptions(port=0, https_port=0, hosts=(NAME,), trusted_proxies=("127.0.0.1",))
    async with running_house(tmp_path, new_house(), options) as house:
        await house.built.add_user("ada", Role.OWNER)
        made = Front(house, free_port(), authority, device)
        argv = (nginx if request.param == "nginx" else caddy)(tmp_path, made, server)
        async with program(*argv, port=made.port, folder=tmp_path):
            yield made


async def test_a_household_behind_a_proxy(front: Front) -> None:
    async with front.browser() as client:
        # who forwards his own invention is believed nothing
        spoofed = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
        answer = await front.login(client, **spoofed)
        assert answer.status_code == 200, answer.text
        token = answer.json()["token"]
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-hearthwatch=")
        assert "Secure" in cookie
        assert "max-age" in answer.headers["Strict-Transport-Security"]
        cookie = cookie.split(";", 1)[0]

        way = (await front.ask(client, "GET", "/api/v1/way", headers=spoofed)).json()
        assert (way["client"], way["proxy"], way["scheme"]) == ("127.0.0.2", "127.0.0.1", "https")
        assert way["host"] == f"{NAME}:{front.port}"

        picture = await front.ask(client, "GET", "/api/v1/events/e00100/picture.jpg")
        assert picture.content[:2] == b"\xff\xd8"

        marked = {"Origin": front.origin, TOKEN_HEADER: token}
        foreign = {**marked, "Origin": "https://evil.example"}
        assert (await front.ask(client, "POST", "/api/v1/events/e00100/reviewed", headers=foreign)).status_code == 403
        assert (await front.ask(client, "POST", "/api/v1/events/e00100/reviewed", headers=marked)).status_code in {200, 204}

        live = f"wss://{NAME}:{front.port}/api/v1/cameras/front-door/live?stream=sub"
        rest = {"host": "127.0.0.1", "port": front.port, "ssl": front.context(), "open_timeout": 60}
        rest["additional_headers"] = {"Cookie": cookie}
        async with websockets.connect(live, origin=front.origin, max_queue=None, **rest) as viewer:
            got = [await viewer.recv() for _ in range(5)]
            assert sum(map(len, got)) > 1000
        with pytest.raises(websockets.InvalidStatus):
            await websockets.connect(live, origin="https://evil.example", **rest)

        told = b""
        async with client.stream("GET", "/api/v1/stream", extensions={"sni_hostname": NAME}) as stream:
            async for part in stream.aiter_raw():
                told += part
                if b"begun" in told:
                    break

    if front.device:
        async with front.browser(with_device=False) as stranger:
            refused = await front.ask(stranger, "GET", "/")
            assert refused.status_code == 400
            assert "certificate" in refused.text
