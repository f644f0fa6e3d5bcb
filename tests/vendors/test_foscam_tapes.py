"""Every recorded reply of a Foscam, parsed to what the index of the tapes says about it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.units import US_PER_S, WallUs, from_datetime
from hearthwatch.vendors import foscam_mjpeg_reply as mjpeg
from hearthwatch.vendors.device import Account, ClockReading, LocalUs, LoginAction
from hearthwatch.vendors.foscam_mjpeg_log import entry, login_record
from hearthwatch.vendors.foscam_mjpeg_reply import variables

CALLS = ("get_camera_params", "get_misc", "get_params", "get_status", "reboot", "set_alarm", "set_datetime", "set_ddns")
RUBY = "foscam-mjpeg/foscam-ruby-11.22.2.38"
HEADERS = {
    "get_camera_params": ("Tue, 13 Nov 2012 05:01:50 GMT", 89),
    "get_misc": ("Tue, 13 Nov 2012 05:02:51 GMT", 343),
    "get_params": ("Tue, 13 Nov 2012 05:02:50 GMT", 4269),
    "get_status": ("Tue, 13 Nov 2012 05:01:50 GMT", 281),
    "reboot": ("Tue, 13 Nov 2012 05:01:50 GMT", 4),
    "set_alarm": ("Thu, 13 Dec 2012 01:58:23 GMT", 4),
    "set_datetime": ("Thu, 01 Jan 1970 00:58:10 GMT", 4),
    "set_ddns": ("Thu, 13 Dec 2012 01:02:32 GMT", 22),
    "snapshot": ("Tue, 13 Nov 2012 05:01:50 GMT", 8784),
}
COVERED_MJPEG = {
    *(f"{RUBY}/{call}.cgi.txt" for call in CALLS),
    *(f"{RUBY}/{call}.cgi.headers.json" for call in HEADERS),
    "foscam-mjpeg/foscamalerter-fi8910w/get_log.lines.txt",
}


@pytest.fixture
def tapes(test_data: Path) -> Path:
    return test_data / "tapes"


def local(*date: int) -> LocalUs:
    return LocalUs(from_datetime(dt.datetime(*date, tzinfo=dt.UTC)))  # type: ignore[arg-type,misc]


def of(tapes: Path, call: str) -> dict[str, str]:
    return variables((tapes / f"{RUBY}/{call}.cgi.txt").read_bytes(), "it")


def test_every_tape_of_the_mjpeg_generation_is_asserted_here(tapes: Path) -> None:
    there = {path.relative_to(tapes).as_posix() for path in tapes.glob("foscam-mjpeg/*/*") if path.name != "INDEX.csv"}
    assert there == COVERED_MJPEG
    assert len(there) == 18


def test_camera_params_and_misc(tapes: Path) -> None:
    assert of(tapes, "get_camera_params") == {
        "resolution": "8", "brightness": "169", "contrast": "2", "mode": "1", "flip": "0", "fps": "0"
    }  # fmt: skip
    misc = of(tapes, "get_misc")
    assert len(misc) == 13
    assert [misc[key] for key in ("led_mode", "ptz_center_onstart", "ptz_disable_preset", "ptz_patrol_rate")] == [
        "1", "1", "1", "10"
    ]  # fmt: skip


def test_params_their_accounts_and_their_secrets(tapes: Path) -> None:
    params = of(tapes, "get_params")
    assert mjpeg.accounts(params) == (
        Account(name="my_username", group="admin", is_admin=True, is_built_in=True),
        Account(name="test", group="operator", is_admin=False, is_built_in=False),
    )
    assert sum(key.startswith("user") and key.endswith("_name") for key in params) == 8
    expected = {
        "ntp_enable": "1", "ntp_svr": "0.ca.pool.ntp.org", "wifi_encrypt": "3", "ftp_svr": "192.168.0.148",
        "alarm_motion_armed": "1", "alarm_input_armed": "1", "alarm_mail": "0", "alarm_http": "0",
        "alarm_schedule_sun_1": "4294967264",
    }  # fmt: skip
    assert {key: params[key] for key in expected} == expected
    found = mjpeg.settings(params, "params")
    assert {one.key for one in found if one.is_secret} == {
        "params.user1_pwd", "params.user2_pwd", "params.wifi_wpa_psk", "params.ftp_pwd"
    }  # fmt: skip
    assert "params.now" not in {one.key for one in found}
    assert "my_password" not in repr(found)


def test_status_its_identity_and_its_clock(tapes: Path) -> None:
    status = of(tapes, "get_status")
    assert len(status) == 14
    found = mjpeg.identity(status)
    assert (found.key, found.name, found.firmware, found.hardware) == ("00:0d:c5:d4:dc:51", "R2D2", "11.22.2.38", "2.4.18.17")
    assert mjpeg.local_time(status) == local(2012, 11, 13, 0, 1, 50)
    assert (status["alarm_status"], status["p2p_local_port"]) == ("0", "25197")
    assert {status[f"{one}_status"] for one in ("ddns", "upnp", "p2p", "msn")} == {"0"}
    assert "wifi_status" not in status


@pytest.mark.parametrize("call", ["reboot", "set_alarm", "set_datetime"])
def test_yes_is_ok(tapes: Path, call: str) -> None:
    mjpeg.check_ok((tapes / f"{RUBY}/{call}.cgi.txt").read_bytes(), "it")


def test_a_failure_with_status_200(tapes: Path) -> None:
    body = (tapes / f"{RUBY}/set_ddns.cgi.txt").read_bytes()
    with pytest.raises(BadReply, match=r"error: illegal params\."):
        mjpeg.check_ok(body, "it")
    with pytest.raises(BadReply, match=r"error: illegal params\."):
        variables(body, "it")


@pytest.mark.parametrize("call", HEADERS)
def test_headers(tapes: Path, call: str) -> None:
    said = json.loads((tapes / f"{RUBY}/{call}.cgi.headers.json").read_bytes())
    headers = {name: values[0] for name, values in said["headers"].items()}
    date, length = HEADERS[call]
    assert said["status"]["code"] == 200
    assert (headers["server"], headers["date"], headers["content-length"]) == ("Netwave IP Camera", date, str(length))
    assert headers["content-type"] == ("image/jpeg" if call == "snapshot" else "text/plain")
    tape = tapes / f"{RUBY}/{call}.cgi.txt"
    if call == "snapshot":
        assert headers["content-disposition"] == 'filename="snapshot_000DC5D4DC51_20121113000150.jpg"'
    else:
        assert tape.stat().st_size == (4291 if call == "get_params" else length)


def test_lines_of_the_log(tapes: Path) -> None:
    lines = (tapes / "foscam-mjpeg/foscamalerter-fi8910w/get_log.lines.txt").read_text().splitlines()
    clock = ClockReading(local_us=LocalUs(0), at_us=WallUs(5 * US_PER_S), error_us=0)
    found = [login_record(entry(line), clock) for line in lines]
    assert [one and (one.action, one.code, one.user, one.address, one.local_us) for one in found] == [
        (LoginAction.LOGIN, "access", "USER", "192.168.1.11", local(2015, 1, 13, 13, *rest))
        for rest in ((31, 35), (32, 52), (34, 15))
    ]
    assert found[0] is not None
    assert found[0].at_us == WallUs(local(2015, 1, 13, 13, 31, 40))
    assert found[0].raw == lines[0]
