"""Who may be the camera, and who is another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.vendors.device import DeviceIdentity, Vendor
from hearthwatch.vendors.fingerprint import Fingerprint
from hearthwatch.vendors.known import Change, KnownCamera, Match, changes, match_identity, match_shown

CABLE, WIFI, STRANGE = "9c:8e:cd:00:11:22", "9c:8e:cd:00:11:23", "00:11:22:33:44:55"
KNOWN = KnownCamera(
    camera=CameraId("porch"), vendor=Vendor.DAHUA, maker="Amcrest", model="IP2M-841B", mac=CABLE, serial="AMC1",
    firmware="2.520", link_mac=WIFI, mark="Login to AMC1", host="192.168.1.20", port=80, tls=False, ip="192.168.1.20",
    first_us=WallUs(1), last_us=WallUs(2),
)  # fmt: skip
SILENT = replace(KNOWN, mac="", serial="", link_mac="", mark="")
AMC1 = Fingerprint(vendor=Vendor.DAHUA, mark="Login to AMC1")
BAD = Fingerprint(vendor=Vendor.DAHUA, mark="Login to BAD")
SHY = Fingerprint(vendor=Vendor.DAHUA)


def identity(**more: str) -> DeviceIdentity:
    return DeviceIdentity(**({"vendor": "Amcrest", "model": "IP2M-841B"} | more))


@pytest.mark.parametrize(
    ("link_mac", "seen", "expected"),
    [
        (WIFI, None, Match.SAME),
        (CABLE, None, Match.SAME),
        (STRANGE, None, Match.OTHER),
        ("", None, Match.UNCLEAR),
        (STRANGE, AMC1, Match.SAME),
        (STRANGE, BAD, Match.OTHER),
        (STRANGE, SHY, Match.OTHER),
        ("", AMC1, Match.SAME),
        ("", BAD, Match.OTHER),
        ("", SHY, Match.UNCLEAR),
        (WIFI, BAD, Match.SAME),
        (WIFI, Fingerprint(vendor=Vendor.REOLINK), Match.OTHER),
    ],
)
def test_what_can_be_seen_without_credentials(link_mac: str, seen: Fingerprint | None, expected: Match) -> None:
    assert match_shown(KNOWN, link_mac, seen) is expected


@pytest.mark.parametrize("link_mac", ["", STRANGE])
def test_of_a_camera_without_mac_or_mark_nothing_can_be_told(link_mac: str) -> None:
    assert match_shown(SILENT, link_mac, AMC1) is Match.UNCLEAR
    assert match_identity(SILENT, identity(mac=CABLE, serial="AMC1")) is Match.UNCLEAR


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"mac": CABLE, "serial": "AMC1"}, Match.SAME),
        ({"mac": WIFI}, Match.SAME),
        ({"mac": STRANGE, "serial": "AMC1"}, Match.SAME),
        ({"mac": CABLE, "serial": "NEW"}, Match.SAME),
        ({"mac": STRANGE, "serial": "NEW"}, Match.OTHER),
        ({"serial": "NEW"}, Match.OTHER),
        ({}, Match.UNCLEAR),
        ({"serial": "192168120"}, Match.UNCLEAR),
    ],
)
def test_one_thing_in_common_is_enough(said: dict[str, str], expected: Match) -> None:
    assert match_identity(KNOWN, identity(**said)) is expected


def test_changes_are_told_and_silence_is_none() -> None:
    assert changes(KNOWN, identity(firmware="2.800", serial="AMC1")) == (
        Change(what="firmware", before="2.520", after="2.800"),
    )
    assert changes(KNOWN, identity()) == ()
    assert changes(SILENT, identity(serial="AMC1", firmware="2.520")) == ()
    assert [one.what for one in changes(KNOWN, identity(serial="B", model="C"))] == ["serial number", "model"]
