"""Damage control against the emulated cameras, which others wrote from the same documents: no misreading shared by both."""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.devices import dahua, foscam_hd, foscam_mjpeg, reolink
from tests.devices.camera_state import Account
from tests.devices.camera_web import EmulatedCamera
from tests.vendors.test_firmware import image

from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import camera_id
from hearthwatch.vendors import capability as c
from hearthwatch.vendors.dahua import DahuaCamera
from hearthwatch.vendors.device import Access, Setting
from hearthwatch.vendors.foscam_hd import FoscamHdCamera
from hearthwatch.vendors.foscam_mjpeg import FoscamMjpegCamera
from hearthwatch.vendors.network import NetworkChange
from hearthwatch.vendors.reolink import ReolinkCamera

pytestmark = pytest.mark.wired
FAMILIES: dict[str, tuple[Callable[..., EmulatedCamera], Callable[..., Any], str]] = {
    "dahua": (dahua.camera, DahuaCamera, ".bin"),
    "reolink": (reolink.camera, ReolinkCamera, ".pak"),
    "foscam-mjpeg": (foscam_mjpeg.camera, FoscamMjpegCamera, ".bin"),
    "foscam-hd": (foscam_hd.camera, FoscamHdCamera, ".bin"),
}
NEW = "Fresh2morrow"
# Cannot be switched both ways: our own way in, and what needs more data than on or off to start.
ONE_WAY = {
    "dahua": {c.Service.HTTP, c.Service.DDNS, c.Service.FTP, c.Service.MULTICAST},
    "reolink": {c.Service.HTTP},
    "foscam-mjpeg": {c.Service.DDNS},
    "foscam-hd": set(),
}


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextlib.asynccontextmanager
async def pair(family: str) -> AsyncIterator[tuple[EmulatedCamera, Any]]:
    make, client_of, _ = FAMILIES[family]
    async with make().running() as camera:
        await camera.add_account("guest", "Guest1pass", admin=False)
        account = camera.state.account("watch")
        assert account is not None
        access = Access(
            camera=camera_id("yard"), host="127.0.0.1", port=camera.port, user="watch", password=Secret(account.password),
            allow_loopback=True,
        )  # fmt: skip
        client = client_of(access, clock=SystemClock(), rng=random.Random(1), timeout_s=30, settle_s=0.05)
        try:
            yield camera, client
        finally:
            await client.close()


def account(camera: EmulatedCamera, name: str) -> Account:
    found = camera.state.account(name)
    assert found is not None
    return found


def one_of_each_section(settings: Sequence[Setting]) -> list[Setting]:
    return list({one.key.split(".")[0]: one for one in settings if not one.is_secret}.values())


async def test_passwords_of_ours_and_of_others(family: str) -> None:
    async with pair(family) as (camera, client):
        await client.change_password("watch", Secret(NEW))
        assert account(camera, "watch").password == NEW
        await client.clock()
        await client.change_password("guest", Secret(NEW))
        assert account(camera, "guest").password == NEW


async def test_a_new_name_and_a_removed_account(family: str) -> None:
    async with pair(family) as (camera, client):
        await client.remove_account("guest")
        assert camera.state.account("guest") is None
        if isinstance(client, c.AccountRename):
            await client.rename_account("watch", "warden")
            assert camera.state.account("warden") is not None
            assert camera.state.account("watch") is None


async def test_every_switch_that_the_camera_has(family: str) -> None:
    async with pair(family) as (_, client):
        one_way = set()
        for service in client.services:
            try:
                was = await client.is_on(service)
                await client.switch(service, on=not was)
                assert await client.is_on(service) is not was
                await client.switch(service, on=was)
                assert await client.is_on(service) is was
            except Unsupported:
                one_way.add(service)
        assert one_way == ONE_WAY[family]


async def test_standing_by_and_back(family: str) -> None:
    async with pair(family) as (_, client):
        before = await client.switch_off()
        assert before
        assert await client.switch_off() == ()
        await client.set(before)
        assert {one.key for one in await client.switch_off()} == {one.key for one in before}


async def test_a_moved_port_is_followed(family: str, unused_tcp_port: int) -> None:
    async with pair(family) as (camera, client):
        after = await client.change_network(NetworkChange(http_port=unused_tcp_port))
        assert (after.port, camera.port) == (unused_tcp_port, unused_tcp_port)
        await client.clock()


async def test_a_moved_address_is_followed(family: str) -> None:
    async with pair(family) as (camera, client):
        change = NetworkChange(address="127.0.0.77", netmask="255.0.0.0", gateway="127.0.0.2", dns=("127.0.0.3",))
        after = await client.change_network(change)
        assert (after.host, camera.host) == ("127.0.0.77", "127.0.0.77")
        await client.clock()


async def test_an_address_is_refused_and_admitted_again(family: str) -> None:
    async with pair(family) as (_, client):
        if isinstance(client, c.Firewall):
            await client.block("203.0.113.9")
            await client.block("203.0.113.10")
            assert set(await client.blocked()) == {"203.0.113.9", "203.0.113.10"}
            await client.unblock("203.0.113.9")
            await client.unblock("203.0.113.10")
            assert await client.blocked() == ()


async def test_the_clock_is_set(family: str) -> None:
    async with pair(family) as (camera, client):
        camera.state.clock.set_utc(1_000_000_000)
        await client.set_clock()
        await client.use_ntp("time.lan")


async def test_firmware_arrives(family: str, tmp_path: Path) -> None:
    async with pair(family) as (camera, client):
        path = image(tmp_path, "fw" + FAMILIES[family][2])
        await client.upload_firmware(path)
        assert camera.state.firmware_uploads


async def test_settings_are_written_back_as_they_were_read(family: str) -> None:
    async with pair(family) as (_, client):
        kept = 0
        for one in one_of_each_section(await client.settings()):
            try:
                await client.set([one])
                kept += 1
            except Unsupported:
                continue
        assert kept


async def test_a_session_is_ended(family: str) -> None:
    async with pair(family) as (camera, client):
        if isinstance(client, c.SessionControl) and isinstance(client, c.Sessions):
            await camera.log_in("203.0.113.9", stay=True)
            theirs = next(one for one in await client.sessions() if one.address == "203.0.113.9")
            await client.end_session(theirs)
            assert all(one.address != "203.0.113.9" for one in await client.sessions())
