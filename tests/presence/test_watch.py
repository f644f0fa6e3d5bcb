"""The watch with shipped probes' Protocol in fakes: what is told, pings, scans, and a restart."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.presence.homes import person, sighting

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.db import migrate, open_writer
from hearthwatch.kit.dbthread import DbThread
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.secrets import Secret
from hearthwatch.presence import ping
from hearthwatch.presence.presence import Asked, Device, DeviceId, Means, Presence, PresenceOptions, Sighting
from hearthwatch.presence.watch import PresenceWatch
from hearthwatch.run import house_db

KEY = Secret("a-key-for-the-tests-of-presence-0001")


class FakeProbe:
    """Answers for the devices in `home`; the network works while `alive`."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.home: set[str] = set()
        self.alive = True
        self.asked: list[tuple[frozenset[str], frozenset[str]]] = []

    async def look(self, devices: Sequence[Device]) -> Sequence[Sighting]:
        del devices
        return ()

    async def ask(self, devices: Sequence[Device], thorough: Collection[DeviceId]) -> Asked:
        self.asked.append((frozenset(device.id for device in devices), frozenset(thorough)))
        began = {device.id: sighting(self.clock, device.id, Means.NEIGHBOUR) for device in devices if device.id in self.home}
        self.clock.advance(1)
        return Asked(
            sightings=tuple(began.values()) if self.alive else (), asked=frozenset(one.id for one in devices), alive=self.alive
        )


@pytest.fixture
def db(tmp_path: Path) -> Any:
    engine = open_writer(tmp_path / "house.db")
    migrate(engine, house_db.MIGRATIONS)
    found = DbThread(engine)
    yield found
    found.close()
    engine.dispose()


def watch_of(db: DbThread, clock: FakeClock, probe: FakeProbe, told: Callable[[Presence], None]) -> PresenceWatch:
    found = PresenceWatch((probe,), db=db, clock=clock, changed=told)
    found.renew([person("anna", 1, ping=KEY), person("ben", 2)], PresenceOptions(), silence_s=600)
    return found


async def test_who_comes_and_goes_is_told_once_and_known_after_a_restart(db: DbThread) -> None:
    clock, told = FakeClock(), []
    probe = FakeProbe(clock)
    watch = watch_of(db, clock, probe, told.append)
    probe.home = {"anna.phone"}
    for _turn in range(400):
        await watch.step()
        clock.advance(2)
    assert [(one.person, one.home) for one in told] == [("anna", True), ("ben", False)]
    again = PresenceWatch((probe,), db=db, clock=clock, changed=told.append)
    await again.load()
    again.renew([person("anna", 1), person("ben", 2)], PresenceOptions(), silence_s=600)
    anna, ben = again.people()
    assert (anna.home, anna.answered, anna.since_us, ben.home, ben.known) == (True, None, told[0].since_us, False, True)
    assert "a4" not in repr(again.people()) + repr(again.devices)


async def test_a_scan_asks_those_at_home_and_everybody_when_one_is_silent(db: DbThread) -> None:
    clock = FakeClock()
    probe = FakeProbe(clock)
    watch = watch_of(db, clock, probe, lambda _one: None)
    probe.home = {"anna.phone"}
    await watch.step()
    probe.asked.clear()
    await watch.look_now()
    assert probe.asked == [({"anna.phone"}, frozenset())]
    probe.home = set()
    clock.advance(60)
    probe.asked.clear()
    await watch.look_now()
    assert probe.asked[-1] == ({"anna.phone", "ben.phone"}, {"anna.phone", "ben.phone"})
    probe.alive = False
    with pytest.raises(Unreachable, match="router"):
        await watch.look_now()


async def test_a_ping_counts_only_with_its_own_signature(db: DbThread) -> None:
    clock, told = FakeClock(), []
    watch = watch_of(db, clock, FakeProbe(clock), told.append)
    anna, ben = DeviceId("anna.phone"), DeviceId("ben.phone")
    home, away = (ping.sign(KEY, anna, word) for word in (ping.Word.HOME, ping.Word.AWAY))
    clock.advance(1)
    for device, word, sign in (
        (anna, ping.Word.HOME, ""),
        (anna, ping.Word.HOME, away),
        (anna, ping.Word.HOME, home[:-1]),
        (anna, ping.Word.HOME, "\udcff"),
        (ben, ping.Word.HOME, ping.sign(KEY, ben, ping.Word.HOME)),
        (DeviceId("eve.phone"), ping.Word.HOME, home),
    ):
        assert not watch.pinged(device, word, sign)
    assert told == []
    assert watch.pinged(anna, ping.Word.HOME, home)
    assert watch.people()[0].answered is not None
    assert watch.pinged(anna, ping.Word.AWAY, away)
    assert [(one.person, one.home) for one in told] == [("anna", True), ("anna", False)]


async def test_a_probe_that_fails_is_said_once_and_sends_nobody_away(db: DbThread, caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()

    class Broken(FakeProbe):
        async def ask(self, devices: Sequence[Device], thorough: Collection[DeviceId]) -> Asked:
            raise Unreachable("the kernel does not tell")

    probe = FakeProbe(clock)
    probe.home = {"anna.phone"}
    watch = watch_of(db, clock, probe, lambda _one: None)
    await watch.step()
    broken = Broken(clock)
    watch._probes = (broken,)  # as when the rights of a running service are taken away
    for _turn in range(500):
        await watch.step()
        clock.advance(2)
    assert watch.people()[0].home
    assert sum("does not tell" in record.getMessage() for record in caplog.records if record.levelname == "WARNING") == 1
