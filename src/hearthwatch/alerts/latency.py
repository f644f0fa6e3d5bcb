"""How long alerts took, in two stages: until it was decided, and until a service took it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from hearthwatch.alerts.alert import Part
from hearthwatch.alerts.ledger import deliveries


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Milliseconds, by the nearest-rank method."""

    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """Over the last `count` parts of alerts a channel took: `decided` from the last byte of the deciding picture to the alert,
    `handed` from there to the service's yes, `whole` both together."""

    channel: str
    part: Part
    count: int
    decided: Stage
    handed: Stage
    whole: Stage


def took(connection: Connection, *, last: int = 1000) -> tuple[Took, ...]:
    """Return how long it took by channel and part, over the newest `last` deliveries that began with a picture."""
    wanted = (
        select(deliveries.c.channel, deliveries.c.part, deliveries.c.decided_ms, deliveries.c.accepted_ms)
        .where(deliveries.c.accepted_ms.is_not(None), deliveries.c.decided_ms.is_not(None))
        .order_by(deliveries.c.id.desc())
        .limit(last)
    )
    times: dict[tuple[str, Part], list[tuple[float, float]]] = {}
    for row in connection.execute(wanted):
        times.setdefault((row.channel, Part(row.part)), []).append((row.decided_ms, row.accepted_ms))
    return tuple(
        Took(
            channel=channel,
            part=part,
            count=len(found),
            decided=_stage([decided for decided, _ in found]),
            handed=_stage([handed for _, handed in found]),
            whole=_stage([decided + handed for decided, handed in found]),
        )
        for (channel, part), found in sorted(times.items())
    )


def _stage(values: Sequence[float]) -> Stage:
    ordered = sorted(values)

    def rank(share: float) -> float:
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

    return Stage(p50_ms=rank(0.5), p95_ms=rank(0.95))
