"""Which link is broken, from what was tried; and what the guard makes of several looks."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hearthwatch.health.connectivity import (
    INTERNET,
    NAME_SERVER,
    ROUTER,
    ConnectivityOptions,
    Endpoint,
    EndpointKind,
    Look,
    Named,
    Reached,
    RouterSign,
    Tried,
    Trouble,
    host_port,
    verdict,
)
from hearthwatch.health.guard import Guard
from hearthwatch.health.outage import Fault
from hearthwatch.kit.clock import FakeClock

TELEGRAM = Endpoint(name="Telegram", host="api.telegram.org", port=443)
MAIL = Endpoint(name="the mail server", host="mail.example.org", port=587)
BROKER = Endpoint(name="the broker", host="192.168.1.9", port=1883, kind=EndpointKind.BROKER)
LOST, DUMB, DEAF = (Fault.INTERNET_LOST, INTERNET), (Fault.NAME_SERVER_SILENT, NAME_SERVER), (Fault.ROUTER_SILENT, ROUTER)


def tried(endpoint, named=Named.KNOWN, reached=Reached.TAKEN):
    return Tried(endpoint=endpoint, named=named, reached=reached, outside=endpoint is not BROKER)


def judged(*entries, router=RouterSign.ANSWERS):
    return verdict(Look(router=router, gateway="192.168.1.1", tried=entries))


def marks(found):
    return [one.mark for one in found.troubles]


def test_all_is_well() -> None:
    found = judged(tried(TELEGRAM), tried(BROKER, Named.NUMBERS))
    assert found.troubles == ()
    assert found.well == {LOST, DUMB, DEAF, TELEGRAM.mark, BROKER.mark}


def test_nothing_set_up_is_well_as_long_as_the_router_answers() -> None:
    assert judged().troubles == ()
    assert marks(judged(router=RouterSign.SILENT)) == [DEAF]
    assert judged(router=RouterSign.NONE).troubles == ()


@pytest.mark.parametrize("router", [RouterSign.SILENT, RouterSign.NONE])
def test_without_a_router_nothing_behind_it_is_blamed_and_what_is_at_home_still_counts(router) -> None:
    found = judged(tried(TELEGRAM, Named.SILENT, Reached.SILENT), tried(BROKER, Named.NUMBERS, Reached.REFUSED), router=router)
    assert marks(found) == [DEAF, BROKER.mark]
    assert found.well == frozenset()


def test_a_router_that_says_nothing_but_lets_through_is_no_trouble() -> None:
    assert judged(tried(TELEGRAM), router=RouterSign.SILENT).troubles == ()


def test_the_internet_is_lost_when_nothing_outside_answers_even_with_a_router_that_still_resolves() -> None:
    found = judged(tried(TELEGRAM, reached=Reached.SILENT), tried(MAIL, Named.SILENT, Reached.SILENT))
    assert marks(found) == [LOST]
    assert "Telegram, the mail server" in found.troubles[0].detail
    assert DUMB in found.well
    assert DEAF in found.well
    assert TELEGRAM.mark not in found.well


def test_the_name_server_alone_is_told_from_the_internet_by_addresses_known_before() -> None:
    found = judged(tried(TELEGRAM, Named.SILENT, Reached.TAKEN), tried(MAIL, Named.SILENT, None))
    assert marks(found) == [DUMB]
    assert LOST in found.well
    assert DUMB not in found.well


def test_a_silent_name_server_is_told_where_no_address_is_known() -> None:
    found = judged(tried(TELEGRAM, Named.SILENT, None))
    assert marks(found) == [DUMB]
    assert LOST not in found.well


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (tried(MAIL, Named.UNKNOWN, None), "does not know the name mail.example.org"),
        (tried(MAIL, Named.SILENT, None), "no answer about mail.example.org"),
        (tried(MAIL, Named.KNOWN, Reached.SILENT), "Nothing answers at mail.example.org, port 587"),
        (tried(MAIL, Named.KNOWN, Reached.REFUSED), "is the service running there"),
    ],
)
def test_one_service_that_fails_is_told_as_that_service(entry, words) -> None:
    found = judged(tried(TELEGRAM), entry)
    assert marks(found) == [MAIL.mark]
    assert words in found.troubles[0].detail


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("example.org:443", ("example.org", 443)),
        ("[2001:db8::1]:53", ("2001:db8::1", 53)),
        *(
            (bad, None)
            for bad in ("example.org", "example.org:", "example.org:0", ":443", "a b:1", "u@h:1", "h:1/x", "h:99999")
        ),
    ],
)
def test_the_host_outside_is_named_with_its_port(text, found) -> None:
    assert host_port(text) == found


class FakeReach:
    """A network whose parts are taken away by the test."""

    def __init__(self) -> None:
        self.router = self.names = self.uplink = True
        self.asked: list[str] = []

    async def resolve(self, host: str) -> Sequence[str] | None:
        self.asked.append(host)
        return ("203.0.113.7",) if self.names else None

    async def connect(self, address: str, port: int) -> Reached:
        self.asked.append(f"{address}:{port}")
        return Reached.TAKEN if self.uplink or address.startswith("192.168.") else Reached.SILENT

    def gateway(self) -> str:
        return "192.168.1.1"

    async def router_answers(self, gateway: str) -> bool:
        return self.router


class Sink:
    def __init__(self) -> None:
        self.open: dict[tuple[Fault, str], int | None] = {}

    def failed(self, fault, subject, detail, *, camera=None, since_ns=None) -> None:
        self.open.setdefault((fault, subject), since_ns)

    def recovered(self, fault, subject) -> None:
        self.open.pop((fault, subject), None)


class Watched:
    def __init__(self, endpoints=(TELEGRAM,), **options) -> None:
        self.reach, self.sink, self.clock = FakeReach(), Sink(), FakeClock()
        self.repaired: list[Trouble] = []
        self.endpoints = endpoints
        self.options = ConnectivityOptions(**options)
        self.guard = Guard(
            self.reach,
            options=lambda: self.options,
            endpoints=lambda: self.endpoints,
            home=lambda: ("192.168.0.0/16",),
            lasting=lambda: tuple(self.sink.open),
            health=self.sink,
            clock=self.clock,
            repair=self._repair,
        )

    async def _repair(self, trouble: Trouble) -> None:
        self.repaired.append(trouble)

    async def looks(self, count: int) -> None:
        for _ in range(count):
            await self.guard.look()
            self.clock.advance(20)


async def test_it_is_told_after_so_many_misses_with_the_time_of_the_first() -> None:
    watched = Watched(misses=3)
    watched.reach.uplink = False
    first_ns = watched.clock.mono_ns()
    await watched.looks(2)
    assert watched.sink.open == {}
    await watched.looks(1)
    assert watched.sink.open == {LOST: first_ns}
    watched.reach.uplink = True
    await watched.looks(1)
    assert watched.sink.open == {}


async def test_one_lost_look_is_nothing() -> None:
    watched = Watched(misses=2)
    for up in (False, True, False, True):
        watched.reach.uplink = up
        await watched.looks(1)
    assert watched.sink.open == {}


async def test_names_then_uplink_then_back_each_ends_when_it_is_seen_to_work() -> None:
    watched = Watched(misses=1)
    await watched.looks(1)
    watched.reach.names = False
    await watched.looks(1)
    assert set(watched.sink.open) == {DUMB}
    watched.reach.uplink = False
    await watched.looks(1)
    assert set(watched.sink.open) == {DUMB, LOST}
    watched.reach.uplink = True
    await watched.looks(1)
    assert set(watched.sink.open) == {DUMB}
    watched.reach.names = True
    await watched.looks(1)
    assert watched.sink.open == {}


async def test_what_a_former_house_left_open_ends_here() -> None:
    watched = Watched()
    watched.sink.open = {LOST: 0, (Fault.SERVICE_SILENT, "a service taken out of the configuration"): 0}
    await watched.looks(1)
    assert watched.sink.open == {}


async def test_what_is_asked_about_is_looked_at_anew_and_counts_as_no_look() -> None:
    watched = Watched(misses=1, restart_after=2)
    watched.reach.uplink = False
    await watched.looks(1)
    assert not await watched.guard.is_over(LOST)
    assert watched.repaired == []
    watched.reach.uplink = True
    assert await watched.guard.is_over(LOST)
    assert watched.sink.open == {}


async def test_repair_is_asked_for_at_every_look_from_the_one_wished_and_never_for_a_service() -> None:
    watched = Watched(misses=1, restart_after=4)
    watched.reach.uplink = False
    await watched.looks(3)
    assert watched.repaired == []
    await watched.looks(2)
    assert [one.mark for one in watched.repaired] == [LOST, LOST]
    served = Watched(endpoints=(MAIL,), misses=1, restart_after=1)
    served.reach.names = True

    async def unknown(host: str) -> Sequence[str]:
        return ()

    served.reach.resolve = unknown
    await served.looks(3)
    assert set(served.sink.open) == {MAIL.mark}
    assert served.repaired == []


async def test_switched_off_it_asks_nobody() -> None:
    watched = Watched(enabled=False)
    await watched.looks(2)
    assert watched.reach.asked == []


async def test_only_what_is_configured_is_asked() -> None:
    watched = Watched(endpoints=(TELEGRAM, BROKER))
    await watched.looks(1)
    assert sorted(watched.reach.asked) == ["192.168.1.9:1883", "203.0.113.7:443", "api.telegram.org"]
