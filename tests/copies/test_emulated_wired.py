"""The whole way against emulated cameras: a change behind our back, the alert, the way back, the baseline, the git export."""

from __future__ import annotations

import contextlib
import json
import random
from datetime import UTC

import pytest
from tests.alerts.house import FakeChannel, House
from tests.devices import dahua, foscam_hd, foscam_mjpeg, onvif_camera, reolink
from tests.devices.camera_state import Fault

from hearthwatch.alerts import copy_alerts
from hearthwatch.copies.copy import BaselineOptions, ChangeKind, CopiesOptions, CopyId, RestoreAsk
from hearthwatch.copies.keeper import CopyKeeper
from hearthwatch.copies.shelf import CopyShelf
from hearthwatch.copies.writer import CopyWriter
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.ids import Ulids
from hearthwatch.kit.secrets import Secret, Secrets
from hearthwatch.kit.units import CameraId
from hearthwatch.vendors.device import Access, Vendor
from hearthwatch.vendors.doorman import Door, Doorman

pytestmark = pytest.mark.wired
PORCH = CameraId("porch")
FAMILIES = {
    Vendor.DAHUA: (dahua, "watch-Pass-1"),
    Vendor.FOSCAM_MJPEG: (foscam_mjpeg, "watchPass1"),
    Vendor.FOSCAM_HD: (foscam_hd, "watchPass1"),
    Vendor.REOLINK: (reolink, "watch-Pass-1"),
    Vendor.ONVIF: (onvif_camera, "watch-Pass-1"),
}
BEHIND_OUR_BACK = {
    Vendor.DAHUA: ("T2UServer.Enable", "false", "P2P cloud access switched off"),
    Vendor.FOSCAM_MJPEG: ("params.ntp_svr", "evil.example", "Time server: time.nist.gov → evil.example"),
    Vendor.FOSCAM_HD: ("P2PEnable.enable", "0", "P2P cloud access switched off"),
    Vendor.REOLINK: ("P2p.enable", "0", "P2P cloud access switched off"),
    Vendor.ONVIF: ("NTP.NTPManual.DNSname", "evil.example", " → evil.example"),
}


class Scene:
    """A camera, the doorman, a house with a phone, and the room between them."""

    def __init__(self, folder, vendor: Vendor) -> None:
        module, self.password = FAMILIES[vendor]
        self.vendor = vendor
        self.camera = module.camera()
        self.clock = SystemClock()
        self.house = House(folder, self.clock)
        self.phone = FakeChannel()
        self.secrets = Secrets(folder / "data")
        self.doorman = Doorman(clock=self.clock, rng=random.Random(1))
        self.ids = Ulids(self.clock)
        self.alerts = []
        self.keeper = CopyKeeper(self.doorman, self.house.db, self.secrets, clock=self.clock, ids=self.ids, tell=self._tell)
        self.writer = CopyWriter(self.keeper)
        self.shelf = CopyShelf(self.house.db, self.secrets)

    async def _tell(self, drift) -> None:
        alert = copy_alerts.drift(drift, id_=self.ids(), name="Porch", zone=UTC, now_us=self.clock.wall_us())
        self.alerts.append(alert)
        await self.house.outbox.record(None, alert)

    @contextlib.asynccontextmanager
    async def running(self):
        try:
            async with self.camera.running():
                await self._start()
                yield
        finally:
            await self.doorman.close()
            self.house.close()

    async def _start(self) -> None:
        access = Access(
            camera=PORCH,
            host="127.0.0.1",
            port=self.camera.port,
            user="watch",
            password=Secret(self.password),
            allow_loopback=True,
        )
        await self.doorman.renew({PORCH: Door(vendor=self.vendor, access=access)})
        await self.keeper.renew({PORCH: CopiesOptions()})


@pytest.fixture(params=list(FAMILIES))
async def scene(request, tmp_path):
    scene = Scene(tmp_path, request.param)
    async with scene.running():
        yield scene


