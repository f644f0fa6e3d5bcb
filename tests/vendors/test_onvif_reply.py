"""What no tape holds of ONVIF: the token's arithmetic, odd XML, odd dates, attachments, words of logs, answers to a search."""

from __future__ import annotations

import asyncio
import base64
import random
import uuid
from pathlib import Path

import pytest

from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.vendors import (
    onvif_discovery,
    onvif_event,
    onvif_log,
    onvif_network,
    onvif_reply,
    onvif_services,
    onvif_settings,
)
from hearthwatch.vendors.device import AlarmKind, AlarmPhase, ClockReading, LocalUs, LoginAction, Setting
from hearthwatch.vendors.network import NetworkChange
from hearthwatch.vendors.onvif_network import Wire
from hearthwatch.vendors.onvif_soap import Answer, Fault, Ns, Token, answer, envelope
from hearthwatch.vendors.onvif_xml import MAX_ELEMENTS, parse, quoted, written

NOON = LocalUs(1_763_726_400 * US_PER_S)  # 2025-11-21 12:00:00
CLOCK = ClockReading(local_us=LocalUs(NOON + 3600 * US_PER_S), at_us=WallUs(NOON), error_us=0)


def test_the_digest_of_the_programmer_s_guide() -> None:
    """The worked example of ONVIF's Application Programmer's Guide."""
    nonce = base64.b64decode("LKqI6G/AikKCQrN0zqZFlg==")
    token = Token(user="user", password=Secret("userpassword"), created="2010-09-16T07:50:45Z", nonce=nonce)
    body = envelope(Ns.DEVICE, "GetUsers", token=token)
    assert b"tuOSpGlFlIXsozq4HFNeeGeFLEI=" in body
    assert b"userpassword" not in body


def test_what_we_write_is_escaped_or_refused() -> None:
    assert quoted("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&#x27;"
    with pytest.raises(Unsupported, match="control character"):
        quoted("a\x00b")


def test_prefixes_need_no_declaration_and_what_is_given_back_keeps_its_own() -> None:
    root = parse(b'<a:x xmlns:b="urn:b"><b:y c:d="1">t<z/></b:y><tad:w e="&lt;"/></a:x>')
    assert [one.name for one in root.walk()] == ["x", "y", "z", "w"]
    assert written(root.children[0]) == '<b:y xmlns:b="urn:b"><z></z></b:y>'
    assert written(root.children[1], ' f="2"') == '<w e="&lt;" f="2"></w>'
    assert root.children[0].attribute("d") == "1"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"text",
        b"<a>",
        b"<a></b>",
        b"<a>" * 65 + b"</a>" * 65,
        b"<a>" + b"<b/>" * MAX_ELEMENTS + b"</a>",
        b"<a " + b" ".join(b"b%d='1'" % number for number in range(400)) + b"/>",
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>',
        b"<a>&b;</a>",
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        b'<?xml version="1.0" encoding="utf-16"?><a/>',
        b"<a>\xff\xfe</a>",
    ],
)
def test_sec_21_what_is_not_xml_or_too_much_of_it(body: bytes) -> None:
    with pytest.raises(BadReply):
        parse(body)


def test_blanks_before_and_nonsense_behind_a_document_do_no_harm() -> None:
    assert parse(b"\r\n\r\n<?xml version='1.0'?><a>b</a>\x00\x00garbage").text == "b"


@pytest.mark.parametrize(
    ("codes", "reason", "kind"),
    [
        (("s:Sender", "ter:NotAuthorized"), "", Refused),
        (("s:Sender", "wsse:FailedAuthentication"), "", Refused),
        (("s:Sender",), "Sender not Authorized", Refused),
        (("s:Receiver", "ter:ActionNotSupported"), "", Unsupported),
        (("s:Receiver", "ter:ActionNotSupported"), "needs authentication first", Unsupported),
        (("s:Sender",), "Method 'tds:X' not implemented", Unsupported),
        (("s:Receiver", "ter:Action"), "Action failed", BadReply),
        ((), "", BadReply),
    ],
)
def test_kinds_of_refusal(codes: tuple[str, ...], reason: str, kind: type[HearthwatchError]) -> None:
    assert type(Fault(codes=codes, reason=reason, detail="").error()) is kind


def test_a_fault_of_soap_1_1_and_one_with_status_200() -> None:
    body = b"<s:Envelope><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>unauthorized</faultstring></s:Fault></s:Body></s:Envelope>"
    with pytest.raises(Refused, match="unauthorized"):
        answer(200, "text/xml", body)


@pytest.mark.parametrize(
    ("status", "kind"), [(401, Refused), (403, Refused), (400, BadReply), (500, BadReply), (200, BadReply)]
)
def test_an_answer_without_a_body(status: int, kind: type[HearthwatchError]) -> None:
    for body in (b"", b"<s:Envelope><s:Body/></s:Envelope>"):
        with pytest.raises(kind):
            answer(status, "", body)


