"""Apprise: any service one of its URLs names. The library is synchronous: each message has a thread of its own.

A service that drips its answer byte by byte holds a thread for ever, and nothing can end that thread: the next message goes by
another one, and the program does not wait for it when it ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import threading
from pathlib import Path
from typing import Any

from hearthwatch.alerts.alert import Alert, Part, Severity
from hearthwatch.alerts.wording import many_lines, notes, one_line
from hearthwatch.kit.errors import ConfigFault, Unreachable
from hearthwatch.kit.logs import hide
from hearthwatch.kit.traffic import TRAFFIC

_MOST_HUNG = 4
_KINDS = {Severity.INFO: "info", Severity.WARN: "warning", Severity.URGENT: "warning"}


class AppriseChannel:
    """All configured URLs together; a part is accepted when each of them took it. Build it by `open_apprise`."""

    name = "apprise"
    parts = frozenset({Part.TEXT, Part.PICTURE})

    def __init__(self, urls: str) -> None:
        """`urls` is the secret, one URL a line. Raises ConfigFault for one no service knows, without showing it."""
        import apprise

        self._apprise: Any = apprise.Apprise(asset=apprise.AppriseAsset(async_mode=False, secure_logging=True))
        self._library: Any = apprise
        for number, line in enumerate((line.strip() for line in urls.splitlines()), start=1):
            if not line or line.startswith("#"):
                continue
            hide(line)
            if not self._apprise.add(line):
                raise ConfigFault(f"secret alerts.apprise.urls: line {number} is no URL Apprise knows")
        if not len(self._apprise):
            raise ConfigFault("secret alerts.apprise.urls holds no URL")
        self._hung: set[threading.Thread] = set()
        self._one_by_one = asyncio.Lock()

    async def send(self, alert: Alert, part: Part, attachment: bytes | None, *, repeat: bool) -> None:
        """See Channel. Apprise does not say why a service failed: it is tried again."""
        self._hung = {thread for thread in self._hung if thread.is_alive()}
        if len(self._hung) >= _MOST_HUNG:
            raise Unreachable("a service behind Apprise does not come to an end with earlier alerts")
        text = "\n".join([many_lines(alert.text, 3500), *notes(alert, repeat=repeat)])
        async with self._one_by_one:
            accepted = await self._in_thread(one_line(alert.title), text, alert.severity, attachment)
        if not accepted:
            raise Unreachable("a service behind Apprise did not take the alert")

    async def _in_thread(self, *message: Any) -> bool:
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[bool | Exception] = loop.create_future()

        def end(result: bool | Exception) -> None:
            if not ended.done():
                ended.set_result(result)

        def work() -> None:
            try:
                result: bool | Exception = self._notify(*message)
            except Exception as error:
                result = error
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(end, result)

        thread = threading.Thread(target=work, name="apprise", daemon=True)
        thread.start()
        try:
            result = await ended
        except asyncio.CancelledError:
            self._hung.add(thread)
            raise
        if isinstance(result, Exception):
            raise result
        return result

    def _notify(self, title: str, text: str, severity: Severity, attachment: bytes | None) -> bool:
        TRAFFIC.sent("alerts.apprise", None)  # what its services make of it, the library does not say
        named: dict[str, Any] = {"title": title, "body": text, "notify_type": _KINDS[severity], "body_format": "text"}
        if attachment is None:
            return bool(self._apprise.notify(**named))
        with tempfile.TemporaryDirectory(prefix="hearthwatch-") as folder:
            path = Path(folder) / "picture.jpg"
            path.write_bytes(attachment)
            return bool(self._apprise.notify(**named, attach=str(path)))

    async def close(self) -> None:
        """Threads end by themselves, after what they are at."""


async def open_apprise(urls: str) -> AppriseChannel:
    """Return the channel; the library takes a second to load."""
    return await asyncio.to_thread(AppriseChannel, urls)
