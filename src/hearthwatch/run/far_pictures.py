"""The pictures of the nodes' events at the hub: asked for over each line as events are told, to be seen without it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from starlette.types import Message

from hearthwatch.feeds.jpeg import jpeg_size
from hearthwatch.fleet.asker import Asker, Question
from hearthwatch.fleet.far_event import FarEvent, FarQuery
from hearthwatch.fleet.line_hub import Lines
from hearthwatch.fleet.node import NodeId
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, Unreachable
from hearthwatch.kit.files import write_atomic
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs, camera_id
from hearthwatch.web.fleet_doors import FarPicture

log = logging.getLogger(__name__)

MOST_BYTES = 2 << 20
MOST_PER_NODE = 2000
_LOOK_EVERY_S = 10.0
_BACK_US = 2 * 86_400 * US_PER_S
_NEWEST = 40
_ASK_S = 30.0
_ENDED, _OPEN = "ended", "open"
"""An event that is still going on may have a better picture in the end."""

Events = Callable[[FarQuery], Awaitable[Sequence[FarEvent]]]


class FarPictures:
    """Keeps them in `folder`, a folder for each node, the newest `MOST_PER_NODE`."""

    def __init__(self, folder: Path, lines: Lines, events: Events, clock: Clock) -> None:
        self._folder = folder
        self._lines = lines
        self._events = events
        self._clock = clock
        self._refused: dict[tuple[NodeId, str], bool] = {}

    async def run(self) -> None:
        """Ask for what is missing, until cancelled. Raises StorageFailed."""
        while True:
            for node in tuple(self._lines.open):
                await self._look(node)
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _look(self, node: NodeId) -> None:
        since_us = WallUs(self._clock.wall_us() - _BACK_US)
        found = await self._events(FarQuery(nodes=frozenset({node}), after_us=since_us, limit=_NEWEST))
        for event in found:
            is_over = event.end_us is not None
            known = await asyncio.to_thread(self._find, node, event.id)
            if not event.picture or not _is_fit(event) or self._refused.get((node, event.id)) is is_over:
                continue
            if known is not None and (not is_over or known.stem.endswith(_ENDED)):
                continue
            if node not in self._lines.open:
                return
            try:
                jpeg = await self._ask(node, event.id)
            except (Unreachable, BadReply) as error:
                log.debug("the picture of %s did not come from %s: %s", event.id, node, error)
                self._refused[node, event.id] = is_over
                while len(self._refused) > MOST_PER_NODE:
                    del self._refused[next(iter(self._refused))]
                continue
            await asyncio.to_thread(self._keep, node, event, jpeg)

    async def _ask(self, node: NodeId, event: str) -> bytes:
        """Raises Unreachable, and BadReply for what is no picture."""
        asker = Asker(name="the hub", role="viewer", cameras=None, address="", private=True, proved_s=None)
        question = Question(
            kind="http",
            method="GET",
            path=f"/api/v1/events/{event}/picture.jpg",
            query="",
            headers=(),
            has_body=False,
            asker=asker,
        )
        taken = _Taken()
        try:
            async with asyncio.timeout(_ASK_S):
                await self._lines.ask(node, question, _wait, taken.send)
        except TimeoutError:
            raise Unreachable("it took too long") from None
        if taken.status != 200:
            raise BadReply(f"the node answered {taken.status}")
        jpeg_size(bytes(taken.body))
        return bytes(taken.body)

    def _keep(self, node: NodeId, event: FarEvent, jpeg: bytes) -> None:
        folder = self._folder / node
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        old = self._find(node, event.id)
        state = _OPEN if event.end_us is None else _ENDED
        fresh = folder / f"{event.id}.{event.camera}.{state}.jpg"
        write_atomic(fresh, jpeg)
        if old is not None and old != fresh:
            old.unlink(missing_ok=True)
        for each in sorted(folder.glob("*.jpg"), key=lambda path: path.stat().st_mtime_ns)[:-MOST_PER_NODE]:
            each.unlink(missing_ok=True)

    async def picture(self, node: NodeId, event: str) -> FarPicture | None:
        """Return what arrived."""
        return await asyncio.to_thread(self._read, node, event)

    def _read(self, node: NodeId, event: str) -> FarPicture | None:
        path = self._find(node, event)
        if path is None:
            return None
        with contextlib.suppress(OSError):
            return FarPicture(camera=CameraId(path.name.split(".")[1]), jpeg=path.read_bytes())
        return None

    def _find(self, node: NodeId, event: str) -> Path | None:
        if not event.isalnum():
            return None
        return next(iter(sorted((self._folder / node).glob(f"{event}.*.jpg"))), None)


def _is_fit(event: FarEvent) -> bool:
    """Tell whether its names are fit for a file's: a node calls things what it likes."""
    with contextlib.suppress(ValueError):
        return event.id.isalnum() and len(event.id) <= 64 and bool(camera_id(event.camera))
    return False


class _Taken:
    def __init__(self) -> None:
        self.status = 0
        self.body = bytearray()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.body += message.get("body", b"")
            if len(self.body) > MOST_BYTES:
                raise BadReply("the picture has no end")


async def _wait() -> Message:
    await asyncio.get_running_loop().create_future()
    raise AssertionError
