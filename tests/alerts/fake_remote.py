"""A house that does what is asked from afar and remembers it: no cameras, no footage."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from tests.alerts.house import an_event
from tests.web.fake_arming import FakeArming

from hearthwatch.alerts.remote import CameraBrief, HouseBrief, Kept, TooLarge
from hearthwatch.alerts.snooze import Snoozes
from hearthwatch.kit.errors import Unreachable, Unsupported
from hearthwatch.kit.units import US_PER_S, CameraId

JPEG = b"\xff\xd8 a picture \xff\xd9"


@dataclass
class FakeRemoteHouse:
    """Implements HouseActions. `dark` cameras give no picture; clips longer than `fits_s` are too large."""

    clock: object
    snoozes: Snoozes
    names: dict[str, str] = field(default_factory=lambda: {"front": "Front", "back-yard": "Back yard"})
    dark: set[str] = field(default_factory=set)
    fits_s: int = 30
    done: list[tuple] = field(default_factory=list)
    events: dict[str, object] = field(default_factory=dict)
    logins_now: tuple = ()
    outages: tuple = ()
    pins: dict[int, Kept] = field(default_factory=dict)
    hold: asyncio.Event | None = None

    def __post_init__(self) -> None:
        self.arming = FakeArming(self.clock)

    def status(self):
        now_us = self.clock.wall_us()
        cameras = tuple(
            CameraBrief(
                id=CameraId(each),
                name=name,
                live=each not in self.dark,
                state="no answer" if each in self.dark else "live",
                quiet_until_us=until_us if (until_us := self.snoozes.until_us(each)) > now_us else 0,
            )
            for each, name in self.names.items()
        )
        return HouseBrief(cameras=cameras, outages=self.outages)

    async def snooze(self, camera, until_us, *, who, via):
        self.done.append(("snooze", camera, who, via))
        await self.snoozes.set([camera] if camera else list(self.names), until_us)

    async def snapshot(self, camera):
        self.done.append(("snapshot", camera))
        if self.hold is not None:
            await self.hold.wait()
        if camera in self.dark:
            raise Unreachable("the camera gives no picture at the moment")
        return JPEG + camera.encode()

    async def clip(self, camera, start_us, end_us, *, max_bytes):
        length_s = (end_us - start_us) // US_PER_S
        self.done.append(("clip", camera, length_s))
        if length_s > self.fits_s:
            raise TooLarge(f"{length_s} s of this camera have 90 MB, and {max_bytes / 1e6:.0f} MB can be sent", self.fits_s)
        if camera in self.dark:
            raise Unsupported("there is no footage of that time")
        return b"mp4 of " + camera.encode()

    async def event(self, event):
        return self.events.get(event) or an_event(id=event, start_us=self.clock.wall_us())

    async def last_event(self, camera):
        return next((each for each in self.events.values() if each.camera == camera), None)

    async def false_alarm(self, event, *, is_false, who, via):
        self.done.append(("false alarm", event, is_false, who))
        return replace(await self.event(event), false_alarm=is_false)

    async def keep(self, camera, start_us, end_us, *, who, via):
        if camera in self.dark:
            raise Unsupported(f"there is no footage of {camera} in that time, so nothing to keep")
        self.done.append(("keep", camera, (end_us - start_us) // US_PER_S, who, via))
        kept = Kept(pin=len(self.done), camera=camera, start_us=start_us, end_us=end_us, segments=1, size_bytes=12_000_000)
        self.pins[kept.pin] = kept
        return kept

    async def keep_event(self, event, *, who, via):
        found = await self.event(event)
        return await self.keep(found.camera, found.start_us, found.start_us + 20 * US_PER_S, who=who, via=via)

    async def let_go(self, pin, *, who, via):
        if self.pins.pop(pin, None) is None:
            raise Unsupported("It was let go of already.")

    async def logins(self, limit):
        return self.logins_now[:limit]
