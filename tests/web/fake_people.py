"""A PeopleDoor with two people: one who answered, one who was only overheard."""

from __future__ import annotations

from hearthwatch.kit.units import WallUs
from hearthwatch.presence.presence import DeviceId, DevicePresence, Evidence, Means, PersonId, Presence

ANNA_SIGN = "right"


class FakePeople:
    def __init__(self, at_us: int = 1_790_000_000_000_000) -> None:
        self.at_us = at_us
        self.said: list[tuple[str, str]] = []

    def people(self) -> tuple[Presence, ...]:
        at = WallUs(self.at_us)
        answer = Evidence(device="phone", means=Means.ARP, at_us=at)
        heard = Evidence(device="watch", means=Means.WIFI, at_us=at)
        return (
            Presence(
                person=PersonId("anna"),
                name="Anna",
                home=True,
                since_us=at,
                seen=answer,
                answered=answer,
                known=True,
                devices=(
                    DevicePresence(device="phone", home=True, since_us=at, seen_us=at, means=Means.ARP, answered_us=at),
                    DevicePresence(device="tag", home=False, since_us=at),
                ),
            ),
            Presence(
                person=PersonId("ben"), name="Ben", home=True, since_us=at, seen=heard, answered=None, known=True, devices=()
            ),
        )

    def pinged(self, device: DeviceId, word: str, sign: str) -> bool:
        if device != "anna.phone" or sign != ANNA_SIGN:
            return False
        self.said.append((device, word))
        return True
