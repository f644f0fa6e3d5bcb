"""The node's end of joining: a key made here that never leaves, a certificate for it, and a new one before that ends."""

from __future__ import annotations

import ssl
from typing import TypeVar

import msgspec

from hearthwatch.fleet import code as codes
from hearthwatch.fleet.authority import new_key, pinned, request_for, sha256_of
from hearthwatch.fleet.hub_link import HubLink
from hearthwatch.fleet.identity import Identity, IdentityShelf, hub_context
from hearthwatch.fleet.joining_wire import Hello, Join, Joined, Renew, Renewed, Welcome
from hearthwatch.fleet.node import node_id, site_id
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, Refused

T = TypeVar("T")


async def join(text: str, shelf: IdentityShelf, clock: Clock, *, name: str) -> Identity:
    """Join the hub that gave the code and keep who this house is from now on.

    Raises Refused for a code that is none or not good any more, and in a house that joined already; Unreachable, BadReply and
    StorageFailed."""
    if shelf.read() is not None:
        raise Refused("this house joined a hub already: `hearthwatch node leave` first, if it is to join another one")
    try:
        code = codes.parse(text)
    except ValueError as error:
        raise Refused(str(error)) from None
    authority = await _authority(code, clock)
    link = HubLink(hub_context(authority.decode()), code.addresses, clock)
    key = new_key()
    try:
        ask = Join(word=code.word.hex(), request=request_for(key).decode(), name=name[:64])
        found = _read(await link.call("POST", "/join", data=msgspec.json.encode(ask)), Joined)
    finally:
        await link.close()
    try:
        identity = Identity(
            node=node_id(found.node),
            site=site_id(found.site),
            name=found.name,
            addresses=code.addresses,
            authority=authority.decode(),
            joined_us=clock.wall_us(),
        )
        sha256_of(found.certificate.encode())
    except ValueError as error:
        raise BadReply("the hub answered something this release does not understand") from error
    shelf.keep(identity, key, found.certificate.encode())
    return identity


async def _authority(code: codes.Code, clock: Clock) -> bytes:
    """Return the hub's authority. Nothing is believed on the way to it but the fingerprint in the code."""
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname = False
    anybody.verify_mode = ssl.CERT_NONE
    link = HubLink(anybody, code.addresses, clock)
    try:
        return pinned(await link.call("GET", "/authority"), code.fingerprint)
    finally:
        await link.close()


async def renew(link: HubLink, identity: Identity, shelf: IdentityShelf) -> None:
    """Get a certificate for a new key and use it from now on. Raises Unreachable, Refused, BadReply and StorageFailed."""
    key = new_key()
    ask = Renew(request=request_for(key).decode())
    found = _read(await link.call("POST", "/renew", data=msgspec.json.encode(ask)), Renewed)
    try:
        sha256_of(found.certificate.encode())
    except ValueError as error:
        raise BadReply("the hub answered something this release does not understand") from error
    shelf.keep_key(key, found.certificate.encode())
    await link.show(shelf.context(identity))


async def hello(link: HubLink, said: Hello) -> Welcome:
    """Say that this house is there. Raises Unreachable, Refused and BadReply."""
    return _read(await link.call("POST", "/hello", data=msgspec.json.encode(said)), Welcome)


def _read(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadReply("the hub answered something this release does not understand") from error
