from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthwatch.audit import checks, cves
from hearthwatch.audit.evidence import Certificate, Evidence, PasswordFacts
from hearthwatch.audit.finding import CheckId, FindingState, Grade, score
from hearthwatch.audit.possible import Possible, possible
from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.audit.view import family_of
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.vendors import dahua_config, foscam_mjpeg_reply, reolink_config, reolink_reply
from hearthwatch.vendors.capability import Service
from hearthwatch.vendors.device import Account, ClockReading, DeviceIdentity, LocalUs, Vendor
from hearthwatch.vendors.onvif_settings import SECTIONS, section_settings
from hearthwatch.vendors.onvif_soap import answer

FOUND, OK, UNKNOWN = FindingState.FOUND, FindingState.OK, FindingState.UNKNOWN
CAM = CameraId("porch")
NOW = WallUs(1_795_000_000 * US_PER_S)
EVERYTHING = Possible(why_not=dict.fromkeys(RemedyKind, ""), services=frozenset(Service))
NOTHING = possible(None, has_off_switch=False, has_on_switch=False)


def evidence(**more) -> Evidence:
    base = {
        "camera": CAM,
        "at_us": NOW,
        "vendor": Vendor.DAHUA,
        "user": "hearthwatch",
        "tls": True,
        "password": PasswordFacts(is_set=True),
        "can": EVERYTHING,
        "time_server": "192.168.1.1",
        "table": cves.rules(),
    }
    return Evidence(**(base | more))


def state_of(found: Evidence) -> dict[str, FindingState]:
    return {one.key: one.state for one in checks.findings(found)}


def one_of(found: Evidence, key: str):
    [finding] = [one for one in checks.findings(found) if one.key == key]
    return finding


def test_of_a_camera_that_tells_nothing_nothing_is_ok_but_the_password():
    for vendor in (Vendor.DAHUA, Vendor.FOSCAM_MJPEG, Vendor.FOSCAM_HD, Vendor.REOLINK, Vendor.ONVIF):
        states = state_of(evidence(vendor=vendor))
        ok = {key for key, state in states.items() if state is OK}
        assert ok <= {"password", "password-shared", "http-clear"}
        assert score(checks.findings(evidence(vendor=vendor))) < 100


BAD = {
    "T2UServer.Enable": "true", "UPnP.Enable": "true", "DDNS[0].Enable": "false", "DDNS[1].Enable": "true", "Telnet.Enable": "true",
    "SSHD.Enable": "true", "SNMP.Enable": "true", "Bonjour.Enable": "true", "Multicast.RTP[0].Enable": "true",
    "HTTPS.Enable": "false", "UserGlobal.OnvifLoginCheck": "false", "General.LockLoginEnable": "false", "NTP.Enable": "false",
    "Email.Enable": "true", "Email.SslEnable": "false", "Email.TlsEnable": "false", "NAS[0].Enable": "true", "NAS[0].Protocol": "FTP",
    "AutoMaintain.AutoRebootEnable": "true", "LoginFailureAlarm.Enable": "false", "AccessFilter.Enable": "false",
    "AccessFilter.Type": "BannedList",
}  # fmt: skip
GOOD = {
    "T2UServer.Enable": "false", "UPnP.Enable": "false", "DDNS[0].Enable": "false", "Telnet.Enable": "false", "SSHD.Enable": "false",
    "SNMP.Enable": "false", "Bonjour.Enable": "false", "Multicast.RTP[0].Enable": "false", "Https.Enable": "true",
    "UserGlobal.OnvifLoginCheck": "true", "General.LockLoginEnable": "true", "NTP.Enable": "true", "Email.Enable": "true",
    "Email.SslEnable": "false", "Email.TlsEnable": "true", "NAS[0].Enable": "false", "NAS[0].Protocol": "FTP",
    "AutoMaintain.AutoRebootDay": "-1", "LoginFailureAlarm.Enable": "true", "Network.eth0.DhcpEnable": "false",
    "Network.eth0.DefaultGateway": "0.0.0.0", "AccessFilter.Enable": "true", "AccessFilter.Type": "TrustList",
}  # fmt: skip
OF_SETTINGS = {
    "p2p", "upnp", "ddns", "telnet", "ssh", "snmp", "bonjour", "multicast", "https-off", "onvif-open", "lockout", "ntp",
    "email-clear", "ftp-clear", "auto-reboot", "access-alarm", "address-filter", "internet",
}  # fmt: skip


