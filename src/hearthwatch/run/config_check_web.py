"""What types cannot say of `[web]` and `[alerts.push]`: addresses of proxies, a certificate with its key, services."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hearthwatch.run.config_faults import Faults


def web_faults(faults: Faults, document: Mapping[str, Any]) -> None:
    """Tell what is wrong with `[web]` and `[alerts.push]` beyond their types."""
    web = document.get("web")
    if isinstance(web, Mapping):
        _proxy_faults(faults, web)
        _certificate_faults(faults, web)
    alerts = document.get("alerts")
    push = alerts.get("push") if isinstance(alerts, Mapping) else None
    if isinstance(push, Mapping):
        _push_faults(faults, push)


def _proxy_faults(faults: Faults, web: Mapping[str, Any]) -> None:
    proxies = web.get("trusted_proxies", [])
    for place, text in enumerate(proxies if isinstance(proxies, list) else ()):
        if not isinstance(text, str):
            continue
        try:
            network = ipaddress.ip_network(text.strip(), strict=False)
        except ValueError:
            faults.add(("web", "trusted_proxies", place), 'must be an address or a network, such as "192.168.1.5"')
            continue
        if network.prefixlen == 0:
            faults.add(("web", "trusted_proxies", place), "would believe everybody: name the proxy's own address")
    if web.get("behind_proxy") is True and not proxies:
        faults.add(("web", "behind_proxy"), "needs the address of that proxy in `trusted_proxies`")


def _certificate_faults(faults: Faults, web: Mapping[str, Any]) -> None:
    if web.get("key") and not web.get("certificate"):
        faults.add(("web", "key"), "needs its `certificate` beside it")
    for name in ("certificate", "key"):
        path = web.get(name)
        if isinstance(path, str) and path and not Path(path).is_absolute():
            faults.add(("web", name), 'must be the whole path of a file, such as "/etc/letsencrypt/live/NAME/fullchain.pem"')


def _push_faults(faults: Faults, push: Mapping[str, Any]) -> None:
    contact = push.get("contact")
    if isinstance(contact, str) and not _is_contact(contact):
        faults.add(("alerts", "push", "contact"), 'must be "mailto:" and an address, or a page that begins with "https://"')
    services = push.get("services")
    for place, text in enumerate(services if isinstance(services, list) else ()):
        if isinstance(text, str) and not _is_origin(text):
            faults.add(
                ("alerts", "push", "services", place), 'must be scheme and host alone, such as "https://push.home.lan:8443"'
            )


def _is_contact(text: str) -> bool:
    if text.startswith("mailto:"):
        return text.isprintable() and "@" in text and " " not in text
    return _is_origin(text, has_path=True) and text.startswith("https://")


def _is_origin(text: str, *, has_path: bool = False) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    path = parts.path if not has_path else ""
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and port != 0 and path in {"", "/"} and not parts.query
