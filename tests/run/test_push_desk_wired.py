"""Push, from an alert in the outbox to what a browser opens: a real service on loopback, strict as the ones outside."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
from tests.alerts.house import BERLIN, FRONT, House
from tests.devices.push_service import Browser, PushService
from tests.web.fake_house import picture

from hearthwatch.alerts import ledger, push_device
from hearthwatch.alerts.alert import DeliveryState, Part, Severity
from hearthwatch.alerts.dispatch import Dispatcher
from hearthwatch.alerts.options import AlertsOptions, PushOptions
from hearthwatch.feeds.jpeg import jpeg_size
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.ids import Ulids
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId
from hearthwatch.run.config import parse
from hearthwatch.run.push_desk import KEY, PushDesk
from hearthwatch.web import accounts
from hearthwatch.web.accounts import Role, User

pytestmark = pytest.mark.wired


@dataclass
class Rig:
    house: House
    service: PushService
    desk: PushDesk
    dispatcher: Dispatcher
    secrets: Secrets
    options: PushOptions
    smalls: list[int]

    async def user(self, name: str, role: Role = Role.OWNER, cameras: frozenset[CameraId] | None = None) -> User:
        now_us = self.house.clock.wall_us()
        return await self.house.db.run(lambda c: accounts.add_user(c, name, "x", role, now_us, cameras=cameras))

    async def device(self, user: User, name: str = "Chrome on Android") -> Browser:
        browser = self.service.subscribe(await self.desk.key())
        await self.desk.add(user, name, self.service.endpoint(browser), browser.p256dh, browser.auth)
        return browser

    async def tell(self, **fields: object) -> object:
        alert = self.house.alert(**{"title": "Front door: person", "camera": FRONT, **fields})
        await self.house.outbox.record(None, alert)
        return alert

    async def deliveries(self) -> list[tuple[str, DeliveryState, str]]:
        def read(connection):
            told = ledger.recent(connection)
            return [(each.part.value, each.state, each.last_error) for one in told for each in one.deliveries]

        return await self.house.db.run(read)


@pytest.fixture
async def rig(tmp_path) -> AsyncIterator[Rig]:
    house = House(tmp_path, SystemClock())
    await house.start()
    service = PushService()
    options = PushOptions(services=(await service.start(),))
    dispatcher = Dispatcher(house.outbox, clock=house.clock, health=house.health, zone=BERLIN)
    secrets = Secrets.open(tmp_path / "secrets")
    smalls: list[int] = []

    async def small(jpeg: bytes, _box: object, max_bytes: int) -> bytes:
        smalls.append(max_bytes)
        return jpeg[:max_bytes]

    config = parse("")
    made = Rig(house, service, None, dispatcher, secrets, options, smalls)
    made.desk = PushDesk(
        secrets,
        offer=dispatcher.set_channels,
        outbox=house.outbox,
        config=lambda: replace(config, alerts=AlertsOptions(push=made.options)),
        db=house.db,
        clock=house.clock,
        forget=lambda _which: None,
        ids=Ulids(house.clock),
        small=small,
    )
    await made.desk.load()
    yield made
    await made.desk.close()
    await dispatcher.close()
    await service.stop()
    house.close()
    assert not service.faults


async def test_text_then_the_same_with_its_picture_readable_by_the_device_alone(rig: Rig) -> None:
    await rig.device(await rig.user("ada"))
    only_text = frozenset({Part.TEXT})  # the owner lets no picture of this camera out by other channels
    await rig.tell(event="e1", severity=Severity.URGENT, text="14:03 · in the garden", parts=only_text)
    text = await rig.service.got.get()
    assert text.said["title"] == "Front door: person"
    assert text.said["body"].startswith("14:03")
    assert text.said["url"] == "/events/e1"
    assert text.said["camera"] == "front"
    assert not text.said["quiet"]
    assert "picture" not in text.said
    assert text.headers["Urgency"] == "high"
    assert int(text.headers["TTL"]) == 24 * 3600
    await rig.house.outbox.attach("e1", Part.PICTURE, b"\xff\xd8" + bytes(4000))
    shown = await rig.service.got.get()
    assert shown.said["id"] == text.said["id"], "one takes the place of the other"
    assert shown.said["quiet"]
    assert base64.b64decode(shown.said["picture"])[:2] == b"\xff\xd8"
    assert shown.headers["Topic"] == text.headers["Topic"], "a phone that was off gets the newest alone"
    assert text.size_bytes == shown.size_bytes <= 4096, "its length tells nobody whether there is a picture"
    assert 2000 < rig.smalls[0] <= 3000
    (device,) = await rig.desk.devices()
    assert device.sent_us is not None


async def test_a_later_word_takes_the_place_of_the_first_quietly(rig: Rig) -> None:
    await rig.device(await rig.user("ada"))
    alert = await rig.tell(event="e1")
    first = await rig.service.got.get()
    while [state for _part, state, _error in await rig.deliveries()] != [DeliveryState.SENT]:
        await _turn()
    await rig.house.outbox.amend(replace(alert, text="It was two."), again=False)
    second = await rig.service.got.get()
    assert (second.said["id"], second.said["body"], second.said["quiet"]) == (first.said["id"], "It was two.", True)


async def test_a_device_that_is_gone_is_let_go_of(rig: Rig) -> None:
    browser = await rig.device(await rig.user("ada"))
    del rig.service.browsers[browser.token]
    await rig.tell()
    while await rig.desk.devices():
        await _turn()
    await rig.desk.renew()
    assert rig.dispatcher.channels == ()
    assert [(state, "no notifications" in error) for _part, state, error in await rig.deliveries()] == [
        (DeliveryState.DEAD, True)
    ]
    assert not rig.house.health.open


async def test_a_service_in_trouble_is_asked_again(rig: Rig) -> None:
    await rig.device(await rig.user("ada"))
    rig.service.statuses += [503, 429]
    rig.service.headers = {"Retry-After": "1"}
    await rig.tell()
    (channel,) = rig.dispatcher.channels
    while not any(each.tries == 1 for each in rig.house.outbox.waiting(channel)):
        await _turn()
    rig.dispatcher.hurry()
    assert (await rig.service.got.get()).said["title"] == "Front door: person"
    assert rig.service.asked == 3, "it asked to be left alone for a second, and was"


async def test_sec_09_who_sees_some_cameras_is_told_of_those_alone(rig: Rig) -> None:
    limited = await rig.user("kid", Role.VIEWER, frozenset({CameraId("garden")}))
    await rig.device(limited)
    await rig.tell(event="e1")
    await rig.tell(title="The house", camera=None)
    await rig.tell(title="Garden: cat", camera=CameraId("garden"))
    assert (await rig.service.got.get()).said["title"] == "Garden: cat"
    assert rig.service.asked == 1
    rights = frozenset({FRONT})
    await rig.house.db.run(lambda c: accounts.set_rights(c, limited.id, Role.VIEWER, rights))
    await rig.tell(title="Garden: dog", camera=CameraId("garden"))
    await rig.tell(title="Front door: dog")
    while len(await rig.deliveries()) < 2:
        await _turn()
    await rig.desk.renew()
    await rig.tell(title="Front door: fox")
    assert (await rig.service.got.get()).said["title"] == "Front door: fox", "what was waiting is not told any more"


async def test_sec_05_a_person_who_is_removed_is_told_nothing_more(rig: Rig) -> None:
    await rig.device(await rig.user("ada"))
    await rig.device(await rig.user("bob"), "Bob's")
    await rig.house.db.run(lambda c: accounts.remove_user(c, "bob"))
    await rig.tell()
    assert (await rig.service.got.get()).said["title"] == "Front door: person"
    while len([state for _part, state, _error in await rig.deliveries() if state is not DeliveryState.WAITING]) < 2:
        await _turn()
    assert rig.service.asked == 1
    assert [device.user for device in await rig.desk.devices()] == ["ada"]


async def test_the_key_is_made_once_and_kept(rig: Rig) -> None:
    first = await rig.desk.key()
    assert len(base64.urlsafe_b64decode(first + "=")) == 65
    assert await rig.desk.key() == first
    assert rig.secrets.get(KEY) is not None
    assert rig.secrets.get(KEY).reveal() not in first


async def test_a_test_shows_at_once_what_is_wrong(rig: Rig) -> None:
    browser = await rig.device(await rig.user("ada"))
    (device,) = await rig.desk.devices()
    await rig.desk.test(device.id)
    assert "test" in (await rig.service.got.get()).said["title"]
    del rig.service.browsers[browser.token]
    with pytest.raises(Unsupported, match="no notifications"):
        await rig.desk.test(device.id)
    assert not await rig.desk.devices()


async def test_no_more_than_ten_a_person_and_one_browser_is_one_device(rig: Rig) -> None:
    ada, bob = await rig.user("ada"), await rig.user("bob")
    first = await rig.device(ada)
    for _ in range(push_device.MOST_A_PERSON - 1):
        await rig.device(ada)
    with pytest.raises(Unsupported, match="remove one first"):
        await rig.device(ada)
    again = await rig.desk.add(ada, "The same", rig.service.endpoint(first), first.p256dh, first.auth)
    assert len(await rig.desk.devices()) == push_device.MOST_A_PERSON
    taken = await rig.desk.add(bob, "His now", rig.service.endpoint(first), first.p256dh, first.auth)
    assert (taken.id, taken.user_id) == (again.id, bob.id)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://updates.push.example.org/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://[::ffff:10.0.0.1]/x",
        "https://[64:ff9b::a00:1]/x",
        "https://192.168.1.1/x",
        "https://169.254.169.254/latest",
        "https://user:pass@push.example.org/x",
        "https://push.example.org:8443/x",
        "https://push.example.org/" + "x" * 2000,
        "file:///etc/passwd",
        "https://push.example.org/\r\nHost: x",
    ],
)
async def test_an_address_that_is_no_push_services_is_refused(rig: Rig, endpoint: str) -> None:
    browser = rig.service.subscribe(await rig.desk.key())
    with pytest.raises(Unsupported, match="cannot be used"):
        await rig.desk.add(await rig.user("ada"), "x", endpoint, browser.p256dh, browser.auth)
    assert not await rig.desk.devices()


async def test_a_name_that_leads_into_the_house_is_not_connected_to(rig: Rig) -> None:
    ada = await rig.user("ada")
    browser = rig.service.subscribe(await rig.desk.key())
    await rig.desk.add(ada, "x", "https://localhost/push", browser.p256dh, browser.auth)
    (device,) = await rig.desk.devices()
    with pytest.raises(Exception, match="cannot be reached"):
        await rig.desk.test(device.id)
    assert rig.service.asked == 0


async def test_switched_off_in_the_configuration_nobody_is_notified(rig: Rig) -> None:
    await rig.device(await rig.user("ada"))
    rig.options = replace(rig.options, enabled=False)
    await rig.desk.renew()
    assert rig.dispatcher.channels == ()
    with pytest.raises(Unsupported, match="switched off"):
        await rig.desk.key()
    rig.options = replace(rig.options, enabled=True)
    await rig.desk.renew()
    await rig.tell()
    assert (await rig.service.got.get()).said["title"] == "Front door: person"


async def test_a_picture_is_made_small_in_a_box_of_its_own() -> None:
    from hearthwatch.run.thumbnail import thumbnail

    jpeg, box = picture("front-door", 3.0)
    found = await thumbnail(jpeg, box, 2800)
    assert 500 < len(found) <= 2800
    assert jpeg_size(found)[0] >= 128
    assert await thumbnail(b"no picture at all", None, 2800) == b""


async def _turn() -> None:
    await asyncio.sleep(0.005)
