"""Log-ins as a lane of a timeline: those beside each other as one mark, grouped by SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, String, bindparam, text

from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.logins.login import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """`count` log-ins of one verdict at one camera beside each other; `user` and `address` are those of one of them."""

    camera: CameraId
    at_us: WallUs
    last_us: WallUs
    count: int
    verdict: Verdict
    user: str
    address: str


_KNOCKS = text("""
SELECT camera, min(at_us) AS at_us, max(at_us) AS last_us, count(*) AS times, verdict, max(user) AS user,
       max(coalesce(address, '')) AS address
  FROM logins INDEXED BY logins_lane
 WHERE camera IN :cameras AND at_us >= :low AND at_us < :high AND verdict != 'own'
 GROUP BY camera, at_us / :cell, verdict
 ORDER BY min(at_us)
""").bindparams(bindparam("cameras", expanding=True, type_=String))
_VERDICTS = {each.value: each for each in Verdict}


def knocks(
    connection: Connection, cameras: Sequence[CameraId], start_us: WallUs, end_us: WallUs, *, cell_us: int
) -> tuple[Knock, ...]:
    """Return the log-ins in `[start_us, end_us)` that were not our own, oldest first."""
    asked = {"cameras": list(cameras), "low": start_us, "high": end_us, "cell": cell_us}
    return tuple(
        Knock(
            camera=camera,
            at_us=at_us,
            last_us=last_us,
            count=times,
            verdict=_VERDICTS[verdict],
            user=user,
            address=address,
        )
        for camera, at_us, last_us, times, verdict, user, address in connection.execute(_KNOCKS, asked).all()
    )
