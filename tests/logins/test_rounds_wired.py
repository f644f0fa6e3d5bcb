"""The whole watch against each emulated camera: what it found is what the camera itself knows, and who is told of it."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from tests.devices import dahua, foscam_hd, foscam_mjpeg, onvif_camera, reolink
from tests.devices.camera_state import Fault, LogKind
from tests.devices.camera_web import EmulatedCamera
from tests.logins.bench import FRONT, Bench, bench

from hearthwatch.alerts.alert import Severity
from hearthwatch.audit.remedy import RemedyKind
from hearthwatch.kit.clock import FakeClock, SystemClock
from hearthwatch.kit.secrets import Secret
from hearthwatch.vendors.alarm_hub import AlarmHub
from hearthwatch.vendors.capability import Firewall
from hearthwatch.vendors.dahua import DahuaCamera
from hearthwatch.vendors.device import Access
from hearthwatch.vendors.foscam_hd import FoscamHdCamera
from hearthwatch.vendors.foscam_mjpeg import FoscamMjpegCamera
from hearthwatch.vendors.onvif import OnvifCamera
from hearthwatch.vendors.reolink import ReolinkCamera

pytestmark = pytest.mark.wired

FAMILIES = {
    "dahua": (dahua.camera, DahuaCamera),
    "foscam-hd": (foscam_hd.camera, FoscamHdCamera),
    "foscam-mjpeg": (foscam_mjpeg.camera, FoscamMjpegCamera),
    "reolink": (reolink.camera, ReolinkCamera),
}
LOGGING = ("dahua", "foscam-hd", "foscam-mjpeg")
BAD = "203.0.113.7"


@asynccontextmanager
async def watched(family: str, folder: Path, emulated: EmulatedCamera, clock: FakeClock) -> AsyncIterator[Bench]:
    account = emulated.state.account("watch")
    assert account is not None
    access = Access(
        camera=FRONT,
        host="127.0.0.1",
        port=emulated.port,
        user="watch",
        password=Secret(account.password),
        allow_loopback=True,
    )
    client = FAMILIES[family][1](access, clock=clock, rng=random.Random(1))
    try:
        async with bench(folder, client, access, clock) as found:
            yield found
    finally:
        await client.close()


def foreign(emulated: EmulatedCamera) -> Counter[tuple[str, str, str | None]]:
    """What the camera's own ledger says of others than us, as far as its family writes it down."""
    return Counter(
        (line.kind.value, line.user, line.address or None)
        for line in emulated.ledger
        if line.address not in {"127.0.0.1", ""} and line.kind in {LogKind.LOGIN, LogKind.LOGOUT, LogKind.DENIED}
    )


@pytest.mark.parametrize("family", LOGGING)
async def test_a_log_in_from_outside_is_told_at_the_next_look_and_only_once(family: str, tmp_path: Path) -> None:
    clock = FakeClock()
    async with FAMILIES[family][0](clock=clock).running() as emulated, watched(family, tmp_path, emulated, clock) as house:
        await house.round()
        await house.round(31)
        house.alerts.clear()
        await emulated.log_in(BAD, "admin")
        await house.round(31)
        [alert] = house.alerts
        assert alert.severity is Severity.URGENT
        assert "admin" in alert.title
        assert BAD in alert.text
        assert "evil.example.net" in alert.text
        offered = {(offer.kind, offer.subject) for offer in alert.offers}
        assert (RemedyKind.CHANGE_PASSWORD, "admin") in offered
        assert ((RemedyKind.BLOCK_ADDRESS, BAD) in offered) is isinstance(house.keeper.the_client, Firewall)
        await house.round(31)
        await house.round(31)
        assert len(house.alerts) == 1
        assert (await house.counted())["login", "admin", BAD] == 1


@pytest.mark.parametrize("family", LOGGING)
async def test_our_own_polling_never_alerts_and_is_counted(family: str, tmp_path: Path) -> None:
    clock = FakeClock()
    async with FAMILIES[family][0](clock=clock).running() as emulated, watched(family, tmp_path, emulated, clock) as house:
        for _ in range(30):
            await house.round(60)
        assert [alert for alert in house.alerts if "watched from now on" not in alert.title] == []
        assert not [row for row in await house.rows() if row.user == "watch"]
        assert sum((await house.own()).values()) > 0


