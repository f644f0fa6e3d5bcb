"""From signs to who is home. Pure: it is told what was noticed and when, and says whom to ask.

A sign makes its device be home. Silence alone never makes it gone: it must also have left several questions in a row without
an answer, in a network that worked, the last of them when it had been silent for long enough. So a phone that sleeps through
some questions is home, and so is everybody while the access point is down.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from hearthwatch.kit.units import NS_PER_S, MonoNs, WallUs
from hearthwatch.presence.presence import (
    Device,
    DeviceId,
    DevicePresence,
    Evidence,
    Person,
    PersonId,
    Presence,
    PresenceOptions,
    Sighting,
)

LAST_CHANCE_S = 30.0
"""Before the silence is over the device is asked often, so that it counts as gone on time."""
_LAST_EVERY_S = 8.0
_DOUBT_FRAC = 0.4
_DOUBT_EVERY_S = 15.0
"""Once that share of the silence is over a device is asked this often: a phone in deep sleep misses most questions."""
_AWAY_EVERY_S = 12.0
"""Who is away is asked often: it costs no battery of theirs, and they shall be known before they are at the door."""
_SOON_S = 6.0
"""After a sign that proves nothing a device is asked at once, but not more often than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """One moment by both clocks."""

    mono_ns: MonoNs
    wall_us: WallUs

    def at(self, mono_ns: MonoNs) -> WallUs:
        """Return the wall time of another moment."""
        return WallUs(self.wall_us - (self.mono_ns - mono_ns) // 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Whom to ask now, and which of them must be looked for all over the network."""

    devices: tuple[Device, ...] = ()
    thorough: frozenset[DeviceId] = frozenset()


@dataclass(slots=True, kw_only=True)
class _State:
    """`heard_ns` is the last sign, or when the watch began; `vain` counts the last questions without an answer.
    `farewell` is set when the device said itself that it leaves; `known` once there was a sign or a proper search."""

    device: Device
    shown: DevicePresence
    heard_ns: MonoNs
    answered_ns: MonoNs | None = None
    asked_ns: MonoNs | None = None
    vain: int = 0
    hinted: bool = False
    farewell: bool = False
    known: bool = False


@dataclass(slots=True, kw_only=True)
class _Stay:
    home: bool
    since_us: WallUs
    seen: Evidence | None = None
    answered: Evidence | None = None


class Household:
    """Everybody's devices. Not for several threads."""

    def __init__(
        self,
        people: Sequence[Person],
        options: PresenceOptions,
        *,
        silence_s: float,
        now: Now,
        kept: Sequence[Presence] = (),
    ) -> None:
        """`kept` is what a former house knew: who was home is so until found gone."""
        self._people: tuple[Person, ...] = ()
        self._options = options
        self._silence_s = silence_s
        self._states: dict[DeviceId, _State] = {}
        self._stays: dict[PersonId, _Stay] = {
            one.person: _Stay(home=one.home, since_us=one.since_us, seen=one.seen, answered=one.answered) for one in kept
        }
        self._kept = {(one.person, device.device): device for one in kept for device in one.devices}
        self.renew(people, options, silence_s=silence_s, now=now)

    def renew(self, people: Sequence[Person], options: PresenceOptions, *, silence_s: float, now: Now) -> None:
        """Go on with changed people, devices or options; whom it still knows it does not forget."""
        self._people, self._options, self._silence_s = tuple(people), options, silence_s
        before, self._states = self._states, {}
        for device in (device for person in people for device in person.devices):
            old = before.get(device.id)
            if old is not None and _same_addresses(old.device, device):
                old.device = device
                self._states[device.id] = old
                continue
            kept = self._kept.get((device.person, device.name)) if old is None else None
            shown = kept or DevicePresence(device=device.name, home=False, since_us=now.wall_us)
            self._states[device.id] = _State(device=device, shown=shown, heard_ns=now.mono_ns, known=kept is not None)
        here = {person.id for person in people}
        self._stays = {who: stay for who, stay in self._stays.items() if who in here}
        for person in people:
            self._stays.setdefault(person.id, _Stay(home=False, since_us=now.wall_us))
            self._settle(person.id, now)

    @property
    def devices(self) -> tuple[Device, ...]:
        return tuple(state.device for state in self._states.values())

    def hear(self, sighting: Sighting, now: Now) -> None:
        """Take a sign; one of an unknown device, or older than what is known, changes nothing."""
        state = self._states.get(sighting.device)
        if state is None or sighting.at_ns > now.mono_ns:
            return
        answers = sighting.means.is_answer
        if answers and (state.answered_ns is None or sighting.at_ns > state.answered_ns):
            state.answered_ns = sighting.at_ns
        newer = sighting.at_ns > state.heard_ns or (not state.known and state.shown.seen_us is None)
        if not newer or (state.farewell and not answers):  # a phone still sends while it is carried away
            return
        if not answers:
            state.hinted = state.hinted or not self._answered_lately(state, now)
        state.heard_ns, state.vain, state.known, state.farewell = sighting.at_ns, 0, True, False
        at_us = now.at(sighting.at_ns)
        shown = state.shown
        state.shown = replace(
            shown,
            home=True,
            since_us=shown.since_us if shown.home else at_us,
            seen_us=at_us,
            means=sighting.means,
            answered_us=at_us if answers else shown.answered_us,
        )
        stay = self._stays[state.device.person]
        evidence = Evidence(device=state.device.name, means=sighting.means, at_us=at_us)
        if not stay.home:
            stay.home, stay.since_us, stay.answered = True, at_us, None
        stay.seen = evidence
        if answers:
            stay.answered = evidence

    def farewell(self, device: DeviceId, now: Now) -> None:
        """The device said, proving its key, that it leaves."""
        state = self._states.get(device)
        if state is not None:
            state.farewell, state.known = True, True
            state.heard_ns, state.answered_ns = now.mono_ns, None
            self._leave(state, now)

    def _answered_lately(self, state: _State, now: Now) -> bool:
        return state.answered_ns is not None and now.mono_ns - state.answered_ns < self._options.ask_every_s * NS_PER_S

    def due(self, now: Now) -> Due:
        """Return whom to ask now; call `asked` with what came of it."""
        devices, thorough = [], set()
        for state in self._states.values():
            if not state.device.can_be_asked:
                continue
            silent_s = (now.mono_ns - state.heard_ns) / NS_PER_S
            is_last_chance = self._is_last_chance(state, silent_s)
            every_s = self._options.ask_every_s
            if is_last_chance:
                every_s = min(every_s, _LAST_EVERY_S)
            elif state.hinted:
                every_s = min(every_s, _SOON_S)
            elif not state.shown.home:
                every_s = min(every_s, _AWAY_EVERY_S)
            elif silent_s >= self._silence_s * _DOUBT_FRAC:
                every_s = min(every_s, _DOUBT_EVERY_S)
            elif silent_s < every_s:
                continue
            if state.asked_ns is None or now.mono_ns - state.asked_ns >= every_s * NS_PER_S:
                devices.append(state.device)
                if is_last_chance or not state.known or state.hinted:
                    thorough.add(state.device.id)
        return Due(devices=tuple(devices), thorough=frozenset(thorough))

    def _is_last_chance(self, state: _State, silent_s: float) -> bool:
        return state.shown.home and silent_s >= self._silence_s - LAST_CHANCE_S

    def asked(
        self, devices: Collection[DeviceId], began_ns: MonoNs, now: Now, *, alive: bool, really: Collection[DeviceId]
    ) -> None:
        """These devices were due, and those of them in `really` asked, from `began_ns` until now, and who answered was heard;
        `alive`: in a network that worked."""
        for state in (self._states[device] for device in devices if device in self._states):
            state.asked_ns, state.hinted = began_ns, False
            if state.answered_ns is not None and state.answered_ns >= began_ns:
                state.vain = 0
            elif alive and state.device.id in really:
                state.vain += 1
        self.settle(now)

    def settle(self, now: Now) -> None:
        """Let those be gone whose time is over."""
        for state in self._states.values():
            if self._is_over(state, now):
                state.known = True
                self._leave(state, now)

    def _is_over(self, state: _State, now: Now) -> bool:
        silent_s = (now.mono_ns - state.heard_ns) / NS_PER_S
        device = state.device
        if device.can_be_asked:
            return silent_s >= self._silence_s and state.vain >= self._options.rounds
        held_s = self._options.ping_hold_s if device.ble is None else self._silence_s
        return silent_s >= held_s

    def _leave(self, state: _State, now: Now) -> None:
        if state.shown.home:
            state.shown = replace(state.shown, home=False, since_us=now.wall_us)
        self._settle(state.device.person, now)

    def _settle(self, person: PersonId, now: Now) -> None:
        stay = self._stays[person]
        if stay.home and not any(state.shown.home for state in self._of(person)):
            stay.home, stay.since_us, stay.answered = False, now.wall_us, None

    def _of(self, person: PersonId) -> list[_State]:
        return [state for state in self._states.values() if state.device.person == person]

    def silent(self) -> dict[DeviceId, tuple[Device, MonoNs]]:
        """Return the devices that gave a sign once and are gone without a farewell, with the moment of the last."""
        return {
            id_: (state.device, state.heard_ns)
            for id_, state in self._states.items()
            if state.known and not state.shown.home and state.shown.seen_us is not None and not state.farewell
        }

    def people(self) -> tuple[Presence, ...]:
        """Return everybody."""
        return tuple(self._presence(person) for person in self._people)

    def _presence(self, person: Person) -> Presence:
        stay, states = self._stays[person.id], self._of(person.id)
        return Presence(
            person=person.id,
            name=person.name,
            home=stay.home,
            since_us=stay.since_us,
            seen=stay.seen,
            answered=stay.answered,
            known=any(state.known for state in states),
            devices=tuple(state.shown for state in states),
        )


def _same_addresses(one: Device, other: Device) -> bool:
    return one.mac == other.mac and one.ble == other.ble and (one.ping is None) == (other.ping is None)
