"""The ways alerts take follow configuration, secrets and people; what did not change is not disturbed."""

from __future__ import annotations

import asyncio
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from tests.alerts.fake_remote import FakeRemoteHouse
from tests.alerts.house import House
from tests.devices.fake_telegram import OWNER, TOKEN, FakeTelegram
from tests.web.fake_remedies import FakeRemedies

from hearthwatch.alerts.alert import Part
from hearthwatch.alerts.options import AlertsOptions, AppriseOptions, EmailOptions, TelegramOptions, WebhookOptions
from hearthwatch.alerts.snooze import Snoozes
from hearthwatch.alerts.telegram import OF_THE_BOT
from hearthwatch.health.board import Board
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.secrets import Secrets
from hearthwatch.run.channels import Channels

UTC = ZoneInfo("UTC")
EMAIL = EmailOptions(host="mail.example.org", to=("owner@example.org",), sender="house@example.org")
WEBHOOK = WebhookOptions(url="http://192.168.1.5/hook")


class Bench:
    def __init__(self, house: House, folder) -> None:
        self.house = house
        self.secrets = Secrets(folder)
        self.board = Board(house.db, house.clock, self._tell)
        self.channels = Channels(
            self.secrets,
            outbox=house.outbox,
            db=house.db,
            clock=house.clock,
            health=self.board,
            zone=UTC,
            house=FakeRemoteHouse(house.clock, Snoozes(house.db)),
            ids=map(str, count(1)).__next__,
            remedies=FakeRemedies(house.clock),
        )

    async def _tell(self, outage) -> None:
        pass

    async def renew(self, **options) -> dict[str, object]:
        """Renew and return the channel behind each name."""
        await self.channels.renew(AlertsOptions(**options), UTC)
        return {name: courier.channel for name, (courier, _task) in self.channels._dispatcher._running.items()}

    def dead(self) -> set[str]:
        return {outage.subject for outage in self.board.snapshot() if outage.fault is Fault.CHANNEL_DEAD}


@pytest.fixture
async def bench(tmp_path):
    house = House(tmp_path)
    await house.start()
    bench = Bench(house, tmp_path)
    await bench.channels.load()
    yield bench
    await bench.channels.close()
    house.close()


async def test_with_nothing_configured_there_is_no_channel(bench):
    assert await bench.renew() == {}
    assert bench.channels.names == ()
    assert bench.channels.bot is None


async def test_what_is_configured_is_used_and_carries_alerts(bench):
    await bench.renew(email=EMAIL, webhook=WEBHOOK)
    assert bench.channels.names == ("email", "webhook")
    await bench.house.tell()
    assert {delivery.part for delivery in bench.house.outbox.waiting("email")} == {Part.TEXT}


async def test_what_did_not_change_is_not_disturbed(bench):
    before = await bench.renew(email=EMAIL, webhook=WEBHOOK)
    again = await bench.renew(email=EMAIL, webhook=WEBHOOK)
    assert all(again[name] is channel for name, channel in before.items())
    other = await bench.renew(email=EMAIL, webhook=WebhookOptions(url="http://192.168.1.5/other"))
    assert other["email"] is before["email"]
    assert other["webhook"] is not before["webhook"]


async def test_a_changed_secret_makes_its_channel_anew(bench):
    before = await bench.renew(email=EMAIL, webhook=WEBHOOK)
    bench.secrets.set("alerts.webhook.secret", "plum kettle orbit")
    after = await bench.renew(email=EMAIL, webhook=WEBHOOK)
    assert after["webhook"] is not before["webhook"]
    assert after["email"] is before["email"]


async def test_a_channel_taken_out_is_forgotten_with_its_trouble(bench):
    await bench.renew(email=EMAIL, webhook=WEBHOOK)
    for name in ("email", "webhook"):
        bench.board.failed(Fault.CHANNEL_DEAD, name, "no answer")
    await bench.renew(webhook=WEBHOOK)
    assert bench.channels.names == ("webhook",)
    assert bench.dead() == {"webhook"}


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # a plug-in of apprise imports it
async def test_what_cannot_be_built_is_told_until_it_can(bench):
    bench.secrets.set("alerts.apprise.urls", "this is no address")
    assert await bench.renew(apprise=AppriseOptions(enabled=True)) == {}
    assert bench.dead() == {"apprise"}
    bench.secrets.set("alerts.apprise.urls", "json://192.168.1.5/x")
    assert list(await bench.renew(apprise=AppriseOptions(enabled=True))) == ["apprise"]
    assert bench.dead() == set()


async def test_a_token_that_is_none_is_told_and_one_taken_away_is_forgotten(bench):
    bench.secrets.set("alerts.telegram.token", "nonsense")
    await bench.renew()
    assert bench.dead() == {"telegram"}
    bench.secrets.delete("alerts.telegram.token")
    await bench.renew()
    assert bench.dead() == set()


@pytest.mark.wired
async def test_people_come_and_go_and_the_bot_stays(bench):
    service = FakeTelegram()
    telegram = TelegramOptions(api_base=await service.start())
    bench.secrets.set("alerts.telegram.token", TOKEN)
    following = asyncio.create_task(bench.channels.run())
    try:
        assert await bench.renew(telegram=telegram) == {}
        bot = bench.channels.bot
        assert bot is not None
        for user in (OWNER, OWNER + 1):
            code, _until_us = bench.channels.enrolments.new_code()
            assert await bench.channels.enrolments.redeem(code, user, user, "Anna")
        first = await bench.renew(telegram=telegram)
        assert list(first) == [f"telegram:{OWNER}", f"telegram:{OWNER + 1}"]
        for name in first:
            bench.board.failed(Fault.CHANNEL_DEAD, name, "blocked")
        await bench.channels.enrolments.remove(OWNER)
        second = await bench.renew(telegram=telegram)
        assert list(second) == [f"telegram:{OWNER + 1}"]
        assert second[f"telegram:{OWNER + 1}"] is first[f"telegram:{OWNER + 1}"]
        assert bench.dead() == {f"telegram:{OWNER + 1}"}
        assert bench.channels.bot is bot
        bench.secrets.delete("alerts.telegram.token")
        assert await bench.renew(telegram=telegram) == {}
        assert bench.channels.bot is None
        assert bench.dead() == set()
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await bench.channels.close()
        await service.stop()


@pytest.mark.parametrize(
    ("subject", "detail", "is_quiet"),
    [
        ("telegram:1000", "bot", True),
        ("telegram", "bot", False),
        ("telegram:1000", "Telegram may not write to this chat (blocked): was the bot blocked or removed?", False),
        ("email", "bot", False),
    ],
)
async def test_a_revoked_token_is_told_once_and_not_of_every_chat(bench, subject, detail, is_quiet):
    words = next(iter(OF_THE_BOT)) if detail == "bot" else detail
    outage = Outage(fault=Fault.CHANNEL_DEAD, camera=None, subject=subject, start_us=1, end_us=None, detail=words)
    assert bench.channels.is_quiet(outage) is is_quiet
