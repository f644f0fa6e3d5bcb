"""What types cannot say of `[proxy]` and `[restream]`: commands that can be told apart, names to log in with, ports."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from hearthwatch.run.config_faults import Faults
from hearthwatch.run.toml_lines import KeyPath
from hearthwatch.web.relay.cgi import VENDORS, parse_rule

_MAX_NAME = 60


def relay_faults(faults: Faults, document: Mapping[str, Any]) -> None:
    """Tell what is wrong with what is handed on beyond its types."""
    proxy, restream, cameras = document.get("proxy"), document.get("restream"), document.get("camera")
    for section, options in (("proxy", proxy), ("restream", restream)):
        user = options.get("user") if isinstance(options, Mapping) else None
        if isinstance(user, str) and (not user or not user.isprintable() or ":" in user or len(user) > _MAX_NAME):
            faults.add((section, "user"), f"must be 1 to {_MAX_NAME} ordinary characters without ':'")
    for vendor, listed in _table(proxy, "cgi"):
        if vendor not in VENDORS:
            near = difflib.get_close_matches(vendor, VENDORS, n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"it is one of {', '.join(VENDORS)}"
            faults.add(("proxy", "cgi", vendor), f"no such vendor; {hint}")
        _rules(faults, ("proxy", "cgi", vendor), listed)
    for name, camera in cameras.items() if isinstance(cameras, Mapping) else ():
        own = camera.get("proxy") if isinstance(camera, Mapping) else None
        if isinstance(own, Mapping):
            _rules(faults, ("camera", name, "proxy", "cgi"), own.get("cgi"))


def _table(section: Any, key: str) -> Iterable[tuple[str, Any]]:
    found = section.get(key) if isinstance(section, Mapping) else None
    return found.items() if isinstance(found, Mapping) else ()


def _rules(faults: Faults, path: KeyPath, listed: Any) -> None:
    for place, text in enumerate(listed if isinstance(listed, list) else ()):
        if not isinstance(text, str):
            continue
        try:
            parse_rule(text)
        except ValueError as error:
            faults.add((*path, place), str(error))
