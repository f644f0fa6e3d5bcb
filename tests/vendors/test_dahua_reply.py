"""What Dahua cameras answer, beyond the tapes: drift between firmwares, failures with status 200, hostile text."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.vendors import dahua_samples as samples

from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, Unsupported
from hearthwatch.kit.units import US_PER_S, WallUs, from_datetime
from hearthwatch.vendors.dahua_config import backup_settings, set_queries
from hearthwatch.vendors.dahua_events import event
from hearthwatch.vendors.dahua_log import action_of, log_line, login_record, page, search_token
from hearthwatch.vendors.dahua_mail import alarm_mail
from hearthwatch.vendors.dahua_parts import MAX_PART_BYTES, PartReader, boundary_of
from hearthwatch.vendors.dahua_reply import (
    accounts,
    check_ok,
    firmware,
    identity,
    jpeg,
    local_time,
    mac_of,
    on_channels,
    pairs_of,
    sessions,
    streams,
    value_of,
)
from hearthwatch.vendors.device import (
    AlarmKind,
    AlarmPhase,
    ClockReading,
    LocalUs,
    LoginAction,
    Setting,
    address_of,
)
from hearthwatch.vendors.local_time import parse_local, print_local

NOON_UTC = WallUs(from_datetime(dt.datetime(2020, 1, 2, 12, tzinfo=dt.UTC)))
CLOCK = ClockReading(local_us=LocalUs(NOON_UTC + 3600 * US_PER_S), at_us=NOON_UTC, error_us=0)
"""A camera one hour east."""


def local(text: str) -> LocalUs:
    found = parse_local(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"Error\r\nBad Request!\r\n", Unsupported),
        (b"Error\r\nErrorID=2, Detail=Invalid Request!\r\n", Unsupported),
        (b"Error: Error -1 getting param in name=T2UServer\r\n", Unsupported),
        (b"ERROR\r\nNot Implemented\r\n", Unsupported),
        (b"\r\nError\r\nNo Authority!\r\n", Refused),
        (b"Error\r\nUser is locked\r\n", Refused),
        (b"Error\r\nDevice busy\r\n", BadReply),
        (b"Error", BadReply),
        (b"<html><body>Please log in</body></html>", BadReply),
        (b"\xff\xfe\x00garbage", BadReply),
    ],
)
def test_a_failure_is_known_whatever_its_status(body: bytes, kind: type[HearthwatchError]) -> None:
    with pytest.raises(kind):
        pairs_of(body, "it")
    with pytest.raises(kind):
        check_ok(body, "it")


def test_a_value_named_error_is_no_failure() -> None:
    assert pairs_of(b"Error=0\r\nresult=1\r\n", "it") == {"Error": "0", "result": "1"}


def test_ok_is_ok_and_nothing_else_is() -> None:
    check_ok(b"OK\r\n", "it")
    for body in (b"", b"NOK", b"OK\r\nbut"):
        with pytest.raises(BadReply):
            check_ok(body, "it")


def test_a_sample_holds_no_secret() -> None:
    with pytest.raises(BadReply) as caught:
        value_of(b"table.Email.Password=hunter22\r\ntable.Email.User=joe\r\n", "sn", "it")
    assert b"hunter22" not in caught.value.sample
    assert b"joe" in caught.value.sample
    for body in (b"table.WLan.eth2.Keys[0]=hunter22\r\n", b'<x> "Password" : "hunter22", "Port" : 25'):
        with pytest.raises(BadReply) as caught:
            value_of(body, "sn", "it")
        assert b"hunter22" not in caught.value.sample
        assert b"***" in caught.value.sample
    with pytest.raises(BadReply) as caught:
        pairs_of(b'<a href="/?pwd=hunter22&x=1">', "it")
    assert b"hunter22" not in caught.value.sample


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("2020-01-02 22:05:33", "2020-01-02 22:05:33"),
        ("2020-1-2 2:5:3", "2020-01-02 02:05:03"),
        ("2020-01-02 09:05:33 AM", "2020-01-02 09:05:33"),
        ("2020-01-02 09:05:33 PM", "2020-01-02 21:05:33"),
        ("2020-01-02 12:05:33 AM", "2020-01-02 00:05:33"),
        ("2020-01-02 21:05:33 PM", "2020-01-02 21:05:33"),
        ("27/12/2021 17:42:19", "2021-12-27 17:42:19"),
        ("1970-01-01 00:00:07", "1970-01-01 00:00:07"),
        ("2000-01-01 00:00:60", "2000-01-01 00:00:59"),
        ("2020-02-30 00:00:00", None),
        ("2020-01-02 25:00:00", None),
        ("0000-00-00 00:00:00", None),
        ("", None),
        ("soon", None),
    ],
)
def test_dates(text: str, printed: str | None) -> None:
    found = parse_local(text)
    assert (None if found is None else print_local(found)) == printed


def test_month_first() -> None:
    assert parse_local("06/05/2018 01:00:00", month_first=True) == parse_local("2018-06-05 01:00:00")


@pytest.mark.parametrize(
    ("origin", "address"),
    [
        ("192.168.1.2", "192.168.1.2"),
        ("::ffff:192.168.1.2", "192.168.1.2"),
        ("192.168.1.2:4711", "192.168.1.2"),
        ("[2001:DB8::1]", "2001:db8::1"),
        ("0.0.0.0", None),
        ("Yerel", None),
        ("", None),
        ("999.1.1.1", None),
    ],
)
def test_addresses(origin: str, address: str | None) -> None:
    assert address_of(origin) == address


def test_log_page() -> None:
    found, entries = page(samples.LOG_PAGE)
    assert (found, len(entries)) == (2, 2)
    login, logout = (login_record(entry, CLOCK) for entry in entries)
    assert login is not None
    assert logout is not None
    assert (login.action, login.code, login.user, login.address) == (LoginAction.LOGIN, "Login", "admin", "192.168.1.2")
    assert login.via == "CGI"
    assert login.local_us == local("2020-01-02 22:05:33")
    assert login.at_us == from_datetime(dt.datetime(2020, 1, 2, 21, 5, 33, tzinfo=dt.UTC))
    assert (logout.action, logout.local_us) == (LoginAction.LOGOUT, login.local_us)
    assert login.raw == (
        "Detail.Address=192.168.1.2\nDetail.Type=CGI\nLevel=0\nTime=2020-01-02 22:05:33\nType=Login\nUser=admin"
    )
    line = log_line(entries[0], CLOCK)
    assert (line.code, line.user, line.at_us, line.raw) == ("Login", "admin", login.at_us, login.raw)
    assert line.text == "Detail.Address=192.168.1.2 Detail.Type=CGI Level=0"


def test_log_with_free_text_and_fewer_lines_than_it_says() -> None:
    found, (entry,) = page(samples.LOG_FREE_TEXT)
    assert found == 2
    record = login_record(entry, CLOCK)
    assert record is not None
    assert (record.action, record.user, record.address) == (LoginAction.DENIED, "root", "10.0.0.9")
    assert "second line of it" in record.raw


def test_the_index_of_a_line_is_no_part_of_it() -> None:
    """Else the next poll, where it stands elsewhere, would take it for another."""
    _, first = page(samples.LOG_PAGE)
    _, second = page(samples.LOG_PAGE.replace(b"items[1]", b"items[7]").replace(b"items[0]", b"items[1]"))
    assert [one.raw for one in first] == [one.raw for one in second]


@pytest.mark.parametrize(
    ("code", "action"),
    [
        ("Login", LoginAction.LOGIN),
        ("LogIn", LoginAction.LOGIN),
        ("Logout", LoginAction.LOGOUT),
        ("LoginFailure", LoginAction.DENIED),
        ("Illegal Login", LoginAction.DENIED),
        ("IllegalAccess", LoginAction.DENIED),
        ("Account Locked", LoginAction.LOCKED),
        ("Unlock", LoginAction.OTHER),
        ("Add User", LoginAction.ACCOUNT_ADDED),
        ("UserAdd", LoginAction.ACCOUNT_ADDED),
        ("Delete User", LoginAction.ACCOUNT_REMOVED),
        ("Modify User", LoginAction.ACCOUNT_CHANGED),
        ("Modify Password", LoginAction.PASSWORD_CHANGED),
        ("ClearLog", LoginAction.LOG_CLEARED),
        ("SaveConfig", LoginAction.SETTINGS_CHANGED),
        ("Set Time", LoginAction.CLOCK_SET),
        ("Reboot", LoginAction.RESTARTED),
        ("Abnormal shutdown", LoginAction.RESTARTED),
        ("StorageFailure", LoginAction.OTHER),
        ("VideoBlind", LoginAction.OTHER),
        ("VideoLoss", LoginAction.OTHER),
        ("IP conflict", LoginAction.OTHER),
        ("FormatDisk", LoginAction.OTHER),
    ],
)
def test_words_of_the_log(code: str, action: LoginAction) -> None:
    assert action_of(code, {}) is action


def test_a_login_whose_detail_tells_of_a_failure_was_denied() -> None:
    assert action_of("Login", {"Detail": "Login failed"}) is LoginAction.DENIED


def test_search_token() -> None:
    assert search_token(b"token=17\r\ncount=4\r\n") == "17"
    with pytest.raises(BadReply):
        search_token(b"token=1&action=clear\r\n")


def test_sessions() -> None:
    web, gui = sessions(samples.SESSIONS, CLOCK)
    assert (web.id, web.user, web.address, web.via) == ("12", "admin", "192.168.1.50", "Web3.0")
    assert web.at_us == from_datetime(dt.datetime(2020, 1, 2, 21, 0, tzinfo=dt.UTC))
    assert (gui.user, gui.address, gui.origin, gui.at_us) == ("default", None, "Yerel", None)


def test_accounts() -> None:
    admin, watch = accounts(samples.ACCOUNTS)
    assert (admin.name, admin.is_admin, admin.is_built_in, admin.rights) == (
        "admin",
        True,
        True,
        ("Monitor_01", "AuthUserMag"),
    )
    assert (watch.name, watch.is_admin, watch.is_built_in) == ("watch", False, False)


@pytest.mark.parametrize(
    ("body", "version", "built"),
    [
        (b"version=2.520.AC00.18.R,build:2017-06-29", "2.520.AC00.18.R", dt.date(2017, 6, 29)),
        (b"version=2.420.0000.0.R build 2016-01-01", "2.420.0000.0.R", dt.date(2016, 1, 1)),
        (b"version=2.212.0000.0.R, build : 2013-11-14", "2.212.0000.0.R", dt.date(2013, 11, 14)),
        (b"version=2.420.0000.0.R\r\nbuild=2016-01-01", "2.420.0000.0.R", dt.date(2016, 1, 1)),
        (b"version=2.800.0000000.29.R.210630", "2.800.0000000.29.R.210630", dt.date(2021, 6, 30)),
        (b"version=2.820.0000000.18.R.20210705", "2.820.0000000.18.R.20210705", dt.date(2021, 7, 5)),
        (b"version=3.1,build:2020-13-45", "3.1", None),
        (b"version=3.1", "3.1", None),
    ],
)
def test_firmware(body: bytes, version: str, built: dt.date | None) -> None:
    assert firmware(body) == (version, built)


def test_identity_of_a_recorder_and_its_mac() -> None:
    mac = mac_of(pairs_of(samples.NETWORK, "it"))
    assert mac == "9c:8e:cd:00:11:33"
    assert mac_of({"table.Network.eth0.PhysicalAddress": "nonsense"}) == ""
    found = identity({"deviceType": "31", "updateSerial": "NVR4108"}, vendor="", name="n", version="1", built=None, mac=mac)
    assert (found.model, found.key) == ("NVR4108", mac)


def test_streams_of_old_firmware_and_of_none() -> None:
    pairs = {
        "table.Encode[1].MainFormat[0].Video.Compression": "H.264",
        "table.Encode[1].MainFormat[0].Video.resolution": "1280x720",
        "table.Encode[1].ExtraFormat[0].Video.Compression": "MJPG",
        "table.Encode[1].ExtraFormat[0].Video.resolution": "CIF",
        "table.Encode[1].ExtraFormat[0].VideoEnable": "false",
    }
    main, sub = streams(pairs, 1, "rtsp://c")
    assert (main.width_px, main.height_px, main.url) == (1280, 720, "rtsp://c/cam/realmonitor?channel=2&subtype=0")
    assert (sub.width_px, sub.height_px, sub.is_enabled) == (352, 240, False)
    with pytest.raises(BadReply):
        streams(pairs, 0, "rtsp://c")


def test_idle_means_no_channel() -> None:
    assert on_channels(b"channels[0]=0\r\nchannels[1]=2\r\n") == (0, 2)
    assert on_channels(b"Error: No Events\r\n") == ()
    assert on_channels(b"Error\r\nBad Request!\r\n") == ()
    with pytest.raises(Refused):
        on_channels(b"Error\r\nNo Authority!\r\n")


def test_pictures() -> None:
    assert jpeg(b"\xff\xd8rest") == b"\xff\xd8rest"
    with pytest.raises(Unsupported):
        jpeg(b"Error\r\nBad Request!\r\n")
    with pytest.raises(BadReply):
        jpeg(b"GIF89a")


def test_backup() -> None:
    found = {one.key: one for one in backup_settings(samples.BACKUP)}
    assert {key: one.value for key, one in found.items()} == {
        "Email.Address": "mail.example",
        "Email.Password": "hunter22",
        "Email.Port": "25",
        "General.MachineName": "Front",
        "General.LockLoginEnable": "true",
        "MotionDetect[0].Enable": "true",
        "MotionDetect[0].Level": "3",
        "WLan.eth2.Keys[0]": "abcd1234",
        "WLan.eth2.Keys[1]": "",
        "WLan.eth2.Enable": "false",
        "WLan.eth2.Note": "",
    }
    assert {key for key, one in found.items() if one.is_secret} == {"Email.Password", "WLan.eth2.Keys[0]"}
    assert "hunter22" not in repr(found)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 100_000, b'{"a":' * 30 + b"1" + b"}" * 30])
def test_a_backup_that_is_none(body: bytes) -> None:
    with pytest.raises(BadReply) as caught:
        backup_settings(body)
    assert caught.value.sample == b""


def test_writing_in_commands_of_bounded_length() -> None:
    many = [Setting(key=f"VideoWidget[0].Line[{n}]", value="x" * 100, is_secret=False) for n in range(20)]
    batches = list(set_queries(many))
    assert len(batches) > 1
    assert {key: value for batch in batches for key, value in batch.items()} == {one.key: one.value for one in many}
    for name in ("a b", "a&b", "a=b", "", "a\r\nb"):
        with pytest.raises(Unsupported):
            list(set_queries([Setting(key=name, value="1", is_secret=False)]))


def test_failed_login_event() -> None:
    signal = event(samples.LOGIN_FAILURE)
    assert signal is not None
    assert (signal.kind, signal.phase) == (AlarmKind.LOGIN_FAILED, AlarmPhase.PULSE)
    assert (signal.user, signal.address) == ("admin", "203.0.113.9")
    assert signal.at_us == from_datetime(dt.datetime(2020, 1, 2, 23, 0, tzinfo=dt.UTC))


def test_everybody_logged_out_is_no_login() -> None:
    for kind, said in ((AlarmKind.LOGIN, "WebLogin"), (AlarmKind.LOGOUT, "WebAllLogout")):
        signal = event(f'Code=InterVideoAccess;action=Pulse;index=0;data={{"Type":"{said}"}}')
        assert signal is not None
        assert (signal.kind, signal.address) == (kind, None)


@pytest.mark.parametrize(
    ("text", "code", "channel"),
    [
        ("Code=VideoMotion;action=Start;index=0", "VideoMotion", 0),
        ("Code=VideoMotion|action=Start|index=3|data={", "VideoMotion", 3),
        ("Code=VideoMotion; action=Start; index=1", "VideoMotion", 1),
        ("Code=VideoMotion;action=Start", "VideoMotion", 0),
        ("Code=VideoMotion;action=Start;index=-1;data={not json}", "VideoMotion", -1),
        ("Code=NeverHeardOf;action=Start;index=2", "NeverHeardOf", 2),
    ],
)
def test_spellings_of_an_event(text: str, code: str, channel: int) -> None:
    signal = event(text)
    assert signal is not None
    assert (signal.code, signal.phase, signal.channel) == (code, AlarmPhase.START, channel)


def test_half_a_surrogate_pair_does_not_come_through() -> None:
    signal = event('Code=VideoMotion;action=Start;index=0;data={"RegionName":["\\ud800"],"Name":"\\udfff"}')
    assert signal is not None
    "".join((*signal.regions, signal.user, signal.text)).encode()


@pytest.mark.parametrize(
    ("header", "boundary"),
    [
        ("multipart/x-mixed-replace; boundary=myboundary", "myboundary"),
        ("multipart/x-mixed-replace;boundary=myboundary;charset=utf-8", "myboundary"),
        ('multipart/x-mixed-replace; Boundary="--abc"', "abc"),
        ("text/plain", "myboundary"),
        ("multipart/x-mixed-replace; boundary=--", "myboundary"),
    ],
)
def test_boundary(header: str, boundary: str) -> None:
    assert boundary_of(header) == boundary


@pytest.mark.parametrize("length", [0, 10, 60, 75, 500])
def test_a_wrong_length_costs_nothing(length: int) -> None:
    data = 'Code=VideoMotion;action=Start;index=0;data={\n   "RegionName" : [ "A" ]\n}'
    head = f"--b\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n"
    stream = f"{head}{data}\r\n{head}Heartbeat\r\n--b\r\n".encode()
    for step in (1, 5, 1000):
        reader = PartReader("b")
        parts = [part for at in range(0, len(stream), step) for part in reader.feed(stream[at : at + step])]
        assert parts == [data, "Heartbeat"]


@pytest.mark.parametrize("length", [36, 37, 38, 39, 40, 41])
def test_a_length_that_ends_inside_a_number_does_not_cut_it(length: int) -> None:
    text = b"Code=AlarmLocal;action=Start;index=12345"
    reader = PartReader("b")
    head = b"--b\r\nContent-Length: %d\r\n\r\n" % length
    parts = reader.feed(head + text[: length + 1]) + reader.feed(text[length + 1 :] + b"\r\n--b\r\n")
    assert [part.encode() for part in parts] == [text]


def test_a_blank_line_after_every_header() -> None:
    stream = b"--b\r\n\r\nContent-Type: text/plain\r\n\r\nContent-Length: 9\r\n\r\nHeartbeat\r\n--b\r\n"
    assert PartReader("b").feed(stream) == ["Heartbeat"]


def test_a_part_without_end_is_cut_off() -> None:
    reader = PartReader("b")
    for _ in range(MAX_PART_BYTES // 1024):
        reader.feed(b"x" * 1024)
    with pytest.raises(BadReply):
        reader.feed(b"x")


def test_mail_dialects() -> None:
    new, old = alarm_mail(samples.MAIL), alarm_mail(samples.OLD_MAIL)
    assert (new.kind, new.device, new.alarm, new.address) == (AlarmKind.TAMPER, "AMC00056_24AAF8", "", "192.168.0.60")
    assert new.local_us == local("2018-05-06 15:28:40")
    assert (old.kind, old.event, old.channel, old.device) == (AlarmKind.MOTION, "Motion Detected", 0, "Porch")
    assert (old.local_us, old.address) == (local("2021-12-27 17:42:19"), "192.168.0.61")
    swapped = alarm_mail(samples.MAIL.replace("D/M/Y", "M/D/Y"))
    assert swapped.local_us == local("2018-06-05 15:28:40")
    with pytest.raises(BadReply):
        alarm_mail("Buy now!")


def test_long_lines_take_no_long_time() -> None:
    """A pattern that takes the square of a line would hold up every other camera."""
    million = 1_000_000
    assert firmware(b"version=1,build" + b" " * million + b"x") == ("1", None)
    _, (entry,) = page(b"found=1\r\nitems[0].Type=" + b"access" * (million // 6) + b"\r\n")
    assert login_record(entry, CLOCK) is None
    assert parse_local("1" * million) is None
    assert address_of("1." * million) is None
    with pytest.raises(BadReply):
        event("Code" + " " * million)
    with pytest.raises(BadReply):
        alarm_mail("A " * million)


def test_local_time_that_is_none() -> None:
    with pytest.raises(BadReply):
        local_time(b"result=tomorrow\r\n")


def test_clock_reading_goes_both_ways() -> None:
    assert CLOCK.ahead_us == 3600 * US_PER_S
    assert CLOCK.corrected(CLOCK.local(WallUs(5))) == 5
