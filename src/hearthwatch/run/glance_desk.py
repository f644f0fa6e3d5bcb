"""The house between its looker, which has no network, and the hub's detectors: hands glances on and answers back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from hearthwatch.fleet.hub_link import HubLink
from hearthwatch.fleet.work import Offers
from hearthwatch.fleet.work_https import HttpsOffers
from hearthwatch.kit.errors import BadReply, HearthwatchError, Unsupported
from hearthwatch.kit.units import CameraId
from hearthwatch.run.glance_messages import AskHub, HubSaid
from hearthwatch.run.work_desk import OWN_HOUSE, WorkDesk

log = logging.getLogger(__name__)

_NO_HUB = "this machine has joined no hub"


class Hub(Protocol):
    @property
    def work(self) -> WorkDesk: ...


class Node(Protocol):
    @property
    def link(self) -> HubLink | None: ...


class Machines(Protocol):
    """The hub that this house is, or what it is at one; both may come and go."""

    @property
    def hub(self) -> Hub | None: ...

    @property
    def node(self) -> Node | None: ...


class GlanceDesk:
    """Used on the house's loop. Of each camera one glance is on its way: a newer one ends the wait for it."""

    def __init__(self, fleet: Machines, say: Callable[[HubSaid], None]) -> None:
        """`say` hands an answer to the looker."""
        self._fleet = fleet
        self._say = say
        self._under_way: dict[CameraId, asyncio.Task[None]] = {}

    def take(self, message: AskHub) -> None:
        """Have the hub look at it; returns at once."""
        camera = message.glance.camera
        before = self._under_way.get(camera)
        if before is not None:
            before.cancel()
        task = self._under_way[camera] = asyncio.create_task(self._ask(message), name=f"glance {camera}")
        task.add_done_callback(lambda done: self._forget(camera, done))

    def _forget(self, camera: CameraId, done: asyncio.Task[None]) -> None:
        if self._under_way.get(camera) is done:
            del self._under_way[camera]

    def _offers(self) -> Offers | None:
        """Return the way to the hub there is at the moment."""
        if self._fleet.hub is not None:
            return self._fleet.hub.work.offers(OWN_HOUSE)
        link = self._fleet.node.link if self._fleet.node is not None else None
        return HttpsOffers(link) if link is not None else None

    async def _ask(self, message: AskHub) -> None:
        offers = self._offers()
        if offers is None:
            self._say(HubSaid(token=message.token, answer=None, why=_NO_HUB))
            return
        try:
            answer = await offers.offer(message.glance)
        except Unsupported as error:
            self._say(HubSaid(token=message.token, answer=None, why=str(error), is_away=False))
        except HearthwatchError as error:
            if isinstance(error, BadReply):
                log.warning("the hub's answer to a picture of %s is none: %s", message.glance.camera, error)
            self._say(HubSaid(token=message.token, answer=None, why=str(error)))
        else:
            self._say(HubSaid(token=message.token, answer=answer))

    async def close(self) -> None:
        """Wait for nothing more."""
        under_way = list(self._under_way.values())
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
