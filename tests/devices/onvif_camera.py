"""An emulated ONVIF camera (Profile S and T): SOAP over HTTP, UsernameToken or HTTP Digest, pull points, users, clock.

Asserted against recordings of a Reolink E1 Zoom, element for element: GetDeviceInformation, GetSystemDateAndTime, GetUsers,
GetNetworkProtocols, GetNTP, GetNetworkInterfaces, GetStreamUri, GetSnapshotUri, GetEventProperties, the events' capabilities,
the fault for what it lacks, and that it echoes the log-in in its answers; GetServices, GetCapabilities and GetProfiles hold less
than recorded. CreatePullPointSubscription and PullMessages are asserted against those of a Hikvision. From ONVIF's
specifications, not recorded: Renew, Unsubscribe, the setters, users, PTZ. `GetSystemLog` with real lines was never recorded:
`has_log` writes a form of our own.

By hand: `python -m tests.devices.onvif_camera --port 8085 [--fault slow …] [--rtsp clip.mp4]`, then `/_emulator/…`.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from hearthwatch.kit.clock import Clock, SystemClock
from hearthwatch.kit.units import US_PER_S
from tests.devices import onvif_words as words
from tests.devices.by_hand import main
from tests.devices.camera_message import Reply, Request
from tests.devices.camera_picture import picture
from tests.devices.camera_state import Account, CameraClock, CameraState, Fault, LogKind
from tests.devices.camera_web import EmulatedCamera
from tests.devices.digest import DigestDoor, Verdict
from tests.devices.onvif_events import ILLEGAL_ACCESS, SHORT, TOPICS, PullPoint, PullPoints, pull
from tests.devices.onvif_operations import SNAPSHOT, UPLOAD, Operations
from tests.devices.onvif_words import Refusal, name_of, said, tag, text_of

VISIT_GAP_S = 60
MAX_SKEW_S = 300
_OPEN = frozenset({"GetSystemDateAndTime", "GetServices", "GetCapabilities", "GetServiceCapabilities", "GetHostname"})
_FOR_ADMINS = re.compile(
    r"Set(?!SynchronizationPoint).*|Create(?!PullPoint).*|Delete.*|GetUsers|GetSystemLog|SystemReboot|Start.*"
)


@dataclass(kw_only=True)
class OnvifCamera(EmulatedCamera):
    """`takes_tokens` and `takes_digest`: which log-ins it accepts; `asks_digest`: it asks for Digest by 401, else by a fault.
    `is_open_clock`: the clock is told without a log-in. `illegal_access`: it has Hikvision's topic for failed log-ins."""

    family: ClassVar[str] = "onvif"
    manufacturer: str = "REOLINK"
    model: str = "E1 Zoom"
    firmware: str = "v3.1.0.2649_23083101"
    mac: str = "ec:71:db:46:5a:f7"
    hardware: str = "IPC"
    takes_tokens: bool = True
    takes_digest: bool = True
    asks_digest: bool = False
    is_open_clock: bool = True
    has_log: bool = False
    illegal_access: bool = True
    sub_path: str = ""
    """Where the second profile has its stream; empty: where the first has it."""
    points: PullPoints = field(init=False)
    door: DigestDoor = field(init=False)
    operations: Operations = field(init=False)
    protocols: dict[str, list[int | bool]] = field(
        default_factory=lambda: {"HTTP": [True, 80], "RTSP": [True, 554], "HTTPS": [False, 443]}
    )
    hostname: str = "IPC-BO"
    discovery: str = "Discoverable"
    ntp_server: str = "pool.ntp.org"
    by_ntp: bool = False
    presets: tuple[str, ...] = ("gate",)
    relays: dict[str, bool] = field(default_factory=lambda: {"RelayOutput_1": False})
    _nonces: set[str] = field(default_factory=set)
    _visits: dict[tuple[str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.points = PullPoints(state=self.state)
        self.operations = Operations(self)
        self.door = DigestDoor(realm="IPC", opaque="5ccc069c", rng=self.rng, separator=", ")

    def error_in_200(self, request: Request) -> Reply:
        return _soap(words.fault("Receiver", ("ter:Action",), "Internal error"))

    def asked(self, request: Request) -> str:
        found = re.search(rb"Body[^>]*>\s*<(?:\w+:)?(\w+)", request.body)
        return f"{super().asked(request)} {found[1].decode() if found else ''}".strip()

    def has_ntp(self) -> bool:
        return self.by_ntp

    def after_start(self) -> None:
        self.points.points.clear()
        self.door.nonces.clear()
        self._visits.clear()

    def forget_nonces(self) -> None:
        self.door.nonces.clear()

    def on_listening(self) -> None:
        self.protocols["HTTP"][1] = self.port

    def on_video(self, port: int) -> None:
        self.protocols["RTSP"][1] = port

    @property
    def base(self) -> str:
        return f"http{'s' if self.tls else ''}://{self.host}:{self.port}"

    async def cause(self, fault: Fault) -> None:
        """TOKEN_EXPIRED: every subscription is gone."""
        if fault is Fault.TOKEN_EXPIRED:
            self.points.points.clear()
        await super().cause(fault)

    async def alarm(self, code: str, *, on: bool, channel: int = 0) -> None:
        """`code`: a topic of TOPICS, or a word of SHORT for it."""
        topic = SHORT.get(code, code)
        assert topic in TOPICS
        await super().alarm(topic, on=on, channel=channel)
        self.points.changed(topic)

    async def somebody_tried(self, address: str, user: str, *, ok: bool, via: str) -> None:
        if not ok and self.illegal_access:
            self.points.happened(ILLEGAL_ACCESS)

    async def add_account(self, name: str, password: str, *, admin: bool = False) -> None:
        account = Account(name=name, password=password, group="Administrator" if admin else "User")
        self.state.add_account(account, by="admin", address="203.0.113.9")

    async def change_setting(self, key: str, value: str) -> None:
        """As the export names it: `Hostname.Name`, `DiscoveryMode`, `SystemDateAndTime.DateTimeType`, `NTP.NTPManual.DNSname`,
        `NetworkProtocols.HTTPS.Enabled`."""
        if key == "Hostname.Name":
            self.hostname = value
        elif key == "DiscoveryMode":
            self.discovery = value
        elif key == "SystemDateAndTime.DateTimeType":
            self.by_ntp = value == "NTP"
        elif key == "NTP.NTPManual.DNSname":
            self.ntp_server = value
        else:
            found = re.fullmatch(r"NetworkProtocols\.(\w+)\.(Enabled|Port)", key)
            assert found is not None
            self.protocols[found[1]][found[2] == "Port"] = int(value) if found[2] == "Port" else value == "true"
        self.state.write(LogKind.SETTINGS_CHANGED, user="admin", address="203.0.113.9")

    async def answer(self, request: Request) -> Reply:
        if request.target == SNAPSHOT:
            return self._by_digest(request) or Reply(
                body=picture(str(self.state.clock.local()), 640, 480), headers=(("Content-Type", "image/jpeg"),)
            )
        if request.path == UPLOAD and request.method == "POST":
            self.state.firmware_uploads.append(request.body)
            self.reboot_soon()
            return Reply()
        if request.method != "POST" or not request.path.startswith("/onvif/"):
            return Reply(status="404 Not Found")
        header = ""
        try:
            root = ET.fromstring(request.body)
            operation = root.find(f"{{{words.NAMESPACES['SOAP-ENV']}}}Body")[0]  # type: ignore[index]
        except (ET.ParseError, IndexError, TypeError):
            return _soap(words.fault("Sender", (), "Not well-formed"), status="400 Bad Request")
        name = name_of(operation)
        try:
            if name not in _OPEN or (name == "GetSystemDateAndTime" and not self.is_open_clock):
                user, header, refusal = await self._log_in_check(request, root, name)
                if refusal is not None:
                    return refusal
            else:
                user = ""
            body, extra = await self._perform(name, operation, request, user)
            return _soap(body, header + extra)
        except Refusal as fault:
            return _soap(fault.body, status="400 Bad Request")

    async def _log_in_check(self, request: Request, root: Element, name: str) -> tuple[str, str, Reply | None]:
        """Return who it is and the log-in to echo; or what to answer instead."""
        if self.takes_digest and request.headers.get("authorization"):
            refusal = self._by_digest(request)
            user = re.search(r'username="([^"]*)"', request.headers["authorization"])
            if refusal is not None:
                return "", "", refusal
            self._entered(user[1] if user else "", request.address, name)
            return user[1] if user else "", "", None
        token = root.find(f".//{{{words.NAMESPACES['wsse']}}}UsernameToken")
        if token is None or not self.takes_tokens:
            if self.asks_digest:
                challenge = (("WWW-Authenticate", self.door.challenge()),)
                return "", "", Reply(status="401 Unauthorized", headers=challenge)
            raise _not_authorized()
        user = await self._by_token(token, request.address)
        self._entered(user, request.address, name)
        return user, tag("wsse:Security", _written(token)), None

    def _by_digest(self, request: Request) -> Reply | None:
        passwords = {one.name: one.password for one in self.state.accounts}
        user, verdict = self.door.check(request.method, request.target, request.headers.get("authorization", ""), passwords)
        if verdict is Verdict.RIGHT and not self.state.is_locked(user):
            return None
        if verdict is Verdict.WRONG:
            self.state.count_wrong(user, request.address, "")
        challenge = self.door.challenge(stale=verdict is Verdict.STALE)
        return Reply(status="401 Unauthorized", headers=(("WWW-Authenticate", challenge),))

    async def _by_token(self, token: Element, address: str) -> str:
        """PasswordDigest is base64(SHA-1(nonce + created + password)); used once, and dated by the camera's clock."""
        fields = {name_of(one): (one.text or "") for one in token}
        user, nonce, created = fields.get("Username", ""), fields.get("Nonce", ""), fields.get("Created", "")
        account = self.state.account(user)
        password = account.password if account is not None else ""
        proof = hashlib.sha1(base64.b64decode(nonce) + created.encode() + password.encode(), usedforsecurity=False).digest()
        right = hmac.compare_digest(base64.b64encode(proof).decode(), fields.get("Password", ""))
        if self.state.is_locked(user):
            raise _not_authorized()
        if account is None or not right:
            self.state.count_wrong(user, address, "")
            await self.somebody_tried(address, user, ok=False, via="")
            raise _not_authorized()
        at = dt.datetime.fromisoformat(created).replace(tzinfo=None)
        if abs((at - self.state.clock.utc()).total_seconds()) > MAX_SKEW_S or nonce in self._nonces:
            raise _not_authorized()
        self._nonces.add(nonce)
        return user

    def _entered(self, user: str, address: str, name: str) -> None:
        """A visit is a log-in; what only administrators may do is refused to others."""
        self.state.let_in(user)
        now = self.state.true_us()
        last = self._visits.get((user, address))
        self._visits[user, address] = now
        if last is None or now - last > VISIT_GAP_S * US_PER_S:
            self.state.write(LogKind.LOGIN, user=user, address=address)
        account = self.state.account(user)
        if account is not None and account.group != "Administrator" and _FOR_ADMINS.fullmatch(name):
            raise Refusal("Sender", ("ter:NotAuthorized", "ter:OperationProhibited"), "Operator not allowed")

    async def _perform(self, name: str, asked: Element, request: Request, user: str) -> tuple[str, str]:
        """Return the body, and what else goes into the header."""
        prefix = words.PREFIXES.get(asked.tag.partition("}")[0][1:], "ns")
        if prefix in {"tev", "wsnt"}:
            return await self._event_service(name, asked, request)
        found: Callable[[Element, str, str], str] | None = getattr(self.operations, f"on_{name}", None)
        if found is None:
            reason = f"Method '{prefix}:{name}' not implemented: method name or namespace not recognized"
            raise Refusal("Sender", (), reason)
        try:
            return tag(f"{prefix}:{name}Response", found(asked, user, request.address)), ""
        except (KeyError, ValueError):
            raise Refusal("Sender", ("ter:InvalidArgVal",), "Invalid argument") from None

    async def _event_service(self, name: str, asked: Element, request: Request) -> tuple[str, str]:
        if name == "GetEventProperties":
            return tag("tev:GetEventPropertiesResponse", words.event_properties(illegal_access=self.illegal_access)), ""
        if name == "GetServiceCapabilities":
            flags = {
                "WSSubscriptionPolicySupport": "true",
                "WSPullPointSupport": "true",
                "MaxPullPoints": str(self.points.most),
            }
            return tag("tev:GetServiceCapabilitiesResponse", tag("tev:Capabilities", **flags)), ""
        if name == "CreatePullPointSubscription":
            point = self.points.create(text_of(asked, "InitialTerminationTime"))
            if point is None:
                detail = tag("wsnt:SubscribeCreationFailedFault", said("wsrfbf:Timestamp", self.state.clock.utc()))
                raise Refusal("Receiver", (), "", detail)
            address = said("wsa:Address", f"{self.base}/onvif/PullSubManager_{point.number}")
            content = tag("tev:SubscriptionReference", address) + self.points.times(point, "wsnt")
            return tag("tev:CreatePullPointSubscriptionResponse", content), ""
        point = self._point(request)
        match name:
            case "PullMessages":
                messages = await pull(point, text_of(asked, "Timeout"), int(text_of(asked, "MessageLimit") or "1"))
                self.points.pulled(point)
                action = said("wsa:Action", f"{words.NAMESPACES['tev']}/PullPointSubscription/PullMessagesResponse")
                return tag("tev:PullMessagesResponse", self.points.times(point, "tev"), *messages), action
            case "SetSynchronizationPoint":
                self.points.initialize(point)
                return tag("tev:SetSynchronizationPointResponse"), ""
            case "Renew":
                self.points.renew(point, text_of(asked, "TerminationTime"))
                ends = re.sub(r"<wsnt:CurrentTime>.*</wsnt:CurrentTime>", "", self.points.times(point, "wsnt"))
                return tag("wsnt:RenewResponse", ends), ""
            case "Unsubscribe":
                del self.points.points[point.number]
                return tag("wsnt:UnsubscribeResponse"), ""
        raise Refusal("Sender", ("ter:ActionNotSupported",), "Optional Action Not Implemented")

    def _point(self, request: Request) -> PullPoint:
        number = request.path.rpartition("_")[2]
        point = self.points.alive().get(int(number) if number.isdigit() else -1)
        if point is None:
            raise Refusal("Sender", ("ter:InvalidArgs",), "")
        return point


def _written(token: Element) -> str:
    """Return the log-in as it came, in this camera's prefixes."""

    def one(element: Element) -> str:
        prefix = words.PREFIXES.get(element.tag.partition("}")[0][1:], "wsse")
        kinds = {key: value for key, value in element.attrib.items() if key in {"Type", "EncodingType"}}
        inner = "".join(one(child) for child in element) or escape(element.text or "")
        return tag(f"{prefix}:{name_of(element)}", inner, **kinds)

    return one(token)


def _not_authorized() -> Refusal:
    return Refusal(
        "Sender", ("ter:NotAuthorized",), "The action requested requires authorization and the sender is not authorized"
    )


def _soap(body: str, header: str = "", *, status: str = "200 OK") -> Reply:
    kind = ("Content-Type", "application/soap+xml; charset=utf-8")
    return Reply(body=words.envelope(body, header), status=status, headers=(kind,))


def camera(
    *,
    clock: Clock | None = None,
    accounts: list[Account] | None = None,
    west_s: int = 8 * 3600,
    max_pull_points: int = 2,
    **more: Any,
) -> OnvifCamera:
    """Return a camera with the owner's `admin`, a `service` account nobody knows of, and our `watch`. `more`: fields."""
    accounts = accounts or [
        Account(name="admin", password="admin", group="Administrator", is_built_in=True),
        Account(name="service", password="service", group="Administrator"),
        Account(name="watch", password="watch-Pass-1", group="Administrator"),
    ]
    state = CameraState(clock=CameraClock(true=clock or SystemClock(), west_s=west_s), accounts=accounts)
    made = OnvifCamera(state=state, **more)
    made.points.most = max_pull_points
    return made


if __name__ == "__main__":
    main(camera, rtsp_paths=("/",))
