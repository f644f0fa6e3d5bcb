"""Footage of nodes at their hub: who floods it costs no other anything; and how a house comes to send its copies there."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from hearthwatch.fleet.node import node_id
from hearthwatch.fleet.options import HubOptions
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.secrets import Secrets
from hearthwatch.offsite.seal import new_pair
from hearthwatch.offsite.upload import TargetKind
from hearthwatch.run.config import load
from hearthwatch.run.hub_footage import HubFootage
from hearthwatch.run.hub_target import HubOffer

GOOD, FLOOD = node_id("aaaabbbb"), node_id("ccccdddd")
NOW_S = 2_000_000_000
MB = 1_000_000


def lay(folder: Path, owner: str, name: str, size_bytes: int, days_old: float) -> None:
    path = folder / "fleet" / "footage" / owner / "event" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(size_bytes)
    os.utime(path, (NOW_S - days_old * 86_400,) * 2)


def left(folder: Path) -> set[str]:
    return {path.name for path in (folder / "fleet").rglob("*") if path.is_file()}


async def test_a_node_that_floods_its_hub_loses_its_own_oldest_footage(tmp_path: Path) -> None:
    options = HubOptions(enabled=True, keep_days=30, max_gb=0.01)
    kept = HubFootage(
        tmp_path / "footage", Secrets(tmp_path), lambda: options, lambda: [GOOD, FLOOD], FakeClock(wall_us=NOW_S * MB)
    )
    lay(tmp_path, GOOD, "mine-old", MB, 20)
    lay(tmp_path, GOOD, "mine-ancient", MB, 31)
    for number in range(15):
        lay(tmp_path, FLOOD, f"flood-{number:02d}", MB, 5 - number / 100)
    await kept.retain()
    assert left(tmp_path) == {"mine-old", *(f"flood-{number:02d}" for number in range(6, 15))}
    options = replace(options, max_gb=0)
    await kept.retain()
    assert "mine-old" in left(tmp_path)
    await kept.shelf.close()


def test_a_house_that_joined_sends_its_copies_to_the_hub_once_there_is_a_key_until_its_owner_says_otherwise(
    tmp_path: Path,
) -> None:
    path = tmp_path / "hearthwatch.toml"
    path.write_text("")
    offer = HubOffer(tmp_path, path, lambda: load(path))
    assert not offer.offer(), "it joined nothing"
    (tmp_path / "node").mkdir()
    (tmp_path / "node" / "identity.json").write_text("{}")
    assert not offer.offer(), "there is no key: copies leave a house sealed"
    path.write_text(f'[offsite]\nrecipients = ["{new_pair().recipient}"]\n')
    assert offer.offer()
    assert load(path).offsite.targets["hub"].kind is TargetKind.HUB
    assert load(path).offsite.targets["hub"].sealed
    path.write_text(path.read_text().partition("[offsite.targets")[0])
    assert not offer.offer(), "the owner took it out"
