"""The daily backup: when it is due, what stays, what is told."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hearthwatch.health.outage import Fault
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.units import from_datetime
from hearthwatch.run.backup_desk import BackupDesk
from hearthwatch.run.config import parse

DAY_S = 86_400


class Told:
    def __init__(self) -> None:
        self.now: dict[Fault, str] = {}

    def failed(self, fault: Fault, _subject: str, detail: str, **_rest: object) -> None:
        self.now[fault] = detail

    def recovered(self, fault: Fault, _subject: str) -> None:
        self.now.pop(fault, None)


class House:
    def __init__(self, folder: Path, more: str = "same_disk = true\nkeep = 3\n") -> None:
        (folder / "data").mkdir()
        self.usb = folder / "usb"
        self.usb.mkdir()
        self.health = Told()
        self.clock = FakeClock(wall_us=from_datetime(datetime(2026, 11, 22, 3, 0, tzinfo=UTC)))
        self.why = ""
        self.config = parse(f'[home]\ntimezone = "UTC"\n[backup]\nfolder = "{self.usb}"\n{more}')
        self.desk = BackupDesk(
            folder / "data",
            folder / "data/x.toml",
            config=lambda: self.config,
            health=self.health,
            clock=self.clock,
            take=self.take,
        )

    async def take(self, path: Path) -> str:
        if not self.why:
            path.touch()  # noqa: ASYNC240 a test
        return self.why

    def there(self) -> list[str]:
        return sorted(path.name.removeprefix("hearthwatch-2026-").removesuffix(".backup") for path in self.usb.iterdir())


async def test_one_a_day_the_oldest_goes_and_what_was_missed_is_made_up_for(tmp_path: Path) -> None:
    house = House(tmp_path)
    (house.usb / "holidays.jpg").touch()
    assert house.desk.is_due(), "there is none yet: that of yesterday is made up for"
    await house.desk.take()
    assert "11-21" in house.there()
    assert not house.desk.is_due()
    house.clock.advance(3600)
    assert house.desk.is_due(), "it is past 03:40"
    for _day in range(4):
        await house.desk.take()
        assert not house.desk.is_due()
        house.clock.advance(DAY_S)
    assert house.there() == ["11-23", "11-24", "11-25", "holidays.jpg"]


async def test_a_failure_is_told_until_one_is_made_again(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.why = "the disk is full"
    await house.desk.take()
    assert house.health.now == {Fault.HOUSE_BACKUP_FAILED: "the disk is full. It is tried again in an hour."}
    house.why = ""
    await house.desk.take()
    assert house.health.now == {}
    house.why = "x"
    await house.desk.take()
    house.config = parse("")
    assert not house.desk.is_due()
    assert house.health.now == {}, "who wants none is not told of it"


async def test_a_disk_that_is_not_mounted_is_not_written_to(tmp_path: Path) -> None:
    house = House(tmp_path, more="")
    await house.desk.take()
    assert "not mounted" in house.health.now[Fault.HOUSE_BACKUP_FAILED]
    house.usb.rmdir()
    await house.desk.take()
    assert "mount its disk" in house.health.now[Fault.HOUSE_BACKUP_FAILED]


async def test_the_child_really_takes_one_and_says_why_it_cannot(tmp_path: Path) -> None:
    house = House(tmp_path)
    desk = BackupDesk(
        tmp_path / "data", tmp_path / "data/x.toml", config=lambda: house.config, health=house.health, clock=house.clock
    )
    await desk.take()
    assert "nothing to seal it with" in house.health.now[Fault.HOUSE_BACKUP_FAILED]


def test_mistakes_are_told() -> None:
    with pytest.raises(ConfigFault, match="whole path"):
        parse('[backup]\nfolder = "usb"\n')
    with pytest.raises(ConfigFault, match="03:40"):
        parse('[backup]\nat = "25:00"\n')
