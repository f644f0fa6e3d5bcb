"""Damage control put together: the repairs of the audit room for the page, for Telegram and for the command line."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine

from hearthwatch.alerts.outbox import Outbox
from hearthwatch.alerts.remedy_alerts import notice
from hearthwatch.audit import trail
from hearthwatch.audit.desk import RepairDesk
from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.audit.repairs import Repairs
from hearthwatch.audit.restart import Restart
from hearthwatch.audit.trail import Entry
from hearthwatch.audit.unsettled import Unsettled
from hearthwatch.copies.copy import Topic
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import HearthwatchError, StorageFailed, Unsupported
from hearthwatch.kit.secrets import Secret, Secrets
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.run.copies_desk import CopiesDesk, LastGoodSettings
from hearthwatch.run.firmware_files import FirmwareFiles
from hearthwatch.run.premises import HousePremises
from hearthwatch.vendors.capability import Accounts, Firewall, Service, Sessions
from hearthwatch.vendors.doorman import Doorman
from hearthwatch.web.remedy_doors import DoorNow

log = logging.getLogger(__name__)

T = TypeVar("T")


class Remedies:
    """Implements web.remedy_doors.RemedyDoor and telegram_remote.Remedies. `load` before the cameras are asked anything."""

    def __init__(
        self,
        doorman: Doorman,
        premises: HousePremises,
        secrets: Secrets,
        *,
        copies: CopiesDesk,
        data_folder: Path,
        db: Db,
        reader: Engine,
        clock: Clock,
        outbox: Outbox,
        ids: Callable[[], str],
        expect_login: Callable[[CameraId, str], None],
    ) -> None:
        """`expect_login` hears whose log-in at which camera will be our own, because we try a password we changed."""
        self._expect_login = expect_login
        self._doorman = doorman
        self._premises = premises
        self._reader = reader
        self._clock = clock
        self._outbox = outbox
        self._ids = ids
        self._copies = copies.keeper
        self._files = FirmwareFiles(data_folder / "firmware")
        self._repairs = Repairs(doorman, secrets, premises, Restart(doorman, self._files.folder), LastGoodSettings(copies))
        self.desk = RepairDesk(
            self._repairs,
            premises,
            db=db,
            clock=clock,
            ids=ids,
            tell=self._tell,
            announce=self._announce,
            ended=self._look_again,
        )
        self._unsettled = Unsettled(self._repairs.passwords, secrets, self.desk.at_work, self._tell)

    def why_held(self, camera: CameraId) -> str:
        """See Doorman."""
        return self._unsettled.why_held(camera)

    async def load(self) -> None:
        """See which passwords were left half-changed. Raises StorageFailed."""
        await self._unsettled.load()

    async def _look_again(self) -> None:
        """What was changed while pending passwords were looked through is pending no more; what was left half-way is."""
        try:
            await self._unsettled.load()
        except StorageFailed as error:
            log.warning("whether a password is left half-changed is not known yet: %s", error)

    async def run(self) -> None:
        """Settle and tell of what a former house left unfinished, then settle what comes; never returns."""
        await self._unsettled.settle()
        await self.desk.resume()
        await self._unsettled.run()

    async def close(self) -> None:
        """End what runs."""
        await self.desk.close()

    def _announce(self, remedy: Remedy) -> None:
        """What we change ourselves is no drift, and the log-in that proves a new password no stranger."""
        camera = remedy.camera
        if remedy.kind in {RemedyKind.CHANGE_PASSWORD, RemedyKind.RENAME_USER}:
            for user in (remedy.subject, remedy.value):
                self._expect_login(camera, user)
        match remedy.kind:
            case RemedyKind.CHANGE_PASSWORD | RemedyKind.RENAME_USER | RemedyKind.REMOVE_ACCOUNT:
                self._copies.expect_topic(camera, Topic.ACCOUNTS)
            case RemedyKind.SERVICE_OFF | RemedyKind.SERVICE_ON:
                self._copies.expect_service(camera, Service(remedy.subject))
            case RemedyKind.SWITCH_OFF | RemedyKind.SWITCH_ON | RemedyKind.UPLOAD_FIRMWARE:
                self._copies.expect_topic(camera, Topic.ANYTHING)
            case RemedyKind.SET_CLOCK | RemedyKind.USE_NTP:
                self._copies.expect_topic(camera, Topic.CLOCK)
            case RemedyKind.BLOCK_ADDRESS | RemedyKind.UNBLOCK_ADDRESS:
                self._copies.expect_topic(camera, Topic.FILTER)
            case RemedyKind.CHANGE_NETWORK:
                self._copies.expect_topic(camera, Topic.NETWORK)
            case RemedyKind.END_SESSION | RemedyKind.REBOOT | RemedyKind.RESTORE_SETTINGS:
                pass  # the last announces for itself what it writes

    async def _tell(self, camera: CameraId, text: str, key: str) -> None:
        name = self._premises.name(camera)
        alert = notice(id_=self._ids(), camera=camera, name=name, text=text, key=key, now_us=self._clock.wall_us())
        await self._outbox.record(None, alert)

    async def ask(self, remedy: Remedy, who: str) -> Entry:
        """See RemedyDoor."""
        return await self.desk.ask(remedy, who)

    async def confirm(self, entry: str, who: str, *, wait_s: float | None = None) -> Entry:
        """See RemedyDoor."""
        return await self.desk.confirm(entry, who, wait_s=wait_s)

    async def decline(self, entry: str, who: str) -> bool:
        """See RemedyDoor."""
        return await self.desk.decline(entry, who)

    def take_password(self, entry: str) -> Secret | None:
        """See RemedyDoor."""
        return self.desk.take_password(entry)

    async def upload(self, name: str, chunks: AsyncIterator[bytes]) -> int:
        """See RemedyDoor."""
        return await self._files.keep(name, chunks)

    def trail(self, *, camera: CameraId | None, before_us: WallUs | None, limit: int) -> Sequence[Entry]:
        """See RemedyDoor."""
        with self._reader.begin() as connection:
            return trail.recent(connection, camera=camera, before_us=before_us, limit=limit)

    def entry(self, entry: str) -> Entry | None:
        """See RemedyDoor."""
        with self._reader.begin() as connection:
            return trail.find(connection, entry)

    async def door(self, camera: CameraId) -> DoorNow:
        """See RemedyDoor."""
        whys: list[str] = []

        async def asked(question: Awaitable[T]) -> T | None:
            try:
                return await question
            except HearthwatchError as error:
                if not isinstance(error, Unsupported):
                    whys.append(str(error))
                return None

        can = await asked(self._repairs.possible(camera))
        client = await asked(self._doorman.client(camera)) if can else None
        try:
            door = self._doorman.door(camera)
        except Unsupported as error:
            whys.append(str(error))
            door = None
        identity = await asked(client.identity()) if client else None
        alive: object = client if identity else None  # one silence is enough to wait for
        return DoorNow(
            vendor=door.vendor if door else "",
            host=door.access.host if door else "",
            port=door.access.port if door else 0,
            identity=identity,
            why_not=can.why_not if can else {},
            services=can.services if can else frozenset(),
            sessions=await asked(alive.sessions()) if isinstance(alive, Sessions) else None,
            accounts=await asked(alive.accounts()) if isinstance(alive, Accounts) else None,
            blocked=await asked(alive.blocked()) if isinstance(alive, Firewall) else None,
            our_user=door.access.user if door else "",
            why=whys[0] if whys else "",
        )
