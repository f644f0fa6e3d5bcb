"""Damage control against emulated cameras of every family: done, read back, followed by our own side, written down."""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import replace
from datetime import UTC

import pytest
from tests.alerts.house import House
from tests.devices import dahua, foscam_hd, foscam_mjpeg, reolink
from tests.devices.camera_state import Fault
from tests.devices.camera_web import EmulatedCamera

from hearthwatch.alerts.policy import Policy
from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.audit.restart import Restart
from hearthwatch.audit.trail import RepairState
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.db import open_reader
from hearthwatch.kit.errors import Refused
from hearthwatch.kit.ids import Ulids
from hearthwatch.kit.secrets import Secret, Secrets
from hearthwatch.kit.units import CameraId
from hearthwatch.run.camera_doors import door_of
from hearthwatch.run.config import load
from hearthwatch.run.copies_desk import CopiesDesk
from hearthwatch.run.premises import HousePremises
from hearthwatch.run.remedies import Remedies
from hearthwatch.vendors.device import Vendor
from hearthwatch.vendors.doorman import Doorman

pytestmark = [pytest.mark.wired, pytest.mark.waits]

FAMILIES = {
    Vendor.DAHUA: (dahua, "watch-Pass-1"),
    Vendor.FOSCAM_MJPEG: (foscam_mjpeg, "watchPass1"),
    Vendor.FOSCAM_HD: (foscam_hd, "watchPass1"),
    Vendor.REOLINK: (reolink, "watch-Pass-1"),
}
OWNER = "page ada"
INTRUDER = "203.0.113.9"


class Scene:
    """A camera and everything of a running house that damage control touches."""

    def __init__(self, folder, vendor: Vendor, config: str = "") -> None:
        module, self.password = FAMILIES[vendor]
        self.vendor = vendor
        self.more = config
        self.folder = folder
        self.path = folder / "hearthwatch.toml"
        self.camera = module.camera()
        self.clock = SystemClock()
        self.house = House(folder, self.clock)
        self.reader = open_reader(folder / "house.db")
        self.secrets = Secrets(folder / "data")
        self.expected = []

    @contextlib.asynccontextmanager
    async def running(self):
        try:
            async with self.camera.running():
                self.path.write_text(
                    f"""# our gate
[camera.front]
main = "rtsp://127.0.0.1:{self.camera.port + 1}/main" # by the street
user = "watch"
allow_loopback = true
[camera.front.door]
vendor = "{self.vendor}"
port = {self.camera.port}
{self.more}
"""
                )
                self.secrets.set("camera.front.password", self.password)
                await self.start()
                yield self
        finally:
            await self.remedies.close()
            await self.doorman.close()
            self.house.close()
            self.reader.dispose()

    async def start(self) -> None:
        """The house as it is after a start."""
        ids = Ulids(self.clock)
        self.doorman = Doorman(clock=self.clock, rng=random.Random(1), why_held=self._why_held)
        policy = Policy(home="Home", zone=UTC, cameras={}, ids=ids)
        copies = CopiesDesk(
            self.doorman,
            self.secrets,
            db=self.house.db,
            clock=self.clock,
            outbox=self.house.outbox,
            policy=lambda: policy,
            ids=ids,
        )
        premises = HousePremises(
            self.doorman,
            self.secrets,
            config_path=self.path,
            config=lambda: self.config,
            name=lambda camera: camera.title(),
            take_over=self.take_over,
        )
        self.remedies = Remedies(
            self.doorman,
            premises,
            self.secrets,
            copies=copies,
            data_folder=self.folder,
            db=self.house.db,
            reader=self.reader,
            clock=self.clock,
            outbox=self.house.outbox,
            ids=ids,
            expect_login=lambda camera, user: self.expected.append((camera, user)),
        )
        self.copies = copies
        await self.take_over()
        await copies.renew(self.config)
        await self.remedies.load()

    def _why_held(self, camera) -> str:
        return self.remedies.why_held(camera)

    async def take_over(self) -> None:
        self.config = load(self.path)
        doors = {name: door_of(name, camera, self.secrets) for name, camera in self.config.cameras.items()}
        await self.doorman.renew({name: door for name, door in doors.items() if door})

    async def do(self, kind: RemedyKind, subject: str = "", value: str = ""):
        asked = await self.remedies.ask(Remedy(kind=kind, camera="front", subject=subject, value=value), OWNER)
        return asked if asked.state is RepairState.IMPOSSIBLE else await self.remedies.confirm(asked.id, OWNER)

    def account(self, name: str = "watch"):
        return self.camera.state.account(name)

    @property
    def secret(self) -> str:
        return self.secrets.get("camera.front.password").reveal()


@pytest.fixture(params=FAMILIES)
async def scene(request, tmp_path):
    async with Scene(tmp_path, request.param).running() as scene:
        yield scene


async def test_a_new_password_shuts_out_the_old_one_and_we_go_on_with_it(scene):
    entry = await scene.do(RemedyKind.CHANGE_PASSWORD)
    assert (entry.state, entry.verified) == (RepairState.DONE, True), entry.text
    assert scene.secret == scene.account().password != scene.password
    assert scene.secrets.names() == ("camera.front.password",)
    client = await scene.doorman.client("front")
    await client.accounts()
    with pytest.raises(Refused):
        async with scene.doorman.visit(_with(scene.doorman.access("front"), scene.password)) as old:
            await old.accounts()
    assert scene.secret not in entry.text
    assert scene.remedies.take_password(entry.id).reveal() == scene.secret


