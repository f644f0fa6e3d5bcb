"""Hostile updates, one shape a test: whoever sends what, nothing is done, nobody is let in, and no stranger gets an answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from tests.alerts.test_telegram_arming_wired import keys_of, says
from tests.alerts.test_telegram_commands_wired import GROUP, MEMBER, STRANGER, VIEWER, enrol
from tests.alerts.test_telegram_wired import bot, fake, house, listening, wired  # noqa: F401 fixtures
from tests.devices.fake_telegram import OWNER

from hearthwatch.alerts.remote import Role
from hearthwatch.arming.arming import Mode

pytestmark = pytest.mark.wired


def person(user, **more):
    return {"id": user, "is_bot": False, "first_name": "X", **more}


def private(user):
    return {"id": user, "type": "private"}


HERE = {"id": GROUP, "type": "supergroup", "title": "Home"}
ELSEWHERE = {"id": -99, "type": "group", "title": "Elsewhere"}
CHANNEL = {"id": -1001, "type": "channel", "title": "C"}
ANNA = person(OWNER)
ANONYMOUS = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
NOW = object()


@dataclass(frozen=True)
class Given:
    """What a thief may have seen on somebody's screen: the buttons of an alert in Anna's chat and in the group, and the
    unanswered question "Disarm the house?" that Ben was asked in the group."""

    alert: dict[str, str]
    alert_in_group: dict[str, str]
    yes: str


Shape = Callable[[Given], dict]


def message(text="/snooze front 9h", *, sender=ANNA, chat=None, kind="message", date=NOW, **more) -> Shape:
    def shape(_given):
        at = int(time.time()) if date is NOW else date  # read when it is sent: for its age alone it would be refused
        inside = {"message_id": 1, "date": at, "chat": private(OWNER) if chat is None else chat, "from": sender, "text": text}
        return {kind: {key: value for key, value in (inside | more).items() if value is not None}}

    return shape


def press(pick, *, sender=ANNA, chat=None, **more) -> Shape:
    def shape(given):
        inside = {"message_id": 1, "date": 0, "chat": private(OWNER) if chat is None else chat}
        body = {"id": "1", "from": sender, "chat_instance": "1", "message": inside, "data": pick(given), **more}
        return {"callback_query": {key: value for key, value in body.items() if value is not None}}

    return shape


def quiet(given):
    return given.alert["Quiet for 1 h"]


def swapped(given):
    action, about, _nonce = quiet(given).split(":")
    return f"{action}:{about}:{given.alert['Clip'].split(':')[2]}"


SHAPES: dict[str, Shape] = {
    "a stranger in his own chat": message(sender=person(STRANGER), chat=private(STRANGER)),
    "a stranger in the owner's chat": message(sender=person(STRANGER)),
    "a stranger in our group": message(sender=person(STRANGER), chat=HERE),
    "the owner in a group that is not enrolled": message(chat=ELSEWHERE),
    "a member in the owner's chat": message(sender=person(MEMBER)),
    "a bot with the owner's id": message(sender=person(OWNER) | {"is_bot": True}),
    "the owner's id as text": message(sender=person(str(OWNER))),
    "the owner's id as a fraction": message(sender=person(OWNER + 0.0)),
    "an id too great": message(sender=person(2**70)),
    "a negative id": message(sender=person(-OWNER)),
    "no sender": message(sender=None),
    "a sender that is a list": message(sender=[ANNA]),
    "no chat": message(chat={}),
    "a chat that is text": message(chat="1000"),
    "an anonymous administrator": message(sender=ANONYMOUS, chat=HERE, sender_chat=HERE),
    "the owner for a channel": message(chat=HERE, sender_chat=CHANNEL),
    "forwarded by the owner": message(forward_origin={"type": "user", "date": 1, "sender_user": person(STRANGER)}),
    "forwarded in the old way": message(forward_from=person(STRANGER), forward_date=1),
    "forwarded by itself from a channel": message(chat=HERE, is_automatic_forward=True),
    "by another bot": message(via_bot={"id": 5, "is_bot": True, "first_name": "B"}),
    "by a business connection": message(business_connection_id="b"),
    "edited afterwards": message(kind="edited_message", edit_date=1),
    "a post in a channel": message(kind="channel_post", chat=CHANNEL, sender=None),
    "a post in a channel by the owner": message(kind="channel_post", chat=private(OWNER)),
    "a business message": message(kind="business_message"),
    "an inline query": lambda _given: {"inline_query": {"id": "1", "from": ANNA, "query": "/snooze front 9h", "offset": ""}},
    "a chosen inline result": lambda _given: {
        "chosen_inline_result": {"result_id": "/disarm", "from": ANNA, "query": "/disarm"}
    },
    "a poll's answer": lambda _given: {"poll_answer": {"poll_id": "1", "user": ANNA, "option_ids": [0]}},
    "the bot is put into a group by the owner": lambda _given: {"my_chat_member": {"chat": ELSEWHERE, "from": ANNA, "date": 1}},
    "a kind of the years to come": lambda _given: {"hologram": {"from": ANNA, "chat": private(OWNER), "text": "/disarm"}},
    "an update without anything": lambda _given: {},
    "a message that is a list": lambda _given: {"message": [{"from": ANNA, "text": "/disarm"}]},
    "no date": message(date=None),
    "a date in words": message(date="now"),
    "sixty-one seconds ago": message(date=int(time.time()) - 120),
    "from tomorrow": message(date=int(time.time()) + 86_400),
    "no text": message(text=None, caption="/snooze front 9h"),
    "text that is a list": message(text=["/snooze", "front"]),
    "huge text": message(text="/snooze " + "front" * 50_000),
    "the command behind other text": message(text="please /snooze front 9h"),
    "a command for another bot": message(text="/snooze@other_bot front 9h"),
    "a wrong code": message(text="/start ABCDEFGHJK", sender=person(STRANGER), chat=private(STRANGER)),
    "a code of nothing": message(text="/start ", sender=person(STRANGER), chat=private(STRANGER)),
    "a code edited in": message(text="/start CODE", kind="edited_message", sender=person(STRANGER), chat=private(STRANGER)),
    "a viewer's command": message(sender=person(VIEWER), chat=private(VIEWER)),
    "a member's command for owners": message(text="/disable", sender=person(MEMBER), chat=private(MEMBER)),
    "a stranger presses the owner's button": press(quiet, sender=person(STRANGER)),
    "a member presses the owner's button in his own chat": press(quiet, sender=person(MEMBER), chat=private(MEMBER)),
    "the button of another chat": press(lambda given: given.alert_in_group["Quiet for 1 h"]),
    "a viewer presses in the group": press(
        lambda given: given.alert_in_group["Quiet for 1 h"], sender=person(VIEWER), chat=HERE
    ),
    "the owner presses a member's yes": press(lambda given: given.yes, chat=HERE),
    "a member's yes in his own chat": press(lambda given: given.yes, sender=person(MEMBER), chat=private(MEMBER)),
    "a yes made up": press(lambda given: "a:" + "A" * 12 + ":" + given.yes.split(":")[2]),
    "a nonce of another button": press(swapped),
    "one letter changed": press(lambda given: quiet(given)[:-1] + ("A" if quiet(given)[-1] != "A" else "B")),
    "an offer made up": press(lambda given: quiet(given).replace("q:", "r0:", 1)),
    "a button without data": press(lambda _given: None, game_short_name="x"),
    "a button of an inline message": press(quiet, message=None, inline_message_id="1"),
    "data that is no text": press(lambda _given: {"q": 1}),
    "data with half a letter": press(lambda given: quiet(given)[:-1] + "\ud800"),
    "huge data": press(lambda given: quiet(given) * 1000),
    "a press by a bot with the owner's id": press(quiet, sender=ANNA | {"is_bot": True}),
}


ANSWERED = frozenset(
    {
        "no date",
        "a date in words",
        "sixty-one seconds ago",
        "from tomorrow",
        "huge text",
        "a viewer's command",
        "a member's command for owners",
    }
)
"""Those of enrolled people, who are told why nothing is done; all others are met with silence."""


@pytest.mark.parametrize(("name", "shape"), SHAPES.items(), ids=SHAPES.keys())
async def test_sec_29_a_hostile_update_has_no_effect(wired, fake, name, shape):  # noqa: F811
    for user, role, chat in ((OWNER, None, None), (MEMBER, None, None), (VIEWER, Role.VIEWER, None), (OWNER, None, GROUP)):
        await enrol(wired, fake, user, role, chat)
    await wired.remote._bot.get_me()
    await fake.say("/disarm", user=MEMBER, chat=GROUP)
    await wired.remote.poll_once()
    alert = await wired.house.tell()
    buttons = [{each.label: each.data for each in wired.remote.buttons(alert, chat)} for chat in (OWNER, GROUP)]
    given = Given(*buttons, keys_of(fake.taken[-1])["Yes"])
    await listening(wired)
    people, taken = wired.enrolments.people, len(fake.taken)
    await fake.update(shape(given))
    await wired.remote.poll_once()
    assert wired.enrolments.people == people
    assert wired.actions.done == []
    assert wired.arming.state.mode is Mode.AWAY
    assert wired.arming.state.number == 0
    assert wired.remedies.entries == {}
    assert wired.snoozes.until_us("front") == 0
    assert len(fake.taken[taken:]) == (name in ANSWERED)
    assert all(text for _, text in fake.answers)
    assert (await says(wired, fake, "/snooze front 1h")).text.startswith("Front: no visitors told until")


def test_there_are_many():
    assert len(SHAPES) >= 60
