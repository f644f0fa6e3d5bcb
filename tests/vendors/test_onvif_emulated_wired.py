"""The ONVIF client against the emulated camera, which was built from the same recordings by other hands."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.devices import onvif_camera
from tests.devices.camera_state import Fault

from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import HearthwatchError, Refused, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import US_PER_S, WallUs, camera_id
from hearthwatch.vendors.capability import PtzMove, Service
from hearthwatch.vendors.device import Access, AlarmKind, AlarmPhase, Setting
from hearthwatch.vendors.onvif import OnvifCamera

pytestmark = pytest.mark.wired

WAYS: tuple[dict[str, Any], ...] = (
    {},
    {"is_open_clock": False, "has_log": True},
    {"takes_tokens": False, "asks_digest": True, "is_open_clock": False},
    {"takes_digest": False},
)
MOTION = "tns1:VideoSource/MotionAlarm"


@contextlib.asynccontextmanager
async def both(user: str = "watch", **more: Any) -> AsyncIterator[tuple[OnvifCamera, onvif_camera.OnvifCamera]]:
    async with onvif_camera.camera(**more).running() as camera:
        password = next(one.password for one in camera.state.accounts if one.name == user)
        access = Access(
            camera=camera_id("gate"),
            host="127.0.0.1",
            port=camera.port,
            user=user,
            password=Secret(password),
            allow_loopback=True,
        )
        client = OnvifCamera(access, clock=SystemClock(), rng=random.Random(), timeout_s=30, pause_s=0.01)
        try:
            yield client, camera
        finally:
            await client.close()


@pytest.mark.parametrize("way", range(len(WAYS)))
async def test_reading_by_every_way_to_log_in(way: int) -> None:
    async with both(**WAYS[way]) as (client, camera):
        assert (await client.identity()).mac == camera.mac
        reading = await client.clock()
        assert abs(reading.ahead_us) <= reading.error_us + US_PER_S
        assert {one.name for one in await client.accounts()} == {"admin", "service", "watch"}
        settings = {one.key: one.value for one in await client.settings()}
        assert settings["Hostname.Name"] == "IPC-BO"
        assert settings["NetworkProtocols.HTTPS.Enabled"] == "false"
        assert [one.name for one in await client.streams()] == ["main", "sub"]
        assert (await client.snapshot()).startswith(b"\xff\xd8\xff")
        assert len(await client.accounts()) == 3  # the picture's Digest is not taken for the services'
        await client.move(PtzMove.UP, 1.0)
        await client.stop()
        assert camera.state.moves


@pytest.mark.parametrize("way", range(len(WAYS)))
async def test_putting_right_by_every_way_to_log_in(way: int) -> None:
    async with both("admin", **WAYS[way]) as (client, camera):
        await client.snapshot()
        await client.change_password("admin", Secret("a new one 1"))
        await client.change_password("watch", Secret("another 2"))
        assert {one.name: one.password for one in camera.state.accounts if one.name != "service"} == {
            "admin": "a new one 1",
            "watch": "another 2",
        }
        await client.remove_account("service")
        await client.switch(Service.HTTPS, on=True)
        assert await client.is_on(Service.HTTPS)
        await client.set([Setting(key="Hostname.Name", value="gate-1", is_secret=False)])
        assert camera.hostname == "gate-1"
        await client.use_ntp("192.168.1.1")
        assert (camera.ntp_server, camera.by_ntp) == ("192.168.1.1", True)
        await client.set_clock()
        assert not camera.by_ntp
        assert (await client.snapshot()).startswith(b"\xff\xd8\xff")


async def test_a_camera_whose_clock_jumps_or_stands_at_1970_lets_us_in() -> None:
    async with both() as (client, camera):
        await client.accounts()
        for fault in (Fault.CLOCK_JUMP, Fault.CLOCK_1970):
            await camera.cause(fault)
            assert len(await client.accounts()) == 3


async def test_alarms_of_a_stranger_and_of_motion_and_no_place_lost() -> None:
    async with both() as (client, camera):
        for _ in range(4):  # it has two places
            async with contextlib.aclosing(client.alarms()) as feed:
                first = await anext(feed)
                assert first.phase is AlarmPhase.STATE
                await camera.alarm("motion", on=True)
                await camera.somebody_tried("203.0.113.9", "root", ok=False, via="")
                await camera.alarm("motion", on=False)
                found = await changes(feed)
                assert found == [
                    (AlarmKind.MOTION, AlarmPhase.START),
                    (AlarmKind.LOGIN_FAILED, AlarmPhase.PULSE),
                    (AlarmKind.MOTION, AlarmPhase.STOP),
                ]
                assert await client.active(MOTION) == ()
            assert camera.points.points == {}


async def changes(feed: Any) -> list[tuple[AlarmKind, AlarmPhase]]:
    """Return what changes up to the end of motion."""
    found: list[tuple[AlarmKind, AlarmPhase]] = []
    async for one in feed:
        if one.phase is not AlarmPhase.STATE:
            found.append((one.kind, one.phase))
        if one.phase is AlarmPhase.STOP:
            break
    return found


async def test_what_is_on_while_we_look_away_is_known_at_the_next_start() -> None:
    async with both() as (client, camera):
        await camera.alarm("motion", on=True)
        assert await client.active(MOTION) == (0,)
        async with contextlib.aclosing(client.alarms()) as feed:
            await anext(feed)
            assert await client.active(MOTION) == (0,)
        assert camera.points.points == {}


async def test_a_subscription_that_the_camera_forgot_ends_the_alarms() -> None:
    async with both() as (client, camera):
        async with contextlib.aclosing(client.alarms()) as feed:
            await anext(feed)
            await camera.cause(Fault.TOKEN_EXPIRED)
            with pytest.raises(HearthwatchError):
                await changes(feed)
        async with contextlib.aclosing(client.alarms()) as feed:
            await anext(feed)


async def test_a_wrong_password_does_not_lock_the_account() -> None:
    async with both() as (_, camera):
        access = Access(
            camera=camera_id("gate"),
            host="127.0.0.1",
            port=camera.port,
            user="watch",
            password=Secret("wrong"),
            allow_loopback=True,
        )
        client = OnvifCamera(access, clock=SystemClock(), rng=random.Random())
        for ask in (client.identity, client.settings):
            with pytest.raises(Refused):
                await ask()
        await client.close()
        assert camera.state.wrong["watch"] == 2
        assert not camera.state.is_locked("watch")


@pytest.mark.parametrize("fault", [Fault.ERROR_200, Fault.HALF_BODY, Fault.WRONG_LENGTH, Fault.CLOSES_AT_RANDOM])
async def test_a_broken_camera_brings_only_our_own_errors(fault: Fault) -> None:
    async with both() as (client, camera):
        await client.accounts()
        await camera.cause(fault)
        for _ in range(3):
            with contextlib.suppress(HearthwatchError):
                await client.settings()
        with contextlib.suppress(HearthwatchError):
            await client.logins(WallUs(0))


async def test_it_is_put_to_rest_and_woken() -> None:
    async with both("admin") as (client, _):
        before = await client.switch_off()
        assert [one.key for one in before] == ["NetworkProtocols.RTSP.Enabled"]
        assert not await client.is_on(Service.RTSP)
        await client.set(before)
        assert await client.is_on(Service.RTSP)
        assert await client.is_on(Service.HTTP)


async def test_firmware_arrives_as_it_is(tmp_path: Path) -> None:
    image = tmp_path / "new.pak"
    image.write_bytes(random.Random(1).randbytes(100_000))
    async with both("admin") as (client, camera):
        await client.upload_firmware(image)
        assert camera.state.firmware_uploads == [image.read_bytes()]
        with pytest.raises(Unsupported, match="no firmware"):
            await client.upload_firmware(tmp_path / "new.txt")


async def test_a_restart() -> None:
    async with both("admin") as (client, camera):
        await client.reboot()
        async with asyncio.timeout(60):
            while camera.state.restarts == 0:
                with contextlib.suppress(Unreachable):
                    await client.clock()
                await asyncio.sleep(0.02)