@pytest.mark.parametrize(
    ("text", "at_us"),
    [
        ("2025-11-21T12:00:00Z", NOON),
        ("2025-11-21T12:00:00", NOON),
        ("2025-11-21T12:00:00.5Z", NOON + 500_000),
        ("2025-11-21T12:00:00.123456789Z", NOON + 123_456),
        ("2025-11-21T14:00:00+02:00", NOON),
        ("2025-11-21T06:30:00-05:30", NOON),
        ("0000-00-00T00:00:00Z", None),
        ("2025-13-01T00:00:00Z", None),
        ("today", None),
    ],
)
def test_dates(text: str, at_us: int | None) -> None:
    assert onvif_reply.instant(text) == at_us


def test_a_date_that_cannot_be_is_none_of_an_alarm() -> None:
    for utc in ("0000-00-00T00:00:00Z", "1970-01-01T00:01:00Z", "2999-01-01T00:00:00Z"):
        one = onvif_event.Notification(topic="a/b", operation="Changed", utc=utc, source=(), key=(), data=())
        assert onvif_event.signal(one, {}).at_us is None


@pytest.mark.parametrize(
    ("topic", "operation", "data", "kind", "phase"),
    [
        ("tns1:RuleEngine/LineDetector/Crossed", "", (("ObjectId", "1"),), AlarmKind.CROSSING, AlarmPhase.PULSE),
        ("tns1:RuleEngine/MyRuleDetector/PeopleDetect", "Changed", (("State", "true"),), AlarmKind.PERSON, AlarmPhase.START),
        ("tns1:RuleEngine/MyRuleDetector/Visitor", "Changed", (("State", "false"),), AlarmKind.DOORBELL, AlarmPhase.STOP),
        ("tns1:RuleEngine/MyRuleDetector/Package", "Changed", (("State", "true"),), AlarmKind.OTHER, AlarmPhase.START),
        (
            "tns1:RuleEngine/CellMotionDetector/TpSmartEvent",
            "Changed",
            (("IsVehicle", "true"),),
            AlarmKind.VEHICLE,
            AlarmPhase.START,
        ),
        ("tns1:VideoSource/GlobalSceneChange/ImagingService", "Changed", (("State", "1"),), AlarmKind.TAMPER, AlarmPhase.START),
        ("tns1:VideoSource/ImageTooDark/ImagingService", "Changed", (("State", "true"),), AlarmKind.OTHER, AlarmPhase.START),
        ("tns1:VideoSource/tnsaxis:LiveStreamAccessed", "Changed", (("accessed", "1"),), AlarmKind.OTHER, AlarmPhase.START),
        ("tns1:Device/Trigger/DigitalInput", "Changed", (("LogicalState", "active"),), AlarmKind.INPUT, AlarmPhase.START),
        ("tns1:Device/Trigger/tnshik:AlarmIn", "Deleted", (("State", "true"),), AlarmKind.INPUT, AlarmPhase.STOP),
        ("tns1:UserAlarm/tnsn:IllegalAccess", "Changed", (("State", "true"),), AlarmKind.LOGIN_FAILED, AlarmPhase.PULSE),
        ("tns1:UserAlarm/tnshik:IllegalAccess", "Changed", (("State", "false"),), AlarmKind.LOGIN_FAILED, AlarmPhase.STATE),
        ("tns1:UserAlarm/tnshik:IllegalAccess", "Initialized", (("State", "true"),), AlarmKind.LOGIN_FAILED, AlarmPhase.STATE),
        ("tns1:Monitoring/OperatingTime/LastReboot", "Changed", (("Status", "x"),), AlarmKind.RESTARTED, AlarmPhase.PULSE),
        ("tns1:Monitoring/ProcessorUsage", "Changed", (("Value", "1"),), AlarmKind.OTHER, AlarmPhase.PULSE),
    ],
)
def test_topics(topic: str, operation: str, data: onvif_event.Items, kind: AlarmKind, phase: AlarmPhase) -> None:
    one = onvif_event.Notification(topic=topic, operation=operation, utc="", source=(), key=(), data=data)
    found = onvif_event.signal(one, {})
    assert (found.kind, found.phase, found.code) == (kind, phase, topic)


