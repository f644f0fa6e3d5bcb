"""The steps of `hearthwatch setup` that are not about cameras: owner, Telegram, footage, people."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hearthwatch.cli.setup import Talk
    from hearthwatch.run.config_file import Value

_PERSON = re.compile(r"[^a-z0-9]+")
_TOKEN = re.compile(r"\d{5,20}:[A-Za-z0-9_-]{20,100}")
_MAX_NAME = 64


def owner(talk: Talk) -> None:
    """Make the owner's account where there is none."""
    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.run.closed_house import ask
    from hearthwatch.run.control_users import AskAddUser, AskUsers, Users
    from hearthwatch.run.places import places
    from hearthwatch.web.accounts import Role

    house = places(talk.config, talk.data)
    reply = ask(house, AskUsers(), SystemClock())
    assert isinstance(reply, Users)
    owners = [user.name for user in reply.users if user.role is Role.OWNER]
    if owners:
        talk.say(f"The house belongs to {', '.join(owners)}.")
        return
    talk.say("With this account you log in to the page; it may decide everything.")
    while not 1 <= len(name := talk.line("Your name")) <= _MAX_NAME or not name.isprintable():
        talk.say(f"A name has 1 to {_MAX_NAME} visible characters.")
    ask(house, AskAddUser(name=name, role=Role.OWNER, password_hash=_hashed(talk, name)), SystemClock())
    talk.say(f"{name} is the owner of this house now.", "green")


def _hashed(talk: Talk, name: str) -> str:
    import asyncio

    from hearthwatch.kit.logs import hide
    from hearthwatch.web.passwords import Hasher, why_refused

    while True:
        password = talk.secret("A password, 12 characters or more; three or four random words do well")
        hide(password)
        if reason := why_refused(password, name):
            talk.say(reason, "red")
            continue
        if talk.secret("The password again") == password:
            break
        talk.say("The two differ.", "red")
    hasher = Hasher()
    try:
        return asyncio.run(hasher.hash(password))
    finally:
        hasher.close()


def telegram(talk: Talk) -> None:
    """Keep the bot's token, and make a code where the house runs."""
    from hearthwatch.kit.clock import SystemClock
    from hearthwatch.kit.errors import HearthwatchError
    from hearthwatch.kit.secrets import Secrets
    from hearthwatch.run.closed_house import ask
    from hearthwatch.run.closed_setup import runs
    from hearthwatch.run.control_telegram import AskInvite, Invited
    from hearthwatch.run.places import places

    store = Secrets.open(talk.data)
    if "alerts.telegram.token" in store.names():
        talk.say("A bot is set up already.")
        if not talk.yes("Give another token?", default=False):
            return
    else:
        talk.say("Alerts come by a Telegram bot of your own. Write to @BotFather, send /newbot, and copy the token it answers.")
        if not talk.yes("Do you have a token?", default=False):
            talk.todo.append("a Telegram bot for alerts: `hearthwatch secrets set alerts.telegram.token`")
            return
    while not _TOKEN.fullmatch(token := talk.secret("The token")):
        talk.say("A token looks like 123456789:AbCdEf….", "red")
    store.set("alerts.telegram.token", token)
    talk.say("The token is kept sealed.", "green")
    if runs(talk.data):
        try:
            made = ask(places(talk.config, talk.data), AskInvite(role=None), SystemClock())
        except HearthwatchError as error:
            talk.say(str(error))
        else:
            assert isinstance(made, Invited)
            talk.say(f"Send this to @{made.bot} within a few minutes:  /start {made.code}", "bold")
            return
    talk.todo.append("once the house runs, `hearthwatch telegram invite` makes the code that connects your phone")


