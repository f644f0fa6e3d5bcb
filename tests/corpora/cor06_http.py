"""COR6: requests, WebSocket frames, JSON and paths against the page's real server; challenges against the log-in client."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import http.client
import json
import os
import random
import socket
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest

from hearthwatch.kit.digest import Authenticator
from hearthwatch.kit.errors import Refused
from hearthwatch.web.gate import TOKEN_HEADER
from tests.corpora.frame import CANARY, Case, Corpus, Skip, Terms, foreign, mutations
from tests.fuzz import seeds
from tests.fuzz.targets import try_one
from tests.web.asked import Served, served
from tests.web.naughty import kept_words
from tests.web.test_hostile_frames_wired import ENDS, STAYS, TEXT, frame

_MIB = 1 << 20
_LIVE = "/api/v1/live"


def smuggling(port: int) -> dict[str, bytes]:
    """Requests that two readers would cut in two different places."""
    host = f"Host: 127.0.0.1:{port}\r\n".encode()
    second = b"GET /api/v1/events HTTP/1.1\r\n" + host + b"\r\n"
    post = b"POST /api/v1/login HTTP/1.1\r\n" + host
    body = b'{"name": "a", "password": "b"}'
    return {
        "length and chunks": post + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + second,
        "chunks and length": post + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + second,
        "two lengths": post + b"Content-Length: 5\r\nContent-Length: 0\r\n\r\n" + second,
        "a list of lengths": post + b"Content-Length: 0, 0\r\n\r\n" + second,
        "a length with a sign": post + b"Content-Length: +30\r\n\r\n" + body,
        "a negative length": post + b"Content-Length: -1\r\n\r\n" + body,
        "a length of superscripts": post + b"Content-Length: \xb2\r\n\r\n" + body,
        "a length of 5000 digits": post + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n" + body,
        "chunked twice": post + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" + second,
        "a blank before the colon": post + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + second,
        "an odd coding": post + b"Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n\r\n" + second,
        "a tab": post + b"Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n" + second,
        "a chunk of -1": post + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n" + second,
        "a chunk of 17 digits": post + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx\r\n" + second,
        "a chunk's extension of 1 MB": post + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * _MIB + b"\r\nx\r\n0\r\n\r\n",
        "LF alone": post.replace(b"\r\n", b"\n") + b"Content-Length: 0\n\n" + second,
        "CR alone": post.replace(b"\r\n", b"\r") + b"Content-Length: 0\r\r" + second,
        "a folded header": post + b"X: y\r\n Content-Length: 5\r\n\r\n" + second,
        "NUL in a header": post + b"X: a\0b\r\nContent-Length: 0\r\n\r\n" + second,
        "a body with GET": b"GET /api/v1/login HTTP/1.1\r\n" + host + b"Content-Length: 60\r\n\r\n" + second,
        "two hosts": b"GET / HTTP/1.1\r\n" + host + b"Host: evil.example\r\n\r\n",
        "no host": b"GET / HTTP/1.1\r\n\r\n",
        "an absolute target": b"GET http://evil.example/api/v1/events HTTP/1.1\r\n" + host + b"\r\n",
        "CONNECT": b"CONNECT evil.example:443 HTTP/1.1\r\n" + host + b"\r\n",
        "TRACE": b"TRACE / HTTP/1.1\r\n" + host + b"Cookie: secret=1\r\n\r\n",
        "HTTP/0.9": b"GET /\r\n\r\n",
        "HTTP/9.9": b"GET / HTTP/9.9\r\n" + host + b"\r\n",
        "HTTP/2 in clear": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(100),
        "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        "a line of 1 MB": b"GET /" + b"a" * _MIB + b" HTTP/1.1\r\n" + host + b"\r\n",
        "10,000 headers": b"GET / HTTP/1.1\r\n" + host + b"X: y\r\n" * 10_000 + b"\r\n",
        "a header of 1 MB": b"GET / HTTP/1.1\r\n" + host + b"X: " + b"y" * _MIB + b"\r\n\r\n",
        "1000 requests at once": second * 1000,
        "bytes of all kinds": bytes(range(256)) * 50,
        "nothing": b"\r\n" * 1000,
    }


def challenges() -> dict[str, list[str]]:
    """Sixty ways to ask for a log-in."""
    good = 'Digest realm="r", nonce="n"'
    each = [
        "", " ", ",", "Digest", "Digest ", "Digest realm", 'Digest realm="', 'Digest realm="r"', 'Digest nonce="n"', "Digest realm=r, nonce=n",
        good + ", algorithm=ROT13", good + ", algorithm=md5-SESS", good + ', algorithm="SHA-256"', good + ", algorithm=SHA-512-256", good + ", algorithm=",
        good + ', qop="auth-int"', good + ', qop=""', good + ", qop=auth", good + ', qop=" auth , auth-int "', good + ', qop="AUTH"',
        good + ", stale=TRUE", good + ", stale=maybe", good + ", userhash=true", good + ', domain="http://evil.example"', good + ', opaque=""',
        'Digest realm="r\\"x", nonce="n"', 'Digest realm="r\\\\", nonce="n"', 'Digest realm="r\r\nX: y", nonce="n"', 'Digest realm="\0", nonce="n"',
        'Digest realm="\u202e", nonce="\U0001f525"', f'Digest realm="{"r" * 15_000}", nonce="n"', f'Digest realm="r", nonce="{"n" * 15_000}"',
        'Digest realm="r", realm="s", nonce="n", nonce="m"', 'digest REALM="r", NONCE="n"', "Digest realm = r , nonce = n", "Digest" + "\t" * 50 + 'realm="r", nonce="n"',
        good + ", " + good, good + ", Basic", "Basic, " + good, 'Basic realm="r", ' + good, "Basic", 'Basic realm="r', "Basic " * 2000, "Negotiate, NTLM, " + good,
        "Bearer realm=x", "x" * 16_000, "," * 16_000, " " * 16_000, '"' * 16_000, "=" * 16_000, 'a="' * 5000, "a=" * 8000, "a," * 8000, "\\" * 16_000,
        'Digest x="' + "\\" * 15_000, "Digest " + "a=b," * 4000, "Digest" + " " * 15_000 + '"', "Digest" + " ," * 7000 + '"', "\x00" * 100, "Digest \ud800",
    ]  # fmt: skip
    found = {f"{number}, {text[:30]!r}": [text] for number, text in enumerate(each)}
    found["many fields"] = [good] * 500
    found["Digest, then Basic"] = [good.replace('"n"', '""'), 'Basic realm="r"']
    return found


def answer(texts: list[str]) -> str:
    """One answer at most for each challenge, in one line, the password in it only where Basic was all that was ever offered."""
    auth = Authenticator("admin", CANARY, random.Random(1))
    auth.challenge(texts)
    header = auth.header("GET", "/x")
    assert header is not None
    assert not any((ord(char) < 32 and char != "\t") or ord(char) == 127 for char in header)
    assert header.startswith("Basic ") or CANARY not in header
    if any("digest" in text.lower() for text in texts) and 'nonce="' in " ".join(texts).lower():
        assert header.startswith("Digest "), "Basic where Digest was offered"
    with pytest.raises(Refused):
        _again(auth, texts)
    return header.replace(base64.b64encode(f"admin:{CANARY}".encode()).decode(), "…")


def _again(auth: Authenticator, texts: list[str]) -> None:
    for _ in range(3):
        auth.challenge(texts)
        auth.header("GET", "/x")


def paths(rng: random.Random) -> list[str]:
    """What could be asked for instead of a page, picture or file."""
    roots = (
        "/",
        "/assets/",
        "/api/v1/cameras/",
        "/api/v1/events/",
        "/cam/front-door/",
        "/api/v1/cameras/garden/clip/",
        "/share/",
        "/events/",
    )
    ups = ("../", "..%2f", "%2e%2e/", "..\\", "..%5c", "....//", "%252e%252e%252f", "..%c0%af", "..;/", "%00/", "./", "//")
    ends = ("etc/passwd", "house.db", "hearthwatch.toml", "secrets.sealed", "x.mp4", "constructor", "__proto__", "")
    found = [root + up * count + end for root in roots for up in ups for count in (1, 4) for end in ends]
    words = [quote(word.encode("utf-8", "surrogatepass"), safe="") for word in kept_words() if len(word) < 300]
    return [*rng.sample(found, 350), *(rng.choice(roots) + word for word in rng.sample(words, 170))]


def cases(terms: Terms) -> Iterator[Case | Skip]:
    for name, texts in challenges().items():
        yield Case(name=f"challenge: {name}", play=lambda texts=texts: answer(texts), cpu_s=0.3)
    for name, data in mutations(terms, "challenge hurt", seeds.made("digest")):
        yield Case(name=name, play=lambda data=data: try_one("digest", data), cpu_s=0.3)
    with served(terms.folder_for("house"), endless=True) as house:
        port = urlsplit(house.base).port or 0
        for name, data in smuggling(port).items():
            yield Case(name=f"request: {name}", play=lambda data=data: say(house, data), cpu_s=3.0)
        rng = terms.random("requests")
        for number in range(10 if terms.brief else 40 * terms.mutations):
            data = hurt_request(rng, list(smuggling(port).values())[:20])
            yield Case(name=f"request hurt: {number}", play=lambda data=data: say(house, data), cpu_s=3.0)
        for name, sent in {**ENDS, **{name: frame(TEXT, text.encode()) for name, text in STAYS.items()}}.items():
            yield Case(name=f"frame: {name}", play=lambda sent=sent: frames(house, sent))
        for number in range(5 if terms.brief else 10 * terms.mutations):
            sent = b"".join(hurt_frame(rng) for _ in range(rng.randint(1, 5)))
            yield Case(name=f"frame hurt: {number}", play=lambda sent=sent: frames(house, sent))
        asked = Asking(house)
        for path in terms.few(paths(rng), 20):
            yield Case(name=f"path: {path[:80]}", play=lambda path=path: asked.get(path))
        for name, method, path, data in bodies(terms, rng):
            yield Case(name=name, play=lambda method=method, path=path, data=data: asked.send(method, path, data))
        yield Case(name="afterwards: the page answers", play=lambda: asked.get("/healthz"))
        asked.close()
    for name in ("go-fuzz-corpus/httpreq", "go-fuzz-corpus/websocketserver", "go-fuzz-corpus/json", "go-fuzz-corpus/path"):
        yield from foreign(terms, name)[1]


def hurt_request(rng: random.Random, given: list[bytes]) -> bytes:
    data = bytearray(rng.choice(given))
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(min(len(data), 400))
        data[at : at + rng.randrange(3)] = rng.choice(
            (b"\r\n", b"\n", b":", b" ", b"\0", b"\xff", b",", b"%", b"chunked", b"9" * 30, rng.randbytes(3))
        )
    return bytes(data)


def hurt_frame(rng: random.Random) -> bytes:
    data = bytearray(
        frame(
            rng.randrange(16),
            rng.randbytes(rng.choice((0, 1, 5, 125, 126, 300))),
            last=rng.random() < 0.7,
            masked=rng.random() < 0.9,
        )
    )
    if rng.random() < 0.5:
        data[rng.randrange(min(len(data), 12))] = rng.randrange(256)
    return bytes(data)


JSONS: tuple[object, ...] = (
    None, True, 0, -1, 2**63, -(2**63) - 1, 1e308, "", "x" * 5000, "\ud800", "\0", [], {}, [[]] * 50, {"": ""}, {"__proto__": {}}, "NaN",
)  # fmt: skip
_BAD_JSON = (
    b"", b"{", b"[" * 3000, b"[" * 3000 + b"]" * 3000, b'{"a":' * 2000, b"NaN", b"1e999999", b"9" * 5000, b"\xff\xfe{}", b"\xef\xbb\xbf{}", b'"\\ud800"', b"{'a': 1}",
    b'{"name": "a", "name": "b"}', b"\0", b'{"name": "\xed\xa0\x80"}', b"{}" * 100, b'"' + b"\\u0000" * 1000 + b'"', b" " * 100_000 + b"{}",
)  # fmt: skip


def bodies(terms: Terms, rng: random.Random) -> Iterator[tuple[str, str, str, bytes]]:
    """Yield (name, method, path, body)."""
    wishes: dict[tuple[str, str], dict[str, object]] = {
        ("POST", "/api/v1/login"): {"name": "ada", "password": "x", "code": "1"},
        ("POST", "/api/v1/arming"): {"mode": "away", "minutes": 5},
        ("POST", "/api/v1/config"): {"values": [{"key": "home.name", "value": "x"}]},
        ("POST", "/api/v1/access/people"): {"name": "x", "password": "seven lanterns by the gate", "role": "viewer"},
        ("POST", "/api/v1/shares"): {"camera": "garden", "start_us": 1, "end_us": 2, "hours": 1},
        ("POST", "/api/v1/setup/look"): {"address": "192.0.2.7"},
        ("POST", "/api/v1/house/ways"): {"ways": []},
        ("POST", "/api/v1/push/devices"): {"endpoint": "https://192.0.2.1/x", "keys": {"p256dh": "x", "auth": "y"}},
        ("POST", "/api/v1/cameras/garden/keep"): {"start_us": 1, "end_us": 2},
    }
    for (method, path), wish in wishes.items():
        for number, data in enumerate(terms.few(_BAD_JSON, 2)):
            yield f"JSON that is none: {path} {number}", method, path, data
        for key in wish:
            for number, value in enumerate(terms.few(JSONS, 2)):
                yield f"JSON: {path} {key} {number}", method, path, json.dumps(wish | {key: value}).encode()
        whole = json.dumps(wish).encode()
        for number in range(0 if terms.brief else 2 * terms.mutations):
            data = bytearray(whole)
            for _ in range(rng.randint(1, 5)):
                data[rng.randrange(len(data))] = rng.choice(b'{}[]",:\\0-eE\x00\xff ')
            yield f"JSON hurt: {path} {number}", method, path, bytes(data)


class Asking:
    """An owner's browser that asks without looking."""

    def __init__(self, house: Served) -> None:
        self._house = house
        self._line = http.client.HTTPConnection("127.0.0.1", urlsplit(house.base).port or 0, timeout=15)
        self._headers = {
            "Origin": house.base,
            "Sec-Fetch-Site": "same-origin",
            TOKEN_HEADER: house.csrf["owner"],
            "Cookie": f"hearthwatch={house.words['owner']}",
        }

    def get(self, path: str) -> str:
        return self._ask("GET", path, None)

    def send(self, method: str, path: str, body: bytes) -> str:
        return self._ask(method, path, body)

    def close(self) -> None:
        self._line.close()

    def _ask(self, method: str, path: str, body: bytes | None) -> str:
        for retry in (True, False):
            try:
                self._line.putrequest(method, path or "/", skip_accept_encoding=True)
                for name, value in self._headers.items():
                    self._line.putheader(name, value)
                if body is not None:
                    self._line.putheader("Content-Type", "application/json")
                    self._line.putheader("Content-Length", str(len(body)))
                self._line.endheaders(body)
                reply = self._line.getresponse()
                said = reply.read(1 << 20)
                break
            except (http.client.RemoteDisconnected, ConnectionError, http.client.CannotSendRequest):
                self._line.close()
                if not retry:
                    raise
            except http.client.InvalidURL:
                return "not sent"
        assert reply.status < 500, (reply.status, said[:300])
        assert b"Traceback" not in said
        assert b"root:" not in said
        if reply.will_close:
            self._line.close()
        return f"{reply.status} {said[:200]!r}"