def test_each_setting_of_a_dahua_is_found_and_found_right():
    bad, good = state_of(evidence(settings=BAD)), state_of(evidence(settings=GOOD))
    assert {key for key in OF_SETTINGS if bad[key] is FOUND} == OF_SETTINGS
    assert {key for key in OF_SETTINGS if good[key] is OK} == OF_SETTINGS


@pytest.mark.parametrize(
    ("vendor", "settings", "state"),
    [
        (Vendor.FOSCAM_HD, {"FirewallConfig.isEnable": "0", "FirewallConfig.rule": "0"}, FOUND),
        (Vendor.FOSCAM_HD, {"FirewallConfig.isEnable": "1", "FirewallConfig.rule": "0"}, FOUND),
        (Vendor.FOSCAM_HD, {"FirewallConfig.isEnable": "0", "FirewallConfig.rule": "1"}, FOUND),
        (Vendor.FOSCAM_HD, {"FirewallConfig.isEnable": "1", "FirewallConfig.rule": "1"}, OK),
        (Vendor.FOSCAM_HD, {}, UNKNOWN),
        (Vendor.DAHUA, {"AccessFilter.Enable": "false", "AccessFilter.Type": "TrustList"}, FOUND),
        (Vendor.DAHUA, {"AccessFilter.Enable": "true", "AccessFilter.Type": "BannedList"}, FOUND),
        (Vendor.DAHUA, {"AccessFilter.Enable": "true", "AccessFilter.Type": "TrustList"}, OK),
        (Vendor.FOSCAM_MJPEG, {}, None),
        (Vendor.REOLINK, {}, None),
        (Vendor.ONVIF, {}, None),
    ],
)
def test_only_a_list_of_who_may_come_in_keeps_strangers_out(vendor, settings, state):
    """That shuts out the owner's own devices as well, so it is his to switch on."""
    found = {one.key: one for one in checks.findings(evidence(vendor=vendor, settings=settings))}.get("address-filter")
    if state is None:
        assert found is None
        return
    assert found.state is state
    assert found.remedy is None
    assert "Firewall" in found.fix or "IP" in found.fix


def test_what_the_api_can_mend_carries_its_remedy_and_what_it_cannot_its_menu():
    found = {one.key: one for one in checks.findings(evidence(settings=BAD))}
    assert found["p2p"].remedy == Remedy(kind=RemedyKind.SERVICE_OFF, camera=CAM, subject="p2p")
    assert found["onvif-open"].remedy == Remedy(kind=RemedyKind.SERVICE_ON, camera=CAM, subject="onvif-login")
    assert found["ntp"].remedy == Remedy(kind=RemedyKind.USE_NTP, camera=CAM, value="192.168.1.1")
    assert found["p2p"].is_automatic
    assert found["email-clear"].remedy is None
    assert "SMTP" in found["email-clear"].fix
    unable = {one.key: one for one in checks.findings(evidence(settings=BAD, can=NOTHING))}
    assert {one.remedy for one in unable.values()} == {None}
    assert unable["p2p"].fix == "Setup → Network → P2P (newer: Network → Platform Access → P2P)"


def test_an_open_port_counts_more_than_the_settings_and_a_closed_one_where_they_are_silent():
    assert one_of(evidence(settings=GOOD, open_ports={23: True, 22: False}), "telnet").state is FOUND
    assert one_of(evidence(open_ports={23: False, 22: False}), "telnet").state is OK
    assert one_of(evidence(open_ports={22: True}), "ssh").state is FOUND
    assert one_of(evidence(settings=BAD, open_ports={23: False}), "telnet").state is FOUND


def test_what_the_client_reads_counts_where_the_settings_are_silent():
    states = state_of(evidence(services={Service.P2P: True, Service.UPNP: False, Service.LOCKOUT: False}))
    assert (states["p2p"], states["upnp"], states["lockout"]) == (FOUND, OK, FOUND)