@pytest.mark.parametrize("family", LOGGING)
async def test_our_account_from_elsewhere_and_another_account_from_here_alert(family: str, tmp_path: Path) -> None:
    clock = FakeClock()
    async with FAMILIES[family][0](clock=clock).running() as emulated, watched(family, tmp_path, emulated, clock) as house:
        await house.round()
        house.alerts.clear()
        await emulated.log_in("192.168.1.50", "watch")
        await emulated.log_in("127.0.0.1", "admin")
        await house.round(31)
        [alert] = house.alerts
        assert "own account" in alert.title
        assert {(row.user, row.address) for row in await house.rows() if row.wanted} == {
            ("watch", "192.168.1.50"),
            ("admin", "127.0.0.1"),
        }


@pytest.mark.parametrize("family", LOGGING)
async def test_a_thousand_log_ins_at_once_are_a_thousand_rows_and_one_alert(family: str, tmp_path: Path) -> None:
    clock = FakeClock()
    make = FAMILIES[family][0]
    async with make(clock=clock, log_size=1500).running() as emulated, watched(family, tmp_path, emulated, clock) as house:
        await house.round()
        house.alerts.clear()
        await emulated.log_in(BAD, "admin", times=1000)
        await house.round(31)
        await house.round(31)
        [alert] = house.alerts
        assert "1000" in alert.title
        assert (await house.counted())["login", "admin", BAD] == 1000


@pytest.mark.parametrize("family", LOGGING)
async def test_what_happened_while_the_house_was_down_is_found_and_nothing_of_before_twice(family: str, tmp_path: Path) -> None:
    clock = FakeClock()
    async with FAMILIES[family][0](clock=clock).running() as emulated:
        async with watched(family, tmp_path, emulated, clock) as house:
            await house.round()
            await emulated.log_in(BAD, "admin", times=3)
            await house.round(31)
        clock.advance(3600)
        await emulated.log_in(BAD, "admin", times=2)
        clock.advance(600)
        async with watched(family, tmp_path, emulated, clock) as house:
            await house.round()
            await house.round(31)
            assert (await house.counted())["login", "admin", BAD] == 5
            [alert] = house.alerts
            assert "(2 times)" in alert.title


@pytest.mark.parametrize("family", LOGGING)
async def test_a_clock_that_jumps_and_one_that_stands_in_1970(family: str, tmp_path: Path) -> None:
    clock = FakeClock()
    async with FAMILIES[family][0](clock=clock).running() as emulated, watched(family, tmp_path, emulated, clock) as house:
        await house.round()
        for fault in (Fault.CLOCK_JUMP, Fault.CLOCK_1970, None):
            await emulated.log_in(BAD, "admin", times=2)
            if fault is not None:
                await emulated.cause(fault)
            else:
                emulated.state.clock.sync()
            await emulated.log_in(BAD, "admin", times=2)
            await house.round(31)
            await house.round(31)
        found = await house.counted()
        assert found["login", "admin", BAD] == 12
        assert {key: count for key, count in found.items() if key[2] == BAD} == {
            key: count for key, count in foreign(emulated).items() if key[2] == BAD
        }
        times = [row.at_us for row in await house.rows() if row.address == BAD]
        assert max(times) - min(times) < 400_000_000, "our time of them is right whatever the camera's clock said"


@pytest.mark.parametrize("family", LOGGING)
async def test_a_ring_that_wrapped_between_two_looks_is_said(family: str, tmp_path: Path) -> None:
    clock = FakeClock()
    make = FAMILIES[family][0]
    async with make(clock=clock, log_size=50).running() as emulated, watched(family, tmp_path, emulated, clock) as house:
        await house.round()
        house.alerts.clear()
        await emulated.log_in(BAD, "admin", times=300)
        await house.round(31)
        found = await house.counted()
        assert 40 <= found["login", "admin", BAD] <= 50
        assert found["log-gap", "", None] == 1
        [alert] = house.alerts
        assert "overflowed" in alert.text


