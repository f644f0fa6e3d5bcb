"""The baseline in each family's own settings."""

from __future__ import annotations

import pytest
from tests.copies.scene import DAHUA, kept

from hearthwatch.copies.baseline import proposal
from hearthwatch.copies.copy import BaselineOptions, Want
from hearthwatch.vendors.device import Vendor

NOTHING = dict.fromkeys(
    ("overlay", "ntp", "p2p", "ddns", "upnp", "snmp", "bonjour", "multicast", "mail", "onvif_password", "https", "sub_stream"),
    Want.LEAVE,
)


def written(pairs, vendor=Vendor.DAHUA, called="Porch", **options):
    found, wanted = proposal(kept(pairs), BaselineOptions(**options), called, vendor)
    values = {one.key: one.value for one in wanted}
    return {key: values[key] for key in found.keys}


def test_leave_leaves_everything() -> None:
    assert written(DAHUA, **(NOTHING | {"name": False})) == {}


@pytest.mark.parametrize(
    ("vendor", "wish", "want", "before", "after"),
    [
        (Vendor.DAHUA, "p2p", Want.OFF, {"T2UServer.Enable": "true"}, {"T2UServer.Enable": "false"}),
        (Vendor.DAHUA, "ddns", Want.OFF, {"DDNS[0].Enable": "true", "DDNS[1].Enable": "false"}, {"DDNS[0].Enable": "false"}),
        (Vendor.DAHUA, "multicast", Want.OFF, {"Multicast.RTP[0].Enable": "true"}, {"Multicast.RTP[0].Enable": "false"}),
        (Vendor.DAHUA, "https", Want.ON, {"Https.Enable": "false"}, {"Https.Enable": "true"}),
        (
            Vendor.DAHUA,
            "overlay",
            Want.ON,
            {"VideoWidget[0].TimeTitle.EncodeBlend": "false"},
            {"VideoWidget[0].TimeTitle.EncodeBlend": "true"},
        ),
        (Vendor.FOSCAM_MJPEG, "ddns", Want.OFF, {"params.ddns_service": "9"}, {"params.ddns_service": "0"}),
        (Vendor.FOSCAM_MJPEG, "ddns", Want.ON, {"params.ddns_service": "0"}, {}),
        (Vendor.FOSCAM_HD, "ntp", Want.ON, {"SystemTime.timeSource": "1"}, {"SystemTime.timeSource": "0"}),
        (Vendor.REOLINK, "upnp", Want.OFF, {"Upnp.enable": "1"}, {"Upnp.enable": "0"}),
        (Vendor.REOLINK, "mail", Want.OFF, {"EmailV20[0].enable": "1"}, {"EmailV20[0].enable": "0"}),
        (Vendor.ONVIF, "bonjour", Want.OFF, {"DiscoveryMode": "Discoverable"}, {"DiscoveryMode": "NonDiscoverable"}),
    ],
)
def test_one_wish(vendor, wish, want, before, after) -> None:
    assert written(before, vendor, **(NOTHING | {"name": False, wish: want})) == after


def test_the_name_fits_and_the_time_server_is_written_with_ntp_only() -> None:
    pairs = {"General.MachineName": "x", "ChannelTitle[0].Name": "x", "ChannelTitle[1].Name": "x", "NTP.Address": "x"}
    long = "Hinterhof & Garten <script> äöü äöü äöü äöü"
    found = written(pairs, called=long, **(NOTHING | {"ntp": Want.ON, "ntp_server": "time.home"}))
    assert found["NTP.Address"] == "time.home"
    assert found["General.MachineName"] == found["ChannelTitle[0].Name"] == "Hinterhof Garten script äöü"
    assert "ChannelTitle[1].Name" not in found
    assert "NTP.Address" not in written(pairs, **(NOTHING | {"ntp_server": "time.home"}))


def test_what_this_camera_cannot_be_told_is_never_silently_done() -> None:
    found, _ = proposal(kept({"Upnp.enable": "0"}), BaselineOptions(), "Porch", Vendor.REOLINK)
    assert found.keys == ()
    assert len(found.skipped) == 11
    assert all("no setting for it" in one.why for one in found.skipped)
    strange, _ = proposal(kept({"Strange.Key": "1"}), BaselineOptions(), "Porch", Vendor.ONVIF)
    assert len(strange.skipped) == 12
