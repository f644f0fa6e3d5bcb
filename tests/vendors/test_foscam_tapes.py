"""Every recorded reply of a Foscam, parsed to what the index of the tapes says about it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from tests.vendors import foscam_samples as samples

from hearthwatch.kit.errors import BadReply, Refused, Unreachable, Unsupported
from hearthwatch.kit.units import US_PER_S, WallUs, from_datetime
from hearthwatch.vendors import foscam_hd_reply as hd
from hearthwatch.vendors import foscam_mjpeg_reply as mjpeg
from hearthwatch.vendors.device import Account, ClockReading, LocalUs, LoginAction, Setting
from hearthwatch.vendors.foscam_hd_log import entry as hd_entry
from hearthwatch.vendors.foscam_hd_log import epoch_offset_us, joined, page
from hearthwatch.vendors.foscam_mjpeg_config import set_commands
from hearthwatch.vendors.foscam_mjpeg_log import entries, entry, login_record
from hearthwatch.vendors.foscam_mjpeg_reply import variables
from hearthwatch.vendors.foscam_window import LogWindow
from hearthwatch.vendors.network import Network

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
    assert mjpeg.alarm_states(status) == frozenset()
    assert mjpeg.alarm_states({"alarm_status": "2"}) == {"input"}


def test_a_network_that_the_router_gives(tapes: Path) -> None:
    found = mjpeg.network(of(tapes, "get_params"))
    assert found == Network(is_dhcp=True, http_port=80)
    fixed = mjpeg.network(
        {"ip": "192.168.1.9", "mask": "255.255.255.0", "gateway": "192.168.1.1", "dns": "0.0.0.0", "port": "81"}
    )
    assert (fixed.is_dhcp, fixed.address, fixed.dns, fixed.http_port) == (False, "192.168.1.9", (), 81)


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


HD = {
    "getLocalAlarmRecordConfig": {"isEnableLocalAlarmRecord": "0", "localAlarmRecordSecs": "30"},
    "getMirrorAndFlipSetting": {"isMirror": "0", "isFlip": "0"},
    "getOSDSetting": {
        "isEnableTimeStamp": "1", "isEnableTempAndHumid": "0", "isEnableDevName": "1", "dispPos": "0", "isEnableOSDMask": "0"
    },
    "getScheduleRecordConfig": {
        "isEnable": "0", "recordLevel": "4", "spaceFullMode": "0", "isEnableAudio": "1",
        **{f"schedule{day}": "0" for day in range(7)},
    },
    "getVideoStreamParam": {
        f"{name}{slot}": value
        for name, values in {
            "resolution": "0 0 3 0", "bitRate": "2097152 2097152 1048576 2097152", "frameRate": "30 20 15 30",
            "GOP": "30 60 60 30", "isVBR": "1 1 1 1",
        }.items()
        for slot, value in enumerate(values.split())
    },
}  # fmt: skip


def test_every_tape_of_the_hd_generation_is_asserted_here(tapes: Path) -> None:
    there = {path.name for path in tapes.glob("foscam-hd/*/*") if path.name != "INDEX.csv"}
    assert there == {f"{call}.xml" for call in HD}


@pytest.mark.parametrize("call", HD)
def test_hd_fields(tapes: Path, call: str) -> None:
    assert hd.fields((tapes / f"foscam-hd/foscam-client-fi9831p/{call}.xml").read_bytes(), "it") == HD[call]


def test_hd_streams(tapes: Path) -> None:
    said = hd.fields((tapes / "foscam-hd/foscam-client-fi9831p/getVideoStreamParam.xml").read_bytes(), "it")
    found = hd.streams(said, 2, "rtsp://c:88")
    assert [(one.url, one.width_px, one.height_px) for one in found] == [
        ("rtsp://c:88/videoMain", 320, 240), ("rtsp://c:88/videoSub", 0, 0)
    ]  # fmt: skip


def test_hd_log_with_plus_in_a_name_and_a_negative_address() -> None:
    total, raws = page(samples.HD_LOG)
    found = [hd_entry(raw) for raw in raws]
    assert total == 3
    assert [(one.user, one.address, one.event) for one in found] == [
        ("admin", "192.168.1.10", 3), ("a+b", "203.0.113.200", 4), ("root", "127.0.0.1", 0)
    ]  # fmt: skip
    assert found[0].local_us == 1_441_800_000 * US_PER_S


@pytest.mark.parametrize(
    ("code", "error"), [(-1, BadReply), (-2, Refused), (-3, Refused), (-4, BadReply), (-5, Unreachable), (-7, BadReply)]
)
def test_hd_failures_with_status_200(code: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        hd.fields(b"<CGI_Result><result>%d</result></CGI_Result>" % code, "it")


def test_hd_device_sessions_and_accounts() -> None:
    said = hd.fields(samples.HD_DEVICE, "it")
    assert (hd.identity(said).key, hd.identity(said).name) == ("00:62:6e:4c:12:34", "Front door")
    assert hd.local_time(said) == local(2015, 9, 9, 12, 0, 0)
    assert [(one.user, one.address) for one in hd.sessions(samples.HD_SESSIONS)] == [
        ("admin", "192.168.1.5"), ("a+b", "203.0.113.9")
    ]  # fmt: skip
    assert [(one.name, one.group) for one in hd.accounts(samples.HD_ACCOUNTS)] == [("admin", "admin"), ("a+b", "visitor")]


def test_hd_network_lists_and_states() -> None:
    said = hd.fields(samples.HD_NETWORK, "it")
    found = hd.network(said, said)
    assert (found.is_dhcp, found.address, found.dns, found.http_port, found.rtsp_port) == (
        True,
        "192.168.1.8",
        ("192.168.1.1",),
        88,
        0,
    )
    assert [hd.listed_ip(said[key]) for key in ("ipList0", "ipList1")] == ["192.168.1.10", "203.0.113.200"]
    assert hd.alarm_states(hd.fields(samples.HD_STATE, "it")) == {"motionDetectAlarm"}


def test_pages_join_though_records_were_written_in_between() -> None:
    newer = [str(n) for n in range(10)]
    assert joined(newer, [str(n) for n in range(7, 17)]) == [str(n) for n in range(17)]
    assert joined(newer, [str(n) for n in range(5, 15)]) == [str(n) for n in range(15)]
    assert joined(newer, ["x", "y", "z"]) is None


def test_mjpeg_log_of_the_notes() -> None:
    clock = ClockReading(local_us=LocalUs(0), at_us=WallUs(0), error_us=0)
    found = [login_record(one, clock) for one in entries(samples.LOG)]
    assert [one and (one.action.value, one.user, one.address) for one in found] == [
        ("restarted", "", None), ("login", "USER", "192.168.1.11"), ("login", "USER", "192.168.1.11"),
        ("login", "", "203.0.113.9"), ("denied", "o'neil';", "203.0.113.9"), None, ("other", "10.0.0.1", "203.0.113.9"),
    ]  # fmt: skip


def test_a_reader_gets_what_is_new_and_what_a_wrong_clock_dated() -> None:
    now = local(2015, 1, 13, 14, 0, 0)
    clock = ClockReading(local_us=now, at_us=WallUs(now), error_us=0)
    old, new = "2015-01-12 10:00:00   a   10.0.0.1   access", "2015-01-13 13:59:59   a   10.0.0.1   access"
    back = "2011-01-01 00:00:00   b   10.0.0.9   access"
    lines = [entry(line) for line in (old, new, back)]
    window = LogWindow()
    assert window.since(lines, clock, WallUs(now)) == tuple(lines)
    assert window.since(lines, clock, WallUs(now)) == tuple(lines[1:])
    assert window.since([lines[0], lines[2]], clock, WallUs(now)) == (lines[2],)
    jumped = ClockReading(local_us=LocalUs(now + 86_400 * US_PER_S), at_us=WallUs(now), error_us=0)
    assert window.since(lines, jumped, WallUs(now)) == tuple(lines)


def test_mjpeg_settings_are_written_by_the_command_of_their_group(tapes: Path) -> None:
    now = of(tapes, "get_params")

    def commands(key: str, value: str) -> list[tuple[str, dict[str, str]]]:
        return list(set_commands([Setting(key=key, value=value, is_secret=False)], now))

    assert commands("params.upnp_enable", "0") == [("set_upnp.cgi", {"enable": "0"})]
    assert commands("params.alarm_motion_armed", "0") == [("set_alarm.cgi", {"motion_armed": "0"})]
    assert commands("camera.flip", "3") == [("camera_control.cgi", {"param": "5", "value": "3"})]
    [(cgi, pairs)] = commands("params.ddns_service", "0")
    assert (cgi, set(pairs)) == ("set_ddns.cgi", {"service", "user", "pwd", "host", "proxy_svr", "proxy_port"})
    for key in ("params.user1_pwd", "params.wifi_ssid", "nonsense", "misc.a&b"):
        with pytest.raises(Unsupported):
            commands(key, "1")


@pytest.mark.parametrize(("west_s", "offset_us"), [(0, 0), (-3600, 0), (3600, -3600 * US_PER_S)])
def test_hd_times_are_local_or_universal_by_our_own_log_in(west_s: int, offset_us: int) -> None:
    now = local(2015, 9, 9, 12, 0, 0)
    clock = ClockReading(local_us=now, at_us=WallUs(now), error_us=0)
    shown_s = (now - offset_us) // US_PER_S
    raws = [f"{shown_s}+watch+16777343+3"]
    assert epoch_offset_us(raws, clock, west_s * US_PER_S, "watch") == offset_us
    assert epoch_offset_us(raws, clock, 7200 * US_PER_S, "other") is None
