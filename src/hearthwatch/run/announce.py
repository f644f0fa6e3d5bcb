"""The notice that Hearthwatch is running, a line for each camera: sent once a start, when they had time to connect."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from hearthwatch.alerts.outbox import Outbox
from hearthwatch.alerts.policy import Policy
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import WallUs
from hearthwatch.run.cameras_now import CamerasNow
from hearthwatch.web.doors import CameraNow, CameraState

log = logging.getLogger(__name__)

_PATIENCE_S = 20
_STEP_S = 0.5


class Announcer:
    """`started_us` names the start: a house that was restarted alone says nothing."""

    def __init__(
        self, cameras: CamerasNow, outbox: Outbox, clock: Clock, policy: Callable[[], Policy], started_us: WallUs
    ) -> None:
        self._cameras = cameras
        self._outbox = outbox
        self._clock = clock
        self._policy = policy
        self._started_us = started_us

    async def run(self) -> None:
        """Log each camera as it connects and send the notice; then rest until cancelled."""
        connected: set[str] = set()
        for _ in range(round(_PATIENCE_S / _STEP_S)):
            await asyncio.sleep(_STEP_S)
            now = self._cameras.all()
            for camera in now:
                if camera.state in {CameraState.LIVE, CameraState.PRIVATE} and camera.id not in connected:
                    connected.add(camera.id)
                    log.info("camera %s", _line(camera))
            if len(connected) == len(now):
                break
        text = "\n".join(_line(camera) for camera in self._cameras.all())
        notice = self._policy().notice(
            "Hearthwatch is running", text, key=f"start/{self._started_us}", now_us=self._clock.wall_us()
        )
        await self._outbox.record(None, notice)
        await asyncio.Event().wait()


def _line(camera: CameraNow) -> str:
    if camera.state is CameraState.PRIVATE:
        return f"{camera.name}: {camera.cause}"
    if camera.state is not CameraState.LIVE:
        return f"{camera.name}: not connected ({camera.cause or camera.state.value})"
    streams = ", ".join(f"{stream.width_px}x{stream.height_px} {stream.codec}" for stream in camera.streams if stream.codec)
    return f"{camera.name}: connected ({streams or 'single pictures'})"
