"""Telegram through the real library and a real socket, against a stand-in for the Bot API."""

from __future__ import annotations

import asyncio
import json
import random
from itertools import count

import pytest
from tests.alerts.fake_remote import JPEG, FakeRemoteHouse
from tests.alerts.house import BERLIN, House
from tests.devices.fake_telegram import OWNER, TOKEN, FakeTelegram, Fault
from tests.web.fake_remedies import MADE_UP, FakeRemedies

from hearthwatch.alerts import ledger
from hearthwatch.alerts.alert import DeliveryState, Part, Severity
from hearthwatch.alerts.courier import Courier
from hearthwatch.alerts.enrolment import Enrolments, Role
from hearthwatch.alerts.snooze import Snoozes
from hearthwatch.alerts.telegram import TelegramChat, open_bot
from hearthwatch.alerts.telegram_remote import Remote
from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.health.outage import Fault as Outage
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import Refused, Unsupported
from hearthwatch.kit.logs import redact
from hearthwatch.kit.units import MonoNs

pytestmark = pytest.mark.wired
STRANGER = 666


@pytest.fixture
async def fake():
    fake = FakeTelegram()
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def bot(fake):
    bot = await open_bot(TOKEN, fake.base)
    yield bot
    await bot.close()


@pytest.fixture
async def house(tmp_path):
    house = House(tmp_path, SystemClock())
    await house.start(f"telegram:{OWNER}")
    yield house
    house.close()


@pytest.fixture
async def still_house(tmp_path):
    """A house whose clock stands still: what is left of a wait is all of it, however long the disk took."""
    house = House(tmp_path)
    await house.start(f"telegram:{OWNER}")
    yield house
    house.close()


class Steps:
    """A courier whose waits are over at once."""

    def __init__(self, house, bot, buttons=lambda alert, chat: ()) -> None:
        self.courier = Courier(
            TelegramChat(bot, OWNER, buttons),
            house.outbox,
            clock=house.clock,
            health=house.health,
            zone=BERLIN,
            rng=random.Random(1),
        )
        self.waits: list[float] = []

    async def drain(self) -> None:
        while True:
            waits = [wait for wait in (await self.courier.step_text(), await self.courier.step_media()) if wait is not None]
            if not waits:
                return
            self.waits.append(min(waits))
            self.courier._hold_ns = self.courier._text.next_ns = self.courier._media.next_ns = 0


async def states(house):
    (told,) = await house.db.real.run(ledger.recent)
    return {d.part: d.state for d in told.deliveries}


async def test_text_then_picture_then_clip_as_a_thread(fake, bot, house):
    alert = await house.tell(title="Front: person", text="14:03:27", parts=frozenset({Part.TEXT, Part.PICTURE, Part.CLIP}))
    await house.outbox.attach(alert.event, Part.PICTURE, b"\xff\xd8jpeg")
    await house.outbox.attach(alert.event, Part.CLIP, b"mp4")
    await Steps(house, bot).drain()
    text, picture, clip = fake.taken
    assert (text.method, picture.method, clip.method) == ("sendMessage", "sendPhoto", "sendVideo")
    assert (text.chat_id, text.text) == (OWNER, "Front: person\n14:03:27")
    assert '"type": "bold"' in text.fields["entities"]
    assert (picture.data, picture.text) == (b"\xff\xd8jpeg", "Front: person")
    assert '"message_id"' in picture.fields["reply_parameters"]
    assert clip.data == b"mp4"
    assert set((await states(house)).values()) == {DeliveryState.SENT}


