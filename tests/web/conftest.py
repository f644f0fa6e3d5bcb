"""An application around a fake house, and a browser-like client of it that needs no socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx2
import pytest
from tests.web.fake_house import PASSWORD, Built, FakeHouse, build

from hearthwatch.kit.clock import FakeClock
from hearthwatch.web.accounts import Role
from hearthwatch.web.gate import TOKEN_HEADER

HTTP = "http://127.0.0.1:8080"
HTTPS = "https://192.168.1.5:8443"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def built(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Built]:
    made = build(tmp_path, FakeHouse(clock=clock), metrics_token="metrics-secret")
    yield made
    made.close()


class Browser(httpx2.AsyncClient):
    """A client that sends what a browser on this very page sends."""

    def __init__(self, built: Built, base: str = HTTP, address: str = "127.0.0.1") -> None:
        super().__init__(transport=httpx2.ASGITransport(app=built.app, client=(address, 50_000)), base_url=base)
        self.base = base
        self.token = "none"

    def page_headers(self) -> dict[str, str]:
        return {"Origin": self.base, "Sec-Fetch-Site": "same-origin", TOKEN_HEADER: self.token}

    async def send_json(self, path: str, body: object = None, **headers: str) -> httpx2.Response:
        return await self.post(path, json=body or {}, headers=self.page_headers() | headers)

    async def login(self, name: str, password: str = PASSWORD) -> httpx2.Response:
        answer = await self.send_json("/api/v1/login", {"name": name, "password": password})
        if answer.status_code == 200:
            self.token = answer.json()["token"] or "none"
        return answer


MakeBrowser = Callable[..., Browser]


@pytest.fixture
async def browser(built: Built) -> AsyncIterator[MakeBrowser]:
    """Make clients; `browser(base=…, address=…)`."""
    made: list[Browser] = []

    def make(base: str = HTTP, address: str = "127.0.0.1") -> Browser:
        made.append(Browser(built, base, address))
        return made[-1]

    yield make
    for each in made:
        await each.aclose()


@pytest.fixture
async def owner(built: Built, browser: MakeBrowser) -> Browser:
    """A client logged in as the owner."""
    await built.add_user("ada", Role.OWNER)
    client = browser()
    assert (await client.login("ada")).status_code == 200
    return client


@pytest.fixture
async def viewer(built: Built, owner: Browser, browser: MakeBrowser) -> Browser:
    """A client logged in as someone who may only look."""
    await built.add_user("tablet", Role.VIEWER)
    client = browser()
    assert (await client.login("tablet")).status_code == 200
    return client
