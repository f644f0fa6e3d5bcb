"""The actions and the people of Telegram behind the page: the fake house's cameras and events, kept in memory."""

from __future__ import annotations

from dataclasses import replace

from tests.alerts.fake_remote import FakeRemoteHouse

from hearthwatch.alerts.remote import Person, Role
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.web.telegram_doors import Enrolment


class MemorySnoozes:
    """What Snoozes does, without a disk."""

    def __init__(self) -> None:
        self.ends_us: dict[str, int] = {}

    def until_us(self, camera):
        return self.ends_us.get(camera, 0)

    async def set(self, cameras, until_us):
        self.ends_us |= dict.fromkeys(cameras, until_us)


class FakeActions(FakeRemoteHouse):
    """Implements HouseActions on the fake house's own events."""

    def __init__(self, house) -> None:
        super().__init__(house.clock, MemorySnoozes(), names={each: house.names[each] for each in house.cameras_on})
        self.arming = house.arming
        self.house = house

    async def false_alarm(self, event, *, is_false, who, via):
        found = next((each for each in self.house.events_now if each.id == event), None)
        if found is None:
            raise Unsupported("That event is not kept any more.")
        changed = replace(found, false_alarm=is_false, reviewed=True)
        self.house.events_now = [changed if each.id == event else each for each in self.house.events_now]
        return changed


class FakePhones:
    """Implements TelegramDoor."""

    def __init__(self, house) -> None:
        self.house = house
        self.wanted = "nobody asked"
        self.now = [self._person(1000, 1000, "Anna", Role.OWNER), self._person(2000, -77, "Ben", Role.MEMBER)]

    def _person(self, user, chat, name, role):
        return Person(chat_id=chat, user_id=user, name=name, enrolled_us=self.house.started_us, role=role)

    def people(self):
        return tuple(self.now)

    async def enrol(self, role):
        if self.house.small:
            raise Unsupported("No bot token is set: run `hearthwatch secrets set alerts.telegram.token` on the machine.")
        self.wanted = role
        return Enrolment(code="H7QX-2M4K", bot="elm_street_bot", expires_us=WallUs(self.house.clock.wall_us() + 900 * US_PER_S))

    async def set_role(self, user_id, role):
        self._check(user_id)
        self.now = [replace(one, role=role) if one.user_id == user_id else one for one in self.now]

    async def remove(self, user_id):
        self._check(user_id)
        self.now = [one for one in self.now if one.user_id != user_id]

    def _check(self, user_id):
        if all(one.user_id != user_id for one in self.now):
            raise Unsupported(f"nobody with the Telegram id {user_id} is enrolled")
