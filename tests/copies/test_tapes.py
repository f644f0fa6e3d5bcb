"""Recorded settings of real cameras become readable, stable, secret-free copies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hearthwatch.copies import baseline
from hearthwatch.copies.copy import BaselineOptions, KeptSetting
from hearthwatch.copies.diff import diff
from hearthwatch.copies.families import family_of
from hearthwatch.copies.git_export import text_of
from hearthwatch.copies.sealing import kept, opened, sealed, secrets_of
from hearthwatch.kit.secrets import Secrets
from hearthwatch.vendors import dahua_config, dahua_reply, foscam_hd_reply, foscam_mjpeg_reply, reolink_config, reolink_reply
from hearthwatch.vendors.device import Setting, Vendor


def mjpeg(tapes: Path) -> tuple[Setting, ...]:
    folder = tapes / "foscam-mjpeg/foscam-ruby-11.22.2.38"
    files = {"params": "get_params.cgi.txt", "misc": "get_misc.cgi.txt", "camera": "get_camera_params.cgi.txt"}
    return tuple(
        setting
        for prefix, name in files.items()
        for setting in foscam_mjpeg_reply.settings(foscam_mjpeg_reply.variables((folder / name).read_bytes(), name), prefix)
    )


def dahua(tapes: Path) -> tuple[Setting, ...]:
    found = sorted((tapes / "dahua").glob("*/getConfig-*.txt"))
    assert len(found) == 4
    return tuple(
        setting for path in found for setting in dahua_config.table_settings(dahua_reply.pairs_of(path.read_bytes(), path.name))
    )


def hd(tapes: Path) -> tuple[Setting, ...]:
    found = sorted((tapes / "foscam-hd/foscam-client-fi9831p").glob("get*.xml"))
    assert len(found) == 5
    return tuple(
        setting
        for path in found
        for setting in foscam_hd_reply.settings(
            foscam_hd_reply.fields(path.read_bytes(), path.name), path.stem.removeprefix("get")
        )
    )


def reolink(tapes: Path) -> tuple[Setting, ...]:
    body = (tapes / "reolink/rlc-822a-v3.1.0.956/batch.json").read_bytes()
    answers = reolink_reply.answers(body, 9, "the batch")
    found = []
    for name, place, channel in (("Time", 1, None), ("NetPort", 2, None), ("AiCfg", 8, 0)):
        found += reolink_config.section_settings(reolink_config.Section(name=name, channel=channel), answers[place].value)
    return tuple(found)


FAMILIES = {Vendor.FOSCAM_MJPEG: mjpeg, Vendor.DAHUA: dahua, Vendor.FOSCAM_HD: hd, Vendor.REOLINK: reolink}
SECRETS = ("my_password", "my_wireless_password", "secret")


@pytest.fixture
def store(tmp_path: Path) -> Secrets:
    return Secrets(tmp_path)


@pytest.mark.parametrize("vendor", FAMILIES)
def test_a_copy_of_recorded_settings(vendor: Vendor, store: Secrets, test_data: Path) -> None:
    settings = FAMILIES[vendor](test_data / "tapes")
    marked = kept(store, settings)
    assert family_of(one.key for one in marked) is vendor
    stored = sealed(store, settings, marked)
    assert opened(store, stored) == marked
    assert kept(store, tuple(reversed(settings))) == marked
    text = text_of({one.key: one.shown for one in marked})
    assert list(json.loads(text)) == sorted(one.key for one in settings)
    assert not [secret for secret in SECRETS if f'"{secret}"' in text]
    assert diff(marked, kept(store, settings), vendor).is_empty
    for blob in (stored.settings, stored.secrets):
        assert b"my_password" not in blob


def test_every_password_of_the_recorded_foscam_is_split_off(store: Secrets, test_data: Path) -> None:
    settings = mjpeg(test_data / "tapes")
    stored = sealed(store, settings, kept(store, settings))
    assert secrets_of(store, stored) == {
        "params.user1_pwd": "my_password",
        "params.user2_pwd": "test",
        "params.wifi_wpa_psk": "my_wireless_password",
        "params.ftp_pwd": "secret",
    }


def changed(settings: tuple[Setting, ...], store: Secrets, **values: str) -> tuple[KeptSetting, ...]:
    names = {name.replace("__", "."): value for name, value in values.items()}
    return kept(
        store,
        [Setting(key=one.key, value=names.get(one.key, one.value), is_secret=one.is_secret) for one in settings],
    )


def test_what_an_intruder_does_to_the_recorded_foscam_reads_like_this(store: Secrets, test_data: Path) -> None:
    settings = mjpeg(test_data / "tapes")
    before = kept(store, settings)
    after = changed(
        settings,
        store,
        params__upnp_enable="1",
        params__ddns_service="9",
        params__user2_pri="2",
        params__user2_pwd="mine now",
        params__ftp_svr="203.0.113.9",
        misc__led_mode="2",
    )
    assert list(diff(before, after, Vendor.FOSCAM_MJPEG).lines()) == [
        "Accounts",
        "  Account 2, rights: operator → administrator",
        "  Account 2, password: changed (secret)",
        "DDNS",
        "  Service for a name on the Internet (DDNS): none → 9",
        "FTP",
        "  FTP server: 192.168.0.148 → 203.0.113.9",
        "Router (UPnP)",
        "  Opening of ports at the router (UPnP) switched on",
        "General",
        "  misc.led_mode: 1 → 2",
    ]


def test_the_baseline_of_the_recorded_cameras(store: Secrets, test_data: Path) -> None:
    tapes = test_data / "tapes"
    foscam, _ = baseline.proposal(
        changed(mjpeg(tapes), store, params__upnp_enable="1", params__ntp_enable="0"),
        BaselineOptions(),
        "Porch",
        Vendor.FOSCAM_MJPEG,
    )
    assert [(change.key, change.new) for change in foscam.diff.changes] == [
        ("params.ntp_enable", "1"),
        ("params.alias", "Porch"),
        ("params.upnp_enable", "0"),
    ]
    assert "access through the maker's cloud: off" in [one.what for one in foscam.skipped]
    proposal, _ = baseline.proposal(kept(store, dahua(tapes)), BaselineOptions(), "Porch", Vendor.DAHUA)
    assert proposal.keys == ()  # the small stream is on, and of all else these four tables say nothing
    assert len(proposal.skipped) == 11
    proposal, _ = baseline.proposal(kept(store, hd(tapes)), BaselineOptions(), "Porch", Vendor.FOSCAM_HD)
    assert proposal.keys == ()
