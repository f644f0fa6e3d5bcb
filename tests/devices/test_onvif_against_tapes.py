"""The emulated ONVIF camera says what real ones said: the same elements, attributes and order, without our clients."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

import pytest

from hearthwatch.kit.clock import FakeClock
from tests.devices import onvif_camera
from tests.devices.onvif_words import NAMESPACES
from tests.devices.raw_client import Answer, fetch

pytestmark = pytest.mark.wired
WHOLE = {
    "GetDeviceInformation": "tds",
    "GetSystemDateAndTime": "tds",
    "GetNTP": "tds",
    "GetNetworkInterfaces": "tds",
    "GetNetworkProtocols": "tds",
    "GetStreamUri": "trt",
    "GetSnapshotUri": "trt",
    "GetEventProperties": "tev",
}
"""The same elements as recorded, all of them."""
PARTS = {"GetServices": "tds", "GetCapabilities": "tds", "GetProfiles": "trt", "GetScopes": "tds"}
"""Some of the elements recorded, none beside them."""


@pytest.fixture
def tapes(test_data: Path) -> Path:
    return test_data / "tapes" / "onvif"


def request(
    operation: str,
    prefix: str,
    clock: onvif_camera.OnvifCamera,
    content: str = "",
    password: str = "watch-Pass-1",
    nonce: bytes = b"",
) -> bytes:
    created = clock.state.clock.utc().strftime("%Y-%m-%dT%H:%M:%SZ")
    nonce = nonce or b"0123456789abcdef" + operation.encode()
    proof = base64.b64encode(hashlib.sha1(nonce + created.encode() + password.encode()).digest()).decode()
    base = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
    token = (
        f'<w:UsernameToken><w:Username>watch</w:Username><w:Password Type="{base}-username-token-profile-1.0#PasswordDigest">'
        f'{proof}</w:Password><w:Nonce EncodingType="{base}-soap-message-security-1.0#Base64Binary">'
        f'{base64.b64encode(nonce).decode()}</w:Nonce><u:Created xmlns:u="{NAMESPACES["wsu"]}">{created}</u:Created></w:UsernameToken>'
    )
    return (
        f'<s:Envelope xmlns:s="{NAMESPACES["SOAP-ENV"]}"><s:Header><w:Security xmlns:w="{NAMESPACES["wsse"]}">{token}</w:Security>'
        f'</s:Header><s:Body><{operation} xmlns="{NAMESPACES[prefix]}">{content}</{operation}></s:Body></s:Envelope>'
    ).encode()


async def ask(
    camera: onvif_camera.OnvifCamera,
    operation: str,
    prefix: str = "tds",
    path: str = "/onvif/device_service",
    content: str = "",
) -> Answer:
    return await fetch(camera.port, path, method="POST", body=request(operation, prefix, camera, content))


def body_of(document: bytes) -> Element:
    body = ET.fromstring(document).find(f"{{{NAMESPACES['SOAP-ENV']}}}Body")
    assert body is not None
    return body[0]


def shape(element: Element) -> Any:
    """Names with their namespaces, attributes, and the children in order; the text left out."""
    return element.tag, sorted(element.attrib), [shape(one) for one in element]


def paths(element: Element, above: str = "") -> Counter[str]:
    here = f"{above}/{element.tag}"
    return sum((paths(one, here) for one in element), Counter([here, *(f"{here}@{name}" for name in element.attrib)]))


@pytest.mark.parametrize("operation", WHOLE)
async def test_answers_have_the_recorded_elements(tapes: Path, operation: str) -> None:
    recorded = (tapes / "reolink-e1zoom-3.1.0.2649" / f"{operation}.xml").read_bytes()
    async with onvif_camera.camera(illegal_access=False).running() as camera:
        answer = await ask(camera, operation, WHOLE[operation])
    assert answer.status == 200
    assert shape(body_of(answer.body)) == shape(body_of(recorded))


@pytest.mark.parametrize("operation", PARTS)
async def test_answers_hold_nothing_that_was_not_recorded(tapes: Path, operation: str) -> None:
    recorded = paths(body_of((tapes / "reolink-e1zoom-3.1.0.2649" / f"{operation}.xml").read_bytes()))
    async with onvif_camera.camera().running() as camera:
        said = paths(body_of((await ask(camera, operation, PARTS[operation])).body))
    assert len(said) > 3
    assert said.keys() <= recorded.keys()


async def test_clock_and_users_are_told_as_recorded(tapes: Path) -> None:
    folder = tapes / "reolink-e1zoom-3.1.0.2649"
    async with onvif_camera.camera(clock=FakeClock()).running() as camera:
        camera.by_ntp = True
        camera.state.clock.set_utc(1_768_332_312)
        clock = await ask(camera, "GetSystemDateAndTime")
        users = await ask(camera, "GetUsers")
    assert ET.tostring(body_of(clock.body)) == ET.tostring(body_of((folder / "GetSystemDateAndTime.xml").read_bytes()))
    recorded = list(body_of((folder / "GetUsers.xml").read_bytes()))
    assert [ET.tostring(one) for one in body_of(users.body)][:2] == [ET.tostring(one) for one in recorded]


async def test_what_it_lacks_is_refused_in_the_recorded_words(tapes: Path) -> None:
    recorded = body_of((tapes / "reolink-e1zoom-3.1.0.2649/GetAccessPolicy.fault.xml").read_bytes())
    async with onvif_camera.camera().running() as camera:
        answer = await ask(camera, "GetAccessPolicy")
    assert answer.status == 400
    assert ET.tostring(body_of(answer.body)) == ET.tostring(recorded)


async def test_a_wrong_password_is_refused_in_the_recorded_words(tapes: Path) -> None:
    recorded = body_of((tapes / "trendnet-tvip320pi-5.3.4/GetDeviceInformation.fault.xml").read_bytes())
    async with onvif_camera.camera().running() as camera:
        wrong = request("GetDeviceInformation", "tds", camera, password="guess")
        answer = await fetch(camera.port, "/onvif/device_service", method="POST", body=wrong)
    assert answer.status == 400
    said = body_of(answer.body)
    assert shape(said) == shape(recorded)
    assert [one.text for one in said.iter()][-1] == [one.text for one in recorded.iter()][-1]


async def test_the_log_in_is_echoed_as_recorded(tapes: Path) -> None:
    recorded = ET.fromstring((tapes / "reolink-e1zoom-3.1.0.2649/GetUsers.xml").read_bytes())[0]
    async with onvif_camera.camera().running() as camera:
        answer = await ask(camera, "GetUsers")
    assert shape(ET.fromstring(answer.body)[0]) == shape(recorded)


async def test_a_pull_point_and_its_messages_have_the_recorded_form(tapes: Path) -> None:
    folder = tapes / "ex-onvif-mixed"
    async with onvif_camera.camera().running() as camera:
        made = await ask(camera, "CreatePullPointSubscription", "tev", "/onvif/event_service")
        point = next(iter(camera.points.points))
        content = "<Timeout>PT1S</Timeout><MessageLimit>100</MessageLimit>"
        got = await ask(camera, "PullMessages", "tev", f"/onvif/PullSubManager_{point}", content)
    assert shape(body_of(made.body)) == shape(body_of((folder / "create_pull_point_subscription.xml").read_bytes()))
    recorded, said = ((folder / "pull_messages.xml").read_bytes(), got.body)
    for document in (recorded, said):
        head = ET.fromstring(document)[0]
        assert head[-1].text == "http://www.onvif.org/ver10/events/wsdl/PullPointSubscription/PullMessagesResponse"
    real, emulated = (_by_topic(body_of(document)) for document in (recorded, said))
    common = real.keys() & emulated.keys()
    assert len(common) == 4
    assert {topic: emulated[topic] for topic in common} == {topic: real[topic] for topic in common}


def _by_topic(body: Element) -> dict[str, Any]:
    """The form of each message, with the names of its items and what kind of change it tells."""
    found = {}
    for one in body.iter(f"{{{NAMESPACES['wsnt']}}}NotificationMessage"):
        items = [item.get("Name") for item in one.iter(f"{{{NAMESPACES['tt']}}}SimpleItem")]
        message = next(one.iter(f"{{{NAMESPACES['tt']}}}Message"))
        found[str(one[0].text)] = (shape(one), one[0].get("Dialect"), items, message.get("PropertyOperation"))
    return found
