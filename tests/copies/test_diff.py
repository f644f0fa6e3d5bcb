"""Differences: complete, without what runs by itself, without a secret, in words a person understands."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.copies.scene import DAHUA, kept

from hearthwatch.copies.copy import HIDDEN, KeptSetting
from hearthwatch.copies.diff import diff
from hearthwatch.copies.families import family_of, is_volatile, section_of
from hearthwatch.vendors.device import Vendor

KEYS = st.sampled_from(
    [
        "T2UServer.Enable",
        "Email.Password",
        "Odd.Thing",
        "NTP.Address",
        "Locales.CurrentTime",
        "Encode[0].MainFormat[1].Video.FPS",
    ]
)
VALUES = st.one_of(st.sampled_from(["true", "false", "", "1"]), st.text(max_size=6))
COPIES = st.dictionaries(KEYS, VALUES, max_size=6)
FEW = settings(max_examples=60)


def lines(old, new, vendor=Vendor.DAHUA):
    return list(diff(kept(old), kept(new), vendor).lines())


@FEW
@given(COPIES, COPIES)
def test_every_difference_is_told_once_and_nothing_else(old, new) -> None:
    found = diff(kept(old), kept(new), Vendor.DAHUA)
    keys = [change.key for change in found.changes]
    before, after = ({one.key: one for one in kept(pairs)} for pairs in (old, new))
    expected = {
        key for key in old.keys() | new.keys() if not is_volatile(Vendor.DAHUA, key) and before.get(key) != after.get(key)
    }
    assert sorted(keys) == sorted(expected)
    assert found.is_empty == (not expected)


@FEW
@given(COPIES, COPIES)
def test_no_change_shows_a_mark_or_a_character_that_is_not_printable(old, new) -> None:
    for change in diff(kept(old), kept(new), Vendor.DAHUA).changes:
        assert change.text.isprintable()
        if change.is_secret:
            assert {change.old, change.new} <= {HIDDEN, "", *old.values(), *new.values()} - {"0" * 32}
            assert change.text.endswith("(secret)")


@pytest.mark.parametrize(
    ("vendor", "key", "old", "new", "said"),
    [
        (Vendor.DAHUA, "T2UServer.Enable", "false", "true", "P2P cloud access switched on"),
        (Vendor.DAHUA, "MotionDetect[0].Enable", "true", "false", "Motion detection switched off"),
        (Vendor.DAHUA, "MotionDetect[1].Enable", "true", "false", "Motion detection (channel 2) switched off"),
        (Vendor.DAHUA, "Network.eth0.IPAddress", "10.0.0.1", "10.0.0.2", "Network address: 10.0.0.1 → 10.0.0.2"),
        (Vendor.DAHUA, "Email.Receivers[0]", "", "x@evil", "Receiver of mails: nothing → x@evil"),
        (Vendor.DAHUA, "Unheard.Of[3].Thing", "1", "2", "Unheard.Of[3].Thing: 1 → 2"),
        (Vendor.FOSCAM_MJPEG, "params.user3_pri", "0", "2", "Account 3, rights: visitor → administrator"),
        (Vendor.FOSCAM_HD, "SystemTime.timeSource", "0", "1", "Clock from: the network (NTP) → whoever sets it"),
        (Vendor.REOLINK, "NetPort.rtspEnable", "0", "1", "Access by RTSP switched on"),
        (Vendor.REOLINK, "Upnp.enable", "1", "0", "Opening of ports at the router (UPnP) switched off"),
        (Vendor.ONVIF, "NetworkProtocols.HTTP.Enabled", "false", "true", "Access by HTTP switched on"),
    ],
)
def test_the_owners_words(vendor, key, old, new, said) -> None:
    (change,) = diff(kept({key: old}), kept({key: new}), vendor).changes
    assert change.text == said


def test_added_and_removed() -> None:
    assert lines({}, {"Odd.Thing": "1"}) == ["Odd", "  Odd.Thing: new: 1"]
    assert lines({"Odd.Thing": "1"}, {}) == ["Odd", "  Odd.Thing: gone (it was 1)"]
    assert lines({}, {"Email.Password": "x9"}) == ["Mail", "  Password for mails: set (secret)"]
    assert lines({"T2UServer.Enable": "true"}, {}) == ["Cloud", "  P2P cloud access: gone (it was true)"]


def test_what_we_have_words_for_comes_first_and_the_rest_is_counted() -> None:
    old = dict.fromkeys((f"Aaa.Thing{n}" for n in range(9)), "1") | {"UPnP.Enable": "false"}
    found = diff(kept(old), kept(dict.fromkeys(old, "true")), Vendor.DAHUA)
    assert next(iter(found.lines())) == "Router (UPnP)"
    assert found.headlines(3) == (
        "Opening of ports at the router (UPnP) switched on",
        "Aaa: Aaa.Thing0: 1 → true",
        "Aaa: Aaa.Thing1: 1 → true",
        "and 7 more",
    )
    assert len(found.headlines(100)) == 10


def test_a_new_key_of_ours_makes_no_secret_look_changed() -> None:
    old, new = ((KeptSetting(key="Email.Password", value=f"{key * 16}:{key * 32}", is_secret=True),) for key in "ab")
    assert diff(old, new, Vendor.DAHUA).is_empty


def test_what_runs_by_itself() -> None:
    running = (
        "General.UpTime",
        "Locales.CurrentTime",
        "X.SessionID",
        "Push.Token",
        "NAS[0].FreeSpace",
        "A.RxBytes",
        "Storage.UsedBytes[0]",
    )
    for key in running:
        assert is_volatile(Vendor.DAHUA, key), key
    for key in (
        *DAHUA,
        "NTP.UpdatePeriod",
        "Time.timeZone",
        "Record[0].TimeSection[0][0]",
        "AutoMaintain.AutoRebootHour",
        "Snap.Count",
    ):
        assert not is_volatile(Vendor.DAHUA, key), key
    assert is_volatile(Vendor.REOLINK, "Time.Time.sec")
    assert not is_volatile(Vendor.REOLINK, "Time.Dst.enable")


@pytest.mark.parametrize(
    ("vendor", "key", "section"),
    [
        (Vendor.DAHUA, "Encode[0].MainFormat[1].Video.FPS", "Encode"),
        (Vendor.FOSCAM_MJPEG, "params.user1_pwd", "user"),
        (Vendor.FOSCAM_MJPEG, "params.alias", "general"),
        (Vendor.FOSCAM_MJPEG, "misc.led_mode", "misc"),
        (Vendor.REOLINK, "Osd[0].osdTime.enable", "Osd"),
        (Vendor.ONVIF, "Users.admin.UserLevel", "Users"),
    ],
)
def test_sections(vendor, key, section) -> None:
    assert section_of(vendor, key) == section


def test_families() -> None:
    assert family_of(DAHUA) is Vendor.DAHUA
    assert family_of(["params.alias"]) is Vendor.FOSCAM_MJPEG
    assert family_of(["NetworkProtocols.HTTP.Enabled", "NTP.FromDHCP", "Scopes[x]", "Hostname.Name"]) is Vendor.ONVIF
    assert family_of(["Strange.Key"]) is Vendor.ONVIF
    assert family_of([]) is Vendor.ONVIF