def say(house: Served, data: bytes) -> str:
    """Whatever is said, an answer below 500 or a closed connection; and nobody gets what needs a log-in."""
    with contextlib.closing(socket.create_connection(("127.0.0.1", urlsplit(house.base).port or 0), timeout=15)) as sock:
        said = b""
        with contextlib.suppress(OSError):
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            while len(said) < _MIB and (more := sock.recv(65_536)):
                said += more
    statuses = [int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:] if part[:3].isdigit()]
    assert all(status < 500 for status in statuses), said[:300]
    assert b'"events"' not in said, "somebody without a log-in was shown events"
    assert b"Traceback" not in said
    return f"{statuses[:5]} {said[-200:]!r}"


def frames(house: Served, sent: bytes) -> str:
    """What a viewer sends by the live WebSocket: it goes on or ends; one that goes on answers a ping."""
    return asyncio.run(_frames(house, sent))


async def _frames(house: Served, sent: bytes) -> str:
    parts = urlsplit(house.base)
    reader, writer = await asyncio.open_connection("127.0.0.1", parts.port)
    key = base64.b64encode(os.urandom(16)).decode()
    lines = (
        f"GET {_LIVE} HTTP/1.1", f"Host: {parts.netloc}", "Connection: Upgrade", "Upgrade: websocket", f"Origin: {house.base}",
        "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}", f"Cookie: hearthwatch={house.words['owner']}",
    )  # fmt: skip
    try:
        writer.write("\r\n".join((*lines, "", "")).encode())
        async with asyncio.timeout(60):
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 101"), head[:100]
            writer.write(sent + frame(9, b"there?") + frame(8, b"\x03\xe8"))
            writer.write_eof()  # else a frame that claims more than came would be waited for, as it must be
            said = b""
            with contextlib.suppress(ConnectionError):
                while more := await reader.read(65_536):
                    said += more
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    return f"{len(said)} bytes"


CORPUS = Corpus(id="COR6", what="HTTP, WebSocket, JSON, paths and log-in challenges", cases=cases)
