"""Every recorded ONVIF reply, parsed to what the index of the tapes says about it.

The index is the expectation: each kind of reply is parsed and written down in the index's own words, and has to be equal. Where
the index is wrong the bytes decide, and `WRONG_ROWS` says how.
"""

from __future__ import annotations

import ast
import base64
import csv
import json
import re
from collections.abc import Callable
from html import escape
from pathlib import Path
from urllib.parse import unquote

import pytest

from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, Unsupported
from hearthwatch.kit.units import US_PER_S, WallUs, to_datetime
from hearthwatch.vendors import onvif_discovery, onvif_event, onvif_media, onvif_network, onvif_reply, onvif_services
from hearthwatch.vendors.device import AlarmKind, AlarmPhase, LocalUs
from hearthwatch.vendors.onvif_settings import SECTIONS, Section, section_settings
from hearthwatch.vendors.onvif_soap import Answer, answer, content_of, fault_of
from hearthwatch.vendors.onvif_xml import Element, parse

COUNT = 144
WRONG_ROWS = {
    # the branch OperatingTime stands there three times
    "trendnet-tvip320pi-5.3.4/GetEventProperties.xml": ("52 topics", "50 topics"),
    # the index counts blanks around the base64
    "trendnet-tvip320pi-5.3.4/GetAccessPolicy.xml": ("28 characters", "12 characters"),
    "hikvision-ds2df7276-5.1.6/GetAccessPolicy.xml": ("28 characters", "12 characters"),
    "axis-q6045e-5.55/GetAccessPolicy.xml": ("9496 characters", "9480 characters"),
    # the index leaves out the detail, a time
    "axis-q6045e-5.55/CreatePullPointSubscription.fault.xml": ("reason text)", "reason text) | 2018-02-24T15:57:29Z"),
}


def rows(folder: Path) -> dict[str, str]:
    """The index, by path in the family's folder."""
    with (folder.parent / "INDEX.csv").open(encoding="utf-8", newline="") as file:
        found = {
            row["file"].removeprefix("onvif/"): row["expected"] for row in csv.DictReader(file) if row["family"] == "onvif"
        }
    for name, (wrong, right) in WRONG_ROWS.items():
        assert wrong in found[name]
        found[name] = found[name].replace(wrong, right)
    return found


def good(body: bytes) -> Answer:
    return answer(200, "application/soap+xml", body)


def device(body: bytes) -> str:
    found = onvif_reply.identity(good(body).content)
    return (
        f'Manufacturer "{found.vendor}", Model "{found.model}", FirmwareVersion "{found.firmware}", '
        f'SerialNumber "{found.serial}", HardwareId "{found.hardware}"'
    )


def matches(body: bytes) -> str:
    match = parse(body).find("Body", "ProbeMatches", "ProbeMatch")
    assert match is not None
    doors = onvif_discovery.addresses(match)
    [camera] = onvif_discovery.probe_matches(body, "192.168.0.209")
    assert (camera.host, camera.port, camera.tls, camera.name) == ("192.168.0.209", 80, False, "AXIS M2025-LE")
    assert camera.endpoint == "urn:uuid:3ea96f68-b845-4c0b-87cf-eee904c4be65"
    return f"WS-Discovery ProbeMatches: XAddrs {list(doors)}, scopes {len(camera.scopes)}"


def profiles(body: bytes) -> str:
    found = onvif_media.profiles(good(body).content)
    return f"{len(found)} media profiles: " + ", ".join(f"{one.token}={one.name}" for one in found)


def services(body: bytes) -> str:
    found = onvif_services.services(good(body).content)
    return f"{len(found)} services; events XAddr {found['http://www.onvif.org/ver10/events/wsdl']}"


def address(body: bytes) -> str:
    content = good(body).content
    media = content.find("MediaUri") or content
    connect, timeout = (media.said(name) or "(absent)" for name in ("InvalidAfterConnect", "Timeout"))
    return f"Uri {onvif_media.media_uri(content)}; InvalidAfterConnect {connect}, Timeout {timeout}"


def shown(one: onvif_event.Notification) -> str:
    items = ", ".join(f"{name}={value}" for name, value in (*one.source, *one.key, *one.data))
    return f"{one.topic} [{one.operation} {one.utc}] {items}"


