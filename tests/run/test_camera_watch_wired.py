"""A camera is known by its MAC and serial: followed when it moves, told of when it changes, never mistaken for another."""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.alerts.house import Health, opened
from tests.devices import dahua, foscam_mjpeg
from tests.devices.camera_web import EmulatedCamera
from tests.vendors.fake_neighbours import FakeNeighbours
from tests.vendors.web_camera import WebCamera, reply, running, saying

from hearthwatch.alerts.alert import Alert, Severity
from hearthwatch.health import ledger as outages
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.dbthread import DbThread
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.secrets import Secret, Secrets
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.run.camera_doors import door_of
from hearthwatch.run.camera_watch import CameraWatch
from hearthwatch.run.config import CameraOptions, load
from hearthwatch.run.follower import Follower, moved_values
from hearthwatch.run.strangers import left_in
from hearthwatch.vendors import known_ledger
from hearthwatch.vendors.detection import Detector
from hearthwatch.vendors.device import DoorOptions, Vendor
from hearthwatch.vendors.doorman import Doorman
from hearthwatch.vendors.known import KnownCamera, Reach
from hearthwatch.vendors.onvif_discovery import FoundCamera
from hearthwatch.vendors.whereabouts import Whereabouts

pytestmark = pytest.mark.wired

PORCH = CameraId("porch")
OLD, NEW, OTHER = "127.0.0.2", "127.0.0.3", "127.0.0.4"
MAC, LINK, STRANGE = "9c:8e:cd:00:11:22", "9c:8e:cd:00:11:23", "00:11:22:33:44:55"
CONFIG = """# the house
[home]
networks = ["127.0.0"]

[camera.porch]  # by the door
main = "rtsp://{host}:8554/main?channel=1"
sub = "rtsp://{host}:8554/sub"  # small
user = "watch"
allow_loopback = true

[camera.porch.door]
port = {port}
"""


@dataclass(kw_only=True)
class Watched:
    """A watch of one camera, and what it told."""

    folder: Path
    port: int
    network: FakeNeighbours
    host: str = OLD
    password: str = "watch-Pass-1"
    patience_s: float = 60.0
    clock: FakeClock = field(default_factory=FakeClock)
    health: Health = field(default_factory=Health)
    alerts: list[Alert] = field(default_factory=list)
    watch: Any = None
    doorman: Any = None
    db: Any = None

    @property
    def path(self) -> Path:
        return self.folder / "hearthwatch.toml"

    async def open(self) -> None:
        """Begin, or begin anew after a restart."""
        if not self.path.exists():
            self.path.write_text(CONFIG.format(host=self.host, port=self.port))
        Secrets.open(self.folder).set("camera.porch.password", self.password)
        self.db = DbThread(opened(self.folder))
        detector = Detector(rng=random.Random(1), timeout_s=self.patience_s, connect_s=60.0)
        self.doorman = Doorman(clock=self.clock, rng=random.Random(1), neighbours=self.network, detector=detector)
        numbers = count()

        async def tell(alert: Alert) -> None:
            self.alerts.append(alert)

        self.watch = CameraWatch(
            self.doorman,
            Whereabouts(self.doorman.detector, self.network, discover=self.network.discover),
            follower=Follower(
                self.path, clock=self.clock, tell=tell, name=lambda camera: camera.title(), ids=lambda: str(next(numbers))
            ),
            db=self.db,
            clock=self.clock,
            health=self.health,
            tell=tell,
            name=lambda camera: camera.title(),
            ids=lambda: str(next(numbers)),
        )
        await self.watch.load()
        await self.renew()

    async def renew(self) -> None:
        config = load(self.path)
        door = door_of(PORCH, config.cameras[PORCH], Secrets.open(self.folder))
        assert door is not None
        await self.doorman.renew({PORCH: door})
        self.watch.renew(config)

    async def look(self, after_s: float = 15) -> Reach:
        self.clock.advance(after_s)
        await self.watch.look(PORCH)
        [state] = self.watch.states()
        return state.reach

    async def known(self) -> KnownCamera:
        [known] = await self.db.run(known_ledger.load)
        return known

    async def close(self) -> None:
        await self.doorman.close()
        self.db.close()


