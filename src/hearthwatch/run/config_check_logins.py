"""What types cannot say of `[camera.NAME.logins]`: addresses, a time of day, a file for each camera."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from hearthwatch.run.config_faults import Faults
from hearthwatch.run.toml_lines import KeyPath

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def logins_faults(faults: Faults, path: KeyPath, logins: Any) -> None:
    """Tell what is wrong with the section at `path` beyond its types."""
    if not isinstance(logins, Mapping):
        return
    digest, text_log, seen_as = logins.get("digest"), logins.get("text_log"), logins.get("seen_as")
    if isinstance(digest, str) and digest and not _TIME.fullmatch(digest):
        faults.add((*path, "digest"), 'is no time of day: write "08:00", or "" for none')
    if isinstance(text_log, str) and ("{camera}" not in text_log or not text_log.isprintable()):
        faults.add((*path, "text_log"), 'needs {camera} in it, as in "logins/{camera}.log": each camera has a file of its own')
    for place, address in enumerate(seen_as if isinstance(seen_as, list) else ()):
        if isinstance(address, str) and not _is_address(address):
            faults.add((*path, "seen_as", place), 'is no address: write one as "172.17.0.1"')


def _is_address(text: str) -> bool:
    try:
        return str(ipaddress.ip_address(text)) == text
    except ValueError:
        return False
