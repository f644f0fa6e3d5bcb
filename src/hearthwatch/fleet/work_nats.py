"""Work over NATS: a JetStream work queue in memory; glances of one camera replace each other, and old ones vanish."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from typing import TYPE_CHECKING

import nats.errors
import nats.js.errors
from nats.js.api import AckPolicy, ConsumerConfig, DiscardPolicy, RetentionPolicy, StorageType, StreamConfig

from hearthwatch.detect.glance import Answer, Glance
from hearthwatch.fleet.node import NodeId, node_id
from hearthwatch.fleet.work import (
    LEASE_S,
    MOST_MESSAGE_BYTES,
    MOST_TRIES,
    PATIENCE_S,
    Task,
    answer_from,
    glance_from,
    packed,
)
from hearthwatch.kit.errors import BadReply, Unreachable, Unsupported

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg

STREAM = "HW_WORK"
CONSUMER = "workers"
_ASK, _SAID = "hw.work.ask", "hw.work.said"
_ID, _FAULT = "Hearthwatch-Id", "Hearthwatch-Fault"
_MOST_BYTES = 256 * 1024 * 1024
_POLL_S = 20.0
_MOST_WAITING = 4096


def node_may(node: NodeId) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return to what subjects a node publishes and to which it listens: its own alone."""
    return (f"{_ASK}.{node}.*",), (f"{_SAID}.{node}.*",)


def worker_may() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the same for a worker: it takes what any node asks and answers any; it can offer nothing and change no stream."""
    api = f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{CONSUMER}"
    return (api, f"$JS.ACK.{STREAM}.{CONSUMER}.>", f"{_SAID}.*.*"), ("_INBOX.>",)


async def prepare(client: Client, *, lease_s: float = LEASE_S, patience_s: float = PATIENCE_S) -> None:
    """At the hub: make the stream and its consumer what they are to be. Raises Unreachable."""
    js = client.jetstream()
    stream = StreamConfig(
        name=STREAM,
        subjects=[f"{_ASK}.*.*"],
        retention=RetentionPolicy.WORK_QUEUE,
        storage=StorageType.MEMORY,
        discard=DiscardPolicy.OLD,
        max_age=patience_s,
        max_msgs_per_subject=1,
        max_msg_size=MOST_MESSAGE_BYTES,
        max_bytes=_MOST_BYTES,
        duplicate_window=min(patience_s, 1.0),
    )
    consumer = ConsumerConfig(
        durable_name=CONSUMER,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=lease_s,
        max_deliver=MOST_TRIES,
        max_ack_pending=_MOST_WAITING,
        max_waiting=_MOST_WAITING,
    )
    try:
        try:
            await js.update_stream(stream)
        except nats.js.errors.NotFoundError:
            await js.add_stream(stream)
        await js.add_consumer(STREAM, consumer)
    except (nats.errors.Error, TimeoutError) as error:
        raise Unreachable(f"the NATS server takes no work queue ({error})") from error


class NatsOffers:
    """A node's end, over a connection that is given and stays its giver's. Call `open` once."""

    def __init__(self, client: Client, node: NodeId, *, patience_s: float = PATIENCE_S) -> None:
        self._client = client
        self._node = node
        self._patience_s = patience_s
        self._waiting: dict[str, asyncio.Future[Msg]] = {}

    async def open(self) -> None:
        """Listen for answers. Raises Unreachable."""
        try:
            self._answers = await self._client.subscribe(f"{_SAID}.{self._node}.*", cb=self._said)
        except nats.errors.Error as error:
            raise Unreachable(f"the NATS server is not reached ({error})") from error

    async def offer(self, glance: Glance) -> Answer:
        """See Offers."""
        name = secrets.token_hex(8)
        waiting = self._waiting[name] = asyncio.get_running_loop().create_future()
        camera = hashlib.blake2b(glance.camera.encode(), digest_size=8).hexdigest()
        try:
            async with asyncio.timeout(self._patience_s):
                await self._client.publish(f"{_ASK}.{self._node}.{camera}", packed(glance), headers={_ID: name})
                said = await waiting
        except TimeoutError as error:
            raise Unreachable("no detector of the hub answered in time") from error
        except nats.errors.Error as error:
            raise Unreachable(f"the NATS server is not reached ({error})") from error
        finally:
            del self._waiting[name]
        if said.headers and _FAULT in said.headers:
            raise Unsupported("the picture could not be looked at")
        return answer_from(said.data, len(glance.pieces))

    async def _said(self, message: Msg) -> None:
        waiting = self._waiting.get(message.subject.rpartition(".")[2])
        if waiting is not None and not waiting.done():
            waiting.set_result(message)

    async def close(self) -> None:
        """See Offers."""
        if not self._client.is_closed:
            await self._answers.unsubscribe()


class NatsWork:
    """A worker's end, over a connection that is given and stays its giver's. Call `open` once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._messages: dict[str, Msg] = {}

    async def open(self) -> None:
        """Join the workers. Raises Unreachable."""
        try:
            self._queue = await self._client.jetstream().pull_subscribe_bind(CONSUMER, STREAM)
        except (nats.errors.Error, TimeoutError) as error:
            raise Unreachable(f"the NATS server has no work queue of a hub ({error})") from error

    async def take(self) -> Task:
        """See Work."""
        while True:
            try:
                (message,) = await self._queue.fetch(1, timeout=_POLL_S)
            except (nats.errors.Error, TimeoutError) as error:
                if _is_cancelled():  # which the library takes for its own time running out, or for its end
                    raise asyncio.CancelledError from error
                if isinstance(error, TimeoutError):
                    continue
                raise Unreachable(f"the NATS server is not reached ({error})") from error
            try:
                task = self._task(message)
            except (BadReply, ValueError):
                await message.term()
                continue
            self._messages[task.id] = message
            while len(self._messages) > _MOST_WAITING:
                del self._messages[next(iter(self._messages))]
            return task

    @staticmethod
    def _task(message: Msg) -> Task:
        node = node_id(message.subject.split(".")[3])
        name = (message.headers or {}).get(_ID, "")
        if len(name) != 16 or not name.isalnum():
            raise BadReply("a glance without an id")
        return Task(id=name, node=node, glance=glance_from(message.data))

    async def answer(self, task: Task, answer: Answer) -> None:
        """See Work."""
        await self._finish(task, packed(answer), {})

    async def give_up(self, task: Task) -> None:
        """See Work."""
        await self._finish(task, b"", {_FAULT: "1"})

    async def _finish(self, task: Task, body: bytes, headers: dict[str, str]) -> None:
        """Answer first: a worker that dies in between has the glance looked at twice, and never not at all."""
        message = self._messages.pop(task.id, None)
        if message is None:
            return
        try:
            await self._client.publish(f"{_SAID}.{task.node}.{task.id}", body, headers=headers or None)
            await message.ack()
        except nats.errors.Error as error:
            raise Unreachable(f"the NATS server is not reached ({error})") from error

    async def close(self) -> None:
        """See Work."""
        if not self._client.is_closed:
            await self._queue.unsubscribe()


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