@contextlib.asynccontextmanager
async def watched(folder: Path, camera: EmulatedCamera, network: FakeNeighbours) -> AsyncIterator[Watched]:
    [account] = [one for one in camera.state.accounts if one.name == "watch"]
    found = Watched(folder=folder, port=camera.port, network=network, password=account.password)
    await found.open()
    try:
        yield found
    finally:
        await found.close()


def credentials(camera: EmulatedCamera) -> list[str]:
    """What a camera got to see of our log-in."""
    return [one.target for one in camera.requests if "authorization" in one.headers]


async def test_a_camera_is_remembered_by_mac_and_serial_once_it_took_our_login(tmp_path: Path) -> None:
    network = FakeNeighbours(table={OLD: LINK})
    async with dahua.camera(host=OLD).running() as camera, watched(tmp_path, camera, network) as house:
        assert await house.look() is Reach.OPEN
        known = await house.known()
        assert (known.serial, known.link_mac, known.mark) == ("AMC00056_24AAF8", LINK, "Login to AMC00056_24AAF8")
        assert (known.model, known.firmware) == ("IP2M-841B", "2.520.AC00.18.R")
        assert (known.host, known.port, known.ip) == (OLD, camera.port, OLD)
        asked = len(camera.requests)
        assert await house.look() is Reach.OPEN
        assert len(camera.requests) == asked, "a look costs a connection, not a log-in"
        assert house.alerts == []


async def test_a_camera_that_moved_is_followed_by_its_mac_and_the_owner_told(tmp_path: Path) -> None:
    network = FakeNeighbours(table={OLD: LINK})
    async with dahua.camera(host=OLD).running() as camera, watched(tmp_path, camera, network) as house:
        await house.look()
        port = camera.port
        network.asleep, network.table = {NEW: LINK}, {OLD: LINK}
        await camera._close()
        async with dahua.camera(host=NEW, port=port).running() as moved:
            assert await house.look() is Reach.GONE
            assert network.poked == [], "it may come back by itself"
            assert await house.look(41) is Reach.GONE
            assert NEW in network.poked
            assert credentials(moved) == [], "only looked at yet"
            text = house.path.read_text()
            assert text == CONFIG.format(host=NEW, port=port), "comments stay, both streams follow"
            [alert] = house.alerts
            assert alert.title == "Porch: has a new address"
            assert f"answers at {NEW} now" in alert.text
            assert LINK in alert.text
            await house.renew()
            assert await house.look() is Reach.OPEN
            assert (await house.known()).ip == NEW
            assert house.watch.states()[0].host == NEW
            await house.look(600)
            assert len(house.alerts) == 1


async def test_without_its_mac_a_foscam_is_found_by_what_it_shows_to_anybody(tmp_path: Path) -> None:
    network = FakeNeighbours()
    async with foscam_mjpeg.camera(host=OLD).running() as camera, watched(tmp_path, camera, network) as house:
        assert await house.look() is Reach.OPEN
        known = await house.known()
        assert known.mac == known.mark
        assert known.link_mac == ""
        await camera._close()
        network.asleep = {OTHER: STRANGE, NEW: "02:00:00:00:00:01"}  # a repeater shows its own MAC
        async with (
            foscam_mjpeg.camera(host=NEW, port=camera.port).running(),
            dahua.camera(host=OTHER, port=camera.port).running() as other,
        ):
            await house.look()
            await house.look(41)
            assert f"rtsp://{NEW}:8554/sub" in house.path.read_text()
            assert credentials(other) == []


async def test_another_device_at_its_address_gets_no_password(tmp_path: Path) -> None:
    network = FakeNeighbours(table={OLD: LINK})
    async with dahua.camera(host=OLD).running() as camera, watched(tmp_path, camera, network) as house:
        await house.look()
        client = await house.doorman.client(PORCH)
        await camera._close()
        network.table = {OLD: STRANGE}
        async with dahua.camera(host=OLD, port=camera.port, serial="BAD0000000000").running() as other:
            assert await house.look() is Reach.STRANGER
            assert credentials(other) == []
            with pytest.raises(Unreachable, match="another device answers"):
                await house.doorman.client(PORCH)
            with pytest.raises(Unreachable, match="another device answers"):
                await client.clock()  # who still holds the client sends nothing either
            assert credentials(other) == []
            assert house.watch.strangers == {PORCH}
            detail = house.health.open[Fault.CAMERA_STRANGER, PORCH]
            assert STRANGE in detail
            assert "hearthwatch cameras --accept porch" in detail
            asked = len(other.requests)
            await house.look()
            assert len(other.requests) == asked, "looked at once a minute at most"
            await house.renew()
            assert house.watch.strangers == {PORCH}
        network.table = {OLD: LINK}
        async with dahua.camera(host=OLD, port=camera.port).running():
            assert await house.look(61) is Reach.OPEN
            assert house.health.log == [
                ("failed", Fault.CAMERA_STRANGER, PORCH),
                ("recovered", Fault.CAMERA_STRANGER, PORCH),
            ]
            assert house.watch.strangers == frozenset()


