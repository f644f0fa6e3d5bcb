"""Apprise: any service one of its URLs names. The library is synchronous: it works in a thread of its own."""

from __future__ import annotations

import asyncio
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from hearthwatch.alerts.alert import Alert, Part, Severity
from hearthwatch.alerts.wording import many_lines, notes, one_line
from hearthwatch.kit.errors import ConfigFault, Unreachable
from hearthwatch.kit.logs import hide
from hearthwatch.kit.traffic import TRAFFIC

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
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="apprise")

    async def send(self, alert: Alert, part: Part, attachment: bytes | None, *, repeat: bool) -> None:
        """See Channel. Apprise does not say why a service failed: it is tried again."""
        text = "\n".join([many_lines(alert.text, 3500), *notes(alert, repeat=repeat)])
        loop = asyncio.get_running_loop()
        if not await loop.run_in_executor(self._thread, self._notify, one_line(alert.title), text, alert.severity, attachment):
            raise Unreachable("a service behind Apprise did not take the alert")

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
        """Let the thread end after what it is at."""
        self._thread.shutdown(wait=False, cancel_futures=True)


async def open_apprise(urls: str) -> AppriseChannel:
    """Return the channel; the library takes a second to load."""
    return await asyncio.to_thread(AppriseChannel, urls)