@pytest.mark.parametrize(
    ("fault", "named", "texts", "repeat"),
    [
        (Fault.FLOOD, {"retry_after": 3}, 1, False),
        (Fault.SERVER_ERROR, {}, 1, False),
        (Fault.BAD_GATEWAY, {}, 1, False),
        (Fault.BAD_MARKUP, {}, 1, False),
        (Fault.CUT_AFTER_BODY, {}, 2, True),
        (Fault.CUT_BEFORE, {}, 1, True),
    ],
)
async def test_faults_that_pass(fake, bot, still_house, fault, named, texts, repeat):
    fake.fail(fault, **named)
    await still_house.tell(title="Front: person", text="x")
    steps = Steps(still_house, bot)
    await steps.drain()
    assert len(fake.taken) == texts
    assert ("Sent again" in fake.taken[-1].text) is repeat
    assert await states(still_house) == {Part.TEXT: DeliveryState.SENT}
    if fault is Fault.FLOOD:
        assert steps.waits == [3]
    if fault is Fault.BAD_MARKUP:
        assert "entities" not in fake.taken[-1].fields
        assert steps.waits == []


async def test_what_is_known_better_changes_the_message_there_is(fake, bot, house):
    steps = Steps(house, bot)
    channel = steps.courier.channel
    house.outbox.routes.set({channel.name: channel.parts}, {channel.name: channel.can_amend})
    for times in (1, 2, 3):
        await house.outbox.amend(house.alert(dedupe_key="guesses/1", title=f"{times} failed", text="x"), again=False)
        await steps.drain()
    assert [(one.method, one.text) for one in fake.taken] == [
        ("sendMessage", "1 failed\nx"),
        ("editMessageText", "2 failed\nx"),
        ("editMessageText", "3 failed\nx"),
    ]
    assert len({one.message for one in fake.taken}) == 1
    fake.fail(Fault.BAD_MARKUP, method="editMessageText")  # such as one that is gone
    await house.outbox.amend(house.alert(dedupe_key="guesses/1", title="4 failed", text="x"), again=False)
    await steps.drain()
    assert (fake.taken[-1].method, fake.taken[-1].text) == ("sendMessage", "4 failed\nx")
    assert await states(house) == {Part.TEXT: DeliveryState.SENT}


async def test_a_stall_is_one_repeat_that_says_so(fake, bot, house):
    fake.fail(Fault.STALL)
    await house.tell()
    steps = Steps(house, bot)
    steps.courier._text.limit_s = 0.3
    await steps.courier.step_text()
    (waiting,) = house.outbox.waiting(f"telegram:{OWNER}")
    assert waiting.maybe_sent
    steps.courier._text.limit_s = 10
    steps.courier._text.next_ns = 0
    await steps.drain()
    assert ["Sent again" in taken.text for taken in fake.taken] == [True]


@pytest.mark.parametrize("fault", [Fault.BLOCKED, Fault.BAD_TOKEN, Fault.CONFLICT])
async def test_faults_a_person_must_mend(fake, bot, house, fault):
    fake.fail(fault)
    await house.tell()
    await Steps(house, bot).drain()
    assert await states(house) == {Part.TEXT: DeliveryState.DEAD}
    detail = house.health.open[Outage.CHANNEL_DEAD, f"telegram:{OWNER}"]
    assert TOKEN not in detail
    assert len(detail) > 30


async def test_too_large_loses_the_picture_alone(fake, bot, house):
    alert = await house.tell()
    await house.outbox.attach(alert.event, Part.PICTURE, b"jpeg")
    steps = Steps(house, bot)
    await steps.courier.step_text()
    fake.fail(Fault.TOO_LARGE)
    await steps.drain()
    assert await states(house) == {Part.TEXT: DeliveryState.SENT, Part.PICTURE: DeliveryState.DEAD}
    assert house.health.open == {}
    with pytest.raises(Unsupported, match="too large"):
        await bot.send_media(OWNER, Part.PICTURE, bytes(11 * 1024 * 1024), "x", reply_to=None)


async def test_nobody_answers(bot, fake, still_house):
    await fake.stop()
    await still_house.tell()
    steps = Steps(still_house, bot)
    assert 3 < await steps.courier.step_text() < 7
    (waiting,) = still_house.outbox.waiting(f"telegram:{OWNER}")
    assert not waiting.maybe_sent
    await fake.start()


