"""How the page can be reached: the addresses that are open, and the certificate it shows, which may change while it runs."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.units import from_datetime
from hearthwatch.web import own_certificate, tls
from hearthwatch.web.options import WebOptions
from hearthwatch.web.own_certificate import Certificate

log = logging.getLogger(__name__)

LOOK_S = 5.0
_REMAKE_EVERY = 720
"""In looks: once an hour."""


@dataclass(slots=True)
class Reach:
    """What there is now; `tell` hears what is wrong with the certificate, and an empty text when it is right again."""

    tell: Callable[[str], None] = lambda _text: None
    plain: tuple[tuple[str, int], ...] = ()
    https: tuple[tuple[str, int], ...] = ()
    certificate: Certificate | None = None
    trouble: str = ""
    looked: asyncio.Event = field(default_factory=asyncio.Event)
    """Set after each look at the files, for whoever waits for one."""

    told: str = ""

    def publish(self) -> None:
        """Tell what is wrong now, or that nothing is any more, once; on the event loop."""
        if self.trouble != self.told:
            self.told = self.trouble
            if self.trouble:
                log.warning("%s", self.trouble)
            self.tell(self.trouble)


class Tls:
    """The context that HTTPS is served with: the owner's certificate while it can be used, else the house's own."""

    def __init__(self, options: WebOptions, folder: Path, clock: Clock, reach: Reach) -> None:
        self._hosts = options.hosts
        self._own = (Path(options.certificate), Path(options.key or options.certificate)) if options.certificate else None
        self._folder = folder
        self._clock = clock
        self._reach = reach
        self._context: ssl.SSLContext | None = None
        self._seen: object = None
        self._looks = 0

    def open(self) -> ssl.SSLContext:
        """Return the context; it changes by itself while `watch` runs. Raises StorageFailed."""
        self._seen = self._stamp()
        if self._own is not None:
            try:
                self._take_up(self._own)
            except ConfigFault as error:
                self._make()
                self._reach.trouble = f"{error}. Until then the page shows the certificate that Hearthwatch made itself."
        else:
            self._make()
        assert self._context is not None
        return self._context

    async def watch(self) -> None:
        """Take up the files whenever they change, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            await asyncio.to_thread(self.look)
            self._reach.publish()
            self._reach.looked.set()

    def look(self) -> None:
        """Take up what changed since the last look. What cannot be used leaves things as they are."""
        self._looks += 1
        if self._own is None:
            if self._looks % _REMAKE_EVERY == 0:
                self._make()
            return
        stamp = self._stamp()
        if stamp == self._seen and self._looks % _REMAKE_EVERY:
            return
        self._seen = stamp
        try:
            self._take_up(self._own)
        except ConfigFault as error:
            self._reach.trouble = f"{error}. Until then the page goes on with the certificate it had."

    def _take_up(self, own: tuple[Path, Path]) -> None:
        found = own_certificate.read(*own, self._clock)
        own_certificate.context(*own)  # what is half written must not touch the context in use
        self._use(*own)
        self._reach.certificate = found
        self._reach.trouble = found.warning

    def _make(self) -> None:
        path, fingerprint = tls.certificate(self._folder, self._clock, self._hosts)
        shown = self._reach.certificate
        if self._context is not None and shown is not None and shown.fingerprint == fingerprint:
            return
        made = x509.load_pem_x509_certificate(path.read_bytes())
        self._use(path, path)
        self._reach.certificate = Certificate(
            fingerprint=made.fingerprint(hashes.SHA256()).hex(":").upper(),
            names=own_certificate.names_of(made),
            ends_us=from_datetime(made.not_valid_after_utc),
            is_made_here=True,
        )

    def _use(self, certificate: Path, key: Path) -> None:
        if self._context is None:
            self._context = own_certificate.context(certificate, key)
        else:
            own_certificate.load(self._context, certificate, key)

    def _stamp(self) -> object:
        found: list[tuple[int, int, int] | None] = []
        for path in self._own or ():
            try:
                info = path.stat()
                found.append((info.st_mtime_ns, info.st_size, info.st_ino))
            except OSError:
                found.append(None)
        return found
