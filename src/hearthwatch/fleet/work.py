"""Looking at pictures for weaker machines: a node offers a glance, a worker anywhere takes it and answers.

Three engines: inside the hub's process, HTTPS at the node port, NATS JetStream. One rule holds for all of them:

- Of each camera of a node only the newest glance counts. It takes the place of an older one, which is answered no more.
- A worker has LEASE_S to answer. One that was killed meanwhile, or is that slow, loses the glance to another worker.
- A glance that nobody answers within PATIENCE_S is gone, and its node is told so: nobody looks at old pictures.
- One that ends the box it is looked at in is given up, and handed to nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import msgspec

from hearthwatch.detect.glance import Answer, Glance, answer_fault, glance_fault
from hearthwatch.fleet.node import NodeId
from hearthwatch.kit.errors import BadReply

PATIENCE_S = 3.0
LEASE_S = 1.0
MOST_TRIES = 3
MOST_MESSAGE_BYTES = 64 * 1024

_packer = msgspec.msgpack.Encoder()
_glances = msgspec.msgpack.Decoder(Glance)
_answers = msgspec.msgpack.Decoder(Answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A glance in a worker's hands. `id` is the engine's."""

    id: str
    node: NodeId
    glance: Glance


class Offers(Protocol):
    """A node's end."""

    async def offer(self, glance: Glance) -> Answer:
        """Have somebody look. Raises Unreachable, saying why, when nobody did in time; Unsupported when a newer glance came or
        nobody can look at this one; Refused when the node is no longer wanted."""
        ...

    async def close(self) -> None: ...


class Work(Protocol):
    """A worker's end; several tasks may be under way at once."""

    async def take(self) -> Task:
        """Wait for a task. Raises Unreachable while the hub is away, Refused where this worker is not wanted."""
        ...

    async def answer(self, task: Task, answer: Answer) -> None:
        """Hand the answer to the node and take the task off the list. Raises Unreachable."""
        ...

    async def give_up(self, task: Task) -> None:
        """Nobody shall look at this one. Raises Unreachable."""
        ...

    async def close(self) -> None: ...


def packed(what: Glance | Answer) -> bytes:
    """Return it as it travels: MessagePack."""
    return _packer.encode(what)


def glance_from(body: bytes) -> Glance:
    """Return the glance in `body`. Raises BadReply for anything else."""
    try:
        glance = _glances.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadReply("this is no glance at a picture", body[:64]) from error
    if fault := glance_fault(glance):
        raise BadReply(f"this is no glance at a picture: {fault}")
    return glance


def answer_from(body: bytes, pieces: int) -> Answer:
    """Return the answer in `body` to a glance of so many pieces. Raises BadReply for anything else."""
    try:
        answer = _answers.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadReply("this is no answer to a glance", body[:64]) from error
    if fault := answer_fault(answer, pieces):
        raise BadReply(f"this is no answer to a glance: {fault}")
    return answer
