"""The answers of the emulated ONVIF camera as XML: a Reolink E1 Zoom's, element for element, where it was recorded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

NAMESPACES: Mapping[str, str] = {
    "SOAP-ENV": "http://www.w3.org/2003/05/soap-envelope",
    "xsd": "http://www.w3.org/2001/XMLSchema",
    "wsa": "http://www.w3.org/2005/08/addressing",
    "wsu": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd",
    "wsse": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
    "tt": "http://www.onvif.org/ver10/schema",
    "wsrfbf": "http://docs.oasis-open.org/wsrf/bf-2",
    "wstop": "http://docs.oasis-open.org/wsn/t-1",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "timg": "http://www.onvif.org/ver20/imaging/wsdl",
    "tptz": "http://www.onvif.org/ver20/ptz/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "ter": "http://www.onvif.org/ver10/error",
    "tns1": "http://www.onvif.org/ver10/topics",
    "tnshik": "http://www.hikvision.com/2011/event/topics",
}
PREFIXES = {uri: prefix for prefix, uri in NAMESPACES.items()}
CONCRETE = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
SERVICES = {"timg": "imaging_service", "tptz": "ptz_service", "trt": "media_service", "tev": "event_service"}


def tag(name: str, *content: str, **attributes: str) -> str:
    """Return `<name …>content</name>`; content is XML already, an attribute's underscore stands for a colon."""
    written = "".join(f" {key.replace('__', ':')}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{written}>{''.join(content)}</{name}>"


def said(name: str, value: object) -> str:
    """Return an element with text."""
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    return tag(name, escape(text))


def envelope(body: str, header: str = "") -> bytes:
    spaces = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    head = tag("SOAP-ENV:Header", header) if header else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<SOAP-ENV:Envelope{spaces}>{head}<SOAP-ENV:Body>{body}</SOAP-ENV:Body></SOAP-ENV:Envelope>\n"
    ).encode()


def fault(code: str, subcodes: Sequence[str], reason: str, detail: str = "") -> str:
    inner = ""
    for subcode in reversed(subcodes):
        inner = tag("SOAP-ENV:Subcode", said("SOAP-ENV:Value", subcode), inner)
    written = tag("SOAP-ENV:Code", said("SOAP-ENV:Value", f"SOAP-ENV:{code}"), inner)
    text = tag("SOAP-ENV:Reason", tag("SOAP-ENV:Text", escape(reason), xml__lang="en"))
    return tag("SOAP-ENV:Fault", written, text, tag("SOAP-ENV:Detail", detail) if detail else "")


