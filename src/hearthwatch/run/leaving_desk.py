"""The desk of those who leave: one act ends a person's account, log-ins, passkeys, tokens, notified devices, links, chats and
what counts as their being home, and says which passwords they may still know."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from pathlib import Path

from sqlalchemy import Connection

from hearthwatch.alerts import enrolment, push_device
from hearthwatch.alerts.remote import Person
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import ConfigFault, HearthwatchError
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.presence import ledger as presence_ledger
from hearthwatch.presence.presence import PersonId
from hearthwatch.run.config import Config
from hearthwatch.web import accounts, factors, sessions, shares, tokens
from hearthwatch.web import trail as house_trail
from hearthwatch.web.access import end_links
from hearthwatch.web.accounts import Role, User
from hearthwatch.web.leaving_doors import Chatter, Gone, Resident, Ties, likely
from hearthwatch.web.person import Denied
from hearthwatch.web.trail import Deed, Via

log = logging.getLogger(__name__)

_KNOWS = frozenset({"worked-on-camera", "set-secret", "add", "made-relay-password"})
"""Deeds in which a person had a password in their hands."""
_SOFTWARE = {"proxy.password": "proxy", "restream.password": "restream"}


class LeavingDesk:
    """Implements LeavingDoor. `people` are those enrolled with Telegram; `renewals` take up what the database holds of them and
    of devices that are notified, `take_over` reads configuration and secrets anew."""

    def __init__(
        self,
        secrets: Secrets,
        *,
        config: Callable[[], Config],
        config_path: Path,
        people: Callable[[], Sequence[Person]],
        renewals: Sequence[Callable[[], Awaitable[None]]],
        take_over: Callable[[], Awaitable[None]],
        db: Db,
        clock: Clock,
    ) -> None:
        self._secrets = secrets
        self._config = config
        self._config_path = config_path
        self._people = people
        self._renewals = tuple(renewals)
        self._take_over = take_over
        self._db = db
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()

    async def ties(self, user_id: int | None) -> Ties:
        """See LeavingDoor."""
        now_us, config = self._clock.wall_us(), self._config()
        if user_id is None:
            return Ties(chats=self._chats(""), residents=_residents("", config))
        there = frozenset(self._secrets.names())
        return await self._db.run(lambda connection: self._read(connection, user_id, config, there, now_us))

    def _read(self, connection: Connection, user_id: int, config: Config, there: frozenset[str], now_us: WallUs) -> Ties:
        user = _user(connection, user_id)
        found = factors.factors_of(connection, user.id)
        return Ties(
            name=user.name,
            sessions=len(sessions.list_sessions(connection, now_us, user.id)),
            passkeys=len(found.passkeys),
            code_app=found.totp,
            tokens=tuple(each.name for each in tokens.list_tokens(connection) if each.user.id == user.id),
            devices=tuple(each.name for each in push_device.devices(connection) if each.user_id == user.id),
            links=sum(each.who == user.name for each in shares.living(connection, now_us)),
            chats=self._chats(user.name),
            residents=_residents(user.name, config),
            cameras=_known_cameras(connection, user, config, there),
            software=tuple(name for secret, name in _SOFTWARE.items() if secret in there) if _knew(connection, user) else (),
        )

    def _chats(self, name: str) -> tuple[Chatter, ...]:
        found = {each.user_id: each for each in self._people()}
        return tuple(
            Chatter(user_id=each.user_id, name=each.name, role=each.role, likely=bool(name) and likely(name, each.name))
            for each in found.values()
        )

    async def leave(
        self, user_id: int | None, chats: Collection[int], residents: Collection[PersonId], *, who: str, address: str
    ) -> Gone:
        """See LeavingDoor. First the phones, for who counts as home may disarm; then all that opens the house, in one
        transaction with its line in the trail; last the name in the configuration, which opens nothing any more."""
        async with self._one_at_a_time:
            ties = await self.ties(user_id) if user_id is not None else None
            if user_id is not None:
                await self._db.run(lambda connection: _check_leaves(connection, user_id))
            name = ties.name if ties else ""
            await self._forget_phones(residents)
            subject = _subject(name, chats, residents)
            now_us = self._clock.wall_us()

            def end(connection: Connection) -> None:
                if user_id is not None:
                    _check_leaves(connection, user_id)
                    end_links(connection, _user(connection, user_id), now_us, is_gone=True)
                    accounts.remove_user(connection, name)
                enrolment.forget(connection, chats)
                for person in residents:
                    presence_ledger.forget(connection, person)
                deed = Deed(at_us=now_us, who=who, via=Via.PAGE, address=address, deed="removed-person", subject=subject)
                house_trail.write(connection, deed)

            await self._db.run(end)
            left: list[str] = []
            for renew in self._renewals:
                left += await self._tried(renew(), "what is under way to a chat or a device: it ends with the next restart")
            left += await self._tried(
                self._forget_names(residents), f"{', '.join(residents)} in the configuration file: take the section out"
            )
            log.info("%s removed a person: %s", who, subject)
            return Gone(
                name=name,
                left=tuple(left),
                cameras=ties.cameras if ties else (),
                software=ties.software if ties else (),
            )

    async def _forget_phones(self, residents: Collection[PersonId]) -> None:
        beginnings = tuple(f"people.{person}." for person in residents)
        gone = {name: None for name in self._secrets.names() if name.startswith(beginnings)} if beginnings else {}
        if gone:
            await asyncio.to_thread(self._secrets.change, gone)
            await self._take_over()

    async def _forget_names(self, residents: Collection[PersonId]) -> None:
        known = [person for person in residents if person in self._config().people]
        if known:
            from hearthwatch.run.config_file import set_values  # a TOML editor, for once in a while

            await asyncio.to_thread(set_values, self._config_path, {("people", person): None for person in known})
            await self._take_over()

    async def _tried(self, work: Awaitable[None], what_is_left: str) -> list[str]:
        """Do what no longer decides who may come in; name what it leaves when it fails."""
        try:
            await work
        except (HearthwatchError, ConfigFault) as error:
            log.warning("a person is removed, but not %s: %s", what_is_left, error)
            return [what_is_left]
        return []


def _residents(name: str, config: Config) -> tuple[Resident, ...]:
    return tuple(
        Resident(
            person=person,
            name=options.name or person,
            devices=tuple(options.devices),
            likely=bool(name) and likely(name, person, options.name),
        )
        for person, options in config.people.items()
    )


def _user(connection: Connection, user_id: int) -> User:
    for user in accounts.list_users(connection):
        if user.id == user_id:
            return user
    raise Denied(404, "There is nobody like that (any more).")


def _check_leaves(connection: Connection, user_id: int) -> None:
    user = _user(connection, user_id)
    if accounts.is_only_owner(connection, user_id):
        hint = "A house without an owner could be claimed by anybody: make another owner first."
        raise Denied(409, f"{user.name} is the only owner.", hint)


def _subject(name: str, chats: Collection[int], residents: Collection[PersonId]) -> str:
    parts = [f"account {name}"] if name else []
    parts += [f"Telegram {user_id}" for user_id in chats]
    parts += [f"phones of {person}" for person in residents]
    return ", ".join(parts)


def _knew(connection: Connection, user: User) -> bool:
    """Tell whether somebody could have had a password of the house in their hands."""
    return user.role is Role.OWNER or bool(house_trail.deeds_of(connection, user.name, _KNOWS))


def _known_cameras(connection: Connection, user: User, config: Config, there: frozenset[str]) -> tuple[CameraId, ...]:
    """Return the cameras whose password this person may know: an owner all that have one, anybody else what the trail tells of
    the time when they were one."""
    have = [camera for camera in config.cameras if {f"camera.{camera}.password", f"camera.{camera}.door.password"} & there]
    if user.role is Role.OWNER:
        return tuple(have)
    told = house_trail.deeds_of(connection, user.name, _KNOWS)
    return tuple(
        camera for camera in have if any(each.camera == camera or f"camera.{camera}." in each.subject for each in told)
    )