def test_the_recorded_foscam_is_seen_as_it_was(test_data):
    """`get_params.cgi` of firmware 11.22.2.38: the account test has the password test, FTP is set up, NTP is on."""
    folder = test_data / "tapes/foscam-mjpeg/foscam-ruby-11.22.2.38"
    params = foscam_mjpeg_reply.variables((folder / "get_params.cgi.txt").read_bytes(), "the tape")
    status = foscam_mjpeg_reply.variables((folder / "get_status.cgi.txt").read_bytes(), "the tape")
    told = foscam_mjpeg_reply.settings(params, "params")
    found = evidence(
        vendor=Vendor.FOSCAM_MJPEG,
        tls=False,
        user="my_username",
        identity=foscam_mjpeg_reply.identity(status),
        accounts=foscam_mjpeg_reply.accounts(params),
        settings={one.key: one.value for one in told if not one.is_secret},
        status_open=True,
    )
    states = state_of(found)
    assert states["account-extra/test"] is FOUND
    assert states["firmware/CVE-2013-2560"] is FOUND
    assert states["firmware/CVE-2014-1911"] is UNKNOWN  # it does not tell whether it is an FI8910W
    assert (states["upnp"], states["ddns"], states["ntp"], states["email-clear"]) == (OK, OK, OK, OK)
    assert (states["ftp-clear"], states["status-open"], states["http-clear"]) == (FOUND, FOUND, FOUND)
    assert states["internet"] is UNKNOWN  # no gateway is set, because DHCP gives it one
    assert "snmp" not in states


def test_the_recorded_reolink_offers_rtmp_and_https(test_data):
    batch = json.loads((test_data / "tapes/reolink/rlc-822a-v3.1.0.956/batch.json").read_text())
    [value] = [one["value"] for one in batch if one["cmd"] == "GetNetPort"]
    told = reolink_config.section_settings(reolink_config.Section(name="NetPort", channel=None), value)
    [info] = [one["value"] for one in batch if one["cmd"] == "GetDevInfo"]
    found = evidence(
        vendor=Vendor.REOLINK,
        identity=reolink_reply.identity(info, {}),
        settings={one.key: one.value for one in told},
    )
    states = state_of(found)
    assert (states["rtmp"], states["credentials-in-url"], states["https-off"]) == (FOUND, FOUND, OK)
    assert states["firmware"] is UNKNOWN  # the RLC-822A is in no row of the table
    assert states["p2p"] is UNKNOWN


def onvif_settings(folder, *operations: str) -> dict[str, str]:
    found = {}
    for section in SECTIONS:
        if section.operation in operations:
            got = answer(200, "application/soap+xml", (folder / f"{section.operation}.xml").read_bytes())
            found |= {one.key: one.value for one in section_settings(section, got)}
    return found


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("axis-q6045e-5.55", {"https-off": FOUND, "ntp": FOUND}),
        ("hikvision-ds2df7276-5.1.6", {"https-off": UNKNOWN, "ntp": FOUND}),
        ("trendnet-tvip320pi-5.3.4", {"https-off": FOUND, "ntp": OK}),
        ("reolink-e1zoom-3.1.0.2649", {"ntp": OK}),
    ],
)
def test_recorded_onvif_cameras_are_seen_as_they_were(test_data, device, expected):
    """HTTPS and NTP as GetNetworkProtocols and GetSystemDateAndTime of the tapes tell them; the Hikvision lists no HTTPS."""
    told = onvif_settings(test_data / "tapes/onvif" / device, "GetNetworkProtocols", "GetSystemDateAndTime")
    states = state_of(evidence(vendor=Vendor.ONVIF, settings=told))
    assert {key: states[key] for key in expected} == expected


def test_an_onvif_camera_is_read_in_universal_time():
    reading = ClockReading(local_us=LocalUs(NOW), at_us=NOW, error_us=0)
    assert one_of(evidence(vendor=Vendor.ONVIF, clock=reading, utc_offset_us=3600 * US_PER_S), "clock").state is OK
    assert one_of(evidence(vendor=Vendor.DAHUA, clock=reading, utc_offset_us=3600 * US_PER_S), "clock").state is FOUND


@pytest.mark.parametrize(
    ("lock", "times", "state"), [("0", "5", FOUND), ("1", "5", OK), ("1", "100", FOUND), ("1", "?", UNKNOWN)]
)
def test_a_reolink_locks_after_a_few_wrong_passwords_or_it_is_found(lock, times, state):
    told = {"SysCfg.loginLock": lock, "SysCfg.allowedTimes": times, "SysCfg.LockTime": "300"}
    assert one_of(evidence(vendor=Vendor.REOLINK, settings=told), "lockout").state is state


