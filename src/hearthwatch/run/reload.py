"""Follows the configuration file: what may change live does, the rest is named; a mistake leaves the old one in force."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from hearthwatch.arming.arming import Mode
from hearthwatch.health.outage import Fault, HealthSink
from hearthwatch.kit.errors import ConfigFault, HearthwatchError
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId
from hearthwatch.run.compile import compile_plan
from hearthwatch.run.config import Config, load
from hearthwatch.run.config_reload import diff
from hearthwatch.run.messages import NewPlan, Replace, Role
from hearthwatch.run.mode_meaning import is_fixed, meanings
from hearthwatch.run.plan import HousePlan, Plan
from hearthwatch.run.strangers import left_in

log = logging.getLogger(__name__)

_EVERY_S = 1.0
_SUBJECT = "configuration"
_MODES = "what the mode means"


class Reloader:
    """Looks at the file, the secrets and who may have them once a second."""

    def __init__(
        self,
        plan: HousePlan,
        secrets: Secrets,
        health: HealthSink,
        send: Callable[[object], None],
        renew: Callable[[Config], Awaitable[None]],
        *,
        strangers: Callable[[], frozenset[CameraId]] = frozenset,
        deaf: Callable[[], frozenset[CameraId]] = frozenset,
        mode: Callable[[], Mode] = lambda: Mode.AWAY,
    ) -> None:
        """`strangers` are cameras in whose place another device answers: their log-in is kept from the plan meanwhile; `deaf`
        such as are trusted to see for themselves and cannot be heard: they are looked at meanwhile; `mode` is that of the
        house, on which it depends what is recorded. Call `mode_changed` when it is another."""
        self._plan = plan
        self._path = Path(plan.config_path)
        self._data = Path(plan.data_folder)
        self._secrets = secrets
        self._health = health
        self._send = send
        self._renew = renew
        self._strangers = strangers
        self._deaf = deaf
        self._mode = mode
        self._mode_changed = asyncio.Event()
        self._had_file = self._path.exists()
        self._config = load(self._path)
        self._meanings = meanings(self._config, mode()) if is_fixed(self._config) else None
        """What recorder and looker go by; None: not known, because the supervisor's plan may be older than this house."""
        self._seen = (
            *self._files(),
            left_in(self._data),
            frozenset[CameraId](),
        )  # as the plan was made that everybody started with
        self._reloading = asyncio.Lock()

    def _stamp(self) -> tuple[object, ...]:
        return *self._files(), self._strangers(), self._deaf()

    def _files(self) -> tuple[object, ...]:
        return tuple(_stat(path) for path in (self._path, self._data / "secrets.sealed"))

    async def run(self) -> None:
        """Watch until cancelled."""
        before = self._seen
        while True:
            await self.follow_mode()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_EVERY_S):
                    await self._mode_changed.wait()
                self._mode_changed.clear()
                continue
            stamp = await asyncio.to_thread(self._stamp)
            settled, before = stamp == before, stamp
            if stamp != self._seen and settled:  # half a file may be a configuration without half the cameras
                await self.now()

    def mode_changed(self) -> None:
        """Have what the new mode means count now."""
        self._mode_changed.set()

    async def follow_mode(self) -> None:
        """Tell everybody what the mode means, when that is not what they go by."""
        async with self._reloading:
            mode = self._mode()
            if meanings(self._config, mode) == self._meanings:
                return
            try:
                plan = self._compile(self._config, mode)
            except HearthwatchError as error:
                self._health.failed(Fault.CONFIG_WRONG, _MODES, f"Recording does not follow the mode: {error}")
                return
            self._health.recovered(Fault.CONFIG_WRONG, _MODES)
            self._send_plan(plan, self._config, mode)

    def _send_plan(self, plan: Plan, config: Config, mode: Mode) -> None:
        self._meanings = meanings(config, mode)
        self._send(NewPlan(plan=plan))

    async def now(self) -> None:
        """Take over what stands in the files now, without waiting until they rest."""
        async with self._reloading:
            self._seen = await asyncio.to_thread(self._stamp)
            await self._reload()

    def _load(self) -> Config:
        if self._path.exists():
            self._had_file = True
        elif self._had_file:
            raise ConfigFault(f"{self._path} is gone: put it back, or restart Hearthwatch to run without it")
        return load(self._path)

    async def _reload(self) -> None:
        try:
            config = await asyncio.to_thread(self._load)
            mode = self._mode()
            plan = self._compile(config, mode)
        except ConfigFault as error:
            for line in str(error).splitlines():
                log.error("%s", line)  # noqa: TRY400 a mistake of the file, not of ours
            log.warning("the configuration has mistakes; the old one stays in force")
            self._health.failed(Fault.CONFIG_WRONG, _SUBJECT, str(error))
            return
        except HearthwatchError as error:
            self._health.failed(Fault.CONFIG_WRONG, _SUBJECT, str(error))
            return
        self._health.recovered(Fault.CONFIG_WRONG, _SUBJECT)
        reload = diff(self._config, config)
        self._config = config
        for key in reload.restart:
            log.warning("configuration: %s counts after a restart of Hearthwatch", key)
        log.info("configuration taken over: %s", _told(reload.live, reload.added, reload.removed, reload.cameras))
        self._send_plan(plan, config, mode)
        if reload.looker:
            self._send(Replace(role=Role.LOOKER))
        await self._renew(config)

    def _compile(self, config: Config, mode: Mode) -> Plan:
        return compile_plan(
            config,
            self._secrets,
            config_path=self._path,
            data_folder=self._data,
            port=self._plan.port,
            debug=self._plan.debug,
            started_us=self._plan.started_us,
            strangers=self._strangers(),
            deaf=self._deaf(),
            mode=mode,
            alone=self._plan.alone,
        )


def _told(live: tuple[str, ...], added: object, removed: object, cameras: object) -> str:
    parts = [", ".join(live)] if live else []
    for word, found in (("added", added), ("removed", removed), ("reconnecting", cameras)):
        if found:
            parts.append(f"{word} {', '.join(sorted(found))}")  # type: ignore[call-overload]
    return "; ".join(parts) or "secrets and to whom they may go, or which cameras are heard"


def _stat(path: Path) -> object:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