class Refusal(Exception):
    """What the camera says no with: the body of a SOAP fault."""

    def __init__(self, code: str, subcodes: tuple[str, ...], reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.body = fault(code, subcodes, reason, detail)


def name_of(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def text_of(element: Element, name: str) -> str:
    """Return the text of the first descendant called so; empty without one."""
    return next(((one.text or "").strip() for one in element.iter() if name_of(one) == name), "")


def moment(name: str, at: dt.datetime) -> str:
    time = tag("tt:Time", said("tt:Hour", at.hour), said("tt:Minute", at.minute), said("tt:Second", at.second))
    return tag(name, time, tag("tt:Date", said("tt:Year", at.year), said("tt:Month", at.month), said("tt:Day", at.day)))


def date_and_time(utc: dt.datetime, local: dt.datetime, *, by_ntp: bool, summer: bool, zone: str) -> str:
    content = said("tt:DateTimeType", "NTP" if by_ntp else "Manual") + said("tt:DaylightSavings", summer)
    content += tag("tt:TimeZone", said("tt:TZ", zone)) + moment("tt:UTCDateTime", utc) + moment("tt:LocalDateTime", local)
    return tag("tds:SystemDateAndTime", content)


def services(base: str) -> str:
    """Recorded are two services more (deviceIO, Media2), which this camera has not, and what each can do."""
    found = []
    for prefix, path, version in (
        ("tds", "device_service", ("21", "6")),
        ("timg", "imaging_service", ("19", "6")),
        ("tptz", "ptz_service", ("20", "12")),
        ("trt", "media_service", ("20", "6")),
        ("tev", "event_service", ("21", "6")),
    ):
        number = tag("tds:Version", said("tt:Major", version[0]), said("tt:Minor", version[1]))
        address = said("tds:XAddr", f"{base}/onvif/{path}")
        found.append(tag("tds:Service", said("tds:Namespace", NAMESPACES[prefix]), address, number))
    return "".join(found)


def _flags(prefix: str, names: str, on: str = "") -> str:
    return "".join(said(f"{prefix}:{name}", name in on.split()) for name in names.split())


def capabilities(base: str, *, has_log: bool) -> str:
    network = tag("tt:Network", _flags("tt", "IPFilter ZeroConfiguration IPVersion6 DynDNS"))
    names = "DiscoveryResolve DiscoveryBye RemoteDiscovery SystemBackup SystemLogging FirmwareUpgrade"
    system = _flags("tt", names, "DiscoveryResolve DiscoveryBye" + (" SystemLogging" if has_log else ""))
    system = tag("tt:System", system, tag("tt:SupportedVersions", said("tt:Major", 21), said("tt:Minor", 6)))
    names = "TLS1.1 TLS1.2 OnboardKeyGeneration AccessPolicyConfig X.509Token SAMLToken KerberosToken RELToken"
    security = tag("tt:Security", _flags("tt", names))
    device = tag("tt:Device", said("tt:XAddr", f"{base}/onvif/device_service"), network, system, tag("tt:IO"), security)
    names = "WSSubscriptionPolicySupport WSPullPointSupport WSPausableSubscriptionManagerInterfaceSupport"
    points = _flags("tt", names, "WSSubscriptionPolicySupport WSPullPointSupport")
    events = tag("tt:Events", said("tt:XAddr", f"{base}/onvif/event_service"), points)
    imaging = tag("tt:Imaging", said("tt:XAddr", f"{base}/onvif/imaging_service"))
    streaming = _flags("tt", "RTPMulticast RTP_TCP RTP_RTSP_TCP", "RTP_TCP RTP_RTSP_TCP") + tag("tt:Extension")
    profiles = tag("tt:Extension", tag("tt:ProfileCapabilities", said("tt:MaximumNumberOfProfiles", 10)))
    address = said("tt:XAddr", f"{base}/onvif/media_service")
    media = tag("tt:Media", address, tag("tt:StreamingCapabilities", streaming), profiles)
    ptz = tag("tt:PTZ", said("tt:XAddr", f"{base}/onvif/ptz_service"))
    return tag("tds:Capabilities", device, events, imaging, media, ptz)


def source_configuration(name: str = "tt:VideoSourceConfiguration") -> str:
    bounds = tag("tt:Bounds", x="0", y="0", width="2048", height="1536")
    return tag(name, said("tt:Name", "VideoS_000"), said("tt:UseCount", 2), said("tt:SourceToken", "000"), bounds, token="000")


def encoder_configuration(index: int, name: str = "tt:VideoEncoderConfiguration") -> str:
    width, height, quality, rate, gop = ((2048, 1536, 0, 1024, 30), (640, 480, 2, 512, 60))[index]
    size = tag("tt:Resolution", said("tt:Width", width), said("tt:Height", height))
    limits = said("tt:FrameRateLimit", 15) + said("tt:EncodingInterval", 1) + said("tt:BitrateLimit", rate)
    h264 = tag("tt:H264", said("tt:GovLength", gop), said("tt:H264Profile", "Main"))
    address = tag("tt:Address", said("tt:Type", "IPv4"), said("tt:IPv4Address", "239.0.1.0"))
    cast = tag("tt:Multicast", address, said("tt:Port", 4000), said("tt:TTL", 64), said("tt:AutoStart", False))
    head = said("tt:Name", f"VideoE_00{index}") + said("tt:UseCount", 1) + said("tt:Encoding", "H264") + size
    rest = said("tt:Quality", quality) + tag("tt:RateControl", limits) + h264 + cast + said("tt:SessionTimeout", "PT10S")
    return tag(name, head + rest, token=f"00{index}")


def profiles() -> str:
    """Recorded profiles hold sound, analytics and metadata, too."""
    found = []
    for index, word in enumerate(("MainStream", "SubStream")):
        ptz = said("tt:Name", "PtzConfig000") + said("tt:UseCount", 3) + said("tt:NodeToken", "000")
        content = said("tt:Name", f"Profile00{index}_{word}") + source_configuration() + encoder_configuration(index)
        found.append(
            tag("trt:Profiles", content, tag("tt:PTZConfiguration", ptz, token="000"), token=f"00{index}", fixed="true")
        )
    return "".join(found)


def media_uri(uri: str, *, passing: bool) -> str:
    rest = said("tt:InvalidAfterConnect", passing) + said("tt:InvalidAfterReboot", passing) + said("tt:Timeout", "PT10S")
    return tag("trt:MediaUri", said("tt:Uri", uri), rest)


def network_interfaces(mac: str, address: str) -> str:
    info = tag("tt:Info", said("tt:Name", "eth0"), said("tt:HwAddress", mac), said("tt:MTU", 0))
    settings = said("tt:AutoNegotiation", False) + said("tt:Speed", 10) + said("tt:Duplex", "Full")
    link = tag("tt:Link", tag("tt:AdminSettings", settings), tag("tt:OperSettings", settings), said("tt:InterfaceType", 0))
    config = tag("tt:FromDHCP", said("tt:Address", address), said("tt:PrefixLength", 24)) + said("tt:DHCP", True)
    ipv4 = tag("tt:IPv4", said("tt:Enabled", True), tag("tt:Config", config))
    return tag("tds:NetworkInterfaces", said("tt:Enabled", True), info, link, ipv4, token="eth0")


def _described(source: Mapping[str, str], data: Mapping[str, str], *, is_property: bool) -> str:
    def items(name: str, kinds: Mapping[str, str]) -> str:
        if not kinds:
            return ""
        return tag(name, *(tag("tt:SimpleItemDescription", Name=item, Type=kind) for item, kind in kinds.items()))

    content = items("tt:Source", source) + items("tt:Data", data)
    return tag("tt:MessageDescription", content, IsProperty="true" if is_property else "false")


def event_properties(*, illegal_access: bool) -> str:
    lens, flag, reference, text = {"Source": "tt:ReferenceToken"}, {"State": "xsd:boolean"}, "tt:ReferenceToken", "xsd:string"

    def topic(name: str, *content: str, real: bool = True) -> str:
        return tag(name, *content, wstop__topic="true" if real else "false")

    motion = topic("MotionAlarm", _described(lens, flag, is_property=True))
    dark = topic("ImageTooDark", topic("ImagingService", _described(lens, flag, is_property=True)), real=False)
    video = topic("tns1:VideoSource", motion, dark, real=False)
    profile = topic("ProfileChanged", _described({}, {"Token": reference}, is_property=False))
    config = topic("ConfigurationChanged", _described({"Token": reference}, {"Type": text}, is_property=False))
    media = topic("tns1:Media", profile, config, real=False)
    rule = {"VideoSourceConfigurationToken": reference, "VideoAnalyticsConfigurationToken": reference, "Rule": text}
    cells = topic("Motion", _described(rule, {"IsMotion": "xsd:boolean"}, is_property=True))
    rules = topic("tns1:RuleEngine", topic("CellMotionDetector", cells))
    access = topic("tns1:UserAlarm", topic("tnshik:IllegalAccess")) if illegal_access else ""
    base = "http://www.onvif.org/onvif/ver10"
    return (
        said("tev:TopicNamespaceLocation", f"{base}/topics/topicns.xml")
        + said("wsnt:FixedTopicSet", True)
        + tag("wstop:TopicSet", video, media, rules, access)
        + said("wsnt:TopicExpressionDialect", CONCRETE)
        + said("wsnt:TopicExpressionDialect", "http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete")
        + said("tev:MessageContentFilterDialect", "http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter")
        + said("tev:MessageContentSchemaLocation", f"{base}/schema/onvif.xsd")
    )


def notification(topic: str, operation: str, utc: str, source: Mapping[str, str], data: Mapping[str, str]) -> str:
    """`operation` is Initialized, Changed or Deleted; empty for what is no property."""

    def items(name: str, values: Mapping[str, str]) -> str:
        return tag(name, *(tag("tt:SimpleItem", Name=item, Value=value) for item, value in values.items())) if values else ""

    kind = {"PropertyOperation": operation} if operation else {}
    message = tag("tt:Message", items("tt:Source", source), items("tt:Data", data), UtcTime=utc, **kind)
    return tag("wsnt:NotificationMessage", tag("wsnt:Topic", topic, Dialect=CONCRETE), tag("wsnt:Message", message))
