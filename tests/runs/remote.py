"""Telegram as a remote, tried on the real house: every command and button is sent by a stand-in of the Bot API that behaves like
the real one, and every reply is shown.

`python -m tests.runs.remote [--short]` prints the conversation; exit code 1 when an answer is not what it should be. Two demo
cameras are filmed, recorded and looked at. `--short` leaves out the other program that takes our token away for two minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import tempfile
import time
from pathlib import Path

from tests.devices.fake_telegram import OWNER, Fault, Taken
from tests.runs import rig

BEN, CLEO, STRANGER, GROUP = 2000, 3000, 666, -77
NAMES = {OWNER: "Anna", BEN: "Ben", CLEO: "Cleo", STRANGER: "a stranger"}
_CAMERAS = [
    rig.CameraSection(name="street", main="demo://street?seed=1", sub="demo://street?seed=1", more='name = "Street"'),
    rig.CameraSection(name="yard", main="demo://street?seed=2", sub="demo://street?seed=2", more='name = "Back yard"'),
]


class Talk:
    """A conversation with the bot, shown as it goes; `wrong` collects what was not as it should be."""

    def __init__(self, house: rig.House, services: rig.Channels) -> None:
        self.house = house
        self.services = services
        self.telegram = services.telegram
        self.seen = len(services.telegram.taken)
        self.wrong: list[str] = []

    async def say(self, text: str, *wanted: str, user: int = OWNER, chat: int | None = None, age_s: float = 0) -> list[Taken]:
        """Somebody writes; there must come as many answers as are `wanted`, each with that in it."""
        where = " (in the group)" if chat is not None else ""
        late = f" (sent {age_s:.0f} s ago)" if age_s else ""
        show(f"{NAMES[user]}{where}{late}: {text}")
        await self.telegram.say(text, user=user, chat=chat, age_s=age_s, name=NAMES[user])
        return await self.hear(text, *wanted, chat=user if chat is None else chat)

    async def hear(self, what: str, *wanted: str, chat: int, timeout_s: float = 40) -> list[Taken]:
        """Wait for the answers, among whatever else is told."""

        def answers() -> list[Taken]:
            return [taken for taken in self.telegram.taken[self.seen :] if taken.chat_id == chat]

        def missing() -> list[str]:
            texts = [taken.text for taken in answers()]
            return [word for word in wanted if not any(word in text for text in texts)]

        try:
            await self.telegram.wait_for(lambda: not missing(), timeout_s)
        except TimeoutError:
            self.wrong.append(f"{what}: no answer with {missing()}")
        found = answers()
        for taken in self.telegram.taken[self.seen :]:
            show_message(taken)
        self.seen = len(self.telegram.taken)
        return found

    async def press(self, taken: Taken, label: str, toast: str, *wanted: str, user: int = OWNER) -> list[Taken]:
        """Somebody presses a button; `toast` is what pops up."""
        show(f"{NAMES[user]} presses [{label}]")
        data = buttons(taken).get(label)
        if data is None:
            self.wrong.append(f"no button {label} under: {taken.text}")
            return []
        before = len(self.telegram.answers)
        chat = None if taken.chat_id == user else taken.chat_id
        await self.telegram.press(data, user=user, chat=chat)
        try:
            await self.telegram.wait_for(lambda: len(self.telegram.answers) > before, 60)
        except TimeoutError:
            self.wrong.append(f"{label}: nobody took the press")
            return []
        shown = self.telegram.answers[before][1]
        show(f"    pops up: {shown}")
        if toast not in shown:
            self.wrong.append(f"{label}: {shown!r} has no {toast!r}")
        return await self.hear(label, *wanted, chat=taken.chat_id) if wanted else []

    async def command(self, *words: str) -> str:
        show(f"$ hearthwatch {' '.join(words)}")
        code, said = await self.house.command(*words)
        for line in said.splitlines():
            show(f"    {line}")
        if code:
            self.wrong.append(f"{words}: exit code {code}")
        return said

    async def mail(self, *words: str, timeout_s: float) -> None:
        """Wait for a mail with these words: the other way alerts take."""
        began = time.monotonic()
        while time.monotonic() - began < timeout_s:
            for message in self.services.mail.messages:
                if all(word in str(message.get("subject", "")) for word in words):
                    show(f"by mail: {message['subject']}")
                    return
            await asyncio.sleep(0.5)
        self.wrong.append(f"no mail with {words}")

    def check(self, what: str, *, holds: bool) -> None:
        show(f"    {'holds' if holds else 'DOES NOT HOLD'}: {what}")
        if not holds:
            self.wrong.append(what)


def show(line: str) -> None:
    print(line, flush=True)


def show_message(taken: Taken) -> None:
    kind = {"sendMessage": "", "sendPhoto": "[picture] ", "sendVideo": "[clip] ", "sendMediaGroup": "[album] "}
    size = f" ({len(taken.files)} x {len(taken.data) // 1000} kB)" if taken.files else ""
    keys = " ".join(f"[{label}]" for label in buttons(taken))
    for number, line in enumerate(taken.text.split("\n")):
        show(f"    bot to {taken.chat_id}: {kind.get(taken.method, taken.method) if not number else ''}{line}{size}")
    if keys:
        show(f"        {keys}")


def buttons(taken: Taken) -> dict[str, str]:
    rows = json.loads(taken.fields.get("reply_markup") or "{}").get("inline_keyboard", [])
    return {key["text"]: key["callback_data"] for row in rows for key in row}


async def looks(talk: Talk) -> None:
    await talk.say("/help", "/photo [CAMERA]: a picture")
    await talk.say("/status", "Street: live")
    await talk.say("/STATUS@house_bot", "Back yard: live")
    await talk.say("/cameras", "Back yard (yard): live")
    await talk.say("/logins", "Nobody but Hearthwatch")
    (photo, *_) = await talk.say("/photo street", "Street, ")
    talk.check("it is a JPEG", holds=photo.data[:2] == b"\xff\xd8" and len(photo.data) > 5000)
    await talk.say("/photo", "Street, ")
    await talk.say("/photo strete", "Did you mean Street?")
    (clip, *_) = await talk.say("/clip street", "Street, from ")
    talk.check("it is an MP4", holds=clip.data[4:8] == b"ftyp" and len(clip.data) > 20_000)
    await talk.say("/clip yard 5", "Back yard, from ")
    await talk.say("/clip", "Of which camera?")
    await talk.say("/nonsense", "/help lists what you can ask")


async def people(talk: Talk) -> None:
    for user, words, welcome in ((BEN, (), "look, arm and disarm"), (CLEO, ("--role", "viewer"), "You may look.")):
        said = await talk.command("telegram", "invite", *words)
        await talk.say(f"/start {re.search('/start ([A-Z0-9]+)', said)[1]}", welcome, user=user)
    said = await talk.command("telegram", "invite")
    await talk.say(f"/start {re.search('/start ([A-Z0-9]+)', said)[1]}", "everything", chat=GROUP)
    await talk.command("telegram", "list")
    await talk.say("/disarm", "You may look here", user=CLEO)
    await talk.say("/disarm", "You may look here", user=CLEO, chat=GROUP)
    await talk.say("/disable", "Only an owner", user=BEN)
    await talk.say("/status", "Street: live", user=CLEO, chat=GROUP)
    for chat in (OWNER, CLEO):
        show(f"the menu of {NAMES[chat]}'s app: {' '.join(talk.telegram.menus.get(chat, ()))}")
    talk.check("Cleo's menu has no /disarm", holds="disarm" not in talk.telegram.menus.get(CLEO, ("disarm",)))
    before = len(talk.telegram.taken)
    await talk.say("/status", user=STRANGER)
    await talk.hear("a stranger", "Somebody unknown wrote to your bot", chat=OWNER)
    talk.check("he got no answer", holds=all(taken.chat_id != STRANGER for taken in talk.telegram.taken[before:]))


async def arming(talk: Talk) -> None:
    asked = await talk.say("/disarm 1h", "Disarm the house until", user=BEN)
    await talk.press(asked[-1], "Yes", "Disarmed since", user=BEN)
    await talk.press(asked[-1], "Yes", "too old", user=BEN)
    await talk.hear("announcement", ": disarmed", chat=OWNER)
    await talk.say("/arm", "Armed since")
    asked = await talk.say("/disable", "Tell no visitor any more")
    await talk.press(asked[-1], "Yes", "disabled")
    await talk.say("/enable", "Armed since")
    asked = await talk.say("/arm 2h", "until")
    asked = await talk.say("/enable", "Hand the house back")
    await talk.press(asked[-1], "Yes", "Armed since")


async def quiet(talk: Talk) -> None:
    asked = await talk.say("/snooze street 30m", "no visitors told until")
    show(f"GET /api/v1/snoozes: {await talk.house.get('/api/v1/snoozes')}")
    await talk.say("/snooze", "Street: quiet until")
    await talk.press(asked[-1], "Alert again", "It alerts again")
    asked = await talk.say("/snooze all 1h", "on any camera until")
    await talk.press(asked[-1], "Yes", "No camera tells of visitors")
    await talk.say("/resume", "All cameras alert again")
    await talk.say("/snooze street", "no visitors told until")
    await talk.say("/snooze street off", "Street alerts again")


async def alert(talk: Talk) -> None:
    show("waiting for somebody in the street ...")

    def is_visit(taken: Taken) -> bool:
        return taken.chat_id == OWNER and "Clip" in buttons(taken)

    start = talk.seen
    await talk.telegram.wait_for(lambda: any(is_visit(taken) for taken in talk.telegram.taken[start:]), 120)
    visit = next(taken for taken in talk.telegram.taken[start:] if is_visit(taken))
    await talk.hear("alert", visit.text, chat=OWNER)
    name = visit.text.split(":")[0]
    await talk.press(visit, "Live picture", "fetching", f"{name}, ")
    await talk.press(visit, "Clip", "on its way", f"{name}, from")
    noted = await talk.press(visit, "False alarm", "Noted", "noted as a false alarm by Anna")
    events = (await talk.house.get("/api/v1/events"))["events"]
    talk.check("the API shows it", holds=any(event["false_alarm"] for event in events))
    if noted:
        await talk.press(next(one for one in noted if "It was none" in buttons(one)), "It was none", "Taken back")
    hushed = await talk.press(visit, "Quiet for 1 h", "Quiet for 1 h", "no visitors told until")
    if hushed:
        await talk.press(next(one for one in hushed if "Alert again" in buttons(one)), "Alert again", "It alerts again")
    asked = await talk.press(visit, "Disarm", "confirm below", "Disarm the house?")
    yes = next((one for one in asked if "Yes" in buttons(one)), None)
    if yes is not None:
        await talk.press(yes, "Yes", "Only who asked", user=BEN) if yes.chat_id < 0 else None
        await talk.press(yes, "Yes", "Disarmed since")
    await talk.say("/arm", "Armed since")
    camera = "street" if name == "Street" else "yard"
    await talk.say(f"/clip {camera} event", f"{name}, from")


async def trouble(talk: Talk, *, short: bool) -> None:
    talk.telegram.fail(Fault.FLOOD, retry_after=3, method="sendMessage")
    show("Telegram asks us to wait 3 s (429)")
    await talk.say("/cameras", "Back yard (yard): live")
    for _ in range(5):
        await talk.telegram.say("/disable", age_s=240)
    answers = await talk.say("/disable", "I got 6 messages 4 min late and did nothing", age_s=240)
    talk.check("one answer for all six", holds=len([one for one in answers if "late" in one.text]) == 1)
    faults = [(Fault.BAD_TOKEN, "the token is revoked (401)", 90)]
    if not short:
        faults.append((Fault.CONFLICT, "another program polls with our token (409)", 180))
    for fault, what, longest_s in faults:
        show(f"{what} ...")
        before = len(talk.services.mail.messages)
        token = talk.telegram.token
        if fault is Fault.BAD_TOKEN:
            talk.telegram.token = "another"
        talk.telegram.polls_refused = fault
        await talk.telegram.say("hello")  # ends the poll that waits
        await talk.mail("does not deliver alerts", timeout_s=90)
        await asyncio.sleep(8)
        talk.telegram.polls_refused, talk.telegram.token = None, token
        await talk.mail("delivers alerts again", timeout_s=longest_s)
        subjects = [str(message["subject"]) for message in talk.services.mail.messages[before:]]
        talk.check("told once, and once when over", holds=sum("deliver" in one for one in subjects) == 2)
        talk.services.mail.messages.clear()
    talk.seen = len(talk.telegram.taken)
    await talk.say("/status", "Street: live")


async def converse(folder: Path, *, short: bool) -> list[str]:
    async with rig.channels() as services, rig.running(folder, _CAMERAS, services) as house:
        await house.all_live()
        await asyncio.sleep(12)
        talk = Talk(house, services)
        await looks(talk)
        await people(talk)
        await quiet(talk)
        await arming(talk)
        await alert(talk)
        await trouble(talk, short=short)
        return talk.wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wrong = asyncio.run(converse(Path(folder) / "house", short=wanted.short))
    for line in wrong:
        show(f"WRONG: {line}")
    show("all answers were as they should be" if not wrong else f"{len(wrong)} answers were not as they should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
