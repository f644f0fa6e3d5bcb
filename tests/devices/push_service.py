"""A push service and the browsers behind it, strict as the real ones: it checks the house's signature (RFC 8292) and opens what
came with the browser's own private key (RFC 8291, RFC 8188), by nothing but `cryptography`."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
import time
from collections import deque
from dataclasses import dataclass, field

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

MOST_BYTES = 4096
_POINT = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unbase64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(slots=True)
class Browser:
    """One subscription: the service knows its token, only the browser its private key. `key` is the house's it was made for."""

    token: str
    key: str
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def p256dh(self) -> bytes:
        return self.private.public_key().public_bytes(*_POINT)

    def open(self, body: bytes) -> bytes:
        """Return what the house encrypted for this browser (RFC 8291 section 3.4). Raises for anything else."""
        salt, record_bytes, key_bytes = body[:16], *struct.unpack("!LB", body[16:21])
        sender = body[21 : 21 + key_bytes]
        sealed = body[21 + key_bytes :]
        assert key_bytes == 65
        assert 18 <= len(sealed) <= record_bytes
        shared = self.private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        info = b"WebPush: info\x00" + self.p256dh + sender
        ikm = HKDF(hashes.SHA256(), 32, salt=self.auth, info=info).derive(shared)
        prk = HKDF.extract(hashes.SHA256(), salt, ikm)
        key = HKDFExpand(hashes.SHA256(), 16, b"Content-Encoding: aes128gcm\x00").derive(prk)
        nonce = HKDFExpand(hashes.SHA256(), 12, b"Content-Encoding: nonce\x00").derive(prk)
        padded = AESGCM(key).decrypt(nonce, sealed, None)
        plain = padded.rstrip(b"\x00")
        assert plain.endswith(b"\x02"), "the last record ends with a delimiter of 2"
        return plain[:-1]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message as the browser gets it."""

    headers: dict[str, str]
    plain: bytes
    size_bytes: int

    @property
    def said(self) -> dict[str, object]:
        return json.loads(self.plain)


@dataclass(slots=True)
class PushService:
    """`statuses` are answered first, one each, then 201. What the real ones would refuse is refused, and noted in `faults`."""

    statuses: deque[int] = field(default_factory=deque)
    headers: dict[str, str] = field(default_factory=dict)
    browsers: dict[str, Browser] = field(default_factory=dict)
    got: asyncio.Queue[Arrived] = field(default_factory=asyncio.Queue)
    asked: int = 0
    faults: list[str] = field(default_factory=list)
    origin: str = ""
    _runner: web.AppRunner | None = None

    async def start(self) -> str:
        app = web.Application()
        app.router.add_post("/push/{token}", self._take)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.origin = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
        return self.origin

    async def stop(self) -> None:
        await self._runner.cleanup()

    def subscribe(self, key: str) -> Browser:
        browser = Browser(token=base64url(os.urandom(12)), key=key)
        self.browsers[browser.token] = browser
        return browser

    def endpoint(self, browser: Browser) -> str:
        return f"{self.origin}/push/{browser.token}"

    async def _take(self, request: web.Request) -> web.Response:
        self.asked += 1
        body = await request.read()
        if self.statuses:
            return web.Response(status=self.statuses.popleft(), headers=self.headers)
        browser = self.browsers.get(request.match_info["token"])
        if browser is None:
            return web.Response(status=410)
        try:
            self._check(request, body, browser)
            plain = browser.open(body)
        except Exception as error:
            self.faults.append(repr(error))
            return web.Response(status=403 if isinstance(error, InvalidSignature) else 400)
        self.got.put_nowait(Arrived(dict(request.headers), plain, len(body)))
        return web.Response(status=201, headers={"Location": f"{self.origin}/message/1"})

    def _check(self, request: web.Request, body: bytes, browser: Browser) -> None:
        assert len(body) <= MOST_BYTES
        assert request.headers["Content-Encoding"] == "aes128gcm"
        assert int(request.headers["TTL"]) >= 0
        assert request.headers["Urgency"] in {"very-low", "low", "normal", "high"}
        topic = request.headers.get("Topic", "")
        assert len(topic) <= 32
        assert set(topic) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        scheme, _, rest = request.headers["Authorization"].partition(" ")
        assert scheme == "vapid"
        given = dict(each.strip().split("=", 1) for each in rest.split(","))
        assert given["k"] == browser.key, "the subscription was made for another key"
        claims = verified(given["t"], given["k"])
        assert claims["aud"] == self.origin
        assert time.time() < claims["exp"] <= time.time() + 24 * 3600
        assert claims["sub"].startswith(("mailto:", "https://"))


def verified(token: str, key: str) -> dict[str, object]:
    """Return the claims of a JWT signed with ES256 by the owner of `key`. Raises InvalidSignature."""
    head, claims, signature = token.split(".")
    assert json.loads(unbase64url(head))["alg"] == "ES256"
    raw = unbase64url(signature)
    assert len(raw) == 64
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unbase64url(key))
    public.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    return json.loads(unbase64url(claims))