async def test_a_digest_is_one_message_telegram_takes(fake, bot, house):
    old_us = house.clock.wall_us() - 3600_000_000
    alerts = [await house.tell(title=f"Kamera {number} 👋: person", at_us=old_us) for number in range(60)]
    await Steps(house, bot).drain()
    (digest,) = fake.taken
    assert len(digest.text) <= 4096
    assert all(alert.title in digest.text for alert in alerts)
    assert digest.text.startswith("60 alerts")


async def test_quiet_news_make_no_sound(fake, bot, house):
    await house.tell(severity=Severity.INFO)
    await house.tell(severity=Severity.URGENT)
    await Steps(house, bot).drain()
    assert [taken.fields.get("disable_notification") for taken in fake.taken] == ["true", "false"]


async def test_a_token_that_cannot_be_one():
    with pytest.raises(Refused, match="BotFather"):
        await open_bot("hello", "http://127.0.0.1:1")


async def test_sec_36_the_token_is_hidden_from_every_log(bot):
    assert TOKEN not in redact(f"https://api.telegram.org/bot{TOKEN}/getMe and {TOKEN}")


class Wired:
    def __init__(self, fake, bot, house) -> None:
        self.fake = fake
        self.house = house
        self.remedies = FakeRemedies(house.clock)
        self.changes = 0
        self.enrolments = Enrolments(house.db, house.clock, self._changed)
        self.snoozes = Snoozes(house.db)
        self.actions = FakeRemoteHouse(house.clock, self.snoozes)
        self.arming = self.actions.arming
        self.told = []
        self.remote = Remote(
            bot,
            enrolments=self.enrolments,
            house=self.actions,
            remedies=self.remedies,
            tell=self._tell,
            find=house.outbox.find,
            ids=map("N{}".format, count(1)).__next__,
            db=house.db,
            clock=house.clock,
            health=house.health,
            zone=BERLIN,
        )

    def _changed(self) -> None:
        self.changes += 1

    async def _tell(self, alert) -> None:
        self.told.append(alert)

    async def load(self) -> None:
        await self.enrolments.load()
        await self.snoozes.load()
        await self.remote.load()

    async def enrol(self) -> None:
        code, _ = self.enrolments.new_code()
        await self.fake.say(f"/start {code}")
        await self.remote.poll_once()


@pytest.fixture
async def wired(fake, bot, house):
    wired = Wired(fake, bot, house)
    await wired.load()
    return wired


async def test_sec_29_enrolment_by_a_code_that_works_once(wired, fake):
    code, _ = wired.enrolments.new_code()
    await fake.say(f"/start {code}", name="Anna\r\nB")
    await wired.remote.poll_once()
    assert wired.enrolments.allowed(OWNER, OWNER)
    assert wired.enrolments.people[0].name == "Anna B"
    assert wired.changes == 1
    assert fake.taken[0].text.startswith("Hello Anna B.")
    await fake.say(f"/start {code}", user=STRANGER)
    await wired.remote.poll_once()
    assert not wired.enrolments.allowed(STRANGER, STRANGER)
    assert len(fake.taken) == 1
    again = Wired(fake, wired.remote._bot, wired.house)
    await again.load()
    assert again.enrolments.chats == (OWNER,)
    await again.enrolments.remove(OWNER)
    assert again.enrolments.people == ()


async def test_sec_29_ten_wrong_guesses_void_the_code(wired, fake):
    code, _ = wired.enrolments.new_code()
    for _ in range(10):
        await fake.say("/start WRONGCODE1", user=STRANGER)
    await fake.say(f"/start {code}", user=STRANGER)
    await wired.remote.poll_once()
    assert wired.enrolments.people == ()
    assert fake.taken == []


async def test_a_code_is_void_after_ten_minutes(wired, fake, monkeypatch):
    code, _ = wired.enrolments.new_code()
    monkeypatch.setattr(wired.enrolments, "_code_until_ns", wired.house.clock.mono_ns())
    await fake.say(f"/start {code}")
    await wired.remote.poll_once()
    assert wired.enrolments.people == ()