async def test_a_session_is_told_within_a_second_and_is_one_with_its_line(tmp_path: Path) -> None:
    for family in ("dahua", "foscam-hd"):
        clock = FakeClock()
        folder = tmp_path / family
        folder.mkdir()
        async with FAMILIES[family][0](clock=clock).running() as emulated, watched(family, folder, emulated, clock) as house:
            await house.round()
            await house.round(1)
            house.alerts.clear()
            await emulated.log_in(BAD, "admin", stay=True)
            await house.round(1)
            [alert] = house.alerts
            assert BAD in alert.text
            for _ in range(40):
                await house.round(1)
            assert (await house.counted())["login", "admin", BAD] == 1
            assert len(house.alerts) == 1


@pytest.mark.parametrize("family", LOGGING)
async def test_a_new_account_is_named_at_the_next_look_in_one_message(family: str, tmp_path: Path) -> None:
    clock = FakeClock()
    async with FAMILIES[family][0](clock=clock).running() as emulated, watched(family, tmp_path, emulated, clock) as house:
        await house.round()
        house.alerts.clear()
        await emulated.add_account("mallory", "Mallory-1", admin=True)
        await house.round(31)
        [alert] = house.alerts
        assert "a new account: mallory" in alert.title
        assert RemedyKind.REMOVE_ACCOUNT in {offer.kind for offer in alert.offers if offer.subject == "mallory"}
        await house.round(31)
        await house.round(31)
        assert len(house.alerts) == 1


async def test_a_reolink_tells_by_its_sessions_and_accounts(tmp_path: Path) -> None:
    clock = FakeClock()
    async with reolink.camera(clock=clock).running() as emulated, watched("reolink", tmp_path, emulated, clock) as house:
        await house.round()
        await house.round(1)
        house.alerts.clear()
        await emulated.log_in(BAD, "admin", stay=True)
        await house.round(1)
        [alert] = house.alerts
        assert BAD in alert.text
        assert RemedyKind.END_SESSION in {offer.kind for offer in alert.offers}
        await emulated.add_account("mallory", "x" * 8, admin=True)
        await house.round(31)
        assert "a new account: mallory" in house.alerts[-1].title
        await house.round(31)
        assert len(house.alerts) == 2


@pytest.mark.parametrize("family", [*FAMILIES, "onvif"])
async def test_whose_alarms_tell_of_log_ins(family: str, tmp_path: Path) -> None:
    clock = FakeClock()
    async with FAMILIES.get(family, FAMILIES["dahua"])[0](clock=clock).running() as emulated:
        access = Access(camera=FRONT, host="127.0.0.1", port=emulated.port, user="watch", allow_loopback=True)
        client = {**{name: kind for name, (_make, kind) in FAMILIES.items()}, "onvif": OnvifCamera}[family](
            access, clock=clock, rng=random.Random(1)
        )
        async with bench(tmp_path, client, access, clock) as house:
            assert house.watch.wants(FRONT, client) is (family in {"dahua", "onvif"})
        await client.close()


async def test_an_onvif_camera_tells_of_a_failed_log_in_by_its_vendors_topic(tmp_path: Path) -> None:
    clock = SystemClock()
    async with onvif_camera.camera().running() as emulated:
        account = emulated.state.account("watch")
        assert account is not None
        access = Access(
            camera=FRONT,
            host="127.0.0.1",
            port=emulated.port,
            user="watch",
            password=Secret(account.password),
            allow_loopback=True,
        )
        client = OnvifCamera(access, clock=clock, rng=random.Random(1))
        async with bench(tmp_path, client, access, clock) as house:
            hub = AlarmHub(house.keeper, clock=clock)
            hub.listen(house.watch)
            runs = (house.watch.run, hub.run, house.news.run)
            tasks = [asyncio.create_task(run()) for run in runs]
            async with asyncio.timeout(60):
                while not house.heard.is_set():  # again until somebody listens
                    await emulated.log_in(BAD, "admin", ok=False)
                    with suppress(TimeoutError):
                        await asyncio.wait_for(house.heard.wait(), 0.2)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            assert re.search(r"(a log-in|\d+ log-ins) failed", house.alerts[0].title)
        await client.close()
