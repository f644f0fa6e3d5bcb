"""The unit that is started when the way out stays broken: named, seldom, and remembered."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.run.quiet_db import QuietDb

from hearthwatch.health.connectivity import INTERNET, ConnectivityOptions, Trouble
from hearthwatch.health.outage import Fault
from hearthwatch.health.repair import UNIT, Repairer, Systemctl
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import Refused, StorageFailed, StorageFault, Unsupported

LOST = Trouble(mark=(Fault.INTERNET_LOST, INTERNET), detail="The router answers, nothing beyond it does.")
HOUR = 3600


class FakeUnits:
    def __init__(self, error=None) -> None:
        self.started: list[str] = []
        self.error = error

    async def start(self, unit: str) -> None:
        self.started.append(unit)
        if self.error:
            raise self.error


class Box:
    def __init__(self, folder: Path, unit="restart-network.service", error=None) -> None:
        self.db, self.clock, self.units = QuietDb(folder), FakeClock(), FakeUnits(error)
        self.options = ConnectivityOptions(restart_unit=unit)
        self.told: list[tuple[str, str]] = []
        self.boot()

    def boot(self) -> None:
        """A new process, with nothing but the database."""
        self.repairer = Repairer(self.units, options=lambda: self.options, db=self.db, clock=self.clock, tell=self._tell)

    async def _tell(self, unit: str, trouble: Trouble, fault: str) -> None:
        self.told.append((unit, fault))

    async def hours(self, count: float) -> None:
        for _ in range(round(count * 6)):
            await self.repairer.consider(LOST)
            self.clock.advance(600)


@pytest.fixture
def box(tmp_path):
    box = Box(tmp_path)
    yield box
    box.db.close()


async def test_at_most_once_in_so_many_hours(box) -> None:
    await box.hours(24)
    assert box.units.started == ["restart-network.service"] * 4
    assert box.told[0] == ("restart-network.service", "")


async def test_a_restart_of_the_box_does_not_shorten_the_wait(box) -> None:
    for _ in range(5):
        await box.hours(1)
        box.boot()
    assert len(box.units.started) == 1


async def test_a_clock_that_jumps_forward_does_not_shorten_it_and_one_set_back_makes_it_wait_anew(box) -> None:
    await box.hours(1)
    box.clock.step_wall(100 * HOUR)
    await box.hours(4)
    assert len(box.units.started) == 1
    box.boot()
    box.clock.step_wall(-1000 * HOUR)
    await box.hours(5.5)
    assert len(box.units.started) == 1
    await box.hours(2)
    assert len(box.units.started) == 2


async def test_off_unless_a_unit_is_named(tmp_path) -> None:
    box = Box(tmp_path, unit="")
    await box.hours(12)
    assert box.units.started == []
    box.db.close()


async def test_one_that_fails_is_told_and_counts(tmp_path) -> None:
    box = Box(tmp_path, error=Refused("systemd does not start it: access denied"))
    await box.hours(2)
    assert box.told == [("restart-network.service", "systemd does not start it: access denied")]
    box.db.close()


async def test_what_cannot_be_written_down_is_not_done(tmp_path) -> None:
    box = Box(tmp_path)

    async def broken(work):
        raise StorageFailed(StorageFault.NO_SPACE, "no space")

    box.db.run = broken
    await box.hours(3)
    assert box.units.started == []
    box.db.close()


@pytest.mark.parametrize("name", ["a.service", "restart-network@eth0.service", "my_net.target", "9lives.service"])
def test_names_of_units(name) -> None:
    assert UNIT.fullmatch(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "-H.service",
        "--host=x.service",
        "a b.service",
        "a;reboot.service",
        "../a.service",
        "a/b.service",
        "a.timer",
        "a.service\n",
        "a",
        "é.service",
        "$(x).service",
    ],
)
async def test_anything_else_is_no_unit_and_is_never_handed_to_a_program(name) -> None:
    assert not UNIT.fullmatch(name)
    with pytest.raises(Unsupported):
        await Systemctl("/bin/false").start(name)


def script(folder: Path, text: str) -> str:
    path = folder / "systemctl"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return os.fspath(path)


@pytest.mark.wired
async def test_the_command_is_systemctl_start_with_the_unit_alone_and_no_way_to_ask(tmp_path) -> None:
    said = tmp_path / "said"
    await Systemctl(script(tmp_path, f'printf "%s\\n" "$@" > {said}; cat >> {said}')).start("restart-network.service")
    assert said.read_text().split("\n") == ["--no-ask-password", "--no-block", "start", "--", "restart-network.service", ""]


@pytest.mark.wired
async def test_what_systemctl_says_is_told(tmp_path) -> None:
    with pytest.raises(Refused, match=r"Unit x\.service not found\."):
        await Systemctl(script(tmp_path, 'echo "Unit x.service not found." >&2; exit 5')).start("x.service")
    with pytest.raises(Unsupported, match="no systemd"):
        await Systemctl(os.fspath(tmp_path / "nothing")).start("x.service")
