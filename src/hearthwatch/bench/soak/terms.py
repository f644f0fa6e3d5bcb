"""What a soak is: how many cameras, for how long, what happens meanwhile, and what must hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from hearthwatch.kit.errors import ConfigFault

GOP_S = 2
EMPTY_S, VISIT_S = 8, 4
SUB_FPS = 5
HOUR_S = 3600.0


class Tier(StrEnum):
    """S1: small, for a check in minutes. S2: what is promised. S3: S2 with faults. S4: more cameras until a promise breaks.
    S5: a start on a month of past."""

    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"
    S5 = "S5"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The promises as numbers (docs/testing.md, `make soak`)."""

    coverage_frac: float = 0.9995
    text_p50_s: float = 0.5
    text_p99_s: float = 2.0
    picture_p99_s: float = 3.0
    rss_mb: float = 700.0
    rss_slope_mb_h: float = 1.0
    count_slope_h: float = 0.5
    count_more: int = 8
    loop_late_p99_s: float = 0.05
    commit_p99_s: float = 0.1
    wal_mb: float = 16.0
    cpu_frac: float = 0.7
    live_in_s: float = 10.0
    outbox_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SoakTerms:
    """`cameras` by RTSP, and `mjpeg` more in which nobody ever is. `event_s`: somebody walks in that often, at one camera after
    the other. `warm_s` is not judged for growth."""

    tier: Tier
    cameras: int
    mjpeg: int = 0
    length_s: float
    main_px: tuple[int, int] = (1920, 1080)
    main_fps: int = 15
    main_kbps: int = 4000
    event_s: int = 30
    viewers: int = 3
    alarm_s: float = 60.0
    sample_s: float = 5.0
    seed: int = 1
    limits: Limits = Limits()

    @property
    def warm_s(self) -> float:
        return min(1200.0, self.length_s / 4)

    @property
    def grows_are_judged(self) -> bool:
        """Caches fill in the first minutes: a slope of less than half an hour says nothing about growing."""
        return self.length_s - self.warm_s >= HOUR_S / 2

    @property
    def bytes_per_s(self) -> float:
        """What the cameras send together."""
        return self.cameras * (self.main_kbps + 500) * 125 + self.mjpeg * 200_000

    @property
    def footage_gib(self) -> float:
        """Room for ten minutes, in a short run for three at least; once it is full the oldest goes all the time."""
        return self.bytes_per_s * min(600.0, max(180.0, self.length_s / 4)) / 2**30


def terms_of(tier: Tier, *, cameras: int | None, hours: float | None, seed: int) -> SoakTerms:
    """Return the tier's terms with what was asked for instead. Raises ConfigFault."""
    found = {
        Tier.S1: SoakTerms(
            tier=tier, cameras=4, mjpeg=2, length_s=600.0, main_px=(640, 360), main_fps=10, main_kbps=800, event_s=6
        ),
        Tier.S2: SoakTerms(tier=tier, cameras=8, length_s=2 * HOUR_S),
        Tier.S3: SoakTerms(tier=tier, cameras=8, length_s=24 * HOUR_S),
        Tier.S4: SoakTerms(tier=tier, cameras=8, length_s=600.0),
        Tier.S5: SoakTerms(tier=tier, cameras=4, length_s=600.0, main_px=(640, 360), main_fps=10, main_kbps=800),
    }[tier]
    if cameras is not None:
        found = replace(found, cameras=cameras)
    if hours is not None:
        found = replace(found, length_s=hours * HOUR_S)
    if found.cameras < 1 or found.length_s < 60:
        raise ConfigFault("a soak needs at least one camera and one minute (--hours 0.02)")
    if found.event_s * found.cameras < EMPTY_S + VISIT_S:
        raise ConfigFault(f"with {found.cameras} cameras somebody would stand in every picture: take more cameras")
    return replace(found, seed=seed)
