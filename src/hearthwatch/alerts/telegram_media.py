"""Pictures and clips on request: made beside the listening, a few at a time, and said plainly when there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import tzinfo

from hearthwatch.alerts.alert import Alert, Part
from hearthwatch.alerts.remote import CameraBrief, HouseActions, TooLarge
from hearthwatch.alerts.remote_words import called, camera_and_rest, camera_of, seconds
from hearthwatch.alerts.telegram import Button
from hearthwatch.alerts.telegram_asking import Action, Answer, Asker, Signer
from hearthwatch.alerts.telegram_replies import Replies
from hearthwatch.alerts.wording import clock_time, one_line
from hearthwatch.events.event import Event, EventId
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import HearthwatchError, Unsupported
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs

MAX_CLIP_BYTES = 45 << 20
"""Telegram takes 50 MB."""
_CLIP_S, _LONGEST_CLIP_S = 10, 60
_BEFORE_US, _AFTER_US, _EVENT_US = 3 * US_PER_S, 2 * US_PER_S, 10 * US_PER_S
_ALBUM = 10
_MAX_JOBS = 4
_BUSY = "I am still at what was asked for before: please try again in a minute."


class MediaCommands:
    """/photo, /clip and their buttons."""

    def __init__(self, replies: Replies, house: HouseActions, signer: Signer, clock: Clock, zone: tzinfo) -> None:
        self._replies = replies
        self._house = house
        self._signer = signer
        self._clock = clock
        self._zone = zone
        self._jobs = 0

    async def photo(self, asker: Asker, words: tuple[str, ...]) -> Answer:
        """Do as /photo says: one camera, or all of them."""
        cameras = self._house.status().cameras
        wanted = (camera_of(words, cameras),) if words else cameras
        if not wanted:
            raise Unsupported("There is no camera yet.")
        return self._begin(self._send_photos(asker, wanted))

    async def clip(self, asker: Asker, words: tuple[str, ...]) -> Answer:
        """Do as /clip says: the last seconds of a camera, or its last event."""
        cameras = self._house.status().cameras
        camera, rest = camera_and_rest(words, cameras, lambda word: word == "event" or _length_s(word) is not None)
        if camera is None and len(cameras) == 1:
            camera = cameras[0]
        if camera is None:
            names = ", ".join(called(each) for each in cameras[:20]) or "none yet"
            raise Unsupported(f"Of which camera? /clip CAMERA [seconds|event]. There is: {names}.")
        word = " ".join(rest).lower()
        if word == "event":
            event = await self._house.last_event(camera.id)
            if event is None:
                raise Unsupported(f"There is no event of {called(camera)}.")
            return self._begin(self._send_event_clip(asker, camera.id, event))
        length_s = _length_s(word) if word else _CLIP_S
        if length_s is None or not 1 <= length_s <= _LONGEST_CLIP_S:
            raise Unsupported(f"How long? 1 to {_LONGEST_CLIP_S} seconds, or `event`: /clip {camera.id} 20")
        end_us = self._clock.wall_us()
        return self._begin(self._send_clip(asker, camera.id, WallUs(end_us - length_s * US_PER_S), end_us))

    async def photo_of(self, alert: Alert, asker: Asker) -> str:
        """Take the press of the button under an alert; return what is shown at once."""
        wanted = tuple(each for each in self._house.status().cameras if each.id == alert.camera)
        if not wanted:
            return "That camera is not there any more."
        return self._begin(self._send_photos(asker, wanted)).text or "I am fetching the picture."

    async def clip_of(self, alert: Alert, asker: Asker) -> str:
        """Take the press of the button under an alert; return what is shown at once. Raises StorageFailed."""
        event = await self._house.event(EventId(alert.event))
        if event is None:
            return "That event is not kept any more."
        return self._begin(self._send_event_clip(asker, event.camera, event)).text or "The clip is on its way."

    async def shorter(self, about: str, asker: Asker) -> str:
        """Take the press of the button that offers a shorter clip; return what is shown at once."""
        camera, start_s, length_s = about.rsplit(".", 2)
        start_us = WallUs(int(start_s) * US_PER_S)
        end_us = WallUs(start_us + int(length_s) * US_PER_S)
        return self._begin(self._send_clip(asker, CameraId(camera), start_us, end_us)).text or "The clip is on its way."

    def _begin(self, work: Awaitable[None]) -> Answer:
        if self._jobs >= _MAX_JOBS:
            if asyncio.iscoroutine(work):
                work.close()
            return Answer(_BUSY)
        self._jobs += 1
        self._replies.begin(self._counted(work))
        return Answer("")

    async def _counted(self, work: Awaitable[None]) -> None:
        try:
            await work
        finally:
            self._jobs -= 1

    async def _send_photos(self, asker: Asker, cameras: tuple[CameraBrief, ...]) -> None:
        await self._replies.doing(asker.chat_id, video=False)
        found = await asyncio.gather(*(self._photo(each) for each in cameras))
        pictures = [one for one in found if not isinstance(one, str)]
        for start in range(0, len(pictures), _ALBUM):
            some = pictures[start : start + _ALBUM]
            if len(some) == 1:
                ((jpeg, caption),) = some
                await self._replies.media(asker.chat_id, Part.PICTURE, jpeg, caption, reply_to=asker.message_id or None)
            else:
                await self._replies.album(asker.chat_id, some, reply_to=asker.message_id or None)
        failed = [one for one in found if isinstance(one, str)]
        await self._replies.text(asker.chat_id, Answer("\n".join(failed)))

    async def _photo(self, camera: CameraBrief) -> tuple[bytes, str] | str:
        name = one_line(camera.name, 60)
        try:
            jpeg = await self._house.snapshot(camera.id)
        except HearthwatchError as error:
            return f"{name}: no picture: {one_line(str(error))}"
        now_us = self._clock.wall_us()
        return jpeg, f"{name}, {clock_time(now_us, self._zone, now_us)}"

    async def _send_event_clip(self, asker: Asker, camera: CameraId, event: Event) -> None:
        start_us = WallUs(event.start_us - _BEFORE_US)
        end_us = min(event.end_us or event.start_us + _EVENT_US, event.start_us + _LONGEST_CLIP_S * US_PER_S // 2) + _AFTER_US
        await self._send_clip(asker, camera, start_us, WallUs(end_us))

    async def _send_clip(self, asker: Asker, camera: CameraId, start_us: WallUs, end_us: WallUs) -> None:
        await self._replies.doing(asker.chat_id, video=True)
        name = next((one_line(each.name, 60) for each in self._house.status().cameras if each.id == camera), camera)
        try:
            mp4 = await self._house.clip(camera, start_us, end_us, max_bytes=MAX_CLIP_BYTES)
        except TooLarge as error:
            await self._replies.text(asker.chat_id, self._too_large(asker, name, camera, start_us, error))
            return
        except HearthwatchError as error:
            await self._replies.text(asker.chat_id, Answer(f"{name}: no clip: {one_line(str(error))}"))
            return
        caption = f"{name}, from {clock_time(start_us, self._zone, self._clock.wall_us())}"
        await self._replies.media(asker.chat_id, Part.CLIP, mp4, caption, reply_to=asker.message_id or None)

    def _too_large(self, asker: Asker, name: str, camera: CameraId, start_us: WallUs, error: TooLarge) -> Answer:
        text = f"{name}: the clip is too large: {one_line(str(error))}."
        if error.fits_s < 1:
            return Answer(f"{text} Watch it on the page.")
        about = f"{camera}.{start_us // US_PER_S}.{error.fits_s}"
        button = Button(label=f"Send {error.fits_s} s", data=self._signer.data(Action.SHORTER_CLIP, about, asker.chat_id))
        fits = len(button.data.encode()) <= 64
        return Answer(f"{text} /clip {camera} {error.fits_s} would do.", (button,) if fits else ())


def _length_s(word: str) -> int | None:
    return int(word) if word.isascii() and word.isdigit() and len(word) <= 4 else seconds(word)
