"""Every client against every fault of the emulated camera of its family: our own errors only, and well again when it is healed."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from typing import Any

import pytest
from tests.devices import dahua as dahua_device
from tests.devices import foscam_hd as foscam_hd_device
from tests.devices import foscam_mjpeg as foscam_mjpeg_device
from tests.devices import onvif_camera as onvif_device
from tests.devices import reolink as reolink_device
from tests.devices.camera_state import Fault
from tests.devices.camera_web import EmulatedCamera

from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import HearthwatchError, Unreachable
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import WallUs, camera_id
from hearthwatch.vendors.capability import Accounts, ConfigExport, DeviceInfo, LoginLog, Sessions, Snapshot
from hearthwatch.vendors.dahua import DahuaCamera
from hearthwatch.vendors.device import Access
from hearthwatch.vendors.foscam_hd import FoscamHdCamera
from hearthwatch.vendors.foscam_mjpeg import FoscamMjpegCamera
from hearthwatch.vendors.onvif import OnvifCamera
from hearthwatch.vendors.reolink import ReolinkCamera

pytestmark = [pytest.mark.wired, pytest.mark.waits]
FAMILIES: dict[str, tuple[Callable[..., EmulatedCamera], Callable[..., DeviceInfo]]] = {
    "dahua": (dahua_device.camera, DahuaCamera),
    "foscam-mjpeg": (foscam_mjpeg_device.camera, FoscamMjpegCamera),
    "foscam-hd": (foscam_hd_device.camera, FoscamHdCamera),
    "reolink": (reolink_device.camera, ReolinkCamera),
    "onvif": (onvif_device.camera, OnvifCamera),
}
LASTING = (
    Fault.SLOW, Fault.STALLED, Fault.ERROR_200, Fault.HALF_BODY, Fault.WRONG_LENGTH, Fault.SESSION_LIMIT,
    Fault.CLOSES_AT_RANDOM, Fault.UNREACHABLE,
)  # fmt: skip
ONCE = (Fault.TOKEN_EXPIRED, Fault.NONCE_STALE, Fault.CLOCK_1970, Fault.CLOCK_JUMP, Fault.LOG_CLEARED)


async def everything(client: DeviceInfo) -> int:
    """Ask all there is to ask; return how much of it was answered."""
    asked: list[Callable[[], Any]] = [client.identity, client.clock]
    asked += [client.accounts] if isinstance(client, Accounts) else []
    asked += [client.sessions] if isinstance(client, Sessions) else []
    asked += [client.settings] if isinstance(client, ConfigExport) else []
    asked += [client.snapshot] if isinstance(client, Snapshot) else []
    asked += [lambda: client.logins(WallUs(0))] if isinstance(client, LoginLog) else []
    answered = 0
    for ask in asked:
        with contextlib.suppress(HearthwatchError):
            await ask()
            answered += 1
    return answered


@pytest.mark.parametrize("family", FAMILIES)
async def test_faults_are_told_as_our_own_errors_and_pass(family: str) -> None:
    make, client_of = FAMILIES[family]
    camera = make()
    camera.state.slow_s = 0.01
    async with camera.running():
        account = camera.state.account("watch")
        assert account is not None
        access = Access(
            camera=camera_id("front"),
            host="127.0.0.1",
            port=camera.port,
            user="watch",
            password=Secret(account.password),
            allow_loopback=True,
        )
        client = client_of(access, clock=SystemClock(), rng=random.Random(1))
        try:
            well = await everything(client)
            assert well >= 5
            for fault in LASTING:
                await camera.cause(fault)
                if fault is Fault.STALLED:  # each question would wait its time
                    with pytest.raises(Unreachable):
                        await client.clock()
                    ill = 0
                else:
                    ill = await everything(client)
                assert ill < well or fault in {Fault.SLOW, Fault.SESSION_LIMIT, Fault.CLOSES_AT_RANDOM}, fault
                await camera.heal(fault)
                assert await everything(client) == well, fault
            for fault in ONCE:
                await camera.cause(fault)
                await everything(client)
                assert await everything(client) == well, fault
        finally:
            await client.close()