def test_who_and_where_of_an_alarm() -> None:
    def signal(topic: str, *items: tuple[str, str]) -> onvif_event.AlarmSignal:
        one = onvif_event.Notification(topic=topic, operation="", utc="", source=items, key=(), data=())
        return onvif_event.signal(one, {"lens 2": 1})

    blocked = signal("tns1:Device/tnsaxis:Network/BlockedIP", ("address", "203.0.113.9"), ("UserName", "root"))
    assert (blocked.kind, blocked.address, blocked.user, blocked.channel) == (AlarmKind.LOGIN_FAILED, "203.0.113.9", "root", -1)
    inside = signal(
        "tns1:RuleEngine/FieldDetector/ObjectsInside", ("Source", "lens 2"), ("Rule", "yard"), ("ClassTypes", "Human,Vehicle")
    )
    assert (inside.channel, inside.regions, [one.label for one in inside.objects]) == (1, ("yard",), ["human", "vehicle"])
    assert inside.text == "Source=lens 2, Rule=yard, ClassTypes=Human,Vehicle"
    assert onvif_event.topic_of(" tns1:VideoSource/MotionAlarm//. ") == "tns1:VideoSource/MotionAlarm"


def log_of(inner: str, attachments: dict[str, bytes] | None = None) -> Answer:
    content = parse(f"<x:GetSystemLogResponse><x:SystemLog>{inner}</x:SystemLog></x:GetSystemLogResponse>".encode())
    return Answer(content=content, attachments=attachments or {})


def test_forms_of_a_log() -> None:
    lines = base64.b64encode(b"one\ntwo").decode()
    assert onvif_reply.system_log(log_of(f"<t:Binary>{lines[:4]}\n{lines[4:]}</t:Binary>")) == "one\ntwo"
    beside = log_of('<t:Binary><i:Include href="cid:a%40b"/></t:Binary>', {"a@b": b"three"})
    assert onvif_reply.system_log(beside) == "three"
    assert onvif_reply.system_log(log_of("<t:String>No available system logs</t:String>")) == ""
    assert onvif_reply.system_log(log_of("")) == ""
    with pytest.raises(Unsupported, match="form of its own"):
        onvif_reply.system_log(
            log_of('<t:Binary><i:Include href="cid:a"/></t:Binary>', {"a": random.Random(1).randbytes(5000)})
        )


@pytest.mark.parametrize(
    ("line", "action", "user", "address"),
    [
        ("2025-11-21 12:30:00 User admin logged in from 192.168.1.5", LoginAction.LOGIN, "admin", "192.168.1.5"),
        ("2025-11-21 12:30:00 login failed: user=root ip=203.0.113.9:51234", LoginAction.DENIED, "root", "203.0.113.9"),
        ("2025-11-21 12:30:00 Invalid password for user 'x' from fe80::1", LoginAction.DENIED, "x", "fe80::1"),
        ("2025-11-21 12:30:00 user admin logged out", LoginAction.LOGOUT, "admin", None),
        ("2025-11-21 12:30:00 account guest was added", LoginAction.ACCOUNT_ADDED, "guest", None),
        ("2025-11-21 12:30:00 log cleared by admin", LoginAction.LOG_CLEARED, "", None),
        ("2025-11-21 12:30:00 IR lamp on", LoginAction.OTHER, "", None),
    ],
)
def test_words_of_a_log(line: str, action: LoginAction, user: str, address: str | None) -> None:
    [dated] = onvif_log.due(line, CLOCK, WallUs(0))
    found = onvif_log.login_record(dated)
    assert (found.action, found.user, found.address, found.raw) == (action, user, address, line)
    assert found.at_us == NOON - 1800 * US_PER_S


def test_a_log_is_read_from_a_time_on_and_never_without_what_has_no_date() -> None:
    text = "Nov 21 12:59:00 old\nNov 21 13:00:30 new\n\nno date\nDec 24 10:00:00 last year's\n2025-99-99 00:00:00 odd\n"
    found = list(onvif_log.due(text, CLOCK, WallUs(NOON)))
    assert [one.text for one in found] == ["Nov 21 13:00:30 new", "no date", "2025-99-99 00:00:00 odd"]
    assert found[0].at_us == NOON + 30 * US_PER_S


def test_what_is_written_to_the_camera_and_what_counts_as_kept() -> None:
    now = {
        "NetworkProtocols.HTTP.Name": "HTTP",
        "NetworkProtocols.HTTP.Enabled": "true",
        "NetworkProtocols.HTTP.Port": "80,0",
        "NTP.FromDHCP": "true",
    }

    def wish(key: str, value: str) -> list[tuple[str, str]]:
        return onvif_settings.writing([Setting(key=key, value=value, is_secret=False)], now)

    [(operation, content)] = wish("NetworkProtocols.HTTP.Enabled", "0")
    assert operation == "SetNetworkProtocols"
    assert content.endswith("<tt:Enabled>false</tt:Enabled><tt:Port>80</tt:Port></NetworkProtocols>")
    assert wish("NTP.FromDHCP", "true") == [("SetNTP", "<FromDHCP>true</FromDHCP>")]
    with pytest.raises(Unsupported, match="time server"):
        wish("NTP.FromDHCP", "false")
    with pytest.raises(Unsupported, match="has no TELNET"):
        wish("NetworkProtocols.TELNET.Enabled", "false")
    assert onvif_settings.same("NetworkProtocols.HTTP.Port", "80", "80,0")
    assert onvif_settings.same("NetworkProtocols.HTTP.Enabled", "0", "false")
    assert not onvif_settings.same("Hostname.Name", "a", "b")