def metadata(body: bytes) -> str:
    found = onvif_event.notifications(parse(body))
    if not found:
        return "empty metadata stream: 0 notifications"
    return f"{len(found)} notification(s): " + " ;; ".join(map(shown, found))


def pulled(body: bytes) -> str:
    found = onvif_event.notifications(good(body).content)
    return f"{len(found)} notifications: " + " ;; ".join(map(shown, found))


def zeep(body: bytes) -> str:
    """The notification of a library's dump, written as the camera must have sent it."""
    [said] = json.loads(body)
    message = said["Message"]["_value_1"]

    def items(part: str) -> str:
        there = (message[part] or {}).get("SimpleItem", [])
        return (
            f"<tt:{part}>"
            + "".join(f'<tt:SimpleItem Name="{one["Name"]}" Value="{one["Value"]}"/>' for one in there)
            + f"</tt:{part}>"
        )

    head = f'<tt:Message UtcTime="{message["UtcTime"]}" PropertyOperation="{message["PropertyOperation"]}">'
    xml = (
        "<tev:PullMessagesResponse><wsnt:NotificationMessage>"
        f"<wsnt:Topic>{escape(said['Topic']['_value_1'])}</wsnt:Topic><wsnt:Message>{head}"
        f"{items('Source')}{items('Key')}{items('Data')}</tt:Message></wsnt:Message>"
        "</wsnt:NotificationMessage></tev:PullMessagesResponse>"
    )
    [one] = onvif_event.notifications(parse(xml.encode()))
    [(_, source)], [(name, value)] = one.source, one.data
    return f"1 notifications: {one.topic} [{one.operation} {one.utc}] {source} -> {name}={value}"


def topics(body: bytes) -> str:
    return f"{len(onvif_services.topics(good(body).content))} topics"


def instances(body: bytes) -> str:
    found = onvif_services.topics(good(body).content)
    return f"VAPIX event instance list: {len(found)} topics"


def policy(body: bytes) -> str:
    size = len(base64.b64encode(onvif_reply.access_policy(good(body))))
    return f"access policy file (base64, {size} characters)"


def fault(body: bytes) -> str:
    found = fault_of(content_of(parse(body)))
    assert found is not None
    said = found.reason or "(empty reason text)"
    return f"SOAP FAULT {'/'.join(found.codes)}: {said}" + (f" | {found.detail}" if found.detail else "")


def capabilities(body: bytes) -> str:
    content = good(body).content
    events = onvif_services.capabilities(content)["http://www.onvif.org/ver10/events/wsdl"]
    pull = content.said("Capabilities", "Events", "WSPullPointSupport")
    logs = content.said("Capabilities", "Device", "System", "SystemLogging")
    return f"events XAddr {events}, WSPullPointSupport {pull}, SystemLogging {logs}"


def event_capabilities(body: bytes) -> str:
    found = section_settings(section("GetServiceCapabilities"), good(body))
    return f"capabilities { {one.key.removeprefix('Events.'): one.value for one in found} }"


def section(operation: str) -> Section:
    return next(one for one in SECTIONS if one.operation == operation)


def ntp(body: bytes) -> str:
    found = onvif_reply.time_servers(good(body).content)
    return f"FromDHCP {str(found.from_dhcp).lower()}, servers {', '.join(found.servers)}"


def interfaces(body: bytes) -> str:
    [found] = onvif_reply.interfaces(good(body).content)
    return f"HwAddress {found.mac}, IPv4 {', '.join(found.addresses)}"


def protocols(body: bytes) -> str:
    found = onvif_reply.protocols(good(body).content)
    return "; ".join(f"{one.name} enabled={str(one.is_enabled).lower()} ports {','.join(map(str, one.ports))}" for one in found)


def scopes(body: bytes) -> str:
    found = onvif_reply.scopes(good(body).content)
    return f"{len(found)} scopes: " + ", ".join(found)


