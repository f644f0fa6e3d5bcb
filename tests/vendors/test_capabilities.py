"""What each family can do: the pages and buttons offer just this."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import camera_id
from hearthwatch.vendors import capability as c
from hearthwatch.vendors.dahua import DahuaCamera
from hearthwatch.vendors.device import Access
from hearthwatch.vendors.foscam_hd import FoscamHdCamera
from hearthwatch.vendors.foscam_mjpeg import FoscamMjpegCamera
from hearthwatch.vendors.reolink import ReolinkCamera

ALL: set[Any] = {
    c.DeviceInfo, c.LoginLog, c.SystemLog, c.Sessions, c.Accounts, c.ConfigExport, c.ConfigImport, c.AlarmFeed, c.Snapshot,
    c.Streams, c.Ptz, c.Fix, c.SessionControl, c.AccountRemoval, c.AccountRename, c.Firewall, c.NetworkControl,
    c.ClockControl, c.FirmwareUpload, c.StandBy,
}  # fmt: skip
LACKING: dict[Callable[..., object], set[Any]] = {
    DahuaCamera: {c.SessionControl},
    ReolinkCamera: {c.LoginLog, c.SystemLog, c.AccountRename, c.Firewall},
    FoscamMjpegCamera: {c.Sessions, c.SessionControl, c.Firewall},
    FoscamHdCamera: {c.SessionControl},
}


@pytest.mark.parametrize("family", LACKING)
def test_a_family_has_just_the_capabilities_that_its_api_has(family: Callable[..., object]) -> None:
    client = family(Access(camera=camera_id("c"), host="h", port=80), clock=FakeClock(), rng=random.Random(1))
    assert {one for one in ALL if not isinstance(client, one)} == LACKING[family]