async def test_commands(wired, fake):
    await wired.enrol()
    await wired.remote._bot.get_me()
    for text in ("/status", "/STATUS@house_bot now", "/status@other_bot", "/help", "/nonsense", "hello", "/start"):
        await fake.say(text)
    await wired.remote.poll_once()
    replies = [taken.text for taken in fake.taken[1:]]
    assert [reply.split("\n")[1:] for reply in replies[:2]] == [["Front: live", "Back yard: live"]] * 2
    assert replies[0].startswith("Armed since ")
    assert "/resume" in replies[2]
    assert "do not know" in replies[3]
    assert replies[4] == replies[2]
    assert len(replies) == 5


async def test_sec_32_the_commands_there_are(wired):
    """SEC-32: nothing here shows a secret, adds a user, exports, stops recording, runs a program or reboots."""
    looking = {"/status", "/photo", "/clip", "/cameras", "/logins", "/help"}
    assert set(wired.remote.commands.table) == looking | {
        "/arm",
        "/disarm",
        "/disable",
        "/enable",
        "/snooze",
        "/resume",
        "/keep",
    }
    viewers = {name for name, command in wired.remote.commands.table.items() if command.role is Role.VIEWER}
    assert viewers == looking


async def test_sec_30_a_stale_command_is_refused_politely(wired, fake):
    await wired.enrol()
    await fake.say("/status", age_s=61)
    await wired.remote.poll_once()
    assert "send it again" in fake.taken[-1].text


def stranger_updates():
    anna = {"id": STRANGER, "is_bot": False, "first_name": "X"}
    here = {"id": STRANGER, "type": "private"}
    owners = {"id": OWNER, "type": "private"}
    group = {"id": -77, "type": "group", "title": "G"}
    owner = {"id": OWNER, "is_bot": False, "first_name": "Anna"}
    texts = ("/status", "/start", "/start x y", "/help", "/resume", "hello", "")
    yield from ({"message": {"message_id": 1, "date": 1, "chat": here, "from": anna, "text": text}} for text in texts)
    yield from ({"message": {"message_id": 1, "date": 1, "chat": owners, "from": anna, "text": text}} for text in texts)
    yield from ({"message": {"message_id": 1, "date": 1, "chat": group, "from": owner, "text": text}} for text in texts)
    yield {"message": {"message_id": 1, "date": 1, "chat": owners, "text": "/status"}}
    yield {"message": {"message_id": 1, "date": 1, "chat": owners, "from": {**owner, "is_bot": True}, "text": "/status"}}
    yield {"message": {"message_id": 1, "date": 1, "chat": here, "from": anna, "photo": []}}
    for kind in ("edited_message", "channel_post"):
        yield {kind: {"message_id": 1, "date": 1, "chat": owners, "from": owner, "text": "/status"}}
    for user, chat in ((anna, here), (anna, owners), (owner, group)):
        inside = {"message_id": 1, "date": 1, "chat": chat, "text": "x"}
        for data in ("q:A1:x", "c:A1:x", "", "junk"):
            yield {"callback_query": {"id": "1", "from": user, "chat_instance": "1", "data": data, "message": inside}}
    yield {"callback_query": {"id": "1", "from": owner, "chat_instance": "1", "data": "q:A1:x"}}


async def test_sec_29_strangers_get_no_answer_and_no_effect(wired, fake):
    await wired.enrol()
    before = len(fake.taken)
    shapes = list(stranger_updates())
    assert len(shapes) >= 30
    for shape in shapes:
        await fake.update(shape)
    await wired.remote.poll_once()
    assert fake.taken[before:] == []
    assert fake.answers == []
    assert len(wired.enrolments.people) == 1
    assert wired.snoozes.until_us("front") == 0


