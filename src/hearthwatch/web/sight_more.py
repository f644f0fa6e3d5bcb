"""More doors as somebody sees them who is limited to some cameras: the timeline, shared footage, the house's own page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.playback import Playback
from hearthwatch.web.house_page_doors import HousePageDoor, LatencyRow, Plan
from hearthwatch.web.share_doors import NewShare, ShareDoor
from hearthwatch.web.shares import Share
from hearthwatch.web.sight_doors import Seen, no_camera
from hearthwatch.web.timeline_doors import Lanes, TimelineDoor


class SeenTimeline:
    """TimelineDoor."""

    def __init__(self, door: TimelineDoor, seen: Seen) -> None:
        self._door = door
        self._seen = seen

    @property
    def zone(self) -> tzinfo:
        return self._door.zone

    def lanes(self, cameras: Sequence[CameraId], start_us: WallUs, end_us: WallUs, cells: int) -> Lanes:
        if not self._seen.issuperset(cameras):
            raise no_camera()
        found = self._door.lanes(cameras, start_us, end_us, cells)
        return replace(found, outages=tuple(each for each in found.outages if each.camera in self._seen))

    def playback(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs, *, keys_only: bool) -> Playback:
        if camera not in self._seen:
            raise no_camera()
        return self._door.playback(camera, stream, start_us, end_us, keys_only=keys_only)

    async def thumb(self, camera: CameraId, at_us: WallUs) -> bytes | None:
        if camera not in self._seen:
            raise no_camera()
        return await self._door.thumb(camera, at_us)


class SeenShares:
    """ShareDoor: links of these cameras alone. What somebody has the link of is shown to whoever they are."""

    def __init__(self, door: ShareDoor, seen: Seen) -> None:
        self._door = door
        self._seen = seen

    async def make(self, cameras: Sequence[CameraId], start_us: WallUs, end_us: WallUs, *, lasts_us: int, who: str) -> NewShare:
        if not self._seen.issuperset(cameras):
            raise no_camera()
        return await self._door.make(cameras, start_us, end_us, lasts_us=lasts_us, who=who)

    async def living(self) -> Sequence[Share]:
        return [share for share in await self._door.living() if self._seen.issuperset(share.cameras)]

    async def opened(self, token: str, *, counts: bool) -> Share | None:
        return await self._door.opened(token, counts=counts)

    async def revoke(self, key: int, who: str) -> Share | None:
        if key not in {share.id for share in await self.living()}:
            return None
        return await self._door.revoke(key, who)


class SeenHousePage:
    """HousePageDoor: when the house arms itself, and how long alerts take."""

    def __init__(self, door: HousePageDoor) -> None:
        self._door = door

    def plan(self) -> Plan:
        return self._door.plan()

    def latency(self) -> Sequence[LatencyRow]:
        return self._door.latency()
