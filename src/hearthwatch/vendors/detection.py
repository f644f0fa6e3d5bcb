"""Finding out whose camera answers at an address: which of its ports are open, and what they say to anybody.

No credentials are sent here, whatever answers. Loopback is refused unless allowed, as for every camera.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from hearthwatch.kit.address import resolve
from hearthwatch.kit.errors import BadReply, Refused, Unreachable, Unsupported
from hearthwatch.kit.units import CameraId
from hearthwatch.vendors.device import Access, Vendor
from hearthwatch.vendors.fingerprint import QUESTIONS, Fingerprint, Question, fingerprint_of
from hearthwatch.vendors.http import CameraHttp, LogIn

_LIMIT_BYTES = 65_536
_ANY_STATUS = frozenset({301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 411, 415, 500, 501, 503})
_STEP = "finding out whose camera it is"
_NOBODY = CameraId("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    number: int
    tls: bool = False


_WEB, _WEB_TLS = Port(number=80), Port(number=443, tls=True)
USUAL: Mapping[Vendor, tuple[Port, ...]] = MappingProxyType(
    {
        Vendor.FOSCAM_MJPEG: (_WEB, Port(number=8080)),
        Vendor.FOSCAM_HD: (_WEB_TLS, Port(number=88)),
        Vendor.DAHUA: (_WEB, _WEB_TLS),
        Vendor.REOLINK: (_WEB_TLS, _WEB),
        Vendor.ONVIF: (_WEB, Port(number=8000), Port(number=8080), Port(number=888), Port(number=2020), _WEB_TLS),
    }
)
"""Where each family has its web server, the best first: TLS where the password goes over the network in clear without it."""

_ALL = tuple(dict.fromkeys(port for ports in USUAL.values() for port in ports))
_TELLTALES = (554, 9000, 37777, 34567)
"""Ports that are never asked anything: video, and the vendors' own protocols. They tell a camera from a printer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """What was found at `host`. Without a `fingerprint` it is no camera of a family that we know: `why` says what there is."""

    host: str
    port: int = 0
    tls: bool = False
    fingerprint: Fingerprint | None = None
    open_ports: tuple[int, ...] = ()
    why: str = ""

    @property
    def looks_like_camera(self) -> bool:
        """Whether it is one of a known family, or at least sends video as cameras do."""
        return self.fingerprint is not None or any(port in self.open_ports for port in _TELLTALES)


