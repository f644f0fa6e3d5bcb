"""Arming by Telegram against the stand-in for the Bot API: commands, the button that works once, the house's question."""

from __future__ import annotations

import json

import pytest
from tests.alerts.test_telegram_wired import Late, Wired, bot, fake, house, listening, wired  # noqa: F401 fixtures
from tests.arming.scene import person
from tests.devices.fake_telegram import OWNER

from hearthwatch.alerts import arming_alerts
from hearthwatch.arming.arming import ArmingOptions, Cause, Disarm, Mode

pytestmark = pytest.mark.wired
BEN = 2000


async def says(wired, fake, text, user=OWNER):  # noqa: F811
    before = len(fake.taken)
    await fake.say(text, user=user)
    await wired.remote.poll_once()
    (taken,) = fake.taken[before:]
    return taken


def keys_of(taken):
    rows = json.loads(taken.fields["reply_markup"])["inline_keyboard"]
    return {key["text"]: key["callback_data"] for row in rows for key in row}


async def press(wired, fake, data, user=OWNER):  # noqa: F811
    await listening(wired)
    await fake.press(data, user=user)
    await wired.remote.poll_once()
    return fake.answers[-1][1]


async def test_sec_30_disarm_takes_a_button_that_works_once(wired, fake):  # noqa: F811
    await wired.enrol()
    asked = await says(wired, fake, "/disarm")
    assert "Disarm the house?" in asked.text
    assert wired.arming.state.mode is Mode.AWAY
    yes = keys_of(asked)["Yes"]
    assert len(yes.encode()) <= 64
    assert (await press(wired, fake, yes)).startswith("Disarmed since ")
    state = wired.arming.state
    assert (state.mode, state.cause, state.via) == (Mode.DISARMED, Cause.PERSON, "Telegram")
    assert state.who == wired.enrolments.people[0].name
    armed = await says(wired, fake, "/arm")
    assert armed.text.startswith("Armed since ")
    assert "too old" in await press(wired, fake, yes)
    assert wired.arming.state.mode is Mode.AWAY


async def test_sec_30_a_button_is_for_who_asked_and_for_a_minute(wired, fake):  # noqa: F811
    await wired.enrol()
    code, _ = wired.enrolments.new_code()
    await fake.say(f"/start {code}", user=BEN)
    await wired.remote.poll_once()
    yes = keys_of(await says(wired, fake, "/disarm"))["Yes"]
    assert await press(wired, fake, yes, user=BEN) == "This button is not one of mine."
    late = wired.remote.commands.questions._clock = Late()
    late.later_s = 61
    assert "too old" in await press(wired, fake, yes)
    assert wired.arming.state.mode is Mode.AWAY


async def test_only_an_owner_disables(wired, fake):  # noqa: F811
    await wired.enrol()
    code, _ = wired.enrolments.new_code()
    await fake.say(f"/start {code}", user=BEN)
    await wired.remote.poll_once()
    refused = await says(wired, fake, "/disable", user=BEN)
    assert refused.text == "Only an owner may do that."
    yes = keys_of(await says(wired, fake, "/disable"))["Yes"]
    await press(wired, fake, yes)
    assert wired.arming.state.mode is Mode.DISABLED
    assert "Enable them first" in (await says(wired, fake, "/arm", user=BEN)).text
    enabled = await says(wired, fake, "/enable", user=BEN)
    assert enabled.text.startswith("Armed since ")
    assert wired.arming.state.mode is Mode.AWAY
    assert "decides itself already" in await press(wired, fake, keys_of(await says(wired, fake, "/enable"))["Yes"])


async def test_sec_30_stale_and_strange_commands_change_nothing(wired, fake):  # noqa: F811
    await wired.enrol()
    await fake.say("/disable", age_s=61)
    for text in ("/disarm", "/disable", "/enable", "/arm"):
        await fake.say(text, user=666)
    before = len(fake.taken)
    await wired.remote.poll_once()
    assert ["send it again" in taken.text for taken in fake.taken[before:]] == [True]
    assert wired.arming.state.number == 0


@pytest.mark.parametrize(("button", "mode"), [("It was us: disarm", Mode.HOME), ("Not us: stay armed", Mode.AWAY)])
async def test_the_houses_question_is_answered(wired, fake, bot, button, mode):  # noqa: F811
    await wired.enrol()
    wired.arming.options = ArmingOptions(disarm=Disarm.CONFIRM)
    wired.arming.people = (person("anna", home=True),)
    wired.arming.look()
    alert = arming_alerts.asked("A1", wired.arming.state.question, "Home")
    buttons = {each.label: each.data for each in wired.remote.buttons(alert, OWNER)}
    await press(wired, fake, buttons[button])
    assert wired.arming.state.mode is mode
    assert "not open any more" in await press(wired, fake, buttons["It was us: disarm"])
    assert wired.arming.state.mode is mode


async def test_disarm_under_an_alert_asks_once_more(wired, fake):  # noqa: F811
    await wired.enrol()
    alert = await wired.house.tell()
    data = next(each.data for each in wired.remote.buttons(alert, OWNER) if each.label == "Disarm")
    assert await press(wired, fake, data) == "Please confirm below."
    assert wired.arming.state.mode is Mode.AWAY
    await press(wired, fake, keys_of(fake.taken[-1])["Yes"])
    assert wired.arming.state.mode is Mode.DISARMED
