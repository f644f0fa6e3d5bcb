"""Quiet times and false alarms by Telegram: what keeps a wind-blown branch from ringing all night."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from hearthwatch.alerts.alert import Alert
from hearthwatch.alerts.remote import CameraBrief, HouseActions, Role
from hearthwatch.alerts.remote_words import camera_and_rest, quiet_lines, seconds, until
from hearthwatch.alerts.telegram import Button
from hearthwatch.alerts.telegram_asking import Action, Answer, Asker, Questions, Signer
from hearthwatch.alerts.wording import clock_time, one_line
from hearthwatch.events.event import EventId
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs

_VIA = "Telegram"
_HOUR_US = 3600 * US_PER_S
_ENDS = frozenset({"off", "end", "stop"})


class QuietCommands:
    """/snooze, /resume and their buttons."""

    def __init__(self, house: HouseActions, questions: Questions, signer: Signer, clock: Clock, zone: tzinfo) -> None:
        self._house = house
        self._questions = questions
        self._signer = signer
        self._clock = clock
        self._zone = zone

    async def snooze(self, asker: Asker, words: tuple[str, ...]) -> Answer:
        """Do as /snooze says; all cameras at once are asked once more."""
        cameras, now_us = self._house.status().cameras, self._clock.wall_us()
        if not words:
            return Answer(quiet_lines(cameras, self._zone, now_us))
        if words[0].lower() == "all":
            return self._all(asker, words[1:])
        camera, rest = camera_and_rest(words, cameras, _is_time)
        if camera is None and len(cameras) == 1:
            camera = cameras[0]
        if camera is None:
            return self._all(asker, rest)
        if rest and rest[0].lower() in _ENDS:
            await self._house.snooze(camera.id, WallUs(0), who=asker.name, via=_VIA)
            return Answer(f"{one_line(camera.name, 60)} alerts again.")
        until_us = until(rest, now_us, self._zone) or WallUs(now_us + _HOUR_US)
        return await self._quiet(asker, camera, until_us)

    def _all(self, asker: Asker, words: Sequence[str]) -> Answer:
        now_us = self._clock.wall_us()
        until_us = until(words, now_us, self._zone) or WallUs(now_us + _HOUR_US)

        async def do() -> str:
            await self._house.snooze(None, until_us, who=asker.name, via=_VIA)
            return (
                f"No camera tells of visitors until {clock_time(until_us, self._zone, self._clock.wall_us())}. /resume ends it."
            )

        text = f"Tell of no visitor on any camera until {clock_time(until_us, self._zone, now_us)}?"
        return self._questions.ask(text, asker, Role.MEMBER, do)

    async def resume(self, asker: Asker, words: tuple[str, ...]) -> Answer:
        """Do as /resume says."""
        cameras = self._house.status().cameras
        camera, _ = camera_and_rest(words, cameras, lambda _word: False)
        await self._house.snooze(camera.id if camera else None, WallUs(0), who=asker.name, via=_VIA)
        return Answer(f"{one_line(camera.name, 60)} alerts again." if camera else "All cameras alert again.")

    async def quiet_button(self, alert: Alert, asker: Asker) -> Answer:
        """Take the press of the button under an alert: quiet for an hour, with a button that ends it."""
        camera = next((each for each in self._house.status().cameras if each.id == alert.camera), None)
        if camera is None:
            return Answer("That camera is not there any more.")
        return await self._quiet(asker, camera, WallUs(self._clock.wall_us() + _HOUR_US))

    async def _quiet(self, asker: Asker, camera: CameraBrief, until_us: WallUs) -> Answer:
        await self._house.snooze(camera.id, until_us, who=asker.name, via=_VIA)
        at = clock_time(until_us, self._zone, self._clock.wall_us())
        text = f"{one_line(camera.name, 60)}: no visitors told until {at}. /resume ends it."
        data = self._signer.data(Action.ALERT_AGAIN, camera.id, asker.chat_id)
        return Answer(text, (Button(label="Alert again", data=data),) if len(data.encode()) <= 64 else ())

    async def undo(self, about: str, asker: Asker) -> str:
        """Take the press of "Alert again"."""
        await self._house.snooze(CameraId(about), WallUs(0), who=asker.name, via=_VIA)
        return "It alerts again."

    async def false_alarm(self, alert: Alert, asker: Asker) -> Answer:
        """Take the press of "False alarm"; a button takes it back."""
        event = await self._house.false_alarm(EventId(alert.event), is_false=True, who=asker.name, via=_VIA)
        data = self._signer.data(Action.NO_FALSE_ALARM, event.id, asker.chat_id)
        at = clock_time(event.start_us, self._zone, self._clock.wall_us())
        text = f"{one_line(alert.title, 100)}, {at}: noted as a false alarm by {one_line(asker.name, 60)}."
        return Answer(text, (Button(label="It was none", data=data),))

    async def no_false_alarm(self, about: str, asker: Asker) -> str:
        """Take the press of "It was none"."""
        await self._house.false_alarm(EventId(about), is_false=False, who=asker.name, via=_VIA)
        return "Taken back: it was no false alarm."


def _is_time(word: str) -> bool:
    return word in {"for", "until"} | _ENDS or seconds(word) is not None or (":" in word) or word.isdigit()
