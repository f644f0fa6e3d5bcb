"""The hub at home: two houses as they are run, and nothing else: no broker, no database server, no bucket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import sys
from pathlib import Path

import pytest
from tests.devices.free_port import free_port
from tests.runs.rig import House, house_toml

from hearthwatch.cli.app import run

pytestmark = [pytest.mark.wired, pytest.mark.waits, pytest.mark.timeout(900)]

PATIENCE_S = 150.0
MOVING = """
[camera_defaults]
labels.person = false
labels.car = false
labels.dog = false
labels.cat = false
[camera_defaults.motion]
sensitivity_frac = 0.002
[camera_defaults.events]
motion = true
cooldown_s = 0
[storage]
segment_s = 10
"""
"""Whatever moves in the demo street is an event, and no detector runs."""


def hub_toml(port: int) -> str:
    return house_toml(
        [], f'[hub]\nenabled = true\nlisten = "127.0.0.1"\nport = {port}\n[hub.sites.cabin]\ntitle = "The cabin"\n'
    )


def rows(path: Path, asked: str) -> list[tuple]:
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as sql:
        return sql.execute(asked).fetchall()


class Ledgers:
    """What the node knows, and what its hub knows of it."""

    def __init__(self, hub: House, node: House) -> None:
        self._hub = hub.folder / "hub.db"
        self._node = node.folder / "house.db"
        self._id = ""

    def of(self, node: str) -> None:
        self._id = node

    def at_node(self) -> dict[str, dict]:
        return {key: json.loads(body) for key, body in rows(self._node, "SELECT key, body FROM letters_event")}

    def at_hub(self) -> dict[str, dict]:
        asked = f"SELECT key, body FROM letters WHERE kind = 'event' AND node = '{self._id}'"
        return {key: json.loads(body) for key, body in rows(self._hub, asked)}

    def segments(self) -> int:
        return rows(self._hub, f"SELECT count(*) FROM segments WHERE node = '{self._id}' AND NOT gone")[0][0]

    def waiting(self) -> list[str]:
        return [kind for (kind,) in rows(self._node, "SELECT kind FROM letters ORDER BY seq")]


@pytest.fixture
async def houses(tmp_path, monkeypatch):
    empty = tmp_path / "models"
    empty.mkdir()
    monkeypatch.setenv("HEARTHWATCH_MODELS", str(empty))
    hub = House(tmp_path / "hub", "", {})
    node = House(tmp_path / "node", house_toml([], MOVING), {})
    hub.write_config(hub_toml(free_port()))
    try:
        yield hub, node
    finally:
        await node.close()
        await hub.close()


async def until(ready, what: str, seconds: float = PATIENCE_S) -> None:
    try:
        async with asyncio.timeout(seconds):
            while not ready():  # noqa: ASYNC110 another process writes it
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"waited in vain: {what}") from None


async def said(house: House, *words: str) -> dict | list:
    code, text = await house.command(*words, "--json")
    assert text.strip().startswith(("{", "[")), (code, text)
    return json.loads(text)


async def test_node_joins_by_a_code_tells_what_it_knows_outlives_its_hub_and_is_out_when_it_is_not_wanted(houses):
    hub, node = houses
    await asyncio.gather(hub.start(PATIENCE_S), node.start(PATIENCE_S))
    assert "guest" not in hub.pids(), "a hub needs no demo camera"
    ledgers = Ledgers(hub, node)
    await until(ledgers.at_node, "something moved in the street before it joined")

    invited = await said(hub, "hub", "invite", "--site", "cabin", "--name", "Attic")
    code, text = await node.command("node", "join", invited["code"])
    assert code == 0, text
    assert "Attic" in text
    assert "cabin" in text
    code, text = await node.command("node", "join", invited["code"])
    assert (code, "joined a hub already" in text) == (1, True)
    status = await said(node, "node", "status")
    ledgers.of(status["id"])
    await until(lambda: ledgers.at_hub().keys() >= ledgers.at_node().keys(), "what was before is told, too")
    await until(lambda: ledgers.segments() > 0, "footage's rows come")
    listed = {one["node"]["name"]: one for one in await said(hub, "hub", "nodes")}
    assert (listed["Attic"]["hearing"], listed["Attic"]["cameras"][0]["camera"]) == ("here", "demo")
    assert listed["Attic"]["machine"]["version"]
    await hub.claim()
    there = await hub.get(f"/at/{status['id']}/api/v1/cameras")
    assert [camera["id"] for camera in there] == ["demo"], "the hub asks the node's own page, over the line it opened"

    for pid in hub.pids().values():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert await hub.ended(PATIENCE_S) == -signal.SIGKILL
    before = ledgers.at_node().keys()
    await until(lambda: len(ledgers.at_node()) > len(before), "the node goes on by itself")
    await until(lambda: "event" in ledgers.waiting(), "its letters wait")
    during = ledgers.at_node().keys() - before
    await hub.start(PATIENCE_S)
    await until(lambda: ledgers.at_hub().keys() >= during, "what happened meanwhile is told")
    await until(lambda: "event" not in ledgers.waiting(), "all is told")

    def is_the_same() -> bool:  # the street goes on between the two readings
        at_node, at_hub = ledgers.at_node(), ledgers.at_hub()
        over = {key for key, event in at_node.items() if event["end_us"] is not None}
        return bool(over) and all(at_hub.get(key) == at_node[key] for key in over)

    await until(is_the_same, "what is over stands at the hub as it stands at the node")
    at_hub = ledgers.at_hub()
    assert at_hub.keys() <= ledgers.at_node().keys(), "and nothing else is there"

    code, text = await hub.command("hub", "revoke", "Attic", "--yes")
    assert code == 0, text
    refused = {}

    async def is_refused() -> bool:
        refused.update(await said(node, "node", "status"))
        return refused["step"] == "refused"

    await node.until(is_refused, bool, timeout_s=PATIENCE_S)
    assert "taken off the hub" in refused["problem"] or "does not want" in refused["problem"]
    there = ledgers.at_hub().keys()
    seen = len(ledgers.at_node())
    await until(lambda: len(ledgers.at_node()) > seen, "it records and watches all the same")
    assert ledgers.at_hub().keys() == there
    for house in (node, hub):
        assert await house.stop() == 0
    assert not [line for line in (*hub.lines, *node.lines) if "Traceback" in line or "unexpected" in line]


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "this is no hub"), ('[hub]\nenabled = true\n[camera.front]\nmain = "demo://street"\n', "use `hearthwatch run`")],
)
def test_what_is_no_hub_alone_is_told_so(tmp_path, capsys, text, told):
    (tmp_path / "hub.toml").write_text(text)
    assert run(["hub", "--data", str(tmp_path / "data"), "--config", str(tmp_path / "hub.toml")]) == 2
    assert told in capsys.readouterr().err


async def test_hub_alone_is_one_process_and_ends_in_order(tmp_path):
    config = tmp_path / "hub.toml"
    config.write_text(f'[hub]\nenabled = true\nlisten = "127.0.0.1"\nport = {free_port()}\n[web]\nhttps_port = 0\n')
    process = await _started(tmp_path, config)
    said = []
    try:
        async with asyncio.timeout(PATIENCE_S):
            async for line in process.stdout:
                said.append(line.decode())
                if "nodes find this hub" in said[-1]:
                    break
        assert _children(process.pid) == ["hearthwatch.run.house"], "".join(said)
    finally:
        process.terminate()
        rest, _ = await process.communicate()
    assert process.returncode == 0, rest.decode()


def _children(pid: int) -> list[str]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [Path(f"/proc/{child}/cmdline").read_text().split("\0")[2] for child in found]


async def _started(data: Path, config: Path) -> asyncio.subprocess.Process:
    where = ("--data", str(data / "data"), "--config", str(config))
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hearthwatch", "hub", "--port", "0", *where),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
