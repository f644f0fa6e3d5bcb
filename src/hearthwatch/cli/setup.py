"""`hearthwatch setup`: the house set up in a terminal, over SSH and without colours as well. Every step may be skipped, and the
whole may be run again: what is there is shown and kept."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hearthwatch.cli import options
from hearthwatch.cli.camera_setup import searched, trial_lines
from hearthwatch.cli.setup_house import footage, owner, people, telegram

if TYPE_CHECKING:
    from rich.console import Console

    from hearthwatch.run.camera_setup import CameraSetup
    from hearthwatch.web.camera_setup_doors import AddWish, Candidate, SearchNow, Trial, TryWish


def register(app: typer.Typer) -> None:
    app.command("setup")(setup)


@dataclass
class Talk:
    """What asks and answers. `line` returns "" for an empty answer; Done ends the whole, Skip the step."""

    console: Console
    config: Path
    data: Path
    todo: list[str] = field(default_factory=list)
    """What is left to do, told at the end."""

    def say(self, text: str = "", style: str = "") -> None:
        self.console.print(text, style=style or None, markup=False, highlight=False, soft_wrap=True)

    def head(self, number: int, of: int, title: str) -> None:
        self.console.print()
        self.console.rule(f"{number}/{of}  {title}", align="left", style="dim")

    def line(self, question: str, default: str = "") -> str:
        """Ask for a line. Raises Skip for `-`, Done at the end of what can be read."""
        shown = f"{question} [{default}]: " if default else f"{question}: "
        self.console.print(shown, end="", markup=False, highlight=False, soft_wrap=True)
        read = sys.stdin.readline()
        if not read:
            raise Done
        text = read.strip()
        if text == "-":
            raise Skip
        return text or default

    def secret(self, question: str) -> str:
        """Ask for what is not to be seen."""
        if not sys.stdin.isatty():
            return self.line(question)
        import getpass

        text = getpass.getpass(f"{question} (not shown): ")
        if text == "-":
            raise Skip
        return text

    def yes(self, question: str, *, default: bool) -> bool:
        while True:
            answer = self.line(f"{question} ({'Y/n' if default else 'y/N'})").lower()
            if answer in {"", "y", "yes", "n", "no"}:
                return default if not answer else answer[0] == "y"
            self.say("Please answer y or n.")


class Skip(Exception):
    """This step is to be left out."""


class Done(Exception):
    """Nobody answers any more."""


Step = Callable[[Talk], None]


def setup(*, config: options.Config = None, data: options.Data = None, debug: options.Debug = False) -> None:
    """Set the house up here: owner, cameras, Telegram, where footage lives, people."""
    from rich.console import Console

    from hearthwatch.kit.errors import HearthwatchError
    from hearthwatch.run.closed_setup import found_house, runs
    from hearthwatch.run.config import load

    talk = Talk(console=Console(), config=options.config_file(config, data), data=options.data_folder(data))
    load(talk.config)  # a file with mistakes is mended first, with the words of `check`
    found_house(talk.data)
    talk.say("Hearthwatch is set up here in five steps.", "bold")
    talk.say("An empty answer takes what stands in brackets; - leaves a step out; Ctrl-C ends, and what is done stays.")
    steps: Sequence[tuple[str, Step]] = (
        ("Who owns the house", owner),
        ("Cameras", cameras),
        ("Telegram", telegram),
        ("Where footage lives", footage),
        ("Who lives here", people),
    )
    try:
        for number, (title, step) in enumerate(steps, 1):
            talk.head(number, len(steps), title)
            try:
                step(talk)
            except Skip:
                talk.say("Left out. Run `hearthwatch setup` again whenever you like.")
            except HearthwatchError as error:
                from hearthwatch.kit.logs import redact

                talk.say(redact(str(error)), "red")
                talk.say("The next step does not depend on it.")
    except (Done, KeyboardInterrupt):
        talk.say()
        talk.say("Ended here. What was answered is kept; `hearthwatch setup` goes on whenever you like.")
        return
    talk.console.print()
    for line in talk.todo:
        talk.say(f"Still to do: {line}")
    if runs(talk.data):
        talk.say("The running house has taken all of it up.", "bold")
    else:
        talk.say("Start the house with `hearthwatch run`; its page opens at http://127.0.0.1:8080.", "bold")


def cameras(talk: Talk) -> None:
    """Find, try and add cameras until there are enough."""
    from hearthwatch.cli.camera_setup import setup_of
    from hearthwatch.run.config import load

    ours = {name: camera for name, camera in load(talk.config).cameras.items() if not camera.main.startswith("demo://")}
    if ours:
        talk.say(f"There is {', '.join(camera.name or name for name, camera in ours.items())}.")
    if not talk.yes("Look for cameras in the home network now?", default=not ours):
        raise Skip
    asyncio.run(_cameras(talk, setup_of(talk.config, talk.data)))


async def _cameras(talk: Talk, setup: CameraSetup) -> None:
    now = await _found(talk, setup)
    fresh = [one for one in now.found if not one.camera and one.vendor]
    for one in now.found:
        if one.camera:
            talk.say(f"{one.host} is {one.camera}, which is yours already.")
    login = ("", "")
    while True:
        picked = _picked(talk, fresh)
        if picked is None:
            return
        login = await _try_and_add(talk, setup, picked, login)


async def _found(talk: Talk, setup: CameraSetup) -> SearchNow:
    from hearthwatch.cli.camera_setup import search_notes

    with talk.console.status("Looking for cameras; no password is sent …"):
        now = await searched(setup)
    for line in search_notes(now):
        talk.say(line)
    return now


def _picked(talk: Talk, fresh: list[Candidate]) -> Candidate | str | None:
    from hearthwatch.cli.cameras import plain

    for number, one in enumerate(fresh, 1):
        who = " · ".join(dict.fromkeys(part for part in (one.name, one.model, one.vendor, one.mac) if part))
        talk.say(plain(f"  {number}  {one.host}  {who}"))
    while True:
        answer = talk.line("Which one? A number, an address (192.168.1.20 or rtsp://…), or nothing when that is all")
        if not answer:
            return None
        if not answer.isdecimal():
            return answer
        if 1 <= int(answer) <= len(fresh):
            return fresh.pop(int(answer) - 1)
        talk.say("There is no such number.")


async def _try_and_add(talk: Talk, setup: CameraSetup, one: Candidate | str, login: tuple[str, str]) -> tuple[str, str]:
    """Return the log-in that worked, to be offered for the next camera."""
    from hearthwatch.kit.errors import ConfigFault
    from hearthwatch.run.camera_setup import plain_fault
    from hearthwatch.web.camera_setup_doors import TrialFailed

    while True:
        user = talk.line("Name to log in with", login[0])
        same = bool(login[1]) and user == login[0] and talk.yes("With the same password as before?", default=True)
        password = login[1] if same else talk.secret("Password of the camera")
        try:
            with talk.console.status("Logging in once, watching its streams for some seconds …"):
                trial = await setup.try_camera(_wish(one, user, password))
        except TrialFailed as failed:
            talk.say(" ".join(part for part in (failed.text, failed.hint) if part), "red")
            if not talk.yes("Try once more?", default=False):
                return login
            continue
        break
    for line in trial_lines(trial):
        talk.say(line)
    while True:
        name = talk.line("What is it called?", trial.name or "Camera")
        try:
            camera = await setup.add(_added(trial, name))
        except ConfigFault as fault:
            talk.say(plain_fault(fault, talk.config), "red")
            continue
        talk.say(f"{name} is added as {camera}.", "green")
        return user, password


def _wish(one: Candidate | str, user: str, password: str) -> TryWish:
    from hearthwatch.cli.camera_setup import parted
    from hearthwatch.kit.secrets import Secret
    from hearthwatch.vendors.device import Vendor
    from hearthwatch.web.camera_setup_doors import TryWish

    secret = Secret(password)
    if not isinstance(one, str):
        return TryWish(host=one.host, port=one.port, tls=one.tls, vendor=Vendor(one.vendor), user=user, password=secret)
    local = one.removeprefix("rtsp://").removeprefix("http://").startswith(("127.", "localhost"))
    if "://" in one:
        return TryWish(main=one, user=user, password=secret, allow_loopback=local)
    host, port = parted(one)
    return TryWish(host=host, port=port, user=user, password=secret, allow_loopback=local)


def _added(trial: Trial, name: str) -> AddWish:
    from hearthwatch.web.camera_setup_doors import AddWish

    return AddWish(trial=trial.id, name=name, main=trial.main, sub=trial.sub)
