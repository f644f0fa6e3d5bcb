"""The hub of the scale run as a process of its own: its node port, authority and ledger as the product has them, no page.

`python -m tests.runs.sites_hub FOLDER [DATABASE]`; each line of JSON it reads is answered by one.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import func, select

from hearthwatch.bench.cpu import resident_bytes
from hearthwatch.fleet import hub_letters
from hearthwatch.fleet.hub_db import open_hub_db
from hearthwatch.fleet.hub_schema import letters, segments
from hearthwatch.fleet.letter import Received
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.secrets import Secret
from tests.fleet.postgres import PASSWORD
from tests.fleet.small_hub import SmallHub


class Hub(SmallHub):
    """A small hub that says what it costs."""

    kept = steps = 0

    async def open_at(self, database: str) -> None:
        await self.open()
        if database:
            await self.db.close()
            self.db = await open_hub_db(self.folder, database, Secret(PASSWORD))
            self.registry._db = self.enrolment._db = self.db
            await self.registry.load()

    async def keep(self, received: Sequence[Received]) -> None:
        await self.db.run(functools.partial(hub_letters.keep, received=received))
        self.kept += len(received)
        self.steps += 1

    async def answer(self, node, line) -> None:
        async for _message in line:
            pass

    async def told(self) -> dict:
        used = resource.getrusage(resource.RUSAGE_SELF)
        rows = await self.db.run(
            lambda connection: sum(
                connection.scalar(select(func.count()).select_from(table)) or 0 for table in (letters, segments)
            )
        )
        return {
            "cpu_s": used.ru_utime + used.ru_stime,
            "rss_mb": resident_bytes(os.getpid()) / 1e6,
            "kept": self.kept,
            "steps": self.steps,
            "rows": rows,
            "pid": os.getpid(),
            "bytes": sum(path.stat().st_size for path in self.folder.glob("hub.db*")),
        }


async def main(folder: Path, database: str) -> None:
    hub = Hub(folder, SystemClock())
    await hub.open_at(database)
    serving = await hub.serve()
    working = [
        asyncio.create_task(hub.mailroom.run(hub.keep)),
        asyncio.create_task(hub.switchboard.run(hub.answer)),
    ]
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        asked = json.loads(line)
        if "codes" in asked:
            found = [await hub.code(f"site-{number}", f"pi-{number}") for number in asked["codes"]]
            await hub.registry.load()
            print(json.dumps(found), flush=True)
        else:
            print(json.dumps(await hub.told()), flush=True)
    for task in (*working, serving):
        task.cancel()
    await asyncio.gather(*working, serving, return_exceptions=True)
    await hub.db.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""))