def clock(body: bytes) -> str:
    found = onvif_reply.date_and_time(good(body).content)

    def said(at: int | None) -> str:
        if at is None:
            return "(absent)"
        when = to_datetime(WallUs(at))
        return f"{when.year}-{when.month}-{when.day} {when.hour}:{when.minute}:{when.second}"

    kind, summer = "NTP" if found.by_ntp else "Manual", str(found.summer_time).lower()
    return f'DateTimeType {kind}, DaylightSavings {summer}, TZ "{found.zone}", UTC {said(found.utc_us)}, local {said(found.local_us)}'


def users(body: bytes) -> str:
    found = onvif_reply.accounts(good(body).content)
    assert [one.is_admin for one in found] == [one.group == "Administrator" for one in found]
    return f"{len(found)} accounts: " + ", ".join(f"{one.name} ({one.group})" for one in found)


def subscription(body: bytes) -> str:
    content = good(body).content
    found = onvif_services.subscription(content)
    parameters = [(one.name, one.text) for one in found.parameters]
    now, end = content.said("CurrentTime"), content.said("TerminationTime")
    lives_us = onvif_services.lives_us(content, LocalUs(0))
    assert lives_us == onvif_reply.instant(end) - onvif_reply.instant(now)  # type: ignore[operator]
    return f"subscription address {found.address}, reference parameters {parameters or 'none'}, CurrentTime {now}, TerminationTime {end}"


def log(body: bytes) -> str:
    got = good(body)
    assert onvif_reply.system_log(got) == ""
    return f'log as String: "{got.content.said("SystemLog", "String")}"'


KINDS: tuple[tuple[str, Callable[[bytes], str]], ...] = (
    (r".*\.fault\.xml", fault),
    (r".*/(GetDeviceInformation|deviceInfo|get_device_information)\.xml", device),
    (r".*/probeResponse\.xml", matches),
    (r".*/(profiles|GetProfiles)\.xml", profiles),
    (r".*/(services|GetServices)\.xml", services),
    (r".*/(snapshot|stream|GetSnapshotUri|GetStreamUri)\.xml", address),
    (r"axis-metadata/event_instance.*\.xml", instances),
    (r"axis-metadata/.*\.xml", metadata),
    (r".*/(PullMessages|pull_messages)\.xml", pulled),
    (r"zeep-.*/notifications\.json", zeep),
    (r".*/(GetEventProperties|get_event_properties)\.xml", topics),
    (r".*/GetAccessPolicy\.xml", policy),
    (r".*/GetCapabilities\.xml", capabilities),
    (r".*/(GetServiceCapabilities-events|get_event_service_capabilities)\.xml", event_capabilities),
    (r".*/(GetNTP|get_ntp)\.xml", ntp),
    (r".*/GetNetworkInterfaces\.xml", interfaces),
    (r".*/(GetNetworkProtocols|get_network_protocols)\.xml", protocols),
    (r".*/(GetScopes|get_scopes)\.xml", scopes),
    (r".*/(GetSystemDateAndTime|get_system_date_and_time)\.xml", clock),
    (r".*/GetUsers\.xml", users),
    (r".*/(CreatePullPointSubscription|create_pull_point_subscription)\.xml", subscription),
    (r".*/GetSystemLog\.xml", log),
)


def reader_of(name: str) -> Callable[[bytes], str] | None:
    return next((reader for pattern, reader in KINDS if re.fullmatch(pattern, name)), None)


def plain(expected: str, reader: Callable[[bytes], str]) -> str:
    """The expectation as far as the reply itself goes: without remarks, and in our spelling of addresses."""
    expected = re.sub(r"^HTTP \d+; ", "", expected)
    if reader is interfaces:
        found = re.fullmatch(r"HwAddress (\S+), IPv4 (.*)", expected)
        assert found
        return f"HwAddress {onvif_reply.mac_of(found[1])}, IPv4 {', '.join(dict.fromkeys(found[2].split(', ')))}"
    if reader in {topics, instances}:
        return expected.split("; e.g.")[0]
    if reader is event_capabilities:
        found = re.match(r"capabilities (\{.*?\})", expected)
        assert found
        return f"capabilities {ast.literal_eval(found[1])}"
    if reader is scopes:
        return unquote(expected)
    return expected if reader is fault else re.split(r" - (?=[a-zS])", expected)[0].rstrip()


@pytest.fixture(scope="module")
def tapes(test_data: Path) -> Path:
    return test_data / "tapes" / "onvif"


