"""Pictures of the moment, of whatever camera: decoded out of its stream, or as a camera without a stream gives them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.run.burst import from_stream, one_by_one
from hearthwatch.run.jobs import Jobs
from hearthwatch.run.still_cameras import StillCameras
from hearthwatch.web.fanout import LiveHub


class PictureDesk:
    """Implements PictureDoor."""

    def __init__(self, jobs: Jobs, stills: StillCameras, hub: LiveHub, clock: Clock) -> None:
        self._jobs = jobs
        self._stills = stills
        self._hub = hub
        self._clock = clock

    async def snapshot(self, camera: CameraId) -> bytes:
        """See PictureDoor."""
        return await (self._stills if self._stills.has(camera) else self._jobs).snapshot(camera)

    def mjpeg(self, camera: CameraId) -> AsyncGenerator[bytes]:
        """See PictureDoor."""
        return self._stills.watch(camera) if self._stills.has(camera) else self._jobs.mjpeg(camera)

    async def burst(self, camera: CameraId, due: Sequence[WallUs]) -> AsyncGenerator[bytes]:
        """Yield a picture at full size for each moment of `due`. Raises Unreachable when there is none at all, and what
        StillCameras.fetch raises."""
        if self._stills.has(camera):
            async for jpeg in one_by_one(lambda: self._stills.fetch(camera), due, self._clock):
                yield jpeg
            return
        given = 0
        async for jpeg in from_stream(self._hub, camera, due, self._clock):
            given += 1
            yield jpeg
        if not given:
            raise Unreachable("the camera's pictures could not be decoded")
