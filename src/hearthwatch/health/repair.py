"""Starting the systemd unit the owner named when the way out stays broken: seldom, and never forgetting that it did.

No program is run but `systemctl start UNIT`, with a name checked letter by letter and no shell. Nobody can ask for it: not by
Telegram, MQTT or the page.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Protocol

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Table, Text, insert, select, update

from hearthwatch.health.connectivity import ConnectivityOptions, Trouble
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import HearthwatchError, Refused, StorageFailed, Unreachable, Unsupported
from hearthwatch.kit.units import NS_PER_S, US_PER_S, MonoNs, WallUs

log = logging.getLogger(__name__)

UNIT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@:-]{0,200}\.(?:service|target)")
_SYSTEMCTL_S = 30.0
_SAID_CHARS = 200

metadata = MetaData()
repairs = Table(
    "connection_repairs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("unit", Text, nullable=False),
)


class Units(Protocol):
    async def start(self, unit: str) -> None:
        """Have systemd start `unit`; returns when it took the job. Raises Unsupported, Refused and Unreachable."""
        ...


class Systemctl:
    """Implements Units; `program` is found on the PATH."""

    def __init__(self, program: str = "systemctl") -> None:
        self._program = program

    async def start(self, unit: str) -> None:
        """See Units. The manual: systemctl(1); --no-block because the unit may take our own network away."""
        if not UNIT.fullmatch(unit):
            raise Unsupported(f"{unit!r} is no name of a systemd unit")
        try:
            process = await asyncio.create_subprocess_exec(
                self._program,
                "--no-ask-password",
                "--no-block",
                "start",
                "--",
                unit,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            raise Unsupported(f"there is no systemd here ({error.strerror or error})") from error
        try:
            async with asyncio.timeout(_SYSTEMCTL_S):
                _, said = await process.communicate()
        except TimeoutError as error:
            process.kill()
            await process.wait()
            raise Unreachable("systemd does not answer") from error
        if process.returncode:
            text = " ".join(said.decode(errors="replace").split())[:_SAID_CHARS]
            raise Refused(f"systemd does not start {unit}: {text or f'status {process.returncode}'}")


def take(connection: Connection, unit: str, *, now_us: WallUs, every_us: int) -> bool:
    """Note that the unit is started now, unless it was within `every_us`. A clock that was set back starts the wait anew."""
    last = connection.execute(select(repairs.c.id, repairs.c.at_us).order_by(repairs.c.id.desc()).limit(1)).first()
    if last is not None and last.at_us > now_us:
        connection.execute(update(repairs).where(repairs.c.id == last.id).values(at_us=now_us))
        return False
    if last is not None and now_us - last.at_us < every_us:
        return False
    connection.execute(insert(repairs).values(at_us=now_us, unit=unit))
    return True


class Repairer:
    """`consider` may be called at every look."""

    def __init__(
        self,
        units: Units,
        *,
        options: Callable[[], ConnectivityOptions],
        db: Db,
        clock: Clock,
        tell: Callable[[str, Trouble, str], Awaitable[None]],
    ) -> None:
        """`tell` gets the unit, why it was started, and what went wrong in starting it ("" for nothing)."""
        self._units = units
        self._options = options
        self._db = db
        self._clock = clock
        self._tell = tell
        self._last_ns: MonoNs | None = None

    async def consider(self, trouble: Trouble) -> None:
        """Start the unit if there is one and it is time. It is noted before: one that cannot be noted is not started."""
        unit, every_s = self._options().restart_unit, self._options().restart_every_hours * 3600
        now_ns, now_us = self._clock.mono_ns(), self._clock.wall_us()
        # a clock that jumps forward must not shorten the wait: while we run, the steady one counts as well
        if not unit or (self._last_ns is not None and now_ns - self._last_ns < every_s * NS_PER_S):
            return
        every_us = round(every_s * US_PER_S)
        try:
            if not await self._db.run(lambda connection: take(connection, unit, now_us=now_us, every_us=every_us)):
                return
        except StorageFailed as error:
            log.warning("%s is not started: that could not be written down (%s)", unit, error)
            return
        self._last_ns = now_ns
        log.warning("starting %s: %s", unit, trouble.detail)
        fault = ""
        try:
            await self._units.start(unit)
        except HearthwatchError as error:
            fault = str(error)
            log.warning("%s was not started: %s", unit, error)
        await self._tell(unit, trouble, fault)
