"""The baseline in each family's own settings."""

from __future__ import annotations

import re

import pytest
from tests.copies.scene import DAHUA, kept

from hearthwatch.copies.baseline import proposal
from hearthwatch.copies.copy import BaselineOptions, Want
from hearthwatch.vendors import dahua_config, foscam_hd_config, foscam_mjpeg_config, reolink_config
from hearthwatch.vendors.capability import Service
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


def test_https_stays_on_where_we_come_in_by_it() -> None:
    options = BaselineOptions(**(NOTHING | {"name": False, "https": Want.OFF}))
    for tls, keys in ((True, ()), (False, ("NetPort.httpsEnable",))):
        found, _ = proposal(kept({"NetPort.httpsEnable": "1"}), options, "Porch", Vendor.REOLINK, tls=tls)
        assert found.keys == keys


SERVICES = {
    "p2p": Service.P2P,
    "ddns": Service.DDNS,
    "upnp": Service.UPNP,
    "snmp": Service.SNMP,
    "bonjour": Service.BONJOUR,
    "multicast": Service.MULTICAST,
    "mail": Service.MAIL,
    "onvif_password": Service.ONVIF_LOGIN,
    "https": Service.HTTPS,
}
SAMPLES = (
    "DDNS[0].Enable",
    "Multicast.Enable",
    "Multicast.RTP[0].Enable",
    "params.ddns_service",
    "EmailV20[0].enable",
    "Email[0].schedule.enable",
)


@pytest.mark.parametrize("module", [dahua_config, foscam_hd_config, foscam_mjpeg_config, reolink_config])
def test_the_baseline_and_the_switches_of_the_client_mean_the_same_settings(module) -> None:
    vendor = {
        dahua_config: Vendor.DAHUA,
        foscam_hd_config: Vendor.FOSCAM_HD,
        foscam_mjpeg_config: Vendor.FOSCAM_MJPEG,
        reolink_config: Vendor.REOLINK,
    }[module]
    for wish, service in SERVICES.items():
        switch = module.SWITCHES.get(service)
        if switch is None:
            continue
        keys = [re.sub(r"\\(.)", r"\1", switch.keys), *SAMPLES]
        keys = [key for key in keys if re.fullmatch(switch.keys, key)]
        assert keys, f"a sample for {switch.keys}"
        for key in keys:
            before = {"true": "true", "false": "true", "0": "1", "1": "1"}[switch.off]
            assert written({key: before}, vendor, **(NOTHING | {"name": False, wish: Want.OFF})) == {key: switch.off}
            if switch.on is not None:
                assert written({key: switch.off}, vendor, **(NOTHING | {"name": False, wish: Want.ON})) == {key: switch.on}
