"""Plans: what a restore writes, what it leaves alone and says so, and that nothing is left to do after it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.copies.scene import DAHUA, kept

from hearthwatch.copies import restore
from hearthwatch.copies.families import is_network, is_volatile, why_read_only
from hearthwatch.copies.sealing import is_masked
from hearthwatch.vendors.device import Setting, Vendor

KEYS = {
    Vendor.DAHUA: [
        "T2UServer.Enable",
        "Email.Password",
        "NTP.Address",
        "Network.eth0.IPAddress",
        "General.SerialNo",
        "X.UpTime",
    ],
    Vendor.FOSCAM_MJPEG: ["params.alias", "params.user1_pwd", "params.ip", "params.ftp_svr", "params.ftp_pwd", "misc.led_mode"],
    Vendor.REOLINK: [
        "P2p.enable",
        "P2p.uid",
        "LocalLink.static.ip",
        "Osd[0].osdTime.enable",
        "Time.Time.sec",
        "Ftp[0].password",
    ],
}
COPIES = st.sampled_from(sorted(KEYS)).flatmap(
    lambda vendor: st.tuples(
        st.just(vendor),
        *[st.dictionaries(st.sampled_from(KEYS[vendor]), st.sampled_from(["true", "0", "one", "two", ""])) for _ in range(2)],
        st.booleans(),
    )
)


@settings(max_examples=120)
@given(COPIES)
def test_what_is_written_leaves_only_what_was_named(drawn) -> None:
    vendor, now, copy, own = drawn
    proposal = restore.proposal(kept(now), kept(copy), vendor, own=own)
    assert [change.key for change in sorted(proposal.diff.changes, key=lambda one: one.key)] == sorted(proposal.keys)
    assert not {one.what for one in proposal.skipped} & set(proposal.keys)
    for key in proposal.keys:
        assert not is_volatile(vendor, key)
        assert not why_read_only(vendor, key)
        assert own or not is_network(vendor, key)
    after = now | {key: copy[key] for key in proposal.keys}
    again = restore.proposal(kept(after), kept(copy), vendor, own=own)
    assert again.keys == ()
    assert {one.what for one in again.skipped} == {one.what for one in proposal.skipped}
    assert restore.remaining(proposal, kept(copy), kept(after), vendor).is_empty
    written = restore.writes(proposal, kept(copy), copy)
    assert {one.key: one.value for one in written} == {key: copy[key] for key in proposal.keys}
    assert sum(len(some) for _, some in restore.batches(written, vendor)) == len(written)


def proposal(now, copy, vendor=Vendor.DAHUA, **more):
    return restore.proposal(kept(now), kept(copy), vendor, **more)


def why(found, key):
    return next(one.why for one in found.skipped if one.what == key)


def test_the_way_to_the_camera_stays_unless_asked() -> None:
    moved = DAHUA | {"Network.eth0.IPAddress": "192.168.1.9", "UPnP.Enable": "true"}
    found = proposal(moved, DAHUA)
    assert found.keys == ("UPnP.Enable",)
    assert "how the camera is reached" in why(found, "Network.eth0.IPAddress")
    assert set(proposal(moved, DAHUA, own=True).keys) == {"UPnP.Enable", "Network.eth0.IPAddress"}


def test_another_camera_keeps_its_name() -> None:
    other = DAHUA | {"General.MachineName": "gate", "NTP.Address": "else.example"}
    assert proposal(other, DAHUA).keys == ("General.MachineName", "NTP.Address")
    found = proposal(other, DAHUA, other_camera=True)
    assert found.keys == ("NTP.Address",)
    assert "that camera alone" in why(found, "General.MachineName")
    assert proposal(other, DAHUA, other_camera=True, own=True).keys == ("General.MachineName", "NTP.Address")


def test_only_the_sections_that_are_asked_for() -> None:
    other = DAHUA | {"General.LocalNo": "9", "NTP.Address": "else.example"}
    for name in ("NTP", "ntp", "Clock"):
        assert proposal(other, DAHUA, sections=(name,)).keys == ("NTP.Address",)
    assert restore.unknown_sections(("clock", "Email", "Nonsense"), kept(DAHUA), Vendor.DAHUA) == ("Nonsense",)


def test_what_the_copy_does_not_have_is_named() -> None:
    found = proposal(DAHUA | {"New.Thing": "1"}, DAHUA)
    assert found.keys == ()
    assert "cannot be taken away" in why(found, "New.Thing")


def test_a_list_grows_on_dahua_only() -> None:
    copy = DAHUA | {"Email.Receivers[0]": "me@home"}
    assert proposal(DAHUA, copy).keys == ("Email.Receivers[0]",)
    reolink = proposal({"P2p.enable": "0"}, {"P2p.enable": "0", "Ntp.server": "x"}, Vendor.REOLINK)
    assert "no longer has" in why(reolink, "Ntp.server")


def test_accounts_and_network_of_the_old_foscam_are_named_not_written() -> None:
    keys = {"params.user2_name": "evil", "params.wifi_ssid": "x", "params.sys_ver": "2", "params.ftp_svr": "203.0.113.9"}
    found = proposal(keys, dict.fromkeys(keys, "was"), Vendor.FOSCAM_MJPEG, own=True)
    assert found.keys == ("params.ftp_svr",)
    assert "camera's own users" in why(found, "params.user2_name")
    assert "own page" in why(found, "params.wifi_ssid")


def test_stars_are_never_written_as_a_password() -> None:
    found = restore.proposal(
        kept({"Ftp[0].password": "x9"}, mark="1" * 32),
        kept({"Ftp[0].password": "******"}),
        Vendor.REOLINK,
        masked=restore.masked_keys({"Ftp[0].password": "******", "Email[0].password": "real"}),
    )
    assert found.keys == ()
    assert "never showed this secret" in why(found, "Ftp[0].password")
    assert is_masked("***")
    assert is_masked("")
    assert not is_masked("*a*")


def test_what_may_cut_us_off_is_written_last() -> None:
    settings_ = [
        Setting(key=key, value="1", is_secret=False)
        for key in ("Network.eth0.IPAddress", "Zoom.Speed", "Alarm.Enable", "Zoom.Step")
    ]
    found = restore.batches(settings_, Vendor.DAHUA)
    assert [(section, len(some)) for section, some in found] == [("Alarm", 1), ("Zoom", 2), ("Network", 1)]


@pytest.mark.parametrize("value", ["true", "false"])
def test_what_did_not_take_is_told(value) -> None:
    found = proposal(DAHUA | {"UPnP.Enable": "true", "T2UServer.Enable": "true"}, DAHUA)
    left = restore.remaining(found, kept(DAHUA), kept(DAHUA | {"UPnP.Enable": value}), Vendor.DAHUA)
    assert [change.key for change in left.changes] == (["UPnP.Enable"] if value == "true" else [])


@pytest.mark.parametrize(
    ("vendor", "http", "https"),
    [(Vendor.REOLINK, "NetPort.httpEnable", "NetPort.httpsEnable"), (Vendor.DAHUA, "Web.Enable", "Https.Enable")],
)
def test_the_door_we_come_in_by_is_not_closed(vendor, http, https) -> None:
    on, off = {http: "1", https: "1"}, {http: "0", https: "0"}
    assert proposal(on, off, vendor, tls=True).keys == (http,)
    assert proposal(on, off, vendor, tls=False).keys == (https,)
    assert "locked out" in why(proposal(on, off, vendor, tls=True, own=True), https)
    assert set(proposal(off, on, vendor, tls=True).keys) == {http, https}
