"""The doors of the house as somebody sees them who is limited to some cameras: each answers as if there were no others."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from hearthwatch.actions.action import ActionDoor, ActionNow, Deed
from hearthwatch.alerts.of_house import is_alert_of_house, is_outage_of_house
from hearthwatch.alerts.remote import HouseActions, HouseBrief
from hearthwatch.arming.arming import ArmingDoor
from hearthwatch.copies.copy import ConfigCopy, CopyId
from hearthwatch.events.event import Event, EventId
from hearthwatch.events.wanted import Place, Wanted
from hearthwatch.health.outage import Outage
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.timings import Timings
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.logins.login import KeptLine, Login, LoginId, Verdict, WatchNow
from hearthwatch.web.copies_doors import CopiesDoor
from hearthwatch.web.doors import AlertDoor, AlertNow, CameraDoor, CameraNow, EventDoor, HealthDoor, HouseDoor, HouseNow
from hearthwatch.web.login_doors import LoginDoor
from hearthwatch.web.offsite_doors import OffsiteDoor, OffsiteNow
from hearthwatch.web.person import Denied
from hearthwatch.web.review_doors import ReviewDoor

T = TypeVar("T")
Seen = frozenset[CameraId]

_PAGE = 200


def no_camera() -> Denied:
    """The same words for a camera that is not there and one that somebody may not see."""
    return Denied(404, "There is no such camera.", "It may have been renamed in the configuration.")


def _newest(each: Iterable[Sequence[T]], when: Callable[[T], tuple[int, str]], limit: int) -> tuple[T, ...]:
    """Return the newest of several lists that are each newest first."""
    return tuple(islice(heapq.merge(*each, key=when, reverse=True), limit))


class _View:
    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def _cameras(self, asked: CameraId | None) -> tuple[CameraId, ...]:
        """Return the cameras to look at for who asked for one, or for all."""
        if asked is None:
            return tuple(sorted(self._seen))
        return (asked,) if asked in self._seen else ()


class SeenCameras(_View):
    """CameraDoor."""

    def __init__(self, door: CameraDoor, seen: Seen) -> None:
        super().__init__(seen)
        self._door = door

    def all(self) -> tuple[CameraNow, ...]:
        return tuple(camera for camera in self._door.all() if camera.id in self._seen)


class SeenEvents(_View):
    """EventDoor."""

    def __init__(self, door: EventDoor, seen: Seen) -> None:
        super().__init__(seen)
        self._door = door

    def events(
        self, *, camera: CameraId | None, label: str | None, start_us: WallUs | None, end_us: WallUs | None, limit: int
    ) -> Sequence[Event]:
        each = [
            self._door.events(camera=one, label=label, start_us=start_us, end_us=end_us, limit=limit)
            for one in self._cameras(camera)
        ]
        return _newest(each, lambda event: (event.start_us, event.id), limit)

    def event(self, event: EventId) -> Event | None:
        found = self._door.event(event)
        return found if found is not None and found.camera in self._seen else None

    def labels(self) -> Sequence[str]:
        return [
            label for label in self._door.labels() if self.events(camera=None, label=label, start_us=None, end_us=None, limit=1)
        ]

    def picture(self, event: EventId) -> bytes | None:
        return self._door.picture(event) if self.event(event) else None

    def burst(self, event: EventId) -> Sequence[bytes]:
        return self._door.burst(event) if self.event(event) else ()

    def set_reviewed(self, event: EventId) -> None:
        if self.event(event):
            self._door.set_reviewed(event)


class SeenReview(_View):
    """ReviewDoor, but for what only somebody does who manages the house."""

    def __init__(self, door: ReviewDoor, seen: Seen, events: EventDoor) -> None:
        super().__init__(seen)
        self._door = door
        self._events = SeenEvents(events, seen)

    def _narrowed(self, wanted: Wanted) -> Wanted:
        words = tuple(replace(word, cameras=word.cameras & self._seen) for word in wanted.words)
        return replace(wanted, cameras=self._seen if wanted.cameras is None else wanted.cameras & self._seen, words=words)

    def page(self, wanted: Wanted, *, after: Place | None, limit: int) -> Sequence[Event]:
        return self._door.page(self._narrowed(wanted), after=after, limit=limit)

    def unseen(self, wanted: Wanted) -> int:
        return self._door.unseen(self._narrowed(wanted))

    def zones(self) -> Sequence[str]:
        return [zone for zone in self._door.zones() if self.page(Wanted(zone=zone), after=None, limit=1)]

    async def set_reviewed(self, events: Collection[EventId], *, reviewed: bool) -> int:
        return await self._door.set_reviewed([each for each in events if self._events.event(each)], reviewed=reviewed)

    async def review_down_to(self, wanted: Wanted, last: Place, *, first: Place | None) -> int:
        return await self._door.review_down_to(self._narrowed(wanted), last, first=first)

    async def set_note(self, event: EventId, note: str) -> None:
        if self._events.event(event):
            await self._door.set_note(event, note)


class SeenAlerts(_View):
    """AlertDoor: alerts of these cameras, and those of the house alone; any other may name another camera."""

    def __init__(self, door: AlertDoor, seen: Seen) -> None:
        super().__init__(seen)
        self._door = door

    def alerts(self, *, before_us: WallUs | None, limit: int) -> Sequence[AlertNow]:
        found: list[AlertNow] = []
        while len(found) < limit:
            page = self._door.alerts(before_us=before_us, limit=_PAGE)
            found += [each for each in page if each.alert.camera in self._seen or is_alert_of_house(each.alert)]
            if len(page) < _PAGE or page[-1].alert.at_us == before_us:
                break
            before_us = page[-1].alert.at_us
        return tuple(found[:limit])


class SeenHealth(_View):
    """HealthDoor: outages of these cameras, and of the house alone."""

    def __init__(self, door: HealthDoor, seen: Seen) -> None:
        super().__init__(seen)
        self._door = door

    def ok(self) -> bool:
        return self._door.ok()

    def commits(self) -> Timings:
        return self._door.commits()

    def lasting(self) -> Sequence[Outage]:
        return [outage for outage in self._door.lasting() if self._is_told(outage)]

    def outages(self, *, start_us: WallUs, limit: int) -> Sequence[Outage]:
        most = limit
        while True:
            page = self._door.outages(start_us=start_us, limit=most)
            found = [outage for outage in page if self._is_told(outage)]
            if len(found) >= limit or len(page) < most:
                return found[:limit]
            most *= 4

    def _is_told(self, outage: Outage) -> bool:
        return outage.camera in self._seen or is_outage_of_house(outage)


class SeenLogins(_View):
    """LoginDoor."""

    def __init__(self, door: LoginDoor, seen: Seen) -> None:
        super().__init__(seen)
        self._door = door

    def logins(
        self,
        *,
        camera: CameraId | None,
        verdicts: Collection[Verdict],
        user: str | None,
        address: str | None,
        start_us: WallUs | None,
        end_us: WallUs | None,
        before: LoginId | None,
        limit: int,
    ) -> Sequence[Login]:
        each = [
            self._door.logins(
                camera=one,
                verdicts=verdicts,
                user=user,
                address=address,
                start_us=start_us,
                end_us=end_us,
                before=before,
                limit=limit,
            )
            for one in self._cameras(camera)
        ]
        return _newest(each, lambda login: (login.id, ""), limit)

    def own(self, camera: CameraId) -> Mapping[str, int]:
        return self._door.own(camera) if camera in self._seen else {}

    def lines(
        self,
        *,
        camera: CameraId | None,
        search: str,
        start_us: WallUs | None,
        end_us: WallUs | None,
        before: int | None,
        limit: int,
    ) -> Sequence[KeptLine]:
        each = [
            self._door.lines(camera=one, search=search, start_us=start_us, end_us=end_us, before=before, limit=limit)
            for one in self._cameras(camera)
        ]
        return _newest(each, lambda line: (line.id, ""), limit)

    def is_home(self, address: str | None) -> bool:
        return self._door.is_home(address)

    def name_of(self, address: str | None) -> str:
        return self._door.name_of(address)

    def watched(self) -> Sequence[WatchNow]:
        return [now for now in self._door.watched() if now.camera in self._seen]


class SeenCopies(_View):
    """CopiesDoor, but for what only somebody does who manages the house."""

    def __init__(self, door: CopiesDoor, seen: Seen) -> None:
        super().__init__(seen)
        self._door = door

    @property
    def troubles(self) -> Mapping[CameraId, str]:
        return {camera: why for camera, why in self._door.troubles.items() if camera in self._seen}

    async def recent(self, *, camera: CameraId | None, before: CopyId | None, limit: int) -> tuple[ConfigCopy, ...]:
        each = [await self._door.recent(camera=one, before=before, limit=limit) for one in self._cameras(camera)]
        return _newest(each, lambda copy: (0, copy.id), limit)


class SeenOffsite(_View):
    """OffsiteDoor, but for what only somebody does who manages the house."""

    def __init__(self, door: OffsiteDoor, seen: Seen) -> None:
        super().__init__(seen)
        self._door = door

    def now(self) -> OffsiteNow:
        now = self._door.now()
        targets = tuple(replace(one, sending=one.sending if one.sending in self._seen else "") for one in now.targets)
        emergency = now.emergency and replace(now.emergency, cause="")
        cameras = tuple(one for one in now.cameras if one.camera in self._seen)
        return replace(now, targets=targets, cameras=cameras, emergency=emergency)

    async def power(self, word: str) -> bool:
        return await self._door.power(word)


class SeenRemote(_View):
    """HouseActions, as far as the page uses them."""

    def __init__(self, door: HouseActions, seen: Seen) -> None:
        super().__init__(seen)
        self._door = door

    @property
    def arming(self) -> ArmingDoor:
        return self._door.arming

    def status(self) -> HouseBrief:
        brief = self._door.status()
        return replace(
            brief,
            cameras=tuple(camera for camera in brief.cameras if camera.id in self._seen),
            outages=tuple(outage for outage in brief.outages if outage.camera in self._seen),
        )

    async def snooze(self, camera: CameraId | None, until_us: WallUs, *, who: str, via: str) -> None:
        if camera is not None and camera not in self._seen:
            raise no_camera()
        there = {each.id for each in self._door.status().cameras}
        for one in self._cameras(camera):
            if one in there:
                await self._door.snooze(one, until_us, who=who, via=via)

    async def event(self, event: EventId) -> Event | None:
        found = await self._door.event(event)
        return found if found is not None and found.camera in self._seen else None

    async def false_alarm(self, event: EventId, *, is_false: bool, who: str, via: str) -> Event:
        if await self.event(event) is None:
            raise Unsupported("That event is not kept any more.")
        return await self._door.false_alarm(event, is_false=is_false, who=who, via=via)


class SeenHouse(_View):
    """HouseDoor: the forecast of these cameras, and no settings."""

    def __init__(self, door: HouseDoor, seen: Seen) -> None:
        super().__init__(seen)
        self._door = door

    def now(self) -> HouseNow:
        now = self._door.now()
        cameras = tuple(one for one in now.forecast.cameras if one.camera in self._seen) if now.forecast else ()
        forecast = replace(now.forecast, cameras=cameras) if now.forecast else None
        return replace(now, forecast=forecast, settings=(), outbound=())


class SeenActions:
    """ActionDoor: why something was switched may name any camera, so it is left out."""

    def __init__(self, door: ActionDoor) -> None:
        self._door = door

    def actions(self) -> tuple[ActionNow, ...]:
        return tuple(replace(one, last=None) for one in self._door.actions())

    def trail(self, limit: int) -> tuple[Deed, ...]:
        return ()

    async def switch_off(self, name: str, *, who: str, via: str) -> Deed:
        return replace(await self._door.switch_off(name, who=who, via=via), why="")
