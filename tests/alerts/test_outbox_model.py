"""Whatever happens to deliveries and however often the house dies: each alert goes to each channel once, none is left over."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.alerts.house import House

from hearthwatch.alerts.alert import DeliveryState, Part

CHANNELS = ("phone", "mail")
STEPS = st.lists(
    st.sampled_from(
        [
            ("tell", ""),
            ("die", ""),
            *((what, name) for name in CHANNELS for what in ("take", "take one", "fail", "begin", "give up")),
        ]
    ),
    max_size=14,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_the_outbox_covers_exactly_what_was_told(tmp_path_factory, steps: list[tuple[str, str]]) -> None:
    asyncio.run(_live(tmp_path_factory.mktemp("house"), steps))


async def _live(folder: Path, steps: list[tuple[str, str]]) -> None:
    house = House(folder)
    await house.start(*CHANNELS)
    told: list[str] = []
    over: Counter[tuple[str, str]] = Counter()

    async def settle(name: str, many: int, state: DeliveryState) -> None:
        deliveries = house.outbox.waiting(name)[:many]
        await house.outbox.settle(deliveries, state)
        over.update((name, one.alert) for one in deliveries)

    for what, name in steps:
        match what:
            case "tell":
                told.append((await house.tell(parts=frozenset({Part.TEXT}))).id)
            case "die":
                house = await house.again(*CHANNELS)
            case "take":
                await settle(name, 1000, DeliveryState.SENT)
            case "take one":
                await settle(name, 1, DeliveryState.SENT)
            case "give up":
                await settle(name, 1, DeliveryState.DEAD)
            case "fail":
                await house.outbox.retry(house.outbox.waiting(name), "no route", 5, maybe_sent=False)
            case "begin":
                await house.outbox.begin(house.outbox.waiting(name))
        waiting = Counter((each, one.alert) for each in CHANNELS for one in house.outbox.waiting(each))
        assert waiting + over == Counter((each, alert) for each in CHANNELS for alert in told)
    house = await house.again(*CHANNELS)
    for name in CHANNELS:
        await settle(name, 1000, DeliveryState.SENT)
    house = await house.again(*CHANNELS)
    assert [house.outbox.waiting(name) for name in CHANNELS] == [(), ()]
    assert over == Counter((each, alert) for each in CHANNELS for alert in told)
    house.close()
