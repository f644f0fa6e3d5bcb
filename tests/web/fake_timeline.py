"""The timeline behind the page: lanes of the fake house's footage, gaps and events, and drawn thumbnails."""

from __future__ import annotations

from datetime import UTC

from tests.web import scene

from hearthwatch.arming.arming import Cause, Mode
from hearthwatch.events.event import EventId
from hearthwatch.events.lane import Mark
from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.logins.lane import Knock
from hearthwatch.recording.playback import Playback
from hearthwatch.recording.stretches import Hole, Kept, Stretch
from hearthwatch.web.timeline_doors import Armed, CameraLane, Lanes


class FakeTimeline:
    """Implements TimelineDoor."""

    zone = UTC

    def __init__(self, house, footage, events):
        self.house = house
        self.footage = footage
        self.events = events
        self.asked = []

    def lanes(self, cameras, start_us, end_us, cells):
        self.asked.append(tuple(cameras))
        now_us = self.house.clock.wall_us()
        return Lanes(
            cell_us=max(1_000_000, (end_us - start_us) // cells),
            cameras=tuple(self._lane(CameraId(each), start_us, end_us) for each in cameras),
            arming=(Armed(start_us=start_us, end_us=min(end_us, now_us), mode=Mode.AWAY, cause=Cause.PRESENCE, who=""),)
            if start_us < now_us
            else (),
            outages=(),
        )

    def _lane(self, camera, start_us, end_us):
        found = self.footage.segments(camera, Stream.MAIN, start_us, end_us)
        stretches = []
        for one in found:
            if stretches and one.start_us - stretches[-1][1] < 2_000_000:
                stretches[-1][1] = one.end_us
            else:
                stretches.append([one.start_us, one.end_us])
        gaps = self.footage.gaps(camera, Stream.MAIN, start_us, end_us)
        events = self.events.events(camera=camera, label=None, start_us=start_us, end_us=end_us, limit=500)
        logins = [each for each in self.house.logins.rows if each.camera == camera and start_us <= each.at_us < end_us]
        return CameraLane(
            camera=camera,
            kept=Kept(
                footage=tuple(Stretch(start_us=WallUs(low), end_us=WallUs(high)) for low, high in stretches),
                gaps=tuple(
                    Hole(start_us=one.start_us, end_us=one.end_us, reason=one.reason, detail=one.detail, count=1) for one in gaps
                ),
            ),
            elsewhere=(),
            marks=tuple(
                Mark(
                    camera=camera, start_us=one.start_us, end_us=one.end_us, count=1, id=EventId(one.id), kind=one.kind,
                    label=one.label,
                )
                for one in reversed(events)
            ),
            knocks=tuple(
                Knock(
                    camera=camera, at_us=one.at_us, last_us=one.at_us, count=1, verdict=one.verdict, user=one.user,
                    address=one.address or "",
                )
                for one in logins
            ),
        )  # fmt: skip

    def playback(self, camera, stream, start_us, end_us, *, keys_only):
        if not self.footage.segments(camera, stream, start_us, end_us):
            raise Unsupported("there is no footage")
        return Playback(
            start_us=start_us,
            end_us=end_us,
            mime='video/mp4; codecs="avc1.42c01e"',
            pieces=iter([b"keys" if keys_only else b"whole"]),
        )

    async def thumb(self, camera, at_us):
        if not self.footage.segments(camera, Stream.MAIN, at_us, at_us + 10_000_000):
            return None
        drawn, _box = scene.draw(scene.LOOKS[camera], at_us % 20_000_000 / 20_000_000, 320, 180)
        return scene.jpeg(drawn)


class FakeShares:
    """The real desk over the fake house's database, once there is one."""

    desk = None

    def __getattr__(self, name):
        return getattr(self.desk, name)
