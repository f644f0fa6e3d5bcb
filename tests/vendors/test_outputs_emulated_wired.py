"""Relay, siren and light against the emulated cameras: what was asked on the wire, what is read back, and what is lacking."""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.devices import dahua, foscam_mjpeg, onvif_camera, reolink
from tests.devices.camera_web import EmulatedCamera

from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import BadReply, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import camera_id
from hearthwatch.vendors.capability import Output, Outputs
from hearthwatch.vendors.dahua import DahuaCamera
from hearthwatch.vendors.device import Access
from hearthwatch.vendors.foscam_mjpeg import FoscamMjpegCamera
from hearthwatch.vendors.onvif import OnvifCamera
from hearthwatch.vendors.reolink import ReolinkCamera

pytestmark = pytest.mark.wired


@contextlib.asynccontextmanager
async def at(device: EmulatedCamera, kind: Any) -> AsyncIterator[Any]:
    async with device.running():
        account = next(one for one in device.state.accounts if one.name == "watch")
        access = Access(
            camera=camera_id("yard"),
            host="127.0.0.1",
            port=device.port,
            user="watch",
            password=Secret(account.password),
            allow_loopback=True,
        )
        client = kind(access, clock=SystemClock(), rng=random.Random(1))
        try:
            yield client
        finally:
            await client.close()


async def test_dahua_light_and_siren() -> None:
    device = dahua.camera()
    async with at(device, DahuaCamera) as client:
        assert isinstance(client, Outputs)
        assert await client.drive(Output.LIGHT, on=True) is None
        assert device.outputs.on == {"Speaker": False, "WhiteLight": True}
        assert await client.drive(Output.SIREN, on=True) == 10.0
        await client.drive(Output.LIGHT, on=False)
        await client.drive(Output.SIREN, on=False)
        assert device.outputs.on == {"Speaker": False, "WhiteLight": False}
        assert device.outputs.done == ["WhiteLight on", "Speaker on", "WhiteLight off", "Speaker off"]
        with pytest.raises(Unsupported):
            await client.drive(Output.LIGHT, on=True, number=3)


async def test_dahua_relay_goes_back_to_automatic_and_one_forced_off_stays_so() -> None:
    device = dahua.camera()
    relay = device.tree["AlarmOut"][0]
    async with at(device, DahuaCamera) as client:
        await client.drive(Output.RELAY, on=True)
        assert int(relay["Mode"]) == 1
        await client.drive(Output.RELAY, on=False)
        assert int(relay["Mode"]) == 0
        relay["Mode"] = 2
        await client.drive(Output.RELAY, on=False)
        assert int(relay["Mode"]) == 2
        with pytest.raises(Unsupported, match="no alarm output 2"):
            await client.drive(Output.RELAY, on=True, number=1)


async def test_dahua_that_lies_and_one_that_has_neither() -> None:
    device = dahua.camera()
    device.outputs.deaf = True
    async with at(device, DahuaCamera) as client:
        with pytest.raises(BadReply, match="did not switch"):
            await client.drive(Output.LIGHT, on=True)
        device.outputs.on.clear()
        with pytest.raises(Unsupported):
            await client.drive(Output.SIREN, on=True)


async def test_reolink_siren_and_spotlight() -> None:
    device = reolink.camera()
    async with at(device, ReolinkCamera) as client:
        assert isinstance(client, Outputs)
        await client.drive(Output.SIREN, on=True)
        assert device.outputs.siren
        await client.drive(Output.SIREN, on=False)
        await client.drive(Output.LIGHT, on=True)
        assert device.outputs.led == {"bright": 85, "channel": 0, "mode": 1, "state": 1}
        await client.drive(Output.LIGHT, on=False)
        assert device.outputs.done == ["siren on", "siren off", "light on", "light off"]
        device.outputs.deaf = True
        with pytest.raises(BadReply, match="did not switch"):
            await client.drive(Output.LIGHT, on=True)
        device.outputs.led = None
        for lacking in (Output.LIGHT, Output.RELAY):
            with pytest.raises(Unsupported):
                await client.drive(lacking, on=True)


async def test_onvif_relay() -> None:
    device = onvif_camera.camera()
    async with at(device, OnvifCamera) as client:
        assert isinstance(client, Outputs)
        await client.drive(Output.RELAY, on=True)
        assert device.relays == {"RelayOutput_1": True}
        await client.drive(Output.RELAY, on=False)
        assert device.relays == {"RelayOutput_1": False}
        with pytest.raises(Unsupported, match="no relay 2"):
            await client.drive(Output.RELAY, on=True, number=1)
        with pytest.raises(Unsupported):
            await client.drive(Output.SIREN, on=True)


async def test_a_family_without_any_is_no_such_camera() -> None:
    async with at(foscam_mjpeg.camera(), FoscamMjpegCamera) as client:
        assert not isinstance(client, Outputs)
