"""What joining a hub costs the house that does it."""

from __future__ import annotations

import sys
import threading
from types import SimpleNamespace

import pytest

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import Refused
from hearthwatch.kit.secrets import Secrets
from hearthwatch.run.fleet_desk import FleetDesk


class Watch:
    """Notes in which thread modules are looked for."""

    def __init__(self):
        self.threads = {}

    def find_spec(self, name, _path=None, _target=None):
        self.threads[name] = threading.current_thread()


async def test_joining_imports_its_machinery_beside_the_loop(tmp_path, monkeypatch):
    """On a busy machine that takes longer than the house may be silent."""
    watch = Watch()
    monkeypatch.setattr(sys, "meta_path", [watch, *sys.meta_path])
    monkeypatch.delitem(sys.modules, "hearthwatch.fleet.joining", raising=False)
    house = SimpleNamespace(
        clock=FakeClock(),
        config=SimpleNamespace(hub=SimpleNamespace(enabled=False)),
        looker=SimpleNamespace(on_glance=None, say=None),
    )
    desk = FleetDesk(house, Secrets(tmp_path), tmp_path, db=None)
    with pytest.raises(Refused):
        await desk.join("no code")
    assert watch.threads["hearthwatch.fleet.joining"] is not threading.main_thread()