def test_every_tape_is_in_the_index_and_is_read_here(tapes: Path) -> None:
    there = {path.relative_to(tapes).as_posix() for path in tapes.glob("*/*") if path.name != "INDEX.csv"}
    assert there == set(rows(tapes))
    assert len(there) == COUNT
    assert {name for name in there if reader_of(name) is None} == set()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "place" in metafunc.fixturenames:
        metafunc.parametrize("place", range(COUNT))


def test_tape(tapes: Path, place: int) -> None:
    name, expected = sorted(rows(tapes).items())[place]
    reader = reader_of(name)
    assert reader is not None
    assert reader((tapes / name).read_bytes()).rstrip() == plain(expected, reader)


TOPICS = "*/GetEventProperties.xml", "*/get_event_properties.xml", "axis-metadata/event_instance*.xml"


def test_topics_that_the_index_names_are_offered_and_those_about_log_ins_understood(tapes: Path) -> None:
    places = [path for pattern in TOPICS for path in tapes.glob(pattern)]
    assert len(places) == 11
    for path in places:
        expected = rows(tapes)[path.relative_to(tapes).as_posix()]
        offered = onvif_services.topics(good(path.read_bytes()).content)
        bare = {re.sub(r"[^/:]*:", "", topic) for topic in offered}
        named = expected.split("; e.g. ")[1].split(" | ")[0].split(", ")
        assert set(named) <= bare
        login = {topic for topic in offered if onvif_event.kind_of(topic) is AlarmKind.LOGIN_FAILED}
        assert ("IllegalAccess" in expected or "BlockedIP" in expected) == bool(login)
        assert {re.sub(r"[^/:]*:", "", topic) for topic in login} <= {"UserAlarm/IllegalAccess", "Device/Network/BlockedIP"}


def test_a_branch_of_a_vendor_may_have_any_prefix(tapes: Path) -> None:
    """The index says tnshik; the bytes of this camera say tnsn."""
    offered = onvif_services.topics(good((tapes / "trendnet-tvip320pi-5.3.4/GetEventProperties.xml").read_bytes()).content)
    assert "tns1:UserAlarm/tnsn:IllegalAccess" in offered
    assert onvif_event.kind_of("tns1:UserAlarm/tnsn:IllegalAccess") is AlarmKind.LOGIN_FAILED


def test_statuses_of_recorded_faults_and_what_they_are_to_us(tapes: Path) -> None:
    kinds: dict[type[HearthwatchError], set[str]] = {}
    for name, expected in rows(tapes).items():
        if name.endswith(".fault.xml"):
            status = int(found[1]) if (found := re.match(r"HTTP (\d+)", expected)) else 500
            with pytest.raises(HearthwatchError) as raised:
                answer(status, "application/soap+xml", (tapes / name).read_bytes())
            kinds.setdefault(type(raised.value), set()).add(
                name.split("/")[0].split("-")[0] + "/" + name.split("/")[1].split(".")[0]
            )
    assert kinds.pop(Refused) == {"trendnet/GetDeviceInformation"}
    assert kinds.pop(Unsupported) == {
        "axis/GetAuthFailureWarningConfiguration",
        "axis/GetSystemLog",
        "bosch/GetAccessPolicy",
        "reolink/GetAccessPolicy",
        "reolink/GetAuthFailureWarningConfiguration",
        "reolink/GetRemoteUser",
    }
    assert kinds.pop(BadReply) == {
        "axis/CreatePullPointSubscription",
        "axis/GetRemoteUser",
        "axis/GetServices",
        "axis/PullMessages",
        "bosch/GetAuthFailureWarningConfiguration",
        "bosch/GetRemoteUser",
        "hikvision/GetServices",
        "trendnet/GetServices",
    }
    assert not kinds


def alarms(path: Path) -> list[tuple[AlarmKind, AlarmPhase, int]]:
    found = onvif_event.notifications(parse(path.read_bytes()))
    signals = [onvif_event.signal(one, {"VideoSource_1": 0}) for one in found]
    assert [one.code for one in signals] == [one.topic for one in found]
    return [(one.kind, one.phase, one.channel) for one in signals]


