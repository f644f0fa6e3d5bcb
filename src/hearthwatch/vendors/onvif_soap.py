"""SOAP 1.2 as ONVIF uses it: envelopes with a UsernameToken, answers, faults, attachments (MTOM). Bytes to nouns, no network.

Sources: ONVIF Core and Device Management specifications, WS-Security UsernameToken Profile 1.0; recorded replies in the tests.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.vendors.onvif_xml import Element, parse, quoted, written
from hearthwatch.vendors.redaction import sample_of


class Ns(StrEnum):
    """A service, by the namespace of its operations."""

    DEVICE = "http://www.onvif.org/ver10/device/wsdl"
    MEDIA = "http://www.onvif.org/ver10/media/wsdl"
    MEDIA2 = "http://www.onvif.org/ver20/media/wsdl"
    EVENTS = "http://www.onvif.org/ver10/events/wsdl"
    NOTIFICATION = "http://docs.oasis-open.org/wsn/b-2"
    PTZ = "http://www.onvif.org/ver20/ptz/wsdl"


_ACTIONS: Mapping[str, str] = {
    "CreatePullPointSubscription": f"{Ns.EVENTS}/EventPortType/CreatePullPointSubscriptionRequest",
    "GetEventProperties": f"{Ns.EVENTS}/EventPortType/GetEventPropertiesRequest",
    "GetServiceCapabilities": f"{Ns.EVENTS}/EventPortType/GetServiceCapabilitiesRequest",
    "PullMessages": f"{Ns.EVENTS}/PullPointSubscription/PullMessagesRequest",
    "SetSynchronizationPoint": f"{Ns.EVENTS}/PullPointSubscription/SetSynchronizationPointRequest",
    "Renew": "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/RenewRequest",
    "Unsubscribe": "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/UnsubscribeRequest",
}
_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_DIGEST = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
_BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
_WSA = "http://www.w3.org/2005/08/addressing"

_MAX_SAID_CHARS = 200
_REFUSALS = frozenset(
    {
        "NotAuthorized",
        "SenderNotAuthorized",
        "FailedAuthentication",
        "InvalidSecurity",
        "InvalidSecurityToken",
        "FailedCheck",
        "OperationProhibited",
        "Unauthorized",
    }
)
_LACKS = frozenset({"ActionNotSupported", "NoSuchService", "TagMismatch", "UnknownAction"})
_REFUSAL_TEXT = re.compile(r"not authori[sz]ed|unauthori[sz]ed|authority failure|authenticat|password", re.IGNORECASE)
_LACK_TEXT = re.compile(r"not implemented|not supported|not recogni[sz]ed", re.IGNORECASE)
_BOUNDARY = re.compile(r'boundary\s*=\s*(?:"([^"\r\n]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_CONTENT_ID = re.compile(rb"^content-id:[ \t]*<?([^>\s]{1,200})>?", re.IGNORECASE | re.MULTILINE)
_MAX_PARTS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A log-in for one message. `created` is the camera's own universal time."""

    user: str
    password: Secret
    created: str
    nonce: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a message of a subscription goes: the camera's own name of it, and parameters to give back as they came."""

    address: str
    parameters: tuple[Element, ...]
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The camera's refusal in its own words. `codes` from the general one to the particular one, with their prefixes."""

    codes: tuple[str, ...]
    reason: str
    detail: str

    def error(self) -> HearthwatchError:
        """Return which of our errors it is."""
        words = " ".join(dict.fromkeys(one for one in (self.reason, self.detail) if one and one != "NULL"))
        said = (words or "/".join(self.codes) or "it does not say why")[:_MAX_SAID_CHARS]
        names = {code.rpartition(":")[2] for code in self.codes}
        if names & _REFUSALS or (not names & _LACKS and _REFUSAL_TEXT.search(words)):
            return Refused(f"the camera refuses this user, or its clock was set meanwhile ({said})")
        if names & _LACKS or _LACK_TEXT.search(words):
            return Unsupported(f"the camera does not offer it ({said})")
        return BadReply(f"the camera answers with a fault ({said})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`content` is the one element in the body; `attachments` come beside it, by their Content-ID."""

    content: Element
    attachments: Mapping[str, bytes]


def action_of(service: Ns, operation: str) -> str:
    if service in {Ns.EVENTS, Ns.NOTIFICATION}:
        return _ACTIONS[operation]
    return f"{service}/{operation}"


def envelope(
    service: Ns, operation: str, content: str = "", *, token: Token | None = None, route: Route | None = None
) -> bytes:
    """Return a request. `content` is written XML in the namespace of the service, `tt:` stands for ONVIF's schema."""
    head = _security(token) if token else ""
    if route:
        head += f'<a:Action s:mustUnderstand="1">{action_of(service, operation)}</a:Action>'
        head += f"<a:MessageID>{route.message_id}</a:MessageID>"
        head += f'<a:To s:mustUnderstand="1">{quoted(route.address)}</a:To>'
        head += "".join(written(one, ' a:IsReferenceParameter="true"') for one in route.parameters)
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="{_WSA}" xmlns:tt="http://www.onvif.org/ver10/schema">'
        f'<s:Header>{head}</s:Header><s:Body><{operation} xmlns="{service}">{content}</{operation}></s:Body></s:Envelope>'
    ).encode()