def test_the_recorded_dahua_settings_are_read_by_the_names_the_tables_use(test_data):
    """Names of our table are those of `getConfig`: the tape's own keys pass through the same function."""
    tape = (test_data / "tapes/dahua/dahua-ipc-hdw5831r/getConfig-MotionDetect.txt").read_text().splitlines()
    pairs = dict(line.split("=", 1) for line in tape if "=" in line)
    assert {one.key for one in dahua_config.table_settings(pairs)} >= {"MotionDetect[0].Enable"}


def test_accounts_that_are_not_ours_are_named_and_factory_ones_of_old_dahuas_too():
    accounts = (
        Account(name="admin", group="admin", is_admin=True, is_built_in=True),
        Account(name="hearthwatch", group="user", is_admin=False, is_built_in=False),
        Account(name="888888", group="admin", is_admin=True, is_built_in=True),
        Account(name="default", group="user", is_admin=False, is_built_in=True),
        Account(name="b\x1bob" + "x" * 100, group="admin", is_admin=True, is_built_in=False),
    )
    keys = [one.key for one in checks.findings(evidence(accounts=accounts)) if one.check is CheckId.ACCOUNT_EXTRA]
    assert keys[0] == "account-extra/888888"
    assert len(keys) == 2
    assert "\x1b" not in keys[1]
    assert len(keys[1]) < 80
    crowd = tuple(Account(name=f"n{n}", group="g\x1b[2J", is_admin=False, is_built_in=False) for n in range(500))
    many = [one for one in checks.findings(evidence(accounts=crowd)) if one.check is CheckId.ACCOUNT_EXTRA]
    assert len(many) == 32
    assert "\x1b" not in many[0].saw
    only_ours = accounts[:2]
    assert one_of(evidence(accounts=only_ours), "account-extra").state is OK


def test_removing_an_account_or_changing_a_password_stays_the_owners_decision():
    facts = PasswordFacts(is_set=True, weakness="there is none", shared_with=(CameraId("gate"),))
    extra = (Account(name="eve", group="admin", is_admin=True, is_built_in=False),)
    found = {one.key: one for one in checks.findings(evidence(password=facts, accounts=extra, told_passwords={"eve": "weak"}))}
    for key in ("password", "password-shared", "account-extra/eve", "account-password/eve"):
        assert found[key].state is FOUND
        assert found[key].remedy is not None
        assert not found[key].is_automatic


@pytest.mark.parametrize(
    ("ahead_s", "state", "grade", "words"),
    [
        (3600.0, OK, Grade.WEAK, "right"),
        (3600.0 + 30, OK, Grade.WEAK, "30 s"),
        (3600.0 - 95, FOUND, Grade.WEAK, "1 min 35 s behind"),
        (7200.0 + 5, FOUND, Grade.HINT, "another zone"),
        (-1_795_000_000.0, FOUND, Grade.WEAK, "days behind"),
    ],
)
def test_the_clock_is_held_against_the_homes(ahead_s, state, grade, words):
    reading = ClockReading(local_us=LocalUs(round(NOW + ahead_s * US_PER_S)), at_us=NOW, error_us=0)
    finding = one_of(evidence(clock=reading, utc_offset_us=3600 * US_PER_S), "clock")
    assert (finding.state, finding.grade) == (state, grade)
    assert words in finding.saw
    assert (finding.remedy is not None) == (state is FOUND and grade is Grade.WEAK)  # setting it does not mend a wrong zone


@pytest.mark.parametrize(
    ("before", "after", "bits", "state"),
    [
        (dt.date(2026, 1, 1), dt.date(2028, 1, 1), 2048, OK),
        (dt.date(2026, 1, 1), dt.date(2028, 1, 1), 0, OK),
        (dt.date(2010, 1, 1), dt.date(2020, 1, 1), 2048, FOUND),
        (dt.date(2026, 1, 1), dt.date(2026, 12, 1), 2048, FOUND),
        (dt.date(2026, 1, 1), dt.date(2028, 1, 1), 1024, FOUND),
    ],
)
def test_the_certificates_age_and_key(before, after, bits, state):
    shown = Certificate(not_before=before, not_after=after, key_bits=bits)
    assert one_of(evidence(certificate=shown), "certificate").state is state


