"""Copies elsewhere for the page: one target that is on time, one that is away, and an emergency that is just over."""

from __future__ import annotations

from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.offsite.upload import TargetId, TargetKind
from hearthwatch.web.offsite_doors import CameraSafe, EmergencyNow, OffsiteNow, TargetNow

WORD = "a-secret-word"


class FakeOffsite:
    """Implements OffsiteDoor."""

    def __init__(self, now_us: WallUs, cameras: tuple[CameraId, ...]) -> None:
        self.flushed: list[str] = []
        self._now_us = now_us
        self._cameras = cameras

    def now(self) -> OffsiteNow:
        """See OffsiteDoor."""
        now_us = self._now_us
        nas = TargetNow(
            name=TargetId("nas"),
            kind=TargetKind.SFTP,
            sealed=True,
            proved=1200,
            proved_us=WallUs(now_us - 4_000_000),
            waiting=3,
            waiting_bytes=41 << 20,
            waiting_events=0,
            sending="front",
            error="",
        )
        bucket = TargetNow(
            name=TargetId("bucket"),
            kind=TargetKind.S3,
            sealed=True,
            proved=80,
            proved_us=WallUs(now_us - 7200_000_000),
            waiting=120,
            waiting_bytes=3 << 30,
            waiting_events=2,
            sending="",
            error="s3.example.org does not answer.",
        )
        return OffsiteNow(
            targets=(nas, bucket),
            cameras=tuple(CameraSafe(camera=name, until_us=WallUs(now_us - 12_000_000)) for name in self._cameras),
            emergency=EmergencyNow(cause="Something is wrong with Garage.", at_us=WallUs(now_us - 60_000_000), left=0),
        )

    async def power(self, word: str) -> bool:
        """See OffsiteDoor."""
        if word == WORD:
            self.flushed.append("power")
        return word == WORD

    async def power_word(self) -> str:
        """See OffsiteDoor."""
        return WORD

    async def flush(self, cause: str, who: str) -> bool:
        """See OffsiteDoor."""
        self.flushed.append(f"{cause} {who}")
        return True
