"""The doctor's look at how the page is served: the owner's certificate, and what stands before a reverse proxy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.run.check import Check, fail, ok, warn
from hearthwatch.run.config import Config
from hearthwatch.web.own_certificate import read

_SUBJECT = "certificate"


def served(config: Config, clock: Clock) -> Iterator[Check]:
    """Yield how the owner's certificate does; nothing where there is none."""
    options = config.web
    if not options.certificate:
        return
    try:
        found = read(Path(options.certificate), Path(options.key or options.certificate), clock)
    except ConfigFault as error:
        yield fail(_SUBJECT, str(error))
        return
    if found.warning:
        yield warn(_SUBJECT, found.warning)
    else:
        yield ok(_SUBJECT, f"your own, for {', '.join(found.names) or 'no name at all'}")
    unnamed = [host for host in options.hosts if host not in found.names and not _has_wildcard(host, found.names)]
    if unnamed:
        yield warn(_SUBJECT, f"it is not for {', '.join(unnamed)}, which web.hosts names: browsers will warn there")


def _has_wildcard(host: str, names: tuple[str, ...]) -> bool:
    return f"*.{host.partition('.')[2]}" in names