async def test_after_a_restart_a_stranger_is_one_until_looked_at(tmp_path: Path) -> None:
    outage = Outage(fault=Fault.CAMERA_STRANGER, camera=PORCH, subject=PORCH, start_us=WallUs(1), end_us=None, detail="")
    engine = opened(tmp_path)
    with engine.begin() as connection:
        outages.save(connection, 1, outage, told=True)
    engine.dispose()
    assert left_in(tmp_path) == {PORCH}
    assert left_in(tmp_path / "none") == frozenset()
    network = FakeNeighbours(table={OLD: LINK})
    async with dahua.camera(host=OLD).running() as camera, watched(tmp_path, camera, network) as house:
        assert house.watch.strangers == {PORCH}
        assert await house.look() is Reach.OPEN
        assert house.watch.strangers == frozenset()


async def test_of_one_recorder_every_channel_is_followed(tmp_path: Path) -> None:
    yard = CameraId("yard")
    network = FakeNeighbours(table={OLD: LINK})
    async with dahua.camera(host=OLD).running() as camera:
        house = Watched(folder=tmp_path, port=camera.port, network=network)
        both = CONFIG.format(host=OLD, port=camera.port)
        both += both.partition("networks")[2].partition("\n")[2].replace("porch", "yard").replace("channel=1", "channel=2")
        house.path.write_text(both)
        await house.open()
        config = load(house.path)
        doors = {name: door_of(name, options, Secrets.open(tmp_path)) for name, options in config.cameras.items()}
        doors[yard] = replace(doors[yard], access=replace(doors[yard].access, password=Secret("watch-Pass-1")))
        await house.doorman.renew(doors)
        for name in (PORCH, yard):
            await house.watch.look(name)
        network.table = {NEW: LINK}
        await camera._close()
        async with dahua.camera(host=NEW, port=camera.port).running():
            for after_s in (0, 41):
                house.clock.advance(after_s)
                for name in (PORCH, yard):
                    await house.watch.look(name)
        assert house.path.read_text() == both.replace(OLD, NEW)
        assert [alert.camera for alert in house.alerts] == [PORCH, yard]
        await house.close()


async def test_two_cameras_that_changed_places_are_both_followed(tmp_path: Path) -> None:
    yard = CameraId("yard")
    network = FakeNeighbours(table={OLD: LINK, OTHER: STRANGE})
    async with dahua.camera(host=OLD).running() as camera:
        house = Watched(folder=tmp_path, port=camera.port, network=network)
        text = CONFIG.format(host=OLD, port=camera.port)
        text += text.partition("networks")[2].partition("\n")[2].replace("porch", "yard").replace(OLD, OTHER)
        house.path.write_text(text)
        await house.open()

        async def renew() -> None:
            config = load(house.path)
            doors = {name: door_of(name, options, Secrets.open(tmp_path)) for name, options in config.cameras.items()}
            doors[yard] = replace(doors[yard], access=replace(doors[yard].access, password=Secret("watch-Pass-1")))
            await house.doorman.renew(doors)
            house.watch.renew(config)

        async def look(after_s: float = 15) -> list[Reach]:
            house.clock.advance(after_s)
            for name in (PORCH, yard):
                await house.watch.look(name)
            return [state.reach for state in house.watch.states()]

        await renew()
        async with dahua.camera(host=OTHER, port=camera.port, serial="YARD000000000").running() as other:
            other.tree["Network"]["eth0"]["PhysicalAddress"] = STRANGE
            assert await look() == [Reach.OPEN, Reach.OPEN]
        await camera._close()
        network.table = {OLD: STRANGE, OTHER: LINK}
        async with (
            dahua.camera(host=OTHER, port=camera.port).running() as porch_now,
            dahua.camera(host=OLD, port=camera.port, serial="YARD000000000").running() as yard_now,
        ):
            yard_now.tree["Network"]["eth0"]["PhysicalAddress"] = STRANGE
            assert await look() == [Reach.STRANGER, Reach.STRANGER]
            await look(61)
            assert credentials(porch_now) == credentials(yard_now) == []
            await renew()
            assert await look() == [Reach.OPEN, Reach.OPEN]
            assert [state.host for state in house.watch.states()] == [OTHER, OLD]
            assert not house.health.open
        await house.close()