def test_what_is_written_to_move_a_camera() -> None:
    of = Wire(token="eth0", is_dhcp=True, address="192.168.1.9", netmask="255.255.255.0")
    doors = parse(
        b"<x:GetNetworkProtocolsResponse><x:NetworkProtocols><t:Name>HTTPS</t:Name><t:Enabled>false</t:Enabled><t:Port>443</t:Port>"
        b"</x:NetworkProtocols></x:GetNetworkProtocolsResponse>"
    )
    now = onvif_network.network(of, gateway=None, dns=None, doors=doors)
    assert (now.address, now.is_dhcp, now.gateway, now.https_port, now.http_port) == ("192.168.1.9", True, "", 443, 0)

    def written(**wish: object) -> list[tuple[str, str]]:
        change = NetworkChange(**wish)  # type: ignore[arg-type]
        return onvif_network.writing(change, change.applied(now), of, doors)

    fixed = written(address="192.168.1.20", netmask="255.255.254.0", gateway="192.168.1.1", dns=("192.168.1.1",))
    assert [operation for operation, _ in fixed] == ["SetDNS", "SetNetworkDefaultGateway", "SetNetworkInterfaces"]
    assert (
        "<tt:Address>192.168.1.20</tt:Address><tt:PrefixLength>23</tt:PrefixLength></tt:Manual><tt:DHCP>false</tt:DHCP>"
        in fixed[2][1]
    )
    [(_, by_router)] = written(is_dhcp=True)
    assert "<tt:DHCP>true</tt:DHCP>" in by_router
    assert "Manual" not in by_router
    [(_, port)] = written(https_port=8443)
    assert "<tt:Enabled>false</tt:Enabled><tt:Port>8443</tt:Port>" in port
    for wish in ({"http_port": 81}, {"media_port": 9000}):
        with pytest.raises(Unsupported, match="not all of these ports"):
            written(**wish)
    with pytest.raises(Unsupported, match="no netmask"):
        written(address="192.168.1.20", netmask="255.0.255.0")


def test_services_and_protocols_that_lie() -> None:
    assert onvif_services.uri("http://[::1") == onvif_services.uri("javascript:x") == onvif_services.uri("http://a b/") == ""
    assert onvif_services.split("https://Cam.lan/a?b=c") == ("https", "cam.lan", 0, "/a?b=c")
    assert onvif_services.split("http://a:99999/") is None


PROBED = "axis-m2025-9.80/probeResponse.xml"


def test_an_answer_to_a_search_is_believed_about_its_sender_only(test_data: Path) -> None:
    body = (test_data / "tapes" / "onvif" / PROBED).read_bytes()
    assert onvif_discovery.probe_matches(body, "192.168.0.66") == ()
    [found] = onvif_discovery.probe_matches(body, "169.254.251.249")
    assert (found.host, found.hardware) == ("169.254.251.249", "M2025-LE")
    with pytest.raises(BadReply, match="bytes"):
        onvif_discovery.probe_matches(body + b" " * 20_000, "192.168.0.209")
    with pytest.raises(BadReply, match="no devices"):
        onvif_discovery.probe_matches(onvif_discovery.probe("tds:Device", uuid.UUID(int=1)), "192.168.0.209")


@pytest.mark.wired
async def test_a_search_asks_twice_for_each_kind_and_takes_each_device_once(test_data: Path) -> None:
    body = (test_data / "tapes" / "onvif" / PROBED).read_bytes().replace(b"192.168.0.209", b"127.0.0.1")
    asked: list[bytes] = []

    class Device(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            asked.append(data)
            for said in (b"nonsense", body):
                self.transport.sendto(said, addr)  # type: ignore[attr-defined]

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Device, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    [found] = await onvif_discovery.discover(
        rng=random.Random(1), wait_s=0.2, local_address="127.0.0.1", group=("127.0.0.1", port)
    )
    transport.close()
    assert (found.host, found.port) == ("127.0.0.1", 80)
    assert [b"dn:NetworkVideoTransmitter<" in one for one in asked] == [True, False, True, False]
    assert len({one.split(b"MessageID>")[1] for one in asked}) == 4
    with pytest.raises(Unreachable, match="cannot look for cameras"):
        await onvif_discovery.discover(rng=random.Random(1), local_address="203.0.113.1")
