"""What becomes of the parties in one run of tests.runs.fleet, stage by stage, and what is asked of them afterwards."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import shutil
import time
from pathlib import Path
from typing import Any

from tests.devices.sites_net import HUB, Harm, SitesNet
from tests.runs import fleet_play, fleet_sums
from tests.runs.fleet_houses import HubMachine, NodeMachine, show, until
from tests.runs.rig import OWNER_PASSWORD, usage_of

SITES = ("cabin", "barn")
REVOKED_WITHIN_S = 60.0
_CAUGHT_UP_S = 900.0
_ANSWER_S = 600.0
"""Bounds what could wait for ever; a busy machine is no failure, and how long things take is printed."""


class Run:
    """One run; `figures` is what it measured, `wrong` what was not as it should be."""

    def __init__(self, net: SitesNet, folder: Path, given: argparse.Namespace) -> None:
        self.net, self.folder, self.given = net, folder, given
        self.chance = random.Random(given.seed)
        self.hub = HubMachine(net, folder, home=given.home)
        self.nodes = {place: NodeMachine(net, place, folder, home=given.home) for place in SITES}
        self.figures: dict[str, Any] = {}
        self.wrong: list[str] = []
        self.old: tuple[str, Path] = ("", folder)

    def check(self, what: str, *, holds: bool) -> None:
        show(f"{'holds' if holds else 'DOES NOT HOLD'}: {what}")
        if not holds:
            self.wrong.append(what)

    async def close(self) -> None:
        for one in (*self.nodes.values(), self.hub):
            with contextlib.suppress(Exception):
                await one.close()

    async def whole(self) -> None:
        await self.begin()
        await self.two_days_without_the_hub()
        await self.cables_cut_at_random()
        await self.one_is_wiped()
        await self.caught_up()
        await self.live()
        await self.equal()
        await self.revoked()
        self.nothing_else_ran()

    async def begin(self) -> None:
        show("the hub and its nodes start")
        await asyncio.gather(self.hub.begin(), *(node.on() for node in self.nodes.values()))
        await self.hub.house.claim()
        await until(self.is_hub, "the hub is one", _ANSWER_S)
        for place, node in self.nodes.items():
            await node.join(await self.invited(place))
            show(f"{place} joined as {node.id}")
        for place, node in self.nodes.items():
            seconds = await until(lambda node=node: self.there(node), f"{place} is heard, and its events come", _ANSWER_S)
            show(f"{place} is there after {seconds:.1f} s")

    async def invited(self, place: str) -> str:
        return (await self.hub.house.post("/api/v1/fleet/invitations", {"site": place, "name": place.title()}))["code"]

    async def is_hub(self) -> object:
        """Its ledger is open when its own house is listed."""
        found = await self.hub.house.get("/api/v1/fleet")
        return any(one["own"] for one in found["nodes"]) or found

    async def hearing(self, node: str) -> list[str]:
        """Return how the hub hears a node; nothing for one that is off its list."""
        found = await self.hub.house.get("/api/v1/fleet")
        return [one["hearing"] for one in found["nodes"] if one["id"] == node]

    async def there(self, node: NodeMachine) -> object:
        """Whether its line is open and its first event at the hub."""
        count = (await self.hub.sql.rows(f"SELECT count(*) FROM letters WHERE node = '{node.id}' AND kind = 'event'"))[0][0]
        hearing = await self.hearing(node.id)
        return (count > 0 and hearing == ["here"]) or (count, hearing, await node.status())

    async def two_days_without_the_hub(self) -> None:
        show("the hub's machine dies; the nodes live through their days")
        await self.hub.kill()
        died = time.monotonic()
        given = self.given
        lives = [
            asyncio.create_task(
                node.days(seed=given.seed * 10 + number, days=given.days, cameras=given.cameras, over_s=given.away_s)
            )
            for number, node in enumerate(self.nodes.values(), 1)
        ]
        modes = 0
        while not all(life.done() for life in lives):
            await asyncio.sleep(5)
            mode = {"mode": ("away", "home")[modes % 2], "password": OWNER_PASSWORD}
            await asyncio.gather(*(node.house.post("/api/v1/arming", mode) for node in self.nodes.values()))
            modes += 1
        written = dict(zip(self.nodes, [await life for life in lives], strict=True))
        waiting = {place: (await node.status())["waiting"] for place, node in self.nodes.items()}
        self.figures["away"] = {
            "simulated_days": given.days,
            "real_s": round(time.monotonic() - died, 1),
            "written": written,
            "arming_changes_asked": modes,
            "waiting_at_the_nodes": waiting,
        }
        show(f"written while the hub was away: {written}; not taken over yet by the bus: {waiting}")
        seconds = await self.hub_back()
        show(f"the hub's machine is back after {time.monotonic() - died:.0f} s, its page after {seconds:.1f} s")
        self.back = time.monotonic()

    async def hub_back(self) -> float:
        began = time.monotonic()
        await self.hub.on()
        return time.monotonic() - began

    async def cables_cut_at_random(self) -> None:
        """One or two cables at a time; in the middle of it the hub's machine dies once more."""
        show("cables are cut at random")
        began, cuts, again = time.monotonic(), [], False
        try:
            while (passed_s := time.monotonic() - began) < self.given.storm_s:
                places = self.chance.sample(self.net.places, self.chance.choice((1, 1, 2)))
                harm, lasts_s = self.chance.choice(tuple(Harm)), self.chance.uniform(2, 15)
                show(f"  {harm} at {', '.join(places)} for {lasts_s:.0f} s")
                for place in places:
                    self.net.harm(place, harm)
                if not again and passed_s > self.given.storm_s / 3:
                    again = True
                    show("  and the hub's machine dies once more")
                    await self.hub.kill()
                    await asyncio.sleep(lasts_s)
                    await self.hub_back()
                else:
                    await asyncio.sleep(lasts_s)
                self.net.mend()
                cuts.append({"at_s": round(passed_s, 1), "places": places, "harm": harm.value, "lasts_s": round(lasts_s, 1)})
                await asyncio.sleep(self.chance.uniform(1, 6))
        finally:
            self.net.mend()
        self.figures["cables"] = {"cuts": cuts, "hub_killed_in_between": again}

    async def one_is_wiped(self) -> None:
        node = self.nodes["barn"]
        show("barn tells what it knows; then it loses power and all its data")
        node.house.write_config(node.config(cameras=False))
        await until(lambda: self.is_equal(node.id, node.house.folder), "the hub knows all of barn", _CAUGHT_UP_S, 5)
        await node.kill()
        former, old = node.id, await node.anew()
        self.old = (former, old)
        kept = self.folder / "barn-as-it-was"
        await asyncio.to_thread(shutil.copytree, old, kept, ignore=shutil.ignore_patterns("*.sock"))
        await asyncio.to_thread(shutil.rmtree, old)
        self.old = (former, kept)
        await node.on()
        await self.hub.house.claim()  # who was long away proves again who asks
        await node.join(await self.invited("barn"))
        await self.hub.house.post(f"/api/v1/fleet/nodes/{former}/revoke")
        await self.hub.house.post(f"/api/v1/fleet/nodes/{former}/retire", {"into": node.id})
        seconds = await until(lambda: self.there(node), "the wiped node is back", _ANSWER_S)
        listed = await self.hearing(former)
        self.check(f"barn is back as {node.id} after {seconds:.1f} s, its old self off the list", holds=not listed)
        self.figures["wiped"] = {"former": former, "now": node.id, "back_after_s": round(seconds, 1)}

    async def is_equal(self, node: str, folder: Path) -> object:
        found = fleet_sums.compared(await fleet_sums.house_rows(folder), await fleet_sums.hub_rows(self.hub.sql, node))
        return all(one.is_none for one in found.values()) or {kind: one for kind, one in found.items() if not one.is_none}

    async def caught_up(self) -> None:
        """What waited for the hub comes in the order of its weight: events before footage's rows."""
        node = self.nodes["cabin"]

        async def of_days(table: str, count: int) -> object:
            more = "AND kind = 'event'" if table == "letters" else ""
            asked = f"SELECT count(*) FROM {table} WHERE node = '{node.id}' AND camera LIKE 'day-%' {more}"
            there = (await self.hub.sql.rows(asked))[0][0]
            return there == count or f"{there} of {count}"

        written = self.figures["away"]["written"]["cabin"]
        for table, count in (("letters", written["events"]), ("segments", written["segments"])):
            await until(lambda table=table, count=count: of_days(table, count), f"the {table} of these days", _CAUGHT_UP_S)
            show(f"all {count} {table} of cabin's days are at the hub {time.monotonic() - self.back:.0f} s after it was back")

    async def live(self) -> None:
        found = await fleet_play.play(self.hub.house, self.net, self.nodes["cabin"].id, self.folder)
        self.figures["live"] = found
        self.check(f"a camera of cabin plays through the hub in Chromium: {found}", holds=bool(found["pixels_move"]))

    async def equal(self) -> None:
        show("the cameras go off, so that both sides can come to rest")
        for node in self.nodes.values():
            node.house.write_config(node.config(cameras=False))
        parties = [(place, node.id, node.house.folder) for place, node in self.nodes.items()]
        parties.append(("barn as it was", *self.old))
        (own,) = (await self.hub.sql.rows("SELECT id FROM nodes WHERE own"))[0]
        parties.append(("the hub's own house", own, self.hub.house.folder))
        sums: dict[str, Any] = {}
        for name, node, folder in parties:
            try:
                await until(lambda node=node, folder=folder: self.is_equal(node, folder), f"{name}: equal", _ANSWER_S, 2)
            except AssertionError as error:
                show(str(error))
            found = fleet_sums.compared(await fleet_sums.house_rows(folder), await fleet_sums.hub_rows(self.hub.sql, node))
            sums[name] = {
                kind: {"things": one.things, "lost": one.lost, "more": one.more, "doubled": one.doubled}
                for kind, one in found.items()
            }
            for kind, one in found.items():
                show(f"  {name:20} {kind:8} {one.things:7} things, {one.lost} lost, {one.more} more, {one.doubled} doubled")
                for line in one.shown:
                    show(f"      {line}")
            self.check(f"{name}: equal by plain SQL", holds=all(one.is_none for one in found.values()))
        twice = await fleet_sums.doubled_between(self.hub.sql)
        self.check(f"{twice} events or files are at the hub under two names", holds=twice == 0)
        verified = {}
        for place, node in self.nodes.items():
            verified[place] = await self.verified(node)
            self.check(f"{place}: `hearthwatch node verify` says {verified[place]}", holds=self.says_equal(verified[place]))
        self.figures["equal"] = {"by_sql": sums, "doubled_between_nodes": twice, "by_node_verify": verified}

    async def verified(self, node: NodeMachine) -> object:
        """The first answer that is one: None means that something is on its way."""
        found: object = None
        with contextlib.suppress(AssertionError):
            deadline = time.monotonic() + _ANSWER_S
            while found is None and time.monotonic() < deadline:
                _code, text = await node.house.command("node", "verify", "--json")
                found = json.loads(text)
                await asyncio.sleep(1)
        return found

    @staticmethod
    def says_equal(found: object) -> bool:
        return isinstance(found, dict) and found["posted"] == found["gone"] == 0 and found["things"] > 0

    async def revoked(self) -> None:
        node = self.nodes["cabin"]
        node.house.write_config(node.config(cameras=True))
        before = await self.last_seq(node)

        async def told() -> object:
            return (await self.last_seq(node)) > before

        await until(told, "cabin tells of new events before it is revoked", _ANSWER_S)
        mark = node.nats.log.stat().st_size if node.nats is not None else 0
        await self.hub.house.claim()
        began = time.monotonic()
        await self.hub.house.post(f"/api/v1/fleet/nodes/{node.id}/revoke")
        found: dict[str, float] = {"page_answered_s": round(time.monotonic() - began, 1)}

        async def line_is_cut() -> object:
            asked = f"{self.hub.house.base}/at/{node.id}/api/v1/cameras"
            status = await self.hub.house.status_of(asked)
            return status >= 400 or status

        async def https_refuses() -> object:
            said = await fleet_play.hello(self.net, node.place, node.house.folder)
            return said in {401, 403} or said

        async def nats_refuses() -> object:
            assert node.nats is not None
            with node.nats.log.open("rb") as log:
                log.seek(mark)
                text = log.read().decode(errors="replace")
            return "authorization violation" in text.lower() or text[-300:]

        async def it_knows() -> object:
            status = await node.status()
            return status["step"] == "refused" or status

        waits = {"line_cut_s": line_is_cut, "https_refuses_s": https_refuses}
        if node.nats is not None:
            waits["nats_refuses_s"] = nats_refuses

        async def waited(name: str, ready: Any) -> None:
            await until(ready, name, 2 * REVOKED_WITHIN_S, 0.2)
            found[name] = round(time.monotonic() - began, 1)

        await asyncio.gather(*(waited(name, ready) for name, ready in waits.items()))
        await waited("node_says_so_s", it_knows)
        show(f"revoked: {found}")
        out_s = max(value for name, value in found.items() if name != "node_says_so_s")
        self.check(f"a revoked node is out after {out_s:.1f} s", holds=out_s <= REVOKED_WITHIN_S)
        await self.does_not_come_back(node, found)
        self.figures["revoked"] = {"out_s": out_s, **found}

    async def does_not_come_back(self, node: NodeMachine, found: dict[str, Any]) -> None:
        """Started again, with its NATS server, it goes on by itself, and nothing of it arrives."""
        there = await self.last_seq(node)
        await node.house.stop()
        if node.nats is not None:
            await node.nats.kill()
        await node.on()
        here = (await fleet_sums.house_rows(node.house.folder))["event"].total()

        async def goes_on() -> object:
            now = (await fleet_sums.house_rows(node.house.folder))["event"].total()
            return now >= here + 3 or f"{now - here} new events"

        await until(goes_on, "the revoked node records and watches by itself", _ANSWER_S)

        async def refused() -> object:
            status = await node.status()
            return status["step"] == "refused" or status

        await until(refused, "after a restart it is refused again", _ANSWER_S)
        late = int(await self.last_seq(node) != there)
        said = await fleet_play.hello(self.net, node.place, node.house.folder)
        self.check(
            f"after a restart of all of it its newest letter at the hub is {'another' if late else 'the same'}, HTTPS says {said}",
            holds=(late, said) == (0, 403),
        )
        found["newer_letters_after_restart"] = late

    async def last_seq(self, node: NodeMachine) -> int:
        """Return the number of the node's newest letter at the hub: each that is taken makes it higher."""
        both = "(SELECT node, seq FROM letters UNION ALL SELECT node, seq FROM segments) both_tables"
        asked = f"SELECT coalesce(max(seq), 0) AS seq FROM {both} WHERE node = '{node.id}'"
        return int((await self.hub.sql.rows(asked))[0][0])

    def nothing_else_ran(self) -> None:
        names: dict[str, list[str]] = {}
        for place in self.net.places:
            names[place] = sorted({_name(pid) for pid in self.net.pids(place)} - {""})
        memory = {
            place: round(sum(usage_of(pid).pss_bytes for pid in house.pids().values()) / 1e6)
            for place, house in ((HUB, self.hub.house), *((place, node.house) for place, node in self.nodes.items()))
        }
        self.figures["processes"], self.figures["pss_mb"] = names, memory
        show(f"processes: {names}; memory in MB: {memory}")
        if self.given.home:
            tried = self.folder / "imported"
            seen = tried.read_text() if tried.exists() else ""
            servers = {name for found in names.values() for name in found} & {"nats-server", "postgres"}
            self.check(
                f"no NATS and no PostgreSQL was there or asked for: {servers or 'none'} {seen}", holds=not (servers or seen)
            )


def _name(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""
