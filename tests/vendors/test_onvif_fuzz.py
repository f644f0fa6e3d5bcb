"""A few mutations of every ONVIF tape through every ONVIF parser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.vendors.fuzz import Target, hold

from hearthwatch.kit.units import WallUs
from hearthwatch.vendors import (
    onvif_discovery,
    onvif_event,
    onvif_log,
    onvif_media,
    onvif_network,
    onvif_reply,
    onvif_services,
    onvif_settings,
)
from hearthwatch.vendors.device import ClockReading, LocalUs
from hearthwatch.vendors.onvif_settings import SECTIONS
from hearthwatch.vendors.onvif_soap import Answer, Ns, Route, answer, content_of, envelope, fault_of
from hearthwatch.vendors.onvif_xml import Element, parse

NOW = ClockReading(local_us=LocalUs(1_700_000_000_000_000), at_us=WallUs(1_700_000_000_000_000), error_us=0)
HOSTILE = (
    b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    b"<a>" * 70 + b"</a>" * 70,
    b'<?xml version="1.0" encoding="utf-7"?><a/>',
    b"<tad:a/>",
)
MTOM = (
    b"--b\r\nContent-Type: application/xop+xml\r\nContent-ID: <root>\r\n\r\n"
    b'<s:Envelope><s:Body><d:GetSystemLogResponse><d:SystemLog><t:Binary><x:Include href="cid:log%40x"/></t:Binary></d:SystemLog>'
    b"</d:GetSystemLogResponse></s:Body></s:Envelope>\r\n"
    b"--b\r\nContent-ID: <log@x>\r\n\r\n2026-11-21 08:00:00 user admin logged in from 192.168.1.5\r\nNov 21 08:00:01 denied\r\n--b--\r\n"
)


def got(body: bytes) -> Answer:
    return answer(200, 'multipart/related; boundary="b"' if body.startswith(b"--") else "", body)


def each(read: Callable[[Element], object]) -> Callable[[bytes], object]:
    return lambda body: read(got(body).content)


def dates(content: Element) -> object:
    return onvif_reply.date_and_time(content)


def identity(content: Element) -> object:
    return onvif_reply.identity(content, interfaces=(), scopes=("name/x",), host="192.168.1.5")


def addresses(content: Element) -> object:
    return onvif_services.services(content) if content.name == "GetServicesResponse" else onvif_services.capabilities(content)


def network(content: Element) -> object:
    match content.name:
        case "GetNTPResponse":
            return onvif_reply.time_servers(content)
        case "GetNetworkInterfacesResponse":
            wire = onvif_network.wire(content, "192.168.2.57")
            return onvif_reply.interfaces(content), onvif_network.network(wire, gateway=content, dns=content, doors=None)
        case "GetScopesResponse":
            return onvif_reply.scopes(content)
        case "GetUsersResponse":
            return onvif_reply.accounts(content)
        case _:
            return onvif_reply.protocols(content)


def streams(content: Element) -> object:
    found = onvif_media.profiles(content)
    return found, onvif_media.lenses(found), [onvif_media.stream_request(Ns.MEDIA, one.token) for one in found[:2]]


def uri(content: Element) -> object:
    address = onvif_media.media_uri(content)
    profile = onvif_media.Profile(token="", name="", source="", config="", codec="", width_px=0, height_px=0, can_move=False)
    return address, onvif_media.stream(profile, 0, address, "192.168.1.5")


def alarms(body: bytes) -> object:
    found = onvif_event.notifications(parse(body))
    return [(onvif_event.signal(one, {"000": 0}), onvif_event.state_of(one.data)) for one in found]


def subscription(content: Element) -> object:
    """What a camera wants back is written anew, and must be readable."""
    found = onvif_services.subscription(content)
    route = Route(address=found.address, parameters=found.parameters, message_id="urn:uuid:x")
    parse(envelope(Ns.EVENTS, "PullMessages", route=route))
    return found.address, onvif_services.lives_us(content, NOW.local_us)


def faults(body: bytes) -> object:
    found = fault_of(content_of(parse(body)))
    return (found, str(found.error())) if found else None


def settings(body: bytes) -> object:
    there = {one.key: one for section in SECTIONS for one in onvif_settings.section_settings(section, got(body))}
    wanted = [one for key, one in there.items() if key.startswith("NetworkProtocols.")][:3]
    onvif_settings.check_writable(wanted)
    return list(there.values()), onvif_settings.writing(wanted, {key: one.value for key, one in there.items()})


def log(body: bytes) -> object:
    lines = onvif_log.due(onvif_reply.system_log(got(body)), NOW, WallUs(0))
    return [(onvif_log.log_line(one), onvif_log.login_record(one)) for one in lines]


def discovery(body: bytes) -> object:
    return onvif_discovery.probe_matches(body, "192.168.0.209")


def targets(tapes: Path) -> list[Target]:
    """Every parser with the tapes it is for."""
    folder = tapes / "onvif"

    def seeds(*patterns: str) -> tuple[bytes, ...]:
        found = tuple(path.read_bytes() for pattern in patterns for path in sorted(folder.glob(f"*/{pattern}.xml")))
        assert found
        return found + HOSTILE

    network_seeds = seeds("GetNTP", "GetNetworkInterfaces", "GetNetworkProtocols", "GetScopes", "GetUsers")
    return [
        Target(name="identity", parse=each(identity), seeds=seeds("GetDeviceInformation", "deviceInfo")),
        Target(name="clock", parse=each(dates), seeds=seeds("GetSystemDateAndTime")),
        Target(name="services", parse=each(addresses), seeds=seeds("GetServices", "services", "GetCapabilities")),
        Target(name="network", parse=each(network), seeds=network_seeds),
        Target(name="profiles", parse=each(streams), seeds=seeds("GetProfiles", "profiles")),
        Target(name="addresses", parse=each(uri), seeds=seeds("GetStreamUri", "GetSnapshotUri", "stream", "snapshot")),
        Target(name="topics", parse=each(onvif_services.topics), seeds=seeds("GetEventProperties", "event_instance*")),
        Target(name="alarms", parse=alarms, seeds=seeds("PullMessages", "pull_messages", "*_init", "*_change")),
        Target(name="subscription", parse=each(subscription), seeds=seeds("CreatePullPointSubscription")),
        Target(name="faults", parse=faults, seeds=seeds("*.fault")),
        Target(name="settings", parse=settings, seeds=network_seeds + seeds("GetSystemDateAndTime", "GetAccessPolicy")),
        Target(name="log", parse=log, seeds=(*seeds("GetSystemLog"), MTOM)),
        Target(name="discovery", parse=discovery, seeds=seeds("probeResponse")),
    ]


@pytest.mark.parametrize("index", range(13))
def test_mutations_of_tapes_bring_only_our_own_errors(test_data: Path, index: int) -> None:
    assert hold(targets(test_data / "tapes")[index], 15) > 0


def test_none_is_left_out(test_data: Path) -> None:
    assert len(targets(test_data / "tapes")) == 13
