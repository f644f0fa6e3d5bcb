"""The page served for real on a free port, with a fake house behind it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.web.fake_house import Built, FakeHouse, build

from hearthwatch.kit.clock import SystemClock
from hearthwatch.web.options import WebOptions
from hearthwatch.web.serve import serve

ANY_PORT = WebOptions(port=0, https_port=0)


@dataclass
class Running:
    built: Built
    said: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    app: object = None
    port: int = 0
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    serving: asyncio.Task[None] | None = None

    def listening(self, port: int) -> None:
        self.port = port
        self.opened.set()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def https_port(self) -> int:
        while "https://" not in (line := await asyncio.wait_for(self.said.get(), 60)):
            pass
        return int(line.split(" (", 1)[0].rsplit(":", 1)[1])


@contextlib.asynccontextmanager
async def running_house(
    folder: Path, house: FakeHouse, options: WebOptions = ANY_PORT, *, wrap: Callable[[object], object] = lambda app: app
) -> AsyncIterator[Running]:
    """Serve `house` until the block ends; `wrap` puts something between its application and whoever asks."""
    built = build(folder, house, options=options)
    run = Running(built, app=wrap(built.app))
    run.serving = asyncio.create_task(
        serve(
            run.app,
            options,
            auth=built.auth,
            clock=house.clock,
            data_folder=folder,
            say=run.said.put_nowait,
            announce_port=run.listening,
            reach=built.app.state.site.reach,
        )
    )
    giving = asyncio.create_task(house.run())
    try:
        await asyncio.wait_for(run.opened.wait(), 60)
        yield run
    finally:
        for task in (run.serving, giving):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(asyncio.gather(run.serving, giving), 60)
        built.close()


def new_house(**options: object) -> FakeHouse:
    return FakeHouse(clock=SystemClock(), **options)
