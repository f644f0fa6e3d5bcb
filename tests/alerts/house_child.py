"""A house that records alerts and sends them to a webhook until it is killed: `python -m tests.alerts.house_child DIR URL`.

It writes the title of each alert to standard output once the outbox has taken it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.alerts.house import BERLIN, House

from hearthwatch.alerts.dispatch import Dispatcher
from hearthwatch.alerts.options import WebhookOptions
from hearthwatch.alerts.webhook import WebhookChannel
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.ids import Ulids


async def main(folder: Path, url: str) -> None:
    clock = SystemClock()
    ids = Ulids(clock)
    house = House(folder, clock)
    await house.start()
    dispatcher = Dispatcher(house.outbox, clock=clock, health=house.health, zone=BERLIN)
    await dispatcher.set_channels([WebhookChannel(WebhookOptions(url=url), "")])
    while True:
        key = ids()
        change = house.change(id=key)
        await house.outbox.record(change, house.alert(change, id=key, title=key, dedupe_key=key))
        sys.stdout.write(f"{key}\n")
        sys.stdout.flush()
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
