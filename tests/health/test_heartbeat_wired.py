"""The dead-man heartbeat against a real web server: it comes while all is well, and its loss is told after three misses."""

from __future__ import annotations

import pytest
from aiohttp import web
from tests.alerts.house import Health

from hearthwatch.health.heartbeat import Heartbeat
from hearthwatch.health.outage import Fault

pytestmark = pytest.mark.wired


class Outside:
    def __init__(self) -> None:
        self.status = 200
        self.calls = 0
        self.url = ""
        self.well = True
        self.health = Health()
        self.heartbeat = Heartbeat(lambda: self.url, lambda: 60.0, well=lambda: self.well, health=self.health)

    async def answer(self, _request: web.Request) -> web.Response:
        self.calls += 1
        return web.Response(status=self.status, headers={"Location": "http://127.0.0.1:9/"})


@pytest.fixture
async def outside():
    outside = Outside()
    app = web.Application()
    app.router.add_get("/secret-token", outside.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    outside.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/secret-token"
    yield outside
    await runner.cleanup()


async def test_sec_10_it_calls_while_all_is_well_and_not_when_the_recorder_is_silent(outside) -> None:
    await outside.heartbeat.beat()
    outside.well = False
    await outside.heartbeat.beat()
    assert outside.calls == 1
    assert outside.health.log == []


@pytest.mark.parametrize("status", [404, 500, 302])
async def test_three_misses_are_told_once_without_the_address_and_their_end_too(outside, status) -> None:
    outside.status = status
    for _ in range(2):
        await outside.heartbeat.beat()
    assert outside.health.log == []
    for _ in range(3):
        await outside.heartbeat.beat()
    (detail,) = outside.health.open.values()
    assert "secret-token" not in detail
    assert str(status) in detail
    outside.status = 200
    await outside.heartbeat.beat()
    assert [what for what, *_ in outside.health.log] == ["failed", "recovered"]


async def test_nobody_there_is_told_and_no_address_is_no_fault(outside) -> None:
    outside.url = "http://127.0.0.1:9/secret-token"
    for _ in range(3):
        await outside.heartbeat.beat()
    assert list(outside.health.open) == [(Fault.HEARTBEAT_LOST, "heartbeat")]
    outside.url = ""
    await outside.heartbeat.beat()
    assert outside.health.open == {}