async def listening(wired) -> None:
    """Poll once so that the remote knows it hears everything from now on."""
    wired.remote._listened_ns = wired.house.clock.mono_ns()


async def test_buttons_under_an_alert(wired, fake, bot):
    await wired.enrol()
    alert = await wired.house.tell()
    await Steps(wired.house, bot, wired.remote.buttons).drain()
    rows = json.loads(fake.taken[-1].fields["reply_markup"])["inline_keyboard"]
    keys = [key for row in rows for key in row]
    assert [[key["text"] for key in row] for row in rows] == [
        ["Clip", "Live picture"],
        ["Quiet for 1 h", "False alarm"],
        ["Keep", "Disarm"],
    ]
    assert all(len(key["callback_data"].encode()) <= 64 for key in keys)
    await listening(wired)
    before = len(fake.taken)
    for key in keys[:5]:
        await fake.press(key["callback_data"])
    await wired.remote.poll_once()
    assert [text for _, text in fake.answers] == [
        "The clip is on its way.",
        "I am fetching the picture.",
        "Quiet for 1 h.",
        "Noted.",
        "Kept for good.",
    ]
    await fake.wait_for(lambda: len(fake.taken) == before + 5)
    clip, photo, quiet, false_alarm, kept = sorted(
        fake.taken[before:], key=lambda taken: (not taken.data, taken.method == "sendPhoto")
    )
    assert (clip.method, clip.data) == ("sendVideo", b"mp4 of front")
    assert (photo.method, photo.data) == ("sendPhoto", JPEG + b"front")
    assert quiet.text.startswith("Front: no visitors told until ")
    assert "noted as a false alarm by Anna" in false_alarm.text
    assert "kept for good by Anna" in kept.text
    assert ("false alarm", alert.event, True, "Anna") in wired.actions.done
    assert wired.snoozes.until_us("front") > wired.house.clock.wall_us() + 3_500_000_000
    again = Snoozes(wired.house.db)
    await again.load()
    assert again.until_us("front") == wired.snoozes.until_us("front")
    await fake.say("/resume")
    await wired.remote.poll_once()
    assert wired.snoozes.until_us("front") == 0


async def test_buttons_nobody_gave(wired, fake):
    await wired.enrol()
    alert = await wired.house.tell()
    quiet, *_ = (button.data for button in wired.remote.buttons(alert, OWNER))
    forged = [quiet.replace("c:", "q:", 1), quiet[:-1] + ("A" if quiet[-1] != "A" else "B"), "q", "", "é:é:é"]
    other_chat = wired.remote.buttons(alert, OWNER + 1)[0].data
    await listening(wired)
    for data in (*forged, other_chat):
        await fake.press(data)
    await wired.remote.poll_once()
    assert {text for _, text in fake.answers} == {"This button is not one of mine."}
    assert wired.actions.done == []


async def test_a_button_pressed_while_nobody_listened_is_refused(wired, fake):
    await wired.enrol()
    alert = await wired.house.tell()
    wired.remote._listened_ns = None
    await fake.press(wired.remote.buttons(alert, OWNER)[0].data)
    await wired.remote.poll_once()
    assert "press again" in fake.answers[0][1]
    await fake.press(wired.remote.buttons(alert, OWNER)[2].data)
    await wired.remote.poll_once()
    assert fake.answers[1][1] == "Quiet for 1 h."


async def test_an_old_button_is_refused(wired, fake):
    await wired.enrol()
    old = wired.house.clock.wall_us() - 25 * 3600 * 1_000_000
    alert = await wired.house.tell(at_us=old)
    await listening(wired)
    await fake.press(wired.remote.buttons(alert, OWNER)[1].data)
    await wired.remote.poll_once()
    assert fake.answers[0][1] == "This button is too old."


async def test_sec_30_no_update_is_acted_on_twice(wired, fake, bot):
    await wired.enrol()
    await fake.say("/status")
    kept = list(fake.updates)
    await wired.remote.poll_once()
    again = Wired(fake, bot, wired.house)
    await again.load()
    fake.updates = kept
    await fake.say("/help")
    await again.remote.poll_once()
    assert ["Back yard: live" in taken.text for taken in fake.taken].count(True) == 1