def footage(talk: Talk) -> None:
    """Say where footage lives and for how long."""
    from hearthwatch.cli.wording import sized
    from hearthwatch.run.compile import footage_folder
    from hearthwatch.run.config import load
    from hearthwatch.run.config_file import set_values
    from hearthwatch.run.disks import disks
    from hearthwatch.web.welcome_doors import DiskKind

    config = load(talk.config)
    now = footage_folder(config, talk.data)
    found = disks(now)
    for disk in found:
        kind, room = disk.kind.value.replace("-", " "), f"{sized(disk.free_bytes)} free of {sized(disk.size_bytes)}"
        talk.say(f"  {disk.folder}  ({kind}, {room}{', used now' if disk.in_use else ''})")
    if any(disk.kind is DiskKind.CARD for disk in found):
        talk.say("SD cards wear out under footage: a disk or SSD is better.")
    while True:
        folder = Path(talk.line("Folder for footage", str(now))).expanduser()
        if not folder.is_absolute():
            talk.say("Give the whole path, beginning with /.")
            continue
        there = next(one for one in (folder, *folder.parents) if one.exists())
        if there.is_dir():
            break
        talk.say(f"{there} is no folder.")
    talk.say(f"There is room for {sized(shutil.disk_usage(there).free)} on that disk.")
    days = _number(talk, "Days that footage without any motion stays", config.storage.keep_continuous_days)
    event_days = _number(talk, "Days that footage of an event stays", config.storage.keep_event_days)
    values: dict[tuple[str, ...], str | float] = {}
    if folder != now:
        values["storage", "folder"] = str(folder)
    if days != config.storage.keep_continuous_days:
        values["storage", "keep_continuous_days"] = days
    if event_days != config.storage.keep_event_days:
        values["storage", "keep_event_days"] = event_days
    if values:
        set_values(talk.config, {**values})
        talk.say("Written down." + (" The folder counts after a restart." if folder != now else ""), "green")


def _number(talk: Talk, question: str, default: float) -> float:
    while True:
        text = talk.line(question, f"{default:g}")
        try:
            number = float(text.replace(",", "."))
        except ValueError:
            number = -1.0
        if 0 <= number < 100_000:
            return number
        talk.say("Please give a number of days; 0 means no limit by age.")


def people(talk: Talk) -> None:
    """Write down who lives here and the address of each one's phone."""
    from hearthwatch.kit.secrets import Secrets
    from hearthwatch.presence.presence import Mac
    from hearthwatch.run.config import load
    from hearthwatch.run.config_file import set_values
    from hearthwatch.run.people import secret_of

    config = load(talk.config)
    if config.people:
        talk.say(f"There is {', '.join(one.name or who for who, one in config.people.items())}.")
    talk.say("When everybody's phone has left, the house arms itself; nobody has to think of it. Phones are noticed by their")
    talk.say("Wi-Fi address (in its settings, under Wi-Fi, your network), which is kept sealed.")
    while name := talk.line("Who lives here? A name, or nothing when that is all"):
        who = _PERSON.sub("-", name.lower()).strip("-")[:32].strip("-")
        if not who or len(name) > _MAX_NAME:
            talk.say("Please give a name with a letter from a to z in it.")
            continue
        values: dict[tuple[str, ...], Value | None] = {}
        known = load(talk.config).people
        devices = next((list(one.devices) for other, one in known.items() if other == who), None)
        if devices is None:
            values["people", who, "name"] = name
        text = talk.line(f"Wi-Fi address of {name}'s phone, or nothing to add it later")
        mac = None
        while text and mac is None:
            try:
                mac = Mac(text)
            except ValueError as error:
                talk.say(str(error), "red")
                text = talk.line("Once more, or nothing")
        if mac is not None:
            Secrets.open(talk.data).set(secret_of(who, "phone", "mac"), mac.reveal())
        values["people", who, "devices"] = [*dict.fromkeys([*(devices or []), *(["phone"] if mac else [])])]
        set_values(talk.config, values)
        talk.say(f"{name} is written down.", "green")
        if mac is None:
            talk.todo.append(f"{name}'s phone: `hearthwatch people device add {who} phone`")
