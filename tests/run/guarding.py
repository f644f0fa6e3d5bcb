"""The guard of the connection with board, outbox and channels, without the rest of the house: what happens is a line of JSON.

`argv`: the data folder and the configuration's text."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from tests.alerts.house import PATIENCE_S, opened

from hearthwatch.alerts.alert import Part
from hearthwatch.alerts.dispatch import Dispatcher
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.alerts.policy import Policy
from hearthwatch.alerts.webhook import WebhookChannel
from hearthwatch.events.ledger import EventFiles
from hearthwatch.health.board import Board
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.dbthread import DbThread
from hearthwatch.kit.ids import Ulids
from hearthwatch.run.config import parse
from hearthwatch.run.connectivity_desk import ConnectivityDesk
from hearthwatch.run.house_secrets import HouseSecrets
from hearthwatch.run.outage_news import OutageNews
from hearthwatch.run.zone import zone_of


def say(**line: object) -> None:
    print(json.dumps(line), flush=True)


class Local:
    """A channel that needs no network."""

    name = "local"
    parts = frozenset({Part.TEXT})

    async def send(self, alert, part, attachment, *, repeat) -> None:
        say(told=alert.title, text=alert.text)

    async def close(self) -> None:
        pass


class Units:
    async def start(self, unit: str) -> None:
        say(unit=unit)


async def main() -> None:
    folder, config = Path(sys.argv[1]), parse(sys.argv[2])
    clock = SystemClock()
    db = DbThread(opened(folder))
    policy = Policy(home="Home", zone=zone_of(config), cameras={}, ids=Ulids(clock))

    async def tell(outage) -> None:
        await news.tell(outage)
        desk.told(outage)

    board = Board(db, clock, tell, lambda outage, told: desk.explains(outage, told))  # noqa: PLW0108 the desk is made later
    outbox = Outbox(db, EventFiles(folder), clock, board, patience_s=PATIENCE_S)
    news = OutageNews(
        None,
        outbox=outbox,
        policy=lambda: policy,
        clock=clock,
        config=lambda: config,
        has_card=lambda _: False,
        can_set_clock=lambda _: False,
        publish=lambda outage: None,
    )
    dispatcher = Dispatcher(outbox, clock=clock, health=board, zone=zone_of(config))
    desk = ConnectivityDesk(
        HouseSecrets.open(folder),
        config=lambda: config,
        board=board,
        outbox=outbox,
        policy=lambda: policy,
        db=db,
        clock=clock,
        hurry=dispatcher.hurry,
        units=Units(),
    )
    await board.load()
    await outbox.load()
    await dispatcher.set_channels([Local(), WebhookChannel(config.alerts.webhook, "")])

    async def looking() -> None:
        while True:
            say(well=await desk.guard.look())
            await asyncio.sleep(0.5)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(board.run())
        tasks.create_task(looking())


asyncio.run(main())
