"""What a hub knows of its nodes, and when it tells of one that is silent; how a machine says that it is."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import msgspec
import pytest

from hearthwatch.fleet import hub_ledger, hub_letters
from hearthwatch.fleet.condition import CAMERA_KEY, MACHINE_KEY, CameraCondition, MachineCondition
from hearthwatch.fleet.hub_db import open_hub_db
from hearthwatch.fleet.joining_wire import Hello
from hearthwatch.fleet.letter import Letter, LetterKind, Received
from hearthwatch.fleet.node import site_id
from hearthwatch.fleet.options import SiteOptions
from hearthwatch.fleet.registry import Registry
from hearthwatch.health.outage import Fault
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.run.config import parse
from hearthwatch.run.hub_watch import HubWatch
from hearthwatch.run.hub_words import NodesNow, Said
from hearthwatch.run.machine import condition
from hearthwatch.web.fleet_doors import Hearing

HOME, CABIN = site_id("home"), site_id("cabin")


class Sink:
    def __init__(self) -> None:
        self.open: dict[tuple[Fault, str], str] = {}
        self.told = 0

    def failed(self, fault, subject, detail, *, camera=None, since_ns=None) -> None:
        self.told += (fault, subject) not in self.open
        self.open[fault, subject] = detail

    def recovered(self, fault, subject) -> None:
        self.open.pop((fault, subject), None)


@pytest.fixture
async def hub(tmp_path):
    clock = FakeClock()
    db = await open_hub_db(tmp_path, "", None)

    def fill(connection):
        now_us = clock.wall_us()
        hub_ledger.own_node(connection, HOME, "Home", now_us)
        hub_ledger.invite(connection, b"1", site=CABIN, name="Attic", now_us=now_us, life_s=60)
        return hub_ledger.redeem(connection, b"1", key_sha256=b"k", name="pi", now_us=now_us).node

    node = await db.run(fill)
    registry = Registry(db, clock)
    await registry.load()
    yield clock, db, registry, node
    await db.close()


async def test_silent_node_is_told_once_and_again_when_it_is_back(hub):
    clock, _db, registry, node = hub
    sink = Sink()
    watch = HubWatch(registry, sink, clock, lambda: 300)
    for _ in range(40):
        clock.advance(10)
        watch.look()
    ((fault, subject),) = sink.open
    assert (fault, subject, sink.told) == (Fault.NODE_SILENT, f"Attic ({node})", 1)
    assert "goes on recording" in sink.open[fault, subject]
    registry.heard(node)
    watch.look()
    assert sink.open == {}
    clock.advance(400)
    again = HubWatch(registry, sink, clock, lambda: 300)
    again.look()
    assert sink.open == {}, "a hub that just started waits for its nodes"


async def read(hub, *, lines=frozenset(), said=None) -> NodesNow:
    clock, db, registry, _node = hub
    return await NodesNow.read(db, registry, lines=lines, said=said or {}, silent_after_s=300, clock=clock)


async def test_nodes_as_pages_show_them(hub):
    clock, db, registry, node = hub
    machine = MachineCondition(version="1", model="Pi", undervoltage=True)
    camera = CameraCondition(name="Dunes", state="live", audit_score=84, findings=1)
    bodies = {MACHINE_KEY: (None, machine), f"{CAMERA_KEY}dunes": (CameraId("dunes"), camera), "later": (None, camera)}
    letters = [
        Received(
            node=node,
            letter=Letter(
                kind=LetterKind.HEALTH, key=key, seq=seq, at_us=WallUs(5), camera=name, body=msgspec.json.encode(body)
            ),
        )
        for seq, (key, (name, body)) in enumerate(bodies.items())
    ]
    await db.run(lambda connection: hub_letters.keep(connection, letters))
    own, attic = (await read(hub)).all()
    assert (own.own, own.hearing) == (True, Hearing.HERE)
    assert (attic.hearing, attic.machine.model, attic.cameras[0].audit_score) == (Hearing.NEAR, "Pi", 84)
    assert "power supply is too weak" in attic.problem
    assert (await read(hub, lines={node})).one(node).hearing is Hearing.HERE
    clock.advance(301)
    assert "goes on by itself" in (await read(hub)).one(node).problem
    registry.heard(node)
    late = Said.of(Hello(now_us=clock.wall_us() - 7_200_000_000, waiting=4, version="1"), clock.wall_us())
    await db.run(lambda connection: hub_letters.keep(connection, [_without_undervoltage(letters[0])]))
    now = (await read(hub, said={node: late})).one(node)
    assert (now.waiting, now.problem) == (4, "Its clock is 120 minutes behind the hub's: what it tells has wrong times.")
    sites = (await read(hub)).sites(
        [HOME, CABIN, site_id("empty")], {"cabin": SiteOptions(), "dune": SiteOptions(title="Düne")}
    )
    assert [(one.title, one.own, one.nodes) for one in sites] == [("Home", True, 1), ("Cabin", False, 1), ("Düne", False, 0)]
    await db.run(lambda connection: hub_ledger.revoke(connection, node))
    await registry.load()
    assert [one.hearing for one in (await read(hub)).all()] == [Hearing.HERE, Hearing.REVOKED]


def _without_undervoltage(one: Received) -> Received:
    body = msgspec.json.encode(MachineCondition(version="1", model="Pi"))
    return replace(one, letter=replace(one.letter, body=body, seq=99))


def test_machine_of_a_pi_and_of_none(tmp_path):
    files = {
        "proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.5\0",
        "proc/uptime": "7200.50 14000.00\n",
        "proc/loadavg": "0.70 0.60 0.50 1/200 999\n",
        "proc/net/wireless": "Inter-| sta\n face | tus\n wlan0: 0000   47.  -63.  -256        0      0\n",
        "sys/class/thermal/thermal_zone0/temp": "61300\n",
        "sys/class/thermal/thermal_zone1/temp": "broken",
        "sys/devices/platform/soc/soc:firmware/get_throttled": "50000\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = condition(tmp_path, FakeClock(), tmp_path)
    assert (found.model, found.up_s, found.load) == ("Raspberry Pi 4 Model B Rev 1.5", 7200.5, 0.7)
    assert (found.temperature_c, found.undervoltage, found.throttled, found.wifi_dbm) == (61.3, True, True, -63.0)
    bare = condition(tmp_path / "nowhere", FakeClock(), tmp_path / "empty")
    assert (bare.temperature_c, bare.undervoltage, bare.throttled, bare.wifi_dbm, bare.disk_bytes) == (None,) * 5


def test_hub_has_no_demo_camera_and_a_house_alone_has():
    assert parse("[hub]\nenabled = true\n").cameras == {}
    assert list(parse("[hub]\nenabled = false\n").cameras) == ["demo"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[hub]\nsite = "My House"', "small letters"),
        ('[hub.sites."My House"]', "small letters"),
        ('[hub]\naddress = "https://hub"', "no address"),
        ('[hub]\ndatabase = "postgresql://u:p@h/x"', "hub.database.password"),
        ('[hub]\ndatabase = "mysql://h/x"', "no PostgreSQL"),
        ('[hub]\nfootage = "here"', "beginning with /"),
        ("[hub]\nenabled = true\nport = 8443\n[web]\nhttps_port = 8443", "the page's port"),
        ('[hub.bucket]\nendpoint = "https://s3.example.org"', "needs `name`"),
        ('[node]\nhub = "a b"', "no address"),
    ],
)
def test_what_is_wrong_in_hub_and_node_is_told(text, told):
    with pytest.raises(ConfigFault, match=told):
        parse(text)


@pytest.mark.wired
def test_house_that_is_neither_hub_nor_node_carries_nothing_of_it():
    looked = "import sys, hearthwatch.run.house; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", looked], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    nouns = {"asker", "condition", "far_event", "node", "options"}
    ours = {name.removeprefix("hearthwatch.fleet.") for name in loaded if name.startswith("hearthwatch.fleet.")}
    assert ours <= nouns
    assert loaded.isdisjoint({"aiohttp.web", "nats", "asyncpg", "sqlalchemy.ext.asyncio"})
