"""What a hub answers while its ledger is not open."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest

from hearthwatch.fleet.node import SiteId
from hearthwatch.fleet.options import HubOptions
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import StorageFailed, Unreachable
from hearthwatch.kit.secrets import Secrets
from hearthwatch.run.hub_desk import HubDesk


async def test_who_asks_too_early_is_told_to_try_again_and_a_broken_ledger_is_named(tmp_path: Path) -> None:
    told: list[str] = []
    house = SimpleNamespace(
        clock=FakeClock(),
        config=SimpleNamespace(hub=HubOptions(enabled=True)),
        board=SimpleNamespace(failed=lambda _fault, _subject, text: told.append(text)),
    )
    desk = HubDesk(SimpleNamespace(house=house, data=tmp_path, secrets=Secrets(tmp_path)), patience_s=0.05)  # type: ignore[arg-type]
    asking = asyncio.create_task(desk.invite(SiteId("beach"), "Beach house"))
    await asyncio.sleep(0)
    assert not asking.done(), "it may be open in a moment"
    with pytest.raises(Unreachable, match="the hub is just starting: try again in a few seconds"):
        await asking

    (tmp_path / "hub.db").mkdir()
    with pytest.raises(StorageFailed):
        await desk.run()
    with pytest.raises(StorageFailed, match=r"the hub's ledger is not open: .*hub\.db"):
        await desk.nodes()
    assert "hub.db" in told[0]
