"""`hearthwatch copies` against an emulated camera, through the control door of a house that runs in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import subprocess
import threading
from datetime import UTC
from pathlib import Path
from typing import Self

import pytest
from tests.alerts.house import House
from tests.cli.conftest import Home
from tests.devices import dahua

from hearthwatch.alerts.policy import Policy
from hearthwatch.audit import trail
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.ids import Ulids
from hearthwatch.kit.secrets import Secret, Secrets
from hearthwatch.kit.units import CameraId
from hearthwatch.run.config import load
from hearthwatch.run.control import ControlDoor
from hearthwatch.run.control_copies import CopiesClerk
from hearthwatch.run.copies_desk import CopiesDesk
from hearthwatch.vendors.device import Access, Vendor
from hearthwatch.vendors.doorman import Door, Doorman

pytestmark = pytest.mark.wired
FRONT = CameraId("front")


class OpenHouse:
    """The part of a running house that answers `copies`; everything of it lives on a loop of its own."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.loop = asyncio.new_event_loop()
        self._ready, self._stop = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(120)
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(120)

    def do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(120)

    def _work(self) -> None:
        with contextlib.closing(self.loop):
            self.loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        clock = SystemClock()
        (self.data / "house.db").unlink()  # the tests' house brings a migrated one
        self.house = House(self.data, clock)
        self.camera = dahua.camera()
        ids = Ulids(clock)
        doorman = Doorman(clock=clock, rng=random.Random(1))
        policy = Policy(home="Home", zone=UTC, cameras={}, ids=ids)
        desk = CopiesDesk(
            doorman,
            Secrets(self.data),
            db=self.house.db,
            clock=clock,
            outbox=self.house.outbox,
            policy=lambda: policy,
            ids=ids,
        )
        clerk = CopiesClerk(desk.shelf, desk)
        async with self.camera.running():
            access = Access(
                camera=FRONT,
                host="127.0.0.1",
                port=self.camera.port,
                user="watch",
                password=Secret("watch-Pass-1"),
                allow_loopback=True,
            )
            await doorman.renew({FRONT: Door(vendor=Vendor.DAHUA, access=access)})
            await desk.renew(load(self.data / "hearthwatch.toml"))
            serving = asyncio.create_task(ControlDoor(self.data, clerk.answer).run())
            async with asyncio.timeout(60):
                while not (self.data / "control.sock").exists():  # noqa: ASYNC110 - it is made by another's code
                    await asyncio.sleep(0.01)
            self._ready.set()
            await self._stop.wait()
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            await doorman.close()
        self.house.close()


@pytest.fixture
def house(empty_home: Home):
    with OpenHouse(empty_home.data) as house:
        yield house


def test_fetch_change_diff_restore_and_the_trail(empty_home: Home, house: OpenHouse) -> None:
    ran = empty_home.run("copies", "list")
    assert (ran.code, "there are no copies yet" in ran.out) == (0, True)
    assert "there is no copy of front yet" in empty_home.run("copies", "show", "front").err
    first = empty_home.run("copies", "fetch", "front").out
    assert first.startswith("front: as in copy ")
    house.do(house.camera.change_setting("SNMP.Enable", "false"))
    house.do(house.camera.change_setting("Email.Password", "stolen-Secret-2"))
    assert empty_home.run("copies", "fetch", "front").out.splitlines()[1:] == [
        "  Mail",
        "    Password for mails: changed (secret)",
        "  SNMP",
        "    SNMP switched off",
    ]
    listed = empty_home.run("copies", "list", "--camera", "front").out.splitlines()
    assert len(listed) == 2
    assert listed[0].startswith("! ")
    assert "front: 2 changes (asked for)" in listed[0]
    assert "SNMP switched off" in empty_home.run("copies", "diff", "front").out
    old, new = (line.split()[-1] if line[0] != "!" else line.split()[1] for line in (first, listed[0]))
    assert "SNMP switched on" in empty_home.run("copies", "diff", new, old).out
    assert json.loads(empty_home.run("copies", "diff", old, new, "--json").out)["changes"][0]["new"] == "***"

    dry = empty_home.run("copies", "restore", "front")
    assert "2 settings would be written (--apply does it)" in dry.out
    assert house.camera.tree["SNMP"]["Enable"] is False
    done = empty_home.run("copies", "restore", "front", "--apply")
    assert (done.code, "read back: all of it is there" in done.out) == (0, True)
    assert house.camera.tree["SNMP"]["Enable"] is True
    assert house.camera.tree["Email"]["Password"] == "mail-Secret-1"
    assert empty_home.run("copies", "diff", old, "front").out == "no difference\n"
    (entry,) = house.do(house.house.db.run(lambda connection: trail.recent(connection, camera=FRONT, before_us=None, limit=9)))
    assert (entry.who, entry.state, entry.verified) == ("terminal", "done", True)
    for ran in (dry, done):
        assert "Secret" not in ran.out


def test_the_baseline_and_the_export(empty_home: Home, house: OpenHouse, tmp_path: Path) -> None:
    empty_home.run("copies", "fetch", "front")
    dry = empty_home.run("copies", "baseline", "front")
    assert "P2P cloud access switched off" in dry.out
    assert house.camera.tree["T2UServer"]["Enable"] is True
    done = empty_home.run("copies", "baseline", "front", "--apply")
    assert (done.code, "read back" in done.out) == (0, True)
    assert house.camera.tree["T2UServer"]["Enable"] is False
    assert empty_home.run("copies", "baseline", "front").out.startswith("front: nothing to write")
    every = empty_home.run("copies", "baseline")
    assert every.code == 1
    assert "garden" in every.err

    folder = tmp_path / "git"
    assert "2 new commits" in empty_home.run("copies", "export", folder).out
    assert "0 new commits" in empty_home.run("copies", "export", folder).out
    said = subprocess.run(["git", "-C", str(folder), "log", "--format=%s"], capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[-1] == "front: first copy of its settings"
    assert "Secret" not in (folder / "front.json").read_text()


def test_what_is_not_there_is_said(empty_home: Home, house: OpenHouse) -> None:
    assert "did you mean front?" in empty_home.run("copies", "show", "fronnt").err
    ran = empty_home.run("copies", "show", "01J0000000000000000000000A")
    assert (ran.code, "there is no copy 01J0000000000000000000000A" in ran.err) == (1, True)
    ran = empty_home.run("copies", "fetch", "garden")
    assert (ran.code, "not watched" in ran.err) == (1, True)
    assert "--section" in empty_home.run("copies", "restore", "--help").out


def test_a_closed_house_shows_what_it_has_and_writes_nothing(empty_home: Home) -> None:
    with OpenHouse(empty_home.data):
        empty_home.run("copies", "fetch", "front")
    listed = empty_home.run("copies", "list")
    assert "first copy" in listed.out
    assert json.loads(empty_home.run("copies", "show", "front").out)["T2UServer.Enable"] == "true"
    ran = empty_home.run("copies", "restore", "front", "--apply")
    assert (ran.code, "is not running" in ran.err) == (1, True)
