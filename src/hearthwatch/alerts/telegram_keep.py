"""Keeping footage by Telegram: what no limit deletes, until somebody lets go of it."""

from __future__ import annotations

from datetime import tzinfo

from hearthwatch.alerts.alert import Alert
from hearthwatch.alerts.remote import HouseActions, Kept
from hearthwatch.alerts.remote_words import called, camera_and_rest, footage_range, seconds
from hearthwatch.alerts.telegram import Button
from hearthwatch.alerts.telegram_asking import Action, Answer, Asker, Signer
from hearthwatch.alerts.wording import clock_time, one_line
from hearthwatch.events.event import EventId
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import Unsupported

_VIA = "Telegram"
_BEGINS = frozenset({"last", "the", "from", "yesterday"})


class KeepCommands:
    """/keep, the button under an alert, and the one that takes it back."""

    def __init__(self, house: HouseActions, signer: Signer, clock: Clock, zone: tzinfo) -> None:
        self._house = house
        self._signer = signer
        self._clock = clock
        self._zone = zone

    async def keep(self, asker: Asker, words: tuple[str, ...]) -> Answer:
        """Do as /keep says: a range of one camera, the last ten minutes where none is given."""
        cameras = self._house.status().cameras
        camera, rest = camera_and_rest(words, cameras, _is_range)
        if camera is None and len(cameras) == 1:
            camera = cameras[0]
        if camera is None:
            names = ", ".join(called(each) for each in cameras[:20]) or "none yet"
            raise Unsupported(f"Of which camera? /keep CAMERA [14:00-14:30|last 30 min]. There is: {names}.")
        start_us, end_us = footage_range(rest, self._clock.wall_us(), self._zone)
        kept = await self._house.keep(camera.id, start_us, end_us, who=asker.name, via=_VIA)
        return self._said(one_line(camera.name, 60), kept, asker)

    async def keep_button(self, alert: Alert, asker: Asker) -> Answer:
        """Take the press of "Keep"; a button takes it back."""
        kept = await self._house.keep_event(EventId(alert.event), who=asker.name, via=_VIA)
        return self._said(one_line(alert.title, 100), kept, asker)

    async def let_go(self, about: str, asker: Asker) -> str:
        """Take the press of "Let go of it"."""
        await self._house.let_go(int(about), who=asker.name, via=_VIA)
        return "Let go of: it is deleted when its time comes."

    def _said(self, what: str, kept: Kept, asker: Asker) -> Answer:
        now_us = self._clock.wall_us()
        start, end = (clock_time(at_us, self._zone, now_us) for at_us in (kept.start_us, kept.end_us))
        size = f", {kept.size_bytes / 1e6:.0f} MB so far" if kept.size_bytes else ""
        text = f"{what}: kept for good by {one_line(asker.name, 60)}, {start} to {end}{size}."
        data = self._signer.data(Action.LET_GO, str(kept.pin), asker.chat_id)
        return Answer(text, (Button(label="Let go of it", data=data),))


def _is_range(word: str) -> bool:
    return word in _BEGINS or word[:1].isdigit() or seconds(word) is not None
