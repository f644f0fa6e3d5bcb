"""How the page can be reached: the addresses that are open, and the certificate it shows, which may change while it runs."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import ConfigFault, StorageFailed
from hearthwatch.kit.units import from_datetime
from hearthwatch.web import own_certificate, tls
from hearthwatch.web.authority import public_file
from hearthwatch.web.options import WebOptions
from hearthwatch.web.own_certificate import Certificate
from hearthwatch.web.second_factor import Sealer

log = logging.getLogger(__name__)

LOOK_S = 5.0
_REMAKE_EVERY = 12
"""In looks: once a minute, for a machine that got another address should be reachable by it soon."""
_FORGET_EVERY = 720
"""In looks: once an hour the owner's files are read though they did not change, for they may have come near their end."""


@dataclass(slots=True)
class Reach:
    """What there is now; `tell` hears what is wrong with the certificate, and an empty text when it is right again."""

    tell: Callable[[str], None] = lambda _text: None
    plain: tuple[tuple[str, int], ...] = ()
    https: tuple[tuple[str, int], ...] = ()
    certificate: Certificate | None = None
    authority: Path | None = None
    """The certificate that devices can be told to trust, where the house's own authority signed the one that is shown."""

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

    def __init__(self, options: WebOptions, folder: Path, clock: Clock, reach: Reach, sealer: Sealer) -> None:
        self._hosts = options.hosts
        self._own = (Path(options.certificate), Path(options.key or options.certificate)) if options.certificate else None
        self._folder = folder
        self._sealer = sealer
        self._clock = clock
        self._reach = reach
        self._context: ssl.SSLContext | None = None
        self._seen: object = None
        self._looks = 0
        self._failed = False

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
                self._renew()
            return
        stamp = self._stamp()
        if stamp == self._seen and self._looks % _FORGET_EVERY:
            return
        self._seen = stamp
        try:
            self._take_up(self._own)
        except ConfigFault as error:
            if self._reach.certificate is not None and self._reach.certificate.is_made_here:
                self._renew()
            self._reach.trouble = f"{error}. Until then the page goes on with the certificate it had."

    def _take_up(self, own: tuple[Path, Path]) -> None:
        found = own_certificate.read(*own, self._clock)
        own_certificate.context(*own)  # what is half written must not touch the context in use
        self._use(*own)
        self._reach.authority = None
        self._reach.certificate = found
        self._reach.trouble = found.warning

    def _renew(self) -> None:
        try:
            self._make()
        except StorageFailed as error:
            self._failed = True
            self._reach.trouble = f"The page's certificate cannot be renewed: {error}."
        else:
            if self._failed:
                self._failed, self._reach.trouble = False, ""

    def _make(self) -> None:
        made = tls.certificate(self._folder, self._sealer, self._clock, self._hosts)
        fingerprint = own_certificate.print_of(made.certificate)
        shown = self._reach.certificate
        if self._context is not None and shown is not None and shown.fingerprint == fingerprint:
            return
        self._use(made.path, made.path)
        self._reach.certificate = Certificate(
            fingerprint=fingerprint,
            names=own_certificate.names_of(made.certificate),
            ends_us=from_datetime(made.certificate.not_valid_after_utc),
            is_made_here=True,
            authority=made.authority.fingerprint,
        )
        self._reach.authority = public_file(self._folder)
        self._reach.trouble = _said(made)

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


def _said(made: tls.Made) -> str:
    """What the owner has to know of a new certificate."""
    if made.authority.made_anew:
        return (
            f"The house's certificate authority was made anew, because {made.authority.made_anew}: browsers warn again until "
            "each device trusts the new one (Settings, How you reach this page)."
        )
    if made.left_out:
        return (
            f"The page's certificate is not good for {', '.join(made.left_out)}, which web.hosts names since: the house's "
            "authority may not vouch for it. `hearthwatch certificate --new` makes one that may; each device has to trust that "
            "one anew."
        )
    return ""
