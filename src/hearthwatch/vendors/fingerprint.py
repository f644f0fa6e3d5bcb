"""Whose door it is, told from answers to questions that carry no credentials. Bytes to nouns, no network.

Wire facts: reference notes 1 and 4.1 on real devices, recorded replies in the tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.vendors import foscam_mjpeg_reply
from hearthwatch.vendors.device import DeviceIdentity, Vendor
from hearthwatch.vendors.http import Reply

_NETWAVE = re.compile(r"netwave", re.IGNORECASE)
_RESULT = re.compile(rb"<CGI_Result>[^\x00]{0,16384}?<result>\s{0,20}-?\d{1,3}\s{0,20}</result>")
_REALM = re.compile(r'\brealm\s{0,5}=\s{0,5}"([^"\r\n]{1,200})"', re.IGNORECASE)
_DAHUA_REALM = re.compile(r"Login to ([\w.:-]{4,128})", re.ASCII)
_SERIAL = re.compile(r"(?=.*[A-Z])(?=.*[0-9])[0-9A-Z]{8,32}")
_REOLINK = re.compile(rb'^\s*\[\s*\{\s*"cmd"\s*:\s*"[A-Za-z]{1,64}"\s*,\s*"code"\s*:', re.ASCII)
_SOAP = re.compile(rb"<(?:[\w.-]{1,40}:)?Envelope[\s>]", re.ASCII)
_ONVIF = (b"GetSystemDateAndTimeResponse", b"http://www.onvif.org/ver10/")
_MARK_CHARS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request without credentials; a POST if it has a body."""

    vendor: Vendor
    target: str
    body: bytes = b""
    content_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """A family, and what the device shows of itself to anybody. It proves nothing: who knows a camera can play it.

    `mark` stays the same as long as it is the same device, and differs between devices; empty where the family shows none."""

    vendor: Vendor
    mark: str = ""
    shown: DeviceIdentity | None = None


_DATE = (
    b'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
    b'<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>'
)

QUESTIONS: tuple[Question, ...] = (
    Question(vendor=Vendor.FOSCAM_MJPEG, target="/get_status.cgi"),
    Question(vendor=Vendor.FOSCAM_HD, target="/cgi-bin/CGIProxy.fcgi?cmd=getPortInfo"),
    Question(vendor=Vendor.DAHUA, target="/cgi-bin/magicBox.cgi?action=getSerialNo"),
    Question(
        vendor=Vendor.REOLINK,
        target="/cgi-bin/api.cgi?cmd=GetDevInfo",
        body=b'[{"cmd":"GetDevInfo","action":0,"param":{}}]',
        content_type="application/json",
    ),
    Question(
        vendor=Vendor.ONVIF,
        target="/onvif/device_service",
        body=_DATE,
        content_type="application/soap+xml; charset=utf-8",
    ),
)
"""In this order: the families of our own clients before ONVIF, which most of them speak beside."""


def fingerprint_of(question: Question, reply: Reply) -> Fingerprint | None:
    """Return the family that gives such an answer, None when it is no known one's."""
    if _NETWAVE.search(reply.server):
        shown = _status(reply.body) if question.vendor is Vendor.FOSCAM_MJPEG and reply.status == 200 else None
        return _netwave(shown)
    return _READERS[question.vendor](reply)


def _foscam_mjpeg(reply: Reply) -> Fingerprint | None:
    """Clones without the server's name answer with the same variables."""
    shown = _status(reply.body) if reply.status == 200 else None
    return _netwave(shown) if shown is not None and (shown.mac or shown.serial) else None


def _netwave(shown: DeviceIdentity | None) -> Fingerprint:
    mark = shown.key if shown is not None else ""
    return Fingerprint(vendor=Vendor.FOSCAM_MJPEG, mark=mark[:_MARK_CHARS], shown=shown)


def _status(body: bytes) -> DeviceIdentity | None:
    try:
        said = foscam_mjpeg_reply.variables(body, "the status")
    except HearthwatchError:
        return None
    return foscam_mjpeg_reply.identity(said) if "id" in said and "sys_ver" in said else None


def _foscam_hd(reply: Reply) -> Fingerprint | None:
    is_one = reply.status == 200 and _RESULT.search(reply.body[:16_384]) is not None
    return Fingerprint(vendor=Vendor.FOSCAM_HD) if is_one else None


def _dahua(reply: Reply) -> Fingerprint | None:
    """A Digest challenge whose realm names the device: `Login to ND021811019863`, on newer firmware a hash in its place."""
    if reply.status != 401:
        return None
    for challenge in reply.challenges:
        realm = _REALM.search(challenge[:4096]) if challenge.strip().lower().startswith("digest") else None
        if realm is not None and (named := _DAHUA_REALM.fullmatch(realm[1].strip())):
            serial = named[1] if _SERIAL.fullmatch(named[1]) else ""
            shown = DeviceIdentity(vendor="Dahua", model="", serial=serial) if serial else None
            return Fingerprint(vendor=Vendor.DAHUA, mark=realm[1].strip()[:_MARK_CHARS], shown=shown)
    return None


def _reolink(reply: Reply) -> Fingerprint | None:
    is_one = reply.status == 200 and _REOLINK.search(reply.body[:4096]) is not None
    return Fingerprint(vendor=Vendor.REOLINK) if is_one else None


def _onvif(reply: Reply) -> Fingerprint | None:
    """The date, or a refusal to tell it: some devices want a log-in even for that."""
    head = reply.body[:65_536]
    is_one = _SOAP.search(head) is not None and any(one in head for one in _ONVIF)
    return Fingerprint(vendor=Vendor.ONVIF) if is_one else None


_READERS: Mapping[Vendor, Callable[[Reply], Fingerprint | None]] = MappingProxyType(
    {
        Vendor.FOSCAM_MJPEG: _foscam_mjpeg,
        Vendor.FOSCAM_HD: _foscam_hd,
        Vendor.DAHUA: _dahua,
        Vendor.REOLINK: _reolink,
        Vendor.ONVIF: _onvif,
    }
)
