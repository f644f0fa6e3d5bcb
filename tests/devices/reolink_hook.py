"""The webhook of the emulated Reolink: what it posts, and how.

Without a body of one's own it posts the shape that newer models post by their other protocol: what the HTTP API posts then was
never recorded.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any
from urllib.parse import urlsplit


def body(hook: dict[str, Any], uid: str, code: str) -> str:
    if hook["bCustom"]:
        return str(hook["hookBody"])
    event = f"<AlarmEvent><channelId>0</channelId><status>MD</status><AItype>{code}</AItype></AlarmEvent>"
    xml = f"<body><AlarmEventList>{event}</AlarmEventList></body>"
    return json.dumps({"uid": uid, "cmd": 33, "xml": xml, "ext_xml": ""})


async def post(url: str, content: str) -> None:
    """Send it once; nobody there is nobody's fault."""
    target = urlsplit(url)
    with contextlib.suppress(OSError):
        reader, writer = await asyncio.open_connection(target.hostname, target.port or 80)
        try:
            head = f"POST {target.path or '/'} HTTP/1.1\r\nHost: {target.netloc}\r\nContent-Type: application/json\r\n"
            head += f"Content-Length: {len(content.encode())}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + content.encode())
            await reader.read(65_536)
        finally:
            writer.close()
