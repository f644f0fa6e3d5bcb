"""Restarting the machine from its page: off unless allowed, through systemd alone, and not again and again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from hearthwatch.health import repair
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.db import open_writer
from hearthwatch.kit.dbthread import DbThread
from hearthwatch.kit.errors import Unsupported
from hearthwatch.run.config import Config
from hearthwatch.run.machine_desk import MachineDesk


@dataclass
class FakeUnits:
    started: list[str] = field(default_factory=list)

    async def start(self, unit: str) -> None:
        self.started.append(unit)


@pytest.mark.parametrize("allowed", [False, True])
async def test_the_machine_restarts_only_where_the_owner_allowed_it_and_once_in_a_while(allowed: bool, tmp_path: Path) -> None:
    engine = open_writer(tmp_path / "house.db")
    repair.metadata.create_all(engine)
    db, clock, units = DbThread(engine), FakeClock(), FakeUnits()
    config = Config(cameras={}, actions={})
    config = replace(config, node=replace(config.node, allow_reboot=allowed))
    desk = MachineDesk(tmp_path, config=lambda: config, db=db, clock=clock, units=units)
    try:
        assert (desk.why_not() == "") is allowed
        if not allowed:
            with pytest.raises(Unsupported, match="allow_reboot"):
                await desk.reboot()
            assert not units.started
            return
        await desk.reboot()
        with pytest.raises(Unsupported, match="quarter of an hour"):
            await desk.reboot()
        clock.advance(16 * 60)
        await desk.reboot()
        assert units.started == ["reboot.target", "reboot.target"]
    finally:
        db.close()
        engine.dispose()


def test_it_tells_what_the_kernel_tells(tmp_path: Path) -> None:
    desk = MachineDesk(tmp_path, config=Config, db=None, clock=FakeClock(), units=FakeUnits())
    found = desk.now()
    assert found.version
    assert found.disk_bytes
    assert found.up_s
