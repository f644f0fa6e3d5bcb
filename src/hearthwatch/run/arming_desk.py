"""The house's arming at work: the keeper with what it needs of the house, and what is told of each change."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import tzinfo

from sqlalchemy import Engine

from hearthwatch.alerts import arming_alerts
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.arming import ledger
from hearthwatch.arming.arming import ArmState, Mode, WhoIsHome
from hearthwatch.arming.keeper import ArmKeeper
from hearthwatch.arming.machine import Step
from hearthwatch.events.ledger import EventFiles
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.run.config import Config
from hearthwatch.run.entry_delay import EntryDelay
from hearthwatch.run.zone import zone_of

_ZONE_EVERY_S = 60.0


class ArmingDesk:
    """Implements ArmingPageDoor. Used on the house's loop: `load`, then `tasks`."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        outbox: Outbox,
        who: WhoIsHome,
        *,
        files: EventFiles,
        reader: Engine,
        config: Callable[[], Config],
        zone: tzinfo,
        ids: Callable[[], str],
        publish: Callable[[ArmState], None],
    ) -> None:
        self._outbox = outbox
        self._config = config
        self._zone = zone
        self._ids = ids
        self._publish = publish
        self._reader = reader
        self.keeper = ArmKeeper(db, clock, who, config().arming, zone, tell=self._tell, changed=self._changed)
        self.entry = EntryDelay(
            db,
            clock,
            outbox,
            files,
            delay_s=lambda: config().arming.entry_delay_s,
            state=lambda: self.keeper.state,
            ask_phones=self.keeper.ask,
        )
        self.wish, self.enable, self.answer = self.keeper.wish, self.keeper.enable, self.keeper.answer

    @property
    def tasks(self) -> tuple[tuple[str, Callable[[], Awaitable[None]]], ...]:
        return (
            ("arming", self.keeper.run),
            ("who came and went", self.keeper.run_scans),
            ("entry delay", self.entry.run),
            ("zone of the schedule", self._follow_zone),
        )

    async def _follow_zone(self) -> None:
        """Without a configured zone it is the machine's, which somebody may set at any time."""
        while True:
            await asyncio.sleep(_ZONE_EVERY_S)
            await self.renew(self._config(), await asyncio.to_thread(zone_of, self._config()))

    async def load(self) -> None:
        """Take up how the last house was armed, and what it had still to tell. Raises StorageFailed."""
        await self.keeper.load()
        await self.entry.load()

    @property
    def state(self) -> ArmState:
        return self.keeper.state

    def lines(self, *, before: int | None, limit: int) -> Sequence[ledger.Line]:
        """See ArmingPageDoor."""
        with self._reader.connect() as connection:
            return ledger.recent(connection, before=before, limit=limit)

    def mode(self) -> Mode:
        """Return the mode the house is in."""
        return self.keeper.state.mode

    async def renew(self, config: Config, zone: tzinfo) -> None:
        """Go on with a changed configuration."""
        self._zone = zone
        await self.keeper.renew(config.arming, zone)

    async def _tell(self, step: Step) -> bool:
        """The state, its line in the ledger and the announcement are one transaction; see arming.keeper.Tell."""
        home, change, question = self._config().home.name, step.change, step.asks
        alert = None
        if question is not None:
            alert = arming_alerts.asked(self._ids(), question, home)
        elif change is not None:
            alert = arming_alerts.told(self._ids(), change, home, self._zone)
        return await self._outbox.record_arming(step.state, change, alert)

    def _changed(self) -> None:
        self._publish(self.keeper.state)
