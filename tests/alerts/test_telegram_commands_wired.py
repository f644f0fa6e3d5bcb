"""Every command and button of the remote against the stand-in for the Bot API: what is answered, done, and to whom."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from tests.alerts.fake_remote import JPEG
from tests.alerts.test_telegram_arming_wired import keys_of, press, says
from tests.alerts.test_telegram_wired import Late, Wired, bot, fake, house, listening, wired  # noqa: F401 fixtures
from tests.devices.fake_telegram import OWNER, Fault

from hearthwatch.alerts.remote import Role
from hearthwatch.arming.arming import Mode
from hearthwatch.health.outage import Fault as Outage
from hearthwatch.kit.errors import Refused
from hearthwatch.kit.units import US_PER_S
from hearthwatch.logins.login import Login, Source, Verdict
from hearthwatch.vendors.device import LoginAction

pytestmark = pytest.mark.wired
MEMBER, VIEWER, STRANGER, GROUP = 2000, 3000, 666, -77


async def enrol(wired, fake, user, role, chat=None):  # noqa: F811
    code, _ = wired.enrolments.new_code(role)
    await fake.say(f"/start {code}", user=user, chat=chat, name={MEMBER: "Ben", VIEWER: "Cleo"}.get(user, "Anna"))
    await wired.remote.poll_once()


@pytest.fixture
async def family(wired, fake):  # noqa: F811
    await enrol(wired, fake, OWNER, None)
    await enrol(wired, fake, MEMBER, None)
    await enrol(wired, fake, VIEWER, Role.VIEWER)
    return wired


async def media(fake, wired, text, count=1, user=OWNER):  # noqa: F811
    """What comes of a command that is worked on beside the listening."""
    before = len(fake.taken)
    await fake.say(text, user=user)
    await wired.remote.poll_once()
    await fake.wait_for(lambda: len(fake.taken) >= before + count)
    return fake.taken[before:]


async def test_the_welcome_says_what_one_may_do(family, fake):  # noqa: F811
    welcomes = [taken.text for taken in fake.taken]
    assert ["everything" in text for text in welcomes] == [True, False, False]
    assert "look, arm and disarm" in welcomes[1]
    assert "You may look." in welcomes[2]


async def test_a_photo_of_one_camera(family, fake):  # noqa: F811
    (photo,) = await media(fake, family, "/photo back yard")
    assert (photo.method, photo.data) == ("sendPhoto", JPEG + b"back-yard")
    assert photo.text.startswith("Back yard, ")
    assert json.loads(photo.fields["reply_parameters"])["message_id"] > 0
    assert fake.shown == [(OWNER, "upload_photo")]


async def test_photos_of_all_cameras_are_an_album_and_a_dark_one_is_said(family, fake):  # noqa: F811
    family.actions.names |= {f"cam{number}": f"Cam {number}" for number in range(11)}
    family.actions.dark = {"front"}
    first, rest, failed = await media(fake, family, "/photo", 3)
    assert [first.method, rest.method] == ["sendMediaGroup", "sendPhoto" if len(rest.files) == 1 else "sendMediaGroup"]
    assert (len(first.files), len(rest.files)) == (10, 2)
    assert first.text.split("\n")[0].startswith("Back yard, ")
    assert failed.text == "Front: no picture: the camera gives no picture at the moment"


async def test_no_picture_at_all_is_said(family, fake):  # noqa: F811
    family.actions.dark = {"front", "back-yard"}
    (failed,) = await media(fake, family, "/photo front")
    assert failed.text.startswith("Front: no picture")


async def test_a_clip_of_the_last_seconds_and_of_an_event(family, fake):  # noqa: F811
    (clip,) = await media(fake, family, "/clip front")
    assert (clip.method, clip.data) == ("sendVideo", b"mp4 of front")
    await media(fake, family, "/clip front 25")
    await media(fake, family, "/clip front 20s")
    assert [done[2] for done in family.actions.done if done[0] == "clip"] == [10, 25, 20]
    assert "no event of Front" in (await says(family, fake, "/clip front event")).text
    change = family.house.change()
    family.actions.events["e1"] = change.event
    await media(fake, family, "/clip fro event")
    assert family.actions.done[-1] == ("clip", "front", 15)


async def test_a_clip_too_large_offers_a_shorter_one(family, fake):  # noqa: F811
    (refused,) = await media(fake, family, "/clip front 60")
    assert "the clip is too large: 60 s of this camera have 90 MB, and 47 MB can be sent" in refused.text
    assert "/clip front 30 would do" in refused.text
    before = len(fake.taken)
    assert await press(family, fake, keys_of(refused)["Send 30 s"]) == "The clip is on its way."
    await fake.wait_for(lambda: len(fake.taken) > before)
    assert fake.taken[-1].method == "sendVideo"
    assert family.actions.done[-1] == ("clip", "front", 30)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("/clip", "Of which camera?"),
        ("/clip front 0", "How long? 1 to 60"),
        ("/clip front 999", "How long? 1 to 60"),
        ("/clip front soon", "How long? 1 to 60"),
        ("/clip frnt", "There is no camera 'frnt'. Did you mean Front?"),
        ("/photo frnt", "Did you mean Front?"),
        ("/snooze front 99", "write 30m, 2h"),
        ("/snooze nobody 1h", "There is no camera"),
        ("/keep", "Of which camera? /keep CAMERA"),
        ("/keep frnt", "Did you mean Front?"),
        ("/keep front soon", "write 14:00-14:30"),
        ("/keep front 14:00-14:99", "write 14:00-14:30"),
        ("/keep front last 30 h", "at most 24h"),
        ("/arm 40d", "too long"),
        ("/disarm soon", "I do not know the time"),
        ("/frobnicate", "/help lists"),
    ],
)
async def test_what_is_not_understood_is_answered_with_how_to_say_it(family, fake, text, answer):  # noqa: F811
    assert answer in (await says(family, fake, text)).text
    assert family.actions.done == []
    assert family.arming.state.number == 0


async def test_quiet_times(family, fake):  # noqa: F811
    now_us = family.house.clock.wall_us()
    quiet = await says(family, fake, "/snooze front 2h", user=MEMBER)
    assert quiet.text.startswith("Front: no visitors told until ")
    assert family.snoozes.until_us("front") > now_us + 7_100 * US_PER_S
    assert family.actions.done[-1] == ("snooze", "front", "Ben", "Telegram")
    assert "Front: quiet until" in (await says(family, fake, "/snooze")).text
    assert "quiet until" in (await says(family, fake, "/status")).text
    assert await press(family, fake, keys_of(quiet)["Alert again"], user=MEMBER) == "It alerts again."
    assert family.snoozes.until_us("front") == 0
    asked = await says(family, fake, "/snooze all 30m")
    assert family.snoozes.until_us("front") == 0
    assert "No camera tells of visitors until" in await press(family, fake, keys_of(asked)["Yes"])
    assert family.snoozes.until_us("back-yard") > now_us
    assert (await says(family, fake, "/resume back yard")).text == "Back yard alerts again."
    assert family.snoozes.until_us("front") > now_us
    assert (await says(family, fake, "/resume")).text == "All cameras alert again."
    assert family.snoozes.until_us("front") == 0


async def test_footage_is_kept_and_let_go_of(family, fake):  # noqa: F811
    kept = await says(family, fake, "/keep back yard last 30 min", user=MEMBER)
    assert kept.text.startswith("Back yard: kept for good by Ben, ")
    assert kept.text.endswith(", 12 MB so far.")
    assert family.actions.done == [("keep", "back-yard", 1800, "Ben", "Telegram")]
    for text, length_s in (("/keep front", 600), ("/keep front 90m", 5400), ("/keep Front 11:00 - 11:20", 1200)):
        await says(family, fake, text)
        assert family.actions.done[-1] == ("keep", "front", length_s, "Anna", "Telegram")
    undo = keys_of(kept)["Let go of it"]
    await family.enrolments.set_role(MEMBER, Role.VIEWER)
    assert (await press(family, fake, undo, user=MEMBER)).startswith("You may look here")
    assert len(family.actions.pins) == 4
    await family.enrolments.set_role(MEMBER, Role.MEMBER)
    assert (await press(family, fake, undo, user=MEMBER)).startswith("Let go of")
    assert await press(family, fake, undo, user=MEMBER) == "It was let go of already."
    assert [each.camera for each in family.actions.pins.values()] == ["front"] * 3
    family.actions.dark = {"front"}
    assert "nothing to keep" in (await says(family, fake, "/keep front")).text


async def test_an_event_is_kept_by_the_button_under_its_alert(family, fake):  # noqa: F811
    alert = await family.house.tell()
    keep = {each.label: each.data for each in family.remote.buttons(alert, OWNER)}["Keep"]
    await listening(family)
    assert await press(family, fake, keep) == "Kept for good."
    assert family.actions.done == [("keep", "front", 20, "Anna", "Telegram")]
    said = fake.taken[-1]
    assert f"{alert.title}: kept for good by Anna" in said.text
    assert (await press(family, fake, keys_of(said)["Let go of it"])).startswith("Let go of")
    assert family.actions.pins == {}


async def test_arming_for_a_time(family, fake):  # noqa: F811
    asked = await says(family, fake, "/disarm 2h", user=MEMBER)
    assert "Disarm the house until " in asked.text
    assert ", until " in await press(family, fake, keys_of(asked)["Yes"], user=MEMBER)
    state = family.arming.state
    assert (state.mode, state.who, state.via) == (Mode.DISARMED, "Ben", "Telegram")
    assert state.until_us > family.house.clock.wall_us() + 7_000 * US_PER_S
    assert ", until " in (await says(family, fake, "/arm until 23:59")).text
    assert family.arming.state.mode is Mode.AWAY


async def test_the_cameras_and_who_logged_in(family, fake):  # noqa: F811
    assert "Back yard: live" in (await says(family, fake, "/cameras", user=VIEWER)).text
    assert (await says(family, fake, "/logins", user=VIEWER)).text.startswith("Nobody but Hearthwatch")
    now_us = family.house.clock.wall_us()
    family.actions.logins_now = (
        Login(
            id=1,
            camera="front",
            action=LoginAction.LOGIN,
            code="",
            user="admin\n/disarm",
            address="203.0.113.9",
            origin="",
            via="web",
            local_us=None,
            at_us=now_us,
            seen_us=now_us,
            source=Source.LOG,
            verdict=Verdict.OUTSIDE,
        ),
    )
    (line,) = (await says(family, fake, "/logins")).text.split("\n")
    assert line.endswith("Front: login, admin /disarm from 203.0.113.9 (from outside)")


async def test_sec_09_who_may_do_what(family, fake):  # noqa: F811
    for text in ("/arm", "/disarm", "/enable", "/snooze front 1h", "/resume", "/keep front"):
        assert (await says(family, fake, text, user=VIEWER)).text.startswith("You may look here")
    for text in ("/disable", "/disable 2h"):
        assert (await says(family, fake, text, user=MEMBER)).text == "Only an owner may do that."
        assert (await says(family, fake, text, user=VIEWER)).text == "Only an owner may do that."
    assert family.arming.state.number == 0
    assert family.actions.done == []
    assert "/disarm" not in (await says(family, fake, "/help", user=VIEWER)).text
    members = (await says(family, fake, "/help", user=MEMBER)).text
    assert ("/disarm" in members, "/disable" in members) == (True, False)
    assert "/disable" in (await says(family, fake, "/help")).text


async def test_the_app_offers_each_chat_what_may_be_done_there(family, fake, bot):  # noqa: F811
    await family.remote.commands.offer_menu(bot)
    assert {chat: len(menu) for chat, menu in fake.menus.items()} == {OWNER: 13, MEMBER: 12, VIEWER: 6}
    assert set(fake.menus[VIEWER]) == {"status", "photo", "clip", "cameras", "logins", "help"}
    calls = len(fake.calls)
    await family.remote.commands.offer_menu(bot)
    assert len(fake.calls) == calls
    await family.enrolments.set_role(VIEWER, Role.MEMBER)
    await family.enrolments.remove(MEMBER)
    await family.remote.commands.offer_menu(bot)
    assert {chat: len(menu) for chat, menu in fake.menus.items()} == {OWNER: 13, MEMBER: 0, VIEWER: 12}


async def test_a_viewer_sees_no_button_that_changes_something(family):
    alert = await family.house.tell()
    labels = {chat: [each.label for each in family.remote.buttons(alert, chat)] for chat in (OWNER, VIEWER)}
    assert labels[VIEWER] == ["Clip", "Live picture"]
    assert labels[OWNER] == ["Clip", "Live picture", "Quiet for 1 h", "False alarm", "Keep", "Disarm"]


async def test_sec_09_in_a_group_the_person_s_role_counts(family, fake):  # noqa: F811
    await enrol(family, fake, OWNER, None, chat=GROUP)
    alert = await family.house.tell()
    buttons = {each.label: each.data for each in family.remote.buttons(alert, GROUP)}
    await listening(family)
    for user, effect in ((VIEWER, False), (STRANGER, False), (MEMBER, True)):
        await fake.press(buttons["Quiet for 1 h"], user=user, chat=GROUP)
        await family.remote.poll_once()
        assert bool(family.snoozes.until_us("front")) is effect
    assert len(fake.answers) == 2  # the stranger got none
    before = len(fake.taken)
    await fake.say("/disarm", user=VIEWER, chat=GROUP)
    await fake.say("/disarm", user=STRANGER, chat=GROUP)
    await fake.say("/disarm", user=MEMBER, chat=GROUP)
    await family.remote.poll_once()
    refused, asked = fake.taken[before:]
    assert (refused.chat_id, refused.text[:17]) == (GROUP, "You may look here")
    yes = keys_of(asked)["Yes"]
    for user in (OWNER, VIEWER):
        await fake.press(yes, user=user, chat=GROUP)
        await family.remote.poll_once()
        assert fake.answers[-1][1] == "Only who asked may press this."
    assert family.arming.state.mode is Mode.AWAY
    await fake.press(yes, user=MEMBER, chat=GROUP)
    await family.remote.poll_once()
    assert family.arming.state.mode is Mode.DISARMED


async def test_a_yes_is_worth_nothing_once_the_role_is_gone(family, fake):  # noqa: F811
    asked = await says(family, fake, "/disarm", user=MEMBER)
    await family.enrolments.set_role(MEMBER, Role.VIEWER)
    assert await press(family, fake, keys_of(asked)["Yes"], user=MEMBER) == "You may not do that any more."
    assert family.arming.state.mode is Mode.AWAY


async def test_a_false_alarm_is_noted_and_taken_back(family, fake):  # noqa: F811
    alert = await family.house.tell()
    data = next(each.data for each in family.remote.buttons(alert, OWNER) if each.label == "False alarm")
    assert await press(family, fake, data) == "Noted."
    assert await press(family, fake, keys_of(fake.taken[-1])["It was none"]) == "Taken back: it was no false alarm."
    notes = [done for done in family.actions.done if done[0] == "false alarm"]
    assert notes == [("false alarm", alert.event, True, "Anna"), ("false alarm", alert.event, False, "Anna")]


async def test_a_backlog_gets_one_answer_and_nothing_of_it_is_done(family, fake):  # noqa: F811
    alert = await family.house.tell()
    data = [each.data for each in family.remote.buttons(alert, OWNER)]
    family.remote._listened_ns = None
    before = len(fake.taken)
    for number in range(130):
        await fake.say("/disable" if number % 2 else "/snooze front 9h", age_s=300 + number)
    for each in data:
        await fake.press(each)
    for _ in range(2):
        await family.remote.poll_once()
    (answer,) = fake.taken[before:]
    assert answer.text.startswith("I got 130 messages 7 min late and did nothing")
    assert [text != "" for _, text in fake.answers] == [True, *[False] * (len(data) - 1)]
    assert family.actions.done == []
    assert family.arming.state.number == 0
    await says(family, fake, "/snooze front 1h")
    assert family.actions.done


async def test_a_command_from_ahead_of_our_clock_names_the_clock(family, fake):  # noqa: F811
    assert "clock" in (await says_late(family, fake, -3600)).text


async def says_late(wired, fake, age_s):  # noqa: F811
    before = len(fake.taken)
    await fake.say("/arm", age_s=age_s)
    await wired.remote.poll_once()
    (taken,) = fake.taken[before:]
    return taken


async def test_unknown_chats_get_no_answer_and_the_owner_one_notice_of_each(family, fake):  # noqa: F811
    before = len(fake.taken)
    for text in ("hi", "/status", "/disarm"):
        await fake.say(text, user=STRANGER, name="Visit t.me/evil @admin /disarm")
    await fake.say("/status", user=OWNER, chat=-500)
    await fake.update(
        {"my_chat_member": {"chat": {"id": -501, "type": "group", "title": "Elm"}, "from": {"id": 7, "is_bot": False}}}
    )
    await family.remote.poll_once()
    assert fake.taken[before:] == []
    first, second, third = family.told
    assert first.title == "Somebody unknown wrote to your bot"
    assert first.text.startswith("Visit t me evil  admin  disarm".replace("  ", " "))
    assert "(Telegram id 666)" in first.text
    assert "a chat it does not know" in second.title
    assert "'Elm' (-501)" in third.text
    assert len({each.dedupe_key for each in family.told}) == 3


async def test_notices_of_strangers_are_few_a_day(family, fake):  # noqa: F811
    for user in range(7000, 7020):
        await fake.say("hi", user=user)
    await family.remote.poll_once()
    assert len(family.told) == 5
    assert "No more of this kind are told today." in family.told[-1].text


async def test_people_who_talk_in_a_group_of_ours_are_no_news(family, fake):  # noqa: F811
    await enrol(family, fake, OWNER, None, chat=GROUP)
    await fake.say("who moved the ladder?", user=STRANGER, chat=GROUP)
    await family.remote.poll_once()
    assert family.told == []
    await fake.say("/disarm", user=STRANGER, chat=GROUP)
    await family.remote.poll_once()
    assert [each.title for each in family.told] == ["Somebody unknown wrote to your bot"]


async def test_telegrams_wish_to_wait_is_heeded_and_nobody_waits_for_it(family, fake, monkeypatch):  # noqa: F811
    replies, listened, waits = family.remote._replies, asyncio.Event(), []
    wait_and_send = replies._after

    async def after(seconds, send):
        """The second begins once all was listened to: on a busy machine that takes longer."""
        waits.append(seconds)
        await listened.wait()
        await wait_and_send(seconds, send)

    monkeypatch.setattr(replies, "_after", after)
    fake.fail(Fault.FLOOD, retry_after=1, method="sendMessage")
    before = len(fake.taken)
    await fake.say("/cameras")
    await fake.say("/status")
    await family.remote.poll_once()
    assert [taken.text.split("\n")[1] for taken in fake.taken[before:]] == ["Front: live"]  # the later one went first
    assert waits == [1]
    listened.set()
    heard_ns = time.monotonic_ns()
    await fake.wait_for(lambda: len(fake.taken) == before + 2)
    assert fake.taken[-1].at_ns - heard_ns >= 1e9
    assert fake.taken[-1].text.startswith("Front: live")


async def test_too_much_at_once_is_answered_so(family, fake):  # noqa: F811
    family.actions.hold = asyncio.Event()
    before = len(fake.taken)
    for _ in range(6):
        await fake.say("/photo front")
    await family.remote.poll_once()
    assert ["still at what was asked" in taken.text for taken in fake.taken[before:]] == [True, True]
    family.actions.hold.set()
    await fake.wait_for(lambda: len(fake.taken) == before + 6)


async def test_two_that_poll_push_each_other_out_and_it_is_told_once(family, fake, bot):  # noqa: F811
    await listening(family)
    waiting = asyncio.create_task(family.remote.poll_once())
    polls = len(fake.calls)
    await fake.wait_for(lambda: len(fake.calls) > polls)
    await bot.updates(0, wait_s=0)  # the other program
    with pytest.raises(Refused, match="another program"):
        await waiting
    assert "BotFather" in family.house.health.open[Outage.CHANNEL_DEAD, "telegram"]
    await says(family, fake, "/status")
    assert family.house.health.open  # one good poll between two refusals is not the end of it
    family.remote._clock = Late(91)
    await says(family, fake, "/status")
    assert family.house.health.log == [
        ("failed", Outage.CHANNEL_DEAD, "telegram"),
        ("recovered", Outage.CHANNEL_DEAD, "telegram"),
    ]
