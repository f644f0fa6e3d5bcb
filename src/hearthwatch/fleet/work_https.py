"""Work over HTTPS, for a hub without a broker: its node port hands on what its own table holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from hearthwatch.detect.glance import Answer, Glance
from hearthwatch.fleet.hub_link import HubLink, fault
from hearthwatch.fleet.node import NodeId, node_id
from hearthwatch.fleet.work import MOST_MESSAGE_BYTES, PATIENCE_S, Offers, Task, Work, answer_from, glance_from, packed
from hearthwatch.kit.errors import BadReply, Refused, Unsupported
from hearthwatch.kit.late import late

if TYPE_CHECKING:
    from aiohttp import web

    from hearthwatch.fleet import node_port
else:
    web = late("aiohttp.web")
    node_port = late("hearthwatch.fleet.node_port")

_OFFER, _TAKE, _ANSWER, _GIVE_UP = "/glances/offer", "/glances/take", "/glances/answer", "/glances/give-up"
_TASK, _NODE = "Hearthwatch-Task", "Hearthwatch-Node"
_POLL_S = 20.0
_MARGIN_S = 2.0
_CANNOT = 409
_MOST_TAKEN = 1024
_REFUSED = (
    'the hub lets this machine look at no pictures of others yet: write helpers = ["{node}"] into the section [detect] of the '
    "hub's configuration"
)


class WorkDoor:
    """The hub's end, before whichever engine the hub has. A node may offer; what others offer is for helpers alone."""

    def __init__(self, offers: Callable[[NodeId], Offers], work: Work, is_helper: Callable[[NodeId], bool]) -> None:
        """`offers` is the way in for one node, `work` where helpers take from."""
        self._offers = offers
        self._work = work
        self._is_helper = is_helper
        self._taken: dict[str, Task] = {}

    def open(self, port: node_port.NodePort) -> None:
        """Have the node port answer."""
        port.add("POST", _OFFER, self._offer, body_bytes=MOST_MESSAGE_BYTES)
        port.add("POST", _TAKE, self._take, body_bytes=0)
        port.add("POST", _ANSWER, self._answer, body_bytes=MOST_MESSAGE_BYTES)
        port.add("POST", _GIVE_UP, self._give_up, body_bytes=0)

    async def _offer(self, request: web.Request, node: NodeId) -> web.StreamResponse:
        glance = glance_from(await node_port.small_body(request, MOST_MESSAGE_BYTES))
        try:
            answer = await self._offers(node).offer(glance)
        except Unsupported as error:
            return node_port.problem(_CANNOT, str(error))
        return web.Response(body=packed(answer))

    async def _take(self, _request: web.Request, node: NodeId) -> web.StreamResponse:
        self._check(node)
        try:
            async with asyncio.timeout(_POLL_S):
                task = await self._work.take()
        except TimeoutError:
            return web.Response(status=204)
        self._taken[task.id] = task
        while len(self._taken) > _MOST_TAKEN:
            del self._taken[next(iter(self._taken))]
        return web.Response(body=packed(task.glance), headers={_TASK: task.id, _NODE: task.node})

    async def _answer(self, request: web.Request, node: NodeId) -> web.StreamResponse:
        self._check(node)
        body = await node_port.small_body(request, MOST_MESSAGE_BYTES)
        name = request.headers.get(_TASK, "")
        task = self._taken.get(name)
        if task is not None:  # else somebody was faster
            answer = answer_from(body, len(task.glance.pieces))
            self._taken.pop(name, None)
            await self._work.answer(task, answer)
        return web.Response(status=204)

    async def _give_up(self, request: web.Request, node: NodeId) -> web.StreamResponse:
        self._check(node)
        task = self._taken.pop(request.headers.get(_TASK, ""), None)
        if task is not None:
            await self._work.give_up(task)
        return web.Response(status=204)

    def _check(self, node: NodeId) -> None:
        if not self._is_helper(node):
            raise Refused(_REFUSED.format(node=node))


class HttpsOffers:
    """Implements Offers over a link, which stays its giver's."""

    def __init__(self, link: HubLink) -> None:
        self._link = link

    async def offer(self, glance: Glance) -> Answer:
        """See Offers."""
        async with self._link.request("POST", _OFFER, data=packed(glance), answer_s=PATIENCE_S + _MARGIN_S) as reply:
            body = await reply.content.read(MOST_MESSAGE_BYTES)
            error = fault(reply.status, body, self._link.address) if reply.status >= 300 else None
            if error is not None and reply.status == _CANNOT:
                raise Unsupported(str(error))
            if error is not None:
                raise error
            return answer_from(body, len(glance.pieces))

    async def close(self) -> None:
        """See Offers."""


class HttpsWork:
    """Implements Work over a link, which stays its giver's."""

    def __init__(self, link: HubLink) -> None:
        self._link = link

    async def take(self) -> Task:
        """See Work."""
        while True:
            async with self._link.request("POST", _TAKE) as reply:
                body = await reply.content.read(MOST_MESSAGE_BYTES)
                if reply.status >= 300:
                    raise fault(reply.status, body, self._link.address)
                if reply.status == 204:
                    continue
                try:
                    node = node_id(reply.headers.get(_NODE, ""))
                except ValueError as error:
                    raise BadReply("the hub sent a picture of no node") from error
                return Task(id=reply.headers.get(_TASK, ""), node=node, glance=glance_from(body))

    async def answer(self, task: Task, answer: Answer) -> None:
        """See Work."""
        await self._link.call("POST", _ANSWER, data=packed(answer), headers={_TASK: task.id})

    async def give_up(self, task: Task) -> None:
        """See Work."""
        await self._link.call("POST", _GIVE_UP, headers={_TASK: task.id})

    async def close(self) -> None:
        """See Work."""
