"""The built page: files, caching, and every other address."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from tests.web.conftest import Browser
from tests.web.fake_house import FakeHouse, build

from hearthwatch.kit.clock import FakeClock
from hearthwatch.web.page import Page

INDEX = b"<!doctype html><title>x</title>"


@pytest.fixture
async def client(tmp_path: Path, clock: FakeClock):
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_bytes(INDEX)
    (dist / "assets" / "index-abc.js").write_bytes(b"export {};" * 50)
    (dist / "hearth.webmanifest").write_bytes(b"{}")
    (dist / "sw.js").write_bytes(b"self;")
    built = build(tmp_path, FakeHouse(clock=clock), page=Page(dist))
    async with Browser(built) as browser:
        yield browser
    built.close()


@pytest.mark.parametrize("path", ["/", "/events", "/events/e1", "/cameras/front-door", "/docs", "/no/such/place"])
async def test_every_address_of_the_page_is_its_index(path: str, client: Browser) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.content) == (200, INDEX)
    assert answer.headers["cache-control"] == "no-cache"


async def test_hashed_files_are_kept_for_ever_and_sent_small(client: Browser) -> None:
    answer = await client.get("/assets/index-abc.js", headers={"Accept-Encoding": "gzip"})
    assert answer.content == b"export {};" * 50
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    plain = await client.get("/assets/index-abc.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert len(gzip.compress(plain.content)) < len(plain.content)


async def test_the_worker_is_asked_for_each_time_and_may_show_what_came_with_a_message(client: Browser) -> None:
    worker = await client.get("/sw.js")
    assert worker.headers["cache-control"] == "no-cache"
    assert worker.headers["content-type"].startswith("text/javascript")
    assert "img-src 'self' data:;" in worker.headers["content-security-policy"]
    assert "script-src 'self';" in worker.headers["content-security-policy"]
    assert "data:" not in (await client.get("/")).headers["content-security-policy"]


async def test_unchanged_is_not_sent_again(client: Browser) -> None:
    etag = (await client.get("/")).headers["etag"]
    assert (await client.get("/", headers={"If-None-Match": etag})).status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone.js",
        "/missing.png",
        "/api/v1/nothing",
        "/assets/../index.html.bak",
        "/..%2f..%2fetc%2fpasswd.txt",
        "/%2e%2e/house.db",
    ],
)
async def test_what_is_missing_is_not_found(path: str, client: Browser) -> None:
    assert (await client.get(path)).status_code == 404


async def test_an_unbuilt_page_says_how_to_build_it(tmp_path: Path) -> None:
    found = Page(tmp_path / "none").find("")
    assert found is not None
    assert b"make setup" in found.plain
