"""The bus over NATS JetStream: a node's letters go to the server beside it, whose stream the hub's server takes over.

The server beside the node keeps them while the hub is away, until the hub says that they are in its ledger; when it is full the
rest waits in the outbox. A letter is known to be a node's by the stream it came from, which the hub's server notes, not by
anything the node says.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import nats.errors
import nats.js.errors
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DiscardPolicy,
    ExternalStream,
    RetentionPolicy,
    StorageType,
    StreamConfig,
    StreamSource,
)

from hearthwatch.fleet.bus import Keep
from hearthwatch.fleet.letter import Letter, Received
from hearthwatch.fleet.letter_wire import letters_from, packed
from hearthwatch.fleet.nats_client import nats_errors
from hearthwatch.fleet.nats_config import deliver_prefix, domain_api, letters_stream, letters_subject, purged_subject
from hearthwatch.fleet.node import NodeId, node_id
from hearthwatch.kit.errors import BadReply, HearthwatchError

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.js.client import JetStreamContext

log = logging.getLogger(__name__)

STREAM = "LETTERS"
CONSUMER = "keeper"
_NOBODY = "hw.letters.of.nobody"
"""A stream needs a subject as long as it has no source; nobody but the hub may publish there, and it does not."""
_ID, _SOURCE = "Nats-Msg-Id", "Nats-Stream-Source"
_PATIENCE_S = 20.0
_BATCH = 500
_FETCH_S = 1.0
ACK_WAIT_S = 30.0
"""After so long a letter that a hub took and did not keep, because it died, is handed out again."""
_AGAIN_S = 2.0
_PURGE_S = 5.0
LEAF_MAX_BYTES = 512 * 1024**2
_DUPLICATES_S = 120.0


class NatsPostbox:
    """A Postbox over a connection to the server beside the node, which stays its giver's. Refused is never raised: whether the
    hub still wants the node that server does not know; the node's line hears it."""

    def __init__(
        self, client: Client, node: NodeId, *, patience_s: float = _PATIENCE_S, max_bytes: int = LEAF_MAX_BYTES
    ) -> None:
        self._js = client.jetstream(timeout=patience_s)
        self._node = node
        self._patience_s = patience_s
        self._max_bytes = max_bytes
        self._is_open = False
        self._id = secrets.token_hex(8)
        """Of this run, and no other node's guess: in the hub's stream the ids of all nodes meet, and one that was there is
        dropped."""

    async def post(self, letters: Sequence[Letter]) -> None:
        """See Postbox."""
        subject = letters_subject(self._node)
        with nats_errors("putting letters into the queue to the hub"):
            async with asyncio.timeout(self._patience_s):
                if not self._is_open:
                    await self._open()
                self._is_open = False
                posted = (
                    self._js.publish(f"{subject}.{letter.kind}", packed([letter]), headers={_ID: f"{self._id}-{letter.seq}"})
                    for letter in letters
                )
                await asyncio.gather(*posted)
                self._is_open = True

    async def _open(self) -> None:
        config = StreamConfig(
            name=letters_stream(self._node),
            subjects=[f"{letters_subject(self._node)}.*"],
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            discard=DiscardPolicy.NEW,
            max_bytes=self._max_bytes,
            duplicate_window=_DUPLICATES_S,
        )
        await put_stream(self._js, config)

    async def close(self) -> None:
        """The connection is its maker's."""


