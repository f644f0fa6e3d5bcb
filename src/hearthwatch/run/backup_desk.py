"""The daily backup: a child process takes it, and the owner is told when it fails. What was made is seen in its folder."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

from hearthwatch.health.outage import Fault, HealthSink
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.units import to_datetime
from hearthwatch.run.backup_options import BackupOptions
from hearthwatch.run.config import Config
from hearthwatch.run.zone import zone_of

log = logging.getLogger(__name__)

_LOOK_S = 60.0
_AGAIN_S = 3600.0
_LIMIT_S = 6 * 3600.0
_SUBJECT = "backup"
_HEAD, _END = "hearthwatch-", ".backup"

Take = Callable[[Path], Awaitable[str]]
"""Writes a backup to a file; returns why it could not, "" when it did."""


class BackupDesk:
    """`tasks` are kept running by the house. `take` is for tests."""

    def __init__(
        self,
        data: Path,
        config_path: Path,
        *,
        config: Callable[[], Config],
        health: HealthSink,
        clock: Clock,
        take: Take | None = None,
    ) -> None:
        self._data = data
        self._config_path = config_path
        self._config = config
        self._health = health
        self._clock = clock
        self._take = take or self._by_child
        self._failed: BackupOptions | None = None

    @property
    def tasks(self) -> tuple[tuple[str, Callable[[], Awaitable[None]]], ...]:
        return (("daily backup", self.run),)

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_S)
            if self.is_due():
                await self.take()
            if self._failed is not None:
                for _turn in range(round(_AGAIN_S / _LOOK_S)):  # a changed section is tried at once
                    if self._failed != self._config().backup:
                        break
                    await asyncio.sleep(_LOOK_S)

    def is_due(self) -> bool:
        """Tell whether the newest backup there is older than the last time one was to be made."""
        options = self._config().backup
        if not options.folder:
            self._failed = None
            self._health.recovered(Fault.HOUSE_BACKUP_FAILED, _SUBJECT)
            return False
        with contextlib.suppress(OSError):
            return self._of(self._last_time()).name > max((path.name for path in self._made()), default="")
        return True

    async def take(self) -> None:
        """Make the backup that is due, let the oldest go, and tell how it went."""
        options = self._config().backup
        path = self._of(self._last_time())
        try:
            await asyncio.to_thread(self._check, Path(options.folder))
            why = await self._take(path)
        except StorageFailed as error:
            why = str(error)
        if why:
            log.warning("the backup to %s was not made: %s", options.folder, why)
            self._failed = options
            self._health.failed(Fault.HOUSE_BACKUP_FAILED, _SUBJECT, f"{why}. It is tried again in an hour.")
            return
        self._failed = None
        log.info("backup %s made", path)
        self._health.recovered(Fault.HOUSE_BACKUP_FAILED, _SUBJECT)
        for old in sorted(self._made(), reverse=True)[options.keep :]:
            with contextlib.suppress(OSError):
                old.unlink()

    def _last_time(self) -> datetime:
        """Return the last moment, in the home's time, at which one was to be made."""
        now = to_datetime(self._clock.wall_us(), zone_of(self._config()))
        hour, _, minute = self._config().backup.at.partition(":")
        due = now.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
        return due if due <= now else due - timedelta(days=1)

    def _of(self, moment: datetime) -> Path:
        return Path(self._config().backup.folder, f"{_HEAD}{moment:%Y-%m-%d}{_END}")

    def _made(self) -> list[Path]:
        return list(Path(self._config().backup.folder).glob(f"{_HEAD}????-??-??{_END}"))

    def _check(self, folder: Path) -> None:
        try:
            is_same = folder.stat().st_dev == self._data.stat().st_dev
        except OSError as error:
            raise StorageFailed(
                StorageFault.MISSING, f"the folder {folder} of [backup] cannot be reached: mount its disk, or make the folder"
            ) from error
        if is_same and not self._config().backup.same_disk:
            raise StorageFailed(
                StorageFault.MISSING,
                f"{folder} lies on the disk of the house itself: its own disk is not mounted; if that is meant, write "
                "same_disk = true in [backup]",
            )

    async def _by_child(self, path: Path) -> str:
        """Have a process of its own take it: what that needs of memory is gone afterwards."""
        words = ["backup", str(path), "--data", str(self._data), "--config", str(self._config_path)]
        if not self._config().backup.pictures:
            words.append("--no-pictures")
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "hearthwatch",
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            preexec_fn=lambda: os.nice(10),
        )
        try:
            async with asyncio.timeout(_LIMIT_S):
                said = (await child.communicate())[1].decode("utf-8", "replace").strip()
        except TimeoutError:
            return f"it did not end within {_LIMIT_S / 3600:.0f} hours"
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        last = (said.splitlines() or ["it ended without a word"])[-1]
        return "" if child.returncode == 0 else last.removeprefix("hearthwatch: ")