def test_what_is_told_when_we_begin_to_listen_alerts_nobody(tapes: Path) -> None:
    assert alarms(tapes / "ex-onvif-mixed/pull_messages.xml") == [
        (AlarmKind.MOTION, AlarmPhase.STATE, 0),
        (AlarmKind.MOTION, AlarmPhase.STATE, 0),
        (AlarmKind.TAMPER, AlarmPhase.STATE, 0),
        (AlarmKind.OTHER, AlarmPhase.STATE, 0),
        (AlarmKind.CROSSING, AlarmPhase.STATE, 0),
        (AlarmKind.RESTARTED, AlarmPhase.STATE, -1),
        (AlarmKind.RESTARTED, AlarmPhase.STATE, -1),
        (AlarmKind.CLOCK_SET, AlarmPhase.STATE, -1),
    ]


def test_changes_of_real_cameras(tapes: Path) -> None:
    assert alarms(tapes / "axis-metadata/vmd4_any_change.xml") == [(AlarmKind.MOTION, AlarmPhase.START, 0)]
    assert alarms(tapes / "axis-metadata/ptz_move_start.xml") == [(AlarmKind.OTHER, AlarmPhase.START, -1)]
    assert alarms(tapes / "trendnet-tvip320pi-5.3.4/PullMessages.xml") == [(AlarmKind.OTHER, AlarmPhase.PULSE, -1)]
    [one] = onvif_event.notifications(parse((tapes / "axis-metadata/vmd4_any_change.xml").read_bytes()))
    assert onvif_event.signal(one, {}).at_us == 1_552_435_410 * US_PER_S + 256_687


def test_kinds_of_the_recorded_metadata(tapes: Path) -> None:
    kinds = {path.stem: [kind for kind, *_ in alarms(path)] for path in (tapes / "axis-metadata").glob("*.xml")}
    assert {name: found[0] for name, found in kinds.items() if found and found[0] is not AlarmKind.OTHER} == {
        "audio_init": AlarmKind.AUDIO,
        "fence_guard_init": AlarmKind.CROSSING,
        "global_scene_change": AlarmKind.TAMPER,
        "motion_guard_init": AlarmKind.MOTION,
        "object_analytics_init": AlarmKind.MOTION,
        "port_0_init": AlarmKind.INPUT,
        "vmd4_any_change": AlarmKind.MOTION,
        "vmd4_any_init": AlarmKind.MOTION,
        "vmd4_c1p1_init": AlarmKind.MOTION,
    }


def test_a_serial_number_that_is_the_address_without_dots_is_none(tapes: Path) -> None:
    folder = tapes / "reolink-e1zoom-3.1.0.2649"
    info, network = (
        good((folder / f"{name}.xml").read_bytes()).content for name in ("GetDeviceInformation", "GetNetworkInterfaces")
    )
    assert onvif_reply.identity(info, host="192.168.2.61").serial == ""
    found = onvif_reply.identity(info, interfaces=onvif_reply.interfaces(network), host="camera.lan")
    assert (found.serial, found.mac, found.key) == ("", "ec:71:db:46:5a:f7", "ec:71:db:46:5a:f7")
    assert str(found.build_date) == "2023-08-31"


def test_where_real_cameras_stand_in_the_network(tapes: Path) -> None:
    def content(name: str, operation: str) -> Element:
        return good((tapes / name / f"{operation}.xml").read_bytes()).content

    found = {}
    for path in tapes.glob("*/GetNetworkInterfaces.xml"):
        name = path.parent.name
        wire = onvif_network.wire(content(name, "GetNetworkInterfaces"), "")
        network = onvif_network.network(wire, gateway=None, dns=None, doors=content(name, "GetNetworkProtocols"))
        assert (network.http_port, network.https_port, network.rtsp_port) == (80, 443, 554)
        found[name.split("-")[0] + name[-2:]] = (wire.token, wire.address, wire.netmask, wire.is_dhcp)
    assert found == {
        "axis60": ("eth0", "192.168.2.82", "255.255.255.0", True),
        "bosch70": ("1", "192.168.2.200", "255.255.255.0", True),
        "bosch80": ("1", "192.168.2.57", "255.255.255.0", True),
        "reolink49": ("eth0", "192.168.2.61", "255.255.255.0", True),
    }