async def test_a_camera_is_found_by_its_answer_to_a_call(tmp_path: Path) -> None:
    network = FakeNeighbours()
    async with foscam_mjpeg.camera(host=OLD).running() as camera, watched(tmp_path, camera, network) as house:
        await house.look()
        await camera._close()
        network.callers = [
            FoundCamera(host=host, port=80, tls=False, endpoint="", name="", hardware="", scopes=()) for host in (OTHER, NEW)
        ]
        async with foscam_mjpeg.camera(host=NEW, port=camera.port).running():
            await house.look()
            await house.look(41)
            assert house.path.read_text() == CONFIG.format(host=NEW, port=camera.port)


async def test_a_device_of_no_known_family_has_a_state_and_is_left_in_peace(tmp_path: Path) -> None:
    network = FakeNeighbours()
    async with running(WebCamera(answer=saying(reply(b"<html>a television</html>")))) as television:
        # it is asked by TLS, too, and never answers that
        house = Watched(folder=tmp_path, port=television.port, network=network, host="127.0.0.1", patience_s=0.5)
        await house.open()
        assert await house.look() is Reach.UNKNOWN_FAMILY
        asked = television.connections
        for _ in range(10):
            assert await house.look(3600) is Reach.UNKNOWN_FAMILY
        assert television.connections == asked
        assert "no camera of a family that we know" in house.watch.states()[0].why
        assert house.alerts == []
        assert not house.health.open
        await house.close()


async def test_an_owner_accepts_the_device_that_replaced_the_camera(tmp_path: Path) -> None:
    network = FakeNeighbours(table={OLD: LINK})
    async with dahua.camera(host=OLD).running() as camera, watched(tmp_path, camera, network) as house:
        await house.look()
        await camera._close()
        network.table = {OLD: STRANGE}
        async with dahua.camera(host=OLD, port=camera.port, serial="NEW0000000000").running():
            assert await house.look() is Reach.STRANGER
            await house.watch.accept(PORCH)
            assert house.watch.states()[0].reach is Reach.OPEN
            assert (await house.known()).serial == "NEW0000000000"
            assert not house.health.open


async def test_a_device_that_owns_up_to_be_another_is_barred(tmp_path: Path) -> None:
    """Behind a router no MAC is seen, and newer firmware shows no serial number: only the answer itself tells."""
    network = FakeNeighbours()
    async with dahua.camera(host=OLD).running() as camera, watched(tmp_path, camera, network) as house:
        await house.look()
        camera.serial = "XXX0000000000"
        camera.tree["Network"]["eth0"]["PhysicalAddress"] = STRANGE
        assert await house.look(6 * 3600) is Reach.STRANGER
        asked = len(camera.requests)
        assert await house.look(700) is Reach.STRANGER
        assert len(camera.requests) == asked
        assert STRANGE in house.health.open[Fault.CAMERA_STRANGER, PORCH]


async def test_new_firmware_is_told_once(tmp_path: Path) -> None:
    network = FakeNeighbours(table={OLD: LINK})
    async with dahua.camera(host=OLD).running() as camera, watched(tmp_path, camera, network) as house:
        await house.look()
        camera.version = "2.520.AC00.19.R,build:2019-06-29"
        assert await house.look(6 * 3600) is Reach.OPEN
        [alert] = house.alerts
        assert alert.title == "Porch: another firmware"
        assert "2.520.AC00.18.R before, 2.520.AC00.19.R now" in alert.text
        await house.look(6 * 3600)
        assert len(house.alerts) == 1


