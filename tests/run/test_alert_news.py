"""Pages hear of an alert when it is made and as its parts arrive; many changes at once are told together."""

from __future__ import annotations

import asyncio

import pytest
from tests.alerts.house import House

from hearthwatch.alerts.alert import DeliveryState
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.run.alert_news import AlertNews
from hearthwatch.web.doors import AlertNow


class Page:
    """A house whose outbox tells the news, and what pages heard of it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.heard: asyncio.Queue[AlertNow] = asyncio.Queue()
        self.tried = asyncio.Event()
        self.news = AlertNews(self, self.heard.put_nowait)
        house.outbox = Outbox(house.db, house.files, house.clock, house.health, self.news.put)
        self.task = asyncio.create_task(self.news.run())

    async def run(self, work):
        """The Db of the news."""
        self.tried.set()
        return await self.house.db.run(work)


@pytest.fixture
async def page(tmp_path):
    page = Page(House(tmp_path))
    await page.house.start("phone")
    yield page
    page.task.cancel()
    await asyncio.gather(page.task, return_exceptions=True)
    page.house.close()


async def test_an_alert_is_told_with_its_deliveries_and_again_when_they_are_done(page):
    alert = await page.house.tell()
    now = await page.heard.get()
    assert (now.alert.id, [delivery.state for delivery in now.deliveries]) == (alert.id, [DeliveryState.WAITING])
    await page.house.outbox.settle(page.house.outbox.waiting("phone"), DeliveryState.SENT)
    now = await page.heard.get()
    assert (now.alert.id, [delivery.state for delivery in now.deliveries]) == (alert.id, [DeliveryState.SENT])


async def test_what_changes_together_is_told_once(page):
    alerts = [await page.house.tell() for _ in range(2)]
    for _ in range(5):
        page.news.put(alerts[0].id)
    assert {(await page.heard.get()).alert.id for _ in alerts} == {alert.id for alert in alerts}
    last = await page.house.tell()
    assert (await page.heard.get()).alert.id == last.id


async def test_a_disk_that_cannot_be_read_costs_that_news_only(page):
    page.house.db.full = True
    page.news.put("A1")
    await page.tried.wait()
    page.house.db.full = False
    alert = await page.house.tell()
    assert (await page.heard.get()).alert.id == alert.id