class Detector:
    """Bounded in connections and time. For one event loop."""

    def __init__(self, *, rng: random.Random, timeout_s: float = 4.0, connect_s: float = 1.5, at_once: int = 24) -> None:
        self._rng = rng
        self._timeout_s = timeout_s
        self._connect_s = connect_s
        self._turns = asyncio.Semaphore(at_once)

    async def answers(self, host: str, port: int, *, allow_loopback: bool = False) -> bool:
        """Whether something accepts a connection there. Raises Unsupported for an address that no camera may have."""
        try:
            ip, _ = await asyncio.to_thread(resolve, host, port, allow_loopback)
        except Unreachable:
            return False
        return await self._is_open(ip, port)

    async def _is_open(self, ip: str, port: int) -> bool:
        async with self._turns:
            try:
                async with asyncio.timeout(self._connect_s):
                    _, writer = await asyncio.open_connection(ip, port)
            except (OSError, TimeoutError):
                return False
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            return True

    async def detect(
        self, host: str, *, vendor: Vendor = Vendor.AUTO, port: int = 0, tls: bool = False, allow_loopback: bool = False
    ) -> Detected:
        """Return whose camera it is, or why not. `vendor` and `port` narrow what is asked where; with `tls` nothing is asked
        in clear. Raises Unreachable when nothing answers, Unsupported for an address that no camera may have."""
        ip, _ = await asyncio.to_thread(resolve, host, port or _WEB.number, allow_loopback)
        ports = _ports(vendor, port, tls=tls)
        numbers = tuple(dict.fromkeys((*(one.number for one in ports), *(() if port else _TELLTALES))))
        states = await asyncio.gather(*(self._is_open(ip, number) for number in numbers))
        is_open = tuple(number for number, state in zip(numbers, states, strict=True) if state)
        if not is_open:
            where = f"port {port}" if port else f"ports {', '.join(str(number) for number in numbers)}"
            raise Unreachable(f"nothing answers at {host} ({where}): is it on, and in this network?")
        there = [one for one in ports if one.number in is_open]
        found = await self._whose(host, there, vendor, allow_loopback=allow_loopback)
        if found is None:
            shown = ", ".join(str(number) for number in is_open)
            family = "camera of a family that we know" if vendor is Vendor.AUTO else f"{vendor} camera"
            return Detected(host=host, open_ports=is_open, why=f"no {family} (ports {shown} are open)")
        at, seen = found
        return Detected(host=host, port=at.number, tls=at.tls, fingerprint=seen, open_ports=is_open)

    async def _whose(
        self, host: str, ports: Sequence[Port], vendor: Vendor, *, allow_loopback: bool
    ) -> tuple[Port, Fingerprint] | None:
        """Ask for the families of our own clients everywhere before ONVIF anywhere."""
        wanted = [one for one in QUESTIONS if vendor in {Vendor.AUTO, one.vendor}]
        native = [one for one in wanted if one.vendor is not Vendor.ONVIF]
        deaf: set[Port] = set()
        for questions in (native, [one for one in wanted if one.vendor is Vendor.ONVIF]):
            for port in ports if questions else ():
                if port in deaf:
                    continue
                try:
                    seen = await self._ask(host, port, questions, allow_loopback=allow_loopback)
                except Unreachable:
                    deaf.add(port)
                    continue
                if seen is not None:
                    return await self._best(host, port, seen, ports, allow_loopback=allow_loopback)
        return None

    async def _best(
        self, host: str, port: Port, seen: Fingerprint, ports: Sequence[Port], *, allow_loopback: bool
    ) -> tuple[Port, Fingerprint]:
        """Return the best port of the family among those that are open and answer as it does."""
        questions = [one for one in QUESTIONS if one.vendor is seen.vendor]
        for better in USUAL[seen.vendor]:
            if better == port:
                break
            if better in ports:
                with contextlib.suppress(Unreachable):
                    again = await self._ask(host, better, questions, allow_loopback=allow_loopback)
                    if again is not None and again.vendor is seen.vendor:
                        return better, again
        return port, seen

    async def fingerprint(self, access: Access, vendor: Vendor) -> Fingerprint | None:
        """Return what the device at `access` shows when asked as one of `vendor`, None when it is another family's.

        Raises Unreachable when it does not answer."""
        questions = [one for one in QUESTIONS if one.vendor is vendor]
        port = Port(number=access.port, tls=access.tls)
        if not await self.answers(access.host, access.port, allow_loopback=access.allow_loopback):
            raise Unreachable(f"nothing answers at {access.host} port {access.port}")
        return await self._ask(access.host, port, questions, allow_loopback=access.allow_loopback)

    async def _ask(self, host: str, port: Port, questions: Sequence[Question], *, allow_loopback: bool) -> Fingerprint | None:
        """Return the first family that is recognised, None when none is. Raises Unreachable where nobody answers in time."""
        async with self._open(host, port, allow_loopback=allow_loopback) as http:
            for question in questions:
                try:
                    async with self._turns:
                        if question.body:
                            reply = await http.post(
                                question.target,
                                question.body,
                                question.content_type,
                                step=_STEP,
                                limit_bytes=_LIMIT_BYTES,
                                also=_ANY_STATUS,
                            )
                        else:
                            reply = await http.get(question.target, step=_STEP, limit_bytes=_LIMIT_BYTES, also=_ANY_STATUS)
                except (BadReply, Refused, Unsupported):
                    continue
                seen = fingerprint_of(question, reply)
                if seen is not None:
                    return seen
        return None

    @contextlib.asynccontextmanager
    async def _open(self, host: str, port: Port, *, allow_loopback: bool) -> AsyncIterator[CameraHttp]:
        access = Access(camera=_NOBODY, host=host, port=port.number, tls=port.tls, allow_loopback=allow_loopback)
        http = CameraHttp(access, rng=self._rng, log_in=LogIn.NONE, timeout_s=self._timeout_s)
        try:
            yield http
        finally:
            await http.close()


def _ports(vendor: Vendor, port: int, *, tls: bool) -> tuple[Port, ...]:
    if port:
        return (Port(number=port, tls=True),) if tls else (Port(number=port), Port(number=port, tls=True))
    usual = _ALL if vendor is Vendor.AUTO else USUAL[vendor]
    return tuple(one for one in usual if one.tls) if tls else usual