async def test_a_new_serial_number_in_the_same_device_is_an_alarm(tmp_path: Path) -> None:
    network = FakeNeighbours(table={OLD: LINK})
    async with dahua.camera(host=OLD).running() as camera, watched(tmp_path, camera, network) as house:
        await house.look()
        camera.serial = "XXX0000000000"
        assert await house.look(6 * 3600) is Reach.OPEN
        [alert] = house.alerts
        assert alert.severity is Severity.URGENT
        assert "serial number: AMC00056_24AAF8 before, XXX0000000000 now" in alert.text


async def test_what_is_known_survives_a_restart(tmp_path: Path) -> None:
    network = FakeNeighbours(table={OLD: LINK})
    async with dahua.camera(host=OLD).running() as camera, watched(tmp_path, camera, network) as house:
        await house.look()
        await house.close()
        network.table = {OLD: STRANGE}
        await camera._close()
        async with dahua.camera(host=OLD, port=camera.port, serial="BAD0000000000").running() as other:
            await house.open()
            assert await house.look() is Reach.STRANGER
            assert credentials(other) == []


async def test_a_wrong_password_is_tried_once_in_ten_minutes(tmp_path: Path) -> None:
    network = FakeNeighbours(table={OLD: LINK})
    async with dahua.camera(host=OLD).running() as camera:
        house = Watched(folder=tmp_path, port=camera.port, network=network, password="wrong")
        await house.open()
        try:
            assert await house.look() is Reach.REFUSED
            tried = len(credentials(camera))
            for _ in range(5):
                assert await house.look(100) is Reach.REFUSED
            assert len(credentials(camera)) == tried == 1
            await house.look(101)
            assert len(credentials(camera)) == 2
        finally:
            await house.close()


async def test_an_address_that_cannot_be_written_is_left_to_the_owner(tmp_path: Path) -> None:
    network = FakeNeighbours(table={OLD: LINK})
    async with dahua.camera(host=OLD).running() as camera, watched(tmp_path, camera, network) as house:
        await house.look()
        await camera._close()
        network.table = {NEW: LINK}
        house.path.write_text("mistake = ")
        async with dahua.camera(host=NEW, port=camera.port).running():
            await house.look()
            await house.look(41)
            await house.look(600)
            assert len({alert.dedupe_key for alert in house.alerts}) == 1, "told once"
            alert = house.alerts[0]
            assert "could not be changed" in alert.text
            assert NEW in alert.text


@pytest.mark.parametrize(
    ("main", "ip", "expected"),
    [
        ("rtsp://192.168.1.20/a?b=1#c", "192.168.1.21", "rtsp://192.168.1.21/a?b=1#c"),
        ("http://192.168.1.20:8080/video.cgi", "192.168.1.21", "http://192.168.1.21:8080/video.cgi"),
        ("rtsp://192.168.1.20:554/a", "fd00::5", "rtsp://[fd00::5]:554/a"),
        ("rtsp://192.168.1.99/a", "192.168.1.21", None),
    ],
)
def test_only_the_host_of_an_address_is_changed(main: str, ip: str, expected: str | None) -> None:
    options = CameraOptions(main=main, door=DoorOptions(host="192.168.1.20", port=88))
    written = moved_values(PORCH, options, "192.168.1.20", ip)
    assert written.get(("camera", PORCH, "main")) == expected
    assert written["camera", PORCH, "door", "host"] == ip
    assert moved_values(PORCH, CameraOptions(main="rtsp://porch.lan/a"), "porch.lan", ip) == {}


def test_a_known_camera_has_one_row(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    known = KnownCamera(
        camera=PORCH, vendor=Vendor.DAHUA, maker="Amcrest", model="m", mac=MAC, serial="s", firmware="1", link_mac="", mark="",
        host=OLD, port=80, tls=False, ip=OLD, first_us=1, last_us=1,
    )  # fmt: skip
    with engine.begin() as connection:
        known_ledger.save(connection, known)
        known_ledger.save(connection, replace(known, firmware="2", first_us=5, last_us=5))
        assert known_ledger.load(connection) == (replace(known, firmware="2", last_us=5),)
        known_ledger.forget(connection, PORCH)
        assert known_ledger.load(connection) == ()
    engine.dispose()
