"""The watch over one LAN, without the rest of the house: says each change as a line of JSON. `argv[1]` is what to watch."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.db import open_writer
from hearthwatch.kit.dbthread import DbThread
from hearthwatch.presence.home_network import HomeNetwork
from hearthwatch.presence.lease_probe import LeaseProbe
from hearthwatch.presence.neighbour_probe import NeighbourProbe
from hearthwatch.presence.presence import Device, Mac, Person, PersonId, Presence, PresenceOptions
from hearthwatch.presence.watch import PresenceWatch


def say(one: Presence) -> None:
    sign = one.answered or one.seen
    line = {"person": one.person, "home": one.home, "answered": one.answered is not None, "means": sign.means if sign else None}
    print(json.dumps(line), flush=True)


async def main() -> None:
    plan = json.loads(sys.argv[1])
    clock = SystemClock()
    network = HomeNetwork(lambda: ["10.77.0.0/24"])
    neighbours = NeighbourProbe(network, clock)
    leases = LeaseProbe(lambda: plan.get("leases", []), clock, neighbours.hint)
    engine = open_writer(Path(plan["db"]))
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "create table if not exists presence (person, device, home, since_us, seen_us, answered_us, means)"
        )
    watch = PresenceWatch((neighbours, leases), db=DbThread(engine), clock=clock, changed=say)
    await watch.load()
    people = [
        Person(id=PersonId(name), name=name, devices=(Device(person=PersonId(name), name="phone", mac=Mac(mac)),))
        for name, mac in plan["people"].items()
    ]
    watch.renew(people, PresenceOptions(ask_every_s=10, rounds=2), silence_s=plan["silence_s"])
    await watch.run()


asyncio.run(main())