def test_a_certificate_that_could_not_be_read_is_unknown_and_without_https_there_is_none():
    assert one_of(evidence(), "certificate").state is UNKNOWN
    assert "certificate" not in state_of(evidence(tls=False))


def test_the_way_to_the_internet():
    fixed = {"Network.eth0.DhcpEnable": "false", "Network.eth0.DefaultGateway": "192.168.1.1"}
    assert one_of(evidence(settings={"T2UServer.Enable": "true"}), "internet").state is FOUND
    assert one_of(evidence(settings=fixed | {"T2UServer.Enable": "false"}), "internet").state is UNKNOWN
    assert one_of(evidence(settings=fixed | {"Network.eth0.DefaultGateway": ""}), "internet").state is OK
    dhcp = {"Network.eth0.DhcpEnable": "true", "Network.eth0.DefaultGateway": ""}
    assert one_of(evidence(settings=dhcp), "internet").state is UNKNOWN


def test_a_hikvision_asked_by_onvif_has_its_own_menus_and_the_alarm_that_nobody_can_see():
    """The recorded DS-2DF7276-AEL, V5.1.6 build 140401."""
    identity = DeviceIdentity(vendor="HIKVISION", model="DS-2DF7276-AEL", firmware="V5.1.6 build 140401")
    found = evidence(vendor=Vendor.ONVIF, identity=identity)
    states = state_of(found)
    assert states["access-alarm"] is UNKNOWN
    assert "Illegal Login" in one_of(found, "access-alarm").fix
    assert states["firmware/CVE-2021-36260"] is FOUND
    assert states["firmware/CVE-2017-7921"] is UNKNOWN  # built before the first version that is named
    assert family_of(Vendor.ONVIF, "TRENDnet") is family_of(Vendor.ONVIF, "Hikvision")
    assert "access-alarm" not in state_of(replace(found, identity=DeviceIdentity(vendor="AXIS", model="Q6045-E")))


def test_a_camera_that_does_not_answer_leaves_what_is_known_of_its_password():
    silent = checks.stored_password(evidence(password=PasswordFacts(is_set=True, weakness="there is none")))
    assert [one.key for one in silent] == ["password", "password-shared"]
    assert one_of(evidence(password=PasswordFacts(is_set=False)), "password").state is UNKNOWN


def test_every_finding_can_be_read_and_says_what_to_do():
    for vendor in (Vendor.DAHUA, Vendor.FOSCAM_MJPEG, Vendor.FOSCAM_HD, Vendor.REOLINK, Vendor.ONVIF):
        for settings_ in (None, {}, BAD):
            for one in checks.findings(evidence(vendor=vendor, settings=settings_, tls=False)):
                assert one.title
                assert one.saw.endswith("."), one
                assert one.why.endswith("."), one
                assert one.fix


def test_the_score_falls_with_what_is_bad_and_rises_with_each_thing_put_right_or_accepted():
    bad, good = checks.findings(evidence(settings=BAD)), checks.findings(evidence(settings=GOOD))
    assert score(bad) < 25 < score(good) < 100
    accepted = tuple(replace(one, accepted=True) for one in bad)
    assert score(accepted) == 100
    one_less = tuple(replace(one, state=OK) if one.key == "p2p" else one for one in bad)
    assert score(one_less) > score(bad)
    assert score(replace(one, state=UNKNOWN) if one.key == "p2p" else one for one in good) < score(good)


@pytest.mark.long
@settings(max_examples=40)
@given(
    st.dictionaries(st.sampled_from([*sorted(BAD), "params.ip", "P2p.enable", "", "x" * 300]), st.text(max_size=40)),
    st.sampled_from([Vendor.DAHUA, Vendor.FOSCAM_MJPEG, Vendor.FOSCAM_HD, Vendor.REOLINK, Vendor.ONVIF]),
    st.text(max_size=80),
)
def test_whatever_a_camera_says_is_judged(said, vendor, text):
    identity = DeviceIdentity(vendor=text, model=text, firmware=text, hardware=text)
    accounts = (Account(name=text or "?", group=text, is_admin=False, is_built_in=False),)
    found = checks.findings(evidence(vendor=vendor, settings=said, identity=identity, accounts=accounts))
    assert 0 <= score(found) <= 100
    assert len({one.key for one in found}) == len(found)
