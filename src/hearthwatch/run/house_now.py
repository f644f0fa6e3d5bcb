"""What is the same for all cameras at this moment: health, detector, disk, settings, and whom this house talks to."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Engine

from hearthwatch.detect import fetch as fetching
from hearthwatch.detect.model import HOG, MODELS, Model
from hearthwatch.detect.store import Store as ModelStore
from hearthwatch.health import ledger as health_ledger
from hearthwatch.health.board import Board
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import HearthwatchError, Unsupported
from hearthwatch.kit.files import disk_bytes, free_bytes
from hearthwatch.kit.timings import Timings
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.run.cameras_now import CamerasNow
from hearthwatch.run.channels import Channels
from hearthwatch.run.config import Config
from hearthwatch.run.footage_now import FootageNow
from hearthwatch.run.outbound import outbound
from hearthwatch.web.doors import DetectorNow, HouseNow, Setting

log = logging.getLogger(__name__)

BEST_MODEL: Model = MODELS[0]
_CLOUDLESS = "from your own network only"


class Health:
    """Implements HealthDoor."""

    def __init__(self, board: Board, reader: Engine, commits: Timings) -> None:
        self._board = board
        self._reader = reader
        self._commits = commits

    def commits(self) -> Timings:
        """See HealthDoor."""
        return self._commits

    def ok(self) -> bool:
        """See HealthDoor: not well while footage cannot be kept or a process does not stay up."""
        grave = {Fault.DISK_FULL, Fault.DISK_BROKEN, Fault.PROCESS_RESTARTED}
        return not any(outage.fault in grave for outage in self._board.snapshot())

    def lasting(self) -> Sequence[Outage]:
        """See HealthDoor."""
        return self._board.snapshot()

    def outages(self, *, start_us: WallUs, limit: int) -> Sequence[Outage]:
        """See HealthDoor."""
        with self._reader.connect() as connection:
            return health_ledger.recent(connection, since_us=start_us, limit=limit)


class DetectorNowDoor:
    """Implements DetectorDoor; a fetched model is used after the looker was started anew."""

    def __init__(self, cameras: CamerasNow, store: ModelStore, restart_looker: Callable[[], None]) -> None:
        self._cameras = cameras
        self._store = store
        self._restart_looker = restart_looker
        self._task: asyncio.Task[None] | None = None
        self._error = ""
        self._fetched_bytes = 0

    def now(self) -> DetectorNow:
        """See DetectorDoor."""
        looker = self._cameras.looker
        name = looker.model if looker else ""
        model = next((each for each in MODELS if each.name == name), HOG)
        return DetectorNow(
            name=name,
            basic=name == HOG.name and looker is not None and not looker.far,
            labels=model.labels,
            fetching=self._task is not None and not self._task.done(),
            fetch_name=BEST_MODEL.name,
            fetch_bytes=sum(file.size_bytes for file in BEST_MODEL.files),
            fetch_licence=BEST_MODEL.licence,
            fetch_host=urlsplit(fetching.SOURCE).hostname or "",
            error=self._error or (looker.detector_error if looker else ""),
            fetched_bytes=self._fetched_bytes,
        )

    async def fetch(self) -> None:
        """See DetectorDoor."""
        if not self.now().basic:
            raise Unsupported("the full detector is already at work")
        if self._task is None or self._task.done():
            self._error, self._fetched_bytes = "", 0
            self._task = asyncio.create_task(self._fetch(), name="fetch model")

    async def _fetch(self) -> None:
        try:
            await asyncio.to_thread(fetching.fetch, BEST_MODEL, self._store, download=self._counted)
        except HearthwatchError as error:
            self._error = str(error)
            log.warning("the detection model could not be fetched: %s", error)
            return
        log.info("fetched the detection model %s; the looker starts anew with it", BEST_MODEL.name)
        self._restart_looker()

    def _counted(self, url: str) -> Iterator[bytes]:
        for piece in fetching.download(url):
            self._fetched_bytes += len(piece)
            yield piece


class HouseNowDoor:
    """Implements HouseDoor."""

    def __init__(
        self,
        config: Config,
        *,
        footage: FootageNow,
        footage_folder: Path,
        channels: Channels,
        clock: Clock,
        port: int,
        heartbeat: Callable[[], str],
        watches_doors: Callable[[], bool],
        hub: Callable[[], str] = lambda: "",
    ) -> None:
        """`heartbeat` gives its address, "" for none; `watches_doors` whether any camera's own door is watched."""
        self._config = config
        self._footage = footage
        self._folder = footage_folder
        self._channels = channels
        self._started_us = clock.wall_us()
        self._clock = clock
        self._port = port
        self._heartbeat = heartbeat
        self._watches_doors = watches_doors
        self._hub = hub

    def renew(self, config: Config) -> None:
        self._config = config

    def now(self) -> HouseNow:
        """See HouseDoor."""
        try:
            free, disk = free_bytes(self._folder), disk_bytes(self._folder)
        except HearthwatchError:
            free, disk = 0, 0
        options = self._config.storage
        keep = {name: camera.keep for name, camera in self._config.cameras.items()}
        forecast = self._footage.forecast(options, keep, free=free, disk=disk)
        return HouseNow(
            name=self._config.home.name,
            version=version("hearthwatch"),
            started_us=self._started_us,
            footage_folder=str(self._folder),
            footage_used_bytes=self._footage.used_bytes,
            footage_free_bytes=free,
            days_fit=forecast.days if forecast else None,
            forecast=forecast,
            pre_roll_us=round(options.pre_roll_s * US_PER_S),
            post_roll_us=round(options.post_roll_s * US_PER_S),
            channels=self._channels.names,
            telegram=self._channels.bot is not None,
            settings=tuple(_settings(self._config)),
            outbound=tuple(
                outbound(
                    self._config,
                    self._channels.names,
                    telegram=self._channels.bot is not None,
                    heartbeat=self._heartbeat(),
                    watches_doors=self._watches_doors(),
                    hub=self._hub(),
                )
            ),
        )


_SECTIONS = (
    "home",
    "detect",
    "storage",
    "web",
    "alerts",
    "arming",
    "presence",
    "audit",
    "heartbeat",
    "connectivity",
    "mqtt",
    "syslog",
    "porch",
)


def _settings(config: Config) -> Iterator[Setting]:
    for section in _SECTIONS:
        yield from _lines(section, getattr(config, section))
    for name, camera in config.cameras.items():
        yield from _lines(f"camera.{name}", camera)
    for action, switched in config.actions.items():
        yield from _lines(f"action.{action}", switched)
    for person, options in config.people.items():
        yield from _lines(f"people.{person}", options)


def _lines(section: str, value: Any) -> Iterator[Setting]:
    """Yield the leaves of an options dataclass; there are no secrets in any of them."""
    for field in dataclasses.fields(value):
        item = getattr(value, field.name)
        if dataclasses.is_dataclass(item):
            yield from _lines(f"{section}.{field.name}", item)
        elif isinstance(item, Mapping):
            for key, inner in item.items():
                yield from _lines(f"{section}.{field.name}.{key}", inner)
        else:
            yield Setting(section=section, key=field.name, value=str(item))
