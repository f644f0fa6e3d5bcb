"""The watch without any privileges (the kernel's own neighbours) over a home of network namespaces: join, sleep, leave, return."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.devices.lan import Lan, is_possible, lan

from hearthwatch.presence.neighbour_table import parse

pytestmark = [
    pytest.mark.wired,
    pytest.mark.waits,
    pytest.mark.skipif(not is_possible(), reason="needs root and network namespaces"),
]

ROOT = Path(__file__).parents[2]
ANNA, BEN = "a4:83:e7:00:00:01", "a4:83:e7:00:00:02"


class Watching:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.told: list[dict[str, object]] = []

    async def next(self, within_s: float = 110) -> dict[str, object]:
        assert self.process.stdout is not None
        async with asyncio.timeout(within_s):
            line = await self.process.stdout.readline()
        assert line, "the watch ended"
        self.told.append(json.loads(line))
        return self.told[-1]

    async def nothing(self, for_s: float) -> None:
        """Hold that nothing is told for so long."""
        with pytest.raises(TimeoutError):
            await self.next(for_s)


@contextlib.asynccontextmanager
async def watching(net: Lan, folder: Path, **plan: object) -> AsyncIterator[Watching]:
    plan = {"people": {"anna": ANNA, "ben": BEN}, "silence_s": 20, "db": str(folder / "presence.db"), **plan}
    process = await asyncio.create_subprocess_exec(
        *net.command("setpriv", "--bounding-set", "-all", "--inh-caps", "-all"),
        sys.executable,
        "-m",
        "tests.presence.watching",
        json.dumps(plan),
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    try:
        yield Watching(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def test_phones_join_sleep_leave_and_return_and_nobody_leaves_a_dead_network(tmp_path: Path) -> None:
    with lan() as net:
        anna, ben = net.phone("a", ANNA, "10.77.0.21"), net.phone("b", BEN, "10.77.0.22")
        anna.join()
        async with watching(net, tmp_path) as watch:
            assert await watch.next() == {"person": "anna", "home": True, "answered": True, "means": "neighbour"}
            ben.join()
            while (told := await watch.next())["home"] is False:
                assert told["person"] == "ben"  # not yet: he was looked for before he came
            assert told == {"person": "ben", "home": True, "answered": True, "means": "neighbour"}

            anna.sleep()
            await watch.nothing(12)
            anna.wake()
            net.disconnect()  # and with it both phones: the access point is off for longer than the silence
            anna.leave()
            ben.leave()
            await watch.nothing(45)
            net.connect()
            anna.join()
            ben.join()
            await watch.nothing(10)

            ben.leave()
            assert await watch.next() == {"person": "ben", "home": False, "answered": False, "means": "neighbour"}
            ben.join()
            assert await watch.next() == {"person": "ben", "home": True, "answered": True, "means": "neighbour"}


async def test_a_lease_file_says_where_a_phone_is(tmp_path: Path) -> None:
    """Without a lease, a phone is found by asking the whole network; with one, at once."""
    leases = tmp_path / "dnsmasq.leases"
    leases.write_text(f"1990000000 {ANNA} 10.77.0.21 phone *\n")
    with lan() as net:
        net.phone("a", ANNA, "10.77.0.21").join()
        async with watching(net, tmp_path, people={"anna": ANNA}, leases=[str(leases)]) as watch:
            assert (await watch.next())["home"] is True


def test_the_table_is_read_as_ip_reads_it() -> None:
    """Against iproute2: the same neighbours in the same states."""
    with lan() as net:
        net.phone("a", ANNA, "10.77.0.21").join()
        probe = (
            "import json, socket; from hearthwatch.presence.neighbour_table import read_table\n"
            "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('10.77.0.21', 9))\n"
            "import subprocess, time\n"
            "while not any(n.ip == '10.77.0.21' and n.mac for n in read_table()): time.sleep(0.05)\n"
            "ours = sorted((n.ip.partition('%')[0], n.mac.hex(':') if n.mac else None, n.state.name) for n in read_table())\n"
            "theirs = json.loads(subprocess.run(['ip', '-json', 'neigh', 'show', 'nud', 'all'], capture_output=True).stdout)\n"
            "print(json.dumps([ours, sorted((n['dst'], n.get('lladdr'), n['state'][0]) for n in theirs)]))\n"
        )
        done = subprocess.run(
            net.command(sys.executable, "-W", "ignore", "-c", probe),
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        )
    ours, theirs = json.loads(done.stdout)
    assert ["10.77.0.21", ANNA] in [one[:2] for one in ours]
    shown = {one[0] for one in ours}
    assert ours == [one for one in theirs if one[0] in shown]
    assert parse(b"") == ((), False)
