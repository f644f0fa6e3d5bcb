"""Letters about how this house is: its machine once a minute, its cameras whenever something of them changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from hearthwatch.audit.finding import Finding, FindingState, Grade, Report
from hearthwatch.fleet import outbox
from hearthwatch.fleet.condition import CAMERA_KEY, MACHINE_KEY, CameraCondition
from hearthwatch.fleet.letter import GONE, LetterKind
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.run.machine import condition
from hearthwatch.web.doors import CameraDoor, CameraNow

_LOOK_EVERY_S = 2.0
_MACHINE_EVERY_S = 60.0


class ConditionLetters:
    """Used on the house's loop; `wake` is called when letters were written."""

    def __init__(
        self,
        cameras: CameraDoor,
        footage: Callable[[], Path],
        *,
        db: Db,
        clock: Clock,
        audits: Callable[[], Awaitable[Sequence[Report]]],
        arrived: Callable[[], Awaitable[Mapping[CameraId, WallUs]]],
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        """`audits` gives the last check of each camera's settings that there was, `arrived` up to when its footage is proved
        to be at the hub."""
        self._cameras = cameras
        self._footage = footage
        self._db = db
        self._clock = clock
        self._audits = audits
        self._audited: dict[CameraId, Report] = {}
        self._arrived = arrived
        self._until: Mapping[CameraId, WallUs] = {}
        self._wake = wake
        self._told: dict[str, tuple[CameraId | None, bytes]] = {}
        self._machine_ns: MonoNs | None = None

    async def run(self) -> None:
        """Write what is new until cancelled. Raises StorageFailed."""
        self._told, self._machine_ns = {}, None
        while True:
            await self.look()
            await asyncio.sleep(_LOOK_EVERY_S)

    async def look(self) -> None:
        """Write what is new now."""
        fresh: dict[str, tuple[CameraId | None, bytes]] = {}
        now_ns = self._clock.mono_ns()
        is_due = self._machine_ns is None or now_ns - self._machine_ns >= _MACHINE_EVERY_S * NS_PER_S
        if is_due:
            self._audited = {report.camera: report for report in await self._audits()}
            self._until = await self._arrived()
        seen: dict[str, tuple[CameraId | None, bytes]] = {
            f"{CAMERA_KEY}{camera}": (camera, body) for camera, body in self._of_cameras().items()
        }
        fresh.update({key: one for key, one in seen.items() if self._told.get(key) != one})
        fresh.update({key: (camera, GONE) for key, (camera, _body) in self._told.items() if camera and key not in seen})
        if is_due:
            found = await asyncio.to_thread(condition, self._footage(), self._clock)
            fresh[MACHINE_KEY] = (None, msgspec.json.encode(found))
        if not fresh:
            return
        at_us = self._clock.wall_us()

        def write(connection: Connection) -> None:
            for key, (camera, body) in fresh.items():
                outbox.put(connection, LetterKind.HEALTH, key, at_us=at_us, camera=camera, body=body)

        await self._db.run(write)
        self._told = seen
        if MACHINE_KEY in fresh:
            self._machine_ns = now_ns
        self._wake()

    def _of_cameras(self) -> dict[CameraId, bytes]:
        return {one.id: msgspec.json.encode(self._condition(one)) for one in self._cameras.all()}

    def _condition(self, now: CameraNow) -> CameraCondition:
        report = self._audited.get(now.id)
        return CameraCondition(
            name=now.name[:200],
            state=now.state.value,
            cause=now.cause[:1000],
            footage_until_us=self._until.get(now.id, 0),
            audit_score=report.score if report else None,
            findings=sum(map(_weighs, report.findings)) if report and report.score is not None else None,
        )


def _weighs(finding: Finding) -> bool:
    return finding.state is FindingState.FOUND and finding.grade is not Grade.HINT and not finding.accepted