def test_build_dates_of_hikvision_and_its_kin(tapes: Path) -> None:
    for name, date in (("hikvision-ds2df7276-5.1.6", "2014-04-01"), ("trendnet-tvip320pi-5.3.4", "2016-08-30")):
        found = onvif_reply.identity(good((tapes / name / "GetDeviceInformation.xml").read_bytes()).content)
        assert str(found.build_date) == date


def test_the_token_that_a_camera_echoes_is_in_no_sample(tapes: Path) -> None:
    body = (tapes / "reolink-e1zoom-3.1.0.2649/GetUsers.xml").read_bytes()
    assert b"xxxxxxxxxxxxxxxxxxxxxxxxxxx=" in body
    body = re.sub(rb"(<SOAP-ENV:Envelope) [^>]*>", rb"\1>", body)  # so that the token is near enough to the beginning
    with pytest.raises(BadReply) as raised:
        answer(200, "", body.replace(b"</SOAP-ENV:Body>", b"</oops>"))
    assert raised.value.sample
    assert b"xxxx" not in raised.value.sample
    assert b"service" in raised.value.sample  # who asked is no secret


def test_streams_lead_to_the_host_we_know(tapes: Path) -> None:
    folder = tapes / "reolink-e1zoom-3.1.0.2649"
    main, sub = onvif_media.of_channel(onvif_media.profiles(good((folder / "GetProfiles.xml").read_bytes()).content), 0)
    address = onvif_media.media_uri(good((folder / "GetStreamUri.xml").read_bytes()).content)
    found = onvif_media.stream(sub, 1, address, "203.0.113.7")
    assert (found.name, found.url, found.codec, found.width_px, found.height_px) == (
        "sub",
        "rtsp://203.0.113.7:554/",
        "H264",
        640,
        480,
    )
    assert (main.token, main.width_px, main.height_px, main.can_move) == ("000", 2048, 1536, True)


def test_a_stream_in_jpeg_comes_after_the_others(tapes: Path) -> None:
    found = onvif_media.profiles(good((tapes / "axis-p3818pve-11.9.60/GetProfiles.xml").read_bytes()).content)
    assert [one.codec for one in onvif_media.of_channel(tuple(reversed(found)), 0)] == ["H264", "JPEG"]
    assert [one.codec for one in found] == ["H264", "JPEG"]


def test_settings_that_the_audit_reads(tapes: Path) -> None:
    def settings(name: str, operation: str) -> dict[str, str]:
        body = (tapes / name).read_bytes()
        return {one.key: one.value for one in section_settings(section(operation), good(body))}

    assert settings("axis-p3818pve-11.9.60/GetNetworkProtocols.xml", "GetNetworkProtocols") == {
        "NetworkProtocols.HTTP.Name": "HTTP",
        "NetworkProtocols.HTTP.Enabled": "true",
        "NetworkProtocols.HTTP.Port": "80,0",
        "NetworkProtocols.HTTPS.Name": "HTTPS",
        "NetworkProtocols.HTTPS.Enabled": "false",
        "NetworkProtocols.HTTPS.Port": "443",
        "NetworkProtocols.RTSP.Name": "RTSP",
        "NetworkProtocols.RTSP.Enabled": "true",
        "NetworkProtocols.RTSP.Port": "554",
    }
    assert settings("axis-p3818pve-11.9.60/GetSystemDateAndTime.xml", "GetSystemDateAndTime") == {
        "SystemDateAndTime.DateTimeType": "NTP",
        "SystemDateAndTime.DaylightSavings": "true",
        "SystemDateAndTime.TimeZone.TZ": "EST5EDT,M3.2.0,M11.1.0",
    }
    assert settings("axis-p3818pve-11.9.60/GetUsers.xml", "GetUsers")["Users.harry.UserLevel"] == "Administrator"
    assert settings("axis-p3818pve-11.9.60/GetNTP.xml", "GetNTP")["NTP.NTPManual.DNSname"] == "time-a-g.nist.gov"
    profile = settings("reolink-e1zoom-3.1.0.2649/GetProfiles.xml", "GetProfiles")
    assert profile["Profiles.000.VideoEncoderConfiguration.RateControl.BitrateLimit"] == "1024"
    assert not any("UseCount" in key for key in profile)