def _security(token: Token) -> str:
    digest = hashlib.sha1(
        token.nonce + token.created.encode() + token.password.reveal().encode(), usedforsecurity=False
    ).digest()
    return (
        f'<w:Security s:mustUnderstand="1" xmlns:w="{_WSSE}"><w:UsernameToken><w:Username>{quoted(token.user)}</w:Username>'
        f'<w:Password Type="{_DIGEST}">{base64.b64encode(digest).decode()}</w:Password>'
        f'<w:Nonce EncodingType="{_BASE64}">{base64.b64encode(token.nonce).decode()}</w:Nonce>'
        f'<u:Created xmlns:u="{_WSU}">{token.created}</u:Created></w:UsernameToken></w:Security>'
    )


def answer(status: int, content_type: str, body: bytes) -> Answer:
    """Return what an answer brings. Its status alone says nothing: faults come with 200, 400 and 500, and without a body."""
    document, attachments = _parts(content_type, body)
    try:
        content = content_of(parse(document))
    except BadReply:
        if status in {401, 403}:
            raise Refused(f"the camera refuses this user ({status})") from None
        if status >= 400:
            raise BadReply(f"the camera answers with status {status} and says nothing we understand", sample_of(body)) from None
        raise
    if (found := fault_of(content)) is not None:
        raise found.error()
    if status in {401, 403}:
        raise Refused(f"the camera refuses this user ({status})")
    if status >= 400:
        raise BadReply(f"the camera answers with status {status}", sample_of(body))
    return Answer(content=content, attachments=attachments)


def content_of(root: Element) -> Element:
    """Return the one element in the body of an envelope."""
    body = root.find("Body") if root.name == "Envelope" else None
    if body is None:
        raise BadReply("the answer is not SOAP")
    if not body.children:
        raise BadReply("the answer has an empty body")
    return body.children[0]


def fault_of(content: Element) -> Fault | None:
    """Return the fault that `content` is, None when it is a proper answer. SOAP 1.1 faults are understood, too."""
    if content.name != "Fault":
        return None
    codes: list[str] = []
    code = content.find("Code")
    while code is not None and len(codes) < 8:
        codes.append(code.said("Value"))
        code = code.find("Subcode")
    detail = content.find("Detail") or content.find("detail")
    said = " ".join(one.text for one in detail.walk() if one.text) if detail else ""
    return Fault(
        codes=tuple(one for one in codes if one) or tuple(filter(None, [content.said("faultcode")])),
        reason=content.said("Reason", "Text") or content.said("faultstring"),
        detail=said,
    )


def _parts(content_type: str, body: bytes) -> tuple[bytes, Mapping[str, bytes]]:
    """Take an answer of several parts asunder: the first is the document."""
    found = _BOUNDARY.search(content_type) if content_type.strip().lower().startswith("multipart/") else None
    if not found:
        return body, {}
    boundary = b"--" + (found[1] or found[2]).encode()
    parts = []
    for part in body.split(boundary, _MAX_PARTS)[1:]:
        head, blank, content = part.partition(b"\r\n\r\n")
        if blank:
            parts.append((_CONTENT_ID.search(head), content.removesuffix(b"\r\n")))
    if not parts:
        raise BadReply("the answer has no parts", sample_of(body))
    return parts[0][1], {name[1].decode("latin-1"): content for name, content in parts[1:] if name}
