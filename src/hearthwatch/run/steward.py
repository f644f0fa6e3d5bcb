"""The steward: what the command line may ask of a house, the same whether it runs or not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import Unsupported
from hearthwatch.run.control import (
    Ask,
    AskDrop,
    AskKeep,
    AskNewModel,
    AskPins,
    AskStatus,
    Done,
    HouseAsk,
    Kept,
    Now,
    Reply,
)
from hearthwatch.run.control_actions import ActionsAsk, ActionsClerk
from hearthwatch.run.control_arming import ArmingAsk, ArmingClerk
from hearthwatch.run.control_audit import AuditAsk, AuditClerk
from hearthwatch.run.control_cameras import CamerasAsk, CamerasClerk
from hearthwatch.run.control_copies import CopiesAsk, CopiesClerk
from hearthwatch.run.control_fleet import FleetAsk, FleetClerk
from hearthwatch.run.control_offsite import OffsiteAsk, OffsiteClerk
from hearthwatch.run.control_people import PeopleAsk, PeopleClerk
from hearthwatch.run.control_remedies import RemedyAsk, RemedyClerk
from hearthwatch.run.control_telegram import TelegramAsk, TelegramClerk
from hearthwatch.run.control_users import UsersAsk, UsersClerk
from hearthwatch.run.pins import Pins
from hearthwatch.run.status import Status


class Steward:
    """Answers what is asked at the control door. `status` is None, and `new_model` does nothing, where no house runs."""

    def __init__(
        self,
        db: Db,
        pins: Pins,
        cameras: CamerasClerk,
        copies: CopiesClerk,
        clock: Clock,
        *,
        actions: ActionsClerk,
        arming: ArmingClerk,
        people: PeopleClerk,
        audit: AuditClerk,
        remedies: RemedyClerk,
        telegram: TelegramClerk,
        offsite: OffsiteClerk | None = None,
        fleet: FleetClerk | None = None,
        status: Callable[[], Status] | None = None,
        new_model: Callable[[], None] = lambda: None,
    ) -> None:
        self._users = UsersClerk(db, clock)
        self._pins = pins
        self._cameras = cameras
        self._copies = copies
        self._actions = actions
        self._arming = arming
        self._people_clerk = people
        self._audit = audit
        self._remedies = remedies
        self._offsite = offsite or OffsiteClerk()
        self._fleet = fleet or FleetClerk()
        self._telegram = telegram
        self._status = status
        self._new_model = new_model

    async def answer(self, ask: Ask) -> Reply:  # noqa: PLR0911 a return for each clerk
        """Do what is asked. Raises Unsupported for what cannot be done, StorageFailed, and what a camera's client raises."""
        if isinstance(ask, CamerasAsk):
            return await self._cameras.answer(ask)
        if isinstance(ask, CopiesAsk):
            return await self._copies.answer(ask)
        if isinstance(ask, ActionsAsk):
            return await self._actions.answer(ask)
        if isinstance(ask, ArmingAsk):
            return await self._arming.answer(ask)
        if isinstance(ask, PeopleAsk):
            return await self._people_clerk.answer(ask)
        if isinstance(ask, AuditAsk):
            return await self._audit.answer(ask)
        if isinstance(ask, RemedyAsk):
            return await self._remedies.answer(ask)
        if isinstance(ask, TelegramAsk):
            return await self._telegram.answer(ask)
        if isinstance(ask, OffsiteAsk):
            return await self._offsite.answer(ask)
        if isinstance(ask, FleetAsk):
            return await self._fleet.answer(ask)
        if isinstance(ask, UsersAsk):
            return await self._users.answer(ask)
        return await self._answer(ask)

    async def _answer(self, ask: HouseAsk) -> Reply:
        match ask:
            case AskStatus():
                if self._status is None:
                    raise Unsupported("Hearthwatch is not running")
                return Now(status=await asyncio.to_thread(self._status))
            case AskKeep():
                return Kept(pins=(await self._pins.add(ask.camera, ask.start_us, ask.end_us, ask.note),))
            case AskPins():
                return Kept(pins=await self._pins.all())
            case AskDrop():
                return Kept(pins=(await self._pins.drop(ask.id),))
            case AskNewModel():
                self._new_model()
                return Done()
