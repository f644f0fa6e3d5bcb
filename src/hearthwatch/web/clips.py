"""The clip shelf: files made from footage on request, kept a while so that a player may jump about in them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.web.case_doors import CaseDoor
from hearthwatch.web.doors import FootageDoor

MAX_SHELF_BYTES = 512 * 1024 * 1024


class ClipShelf:
    """Files in `folder`, which is emptied at the start; the least recently asked for goes first. Two are made at a time."""

    def __init__(self, folder: Path, footage: FootageDoor, cases: CaseDoor, *, max_bytes: int = MAX_SHELF_BYTES) -> None:
        self._folder = folder
        self._footage = footage
        self._cases = cases
        self._max_bytes = max_bytes
        self._making = asyncio.Semaphore(2)
        self._tasks: dict[str, asyncio.Task[Path]] = {}
        self._shelved: dict[str, int] = {}
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for old in (*folder.glob("*.mp4"), *folder.glob("*.zip"), *folder.glob("*.part")):
            old.unlink()

    async def clip(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> Path:
        """Return an MP4 of the range, made now unless it is on the shelf. Raises what `FootageDoor.export` raises."""
        key = hashlib.sha256(f"{camera} {stream} {start_us} {end_us}".encode()).hexdigest()[:32]
        return await self._shelf(f"{key}.mp4", lambda to: self._footage.export(camera, stream, start_us, end_us, to))

    async def case(self, cameras: Sequence[CameraId], start_us: WallUs, end_us: WallUs) -> Path:
        """Return the zip of the range, made now unless it is on the shelf. Raises what `CaseDoor.write` raises."""
        key = hashlib.sha256(f"case {' '.join(cameras)} {start_us} {end_us}".encode()).hexdigest()[:32]
        return await self._shelf(f"{key}.zip", lambda to: self._cases.write(cameras, start_us, end_us, to))

    async def _shelf(self, name: str, write: Callable[[Path], None]) -> Path:
        if name in self._shelved:
            self._shelved[name] = self._shelved.pop(name)  # the last asked for stands last
            return self._folder / name
        if name not in self._tasks:
            task = asyncio.create_task(self._make(self._folder / name, write))
            self._tasks[name] = task
            task.add_done_callback(lambda _done: self._tasks.pop(name, None))
        return await asyncio.shield(self._tasks[name])

    async def _make(self, path: Path, write: Callable[[Path], None]) -> Path:
        async with self._making:
            unfinished = path.with_suffix(".part")
            try:
                await asyncio.to_thread(write, unfinished)
                await asyncio.to_thread(unfinished.rename, path)
            finally:
                unfinished.unlink(missing_ok=True)
            self._shelved[path.name] = (await asyncio.to_thread(path.stat)).st_size
            self._tidy()
        return path

    def _tidy(self) -> None:
        while len(self._shelved) > 1 and sum(self._shelved.values()) > self._max_bytes:
            oldest = next(iter(self._shelved))
            del self._shelved[oldest]
            (self._folder / oldest).unlink(missing_ok=True)
