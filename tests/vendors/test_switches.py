"""Switches: on, off, lacking, and all of them at once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hearthwatch.kit.errors import BadReply, Unsupported
from hearthwatch.kit.units import camera_id
from hearthwatch.vendors.capability import Service
from hearthwatch.vendors.device import Access, Setting
from hearthwatch.vendors.switches import Switch, Switches

TABLE = {
    Service.P2P: Switch.true_false("Cloud", "Cloud.Enable"),
    Service.DDNS: Switch(sections=("Names",), keys=r"Names\[\d\]\.Enable", on=None, off="false"),
    Service.MAIL: Switch(sections=("Newer", "Older"), keys=r"Newer\.enable|Older\.plan\.enable", on="1", off="0"),
    Service.HTTP: Switch.one_zero("Ports", "Ports.http"),
    Service.HTTPS: Switch.one_zero("Ports", "Ports.https"),
}


class Camera:
    def __init__(self, *, tls: bool = False) -> None:
        self.values = {
            "Cloud.Enable": "true", "Names[0].Enable": "false", "Names[1].Enable": "true", "Names[1].Host": "x",
            "Older.plan.enable": "1", "Ports.http": "1", "Ports.https": "1",
        }  # fmt: skip
        self.stubborn = ""
        access = Access(camera=camera_id("yard"), host="h", port=80, tls=tls)
        self.switches = Switches(TABLE, access=lambda: access, read=self.read, write=self.write)

    async def read(self, section: str) -> Sequence[Setting]:
        found = [(key, value) for key, value in self.values.items() if key.startswith(section)]
        if not found:
            raise Unsupported("no such section")
        return [Setting(key=key, value=value, is_secret=False) for key, value in found]

    async def write(self, settings: Sequence[Setting]) -> None:
        if any(one.key == self.stubborn for one in settings):
            raise BadReply("kept something else")
        self.values |= {one.key: one.value for one in settings}


async def test_every_setting_of_a_service_counts_and_is_switched() -> None:
    camera = Camera()
    assert await camera.switches.is_on(Service.DDNS)
    await camera.switches.switch(Service.DDNS, on=False)
    assert not await camera.switches.is_on(Service.DDNS)
    assert camera.values["Names[1].Host"] == "x"
    with pytest.raises(Unsupported, match="more data"):
        await camera.switches.switch(Service.DDNS, on=True)


async def test_the_first_section_that_the_camera_has_counts() -> None:
    camera = Camera()
    await camera.switches.switch(Service.MAIL, on=False)
    assert camera.values["Older.plan.enable"] == "0"


async def test_a_model_without_it_and_a_make_without_it_say_so() -> None:
    camera = Camera()
    del camera.values["Cloud.Enable"]
    with pytest.raises(Unsupported, match="this model"):
        await camera.switches.is_on(Service.P2P)
    with pytest.raises(Unsupported, match="this make"):
        await camera.switches.switch(Service.TELNET, on=False)


@pytest.mark.parametrize(("tls", "ours", "other"), [(False, Service.HTTP, Service.HTTPS), (True, Service.HTTPS, Service.HTTP)])
async def test_our_own_way_in_stays(tls: bool, ours: Service, other: Service) -> None:
    camera = Camera(tls=tls)
    with pytest.raises(Unsupported, match="locked out"):
        await camera.switches.switch(ours, on=False)
    await camera.switches.switch(other, on=False)
    assert await camera.switches.is_on(ours)


async def test_all_at_once_tells_how_it_was() -> None:
    camera = Camera()
    before = await camera.switches.switch_off((TABLE[Service.P2P], TABLE[Service.DDNS], TABLE[Service.MAIL]))
    assert {one.key: one.value for one in before} == {
        "Cloud.Enable": "true",
        "Names[1].Enable": "true",
        "Older.plan.enable": "1",
    }
    assert not await camera.switches.is_on(Service.P2P)
    assert await camera.switches.switch_off(tuple(TABLE[one] for one in (Service.P2P, Service.DDNS))) == ()
    await camera.write(before)
    assert await camera.switches.is_on(Service.P2P)


async def test_one_that_fails_is_named_and_keeps_no_other_on() -> None:
    camera = Camera()
    camera.stubborn = "Cloud.Enable"
    with pytest.raises(BadReply, match=r"does not switch off Cloud\.Enable; 1 others were stopped"):
        await camera.switches.switch_off((TABLE[Service.P2P], TABLE[Service.MAIL]))
    assert camera.values["Older.plan.enable"] == "0"
