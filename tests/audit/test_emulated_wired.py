"""The audit against emulated cameras of four families, by the wiring of a running house: listed, mended, told, accepted."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from datetime import UTC

import pytest
from tests.alerts.house import FakeChannel, House
from tests.devices import dahua, foscam_hd, foscam_mjpeg, onvif_camera, reolink
from tests.devices.camera_state import Fault

from hearthwatch.alerts.policy import CameraAlerts, Policy
from hearthwatch.audit.finding import FindingState
from hearthwatch.audit.trail import recent
from hearthwatch.health.board import Board
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.db import open_reader
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.ids import Ulids
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId
from hearthwatch.run.camera_doors import CameraDoors
from hearthwatch.run.config import parse
from hearthwatch.run.house_doors import Footage
from hearthwatch.run.lines import RecorderLine
from hearthwatch.vendors.device import Vendor

pytestmark = pytest.mark.wired
PORCH = CameraId("porch")
FAMILIES = {
    Vendor.DAHUA: (dahua, "watch-Pass-1"),
    Vendor.FOSCAM_MJPEG: (foscam_mjpeg, "watchPass1"),
    Vendor.FOSCAM_HD: (foscam_hd, "watchPass1"),
    Vendor.REOLINK: (reolink, "watch-Pass-1"),
    Vendor.ONVIF: (onvif_camera, "watch-Pass-1"),
}
PLANTED = {
    Vendor.DAHUA: {
        "p2p", "upnp", "ddns", "telnet", "snmp", "bonjour", "multicast", "onvif-open", "ntp", "auto-reboot", "https-off",
        "account-extra/888888", "firmware/CVE-2019-3948", "firmware/CVE-2020-5735",
    },
    Vendor.FOSCAM_MJPEG: {
        "upnp", "ddns", "ntp", "account-password/admin", "status-open", "firmware/CVE-2013-2560", "http-clear",
    },
    Vendor.FOSCAM_HD: {"p2p", "upnp", "ddns", "ntp", "status-open", "firmware/CVE-2018-6830"},
    Vendor.REOLINK: {"p2p", "upnp", "ddns", "ntp", "lockout", "rtmp", "auto-reboot"},
    Vendor.ONVIF: {"account-extra/service", "https-off", "ntp", "bonjour"},
}  # fmt: skip
BY_API = {
    Vendor.DAHUA: {"p2p", "upnp", "ddns", "telnet", "snmp", "bonjour", "multicast", "onvif-open", "ntp", "auto-reboot", "https-off"},
    Vendor.FOSCAM_MJPEG: {"upnp", "ddns", "ntp"},
    Vendor.FOSCAM_HD: {"p2p", "upnp", "ddns", "ntp"},
    Vendor.REOLINK: {"p2p", "upnp", "ddns", "ntp", "lockout", "rtmp", "auto-reboot"},
    Vendor.ONVIF: {"https-off", "ntp"},
}  # fmt: skip


class NoPictures:
    """A PictureDoor of streams that nobody records."""

    async def snapshot(self, _camera):
        raise Unreachable("no stream is recorded here")

    def mjpeg(self, _camera):
        raise Unreachable("no stream is recorded here")


class Scene:
    """One emulated camera and everything of a house that watches cameras' doors."""

    def __init__(self, folder, vendor: Vendor) -> None:
        module, password = FAMILIES[vendor]
        self.vendor = vendor
        self.folder = folder
        self.camera = module.camera()
        clock = SystemClock()
        self.house = House(folder, clock)
        self.phone = FakeChannel()
        secrets = Secrets(folder)
        secrets.set("camera.porch.door.password", password)
        self.config_path = folder / "hearthwatch.toml"
        self.reader = open_reader(folder / "house.db")
        ids = Ulids(clock)
        policy = Policy(home="Home", zone=UTC, cameras={PORCH: CameraAlerts(name="Porch")}, ids=ids)
        self.doors = CameraDoors(
            secrets,
            config_path=self.config_path,
            db=self.house.db,
            clock=clock,
            health=Board(self.house.db, clock, self._quiet),
            outbox=self.house.outbox,
            policy=lambda: policy,
            ids=ids,
            data_folder=folder,
            publish=lambda _login: None,
            reader=self.reader,
            config=lambda: self.config,
            take_over=self._quiet,
            pictures=NoPictures(),
            heard=lambda _heard: None,
            stored=self._quiet,
            is_private=lambda _camera: False,
            recorder=RecorderLine(asyncio.get_running_loop(), lambda _state: None),
            footage=Footage(folder / "index.db", folder),
        )
        self.audit = self.doors.audit

    async def _quiet(self, *_any) -> None: ...

    @contextlib.asynccontextmanager
    async def running(self):
        try:
            async with self.camera.running():
                self.config_path.write_text(
                    '[home]\ntimezone = "UTC"\n[camera.porch]\nmain = "demo://street?seed=1"\nallow_loopback = true\n'
                    f'[camera.porch.door]\nvendor = "{self.vendor}"\nhost = "127.0.0.1"\nport = {self.camera.port}\nuser = "watch"\n'
                    '[audit]\ntime_server = "time.home"\n'
                )
                self.config = parse(self.config_path.read_text())
                await self.house.start("phone")
                await self.doors.load()
                await self.doors.renew(self.config)
                yield
        finally:
            await self.doors.close()
            self.reader.dispose()
            self.house.close()

    def alerts(self) -> list[str]:
        with self.reader.begin() as connection:
            return list(connection.exec_driver_sql("SELECT title FROM alerts ORDER BY id").scalars())