async def test_who_is_tried_with_a_new_password_is_announced_to_the_watch_of_log_ins(scene):
    await scene.do(RemedyKind.CHANGE_PASSWORD, "watch")
    assert ("front", "watch") in scene.expected


async def test_a_password_changed_just_before_the_power_went_is_found_out_at_the_next_start(scene):
    scene.secrets.set("camera.front.pending.watch", "brand-New-1")
    scene.account().password = "brand-New-1"
    scene.camera.credentials_changed()
    await scene.doorman.close()
    await scene.start()
    assert scene.remedies.why_held("front")
    await scene.remedies._unsettled.settle()
    assert scene.remedies.why_held("front") == ""
    assert scene.secret == "brand-New-1"
    await (await scene.doorman.client("front")).accounts()


async def test_a_camera_that_does_not_answer_keeps_its_password_and_says_so(scene):
    client = await scene.doorman.client("front")
    await client.identity()
    await scene.camera.cause(Fault.UNREACHABLE)
    entry = await scene.do(RemedyKind.CHANGE_PASSWORD)
    assert entry.state is RepairState.FAILED
    assert "both are kept" in entry.text
    await scene.camera.heal(Fault.UNREACHABLE)
    await scene.remedies._unsettled.settle()
    assert scene.secret == scene.account().password == scene.password
    assert scene.secrets.names() == ("camera.front.password",)


async def test_the_door_tells_who_it_is_and_what_can_be_done(scene):
    door = await scene.remedies.door("front")
    assert door.why == ""
    assert door.identity.firmware
    assert (door.vendor, door.port, door.our_user) == (scene.vendor, scene.camera.port, "watch")
    assert door.why_not[RemedyKind.CHANGE_PASSWORD] == ""
    assert "watch" in {account.name for account in door.accounts}
    await scene.camera.cause(Fault.UNREACHABLE)
    silent = await scene.remedies.door("front")
    assert silent.identity is None
    assert silent.why


async def test_what_the_family_cannot_is_said_plainly_and_what_it_can_is_done(scene):
    await scene.camera.log_in(INTRUDER, stay=True)
    can = (await scene.remedies.door("front")).why_not
    ended = await scene.do(RemedyKind.END_SESSION, INTRUDER)
    blocked = await scene.do(RemedyKind.BLOCK_ADDRESS, INTRUDER)
    for kind, entry in ((RemedyKind.END_SESSION, ended), (RemedyKind.BLOCK_ADDRESS, blocked)):
        if can[kind]:
            assert entry.state is RepairState.IMPOSSIBLE
            assert "change" in entry.text
        else:
            assert (entry.state, entry.verified) == (RepairState.DONE, True), entry.text
    if not can[RemedyKind.END_SESSION]:
        assert INTRUDER not in {one.address for one in scene.camera.state.sessions.values()}
    if not can[RemedyKind.BLOCK_ADDRESS]:
        assert scene.camera.is_blocked(INTRUDER)
        assert (await scene.do(RemedyKind.UNBLOCK_ADDRESS, INTRUDER)).verified
        assert not scene.camera.is_blocked(INTRUDER)


async def test_a_service_is_switched_off_and_the_camera_restarts(scene):
    off = await scene.do(RemedyKind.SERVICE_OFF, "upnp")
    assert (off.state, off.verified) == (RepairState.DONE, True), off.text
    assert await (await scene.doorman.client("front")).is_on("upnp") is False
    missed_by(scene.remedies._repairs._device._restart, scene.camera)
    back = await scene.do(RemedyKind.REBOOT)
    assert (back.state, back.verified) == (RepairState.DONE, True), back.text


async def test_our_own_account_gets_another_name_and_the_configuration_follows(scene):
    entry = await scene.do(RemedyKind.RENAME_USER, "watch", "keeper")
    if entry.state is RepairState.IMPOSSIBLE:
        assert scene.account() is not None
        return
    assert (entry.state, entry.verified) == (RepairState.DONE, True), entry.text
    assert scene.account() is None
    assert scene.config.cameras["front"].user == "keeper"
    assert "# by the street" in scene.path.read_text()
    await (await scene.doorman.client("front")).accounts()


async def test_a_move_to_another_port_is_followed_by_the_configuration(scene, unused_tcp_port):
    entry = await scene.do(RemedyKind.CHANGE_NETWORK, value=f"http_port={unused_tcp_port}")
    if entry.state is RepairState.IMPOSSIBLE:
        return
    assert (entry.state, entry.verified) == (RepairState.DONE, True), entry.text
    assert scene.camera.port == unused_tcp_port == scene.config.cameras["front"].door.port
    await (await scene.doorman.client("front")).accounts()


async def test_settings_are_restored_from_a_copy(scene):
    good = await scene.copies.keeper.collect("front", "asked for")
    await scene.do(RemedyKind.SERVICE_OFF, "upnp")
    entry = await scene.do(RemedyKind.RESTORE_SETTINGS, good.copy.id)
    assert (entry.state, entry.verified) == (RepairState.DONE, True), entry.text
    assert await (await scene.doorman.client("front")).is_on("upnp") is True


def _with(access, password):
    return replace(access, password=Secret(password))


def missed_by(restart: Restart, camera: EmulatedCamera) -> None:
    """Have the camera stay away until that is noticed, however slow this machine is."""
    missed, is_gone = asyncio.Event(), restart.is_gone

    async def notice(name: CameraId) -> bool:
        gone = await is_gone(name)
        missed.set()
        return gone

    restart.is_gone, restart._pause, camera.comes_back = notice, _briefly, missed.wait


async def _briefly(_seconds: float) -> None:
    await asyncio.sleep(0.02)
