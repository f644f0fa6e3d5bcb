"""Both halves of a WireGuard connection from a phone to this house, made of fresh keys. Nothing of it is kept."""

from __future__ import annotations

import base64
import ipaddress
import re
import secrets
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from hearthwatch.kit.errors import Unsupported
from hearthwatch.web.qr import drawn
from hearthwatch.web.welcome_doors import Tunnel

_NAME = re.compile(r"(?=.{1,253}$)(?!-)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.?")
_KEEPALIVE_S = 25
"""Often enough for the home router to keep the way open (wireguard.com, "NAT and Firewall Traversal Persistence")."""


def tunnel(endpoint: str, port: int, phone: str, taken: Sequence[str]) -> Tunnel:
    """Return a connection to `endpoint`:`port` for the device called `phone`, in a network apart from those `taken`.

    Only what is for this house goes through it; the rest of the phone's traffic keeps its own way. Raises Unsupported for an
    endpoint that is none."""
    there = _endpoint(endpoint)
    network = _network([ipaddress.ip_network(each, strict=False) for each in taken])
    house, guest = str(network[1]), str(network[2])
    server_key, phone_key = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    shared = base64.b64encode(secrets.token_bytes(32)).decode()
    server = (
        "# on the machine Hearthwatch runs on: /etc/wireguard/hearthwatch.conf\n"
        f"[Interface]\nAddress = {house}/24\nListenPort = {port}\nPrivateKey = {_private(server_key)}\n\n"
        f"# {phone}\n[Peer]\nPublicKey = {_public(phone_key)}\nPresharedKey = {shared}\nAllowedIPs = {guest}/32\n"
    )
    client = (
        f"[Interface]\nPrivateKey = {_private(phone_key)}\nAddress = {guest}/32\n\n"
        f"[Peer]\nPublicKey = {_public(server_key)}\nPresharedKey = {shared}\nEndpoint = {there}:{port}\n"
        f"AllowedIPs = {house}/32\nPersistentKeepalive = {_KEEPALIVE_S}\n"
    )
    code = drawn(client)
    return Tunnel(server=server, phone=client, address=house, qr_size=code.size, qr_path=code.path)


def _endpoint(text: str) -> str:
    text = text.strip()
    try:
        ip = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        if not _NAME.fullmatch(text):
            raise Unsupported(
                "this is neither a name nor an address: give what your house is reached by, without https:// or a port"
            ) from None
        return text
    return f"[{ip}]" if ip.version == 6 else str(ip)


def _network(taken: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> ipaddress.IPv4Network:
    while True:
        found = ipaddress.IPv4Network(f"10.{64 + secrets.randbelow(192)}.{secrets.randbelow(256)}.0/24")
        if not any(each.version == 4 and found.overlaps(each) for each in taken):
            return found


def _private(key: X25519PrivateKey) -> str:
    return base64.b64encode(key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())).decode()


def _public(key: X25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