@pytest.fixture(params=list(FAMILIES))
async def scene(request, tmp_path):
    made = Scene(tmp_path, request.param)
    async with made.running():
        yield made


@pytest.fixture
async def porch(tmp_path):
    made = Scene(tmp_path, Vendor.DAHUA)
    async with made.running():
        yield made


def found(report) -> set[str]:
    return {one.key for one in report.findings if one.state is FindingState.FOUND}


async def test_the_planted_weaknesses_are_listed_and_those_the_api_can_mend_are_gone(scene):
    report = await scene.audit.audit(PORCH)
    assert PLANTED[scene.vendor] - found(report) == set()
    assert report.score is not None
    automatic = {one.key for one in report.findings if one.is_automatic}
    assert BY_API[scene.vendor] - automatic == set()

    mended, after = await scene.audit.apply(PORCH, "the test")
    assert BY_API[scene.vendor] - {one.finding.key for one in mended if one.done} == set()
    assert BY_API[scene.vendor] & found(after) == set()
    assert after.score > report.score
    left = {key for key in PLANTED[scene.vendor] if key.startswith(("firmware", "account"))}
    assert left <= found(after)
    with scene.reader.begin() as connection:
        trail = recent(connection, camera=PORCH, before_us=None, limit=50)
    assert {entry.who for entry in trail} == {"the test"}

    again, last = await scene.audit.apply(PORCH, "the test")
    assert not [one for one in again if one.done and one.finding.key in BY_API[scene.vendor]]
    assert last.score == after.score


async def test_the_weaknesses_of_the_first_look_are_one_alert_and_a_new_account_is_another(porch):
    await porch.audit.audit(PORCH)
    [first] = porch.alerts()
    assert first.startswith("Porch: ")
    assert first.endswith(" serious weaknesses")
    await porch.audit.audit(PORCH)
    assert len(porch.alerts()) == 1
    await porch.camera.add_account("eve", "evePass123", admin=True)
    await porch.audit.audit(PORCH)
    assert porch.alerts()[1:] == ["Porch: account that is not ours"]


@pytest.mark.parametrize("fault", [Fault.UNREACHABLE, Fault.ERROR_200, Fault.HALF_BODY, Fault.LOCKED_OUT])
async def test_a_camera_that_cannot_be_asked_has_no_score_and_nothing_of_it_is_ok(porch, fault):
    await porch.camera.cause(fault)
    report = await porch.audit.audit(PORCH)
    assert report.score is None
    assert report.trouble
    assert "watch-Pass-1" not in report.trouble
    assert {one.check for one in report.findings if one.state is FindingState.OK} <= {"password", "password-shared"}
    assert porch.alerts() == []


async def run(folder, *argv: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "hearthwatch", *argv, "--data", str(folder)]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    out, _ = await process.communicate()
    return process.returncode, out.decode()


async def test_the_command_against_a_house_that_runs(porch, tmp_path_factory):
    """As an owner would: list, mend, list again; the exit code says that something serious is left."""
    folder = tmp_path_factory.mktemp("house")
    folder.chmod(0o700)
    (folder / "hearthwatch.toml").write_text(porch.config_path.read_text() + "[web]\nhttps_port = 0\n")
    Secrets(folder).set("camera.porch.door.password", "watch-Pass-1")
    command = [sys.executable, "-m", "hearthwatch", "run", "--port", "0", "--data", str(folder)]
    house = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    said = aiter(house.stdout)
    try:
        async for line in said:
            if line.startswith(b"Hearthwatch is at"):
                break
        draining = asyncio.create_task(house.stdout.read())
        code, out = await run(folder, "audit", "--json")
        assert code == 1
        [report] = json.loads(out)["reports"]
        before = {one["key"] for one in report["findings"] if one["state"] == "found"}
        assert PLANTED[Vendor.DAHUA] - before == set()
        code, out = await run(folder, "audit", "--camera", "porch", "--apply")
        assert code == 1
        assert "put right: Telnet is on" in out
        assert "left to you: " in out
        code, out = await run(folder, "audit", "--json")
        [report] = json.loads(out)["reports"]
        after = {one["key"] for one in report["findings"] if one["state"] == "found"}
        assert BY_API[Vendor.DAHUA] & after == set()
        code, out = await run(folder, "audit", "--fence", "nftables")
        assert (code, "nothing to fence" in out) == (1, True)  # its only camera is on this machine
    finally:
        if house.returncode is None:
            house.terminate()
        await house.wait()
    await draining
