"""A hub in a process of its own, to be killed: `python -m tests.faults.hub_child FOLDER DATABASE PORT`; the database's password
is a line of its input. Prints a code to join by."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from hearthwatch.fleet import comparison_port, hub_letters
from hearthwatch.fleet.code import HubAddress
from hearthwatch.fleet.hub_db import open_hub_db
from hearthwatch.fleet.letter import Received
from hearthwatch.fleet.node import site_id
from hearthwatch.fleet.node_port import port_context
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.retry import Backoff, keep_running_async
from hearthwatch.kit.secrets import Secret
from tests.fleet import small_hub


async def main(folder: Path, address: str, port: int, password: str) -> None:
    small_hub.open_hub_db = lambda data, where, _none: open_hub_db(data, where, Secret(password) if where else None)
    hub = small_hub.SmallHub(folder, SystemClock(), address)

    async def keep(received: Sequence[Received]) -> None:
        known = [one for one in received if one.node in hub.registry.nodes]
        await hub.db.run(lambda connection: hub_letters.keep(connection, known))

    while True:
        try:
            await hub.open()
            code = (await hub.enrolment.invite(site_id("cabin"), "", (HubAddress(host="127.0.0.1", port=port),)))[0]
            break
        except HearthwatchError:
            await asyncio.sleep(0.1)
    comparison_port.add_to(hub.port, hub.db)
    context = port_context(str(hub.authority.hub_file(folder / "fleet", hub.clock)), hub.authority.pem)
    print(code, flush=True)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(hub.port.run("127.0.0.1", port, context))
        mail = keep_running_async(
            "mail", lambda: hub.mailroom.run(keep), clock=hub.clock, backoff=Backoff(first_s=0.05, cap_s=0.2)
        )
        tasks.create_task(mail)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.stdin.readline().strip()))
