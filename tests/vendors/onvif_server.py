"""An ONVIF camera that answers with recorded bytes: checks each log-in by itself, counts its subscriptions, forgets none."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.vendors.web_camera import PASSWORD, USER, Request, reply

from hearthwatch.kit.clock import FakeClock

NOT_AUTHORIZED = "trendnet-tvip320pi-5.3.4/GetDeviceInformation.fault.xml"
LACKS = "axis-p3818pve-11.9.60/GetAuthFailureWarningConfiguration.fault.xml"
JPEG = b"\xff\xd8\xff picture"


@dataclass(frozen=True, kw_only=True)
class Asked:
    operation: str
    target: str
    body: str
    has_token: bool


def body_of(operation: str, inner: str = "") -> bytes:
    """An answer as short as can be; the prefixes are declared nowhere, as with some real cameras."""
    return (
        f"<s:Envelope><s:Header/><s:Body><x:{operation}Response>{inner}</x:{operation}Response></s:Body></s:Envelope>".encode()
    )


@dataclass(kw_only=True)
class SoapCamera:
    """`says`: bytes or the name of a tape by operation, a list for one after the other (the last for ever), or a function.

    Its own clock is `clock` plus `ahead_s`; a token is good for a minute of that."""

    tapes: Path
    clock: FakeClock = field(default_factory=FakeClock)
    says: dict[str, object] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=lambda: {USER: PASSWORD})
    ahead_s: float = 0.0
    hides_clock: bool = False
    """Asks for the log-in before it tells the time, as some do."""
    sends_date: bool = False
    wants_token: bool = True
    places: int = 2
    lives_s: int = 600
    reference: str = ""
    base: str = "http://192.168.2.61:8000"
    """How it calls itself in the addresses of subscriptions."""
    subscriptions: list[str] = field(default_factory=list)
    made: int = 0
    asked: list[Asked] = field(default_factory=list)
    before: Callable[[str], Awaitable[None]] | None = None

    @property
    def operations(self) -> list[str]:
        return [one.operation for one in self.asked]

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if request.method == "GET":
            self.asked.append(Asked(operation="GET", target=request.target, body="", has_token=False))
            writer.write(reply(JPEG))
            return
        text = request.body.decode()
        found = re.search(r"<s:Body><(\w+)", text)
        assert found
        operation = found[1]
        has_token = "UsernameToken" in text
        self.asked.append(Asked(operation=operation, target=request.target, body=text, has_token=has_token))
        assert "application/soap+xml" in request.headers["content-type"]
        if self.before:
            await self.before(operation)
        is_open = operation == "GetSystemDateAndTime" and not self.hides_clock
        headers = (f"Date: {self._now().strftime('%a, %d %b %Y %H:%M:%S GMT')}",) if self.sends_date else ()
        if self.wants_token and not is_open and not self._lets_in(text):
            writer.write(reply(self.tape(NOT_AUTHORIZED), status="400 Bad Request", headers=headers))
            return
        status, body = self._answer(operation, request.target, text)
        writer.write(reply(body, status=status, headers=headers))

    def tape(self, name: str) -> bytes:
        return (self.tapes / name).read_bytes()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.wall_us() / 1e6 + self.ahead_s, tz=UTC)

    def _lets_in(self, text: str) -> bool:
        user, digest, nonce, created = (
            re.search(rf"<\w:{tag}\b[^>]*>([^<]*)<", text) for tag in ("Username", "Password", "Nonce", "Created")
        )
        if not (user and digest and nonce and created):
            return False
        password = self.passwords.get(user[1])
        if password is None:
            return False
        proof = hashlib.sha1(
            base64.b64decode(nonce[1]) + created[1].encode() + password.encode(), usedforsecurity=False
        ).digest()
        at = datetime.strptime(created[1], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        return base64.b64encode(proof).decode() == digest[1] and abs((at - self._now()).total_seconds()) < 60

    def _answer(self, operation: str, target: str, text: str) -> tuple[str, bytes]:
        status = self.statuses.get(operation, "200 OK")
        if operation in self.says:
            said = self.says[operation]
            if isinstance(said, list):
                said = said.pop(0) if len(said) > 1 else said[0]
            if callable(said):
                said = said(text)
            assert isinstance(said, bytes | str)
            body = self.tape(said) if isinstance(said, str) else said
            return ("500 Error" if b":Fault>" in body and status == "200 OK" else status), body
        own = getattr(self, f"_{operation}", None)
        if own is None:
            return "500 Error", self.tape(LACKS)
        found = own(target, text)
        return (status, found) if isinstance(found, bytes) else found

    def _GetSystemDateAndTime(self, *_: str) -> bytes:
        at = self._now()
        time = f"<t:Time><t:Hour>{at.hour}</t:Hour><t:Minute>{at.minute}</t:Minute><t:Second>{at.second}</t:Second></t:Time>"
        date = f"<t:Date><t:Year>{at.year}</t:Year><t:Month>{at.month}</t:Month><t:Day>{at.day}</t:Day></t:Date>"
        inner = f"<t:DateTimeType>Manual</t:DateTimeType><t:UTCDateTime>{time}{date}</t:UTCDateTime>"
        return body_of("GetSystemDateAndTime", f"<d:SystemDateAndTime>{inner}</d:SystemDateAndTime>")

    def _CreatePullPointSubscription(self, *_: str) -> tuple[str, bytes]:
        if len(self.subscriptions) >= self.places:
            return "500 Error", self.tape("axis-q6045e-5.55/CreatePullPointSubscription.fault.xml")
        self.made += 1
        address = f"{self.base}/onvif/pull/{self.made}"
        self.subscriptions.append(f"/onvif/pull/{self.made}")
        reference = f"<w:ReferenceParameters>{self.reference}</w:ReferenceParameters>" if self.reference else ""
        place = f"<e:SubscriptionReference><w:Address>{address}</w:Address>{reference}</e:SubscriptionReference>"
        return "200 OK", body_of("CreatePullPointSubscription", place + self.dates())

    def dates(self) -> str:
        """How long a subscription lives from now."""
        now = self._now()
        end = datetime.fromtimestamp(now.timestamp() + self.lives_s, tz=UTC)
        said = [f"{at.replace(microsecond=0, tzinfo=None).isoformat()}Z" for at in (now, end)]
        return f"<n:CurrentTime>{said[0]}</n:CurrentTime><n:TerminationTime>{said[1]}</n:TerminationTime>"

    def _SetSynchronizationPoint(self, *_: str) -> bytes:
        return body_of("SetSynchronizationPoint")

    def _Renew(self, target: str, _: str) -> tuple[str, bytes]:
        if target not in self.subscriptions:
            return "500 Error", self.tape("axis-q6045e-5.55/PullMessages.fault.xml")
        return "200 OK", body_of("Renew", self.dates())

    def _Unsubscribe(self, target: str, _: str) -> bytes:
        self.subscriptions.remove(target)
        return body_of("Unsubscribe")