@pytest.mark.parametrize("fault", [Fault.CONFLICT, Fault.BAD_TOKEN])
async def test_sec_31_a_stolen_token_is_told_elsewhere(wired, fake, fault):
    fake.polls_refused = fault
    with pytest.raises(Refused):
        await wired.remote.poll_once()
    assert "BotFather" in wired.house.health.open[Outage.CHANNEL_DEAD, "telegram"]
    fake.polls_refused = None
    await fake.say("hi")
    await wired.remote.poll_once()
    assert bool(wired.house.health.open) is (fault is Fault.CONFLICT)  # two that listen push each other out in turn
    wired.remote._clock = Late(91)
    await fake.say("hi")
    await wired.remote.poll_once()
    assert wired.house.health.open == {}


class Late(SystemClock):
    """The machine's clock, some seconds on."""

    def __init__(self, later_s=0) -> None:
        self.later_s = later_s

    def mono_ns(self):
        return MonoNs(super().mono_ns() + self.later_s * 1_000_000_000)


async def test_the_connection_is_kept_warm(fake, bot):
    warm = asyncio.create_task(bot.keep_warm())
    await fake.wait_for(lambda: bool(fake.calls))
    await bot.get_me()
    warm.cancel()
    assert bot.username == "house_bot"
    assert [method for method, _ in fake.calls] == ["getMe"] * 2


OFFERS = (
    Remedy(kind=RemedyKind.CHANGE_PASSWORD, camera="front", subject="admin"),
    Remedy(kind=RemedyKind.BLOCK_ADDRESS, camera="front", subject="203.0.113.9"),
    Remedy(kind=RemedyKind.REBOOT, camera="front"),
)


class Offered:
    """An alert with offers, as it arrives in a chat, and what a person presses under it."""

    def __init__(self, wired, fake, bot) -> None:
        self.wired = wired
        self.fake = fake
        self.bot = bot

    async def arrives(self, chat=OWNER) -> None:
        wired = self.wired
        alert = wired.house.alert(camera="front", severity=Severity.URGENT, title="Front: somebody logged in", offers=OFFERS)
        await wired.house.outbox.record(None, alert)
        told = await wired.house.outbox.find(alert.id)
        await TelegramChat(self.bot, chat, wired.remote.buttons).send(told, Part.TEXT, None, repeat=False)

    def buttons(self) -> dict[str, str]:
        rows = json.loads(self.fake.taken[-1].fields.get("reply_markup", "{}")).get("inline_keyboard", [])
        return {button["text"]: button["callback_data"] for row in rows for button in row}

    async def press(self, data, **who) -> str:
        await self.fake.press(data, **who)
        await self.wired.remote.poll_once()
        return self.fake.answers[-1][1]


@pytest.fixture
async def offered(wired, fake, bot):
    await wired.enrol()
    offered = Offered(wired, fake, bot)
    await offered.arrives()
    return offered


async def test_an_offer_is_asked_once_more_then_done_once_and_its_outcome_told(offered, fake, wired):
    assert list(offered.buttons()) == ["Change the password of admin", "Block the address 203.0.113.9", "Restart the camera"]
    assert await offered.press(offered.buttons()["Change the password of admin"]) == "Please confirm below."
    assert "change the password of admin?" in fake.taken[-1].text
    (entry,) = wired.remedies.entries.values()
    assert (entry.state, entry.who) == ("asked", f"telegram {OWNER}")
    yes = offered.buttons()["Yes, do it"]
    assert len(yes) <= 64
    count = len(fake.taken)
    await offered.press(yes)
    await fake.wait_for(lambda: len(fake.taken) > count)
    assert fake.taken[-1].text == "Done."
    assert wired.remedies.entries[entry.id].state == "done"
    await offered.press(yes)
    await fake.wait_for(lambda: len(fake.taken) > count + 1)
    assert "answered already" in fake.taken[-1].text
    assert not any(MADE_UP in taken.text for taken in fake.taken)


