"""Forgetting a person takes all that is known of them along, also where the house does not run."""

from __future__ import annotations

from pathlib import Path

from tests.alerts.house import opened

from hearthwatch.cli import app
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import WallUs
from hearthwatch.presence import ledger
from hearthwatch.presence.presence import DevicePresence, PersonId, Presence
from hearthwatch.run.config import load


def presence(name: str) -> Presence:
    device = DevicePresence(device="phone", home=True, since_us=WallUs(5), seen_us=None, means=None, answered_us=None)
    return Presence(
        person=PersonId(name), name="", home=True, since_us=WallUs(5), seen=None, answered=None, known=True, devices=(device,)
    )


def test_a_removed_person_leaves_no_key_no_address_and_no_whereabouts(tmp_path: Path) -> None:
    config = tmp_path / "hearthwatch.toml"
    config.write_text('[people.anna]\ndevices = ["phone"]\n[people.anna-lena]\ndevices = ["phone"]\n')
    secrets = Secrets(tmp_path)
    for name in ("anna.phone.mac", "anna.phone.ping", "anna.former.ble", "anna-lena.phone.mac"):
        secrets.set(f"people.{name}", "a4:83:e7:00:00:01")
    engine = opened(tmp_path)
    with engine.begin() as connection:
        ledger.keep(connection, [presence("anna"), presence("anna-lena")])
    engine.dispose()
    assert app.run(["people", "remove", "anna", "--data", str(tmp_path), "--config", str(config)]) == 0
    assert set(load(config).people) == {"anna-lena"}
    assert set(Secrets(tmp_path).names()) == {"people.anna-lena.phone.mac"}
    with opened(tmp_path).connect() as connection:
        assert [one.person for one in ledger.kept(connection)] == ["anna-lena"]