async def test_changed_behind_our_back_told_and_restored(scene):
    key, value, said = BEHIND_OUR_BACK[scene.vendor]
    first = (await scene.keeper.collect(PORCH, "daily look")).copy
    assert first.vendor is scene.vendor
    assert first.setting_count > 10
    assert (await scene.keeper.collect(PORCH, "daily look")).copy.id == first.id

    await scene.camera.change_setting(key, value)
    await scene.keeper.collect(PORCH, "a log-in of admin from 203.0.113.9")
    (alert,) = scene.alerts
    assert said in alert.text
    (offer,) = alert.offers
    assert (offer.kind, offer.camera, offer.subject) == ("restore-settings", PORCH, first.id)

    ask = RestoreAsk(copy=CopyId(offer.subject))
    proposal = await scene.writer.restore(ask, apply=False)
    assert [change.key for change in proposal.proposal.diff.changes] == [key]
    assert not proposal.applied
    done = await scene.writer.restore(ask, apply=True)
    assert (done.failures, done.remaining.changes, done.is_done) == ((), (), True)
    newest = (await scene.shelf.recent(camera=PORCH))[0]
    assert (newest.drift, newest.reason) == (False, f"restored from {first.id}")
    assert (await scene.shelf.diff(first.id, newest.id)).is_empty
    assert len(scene.alerts) == 1


async def test_what_is_shown_is_stable_and_free_of_secrets(scene):
    secrets = {"watch-Pass-1", "watchPass1", "mail-Secret-1", "ddns-Secret-1"}
    first = (await scene.keeper.collect(PORCH, "daily look")).copy
    settings = (await scene.shelf.show(first.id)).settings
    shown = json.dumps(settings)
    assert settings.get("SNMP.WriteCommon", "***") == "***"
    assert not [secret for secret in secrets if secret in shown]
    assert "***" in shown or scene.vendor in {Vendor.FOSCAM_HD, Vendor.ONVIF}


async def test_the_baseline_is_applied_and_read_back(scene):
    options = BaselineOptions(ntp_server="time.home")
    proposal = await scene.writer.baseline(PORCH, options, "Porch", apply=False)
    assert proposal.proposal.keys
    done = await scene.writer.baseline(PORCH, options, "Porch", apply=True)
    assert (done.failures, list(done.remaining.lines()), done.is_done) == ((), [], True)
    again = await scene.writer.baseline(PORCH, options, "Porch", apply=False)
    assert again.proposal.keys == ()
    assert scene.alerts == []


@pytest.mark.parametrize("fault", [Fault.HALF_BODY, Fault.ERROR_200, Fault.WRONG_LENGTH, Fault.UNREACHABLE])
async def test_a_sick_camera_keeps_its_copy_and_tells_nobody(scene, fault):
    first = (await scene.keeper.collect(PORCH, "daily look")).copy
    await scene.camera.cause(fault)
    with pytest.raises(HearthwatchError):
        await scene.keeper.collect(PORCH, "daily look")
    await scene.camera.heal(fault)
    assert (await scene.keeper.collect(PORCH, "daily look")).copy.id == first.id
    assert scene.alerts == []


async def test_a_changed_secret_shows_as_changed_only(tmp_path):
    scene = Scene(tmp_path, Vendor.DAHUA)
    async with scene.running():
        await scene.keeper.collect(PORCH, "daily look")
        await scene.camera.change_setting("Email.Password", "stolen-Secret-2")
        look = await scene.keeper.collect(PORCH, "asked for")
        (change,) = look.diff.changes
        assert (change.kind, change.old, change.new) == (ChangeKind.CHANGED, "***", "***")
        assert "stolen" not in scene.alerts[0].text
        done = await scene.writer.restore(RestoreAsk(copy=scene.alerts[0].offers[0].subject), apply=True)
        assert done.is_done
        assert scene.camera.tree["Email"]["Password"] == "mail-Secret-1"


async def test_parts_go_to_another_camera_of_the_family(tmp_path):
    scene = Scene(tmp_path, Vendor.DAHUA)
    other = dahua.camera()
    async with other.running(), scene.running():
        gate = CameraId("gate")
        access = Access(
            camera=gate, host="127.0.0.1", port=other.port, user="watch", password=Secret("watch-Pass-1"), allow_loopback=True
        )
        here = Door(vendor=Vendor.DAHUA, access=scene.doorman.access(PORCH))
        await scene.doorman.renew({PORCH: here, gate: Door(vendor=Vendor.DAHUA, access=access)})
        for key, value in (
            ("NTP.Address", "time.home"),
            ("General.MachineName", "porch"),
            ("Email.Password", "shared-Secret-3"),
        ):
            await scene.camera.change_setting(key, value)
        copy = (await scene.keeper.collect(PORCH, "asked for")).copy
        ask = RestoreAsk(copy=copy.id, camera=gate, sections=("NTP", "General", "Email"))
        done = await scene.writer.restore(ask, apply=True)
        assert done.is_done
        assert (other.tree["NTP"]["Address"], other.tree["Email"]["Password"]) == ("time.home", "shared-Secret-3")
        assert other.tree["General"]["MachineName"] == "FrontDoor"
        assert [one.what for one in done.proposal.skipped] == ["General.MachineName"]