async def put_stream(js: JetStreamContext, config: StreamConfig) -> None:
    """Make the stream, or make it what it is to be."""
    try:
        await js.update_stream(config)
    except nats.js.errors.NotFoundError:
        await js.add_stream(config)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A letter in the hub's stream: its place there, and its place in its node's."""

    here: int
    node: NodeId
    there: int


class NatsMailroom:
    """A Mailroom over a connection to the hub's server, which stays its giver's."""

    def __init__(self, client: Client, nodes: Callable[[], Collection[NodeId]], *, ack_wait_s: float = ACK_WAIT_S) -> None:
        """`nodes` are those whose letters are wanted; it is asked again and again."""
        self._ack_wait_s = ack_wait_s
        self._client = client
        self._js = client.jetstream()
        self._nodes = nodes
        self._sources: frozenset[NodeId] | None = None
        self._taken: deque[_Taken] = deque()
        """Kept, and still at their nodes."""

    async def run(self, keep: Keep) -> None:
        """See Mailroom. Raises Unreachable when the server is away."""
        self._sources = None
        with nats_errors("taking letters"):
            await self._follow()
            consumer = ConsumerConfig(
                durable_name=CONSUMER,
                ack_policy=AckPolicy.EXPLICIT,
                ack_wait=self._ack_wait_s,
                max_ack_pending=_BATCH * 4,
            )
            await self._js.add_consumer(STREAM, consumer)
            queue = await self._js.pull_subscribe_bind(CONSUMER, STREAM)
            loop = asyncio.get_running_loop()
            purge_at = loop.time() + _PURGE_S
            while True:
                await self._follow()
                with contextlib.suppress(nats.errors.TimeoutError):
                    await self._take(await queue.fetch(_BATCH, timeout=_FETCH_S), keep)
                if loop.time() >= purge_at:
                    await self._purge()
                    purge_at = loop.time() + _PURGE_S

    async def _follow(self) -> None:
        wanted = frozenset(self._nodes())
        if wanted == self._sources:
            return
        sources = [
            StreamSource(name=letters_stream(node), external=ExternalStream(api=domain_api(node), deliver=deliver_prefix(node)))
            for node in sorted(wanted)
        ]
        config = StreamConfig(
            name=STREAM,
            subjects=[_NOBODY],
            sources=sources,
            retention=RetentionPolicy.WORK_QUEUE,
            storage=StorageType.FILE,
        )
        await put_stream(self._js, config)
        self._sources = wanted

    async def _take(self, messages: Sequence[Msg], keep: Keep) -> None:
        received: list[Received] = []
        taken: list[_Taken] = []
        for message in messages:
            found = _origin(message)
            if found is None:
                continue
            taken.append(found)
            try:
                received += [Received(node=found.node, letter=letter) for letter in letters_from(message.data)]
            except BadReply as error:
                log.warning("node %s sent what is no letter: %s", found.node, error)
        try:
            if received:
                await keep(received)
        except HearthwatchError as error:
            log.warning("letters wait in the queue: %s", error)
            for message in messages:
                await message.nak(delay=_AGAIN_S)
            return
        for message in messages:
            await message.ack()
        self._taken += taken

    async def _purge(self) -> None:
        """Let nodes forget what is kept: all up to a letter before which none is unkept here."""
        if not self._taken:
            return
        floor = (await self._js.consumer_info(STREAM, CONSUMER)).ack_floor
        kept: dict[NodeId, int] = {}
        self._taken = deque(sorted(self._taken, key=lambda one: one.here))
        while self._taken and floor is not None and self._taken[0].here <= floor.stream_seq:
            one = self._taken.popleft()
            kept[one.node] = max(kept.get(one.node, 0), one.there)
        for node, there in kept.items():
            subject = f"{domain_api(node)}.STREAM.PURGE.{letters_stream(node)}"
            await self._client.publish(subject, json.dumps({"seq": there + 1}).encode(), reply=purged_subject(node))


def _origin(message: Msg) -> _Taken | None:
    """Return where the server says that a letter is from, as `letters-NODE:HASH SEQ`; None for one that came otherwise."""
    try:
        source, there = (message.headers or {})[_SOURCE].split(" ")[:2]
        stream, _, node = source.partition(":")[0].rpartition("-")
        if f"{stream}-{node}" != letters_stream(node_id(node)):
            return None
        return _Taken(here=message.metadata.sequence.stream, node=node_id(node), there=int(there))
    except (KeyError, ValueError):
        log.warning("something that is no node's letter was in the queue")
        return None
