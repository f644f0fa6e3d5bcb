"""Copies of a camera's settings out of thin air, for the page and its tests: real comparing, no camera and no database."""

from __future__ import annotations

from dataclasses import replace

from hearthwatch.copies import restore
from hearthwatch.copies.copy import ConfigCopy, CopyId, Diff, KeptSetting, Look, Outcome, RestoreAsk
from hearthwatch.copies.diff import diff
from hearthwatch.kit.errors import Unreachable, Unsupported
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.vendors.device import Vendor

MAIL_PASSWORD = "4c0de5ec3e7"
BEFORE = {
    "General.MachineName": "porch",
    "T2UServer.Enable": "false",
    "NTP.Address": "time.home",
    "VideoColor[0].Brightness": "50",
}


def _settings(pairs: dict[str, str], mark: str) -> tuple[KeptSetting, ...]:
    plain = tuple(KeptSetting(key=key, value=value, is_secret=False) for key, value in sorted(pairs.items()))
    return (*plain, KeptSetting(key="Email.Password", value=f"{'a' * 16}:{mark}", is_secret=True))


class FakeCopies:
    """Implements CopiesDoor: two copies of one camera, the newer one with a change nobody ordered."""

    def __init__(self, camera: str, now_us: int) -> None:
        first = ConfigCopy(
            id=CopyId("01J00000000000000000000001"),
            camera=CameraId(camera),
            vendor=Vendor.DAHUA,
            firmware="2.800.0000016.0.R",
            taken_us=WallUs(now_us - 86_400_000_000),
            seen_us=WallUs(now_us - 3_600_000_000),
            reason="daily look",
            drift=False,
            told=True,
            setting_count=5,
            change_count=0,
        )
        second = replace(
            first,
            id=CopyId("01J00000000000000000000002"),
            taken_us=WallUs(now_us - 60_000_000),
            seen_us=WallUs(now_us - 60_000_000),
            reason="a log-in of admin from 203.0.113.9",
            drift=True,
            change_count=3,
        )
        changed = BEFORE | {"T2UServer.Enable": "true", "VideoColor[0].Brightness": "51"}
        self.kept = [first, second]
        self.contents = {first.id: _settings(BEFORE, "1" * 32), second.id: _settings(changed, "2" * 32)}
        self.written: list[tuple[str, RestoreAsk]] = []
        self.away = False

    @property
    def troubles(self):
        return {self.kept[0].camera: "no answer"} if self.away else {}

    async def recent(self, *, camera=None, before=None, limit=100):
        wanted = [one for one in reversed(self.kept) if camera in {None, one.camera} and (before is None or one.id < before)]
        return tuple(wanted[:limit])

    def _find(self, copy: CopyId) -> ConfigCopy:
        for one in self.kept:
            if one.id == copy:
                return one
        raise Unsupported(f"there is no copy {copy}")

    async def settings(self, copy):
        found = self._find(copy)
        before = self.contents[self.kept[0].id]
        return found, {one.key: one.shown for one in self.contents[copy]}, diff(before, self.contents[copy], Vendor.DAHUA)

    async def diff(self, old, new) -> Diff:
        self._find(old), self._find(new)
        return diff(self.contents[old], self.contents[new], Vendor.DAHUA)

    async def collect(self, camera) -> Look:
        if self.away:
            raise Unreachable(f"{camera} does not answer")
        return Look(copy=self.kept[-1])

    async def restore(self, ask, *, apply, who) -> Outcome:
        wanted = self.contents[self._find(ask.copy).id]
        proposal = restore.proposal(self.contents[self.kept[-1].id], wanted, Vendor.DAHUA, sections=ask.sections, own=ask.own)
        if apply:
            self.written.append((who, ask))
        return Outcome(camera=ask.camera or self.kept[0].camera, proposal=proposal, applied=apply)

    async def baseline(self, camera, *, apply, who) -> Outcome:
        return await self.restore(RestoreAsk(copy=self.kept[0].id, camera=camera), apply=apply, who=who)
