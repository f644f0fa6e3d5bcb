"""Whose door it is, from recorded replies: each family is known by its own and by no other's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.vendors import foscam_samples

from hearthwatch.vendors.device import Vendor
from hearthwatch.vendors.fingerprint import QUESTIONS, Fingerprint, Question, fingerprint_of
from hearthwatch.vendors.http import Reply

BY_VENDOR = {one.vendor: one for one in QUESTIONS}
HTML = b"<html><head><title>Router</title></head><body>Log in</body></html>"
LOGIN_FIRST = b'[\n   {\n      "cmd" : "GetDevInfo",\n      "code" : 1,\n      "error" : {\n         "detail" : "please login first",\n         "rspCode" : -6\n      }\n   }\n]\n'


def reply(body: bytes = b"", *, status: int = 200, server: str = "", challenges: tuple[str, ...] = ()) -> Reply:
    return Reply(status=status, content_type="text/plain", body=body, server=server, challenges=challenges)


def seen(vendor: Vendor, answer: Reply) -> Fingerprint | None:
    return fingerprint_of(BY_VENDOR[vendor], answer)


def headers_of(path: Path) -> dict[str, list[str]]:
    return json.loads(path.read_text())["headers"]


def test_an_mjpeg_foscam_shows_its_mac_and_firmware_to_anybody(test_data: Path) -> None:
    folder = test_data / "tapes/foscam-mjpeg/foscam-ruby-11.22.2.38"
    [server] = headers_of(folder / "get_status.cgi.headers.json")["server"]
    found = seen(Vendor.FOSCAM_MJPEG, reply((folder / "get_status.cgi.txt").read_bytes(), server=server))
    assert found is not None
    assert (found.vendor, found.mark) == (Vendor.FOSCAM_MJPEG, "00:0d:c5:d4:dc:51")
    assert found.shown is not None
    assert (found.shown.mac, found.shown.firmware, found.shown.name) == ("00:0d:c5:d4:dc:51", "11.22.2.38", "R2D2")


def test_its_server_name_is_enough_and_so_is_the_status_of_a_clone(test_data: Path) -> None:
    locked = reply(status=401, server="Netwave IP Camera", challenges=('Basic realm="ipcamera"',))
    assert seen(Vendor.FOSCAM_MJPEG, locked) == Fingerprint(vendor=Vendor.FOSCAM_MJPEG)
    body = (test_data / "tapes/foscam-mjpeg/foscam-ruby-11.22.2.38/get_status.cgi.txt").read_bytes()
    clone = seen(Vendor.FOSCAM_MJPEG, reply(body, server="GoAhead"))
    assert clone is not None
    assert clone.mark == "00:0d:c5:d4:dc:51"


def test_an_hd_foscam_answers_xml_with_a_result_be_it_a_refusal(test_data: Path) -> None:
    for tape in sorted((test_data / "tapes/foscam-hd/foscam-client-fi9831p").glob("*.xml")):
        assert seen(Vendor.FOSCAM_HD, reply(tape.read_bytes())) == Fingerprint(vendor=Vendor.FOSCAM_HD), tape.name
    assert seen(Vendor.FOSCAM_HD, reply(b"<CGI_Result><result>-2</result></CGI_Result>")) is not None
    assert seen(Vendor.FOSCAM_HD, reply(foscam_samples.HD_DEVICE)) is not None
    assert seen(Vendor.FOSCAM_HD, reply(b"<CGI_Result></CGI_Result>")) is None


def test_a_dahua_names_itself_in_its_digest_realm(test_data: Path) -> None:
    lines = (test_data / "tapes/dahua/dahua-nvr-homebridge/www-authenticate.txt").read_text().splitlines()
    assert len(lines) == 2
    for line in lines:
        found = seen(Vendor.DAHUA, reply(status=401, challenges=(line,)))
        assert found is not None
        assert found.mark == "Login to ND021811019863"
        assert found.shown is not None
        assert found.shown.serial == "ND021811019863"


def test_the_hash_of_newer_dahua_firmware_is_a_mark_and_no_serial_number() -> None:
    challenge = 'Digest realm="Login to 0c1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f", qop="auth", nonce="1"'
    found = seen(Vendor.DAHUA, reply(status=401, challenges=('Basic realm="Login to AB12345678"', challenge)))
    assert found == Fingerprint(vendor=Vendor.DAHUA, mark="Login to 0c1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f")


@pytest.mark.parametrize(
    "challenges",
    [
        (),
        ('Digest realm="router", nonce="1"',),
        ('Basic realm="Login to ND021811019863"',),
        ('Digest realm="Login to ', "Digest"),
    ],
)
def test_other_log_ins_are_no_dahua(challenges: tuple[str, ...]) -> None:
    assert seen(Vendor.DAHUA, reply(status=401, challenges=challenges)) is None


def test_a_reolink_answers_with_its_list(test_data: Path) -> None:
    assert seen(Vendor.REOLINK, reply(LOGIN_FIRST)) == Fingerprint(vendor=Vendor.REOLINK)
    batch = (test_data / "tapes/reolink/rlc-822a-v3.1.0.956/batch.json").read_bytes()
    assert seen(Vendor.REOLINK, reply(batch)) is not None
    assert seen(Vendor.REOLINK, reply(b'[{"id": 1}]')) is None


def test_every_recorded_onvif_device_is_known_by_its_date(test_data: Path) -> None:
    tapes = sorted((test_data / "tapes/onvif").glob("*/GetSystemDateAndTime.xml"))
    assert len(tapes) == 7
    for tape in tapes:
        assert seen(Vendor.ONVIF, reply(tape.read_bytes())) == Fingerprint(vendor=Vendor.ONVIF), str(tape)


def test_an_onvif_device_that_tells_nobody_the_date_is_known_by_its_refusal(test_data: Path) -> None:
    tape = test_data / "tapes/onvif/trendnet-tvip320pi-5.3.4/GetDeviceInformation.fault.xml"
    assert seen(Vendor.ONVIF, reply(tape.read_bytes(), status=400)) is not None


def answers(folder: Path) -> dict[Vendor, Reply]:
    return {
        Vendor.FOSCAM_MJPEG: reply((folder / "foscam-mjpeg/foscam-ruby-11.22.2.38/get_status.cgi.txt").read_bytes()),
        Vendor.FOSCAM_HD: reply((folder / "foscam-hd/foscam-client-fi9831p/getOSDSetting.xml").read_bytes()),
        Vendor.DAHUA: reply(status=401, challenges=('Digest realm="Login to ND021811019863", nonce="1", qop="auth"',)),
        Vendor.REOLINK: reply(LOGIN_FIRST),
        Vendor.ONVIF: reply((folder / "onvif/hikvision-ds2df7276-5.1.6/GetSystemDateAndTime.xml").read_bytes()),
    }


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.vendor.value)
def test_no_family_is_taken_for_another(test_data: Path, question: Question) -> None:
    for vendor, answer in answers(test_data / "tapes").items():
        assert (fingerprint_of(question, answer) is not None) == (vendor is question.vendor)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.vendor.value)
@pytest.mark.parametrize(
    "answer",
    [
        reply(HTML),
        reply(HTML, status=404),
        reply(b""),
        reply(b"", status=401, challenges=('Basic realm="x"',)),
        reply(b"\xff" * 5000),
    ],
)
def test_a_router_or_printer_is_no_camera(question: Question, answer: Reply) -> None:
    assert fingerprint_of(question, answer) is None


def test_no_question_carries_credentials_or_changes_anything() -> None:
    for one in QUESTIONS:
        said = f"{one.target} {one.body.decode()}".lower()
        assert not any(word in said for word in ("usr", "pwd", "user", "pass", "token", "set", "login")), said
