"""`hearthwatch worker`: this machine looks at pictures of a hub's nodes, with as many detectors as it is given."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import platform
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

from hearthwatch.fleet import code as codes
from hearthwatch.fleet.hub_link import HubLink
from hearthwatch.fleet.identity import Identity, IdentityShelf
from hearthwatch.fleet.joining import join
from hearthwatch.fleet.options import DEFAULT_PORT
from hearthwatch.fleet.work import Work
from hearthwatch.fleet.work_https import HttpsWork
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import ConfigFault, Unreachable
from hearthwatch.run.worker import Box, Models, Worker

log = logging.getLogger(__name__)

NATS_PASSWORD = "HEARTHWATCH_NATS_PASSWORD"  # noqa: S105 the name of a variable
_TOLD_S = 600.0
_CONNECT_S = 10.0

OpenWork = Callable[[], Awaitable[Work]]


async def serve(hub: str, models: Models, *, threads: int, data: Path, clock: Clock, say: Callable[[str], None]) -> None:
    """Work until SIGTERM or SIGINT. `hub` is a one-time code, an address, `nats://USER@HOST:PORT`, or empty for the hub this
    machine joined. Raises ConfigFault, Refused, Unreachable, StorageFailed when it cannot begin."""
    main = asyncio.create_task(_serve(hub, models, threads=threads, data=data, clock=clock, say=say))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, main.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await main


async def _serve(hub: str, models: Models, *, threads: int, data: Path, clock: Clock, say: Callable[[str], None]) -> None:
    spare = [await Box.begin(models)]  # a model that cannot be had is said now, not in a log

    async def begin() -> Box:
        return spare.pop() if spare else await Box.begin(models)

    ends = _over_nats(hub) if hub.startswith("nats://") else _over_https(hub, data, clock, say)
    async with contextlib.AsyncExitStack() as closing:
        closing.push_async_callback(_close, spare)
        open_work = await closing.enter_async_context(ends)
        workers = [Worker(await open_work(), begin, clock) for _ in range(threads)]
        say(f"looking at pictures with {threads} {'detector' if threads == 1 else 'detectors'}; Ctrl-C ends it")
        async with asyncio.TaskGroup() as tasks:
            for worker in workers:
                tasks.create_task(worker.run())
            tasks.create_task(_tell(workers))


async def _close(boxes: list[Box]) -> None:
    for box in boxes:
        await box.close()


async def _tell(workers: list[Worker]) -> None:
    while True:
        before = sum(worker.looked for worker in workers)
        await asyncio.sleep(_TOLD_S)
        log.info("looked at %d pictures in ten minutes", sum(worker.looked for worker in workers) - before)


@contextlib.asynccontextmanager
async def _over_https(hub: str, data: Path, clock: Clock, say: Callable[[str], None]) -> AsyncIterator[OpenWork]:
    """A link of its own for each worker: a question that waits for a picture holds a connection."""
    shelf = IdentityShelf(data)
    identity = await _identity(hub, shelf, clock)
    places = identity.addresses
    if hub and not _is_code(hub):
        try:
            places = (codes.hub_address(hub, DEFAULT_PORT),)
        except ValueError as error:
            raise ConfigFault(str(error)) from None
    say(f"this worker is {identity.node} at the hub {', '.join(map(str, places))}")
    say(f'the hub has to name it in its configuration: [detect] helpers = ["{identity.node}"]')
    links: list[HubLink] = []

    async def open_work() -> Work:
        links.append(HubLink(shelf.context(identity), places, clock))
        return HttpsWork(links[-1])

    try:
        yield open_work
    finally:
        for link in links:
            await link.close()


async def _identity(hub: str, shelf: IdentityShelf, clock: Clock) -> Identity:
    known = shelf.read()
    if known is None and _is_code(hub):
        return await join(hub, shelf, clock, name=f"worker {platform.node()}")
    if known is None:
        raise ConfigFault(
            "this machine has joined no hub yet: make a code there (`hearthwatch hub invite`) and give it as --hub"
        )
    return known


def _is_code(hub: str) -> bool:
    return hub.lower().startswith("hw1")


@contextlib.asynccontextmanager
async def _over_nats(url: str) -> AsyncIterator[OpenWork]:
    from hearthwatch.fleet import nats_client
    from hearthwatch.fleet.work_nats import NatsWork

    parts = urlsplit(url)
    if parts.password or not parts.hostname:
        raise ConfigFault(f"write it as nats://USER@HOST:PORT, and the password into the variable {NATS_PASSWORD}")
    place = f"nats://{parts.hostname}:{parts.port or 4222}"
    try:
        async with asyncio.timeout(_CONNECT_S):  # the library goes on trying
            client = await nats_client.connect(place, parts.username or "worker", os.environ.get(NATS_PASSWORD, ""))
    except TimeoutError as error:
        raise Unreachable(f"no NATS server answers at {place}") from error

    async def open_work() -> Work:
        work = NatsWork(client)
        await work.open()
        return work

    try:
        yield open_work
    finally:
        await client.close()
