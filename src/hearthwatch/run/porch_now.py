"""How the porch stands: its line to the house, what is told as an outage, and what the page shows."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hearthwatch.health.outage import Fault, HealthSink
from hearthwatch.ingest.drop import AccountCount, Turned
from hearthwatch.ingest.inbox import Shelf
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.run.config import CameraOptions, Config
from hearthwatch.run.house_doors import Footage
from hearthwatch.run.porch_accounts import networks, password_name
from hearthwatch.run.porch_desk import PorchDesk
from hearthwatch.run.porch_messages import Left, PorchState, PorchToHouse, Reach
from hearthwatch.run.porch_reach import Reaching
from hearthwatch.run.taps import listen
from hearthwatch.web.porch_doors import PorchAccountNow, PorchNow

_SUBJECT = "porch"
_FLOODED = frozenset({Turned.TOO_MANY, Turned.FULL})
_CALM_US = 300 * US_PER_S


class PorchLine:
    """Implements PorchDoor; listens to the porch on a thread of its own."""

    def __init__(
        self,
        desk: PorchDesk,
        *,
        config: Callable[[], Config],
        secrets: Secrets,
        inbox: Path,
        footage: Footage,
        health: HealthSink,
        clock: Clock,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self.desk = desk
        self._config = config
        self._secrets = secrets
        self._shelf = Shelf(inbox)
        self._footage = footage
        self._health = health
        self._clock = clock
        self._state: PorchState | None = None
        self._flooded_us: dict[CameraId, tuple[int, WallUs]] = {}
        self._reaching = Reaching(self._networks)

    def _networks(self) -> set[str]:
        config = self._config()
        return {network for camera in config.cameras.values() if camera.enabled for network in networks(camera, config)}

    def connect(self, channel: Channel[Any]) -> None:
        """Listen to `channel` until it ends."""
        listen("porch", channel, functools.partial(self._receive, channel))

    @staticmethod
    def decodes() -> object:
        """The message types this end takes."""
        return PorchToHouse

    def _receive(self, channel: Channel[Any], message: Left | PorchState | Reach) -> None:
        match message:
            case Left():
                self._loop.call_soon_threadsafe(self.desk.left)
            case Reach():
                self._reaching.answer(channel, message)
            case PorchState():
                self._loop.call_soon_threadsafe(self._hear, message)

    def _hear(self, state: PorchState) -> None:
        self._state = state
        if state.error:
            detail = f"{state.error}. Correct [porch] in the configuration, or stop the program that has the port."
            self._health.failed(Fault.PORCH_CLOSED, _SUBJECT, detail)
        else:
            self._health.recovered(Fault.PORCH_CLOSED, _SUBJECT)
        for count in state.counts:
            self._judge(count)

    def _judge(self, count: AccountCount) -> None:
        """One notice of a flood, and one when there was none for five minutes."""
        now_us = self._clock.wall_us()
        turned = sum(count.turned.get(reason, 0) for reason in _FLOODED)
        before, at_us = self._flooded_us.get(count.camera, (0, WallUs(0)))
        if turned > before:
            self._flooded_us[count.camera] = turned, now_us
            detail = (
                f"{count.last_turned[:1].upper()}{count.last_turned[1:]}; what is over is refused, the footage of others "
                "keeps its place. Check its alarm settings, and whether somebody else uses its account."
            )
            self._health.failed(Fault.PORCH_FLOODED, count.camera, detail, camera=count.camera)
        elif turned < before:
            self._flooded_us[count.camera] = turned, at_us
        elif abs(now_us - at_us) > _CALM_US:
            self._health.recovered(Fault.PORCH_FLOODED, count.camera)

    def now(self) -> PorchNow:
        """See PorchDoor."""
        config, state = self._config(), self._state
        counts = {count.camera: count for count in state.counts} if state is not None and config.porch.enabled else {}
        try:
            kept = self._footage.index.uploaded_bytes()
        except StorageFailed:
            kept = {}
        return PorchNow(
            enabled=config.porch.enabled,
            address=config.porch.address,
            smtp_port=state.smtp_port if state and config.porch.enabled else 0,
            ftp_port=state.ftp_port if state and config.porch.enabled else 0,
            error=state.error if state and config.porch.enabled else "",
            strangers=state.strangers if state and config.porch.enabled else 0,
            accounts=tuple(
                self._account(name, camera, counts.get(name), kept.get(name, 0)) for name, camera in config.cameras.items()
            ),
        )

    def _account(self, name: CameraId, camera: CameraOptions, count: AccountCount | None, kept_bytes: int) -> PorchAccountNow:
        waiting = self._shelf.waiting(name)
        return PorchAccountNow(
            camera=name,
            user=camera.porch.user or name,
            has_password=self._secrets.get(password_name(name)) is not None,
            networks=networks(camera, self._config()),
            taken=count.taken if count else 0,
            taken_bytes=count.taken_bytes if count else 0,
            last_us=count.last_us if count else WallUs(0),
            turned=count.turned if count else {},
            last_turned=count.last_turned if count else "",
            last_turned_us=count.last_turned_us if count else WallUs(0),
            waiting=waiting.files,
            waiting_bytes=waiting.size_bytes,
            kept_bytes=kept_bytes,
            quota_bytes=camera.porch.waiting_bytes + camera.porch.kept_bytes,
            trouble=self.desk.troubles.get(name, ""),
        )