async def test_an_offer_can_be_taken_before_the_disk_took_its_alert(wired, fake, bot):
    await wired.enrol()
    offered = Offered(wired, fake, bot)
    wired.house.db.full = True
    await offered.arrives()
    assert wired.house.outbox.degraded
    assert await offered.press(offered.buttons()["Restart the camera"]) == "Please confirm below."
    wired.house.db.full = False
    await wired.house.outbox.pay()


async def test_a_no_does_nothing_and_voids_the_yes(offered, fake, wired):
    await offered.press(offered.buttons()["Restart the camera"])
    keys = offered.buttons()
    assert await offered.press(keys["No"]) == "Nothing was done."
    (entry,) = wired.remedies.entries.values()
    count = len(fake.taken)
    await offered.press(keys["Yes, do it"])
    await fake.wait_for(lambda: len(fake.taken) > count)
    assert "answered already" in fake.taken[-1].text
    assert wired.remedies.entries[entry.id].state == "declined"


async def test_what_cannot_be_done_is_said_plainly(offered, fake):
    await offered.press(offered.buttons()["Block the address 203.0.113.9"])
    assert fake.taken[-1].text == "This camera cannot block an address."
    assert offered.buttons() == {}


async def test_only_an_owner_gets_and_may_press_the_offers(offered, fake, wired, bot):
    offer = offered.buttons()["Restart the camera"]
    code, _ = wired.enrolments.new_code()
    await fake.say(f"/start {code}", user=2000, chat=-5)
    await wired.remote.poll_once()
    assert wired.enrolments.allowed(2000, -5)
    await offered.arrives(chat=-5)
    assert offered.buttons() == {}
    alert_id = offer.split(":")[1]
    signed = wired.remote._signer.data("r2", alert_id, -5)
    assert await offered.press(signed, user=2000, chat=-5) == "Only an owner may change a camera."
    assert (
        await offered.press(wired.remote._signer.data("y", "E0", -5), user=2000, chat=-5)
        == "Only an owner may change a camera."
    )
    assert await offered.press(offer, user=2000, chat=-5) == "This button is not one of mine."
    assert wired.remedies.entries == {}


async def test_an_offer_lives_a_day_and_cannot_be_made_up(offered, fake, wired, monkeypatch):
    offer = offered.buttons()["Restart the camera"]
    _action, alert_id, nonce = offer.split(":")
    for made_up in (f"r1:{alert_id}:{nonce}", f"y:{alert_id}:{nonce}", f"r2:A0:{nonce}", f"r2:{alert_id}:"):
        assert await offered.press(made_up) == "This button is not one of mine."
    assert await offered.press(wired.remote._signer.data("r7", alert_id, OWNER)) == "This button is too old."
    later_us = wired.house.clock.wall_us() + 25 * 3600 * 1_000_000
    monkeypatch.setattr(wired.remote._clock, "wall_us", lambda: later_us)
    assert await offered.press(offer) == "This button is too old."
    assert wired.remedies.entries == {}


async def test_the_first_is_an_owner_and_others_by_an_owner_s_code_only(wired, fake):
    for user, role in ((OWNER, None), (2000, None), (3000, Role.OWNER), (4000, Role.VIEWER)):
        code, _ = wired.enrolments.new_code(role)
        await fake.say(f"/start {code}", user=user)
        await wired.remote.poll_once()
    roles = [Role.OWNER, Role.MEMBER, Role.OWNER, Role.VIEWER]
    assert [wired.enrolments.role(user) for user in (OWNER, 2000, 3000, 4000, STRANGER)] == [*roles, None]
    again = Wired(fake, wired.remote._bot, wired.house)
    await again.load()
    assert [person.role for person in again.enrolments.people] == roles
