"""A simulated home: phones that sleep, people who come and go, and the questions of the real Household, by an injected clock."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import NS_PER_S
from hearthwatch.presence.household import Household, Now
from hearthwatch.presence.presence import Device, Mac, Means, Person, PersonId, PresenceOptions, Sighting

SILENCE_S = 600.0


def now_of(clock: FakeClock) -> Now:
    return Now(mono_ns=clock.mono_ns(), wall_us=clock.wall_us())


def person(name: str, number: int, **more: object) -> Person:
    device = Device(person=PersonId(name), name="phone", mac=Mac(f"a4:83:e7:00:00:{number:02x}"), **more)  # type: ignore[arg-type]
    return Person(id=PersonId(name), name=name.title(), devices=(device,))


def sighting(clock: FakeClock, device: str, means: Means, age_s: float = 0.0) -> Sighting:
    age_ns = round(age_s * NS_PER_S)
    now = now_of(clock)
    return Sighting(device=device, means=means, at_ns=now.mono_ns - age_ns, at_us=now.wall_us - age_ns // 1000)  # type: ignore[arg-type]


@dataclass
class SleepyPhone:
    """Deep sleep: it never says a word by itself, a question wakes it often, not always, and now and then it is out of reach for
    up to three minutes. How often is assumed; that it is silent for a quarter of an hour and a question wakes it is known."""

    rng: random.Random
    home: bool = True
    answers_frac: float = 0.6
    """The share of questions a sleeping phone answers; each is half a dozen frames, by two ways."""
    deep_until_s: float = 0.0
    """Until then it answers nothing at all."""

    def answers(self, at_s: float) -> bool:
        if not self.home or at_s < self.deep_until_s:
            return False
        if self.rng.random() < 0.004:  # now and then the radio is off for a while, question or not
            self.deep_until_s = at_s + self.rng.uniform(20, 180)
            return False
        return self.rng.random() < self.answers_frac


@dataclass
class Home:
    """Drives a Household as PresenceWatch does."""

    household: Household
    clock: FakeClock
    phones: dict[str, SleepyPhone]
    alive: bool = True
    told: list[tuple[float, str, bool]] = field(default_factory=list)
    at_s: float = 0.0
    _shown: dict[str, bool] = field(default_factory=dict)

    @staticmethod
    def of(names: Sequence[str], seed: int = 1, **options: object) -> Home:
        clock = FakeClock()
        people = [person(name, number) for number, name in enumerate(names, 1)]
        household = Household(people, PresenceOptions(**options), silence_s=SILENCE_S, now=now_of(clock))  # type: ignore[arg-type]
        phones = {f"{name}.phone": SleepyPhone(random.Random(seed + number)) for number, name in enumerate(names)}
        return Home(household=household, clock=clock, phones=phones)

    def run(self, seconds: float, tick_s: float = 2.0) -> None:
        """Let time pass."""
        end_s = self.at_s + seconds
        while self.at_s < end_s:
            self.clock.advance(tick_s)
            self.at_s += tick_s
            self._step()

    def _step(self) -> None:
        now = now_of(self.clock)
        due = self.household.due(now)
        if due.devices:
            began_ns = now.mono_ns
            for device in due.devices:
                if self.alive and self.phones[device.id].answers(self.at_s):
                    self.household.hear(sighting(self.clock, device.id, Means.ARP), now)
            ids = {device.id for device in due.devices}
            self.household.asked(ids, began_ns, now, alive=self.alive, really=ids)
        self.household.settle(now)
        for one in self.household.people():
            if one.known and self._shown.get(one.person) != one.home:
                self._shown[one.person] = one.home
                self.told.append((self.at_s, one.person, one.home))
