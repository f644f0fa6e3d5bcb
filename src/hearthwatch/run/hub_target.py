"""The hub as a target for copies: the way there by this house's certificate, and the section a house gets when it joins."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import ConfigFault, Unsupported
from hearthwatch.kit.files import write_atomic
from hearthwatch.offsite.upload import TargetKind
from hearthwatch.run.config import Config

if TYPE_CHECKING:
    from hearthwatch.fleet.hub_link import HubLink

log = logging.getLogger(__name__)

NAME = "hub"
_NODE, _OFFERED = "node", "copies-offered"
_LOOK_S = 60.0


def way_to_hub(data: Path, config: Callable[[], Config], clock: Clock) -> Callable[[], HubLink]:
    """Return what opens the way to the hub this house joined; it raises Unsupported where it joined none, and StorageFailed."""

    def opened() -> HubLink:
        from hearthwatch.fleet.code import hub_address
        from hearthwatch.fleet.hub_link import HubLink
        from hearthwatch.fleet.identity import IdentityShelf
        from hearthwatch.fleet.options import DEFAULT_PORT

        shelf = IdentityShelf(data)
        identity = shelf.read()
        if identity is None:
            raise Unsupported("this house joined no hub, to which it could send copies: `hearthwatch node join CODE`")
        written = config().node.hub
        own = (hub_address(written, DEFAULT_PORT),) if written else ()
        return HubLink(shelf.context(identity), (*own, *identity.addresses), clock)

    return opened


class HubOffer:
    """Has a house that joined a hub send its copies there, too, once there is a key to seal them to. It is done once: what the
    owner makes of the section afterwards stands."""

    def __init__(self, data: Path, config_path: Path, config: Callable[[], Config]) -> None:
        self._data = data
        self._config_path = config_path
        self._config = config

    @property
    def tasks(self) -> tuple[tuple[str, Callable[[], Awaitable[None]]], ...]:
        return (("copies to the hub", self.run),)

    async def run(self) -> None:
        """Look now and then until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_S)
            with contextlib.suppress(ConfigFault):  # the owner is writing it
                if await asyncio.to_thread(self.offer):
                    log.info("copies of footage go to the hub from now on: [offsite.targets.%s]", NAME)

    def offer(self) -> bool:
        """Write the section if it is time; tell whether it was. Raises ConfigFault, StorageFailed."""
        offered = self._data / _NODE / _OFFERED
        targets = self._config().offsite.targets
        if not (self._data / _NODE / "identity.json").exists() or offered.exists() or not self._config().offsite.recipients:
            return False
        if NAME not in targets and all(one.kind is not TargetKind.HUB for one in targets.values()):
            from hearthwatch.run.config_file import set_values

            set_values(self._config_path, {("offsite", "targets", NAME, "kind"): TargetKind.HUB.value})
        write_atomic(offered, b"")
        return True
