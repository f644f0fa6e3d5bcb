"""The hub's end of joining: one-time codes, certificates for keys that never leave their machine, and who is heard."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

import msgspec
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from hearthwatch.fleet import hub_ledger
from hearthwatch.fleet.authority import Authority, sha256_of
from hearthwatch.fleet.code import Code, HubAddress, kept_of
from hearthwatch.fleet.joining_wire import Hello, Join, Joined, Renew, Renewed, Welcome
from hearthwatch.fleet.node import NodeId, SiteId
from hearthwatch.fleet.node_port import NodePort, small_body
from hearthwatch.fleet.registry import Registry
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import BadReply, Refused, Unreachable
from hearthwatch.kit.units import NS_PER_S, MonoNs, WallUs

T = TypeVar("T")

CODE_LIFE_S = 900.0
_WRONG_TRIES = 20
_WRONG_WITHIN_S = 600.0
_MOST_ADDRESSES = 256
_NO_NAME = "node"


class Enrolment:
    """`add_to` a node port. `said` gets what each node says of itself."""

    def __init__(
        self, authority: Authority, registry: Registry, db: Db, clock: Clock, said: Callable[[NodeId, Hello], None]
    ) -> None:
        self._authority = authority
        self._registry = registry
        self._db = db
        self._clock = clock
        self._said = said
        self._wrong: dict[str, deque[MonoNs]] = {}

    def add_to(self, port: NodePort) -> None:
        """Answer at the port."""
        port.add_public("GET", "/authority", self._show)
        port.add_public("POST", "/join", self._join)
        port.add("POST", "/renew", self._renew)
        port.add("POST", "/hello", self._hello)

    async def invite(self, site: SiteId, name: str, addresses: tuple[HubAddress, ...]) -> tuple[str, WallUs]:
        """Return a code for one machine, and until when it is good. Raises Refused, StorageFailed."""
        code = Code.new(self._authority.fingerprint, addresses)
        now_us = self._clock.wall_us()
        ends_us = await self._db.run(
            lambda connection: hub_ledger.invite(connection, code.kept, site=site, name=name, now_us=now_us, life_s=CODE_LIFE_S)
        )
        return code.text(), ends_us

    async def _show(self, _request: web.Request) -> web.StreamResponse:
        """Whoever asks has the fingerprint from a code, or believes nothing."""
        return web.Response(body=self._authority.pem, content_type="application/x-pem-file")

    async def _join(self, request: web.Request) -> web.StreamResponse:
        now_ns, wrong = self._clock.mono_ns(), self._tries(request.remote or "")
        if len(wrong) == _WRONG_TRIES and now_ns - wrong[0] < _WRONG_WITHIN_S * NS_PER_S:
            raise Unreachable("too many wrong codes came from this address lately: it cannot join for the next minutes")
        ask = _read(await small_body(request), Join)
        key = _key_of(ask.request)
        try:
            found = await self._db.run(
                functools.partial(
                    hub_ledger.redeem,
                    kept=kept_of(bytes.fromhex(ask.word)),
                    key_sha256=key,
                    name=clean_name(ask.name) or _NO_NAME,
                    now_us=self._clock.wall_us(),
                )
            )
        except Refused:
            wrong.append(now_ns)
            raise
        certificate = self._authority.sign_node(ask.request.encode(), found.node, self._clock)
        await self._offer(found.node, certificate, first=True)
        return _json(Joined(node=found.node, site=found.site, name=found.name, certificate=certificate.decode()))

    def _tries(self, address: str) -> deque[MonoNs]:
        """Return when wrong codes came from there. One who has many addresses guesses 80 random bits no sooner."""
        found = self._wrong.pop(address, None) or deque(maxlen=_WRONG_TRIES)
        self._wrong[address] = found
        while len(self._wrong) > _MOST_ADDRESSES:
            del self._wrong[next(iter(self._wrong))]
        return found

    async def _renew(self, request: web.Request, node: NodeId) -> web.StreamResponse:
        ask = _read(await small_body(request), Renew)
        certificate = self._authority.sign_node(ask.request.encode(), node, self._clock)
        await self._offer(node, certificate, first=False)
        return _json(Renewed(certificate=certificate.decode()))

    async def _offer(self, node: NodeId, certificate: bytes, *, first: bool) -> None:
        shown = sha256_of(certificate)
        await self._db.run(lambda connection: hub_ledger.offer_certificate(connection, node, shown, first=first))
        await self._registry.load()

    async def _hello(self, request: web.Request, node: NodeId) -> web.StreamResponse:
        self._said(node, _read(await small_body(request), Hello))
        known = self._registry.nodes[node].node
        return _json(Welcome(site=known.site, name=known.name, now_us=self._clock.wall_us()))


def clean_name(text: str) -> str:
    """Return what may be a machine's name: one printable line of at most 40 characters, "" when nothing is left."""
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()[:40].strip()


def _key_of(request: str) -> bytes:
    try:
        key = x509.load_pem_x509_csr(request.encode()).public_key()
    except (ValueError, TypeError) as error:
        raise BadReply("this is no request for a certificate") from error
    return sha256(key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)).digest()


def _read(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadReply("this is nothing that this release of the hub understands") from error


def _json(body: msgspec.Struct) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), content_type="application/json")
