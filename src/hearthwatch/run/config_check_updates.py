"""What types cannot say of `[updates]`: an address to ask, and a key that can be one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hearthwatch.kit.errors import ConfigFault
from hearthwatch.run.config_checks import service_fault
from hearthwatch.run.config_faults import Faults
from hearthwatch.run.release import UpdatesOptions, key_of


def updates_faults(faults: Faults, document: Mapping[str, Any]) -> None:
    """Tell what is wrong with `[updates]` beyond its types."""
    options = document.get("updates")
    if not isinstance(options, Mapping):
        return
    url, key = options.get("url", ""), options.get("key", "")
    fault = service_fault(url) if isinstance(url, str) and url else None
    if fault:
        faults.add(("updates", "url"), fault)
    if options.get("ask") is True and not url:
        faults.add(("updates", "ask"), "needs `url`, the address of the release file to ask for")
    if isinstance(key, str) and (key or options.get("ask") is True):
        try:
            key_of(UpdatesOptions(key=key))
        except ConfigFault as wrong:
            faults.add(("updates", "key" if key else "ask"), str(wrong).removeprefix("updates.key: "))
