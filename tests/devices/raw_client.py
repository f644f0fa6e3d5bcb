"""The barest HTTP client, for looking at an emulated camera's bytes without our own clients."""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass

from tests.devices.digest import md5


@dataclass(frozen=True, kw_only=True)
class Answer:
    """`head` is the bytes up to the blank line, `body` what came after it."""

    head: bytes
    body: bytes

    @property
    def status(self) -> int:
        return int(self.head.split(b" ")[1])

    @property
    def headers(self) -> list[tuple[str, str]]:
        """In the order they came, names as they came."""
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines if line)]

    def header(self, name: str) -> str:
        return next((value for one, value in self.headers if one.lower() == name.lower()), "")


async def fetch(
    port: int, target: str, *, headers: tuple[str, ...] = (), method: str = "GET", body: bytes = b"", source: str = "127.0.0.1"
) -> Answer:
    """Ask once, from the loopback address `source`, and read to the end of the connection; nothing when it was cut off."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    try:
        lines = [f"{method} {target} HTTP/1.1", "Host: camera", "Connection: close", f"Content-Length: {len(body)}", *headers]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        data = b""
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(65_536):
                data += chunk
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    head, _, rest = data.partition(b"\r\n\r\n")
    return Answer(head=head, body=rest)


def digest_header(challenge: str, user: str, password: str, target: str, method: str = "GET") -> str:
    """Return the Authorization line that answers `challenge`."""
    said = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    secret, asked = md5(f"{user}:{said['realm']}:{password}"), md5(f"{method}:{target}")
    proof = md5(f"{secret}:{said['nonce']}:00000001:abcdef:auth:{asked}")
    return (
        f'Authorization: Digest username="{user}", realm="{said["realm"]}", nonce="{said["nonce"]}", uri="{target}", '
        f'qop=auth, nc=00000001, cnonce="abcdef", response="{proof}", opaque="{said.get("opaque", "")}"'
    )


async def fetch_by_digest(
    port: int, target: str, user: str, password: str, *, method: str = "GET", body: bytes = b"", source: str = "127.0.0.1"
) -> Answer:
    """Ask, be challenged, prove it."""
    first = await fetch(port, target, method=method, body=body, source=source)
    if first.status != 401:
        return first
    proof = digest_header(first.header("WWW-Authenticate"), user, password, target, method)
    return await fetch(port, target, headers=(proof,), method=method, body=body, source=source)
